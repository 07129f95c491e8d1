//! Making a log durable, and closing it.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use crate::model::{Offset, Timestamp};

use super::error::{At, LogError};
use super::log::Log;
use super::segment::Sync;
use super::{snapshots, topic_id};

impl Log {
    /// Makes everything that is in the log durable.
    ///
    /// # Errors
    /// The disk fails; the log directory is then offline, and no sync is tried again.
    pub fn flush(&self, now: Timestamp) -> Result<(), LogError> {
        self.flush_to(self.log_end_offset(), now)
    }

    /// Makes the finished segments durable: to be called some time after [`Log::has_unflushed_segments`].
    ///
    /// # Errors
    /// As [`Log::flush`].
    pub fn flush_finished_segments(&self, now: Timestamp) -> Result<(), LogError> {
        self.flush_to(self.end().segment_base, now)
    }

    /// Whether a segment has been rolled and not been flushed since.
    #[must_use]
    pub fn has_unflushed_segments(&self) -> bool {
        self.recovery_point() < self.end().segment_base
    }

    /// Whether `flush.ms` is over for what has been appended since the last flush.
    #[must_use]
    pub fn needs_flush(&self, now: Timestamp) -> bool {
        let waited = now.0.saturating_sub(self.last_flush.load(Ordering::Acquire));
        self.recovery_point() < self.log_end_offset() && waited >= self.config().flush_ms
    }

    /// Flushes after an append if `flush.messages` says so.
    pub(super) fn flush_if_due(&self, now: Timestamp) {
        let unflushed = self.log_end_offset().since(self.recovery_point());
        if unflushed >= self.config().flush_messages {
            // A failure is kept by the log directory, which everybody asks.
            let _ = self.flush(now);
        }
    }

    fn flush_to(&self, offset: Offset, now: Timestamp) -> Result<(), LogError> {
        let _flushing = self.flushing.lock().unwrap_or_else(PoisonError::into_inner);
        self.check_usable()?;
        if offset <= self.recovery_point() && !self.has_new_names.load(Ordering::Acquire) {
            return Ok(());
        }
        self.health.judge(self.flush_files(offset))?;
        self.raise_recovery_point(offset);
        self.last_flush.store(now.0, Ordering::Release);
        Ok(())
    }

    fn flush_files(&self, offset: Offset) -> Result<(), LogError> {
        let recovery_point = self.recovery_point();
        let has_new_names = self.has_new_names.swap(false, Ordering::AcqRel);
        self.epochs.sync(&self.place)?;
        let segments = self.segments();
        for (index, segment) in segments.iter().enumerate() {
            let next_base = segments.get(index + 1).map(|next| next.base_offset());
            let is_flushed = next_base.is_some_and(|next| next <= recovery_point);
            if is_flushed || segment.base_offset() >= offset {
                continue;
            }
            segment.sync(if next_base.is_some() { Sync::WithIndexes } else { Sync::Batches })?;
            if let Some(next) = next_base {
                // Snapshots are named by their offsets, so the appender need not wait for the sync.
                snapshots::sync(&self.place, next)?;
            }
        }
        if has_new_names {
            topic_id::sync(&self.place)?;
            self.sync_directory()?;
            // The name of this directory may itself be new.
            if let Some(parent) = self.place.directory().parent() {
                self.place.disk.sync_directory(parent).at_sync(parent)?;
            }
        }
        Ok(())
    }

    pub(super) fn sync_directory(&self) -> Result<(), LogError> {
        let directory = self.place.directory();
        self.place.disk.sync_directory(&directory).at_sync(&directory)
    }

    /// Closes the log: everything is durable, the indexes are cut to their entries, and a snapshot of the producers is
    /// written. Nothing can be appended afterwards.
    ///
    /// # Errors
    /// The disk fails.
    pub fn close(&self, now: Timestamp) -> Result<(), LogError> {
        self.check_usable()?;
        let mut appender = self.appender();
        let config = self.config();
        let appender = &mut *appender;
        let closed = (|| {
            if appender.active.is_writable || appender.active.segment.needs_repair() {
                appender.active.segment.finish(&config)?;
                appender.active.is_writable = false;
            }
            appender.snapshots.take(&appender.producers)?;
            snapshots::sync(&self.place, appender.producers.end_offset())?;
            self.epochs.sync(&self.place)
        })();
        self.health.judge(closed)?;
        self.flush(now)?;
        let synced = appender.active.segment.sync(Sync::WithIndexes).and_then(|()| self.sync_directory());
        self.health.judge(synced)?;
        self.mark_closed();
        Ok(())
    }
}
