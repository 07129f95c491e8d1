//! `console-consumer`: where it begins, where it stops, and how it prints.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;
use std::time::{Duration, Instant};

use mq::model::{Offset, ProducerEpoch, ProducerId, Timestamp};
use mq::record::{BatchBuilder, Codec, NewRecord, Producer as BatchProducer};
use tempfile::TempDir;

use crate::support::broker::{Broker, signal};
use crate::support::run::{Said, mq, said};

/// A broker with the topic `first` of three records.
fn broker() -> Broker {
    let broker = Broker::start();
    broker.produce("first", &[], b"a\nb\nc\n");
    broker
}

fn consumed(broker: &Broker, rest: &[&str]) -> Said {
    broker.said("console-consumer", rest)
}

fn total(count: usize) -> String {
    format!("Processed a total of {count} messages\n")
}

#[test]
fn it_begins_where_it_was_told() {
    let broker = broker();
    let check = |words: &[&str], expected: &str| {
        let said = consumed(&broker, &[&["--topic", "first", "--until-end"], words].concat());
        assert_eq!((said.code, said.out.as_str()), (0, expected), "{words:?}");
        assert_eq!(said.err, total(expected.lines().count()), "{words:?}");
    };
    check(&["--from-beginning"], "a\nb\nc\n");
    check(&[], "");
    check(&["--partition", "0", "--offset", "1"], "b\nc\n");
    check(&["--partition", "0", "--offset", "earliest"], "a\nb\nc\n");
    check(&["--partition", "0", "--from-beginning"], "a\nb\nc\n");
    check(&["--partition", "0", "--offset", "latest"], "");
    check(&["--partition", "0"], "");
    check(&["--command-property", "auto.offset.reset=earliest"], "a\nb\nc\n");
}

#[test]
fn a_group_goes_on_where_it_stopped_and_counts_only_what_was_printed() {
    let broker = broker();
    let read = |rest: &[&str]| {
        let words = [&["--topic", "first", "--from-beginning", "--group", "readers"], rest].concat();
        consumed(&broker, &words).out
    };
    assert_eq!(read(&["--max-messages", "1"]), "a\n");
    assert_eq!(read(&["--max-messages", "1"]), "b\n");
    assert_eq!(read(&["--until-end"]), "c\n");
    assert_eq!(read(&["--until-end"]), "");
    // Without a group nothing is kept.
    assert_eq!(broker.consume("first", &[]), broker.consume("first", &[]));
}

#[test]
fn it_stops_when_it_was_told() {
    let broker = broker();
    let check = |words: &[&str], expected: &str| {
        let said = consumed(&broker, &[&["--topic", "first", "--from-beginning"], words].concat());
        assert_eq!((said.code, said.out.as_str()), (0, expected), "{words:?}");
        assert_eq!(said.err, total(expected.lines().count()), "{words:?}");
    };
    check(&["--max-messages", "2"], "a\nb\n");
    check(&["--max-messages", "0"], "");
    check(&["--until-end"], "a\nb\nc\n");
    let start = Instant::now();
    check(&["--timeout-ms", "700"], "a\nb\nc\n");
    assert!(start.elapsed() >= Duration::from_millis(700));
}

#[test]
fn a_pattern_names_topics() {
    let broker = Broker::start();
    for topic in ["one", "other", "third"] {
        broker.produce(topic, &[], format!("{topic}\n").as_bytes());
    }
    let said = consumed(&broker, &["--include", "o.*", "--from-beginning", "--max-messages", "2"]);
    let mut lines: Vec<&str> = said.out.lines().collect();
    lines.sort_unstable();
    assert_eq!((said.code, lines), (0, vec!["one", "other"]));
    let old = consumed(&broker, &["--whitelist", "third", "--from-beginning", "--until-end"]);
    assert_eq!((old.code, old.out.as_str()), (0, "third\n"));
}

#[test]
fn every_property_of_the_formatter_counts() {
    let broker = Broker::start();
    let keyed = ["--reader-property", "parse.key=true", "--reader-property", "parse.headers=true"];
    broker.produce("first", &[&keyed[..], &["--reader-property", "null.marker=N"]].concat(), b"h:1,g:N\tk\tv\n");
    broker.produce("first", &["--reader-property", "null.marker=N"], b"N\n");
    let check = |properties: &[&str], expected: &str| {
        let words: Vec<&str> = properties.iter().flat_map(|property| ["--formatter-property", property]).collect();
        assert_eq!(broker.consume("first", &words), expected, "{properties:?}");
    };
    check(&[], "v\nnull\n");
    check(&["print.key=true"], "k\tv\nnull\tnull\n");
    check(&["print.value=false", "print.key=true"], "k\nnull\n");
    check(&["print.partition=true"], "Partition:0\tv\nPartition:0\tnull\n");
    check(&["print.offset=true"], "Offset:0\tv\nOffset:1\tnull\n");
    check(&["print.headers=true"], "h:1,g:null\tv\nNO_HEADERS\tnull\n");
    check(&["print.epoch=true"], "Epoch:NOT_PRESENT\tv\nEpoch:NOT_PRESENT\tnull\n");
    check(&["print.delivery=true"], "Delivery:NOT_PRESENT\tv\nDelivery:NOT_PRESENT\tnull\n");
    check(&["null.literal=-"], "v\n-\n");
    check(&["print.key=true", "key.separator=->"], "k->v\nnull->null\n");
    check(&["line.separator=|"], "v|null|");
    check(&["print.headers=true", "headers.separator=;"], "h:1;g:null\tv\nNO_HEADERS\tnull\n");
    let bytes = "value.deserializer=org.apache.kafka.common.serialization.BytesDeserializer";
    broker.produce("tab", &[], b"a\x01b\n");
    assert_eq!(broker.consume("tab", &["--formatter-property", bytes]), "a\\x01b\n");
    assert_eq!(
        broker.consume("tab", &["--value-deserializer", "org.apache.kafka.common.serialization.BytesDeserializer"]),
        "a\\x01b\n"
    );
    let times = broker.consume("first", &["--formatter-property", "print.timestamp=true"]);
    let time = times.lines().next().and_then(|line| line.strip_prefix("CreateTime:")?.strip_suffix("\tv"));
    assert_eq!(time.map(|time| time.len()), Some(13), "{times}");
}

#[test]
fn a_file_of_formatter_properties_counts_less_than_the_command_line() {
    let (broker, folder) = (broker(), TempDir::new().expect("a temporary folder"));
    let path = folder.path().join("formatter.properties");
    std::fs::write(&path, "print.offset=true\nkey.separator=:\n").expect("it can be written");
    let file = ["--formatter-config", path.to_str().expect("a text")];
    assert_eq!(broker.consume("first", &file), "Offset:0:a\nOffset:1:b\nOffset:2:c\n");
    let words = [&file[..], &["--formatter-property", "key.separator= "]].concat();
    assert_eq!(broker.consume("first", &words), "Offset:0 a\nOffset:1 b\nOffset:2 c\n");
}

#[test]
fn formatters_are_known_by_their_classes() {
    let broker = broker();
    broker.consume("first", &["--group", "readers"]);
    let check = |class: &str, expected: &str| {
        assert_eq!(broker.consume("first", &["--formatter", class]), expected, "{class}");
    };
    check("org.apache.kafka.tools.consumer.DefaultMessageFormatter", "a\nb\nc\n");
    check("kafka.tools.DefaultMessageFormatter", "a\nb\nc\n");
    check("org.apache.kafka.tools.consumer.LoggingMessageFormatter", "a\nb\nc\n");
    check("org.apache.kafka.tools.consumer.NoOpMessageFormatter", "");
    let offsets = |class: &str| broker.consume("__consumer_offsets", &["--formatter", class]);
    let newest = offsets("org.apache.kafka.tools.consumer.OffsetsMessageFormatter");
    assert!(newest.starts_with("{\"key\":{\"type\":1,\"data\":{\"group\":\"readers\",\"topic\":\"first\""), "{newest}");
    let middle = offsets("kafka.coordinator.group.GroupMetadataManager$OffsetsMessageFormatter");
    assert!(middle.starts_with("[readers,first,0]::OffsetAndMetadata(offset=3, leaderEpoch=Optional[0], "), "{middle}");
    let oldest = offsets("kafka.coordinator.GroupMetadataManager$OffsetsMessageFormatter");
    assert!(oldest.starts_with("[readers,first,0]::[OffsetMetadata[3,NO_METADATA],CommitTime "), "{oldest}");
}

#[test]
fn a_record_that_cannot_be_printed_ends_it_or_is_passed_over() {
    let broker = broker();
    let long = ["--topic", "first", "--from-beginning", "--until-end", "--value-deserializer"];
    let long = [&long[..], &["org.apache.kafka.common.serialization.LongDeserializer"]].concat();
    let ended = consumed(&broker, &long);
    let text =
        "org.apache.kafka.common.errors.SerializationException: Size of data received by LongDeserializer is not 8";
    assert_eq!((ended.code, ended.out.as_str()), (1, ""));
    assert_eq!(ended.err, format!("{}error: {text}\n", total(1)));
    let passed = consumed(&broker, &[&long[..], &["--skip-message-on-error"]].concat());
    assert_eq!((passed.code, passed.err.matches(text).count()), (0, 3), "{passed:?}");
    assert!(passed.err.ends_with(&total(3)));
}

/// What cannot be asked for is said before anything is asked, in the script's words.
/// No retry mends a name: it is said at once, also where nothing bounds the time.
#[test]
fn a_topic_that_can_never_be_ends_it() {
    let broker = broker();
    let said = consumed(&broker, &["--topic", "no/such"]);
    assert_eq!((said.code, said.out.as_str()), (1, ""), "{said:?}");
    assert!(said.err.contains("Invalid topics: [no/such]"), "{said:?}");
}

#[test]
fn flags_that_do_not_go_together_are_refused() {
    for (words, expected) in [
        (&[][..], "Exactly one of the following arguments is required: [topic], [include]"),
        (&["--topic", "t", "--include", "t"], "Exactly one of the following arguments is required: [topic], [include]"),
        (&["--topic", "t", "--offset", "3"], "The partition is required when offset is specified."),
        (&["--include", "t", "--partition", "0"], "The topic is required when partition is specified."),
        (
            &["--topic", "t", "--partition", "0", "--offset", "3", "--from-beginning"],
            "Options from-beginning and offset cannot be specified together.",
        ),
        (
            &["--topic", "t", "--partition", "0", "--offset", "middle"],
            "The provided offset value 'middle' is incorrect. Valid values are 'earliest', 'latest', or a non-negative \
             long.",
        ),
        (
            &["--topic", "t", "--partition", "0", "--group", "g"],
            "Options group and partition cannot be specified together.",
        ),
        (
            &["--topic", "t", "--from-beginning", "--command-property", "auto.offset.reset=latest"],
            "Can't simultaneously specify --from-beginning and 'auto.offset.reset=latest', please remove one option",
        ),
        (&["--topic", "t", "--formatter", "no.such.Formatter"], "no.such.Formatter"),
    ] {
        let said = said(&[&["console-consumer", "--bootstrap-server", "127.0.0.1:1"], words].concat());
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{words:?} {said:?}");
        assert_eq!(said.err.lines().next(), Some(format!("error: {expected}").as_str()), "{words:?}");
    }
}

#[test]
fn wrong_values_are_named() {
    let broker = broker();
    let level = consumed(&broker, &["--topic", "first", "--isolation-level", "committed"]);
    assert_eq!((level.code, level.out.as_str()), (2, ""));
    assert!(level.err.starts_with("error: Invalid value committed for configuration isolation.level"), "{level:?}");
    let unknown = ["--topic", "first", "--until-end", "--formatter-property", "print.kye=true"];
    let unknown = consumed(&broker, &[&unknown[..], &["--command-property", "fetch.min.byte=1"]].concat());
    assert_eq!(
        unknown.err,
        format!(
            "warning: no property is called fetch.min.byte: ignored; did you mean fetch.min.bytes?\n\
             warning: no property is called print.kye: ignored; did you mean print.key?\n{}",
            total(0)
        )
    );
}

/// Ctrl-C and SIGTERM: the summary, and the signal's exit code as of the script.
#[test]
fn an_interrupt_ends_it_with_the_summary() {
    let broker = broker();
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let words = ["console-consumer", "--bootstrap-server", &broker.address, "--topic", "first", "--from-beginning"];
        let mut child = mq(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped"));
        for expected in ["a\n", "b\n", "c\n"] {
            let mut line = String::new();
            lines.read_line(&mut line).expect("it is text");
            assert_eq!(line, expected);
        }
        signal(child.id(), name);
        let said = Said::from(child.wait_with_output().expect("it can be waited for"));
        let mut rest = String::new();
        lines.read_to_string(&mut rest).expect("it is text");
        assert_eq!((said.code, rest.as_str(), said.err.as_str()), (code, "", total(3).as_str()), "{name}");
    }
}

/// Fault G2: a reader that goes away (`| head -1`) ends it at once.
#[test]
fn a_reader_that_goes_away_ends_it() {
    let broker = broker();
    let words = ["console-consumer", "--bootstrap-server", &broker.address, "--topic", "first", "--from-beginning"];
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let output = mq(&words).stdout(writer).stderr(Stdio::piped()).output().expect("it starts");
    let said = Said::from(output);
    assert_eq!(said.code, 0);
    assert!(
        said.err.starts_with("Unable to write to standard out, closing consumer.\nProcessed a total of "),
        "{said:?}"
    );
}

#[test]
fn old_names_work_with_one_line_each() {
    let broker = broker();
    let rest =
        ["--new-consumer", "--topic", "first", "--from-beginning", "--until-end", "--property", "print.key=true"];
    let said = said(&[&["console-consumer", "--broker-list", &broker.address], &rest[..]].concat());
    assert_eq!((said.code, said.out.as_str()), (0, "null\ta\nnull\tb\nnull\tc\n"));
    assert_eq!(
        said.err,
        format!(
            "warning: --property is now called --formatter-property\n\
             warning: --new-consumer is the only kind there is; it can be left out\n\
             warning: --broker-list is now called --bootstrap-server\n{}",
            total(3)
        )
    );
}

/// A transaction that nobody has ended stands in the log: read_committed stops before it, read_uncommitted does not.
#[test]
fn the_isolation_level_decides_whether_an_open_transaction_is_read() {
    let mut broker = Broker::start();
    broker.produce("first", &[], b"plain\n");
    assert!(broker.stop().success());
    let producer = BatchProducer { id: ProducerId(77), epoch: ProducerEpoch(0), base_sequence: 0 };
    let mut batch = BatchBuilder::new(Codec::None.into()).base_offset(Offset(1)).producer(producer).transactional();
    batch.append(NewRecord { timestamp: Timestamp(1), value: Some(b"open"), ..NewRecord::default() });
    let folder = broker.data();
    let path = folder.join("first-0/00000000000000000000.log");
    let mut log = std::fs::OpenOptions::new().append(true).open(path).expect("the log is there");
    log.write_all(&batch.build()).expect("it can be written");
    // As after a crash: what stands behind the recovery point is read again.
    for mark in [".kafka_cleanshutdown", "recovery-point-offset-checkpoint"] {
        std::fs::remove_file(folder.join(mark)).expect("a clean end leaves it");
    }
    broker.restart();
    for (level, expected) in [("read_uncommitted", "plain\nopen\n"), ("read_committed", "plain\n")] {
        assert_eq!(broker.consume("first", &["--isolation-level", level]), expected, "{level}");
    }
    assert_eq!(broker.consume("first", &[]), "plain\nopen\n");
}
