//! The client library: producer, consumer and admin on Kafka's wire protocol, configured by Kafka's property names.

mod cluster;
mod error;
mod exception;
mod retry;

pub use cluster::{
    Broker, Cluster, ClusterOptions, CoordinatorKind, LeaderHint, Metadata, PartitionMetadata, TopicMetadata, Wanted,
};
pub use error::{ClientError, NoOffset};
pub use exception::class_of;
pub use retry::{Backoff, Deadline, retrying};
