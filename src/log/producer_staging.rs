//! Batches on their way into the log: checked against what is known of their producers, and held beside it until they are
//! in the file.

use std::collections::BTreeMap;

use crate::model::{Offset, ProducerEpoch, ProducerId};
use crate::record::BatchHeader;

use super::append::Origin;
use super::producer_entry::{Lifetime, NO_SEQUENCE, ProducerBatch, ProducerEntry, ProducerError};
use super::producer_state::{CompletedTxn, EndMarker, ProducerState};

/// What a batch does to its producer's transaction.
#[derive(Debug)]
pub(super) enum TxnEvent {
    Began { producer_id: ProducerId, first_offset: Offset },
    Ended(CompletedTxn),
}

/// Batches on their way into a [`ProducerState`].
#[derive(Debug, Default)]
pub(super) struct Staged {
    pub(super) producers: BTreeMap<ProducerId, ProducerEntry>,
    pub(super) txns: Vec<TxnEvent>,
    pub(super) end_offset: Offset,
}

/// What staging a batch found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// The batch is new.
    New,
    /// The batch has been appended before.
    Duplicate(ProducerBatch),
}

impl Staged {
    /// Nothing yet, over a log that ends at `end_offset`.
    pub(super) fn over(end_offset: Offset) -> Staged {
        Staged { end_offset, ..Staged::default() }
    }

    /// How far the staged batches go.
    pub(super) fn end_offset(&self) -> Offset {
        self.end_offset
    }

    /// Checks a batch that is to be appended at `header.base_offset` and stages it, unless it is a duplicate.
    pub(super) fn add(
        &mut self,
        state: &ProducerState,
        header: &BatchHeader,
        marker: Option<EndMarker>,
        origin: Origin,
    ) -> Result<Check, ProducerError> {
        if header.has_producer_id() {
            let id = header.producer_id;
            let known = self.producers.get(&id).or_else(|| state.producers.get(&id));
            if origin == Origin::Client
                && let Some(batch) = known.and_then(|entry| entry.duplicate_of(header))
            {
                return Ok(Check::Duplicate(batch));
            }
            let mut entry = known.cloned().unwrap_or_default();
            let event = match marker {
                Some(marker) => end_transaction(&mut entry, header, marker, origin, state.lives)?,
                // A control batch without a marker is one that the cleaner has emptied.
                None if header.attributes.is_control() => None,
                None => add_data(&mut entry, header, origin, state.lives)?,
            };
            self.txns.extend(event);
            self.producers.insert(id, entry);
        }
        self.end_offset = header.next_offset();
        Ok(Check::New)
    }
}

fn add_data(
    entry: &mut ProducerEntry,
    header: &BatchHeader,
    origin: Origin,
    lives: Lifetime,
) -> Result<Option<TxnEvent>, ProducerError> {
    let (producer_id, offset) = (header.producer_id, header.base_offset);
    check_epoch(entry, header, origin)?;
    if origin == Origin::Client {
        check_sequence(entry, header)?;
    }
    let is_transactional = header.attributes.is_transactional();
    if entry.current_txn_first_offset.is_some() && !is_transactional && origin != Origin::Replication {
        return Err(ProducerError::InvalidTxnState { producer_id, offset });
    }
    entry.set_epoch(header.producer_epoch);
    let batch = ProducerBatch {
        last_sequence: header.last_sequence(),
        last_offset: header.last_offset(),
        offset_delta: header.last_offset_delta,
        timestamp: header.max_timestamp,
    };
    entry.add_batch(batch, lives);
    if is_transactional && entry.current_txn_first_offset.is_none() {
        entry.current_txn_first_offset = Some(offset);
        return Ok(Some(TxnEvent::Began { producer_id, first_offset: offset }));
    }
    Ok(None)
}

fn end_transaction(
    entry: &mut ProducerEntry,
    header: &BatchHeader,
    marker: EndMarker,
    origin: Origin,
    lives: Lifetime,
) -> Result<Option<TxnEvent>, ProducerError> {
    let (producer_id, offset) = (header.producer_id, header.base_offset);
    check_epoch(entry, header, origin)?;
    // What a leader has accepted is not judged again.
    if entry.coordinator_epoch > marker.coordinator_epoch && origin != Origin::Replication {
        let (incoming, current) = (marker.coordinator_epoch, entry.coordinator_epoch);
        return Err(ProducerError::CoordinatorFenced { producer_id, offset, incoming, current });
    }
    entry.set_epoch(header.producer_epoch);
    entry.coordinator_epoch = marker.coordinator_epoch;
    entry.last_timestamp = lives.written(header.max_timestamp);
    let is_aborted = marker.is_abort;
    // A transaction that wrote nothing here leaves no trace.
    Ok(entry.current_txn_first_offset.take().map(|first_offset| {
        TxnEvent::Ended(CompletedTxn { producer_id, first_offset, last_offset: offset, is_aborted })
    }))
}

fn check_epoch(entry: &ProducerEntry, header: &BatchHeader, origin: Origin) -> Result<(), ProducerError> {
    // What a leader has accepted is not judged again.
    if header.producer_epoch < entry.epoch && origin != Origin::Replication {
        return Err(ProducerError::InvalidEpoch {
            producer_id: header.producer_id,
            offset: header.base_offset,
            incoming: header.producer_epoch,
            current: entry.epoch,
        });
    }
    Ok(())
}

/// A producer of which nothing is known may start anywhere: its records may have been deleted. A new epoch starts at 0.
fn check_sequence(entry: &ProducerEntry, header: &BatchHeader) -> Result<(), ProducerError> {
    let incoming = header.base_sequence;
    let current = if header.producer_epoch == entry.epoch { entry.last_sequence() } else { NO_SEQUENCE };
    let follows = i64::from(incoming) == i64::from(current) + 1 || (current == i32::MAX && incoming == 0);
    if entry.epoch == ProducerEpoch::NONE || follows {
        return Ok(());
    }
    Err(ProducerError::OutOfOrderSequence {
        producer_id: header.producer_id,
        offset: header.base_offset,
        incoming,
        current,
    })
}
