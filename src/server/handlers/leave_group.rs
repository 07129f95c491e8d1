//! LeaveGroup, key 13, v0..=5.
//!
//! Behaviour: the group's shard in `coordinator` drops the member. v3: many members in one request.

use crate::protocol::messages::{LeaveGroupRequest, LeaveGroupResponse};
use crate::server::context::Call;
use crate::server::dispatch::Response;

pub(in crate::server) fn handle(call: Call<'_, LeaveGroupRequest>) -> Response<LeaveGroupResponse> {
    let caller = call.caller();
    let Call { broker, request, .. } = call;
    Response::later(broker.groups.leave_group(request, caller))
}
