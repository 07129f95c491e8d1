//! CreateTopics, key 19, v2..=7.
//!
//! Behaviour: `controller/topics` decides; the answer leaves once the partitions are served here. v5: partitions, replication factor
//! and configuration of the new topic. v7: its id.

use crate::model::Failure;
use crate::protocol::messages::create_topics_response::CreatableTopicResult;
use crate::protocol::messages::{CreateTopicsRequest, CreateTopicsResponse};
use crate::server::context::Call;
use crate::server::dispatch::Response;

pub(in crate::server) fn handle(call: Call<'_, CreateTopicsRequest>) -> Response<CreateTopicsResponse> {
    let Call { broker, request, .. } = call;
    Response::later(async move {
        let names: Vec<_> = request.topics.iter().map(|topic| topic.name.clone()).collect();
        match broker.controller.create_topics(request).await {
            Ok(response) => {
                broker.catch_up().await;
                response
            }
            Err(failure) => refused(names, &failure),
        }
    })
}

fn refused(names: Vec<String>, failure: &Failure) -> CreateTopicsResponse {
    let topics = names.into_iter().map(|name| CreatableTopicResult {
        name,
        error_code: failure.code.wire(),
        error_message: Some(failure.message.clone()),
        ..CreatableTopicResult::default()
    });
    CreateTopicsResponse { throttle_time_ms: 0, topics: topics.collect() }
}
