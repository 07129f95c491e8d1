//! Start and stop of the process.

use mq::protocol::messages::{ApiVersionsRequest, FetchRequest};

use super::common::{batch, create_topic, fetch_request, only, produce, values};
use crate::support::broker::{Broker, signal};
use crate::support::connection::Connection;

/// Fault A8: SIGTERM ends the broker in order, also while clients wait, and nothing is lost.
#[test]
fn a_stop_leaves_the_mark_of_a_clean_stop_and_every_record() {
    let mut broker = Broker::start();
    let mut connection = Connection::to(&broker);
    create_topic(&mut connection, "first", 1, &[]);
    produce(&mut connection, "first", batch(&["a"]));
    let waiting = std::thread::spawn(move || {
        let request = FetchRequest { max_wait_ms: 60_000, ..fetch_request("first", 1) };
        connection.try_call(&request, 12)
    });
    assert!(broker.stop().success(), "{}", broker.log());
    waiting.join().expect("the waiting client is let go");
    assert!(broker.data().join(".kafka_cleanshutdown").is_file());
    broker.restart();
    let data = only(Connection::to(&broker).call(&fetch_request("first", 0), 12));
    assert_eq!(values(&data), [(0, "a".to_owned())]);
}

/// Fault A8: a terminal that goes away, or a peer that closes, does not end the broker.
#[test]
fn hangups_and_broken_pipes_do_not_end_the_broker() {
    let broker = Broker::start();
    for name in ["HUP", "PIPE"] {
        signal(broker.id(), name);
        assert_eq!(Connection::to(&broker).call(&ApiVersionsRequest::default(), 0).error_code, 0, "{name}");
    }
}

/// Fault A9: a second broker on the same directory is refused, and the first one goes on.
#[test]
fn a_second_broker_on_the_same_directory_is_refused() {
    let broker = Broker::start();
    let said = broker.start_again();
    assert_ne!(said.code, 0, "{said:?}");
    assert_eq!(Connection::to(&broker).call(&ApiVersionsRequest::default(), 0).error_code, 0);
}
