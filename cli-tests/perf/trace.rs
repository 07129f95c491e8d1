//! The system calls of a running process, as strace sees them.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::broker::signal;

const ATTACH_MAX: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(5);

/// A running trace.
pub struct Trace {
    strace: Child,
    folder: TempDir,
}

impl Trace {
    /// Follows some system calls of a process, and returns once every one of its threads is followed.
    pub fn of(process: u32, calls: &[&str]) -> Trace {
        let folder = TempDir::new().expect("a temporary folder");
        let strace = Command::new("strace")
            .args(["-f", "-qq", "-e", &format!("trace={}", calls.join(",")), "-o"])
            .arg(folder.path().join("calls"))
            .args(["-p", &process.to_string()])
            .stderr(Stdio::null())
            .spawn()
            .expect("strace starts");
        let start = Instant::now();
        while !is_followed(process) {
            assert!(start.elapsed() < ATTACH_MAX, "strace does not attach to process {process}");
            std::thread::sleep(POLL);
        }
        Trace { strace, folder }
    }

    /// Ends the trace and returns what it saw.
    pub fn end(mut self) -> Calls {
        signal(self.strace.id(), "INT");
        self.strace.wait().expect("a child can be waited for");
        Calls { lines: fs::read_to_string(self.folder.path().join("calls")).expect("strace writes it") }
    }
}

/// The calls that were seen.
pub struct Calls {
    lines: String,
}

impl Calls {
    /// How often a call returned.
    pub fn count(&self, name: &str) -> usize {
        self.results(name).count()
    }

    /// The sum of what a call returned where it did not fail: bytes, for those that read and write.
    pub fn bytes(&self, name: &str) -> u64 {
        self.results(name).filter_map(|result| result.parse::<u64>().ok()).sum()
    }

    /// The results of a call, which stand on a line of their own where another thread came between.
    fn results<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let (whole, rest) = (format!(" {name}("), format!("<... {name} resumed>"));
        let is_named = move |line: &&str| line.contains(&whole) || line.contains(&rest);
        self.lines.lines().filter(is_named).filter_map(|line| {
            let (_, result) = line.rsplit_once(" = ")?;
            result.split(' ').next()
        })
    }
}

fn is_followed(process: u32) -> bool {
    let threads = fs::read_dir(format!("/proc/{process}/task")).expect("the process runs");
    threads.filter_map(Result::ok).all(|thread| {
        let status = fs::read_to_string(thread.path().join("status")).unwrap_or_default();
        status.lines().any(|line| line.strip_prefix("TracerPid:").is_some_and(|id| id.trim() != "0"))
    })
}
