//! The real tools and ours, run on the same cluster, must print the same.
//!
//! Each case runs twice on a broker: the script of Apache Kafka, then `mq` under that script's name. Both see the same
//! topics, ids and offsets, so their texts are compared to the letter. Once the broker is ours, once a real Kafka.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::peer::Peer;
use super::tool_cases::{Case, GROUP_CASES, LATER_CASES, OFFSET_CASES, RECORD_CASES, Same, TOPIC_CASES};
use super::tool_machine::ToolMachine;
use crate::support::broker::Broker;
use crate::support::run::{Said, binary, mq, said, said_with};

/// Runs a script's real self, then ours under the same name.
struct Pair<'a> {
    address: &'a str,
    data: &'a Path,
    machine: ToolMachine,
    bin: TempDir,
    faults: Vec<String>,
    count: usize,
}

impl<'a> Pair<'a> {
    fn new(address: &'a str, data: &'a Path) -> Pair<'a> {
        let bin = TempDir::new().expect("a temporary folder");
        Pair { address, data, machine: ToolMachine::start(), bin, faults: Vec::new(), count: 0 }
    }

    fn compare(&mut self, cases: &[Case]) {
        for case in cases {
            self.count += 1;
            let (real, ours) = self.run(case);
            let wrong = differences(case, &real, &ours);
            if !wrong.is_empty() {
                let wrong = wrong.join(", ");
                let arguments = case.arguments;
                self.faults.push(format!(
                    "{} {arguments}: {wrong}\n--- real\n{}\n--- ours\n{}",
                    case.script,
                    shown(&real),
                    shown(&ours)
                ));
            }
        }
    }

    fn run(&mut self, case: &Case) -> (Said, Said) {
        let real = self.machine.said(case.script, &self.arguments(case, "r"), case.input);
        let link = self.bin.path().join(format!("{}.sh", case.script));
        if !link.exists() {
            symlink(binary(), &link).expect("a link");
        }
        let mut command = Command::new(link);
        command.args(self.arguments(case, "m")).env_remove("MQ_BOOTSTRAP_SERVER");
        let mut ours = said_with(command, case.input);
        if case.arguments.contains("-%") {
            ours.out = ours.out.replace("-m", "-r");
            ours.err = ours.err.replace("-m", "-r");
        }
        (real, ours)
    }

    fn arguments(&self, case: &Case, mark: &str) -> Vec<String> {
        let server = ["--bootstrap-server".to_owned(), self.address.to_owned()];
        let data = self.data.to_str().expect("a text");
        let own = case.arguments.split_whitespace().map(|word| word.replace('%', mark).replace("@data", data));
        server.into_iter().filter(|_| case.has_server).chain(own).collect()
    }

    fn judge(self) {
        let faults = self.faults;
        assert!(faults.is_empty(), "{} of {} cases differ:\n{}", faults.len(), self.count, faults.join("\n\n"));
    }
}

fn differences(case: &Case, real: &Said, ours: &Said) -> Vec<&'static str> {
    let err = (plain(&real.err), plain(&ours.err));
    let same = match case.same {
        Same::Text => [without_notes(&real.out) == without_notes(&ours.out), err.0 == err.1],
        Same::Lines => [sorted(&real.out) == sorted(&ours.out), sorted(&err.0) == sorted(&err.1)],
        Same::Kind => [real.out.is_empty() == ours.out.is_empty(), err.0.is_empty() == err.1.is_empty()],
        Same::Cause => {
            let out = (without_notes(&real.out), without_notes(&ours.out));
            [first_words(&out.0) == first_words(&out.1), first_words(&err.0) == first_words(&err.1)]
        }
    };
    let rows = [
        ("exit code", real.code == ours.code),
        ("stdout", same[0]),
        ("stderr", same[1]),
        ("an ERROR is logged", logs_error(&real.err) == logs_error(&ours.err)),
    ];
    rows.into_iter().filter(|(_, same)| !same).map(|(name, _)| name).collect()
}

fn logs_error(err: &str) -> bool {
    err.lines().any(|line| line.starts_with('[') && line.contains("] ERROR "))
}

/// The words of the first line in the order of the alphabet: sets of Java's stand in another order each time.
fn first_words(text: &str) -> Vec<&str> {
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let mut words: Vec<&str> = line.split([' ', ',', '[', ']']).filter(|word| !word.is_empty()).collect();
    words.sort_unstable();
    words
}

fn sorted(text: &str) -> Vec<&str> {
    let mut all: Vec<&str> = text.lines().collect();
    all.sort_unstable();
    all
}

/// stderr without log lines, the stack traces that belong to them, and the name of an exception that nobody caught.
fn plain(err: &str) -> String {
    let mut is_log = false;
    let mut plain = String::new();
    for line in err.lines() {
        let is_trace =
            ["\tat ", "\t... ", "Caused by: ", " (org.apache.kafka."].iter().any(|begin| line.starts_with(begin));
        let is_cause = is_log && ["org.apache.kafka.", "java."].iter().any(|begin| line.starts_with(begin));
        is_log = line.starts_with("[20");
        if is_log || is_trace || is_cause || line.contains(NEWS) {
            continue;
        }
        let line = line
            .strip_prefix("Exception in thread \"main\" ")
            .map_or(line, |line| line.split_once(": ").map_or(line, |(_, text)| text));
        plain.push_str(line);
        plain.push('\n');
    }
    without_notes(&plain)
}

/// What the script says of a protocol of the future that neither uses.
const NEWS: &str = "The consumer rebalance protocol (KIP-848) is production-ready!";

/// The script's notes on its own old options go to stdout there and to stderr here.
fn without_notes(text: &str) -> String {
    let kept = text.split_inclusive('\n').filter(|line| !line.contains("is deprecated and will be removed"));
    kept.collect()
}

fn shown(said: &Said) -> String {
    let cut = |text: &str| text.chars().take(1200).collect::<String>();
    format!("exit code {}\nstdout:\n{}\nstderr:\n{}", said.code, cut(&said.out), cut(&said.err))
}

/// A consumer that holds the group `live` while it runs.
struct Member(Child);

impl Member {
    fn start(address: &str) -> Member {
        let arguments = [
            "console-consumer",
            "--bootstrap-server",
            address,
            "--topic",
            "first-r",
            "--from-beginning",
            "--group",
            "live",
        ];
        let child = mq(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary starts");
        let member = Member(child);
        // The group is there once its member has partitions; asking is what the cases do, too.
        let describe = ["consumer-groups", "--bootstrap-server", address, "--describe", "--group", "live", "--state"];
        while !said(&describe).out.contains("Stable") {}
        member
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn compare_on(address: &str, data: &Path, later: &[Case]) {
    let mut pair = Pair::new(address, data);
    pair.compare(TOPIC_CASES);
    pair.compare(RECORD_CASES);
    let member = Member::start(address);
    pair.compare(GROUP_CASES);
    pair.compare(later);
    drop(member);
    pair.compare(OFFSET_CASES);
    pair.judge();
}

#[test]
fn tools_print_what_the_scripts_print_on_our_broker() {
    let broker = Broker::start();
    compare_on(&broker.address, &broker.data(), &[]);
}

#[test]
fn tools_print_what_the_scripts_print_on_a_real_kafka() {
    // Its metadata log stands still between two looks at it: no records that say that nothing happened.
    let peer = Peer::start(&["metadata.max.idle.interval.ms=0"]);
    compare_on(&peer.address, &peer.data(), LATER_CASES);
}
