//! One entry of the metadata log: a record batch, built and read.

use bytes::Bytes;

use super::control::{self, Control};
use crate::metadata::{MetadataRecord, record};
use crate::model::{LeaderEpoch, Offset, Timestamp};
use crate::protocol::{DecodeError, EncodeError};
use crate::record::{Batch, BatchBuilder, Codec, ControlRecord, NewRecord, RecordError};

/// What one batch may yield when it is decompressed; Kafka limits a batch of the metadata log to 8 MiB.
const BATCH_BYTES_MAX: usize = 64 << 20;

/// A batch of the metadata log or of a snapshot, read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    /// The offset of its first record.
    pub(super) base_offset: Offset,
    /// The offset of its last record.
    pub(super) last_offset: Offset,
    /// The epoch of the leader that wrote it.
    pub(super) epoch: LeaderEpoch,
    /// When it was written.
    pub(super) timestamp: Timestamp,
    /// What is in it.
    pub(super) content: Content,
}

/// What is in a batch.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Content {
    /// Records of the metadata.
    Records(Vec<MetadataRecord>),
    /// Records of the quorum itself.
    Control(Vec<Control>),
}

/// A batch that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum BatchError {
    /// The batch is broken.
    #[error(transparent)]
    Batch(#[from] RecordError),
    /// A record in it is none of the metadata log, or of a newer program.
    #[error("the record at offset {offset} cannot be read: {error}")]
    Record {
        /// Its offset.
        offset: Offset,
        /// What is wrong.
        #[source]
        error: DecodeError,
    },
    /// A record has no value.
    #[error("the record at offset {0} is empty")]
    Empty(Offset),
}

/// Where and when a batch is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    /// The offset of its first record.
    pub(super) base_offset: Offset,
    /// The epoch of the leader that writes it.
    pub(super) epoch: LeaderEpoch,
    /// The time.
    pub(super) now: Timestamp,
}

/// A batch of metadata records, as a cluster at this `metadata.version` writes it.
pub(super) fn of_records(
    stamp: Stamp,
    records: &[MetadataRecord],
    metadata_version: i16,
) -> Result<Bytes, EncodeError> {
    let mut builder = BatchBuilder::new(Codec::None.into()).base_offset(stamp.base_offset).leader_epoch(stamp.epoch);
    for record in records {
        let value = record::encode(record, metadata_version)?;
        builder.append(NewRecord { timestamp: stamp.now, value: Some(&value), ..NewRecord::default() });
    }
    Ok(builder.build())
}

/// A batch of control records.
pub(super) fn of_control(stamp: Stamp, records: &[ControlRecord]) -> Bytes {
    crate::record::control_batch(stamp.base_offset, stamp.epoch, stamp.now, records)
}

/// Reads a batch whose checksum was or is checked elsewhere.
pub(super) fn read(batch: &Batch) -> Result<Entry, BatchError> {
    let mut records = Vec::new();
    let mut controls = Vec::new();
    for record in batch.records(BATCH_BYTES_MAX)? {
        let record = record?;
        let unreadable = |error| BatchError::Record { offset: record.offset, error };
        if batch.attributes.is_control() {
            controls.push(control::read(&ControlRecord::of(&record)?).map_err(unreadable)?);
        } else {
            let value = record.value.clone().ok_or(BatchError::Empty(record.offset))?;
            records.push(record::decode(value).map_err(unreadable)?);
        }
    }
    Ok(Entry {
        base_offset: batch.base_offset,
        last_offset: batch.last_offset(),
        epoch: batch.leader_epoch,
        timestamp: batch.max_timestamp,
        content: if batch.attributes.is_control() { Content::Control(controls) } else { Content::Records(records) },
    })
}
