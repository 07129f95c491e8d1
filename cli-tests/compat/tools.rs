//! The real tools and ours, run on the same cluster, must print the same.
//!
//! Each case runs twice on a broker: the script of Apache Kafka, then `mq` under that script's name. Both see the same
//! topics, ids and offsets, so their texts are compared to the letter.

use std::os::unix::fs::symlink;
use std::process::Command;

use tempfile::TempDir;

use super::peer::{Peer, tool};
use crate::support::broker::Broker;
use crate::support::run::{Said, binary, said_with};

/// What is compared of the two runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Same {
    /// stdout and exit code.
    Text,
    /// The lines of stdout in any order (the script prints a hash map), and the exit code.
    Lines,
    /// Exit code and the first line of stderr and stdout, since a Java stack trace follows.
    Cause,
}

struct Case {
    script: &'static str,
    arguments: &'static [&'static str],
    input: &'static [u8],
    same: Same,
}

const fn case(script: &'static str, arguments: &'static [&'static str]) -> Case {
    Case { script, arguments, input: b"", same: Same::Text }
}

const fn lines(script: &'static str, arguments: &'static [&'static str]) -> Case {
    Case { script, arguments, input: b"", same: Same::Lines }
}

const fn cause(script: &'static str, arguments: &'static [&'static str]) -> Case {
    Case { script, arguments, input: b"", same: Same::Cause }
}

const fn input(script: &'static str, arguments: &'static [&'static str], input: &'static [u8]) -> Case {
    Case { script, arguments, input, same: Same::Text }
}

/// In order: later cases look at what earlier ones made. A `%` becomes `r` in the script's run and `m` in ours, so that
/// both can create what they name.
const CASES: &[Case] = &[
    case("kafka-topics", &["--list"]),
    case("kafka-topics", &["--create", "--topic", "first-%", "--partitions", "3", "--replication-factor", "1"]),
    cause("kafka-topics", &["--create", "--topic", "first-%"]),
    case("kafka-topics", &["--create", "--if-not-exists", "--topic", "first-%"]),
    cause("kafka-topics", &["--create", "--topic", "three", "--replication-factor", "3"]),
    cause("kafka-topics", &["--create", "--topic", "bad/name"]),
    case(
        "kafka-topics",
        &["--create", "--topic", "with.dots-%", "--config", "retention.ms=1000", "--config", "segment.bytes=1048576"],
    ),
    cause("kafka-topics", &["--create", "--topic", "bad-config", "--config", "retention.ms=soon"]),
    cause("kafka-topics", &["--create", "--topic", "bad-config", "--config", "no.such.key=1"]),
    case("kafka-topics", &["--list"]),
    case("kafka-topics", &["--list", "--topic", "first-.*"]),
    case("kafka-topics", &["--describe", "--topic", "first-r"]),
    case("kafka-topics", &["--describe", "--topics-with-overrides"]),
    case("kafka-topics", &["--describe", "--unavailable-partitions"]),
    cause("kafka-topics", &["--describe", "--topic", "missing"]),
    case("kafka-topics", &["--describe", "--topic", "missing", "--if-exists"]),
    case("kafka-topics", &["--alter", "--topic", "first-%", "--partitions", "4"]),
    cause("kafka-topics", &["--alter", "--topic", "first-%", "--partitions", "2"]),
    cause("kafka-topics", &["--delete", "--topic", "missing"]),
    cause("kafka-topics", &["--create"]),
    cause("kafka-topics", &["--create", "--", "topic", "first"]),
    input("kafka-console-producer", &["--topic", "words-r"], b"hello world\natguigu  atguigu\n"),
    input(
        "kafka-console-producer",
        &["--topic", "words-r", "--property", "parse.key=true", "--property", "key.separator=:"],
        b"k1:v1\nk2:v2\n",
    ),
    case("kafka-console-consumer", &["--topic", "words-r", "--from-beginning", "--max-messages", "4"]),
    case("kafka-console-consumer", &["--topic", "words-r", "--partition", "0", "--offset", "2", "--max-messages", "2"]),
    case(
        "kafka-console-consumer",
        &[
            "--topic",
            "words-r",
            "--from-beginning",
            "--max-messages",
            "4",
            "--property",
            "print.key=true",
            "--property",
            "print.offset=true",
            "--property",
            "print.partition=true",
            "--property",
            "print.timestamp=true",
            "--property",
            "print.headers=true",
        ],
    ),
    case(
        "kafka-console-consumer",
        &["--topic", "words-r", "--from-beginning", "--timeout-ms", "3000", "--group", "readers-%"],
    ),
    cause("kafka-console-consumer", &["--from-beginning"]),
    cause("kafka-console-consumer", &["--topic", "words-r", "--partition", "0", "--offset", "middle"]),
    lines("kafka-get-offsets", &["--topic", "words-r"]),
    lines("kafka-get-offsets", &["--topic", "words-r", "--time", "earliest"]),
    lines("kafka-get-offsets", &["--topic", "words-r", "--time", "-3"]),
    cause("kafka-get-offsets", &["--topic", "missing"]),
    lines("kafka-consumer-groups", &["--list"]),
    lines("kafka-consumer-groups", &["--list", "--state"]),
    case("kafka-consumer-groups", &["--describe", "--group", "readers-r"]),
    case("kafka-consumer-groups", &["--describe", "--group", "readers-r", "--state"]),
    case("kafka-consumer-groups", &["--describe", "--group", "readers-r", "--members"]),
    cause("kafka-consumer-groups", &["--describe", "--group", "missing"]),
    case("kafka-consumer-groups", &["--delete", "--group", "readers-%"]),
    cause("kafka-consumer-groups", &["--delete", "--group", "missing"]),
    cause("kafka-consumer-groups", &["--describe"]),
    case("kafka-topics", &["--delete", "--topic", "first-%"]),
];

/// Runs a script's real self, then ours under the same name.
struct Pair<'a> {
    address: &'a str,
    bin: TempDir,
}

impl Pair<'_> {
    fn new(address: &str) -> Pair<'_> {
        let bin = TempDir::new().expect("a temporary folder");
        for script in CASES.iter().map(|case| case.script) {
            let _ = symlink(binary(), bin.path().join(format!("{script}.sh")));
        }
        Pair { address, bin }
    }

    fn run(&self, case: &Case) -> (Said, Said) {
        let arguments = |mark: &str| -> Vec<String> {
            let own = case.arguments.iter().map(|argument| argument.replace('%', mark));
            ["--bootstrap-server".to_owned(), self.address.to_owned()].into_iter().chain(own).collect()
        };
        let theirs: Vec<String> = arguments("r");
        let real = tool(case.script, &theirs.iter().map(String::as_str).collect::<Vec<_>>(), case.input);
        let mut command = Command::new(self.bin.path().join(format!("{}.sh", case.script)));
        command.args(arguments("m")).env_remove("MQ_BOOTSTRAP_SERVER");
        let mut ours = said_with(command, case.input);
        ours.out = ours.out.replace("-m", "-r");
        ours.err = ours.err.replace("-m", "-r");
        (real, ours)
    }
}

fn first_line(said: &Said) -> String {
    // The script logs its own warnings beside the cause; a log line begins with its time in brackets.
    let is_log = |line: &&str| line.starts_with('[') || line.contains("deprecated");
    let all = said.out.lines().chain(said.err.lines());
    all.filter(|line| !is_log(line) && !line.trim().is_empty()).next().unwrap_or_default().trim_end().to_owned()
}

fn sorted(text: &str) -> Vec<&str> {
    let mut all: Vec<&str> = text.lines().collect();
    all.sort_unstable();
    all
}

/// The script's notes on its own old options go to stdout there and to stderr here.
fn without_notes(text: &str) -> String {
    text.lines()
        .filter(|line| !line.contains("is deprecated and will be removed"))
        .map(|line| format!("{line}\n"))
        .collect()
}

fn differs(case: &Case, real: &Said, ours: &Said) -> bool {
    let text = match case.same {
        Same::Text => without_notes(&real.out) != without_notes(&ours.out),
        Same::Lines => sorted(&real.out) != sorted(&ours.out),
        Same::Cause => first_line(real) != first_line(ours),
    };
    text || real.code != ours.code
}

fn compare_on(address: &str) {
    let pair = Pair::new(address);
    let mut faults = Vec::new();
    for case in CASES {
        let (real, ours) = pair.run(case);
        if differs(case, &real, &ours) {
            faults.push(format!("{} {:?}\n--- real\n{real:#?}\n--- ours\n{ours:#?}", case.script, case.arguments));
        }
    }
    assert!(faults.is_empty(), "{} of {} cases differ:\n{}", faults.len(), CASES.len(), faults.join("\n\n"));
}

#[test]
fn tools_print_what_the_scripts_print_on_our_broker() {
    compare_on(&Broker::start().address);
}

#[test]
fn tools_print_what_the_scripts_print_on_a_real_kafka() {
    compare_on(&Peer::start(&[]).address);
}
