//! How a tool is found, reads its flags and fails, without a broker.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use tempfile::TempDir;

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
        assert!(said.err.starts_with("error: "), "{said:?}");
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
