//! A topic as a client names it: by name, or since KIP-516 by id.

use std::sync::Arc;

use super::context::Broker;
use crate::metadata::Topic;
use crate::model::{ErrorCode, TopicName, Uuid};
use crate::replica::Partition;

/// A topic's name or id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum TopicKey {
    /// By name.
    Name(TopicName),
    /// By id.
    Id(Uuid),
}

impl TopicKey {
    /// The key of a request that has room for both and says one.
    pub(super) fn of(by_id: bool, name: String, id: Uuid) -> TopicKey {
        if by_id { TopicKey::Id(id) } else { TopicKey::Name(name.into()) }
    }

    /// The name, where it is the key.
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            TopicKey::Name(name) => Some(name),
            TopicKey::Id(_) => None,
        }
    }

    /// Name and id as a response carries them.
    pub(super) fn into_wire(self) -> (String, Uuid) {
        match self {
            TopicKey::Name(name) => (name.to_string(), Uuid::ZERO),
            TopicKey::Id(id) => (String::new(), id),
        }
    }

    /// The topic in the newest image.
    pub(super) fn topic(&self, image: &crate::metadata::Image) -> Option<Arc<Topic>> {
        match self {
            TopicKey::Name(name) => image.topic(name),
            TopicKey::Id(id) => image.topic_by_id(*id),
        }
        .cloned()
    }

    /// The replica of a partition on this broker.
    ///
    /// # Errors
    /// The code for a topic or a partition that is unknown, or that has its replicas elsewhere.
    pub(super) fn partition(&self, broker: &Broker, index: i32) -> Result<Arc<Partition>, ErrorCode> {
        let hosted = match self {
            TopicKey::Name(name) => broker.replicas.partition(name, index),
            TopicKey::Id(id) => broker.replicas.partition_by_id(*id, index),
        };
        hosted.ok_or_else(|| self.why_missing(broker, index))
    }

    fn why_missing(&self, broker: &Broker, index: i32) -> ErrorCode {
        match (self.topic(&broker.image()), self) {
            (Some(topic), _) if topic.partition(index).is_some() => ErrorCode::NOT_LEADER_OR_FOLLOWER,
            (None, TopicKey::Id(_)) => ErrorCode::UNKNOWN_TOPIC_ID,
            _ => ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
        }
    }
}
