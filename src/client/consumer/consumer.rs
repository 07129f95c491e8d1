//! The consumer as a program sees it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use regex::Regex;
use tokio::task::JoinHandle;
use tracing::{info, warn};

use super::background::Background;
use super::fetcher::supervise;
use super::group::{Group, Joined, Member};
use super::listener::{Positions, RebalanceListener};
use super::offsets::place;
use super::records::ConsumerRecords;
use super::settings::Settings;
use super::state::Shared;
use crate::assignor::PartitionCounts;
use crate::client::admin::{ListedOffset, OffsetSpec};
use crate::client::list_offsets::list_offsets;
use crate::client::{
    ClientError, Cluster, ClusterOptions, CommittedOffset, Metadata, NewOffset, PartitionMetadata, Wanted,
};
use crate::config::ConsumerConfig;
use crate::io::spawn::spawn;
use crate::model::{Offset, Timestamp, TopicName, TopicPartition};

/// What is called with the result of an asynchronous commit.
pub type CommitCallback = Box<dyn FnOnce(&BTreeMap<TopicPartition, NewOffset>, Result<(), ClientError>) + Send>;

const NO_GROUP: &str = "To use the group management or offset commit APIs, you must provide a valid group.id in the consumer configuration.";
const EXCLUSIVE: &str = "Subscription to topics, partitions and pattern are mutually exclusive";

/// What a consumer reads.
#[derive(Default)]
enum Subscription {
    #[default]
    None,
    /// Partitions by hand.
    Assigned,
    /// Topics by name, shared with a group.
    Topics(BTreeSet<TopicName>),
    /// Topics whose whole name matches, shared with a group.
    Pattern(Regex),
}

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
    shared: Arc<Shared>,
    group: Option<Group>,
    member: Arc<Member>,
    subscription: Subscription,
    listener: Option<Box<dyn RebalanceListener>>,
    joining: Option<Background<Result<Joined, ClientError>>>,
    placing: Option<Background<Result<(), ClientError>>>,
    /// The last asynchronous commit; the next one waits for it, so that commits keep their order.
    committing: Option<JoinHandle<()>>,
    heartbeats: Option<JoinHandle<()>>,
    tasks: [JoinHandle<()>; 2],
    next_auto_commit: Duration,
    metadata_seen: u64,
    counts: Option<PartitionCounts>,
    woken: Arc<AtomicBool>,
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
            committing: None,
            heartbeats: None,
            tasks,
            next_auto_commit: Duration::ZERO,
            metadata_seen: 0,
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

    /// Reads topics together with the other members of the group.
    ///
    /// # Errors
    /// There is no `group.id`, or partitions were assigned by hand.
    pub fn subscribe(&mut self, topics: &[&str]) -> Result<(), ClientError> {
        let topics: BTreeSet<TopicName> = topics.iter().map(|topic| TopicName::from(*topic)).collect();
        if topics.is_empty() {
            return Err(ClientError::InvalidArgument("Topic collection to subscribe to cannot be empty".to_owned()));
        }
        self.check_group_subscription()?;
        if self.shared.cluster.set_wanted(Wanted::Topics(topics.clone())) {
            self.shared.cluster.ask_refresh();
        }
        self.subscription = Subscription::Topics(topics);
        self.member.must_join();
        Ok(())
    }

    /// Reads every topic whose whole name matches, also those that are created later.
    ///
    /// # Errors
    /// There is no `group.id`, the pattern is none, or partitions were assigned by hand.
    pub fn subscribe_pattern(&mut self, pattern: &str) -> Result<(), ClientError> {
        self.check_group_subscription()?;
        let whole = format!("^(?:{pattern})$");
        let pattern = Regex::new(&whole).map_err(|cause| ClientError::InvalidArgument(cause.to_string()))?;
        self.shared.cluster.set_wanted(Wanted::All);
        self.shared.cluster.ask_refresh();
        self.subscription = Subscription::Pattern(pattern);
        // Joining waits for the first metadata, which tells the topics.
        self.metadata_seen = 0;
        Ok(())
    }

    /// Sets what hears of rebalances.
    pub fn set_listener(&mut self, listener: Box<dyn RebalanceListener>) {
        self.listener = Some(listener);
    }

    /// Reads these partitions, without a group's say in it.
    ///
    /// # Errors
    /// Topics were subscribed to.
    pub fn assign(&mut self, partitions: &[TopicPartition]) -> Result<(), ClientError> {
        if matches!(self.subscription, Subscription::Topics(_) | Subscription::Pattern(_)) {
            return Err(ClientError::IllegalState(EXCLUSIVE.to_owned()));
        }
        self.subscription = Subscription::Assigned;
        let topics = partitions.iter().map(|partition| partition.topic.clone()).collect();
        if self.shared.cluster.set_wanted(Wanted::Topics(topics)) {
            self.shared.cluster.ask_refresh();
        }
        self.placing = None;
        self.shared.assign(partitions.iter().cloned());
        Ok(())
    }

    /// Reads nothing any more and leaves the group.
    pub async fn unsubscribe(&mut self) {
        self.revoke().await;
        self.leave("the consumer unsubscribed from all topics").await;
        self.subscription = Subscription::None;
        self.shared.assign([]);
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

    /// How many records lie between the position and the end of what may be read, as far as a fetch told.
    #[must_use]
    pub fn lag(&self, partition: &TopicPartition) -> Option<i64> {
        let state = self.shared.partitions();
        let position = state.position(partition)?.offset;
        let log = state.log_ends(partition)?;
        let end = match self.shared.settings.isolation {
            crate::client::Isolation::ReadCommitted => log.last_stable_offset?,
            crate::client::Isolation::ReadUncommitted => log.high_watermark?,
        };
        Some(end.since(position).max(0))
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
            self.drive().await?;
            let records = self.shared.take()?;
            if !records.is_empty() || deadline.is_over() {
                return Ok(records);
            }
            self.wait(deadline.left()).await;
        }
    }

    /// Commits everything that polls have returned, and waits until that is done.
    ///
    /// # Errors
    /// There is no group, the group went on without this member, or the time is over.
    pub async fn commit_sync(&mut self) -> Result<(), ClientError> {
        let offsets = self.shared.partitions().consumed();
        self.commit_sync_offsets(&offsets).await
    }

    /// Commits these offsets, and waits until that is done.
    ///
    /// # Errors
    /// As [`Consumer::commit_sync`].
    pub async fn commit_sync_offsets(
        &mut self,
        offsets: &BTreeMap<TopicPartition, NewOffset>,
    ) -> Result<(), ClientError> {
        let group = self.group()?.clone();
        if let Some(before) = self.committing.take() {
            // Its own callback has its result.
            let _ = before.await;
        }
        let deadline = self.shared.cluster.deadline(self.shared.settings.api_timeout);
        group.commit(&self.member, offsets, &deadline).await
    }

    /// Commits everything that polls have returned, without waiting. Commits keep their order.
    ///
    /// # Errors
    /// There is no group.
    pub fn commit_async(&mut self, callback: Option<CommitCallback>) -> Result<(), ClientError> {
        let offsets = self.shared.partitions().consumed();
        self.commit_async_offsets(offsets, callback)
    }

    /// Commits these offsets without waiting.
    ///
    /// # Errors
    /// There is no group.
    pub fn commit_async_offsets(
        &mut self,
        offsets: BTreeMap<TopicPartition, NewOffset>,
        callback: Option<CommitCallback>,
    ) -> Result<(), ClientError> {
        let group = self.group()?.clone();
        let (member, before) = (Arc::clone(&self.member), self.committing.take());
        let deadline = self.shared.cluster.deadline(self.shared.settings.api_timeout);
        self.committing = Some(spawn(async move {
            if let Some(before) = before {
                // Its own callback has its result.
                let _ = before.await;
            }
            let result = group.commit(&member, &offsets, &deadline).await;
            match callback {
                Some(callback) => callback(&offsets, result),
                None => {
                    if let Err(cause) = result {
                        warn!(group = %group.id, %cause, "offsets were not committed");
                    }
                }
            }
        }));
        Ok(())
    }

    /// The offsets that the group has committed; partitions without one are left out.
    ///
    /// # Errors
    /// There is no group, or its coordinator did not answer in time.
    pub async fn committed(
        &self,
        partitions: &[TopicPartition],
    ) -> Result<BTreeMap<TopicPartition, CommittedOffset>, ClientError> {
        let deadline = self.shared.cluster.deadline(self.shared.settings.api_timeout);
        self.group()?.committed(partitions, &deadline).await
    }

    /// The offset of the next record that a poll returns. Finds it where it is not known yet.
    ///
    /// # Errors
    /// The partition is not assigned, or its position was not found in time.
    pub async fn position(&mut self, partition: &TopicPartition) -> Result<Offset, ClientError> {
        let deadline = self.shared.cluster.deadline(self.shared.settings.api_timeout);
        loop {
            if !self.shared.partitions().contains(partition) {
                let text = "You can only check the position for partitions assigned to this consumer.";
                return Err(ClientError::IllegalState(text.to_owned()));
            }
            if let Some(place) = self.shared.partitions().position(partition) {
                return Ok(place.offset);
            }
            if deadline.is_over() {
                let timeout = self.shared.settings.api_timeout.as_millis();
                let what = format!(
                    "Timeout of {timeout}ms expired before the position for partition {partition} could be determined"
                );
                return Err(ClientError::Timeout { what, last: None });
            }
            self.place_unplaced()?;
            self.wait(deadline.left()).await;
        }
    }

    /// The first offsets of partitions.
    ///
    /// # Errors
    /// A leader did not answer in time.
    pub async fn beginning_offsets(
        &self,
        partitions: &[TopicPartition],
    ) -> Result<BTreeMap<TopicPartition, Offset>, ClientError> {
        self.offsets(partitions, OffsetSpec::Earliest).await
    }

    /// The offsets behind the last records of partitions that may be read.
    ///
    /// # Errors
    /// A leader did not answer in time.
    pub async fn end_offsets(
        &self,
        partitions: &[TopicPartition],
    ) -> Result<BTreeMap<TopicPartition, Offset>, ClientError> {
        self.offsets(partitions, OffsetSpec::Latest).await
    }

    /// The first records whose timestamp is not before the given one; partitions without one are left out.
    ///
    /// # Errors
    /// A leader did not answer in time.
    pub async fn offsets_for_times(
        &self,
        times: &BTreeMap<TopicPartition, Timestamp>,
    ) -> Result<BTreeMap<TopicPartition, ListedOffset>, ClientError> {
        let wanted = times.iter().map(|(partition, time)| (partition.clone(), OffsetSpec::AtTime(*time))).collect();
        let mut found = self.list(wanted).await?;
        found.retain(|_, found| found.offset.is_known());
        Ok(found)
    }

    /// The partitions of a topic.
    ///
    /// # Errors
    /// The topic is not known within `default.api.timeout.ms`.
    pub async fn partitions_for(&self, topic: &str) -> Result<Vec<PartitionMetadata>, ClientError> {
        let deadline = self.shared.cluster.deadline(self.shared.settings.api_timeout);
        Ok(self.shared.cluster.topic(topic, &deadline).await?.partitions.clone())
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
        self.tasks.iter().chain(&self.heartbeats).for_each(JoinHandle::abort);
        self.shared.cluster.close();
    }

    fn now(&self) -> Duration {
        self.shared.cluster.clock().elapsed()
    }

    fn group(&self) -> Result<&Group, ClientError> {
        self.group.as_ref().ok_or_else(|| {
            ClientError::Server(crate::model::Failure::new(crate::model::ErrorCode::INVALID_GROUP_ID, NO_GROUP))
        })
    }

    fn check_group_subscription(&self) -> Result<(), ClientError> {
        self.group()?;
        if matches!(self.subscription, Subscription::Assigned) {
            return Err(ClientError::IllegalState(EXCLUSIVE.to_owned()));
        }
        Ok(())
    }

    async fn offsets(
        &self,
        partitions: &[TopicPartition],
        spec: OffsetSpec,
    ) -> Result<BTreeMap<TopicPartition, Offset>, ClientError> {
        let wanted = partitions.iter().map(|partition| (partition.clone(), spec)).collect();
        let found = self.list(wanted).await?;
        Ok(found.into_iter().map(|(partition, found)| (partition, found.offset)).collect())
    }

    async fn list(
        &self,
        wanted: Vec<(TopicPartition, OffsetSpec)>,
    ) -> Result<BTreeMap<TopicPartition, ListedOffset>, ClientError> {
        let deadline = self.shared.cluster.deadline(self.shared.settings.api_timeout);
        let rows = list_offsets(&self.shared.cluster, &deadline, wanted, self.shared.settings.isolation).await;
        rows.into_iter().map(|(partition, found)| Ok((partition, found?))).collect()
    }

    /// Does what is due and does not wait for what takes long.
    async fn drive(&mut self) -> Result<(), ClientError> {
        if matches!(self.subscription, Subscription::Topics(_) | Subscription::Pattern(_)) {
            self.drive_membership().await?;
        }
        if self.joining.is_none() {
            self.place_unplaced()?;
        }
        self.auto_commit();
        Ok(())
    }

    async fn drive_membership(&mut self) -> Result<(), ClientError> {
        if let Some(fatal) = self.member.state().fatal.take() {
            return Err(fatal);
        }
        self.follow_metadata();
        if std::mem::take(&mut self.member.state().lost) {
            self.lost();
        }
        if let Some(joined) = self.joining.as_ref().and_then(Background::take) {
            self.joining = None;
            self.joined(joined.inspect_err(|_| self.member.must_join())?);
        }
        let must_join = self.joining.is_none() && self.member.state().must_join;
        if must_join {
            self.start_join().await?;
        }
        Ok(())
    }

    async fn start_join(&mut self) -> Result<(), ClientError> {
        let Some(topics) = self.subscribed() else { return Ok(()) };
        self.revoke().await;
        {
            let mut state = self.member.state();
            state.must_join = false;
            state.generation = None;
        }
        self.stop_heartbeats();
        let group = self.group()?.clone();
        self.joining = Some(Background::start(&self.shared, group.join(Arc::clone(&self.member), topics)));
        Ok(())
    }

    /// The topics of the subscription; none while a pattern waits for the first metadata.
    fn subscribed(&self) -> Option<BTreeSet<TopicName>> {
        match &self.subscription {
            Subscription::Topics(topics) => Some(topics.clone()),
            Subscription::Pattern(pattern) => {
                let metadata = self.shared.cluster.metadata();
                (metadata.generation > 0).then(|| self.matching(pattern, &metadata))
            }
            _ => None,
        }
    }

    fn matching(&self, pattern: &Regex, metadata: &Metadata) -> BTreeSet<TopicName> {
        let hidden = self.shared.settings.exclude_internal_topics;
        let fits = |(name, topic): &(&TopicName, &Arc<crate::client::TopicMetadata>)| {
            topic.error.is_none() && pattern.is_match(name) && !(hidden && topic.internal)
        };
        metadata.topics.iter().filter(fits).map(|(name, _)| name.clone()).collect()
    }

    /// Joins again where new metadata changes what this member asks for, or what it assigned as the group's leader.
    fn follow_metadata(&mut self) {
        let metadata = self.shared.cluster.metadata();
        if metadata.generation == self.metadata_seen {
            return;
        }
        let first = self.metadata_seen == 0;
        self.metadata_seen = metadata.generation;
        if let Subscription::Pattern(_) = &self.subscription {
            let news = self.subscribed() != self.joined_topics();
            if first || news {
                self.member.must_join();
            }
        }
        let now = |topic: &TopicName| {
            metadata.topic(topic).map(|topic| i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX))
        };
        let changed = self.counts.as_ref().is_some_and(|counts| {
            let mut topics = counts.keys().cloned().collect::<BTreeSet<_>>();
            topics.extend(self.subscribed().unwrap_or_default());
            topics.iter().any(|topic| now(topic).is_some_and(|count| counts.get(topic) != Some(&count)))
        });
        if changed {
            info!("the partitions of a subscribed topic changed");
            self.member.must_join();
        }
    }

    /// For a pattern: the topics that the last assignment was made for, as far as this member knows.
    fn joined_topics(&self) -> Option<BTreeSet<TopicName>> {
        self.counts.as_ref().map(|counts| counts.keys().cloned().collect()).or_else(|| self.subscribed())
    }

    fn joined(&mut self, joined: Joined) {
        {
            let mut state = self.member.state();
            state.member_id = joined.member_id;
            state.generation = Some(joined.generation);
            state.lost = false;
        }
        self.counts = joined.counts;
        self.metadata_seen = self.metadata_seen.max(1);
        for partition in &joined.partitions {
            self.shared.cluster.want(&partition.topic);
        }
        self.shared.assign(joined.partitions.clone());
        if let Some(group) = self.group.clone() {
            self.stop_heartbeats();
            self.heartbeats = Some(spawn(group.heartbeats(Arc::clone(&self.member), joined.generation)));
        }
        self.schedule_auto_commit();
        let positions = self.positions();
        if let Some(listener) = &mut self.listener {
            listener.assigned(&joined.partitions, &positions);
        }
    }

    /// Gives up all partitions before a rebalance, after a last commit where commits are automatic.
    async fn revoke(&mut self) {
        if let Err(cause) = self.auto_commit_now().await {
            warn!(%cause, "offsets were not committed before the rebalance");
        }
        self.revoked();
        self.placing = None;
        self.shared.assign([]);
    }

    fn revoked(&mut self) {
        let (partitions, positions) = (self.assignment(), self.positions());
        if let Some(listener) = self.listener.as_mut().filter(|_| !partitions.is_empty()) {
            listener.revoked(&partitions, &positions);
        }
    }

    fn lost(&mut self) {
        let (partitions, positions) = (self.assignment(), self.positions());
        if let Some(listener) = self.listener.as_mut().filter(|_| !partitions.is_empty()) {
            listener.lost(&partitions, &positions);
        }
        self.placing = None;
        self.shared.assign([]);
    }

    async fn leave(&mut self, reason: &str) {
        self.joining = None;
        self.stop_heartbeats();
        if let Some(group) = &self.group {
            // Failure to say so shows to the group as a missing heartbeat.
            let _ = group.leave(&self.member, reason).await;
        }
    }

    fn stop_heartbeats(&mut self) {
        if let Some(task) = self.heartbeats.take() {
            task.abort();
        }
    }

    /// Starts the search for positions that are not known, and takes the result of the last one.
    fn place_unplaced(&mut self) -> Result<(), ClientError> {
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

    fn schedule_auto_commit(&mut self) {
        if let Some(interval) = self.shared.settings.auto_commit {
            self.next_auto_commit = self.now().saturating_add(interval);
        }
    }

    fn auto_commit(&mut self) {
        if self.shared.settings.auto_commit.is_none() || self.now() < self.next_auto_commit {
            return;
        }
        self.schedule_auto_commit();
        let offsets = self.shared.partitions().consumed();
        let idle = self.committing.as_ref().is_none_or(JoinHandle::is_finished);
        if !offsets.is_empty() && idle && self.may_commit() {
            // A group is there, since commits are automatic.
            let _ = self.commit_async_offsets(offsets, None);
        }
    }

    async fn auto_commit_now(&mut self) -> Result<(), ClientError> {
        if self.shared.settings.auto_commit.is_none() || !self.may_commit() {
            return Ok(());
        }
        self.commit_sync().await
    }

    /// Whether a commit can succeed: as a member with an assignment, or from outside any membership.
    fn may_commit(&self) -> bool {
        matches!(self.subscription, Subscription::Assigned) || self.member.state().generation.is_some()
    }

    async fn wait(&self, longest: Duration) {
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
