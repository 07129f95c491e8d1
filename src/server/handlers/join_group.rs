//! JoinGroup, key 11, v0..=9.
//!
//! Behaviour: the group's shard in `coordinator` answers once the generation is formed. v4: a new member is first given its id. v5:
//! static members.

use crate::protocol::messages::{JoinGroupRequest, JoinGroupResponse};
use crate::server::context::Call;
use crate::server::dispatch::Response;

pub(in crate::server) fn handle(call: Call<'_, JoinGroupRequest>) -> Response<JoinGroupResponse> {
    let caller = call.caller();
    let Call { broker, request, .. } = call;
    Response::later(broker.groups.join_group(request, caller))
}
