//! `console-producer`: from lines to records, seen by reading them back and by dumping the log.

use std::io::Write;
use std::process::{ChildStdin, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::broker::{Broker, signal};
use crate::support::run::{Said, mq, said, said_with};

/// The batches of a topic of one partition, as `dump-log` prints them.
fn batches(broker: &Broker, topic: &str) -> Vec<String> {
    let file = broker.data().join(format!("{topic}-0/00000000000000000000.log"));
    let said = said(&["dump-log", "--files", file.to_str().expect("a text")]);
    assert_eq!(said.code, 0, "{said:?}");
    said.out.lines().filter(|line| line.starts_with("baseOffset: ")).map(str::to_owned).collect()
}

fn counts(broker: &Broker, topic: &str) -> Vec<String> {
    let count = |line: &String| line.split("count: ").nth(1)?.split(' ').next().map(str::to_owned);
    batches(broker, topic).iter().filter_map(count).collect()
}

const ALL: [&str; 6] = [
    "--formatter-property",
    "print.key=true",
    "--formatter-property",
    "print.headers=true",
    "--formatter-property",
    "null.literal=NIL",
];

#[test]
fn lines_become_records_and_bytes_pass_unchanged() {
    let broker = Broker::start();
    broker.produce("first", &[], b"hello world\natguigu  atguigu\n\nwith CR\r\nno end");
    assert_eq!(broker.consume("first", &[]), "hello world\natguigu  atguigu\n\nwith CR\nno end\n");
    broker.produce("bytes", &[], b"\xff\xfe\0");
    let mut command = mq(&["console-consumer", "--bootstrap-server", &broker.address, "--topic", "bytes"]);
    let output = command.args(["--from-beginning", "--until-end"]).output().expect("it starts");
    assert_eq!(output.stdout, b"\xff\xfe\0\n");
}

#[test]
fn readers_properties_part_a_line() {
    let broker = Broker::start();
    let check = |topic: &str, properties: &[&str], line: &str, expected: &str| {
        let words: Vec<&str> = properties.iter().flat_map(|property| ["--reader-property", property]).collect();
        broker.produce(topic, &words, line.as_bytes());
        assert_eq!(broker.consume(topic, &ALL), expected, "{properties:?}");
    };
    check("plain", &[], "k\tv", "NO_HEADERS\tNIL\tk\tv\n");
    check("key", &["parse.key=true"], "k\tv\tw", "NO_HEADERS\tk\tv\tw\n");
    check("separator", &["parse.key=true", "key.separator=::"], "k::v", "NO_HEADERS\tk\tv\n");
    check("headers", &["parse.headers=true"], "a:1,b:2\tv", "a:1,b:2\tNIL\tv\n");
    check("both", &["parse.headers=true", "parse.key=true"], "a:1\tk\tv", "a:1\tk\tv\n");
    check(
        "marks",
        &["parse.headers=true", "headers.delimiter=|", "headers.separator=;", "headers.key.separator=="],
        "a=1;b=2|v",
        "a:1,b:2\tNIL\tv\n",
    );
    check("null", &["parse.key=true", "null.marker=NULL"], "k\tNULL\n", "NO_HEADERS\tk\tNIL\n");
    check("lenient", &["parse.key=true", "ignore.error=true"], "none", "NO_HEADERS\tNIL\tnone\n");
}

#[test]
fn a_file_of_reader_properties_counts_less_than_the_command_line() {
    let (broker, folder) = (Broker::start(), TempDir::new().expect("a temporary folder"));
    let path = folder.path().join("reader.properties");
    std::fs::write(&path, "parse.key=true\nkey.separator=:\n").expect("it can be written");
    let file = ["--reader-config", path.to_str().expect("a text")];
    broker.produce("first", &file, b"k:v");
    broker.produce("first", &[&file[..], &["--reader-property", "key.separator=/"]].concat(), b"k:1/v");
    assert_eq!(broker.consume("first", &ALL), "NO_HEADERS\tk\tv\nNO_HEADERS\tk:1\tv\n");
}

#[test]
fn a_codec_is_used_and_without_a_name_it_is_gzip() {
    let broker = Broker::start();
    let check = |words: &[&str], expected: &str| {
        let topic = format!("t{}{}", words.len(), expected);
        broker.produce(&topic, words, b"some words, some words, some words\n");
        let batches = batches(&broker, &topic);
        assert!(batches[0].contains(&format!(" compresscodec: {expected} ")), "{words:?} {batches:?}");
        assert_eq!(broker.consume(&topic, &[]), "some words, some words, some words\n");
    };
    check(&[], "none");
    check(&["--compression-codec"], "gzip");
    for codec in ["none", "gzip", "snappy", "lz4", "zstd"] {
        check(&["--compression-codec", codec], codec);
    }
    check(&["--command-property", "compression.type=lz4", "--sync"], "lz4");
}

#[test]
fn sync_and_a_small_batch_size_part_batches_and_nothing_else_does() {
    let broker = Broker::start();
    broker.produce("together", &[], b"a\nb\nc\n");
    assert_eq!(counts(&broker, "together"), ["3"]);
    broker.produce("sync", &["--sync"], b"a\nb\nc\n");
    assert_eq!(counts(&broker, "sync"), ["1", "1", "1"]);
    broker.produce("small", &["--batch-size", "1"], b"a\nb\nc\n");
    assert_eq!(counts(&broker, "small"), ["1", "1", "1"]);
    broker.produce("old", &["--batch-size", "90000", "--max-partition-memory-bytes", "1"], b"a\nb\nc\n");
    assert_eq!(counts(&broker, "old"), ["1", "1", "1"]);
}

/// A producer whose stdin stays open.
fn open_producer(broker: &Broker, rest: &[&str]) -> (std::process::Child, ChildStdin) {
    let begin = ["console-producer", "--bootstrap-server", &broker.address, "--topic", "first"];
    let mut command = mq(&[&begin, rest].concat());
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let stdin = child.stdin.take().expect("it is piped");
    (child, stdin)
}

/// How long a line takes to arrive while the input stays open.
fn arrival(linger: &str) -> Duration {
    let broker = Broker::start();
    assert_eq!(broker.said("topics", &["--create", "--topic", "first"]).code, 0);
    let (child, mut stdin) = open_producer(&broker, &["--timeout", linger]);
    let start = Instant::now();
    stdin.write_all(b"a\n").expect("it reads");
    while broker.said("get-offsets", &["--topic", "first"]).out != "first:0:1\n" {
        assert!(start.elapsed() < Duration::from_secs(30), "the line does not arrive");
    }
    let took = start.elapsed();
    drop(stdin);
    assert!(child.wait_with_output().expect("it can be waited for").status.success());
    took
}

#[test]
fn a_line_lingers_as_long_as_it_was_told() {
    assert!(arrival("2500") >= Duration::from_millis(2500));
    // By default it would be a second.
    assert!(arrival("0") < Duration::from_millis(900));
}

#[test]
fn acks_decide_what_a_refusal_is_worth() {
    let broker = Broker::start();
    let create = ["--create", "--topic", "first", "--config", "min.insync.replicas=2"];
    assert_eq!(broker.said("topics", &create).code, 0);
    let send = |acks: &str| {
        let words = ["--topic", "first", "--request-required-acks", acks, "--message-send-max-retries", "0"];
        broker.said_with("console-producer", &words, b"a\n")
    };
    for acks in ["0", "1"] {
        let said = send(acks);
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{acks}");
    }
    let refused = send("all");
    assert_eq!((refused.code, refused.out.as_str()), (1, ""));
    let head = "ERROR Error when sending message to topic first with key: null, value: 1 bytes with error: \
                (org.apache.kafka.clients.producer.internals.ErrorLoggingCallback)\n\
                org.apache.kafka.common.errors.NotEnoughReplicasException: Messages are rejected since there are fewer \
                in-sync replicas than required.\n";
    assert!(refused.err.ends_with(head), "{}", refused.err);
    assert_eq!(broker.consume("first", &[]), "a\na\n");
}

#[test]
fn a_file_of_properties_counts_less_than_words_and_words_less_than_flags() {
    let (broker, folder) = (Broker::start(), TempDir::new().expect("a temporary folder"));
    let path = folder.path().join("producer.properties");
    std::fs::write(&path, "compression.type=gzip\nbatch.size=1\n").expect("it can be written");
    let file = ["--command-config", path.to_str().expect("a text")];
    broker.produce("file", &file, b"a\nb\n");
    assert_eq!(counts(&broker, "file"), ["1", "1"]);
    assert!(batches(&broker, "file")[0].contains("compresscodec: gzip"));
    let words = [&file[..], &["--command-property", "compression.type=lz4", "--batch-size", "16384"]].concat();
    broker.produce("words", &words, b"a\nb\n");
    assert_eq!(counts(&broker, "words"), ["2"]);
    assert!(batches(&broker, "words")[0].contains("compresscodec: lz4"));
}

/// What a line or a flag can be wrong in; what came before a bad line is written.
#[test]
fn what_is_wrong_is_said_and_the_lines_before_it_are_sent() {
    let broker = Broker::start();
    let check = |words: &[&str], input: &[u8], code: i32, expected: &str| {
        let said = broker.said_with("console-producer", &[&["--topic", "first"], words].concat(), input);
        assert_eq!((said.code, said.out.as_str()), (code, ""), "{said:?}");
        assert!(said.err.starts_with(&format!("error: {expected}")), "{said:?}");
    };
    let parse = ["--reader-property", "parse.key=true"];
    check(&parse, b"k\tv\nxx\nk\tw\n", 1, "No key separator found on line number 2: 'xx'\n");
    assert_eq!(broker.consume("first", &[]), "v\n");
    check(&["--request-required-acks", "7"], b"", 2, "Invalid value 7 for configuration acks: String must be one of: ");
    let codec =
        "Invalid value best for configuration compression.type: String must be one of: none, gzip, snappy, lz4, zstd";
    check(&["--compression-codec", "best"], b"", 2, codec);
    check(&["--line-reader", "no.such.Reader"], b"", 1, "no.such.Reader");
    check(&["--command-config", "/no/such/file"], b"", 1, "/no/such/file: no such file");
    check(&["--batch-size", "many"], b"", 2, "invalid value 'many' for '--batch-size <BYTES>'");
    check(
        &["--batch-sise", "1"],
        b"",
        2,
        "unexpected argument '--batch-sise' found\n\n  tip: a similar argument exists",
    );
    let unknown = ["--topic", "first", "--reader-property", "parse.kye=true", "--command-property", "ack=1"];
    let said = broker.said_with("console-producer", &unknown, b"");
    assert_eq!(
        (said.code, said.err.as_str()),
        (
            0,
            "warning: no property is called ack: ignored; did you mean acks?\n\
             warning: no property is called parse.kye: ignored; did you mean parse.key?\n"
        )
    );
    let no_topic = broker.said("console-producer", &[]);
    assert!(no_topic.err.starts_with("error: the topic is missing: --topic TOPIC\n"), "{no_topic:?}");
}

/// Under the script's name: its texts and exit codes, also for a record that was not written.
#[test]
fn the_scripts_name_has_the_scripts_texts() {
    let broker = Broker::start();
    let script = |words: &[&str], input: &[u8]| {
        let begin = ["kafka-console-producer.sh", "--bootstrap-server", &broker.address];
        said_with(mq(&[&begin, words].concat()), input)
    };
    let bad_line = script(&["--topic", "first", "--property", "parse.key=true"], b"xx\n");
    assert_eq!(bad_line.code, 1);
    assert_eq!(
        bad_line.err,
        "Option --property is deprecated and will be removed in a future version. Use --reader-property instead.\n\
         org.apache.kafka.common.KafkaException: No key separator found on line number 1: 'xx'\n"
    );
    let refused = script(&["--topic", "bad/name"], b"x\n");
    assert_eq!((refused.code, refused.out.as_str()), (0, ""));
    assert!(refused.err.contains("InvalidTopicException: Invalid topics: [bad/name]"), "{refused:?}");
    let both = script(&["--topic", "t", "--property", "a=1", "--reader-property", "b=1"], b"");
    assert!(both.err.starts_with("Options --property and --reader-property cannot be specified together.\n"));
}

/// Ctrl-C sends what was read; the exit code is the signal's, as the script's is.
#[test]
fn an_interrupt_sends_what_was_read() {
    let broker = Broker::start();
    assert_eq!(broker.said("topics", &["--create", "--topic", "first"]).code, 0);
    for (name, code, count) in [("INT", 130, 1), ("TERM", 143, 2)] {
        let (child, mut stdin) = open_producer(&broker, &["--timeout", "200"]);
        stdin.write_all(b"a\n").expect("it reads");
        // Once it has arrived the handlers are in place.
        while broker.said("get-offsets", &["--topic", "first"]).out != format!("first:0:{count}\n") {}
        signal(child.id(), name);
        let said = Said::from(child.wait_with_output().expect("it can be waited for"));
        assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (code, "", ""), "{name}");
        drop(stdin);
    }
}

#[test]
fn old_names_of_the_server_work_with_one_line() {
    let broker = Broker::start();
    let said = said_with(mq(&["console-producer", "--broker-list", &broker.address, "--topic", "first"]), b"a\n");
    assert_eq!((said.code, said.err.as_str()), (0, "warning: --broker-list is now called --bootstrap-server\n"));
    assert_eq!(broker.consume("first", &[]), "a\n");
}
