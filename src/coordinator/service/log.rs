//! What the coordinator needs of the log under it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;

use crate::coordinator::group::TransactionEnd;
use crate::model::{ErrorCode, LeaderEpoch, Offset, ProducerId, Timestamp};

/// A result that the log has later.
pub type LogFuture<T> = Pin<Box<dyn Future<Output = Result<T, ErrorCode>> + Send>>;

/// The partitions of `__consumer_offsets`, as far as this node leads them.
pub trait GroupLog: Send + Sync + fmt::Debug {
    /// How many partitions the topic has, or will have when it is made.
    fn partition_count(&self) -> i32;

    /// Appends one batch and waits until it is committed (acks=all). Gives the offset of its first record. The shard
    /// calls it again only when the last call has ended.
    fn append(&self, batch: GroupBatch) -> LogFuture<Offset>;

    /// Reads records from `from` on, some at a time.
    fn read(&self, partition: i32, from: Offset) -> LogFuture<LogChunk>;
}

/// Records that are appended as one batch, all or nothing.
#[derive(Debug, Clone)]
pub struct GroupBatch {
    /// The partition of `__consumer_offsets`.
    pub partition: i32,
    /// The epoch in which this node leads it: another epoch refuses the batch.
    pub leader_epoch: LeaderEpoch,
    /// The timestamp of the records.
    pub timestamp: Timestamp,
    /// Keys and values; no value deletes.
    pub records: Vec<(Bytes, Option<Bytes>)>,
}

/// A part of a partition that is being replayed.
#[derive(Debug, Clone, Default)]
pub struct LogChunk {
    /// Its records, in order.
    pub entries: Vec<LogEntry>,
    /// Where the next part begins.
    pub next: Offset,
    /// Nothing follows: the part reached the end of the log.
    pub is_last: bool,
}

/// One record of a partition that is being replayed.
#[derive(Debug, Clone)]
pub enum LogEntry {
    /// A record with a key and, unless it deletes, a value.
    Record {
        /// Its offset.
        offset: Offset,
        /// The producer whose transaction it belongs to; none outside of transactions.
        producer_id: ProducerId,
        /// Its key.
        key: Bytes,
        /// Its value.
        value: Option<Bytes>,
    },
    /// The marker at the end of a transaction.
    EndOfTransaction {
        /// Whose transaction ended.
        producer_id: ProducerId,
        /// How.
        end: TransactionEnd,
    },
}
