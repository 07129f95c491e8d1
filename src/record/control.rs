//! Control records: the ends of transactions (KIP-98) and what a quorum leader writes (KIP-595, KIP-630, KIP-853).

use bytes::Bytes;

use super::{BatchBuilder, Codec, NewRecord, Producer, Record, RecordError};
use crate::model::{LeaderEpoch, Offset, ProducerEpoch, ProducerId, Timestamp};

/// What a control record says; its key holds the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ControlKind {
    /// The transaction was aborted.
    Abort,
    /// The transaction was committed.
    Commit,
    /// A leader begins its epoch.
    LeaderChange,
    /// A snapshot begins.
    SnapshotHeader,
    /// A snapshot ends.
    SnapshotFooter,
    /// The `kraft.version` of the quorum.
    KRaftVersion,
    /// The voters of the quorum.
    KRaftVoters,
    /// A number that this release does not know; readers pass it over.
    Unknown(i16),
}

impl ControlKind {
    /// The kind with a number.
    #[must_use]
    pub fn from_id(id: i16) -> ControlKind {
        match id {
            0 => ControlKind::Abort,
            1 => ControlKind::Commit,
            2 => ControlKind::LeaderChange,
            3 => ControlKind::SnapshotHeader,
            4 => ControlKind::SnapshotFooter,
            5 => ControlKind::KRaftVersion,
            6 => ControlKind::KRaftVoters,
            unknown => ControlKind::Unknown(unknown),
        }
    }

    /// The number in the key.
    #[must_use]
    pub fn id(self) -> i16 {
        match self {
            ControlKind::Abort => 0,
            ControlKind::Commit => 1,
            ControlKind::LeaderChange => 2,
            ControlKind::SnapshotHeader => 3,
            ControlKind::SnapshotFooter => 4,
            ControlKind::KRaftVersion => 5,
            ControlKind::KRaftVoters => 6,
            ControlKind::Unknown(id) => id,
        }
    }
}

/// A record of a control batch, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlRecord {
    /// What it says.
    pub kind: ControlKind,
    /// Its value: a message of the kind with a version of its own.
    pub value: Bytes,
}

impl ControlRecord {
    /// Reads a record of a control batch.
    ///
    /// # Errors
    /// The key is missing or shorter than version and kind.
    pub fn of(record: &Record) -> Result<ControlRecord, RecordError> {
        let key = record.key.as_ref().and_then(|key| key.first_chunk::<4>());
        let [_, _, kind @ ..] =
            *key.ok_or(RecordError::Structure("Invalid value size found for control record key"))?;
        Ok(ControlRecord {
            kind: ControlKind::from_id(i16::from_be_bytes(kind)),
            value: record.value.clone().unwrap_or_default(),
        })
    }

    /// The end of a transaction, when it is one.
    ///
    /// # Errors
    /// The value is shorter than version and coordinator epoch, or its version is negative.
    pub fn end_transaction(&self) -> Result<Option<EndTransactionMarker>, RecordError> {
        let result = match self.kind {
            ControlKind::Abort => TransactionResult::Abort,
            ControlKind::Commit => TransactionResult::Commit,
            _ => return Ok(None),
        };
        let value = self.value.first_chunk::<6>();
        let [version @ .., a, b, c, d] =
            *value.ok_or(RecordError::Structure("Invalid value size found for end transaction marker"))?;
        if i16::from_be_bytes(version) < 0 {
            return Err(RecordError::Structure("Invalid version found for end transaction marker"));
        }
        Ok(Some(EndTransactionMarker { result, coordinator_epoch: i32::from_be_bytes([a, b, c, d]) }))
    }
}

/// How a transaction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TransactionResult {
    /// Its records are to be passed over.
    Abort,
    /// Its records count.
    Commit,
}

/// The end of a transaction in one partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndTransactionMarker {
    /// How it ended.
    pub result: TransactionResult,
    /// The epoch of the transaction coordinator that ended it; an older one is fenced.
    pub coordinator_epoch: i32,
}

/// A batch that holds one control record of the quorum.
#[must_use]
pub fn control_batch(offset: Offset, epoch: LeaderEpoch, now: Timestamp, records: &[ControlRecord]) -> Bytes {
    let mut builder = BatchBuilder::new(Codec::None.into()).base_offset(offset).leader_epoch(epoch).control();
    for record in records {
        builder.append(NewRecord {
            timestamp: now,
            key: Some(&key(record.kind)),
            value: Some(&record.value),
            headers: &[],
        });
    }
    builder.build()
}

/// The batch that ends a transaction of a producer in one partition, at offset 0.
#[must_use]
pub fn end_transaction_batch(
    id: ProducerId,
    epoch: ProducerEpoch,
    marker: EndTransactionMarker,
    now: Timestamp,
) -> Bytes {
    let kind = match marker.result {
        TransactionResult::Abort => ControlKind::Abort,
        TransactionResult::Commit => ControlKind::Commit,
    };
    let mut value = [0; 6];
    value[2..].copy_from_slice(&marker.coordinator_epoch.to_be_bytes());
    let producer = Producer { id, epoch, base_sequence: -1 };
    let mut builder = BatchBuilder::new(Codec::None.into()).producer(producer).transactional().control();
    builder.append(NewRecord { timestamp: now, key: Some(&key(kind)), value: Some(&value), headers: &[] });
    builder.build()
}

fn key(kind: ControlKind) -> [u8; 4] {
    let [high, low] = kind.id().to_be_bytes();
    [0, 0, high, low]
}
