//! `get-offsets`: by name, pattern and time. The texts are those of Kafka 4.3.1's script.

use crate::support::broker::Broker;
use crate::support::run::said;

/// A broker with `first` of three partitions (two records in one of them) and `other` of one.
fn broker() -> Broker {
    let broker = Broker::start();
    assert_eq!(broker.said("topics", &["--create", "--topic", "first", "--partitions", "3"]).code, 0);
    broker.produce("first", &["--reader-property", "parse.key=true"], b"key\ta\nkey\tb\n");
    broker.produce("other", &[], b"a\n");
    broker
}

#[test]
fn offsets_are_found_by_topic_partition_and_time() {
    let broker = broker();
    let check = |words: &[&str], expected: &str| {
        let said = broker.said("get-offsets", words);
        assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (0, expected, ""), "{words:?}");
    };
    let all = broker.said("get-offsets", &["--topic", "first"]).out;
    // The key decides which partition holds the two.
    let holder = all.lines().find(|line| line.ends_with(":2")).expect("one partition holds them").to_owned();
    let partition = holder.split(':').nth(1).expect("topic:partition:offset");
    let others: Vec<&str> = ["0", "1", "2"].into_iter().filter(|one| *one != partition).collect();
    check(&["--topic", "first", "--partitions", partition], &format!("{holder}\n"));
    check(&["--topic-partitions", &format!("fir.*:{partition},other:0-1")], &format!("{holder}\nother:0:1\n"));
    check(&["--topic", "first", "--time", "earliest"], "first:0:0\nfirst:1:0\nfirst:2:0\n");
    check(&["--topic", "first", "--time", "-2"], "first:0:0\nfirst:1:0\nfirst:2:0\n");
    check(&["--topic", "other", "--time", "max-timestamp"], "other:0:0\n");
    check(&["--topic", "other", "--time", "0"], "other:0:0\n");
    check(&["--topic", "other", "--time", "99999999999999"], "");
    check(
        &["--topic", "first", "--partitions", &others.join(",")],
        &format!("first:{}:0\nfirst:{}:0\n", others[0], others[1]),
    );
    let json = broker.said("get-offsets", &["--topic", "other", "--output", "json"]).out;
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json, serde_json::json!([{"topic": "other", "partition": 0, "offset": 1}]));
    check(&["--topic", "other", "--output", "csv"], "TOPIC,PARTITION,OFFSET\nother,0,1\n");
}

#[test]
fn internal_topics_can_be_left_out() {
    let broker = broker();
    broker.consume("other", &["--group", "readers"]);
    let count = |words: &[&str]| broker.said("get-offsets", words).out.lines().count();
    assert_eq!(count(&[]), 54);
    assert_eq!(count(&["--exclude-internal-topics"]), 4);
}

#[test]
fn what_cannot_be_asked_for_is_refused_in_the_scripts_words() {
    let broker = broker();
    for (words, code, expected) in [
        (&["--topic", "missing"][..], 1, "Could not match any topic-partitions with the specified filters"),
        (&["--topic", "first", "--time", "soon"], 2, "Malformed time argument soon. Please use -1 or latest / "),
        (
            &["--partitions", "one"],
            2,
            "--partitions expects a comma separated list of numeric partition ids, but received: one",
        ),
        (
            &["--topic", "first", "--topic-partitions", "first:0"],
            2,
            "--topic-partitions cannot be used with --topic or --partitions",
        ),
        (&["--topic-partitions", "first:x"], 2, "Invalid rule specification: first:x"),
    ] {
        let said = broker.said("get-offsets", words);
        assert_eq!((said.code, said.out.as_str()), (code, ""), "{words:?}");
        assert!(said.err.starts_with(&format!("error: {expected}")), "{words:?} {said:?}");
    }
    let script = said(&["kafka-get-offsets.sh", "--bootstrap-server", &broker.address, "--topic", "missing"]);
    let expected = "Error occurred: Could not match any topic-partitions with the specified filters\n";
    assert_eq!((script.code, script.out.as_str(), script.err.as_str()), (1, "", expected));
    let bare = said(&["kafka-get-offsets.sh", "--topic", "first"]);
    assert!(bare.err.starts_with("Missing required argument \"[bootstrap-server]\"\n"), "{bare:?}");
}
