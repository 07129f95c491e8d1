//! Leader and follower of a partition, and waiting for the high watermark.
//!
//! A [`Partition`] knows its role from the image, appends as leader and reads for consumers and followers. What is in sync is
//! decided in `isr`; `pending` holds who waits, and for what; [`Replicas`] opens, turns and closes partitions as the
//! image changes and keeps their schedules. Invariants: the high watermark is computed over the ISR of the image and never goes
//! back while the partition is led; one appender at a time writes a log; nobody polls.

mod error;
pub mod isr;
mod partition;
pub mod pending;
mod rules;
mod service;
mod table;

pub use error::ReplicaError;
pub use partition::{Acks, Appending, Bounds, FetchFound, FetchRead, Isolation, Partition, Produce, Reader, Role};
pub use rules::AppendRules;
pub use service::{LogConfigs, Replicas, Upkeep};
