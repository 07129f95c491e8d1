//! What the kernel says of a running process.

use std::fs;

/// The kernel's clock ticks a second, the same on every Linux of this century.
const TICKS_PER_SECOND: f64 = 100.0;

/// Processor time of a process since its start, in seconds.
#[derive(Debug, Clone, Copy)]
pub struct Cpu {
    /// In its own code.
    pub user: f64,
    /// In the kernel on its behalf.
    pub system: f64,
}

impl Cpu {
    /// Both together.
    pub fn total(self) -> f64 {
        self.user + self.system
    }

    /// What was used since an earlier reading.
    pub fn since(self, earlier: Cpu) -> Cpu {
        Cpu { user: self.user - earlier.user, system: self.system - earlier.system }
    }
}

/// The processor time of a running process, all its threads together.
pub fn cpu_seconds(process: u32) -> Cpu {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).expect("the process runs");
    // The command's name may hold blanks; the fields after its closing parenthesis do not.
    let fields: Vec<&str> = text.rsplit(')').next().expect("a name in parentheses").split_whitespace().collect();
    let seconds = |index: usize| fields[index].parse::<f64>().expect("a count of ticks") / TICKS_PER_SECOND;
    Cpu { user: seconds(11), system: seconds(12) }
}

/// Resident memory now, in megabytes.
pub fn resident_megabytes(process: u32) -> f64 {
    status_kilobytes(process, "VmRSS:") / 1024.0
}

/// The most resident memory so far, in megabytes.
pub fn peak_megabytes(process: u32) -> f64 {
    status_kilobytes(process, "VmHWM:") / 1024.0
}

fn status_kilobytes(process: u32, key: &str) -> f64 {
    let text = fs::read_to_string(format!("/proc/{process}/status")).expect("the process runs");
    let line = text.lines().find(|line| line.starts_with(key)).expect("the kernel tells it");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number of kilobytes")
}
