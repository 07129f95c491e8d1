//! DescribeTopicPartitions, key 75, v0 (KIP-966).
//!
//! Behaviour: topics in the order of their names, up to `max.request.partition.size.limit` partitions; the cursor says where
//! the next request goes on. With no topic named, all of them.

use std::collections::BTreeSet;

use crate::metadata::Topic;
use crate::model::{ErrorCode, is_internal, validate_topic_name};
use crate::protocol::messages::describe_topic_partitions_response::{
    Cursor, DescribeTopicPartitionsResponsePartition, DescribeTopicPartitionsResponseTopic,
};
use crate::protocol::messages::{DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse};
use crate::server::context::Call;
use crate::server::dispatch::Response;
use crate::server::operations;
use crate::server::topic_view::{TopicView, numbers};

pub(in crate::server) fn handle(
    call: Call<'_, DescribeTopicPartitionsRequest>,
) -> Response<DescribeTopicPartitionsResponse> {
    let Call { broker, client, request, .. } = call;
    let (first_topic, first_partition) =
        request.cursor.as_ref().map_or(("", 0), |cursor| (cursor.topic_name.as_str(), cursor.partition_index));
    let named: BTreeSet<&str> = request.topics.iter().map(|topic| topic.name.as_str()).collect();
    let is_elsewhere = request.cursor.is_some() && !named.is_empty() && !named.contains(first_topic);
    if is_elsewhere || first_partition < 0 {
        return Response::Now(refuse_all(&request));
    }
    let image = broker.image();
    let limit = broker.config.load().max_request_partition_size_limit.min(request.response_partition_limit).max(1);
    let view = TopicView { image: &image, listener: &client.listener };
    let mut page = Page { view, room: limit, response: DescribeTopicPartitionsResponse::default() };
    let start_of = |name: &str| if name == first_topic { first_partition } else { 0 };
    if named.is_empty() {
        let names = image.topics().names_from(first_topic);
        let _ = names.map(AsRef::as_ref).try_for_each(|name: &str| page.add(name, start_of(name)));
    } else {
        let _ = named.range(first_topic..).try_for_each(|name| page.add(name, start_of(name)));
    }
    Response::Now(page.response)
}

/// The cursor is wrong, which each topic has to say: there is no error for the whole response.
fn refuse_all(request: &DescribeTopicPartitionsRequest) -> DescribeTopicPartitionsResponse {
    let topics = request.topics.iter().map(|topic| DescribeTopicPartitionsResponseTopic {
        error_code: ErrorCode::INVALID_REQUEST.wire(),
        name: Some(topic.name.clone()),
        ..DescribeTopicPartitionsResponseTopic::default()
    });
    DescribeTopicPartitionsResponse { topics: topics.collect(), ..DescribeTopicPartitionsResponse::default() }
}

/// A response that fills up.
struct Page<'a> {
    view: TopicView<'a>,
    room: i32,
    response: DescribeTopicPartitionsResponse,
}

/// The page is full.
struct Full;

impl Page<'_> {
    /// Adds a topic from one of its partitions on; once the page is full, sets the cursor.
    fn add(&mut self, name: &str, first_partition: i32) -> Result<(), Full> {
        if self.room == 0 {
            return self.stop_at(name, 0);
        }
        let Some(topic) = self.view.image.topic(name) else {
            self.response.topics.push(unknown(name));
            return Ok(());
        };
        let end = topic.partition_count().min(first_partition.saturating_add(self.room));
        let partitions: Vec<_> = (first_partition..end).filter_map(|index| self.row(topic, index)).collect();
        self.room -= i32::try_from(partitions.len()).unwrap_or(self.room);
        self.response.topics.push(DescribeTopicPartitionsResponseTopic {
            error_code: ErrorCode::NONE.wire(),
            name: Some(name.to_owned()),
            topic_id: topic.id,
            is_internal: is_internal(name),
            partitions,
            topic_authorized_operations: operations::TOPIC,
        });
        if end < topic.partition_count() { self.stop_at(name, end) } else { Ok(()) }
    }

    fn stop_at(&mut self, name: &str, partition_index: i32) -> Result<(), Full> {
        self.response.next_cursor = Some(Cursor { topic_name: name.to_owned(), partition_index });
        Err(Full)
    }

    fn row(&self, topic: &Topic, index: i32) -> Option<DescribeTopicPartitionsResponsePartition> {
        let state = topic.partition(index)?;
        let nodes = self.view.nodes(state);
        Some(DescribeTopicPartitionsResponsePartition {
            error_code: ErrorCode::NONE.wire(),
            partition_index: index,
            leader_id: nodes.leader,
            leader_epoch: state.leader_epoch.0,
            replica_nodes: nodes.replicas,
            isr_nodes: nodes.isr,
            eligible_leader_replicas: Some(numbers(&state.elr)),
            last_known_elr: Some(numbers(&state.last_known_elr)),
            offline_replicas: nodes.offline,
        })
    }
}

fn unknown(name: &str) -> DescribeTopicPartitionsResponseTopic {
    let error = match validate_topic_name(name) {
        Ok(()) => ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
        Err(_) => ErrorCode::INVALID_TOPIC_EXCEPTION,
    };
    DescribeTopicPartitionsResponseTopic {
        error_code: error.wire(),
        name: Some(name.to_owned()),
        is_internal: is_internal(name),
        topic_authorized_operations: operations::TOPIC,
        ..DescribeTopicPartitionsResponseTopic::default()
    }
}
