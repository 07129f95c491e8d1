//! `dump-offsets` from a running broker and from its files.

use serde_json::Value;
use tempfile::TempDir;

use crate::support::broker::Broker;
use crate::support::run::{Said, said};

/// A broker where the groups `early` and `late` have read a topic of two records.
fn broker() -> Broker {
    let broker = Broker::start();
    broker.produce("first", &[], b"a\nb\n");
    for group in ["early", "late"] {
        assert_eq!(broker.consume("first", &["--group", group]), "a\nb\n");
    }
    broker
}

/// Text whose times are replaced by `TIME`, in the order of the groups' names.
fn lines(said: &Said) -> Vec<String> {
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
    let without_time = |line: &str| {
        let (before, rest) = line.split_once("commitTimestamp=").expect("a commit has its time");
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        assert_eq!(digits, 13, "{line}");
        format!("{before}commitTimestamp=TIME{}", &rest[digits..])
    };
    let mut lines: Vec<String> = said.out.lines().map(without_time).collect();
    lines.sort();
    lines
}

fn commit(group: &str) -> String {
    format!(
        "[{group},first,0]::OffsetAndMetadata(offset=2, leaderEpoch=Optional[0], metadata=, commitTimestamp=TIME, \
         expireTimestamp=None)"
    )
}

#[test]
fn a_broker_and_its_files_say_the_same_and_stop_at_the_end() {
    let mut broker = broker();
    let from_broker = broker.said("dump-offsets", &[]);
    assert_eq!(lines(&from_broker), [commit("early"), commit("late")]);
    let data = broker.data();
    let data = data.to_str().expect("a text");
    // The files can be read beside a running broker, and without one.
    let beside = said(&["dump-offsets", "--files", data]);
    assert!(broker.stop().success());
    let alone = said(&["dump-offsets", "--files", data]);
    assert_eq!(lines(&beside), lines(&from_broker));
    assert_eq!((alone.code, &alone.out), (0, &beside.out));
    let one = said(&["dump-offsets", "--files", data, "--group", "late"]);
    assert_eq!(lines(&one), [commit("late")]);
}

#[test]
fn every_form_of_the_output_has_the_same_rows() {
    let broker = broker();
    let json = broker.said("dump-offsets", &["--group", "late", "--output", "json"]);
    let rows: Value = serde_json::from_str(&json.out).unwrap_or_else(|error| panic!("{error}: {json:?}"));
    assert_eq!(rows.as_array().map(Vec::len), Some(1));
    let row = &rows[0];
    let time = row["commitTimestamp"].as_i64().expect("a commit has its time");
    let expected = serde_json::json!({
        "group": "late", "topic": "first", "partition": 0, "offset": 2, "leaderEpoch": 0, "metadata": "",
        "commitTimestamp": time, "expireTimestamp": null,
    });
    assert_eq!(*row, expected);
    let text = broker.said("dump-offsets", &["--group", "late", "--output", "text"]);
    assert_eq!(lines(&text), [commit("late")]);
    assert!(text.out.contains(&format!("commitTimestamp={time},")), "{text:?}");
    let table = broker.said("dump-offsets", &["--output", "table"]);
    let head: Vec<&str> = table.out.lines().nth(1).expect("a head").split_whitespace().collect();
    let names = ["GROUP", "TOPIC", "PARTITION", "OFFSET", "LEADER-EPOCH", "COMMITTED", "EXPIRES", "METADATA"];
    assert_eq!(head[1..=names.len()], names);
    assert_eq!(table.out.lines().filter(|line| line.contains(" first ")).count(), 2, "{table:?}");
}

#[test]
fn a_formatter_of_each_era_prints_the_line_of_its_era() {
    let broker = broker();
    let check = |class: &str, begin: &str, end: &str| {
        let said = broker.said("dump-offsets", &["--group", "late", "--formatter", class]);
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
        assert!(said.out.starts_with(begin) && said.out.ends_with(end), "{said:?}");
    };
    check(
        "kafka.coordinator.GroupMetadataManager$OffsetsMessageFormatter",
        "[late,first,0]::[OffsetMetadata[2,NO_METADATA],CommitTime ",
        "]\n",
    );
    check(
        "kafka.coordinator.group.GroupMetadataManager$OffsetsMessageFormatter",
        "[late,first,0]::OffsetAndMetadata(offset=2, leaderEpoch=Optional[0], metadata=, commitTimestamp=",
        ", expireTimestamp=None)\n",
    );
    check(
        "org.apache.kafka.tools.consumer.OffsetsMessageFormatter",
        "{\"key\":{\"type\":1,\"data\":{\"group\":\"late\",\"topic\":\"first\",\"partition\":0}},\"value\":{\"version\":4,",
        "}}\n",
    );
}

#[test]
fn without_any_commit_nothing_is_printed_and_nothing_is_made() {
    let broker = Broker::start();
    let said = broker.said("dump-offsets", &[]);
    assert_eq!((said.code, said.out.as_str()), (0, ""));
    assert_eq!(said.err, "warning: there is no __consumer_offsets yet: no group has committed an offset\n");
    assert_eq!(broker.said("dump-offsets", &["--output", "json"]).out, "[]\n");
    assert_eq!(broker.said("topics", &["--list"]).out, "\n");
}

/// Fault G7: a folder that is not there, one that holds something else, and a server that is not there.
#[test]
fn what_cannot_be_read_is_named() {
    let folder = TempDir::new().expect("a temporary folder");
    let empty = folder.path().to_str().expect("a text");
    let missing = format!("{empty}/none");
    for (arguments, code, expected) in [
        (
            &["--files", &missing][..],
            1,
            format!("error: {missing}: no such file or directory; name a folder of log.dirs"),
        ),
        (
            &["--files", empty],
            1,
            format!("error: {empty}: neither a partition of __consumer_offsets nor a log directory that holds one"),
        ),
        (
            &["--files", empty, "--bootstrap-server", "127.0.0.1:1"],
            2,
            "error: --files needs no broker: leave --bootstrap-server or --files out".to_owned(),
        ),
        (&["--formatter", "x"], 2, "error: --formatter: x is no formatter of committed offsets; there are ".to_owned()),
        (
            &["--bootstrap-server", "127.0.0.1:1", "--timeout", "200"],
            1,
            "warning: Connection to node -1 (127.0.0.1/127.0.0.1:1) could not be established.".to_owned(),
        ),
    ] {
        let said = said(&[&["dump-offsets"], arguments].concat());
        assert_eq!((said.code, said.out.as_str()), (code, ""), "{said:?}");
        assert!(said.err.starts_with(&expected), "{said:?}");
    }
}
