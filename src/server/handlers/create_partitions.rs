//! CreatePartitions, key 37, v0..=3.
//!
//! Behaviour: `controller/partitions` decides; the answer leaves once the new partitions are served here.

use crate::model::Failure;
use crate::protocol::messages::create_partitions_response::CreatePartitionsTopicResult;
use crate::protocol::messages::{CreatePartitionsRequest, CreatePartitionsResponse};
use crate::server::context::Call;
use crate::server::dispatch::Response;

pub(in crate::server) fn handle(call: Call<'_, CreatePartitionsRequest>) -> Response<CreatePartitionsResponse> {
    let Call { broker, request, .. } = call;
    Response::later(async move {
        let names: Vec<_> = request.topics.iter().map(|topic| topic.name.clone()).collect();
        match broker.controller.create_partitions(request).await {
            Ok(response) => {
                broker.catch_up().await;
                response
            }
            Err(failure) => refused(names, &failure),
        }
    })
}

fn refused(names: Vec<String>, failure: &Failure) -> CreatePartitionsResponse {
    let results = names.into_iter().map(|name| CreatePartitionsTopicResult {
        name,
        error_code: failure.code.wire(),
        error_message: Some(failure.message.clone()),
    });
    CreatePartitionsResponse { throttle_time_ms: 0, results: results.collect() }
}
