//! The engine of a quorum of one: it leads from its start on, and what it has forced to the disk is committed.
//!
//! It keeps to the files and the order of an engine with several voters, which can take over from it: each start is a new term,
//! noted before the first entry of the term is written; a proposal is one batch; the vote is noted beside the log.
//!
//! Kafka writes a record without content every 500 ms, so that followers and brokers see the log move and can tell how far they
//! are behind. A quorum of one has nobody to tell, and an idle node need not write to its disk: none are written.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::batch::{self, Content, Entry, Stamp};
use super::consensus_state::Base;
use super::control;
use super::error::QuorumError;
use super::service::{Options, PROPOSALS_MAX, Quorum, Shared};
use super::state_machine::StateMachine;
use super::store::{Loaded, Store};
use super::types::{Description, Leadership, LogLimits, Proposal, ReplicaState, Voter, VoterSource};
use crate::io::clock::Clock;
use crate::io::spawn::BlockingPool;
use crate::metadata::{METADATA_VERSION_LATEST, Publisher, supported};
use crate::model::{LeaderEpoch, NodeId, Timestamp, Uuid};

/// How many proposals are forced to the disk at once.
const PROPOSALS_PER_WRITE_MAX: usize = 64;

/// The engine of a quorum of one.
pub(super) struct Single {
    store: Arc<Store>,
    state: StateMachine,
    shared: Arc<Shared>,
    proposals: mpsc::Receiver<Proposal>,
    epoch: LeaderEpoch,
    /// The time of the last write; each write has a later one.
    last_write: Timestamp,
    clock: Arc<dyn Clock>,
    limits: LogLimits,
    bytes_since_snapshot: u64,
    last_snapshot: Duration,
    /// Blocking work: one thread, so that writes of the log stay in order.
    disk_thread: BlockingPool,
    snapshot_thread: BlockingPool,
    /// The snapshot that is being written while the log goes on.
    snapshot: Option<Snapshotting>,
}

type Snapshotting = Pin<Box<dyn Future<Output = Result<Base, QuorumError>> + Send>>;

/// A quorum of one, loaded and leading, and the engine that has to be run for it.
pub(super) fn start(options: &Options) -> Result<(Quorum, Single), QuorumError> {
    let (store, loaded) = Store::open(options)?;
    let Loaded { mut state, epoch, bytes_since_snapshot, base } = loaded;
    refuse_other_voters(options, &store, &state)?;
    if let Some(reason) = supported::unsupported(state.image().features()) {
        return Err(QuorumError::Newer { path: store.directory().to_owned(), reason });
    }
    let epoch = LeaderEpoch(epoch.0.saturating_add(1));
    let took_over_transaction = state.is_in_transaction();
    let last_write = lead(options, &store, &mut state, (epoch, base))?;
    let leadership =
        Leadership { leader: options.node_id, epoch, first_offset: state.next_offset(), took_over_transaction };
    let (sender, proposals) = mpsc::channel(PROPOSALS_MAX);
    let shared = Arc::new(Shared {
        proposals: sender,
        leadership: watch::Sender::new(leadership),
        committed: watch::Sender::new(state.next_offset()),
        description: watch::Sender::new(describe(options.node_id, options.directory_id, leadership, &state)),
        failure: watch::Sender::new(None),
        publisher: Publisher::new(state.image().clone()),
    });
    let engine = Single {
        store: Arc::new(store),
        state,
        shared: shared.clone(),
        proposals,
        epoch,
        last_write,
        clock: options.clock.clone(),
        limits: options.limits,
        bytes_since_snapshot,
        last_snapshot: options.clock.elapsed(),
        disk_thread: BlockingPool::new(1),
        snapshot_thread: BlockingPool::new(1),
        snapshot: None,
    };
    Ok((Quorum { shared }, engine))
}

/// Who votes, by the log where it says so, else by the configuration, has to be this node alone.
fn refuse_other_voters(options: &Options, store: &Store, state: &StateMachine) -> Result<(), QuorumError> {
    let voters = match (&state.voters, &options.voters) {
        (Some(voters), _) => voters.clone(),
        (None, VoterSource::Static(ids)) => {
            let voter = |id: &NodeId| Voter { id: *id, directory_id: Uuid::ZERO, endpoints: Vec::new() };
            ids.iter().map(voter).collect()
        }
        (None, VoterSource::Log { .. }) => return Ok(()),
    };
    let is_this = |voter: &Voter| {
        let same_disk = voter.directory_id.is_zero() || voter.directory_id == options.directory_id;
        voter.id == options.node_id && same_disk
    };
    match voters.as_slice() {
        [only] if is_this(only) => Ok(()),
        _ => Err(QuorumError::OtherVoters {
            path: store.directory().to_owned(),
            voters,
            node: options.node_id,
            directory_id: options.directory_id,
        }),
    }
}

/// Begins this node's term: noted first, then the leader change as the first entry of the term.
fn lead(
    options: &Options,
    store: &Store,
    state: &mut StateMachine,
    (epoch, base): (LeaderEpoch, Base),
) -> Result<Timestamp, QuorumError> {
    store.begin_epoch(epoch, base)?;
    let mut records = vec![control::leader_change(options.node_id, &[options.node_id])];
    // A new log says who votes; so does a log whose voters stand in the snapshot of a format step alone.
    let is_new = state.last.is_none();
    if let (VoterSource::Log { endpoints }, true) = (&options.voters, is_new) {
        let this = Voter { id: options.node_id, directory_id: options.directory_id, endpoints: endpoints.clone() };
        records.push(control::kraft_version(1));
        records.push(control::voters(state.voters.as_deref().unwrap_or(&[this])));
    }
    let now = later(options.clock.now(), state.last.map_or(Timestamp::NONE, |last| last.timestamp));
    let stamp = Stamp { base_offset: state.next_offset(), epoch, now };
    store.append(&[batch::of_control(stamp, &records)], now)?;
    let controls = records.iter().map(|record| control::read(record).expect("it was written just now"));
    let count = i64::try_from(records.len()).expect("there are few");
    let entry = Entry {
        base_offset: stamp.base_offset,
        last_offset: stamp.base_offset.plus(count - 1),
        epoch,
        timestamp: now,
        content: Content::Control(controls.collect()),
    };
    state.apply(&entry).expect("control records change no image");
    Ok(now)
}

fn later(now: Timestamp, last: Timestamp) -> Timestamp {
    now.max(Timestamp(last.0.saturating_add(1)))
}

fn describe(node_id: NodeId, directory_id: Uuid, leadership: Leadership, state: &StateMachine) -> Description {
    let voters = match &state.voters {
        Some(voters) => voters.clone(),
        // Static voters are not known by a directory.
        None => vec![Voter { id: node_id, directory_id: Uuid::ZERO, endpoints: Vec::new() }],
    };
    debug_assert!(voters.iter().all(|voter| voter.directory_id.is_zero() || voter.directory_id == directory_id));
    let replica =
        |voter| ReplicaState { voter, log_end_offset: state.next_offset(), last_fetch: None, last_caught_up: None };
    Description {
        leadership,
        high_watermark: state.next_offset(),
        voters: voters.into_iter().map(replica).collect(),
        kraft_version: state.kraft_version,
    }
}

impl Single {
    /// Commits proposals until the last handle of the quorum that could make any is gone, or the disk fails.
    pub(super) async fn run(mut self, stop: impl Future<Output = ()> + Send) {
        let _guard = FailureOfPanic(self.shared.clone());
        if let Err(error) = self.serve(stop).await {
            let reason = error.to_string();
            tracing::error!(error = %reason, "the metadata log is offline");
            self.shared.leadership.send_modify(|leadership| leadership.leader = NodeId::NONE);
            self.shared.failure.send_replace(Some(reason));
        }
    }

    async fn serve(&mut self, stop: impl Future<Output = ()> + Send) -> Result<(), QuorumError> {
        let mut stop = std::pin::pin!(stop);
        let mut waiting = Vec::with_capacity(PROPOSALS_PER_WRITE_MAX);
        loop {
            let snapshot_due = tokio::time::sleep(self.until_snapshot());
            tokio::select! {
                biased;
                count = self.proposals.recv_many(&mut waiting, PROPOSALS_PER_WRITE_MAX) => {
                    if count == 0 {
                        break;
                    }
                    self.commit(std::mem::take(&mut waiting)).await?;
                }
                () = &mut stop => break,
                written = written(&mut self.snapshot) => self.finish_snapshot(written?).await?,
                () = snapshot_due => {}
            }
            if self.is_snapshot_due() {
                self.begin_snapshot();
            }
        }
        if let Some(snapshot) = self.snapshot.take() {
            let base = snapshot.await?;
            self.finish_snapshot(base).await?;
        }
        self.close().await
    }

    /// Writes proposals, forces them to the disk, and then lets everybody see them.
    async fn commit(&mut self, proposals: Vec<Proposal>) -> Result<(), QuorumError> {
        let now = later(self.clock.now(), self.last_write);
        let mut entries = Vec::with_capacity(proposals.len());
        let mut batches = Vec::with_capacity(proposals.len());
        let mut state = self.state.clone();
        for proposal in proposals {
            self.check(&proposal, &state)?;
            let entry = self.entry(proposal, &state, now);
            let stamp = Stamp { base_offset: entry.base_offset, epoch: self.epoch, now };
            let Content::Records(records) = &entry.content else { unreachable!("proposals hold records") };
            // The level of before, because a reader of before has to understand the record that raises it.
            let level = state.image().features().metadata_version().unwrap_or(METADATA_VERSION_LATEST);
            batches.push(batch::of_records(stamp, records, level).map_err(|error| self.unwritable(&entry, &error))?);
            state.apply(&entry).map_err(|error| self.unwritable(&entry, &error))?;
            entries.push(entry);
        }
        let bytes: u64 = batches.iter().map(|batch| batch.len() as u64).sum();
        let store = self.store.clone();
        self.disk_thread.run(move || store.append(&batches, now)).await?;
        self.state = state;
        self.last_write = now;
        self.bytes_since_snapshot += bytes;
        self.show();
        Ok(())
    }

    /// A proposal that was made for another place in the log holds wrong broker epochs. The one proposer that there is knows every
    /// offset that it was given, so this is a fault of the program, and nothing after it can be trusted.
    fn check(&self, proposal: &Proposal, state: &StateMachine) -> Result<(), QuorumError> {
        let (proposed, here) = ((proposal.epoch, proposal.base_offset), (self.epoch, state.next_offset()));
        if proposed == here && !proposal.records.is_empty() {
            return Ok(());
        }
        let reason = format!(
            "a batch was proposed for offset {} in epoch {}, and the log is at offset {} in epoch {}",
            proposed.1, proposed.0, here.1, here.0
        );
        Err(QuorumError::Unusable { path: self.store.directory().to_owned(), reason })
    }

    fn entry(&self, proposal: Proposal, state: &StateMachine, now: Timestamp) -> Entry {
        let count = i64::try_from(proposal.records.len()).expect("a batch counts in 32 bits");
        Entry {
            base_offset: state.next_offset(),
            last_offset: state.next_offset().plus(count - 1),
            epoch: self.epoch,
            timestamp: now,
            content: Content::Records(proposal.records),
        }
    }

    fn unwritable(&self, entry: &Entry, error: &dyn std::fmt::Display) -> QuorumError {
        QuorumError::Unusable {
            path: self.store.directory().to_owned(),
            reason: format!("the batch for offset {} cannot be written: {error}", entry.base_offset),
        }
    }

    /// Shows what is committed: the image first, because an answer may be followed by a look at it.
    fn show(&self) {
        self.shared.publisher.publish(self.state.image().clone());
        let end = self.state.next_offset();
        self.shared.description.send_modify(|description| {
            description.high_watermark = end;
            description.voters.iter_mut().for_each(|replica| replica.log_end_offset = end);
        });
        self.shared.committed.send_replace(end);
    }

    fn until_snapshot(&self) -> Duration {
        let interval = self.limits.snapshot_interval;
        if interval.is_zero() || self.bytes_since_snapshot == 0 || self.snapshot.is_some() {
            return Duration::from_secs(24 * 3600);
        }
        (self.last_snapshot + interval).saturating_sub(self.clock.elapsed())
    }

    fn is_snapshot_due(&self) -> bool {
        // A transaction is in a snapshot as a whole or not at all.
        if self.bytes_since_snapshot == 0 || self.snapshot.is_some() || self.state.is_in_transaction() {
            return false;
        }
        let by_time = !self.limits.snapshot_interval.is_zero() && self.until_snapshot().is_zero();
        self.bytes_since_snapshot >= self.limits.bytes_between_snapshots || by_time
    }

    /// Begins to write a snapshot of the state as it is now.
    fn begin_snapshot(&mut self) {
        let (writer, state, now) = (self.store.snapshot_writer(), self.state.clone(), self.clock.now());
        let thread = self.snapshot_thread.clone();
        self.snapshot = Some(Box::pin(async move { thread.run(move || writer.write(&state, now)).await }));
        self.bytes_since_snapshot = 0;
        self.last_snapshot = self.clock.elapsed();
    }

    /// Drops what the new snapshot stands for, as far as size and age ask for that.
    async fn finish_snapshot(&mut self, base: Base) -> Result<(), QuorumError> {
        let (store, epoch, now) = (self.store.clone(), self.epoch, self.clock.now());
        tracing::info!(offset = base.offset.0, epoch = base.term.0, "wrote a snapshot of the metadata");
        let clean = move || store.write_base(epoch, base).and_then(|()| store.clean(now));
        self.disk_thread.run(clean).await
    }

    async fn close(&mut self) -> Result<(), QuorumError> {
        let (store, now) = (self.store.clone(), self.clock.now());
        self.disk_thread.run(move || store.close(now)).await
    }
}

/// Tells everybody when the engine ends by a panic: a node that goes on without its metadata log would wait for ever.
struct FailureOfPanic(Arc<Shared>);

impl Drop for FailureOfPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.failure.send_replace(Some("the engine of the metadata log ended by a panic".to_owned()));
        }
    }
}

/// Waits for a snapshot that is being written; for ever where none is.
async fn written(snapshot: &mut Option<Snapshotting>) -> Result<Base, QuorumError> {
    let Some(writing) = snapshot else { return std::future::pending().await };
    let written = writing.await;
    *snapshot = None;
    written
}
