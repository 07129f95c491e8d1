//! SyncGroup, key 14, v0..=5.
//!
//! Behaviour: the group's shard in `coordinator` answers once the leader has handed in the assignment.

use crate::protocol::messages::{SyncGroupRequest, SyncGroupResponse};
use crate::server::context::Call;
use crate::server::dispatch::Response;

pub(in crate::server) fn handle(call: Call<'_, SyncGroupRequest>) -> Response<SyncGroupResponse> {
    let caller = call.caller();
    let Call { broker, request, .. } = call;
    Response::later(broker.groups.sync_group(request, caller))
}
