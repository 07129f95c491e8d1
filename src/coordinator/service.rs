//! The group coordinator of this node: finds the shard of a group, puts requests into its mailbox and shapes the answers
//! by the version of the request.
//!
//! A method has put its request into the mailbox when it returns; the future that it returns is the answer. So requests of
//! one connection reach their shard in order.

mod commits;
mod log;
mod requests;
mod shard_task;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

pub use log::{GroupBatch, GroupLog, LogChunk, LogEntry, LogFuture};
use shard_task::{Leadership, Letter};

use super::config::GroupConfig;
use super::group::{Caller, DeletedTopic, GroupRequest};
use super::outcome::Reply;
use super::partitioner::partition_for;
use crate::io::clock::Clock;
use crate::io::rng::Rng;
use crate::model::{ErrorCode, LeaderEpoch};

/// Requests that wait in the mailbox of one shard. Beyond it, clients are asked to come again.
const MAILBOX_MAX: usize = 10_000;

/// The group coordinator of this node.
#[derive(Debug)]
pub struct GroupCoordinator {
    shared: Arc<Shared>,
    shards: Mutex<HashMap<i32, ShardHandle>>,
    /// Dropping the set ends what still runs.
    tasks: Mutex<JoinSet<()>>,
}

/// What every shard looks at.
#[derive(Debug)]
struct Shared {
    config: Arc<GroupConfig>,
    log: Arc<dyn GroupLog>,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    counters: Counters,
}

#[derive(Debug)]
struct ShardHandle {
    leader_epoch: LeaderEpoch,
    mailbox: mpsc::Sender<Letter>,
}

/// What the coordinator has done since it started.
#[derive(Debug, Default)]
pub struct Counters {
    offset_commits: AtomicU64,
    expired_offsets: AtomicU64,
    deleted_groups: AtomicU64,
}

impl Counters {
    /// Offsets that groups committed.
    #[must_use]
    pub fn offset_commits(&self) -> u64 {
        self.offset_commits.load(Ordering::Relaxed)
    }

    /// Records that ended offsets and groups by age.
    #[must_use]
    pub fn expired_offsets(&self) -> u64 {
        self.expired_offsets.load(Ordering::Relaxed)
    }

    /// Groups that were deleted.
    #[must_use]
    pub fn deleted_groups(&self) -> u64 {
        self.deleted_groups.load(Ordering::Relaxed)
    }

    fn expired(&self, count: usize) {
        self.expired_offsets.fetch_add(count as u64, Ordering::Relaxed);
    }

    fn replied(&self, reply: &Reply) {
        let none = ErrorCode::NONE.wire();
        match reply {
            Reply::OffsetCommit(reply) => {
                let partitions = reply.topics.iter().flat_map(|topic| &topic.partitions);
                let count = partitions.filter(|partition| partition.error_code == none).count();
                self.offset_commits.fetch_add(count as u64, Ordering::Relaxed);
            }
            Reply::DeleteGroups(results) => {
                let count = results.iter().filter(|result| result.error_code == none).count();
                self.deleted_groups.fetch_add(count as u64, Ordering::Relaxed);
            }
            _ => {}
        }
    }
}

impl GroupCoordinator {
    /// A coordinator that leads no partition yet.
    #[must_use]
    pub fn new(
        config: GroupConfig,
        log: Arc<dyn GroupLog>,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
    ) -> GroupCoordinator {
        let shared = Shared { config: Arc::new(config), log, clock, rng, counters: Counters::default() };
        GroupCoordinator {
            shared: Arc::new(shared),
            shards: Mutex::new(HashMap::new()),
            tasks: Mutex::new(JoinSet::new()),
        }
    }

    /// The partition of `__consumer_offsets` that holds a group: its leader is the group's coordinator.
    #[must_use]
    pub fn partition_of(&self, group_id: &str) -> i32 {
        partition_for(group_id, self.shared.log.partition_count())
    }

    /// What the coordinator has done since it started.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.shared.counters
    }

    /// This node leads a partition of `__consumer_offsets` now: its groups are loaded and served. To be called on the
    /// runtime. News of an epoch that is not newer is ignored.
    pub fn on_elected(&self, partition: i32, leader_epoch: LeaderEpoch) {
        let mut shards = self.shards();
        if shards.get(&partition).is_some_and(|shard| shard.leader_epoch >= leader_epoch) {
            return;
        }
        let (mailbox, letters) = mpsc::channel(MAILBOX_MAX);
        let task = shard_task::run(self.shared.clone(), Leadership { partition, leader_epoch }, letters);
        let mut tasks = lock(&self.tasks);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
        // The former task, where there is one, ends with its mailbox.
        shards.insert(partition, ShardHandle { leader_epoch, mailbox });
    }

    /// Another node leads the partition since that epoch, or nobody: members are sent to look for their coordinator.
    /// Without an epoch the partition is gone.
    pub fn on_resigned(&self, partition: i32, leader_epoch: Option<LeaderEpoch>) {
        let mut shards = self.shards();
        let is_newer = |shard: &ShardHandle| leader_epoch.is_none_or(|epoch| epoch > shard.leader_epoch);
        if shards.get(&partition).is_some_and(is_newer) {
            shards.remove(&partition);
        }
    }

    /// Topics are gone: so are the offsets that groups committed for them.
    pub fn on_topics_deleted(&self, deleted: &[DeletedTopic]) -> impl Future<Output = ()> + Send + 'static + use<> {
        let answers: Vec<_> = self
            .mailboxes()
            .into_iter()
            .map(|mailbox| post(&mailbox, GroupRequest::ForgetTopics(deleted.to_vec()), Caller::default()))
            .collect();
        async move {
            for answer in answers {
                answer.await;
            }
        }
    }

    /// Gives up every partition and waits until everyone who waited has heard of it.
    pub async fn close(&self) {
        self.shards().clear();
        let mut tasks = std::mem::take(&mut *lock(&self.tasks));
        while tasks.join_next().await.is_some() {}
    }

    fn shards(&self) -> MutexGuard<'_, HashMap<i32, ShardHandle>> {
        lock(&self.shards)
    }

    fn mailboxes(&self) -> Vec<mpsc::Sender<Letter>> {
        self.shards().values().map(|shard| shard.mailbox.clone()).collect()
    }

    /// Puts a request into the mailbox of the shard that holds the group.
    fn ask(
        &self,
        group_id: &str,
        request: GroupRequest,
        caller: Caller,
    ) -> impl Future<Output = Reply> + Send + 'static + use<> {
        self.ask_partition(self.partition_of(group_id), request, caller)
    }

    fn ask_partition(
        &self,
        partition: i32,
        request: GroupRequest,
        caller: Caller,
    ) -> impl Future<Output = Reply> + Send + 'static + use<> {
        let mailbox = self.shards().get(&partition).map(|shard| shard.mailbox.clone());
        let answer = match mailbox {
            Some(mailbox) => Ok(post(&mailbox, request, caller)),
            None => Err(request.refusal(ErrorCode::NOT_COORDINATOR)),
        };
        async move {
            match answer {
                Ok(answer) => answer.await,
                Err(refusal) => refusal,
            }
        }
    }
}

/// Puts a request into a mailbox; where there is no room, or nobody, the refusal is the answer.
fn post(
    mailbox: &mpsc::Sender<Letter>,
    request: GroupRequest,
    caller: Caller,
) -> impl Future<Output = Reply> + Send + 'static + use<> {
    let (answer, reply) = oneshot::channel();
    let refusal = match mailbox.try_send(Letter { request, caller, answer }) {
        Ok(()) => None,
        // It says "come again", and clients do not look for another coordinator.
        Err(mpsc::error::TrySendError::Full(letter)) => {
            Some(letter.request.refusal(ErrorCode::COORDINATOR_LOAD_IN_PROGRESS))
        }
        Err(mpsc::error::TrySendError::Closed(letter)) => Some(letter.request.refusal(ErrorCode::NOT_COORDINATOR)),
    };
    async move {
        match refusal {
            Some(refusal) => refusal,
            // A task answers every letter before it ends, unless the whole node is going down.
            None => reply.await.unwrap_or(Reply::Done(ErrorCode::NOT_COORDINATOR)),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A thread that panicked inside left nothing half done: every critical section is one insertion or removal.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
