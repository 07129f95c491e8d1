//! DeleteTopics, key 20, v1..=6.
//!
//! Behaviour: `controller/topics` decides; the answer leaves once this broker serves the partitions no more. v6: topics by id.

use crate::model::Failure;
use crate::protocol::messages::delete_topics_response::DeletableTopicResult;
use crate::protocol::messages::{DeleteTopicsRequest, DeleteTopicsResponse};
use crate::server::context::Call;
use crate::server::dispatch::Response;

pub(in crate::server) fn handle(call: Call<'_, DeleteTopicsRequest>) -> Response<DeleteTopicsResponse> {
    let Call { broker, request, version, .. } = call;
    Response::later(async move {
        let asked = request.clone();
        match broker.controller.delete_topics(request, version).await {
            Ok(response) => {
                broker.catch_up().await;
                response
            }
            Err(failure) => refused(asked, &failure),
        }
    })
}

fn refused(asked: DeleteTopicsRequest, failure: &Failure) -> DeleteTopicsResponse {
    let result = |name, topic_id| DeletableTopicResult {
        name,
        topic_id,
        error_code: failure.code.wire(),
        error_message: Some(failure.message.clone()),
    };
    let by_name = asked.topic_names.into_iter().map(|name| result(Some(name), crate::model::Uuid::ZERO));
    let by_id = asked.topics.into_iter().map(|topic| result(topic.name, topic.topic_id));
    DeleteTopicsResponse { throttle_time_ms: 0, responses: by_name.chain(by_id).collect() }
}
