//! A log against a list: whatever is done to both, they hold the same records.

use std::ops::Range;

use proptest::prelude::*;

use super::memory_disk::Survives;
use super::support::*;
use crate::log::{LastStop, Log, LogConfig, Open};
use crate::model::{Offset, ProducerId};

#[derive(Debug, Clone)]
enum Step {
    Append { count: usize, size: usize },
    AppendMany { batches: usize },
    Roll,
    Flush,
    Truncate { from_end: i64 },
    Restart { offset: i64 },
    DeleteRecords { from_start: i64 },
    Retention,
    CloseAndOpen,
    KillAndOpen,
    PowerCutAfterFlush,
    Retry,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (1..6_usize, 0..200_usize).prop_map(|(count, size)| Step::Append { count, size }),
        3 => (1..12_usize).prop_map(|batches| Step::AppendMany { batches }),
        1 => Just(Step::Roll),
        1 => Just(Step::Flush),
        1 => (0..40_i64).prop_map(|from_end| Step::Truncate { from_end }),
        1 => (0..1000_i64).prop_map(|offset| Step::Restart { offset }),
        1 => (0..30_i64).prop_map(|from_start| Step::DeleteRecords { from_start }),
        1 => Just(Step::Retention),
        2 => Just(Step::CloseAndOpen),
        2 => Just(Step::KillAndOpen),
        1 => Just(Step::PowerCutAfterFlush),
        1 => Just(Step::Retry),
    ]
}

struct Model {
    fixture: Fixture,
    log: Log,
    records: Vec<(i64, String)>,
    /// The offsets of every batch that was appended and not cut.
    batches: Vec<Range<i64>>,
    start: i64,
    sequence: i32,
    counter: usize,
    last: Option<Wanted>,
}

impl Model {
    fn new() -> Model {
        let config = LogConfig { segment_bytes: 1500, index_interval_bytes: 150, retention_ms: -1, ..small() };
        let fixture = Fixture::with(config);
        let log = fixture.open();
        Model { fixture, log, records: Vec::new(), batches: Vec::new(), start: 0, sequence: 0, counter: 0, last: None }
    }

    fn next_batch(&mut self, count: usize, size: usize) -> Wanted {
        let texts: Vec<String> =
            (0..count).map(|index| format!("{}-{index}-{}", self.counter, "x".repeat(size))).collect();
        self.counter += 1;
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let wanted = values(&texts).by(1, 0, self.sequence);
        self.sequence += count as i32;
        wanted
    }

    fn appended(&mut self, first: Offset, wanted: &Wanted) {
        self.batches.push(first.0..first.0 + wanted.values.len() as i64);
        for (index, value) in wanted.values.iter().enumerate() {
            self.records.push((first.0 + index as i64, value.clone()));
        }
        self.last = Some(wanted.clone());
    }

    fn apply(&mut self, step: &Step) {
        match *step {
            Step::Append { count, size } => {
                let wanted = self.next_batch(count, size);
                let first = append(&self.log, &wanted).first_offset;
                self.appended(first, &wanted);
            }
            Step::AppendMany { batches } => {
                let wanted: Vec<Wanted> = (0..batches).map(|size| self.next_batch(2, size * 10)).collect();
                let appends: Vec<_> = wanted.iter().map(Wanted::append).collect();
                for (wanted, result) in wanted.iter().zip(self.log.append(&appends, NOW)) {
                    self.appended(result.expect("appended").first_offset, wanted);
                }
            }
            Step::Roll => self.log.roll(NOW).expect("rolled"),
            Step::Flush => self.log.flush(NOW).expect("flushed"),
            Step::Truncate { from_end } => self.truncate(from_end),
            Step::Restart { offset } => {
                self.log.truncate_fully_and_start_at(Offset(offset), None, NOW).expect("restarted");
                self.records.clear();
                self.batches.clear();
                self.start = offset;
                self.forget_producer();
            }
            Step::DeleteRecords { from_start } => {
                let end = self.log.log_end_offset();
                let offset = Offset((self.start + from_start).min(end.0));
                self.log.delete_records_before(offset, end).expect("deleted");
                self.start = self.start.max(offset.0);
                let start = self.start;
                self.records.retain(|(offset, _)| *offset >= start);
            }
            Step::Retention => {
                self.log.delete_old_segments(self.log.log_end_offset(), NOW).expect("checked");
            }
            Step::CloseAndOpen => {
                self.log.close(NOW).expect("closed");
                self.reopen(LastStop::Clean);
            }
            Step::KillAndOpen => self.reopen(LastStop::Unclean),
            Step::PowerCutAfterFlush => {
                self.log.flush(NOW).expect("flushed");
                let left = self.fixture.disk.after_crash(Survives::Synced);
                self.fixture = self.fixture.on(left);
                self.reopen(LastStop::Unclean);
            }
            Step::Retry => {
                if let Some(wanted) = self.last.clone() {
                    let again = append(&self.log, &wanted);
                    assert!(again.is_duplicate, "the last batch is known");
                }
            }
        }
    }

    fn truncate(&mut self, from_end: i64) {
        let end = self.log.log_end_offset().0;
        let offset = (end - from_end).max(0);
        self.log.truncate_to(Offset(offset), NOW).expect("cut");
        if offset >= end {
            return;
        }
        // A batch that holds the offset goes as a whole.
        self.batches.retain(|batch| batch.end <= offset);
        let kept = self.batches.last().map_or(0, |batch| batch.end);
        self.records.retain(|(offset, _)| *offset < kept);
        self.start = self.start.min(self.log.log_end_offset().0);
        self.last = None;
        match self.log.producers().get(&ProducerId(1)) {
            Some(entry) => self.sequence = entry.last_sequence() + 1,
            None => self.forget_producer(),
        }
    }

    fn forget_producer(&mut self) {
        self.sequence = 0;
        self.last = None;
    }

    fn reopen(&mut self, last_stop: LastStop) {
        let recovery_point = self.log.recovery_point();
        let options = self.fixture.options(last_stop);
        self.log = Log::open(Open { log_start_offset: Offset(self.start), recovery_point, ..options }).expect("opens");
        // Only the last batch of a producer is in its snapshot, and that is enough for `last`.
        if !self.log.producers().contains_key(&ProducerId(1)) {
            self.forget_producer();
        }
    }

    fn check(&self) {
        assert_eq!(all(&self.log), self.records);
        assert_eq!(self.log.log_start_offset(), Offset(self.start));
    }
}

proptest! {
    #[test]
    fn a_log_holds_what_a_list_would(steps in proptest::collection::vec(step(), 1..60)) {
        let mut model = Model::new();
        for step in &steps {
            model.apply(step);
            model.check();
        }
    }
}
