//! The partitions of `__consumer_offsets` as the group coordinator sees them: `coordinator::GroupLog` over the replicas.

use std::fmt;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use super::auto_topics::CONSUMER_OFFSETS;
use super::error;
use crate::coordinator::group::TransactionEnd;
use crate::coordinator::{GroupBatch, GroupLog, LogChunk, LogEntry, LogFuture};
use crate::io::clock::Clock;
use crate::io::spawn::BlockingPool;
use crate::log::{MinOne, Read};
use crate::metadata::Publisher;
use crate::model::{ErrorCode, Offset, ProducerId};
use crate::protocol::Segment;
use crate::record::{
    BatchBuilder, BatchView, Codec, Compression, ControlKind, ControlRecord, DECOMPRESSED_BYTES_MAX, NewRecord, Record,
    batches,
};
use crate::replica::{Partition, Replicas};

/// The offsets topic on this broker.
pub(super) struct OffsetsTopic {
    pub(super) replicas: Arc<Replicas>,
    pub(super) metadata: Publisher,
    /// `offsets.topic.num.partitions`, while the topic is not there.
    pub(super) partitions: i32,
    /// `offsets.topic.compression.codec`.
    pub(super) codec: Codec,
    /// `offsets.load.buffer.size`: how much of a partition is read at a time while it is loaded.
    pub(super) load_bytes: usize,
    /// Where loading reads.
    pub(super) readers: BlockingPool,
    pub(super) clock: Arc<dyn Clock>,
}

impl fmt::Debug for OffsetsTopic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OffsetsTopic").field("partitions", &self.partitions).finish_non_exhaustive()
    }
}

impl OffsetsTopic {
    fn partition(&self, index: i32) -> Result<Arc<Partition>, ErrorCode> {
        self.replicas.partition(CONSUMER_OFFSETS, index).ok_or(ErrorCode::NOT_LEADER_OR_FOLLOWER)
    }

    fn batch_of(&self, batch: &GroupBatch) -> Bytes {
        let mut builder = BatchBuilder::new(Compression::from(self.codec));
        for (key, value) in &batch.records {
            builder.append(NewRecord {
                timestamp: batch.timestamp,
                key: Some(key),
                value: value.as_deref(),
                headers: &[],
            });
        }
        builder.build()
    }
}

impl GroupLog for OffsetsTopic {
    fn partition_count(&self) -> i32 {
        self.metadata.current().topic(CONSUMER_OFFSETS).map_or(self.partitions, |topic| topic.partition_count())
    }

    fn append(&self, batch: GroupBatch) -> LogFuture<Offset> {
        let found = self.partition(batch.partition);
        let records = self.batch_of(&batch);
        let now = self.clock.now();
        Box::pin(async move {
            let partition = found?;
            let appending = partition
                .append_as_coordinator(&records, batch.leader_epoch, now)
                .map_err(|refused| error::of_replica(&refused))?;
            let appended = appending.result().await.map_err(|refused| error::of_log(&refused))?;
            if let Some(committed) = partition.wait_committed(appended.last_offset.plus(1)) {
                match committed.await.unwrap_or(ErrorCode::NOT_LEADER_OR_FOLLOWER) {
                    ErrorCode::NONE => {}
                    code => return Err(code),
                }
            }
            Ok(appended.first_offset)
        })
    }

    fn read(&self, partition: i32, from: Offset) -> LogFuture<LogChunk> {
        let found = self.partition(partition);
        let (readers, max_bytes) = (self.readers.clone(), self.load_bytes);
        Box::pin(async move {
            let partition = found?;
            readers.run(move || read_chunk(&partition, from, max_bytes)).await
        })
    }
}

/// Reads a part of the partition. It blocks.
fn read_chunk(partition: &Partition, from: Offset, max_bytes: usize) -> Result<LogChunk, ErrorCode> {
    let log = partition.log();
    let from = from.max(log.log_start_offset());
    let end = partition.high_watermark();
    let read = Read { offset: from, max_bytes, upper_bound: end, min_one: MinOne::Whole };
    if from >= end {
        return Ok(LogChunk { entries: Vec::new(), next: from, is_last: true });
    }
    let fetched = log.read(&read).map_err(|refused| error::of_log(&refused))?;
    let bytes = bytes_of(fetched.records.segments())?;
    let mut chunk = LogChunk { entries: Vec::new(), next: from, is_last: false };
    for batch in batches(&bytes) {
        // The last batch may be cut by the size of the part.
        let Ok(batch) = batch else { break };
        chunk.next = batch.header().next_offset();
        read_batch(&batch, from, &mut chunk.entries)?;
    }
    chunk.is_last = chunk.next >= end || chunk.next == from;
    Ok(chunk)
}

fn read_batch(batch: &BatchView<'_>, from: Offset, entries: &mut Vec<LogEntry>) -> Result<(), ErrorCode> {
    let header = *batch.header();
    let producer_id = if header.attributes.is_transactional() { header.producer_id } else { ProducerId::NONE };
    for record in batch.records(DECOMPRESSED_BYTES_MAX).map_err(|broken| broken.code())? {
        let record = record.map_err(|broken| broken.code())?;
        if record.offset < from {
            continue;
        }
        if header.attributes.is_control() {
            entries.extend(end_of(&record, header.producer_id)?);
        } else if let Some(key) = record.key {
            entries.push(LogEntry::Record { offset: record.offset, producer_id, key, value: record.value });
        }
    }
    Ok(())
}

fn end_of(record: &Record, producer_id: ProducerId) -> Result<Option<LogEntry>, ErrorCode> {
    let end = match ControlRecord::of(record).map_err(|broken| broken.code())?.kind {
        ControlKind::Commit => TransactionEnd::Committed,
        ControlKind::Abort => TransactionEnd::Aborted,
        _ => return Ok(None),
    };
    Ok(Some(LogEntry::EndOfTransaction { producer_id, end }))
}

fn bytes_of(segments: &[Segment]) -> Result<Bytes, ErrorCode> {
    let mut bytes = BytesMut::new();
    for segment in segments {
        match segment {
            Segment::Bytes(piece) => bytes.extend_from_slice(piece),
            Segment::File(range) => {
                let start = bytes.len();
                bytes.resize(start + range.length, 0);
                let mut done = 0;
                while done < range.length {
                    let position = range.position.plus(u64::try_from(done).unwrap_or(0));
                    match range.file.read_at(&mut bytes[start + done..], position) {
                        Ok(0) | Err(_) => return Err(ErrorCode::KAFKA_STORAGE_ERROR),
                        Ok(count) => done += count,
                    }
                }
            }
        }
    }
    Ok(bytes.freeze())
}
