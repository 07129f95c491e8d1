//! Runs the binary under test and collects what it says.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// The binary under test: `MQ_BINARY` where it is set (the interop suite sets it to the release build), else the one
/// that cargo built beside the tests.
pub fn binary() -> &'static PathBuf {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| std::env::var_os("MQ_BINARY").map_or_else(|| env!("CARGO_BIN_EXE_mq").into(), PathBuf::from))
}

/// A command of the binary that no setting of the caller's environment reaches.
pub fn mq(arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments).env_remove("MQ_BOOTSTRAP_SERVER").env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

/// The text of a finished command.
#[derive(Debug)]
pub struct Said {
    /// The exit code; -1 where a signal ended it.
    pub code: i32,
    /// All of stdout.
    pub out: String,
    /// All of stderr.
    pub err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Said {
        Said {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// Runs `mq ARGUMENTS` to its end.
pub fn said(arguments: &[&str]) -> Said {
    mq(arguments).output().expect("the binary under test starts").into()
}

/// Runs a command to its end with `input` on its stdin.
pub fn said_with(mut command: Command, input: &[u8]) -> Said {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
    let mut stdin = child.stdin.take().expect("it is piped");
    let input = input.to_vec();
    // A thread of its own: a child that fills its output while we still write would wait for us for ever.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().expect("the child can be waited for");
    writer.join().expect("the writer does not panic");
    output.into()
}
