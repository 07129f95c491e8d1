//! ListGroups, key 16, v0..=5.
//!
//! Behaviour: every shard in `coordinator` lists its groups. v4: by state. v5: by type.

use crate::protocol::messages::{ListGroupsRequest, ListGroupsResponse};
use crate::server::context::Call;
use crate::server::dispatch::Response;

pub(in crate::server) fn handle(call: Call<'_, ListGroupsRequest>) -> Response<ListGroupsResponse> {
    let caller = call.caller();
    let Call { broker, request, .. } = call;
    Response::later(broker.groups.list_groups(request, caller))
}
