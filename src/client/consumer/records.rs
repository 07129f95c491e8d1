//! What a poll returns: records that lie in the bytes of the fetch they came with.
//!
//! Nothing is copied and nothing allocated per record: a [`ConsumerRecord`] borrows, and is read from its batch when the
//! iterator comes to it. The batches were checked when they arrived, so that reading them here cannot fail.

use bytes::Bytes;

use crate::model::{LeaderEpoch, Offset, Timestamp, TopicPartition};
use crate::record::{BatchHeader, HeaderRefs, Record, RecordRef, TimestampType};

/// The records of one poll: grouped by partition, in the order of their offsets within each.
#[derive(Debug, Clone, Default)]
pub struct ConsumerRecords {
    chunks: Vec<Chunk>,
    count: usize,
}

impl ConsumerRecords {
    /// How many records there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The records.
    pub fn iter(&self) -> impl Iterator<Item = ConsumerRecord<'_>> {
        self.chunks.iter().flat_map(Chunk::iter)
    }

    /// The partitions that have records here.
    #[must_use]
    pub fn partitions(&self) -> Vec<TopicPartition> {
        let mut found: Vec<TopicPartition> = Vec::new();
        for chunk in &self.chunks {
            if !found.contains(&chunk.partition) {
                found.push(chunk.partition.clone());
            }
        }
        found
    }

    /// The records of one partition.
    pub fn of<'a>(&'a self, partition: &'a TopicPartition) -> impl Iterator<Item = ConsumerRecord<'a>> {
        self.chunks.iter().filter(move |chunk| chunk.partition == *partition).flat_map(Chunk::iter)
    }

    pub(super) fn push(&mut self, chunk: Chunk) {
        self.count += chunk.count();
        self.chunks.push(chunk);
    }
}

/// One record.
#[derive(Debug, Clone, Copy)]
pub struct ConsumerRecord<'a> {
    chunk: &'a Chunk,
    record: RecordRef<'a>,
}

impl<'a> ConsumerRecord<'a> {
    /// The topic.
    #[must_use]
    pub fn topic(&self) -> &'a str {
        &self.chunk.partition.topic
    }

    /// The partition's index.
    #[must_use]
    pub fn partition(&self) -> i32 {
        self.chunk.partition.partition
    }

    /// The partition with its topic.
    #[must_use]
    pub fn topic_partition(&self) -> &'a TopicPartition {
        &self.chunk.partition
    }

    /// The offset.
    #[must_use]
    pub fn offset(&self) -> Offset {
        self.record.offset(&self.chunk.header)
    }

    /// The timestamp.
    #[must_use]
    pub fn timestamp(&self) -> Timestamp {
        self.record.timestamp(&self.chunk.header)
    }

    /// Whose clock gave the timestamp.
    #[must_use]
    pub fn timestamp_type(&self) -> TimestampType {
        self.chunk.header.attributes.timestamp_type()
    }

    /// The epoch of the leader that wrote the record.
    #[must_use]
    pub fn leader_epoch(&self) -> LeaderEpoch {
        self.chunk.header.leader_epoch
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> Option<&'a [u8]> {
        self.record.key
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> Option<&'a [u8]> {
        self.record.value
    }

    /// The key as bytes that outlive the poll; they keep the whole batch in memory.
    #[must_use]
    pub fn key_bytes(&self) -> Option<Bytes> {
        self.record.key.map(|key| self.chunk.payload.slice_ref(key))
    }

    /// The value as bytes that outlive the poll; they keep the whole batch in memory.
    #[must_use]
    pub fn value_bytes(&self) -> Option<Bytes> {
        self.record.value.map(|value| self.chunk.payload.slice_ref(value))
    }

    /// The headers: key and value, in order.
    #[must_use]
    pub fn headers(&self) -> HeaderRefs<'a> {
        self.record.headers
    }

    /// The record as a value of its own, which shares the batch's bytes.
    #[must_use]
    pub fn to_record(&self) -> Record {
        self.record.to_record(&self.chunk.header, &self.chunk.payload)
    }
}

/// Records of one batch, decompressed and checked.
#[derive(Debug, Clone)]
pub(super) struct Chunk {
    pub(super) partition: TopicPartition,
    /// The header of the batch, whose count is that of the records that are left here.
    header: BatchHeader,
    /// The records that are left.
    payload: Bytes,
    /// Where to go on behind the last of them.
    pub(super) next_offset: Offset,
    /// What the fetch that brought it counts for it, in bytes; set on the last chunk of a fetch.
    pub(super) fetched_bytes: usize,
}

impl Chunk {
    /// A chunk of `payload`, which was walked and found whole.
    pub(super) fn new(partition: TopicPartition, header: BatchHeader, payload: Bytes) -> Chunk {
        let next_offset = header.next_offset();
        Chunk { partition, header, payload, next_offset, fetched_bytes: 0 }
    }

    /// How many records are left.
    pub(super) fn count(&self) -> usize {
        usize::try_from(self.header.records_count).unwrap_or(0)
    }

    pub(super) fn leader_epoch(&self) -> LeaderEpoch {
        self.header.leader_epoch
    }

    /// Cuts off the first `count` records; what is cut off goes on at the first record that is left.
    pub(super) fn split_off_front(&mut self, count: usize) -> Chunk {
        let mut rest: &[u8] = &self.payload;
        for _ in 0..count {
            RecordRef::read(&mut rest).expect("the records were walked when they came");
        }
        let cut = self.payload.len() - rest.len();
        let next = RecordRef::read(&mut &rest[..]).map_or(self.next_offset, |record| record.offset(&self.header));
        let taken = i32::try_from(count).expect("not above the count of the batch");
        let mut front = self.clone();
        front.header.records_count = taken;
        front.payload = self.payload.split_to(cut);
        front.next_offset = next;
        front.fetched_bytes = 0;
        self.header.records_count -= taken;
        front
    }

    fn iter(&self) -> impl Iterator<Item = ConsumerRecord<'_>> {
        let mut rest: &[u8] = &self.payload;
        (0..self.header.records_count).map(move |_| {
            let record = RecordRef::read(&mut rest).expect("the records were walked when they came");
            ConsumerRecord { chunk: self, record }
        })
    }
}
