//! `consumer-groups`: groups that are empty, in use, or not there. The texts are those of Kafka 4.3.1's script.

use std::process::{Child, Stdio};

use crate::support::broker::Broker;
use crate::support::run::{mq, said};

/// A broker where the group `empty` has read two of three records.
fn broker() -> Broker {
    let broker = Broker::start();
    broker.produce("first", &[], b"a\nb\nc\n");
    let read = ["--topic", "first", "--from-beginning", "--group", "empty", "--max-messages", "2"];
    assert_eq!(broker.said("console-consumer", &read).out, "a\nb\n");
    broker
}

/// A consumer that holds the group `live` while it lives.
struct Member(Child);

impl Member {
    fn of(broker: &Broker) -> Member {
        let read = ["console-consumer", "--bootstrap-server", &broker.address, "--topic", "first", "--group", "live"];
        let child = mq(&read).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        let member = Member(child);
        while !broker.said("consumer-groups", &["--describe", "--group", "live", "--state"]).out.contains("Stable") {}
        member
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The fields of the lines, since widths follow from random ids.
fn fields(text: &str) -> Vec<Vec<String>> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
}

#[test]
fn an_empty_group_is_described_to_the_letter() {
    let broker = broker();
    let check = |words: &[&str], expected: &str, err: &str| {
        let said = broker.said("consumer-groups", words);
        assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (0, expected, err), "{words:?}");
    };
    let note = "\nConsumer group 'empty' has no active members.\n";
    check(&["--list"], "empty\n", "");
    check(
        &["--list", "--state"],
        "GROUP                     STATE               \nempty                     Empty               \n",
        "",
    );
    check(&["--list", "--state", "Stable"], "GROUP                     STATE               \n", "");
    let said = broker.said("consumer-groups", &["--describe", "--group", "empty"]);
    assert_eq!(said.code, 0);
    assert_eq!(said.err, note);
    assert_eq!(
        fields(&said.out),
        [
            vec![
                "GROUP",
                "TOPIC",
                "PARTITION",
                "CURRENT-OFFSET",
                "LOG-END-OFFSET",
                "LAG",
                "CONSUMER-ID",
                "HOST",
                "CLIENT-ID"
            ],
            vec!["empty", "first", "0", "2", "3", "1", "-", "-", "-"],
        ]
    );
    let state = broker.said("consumer-groups", &["--describe", "--group", "empty", "--state"]);
    let row = fields(&state.out).pop().expect("a row");
    assert_eq!(
        (row[0].as_str(), row[1].as_str(), row.last().map(String::as_str)),
        ("empty", broker.address.as_str(), Some("0"))
    );
    let json = broker.said("consumer-groups", &["--describe", "--group", "empty", "--output", "json"]).out;
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!((&json[0]["currentOffset"], &json[0]["lag"]), (&serde_json::json!(2), &serde_json::json!(1)));
}

#[test]
fn a_group_in_use_shows_its_member_and_cannot_be_deleted() {
    let broker = broker();
    let member = Member::of(&broker);
    let described = |rest: &[&str]| {
        fields(&broker.said("consumer-groups", &[&["--describe", "--group", "live"], rest].concat()).out)
    };
    let members = described(&["--members"]);
    assert_eq!(members[0], ["GROUP", "CONSUMER-ID", "HOST", "CLIENT-ID", "#PARTITIONS"]);
    assert!(members[1][1].starts_with("console-consumer-") && members[1][2] == "/127.0.0.1", "{members:?}");
    assert_eq!(members[1][3..], ["console-consumer", "1"]);
    let verbose = described(&["--members", "--verbose"]);
    assert!(verbose[1].iter().any(|field| field == "first:0"), "{verbose:?}");
    let state = described(&["--state"]);
    assert!(
        state[1].iter().any(|field| field == "Stable") && state[1].iter().any(|field| field == "range"),
        "{state:?}"
    );
    let refused = broker.said("consumer-groups", &["--delete", "--group", "live"]);
    assert_eq!(refused.code, 1);
    assert!(refused.out.contains("Group 'live' could not be deleted due to: "), "{refused:?}");
    drop(member);
}

#[test]
fn offsets_are_reset_and_groups_deleted() {
    let broker = broker();
    let reset = |rest: &[&str]| {
        let words = [&["--reset-offsets", "--group", "empty", "--topic", "first"], rest].concat();
        let said = broker.said("consumer-groups", &words);
        assert_eq!(said.code, 0, "{said:?}");
        fields(&said.out).pop().expect("a row")
    };
    assert_eq!(reset(&["--to-earliest", "--dry-run"]), ["empty", "first", "0", "0"]);
    assert_eq!(reset(&["--shift-by", "-1", "--execute"]), ["empty", "first", "0", "1"]);
    let read = ["--topic", "first", "--group", "empty", "--until-end"];
    assert_eq!(broker.said("console-consumer", &read).out, "b\nc\n");
    let deleted = broker.said("consumer-groups", &["--delete", "--group", "empty"]);
    assert_eq!(
        (deleted.code, deleted.out.as_str()),
        (0, "Deletion of requested consumer groups ('empty') was successful.\n")
    );
    assert_eq!(broker.said("consumer-groups", &["--list"]).out, "");
}

#[test]
fn what_is_not_there_or_not_allowed_is_said_in_the_scripts_words() {
    let broker = Broker::start();
    let script =
        |words: &[&str]| said(&[&["kafka-consumer-groups.sh", "--bootstrap-server", &broker.address], words].concat());
    let missing = script(&["--describe", "--group", "missing"]);
    let cause = "org.apache.kafka.common.errors.GroupIdNotFoundException: Group missing not found.";
    assert_eq!(missing.code, 0, "{missing:?}");
    assert_eq!(missing.out, format!("\nError: Executing consumer group command failed due to {cause}\n"));
    assert_eq!(missing.err, format!("java.util.concurrent.ExecutionException: {cause}\n"));
    let deleted = script(&["--delete", "--group", "missing"]);
    assert!(deleted.out.starts_with("\nError: Deletion of some consumer groups failed:\n"), "{deleted:?}");
    for (words, expected) in [
        (&["--describe"][..], "Option [describe] takes one of these options: [group], [all-groups]"),
        (&["--list", "--state", "sleepy"], "Invalid state list 'sleepy'. Valid states are: "),
        (&["--no-such-option"], "no-such-option is not a recognized option"),
    ] {
        let refused = script(words);
        assert_eq!(refused.code, 1, "{refused:?}");
        let all = refused.err + &refused.out;
        assert!(all.contains(expected), "{words:?} {all}");
    }
}
