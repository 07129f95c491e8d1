//! The snapshot files of a log: when one is written, which ones are kept, and which one a start begins with.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::io::disk::OpenMode;
use crate::model::{Millis, Offset, Timestamp};

use super::error::{At, LogError};
use super::place::{Place, SNAPSHOT, offset_of};
use super::producer_snapshot;
use super::producer_state::ProducerState;

/// The snapshot files of a log.
#[derive(Debug)]
pub(super) struct Snapshots {
    place: Arc<Place>,
    offsets: BTreeSet<Offset>,
    /// The offset of the last snapshot that was written or loaded: nothing new, no snapshot.
    last: Offset,
}

/// Makes the snapshot at `offset` durable, if there is one.
pub(super) fn sync(place: &Place, offset: Offset) -> Result<(), LogError> {
    let path = place.path(offset, SNAPSHOT);
    match place.disk.open(&path, OpenMode::Read) {
        Ok(file) => file.sync_all().at_sync(&path),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(LogError::io(path, error)),
    }
}

impl Snapshots {
    /// The snapshots among the names of a partition's directory.
    pub(super) fn among<'a>(place: &Arc<Place>, names: impl Iterator<Item = &'a str>) -> Snapshots {
        let offsets = names.filter_map(|name| offset_of(name, SNAPSHOT)).collect();
        Snapshots { place: place.clone(), offsets, last: Offset::ZERO }
    }

    /// The snapshots at these offsets.
    pub(super) fn of(place: &Arc<Place>, offsets: impl Iterator<Item = Offset>) -> Snapshots {
        Snapshots { place: place.clone(), offsets: offsets.collect(), last: Offset::ZERO }
    }

    /// Takes over snapshots that were written on the side.
    pub(super) fn add(&mut self, other: Snapshots) {
        self.offsets.extend(other.offsets);
    }

    /// The offsets of the snapshots there are.
    pub(super) fn offsets(&self) -> &BTreeSet<Offset> {
        &self.offsets
    }

    /// Writes a snapshot of `state` if it goes further than the last one.
    pub(super) fn take(&mut self, state: &ProducerState) -> Result<(), LogError> {
        let offset = state.end_offset();
        if offset > self.last {
            let path = self.place.path(offset, SNAPSHOT);
            producer_snapshot::write(&*self.place.disk, &path, state.producers())?;
            self.offsets.insert(offset);
            self.last = offset;
        }
        Ok(())
    }

    /// Removes the snapshots that `keep` does not want.
    pub(super) fn retain(&mut self, keep: impl Fn(Offset) -> bool) -> Result<(), LogError> {
        let doomed: Vec<Offset> = self.offsets.iter().copied().filter(|offset| !keep(*offset)).collect();
        for offset in doomed {
            let path = self.place.path(offset, SNAPSHOT);
            self.place.disk.remove_file_if_exists(&path).at(&path)?;
            self.offsets.remove(&offset);
        }
        Ok(())
    }

    /// Removes the snapshots that belong to no segment, but for the newest one if it is above all segments: a clean stop
    /// has written it.
    pub(super) fn remove_strays(&mut self, bases: &BTreeSet<Offset>) -> Result<(), LogError> {
        let newest = self.offsets.last().copied();
        let last_base = bases.last().copied();
        let is_kept = |offset: Offset| bases.contains(&offset) || (Some(offset) == newest && Some(offset) >= last_base);
        self.retain(is_kept)
    }

    /// The state that the newest good snapshot holds, or an empty one from `log_start_offset` on. Bad ones are removed.
    pub(super) fn load(
        &mut self,
        log_start_offset: Offset,
        now: Timestamp,
        expiration_ms: Millis,
    ) -> Result<ProducerState, LogError> {
        while let Some(&offset) = self.offsets.last() {
            let path = self.place.path(offset, SNAPSHOT);
            match producer_snapshot::read(&*self.place.disk, &path)? {
                Ok(producers) => {
                    self.last = offset;
                    let mut state = ProducerState::loaded(offset, producers);
                    state.expire(now, expiration_ms);
                    state.set_time(now, expiration_ms);
                    return Ok(state);
                }
                Err(reason) => {
                    tracing::warn!(path = %path.display(), %reason, "producer snapshot is broken and removed");
                    self.place.disk.remove_file_if_exists(&path).at(&path)?;
                    self.offsets.remove(&offset);
                }
            }
        }
        self.last = log_start_offset;
        let mut state = ProducerState::starting_at(log_start_offset);
        state.set_time(now, expiration_ms);
        Ok(state)
    }

    /// Forgets how far the last snapshot went: the log starts anew.
    pub(super) fn restart(&mut self) -> Result<(), LogError> {
        self.retain(|_| false)?;
        self.last = Offset::ZERO;
        Ok(())
    }

    /// Follows the log start, as the state does.
    pub(super) fn on_log_start(&mut self, log_start_offset: Offset) {
        self.last = self.offsets.last().copied().unwrap_or(log_start_offset);
    }
}
