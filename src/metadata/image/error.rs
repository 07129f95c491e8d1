//! How a metadata log can contradict itself.

use crate::model::{BrokerEpoch, NodeId, TopicName, TopicPartitionId, Uuid};

/// A record that does not fit the image before it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// A record speaks of a broker that never registered.
    #[error("broker {0} is not registered")]
    UnknownBroker(NodeId),
    /// A record speaks of another life of a broker.
    #[error("broker {broker} has epoch {known}, the record speaks of epoch {epoch}")]
    WrongBrokerEpoch {
        /// The broker.
        broker: NodeId,
        /// The epoch in the record.
        epoch: BrokerEpoch,
        /// The epoch in the image.
        known: BrokerEpoch,
    },
    /// A record speaks of a topic id that was never created.
    #[error("no topic has the id {0}")]
    UnknownTopic(Uuid),
    /// A record speaks of a topic name that does not exist.
    #[error("no topic has the name {0}")]
    UnknownTopicName(TopicName),
    /// A topic is created under a name that is taken.
    #[error("topic {name} exists already, with the id {id}")]
    TopicTwice {
        /// The name.
        name: TopicName,
        /// The topic that has it.
        id: Uuid,
    },
    /// A record speaks of a partition that was never created.
    #[error("topic {} has no partition {}", .0.topic_id, .0.partition)]
    UnknownPartition(TopicPartitionId),
    /// A partition is created before the one below it.
    #[error("partition {} of topic {} leaves a gap below it", .0.partition, .0.topic_id)]
    PartitionGap(TopicPartitionId),
    /// A partition has not as many directories as replicas.
    #[error("partition {} of topic {} has not one directory for each replica", .0.partition, .0.topic_id)]
    DirectoriesDiffer(TopicPartitionId),
    /// An access control entry is removed that does not exist.
    #[error("no access control entry has the id {0}")]
    UnknownAcl(Uuid),
    /// A SCRAM credential is removed that does not exist.
    #[error("user {0} has no such SCRAM credential")]
    UnknownScramUser(String),
    /// A field has a value without a meaning.
    #[error("the field {field} cannot be {value}")]
    BadValue {
        /// The field's name.
        field: &'static str,
        /// Its value.
        value: i64,
    },
}
