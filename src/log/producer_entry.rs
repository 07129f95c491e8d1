//! What a log knows of one idempotent producer (KIP-98): its last batches, by which a repeated one is answered with its
//! old offset and a gap is refused, and why a batch of it may be refused.

use std::collections::VecDeque;

use crate::model::{Millis, Offset, ProducerEpoch, ProducerId, Timestamp};
use crate::record::{BatchHeader, decrement_sequence};

/// So many batches of a producer are remembered; it may have as many in flight (`max.in.flight.requests.per.connection`).
const BATCHES_MAX: usize = 5;
/// Kafka's "no sequence number".
pub(super) const NO_SEQUENCE: i32 = -1;

/// Why a producer's batch is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProducerError {
    /// Not the sequence number that must come next: OUT_OF_ORDER_SEQUENCE_NUMBER.
    #[error(
        "Out of order sequence number for producer {producer_id} at offset {offset}: {incoming} (incoming seq. number), \
         {current} (current end sequence number)"
    )]
    OutOfOrderSequence {
        /// The producer.
        producer_id: ProducerId,
        /// The offset that the batch would have had.
        offset: Offset,
        /// The batch's first sequence number.
        incoming: i32,
        /// The last sequence number in the log.
        current: i32,
    },
    /// A newer instance of the producer has written: INVALID_PRODUCER_EPOCH.
    #[error(
        "Epoch of producer {producer_id} at offset {offset} is {incoming}, which is smaller than the last seen epoch \
         {current}"
    )]
    InvalidEpoch {
        /// The producer.
        producer_id: ProducerId,
        /// The offset that the batch would have had.
        offset: Offset,
        /// The batch's epoch.
        incoming: ProducerEpoch,
        /// The epoch in the log.
        current: ProducerEpoch,
    },
    /// A batch outside of a transaction while the producer has one open: INVALID_TXN_STATE.
    #[error("Expected transactional write from producer {producer_id} at offset {offset}")]
    InvalidTxnState {
        /// The producer.
        producer_id: ProducerId,
        /// The offset that the batch would have had.
        offset: Offset,
    },
    /// A marker of a coordinator that has been replaced: TRANSACTION_COORDINATOR_FENCED.
    #[error(
        "Invalid coordinator epoch for producer {producer_id} at offset {offset}: {incoming} (zombie), {current} (current)"
    )]
    CoordinatorFenced {
        /// The producer.
        producer_id: ProducerId,
        /// The offset that the marker would have had.
        offset: Offset,
        /// The marker's coordinator epoch.
        incoming: i32,
        /// The coordinator epoch in the log.
        current: i32,
    },
}

/// One batch of a producer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProducerBatch {
    /// The sequence number of its last record.
    pub last_sequence: i32,
    /// The offset of its last record.
    pub last_offset: Offset,
    /// The offset of its last record less that of its first.
    pub offset_delta: i32,
    /// Its largest timestamp.
    pub timestamp: Timestamp,
}

impl ProducerBatch {
    /// The sequence number of its first record.
    #[must_use]
    pub fn first_sequence(&self) -> i32 {
        decrement_sequence(self.last_sequence, self.offset_delta)
    }

    /// The offset of its first record.
    #[must_use]
    pub fn first_offset(&self) -> Offset {
        self.last_offset.plus(-i64::from(self.offset_delta))
    }
}

/// What is known of one producer id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProducerEntry {
    /// The producer's newest epoch.
    pub epoch: ProducerEpoch,
    /// The epoch of the coordinator that ended its last transaction; -1 before.
    pub coordinator_epoch: i32,
    /// The timestamp of what it wrote last.
    pub last_timestamp: Timestamp,
    /// Where its open transaction starts.
    pub current_txn_first_offset: Option<Offset>,
    /// Its last batches in its newest epoch, oldest first.
    pub batches: VecDeque<ProducerBatch>,
}

impl Default for ProducerEntry {
    fn default() -> ProducerEntry {
        ProducerEntry {
            epoch: ProducerEpoch::NONE,
            coordinator_epoch: -1,
            last_timestamp: Timestamp::NONE,
            current_txn_first_offset: None,
            batches: VecDeque::new(),
        }
    }
}

impl ProducerEntry {
    /// The sequence number of its last record in its newest epoch; -1 where there is none.
    #[must_use]
    pub fn last_sequence(&self) -> i32 {
        self.batches.back().map_or(NO_SEQUENCE, |batch| batch.last_sequence)
    }

    /// The batch that `header` repeats.
    pub(super) fn duplicate_of(&self, header: &BatchHeader) -> Option<ProducerBatch> {
        let (first, last) = (header.base_sequence, header.last_sequence());
        let is_same = |batch: &&ProducerBatch| batch.first_sequence() == first && batch.last_sequence == last;
        if header.producer_epoch == self.epoch { self.batches.iter().find(is_same).copied() } else { None }
    }

    pub(super) fn set_epoch(&mut self, epoch: ProducerEpoch) {
        if self.epoch != epoch {
            self.batches.clear();
            self.epoch = epoch;
        }
    }

    pub(super) fn add_batch(&mut self, batch: ProducerBatch, lives: Lifetime) {
        if self.batches.len() == BATCHES_MAX {
            self.batches.pop_front();
        }
        self.batches.push_back(batch);
        self.last_timestamp = lives.written(batch.timestamp);
    }

    pub(super) fn is_expired(&self, now: Timestamp, expiration_ms: Millis) -> bool {
        self.current_txn_first_offset.is_none() && now.since(self.last_timestamp) >= expiration_ms
    }
}

/// Between which times a producer that writes now counts as having written.
///
/// Kafka takes the timestamps of the records alone, so that a producer of old events is forgotten as soon as it has
/// written, and its retry after a restart is appended a second time; one of future events is never forgotten. Here a
/// producer is remembered for half of `producer.id.expiration.ms` at least, and for the whole of it at most.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lifetime {
    from: Timestamp,
    to: Timestamp,
}

impl Default for Lifetime {
    fn default() -> Lifetime {
        Lifetime { from: Timestamp::NONE, to: Timestamp(i64::MAX) }
    }
}

impl Lifetime {
    pub(super) fn at(now: Timestamp, expiration_ms: Millis) -> Lifetime {
        Lifetime { from: Timestamp(now.0.saturating_sub(expiration_ms / 2)).min(now), to: now }
    }

    pub(super) fn written(self, records: Timestamp) -> Timestamp {
        records.clamp(self.from, self.to)
    }
}
