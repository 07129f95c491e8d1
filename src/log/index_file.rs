//! What the offset index and the time index share: a file of entries of one size, written at its end, read by slot.
//!
//! The file of the segment being written is as long as `segment.index.bytes` allows, a hole behind its last entry; it is
//! cut to its entries when the segment is rolled or closed, as Kafka does. Entries are written by `pwrite` (a store into
//! a map kills the process when the disk is full) and read through a map that is made when first needed.
//! Readers share a lock that only cutting and growing the file take alone, so that no map outlives the bytes under it.
//! Nothing is opened before it is needed: a start with many partitions touches no index.

use std::io::IoSlice;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::io::disk::{DiskFile, OpenMode};
use crate::io::mmap::Map;
use crate::model::{Offset, Position};

use super::error::{At, LogError};
use super::place::Place;

/// So many maps exist at most in this process; an index beyond them is read by calls. Linux allows 65530 to a process.
const MAPS_MAX: usize = 16_384;
static MAPS: AtomicUsize = AtomicUsize::new(0);

/// The entry count of an index that has not been looked at.
const UNKNOWN: usize = usize::MAX;

/// A file of entries of `SIZE` bytes each.
#[derive(Debug)]
pub(super) struct IndexFile<const SIZE: usize> {
    place: Arc<Place>,
    base_offset: Offset,
    kind: &'static str,
    entries: AtomicUsize,
    /// How many entries the file has room for as it is; known when it is open.
    capacity: AtomicUsize,
    state: RwLock<State>,
}

#[derive(Debug, Default)]
struct State {
    file: Option<Arc<dyn DiskFile>>,
    map: Option<CountedMap>,
    length: u64,
}

/// A map that counts towards [`MAPS_MAX`].
#[derive(Debug)]
struct CountedMap(Map);

impl CountedMap {
    fn of(file: &dyn DiskFile, length: u64) -> Option<CountedMap> {
        if MAPS.fetch_add(1, Ordering::Relaxed) >= MAPS_MAX || length == 0 {
            MAPS.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        match usize::try_from(length).ok().and_then(|length| file.map(length).ok().flatten()) {
            Some(map) => Some(CountedMap(map)),
            None => {
                // A refused map is no failure: the file can still be read.
                MAPS.fetch_sub(1, Ordering::Relaxed);
                None
            }
        }
    }
}

impl Drop for CountedMap {
    fn drop(&mut self) {
        MAPS.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The entries of an index while nobody cuts them.
pub(super) struct View<'a, const SIZE: usize> {
    state: RwLockReadGuard<'a, State>,
    index: &'a IndexFile<SIZE>,
    /// How many entries there are.
    pub(super) entries: usize,
}

impl<const SIZE: usize> View<'_, SIZE> {
    /// The entry in `slot`, which must exist.
    pub(super) fn entry(&self, slot: usize) -> Result<[u8; SIZE], LogError> {
        assert!(slot < self.entries, "slot {slot} of {} entries", self.entries);
        let mut bytes = [0; SIZE];
        let position = Position((slot * SIZE) as u64);
        let mapped = self.state.map.as_ref().is_some_and(|map| map.0.copy_to(&mut bytes, position));
        if !mapped {
            let file = self.state.file.as_ref().expect("a view is of a loaded index");
            file.read_exact_at(&mut bytes, position).at(&self.index.path())?;
        }
        Ok(bytes)
    }

    /// The last slot whose key is at most `target`; `None` where every key is larger. Keys grow with the slots.
    pub(super) fn last_at_most<Key: Ord>(
        &self,
        target: &Key,
        key: impl Fn([u8; SIZE]) -> Key,
    ) -> Result<Option<usize>, LogError> {
        let (mut low, mut high) = (0, self.entries);
        while low < high {
            let middle = low + (high - low) / 2;
            if key(self.entry(middle)?) <= *target { low = middle + 1 } else { high = middle }
        }
        Ok(low.checked_sub(1))
    }
}

impl<const SIZE: usize> IndexFile<SIZE> {
    pub(super) fn new(place: Arc<Place>, base_offset: Offset, kind: &'static str) -> IndexFile<SIZE> {
        IndexFile {
            place,
            base_offset,
            kind,
            entries: AtomicUsize::new(UNKNOWN),
            capacity: AtomicUsize::new(0),
            state: RwLock::default(),
        }
    }

    pub(super) fn path(&self) -> PathBuf {
        self.place.path(self.base_offset, self.kind)
    }

    pub(super) fn base_offset(&self) -> Offset {
        self.base_offset
    }

    /// The entries, opening and mapping the file if that has not been done.
    pub(super) fn view(&self) -> Result<View<'_, SIZE>, LogError> {
        loop {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            let entries = self.entries.load(Ordering::Acquire);
            let is_readable = state.map.is_some() || (state.file.is_some() && entries == 0);
            if is_readable && entries != UNKNOWN {
                return Ok(View { state, index: self, entries });
            }
            drop(state);
            let mut state = self.write_lock();
            self.load(&mut state)?;
            let file = state.file.clone().expect("just loaded");
            if state.map.is_none() {
                state.map = CountedMap::of(&*file, state.length);
            }
            if state.map.is_none() {
                drop(state);
                let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
                let entries = self.entries.load(Ordering::Acquire);
                if entries != UNKNOWN && state.file.is_some() {
                    return Ok(View { state, index: self, entries });
                }
            }
        }
    }

    fn write_lock(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn load(&self, state: &mut State) -> Result<(), LogError> {
        if state.file.is_none() {
            let path = self.path();
            let file = self.place.disk.open(&path, OpenMode::Write).at(&path)?;
            self.set_length(state, file.length().at(&path)?);
            state.map = None;
            if self.entries.load(Ordering::Acquire) == UNKNOWN {
                let slots = usize::try_from(state.length).unwrap_or(usize::MAX) / SIZE;
                self.entries.store(entries_before_hole::<SIZE>(&*file, slots).at(&path)?, Ordering::Release);
            }
            state.file = Some(file);
        }
        Ok(())
    }

    /// How many entries there are.
    pub(super) fn entries(&self) -> Result<usize, LogError> {
        match self.entries.load(Ordering::Acquire) {
            UNKNOWN => Ok(self.view()?.entries),
            entries => Ok(entries),
        }
    }

    /// The last entry.
    pub(super) fn last(&self) -> Result<Option<[u8; SIZE]>, LogError> {
        let view = self.view()?;
        view.entries.checked_sub(1).map(|slot| view.entry(slot)).transpose()
    }

    /// Makes the file as long as its segment may need while it is written, creating it if it is missing.
    pub(super) fn make_writable(&self, bytes_max: u32) -> Result<(), LogError> {
        let mut state = self.write_lock();
        let path = self.path();
        if state.file.is_none() && self.place.disk.stat(&path).at(&path)?.is_none() {
            state.file = Some(self.place.disk.open(&path, OpenMode::Create).at(&path)?);
            self.set_length(&mut state, 0);
            self.entries.store(0, Ordering::Release);
        }
        self.load(&mut state)?;
        let entries = self.entries.load(Ordering::Acquire);
        let wanted = (u64::from(bytes_max) / SIZE as u64 * SIZE as u64).max((entries * SIZE) as u64);
        self.resize(&mut state, wanted)
    }

    fn resize(&self, state: &mut State, length: u64) -> Result<(), LogError> {
        if state.length != length {
            // The old map goes first: nothing may be mapped beyond the end of the file.
            state.map = None;
            let file = state.file.as_ref().expect("loaded before it is resized");
            file.set_length(length).at(&self.path())?;
            self.set_length(state, length);
        }
        Ok(())
    }

    fn set_length(&self, state: &mut State, length: u64) {
        state.length = length;
        self.capacity.store(usize::try_from(length).unwrap_or(usize::MAX) / SIZE, Ordering::Release);
    }

    /// Whether the file, which must have been made writable, has room for no more than `spare` further entries.
    pub(super) fn has_at_most(&self, spare: usize) -> Result<bool, LogError> {
        Ok(self.entries()? + spare >= self.capacity.load(Ordering::Acquire))
    }

    /// Adds an entry behind the last one.
    pub(super) fn append(&self, entry: &[u8; SIZE]) -> Result<(), LogError> {
        let entries = self.entries()?;
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let file = state.file.as_ref().expect("an index is loaded before it is written");
        file.write_all_at(&[IoSlice::new(entry)], Position((entries * SIZE) as u64)).at(&self.path())?;
        self.entries.store(entries + 1, Ordering::Release);
        Ok(())
    }

    /// Forgets all entries from `entries` on. The file keeps its length.
    pub(super) fn truncate(&self, entries: usize) -> Result<(), LogError> {
        let mut state = self.write_lock();
        self.load(&mut state)?;
        if entries < self.entries.load(Ordering::Acquire) {
            // What lies behind must read as a hole again: after a crash it is told from entries by being zero.
            let length = state.length;
            self.resize(&mut state, (entries * SIZE) as u64)?;
            self.entries.store(entries, Ordering::Release);
            self.resize(&mut state, length)?;
        }
        Ok(())
    }

    /// Cuts the file to its entries.
    pub(super) fn trim(&self) -> Result<(), LogError> {
        if self.entries.load(Ordering::Acquire) == UNKNOWN {
            return Ok(());
        }
        let mut state = self.write_lock();
        self.load(&mut state)?;
        let length = self.entries.load(Ordering::Acquire) * SIZE;
        self.resize(&mut state, length as u64)
    }

    /// Empties the index, making the file if it is missing.
    pub(super) fn reset(&self) -> Result<(), LogError> {
        let mut state = self.write_lock();
        let path = self.path();
        state.map = None;
        state.file = Some(self.place.disk.open(&path, OpenMode::Truncate).at(&path)?);
        self.set_length(&mut state, 0);
        self.entries.store(0, Ordering::Release);
        Ok(())
    }

    /// Makes the index durable, if it was ever opened.
    pub(super) fn sync(&self) -> Result<(), LogError> {
        let file = self.state.read().unwrap_or_else(PoisonError::into_inner).file.clone();
        file.map_or(Ok(()), |file| file.sync_all().at_sync(&self.path()))
    }
}

impl<const SIZE: usize> IndexFile<SIZE> {
    /// Lets go of the file and its map; they are opened again when they are needed.
    pub(super) fn release(&self) {
        *self.write_lock() = State::default();
    }
}

/// How many entries stand before the hole at the file's end: no entry but perhaps the first is all zeros.
fn entries_before_hole<const SIZE: usize>(file: &dyn DiskFile, slots: usize) -> std::io::Result<usize> {
    let is_hole = |slot: usize| -> std::io::Result<bool> {
        let mut bytes = [0; SIZE];
        file.read_exact_at(&mut bytes, Position((slot * SIZE) as u64))?;
        Ok(bytes == [0; SIZE])
    };
    if slots <= 1 || !is_hole(slots - 1)? {
        return Ok(slots);
    }
    let (mut low, mut high) = (0, slots - 1);
    while low < high {
        let middle = low + (high - low) / 2;
        if is_hole(middle)? { high = middle } else { low = middle + 1 }
    }
    Ok(low)
}
