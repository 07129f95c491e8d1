//! OffsetCommit, key 8, v2..=10.
//!
//! Behaviour: the group's shard in `coordinator` answers once the offsets are in `__consumer_offsets`. v10: topic ids.

use crate::protocol::messages::{OffsetCommitRequest, OffsetCommitResponse};
use crate::server::context::Call;
use crate::server::dispatch::Response;

pub(in crate::server) fn handle(call: Call<'_, OffsetCommitRequest>) -> Response<OffsetCommitResponse> {
    let caller = call.caller();
    let Call { broker, request, .. } = call;
    Response::later(broker.groups.offset_commit(request, caller, &broker.image()))
}
