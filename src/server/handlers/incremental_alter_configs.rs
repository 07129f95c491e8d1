//! IncrementalAlterConfigs, key 44, v0..=1.
//!
//! Behaviour: `controller/configs` decides; the answer leaves once the change holds here.

use crate::model::Failure;
use crate::protocol::messages::incremental_alter_configs_response::AlterConfigsResourceResponse;
use crate::protocol::messages::{IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse};
use crate::server::context::Call;
use crate::server::dispatch::Response;

pub(in crate::server) fn handle(
    call: Call<'_, IncrementalAlterConfigsRequest>,
) -> Response<IncrementalAlterConfigsResponse> {
    let Call { broker, request, .. } = call;
    Response::later(async move {
        let resources: Vec<_> =
            request.resources.iter().map(|resource| (resource.resource_type, resource.resource_name.clone())).collect();
        match broker.controller.incremental_alter_configs(request).await {
            Ok(response) => {
                broker.catch_up().await;
                response
            }
            Err(failure) => refused(resources, &failure),
        }
    })
}

fn refused(resources: Vec<(i8, String)>, failure: &Failure) -> IncrementalAlterConfigsResponse {
    let responses = resources.into_iter().map(|(resource_type, resource_name)| AlterConfigsResourceResponse {
        error_code: failure.code.wire(),
        error_message: Some(failure.message.clone()),
        resource_type,
        resource_name,
    });
    IncrementalAlterConfigsResponse { throttle_time_ms: 0, responses: responses.collect() }
}
