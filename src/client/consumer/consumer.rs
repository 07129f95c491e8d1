//! The consumer as a program sees it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;

use super::background::Background;
use super::fetcher::supervise;
use super::group::{Group, Joined, Member};
use super::listener::{Positions, RebalanceListener};
use super::offsets::place;
use super::records::ConsumerRecords;
use super::settings::Settings;
use super::state::Shared;
use super::subscription::Subscription;
use crate::assignor::PartitionCounts;
use crate::client::{ClientError, Cluster, ClusterOptions};
use crate::config::ConsumerConfig;
use crate::io::spawn::spawn;
use crate::model::TopicPartition;

const NO_GROUP: &str = "To use the group management or offset commit APIs, you must provide a valid group.id in the consumer configuration.";

/// The consumer. One task uses it; to end a poll from another one there is [`Consumer::wakeup`].
///
/// ```no_run
/// # async fn example() -> Result<(), mq::client::ClientError> {
/// use mq::client::Consumer;
/// use mq::config::ConsumerConfig;
/// use std::time::Duration;
///
/// let config = ConsumerConfig {
///     bootstrap_servers: vec!["localhost:9092".to_owned()],
///     group_id: Some("test".to_owned()),
///     ..ConsumerConfig::default()
/// };
/// let mut consumer = Consumer::new(&config)?;
/// consumer.subscribe(&["first"])?;
/// for _ in 0..10 {
///     let records = consumer.poll(Duration::from_millis(100)).await?;
///     for record in records.iter() {
///         println!("offset = {}, value = {:?}", record.offset(), record.value());
///     }
///     consumer.commit_sync().await?;
/// }
/// consumer.close(Duration::from_secs(30)).await
/// # }
/// ```
pub struct Consumer {
    pub(super) shared: Arc<Shared>,
    pub(super) group: Option<Group>,
    pub(super) member: Arc<Member>,
    pub(super) subscription: Subscription,
    /// Never locked: it makes the consumer `Sync`, so that its futures may move between threads.
    pub(super) listener: Option<Mutex<Box<dyn RebalanceListener>>>,
    pub(super) joining: Option<Background<Result<Joined, ClientError>>>,
    pub(super) placing: Option<Background<Result<(), ClientError>>>,
    /// The commit before a rebalance.
    pub(super) parting: Option<Background<Result<(), ClientError>>>,
    /// The last asynchronous commit; the next one waits for it, so that commits keep their order.
    pub(super) committing: Option<JoinHandle<()>>,
    pub(super) heartbeats: Option<JoinHandle<()>>,
    pub(super) tasks: [JoinHandle<()>; 2],
    pub(super) next_auto_commit: Duration,
    pub(super) metadata_seen: u64,
    /// The metadata whose topics were checked last.
    topics_checked: u64,
    pub(super) counts: Option<PartitionCounts>,
    pub(super) woken: Arc<AtomicBool>,
}

/// Ends a poll from another task.
#[derive(Clone)]
pub struct Wakeup {
    woken: Arc<AtomicBool>,
    shared: Arc<Shared>,
}

impl Wakeup {
    /// Makes the poll that is under way, or the next one, fail with [`ClientError::Wakeup`].
    pub fn wake(&self) {
        self.woken.store(true, Ordering::Release);
        self.shared.arrived.notify_one();
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        self.stop();
    }
}

impl std::fmt::Debug for Consumer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Consumer").field("assignment", &self.assignment()).finish_non_exhaustive()
    }
}

impl Consumer {
    /// A consumer, which must be made on a runtime. It connects at its first poll.
    ///
    /// # Errors
    /// A property, or a combination of them, is wrong.
    pub fn new(config: &ConsumerConfig) -> Result<Consumer, ClientError> {
        let cluster = Cluster::new(ClusterOptions::of_consumer(config)?);
        Ok(Consumer::on(cluster, Settings::of(config)?))
    }

    /// A consumer on a cluster, whose clock and chance it takes.
    pub(super) fn on(cluster: Cluster, settings: Settings) -> Consumer {
        let group =
            settings.group_id.clone().map(|id| Group { cluster: cluster.clone(), settings: settings.clone(), id });
        let shared = Arc::new(Shared::new(cluster, settings));
        let tasks = [shared.cluster.keep_fresh(), spawn(supervise(Arc::clone(&shared)))];
        Consumer {
            group,
            member: Arc::default(),
            subscription: Subscription::None,
            listener: None,
            joining: None,
            placing: None,
            parting: None,
            committing: None,
            heartbeats: None,
            tasks,
            next_auto_commit: Duration::ZERO,
            metadata_seen: 0,
            topics_checked: 0,
            counts: None,
            woken: Arc::default(),
            shared,
        }
    }

    /// The cluster that this consumer talks to.
    #[must_use]
    pub fn cluster(&self) -> &Cluster {
        &self.shared.cluster
    }

    /// Sets what hears of rebalances.
    pub fn set_listener(&mut self, listener: Box<dyn RebalanceListener>) {
        self.listener = Some(Mutex::new(listener));
    }

    /// The partitions that are read now.
    #[must_use]
    pub fn assignment(&self) -> Vec<TopicPartition> {
        self.shared.partitions().assigned().cloned().collect()
    }

    /// Positions, seeks and pauses.
    #[must_use]
    pub fn positions(&self) -> Positions {
        Positions(Arc::clone(&self.shared))
    }

    /// The partitions that are paused.
    #[must_use]
    pub fn paused(&self) -> Vec<TopicPartition> {
        self.shared.partitions().paused()
    }

    /// Something to end a poll with from another task.
    #[must_use]
    pub fn wakeup(&self) -> Wakeup {
        Wakeup { woken: Arc::clone(&self.woken), shared: Arc::clone(&self.shared) }
    }

    /// Waits for records, at most `timeout`. Also does what is due: rebalances, first positions, automatic commits.
    ///
    /// # Errors
    /// What stops a partition or the membership; the next poll goes on with the rest.
    pub async fn poll(&mut self, timeout: Duration) -> Result<ConsumerRecords, ClientError> {
        if matches!(self.subscription, Subscription::None) {
            let text = "Consumer is not subscribed to any topics or assigned any partitions";
            return Err(ClientError::IllegalState(text.to_owned()));
        }
        let deadline = self.shared.cluster.deadline(timeout);
        loop {
            if self.woken.swap(false, Ordering::AcqRel) {
                return Err(ClientError::Wakeup);
            }
            self.member.state().last_poll = self.now();
            self.drive()?;
            let records = if self.parting.is_some() { ConsumerRecords::default() } else { self.shared.take()? };
            if !records.is_empty() || deadline.is_over() {
                return Ok(records);
            }
            self.wait(deadline.left()).await;
        }
    }

    /// Commits where that is automatic, leaves the group and ends, within `timeout`.
    ///
    /// # Errors
    /// The last commit failed.
    pub async fn close(mut self, timeout: Duration) -> Result<(), ClientError> {
        let closed = tokio::time::timeout(timeout, async {
            let committed = self.auto_commit_now().await;
            self.revoked();
            if let Some(before) = self.committing.take() {
                // Its own callback has its result.
                let _ = before.await;
            }
            self.leave("the consumer is being closed").await;
            committed
        })
        .await;
        self.stop();
        let late =
            || ClientError::Timeout { what: format!("close took longer than {} ms", timeout.as_millis()), last: None };
        closed.unwrap_or_else(|_| Err(late()))
    }

    fn stop(&mut self) {
        self.joining = None;
        self.placing = None;
        self.parting = None;
        self.tasks.iter().chain(&self.heartbeats).for_each(JoinHandle::abort);
        self.shared.cluster.close();
    }

    /// What hears of rebalances, where there is somebody.
    pub(super) fn listener(&mut self) -> Option<&mut Box<dyn RebalanceListener>> {
        Some(self.listener.as_mut()?.get_mut().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn now(&self) -> Duration {
        self.shared.cluster.clock().elapsed()
    }

    pub(super) fn group(&self) -> Result<&Group, ClientError> {
        self.group.as_ref().ok_or_else(|| {
            ClientError::Server(crate::model::Failure::new(crate::model::ErrorCode::INVALID_GROUP_ID, NO_GROUP))
        })
    }

    /// Does what is due and does not wait for what takes long.
    fn drive(&mut self) -> Result<(), ClientError> {
        self.check_topics()?;
        if matches!(self.subscription, Subscription::Topics(_) | Subscription::Pattern(_)) {
            self.drive_membership()?;
        }
        if self.joining.is_none() {
            self.place_unplaced()?;
        }
        self.auto_commit();
        Ok(())
    }

    /// A topic that can never be had is told once for each metadata that says so, as Kafka's consumer does.
    fn check_topics(&mut self) -> Result<(), ClientError> {
        let metadata = self.shared.cluster.metadata();
        if metadata.generation == self.topics_checked {
            return Ok(());
        }
        self.topics_checked = metadata.generation;
        metadata.check_topics()
    }

    /// Starts the search for positions that are not known, and takes the result of the last one.
    pub(super) fn place_unplaced(&mut self) -> Result<(), ClientError> {
        if let Some(placed) = self.placing.as_ref().and_then(Background::take) {
            self.placing = None;
            placed?;
        }
        if self.placing.is_none() && !self.shared.partitions().unplaced().is_empty() {
            let future = place(Arc::clone(&self.shared), self.group.clone());
            self.placing = Some(Background::start(&self.shared, future));
        }
        Ok(())
    }

    pub(super) async fn wait(&self, longest: Duration) {
        let mut longest = longest;
        if self.shared.settings.auto_commit.is_some() {
            longest = longest.min(self.next_auto_commit.saturating_sub(self.now()).max(Duration::from_millis(1)));
        }
        let mut changes = self.shared.cluster.changes();
        let subscribed = !matches!(self.subscription, Subscription::Assigned);
        tokio::select! {
            () = self.shared.arrived.notified() => {}
            () = self.member.told.notified() => {}
            _ = changes.changed(), if subscribed => {}
            () = tokio::time::sleep(longest) => {}
        }
    }
}
