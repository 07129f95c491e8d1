//! The epoch cache of a log together with its file.
//!
//! The file is rewritten when the cache changes, but not synced: one sync for each of a thousand partitions that get a
//! leader at once would take minutes. It is synced before a flush of the log that relies on it.

use std::sync::{Mutex, PoisonError};

use super::checkpoint::{self, Durable, EpochEntry};
use super::epoch_cache::EpochCache;
use super::error::LogError;
use super::place::{EPOCHS, Place};

/// The epochs of a log and how much of them is in their file.
#[derive(Debug)]
pub(super) struct Epochs {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    cache: EpochCache,
    file: FileState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FileState {
    /// The file has older content.
    Behind,
    /// The file is written, but perhaps not on the disk.
    Written,
    /// The file is on the disk.
    Durable,
}

impl Epochs {
    /// Epochs that were read from their file.
    pub(super) fn of(cache: EpochCache) -> Epochs {
        Epochs { state: Mutex::new(State { cache, file: FileState::Durable }) }
    }

    pub(super) fn with<T>(&self, look: impl FnOnce(&EpochCache) -> T) -> T {
        look(&self.state.lock().unwrap_or_else(PoisonError::into_inner).cache)
    }

    pub(super) fn cache(&self) -> EpochCache {
        self.with(EpochCache::clone)
    }

    fn change(&self, change: impl FnOnce(&mut EpochCache) -> bool) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if change(&mut state.cache) {
            state.file = FileState::Behind;
        }
    }

    pub(super) fn assign(&self, entry: EpochEntry) {
        self.change(|cache| cache.assign(entry));
    }

    /// Notes the epoch of a batch, as far as it is newer than what is known.
    pub(super) fn observe(&self, entry: EpochEntry) {
        if entry.epoch.0 >= 0 && self.with(|cache| cache.latest().is_none_or(|latest| entry.epoch > latest.epoch)) {
            self.assign(entry);
        }
    }

    pub(super) fn truncate_from_end(&self, end_offset: crate::model::Offset) {
        self.change(|cache| cache.truncate_from_end(end_offset));
    }

    pub(super) fn truncate_from_start(&self, start_offset: crate::model::Offset) {
        self.change(|cache| cache.truncate_from_start(start_offset));
    }

    pub(super) fn clear(&self) {
        self.change(EpochCache::clear);
    }

    /// Writes the file if it is behind. A full disk is no failure: the next flush tries again.
    pub(super) fn write(&self, place: &Place) -> Result<(), LogError> {
        match self.write_as(place, Durable::Later) {
            Err(LogError::DiskFull { .. }) => Ok(()),
            other => other,
        }
    }

    /// Writes the file and makes it durable.
    pub(super) fn sync(&self, place: &Place) -> Result<(), LogError> {
        self.write_as(place, Durable::Now)
    }

    fn write_as(&self, place: &Place, durable: Durable) -> Result<(), LogError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_done = match durable {
            Durable::Now => state.file == FileState::Durable,
            Durable::Later => state.file != FileState::Behind,
        };
        if !is_done {
            checkpoint::write_epochs(&*place.disk, &place.file(EPOCHS), state.cache.entries(), durable)?;
            state.file = if durable == Durable::Now { FileState::Durable } else { FileState::Written };
        }
        Ok(())
    }
}
