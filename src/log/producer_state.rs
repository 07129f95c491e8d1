//! What a log knows of its idempotent and transactional producers (KIP-98): each one's last batches, and the transactions
//! that are under way, by which the last stable offset is known.
//!
//! Batches are first staged over the state (`producer_staging.rs`) and reach it when they are in the file. The state is
//! rebuilt by replaying the log from a snapshot on (`producer_snapshot.rs`), so appending and replaying go through the
//! same code.

use std::collections::BTreeMap;

use crate::model::{Millis, Offset, ProducerId, Timestamp};

use super::producer_entry::{Lifetime, ProducerEntry};
use super::producer_staging::{Staged, TxnEvent};

/// The end of a transaction, as its control record says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EndMarker {
    /// Whether what was written is to be ignored.
    pub(super) is_abort: bool,
    /// The epoch of the coordinator that ended it.
    pub(super) coordinator_epoch: i32,
}

/// A transaction that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CompletedTxn {
    /// The producer.
    pub(super) producer_id: ProducerId,
    /// The offset of its first record.
    pub(super) first_offset: Offset,
    /// The offset of its marker.
    pub(super) last_offset: Offset,
    /// Whether it was aborted.
    pub(super) is_aborted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Txn {
    producer_id: ProducerId,
    last_offset: Option<Offset>,
}

/// What a log knows of its producers, up to an offset.
#[derive(Debug, Clone, Default)]
pub(super) struct ProducerState {
    pub(super) producers: BTreeMap<ProducerId, ProducerEntry>,
    /// Open transactions by their first offset.
    ongoing: BTreeMap<Offset, Txn>,
    /// Ended transactions whose marker is not below the high watermark yet, by their first offset.
    unreplicated: BTreeMap<Offset, Txn>,
    end_offset: Offset,
    pub(super) lives: Lifetime,
}

impl ProducerState {
    /// The state of a log that starts at `offset`.
    #[must_use]
    pub(super) fn starting_at(offset: Offset) -> ProducerState {
        ProducerState { end_offset: offset, ..ProducerState::default() }
    }

    /// The state that a snapshot at `end_offset` holds.
    pub(super) fn loaded(end_offset: Offset, producers: BTreeMap<ProducerId, ProducerEntry>) -> ProducerState {
        let txn_of = |(id, entry): (&ProducerId, &ProducerEntry)| {
            entry.current_txn_first_offset.map(|first| (first, Txn { producer_id: *id, last_offset: None }))
        };
        let ongoing = producers.iter().filter_map(txn_of).collect();
        ProducerState { producers, ongoing, unreplicated: BTreeMap::new(), end_offset, ..ProducerState::default() }
    }

    /// The offset behind the last batch that the state knows.
    #[must_use]
    pub(super) fn end_offset(&self) -> Offset {
        self.end_offset
    }

    /// Every producer, by its id.
    #[must_use]
    pub(super) fn producers(&self) -> &BTreeMap<ProducerId, ProducerEntry> {
        &self.producers
    }

    /// The first offset that a reader of committed records may not see: the first record of a transaction that is open,
    /// or whose end is not below the high watermark yet.
    #[must_use]
    pub(super) fn first_unstable_offset(&self) -> Option<Offset> {
        let first = |txns: &BTreeMap<Offset, Txn>| txns.first_key_value().map(|(offset, _)| *offset);
        match (first(&self.ongoing), first(&self.unreplicated)) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }

    /// Lets go of transactions that ended below the high watermark.
    pub(super) fn on_high_watermark(&mut self, high_watermark: Offset) {
        self.unreplicated.retain(|_, txn| txn.last_offset.is_none_or(|last| last >= high_watermark));
    }

    /// Follows the log start; producers stay known although their records are gone.
    pub(super) fn on_log_start(&mut self, log_start_offset: Offset) {
        self.on_high_watermark(log_start_offset);
        self.end_offset = self.end_offset.max(log_start_offset);
    }

    /// Notes that the log goes up to `end_offset` without more of any producer.
    pub(super) fn advance_to(&mut self, end_offset: Offset) {
        self.end_offset = end_offset;
    }

    /// Notes the time at which the next batches are seen.
    pub(super) fn set_time(&mut self, now: Timestamp, expiration_ms: Millis) {
        self.lives = Lifetime::at(now, expiration_ms);
    }

    /// Forgets producers that have written nothing for `producer.id.expiration.ms`.
    pub(super) fn expire(&mut self, now: Timestamp, expiration_ms: Millis) {
        self.producers.retain(|_, entry| !entry.is_expired(now, expiration_ms));
    }

    /// Starts to stage batches over this state.
    pub(super) fn stage(&self) -> Staged {
        Staged::over(self.end_offset)
    }

    /// The transactions that what is staged ends, each with the last stable offset that its end leaves: that is what the
    /// transaction index notes.
    pub(super) fn completed_by(&self, staged: &Staged) -> Vec<(CompletedTxn, Offset)> {
        if staged.txns.is_empty() {
            return Vec::new();
        }
        let mut ongoing = self.ongoing.clone();
        let mut completed = Vec::new();
        for event in &staged.txns {
            match event {
                TxnEvent::Began { producer_id, first_offset } => {
                    ongoing.insert(*first_offset, Txn { producer_id: *producer_id, last_offset: None });
                }
                TxnEvent::Ended(txn) => {
                    ongoing.remove(&txn.first_offset);
                    let stable = ongoing.keys().next().copied().unwrap_or(txn.last_offset.plus(1));
                    completed.push((*txn, stable));
                }
            }
        }
        completed
    }

    /// Takes over what was staged, once it is in the file.
    pub(super) fn commit(&mut self, staged: Staged) {
        self.producers.extend(staged.producers);
        for event in staged.txns {
            match event {
                TxnEvent::Began { producer_id, first_offset } => {
                    self.ongoing.insert(first_offset, Txn { producer_id, last_offset: None });
                }
                TxnEvent::Ended(txn) => {
                    self.ongoing.remove(&txn.first_offset);
                    let ended = Txn { producer_id: txn.producer_id, last_offset: Some(txn.last_offset) };
                    self.unreplicated.insert(txn.first_offset, ended);
                }
            }
        }
        self.end_offset = staged.end_offset;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::append::Origin;
    use crate::log::producer_entry::{NO_SEQUENCE, ProducerError};
    use crate::log::producer_staging::Check;
    use crate::model::ProducerEpoch;
    use crate::record::{Attributes, BatchHeader};

    const ID: ProducerId = ProducerId(7);

    fn batch(epoch: i16, base_sequence: i32, base_offset: i64, count: i32) -> BatchHeader {
        BatchHeader {
            base_offset: Offset(base_offset),
            batch_length: 100,
            leader_epoch: crate::model::LeaderEpoch(0),
            magic: 2,
            crc: 0,
            attributes: Attributes(0),
            last_offset_delta: count - 1,
            base_timestamp: Timestamp(1000),
            max_timestamp: Timestamp(1000),
            producer_id: ID,
            producer_epoch: ProducerEpoch(epoch),
            base_sequence,
            records_count: count,
        }
    }

    fn transactional(mut header: BatchHeader) -> BatchHeader {
        header.attributes = header.attributes.transactional();
        header
    }

    fn of(mut header: BatchHeader, id: i64) -> BatchHeader {
        header.producer_id = ProducerId(id);
        header
    }

    fn end(base_offset: i64, epoch: i16) -> BatchHeader {
        let mut header = batch(epoch, NO_SEQUENCE, base_offset, 1);
        header.attributes = header.attributes.transactional().control();
        header
    }

    fn append(state: &mut ProducerState, header: BatchHeader) -> Result<Check, ProducerError> {
        append_as(state, header, None, Origin::Client).map(|(check, _)| check)
    }

    fn append_as(
        state: &mut ProducerState,
        header: BatchHeader,
        marker: Option<EndMarker>,
        origin: Origin,
    ) -> Result<(Check, Vec<(CompletedTxn, Offset)>), ProducerError> {
        let mut staged = state.stage();
        let check = staged.add(state, &header, marker, origin)?;
        let completed = state.completed_by(&staged);
        state.commit(staged);
        Ok((check, completed))
    }

    fn filled(batches: i32) -> ProducerState {
        let mut state = ProducerState::starting_at(Offset(0));
        for number in 0..batches {
            let header = batch(0, number * 10, i64::from(number) * 10, 10);
            assert_eq!(append(&mut state, header), Ok(Check::New));
        }
        state
    }

    /// Fault E1: a retry gets its first offset; an older one and a gap are out of order.
    #[test]
    fn each_of_the_last_five_batches_is_recognised_and_no_older_one() {
        let mut state = filled(7);
        for number in 2..7 {
            let Ok(Check::Duplicate(found)) = append(&mut state, batch(0, number * 10, 999, 10)) else {
                panic!("batch {number} is a duplicate");
            };
            assert_eq!(found.first_offset(), Offset(i64::from(number) * 10));
        }
        for (sequence, count) in [(0, 10), (10, 10), (71, 1), (60, 5), (65, 5)] {
            let refused = append(&mut state, batch(0, sequence, 70, count));
            assert!(matches!(refused, Err(ProducerError::OutOfOrderSequence { current: 69, .. })), "{sequence}");
        }
        assert_eq!(append(&mut state, batch(0, 70, 70, 1)), Ok(Check::New));
    }

    /// Fault E2: nothing known, a new epoch, an old epoch.
    #[test]
    fn an_unknown_producer_may_start_anywhere_and_a_new_epoch_only_at_zero() {
        let mut state = ProducerState::starting_at(Offset(0));
        assert_eq!(append(&mut state, batch(3, 50, 0, 1)), Ok(Check::New));
        assert!(matches!(append(&mut state, batch(4, 51, 1, 1)), Err(ProducerError::OutOfOrderSequence { .. })));
        assert_eq!(append(&mut state, batch(4, 0, 1, 1)), Ok(Check::New));
        let refused = append(&mut state, batch(3, 51, 2, 1));
        assert!(matches!(refused, Err(ProducerError::InvalidEpoch { current: ProducerEpoch(4), .. })));
        let followed = append_as(&mut state, batch(3, 51, 2, 1), None, Origin::Replication);
        assert!(followed.is_ok(), "a follower takes what its leader took");
    }

    /// Fault E2: the sequence number wraps to 0 after 2^31 - 1.
    #[test]
    fn sequence_numbers_wrap() {
        let mut state = ProducerState::starting_at(Offset(0));
        append(&mut state, batch(0, i32::MAX - 1, 0, 2)).expect("ends at the last number");
        append(&mut state, batch(0, 0, 2, 1)).expect("goes on at 0");
        let mut state = ProducerState::starting_at(Offset(0));
        append(&mut state, batch(0, i32::MAX, 0, 3)).expect("wraps within the batch");
        assert_eq!(state.producers()[&ID].last_sequence(), 1);
        assert!(matches!(append(&mut state, batch(0, i32::MAX, 9, 3)), Ok(Check::Duplicate(_))));
        append(&mut state, batch(0, 2, 3, 1)).expect("goes on at 2");
    }

    #[test]
    fn batches_of_one_write_are_checked_against_each_other() {
        let state = ProducerState::starting_at(Offset(0));
        let mut staged = state.stage();
        assert_eq!(staged.add(&state, &batch(0, 0, 0, 2), None, Origin::Client), Ok(Check::New));
        let repeated = staged.add(&state, &batch(0, 0, 2, 2), None, Origin::Client);
        assert!(matches!(repeated, Ok(Check::Duplicate(found)) if found.first_offset() == Offset(0)));
        assert!(staged.add(&state, &batch(0, 5, 2, 2), None, Origin::Client).is_err());
        assert!(state.producers().is_empty(), "nothing is known before it is written");
    }

    #[test]
    fn idle_producers_expire_unless_their_transaction_is_open() {
        let mut state = filled(1);
        append(&mut state, of(transactional(batch(0, 0, 10, 1)), 8)).expect("new");
        state.expire(Timestamp(1000 + 499), 500);
        assert_eq!(state.producers().len(), 2);
        state.expire(Timestamp(1000 + 500), 500);
        assert_eq!(state.producers().keys().collect::<Vec<_>>(), [&ProducerId(8)]);
    }

    /// Fault E1: a producer of events of long ago is remembered, and one of events to come is not remembered for ever.
    #[test]
    fn a_producer_lives_by_when_it_wrote_not_by_its_records_times_alone() {
        let (now, expiration_ms) = (Timestamp(1_000_000), 500);
        for (written, alive_until) in [(1, 250), (now.0 - 100, 400), (now.0 + 900, 500)] {
            let mut state = ProducerState::starting_at(Offset(0));
            state.set_time(now, expiration_ms);
            append(&mut state, BatchHeader { max_timestamp: Timestamp(written), ..batch(0, 0, 0, 1) }).expect("new");
            state.expire(Timestamp(now.0 + alive_until - 1), expiration_ms);
            assert_eq!(state.producers().len(), 1, "written at {written}");
            state.expire(Timestamp(now.0 + alive_until), expiration_ms);
            assert_eq!(state.producers().len(), 0, "written at {written}");
        }
    }

    #[test]
    fn the_first_unstable_offset_waits_for_the_end_and_for_its_replication() {
        let mut state = ProducerState::starting_at(Offset(0));
        append(&mut state, transactional(batch(0, 0, 0, 2))).expect("new");
        append(&mut state, of(transactional(batch(0, 0, 2, 2)), 8)).expect("new");
        assert_eq!(state.first_unstable_offset(), Some(Offset(0)));
        let mixed = append(&mut state, batch(0, 2, 4, 1));
        assert!(matches!(mixed, Err(ProducerError::InvalidTxnState { .. })));

        let marker = EndMarker { is_abort: true, coordinator_epoch: 5 };
        let (_, completed) = append_as(&mut state, end(4, 0), Some(marker), Origin::Coordinator).expect("ended");
        let aborted =
            CompletedTxn { producer_id: ID, first_offset: Offset(0), last_offset: Offset(4), is_aborted: true };
        assert_eq!(completed, [(aborted, Offset(2))], "the other transaction holds the stable offset back");
        assert_eq!(state.first_unstable_offset(), Some(Offset(0)), "the marker is not replicated");
        state.on_high_watermark(Offset(4));
        assert_eq!(state.first_unstable_offset(), Some(Offset(0)), "the marker is at the high watermark, not below");
        state.on_high_watermark(Offset(5));
        assert_eq!(state.first_unstable_offset(), Some(Offset(2)));

        let zombie = EndMarker { is_abort: false, coordinator_epoch: 4 };
        let fenced = append_as(&mut state, end(5, 0), Some(zombie), Origin::Coordinator);
        assert!(matches!(fenced, Err(ProducerError::CoordinatorFenced { current: 5, .. })));
    }

    #[test]
    fn a_marker_without_records_completes_nothing_but_its_epoch_counts() {
        let mut state = filled(1);
        let marker = EndMarker { is_abort: false, coordinator_epoch: 0 };
        let (_, completed) = append_as(&mut state, end(10, 1), Some(marker), Origin::Coordinator).expect("ended");
        assert!(completed.is_empty());
        assert!(matches!(append(&mut state, batch(0, 10, 11, 1)), Err(ProducerError::InvalidEpoch { .. })));
        append(&mut state, batch(1, 0, 11, 1)).expect("the new epoch starts at 0");
    }
}
