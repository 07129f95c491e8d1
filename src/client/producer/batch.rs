//! One batch of one partition, from its first record to its result.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::delivery::{Callback, Delivery, Outcome, State};
use super::identity::Stamp;
use crate::client::ClientError;
use crate::model::{Timestamp, TopicPartition};
use crate::record::{
    BATCH_OVERHEAD, Batch as RecordBatch, BatchBuilder, BatchView, Compression, DECOMPRESSED_BYTES_MAX, NewRecord,
    Producer,
};

/// A batch that grows, waits, travels or comes back.
pub(super) struct Batch {
    bytes: Content,
    pub(super) outcome: Arc<Outcome>,
    callbacks: Vec<(u32, Timestamp, Callback)>,
    count: u32,
    /// Order within the partition.
    pub(super) order: u64,
    /// On the steady clock.
    pub(super) created: Duration,
    /// Not to be sent again before this.
    pub(super) retry_at: Duration,
    /// Times that it was sent.
    pub(super) attempts: u32,
    /// Why it was not written the last time.
    pub(super) last_error: Option<ClientError>,
    /// Bytes of `buffer.memory` that it holds.
    pub(super) memory: usize,
    /// The id, epoch and first sequence number that it was last sent with.
    pub(super) stamp: Option<(Stamp, i32)>,
}

enum Content {
    Open(Box<BatchBuilder>),
    Built(Bytes),
}

/// What a new batch begins with.
pub(super) struct NewBatch {
    pub(super) partition: TopicPartition,
    pub(super) compression: Compression,
    pub(super) capacity: usize,
    pub(super) memory: usize,
    pub(super) order: u64,
    pub(super) created: Duration,
}

impl Batch {
    pub(super) fn new(new: NewBatch) -> Batch {
        let builder = BatchBuilder::new(new.compression).with_capacity(new.capacity);
        Batch {
            bytes: Content::Open(Box::new(builder)),
            outcome: Outcome::new(new.partition),
            callbacks: Vec::new(),
            count: 0,
            order: new.order,
            created: new.created,
            retry_at: Duration::ZERO,
            attempts: 0,
            last_error: None,
            memory: new.memory,
            stamp: None,
        }
    }

    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// Whether a record fits in, so that the batch keeps below `limit` bytes when it shrinks to `ratio`.
    pub(super) fn has_room(&self, record: NewRecord<'_>, limit: usize, ratio: f32) -> bool {
        match &self.bytes {
            Content::Open(builder) => {
                let next = builder.size_of_next(record);
                builder.estimated_size(ratio) + (next as f32 * ratio) as usize <= limit
            }
            Content::Built(_) => false,
        }
    }

    /// Adds a record that has room.
    pub(super) fn append(&mut self, record: NewRecord<'_>, callback: Option<Callback>) -> Delivery {
        let Content::Open(builder) = &mut self.bytes else { unreachable!("only an open batch has room") };
        builder.append(record);
        let index = self.count;
        self.count += 1;
        if let Some(callback) = callback {
            self.callbacks.push((index, record.timestamp, callback));
        }
        Delivery::new(Arc::clone(&self.outcome), index, record.timestamp)
    }

    /// The bytes that it will take on the wire, or about so while it grows.
    pub(super) fn size(&self, ratio: f32) -> usize {
        match &self.bytes {
            Content::Open(builder) => builder.estimated_size(ratio),
            Content::Built(bytes) => bytes.len(),
        }
    }

    /// The bytes for the wire, with id and sequence where there are some. Tells how far compression shrank the records.
    pub(super) fn build(&mut self) -> (Bytes, Option<f32>) {
        let producer = self.stamp.map_or(Producer::NONE, |(stamp, base_sequence)| Producer {
            id: stamp.id,
            epoch: stamp.epoch,
            base_sequence,
        });
        let before = std::mem::replace(&mut self.bytes, Content::Built(Bytes::new()));
        let (bytes, ratio) = match before {
            Content::Open(builder) => {
                let plain = (builder.uncompressed_size() - BATCH_OVERHEAD).max(1);
                let bytes = builder.producer(producer).build();
                let ratio = (bytes.len() - BATCH_OVERHEAD) as f32 / plain as f32;
                (bytes, Some(ratio))
            }
            Content::Built(bytes) => (stamped(bytes, producer), None),
        };
        self.bytes = Content::Built(bytes.clone());
        (bytes, ratio)
    }

    /// The records again in batches of at most half the size, because a broker found this one too large. The parts take
    /// over its callbacks; its result is theirs.
    pub(super) fn split(mut self, compression: Compression) -> Result<Vec<Batch>, ClientError> {
        let (bytes, _) = self.build();
        let limit = (bytes.len() / 2).max(1);
        let partition = self.outcome.partition.clone();
        let unreadable = |cause: crate::record::RecordError| ClientError::IllegalState(cause.to_string());
        let records =
            RecordBatch::parse(&bytes).map_err(unreadable)?.records(DECOMPRESSED_BYTES_MAX).map_err(unreadable)?;
        let mut callbacks = std::mem::take(&mut self.callbacks).into_iter().peekable();
        let mut parts: Vec<(u32, Batch)> = Vec::new();
        for (index, record) in (0_u32..).zip(records) {
            let record = record.map_err(unreadable)?;
            let new = NewRecord {
                timestamp: record.timestamp,
                key: record.key.as_deref(),
                value: record.value.as_deref(),
                headers: &record.headers,
            };
            let full = |(_, last): &(u32, Batch)| !last.has_room(new, limit, 1.0);
            if parts.last().is_none_or(full) {
                let order = self.order;
                let (capacity, memory, created) = (limit, 0, self.created);
                let partition = partition.clone();
                parts.push((index, Batch::new(NewBatch { partition, compression, capacity, memory, order, created })));
            }
            let callback = callbacks.next_if(|(at, ..)| *at == index).map(|(.., callback)| callback);
            let (_, part) = parts.last_mut().expect("one was just pushed");
            drop(part.append(new, callback));
        }
        self.outcome.settle(State::Split(parts.iter().map(|(at, part)| (*at, Arc::clone(&part.outcome))).collect()));
        let mut parts: Vec<Batch> = parts.into_iter().map(|(_, part)| part).collect();
        if let Some(first) = parts.first_mut() {
            first.memory = self.memory;
        }
        Ok(parts)
    }

    /// Gives every record its result, once; a second one is ignored.
    pub(super) fn settle(&mut self, state: State) {
        self.outcome.settle(state);
        for (index, timestamp, callback) in std::mem::take(&mut self.callbacks) {
            if let Some(result) = self.outcome.result(index, timestamp) {
                callback(result);
            }
        }
    }

    /// Whether its records have their result already.
    pub(super) fn is_settled(&self) -> bool {
        self.outcome.is_set()
    }
}

impl Drop for Batch {
    /// No record is left without a result, however the producer ended.
    fn drop(&mut self) {
        if !self.is_settled() {
            let cause = ClientError::Closed("The producer is closed forcefully.");
            self.settle(State::Failed { cause, blamed: Vec::new() });
        }
    }
}

/// A built batch with another id, epoch and sequence; its checksum follows.
fn stamped(bytes: Bytes, producer: Producer) -> Bytes {
    let view = BatchView::parse(&bytes).expect("it was built here");
    let mut header = *view.header();
    if (header.producer_id, header.producer_epoch, header.base_sequence)
        == (producer.id, producer.epoch, producer.base_sequence)
    {
        return bytes;
    }
    header.producer_id = producer.id;
    header.producer_epoch = producer.epoch;
    header.base_sequence = producer.base_sequence;
    header.crc = header.crc_before(crc32c::crc32c(view.payload()), view.payload().len());
    let mut again = Vec::with_capacity(bytes.len());
    again.extend_from_slice(&header.encode());
    again.extend_from_slice(view.payload());
    again.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Offset, ProducerEpoch, ProducerId};
    use crate::record::Codec;

    fn batch(codec: Codec) -> Batch {
        Batch::new(NewBatch {
            partition: TopicPartition::new("t", 0),
            compression: codec.into(),
            capacity: 1000,
            memory: 1000,
            order: 0,
            created: Duration::ZERO,
        })
    }

    fn record(value: &[u8]) -> NewRecord<'_> {
        NewRecord { timestamp: Timestamp(1), key: None, value: Some(value), headers: &[] }
    }

    #[test]
    fn a_batch_that_is_stamped_again_keeps_a_right_checksum() {
        for codec in Codec::ALL {
            let mut batch = batch(codec);
            drop(batch.append(record(b"one"), None));
            for (epoch, sequence) in [(0, 0), (1, 0), (1, 9)] {
                let stamp = Stamp { id: ProducerId(5), epoch: ProducerEpoch(epoch) };
                batch.stamp = Some((stamp, sequence));
                let (bytes, _) = batch.build();
                let view = BatchView::parse(&bytes).unwrap();
                view.check_crc().unwrap();
                assert_eq!((view.producer_epoch.0, view.base_sequence), (epoch, sequence));
            }
        }
    }

    #[tokio::test]
    async fn a_split_batch_keeps_records_order_and_callbacks() {
        let mut batch = batch(Codec::Lz4);
        let (sender, results) = std::sync::mpsc::channel();
        let mut deliveries = Vec::new();
        for number in 0..10_u8 {
            let sender = sender.clone();
            let callback: Callback = Box::new(move |result| sender.send((number, result.unwrap().offset)).unwrap());
            deliveries.push(batch.append(record(&[number; 100]), Some(callback)));
        }
        let parts = batch.split(Codec::None.into()).unwrap();
        assert!(parts.len() > 1);
        let mut base_offset = 100;
        for mut part in parts {
            let count = i64::from(part.count());
            part.settle(State::Written { base_offset, append_time: None });
            base_offset += count;
        }
        for (number, delivery) in (0..).zip(deliveries) {
            assert_eq!(delivery.await.unwrap().offset, Offset(100 + number));
            assert_eq!(results.recv().unwrap(), (u8::try_from(number).unwrap(), Offset(100 + number)));
        }
    }
}
