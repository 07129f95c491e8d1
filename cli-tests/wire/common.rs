//! Requests that many of these tests begin with.

use bytes::Bytes;
use mq::io::clock::{Clock, SystemClock};
use mq::model::{Timestamp, Uuid};
use mq::protocol::messages::create_topics_request::{CreatableTopic, CreatableTopicConfig};
use mq::protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use mq::protocol::messages::fetch_response::PartitionData;
use mq::protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use mq::protocol::messages::produce_response::PartitionProduceResponse;
use mq::protocol::messages::{CreateTopicsRequest, FetchRequest, FetchResponse, ProduceRequest};
use mq::record::{BatchBuilder, Codec, NewRecord, Producer, batches};

use crate::support::connection::Connection;

/// Creates a topic with settings of its own and gives its id.
pub fn create_topic(connection: &mut Connection, name: &str, partitions: i32, configs: &[(&str, &str)]) -> Uuid {
    let configs = configs
        .iter()
        .map(|(name, value)| CreatableTopicConfig { name: (*name).to_owned(), value: Some((*value).to_owned()) });
    let topic = CreatableTopic {
        name: name.to_owned(),
        num_partitions: partitions,
        replication_factor: 1,
        configs: configs.collect(),
        ..CreatableTopic::default()
    };
    let request = CreateTopicsRequest { topics: vec![topic], timeout_ms: 30_000, validate_only: false };
    let created = connection.call(&request, 7).topics.remove(0);
    assert_eq!(created.error_code, 0, "{:?}", created.error_message);
    created.topic_id
}

/// A batch of records with these values, one old timestamp and no keys.
pub fn batch(values: &[&str]) -> Bytes {
    built(BatchBuilder::new(Codec::None.into()), Timestamp(1_700_000_000_000), values)
}

/// A batch by an idempotent producer, written now: a broker that starts forgets producers of long ago.
pub fn batch_of(producer: Producer, values: &[&str]) -> Bytes {
    built(BatchBuilder::new(Codec::None.into()).producer(producer), SystemClock::new().now(), values)
}

fn built(mut builder: BatchBuilder, timestamp: Timestamp, values: &[&str]) -> Bytes {
    for value in values {
        builder.append(NewRecord { timestamp, key: None, value: Some(value.as_bytes()), headers: &[] });
    }
    builder.build()
}

/// A produce request for partition 0 of a topic by name.
pub fn produce_request(topic: &str, acks: i16, records: Bytes) -> ProduceRequest {
    let partition = PartitionProduceData { index: 0, records: Some(records.into()) };
    let topic =
        TopicProduceData { name: topic.to_owned(), partition_data: vec![partition], ..TopicProduceData::default() };
    ProduceRequest { acks, timeout_ms: 10_000, topic_data: vec![topic], ..ProduceRequest::default() }
}

/// Produces to partition 0 with acks=all.
pub fn produce(connection: &mut Connection, topic: &str, records: Bytes) -> PartitionProduceResponse {
    let mut response = connection.call(&produce_request(topic, -1, records), 12);
    response.responses.remove(0).partition_responses.remove(0)
}

/// A fetch of partition 0 of a topic by name, without a session, that does not wait.
pub fn fetch_request(topic: &str, offset: i64) -> FetchRequest {
    let partition = FetchPartition {
        fetch_offset: offset,
        partition_max_bytes: 1 << 20,
        current_leader_epoch: -1,
        last_fetched_epoch: -1,
        ..FetchPartition::default()
    };
    let topic = FetchTopic { topic: topic.to_owned(), partitions: vec![partition], ..FetchTopic::default() };
    FetchRequest {
        replica_id: -1,
        max_wait_ms: 0,
        min_bytes: 1,
        max_bytes: 1 << 20,
        session_epoch: -1,
        topics: vec![topic],
        ..FetchRequest::default()
    }
}

/// The only partition of a response.
pub fn only(mut response: FetchResponse) -> PartitionData {
    assert_eq!(response.error_code, 0);
    assert_eq!(response.responses.len(), 1, "{response:?}");
    response.responses.remove(0).partitions.remove(0)
}

/// The offsets and values of fetched records; a batch that is cut at the end is left out.
pub fn values(data: &PartitionData) -> Vec<(i64, String)> {
    let bytes = data.records.as_ref().and_then(|records| records.as_bytes()).cloned().unwrap_or_default();
    let mut values = Vec::new();
    for batch in batches(&bytes).map_while(Result::ok) {
        for record in batch.records(1 << 20).expect("a readable batch") {
            let record = record.expect("a readable record");
            let value = record.value.expect("every value is given");
            values.push((record.offset.0, String::from_utf8(value.to_vec()).expect("text")));
        }
    }
    values
}
