//! `.timeindex`: the largest timestamp of a segment up to some offsets.
//!
//! An entry is 12 bytes, big-endian: the largest timestamp so far, and the last offset of the batch that has it, less the
//! segment's base. Timestamps strictly grow. One entry is kept free for the one that is added when the segment is rolled.

use std::sync::Arc;

use crate::model::{Offset, Timestamp};

use super::error::LogError;
use super::index_file::IndexFile;
use super::place::{Place, TIME_INDEX};

/// The size of an entry.
pub(super) const ENTRY_SIZE: usize = 12;

/// A timestamp and the last offset of the first batch that reaches it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TimestampOffset {
    /// The largest timestamp so far.
    pub(super) timestamp: Timestamp,
    /// The last offset of the first batch that has it.
    pub(super) offset: Offset,
}

/// The time index of one segment.
#[derive(Debug)]
pub(super) struct TimeIndex {
    pub(super) file: IndexFile<ENTRY_SIZE>,
}

impl TimeIndex {
    pub(super) fn new(place: Arc<Place>, base_offset: Offset) -> TimeIndex {
        TimeIndex { file: IndexFile::new(place, base_offset, TIME_INDEX) }
    }

    fn parse(&self, bytes: [u8; ENTRY_SIZE]) -> TimestampOffset {
        let (timestamp, relative) = bytes.split_at(8);
        let timestamp = i64::from_be_bytes(timestamp.try_into().expect("eight bytes"));
        let relative = u32::from_be_bytes(relative.try_into().expect("four bytes"));
        TimestampOffset { timestamp: Timestamp(timestamp), offset: self.file.base_offset().plus(i64::from(relative)) }
    }

    /// The entry with the largest timestamp that is at most `timestamp`.
    pub(super) fn lookup(&self, timestamp: Timestamp) -> Result<Option<TimestampOffset>, LogError> {
        let view = self.file.view()?;
        let slot = view.last_at_most(&timestamp, |bytes| self.parse(bytes).timestamp)?;
        slot.map(|slot| view.entry(slot).map(|bytes| self.parse(bytes))).transpose()
    }

    /// The last entry.
    pub(super) fn last(&self) -> Result<Option<TimestampOffset>, LogError> {
        Ok(self.file.last()?.map(|bytes| self.parse(bytes)))
    }

    /// Whether no further entry fits but the one of the roll.
    pub(super) fn is_full(&self) -> Result<bool, LogError> {
        self.file.has_at_most(1)
    }

    /// Adds an entry if its timestamp is larger than the last one's.
    pub(super) fn maybe_append(&self, entry: TimestampOffset) -> Result<(), LogError> {
        let last = self.last()?.map_or(Timestamp::NONE, |last| last.timestamp);
        if entry.timestamp <= last {
            return Ok(());
        }
        let relative = u32::try_from(entry.offset.since(self.file.base_offset())).expect("checked before appending");
        let mut bytes = [0; ENTRY_SIZE];
        bytes[..8].copy_from_slice(&entry.timestamp.0.to_be_bytes());
        bytes[8..].copy_from_slice(&relative.to_be_bytes());
        self.file.append(&bytes)
    }

    /// Forgets the entries of `offset` and above.
    pub(super) fn truncate_to(&self, offset: Offset) -> Result<(), LogError> {
        let below = offset.plus(-1);
        let slot = {
            let view = self.file.view()?;
            view.last_at_most(&below, |bytes| self.parse(bytes).offset)?
        };
        self.file.truncate(slot.map_or(0, |slot| slot + 1))
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test looks at files from outside")]
mod tests {
    use super::*;
    use crate::io::disk::SystemDisk;

    fn entry(timestamp: i64, offset: i64) -> TimestampOffset {
        TimestampOffset { timestamp: Timestamp(timestamp), offset: Offset(offset) }
    }

    /// Fault C3: the time index is monotone.
    #[test]
    fn only_growing_timestamps_are_indexed() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let index = TimeIndex::new(Place::new(Arc::new(SystemDisk), folder.path()), Offset(10));
        index.file.make_writable(10_485_760).expect("made");
        assert_eq!(std::fs::metadata(index.file.path()).expect("there").len(), 10_485_756);
        for (timestamp, offset) in [(-1, 10), (50, 11), (40, 12), (50, 13), (90, 14)] {
            index.maybe_append(entry(timestamp, offset)).expect("appended");
        }
        assert_eq!(index.file.entries().expect("read"), 2);
        assert_eq!(index.lookup(Timestamp(49)).expect("read"), None);
        assert_eq!(index.lookup(Timestamp(50)).expect("read"), Some(entry(50, 11)));
        assert_eq!(index.lookup(Timestamp(1000)).expect("read"), Some(entry(90, 14)));
        index.truncate_to(Offset(14)).expect("truncated");
        assert_eq!(index.last().expect("read"), Some(entry(50, 11)));
    }

    #[test]
    fn one_entry_is_kept_for_the_roll() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let index = TimeIndex::new(Place::new(Arc::new(SystemDisk), folder.path()), Offset(0));
        index.file.make_writable(30).expect("made");
        assert!(!index.is_full().expect("read"));
        index.maybe_append(entry(1, 1)).expect("appended");
        assert!(index.is_full().expect("read"));
        index.maybe_append(entry(2, 2)).expect("the last entry is for the roll");
    }
}
