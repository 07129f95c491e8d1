//! Builds a batch v2, for producers, coordinators and the metadata log.

use bytes::Bytes;

use super::varint::{varint_size, varlong_size, write_varint, write_varlong};
use super::{
    Attributes, BATCH_OVERHEAD, BatchHeader, Compression, Header, LOG_OVERHEAD, MAGIC, TimestampType, compress,
};
use crate::model::{LeaderEpoch, Offset, ProducerEpoch, ProducerId, Timestamp};

/// The bytes of a record beside its key, value and headers, at most: length, attributes, timestamp and offset delta.
const RECORD_OVERHEAD_MAX: usize = 5 + 1 + 10 + 5;

/// A record to append.
#[derive(Debug, Clone, Copy, Default)]
pub struct NewRecord<'a> {
    /// The timestamp that the record carries.
    pub timestamp: Timestamp,
    /// The key.
    pub key: Option<&'a [u8]>,
    /// The value.
    pub value: Option<&'a [u8]>,
    /// The headers, in order.
    pub headers: &'a [Header],
}

/// The idempotent producer of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Producer {
    /// The producer id.
    pub id: ProducerId,
    /// Its epoch.
    pub epoch: ProducerEpoch,
    /// The sequence number of the first record; -1 in control batches.
    pub base_sequence: i32,
}

impl Producer {
    /// No idempotent producer.
    pub const NONE: Producer = Producer { id: ProducerId::NONE, epoch: ProducerEpoch::NONE, base_sequence: -1 };
}

/// Collects records and makes one batch of them.
#[derive(Debug, Clone)]
pub struct BatchBuilder {
    compression: Compression,
    attributes: Attributes,
    append_time: Option<Timestamp>,
    base_offset: Offset,
    leader_epoch: LeaderEpoch,
    producer: Producer,
    base_timestamp: Option<Timestamp>,
    max_timestamp: Timestamp,
    last_offset_delta: i32,
    records_count: i32,
    records: Vec<u8>,
}

impl BatchBuilder {
    /// An empty batch at offset 0, without a producer and without a leader epoch.
    #[must_use]
    pub fn new(compression: Compression) -> BatchBuilder {
        BatchBuilder {
            compression,
            attributes: Attributes::default().with_codec(compression.codec),
            append_time: None,
            base_offset: Offset::ZERO,
            leader_epoch: LeaderEpoch::NONE,
            producer: Producer::NONE,
            base_timestamp: None,
            max_timestamp: Timestamp::NONE,
            last_offset_delta: -1,
            records_count: 0,
            records: Vec::new(),
        }
    }

    /// The same with room for `bytes` of records.
    #[must_use]
    pub fn with_capacity(mut self, bytes: usize) -> BatchBuilder {
        self.records.reserve(bytes);
        self
    }

    /// The same at another base offset.
    #[must_use]
    pub fn base_offset(mut self, offset: Offset) -> BatchBuilder {
        self.base_offset = offset;
        self
    }

    /// The same in a leader epoch.
    #[must_use]
    pub fn leader_epoch(mut self, epoch: LeaderEpoch) -> BatchBuilder {
        self.leader_epoch = epoch;
        self
    }

    /// The same by an idempotent producer. It may be called again before [`BatchBuilder::build`]: a producer learns its
    /// sequence numbers late.
    #[must_use]
    pub fn producer(mut self, producer: Producer) -> BatchBuilder {
        self.producer = producer;
        self
    }

    /// The same in a transaction.
    #[must_use]
    pub fn transactional(mut self) -> BatchBuilder {
        self.attributes = self.attributes.transactional();
        self
    }

    /// The same as a control batch.
    #[must_use]
    pub fn control(mut self) -> BatchBuilder {
        self.attributes = self.attributes.control();
        self
    }

    /// The same with `LogAppendTime`: `time` is what readers see, whatever the records carry.
    #[must_use]
    pub fn append_time(mut self, time: Timestamp) -> BatchBuilder {
        self.attributes = self.attributes.with_timestamp_type(TimestampType::LogAppendTime);
        self.append_time = Some(time);
        self
    }

    /// Adds a record after the last one.
    pub fn append(&mut self, record: NewRecord<'_>) {
        self.append_at(self.last_offset_delta + 1, record);
    }

    /// Adds a record at a delta to the base offset; compaction leaves holes between them.
    ///
    /// # Panics
    /// `offset_delta` is not above the last one.
    pub fn append_at(&mut self, offset_delta: i32, record: NewRecord<'_>) {
        assert!(offset_delta > self.last_offset_delta, "offsets grow within a batch");
        let base = *self.base_timestamp.get_or_insert(record.timestamp);
        let timestamp_delta = record.timestamp.0.wrapping_sub(base.0);
        let fields = Fields { offset_delta, timestamp_delta, record };
        write_varint(&mut self.records, i32::try_from(fields.body_size()).expect("a record is smaller than 2 GiB"));
        fields.write_body(&mut self.records);
        self.last_offset_delta = offset_delta;
        self.records_count += 1;
        self.max_timestamp = self.max_timestamp.max(record.timestamp);
    }

    /// How many records there are.
    #[must_use]
    pub fn records_count(&self) -> i32 {
        self.records_count
    }

    /// Whether nothing was appended yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records_count == 0
    }

    /// The largest timestamp so far.
    #[must_use]
    pub fn max_timestamp(&self) -> Timestamp {
        self.max_timestamp
    }

    /// The bytes of the batch without compression.
    #[must_use]
    pub fn uncompressed_size(&self) -> usize {
        BATCH_OVERHEAD + self.records.len()
    }

    /// What the batch will take when its records shrink to `ratio` of their size: 1.0 for no compression. The caller
    /// knows the ratio of the batches before.
    #[must_use]
    pub fn estimated_size(&self, ratio: f32) -> usize {
        BATCH_OVERHEAD + (self.records.len() as f32 * ratio) as usize
    }

    /// The bytes that `record` would add, before compression.
    #[must_use]
    pub fn size_of_next(&self, record: NewRecord<'_>) -> usize {
        let base = self.base_timestamp.unwrap_or(record.timestamp);
        let timestamp_delta = record.timestamp.0.wrapping_sub(base.0);
        Fields { offset_delta: self.last_offset_delta + 1, timestamp_delta, record }.size()
    }

    /// What a batch with `record` alone takes at most, before compression.
    #[must_use]
    pub fn size_upper_bound(record: NewRecord<'_>) -> usize {
        BATCH_OVERHEAD + RECORD_OVERHEAD_MAX + payload_size(record)
    }

    /// The batch as bytes, compressed and with its checksum.
    #[must_use]
    pub fn build(self) -> Bytes {
        let last_offset_delta = self.last_offset_delta.max(0);
        self.build_to(last_offset_delta)
    }

    /// The batch as bytes, whose last offset delta is at least `last_offset_delta`: a compacted batch keeps the range of
    /// the one it came from.
    #[must_use]
    pub fn build_to(self, last_offset_delta: i32) -> Bytes {
        let packed = match self.compression.codec {
            super::Codec::None => None,
            _ => Some(compress(self.compression, &self.records)),
        };
        let records = packed.as_deref().unwrap_or(&self.records);
        let mut header = self.header(records.len(), last_offset_delta);
        header.crc = header.crc_before(crc32c::crc32c(records), records.len());
        let mut batch = Vec::with_capacity(BATCH_OVERHEAD + records.len());
        batch.extend_from_slice(&header.encode());
        batch.extend_from_slice(records);
        batch.into()
    }

    fn header(&self, records_length: usize, last_offset_delta: i32) -> BatchHeader {
        let batch_length = BATCH_OVERHEAD - LOG_OVERHEAD + records_length;
        BatchHeader {
            base_offset: self.base_offset,
            batch_length: i32::try_from(batch_length).expect("a batch is smaller than 2 GiB"),
            leader_epoch: self.leader_epoch,
            magic: MAGIC,
            crc: 0,
            attributes: self.attributes,
            last_offset_delta: last_offset_delta.max(self.last_offset_delta),
            base_timestamp: self.base_timestamp.unwrap_or(Timestamp::NONE),
            max_timestamp: self.append_time.unwrap_or(self.max_timestamp),
            producer_id: self.producer.id,
            producer_epoch: self.producer.epoch,
            base_sequence: self.producer.base_sequence,
            records_count: self.records_count,
        }
    }
}

/// A record with its deltas, as it is laid out.
struct Fields<'a> {
    offset_delta: i32,
    timestamp_delta: i64,
    record: NewRecord<'a>,
}

impl Fields<'_> {
    fn body_size(&self) -> usize {
        1 + varint_size(self.offset_delta) + varlong_size(self.timestamp_delta) + payload_size(self.record)
    }

    fn size(&self) -> usize {
        let body = self.body_size();
        varlong_size(body as i64) + body
    }

    fn write_body(&self, out: &mut Vec<u8>) {
        out.push(0);
        write_varlong(out, self.timestamp_delta);
        write_varint(out, self.offset_delta);
        write_nullable(out, self.record.key);
        write_nullable(out, self.record.value);
        write_varint(out, self.record.headers.len() as i32);
        for header in self.record.headers {
            write_nullable(out, Some(&header.key));
            write_nullable(out, header.value.as_deref());
        }
    }
}

fn payload_size(record: NewRecord<'_>) -> usize {
    let headers = record.headers.iter().map(|header| {
        let value = header.value.as_deref();
        nullable_size(Some(&header.key)) + nullable_size(value)
    });
    nullable_size(record.key)
        + nullable_size(record.value)
        + varint_size(record.headers.len() as i32)
        + headers.sum::<usize>()
}

fn nullable_size(bytes: Option<&[u8]>) -> usize {
    bytes.map_or(1, |bytes| varlong_size(bytes.len() as i64) + bytes.len())
}

fn write_nullable(out: &mut Vec<u8>, bytes: Option<&[u8]>) {
    match bytes {
        None => write_varint(out, -1),
        Some(bytes) => {
            write_varint(out, i32::try_from(bytes.len()).expect("a record is smaller than 2 GiB"));
            out.extend_from_slice(bytes);
        }
    }
}
