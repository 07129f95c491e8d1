//! How a tool is found, reads its flags and fails, without a broker.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support::broker::Broker;
use crate::support::run::{Said, binary, mq, said};

/// Runs the binary through a link of this name.
fn linked(name: &str, arguments: &[&str]) -> Said {
    let folder = TempDir::new().expect("a temporary folder");
    let link = folder.path().join(name);
    symlink(binary(), &link).expect("a link");
    let mut command = Command::new(link);
    command.args(arguments).env_remove("MQ_BOOTSTRAP_SERVER").stdin(Stdio::null());
    command.output().expect("the binary under test starts").into()
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

#[test]
fn without_a_tool_all_tools_are_shown() {
    let shown = said(&["--help"]);
    assert_eq!(shown.code, 0);
    assert!(shown.out.contains("topics") && shown.out.contains("server-start"), "{shown:?}");
    let bare = said(&[]);
    assert_eq!((bare.code, bare.out.as_str()), (2, ""), "{bare:?}");
}

#[test]
fn a_misspelt_tool_is_told_its_neighbour() {
    let said = said(&["topcis"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("did you mean 'mq topics'?"), "{said:?}");
}

/// Fault G1: usage errors go to stderr, with 2 as `mq` and 1 under a script's name, and its first line is the script's.
#[test]
fn usage_errors_are_the_scripts_under_its_name() {
    let server = ["--bootstrap-server", "127.0.0.1:1"];
    for (arguments, expected) in [
        (&["--foo"][..], "foo is not a recognized option"),
        (&[], "Create, delete, describe, or change a topic."),
        (&["--help"], "This tool helps to create, delete, describe, or change a topic."),
        (
            &["--list", "--create"],
            "Command must include exactly one action: --list, --describe, --create, --alter or --delete",
        ),
        (&["--list"], "--bootstrap-server must be specified"),
        (&[server[0], server[1], "--create"], "Missing required argument \"[topic]\""),
        (
            &[server[0], server[1], "--list", "--partitions", "3"],
            "Option \"[partitions]\" can't be used with option \"[list]\"",
        ),
        (&[server[0], server[1], "--create", "--topic"], "Option topic requires an argument"),
        (
            &[server[0], server[1], "--list", server[0], server[1]],
            "Found multiple arguments for option bootstrap-server, but you asked for only one",
        ),
    ] {
        let script = linked("kafka-topics.sh", arguments);
        assert_eq!((script.code, script.out.as_str(), first_line(&script.err)), (1, "", expected), "{arguments:?}");
        // As `mq` a list without an address is no usage error: it asks localhost.
        if arguments == ["--list"] {
            continue;
        }
        let ours = said(&[&["topics"], arguments].concat());
        match arguments {
            ["--help"] => assert_eq!((ours.code, ours.err.as_str()), (0, ""), "{ours:?}"),
            _ => assert_eq!((ours.code, ours.out.as_str()), (2, ""), "{arguments:?} {ours:?}"),
        }
    }
}

/// Fault G1: an argument that is no text.
#[test]
fn bytes_that_are_no_text_are_refused() {
    use std::os::unix::ffi::OsStringExt;
    let word = std::ffi::OsString::from_vec(vec![b'-', b'-', 0xff]);
    let output = mq(&["topics"]).arg(word).output().expect("it starts");
    let said = Said::from(output);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("not UTF-8"), "{said:?}");
}

/// A printed command with a torn option does no harm and is mended.
#[test]
fn damage_by_typesetting_is_named() {
    let arguments = ["--bootstrap-server", "127.0.0.1:1", "--create", "--partitions", "1", "--", "topic", "first"];
    let said = linked("kafka-topics.sh", &arguments);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("Missing required argument \"[topic]\""), "{said:?}");
    let mended = "kafka-topics.sh --bootstrap-server 127.0.0.1:1 --create --partitions 1 --topic first";
    assert!(said.err.trim_end().ends_with(mended), "{said:?}");
}

/// Fault G3: a server that does not answer, or is not there, ends within the time that was given.
#[test]
fn an_absent_or_silent_server_is_waited_for_no_longer_than_asked() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let silent = silent.local_addr().expect("it is bound").to_string();
    for address in ["127.0.0.1:1", &silent] {
        let said = said(&["topics", "--bootstrap-server", address, "--list", "--timeout", "300"]);
        assert_eq!((said.code, said.out.as_str()), (1, ""), "{address}: {said:?}");
        assert!(said.err.contains("error: Timed out waiting for a node assignment. Call: listTopics"), "{said:?}");
    }
}

/// Fault G2: a reader that goes away ends the tool quietly.
#[test]
fn a_closed_reader_ends_the_tool_quietly() {
    let mut command = mq(&["--help"]);
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let output = command.stdout(writer).stderr(Stdio::piped()).output().expect("it starts");
    let said = Said::from(output);
    assert_eq!((said.code, said.err.as_str()), (0, ""));
}

/// Fault G4: a file that cannot be read is named, and a wrong value is named with its line.
#[test]
fn a_wrong_file_is_named_with_its_line() {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("server.properties");
    let shown = path.to_str().expect("a text");
    let missing = said(&["server-start", shown]);
    assert_eq!(missing.code, 1);
    assert!(missing.err.contains(shown), "{missing:?}");
    let directory = said(&["server-start", folder.path().to_str().expect("a text")]);
    assert_eq!(directory.code, 1, "{directory:?}");
    fs::write(&path, "broker.id=0\nnum.partitions=x\n").expect("it can be written");
    let wrong = said(&["server-start", shown]);
    assert_eq!(wrong.code, 1);
    let expected =
        format!("error: {shown}, line 2: Invalid value x for configuration num.partitions: Not a number of type INT\n");
    assert_eq!(wrong.err, expected);
}

/// An address where nobody listens: one line at once says so, and that it goes on trying; at the end Kafka's text.
#[test]
fn a_server_that_is_not_there_is_named_at_once() {
    let address = format!("127.0.0.1:{}", crate::support::broker::free_port());
    let heard = format!(
        "Connection to node -1 (127.0.0.1/{address}) could not be established. Node may not be available: Connection refused"
    );
    for (tool, rest, end) in [
        (
            "topics",
            &["--list", "--timeout", "300"][..],
            "error: Timed out waiting for a node assignment. Call: listTopics",
        ),
        ("get-offsets", &["--timeout", "300"], "error: Timed out waiting for a node assignment. Call: listTopics"),
        (
            "consumer-groups",
            &["--list", "--timeout", "300"],
            "error: Timed out waiting for a node assignment. Call: describeCluster",
        ),
        ("console-consumer", &["--topic", "t", "--timeout-ms", "300"], "Processed a total of 0 messages"),
    ] {
        let said = said(&[&[tool, "--bootstrap-server", &address], rest].concat());
        let lines: Vec<&str> = said.err.lines().collect();
        assert_eq!(lines[0], format!("warning: {heard}; still trying until 300ms are over"), "{tool}");
        assert!(lines[1].starts_with(end) && lines.len() == 2, "{tool}: {said:?}");
    }
    let script = linked("kafka-topics.sh", &["--bootstrap-server", &address, "--list", "--timeout", "300"]);
    let end = "Error while executing topic command : Timed out waiting for a node assignment. Call: listTopics\n";
    assert_eq!((script.code, script.out.as_str()), (1, end));
    assert!(first_line(&script.err).contains(&format!("WARN [AdminClient] {heard}; still trying")), "{script:?}");
}

/// A name without an address ends a tool at once, with what the script says.
#[test]
fn a_name_without_an_address_fails_at_once() {
    const UNRESOLVABLE: &str = "No resolvable bootstrap urls given in bootstrap.servers";
    let server = ["--bootstrap-server", "nohost.invalid:9092"];
    for (tool, rest, code, out, err) in [
        ("topics", &["--list"][..], 1, "", "Failed to create new KafkaAdminClient"),
        ("get-offsets", &[], 1, "", "Error occurred: Failed to create new KafkaAdminClient"),
        (
            "consumer-groups",
            &["--list"],
            0,
            "\nError: Executing consumer group command failed due to Failed to create new KafkaAdminClient\n",
            "org.apache.kafka.common.KafkaException: Failed to create new KafkaAdminClient",
        ),
        (
            "console-producer",
            &["--topic", "t"],
            1,
            "",
            "org.apache.kafka.common.KafkaException: Failed to construct kafka producer",
        ),
        (
            "console-consumer",
            &["--topic", "t"],
            1,
            "",
            "org.apache.kafka.common.KafkaException: Failed to construct kafka consumer",
        ),
    ] {
        let script = linked(&format!("kafka-{tool}.sh"), &[&server, rest].concat());
        assert_eq!((script.code, script.out.as_str()), (code, out), "{tool} {script:?}");
        assert!(script.err.lines().any(|line| line == err), "{tool} {script:?}");
        assert!(script.err.contains(&format!("ConfigException: {UNRESOLVABLE}\n")), "{tool} {script:?}");
        let named = "WARN Couldn't resolve server nohost.invalid:9092 from bootstrap.servers as DNS resolution failed";
        assert!(script.err.contains(named), "{tool} {script:?}");
        let ours = said(&[&[tool], &server[..], rest].concat());
        assert_eq!((ours.code, ours.out.as_str()), (1, ""), "{tool} {ours:?}");
        assert!(ours.err.starts_with(&format!("error: {UNRESOLVABLE} (nohost.invalid:9092: ")), "{tool} {ours:?}");
    }
    let one_of_two = format!("nohost.invalid:9092,127.0.0.1:{}", crate::support::broker::free_port());
    let said = said(&["topics", "--bootstrap-server", &one_of_two, "--list", "--timeout", "200"]);
    assert!(said.err.starts_with("warning: cannot resolve nohost.invalid:9092: "), "{said:?}");
}

/// An option that does not exist: its nearest neighbour is named, after the script's own words.
#[test]
fn a_misspelt_option_is_told_its_neighbour() {
    let script = linked("kafka-topics.sh", &["--bootstrap-server", "127.0.0.1:1", "--list", "--exclude-internals"]);
    assert_eq!((script.code, script.out.as_str()), (1, ""));
    assert_eq!(script.err, "exclude-internals is not a recognized option\nhint: did you mean --exclude-internal?\n");
    let ours = said(&["topics", "--list", "--exclude-internals"]);
    assert_eq!(ours.code, 2);
    assert!(ours.err.contains("a similar argument exists: '--exclude-internal'"), "{ours:?}");
}

/// `--zookeeper h1:2181` stands for the broker at h1:9092: a loopback address of its own makes that port free.
#[test]
#[cfg(target_os = "linux")]
fn zookeepers_host_is_the_brokers_host() {
    let host = format!("127.{}.{}.9", 64 + std::process::id() % 128, std::process::id() / 128 % 250);
    let broker = Broker::at(&format!("{host}:9092"));
    broker.produce("first", &[], b"a\n");
    let zookeeper = format!("{host}:2181/chroot");
    let note = format!("warning: there is no ZooKeeper; asking the brokers at {host}:9092 (--bootstrap-server)\n");
    let list = said(&["topics", "--zookeeper", &zookeeper, "--list"]);
    assert_eq!((list.code, list.out.as_str(), list.err.as_str()), (0, "first\n", note.as_str()));
    let read = ["console-consumer", "--zookeeper", &zookeeper, "--topic", "first", "--from-beginning", "--until-end"];
    let read = said(&read);
    assert_eq!((read.code, read.out.as_str()), (0, "a\n"));
    assert_eq!(read.err, format!("{note}Processed a total of 1 messages\n"));
}
