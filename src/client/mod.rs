//! The client library: producer, consumer and admin on Kafka's wire protocol, configured by Kafka's property names.
//!
//! A [`Cluster`] knows who leads what; producer, consumer and admin stand on it. Nothing here knows how a broker works, and the
//! broker never imports this room. Not here: TLS, SASL, transactions, interceptors. Invariants: results of one partition are
//! taken in the order in which its batches were sent; memory is bounded by the properties that say so.

pub mod admin;
mod by_leader;
mod cluster;
pub mod consumer;
mod error;
mod exception;
mod group_offsets;
mod list_offsets;
pub mod producer;
mod retry;
mod settings;

pub use admin::Admin;

pub use cluster::{
    Broker, Cluster, ClusterOptions, CoordinatorKind, LeaderHint, Metadata, PartitionMetadata, TopicMetadata, Wanted,
};
pub use consumer::{Consumer, ConsumerRecord, ConsumerRecords, Positions, RebalanceListener, Wakeup};
pub use error::{ClientError, NoOffset};
pub use exception::class_of;
pub use group_offsets::{CommittedOffset, NewOffset};
pub use list_offsets::Isolation;
pub use producer::{Delivery, Producer, ProducerRecord, RecordMetadata};
pub use retry::{Backoff, Deadline, retrying};

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "it stands for the outside world")]
mod tests;
