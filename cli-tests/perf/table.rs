//! Collects the rows and prints them once.

use super::load::Load;
use super::process::{cpu_seconds, peak_megabytes};
use super::side::Side;

/// Runs of each measure on each side; the best figures are quoted, since noise only ever adds to a run.
const ROUNDS: usize = 3;

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

    /// Measures a row of each side, turn by turn: `run` gets the side and the name of its round and returns records a
    /// second.
    pub fn rows<const SIDES: usize>(
        &mut self,
        sides: &[Side; SIDES],
        what: &str,
        load: &Load,
        run: impl Fn(&Side, &str) -> f64,
    ) -> [Row; SIDES] {
        let mut rounds: Vec<[Row; SIDES]> =
            (0..ROUNDS).map(|round| sides.each_ref().map(|side| measured(side, &round.to_string(), &run))).collect();
        let mut best = rounds.pop().expect("one round at least");
        for round in rounds {
            for (best, row) in best.iter_mut().zip(round) {
                best.rate = best.rate.max(row.rate);
                best.cpu_seconds = best.cpu_seconds.min(row.cpu_seconds);
                best.user_seconds = best.user_seconds.min(row.user_seconds);
            }
        }
        for (side, row) in sides.iter().zip(&best) {
            self.add(side, what, load, row);
        }
        best
    }

    fn add(&mut self, side: &Side, what: &str, load: &Load, row: &Row) {
        self.lines.push(format!(
            "| {what} {} | {} | {:.0} | {:.0} | {:.2} | {:.2} | {:.0} |",
            load.name,
            side.name,
            row.rate,
            row.rate * load.record_bytes as f64 / 1e6,
            row.user_seconds,
            row.cpu_seconds,
            peak_megabytes(side.process),
        ));
    }

    /// Prints all rows as a Markdown table.
    pub fn print(&self) {
        println!("\n{}", self.title);
        println!("| measure | broker | records/s | MB/s | broker user CPU s | broker CPU s | peak MB |");
        println!("| --- | --- | --- | --- | --- | --- | --- |");
        self.lines.iter().for_each(|line| println!("{line}"));
    }
}

fn measured(side: &Side, round: &str, run: impl Fn(&Side, &str) -> f64) -> Row {
    let before = cpu_seconds(side.process);
    let rate = run(side, round);
    let used = cpu_seconds(side.process).since(before);
    Row { rate, cpu_seconds: used.total(), user_seconds: used.user }
}
