//! Produce: what is appended, what is refused, and what the client hears.

use bytes::{Bytes, BytesMut};
use mq::model::ErrorCode;
use mq::protocol::frame;
use mq::protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use mq::protocol::messages::{ApiVersionsRequest, ProduceRequest};
use mq::record::{BatchBuilder, Codec, NewRecord};

use super::common::{batch, create_topic, fetch_request, only, produce, produce_request, values};
use crate::support::broker::Broker;
use crate::support::connection::Connection;

#[test]
fn every_version_appends_after_the_last_record() {
    let broker = Broker::start();
    let mut connection = Connection::to(&broker);
    let id = create_topic(&mut connection, "first", 1, &[]);
    for version in 3..=13 {
        let mut request = produce_request("first", 1, batch(&["a", "b"]));
        request.topic_data[0].topic_id = id;
        let response = connection.call(&request, version);
        let partition = &response.responses[0].partition_responses[0];
        assert_eq!(partition.error_code, 0, "version {version}");
        assert_eq!(partition.base_offset, i64::from(version - 3) * 2, "version {version}");
    }
    let data = only(connection.call(&fetch_request("first", 20), 12));
    assert_eq!(values(&data), [(20, "a".to_owned()), (21, "b".to_owned())]);
}

#[test]
fn acks_0_is_not_answered_and_its_records_are_there_before_the_next_answer() {
    let broker = Broker::start();
    let mut connection = Connection::to(&broker);
    create_topic(&mut connection, "first", 1, &[]);
    let silent = produce_request("first", 0, batch(&["a"]));
    connection.send(&frame::encode_request(9, 77, None, &silent).expect("a good request"));
    let data = only(connection.call(&fetch_request("first", 0), 12));
    assert_eq!(values(&data), [(0, "a".to_owned())]);
}

#[test]
fn an_error_with_acks_0_closes_the_connection() {
    let broker = Broker::start();
    let mut connection = Connection::to(&broker);
    let silent = produce_request("nowhere", 0, batch(&["a"]));
    connection.send(&frame::encode_request(9, 77, None, &silent).expect("a good request"));
    assert!(connection.try_call(&ApiVersionsRequest::default(), 0).is_none());
}

#[test]
fn what_cannot_be_appended_is_refused_with_kafkas_code_and_appends_nothing() {
    let broker = Broker::start();
    let mut connection = Connection::to(&broker);
    create_topic(&mut connection, "first", 1, &[("max.message.bytes", "1000")]);
    create_topic(&mut connection, "compacted", 1, &[("cleanup.policy", "compact")]);
    let corrupt = {
        let mut bytes = BytesMut::from(&batch(&["a"])[..]);
        *bytes.last_mut().expect("a byte") ^= 1;
        bytes.freeze()
    };
    let transactional = {
        let mut builder = BatchBuilder::new(Codec::None.into()).transactional();
        builder.append(NewRecord { timestamp: mq::model::Timestamp(0), key: None, value: None, headers: &[] });
        builder.build()
    };
    let two = [batch(&["a"]), batch(&["b"])].concat();
    let cases: [(&str, &str, Bytes, ErrorCode); 7] = [
        ("bad checksum", "first", corrupt, ErrorCode::CORRUPT_MESSAGE),
        ("two batches", "first", two.into(), ErrorCode::INVALID_RECORD),
        ("nothing", "first", Bytes::new(), ErrorCode::INVALID_RECORD),
        ("too large", "first", batch(&[&"x".repeat(2000)]), ErrorCode::MESSAGE_TOO_LARGE),
        ("no key", "compacted", batch(&["a"]), ErrorCode::INVALID_RECORD),
        ("no transactional id", "first", transactional, ErrorCode::TRANSACTIONAL_ID_AUTHORIZATION_FAILED),
        ("no such topic", "nowhere", batch(&["a"]), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
    ];
    for (case, topic, records, code) in cases {
        let refused = produce(&mut connection, topic, records);
        assert_eq!(ErrorCode::from_wire(refused.error_code), code, "{case}: {:?}", refused.error_message);
        assert_eq!(refused.base_offset, -1, "{case}");
    }
    assert_eq!(only(connection.call(&fetch_request("first", 0), 12)).high_watermark, 0);
}

#[test]
fn a_wrong_number_of_acks_is_refused() {
    let broker = Broker::start();
    let mut connection = Connection::to(&broker);
    create_topic(&mut connection, "first", 1, &[]);
    let response = connection.call(&produce_request("first", 2, batch(&["a"])), 9);
    let code = response.responses[0].partition_responses[0].error_code;
    assert_eq!(code, ErrorCode::INVALID_REQUIRED_ACKS.wire());
}

#[test]
fn acks_all_needs_min_insync_replicas_and_acks_1_does_not() {
    let broker = Broker::start();
    let mut connection = Connection::to(&broker);
    create_topic(&mut connection, "first", 1, &[("min.insync.replicas", "2")]);
    let refused = produce(&mut connection, "first", batch(&["a"]));
    assert_eq!(refused.error_code, ErrorCode::NOT_ENOUGH_REPLICAS.wire());
    let response = connection.call(&produce_request("first", 1, batch(&["a"])), 9);
    assert_eq!(response.responses[0].partition_responses[0].error_code, 0);
}

/// Fault F8: one request may name a partition twice; both are appended, in order.
#[test]
fn a_partition_that_is_named_twice_is_appended_to_twice() {
    let broker = Broker::start();
    let mut connection = Connection::to(&broker);
    create_topic(&mut connection, "first", 1, &[]);
    let partition = |value: &str| PartitionProduceData { index: 0, records: Some(batch(&[value]).into()) };
    let topic = TopicProduceData {
        name: "first".to_owned(),
        partition_data: vec![partition("a"), partition("b")],
        ..TopicProduceData::default()
    };
    let request = ProduceRequest { acks: 1, timeout_ms: 1000, topic_data: vec![topic], ..ProduceRequest::default() };
    let response = connection.call(&request, 9);
    let offsets: Vec<_> = response.responses[0].partition_responses.iter().map(|row| row.base_offset).collect();
    assert_eq!(offsets, [0, 1]);
}

#[test]
fn clients_may_not_write_to_internal_topics() {
    let broker = Broker::start();
    let mut connection = Connection::to(&broker);
    let refused = produce(&mut connection, "__consumer_offsets", batch(&["a"]));
    assert_eq!(refused.error_code, ErrorCode::INVALID_TOPIC_EXCEPTION.wire());
}
