//! When a log goes on in a new segment, and how.

use std::sync::Arc;

use crate::model::{Offset, Position, Timestamp};

use super::batch_scan::Found;
use super::config::LogConfig;
use super::error::LogError;
use super::log::{Active, Appender, Log};
use super::segment::Segment;

/// An append that may be the first of a new segment.
#[derive(Debug)]
pub(super) struct Coming {
    /// How many bytes it has.
    pub(super) size: u64,
    /// How many bytes the segment will have before it.
    pub(super) size_before: u64,
    /// The largest timestamp of the first append that waits to be written, if one does.
    pub(super) first_waiting: Option<Timestamp>,
    /// Its last offset.
    pub(super) last_offset: Offset,
    /// Its largest timestamp.
    pub(super) max_timestamp: Timestamp,
}

impl Active {
    /// Whether an append has to go to a new segment: by size, by time, because an index is full, or because its offsets
    /// are too far from the segment's base.
    pub(super) fn must_roll(&mut self, config: &LogConfig, coming: &Coming, now: Timestamp) -> Result<bool, LogError> {
        if !self.segment.reaches(coming.last_offset) {
            return Ok(true);
        }
        if coming.size_before == 0 {
            // An empty segment takes any append that a new one would take.
            return Ok(false);
        }
        if coming.size_before > config.segment_bytes.saturating_sub(coming.size) {
            return Ok(true);
        }
        let waited = self.waited_ms(coming, now)?;
        if waited > config.segment_ms_max() - self.jitter_ms {
            return Ok(true);
        }
        self.make_writable(config)?;
        self.segment.has_full_index()
    }

    /// How long the segment has waited to be rolled: by the timestamps of the records, and by the clock where they have
    /// none.
    fn waited_ms(&mut self, coming: &Coming, now: Timestamp) -> Result<i64, LogError> {
        let first = match self.first_timestamp()? {
            None => coming.first_waiting,
            known => known,
        };
        Ok(match first.filter(|first| first.0 >= 0) {
            Some(first) => coming.max_timestamp.since(first),
            None => now.since(self.created),
        })
    }

    fn first_timestamp(&mut self) -> Result<Option<Timestamp>, LogError> {
        if self.first_timestamp.is_none() && self.segment.size() > 0 {
            let first = self.segment.batches()?.next(Position::ZERO)?;
            self.first_timestamp = first.map(|found| found.header.max_timestamp);
        }
        Ok(self.first_timestamp)
    }

    /// Notes a batch that was written.
    pub(super) fn note(&mut self, found: &Found) {
        if found.position == Position::ZERO {
            self.first_timestamp = Some(found.header.max_timestamp);
        }
    }

    /// Opens the indexes and makes room in them.
    pub(super) fn make_writable(&mut self, config: &LogConfig) -> Result<(), LogError> {
        if !self.is_writable {
            self.segment.make_writable(config)?;
            self.is_writable = true;
        }
        Ok(())
    }
}

impl Log {
    /// Goes on in a new segment, unless the active one is empty.
    ///
    /// # Errors
    /// The disk fails.
    pub fn roll(&self, now: Timestamp) -> Result<(), LogError> {
        self.check_usable()?;
        let mut appender = self.appender();
        if appender.active.segment.size() == 0 {
            return Ok(());
        }
        let end = self.log_end_offset();
        self.roll_at(&mut appender, end, now)
    }

    /// Goes on in a new segment whose first offset will be `next_offset`. The old one is flushed later: by whoever asks
    /// [`Log::has_unflushed_segments`].
    pub(super) fn roll_at(&self, appender: &mut Appender, next_offset: Offset, now: Timestamp) -> Result<(), LogError> {
        self.health.judge(self.roll_files(appender, next_offset, now))
    }

    fn roll_files(&self, appender: &mut Appender, next_offset: Offset, now: Timestamp) -> Result<(), LogError> {
        let config = self.config();
        let base_offset = next_offset.max(self.log_end_offset());
        let old = &appender.active.segment;
        assert!(base_offset > old.base_offset(), "segment {base_offset} would be behind {}", old.base_offset());
        old.finish(&config)?;
        let segment = Arc::new(Segment::create(&self.place, base_offset, &config)?);
        appender.producers.advance_to(base_offset);
        match appender.snapshots.take(&appender.producers) {
            // The snapshot only saves time at the next start.
            Err(LogError::DiskFull { .. }) => {}
            result => result?,
        }
        self.activate(appender, segment, now);
        let mut segments = self.segments().to_vec();
        segments.push(appender.active.segment.clone());
        self.set_segments(segments);
        self.set_end(&appender.active.segment, self.log_end_offset());
        tracing::debug!(partition = %self.topic_partition(), offset = %base_offset, "rolled a new segment");
        Ok(())
    }

    /// Makes an empty segment the one that is written.
    pub(super) fn activate(&self, appender: &mut Appender, segment: Arc<Segment>, now: Timestamp) {
        let mut active = Active::existing(segment, now, self.jitter_ms());
        active.is_writable = true;
        appender.active = active;
    }
}
