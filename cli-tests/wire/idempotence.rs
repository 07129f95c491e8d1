//! Idempotent producers: each record once, in order, whatever is sent twice or late.

use mq::model::{ErrorCode, ProducerEpoch, ProducerId};
use mq::protocol::messages::InitProducerIdRequest;
use mq::protocol::messages::produce_response::PartitionProduceResponse;
use mq::record::Producer;

use super::common::{batch_of, create_topic, fetch_request, only, produce, values};
use crate::support::broker::Broker;
use crate::support::connection::Connection;

fn producer_id(connection: &mut Connection) -> ProducerId {
    let request = InitProducerIdRequest { transactional_id: None, ..InitProducerIdRequest::default() };
    let response = connection.call(&request, 4);
    assert_eq!(response.error_code, 0);
    ProducerId(response.producer_id)
}

/// A producer of the topic `first`.
struct Writer {
    id: ProducerId,
    epoch: i16,
}

impl Writer {
    fn new(connection: &mut Connection) -> Writer {
        Writer { id: producer_id(connection), epoch: 0 }
    }

    fn send(&self, connection: &mut Connection, base_sequence: i32, values: &[&str]) -> PartitionProduceResponse {
        let by = Producer { id: self.id, epoch: ProducerEpoch(self.epoch), base_sequence };
        produce(connection, "first", batch_of(by, values))
    }

    fn code(&self, connection: &mut Connection, base_sequence: i32, values: &[&str]) -> ErrorCode {
        ErrorCode::from_wire(self.send(connection, base_sequence, values).error_code)
    }
}

fn end_of_log(connection: &mut Connection) -> i64 {
    only(connection.call(&fetch_request("first", 0), 12)).high_watermark
}

/// Fault E1: a retry of a batch that is in the log is answered with its first offset, and a gap is refused.
#[test]
fn a_retried_batch_is_not_appended_again_and_a_gap_is_refused() {
    let broker = Broker::start();
    let mut connection = Connection::to(&broker);
    create_topic(&mut connection, "first", 1, &[]);
    let writer = Writer::new(&mut connection);
    assert_eq!(writer.send(&mut connection, 0, &["a", "b"]).base_offset, 0);
    assert_eq!(writer.send(&mut connection, 2, &["c"]).base_offset, 2);
    let again = writer.send(&mut connection, 0, &["a", "b"]);
    assert_eq!((again.error_code, again.base_offset), (0, 0));
    assert_eq!(writer.code(&mut connection, 5, &["d"]), ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER);
    assert_eq!(end_of_log(&mut connection), 3);
}

/// Fault E1: five batches in flight that arrive in another order are appended in order, each once, when they come again.
#[test]
fn five_batches_that_arrive_in_another_order_are_appended_once_each() {
    let broker = Broker::start();
    let mut connection = Connection::to(&broker);
    create_topic(&mut connection, "first", 1, &[]);
    let writer = Writer::new(&mut connection);
    let names = ["a", "b", "c", "d", "e"];
    let mut send = |sequence: i32| {
        let name = names[usize::try_from(sequence).expect("not negative")];
        let response = writer.send(&mut connection, sequence, &[name]);
        (ErrorCode::from_wire(response.error_code), response.base_offset)
    };
    let (fine, early) = (ErrorCode::NONE, (ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER, -1));
    assert_eq!([0, 2, 1, 4, 3].map(&mut send), [(fine, 0), early, (fine, 1), early, early]);
    // All answers are lost, and all five come again, twice.
    for _ in 0..2 {
        assert_eq!([0, 1, 2, 3, 4].map(&mut send), [0, 1, 2, 3, 4].map(|offset| (fine, offset)));
    }
    let data = only(connection.call(&fetch_request("first", 0), 12));
    let expected: Vec<_> = (0i64..).zip(names.map(str::to_owned)).collect();
    assert_eq!(values(&data), expected);
}

/// Fault E1: the last five batches are known; a retry of an older one is out of order, as 4.3.1 answers.
#[test]
fn a_retry_of_a_batch_older_than_the_last_five_is_refused() {
    let broker = Broker::start();
    let mut connection = Connection::to(&broker);
    create_topic(&mut connection, "first", 1, &[]);
    let writer = Writer::new(&mut connection);
    for sequence in 0..6 {
        assert_eq!(writer.code(&mut connection, sequence, &["x"]), ErrorCode::NONE);
    }
    assert_eq!(writer.send(&mut connection, 1, &["x"]).base_offset, 1);
    assert_eq!(writer.code(&mut connection, 0, &["x"]), ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER);
    assert_eq!(end_of_log(&mut connection), 6);
}

/// Fault E2: what is known of a producer survives a stop and a kill, also when the snapshot that a stop wrote is lost.
#[test]
fn a_retry_after_a_restart_is_not_appended_again() {
    let mut broker = Broker::start();
    let mut connection = Connection::to(&broker);
    create_topic(&mut connection, "first", 1, &[]);
    let writer = Writer::new(&mut connection);
    assert_eq!(writer.code(&mut connection, 0, &["a"]), ErrorCode::NONE);
    for way in ["stop", "kill", "stop and lose the snapshot"] {
        if way == "kill" {
            broker.kill()
        } else {
            assert!(broker.stop().success())
        }
        if way.ends_with("snapshot") {
            let snapshot = broker.data().join(format!("first-0/{:020}.snapshot", 1));
            std::fs::remove_file(snapshot).expect("a stop writes it");
        }
        broker.restart();
        let again = writer.send(&mut Connection::to(&broker), 0, &["a"]);
        assert_eq!((again.error_code, again.base_offset), (0, 0), "{way}");
    }
    let next = producer_id(&mut Connection::to(&broker));
    assert!(next > writer.id, "{next} was given out before");
}

/// Fault E2: the sequence number wraps to 0 after 2^31 - 1.
#[test]
fn sequence_numbers_wrap() {
    let broker = Broker::start();
    let mut connection = Connection::to(&broker);
    create_topic(&mut connection, "first", 1, &[]);
    let writer = Writer::new(&mut connection);
    assert_eq!(writer.code(&mut connection, i32::MAX - 1, &["a"]), ErrorCode::NONE);
    assert_eq!(writer.send(&mut connection, i32::MAX, &["b", "c"]).base_offset, 1);
    assert_eq!(writer.send(&mut connection, i32::MAX, &["b", "c"]).base_offset, 1);
    assert_eq!(writer.code(&mut connection, 0, &["d"]), ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER);
    assert_eq!(writer.send(&mut connection, 1, &["d"]).base_offset, 3);
}

/// Fault E2: a new epoch begins at 0, up to the last one there is, and the epochs before it are refused.
#[test]
fn a_new_epoch_begins_at_zero_and_fences_the_older_ones() {
    let broker = Broker::start();
    let mut connection = Connection::to(&broker);
    create_topic(&mut connection, "first", 1, &[]);
    let old = Writer::new(&mut connection);
    assert_eq!(old.code(&mut connection, 0, &["a"]), ErrorCode::NONE);
    for epoch in [1, i16::MAX] {
        let new = Writer { id: old.id, epoch };
        assert_eq!(new.code(&mut connection, 1, &["b"]), ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER);
        assert_eq!(new.code(&mut connection, 0, &["b"]), ErrorCode::NONE);
        assert_eq!(old.code(&mut connection, 1, &["c"]), ErrorCode::INVALID_PRODUCER_EPOCH);
    }
    assert_eq!(end_of_log(&mut connection), 3);
}

/// Fault E2: a producer that was forgotten may go on anywhere, and nothing of its own that is in the log comes again.
#[test]
fn a_producer_that_expired_is_taken_as_it_comes() {
    let settings = ["producer.id.expiration.ms=1", "producer.id.expiration.check.interval.ms=10"];
    let broker = Broker::with(&settings);
    let mut connection = Connection::to(&broker);
    create_topic(&mut connection, "first", 1, &[]);
    let writer = Writer::new(&mut connection);
    assert_eq!(writer.code(&mut connection, 0, &["a"]), ErrorCode::NONE);
    // Until the search for expired producers has come by, this is a gap.
    while writer.code(&mut connection, 7, &["b"]) != ErrorCode::NONE {}
    let data = only(connection.call(&fetch_request("first", 0), 12));
    assert_eq!(values(&data), [(0, "a".to_owned()), (1, "b".to_owned())]);
}

#[test]
fn a_transactional_producer_hears_at_once_that_it_cannot_be_served() {
    let broker = Broker::start();
    let request = InitProducerIdRequest {
        transactional_id: Some("t".to_owned()),
        transaction_timeout_ms: 1000,
        ..InitProducerIdRequest::default()
    };
    let response = Connection::to(&broker).call(&request, 4);
    assert_eq!(ErrorCode::from_wire(response.error_code), ErrorCode::INVALID_REQUEST);
}
