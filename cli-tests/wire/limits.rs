//! The limits of connections and requests, as they are set at the start and changed later.

use std::time::{Duration, Instant};

use bytes::Bytes;
use mq::model::ErrorCode;
use mq::protocol::messages::{ApiVersionsRequest, DescribeGroupsRequest, FetchRequest};

use super::common::{batch, create_topic, fetch_request, only, produce, produce_request};
use super::configs::set_of_all_brokers;
use super::frames::assert_serves;
use super::member::{find_coordinator, join_request, loaded};
use crate::support::broker::Broker;
use crate::support::connection::Connection;

fn is_served(connection: &mut Connection) -> bool {
    connection.try_call(&ApiVersionsRequest::default(), 0).is_some()
}

/// Connects until the broker keeps the connection: places of connections that were just closed come back a moment later.
fn connect_until_served(broker: &Broker) -> Connection {
    let began = Instant::now();
    loop {
        let mut connection = Connection::to(broker);
        if is_served(&mut connection) {
            return connection;
        }
        assert!(began.elapsed() < Duration::from_secs(10), "no connection is kept");
    }
}

/// Fault F9: idle connections are closed, and one that waits for its answer is not idle.
#[test]
fn an_idle_connection_is_closed_and_a_waiting_one_is_not() {
    let broker = Broker::with(&["connections.max.idle.ms=500"]);
    let mut waiting = Connection::to(&broker);
    create_topic(&mut waiting, "first", 1, &[]);
    let mut idle = Connection::to(&broker);
    assert!(is_served(&mut idle));
    let began = Instant::now();
    let request = FetchRequest { max_wait_ms: 1500, ..fetch_request("first", 0) };
    assert_eq!(only(waiting.call(&request, 12)).error_code, 0);
    assert!(began.elapsed() >= Duration::from_millis(1500));
    assert_eq!(idle.receive(), None);
    assert!(began.elapsed() < Duration::from_secs(10), "the idle connection was kept");
}

/// Fault F1: the largest request is served, and one byte more closes the connection.
#[test]
fn a_request_larger_than_socket_request_max_bytes_closes_the_connection() {
    let broker = Broker::with(&["socket.request.max.bytes=2000"]);
    let mut connection = Connection::to(&broker);
    create_topic(&mut connection, "first", 1, &[]);
    let frame_of = |length: usize| {
        let request = produce_request("first", 1, batch(&[&"x".repeat(length)]));
        mq::protocol::frame::encode_request(9, 1, None, &request).expect("a good request")
    };
    let overhead = frame_of(1000).len() - 1000;
    let largest = frame_of(2000 + 4 - overhead);
    assert_eq!(largest.len(), 2004, "the length is not part of the size");
    connection.send(&largest);
    assert!(connection.receive().is_some());
    connection.send(&frame_of(2000 + 5 - overhead));
    assert_eq!(connection.receive(), None);
    assert_serves(&broker);
}

/// Fault F11: what is in work is bounded over all connections, and what waits for room is served afterwards.
#[test]
fn requests_beyond_queued_max_request_bytes_wait_for_room() {
    const DELAY_MS: u64 = 1500;
    let delay = format!("group.initial.rebalance.delay.ms={DELAY_MS}");
    let sizes = ["queued.max.request.bytes=1000000", "socket.request.max.bytes=1000000"];
    let broker = Broker::with(&[sizes[0], sizes[1], "offsets.topic.num.partitions=1", &delay]);
    let mut connection = Connection::to(&broker);
    create_topic(&mut connection, "first", 1, &[]);
    find_coordinator(&mut connection, "g", 4);
    loaded(&mut connection, &join_request("other", 4), 4);
    let began = Instant::now();
    // The join keeps its 900 kB until the group has waited for more members.
    let mut join = join_request("g", 3);
    join.protocols[0].metadata = vec![0; 900_000].into();
    let join = mq::protocol::frame::encode_request(3, 1, None, &join).expect("a good request");
    connection.send(&join);
    let mut producer = Connection::to(&broker);
    let group = DescribeGroupsRequest { groups: vec!["g".to_owned()], ..DescribeGroupsRequest::default() };
    while producer.call(&group, 4).groups[0].group_state != "PreparingRebalance" {}
    let produced = produce(&mut producer, "first", batch(&[&"x".repeat(900_000)]));
    assert_eq!(produced.error_code, 0);
    let waited = began.elapsed();
    assert!(waited >= Duration::from_millis(DELAY_MS / 2), "both requests were held at once after {waited:?}");
    assert!(connection.receive().is_some_and(|answer: Bytes| !answer.is_empty()));
}

#[test]
fn a_connection_beyond_max_connections_waits_for_a_place() {
    let broker = Broker::with(&["max.connections=2"]);
    let mut first = connect_until_served(&broker);
    let mut second = connect_until_served(&broker);
    let third = std::thread::spawn({
        let mut third = Connection::to(&broker);
        move || is_served(&mut third)
    });
    let began = Instant::now();
    while began.elapsed() < Duration::from_millis(300) {
        assert!(is_served(&mut first) && is_served(&mut second));
        assert!(!third.is_finished(), "a third connection was served beside two");
    }
    drop(second);
    assert!(third.join().expect("no panic"));
}

#[test]
fn a_raised_max_connections_lets_waiting_connections_in() {
    let broker = Broker::with(&["max.connections=1"]);
    let mut first = connect_until_served(&broker);
    let mut second = Connection::to(&broker);
    assert_eq!(set_of_all_brokers(&mut first, "max.connections", "2"), ErrorCode::NONE);
    assert!(is_served(&mut second));
    assert!(is_served(&mut first));
}

/// Fault F10: per-ip limits.
#[test]
fn a_connection_beyond_max_connections_per_ip_is_closed_until_the_limit_is_raised() {
    let broker = Broker::with(&["max.connections.per.ip=1"]);
    let mut first = connect_until_served(&broker);
    assert_eq!(Connection::to(&broker).receive(), None);
    broker.logs("too many connections from this address");
    assert_eq!(set_of_all_brokers(&mut first, "max.connections.per.ip", "2"), ErrorCode::NONE);
    let mut second = connect_until_served(&broker);
    assert_eq!(Connection::to(&broker).receive(), None);
    let overrides = "max.connections.per.ip.overrides";
    assert_eq!(set_of_all_brokers(&mut second, overrides, "127.0.0.1:3"), ErrorCode::NONE);
    connect_until_served(&broker);
    assert!(is_served(&mut first) && is_served(&mut second));
}
