//! From the bytes of a fetched partition to records: batch by batch, checked, decompressed, and without those of aborted
//! transactions where only committed ones are wanted (KIP-98).

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::records::Chunk;
use crate::model::{Offset, ProducerId, TopicPartition};
use crate::record::{
    Batch, Codec, ControlKind, DECOMPRESSED_BYTES_MAX, RecordError, RecordRef, batches, decompress, shared_batches,
};

/// A fetched partition that is not decoded yet.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) partition: TopicPartition,
    pub(super) bytes: Bytes,
    /// The offset that was asked for; what lies before it in the first batch is left out.
    pub(super) from: Offset,
    /// Aborted transactions in these bytes, where only committed records are wanted: first offset and producer.
    pub(super) aborted: Option<Vec<(Offset, ProducerId)>>,
    pub(super) check_crcs: bool,
}

/// What decoding gave, up to the first thing that is wrong.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    pub(super) chunks: Vec<Chunk>,
    /// What is wrong, and at which offset.
    pub(super) failure: Option<(Offset, RecordError)>,
}

/// The offset behind the last whole batch, for the next fetch; a walk over headers only.
pub(super) fn next_offset(bytes: &[u8]) -> Option<Offset> {
    batches(bytes).map_while(Result::ok).last().map(|batch| batch.next_offset())
}

/// Decodes what was fetched.
pub(super) fn decode(fetched: &Fetched) -> Decoded {
    let mut decoded = Decoded::default();
    let mut aborted = fetched.aborted.as_ref().map(|list| Aborted::new(list));
    let mut at = fetched.from;
    for batch in shared_batches(&fetched.bytes) {
        let one = batch.and_then(|batch| decode_batch(fetched, batch, aborted.as_mut()));
        match one {
            Ok(chunk) => {
                at = chunk.next_offset;
                decoded.chunks.push(chunk);
            }
            Err(error) => {
                decoded.failure = Some((at, error));
                break;
            }
        }
    }
    decoded
}

fn decode_batch(fetched: &Fetched, batch: Batch, aborted: Option<&mut Aborted>) -> Result<Chunk, RecordError> {
    if fetched.check_crcs {
        batch.view().check_crc()?;
    }
    let mut header = *batch.header();
    let codec = header.attributes.codec()?;
    let mut payload = match codec {
        Codec::None => batch.payload(),
        codec => decompress(codec, &batch.payload(), DECOMPRESSED_BYTES_MAX)?.into(),
    };
    let dropped = aborted.is_some_and(|aborted| aborted.drops(&header, &payload));
    if dropped || header.attributes.is_control() {
        header.records_count = 0;
        return Ok(Chunk::new(fetched.partition.clone(), header, Bytes::new()));
    }
    let mut rest: &[u8] = &payload;
    let (mut skipped, mut kept, mut start) = (0, 0, 0);
    for _ in 0..header.records_count {
        let record = RecordRef::read(&mut rest)?;
        if kept == 0 && record.offset(&header) < fetched.from {
            skipped += 1;
            start = payload.len() - rest.len();
        } else {
            kept += 1;
        }
    }
    debug_assert_eq!(skipped + kept, header.records_count.max(0));
    header.records_count = kept;
    let payload = payload.split_off(start);
    Ok(Chunk::new(fetched.partition.clone(), header, payload))
}

/// Which producers' records are to be dropped, as the walk over the batches goes on.
struct Aborted {
    /// Transactions by their first offset.
    coming: BTreeMap<Offset, Vec<ProducerId>>,
    active: BTreeSet<ProducerId>,
}

impl Aborted {
    fn new(list: &[(Offset, ProducerId)]) -> Aborted {
        let mut coming: BTreeMap<Offset, Vec<ProducerId>> = BTreeMap::new();
        for (first, producer) in list {
            coming.entry(*first).or_default().push(*producer);
        }
        Aborted { coming, active: BTreeSet::new() }
    }

    /// Whether a batch belongs to an aborted transaction. A marker of abort ends the transaction.
    fn drops(&mut self, header: &crate::record::BatchHeader, payload: &[u8]) -> bool {
        if !header.has_producer_id() {
            return false;
        }
        while let Some(first) = self.coming.first_entry().filter(|first| *first.key() <= header.last_offset()) {
            self.active.extend(first.remove());
        }
        if header.attributes.is_control() {
            if is_abort(payload) {
                self.active.remove(&header.producer_id);
            }
            return false;
        }
        header.attributes.is_transactional() && self.active.contains(&header.producer_id)
    }
}

fn is_abort(mut payload: &[u8]) -> bool {
    let Ok(record) = RecordRef::read(&mut payload) else { return false };
    // The key is a version and the kind, two bytes each.
    let Some([_, _, kind @ ..]) = record.key.and_then(|key| key.first_chunk::<4>()).copied() else { return false };
    ControlKind::from_id(i16::from_be_bytes(kind)) == ControlKind::Abort
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ProducerEpoch, Timestamp};
    use crate::record::{
        BatchBuilder, EndTransactionMarker, NewRecord, Producer, TransactionResult, end_transaction_batch,
    };

    fn builder(base: i64, codec: Codec, values: &[&str]) -> BatchBuilder {
        let mut builder = BatchBuilder::new(codec.into()).base_offset(Offset(base));
        for value in values {
            builder.append(NewRecord {
                timestamp: Timestamp(1),
                value: Some(value.as_bytes()),
                ..NewRecord::default()
            });
        }
        builder
    }

    fn fetched(bytes: Vec<u8>, from: i64, aborted: Option<Vec<(Offset, ProducerId)>>) -> Fetched {
        let partition = TopicPartition::new("t", 0);
        Fetched { partition, bytes: bytes.into(), from: Offset(from), aborted, check_crcs: true }
    }

    fn values(decoded: &Decoded) -> Vec<(i64, String)> {
        let mut records = super::super::ConsumerRecords::default();
        decoded.chunks.iter().for_each(|chunk| records.push(chunk.clone()));
        let text = |value: Option<&[u8]>| String::from_utf8(value.unwrap().to_vec()).unwrap();
        records.iter().map(|record| (record.offset().0, text(record.value()))).collect()
    }

    #[test]
    fn a_fetch_from_the_middle_of_a_batch_leaves_out_what_lies_before() {
        for codec in Codec::ALL {
            let decoded = decode(&fetched(builder(10, codec, &["a", "b", "c"]).build().to_vec(), 11, None));
            assert_eq!(values(&decoded), [(11, "b".to_owned()), (12, "c".to_owned())]);
            assert_eq!(decoded.chunks[0].next_offset, Offset(13));
        }
    }

    #[test]
    fn a_batch_that_is_cut_at_the_end_is_left_for_the_next_fetch() {
        let mut bytes = builder(0, Codec::None, &["a"]).build().to_vec();
        let second = builder(1, Codec::None, &["b"]).build();
        bytes.extend_from_slice(&second[..second.len() - 1]);
        assert_eq!(next_offset(&bytes), Some(Offset(1)));
        let decoded = decode(&fetched(bytes, 0, None));
        assert_eq!(values(&decoded), [(0, "a".to_owned())]);
        assert!(decoded.failure.is_none());
    }

    /// Fault B2: a flipped bit is found by the client.
    #[test]
    fn a_flipped_bit_stops_at_its_batch() {
        let mut bytes = builder(0, Codec::None, &["a"]).build().to_vec();
        let mut second = builder(1, Codec::None, &["b"]).build().to_vec();
        *second.last_mut().unwrap() ^= 1;
        bytes.append(&mut second);
        let decoded = decode(&fetched(bytes, 0, None));
        assert_eq!(values(&decoded), [(0, "a".to_owned())]);
        assert!(matches!(decoded.failure, Some((Offset(1), RecordError::Crc { .. }))));
    }

    #[test]
    fn records_of_an_aborted_transaction_are_dropped_up_to_its_marker() {
        let of = |id: i64, sequence| Producer { id: ProducerId(id), epoch: ProducerEpoch(0), base_sequence: sequence };
        let transactional = |base, id, sequence, value| {
            builder(base, Codec::None, &[value]).producer(of(id, sequence)).transactional().build()
        };
        let marker = |offset: i64, id, result| {
            let marker = EndTransactionMarker { result, coordinator_epoch: 0 };
            let mut bytes = end_transaction_batch(ProducerId(id), ProducerEpoch(0), marker, Timestamp(1)).to_vec();
            crate::record::patch::base_offset(&mut bytes, Offset(offset));
            Bytes::from(bytes)
        };
        let bytes = [
            transactional(0, 1, 0, "aborted"),
            transactional(1, 2, 0, "committed"),
            marker(2, 1, TransactionResult::Abort),
            transactional(3, 1, 1, "later"),
            marker(4, 2, TransactionResult::Commit),
            marker(5, 1, TransactionResult::Commit),
        ]
        .concat();
        let aborted = vec![(Offset(0), ProducerId(1))];
        let decoded = decode(&fetched(bytes.clone(), 0, Some(aborted)));
        assert_eq!(values(&decoded), [(1, "committed".to_owned()), (3, "later".to_owned())]);
        assert_eq!(decoded.chunks.last().unwrap().next_offset, Offset(6));
        assert_eq!(values(&decode(&fetched(bytes, 0, None))).len(), 3);
    }

    #[test]
    fn a_chunk_that_is_cut_goes_on_at_the_next_record() {
        let decoded = decode(&fetched(builder(0, Codec::Zstd, &["a", "b", "c"]).build().to_vec(), 0, None));
        let mut rest = decoded.chunks.into_iter().next().unwrap();
        let front = rest.split_off_front(2);
        assert_eq!((front.count(), front.next_offset), (2, Offset(2)));
        let rest = Decoded { chunks: vec![rest], failure: None };
        assert_eq!(values(&rest), [(2, "c".to_owned())]);
    }
}
