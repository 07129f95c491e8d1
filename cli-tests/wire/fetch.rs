//! Fetch, ListOffsets and OffsetForLeaderEpoch: reading.

use std::time::{Duration, Instant};

use mq::model::ErrorCode;
use mq::protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use mq::protocol::messages::offset_for_leader_epoch_request::{OffsetForLeaderPartition, OffsetForLeaderTopic};
use mq::protocol::messages::{FetchRequest, ListOffsetsRequest, OffsetForLeaderEpochRequest};

use super::common::{batch, create_topic, fetch_request, only, produce, produce_request, values};
use crate::support::broker::Broker;
use crate::support::connection::Connection;

/// A broker with the topic `first`, whose records are a, b and c in one batch and d in another.
fn filled() -> (Broker, Connection) {
    let broker = Broker::start();
    let mut connection = Connection::to(&broker);
    create_topic(&mut connection, "first", 1, &[]);
    produce(&mut connection, "first", batch(&["a", "b", "c"]));
    produce(&mut connection, "first", batch(&["d"]));
    (broker, connection)
}

fn letters(range: std::ops::Range<usize>) -> Vec<(i64, String)> {
    let all = ["a", "b", "c", "d"];
    (0i64..).zip(all).skip(range.start).take(range.len()).map(|(offset, value)| (offset, value.to_owned())).collect()
}

#[test]
fn every_version_gives_the_records_in_their_batches() {
    let (broker, mut connection) = filled();
    let id = create_topic(&mut connection, "by-id", 1, &[]);
    for version in 4..=12 {
        let data = only(connection.call(&fetch_request("first", 0), version));
        assert_eq!(values(&data), letters(0..4), "version {version}");
        assert_eq!((data.high_watermark, data.last_stable_offset), (4, 4));
    }
    produce(&mut connection, "by-id", batch(&["a"]));
    for version in 13..=18 {
        let mut request = fetch_request("", 0);
        request.topics[0].topic_id = id;
        assert_eq!(values(&only(connection.call(&request, version))), letters(0..1), "version {version}");
    }
    drop(broker);
}

/// Fault F13: an offset within a batch gives the batch from its start.
#[test]
fn an_offset_within_a_batch_gives_the_whole_batch() {
    let (_broker, mut connection) = filled();
    let data = only(connection.call(&fetch_request("first", 1), 12));
    assert_eq!(values(&data), letters(0..4));
}

/// Fault F13.
#[test]
fn an_offset_outside_the_log_is_refused_and_its_end_is_not() {
    let (_broker, mut connection) = filled();
    let code = |connection: &mut Connection, offset| {
        ErrorCode::from_wire(only(connection.call(&fetch_request("first", offset), 12)).error_code)
    };
    assert_eq!(code(&mut connection, -1), ErrorCode::OFFSET_OUT_OF_RANGE);
    assert_eq!(code(&mut connection, 5), ErrorCode::OFFSET_OUT_OF_RANGE);
    assert_eq!(code(&mut connection, 4), ErrorCode::NONE);
}

/// Fault F13: the first batch is whole however little is asked for, and nothing follows it.
#[test]
fn a_batch_larger_than_the_limits_is_given_whole() {
    let (_broker, mut connection) = filled();
    for (max_bytes, partition_max_bytes) in [(1, 1 << 20), (1 << 20, 1), (1, 1), (0, 0)] {
        let mut request = FetchRequest { max_bytes, ..fetch_request("first", 0) };
        request.topics[0].partitions[0].partition_max_bytes = partition_max_bytes;
        assert_eq!(values(&only(connection.call(&request, 12))), letters(0..3));
    }
}

/// Fault F13.
#[test]
fn a_wrong_leader_epoch_is_refused_with_kafkas_codes() {
    let (_broker, mut connection) = filled();
    let code = |connection: &mut Connection, epoch| {
        let mut request = fetch_request("first", 0);
        request.topics[0].partitions[0].current_leader_epoch = epoch;
        ErrorCode::from_wire(only(connection.call(&request, 12)).error_code)
    };
    assert_eq!(code(&mut connection, 1000), ErrorCode::UNKNOWN_LEADER_EPOCH);
    let current = (0..100).find(|epoch| code(&mut connection, *epoch) == ErrorCode::NONE).expect("an epoch");
    for older in 0..current {
        assert_eq!(code(&mut connection, older), ErrorCode::FENCED_LEADER_EPOCH);
    }
}

/// Fault F13: a reader that has more of an old epoch than this log hears where that epoch ended.
#[test]
fn a_reader_that_diverged_hears_where_its_epoch_ended() {
    let (mut broker, connection) = filled();
    drop(connection);
    broker.kill();
    broker.restart();
    let mut connection = Connection::to(&broker);
    produce(&mut connection, "first", batch(&["of the next epoch"]));
    let mut request = fetch_request("first", 5);
    request.topics[0].partitions[0].last_fetched_epoch = 0;
    let data = only(connection.call(&request, 12));
    assert_eq!((data.error_code, data.diverging_epoch.epoch, data.diverging_epoch.end_offset), (0, 0, 4));
    assert!(data.records.is_none_or(|records| records.is_empty()));
}

/// Fault F13: nothing is left to go back to for a reader whose epoch this log never had.
#[test]
fn a_reader_of_an_epoch_that_never_was_is_out_of_range() {
    let (_broker, mut connection) = filled();
    let mut request = fetch_request("first", 4);
    request.topics[0].partitions[0].last_fetched_epoch = 1000;
    let data = only(connection.call(&request, 12));
    assert_eq!(ErrorCode::from_wire(data.error_code), ErrorCode::OFFSET_OUT_OF_RANGE);
}

#[test]
fn a_fetch_of_topics_that_nobody_knows_does_not_wait() {
    let (_broker, mut connection) = filled();
    let began = Instant::now();
    for session_epoch in [-1, 0] {
        let request = FetchRequest { max_wait_ms: 20_000, session_epoch, ..fetch_request("nowhere", 0) };
        let data = only(connection.call(&request, 12));
        assert_eq!(ErrorCode::from_wire(data.error_code), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    }
    assert!(began.elapsed() < Duration::from_secs(10), "it waited for what cannot come");
}

#[test]
fn a_fetch_without_news_waits_and_is_woken_by_an_append() {
    let (broker, mut connection) = filled();
    let began = Instant::now();
    let waiting = std::thread::spawn(move || {
        let request = FetchRequest { max_wait_ms: 20_000, ..fetch_request("first", 4) };
        only(connection.call(&request, 12))
    });
    produce(&mut Connection::to(&broker), "first", batch(&["e"]));
    let data = waiting.join().expect("an answer");
    assert_eq!(values(&data), [(4, "e".to_owned())]);
    assert!(began.elapsed() < Duration::from_secs(10), "it waited for its time to be over");
}

/// Fault F13: a wait that ends without enough bytes answers with what there is.
#[test]
fn a_fetch_that_wants_too_much_answers_when_its_time_is_over() {
    let (_broker, mut connection) = filled();
    let began = Instant::now();
    let request = FetchRequest { max_wait_ms: 300, min_bytes: i32::MAX, ..fetch_request("first", 0) };
    assert_eq!(values(&only(connection.call(&request, 12))), letters(0..4));
    assert!(began.elapsed() >= Duration::from_millis(300));
}

/// The offset and the timestamp that ListOffsets finds in the topic `first`.
pub fn list(connection: &mut Connection, timestamp: i64, version: i16) -> (ErrorCode, i64, i64) {
    let partition = ListOffsetsPartition { partition_index: 0, current_leader_epoch: -1, timestamp };
    let topic = ListOffsetsTopic { name: "first".to_owned(), partitions: vec![partition] };
    let request = ListOffsetsRequest { replica_id: -1, topics: vec![topic], ..ListOffsetsRequest::default() };
    let row = connection.call(&request, version).topics.remove(0).partitions.remove(0);
    (ErrorCode::from_wire(row.error_code), row.offset, row.timestamp)
}

#[test]
fn offsets_are_listed_by_place_and_by_time() {
    const TIME: i64 = 1_700_000_000_000;
    let (_broker, mut connection) = filled();
    for version in 1..=11 {
        assert_eq!(list(&mut connection, -1, version), (ErrorCode::NONE, 4, -1), "the end, version {version}");
        assert_eq!(list(&mut connection, -2, version), (ErrorCode::NONE, 0, -1), "the start, version {version}");
        assert_eq!(list(&mut connection, TIME, version), (ErrorCode::NONE, 0, TIME), "a time, version {version}");
        assert_eq!(list(&mut connection, TIME + 1, version), (ErrorCode::NONE, -1, -1), "too late, version {version}");
    }
    assert_eq!(list(&mut connection, -3, 7), (ErrorCode::NONE, 0, TIME));
    assert_eq!(list(&mut connection, -4, 8), (ErrorCode::NONE, 0, -1));
    assert_eq!(list(&mut connection, -5, 9), (ErrorCode::NONE, -1, -1));
    assert_eq!(list(&mut connection, -6, 11), (ErrorCode::NONE, -1, -1));
    for (timestamp, version) in [(-3, 6), (-4, 7), (-5, 8), (-6, 10), (-7, 11)] {
        assert_eq!(list(&mut connection, timestamp, version).0, ErrorCode::UNSUPPORTED_VERSION, "{timestamp}");
    }
}

#[test]
fn an_empty_partition_has_a_start_and_an_end_and_no_records() {
    let broker = Broker::start();
    let mut connection = Connection::to(&broker);
    create_topic(&mut connection, "first", 1, &[]);
    for (timestamp, offset) in [(-1, 0), (-2, 0), (-3, -1), (-4, 0), (-5, -1), (-6, -1), (0, -1)] {
        assert_eq!(list(&mut connection, timestamp, 11), (ErrorCode::NONE, offset, -1), "{timestamp}");
    }
}

#[test]
fn places_come_with_the_leader_epoch_of_their_record() {
    let (mut broker, _) = filled();
    broker.kill();
    broker.restart();
    let mut connection = Connection::to(&broker);
    let mut epoch_of = |timestamp| {
        let partition = ListOffsetsPartition { partition_index: 0, current_leader_epoch: -1, timestamp };
        let topic = ListOffsetsTopic { name: "first".to_owned(), partitions: vec![partition] };
        let request = ListOffsetsRequest { replica_id: -1, topics: vec![topic], ..ListOffsetsRequest::default() };
        connection.call(&request, 11).topics[0].partitions[0].leader_epoch
    };
    // The end is in the epoch of the leader, which a start raises; what lies before keeps its own.
    assert!(epoch_of(-1) > 0);
    assert_eq!([-2, -3, -4, -5, 1_700_000_000_000].map(epoch_of), [0, 0, 0, -1, 0]);
}

#[test]
fn a_partition_that_is_asked_for_twice_is_not_answered() {
    let (_broker, mut connection) = filled();
    let partition = |timestamp| ListOffsetsPartition { partition_index: 0, current_leader_epoch: -1, timestamp };
    let topic = ListOffsetsTopic { name: "first".to_owned(), partitions: vec![partition(-1), partition(-2)] };
    let request = ListOffsetsRequest { replica_id: -1, topics: vec![topic], ..ListOffsetsRequest::default() };
    for row in &connection.call(&request, 7).topics[0].partitions {
        assert_eq!(ErrorCode::from_wire(row.error_code), ErrorCode::INVALID_REQUEST);
    }
}

#[test]
fn an_epoch_ends_where_the_log_does_and_an_unknown_one_nowhere() {
    let (_broker, mut connection) = filled();
    let ask = |leader_epoch| OffsetForLeaderEpochRequest {
        replica_id: -1,
        topics: vec![OffsetForLeaderTopic {
            topic: "first".to_owned(),
            partitions: vec![OffsetForLeaderPartition { partition: 0, current_leader_epoch: -1, leader_epoch }],
        }],
    };
    for version in 2..=4 {
        let unknown = connection.call(&ask(1000), version).topics.remove(0).partitions.remove(0);
        assert_eq!((unknown.error_code, unknown.end_offset), (0, -1));
        let known = (0..100).map(|epoch| connection.call(&ask(epoch), version).topics.remove(0).partitions.remove(0));
        assert!(known.map(|row| row.end_offset).any(|end| end == 4), "version {version}");
    }
}

/// Fault F11: requests in a row without reading are answered in their order.
#[test]
fn pipelined_requests_are_answered_in_order() {
    let (_broker, mut connection) = filled();
    let many: Vec<u8> = (0..2000)
        .flat_map(|correlation_id| {
            let request = produce_request("first", 1, batch(&["x"]));
            mq::protocol::frame::encode_request(9, correlation_id, None, &request).expect("a good request").to_vec()
        })
        .collect();
    connection.send(&many);
    for correlation_id in 0..2000i32 {
        let answer = connection.receive().expect("an answer");
        assert_eq!(answer[..4], correlation_id.to_be_bytes());
    }
}
