//! One replica of a partition: who leads it, how far it is committed, and what may be appended and read.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use tokio::sync::oneshot;

use super::error::ReplicaError;
use super::isr::{FollowerFetch, Isr};
use super::pending::{AppendQueue, Event, Parked, Turn, Watchers};
use super::rules::AppendRules;
use crate::io::spawn;
use crate::log::{AbortedTxn, Append, Appended, EpochEnd, Log, LogError, MinOne, Origin, Read};
use crate::metadata::PartitionState;
use crate::model::{ErrorCode, LeaderEpoch, NodeId, Offset, Timestamp, TopicPartition, TopicPartitionId, Uuid};
use crate::protocol::Records;
use crate::record;

/// How many times the holder of the append queue writes for others before it hands the rest to a task of its own.
const ROUNDS_MAX: usize = 4;

/// A replica on this broker.
#[derive(Debug)]
pub struct Partition {
    name: TopicPartition,
    topic_id: Uuid,
    node: NodeId,
    log: Arc<Log>,
    role: RwLock<Role>,
    high_watermark: AtomicI64,
    rules: ArcSwap<AppendRules>,
    appends: AppendQueue<Append, Result<Appended, LogError>>,
    parked: Parked,
    watchers: Watchers,
}

/// What the image says of the partition, and what this broker is in it.
#[derive(Debug, Clone, Default)]
pub struct Role {
    /// The leader; `NodeId::NONE` while there is none.
    pub leader: NodeId,
    /// Counts the leaders.
    pub leader_epoch: LeaderEpoch,
    /// Counts the changes of the state.
    pub partition_epoch: i32,
    /// Who is in sync.
    pub isr: Isr,
    /// Whether the partition was deleted or closed: nothing more is served.
    pub is_closed: bool,
}

/// How far a consumer may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isolation {
    /// What every in-sync replica has.
    HighWatermark,
    /// What no open transaction precedes (read_committed).
    Committed,
}

/// What a fetch asks of one partition.
#[derive(Debug, Clone, Copy)]
pub struct FetchRead {
    /// The first offset wanted.
    pub offset: Offset,
    /// The epoch that the client believes is current; none for old clients.
    pub current_leader_epoch: LeaderEpoch,
    /// The epoch of the last record that the client has, to detect that its log diverged (KIP-595).
    pub last_fetched_epoch: LeaderEpoch,
    /// At most so many bytes...
    pub max_bytes: usize,
    /// ...but a first batch that is larger is given whole where this says so.
    pub min_one: MinOne,
    /// Who reads.
    pub reader: Reader,
}

/// Who reads, which says how far it may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// A consumer.
    Consumer(Isolation),
    /// A follower, which sees everything and whose progress moves the high watermark.
    Follower {
        /// The broker that follows.
        node: NodeId,
        /// Where its log starts.
        log_start_offset: Offset,
    },
}

/// What a fetch finds.
#[derive(Debug, Clone)]
pub struct FetchFound {
    /// The records: a range of a file.
    pub records: Records,
    /// The aborted transactions among them, for a reader of committed records.
    pub aborted: Option<Vec<AbortedTxn>>,
    /// Where the partition stands.
    pub bounds: Bounds,
    /// Where the reader's log left ours, when it did; there are no records then.
    pub diverging: Option<EpochEnd>,
}

/// The offsets that delimit a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The first offset that can be read.
    pub log_start_offset: Offset,
    /// What every in-sync replica has ends here.
    pub high_watermark: Offset,
    /// What no open transaction precedes ends here.
    pub last_stable_offset: Offset,
    /// The next offset that will be given.
    pub log_end_offset: Offset,
}

/// Who has the answer to an append.
#[derive(Debug)]
pub enum Appending {
    /// The append is done.
    Done(Result<Appended, LogError>),
    /// Another append holds the partition and writes this one with its own; the result comes here.
    Queued(oneshot::Receiver<Result<Appended, LogError>>),
}

impl Appending {
    /// The result, once it is there.
    pub async fn result(self) -> Result<Appended, LogError> {
        match self {
            Appending::Done(result) => result,
            // The sender only goes away with the process.
            Appending::Queued(receiver) => receiver.await.unwrap_or_else(|_| std::process::abort()),
        }
    }
}

/// Whether produce requests wait for the high watermark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acks {
    /// `acks=0` and `acks=1`: the leader's log is enough.
    Leader,
    /// `acks=all`: every in-sync replica must have it.
    All,
}

impl Partition {
    /// A replica over `log` that does not know its role yet. `high_watermark` is what the checkpoint remembers.
    #[must_use]
    pub fn new(node: NodeId, id: TopicPartitionId, log: Arc<Log>, checkpoint: Offset, rules: AppendRules) -> Partition {
        let start = log.log_start_offset();
        let high_watermark = checkpoint.clamp(start, log.log_end_offset().max(start));
        Partition {
            name: log.topic_partition().clone(),
            topic_id: id.topic_id,
            node,
            role: RwLock::default(),
            high_watermark: AtomicI64::new(high_watermark.0),
            rules: ArcSwap::from_pointee(rules),
            appends: AppendQueue::default(),
            parked: Parked::default(),
            watchers: Watchers::default(),
            log,
        }
    }

    /// The partition by name.
    #[must_use]
    pub fn name(&self) -> &TopicPartition {
        &self.name
    }

    /// The partition by topic id.
    #[must_use]
    pub fn id(&self) -> TopicPartitionId {
        TopicPartitionId { topic_id: self.topic_id, partition: self.name.partition }
    }

    /// The partition's log.
    #[must_use]
    pub fn log(&self) -> &Arc<Log> {
        &self.log
    }

    /// Who watches for new records.
    #[must_use]
    pub fn watchers(&self) -> &Watchers {
        &self.watchers
    }

    /// What the image says of the partition.
    #[must_use]
    pub fn role(&self) -> Role {
        self.read_role().clone()
    }

    /// What every in-sync replica has ends here.
    #[must_use]
    pub fn high_watermark(&self) -> Offset {
        Offset(self.high_watermark.load(Ordering::Acquire))
    }

    /// The topic's properties changed.
    pub fn set_rules(&self, rules: AppendRules) {
        self.rules.store(Arc::new(rules));
    }

    /// The image has a newer state of the partition: it is led here or elsewhere from now on.
    ///
    /// # Errors
    /// The new leader epoch cannot be written beside the log.
    pub fn turn(&self, state: &PartitionState, now: Duration) -> Result<(), ReplicaError> {
        let turned = {
            let mut role = self.role.write().unwrap_or_else(PoisonError::into_inner);
            let turned = role.leader != state.leader || role.leader_epoch != state.leader_epoch;
            if turned && state.leader == self.node {
                self.log.assign_leader_epoch(state.leader_epoch)?;
            }
            role.leader = state.leader;
            role.leader_epoch = state.leader_epoch;
            role.partition_epoch = state.partition_epoch;
            role.isr.turn(&state.isr, &state.replicas, self.node, now);
            turned
        };
        if turned {
            self.parked.fail(ErrorCode::NOT_LEADER_OR_FOLLOWER);
            self.watchers.mark(Event::Turned);
        }
        self.advance_high_watermark(0);
        Ok(())
    }

    /// The partition leaves this broker: whoever waits is told.
    pub fn close(&self) {
        self.role.write().unwrap_or_else(PoisonError::into_inner).is_closed = true;
        self.parked.fail(ErrorCode::NOT_LEADER_OR_FOLLOWER);
        self.watchers.mark(Event::Turned);
    }

    /// Checks and appends the records of a produce request, as leader.
    ///
    /// # Errors
    /// The partition is led elsewhere, too few replicas are in sync for `acks=all`, or the records break a rule. What the log
    /// itself refuses comes with the result of the append.
    pub fn produce(
        self: &Arc<Self>,
        records: &Bytes,
        produce: Produce,
        now: Timestamp,
    ) -> Result<Appending, ReplicaError> {
        let rules = self.rules.load();
        let leader_epoch = {
            let role = self.led(LeaderEpoch::NONE)?;
            let in_sync = role.isr.members.len();
            if produce.acks == Acks::All && in_sync < rules.min_insync_replicas {
                return Err(ReplicaError::NotEnoughReplicas { in_sync, wanted: rules.min_insync_replicas });
            }
            role.leader_epoch
        };
        let batch = record::validate(records, &rules.of_produce(&self.name, produce.version), now)?;
        Ok(self.append(Append::Lead { batch, leader_epoch, origin: Origin::Client }, now))
    }

    /// Appends a batch that a coordinator of this broker wrote while it led in `leader_epoch`.
    ///
    /// # Errors
    /// The partition is led elsewhere or in another epoch, or the batch breaks a rule.
    pub fn append_as_coordinator(
        self: &Arc<Self>,
        records: &Bytes,
        leader_epoch: LeaderEpoch,
        now: Timestamp,
    ) -> Result<Appending, ReplicaError> {
        let rules = self.rules.load();
        drop(self.led(leader_epoch)?);
        let batch = record::validate(records, &rules.of_coordinator(&self.name), now)?;
        Ok(self.append(Append::Lead { batch, leader_epoch, origin: Origin::Coordinator }, now))
    }

    fn append(self: &Arc<Self>, append: Append, now: Timestamp) -> Appending {
        let append = match self.appends.enter(append) {
            Turn::Queued(receiver) => return Appending::Queued(receiver),
            Turn::Mine(append) => append,
        };
        let result = self.write(&[append], now).pop().expect("each append has its result");
        for _ in 0..ROUNDS_MAX {
            if !self.write_queued(now) {
                return Appending::Done(result);
            }
        }
        // Others keep this partition busy; the connection that holds it must not serve them for ever.
        let partition = Arc::clone(self);
        spawn::spawn(async move {
            while partition.write_queued(now) {
                tokio::task::yield_now().await;
            }
        });
        Appending::Done(result)
    }

    /// Writes what was queued meanwhile, in one write; false when nothing was and the partition is free again.
    fn write_queued(&self, now: Timestamp) -> bool {
        let Some(queued) = self.appends.next() else { return false };
        let (appends, results): (Vec<_>, Vec<_>) = queued.into_iter().map(|one| (one.item, one.result)).unzip();
        for (result, waiting) in self.write(&appends, now).into_iter().zip(results) {
            // A connection that ended waits for nothing.
            let _ = waiting.send(result);
        }
        true
    }

    fn write(&self, appends: &[Append], now: Timestamp) -> Vec<Result<Appended, LogError>> {
        let results = self.log.append(appends, now);
        let bytes: u64 = results.iter().flatten().map(|appended| appended.size).sum();
        self.advance_high_watermark(usize::try_from(bytes).unwrap_or(usize::MAX));
        results
    }

    /// Moves the high watermark to where the ISR is, never back, and tells who waits. `bytes` were appended just now.
    fn advance_high_watermark(&self, bytes: usize) {
        let target = {
            let role = self.read_role();
            if role.leader != self.node {
                return;
            }
            role.isr.high_watermark(self.node, self.log.log_end_offset())
        };
        let before = self.high_watermark.fetch_max(target.0, Ordering::AcqRel);
        if before < target.0 {
            self.log.on_high_watermark(target);
            self.parked.advance(target, ErrorCode::NONE);
            self.watchers.mark(Event::Readable(bytes));
        }
    }

    /// Waits until every in-sync replica has everything before `end`; `None` when that is so already.
    #[must_use]
    pub fn wait_committed(&self, end: Offset) -> Option<oneshot::Receiver<ErrorCode>> {
        if self.high_watermark() >= end {
            return None;
        }
        let receiver = self.parked.park(end);
        // It may have moved between the look and the parking.
        self.parked.advance(self.high_watermark(), ErrorCode::NONE);
        Some(receiver)
    }

    /// Where the partition stands.
    #[must_use]
    pub fn bounds(&self) -> Bounds {
        let high_watermark = self.high_watermark();
        let log_start_offset = self.log.log_start_offset();
        Bounds {
            log_start_offset,
            high_watermark: high_watermark.max(log_start_offset),
            last_stable_offset: self.log.last_stable_offset(high_watermark),
            log_end_offset: self.log.log_end_offset(),
        }
    }

    /// Reads for a fetch, as leader. No record is touched: the result names a range of a file.
    ///
    /// # Errors
    /// The partition is led elsewhere or by another epoch, or the offset is outside the log.
    pub fn fetch(&self, read: FetchRead, now: Duration) -> Result<FetchFound, ReplicaError> {
        self.admit(read)?;
        let bounds = self.bounds();
        if let Some(diverging) = self.diverging(read, bounds)? {
            return Ok(FetchFound { records: Records::new(), aborted: None, bounds, diverging: Some(diverging) });
        }
        if read.offset < bounds.log_start_offset || read.offset > bounds.log_end_offset {
            return Err(ReplicaError::OffsetOutOfRange { offset: read.offset, bounds });
        }
        let upper_bound = match read.reader {
            Reader::Follower { .. } => bounds.log_end_offset,
            Reader::Consumer(Isolation::HighWatermark) => bounds.high_watermark,
            Reader::Consumer(Isolation::Committed) => bounds.last_stable_offset,
        };
        let wanted = Read { offset: read.offset, max_bytes: read.max_bytes, upper_bound, min_one: read.min_one };
        let found = self.log.read(&wanted)?;
        let aborted = match read.reader {
            Reader::Consumer(Isolation::Committed) => Some(self.log.aborted_transactions(&wanted, &found)?),
            _ => None,
        };
        if let Reader::Follower { node, log_start_offset } = read.reader {
            self.note_follower(node, FollowerFetch { offset: read.offset, log_start_offset }, now);
        }
        Ok(FetchFound { records: found.records, aborted, bounds, diverging: None })
    }

    /// Whether this broker leads, in the client's epoch, and whether a follower is one of the replicas.
    fn admit(&self, read: FetchRead) -> Result<(), ReplicaError> {
        let role = self.led(read.current_leader_epoch)?;
        match read.reader {
            Reader::Follower { node, .. } if !role.isr.followers.contains_key(&node) => {
                Err(ReplicaError::NotLeader { leader: role.leader })
            }
            _ => Ok(()),
        }
    }

    fn note_follower(&self, node: NodeId, fetch: FollowerFetch, now: Duration) {
        let end = self.log.log_end_offset();
        {
            let mut role = self.role.write().unwrap_or_else(PoisonError::into_inner);
            if let Some(follower) = role.isr.followers.get_mut(&node) {
                follower.fetched(fetch, end, now);
            }
        }
        self.advance_high_watermark(0);
    }

    /// Where the reader's last record stops being ours (KIP-595): its epoch ended here before the offset it has. An epoch that
    /// this log never had, or an offset before its start, leaves nothing to go back to.
    fn diverging(&self, read: FetchRead, bounds: Bounds) -> Result<Option<EpochEnd>, ReplicaError> {
        if !read.last_fetched_epoch.is_some() {
            return Ok(None);
        }
        let end = self.log.end_offset_for_epoch(read.last_fetched_epoch);
        let out_of_range = ReplicaError::OffsetOutOfRange { offset: read.offset, bounds };
        let end = end.filter(|_| read.offset >= bounds.log_start_offset).ok_or(out_of_range)?;
        let diverges = end.epoch < read.last_fetched_epoch || end.end_offset < read.offset;
        Ok(diverges.then_some(end))
    }

    /// Where an epoch ends in this log, as OffsetForLeaderEpoch asks.
    ///
    /// # Errors
    /// The partition is led elsewhere or by another epoch.
    pub fn end_offset_for_epoch(
        &self,
        current: LeaderEpoch,
        wanted: LeaderEpoch,
    ) -> Result<Option<EpochEnd>, ReplicaError> {
        drop(self.led(current)?);
        Ok(self.log.end_offset_for_epoch(wanted))
    }

    /// The current leader epoch, when this broker leads and the client's epoch is the current one.
    ///
    /// # Errors
    /// The partition is led elsewhere or by another epoch.
    pub fn leader_epoch(&self, current: LeaderEpoch) -> Result<LeaderEpoch, ReplicaError> {
        self.led(current).map(|role| role.leader_epoch)
    }

    /// The role, when this broker leads; a client that names an epoch must name the current one (KIP-320).
    fn led(&self, current: LeaderEpoch) -> Result<RwLockReadGuard<'_, Role>, ReplicaError> {
        let role = self.read_role();
        if current.is_some() {
            if current < role.leader_epoch {
                return Err(ReplicaError::FencedLeaderEpoch { theirs: current, ours: role.leader_epoch });
            }
            if current > role.leader_epoch {
                return Err(ReplicaError::UnknownLeaderEpoch { theirs: current, ours: role.leader_epoch });
            }
        }
        if role.leader != self.node || role.is_closed {
            return Err(ReplicaError::NotLeader { leader: role.leader });
        }
        Ok(role)
    }

    fn read_role(&self) -> RwLockReadGuard<'_, Role> {
        self.role.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a produce request says of its records.
#[derive(Debug, Clone, Copy)]
pub struct Produce {
    /// The version of the request: zstd needs 7.
    pub version: i16,
    /// Whom it waits for.
    pub acks: Acks,
}
