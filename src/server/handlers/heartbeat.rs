//! Heartbeat, key 12, v0..=4.
//!
//! Behaviour: the group's shard in `coordinator` keeps the member, or tells it to join again.

use crate::protocol::messages::{HeartbeatRequest, HeartbeatResponse};
use crate::server::context::Call;
use crate::server::dispatch::Response;

pub(in crate::server) fn handle(call: Call<'_, HeartbeatRequest>) -> Response<HeartbeatResponse> {
    let caller = call.caller();
    let Call { broker, request, .. } = call;
    Response::later(broker.groups.heartbeat(request, caller))
}
