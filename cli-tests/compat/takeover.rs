//! A node's directory passes from one broker to the other and back, and neither misses anything.

use std::path::Path;

use super::peer::{Peer, tool};
use crate::support::broker::Broker;
use crate::support::run::{Said, mq, said, said_with};

const TOPIC: &str = "handed-over";
const GROUP: &str = "readers";

#[test]
fn a_real_kafka_goes_on_where_our_broker_stopped_and_hands_back() {
    let mut broker = Broker::start();
    ours(&broker.address, "topics", &["--create", "--topic", TOPIC, "--config", "retention.ms=86400000"]);
    let address = ["console-producer", "--bootstrap-server", &broker.address, "--topic", TOPIC];
    assert_eq!(said_with(mq(&address), b"one\ntwo\n").code, 0);
    assert_eq!(read(|rest| ours(&broker.address, "console-consumer", rest), 2), "one\ntwo\n");
    assert!(broker.stop().success());

    let peer = Peer::take_over(&broker.data(), &cluster_id(&broker.data()));
    let described = theirs(&peer, "kafka-topics", &["--describe", "--topic", TOPIC], b"");
    assert!(described.contains("retention.ms=86400000"), "{described}");
    theirs(&peer, "kafka-console-producer", &["--topic", TOPIC], b"three\n");
    assert_eq!(read(|rest| theirs(&peer, "kafka-console-consumer", rest, b""), 1), "three\n", "the group goes on");
    theirs(&peer, "kafka-topics", &["--create", "--topic", "of-kafka"], b"");
    peer.stop();

    broker.restart();
    assert_eq!(ours(&broker.address, "topics", &["--list"]), "__consumer_offsets\nhanded-over\nof-kafka\n");
    assert_eq!(ours(&broker.address, "get-offsets", &["--topic", TOPIC]), "handed-over:0:3\n");
    let lag = ours(&broker.address, "consumer-groups", &["--describe", "--group", GROUP]);
    let line = lag.lines().find(|line| line.contains(TOPIC)).expect("the group's partition");
    assert_eq!(line.split_whitespace().skip(2).take(4).collect::<Vec<_>>(), ["0", "3", "3", "0"], "{lag}");
}

#[test]
fn our_broker_takes_over_what_a_real_kafka_left() {
    take_over(&Peer::start(&[]));
}

#[test]
fn our_broker_takes_over_what_a_real_kafka_with_voters_in_its_log_left() {
    take_over(&Peer::start_with_voters_in_the_log());
}

/// Fault A10: both take the lock of a log directory in the way that the other one sees.
#[test]
fn neither_starts_on_a_directory_that_the_other_one_has() {
    let peer = Peer::start(&[]);
    let data = format!("log.dirs={}", peer.data().display());
    let refused = said(&["server-start", "--override", "listeners=PLAINTEXT://127.0.0.1:0", "--override", &data]);
    assert_ne!(refused.code, 0, "{refused:?}");
    assert!(refused.err.contains("is in use by process"), "{refused:?}");
    drop(peer);

    let broker = Broker::start();
    // Its port is open before its files are; its answer is not.
    assert_eq!(ours(&broker.address, "topics", &["--list"]), "\n");
    let said = Peer::refused(&broker.data(), &cluster_id(&broker.data()));
    assert!(said.contains("Failed to acquire lock on file .lock"), "{said}");
    assert_eq!(ours(&broker.address, "topics", &["--list"]), "\n", "the one that has it goes on");
}

fn take_over(peer: &Peer) {
    theirs(peer, "kafka-topics", &["--create", "--topic", TOPIC, "--config", "retention.ms=86400000"], b"");
    theirs(peer, "kafka-console-producer", &["--topic", TOPIC], b"one\ntwo\n");
    assert_eq!(read(|rest| theirs(peer, "kafka-console-consumer", rest, b""), 1), "one\n");
    peer.stop();

    let broker = Broker::with(&[&format!("log.dirs={}", peer.data().display())]);
    let described = ours(&broker.address, "topics", &["--describe", "--topic", TOPIC]);
    assert!(described.contains("retention.ms=86400000"), "{described}");
    assert_eq!(read(|rest| ours(&broker.address, "console-consumer", rest), 1), "two\n", "the group goes on");
    let address = ["console-producer", "--bootstrap-server", &broker.address, "--topic", TOPIC];
    assert_eq!(said_with(mq(&address), b"three\n").code, 0);
    assert_eq!(ours(&broker.address, "get-offsets", &["--topic", TOPIC]), "handed-over:0:3\n");
}

/// Reads the next records in the group.
fn read(consumer: impl Fn(&[&str]) -> String, count: usize) -> String {
    let count = count.to_string();
    consumer(&["--topic", TOPIC, "--group", GROUP, "--from-beginning", "--max-messages", &count])
}

fn ours(address: &str, name: &str, rest: &[&str]) -> String {
    out(name, said(&[&[name, "--bootstrap-server", address], rest].concat()))
}

fn theirs(peer: &Peer, name: &str, rest: &[&str], input: &[u8]) -> String {
    out(name, tool(name, &[&["--bootstrap-server", &peer.address], rest].concat(), input))
}

fn out(name: &str, said: Said) -> String {
    assert_eq!(said.code, 0, "{name}: {said:?}");
    said.out
}

fn cluster_id(data: &Path) -> String {
    let text = std::fs::read_to_string(data.join("meta.properties")).expect("every log directory has one");
    text.lines().find_map(|line| line.strip_prefix("cluster.id=")).expect("it names the cluster").to_owned()
}
