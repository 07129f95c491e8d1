//! The producer: records become batches per partition, batches become requests per broker, each record gets a result.
//!
//! Two kinds of tasks work beside the caller, as the two threads of Kafka's own producer do: [`Producer::send`] puts a
//! record into its partition's batch ([`accumulator`]), the router finds the leader of each partition that has something
//! to send ([`router`]), and one sender per broker takes full, old or hurried batches, many partitions in one request
//! ([`sender`]). Bytes of a record are copied once; its result costs a reference to its batch and no allocation.
//!
//! Invariants: batches of a partition are written in the order in which they were begun; with idempotence none is written
//! twice; every record that got a place gets exactly one result, at the latest soon after `delivery.timeout.ms`; batches
//! never hold more than `buffer.memory`.

mod accumulator;
mod batch;
mod delivery;
mod identity;
mod inbox;
mod incomplete;
mod partitioner;
mod produce;
#[expect(clippy::module_inception, reason = "the noun of the file is the noun of the room")]
mod producer;
mod queue;
mod router;
mod sender;
mod settings;

pub use delivery::{Callback, Delivery, RecordMetadata, RecordResult};
pub use partitioner::{Partitioning, murmur2, partition_of_key};
pub use producer::{Producer, ProducerRecord};

#[cfg(test)]
mod tests;
