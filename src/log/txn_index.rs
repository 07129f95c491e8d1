//! `.txnindex`: the aborted transactions whose markers are in a segment, for readers of committed records.
//!
//! An entry is 34 bytes: version (i16, 0), producer id, first offset, offset of the marker, and the last stable offset
//! that the end left. The file exists only where a transaction was aborted.

use std::io::IoSlice;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::io::disk::{DiskFile, OpenMode};
use crate::model::{Offset, Position, ProducerId};

use super::error::{At, LogError};
use super::place::{Place, TXN_INDEX};
use super::producer_state::CompletedTxn;

const VERSION: i16 = 0;
/// The size of an entry.
pub(super) const ENTRY_SIZE: usize = 34;
/// More aborted transactions than a segment has room for: each takes a marker of at least 78 bytes.
const LENGTH_MAX: u64 = (1 << 31) / 78 * ENTRY_SIZE as u64;

/// A transaction that was aborted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AbortedTxn {
    /// The producer.
    pub producer_id: ProducerId,
    /// The offset of its first record.
    pub first_offset: Offset,
    /// The offset of its marker.
    pub last_offset: Offset,
    /// The last stable offset that its end left.
    pub last_stable_offset: Offset,
}

impl AbortedTxn {
    pub(super) fn of(txn: &CompletedTxn, last_stable_offset: Offset) -> AbortedTxn {
        let CompletedTxn { producer_id, first_offset, last_offset, .. } = *txn;
        AbortedTxn { producer_id, first_offset, last_offset, last_stable_offset }
    }

    fn encode(&self) -> [u8; ENTRY_SIZE] {
        let mut bytes = [0; ENTRY_SIZE];
        bytes[..2].copy_from_slice(&VERSION.to_be_bytes());
        let fields = [self.producer_id.0, self.first_offset.0, self.last_offset.0, self.last_stable_offset.0];
        for (place, field) in bytes[2..].chunks_exact_mut(8).zip(fields) {
            place.copy_from_slice(&field.to_be_bytes());
        }
        bytes
    }

    /// The entry in these bytes; `None` where they are none.
    #[must_use]
    pub fn decode(bytes: &[u8; ENTRY_SIZE]) -> Option<AbortedTxn> {
        let long = |at: usize| i64::from_be_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
        let txn = AbortedTxn {
            producer_id: ProducerId(long(2)),
            first_offset: Offset(long(10)),
            last_offset: Offset(long(18)),
            last_stable_offset: Offset(long(26)),
        };
        let is_sound = bytes[..2] == VERSION.to_be_bytes()
            && txn.producer_id.0 >= 0
            && txn.first_offset.is_known()
            && txn.first_offset <= txn.last_offset;
        is_sound.then_some(txn)
    }
}

/// The aborted transactions of one segment.
#[derive(Debug)]
pub(super) struct TxnIndex {
    place: Arc<Place>,
    base_offset: Offset,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// `None` before the file has been looked for.
    entries: Option<Arc<Vec<AbortedTxn>>>,
    file: Option<Arc<dyn DiskFile>>,
}

impl TxnIndex {
    pub(super) fn new(place: Arc<Place>, base_offset: Offset) -> TxnIndex {
        TxnIndex { place, base_offset, state: Mutex::default() }
    }

    pub(super) fn path(&self) -> PathBuf {
        self.place.path(self.base_offset, TXN_INDEX)
    }

    /// All entries. They stay in memory once they are read: aborts are few.
    pub(super) fn entries(&self) -> Result<Arc<Vec<AbortedTxn>>, LogError> {
        self.load(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn load(&self, state: &mut State) -> Result<Arc<Vec<AbortedTxn>>, LogError> {
        if let Some(entries) = &state.entries {
            return Ok(entries.clone());
        }
        let path = self.path();
        let bytes = self.place.disk.read_file(&path, LENGTH_MAX).at(&path)?.unwrap_or_default();
        let corrupt = |slot: usize, reason| LogError::Corrupt {
            path: path.clone(),
            position: Position((slot * ENTRY_SIZE) as u64),
            reason,
        };
        let (chunks, rest) = bytes.as_chunks::<ENTRY_SIZE>();
        if !rest.is_empty() {
            return Err(corrupt(chunks.len(), "it ends within an aborted transaction"));
        }
        let mut entries: Vec<AbortedTxn> = Vec::with_capacity(chunks.len());
        for (slot, chunk) in chunks.iter().enumerate() {
            let entry = AbortedTxn::decode(chunk).ok_or_else(|| corrupt(slot, "no aborted transaction"))?;
            let previous = entries.last().map_or(self.base_offset.plus(-1), |last| last.last_offset);
            if entry.last_offset <= previous {
                return Err(corrupt(slot, "the markers do not ascend"));
            }
            entries.push(entry);
        }
        let entries = Arc::new(entries);
        state.entries = Some(entries.clone());
        Ok(entries)
    }

    /// Adds a transaction; its marker must be above the last one's.
    pub(super) fn append(&self, txn: AbortedTxn) -> Result<(), LogError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let entries = self.load(&mut state)?;
        let path = self.path();
        let file = match &state.file {
            Some(file) => file.clone(),
            None => state.file.insert(self.place.disk.open(&path, OpenMode::Create).at(&path)?).clone(),
        };
        let position = Position((entries.len() * ENTRY_SIZE) as u64);
        file.write_all_at(&[IoSlice::new(&txn.encode())], position).at(&path)?;
        let mut entries = entries.to_vec();
        entries.push(txn);
        state.entries = Some(Arc::new(entries));
        Ok(())
    }

    /// Forgets the transactions whose markers are at `offset` or above.
    pub(super) fn truncate_to(&self, offset: Offset) -> Result<(), LogError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let entries = self.load(&mut state)?;
        let kept = entries.partition_point(|txn| txn.last_offset < offset);
        if kept < entries.len() {
            let path = self.path();
            let file = self.place.disk.open(&path, OpenMode::Write).at(&path)?;
            file.set_length((kept * ENTRY_SIZE) as u64).at(&path)?;
            state.file = Some(file);
            state.entries = Some(Arc::new(entries[..kept].to_vec()));
        }
        Ok(())
    }

    /// Empties the index.
    pub(super) fn reset(&self) -> Result<(), LogError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self.path();
        if self.place.disk.stat(&path).at(&path)?.is_some() {
            self.place.disk.open(&path, OpenMode::Truncate).at(&path)?;
        }
        *state = State { entries: Some(Arc::default()), file: None };
        Ok(())
    }

    /// Makes the index durable, if it was written.
    pub(super) fn sync(&self) -> Result<(), LogError> {
        let file = self.state.lock().unwrap_or_else(PoisonError::into_inner).file.clone();
        file.map_or(Ok(()), |file| file.sync_all().at_sync(&self.path()))
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test looks at files from outside")]
mod tests {
    use super::*;
    use crate::io::disk::SystemDisk;

    fn txn(first: i64, last: i64) -> AbortedTxn {
        AbortedTxn {
            producer_id: ProducerId(5),
            first_offset: Offset(first),
            last_offset: Offset(last),
            last_stable_offset: Offset(last + 1),
        }
    }

    #[test]
    fn entries_survive_and_truncation_goes_by_the_marker() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let open = || TxnIndex::new(Place::new(Arc::new(SystemDisk), folder.path()), Offset(10));
        let index = open();
        assert!(index.entries().expect("read").is_empty());
        assert!(!index.path().exists(), "no file without an abort");
        for last in [12, 15, 19] {
            index.append(txn(11, last)).expect("appended");
        }
        assert_eq!(*open().entries().expect("read"), [txn(11, 12), txn(11, 15), txn(11, 19)]);
        index.truncate_to(Offset(15)).expect("cut");
        assert_eq!(*open().entries().expect("read"), [txn(11, 12)]);
        index.append(txn(13, 16)).expect("appended");
        assert_eq!(*open().entries().expect("read"), [txn(11, 12), txn(13, 16)]);
    }

    /// Fault B3.
    #[test]
    fn a_broken_index_is_noticed() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let open = || TxnIndex::new(Place::new(Arc::new(SystemDisk), folder.path()), Offset(10));
        let index = open();
        index.append(txn(11, 12)).expect("appended");
        index.append(txn(11, 15)).expect("appended");
        let good = std::fs::read(index.path()).expect("read");
        let mut repeated = good.clone();
        repeated.extend_from_slice(&good[..ENTRY_SIZE]);
        let zeros = [&good[..], &[0; ENTRY_SIZE]].concat();
        for bad in [&good[..40], &repeated[..], &zeros[..], &[0xff; ENTRY_SIZE]] {
            std::fs::write(index.path(), bad).expect("written");
            assert!(matches!(open().entries(), Err(LogError::Corrupt { .. })));
        }
    }
}
