//! The plain nouns that every other room speaks in: offsets, positions, epochs, ids, names, time and error codes.
//!
//! Nothing here does anything: no I/O, no clock, no lock. A type is here when three rooms need it and its meaning is
//! Kafka's. Invariants: an [`Offset`] and a [`Position`] never convert into each other; an [`ErrorCode`] that Kafka
//! does not know cannot be built.

mod error_code;
mod ids;
mod offset;
mod timestamp;
mod topic;
mod uuid;

pub use error_code::{ErrorCode, Failure};
pub use ids::{BrokerEpoch, LeaderEpoch, NodeId, ProducerEpoch, ProducerId};
pub use offset::{Offset, Position};
pub use timestamp::{Millis, Timestamp};
pub use topic::{TopicName, TopicPartition, TopicPartitionId, is_internal, topic_collides, validate_topic_name};
pub use uuid::Uuid;
