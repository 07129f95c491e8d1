//! Real tools of which `mq` has no counterpart yet, on our broker and on a real Kafka: both must answer them alike.

use std::collections::BTreeMap;

use super::peer::Peer;
use super::tool_machine::ToolMachine;
use crate::support::broker::Broker;
use crate::support::run::Said;

/// The APIs that a plaintext broker without transactions serves, in the versions of Kafka 4.3.1.
const APIS: &[(&str, &str)] = &[
    ("Produce(0)", "0 to 13"),
    ("Fetch(1)", "4 to 18"),
    ("ListOffsets(2)", "1 to 11"),
    ("Metadata(3)", "0 to 13"),
    ("OffsetCommit(8)", "2 to 10"),
    ("OffsetFetch(9)", "1 to 10"),
    ("FindCoordinator(10)", "0 to 6"),
    ("JoinGroup(11)", "0 to 9"),
    ("Heartbeat(12)", "0 to 4"),
    ("LeaveGroup(13)", "0 to 5"),
    ("SyncGroup(14)", "0 to 5"),
    ("DescribeGroups(15)", "0 to 6"),
    ("ListGroups(16)", "0 to 5"),
    ("ApiVersions(18)", "0 to 4"),
    ("CreateTopics(19)", "2 to 7"),
    ("DeleteTopics(20)", "1 to 6"),
    ("InitProducerId(22)", "0 to 5"),
    ("OffsetForLeaderEpoch(23)", "2 to 4"),
    ("DescribeConfigs(32)", "0 to 4"),
    ("AlterConfigs(33)", "0 to 2"),
    ("CreatePartitions(37)", "0 to 3"),
    ("DeleteGroups(42)", "0 to 2"),
    ("IncrementalAlterConfigs(44)", "0 to 1"),
    ("DescribeCluster(60)", "0 to 2"),
    ("DescribeTopicPartitions(75)", "0"),
];

/// Command lines of `kafka-configs`, in order.
const CONFIGS: &[&str] = &[
    "--describe --entity-type topics --entity-name plain",
    "--describe --entity-type topics --entity-name plain --all",
    "--alter --entity-type topics --entity-name plain --add-config retention.ms=1000,cleanup.policy=[compact,delete]",
    "--describe --entity-type topics --entity-name plain",
    "--describe --entity-type topics",
    "--alter --entity-type topics --entity-name plain --delete-config retention.ms",
    "--describe --entity-type topics --entity-name plain",
    "--alter --entity-type topics --entity-name plain --add-config retention.ms=soon",
    "--alter --entity-type topics --entity-name plain --add-config no.such.key=1",
    "--alter --entity-type topics --entity-name plain --delete-config segment.bytes",
    "--alter --entity-type topics --entity-name missing --add-config retention.ms=1000",
    "--describe --entity-type topics --entity-name missing",
    "--describe --entity-type brokers --entity-name 1",
    "--describe --entity-type brokers --entity-default",
    "--alter --entity-type brokers --entity-name 1 --add-config log.retention.ms=5000",
    "--alter --entity-type brokers --entity-default --add-config message.max.bytes=2000000",
    "--describe --entity-type brokers --entity-name 1",
    "--describe --entity-type brokers --entity-default",
    "--describe --entity-type topics --entity-name plain --all",
    "--alter --entity-type brokers --entity-name 1 --delete-config log.retention.ms",
    "--alter --entity-type brokers --entity-name 1 --add-config broker.id=7",
    "--alter --entity-type brokers --entity-name 1 --add-config num.io.threads=none",
];

fn said(machine: &mut ToolMachine, script: &str, address: &str, arguments: &str) -> Said {
    let words = ["--bootstrap-server", address].into_iter().chain(arguments.split_whitespace());
    machine.said(script, &words.map(str::to_owned).collect::<Vec<_>>(), b"")
}

/// `kafka-broker-api-versions` as rows of API and versions.
fn versions(text: &str) -> BTreeMap<&str, &str> {
    let rows = text.lines().filter_map(|line| line.strip_prefix('\t')?.split_once(": "));
    rows.filter_map(|(api, rest)| Some((api, rest.split_once(" [usable")?.0))).collect()
}

/// The real tool prints of us exactly the versions that Kafka has, for every API that we serve.
#[test]
fn the_advertised_versions_are_kafkas() {
    let broker = Broker::start();
    let mut machine = ToolMachine::start();
    let printed = said(&mut machine, "kafka-broker-api-versions", &broker.address, "");
    assert_eq!(printed.code, 0, "{printed:?}");
    assert_eq!(versions(&printed.out), APIS.iter().copied().collect(), "{}", printed.out);
    let features = said(&mut machine, "kafka-features", &broker.address, "describe");
    let finalized: Vec<(&str, &str)> = features.out.lines().filter_map(level).collect();
    // A feature at level 0, as transactions are until they work, is not listed.
    let expected = [("eligible.leader.replicas.version", "1"), ("kraft.version", "0"), ("metadata.version", "4.3-IV0")];
    assert_eq!(finalized, expected, "{features:?}");
}

/// The name and the finalized level in a line of `kafka-features describe`.
fn level(line: &str) -> Option<(&str, &str)> {
    let word_after = |mark: &str| line.split(mark).nth(1)?.split_whitespace().next();
    Some((word_after("Feature: ")?, word_after("FinalizedVersionLevel: ")?))
}

/// Each command line gives the same text on both; the lines of `brokers --all` are compared by the config tests.
#[test]
fn the_real_configs_tool_sees_in_us_what_it_sees_in_kafka() {
    let (broker, peer) = (Broker::start(), Peer::start(&[]));
    let mut machine = ToolMachine::start();
    let mut faults = Vec::new();
    for address in [&broker.address, &peer.address] {
        let made =
            said(&mut machine, "kafka-topics", address, "--create --topic plain --partitions 1 --replication-factor 1");
        assert_eq!(made.code, 0, "{made:?}");
    }
    for arguments in CONFIGS {
        let mut theirs = said(&mut machine, "kafka-configs", &peer.address, arguments);
        // The tool repeats its command line where it fails.
        theirs.out = theirs.out.replace(&peer.address, &broker.address);
        theirs.err = theirs.err.replace(&peer.address, &broker.address);
        let ours = said(&mut machine, "kafka-configs", &broker.address, arguments);
        if (theirs.code, essence(&theirs)) != (ours.code, essence(&ours)) {
            faults.push(format!(
                "{arguments}\n--- Kafka\n{}\n--- ours\n{}",
                difference(&theirs, &ours),
                difference(&ours, &theirs)
            ));
        }
    }
    assert!(faults.is_empty(), "{} of {} differ:\n{}", faults.len(), CONFIGS.len(), faults.join("\n\n"));
}

/// What counts of the text: lines in any order, and of an error no stack trace.
fn essence(said: &Said) -> Vec<&str> {
    let is_trace =
        |line: &&str| line.trim_start().starts_with("at ") || line.starts_with("[20") || line.starts_with("\t... ");
    let mut lines: Vec<&str> = said.out.lines().chain(said.err.lines()).filter(|line| !is_trace(line)).collect();
    lines.sort_unstable();
    lines
}

/// The lines of one that the other does not have.
fn difference(one: &Said, other: &Said) -> String {
    let others = essence(other);
    let own = essence(one).into_iter().filter(|line| !others.contains(line));
    format!("exit code {}\n{}", one.code, own.collect::<Vec<_>>().join("\n"))
}
