//! `.index`: for some offsets of a segment, the position of the batch that holds them.
//!
//! An entry is 8 bytes, big-endian: the batch's last offset less the segment's base, and where the batch starts.

use std::sync::Arc;

use crate::model::{Offset, Position};

use super::error::LogError;
use super::index_file::IndexFile;
use super::place::{OFFSET_INDEX, Place};

/// The size of an entry.
pub(super) const ENTRY_SIZE: usize = 8;

/// An entry of the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OffsetEntry {
    /// The last offset of a batch.
    pub(super) last_offset: Offset,
    /// Where the batch starts.
    pub(super) position: Position,
}

/// The offset index of one segment.
#[derive(Debug)]
pub(super) struct OffsetIndex {
    pub(super) file: IndexFile<ENTRY_SIZE>,
}

impl OffsetIndex {
    pub(super) fn new(place: Arc<Place>, base_offset: Offset) -> OffsetIndex {
        OffsetIndex { file: IndexFile::new(place, base_offset, OFFSET_INDEX) }
    }

    fn parse(&self, bytes: [u8; ENTRY_SIZE]) -> OffsetEntry {
        let [a, b, c, d, e, f, g, h] = bytes;
        let relative = u32::from_be_bytes([a, b, c, d]);
        let position = u32::from_be_bytes([e, f, g, h]);
        OffsetEntry {
            last_offset: self.file.base_offset().plus(i64::from(relative)),
            position: Position(u64::from(position)),
        }
    }

    /// The entry with the largest offset that is at most `offset`.
    pub(super) fn lookup(&self, offset: Offset) -> Result<Option<OffsetEntry>, LogError> {
        let view = self.file.view()?;
        let slot = view.last_at_most(&offset, |bytes| self.parse(bytes).last_offset)?;
        slot.map(|slot| view.entry(slot).map(|bytes| self.parse(bytes))).transpose()
    }

    /// The first entry at `position` or behind it.
    pub(super) fn first_from(&self, position: Position) -> Result<Option<OffsetEntry>, LogError> {
        let view = self.file.view()?;
        let below = position.0.checked_sub(1).map(Position);
        let slot = match below {
            Some(below) => view.last_at_most(&below, |bytes| self.parse(bytes).position)?.map_or(0, |slot| slot + 1),
            None => 0,
        };
        if slot < view.entries { view.entry(slot).map(|bytes| Some(self.parse(bytes))) } else { Ok(None) }
    }

    /// The last entry.
    pub(super) fn last(&self) -> Result<Option<OffsetEntry>, LogError> {
        Ok(self.file.last()?.map(|bytes| self.parse(bytes)))
    }

    /// Whether no further entry fits.
    pub(super) fn is_full(&self) -> Result<bool, LogError> {
        self.file.has_at_most(0)
    }

    /// Adds an entry. Its offset must be above the last one's, and within the reach of the segment.
    pub(super) fn append(&self, entry: OffsetEntry) -> Result<(), LogError> {
        let relative =
            u32::try_from(entry.last_offset.since(self.file.base_offset())).expect("checked before appending");
        let position = u32::try_from(entry.position.0).expect("a segment is smaller than 2 GiB");
        let mut bytes = [0; ENTRY_SIZE];
        bytes[..4].copy_from_slice(&relative.to_be_bytes());
        bytes[4..].copy_from_slice(&position.to_be_bytes());
        self.file.append(&bytes)
    }

    /// Forgets the entries of `offset` and above.
    pub(super) fn truncate_to(&self, offset: Offset) -> Result<(), LogError> {
        let below = offset.plus(-1);
        let slot = {
            let view = self.file.view()?;
            view.last_at_most(&below, |bytes| self.parse(bytes).last_offset)?
        };
        self.file.truncate(slot.map_or(0, |slot| slot + 1))
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test looks at files from outside")]
mod tests {
    use super::*;
    use crate::io::disk::SystemDisk;

    fn entry(last_offset: i64, position: u64) -> OffsetEntry {
        OffsetEntry { last_offset: Offset(last_offset), position: Position(position) }
    }

    fn index(folder: &tempfile::TempDir) -> OffsetIndex {
        OffsetIndex::new(Place::new(Arc::new(SystemDisk), folder.path()), Offset(100))
    }

    #[test]
    fn lookup_finds_the_entry_at_or_below_an_offset() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let index = index(&folder);
        index.file.make_writable(80).expect("made");
        assert_eq!(index.lookup(Offset(500)).expect("read"), None);
        for number in 1..=10u64 {
            index.append(entry(100 + number as i64 * 10, number * 1000)).expect("appended");
        }
        assert!(index.is_full().expect("read"));
        assert_eq!(index.lookup(Offset(109)).expect("read"), None);
        assert_eq!(index.lookup(Offset(110)).expect("read"), Some(entry(110, 1000)));
        assert_eq!(index.lookup(Offset(155)).expect("read"), Some(entry(150, 5000)));
        assert_eq!(index.lookup(Offset(999)).expect("read"), Some(entry(200, 10_000)));
        assert_eq!(index.first_from(Position(0)).expect("read"), Some(entry(110, 1000)));
        assert_eq!(index.first_from(Position(1001)).expect("read"), Some(entry(120, 2000)));
        assert_eq!(index.first_from(Position(10_001)).expect("read"), None);
    }

    #[test]
    fn the_file_is_preallocated_and_trimmed_and_its_hole_is_not_read_as_entries() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("00000000000000000100.index");
        let length = || std::fs::metadata(&path).expect("there").len();
        let first = index(&folder);
        first.file.make_writable(10_485_763).expect("made");
        assert_eq!(length(), 10_485_760);
        first.append(entry(101, 70)).expect("appended");
        first.append(entry(103, 140)).expect("appended");

        let after_crash = index(&folder);
        assert_eq!(after_crash.file.entries().expect("read"), 2);
        assert_eq!(after_crash.last().expect("read"), Some(entry(103, 140)));
        after_crash.file.trim().expect("trimmed");
        assert_eq!(length(), 16);
        assert_eq!(std::fs::read(&path).expect("read"), [0, 0, 0, 1, 0, 0, 0, 70, 0, 0, 0, 3, 0, 0, 0, 140]);
        assert_eq!(after_crash.lookup(Offset(102)).expect("read"), Some(entry(101, 70)));
    }

    #[test]
    fn truncation_forgets_the_offset_itself_and_leaves_a_hole() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let first = index(&folder);
        first.file.make_writable(800).expect("made");
        for number in 1..=5u64 {
            first.append(entry(100 + number as i64, number)).expect("appended");
        }
        first.truncate_to(Offset(103)).expect("truncated");
        assert_eq!(first.last().expect("read"), Some(entry(102, 2)));
        assert_eq!(index(&folder).file.entries().expect("read"), 2, "what was cut is not found by the next start");
        first.truncate_to(Offset(0)).expect("truncated");
        assert_eq!(first.last().expect("read"), None);
    }
}
