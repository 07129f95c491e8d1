//! What a consumer reads: partitions by hand, or topics by name or pattern together with a group.

use std::collections::BTreeSet;
use std::sync::Arc;

use regex::Regex;

use super::consumer::Consumer;
use crate::client::{ClientError, Metadata, TopicMetadata, Wanted};
use crate::model::{TopicName, TopicPartition};

const EXCLUSIVE: &str = "Subscription to topics, partitions and pattern are mutually exclusive";

/// What a consumer reads.
#[derive(Default)]
pub(super) enum Subscription {
    #[default]
    None,
    /// Partitions by hand.
    Assigned,
    /// Topics by name, shared with a group.
    Topics(BTreeSet<TopicName>),
    /// Topics whose whole name matches, shared with a group.
    Pattern(Regex),
}

impl Consumer {
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

    fn check_group_subscription(&self) -> Result<(), ClientError> {
        self.group()?;
        if matches!(self.subscription, Subscription::Assigned) {
            return Err(ClientError::IllegalState(EXCLUSIVE.to_owned()));
        }
        Ok(())
    }

    /// The topics of the subscription; none while a pattern waits for the first metadata.
    pub(super) fn subscribed(&self) -> Option<BTreeSet<TopicName>> {
        match &self.subscription {
            Subscription::Topics(topics) => Some(topics.clone()),
            Subscription::Pattern(pattern) => {
                let metadata = self.shared.cluster.metadata();
                (metadata.generation > 0).then(|| self.matching(pattern, &metadata))
            }
            _ => None,
        }
    }

    pub(super) fn matching(&self, pattern: &Regex, metadata: &Metadata) -> BTreeSet<TopicName> {
        let hidden = self.shared.settings.exclude_internal_topics;
        let fits = |(name, topic): &(&TopicName, &Arc<TopicMetadata>)| {
            topic.error.is_none() && pattern.is_match(name) && !(hidden && topic.internal)
        };
        metadata.topics.iter().filter(fits).map(|(name, _)| name.clone()).collect()
    }
}
