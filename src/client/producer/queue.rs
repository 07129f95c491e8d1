//! The batches of one partition: the one that grows, those that wait, and the sequence numbers.
//!
//! Invariants: batches leave in the order in which they were begun; after a failure nothing of the partition is sent until
//! all of it that is under way has come back, so that a batch is never sent before one that it follows; a batch whose fate
//! is unknown keeps its sequence number, so that the broker recognises it; once such a batch is given up its number is never
//! used for another one, and the partition goes on under a new epoch.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::batch::{Batch, NewBatch};
use super::delivery::{Callback, Delivery};
use super::identity::Stamp;
use super::inbox::Inbox;
use super::incomplete::Incomplete;
use super::settings::Settings;
use crate::model::TopicPartition;
use crate::record::{NewRecord, decrement_sequence, increment_sequence};

/// Batches of one partition that may be under way with idempotence: as many as the broker remembers.
const IN_FLIGHT_IDEMPOTENT_MAX: u32 = 5;

/// The queue of one partition.
pub(super) struct PartitionQueue {
    pub(super) partition: TopicPartition,
    state: Mutex<QueueState>,
    /// Batches that wait, for the choice of a partition.
    load: AtomicU64,
}

pub(super) struct QueueState {
    open: Option<Batch>,
    sealed: VecDeque<Batch>,
    retry: VecDeque<Batch>,
    in_flight: u32,
    next_order: u64,
    stamp: Option<Stamp>,
    next_sequence: i32,
    /// The sequence number behind the last batch that is known to be written.
    acked_sequence: i32,
    /// The broker does not know this partition's sequence any more: begin anew, also for batches that were sent.
    rewrite: bool,
    /// The batch under way is one that the broker has: nothing else goes out until it is acknowledged, or the broker would
    /// forget it behind younger ones.
    resolving: bool,
    /// A batch was given up that may be written: begin anew once those that were sent behind it are resolved.
    unsure: bool,
    /// Who has this queue on its list; they are told of new batches.
    home: Option<Arc<Inbox>>,
    listed: bool,
}

/// What a caller who appends learns.
pub(super) enum Appended {
    /// The record has its place. Where the inbox is given, its owner must be woken.
    Done(Delivery, Option<Wake>),
    /// A new batch is needed, and memory for it.
    NeedsBatch(Option<Callback>),
}

/// Whom to tell after an append.
pub(super) enum Wake {
    /// The queue has to be put on a list.
    List(Option<Arc<Inbox>>),
    /// Its owner has something to do.
    Owner(Arc<Inbox>),
}

/// What a sender may do with a queue now.
pub(super) enum Next {
    /// Send this batch.
    Send(Box<Batch>),
    /// Come back at this time, or when something has happened.
    Wait(Option<Duration>),
    /// Nothing is left; the queue was taken off the list.
    Idle,
}

/// What a decision depends on beside the queue.
pub(super) struct Moment<'a> {
    pub(super) settings: &'a Settings,
    pub(super) now: Duration,
    /// Batches go out although they are neither full nor old: a flush, a close, or a caller who waits for memory.
    pub(super) urgent: Urgency,
    /// The producer's stamp; `None` without idempotence, or while there is none yet.
    pub(super) stamp: Option<Stamp>,
    /// How far records of this topic shrink.
    pub(super) ratio: f32,
}

/// Whether a batch that grows may go on growing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Urgency {
    Lingers,
    Now,
}

impl PartitionQueue {
    pub(super) fn new(partition: TopicPartition) -> Arc<PartitionQueue> {
        let state = QueueState {
            open: None,
            sealed: VecDeque::new(),
            retry: VecDeque::new(),
            in_flight: 0,
            next_order: 0,
            stamp: None,
            next_sequence: 0,
            acked_sequence: 0,
            rewrite: false,
            resolving: false,
            unsure: false,
            home: None,
            listed: false,
        };
        Arc::new(PartitionQueue { partition, state: Mutex::new(state), load: AtomicU64::new(0) })
    }

    /// Batches that wait.
    pub(super) fn load(&self) -> u64 {
        self.load.load(Ordering::Relaxed)
    }

    /// Adds a record to the batch that grows. `memory` is what a new batch may take where there must be one.
    pub(super) fn append(
        &self,
        record: NewRecord<'_>,
        callback: Option<Callback>,
        settings: &Settings,
        ratio: f32,
        new: Option<NewBatchRoom>,
    ) -> (Appended, Option<NewBatchRoom>) {
        let mut state = self.state();
        if let Some(open) = &mut state.open {
            if open.has_room(record, settings.batch_size, ratio) {
                return (Appended::Done(open.append(record, callback), None), new);
            }
            let full = state.open.take().expect("just seen");
            state.sealed.push_back(full);
        }
        let Some(room) = new else {
            // Sealing the batch before may be news for the sender; whoever gets the memory tells it.
            return (Appended::NeedsBatch(callback), None);
        };
        let order = state.next_order;
        state.next_order += 1;
        let mut batch = Batch::new(NewBatch {
            partition: self.partition.clone(),
            compression: settings.compression,
            capacity: room.memory,
            memory: room.memory,
            order,
            created: room.now,
        });
        let delivery = batch.append(record, callback);
        room.incomplete.add(&batch.outcome);
        state.open = Some(batch);
        self.load.fetch_add(1, Ordering::Relaxed);
        let wake = if state.listed {
            state.home.clone().map(Wake::Owner)
        } else {
            state.listed = true;
            Some(Wake::List(state.home.clone()))
        };
        (Appended::Done(delivery, wake), None)
    }

    /// Remembers who has the queue on its list.
    pub(super) fn set_home(&self, home: &Arc<Inbox>) {
        self.state().home = Some(Arc::clone(home));
    }

    /// Decides what may be sent now. A batch that is given out is under way.
    pub(super) fn next(&self, moment: &Moment<'_>) -> Next {
        let mut state = self.state();
        if state.is_empty() && state.in_flight == 0 {
            state.listed = false;
            return Next::Idle;
        }
        let next = state.decide(moment);
        if matches!(next, Next::Send(_)) {
            self.load.fetch_sub(1, Ordering::Relaxed);
        }
        next
    }

    /// Takes out the batches whose time for delivery is over, in order. Those under way are judged when they come back.
    pub(super) fn expire(&self, now: Duration, delivery_timeout: Duration) -> Vec<Batch> {
        let mut state = self.state();
        let late = |batch: &Batch| now.saturating_sub(batch.created) >= delivery_timeout;
        let mut expired = Vec::new();
        while state.retry.front().is_some_and(late) {
            expired.extend(state.retry.pop_front());
        }
        if state.retry.is_empty() {
            while state.sealed.front().is_some_and(late) {
                expired.extend(state.sealed.pop_front());
            }
            if state.sealed.is_empty() && state.open.as_ref().is_some_and(late) {
                expired.extend(state.open.take());
            }
        }
        self.load.fetch_sub(expired.len() as u64, Ordering::Relaxed);
        if expired.iter().any(|batch| batch.attempts > 0 && batch.stamp.is_some()) {
            state.unsure = true;
        }
        expired
    }

    /// Takes out everything that is not under way: the producer ends.
    pub(super) fn drain(&self) -> Vec<Batch> {
        let mut state = self.state();
        let mut all: Vec<Batch> = state.retry.drain(..).collect();
        all.extend(state.sealed.drain(..));
        all.extend(state.open.take());
        self.load.store(0, Ordering::Relaxed);
        all
    }

    /// A batch came back written.
    pub(super) fn written(&self, batch: &Batch) {
        let mut state = self.state();
        state.in_flight -= 1;
        if let Some((_, sequence)) = batch.stamp.filter(|(stamp, _)| state.stamp == Some(*stamp)) {
            let behind = increment_sequence(sequence, i32::try_from(batch.count()).unwrap_or(i32::MAX));
            // Never back: a number that is used twice makes the broker take a new batch for an old one.
            if is_behind(behind, state.acked_sequence) {
                state.acked_sequence = behind;
            }
        }
    }

    /// A batch came back and is given up.
    pub(super) fn failed(&self, sequence: Sequence) {
        let mut state = self.state();
        state.in_flight -= 1;
        state.note(sequence);
    }

    /// A batch came back and is to be sent again, or its parts are.
    pub(super) fn again(&self, batches: Vec<Batch>, sequence: Sequence) {
        let mut state = self.state();
        state.in_flight -= 1;
        state.note(sequence);
        self.load.fetch_add(batches.len() as u64, Ordering::Relaxed);
        for batch in batches {
            let place = state.retry.partition_point(|known| known.order <= batch.order);
            state.retry.insert(place, batch);
        }
    }

    /// Whether no batch before the one with this number will come any more: then its refusal as out of order means that the
    /// two ends do not count alike.
    pub(super) fn is_next_expected(&self, sequence: i32) -> bool {
        let state = self.state();
        state.unsure || state.acked_sequence == sequence
    }

    /// Takes the queue off the list it is on where nothing is left in it; tells whether it did.
    pub(super) fn delist_if_idle(&self) -> bool {
        let mut state = self.state();
        let idle = state.is_empty() && state.in_flight == 0;
        state.listed &= !idle;
        idle
    }

    /// Whether nothing is under way, so that another broker may take over.
    pub(super) fn is_at_rest(&self) -> bool {
        self.state().in_flight == 0
    }

    fn state(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the sequence numbers of a partition still mean the same to both ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sequence {
    /// They do.
    Intact,
    /// A batch is given up that the broker may have.
    Unsure,
    /// The broker lost count.
    Broken,
}

/// Memory for a batch, and the list of batches without a result that it goes on.
pub(super) struct NewBatchRoom {
    pub(super) memory: usize,
    pub(super) now: Duration,
    pub(super) incomplete: Arc<Incomplete>,
}

impl QueueState {
    fn is_empty(&self) -> bool {
        self.open.is_none() && self.sealed.is_empty() && self.retry.is_empty()
    }

    fn note(&mut self, sequence: Sequence) {
        match sequence {
            Sequence::Intact => {}
            Sequence::Unsure => self.unsure = true,
            Sequence::Broken => self.rewrite = true,
        }
    }

    fn decide(&mut self, moment: &Moment<'_>) -> Next {
        if moment.settings.idempotent && !self.take_stamp(moment.stamp) {
            return Next::Wait(None);
        }
        let in_flight_max = if moment.settings.idempotent { IN_FLIGHT_IDEMPOTENT_MAX } else { u32::MAX };
        let ordered = self.resolving || !self.retry.is_empty();
        if self.in_flight >= in_flight_max || (self.in_flight > 0 && ordered) {
            return Next::Wait(None);
        }
        if let Some(first) = self.retry.front() {
            if first.retry_at > moment.now {
                return Next::Wait(Some(first.retry_at));
            }
            let first = self.retry.pop_front().expect("just seen");
            return self.send(first);
        }
        if let Some(first) = self.sealed.pop_front() {
            return self.send(first);
        }
        let Some(open) = &self.open else { return Next::Wait(None) };
        let due = open.created.saturating_add(moment.settings.linger);
        let full = open.size(moment.ratio) >= moment.settings.batch_size;
        if moment.urgent == Urgency::Lingers && due > moment.now && !full {
            return Next::Wait(Some(due));
        }
        let open = self.open.take().expect("just seen");
        self.send(open)
    }

    /// Makes sure that the queue's sequence belongs to the producer's stamp; false while it must wait for that.
    fn take_stamp(&mut self, current: Option<Stamp>) -> bool {
        let Some(current) = current else { return false };
        if self.stamp == Some(current) {
            // Where it is broken, the epoch is about to be raised.
            return !self.rewrite && !self.unsure;
        }
        if self.in_flight > 0 {
            return false;
        }
        if !self.rewrite && self.retry.front().is_some_and(|first| self.is_known(first)) {
            // It may be written already: it is sent again under the stamp and the number that the broker knows it by.
            return true;
        }
        self.stamp = Some(current);
        self.next_sequence = 0;
        self.acked_sequence = 0;
        self.rewrite = false;
        self.unsure = false;
        true
    }

    /// Whether the broker may know a batch by the stamp of this queue.
    fn is_known(&self, batch: &Batch) -> bool {
        batch.stamp.is_some_and(|(stamp, _)| self.stamp == Some(stamp))
    }

    /// Whether a batch is sent again under its own number. One behind which others were acknowledged is written itself, so the
    /// broker knows it by that; any other follows what is acknowledged, since a batch before it may have been refused.
    fn keeps_number(&self, batch: &Batch) -> bool {
        let known = batch.stamp.filter(|(stamp, _)| self.stamp == Some(*stamp));
        known.is_some_and(|(_, sequence)| self.unsure || is_behind(self.acked_sequence, sequence))
    }

    fn send(&mut self, mut batch: Batch) -> Next {
        if let Some(stamp) = self.stamp {
            if self.in_flight == 0 {
                self.next_sequence = self.acked_sequence;
            }
            self.resolving = self.keeps_number(&batch);
            if !self.resolving {
                batch.stamp = Some((stamp, self.next_sequence));
                let count = i32::try_from(batch.count()).unwrap_or(i32::MAX);
                self.next_sequence = increment_sequence(self.next_sequence, count);
            }
        }
        self.in_flight += 1;
        batch.attempts += 1;
        Next::Send(Box::new(batch))
    }
}

/// Whether a sequence number comes after another one; they begin again at 0.
fn is_behind(sequence: i32, other: i32) -> bool {
    (1..i32::MAX / 2).contains(&decrement_sequence(sequence, other))
}
