//! Collects the rows and prints them once.

use super::load::Load;
use super::process::{cpu_seconds, peak_megabytes};
use super::side::Side;

/// Runs of each measure on each side; the best one is quoted, since noise only ever slows a run down.
const ROUNDS: usize = 2;

/// One measured row.
pub struct Row {
    /// Records a second.
    pub rate: f64,
    /// The broker's processor time, user and system.
    pub cpu_seconds: f64,
    /// The broker's processor time in its own code.
    pub user_seconds: f64,
}

/// The rows so far.
pub struct Table {
    title: &'static str,
    lines: Vec<String>,
}

impl Table {
    /// An empty table.
    pub fn new(title: &'static str) -> Table {
        Table { title, lines: Vec::new() }
    }

    /// Measures a row: `run` gets the name of its round and returns records a second.
    pub fn row(&mut self, side: &Side, what: &str, load: &Load, run: impl Fn(&str) -> f64) -> Row {
        let rounds = (0..ROUNDS).map(|round| {
            let before = cpu_seconds(side.process);
            let rate = run(&round.to_string());
            let used = cpu_seconds(side.process).since(before);
            Row { rate, cpu_seconds: used.total(), user_seconds: used.user }
        });
        let best =
            rounds.reduce(|one, other| if other.rate > one.rate { other } else { one }).expect("one round at least");
        self.lines.push(format!(
            "| {what} {} | {} | {:.0} | {:.0} | {:.2} | {:.2} | {:.0} |",
            load.name,
            side.name,
            best.rate,
            best.rate * load.record_bytes as f64 / 1e6,
            best.user_seconds,
            best.cpu_seconds,
            peak_megabytes(side.process),
        ));
        best
    }

    /// Prints all rows as a Markdown table.
    pub fn print(&self) {
        println!("\n{}", self.title);
        println!("| measure | broker | records/s | MB/s | broker user CPU s | broker CPU s | peak MB |");
        println!("| --- | --- | --- | --- | --- | --- | --- |");
        self.lines.iter().for_each(|line| println!("{line}"));
    }
}
