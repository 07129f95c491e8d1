//! Cutting a log: at its end, when a follower has to drop what its leader does not have, and at its start, when records
//! are deleted.

use std::sync::Arc;

use crate::model::{Offset, Timestamp};

use super::error::LogError;
use super::log::{Active, Appender, Log};
use super::read::floor;
use super::replay::{Offsets, replay};
use super::segment::{Segment, Sync};

impl Log {
    /// Drops all records of `offset` and above; says whether there were any. A batch that holds `offset` goes as a whole,
    /// and the log then ends where that batch began, so that no gap is left.
    ///
    /// # Errors
    /// The disk fails.
    pub fn truncate_to(&self, offset: Offset, now: Timestamp) -> Result<bool, LogError> {
        assert!(offset.is_known(), "a log cannot be cut to {offset}");
        self.check_usable()?;
        let mut appender = self.appender();
        let end = self.log_end_offset();
        if offset >= end {
            self.epochs.truncate_from_end(end);
            return self.health.judge(self.epochs.write(&self.place)).map(|()| false);
        }
        let result = if self.segments()[0].base_offset() > offset {
            self.restart_at(&mut appender, offset, offset, now)
        } else {
            self.cut_end(&mut appender, offset, now)
        };
        self.health.judge(result).map(|()| true)
    }

    fn cut_end(&self, appender: &mut Appender, offset: Offset, now: Timestamp) -> Result<(), LogError> {
        let config = self.config();
        let mut segments = self.segments().to_vec();
        let mut dropped = segments.split_off(floor(&segments, offset) + 1);
        let segment = segments.last().expect("the first segment stays").clone();
        self.set_segments(segments);
        // The last one goes first, and all before the cut: a crash in between leaves no gap.
        dropped.reverse();
        self.remove(&dropped, now)?;
        segment.make_writable(&config)?;
        let offset = segment.truncate_to(offset)?.unwrap_or(offset);
        // After a power cut the records must not be back: others may by then have their offsets.
        segment.sync(Sync::Batches)?;
        appender.active = Active::existing(segment.clone(), now, self.jitter_ms());
        self.set_end(&segment, offset);
        self.epochs.truncate_from_end(offset);
        self.set_start(self.log_start_offset().min(offset));
        self.reload_producers(appender, offset, now)?;
        self.epochs.write(&self.place)
    }

    /// Drops everything; the next record gets `offset`.
    ///
    /// # Errors
    /// The disk fails.
    pub fn truncate_fully_and_start_at(
        &self,
        offset: Offset,
        log_start_offset: Option<Offset>,
        now: Timestamp,
    ) -> Result<(), LogError> {
        self.check_usable()?;
        let mut appender = self.appender();
        let start = log_start_offset.unwrap_or(offset);
        self.health.judge(self.restart_at(&mut appender, offset, start, now))
    }

    fn restart_at(
        &self,
        appender: &mut Appender,
        offset: Offset,
        log_start_offset: Offset,
        now: Timestamp,
    ) -> Result<(), LogError> {
        let old = self.segments();
        self.remove(&old, now)?;
        let segment = Arc::new(Segment::create(&self.place, offset, &self.config())?);
        self.activate(appender, segment.clone(), now);
        self.set_segments(vec![segment.clone()]);
        self.set_start(log_start_offset);
        self.set_end(&segment, offset);
        self.epochs.clear();
        appender.snapshots.restart()?;
        self.reload_producers(appender, offset, now)?;
        self.epochs.write(&self.place)?;
        // A start that found the old files again would take the log to end elsewhere.
        self.sync_directory()
    }

    /// Rebuilds what is known of producers after the end was cut: from the last snapshot on.
    fn reload_producers(&self, appender: &mut Appender, end: Offset, now: Timestamp) -> Result<(), LogError> {
        let start = self.log_start_offset();
        appender.snapshots.retain(|offset| offset <= end && offset > start)?;
        let expiration_ms = self.config().producer_id_expiration_ms;
        appender.producers = appender.snapshots.load(start, now, expiration_ms)?;
        replay(&self.segments(), &mut appender.producers, &mut appender.snapshots, Offsets { start, end })?;
        self.publish_unstable(appender);
        Ok(())
    }

    /// Moves the log start to `offset` (DeleteRecords, or the leader's log start on a follower); says whether it moved.
    /// Segments below it go with the next retention check.
    ///
    /// # Errors
    /// `offset` is above the high watermark, or the disk fails.
    pub fn delete_records_before(&self, offset: Offset, high_watermark: Offset) -> Result<bool, LogError> {
        self.check_usable()?;
        let mut appender = self.appender();
        if offset > high_watermark {
            return Err(LogError::AboveHighWatermark { offset, high_watermark });
        }
        if offset <= self.log_start_offset() {
            return Ok(false);
        }
        self.raise_start(&mut appender, offset);
        self.health.judge(self.epochs.write(&self.place)).map(|()| true)
    }

    /// Moves the log start, in memory.
    pub(super) fn raise_start(&self, appender: &mut Appender, offset: Offset) {
        if offset > self.log_start_offset() {
            self.set_start(offset);
            self.raise_recovery_point(offset.min(self.log_end_offset()));
            self.epochs.truncate_from_start(offset);
            appender.producers.on_log_start(offset);
            appender.snapshots.on_log_start(offset);
            self.publish_unstable(appender);
        }
    }

    /// Renames the files of segments that are no longer in the list; they are removed after `file.delete.delay.ms`.
    pub(super) fn remove(&self, segments: &[Arc<Segment>], now: Timestamp) -> Result<(), LogError> {
        let delay_ms = self.config().file_delete_delay_ms;
        let due = Timestamp(now.0.saturating_add(delay_ms));
        for segment in segments {
            let offset = segment.base_offset();
            tracing::info!(partition = %self.topic_partition(), %offset, "deleting segment");
            self.removals.add(due, segment.mark_deleted()?);
        }
        Ok(())
    }
}
