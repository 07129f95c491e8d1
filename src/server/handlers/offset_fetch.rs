//! OffsetFetch, key 9, v1..=10.
//!
//! Behaviour: the group's shard in `coordinator` answers from committed offsets. v8: many groups. v10: topic ids.

use crate::protocol::messages::{OffsetFetchRequest, OffsetFetchResponse};
use crate::server::context::Call;
use crate::server::dispatch::Response;

pub(in crate::server) fn handle(call: Call<'_, OffsetFetchRequest>) -> Response<OffsetFetchResponse> {
    let caller = call.caller();
    let Call { broker, request, .. } = call;
    Response::later(broker.groups.offset_fetch(request, caller, &broker.image()))
}
