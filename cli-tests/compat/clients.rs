//! Clients of other makers produce with each codec of theirs and read everything back in a group.

use std::process::Command;

use super::install;
use crate::support::broker::Broker;

const COUNT: &str = "1000";

/// Runs the program once per codec, each on a topic of its own; the last four arguments are the same for all of them.
fn check(client: impl Fn() -> Command, name: &str, codecs: &[&str]) {
    let broker = Broker::start();
    for codec in codecs {
        let topic = format!("{name}-{codec}");
        let said = install::run(client().args([&broker.address, &topic, *codec, COUNT]));
        assert_eq!(said.trim(), format!("ok {codec} {COUNT}"), "{name}");
    }
    let log = broker.log();
    assert!(!log.contains("panicked"), "{name} made the broker panic:\n{log}");
}

fn java(version: &str, codecs: &[&str]) {
    let path = install::java(version);
    let client = || {
        let mut command = Command::new("java");
        command.args(["-cp", &path, "Roundtrip"]);
        command
    };
    check(client, &format!("java-{version}"), codecs);
}

#[test]
fn java_0_11_produces_and_consumes_in_a_group() {
    java("0.11.0.0", &["none", "gzip", "snappy", "lz4"]);
}

#[test]
fn java_4_3_produces_and_consumes_in_a_group() {
    java("4.3.1", &["none", "gzip", "snappy", "lz4", "zstd"]);
}

fn python(client: &str, codecs: &[&str]) {
    let program = || {
        let mut command = Command::new(install::python());
        command.arg(install::sources().join("python/roundtrip.py")).arg(client);
        command
    };
    check(program, client, codecs);
}

#[test]
fn confluent_kafka_on_librdkafka_produces_and_consumes_in_a_group() {
    python("confluent", &["none", "gzip", "snappy", "lz4", "zstd"]);
}

#[test]
fn kafka_python_produces_and_consumes_in_a_group() {
    python("kafka-python", &["none", "gzip", "snappy", "lz4", "zstd"]);
}

#[test]
fn aiokafka_produces_and_consumes_in_a_group() {
    python("aiokafka", &["none", "gzip", "snappy", "lz4", "zstd"]);
}

fn go(client: &str, codecs: &[&str]) {
    let program = || {
        let mut command = Command::new(install::go());
        command.arg(client);
        command
    };
    check(program, client, codecs);
}

#[test]
fn franz_go_produces_and_consumes_in_a_group() {
    go("franz", &["none", "gzip", "snappy", "lz4", "zstd"]);
}

#[test]
fn sarama_produces_and_consumes_in_a_group() {
    go("sarama", &["none", "gzip", "snappy", "lz4", "zstd"]);
}

#[test]
fn kafkajs_produces_and_consumes_in_a_group() {
    let program = || {
        let mut command = Command::new("node");
        command.arg("roundtrip.js").current_dir(install::node());
        command
    };
    check(program, "kafkajs", &["none", "gzip"]);
}

#[test]
fn kcat_lists_produces_and_consumes() {
    let broker = Broker::start();
    let kcat = |arguments: &[&str], input: &[u8]| {
        let mut command = Command::new("kcat");
        command.args(["-b", &broker.address]).args(arguments);
        let said = crate::support::run::said_with(command, input);
        assert_eq!(said.code, 0, "kcat {arguments:?}: {}", said.err);
        said.out
    };
    for codec in ["none", "gzip", "snappy", "lz4", "zstd"] {
        let topic = format!("kcat-{codec}");
        kcat(&["-P", "-t", &topic, "-K:", "-z", codec], b"k1:v1\nk2:v2\nk3:v3\n");
        let lines = kcat(&["-C", "-t", &topic, "-e", "-q", "-f", "%k=%s@%o\n"], b"");
        assert_eq!(lines, "k1=v1@0\nk2=v2@1\nk3=v3@2\n", "{codec}");
        assert!(kcat(&["-L", "-t", &topic], b"").contains(&format!("topic \"{topic}\" with 1 partitions")));
    }
}
