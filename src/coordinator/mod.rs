//! Group coordination: who is a member of a group, and which offsets it has committed.
//!
//! A coordinator's state is the content of one partition of `__consumer_offsets`, in Kafka's own record formats: it is
//! loaded by replaying that partition, and what must outlive it (assignments, committed offsets) is appended before
//! anyone is told. What only the living need (who waits in a join, whose heartbeat is due) is kept in memory alone.
//! [`group`] decides: one [`group::GroupShard`] per partition takes a request and the time, and gives back an
//! [`Outcome`]. [`GroupCoordinator`] acts: it runs a task for each shard that this node leads, with a mailbox, and
//! appends through [`GroupLog`], which the server implements over the replica.
//!
//! The room serves the classic protocol; the consumer protocol of KIP-848 and transactional commits are not
//! written here, though a partition that holds pending transactional offsets is read correctly. Invariants: records of
//! one shard are appended in the order of the decisions; a reply that promises durability leaves after its records are
//! committed; a generation never goes back; offset fetches see committed offsets only.

mod config;
pub mod group;
mod outcome;
mod partitioner;
mod service;
mod timers;

pub use config::GroupConfig;
pub use outcome::{Now, Outcome, Reply, ReplyId};
pub use partitioner::{java_string_hash, partition_for};
pub use service::{Counters, GroupBatch, GroupCoordinator, GroupLog, LogChunk, LogEntry, LogFuture};
