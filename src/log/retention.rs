//! Which segments a log no longer keeps: those below the log start, and by `retention.bytes` and `retention.ms`.
//!
//! Segments go from the oldest on; the first one that is kept keeps all that follow. Nothing at or above the high
//! watermark goes. A segment is as old as its largest timestamp says, also where that lies in the future: Kafka keeps such
//! a segment and all behind it, and `message.timestamp.after.max.ms` is what refuses such records.

use std::sync::Arc;

use crate::model::{Offset, Timestamp};

use super::error::LogError;
use super::log::{Appender, Log};
use super::segment::Segment;

impl Log {
    /// Deletes the segments that the log need not keep, removes files whose delay is over, closes files that nobody reads,
    /// forgets idle producers and rebuilds indexes that were found broken; says how many segments went.
    ///
    /// # Errors
    /// The disk fails.
    pub fn delete_old_segments(&self, high_watermark: Offset, now: Timestamp) -> Result<usize, LogError> {
        self.check_usable()?;
        self.health.judge(self.removals.remove_due(&*self.place.disk, now))?;
        self.expire_producers(now);
        let mut appender = self.appender();
        let segments = self.segments();
        // The last one is being written.
        segments.iter().rev().skip(1).for_each(|segment| segment.release_if_idle());
        let result =
            self.repair_indexes(&appender).and_then(|()| self.delete_segments(&mut appender, high_watermark, now));
        self.health.judge(result)
    }

    fn delete_segments(
        &self,
        appender: &mut Appender,
        high_watermark: Offset,
        now: Timestamp,
    ) -> Result<usize, LogError> {
        let segments = self.segments();
        let below_start = self.count_below_start(&segments);
        let mut deletable = below_start;
        if self.config().cleanup_delete {
            deletable = deletable.max(self.count_over_size(&segments, below_start));
            deletable += self.count_over_time(&segments[deletable..], now)?;
        }
        let deletable = self.count_below_high_watermark(&segments, deletable, high_watermark);
        if deletable > 0 {
            self.delete_first(appender, deletable, now)?;
        }
        Ok(deletable)
    }

    /// The first segments that hold nothing from the log start on.
    fn count_below_start(&self, segments: &[Arc<Segment>]) -> usize {
        let start = self.log_start_offset();
        segments.windows(2).take_while(|pair| pair[1].base_offset() <= start).count()
    }

    /// The first segments without which the log is still as large as `retention.bytes`, those below the start aside.
    fn count_over_size(&self, segments: &[Arc<Segment>], below_start: usize) -> usize {
        let Ok(retention_bytes) = u64::try_from(self.config().retention_bytes) else { return below_start };
        let kept = &segments[below_start..];
        let size: u64 = kept.iter().map(|segment| segment.size()).sum();
        let mut excess = size.saturating_sub(retention_bytes);
        if size < retention_bytes {
            return below_start;
        }
        let mut count = below_start;
        for segment in kept {
            if segment.size() > excess {
                break;
            }
            excess -= segment.size();
            count += 1;
        }
        count
    }

    /// The first segments whose last record is older than `retention.ms`.
    fn count_over_time(&self, segments: &[Arc<Segment>], now: Timestamp) -> Result<usize, LogError> {
        let retention_ms = self.config().retention_ms;
        if retention_ms < 0 {
            return Ok(0);
        }
        for (count, segment) in segments.iter().enumerate() {
            if now.since(segment.largest_timestamp()?) <= retention_ms {
                return Ok(count);
            }
        }
        Ok(segments.len())
    }

    /// How many of the first `deletable` segments may really go. An empty segment that is written stays.
    fn count_below_high_watermark(&self, segments: &[Arc<Segment>], deletable: usize, high_watermark: Offset) -> usize {
        let end = self.log_end_offset();
        let next_base = |index: usize| segments.get(index + 1).map(|next| next.base_offset());
        (0..deletable)
            .take_while(|&index| {
                let is_empty_last = next_base(index).is_none() && segments[index].size() == 0;
                high_watermark >= next_base(index).unwrap_or(end) && !is_empty_last
            })
            .count()
    }

    /// Deletes the first `count` segments. Where these are all, the log goes on in a new one.
    fn delete_first(&self, appender: &mut Appender, count: usize, now: Timestamp) -> Result<(), LogError> {
        if count == self.segments().len() {
            let end = self.log_end_offset();
            self.roll_at(appender, end, now)?;
        }
        let mut segments = self.segments().to_vec();
        let kept = segments.split_off(count);
        let start = kept[0].base_offset();
        // Readers lose sight of the records before the files go.
        self.raise_start(appender, start.max(self.log_start_offset()));
        self.set_segments(kept);
        self.remove(&segments, now)?;
        let gone = |offset: Offset| segments.iter().any(|segment| segment.base_offset() == offset);
        appender.snapshots.retain(|offset| !gone(offset))?;
        self.epochs.write(&self.place)
    }

    /// Rebuilds the indexes that were found broken.
    fn repair_indexes(&self, appender: &Appender) -> Result<(), LogError> {
        let config = self.config();
        let segments = self.segments();
        for segment in segments.iter().filter(|segment| segment.needs_repair()) {
            segment.rebuild_indexes(&config)?;
            tracing::info!(path = %segment.path().display(), "rebuilt the indexes of a segment");
        }
        if appender.active.is_writable {
            // A rebuilt index has no room left.
            appender.active.segment.make_writable(&config)?;
        }
        Ok(())
    }
}
