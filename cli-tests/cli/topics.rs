//! `topics` against a broker of its own. The texts are those of Kafka 4.3.1's script on a broker in the same state.

use crate::support::broker::Broker;

/// Replaces the id of a topic, which differs every time.
fn without_ids(text: &str) -> String {
    let field = |field: &str| if field.starts_with("TopicId: ") { "TopicId: ID".to_owned() } else { field.to_owned() };
    text.lines().map(|line| line.split('\t').map(field).collect::<Vec<_>>().join("\t") + "\n").collect()
}

#[test]
fn a_topic_is_created_described_altered_and_deleted() {
    let broker = Broker::start();
    let check = |arguments: &[&str], expected: &str| {
        let said = broker.said("topics", arguments);
        assert_eq!((said.code, without_ids(&said.out).as_str(), said.err.as_str()), (0, expected, ""), "{arguments:?}");
    };
    check(&["--list"], "\n");
    check(&["--create", "--topic", "first", "--config", "retention.ms=1000"], "Created topic first.\n");
    check(&["--create", "--topic", "first", "--if-not-exists"], "");
    check(&["--list"], "first\n");
    check(&["--alter", "--topic", "first", "--partitions", "2"], "");
    let head = "Topic: first\tTopicId: ID\tPartitionCount: 2\tReplicationFactor: 1\t\
                Configs: min.insync.replicas=1,retention.ms=1000\n";
    let partition =
        |index| format!("\tTopic: first\tPartition: {index}\tLeader: 1\tReplicas: 1\tIsr: 1\tElr: \tLastKnownElr: \n");
    check(&["--describe"], &format!("{head}{}{}", partition(0), partition(1)));
    check(&["--describe", "--topic", "fir.*", "--topics-with-overrides"], head);
    check(&["--describe", "--under-replicated-partitions"], "");
    check(&["--describe", "--at-min-isr-partitions"], &(partition(0) + &partition(1)));
    check(&["--list", "--output", "json"], "[\n  \"first\"\n]\n");
    check(
        &["--describe", "--output", "csv"],
        "topic,partition,leader,replicas,isr,elr\nfirst,0,1,1,1,\nfirst,1,1,1,1,\n",
    );
    check(&["--delete", "--topic", "first"], "");
    check(&["--delete", "--topic", "first", "--if-exists"], "");
    check(&["--list"], "\n");
}

#[test]
fn refusals_are_kafkas_sentences() {
    let broker = Broker::start();
    assert_eq!(broker.said("topics", &["--create", "--topic", "first"]).code, 0);
    for (arguments, expected) in [
        (&["--create", "--topic", "first"][..], "Topic 'first' already exists."),
        (&["--describe", "--topic", "nope"], "Topic 'nope' does not exist as expected"),
        (&["--delete", "--topic", "nope"], "Topic 'nope' does not exist as expected"),
        (&["--alter", "--topic", "first", "--partitions", "1"], "Topic already has 1 partition(s)."),
        (
            &["--create", "--topic", "a b"],
            "Topic name is invalid: 'a b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
        ),
        (
            &["--create", "--topic", "three", "--replication-factor", "3"],
            "Unable to replicate the partition 3 time(s): The target replication factor of 3 cannot be reached because \
             only 1 broker(s) are registered or some brokers have all their log directories cordoned.",
        ),
    ] {
        let said = broker.said("topics", arguments);
        let expected = format!("error: {expected}\n");
        assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (1, "", expected.as_str()), "{arguments:?}");
    }
}

#[test]
fn old_names_work_with_one_warning() {
    let broker = Broker::start();
    let said = crate::support::run::said(&["topics", "--broker-list", &broker.address, "--list"]);
    assert_eq!((said.code, said.out.as_str()), (0, "\n"));
    assert_eq!(said.err, "warning: --broker-list is now called --bootstrap-server\n");
}
