//! The admin client: one file per noun, typed rows out, an error per item.
//!
//! A call knows where it belongs (any broker, the controller, a coordinator, the leaders of partitions) and is tried again
//! there until it succeeds, fails for good, or `default.api.timeout.ms` is over. An outer error means that the whole call
//! failed; errors of single items stand in the rows.
//!
//! ```no_run
//! # async fn example() -> Result<(), mq::client::ClientError> {
//! use mq::client::admin::{Admin, NewTopic};
//! use mq::config::AdminConfig;
//!
//! let config = AdminConfig { bootstrap_servers: vec!["localhost:9092".to_owned()], ..AdminConfig::default() };
//! let admin = Admin::new(&config)?;
//! for (name, created) in admin.create_topics(&[NewTopic::new("first", 3, 1)], Default::default()).await? {
//!     match created {
//!         Ok(topic) => println!("{name} has {} partitions", topic.partitions),
//!         Err(error) => println!("{name}: {error}"),
//!     }
//! }
//! # Ok(()) }
//! ```

mod call;
mod cluster;
mod configs;
mod group_offsets;
mod groups;
mod offsets;
mod partitions;
mod records;
mod topics;

pub use call::Admin;
pub use cluster::{ApiVersionsRow, ClusterDescription};
pub use configs::{
    AlterConfig, ConfigOperation, ConfigResource, ConfigRow, ConfigSource, ConfigSynonym, ConfigType, ResourceType,
};
pub use group_offsets::{CommittedOffset, NewOffset};
pub use groups::{GroupDescription, GroupFilter, GroupListing, GroupMember};
pub use offsets::{ListedOffset, OffsetSpec};
pub use partitions::NewPartitions;
pub use topics::{CreateOptions, CreatedTopic, NewTopic, PartitionDescription, TopicDescription, TopicListing};

use super::ClientError;

/// One row per item that was asked about: the item and what came of it.
pub type Rows<K, T> = Vec<(K, Result<T, ClientError>)>;
