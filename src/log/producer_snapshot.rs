//! `%020d.snapshot`: the producers of a log up to an offset, so that a start needs to replay only what follows.
//!
//! Version (i16, 1), CRC-32C of all that follows (u32), count (i32), then 46 bytes for each producer. Only the last batch
//! of each is kept: after a restart an older one is out of order, as with Kafka.

use std::collections::{BTreeMap, VecDeque};
use std::io::IoSlice;
use std::path::Path;

use crate::io::disk::{Disk, OpenMode};
use crate::model::{Offset, Position, ProducerEpoch, ProducerId, Timestamp};

use super::error::{At, LogError};
use super::producer_entry::{ProducerBatch, ProducerEntry};

const VERSION: i16 = 1;
const CRC_FROM: usize = 6;
const HEADER_SIZE: usize = 10;
const ENTRY_SIZE: usize = 46;
/// A snapshot of more producers than this (some 20 million) is not one of ours or of Kafka's.
const LENGTH_MAX: u64 = 1 << 30;

/// The producers of a snapshot.
pub(super) type Producers = BTreeMap<ProducerId, ProducerEntry>;

/// Why the bytes are no snapshot.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// Too short, too long, or not as long as its count says.
    #[error("the snapshot has {0} bytes, which does not fit its content")]
    Length(usize),
    /// A version that is not known.
    #[error("the snapshot has version {0}, expected 1")]
    Version(i16),
    /// The checksum does not match.
    #[error("the snapshot's checksum is {stored}, but that of its bytes is {computed}")]
    Checksum {
        /// The checksum in the file.
        stored: u32,
        /// The checksum of the bytes.
        computed: u32,
    },
}

/// The bytes of a snapshot.
pub(super) fn encode(producers: &Producers) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER_SIZE + producers.len() * ENTRY_SIZE);
    bytes.extend_from_slice(&VERSION.to_be_bytes());
    bytes.extend_from_slice(&[0; 4]);
    let count = i32::try_from(producers.len()).expect("producer ids that fit into memory fit an i32");
    bytes.extend_from_slice(&count.to_be_bytes());
    for (id, entry) in producers {
        let last = entry.batches.back();
        bytes.extend_from_slice(&id.0.to_be_bytes());
        bytes.extend_from_slice(&entry.epoch.0.to_be_bytes());
        bytes.extend_from_slice(&entry.last_sequence().to_be_bytes());
        bytes.extend_from_slice(&last.map_or(-1, |batch| batch.last_offset.0).to_be_bytes());
        bytes.extend_from_slice(&last.map_or(0, |batch| batch.offset_delta).to_be_bytes());
        bytes.extend_from_slice(&entry.last_timestamp.0.to_be_bytes());
        bytes.extend_from_slice(&entry.coordinator_epoch.to_be_bytes());
        bytes.extend_from_slice(&entry.current_txn_first_offset.map_or(-1, |offset| offset.0).to_be_bytes());
    }
    let crc = crc32c::crc32c(&bytes[CRC_FROM..]);
    bytes[2..CRC_FROM].copy_from_slice(&crc.to_be_bytes());
    bytes
}

/// The producers in the bytes of a snapshot.
pub(super) fn decode(bytes: &[u8]) -> Result<Producers, SnapshotError> {
    Ok(entries(bytes)?.collect())
}

/// The producers in the bytes of a snapshot, in their order there.
fn entries(bytes: &[u8]) -> Result<impl Iterator<Item = (ProducerId, ProducerEntry)>, SnapshotError> {
    let (header, entries) = bytes.split_at_checked(HEADER_SIZE).ok_or(SnapshotError::Length(bytes.len()))?;
    let version = i16::from_be_bytes([header[0], header[1]]);
    if version != VERSION {
        return Err(SnapshotError::Version(version));
    }
    let stored = u32::from_be_bytes([header[2], header[3], header[4], header[5]]);
    let computed = crc32c::crc32c(&bytes[CRC_FROM..]);
    if stored != computed {
        return Err(SnapshotError::Checksum { stored, computed });
    }
    let count = i32::from_be_bytes([header[6], header[7], header[8], header[9]]);
    let (entries, rest) = entries.as_chunks::<ENTRY_SIZE>();
    if !rest.is_empty() || usize::try_from(count) != Ok(entries.len()) {
        return Err(SnapshotError::Length(bytes.len()));
    }
    Ok(entries.iter().map(decode_entry))
}

fn decode_entry(bytes: &[u8; ENTRY_SIZE]) -> (ProducerId, ProducerEntry) {
    let long = |at: usize| i64::from_be_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
    let int = |at: usize| i32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    let last_offset = long(14);
    let timestamp = Timestamp(long(26));
    let last =
        ProducerBatch { last_sequence: int(10), last_offset: Offset(last_offset), offset_delta: int(22), timestamp };
    let entry = ProducerEntry {
        epoch: ProducerEpoch(i16::from_be_bytes([bytes[8], bytes[9]])),
        coordinator_epoch: int(34),
        last_timestamp: timestamp,
        current_txn_first_offset: Some(Offset(long(38))).filter(|offset| offset.is_known()),
        batches: if last_offset >= 0 { VecDeque::from([last]) } else { VecDeque::new() },
    };
    (ProducerId(long(0)), entry)
}

/// Writes a snapshot; the caller makes it durable before it relies on it.
pub(super) fn write(disk: &dyn Disk, path: &Path, producers: &Producers) -> Result<(), LogError> {
    let file = disk.open(path, OpenMode::Truncate).at(path)?;
    file.write_all_at(&[IoSlice::new(&encode(producers))], Position::ZERO).at(path)
}

/// Reads a snapshot. The inner error says that the file is none, and is to be removed.
pub(super) fn read(disk: &dyn Disk, path: &Path) -> Result<Result<Producers, SnapshotError>, LogError> {
    let bytes = disk.read_file(path, LENGTH_MAX).at(path)?.unwrap_or_default();
    Ok(decode(&bytes))
}

/// A producer of a snapshot, as the tools print it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotProducer {
    /// The producer's id.
    pub producer_id: ProducerId,
    /// What was known of it.
    pub entry: ProducerEntry,
}

/// The producers in the bytes of a snapshot file in their order there, for the tools that print one.
///
/// # Errors
/// The bytes are no snapshot.
pub fn decode_snapshot(bytes: &[u8]) -> Result<Vec<SnapshotProducer>, SnapshotError> {
    Ok(entries(bytes)?.map(|(producer_id, entry)| SnapshotProducer { producer_id, entry }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn producers() -> Producers {
        let batch = ProducerBatch {
            last_sequence: 9,
            last_offset: Offset(109),
            offset_delta: 4,
            timestamp: Timestamp(1_700_000_000_000),
        };
        let plain = ProducerEntry {
            epoch: ProducerEpoch(3),
            last_timestamp: batch.timestamp,
            batches: VecDeque::from([batch]),
            ..ProducerEntry::default()
        };
        let open = ProducerEntry { current_txn_first_offset: Some(Offset(105)), coordinator_epoch: 2, ..plain.clone() };
        let marked = ProducerEntry { batches: VecDeque::new(), ..plain.clone() };
        BTreeMap::from([(ProducerId(1), plain), (ProducerId(2), open), (ProducerId(3), marked)])
    }

    #[test]
    fn producers_survive_a_snapshot() {
        let bytes = encode(&producers());
        assert_eq!(bytes.len(), HEADER_SIZE + 3 * ENTRY_SIZE);
        assert_eq!(decode(&bytes), Ok(producers()));
        assert_eq!(encode(&Producers::new()).len(), 10);
    }

    /// Fault B3.
    #[test]
    fn every_flipped_bit_and_every_cut_of_a_snapshot_is_noticed() {
        let bytes = encode(&producers());
        for length in 0..bytes.len() {
            assert!(decode(&bytes[..length]).is_err(), "cut at {length}");
        }
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(&flipped).is_err(), "bit {bit}");
        }
        assert!(decode(&[0; 4096]).is_err());
    }
}
