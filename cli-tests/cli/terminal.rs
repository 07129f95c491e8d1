//! Tools on a terminal, by util-linux's `script`: prompts, tables, and no colours in a pipe.

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use crate::support::broker::Broker;
use crate::support::run::{Said, binary, said_with};

/// The command that runs `mq WORDS` on a terminal; none where this machine has no `script`.
fn terminal(words: &[&str]) -> Option<Command> {
    let quoted: Vec<String> =
        [&[binary().to_str().expect("a text")], words].concat().iter().map(|word| format!("'{word}'")).collect();
    let known = Command::new("script").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if known.is_err() {
        eprintln!("this machine has no script(1): nothing was tested on a terminal");
        return None;
    }
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--command", &quoted.join(" "), "/dev/null"]);
    command.env_remove("MQ_BOOTSTRAP_SERVER").env("TERM", "xterm").env("NO_COLOR", "1");
    Some(command)
}

/// Runs `mq WORDS` on a terminal on which `input` is typed.
fn on_terminal(words: &[&str], input: &[u8]) -> Option<Said> {
    Some(said_with(terminal(words)?, input))
}

#[test]
fn rows_are_a_table_on_a_terminal_and_the_scripts_text_in_a_pipe() {
    let broker = Broker::start();
    broker.produce("first", &[], b"a\n");
    let words = ["get-offsets", "--bootstrap-server", &broker.address, "--topic", "first"];
    let Some(shown) = on_terminal(&words, b"") else { return };
    assert_eq!(shown.code, 0, "{shown:?}");
    let lines: Vec<&str> = shown.out.lines().collect();
    assert!(lines[0].starts_with('\u{250c}') && lines[1].contains("TOPIC"), "{shown:?}");
    let row: Vec<&str> = lines[3].split_whitespace().collect();
    assert_eq!(row[1..4], ["first", "0", "1"]);
    // Under a script's name a terminal changes nothing.
    let script = ["kafka-get-offsets.sh", "--bootstrap-server", &broker.address, "--topic", "first"];
    assert_eq!(on_terminal(&script, b"").expect("it is there").out.trim_end(), "first:0:1");
    let piped = broker.said("get-offsets", &["--topic", "first"]);
    assert_eq!(piped.out, "first:0:1\n");
    assert!(!piped.out.contains('\u{1b}') && !broker.said("topics", &["--describe"]).out.contains('\u{1b}'));
}

/// The typing of a person who waits for the first prompt, and types or pastes everything else at once.
fn typed_at_prompt(words: &[&str], typed: &[u8]) -> Option<Said> {
    let mut child = terminal(words)?.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("script starts");
    let (mut stdin, mut stdout) = (child.stdin.take().expect("piped"), child.stdout.take().expect("piped"));
    let (mut shown, mut byte) = (Vec::new(), [0]);
    while !shown.contains(&b'>') && stdout.read(&mut byte).expect("it can be read") == 1 {
        shown.push(byte[0]);
    }
    stdin.write_all(typed).expect("it can be written");
    stdout.read_to_end(&mut shown).expect("it can be read");
    let status = child.wait().expect("it can be waited for");
    let out = String::from_utf8_lossy(&shown).into_owned();
    Some(Said { code: status.code().unwrap_or(-1), out, err: String::new() })
}

#[test]
fn a_person_is_prompted_and_each_enter_is_a_record() {
    let broker = Broker::start();
    let words = ["console-producer", "--bootstrap-server", &broker.address, "--topic", "first"];
    // What is pasted comes faster than lines are read; a tab is data; the last byte is Ctrl-D.
    let lines: Vec<String> = (0..60).map(|number| format!("line {number}\twith  blanks")).collect();
    let typed = format!("{}\r\x04", lines.join("\r"));
    let Some(shown) = typed_at_prompt(&words, typed.as_bytes()) else { return };
    assert_eq!(shown.code, 0, "{shown:?}");
    assert_eq!(broker.consume("first", &[]), lines.join("\n") + "\n");
    // In a pipe there is no prompt.
    let piped = broker.said_with("console-producer", &["--topic", "first"], b"x\n");
    assert_eq!((piped.out.as_str(), piped.err.as_str()), ("", ""));
}

/// Ctrl-C at the prompt sends what was typed and ends with the code of the signal, as the script does.
#[test]
fn an_interrupt_at_the_prompt_sends_what_was_typed() {
    let broker = Broker::start();
    let words = ["console-producer", "--bootstrap-server", &broker.address, "--topic", "first"];
    let Some(shown) = typed_at_prompt(&words, b"one\rtwo\rhalf a li\x03") else { return };
    assert_eq!(shown.code, 130, "{shown:?}");
    assert_eq!(broker.consume("first", &[]), "one\ntwo\n");
}

#[test]
fn a_person_is_asked_for_the_topic_that_was_left_out() {
    let broker = Broker::start();
    let words = ["topics", "--bootstrap-server", &broker.address, "--create", "--partitions", "2"];
    let Some(shown) = on_terminal(&words, b"asked-for\r") else { return };
    assert_eq!(shown.code, 0, "{shown:?}");
    assert!(shown.out.contains("Created topic asked-for."), "{shown:?}");
    assert_eq!(broker.said("topics", &["--list"]).out, "asked-for\n");
}
