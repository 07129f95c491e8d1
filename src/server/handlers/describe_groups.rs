//! DescribeGroups, key 15, v0..=6.
//!
//! Behaviour: each group's shard in `coordinator` describes it. v3: the operations a client may do, where asked for.

use crate::model::ErrorCode;
use crate::protocol::messages::{DescribeGroupsRequest, DescribeGroupsResponse};
use crate::server::context::Call;
use crate::server::dispatch::Response;
use crate::server::operations;

pub(in crate::server) fn handle(call: Call<'_, DescribeGroupsRequest>) -> Response<DescribeGroupsResponse> {
    let caller = call.caller();
    let Call { broker, request, .. } = call;
    let is_asked = request.include_authorized_operations;
    let described = broker.groups.describe_groups(request, caller);
    Response::later(async move {
        let mut response = described.await;
        for group in &mut response.groups {
            let is_known = group.error_code == ErrorCode::NONE.wire();
            group.authorized_operations = operations::when(is_asked && is_known, operations::GROUP);
        }
        response
    })
}
