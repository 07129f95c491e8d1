//! DeleteGroups, key 42, v0..=2.
//!
//! Behaviour: each group's shard in `coordinator` deletes it unless it has members.

use crate::protocol::messages::{DeleteGroupsRequest, DeleteGroupsResponse};
use crate::server::context::Call;
use crate::server::dispatch::Response;

pub(in crate::server) fn handle(call: Call<'_, DeleteGroupsRequest>) -> Response<DeleteGroupsResponse> {
    let caller = call.caller();
    let Call { broker, request, .. } = call;
    Response::later(broker.groups.delete_groups(request, caller))
}
