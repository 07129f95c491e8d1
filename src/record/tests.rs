//! Batches from the outside: built, read, judged; and what is no batch.

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::model::{ErrorCode, LeaderEpoch, Offset, ProducerEpoch, ProducerId, Timestamp, TopicPartition};

const NOW: Timestamp = Timestamp(1_700_000_000_000);
const HOUR_MS: i64 = 3_600_000;

fn partition() -> TopicPartition {
    TopicPartition { topic: "first".into(), partition: 0 }
}

fn rules(partition: &TopicPartition) -> Rules<'_> {
    Rules {
        partition,
        origin: Origin::Client { produce_version: 11 },
        compacted: false,
        max_message_bytes: 1_048_588,
        message_timestamp_type: TimestampType::CreateTime,
        message_timestamp_before_max_ms: i64::MAX,
        message_timestamp_after_max_ms: HOUR_MS,
        compression: TargetCompression::Producer,
        decompressed_bytes_max: DECOMPRESSED_BYTES_MAX,
    }
}

fn judged(bytes: &Bytes) -> Result<Validated, Refused> {
    validate(bytes, &rules(&partition()), NOW)
}

fn code(bytes: &Bytes) -> ErrorCode {
    judged(bytes).map_or_else(|refused| refused.code, |_| ErrorCode::NONE)
}

/// A batch of records "v0", "v1", ... with key "k".
fn batch_of(count: i32, codec: Codec) -> Bytes {
    let mut builder = BatchBuilder::new(codec.into());
    for number in 0..count {
        let value = format!("v{number}");
        builder.append(NewRecord { timestamp: NOW, key: Some(b"k"), value: Some(value.as_bytes()), headers: &[] });
    }
    builder.build()
}

/// `batch` with a changed header, and a right checksum again.
fn with_header(batch: &Bytes, change: impl FnOnce(&mut BatchHeader)) -> Bytes {
    with_payload(batch, &batch[BATCH_OVERHEAD..], change)
}

fn with_payload(batch: &Bytes, payload: &[u8], change: impl FnOnce(&mut BatchHeader)) -> Bytes {
    let mut header = BatchHeader::parse(batch).unwrap();
    header.batch_length = (BATCH_OVERHEAD - LOG_OVERHEAD + payload.len()) as i32;
    change(&mut header);
    header.crc = header.crc_before(crc32c::crc32c(payload), payload.len());
    [&header.encode()[..], payload].concat().into()
}

fn with_byte(batch: &Bytes, at: usize, byte: u8) -> Bytes {
    let mut bytes = batch.to_vec();
    bytes[at] = byte;
    bytes.into()
}

fn records_of(validated: &Validated) -> Vec<Record> {
    let batch = Batch::parse(&validated.to_bytes()).unwrap();
    batch.check_crc_for_test();
    batch.records(1 << 20).unwrap().collect::<Result<_, _>>().unwrap()
}

impl Batch {
    fn check_crc_for_test(&self) {
        assert_eq!(self.view().check_crc(), Ok(()));
    }
}

#[test]
fn an_accepted_batch_shares_the_bytes_of_the_request() {
    for codec in Codec::ALL {
        let bytes = batch_of(3, codec);
        let accepted = judged(&bytes).unwrap();
        assert!(!accepted.rebuilt);
        assert_eq!(accepted.rest.as_ptr(), bytes[BATCH_OVERHEAD..].as_ptr(), "{codec:?}");
        assert_eq!(accepted.to_bytes(), bytes);
        assert_eq!(accepted.max_timestamp, NOW);
    }
}

#[test]
fn offset_and_leader_epoch_are_written_without_a_new_checksum() {
    let mut bytes = batch_of(2, Codec::None).to_vec();
    patch::base_offset(&mut bytes, Offset(1000));
    patch::leader_epoch(&mut bytes, LeaderEpoch(7));
    let view = BatchView::parse(&bytes).unwrap();
    assert_eq!(view.check_crc(), Ok(()));
    assert_eq!((view.base_offset, view.last_offset(), view.leader_epoch), (Offset(1000), Offset(1001), LeaderEpoch(7)));
}

/// Fault F5: a bad checksum.
#[test]
fn a_flipped_bit_under_the_checksum_is_corrupt() {
    let bytes = batch_of(2, Codec::None);
    for at in 17..bytes.len() {
        assert_eq!(code(&with_byte(&bytes, at, bytes[at] ^ 1)), ErrorCode::CORRUPT_MESSAGE, "byte {at}");
    }
}

/// Fault F5: magic 0, 1, 3. The codes were measured on 4.3.1.
#[test]
fn another_magic_is_refused() {
    let bytes = batch_of(2, Codec::None);
    assert_eq!(code(&with_byte(&bytes, 16, 0)), ErrorCode::INVALID_RECORD);
    assert_eq!(code(&with_byte(&bytes, 16, 1)), ErrorCode::INVALID_RECORD);
    for magic in [3, 0xff] {
        let refused = judged(&with_byte(&bytes, 16, magic)).unwrap_err();
        assert_eq!(refused.code, ErrorCode::CORRUPT_MESSAGE);
        let text = format!("Invalid magic found in record: {}", magic.cast_signed());
        assert_eq!(refused.wire_message(), Some(text.as_str()));
    }
}

/// Fault F5: wrong count, wrong last delta, empty batch.
#[test]
fn counts_that_disagree_are_refused() {
    for codec in [Codec::None, Codec::Gzip] {
        let bytes = batch_of(2, codec);
        for (count, last) in [(1, 1), (3, 1), (3, 2), (1, 0), (2, 5), (2, -1), (0, -1), (0, 0), (-1, -2), (0, 1)] {
            let changed = with_header(&bytes, |header| {
                header.records_count = count;
                header.last_offset_delta = last;
            });
            assert_eq!(code(&changed), ErrorCode::INVALID_RECORD, "{codec:?} {count} {last}");
        }
    }
    let empty = with_payload(&batch_of(1, Codec::None), &[], |header| header.records_count = 0);
    assert_eq!(code(&empty), ErrorCode::INVALID_RECORD);
    assert_eq!(code(&Bytes::new()), ErrorCode::INVALID_RECORD);
}

/// Fault F5: negative and wrong sizes.
#[test]
fn wrong_lengths_of_a_batch_are_refused() {
    let bytes = batch_of(2, Codec::None);
    let with_length = |length: i32| {
        let mut changed = bytes.to_vec();
        changed[8..12].copy_from_slice(&length.to_be_bytes());
        Bytes::from(changed)
    };
    for length in [0, -1, 13, i32::MIN, 20, 48] {
        assert_eq!(code(&with_length(length)), ErrorCode::CORRUPT_MESSAGE, "{length}");
    }
    // A batch that is cut is no batch.
    assert_eq!(code(&with_length(i32::MAX)), ErrorCode::INVALID_RECORD);
    for length in 0..bytes.len() {
        assert_eq!(code(&bytes.slice(..length)), ErrorCode::INVALID_RECORD, "cut to {length}");
    }
}

/// Fault F5: negative and wrong sizes within records.
#[test]
fn wrong_lengths_of_a_record_are_refused() {
    let bytes = batch_of(1, Codec::None);
    // length attributes timestampDelta offsetDelta keyLength k valueLength v 0 headerCount
    let record = &bytes[BATCH_OVERHEAD..];
    let zigzag = |value: i8| ((value << 1) ^ (value >> 7)).cast_unsigned();
    for (at, value) in [(0, -5), (0, 60), (0, 8), (0, 10), (4, 60), (6, 60), (9, -1), (9, 60), (9, 1)] {
        let mut changed = record.to_vec();
        changed[at] = zigzag(value);
        for codec in Codec::ALL {
            let packed = compress(codec.into(), &changed);
            let batch =
                with_payload(&bytes, &packed, |header| header.attributes = Attributes::default().with_codec(codec));
            assert_eq!(code(&batch), ErrorCode::INVALID_RECORD, "{codec:?} byte {at} {value}");
        }
    }
    let null_header_key = [18, 0, 0, 0, 1, 1, 2, 1, 1, 0];
    for codec in Codec::ALL {
        let packed = compress(codec.into(), &null_header_key);
        let batch = with_payload(&bytes, &packed, |header| header.attributes = Attributes::default().with_codec(codec));
        assert_eq!(code(&batch), ErrorCode::INVALID_RECORD, "{codec:?}");
    }
}

/// Fault F5: a control flag from a client, a base offset, and a producer without a sequence.
#[test]
fn what_only_a_broker_writes_is_refused_from_a_client() {
    let bytes = batch_of(2, Codec::None);
    let control = with_header(&bytes, |header| header.attributes = header.attributes.control());
    assert_eq!(code(&control), ErrorCode::INVALID_RECORD);
    for offset in [5, -1, i64::MAX, i64::MIN] {
        assert_eq!(code(&with_header(&bytes, |header| header.base_offset = Offset(offset))), ErrorCode::INVALID_RECORD);
    }
    let no_sequence = with_header(&bytes, |header| header.producer_id = ProducerId(5));
    assert_eq!(code(&no_sequence), ErrorCode::INVALID_RECORD);
    let partition = partition();
    let broker = Rules { origin: Origin::Broker, ..rules(&partition) };
    assert!(validate(&control, &broker, NOW).is_ok());
}

/// Fault F5: offsets within the batch that are not 0, 1, 2.
#[test]
fn records_out_of_place_are_refused() {
    for codec in Codec::ALL {
        let mut builder = BatchBuilder::new(codec.into());
        builder.append(NewRecord { timestamp: NOW, ..NewRecord::default() });
        builder.append_at(2, NewRecord { timestamp: NOW, ..NewRecord::default() });
        let bytes = with_header(&builder.build(), |header| header.last_offset_delta = 1);
        assert_eq!(code(&bytes), ErrorCode::INVALID_RECORD, "{codec:?}");
    }
}

/// Fault F5: compression inside compression.
#[test]
fn a_codec_inside_a_codec_is_refused() {
    let inner = batch_of(3, Codec::Gzip);
    let twice = compress(Codec::Gzip.into(), &inner[BATCH_OVERHEAD..]);
    assert_eq!(code(&with_payload(&inner, &twice, |_| {})), ErrorCode::INVALID_RECORD);
}

/// Fault F5: an unknown codec.
#[test]
fn an_unknown_codec_is_refused() {
    for id in 5..8 {
        let bytes = with_header(&batch_of(2, Codec::None), |header| header.attributes = Attributes(id));
        assert_eq!(code(&bytes), ErrorCode::UNSUPPORTED_COMPRESSION_TYPE);
    }
}

#[test]
fn zstd_needs_produce_v7() {
    let partition = partition();
    let bytes = batch_of(2, Codec::Zstd);
    let of_version = |version| Rules { origin: Origin::Client { produce_version: version }, ..rules(&partition) };
    let refused = validate(&bytes, &of_version(6), NOW).unwrap_err();
    assert_eq!(refused.code, ErrorCode::UNSUPPORTED_COMPRESSION_TYPE);
    assert!(validate(&bytes, &of_version(7), NOW).is_ok());
}

/// Fault F5: a block that is not what its codec writes.
#[test]
fn a_broken_block_is_refused() {
    for codec in [Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd] {
        let bytes = batch_of(2, codec);
        let payload = &bytes[BATCH_OVERHEAD..];
        for broken in [&b"garbage!"[..], b"", &payload[..payload.len() / 2]] {
            assert_eq!(code(&with_payload(&bytes, broken, |_| {})), ErrorCode::INVALID_RECORD, "{codec:?} {broken:?}");
        }
    }
}

/// Fault F5: a bomb. The walk stops at the limit; the time is what the limit takes, whatever the bomb holds.
#[test]
fn a_bomb_is_refused_at_the_limit() {
    let value = vec![0; 64 << 20];
    for codec in [Codec::Gzip, Codec::Lz4, Codec::Zstd] {
        let mut builder = BatchBuilder::new(codec.into());
        builder.append(NewRecord { timestamp: NOW, value: Some(&value), ..NewRecord::default() });
        let bytes = builder.build();
        assert!(bytes.len() < 1_000_000, "{codec:?} {}", bytes.len());
        let partition = partition();
        for target in [TargetCompression::Producer, TargetCompression::Always(Codec::None.into())] {
            let small = Rules { compression: target, decompressed_bytes_max: 1 << 20, ..rules(&partition) };
            let refused = validate(&bytes, &small, NOW).unwrap_err();
            assert_eq!(refused.code, ErrorCode::MESSAGE_TOO_LARGE, "{codec:?}");
        }
    }
}

/// Fault F5: trailing junk. Less than a batch is dropped, as 4.3.1 does; what cannot begin a batch is corrupt.
#[test]
fn what_follows_the_batch_is_judged_as_kafka_does() {
    let bytes = batch_of(2, Codec::None);
    let followed = |junk: &[u8]| Bytes::from([&bytes, junk].concat());
    assert_eq!(judged(&followed(b"12345")).unwrap().to_bytes(), bytes);
    assert_eq!(judged(&followed(&bytes[..bytes.len() - 1])).unwrap().to_bytes(), bytes);
    assert_eq!(code(&followed(&[0; 20])), ErrorCode::CORRUPT_MESSAGE);
    assert_eq!(code(&followed(&with_byte(&bytes, 16, 9))), ErrorCode::CORRUPT_MESSAGE);
    assert_eq!(code(&followed(&with_byte(&bytes, 16, 1))), ErrorCode::INVALID_RECORD);
    assert_eq!(code(&followed(&bytes)), ErrorCode::INVALID_RECORD);
    let in_payload = with_payload(&bytes, &[&bytes[BATCH_OVERHEAD..], &[1, 2, 3]].concat(), |_| {});
    assert_eq!(code(&in_payload), ErrorCode::INVALID_RECORD);
}

/// Fault F6: larger than max.message.bytes, before and after compression.type was applied.
#[test]
fn a_batch_over_max_message_bytes_is_too_large() {
    let partition = partition();
    let bytes = batch_of(200, Codec::Gzip);
    let limited = |max_message_bytes| Rules { max_message_bytes, ..rules(&partition) };
    let fits = validate(&bytes, &limited(bytes.len()), NOW);
    assert!(fits.is_ok());
    let refused = validate(&bytes, &limited(bytes.len() - 1), NOW).unwrap_err();
    assert_eq!((refused.code, refused.wire_message()), (ErrorCode::MESSAGE_TOO_LARGE, None));
    let grown = Rules { compression: TargetCompression::Always(Codec::None.into()), ..limited(bytes.len()) };
    assert_eq!(validate(&bytes, &grown, NOW).unwrap_err().code, ErrorCode::MESSAGE_TOO_LARGE);
}

/// Fault F6: no key on a compacted topic. The texts are those of 4.3.1.
#[test]
fn records_without_a_key_are_named_one_by_one_on_a_compacted_topic() {
    let partition = partition();
    let compacted = Rules { compacted: true, ..rules(&partition) };
    for codec in Codec::ALL {
        let mut builder = BatchBuilder::new(codec.into());
        for key in [Some(&b"k"[..]), None, None] {
            builder.append(NewRecord { timestamp: NOW, key, ..NewRecord::default() });
        }
        let refused = validate(&builder.build(), &compacted, NOW).unwrap_err();
        assert_eq!(refused.code, ErrorCode::INVALID_RECORD);
        let places: Vec<_> = refused.record_errors.iter().map(|error| error.batch_index).collect();
        assert_eq!(places, [1, 2]);
        let one = "Compacted topic cannot accept message without key in topic partition first-0";
        assert_eq!(refused.record_errors[0].message, one);
        let all = format!(
            "One or more records have been rejected due to 2 record errors in total, and only showing the first three errors at most: [RecordError(batchIndex=1, message='{one}'), RecordError(batchIndex=2, message='{one}')]"
        );
        assert_eq!(refused.wire_message(), Some(all.as_str()));
    }
}

/// Fault C3: timestamps of -1, 0, 1970, ten years ahead, microseconds.
#[test]
fn timestamps_out_of_range_are_named_one_by_one() {
    let partition = partition();
    let at = |timestamp| {
        let mut builder = BatchBuilder::new(Codec::None.into());
        builder.append(NewRecord { timestamp: Timestamp(timestamp), ..NewRecord::default() });
        builder.build()
    };
    for fine in [-1, 0, -5, NOW.0 - HOUR_MS * 100_000, NOW.0 + HOUR_MS] {
        assert_eq!(code(&at(fine)), ErrorCode::NONE, "{fine}");
    }
    for wrong in [NOW.0 + HOUR_MS + 1, NOW.0 + 315_360_000_000, NOW.0 * 1000, i64::MAX] {
        assert_eq!(code(&at(wrong)), ErrorCode::INVALID_TIMESTAMP, "{wrong}");
    }
    let day = Rules { message_timestamp_before_max_ms: 24 * HOUR_MS, ..rules(&partition) };
    let refused = validate(&at(0), &day, NOW).unwrap_err();
    let one = "Timestamp 0 of message with offset 0 is out of range. The timestamp should be within [1699913600000, 1700003600000]";
    assert_eq!(refused.record_errors, [RecordProblem { batch_index: 0, message: one.to_owned() }]);
    assert_eq!(refused.wire_message(), Some("One or more records have been rejected due to invalid timestamp"));
    assert!(validate(&at(-1), &day, NOW).is_ok());
}

#[test]
fn log_append_time_stamps_the_header_and_leaves_the_records() {
    let partition = partition();
    let append_time = Rules { message_timestamp_type: TimestampType::LogAppendTime, ..rules(&partition) };
    let later = NOW.plus(std::time::Duration::from_secs(5));
    for codec in Codec::ALL {
        let bytes = batch_of(3, codec);
        let accepted = validate(&bytes, &append_time, later).unwrap();
        assert_eq!((accepted.max_timestamp, accepted.log_append_time), (later, Some(later)));
        assert_eq!(accepted.rest, bytes[BATCH_OVERHEAD..]);
        assert!(records_of(&accepted).iter().all(|record| record.timestamp == later));
    }
    let claimed = with_header(&batch_of(1, Codec::None), |header| {
        header.attributes = header.attributes.with_timestamp_type(TimestampType::LogAppendTime);
    });
    let refused = validate(&claimed, &append_time, later).unwrap_err();
    assert_eq!(refused.code, ErrorCode::INVALID_TIMESTAMP);
    let text = "Invalid timestamp type in message DefaultRecord(offset=0, timestamp=1700000000000, key=1 bytes, value=2 bytes). Producer should not set timestamp type to LogAppendTime.";
    assert_eq!(refused.record_errors[0].message, text);
}

#[test]
fn a_wrong_largest_timestamp_is_put_right() {
    let bytes = with_header(&batch_of(2, Codec::Lz4), |header| header.max_timestamp = Timestamp(5));
    let accepted = judged(&bytes).unwrap();
    assert_eq!(accepted.header.max_timestamp, NOW);
    assert_eq!(records_of(&accepted).len(), 2);
}

#[test]
fn compression_type_rebuilds_what_came_with_another_codec() {
    let partition = partition();
    for source in Codec::ALL {
        let mut builder = BatchBuilder::new(source.into()).transactional().producer(Producer {
            id: ProducerId(9),
            epoch: ProducerEpoch(1),
            base_sequence: 4,
        });
        let headers = [Header::new("a", Some("1")), Header::new("a", None::<Bytes>), Header::new("", Some(""))];
        builder.append(NewRecord { timestamp: NOW, key: None, value: Some(b"one"), headers: &headers });
        builder.append(NewRecord { timestamp: Timestamp(3), key: Some(b""), value: None, headers: &[] });
        let bytes = builder.build();
        let before = records_of(&judged(&bytes).unwrap());
        for target in Codec::ALL {
            let always = Rules { compression: TargetCompression::Always(target.into()), ..rules(&partition) };
            let accepted = validate(&bytes, &always, NOW).unwrap();
            assert_eq!(accepted.rebuilt, source != target);
            assert_eq!(accepted.header.attributes.codec(), Ok(target));
            assert_eq!(records_of(&accepted), before, "{source:?} to {target:?}");
            assert!(accepted.header.attributes.is_transactional());
            assert_eq!(accepted.header.last_sequence(), 5);
        }
    }
}

#[test]
fn the_end_of_a_transaction_reads_back() {
    let marker = EndTransactionMarker { result: TransactionResult::Commit, coordinator_epoch: 3 };
    let bytes = end_transaction_batch(ProducerId(7), ProducerEpoch(2), marker, NOW);
    let batch = Batch::parse(&bytes).unwrap();
    assert_eq!((batch.attributes, batch.base_sequence, batch.last_sequence()), (Attributes(0x30), -1, -1));
    let record = batch.records(100).unwrap().next().unwrap().unwrap();
    let control = ControlRecord::of(&record).unwrap();
    assert_eq!(control.end_transaction(), Ok(Some(marker)));
}

#[test]
fn sequences_wrap_after_the_largest() {
    assert_eq!(increment_sequence(i32::MAX, 1), 0);
    assert_eq!(increment_sequence(i32::MAX - 2, 5), 2);
    assert_eq!(decrement_sequence(0, 1), i32::MAX);
    assert_eq!(decrement_sequence(2, 5), i32::MAX - 2);
}

#[test]
fn batches_end_at_a_cut_one_and_at_an_error() {
    let one = batch_of(2, Codec::None);
    let all = Bytes::from([&one, &one, &one[..40]].concat());
    let mut walk = batches(&all);
    assert_eq!(walk.by_ref().filter(Result::is_ok).count(), 2);
    assert_eq!(walk.rest().len(), 40);
    assert_eq!(shared_batches(&all).count(), 2);
    let wrong = Bytes::from([&one[..], &[0; 30], &one].concat());
    let kinds: Vec<_> = batches(&wrong).map(|batch| batch.is_ok()).collect();
    assert_eq!(kinds, [true, false]);
    assert_eq!(shared_batches(&wrong).count(), 2);
}

prop_compose! {
    fn any_record()(
        timestamp in prop_oneof![Just(-1), 0..NOW.0, any::<i64>()],
        key in prop::option::of(prop::collection::vec(any::<u8>(), 0..20)),
        value in prop::option::of(prop::collection::vec(any::<u8>(), 0..200)),
        headers in prop::collection::vec(("[a-c]{0,3}", prop::option::of(prop::collection::vec(any::<u8>(), 0..9))), 0..4),
    ) -> (Timestamp, Option<Vec<u8>>, Option<Vec<u8>>, Vec<Header>) {
        let headers = headers.into_iter().map(|(key, value)| Header::new(key, value)).collect();
        (Timestamp(timestamp), key, value, headers)
    }
}

proptest! {
    #[test]
    fn what_is_built_reads_back(
        records in prop::collection::vec(any_record(), 1..30),
        id in 0u8..5,
        base in 0..i64::MAX / 2,
    ) {
        let codec = Codec::from_id(id).unwrap();
        let mut builder = BatchBuilder::new(codec.into()).base_offset(Offset(base)).leader_epoch(LeaderEpoch(3));
        for (timestamp, key, value, headers) in &records {
            let record = NewRecord { timestamp: *timestamp, key: key.as_deref(), value: value.as_deref(), headers };
            let grows = builder.uncompressed_size() + builder.size_of_next(record);
            prop_assert!(builder.size_of_next(record) + BATCH_OVERHEAD <= BatchBuilder::size_upper_bound(record));
            builder.append(record);
            prop_assert_eq!(builder.uncompressed_size(), grows);
        }
        let bytes = builder.build();
        let batch = Batch::parse(&bytes).unwrap();
        prop_assert_eq!(batch.view().check_crc(), Ok(()));
        prop_assert_eq!(batch.next_offset(), Offset(base).plus(records.len() as i64));
        let read: Vec<_> = batch.records(1 << 20).unwrap().collect::<Result<_, _>>().unwrap();
        prop_assert_eq!(&batch.view().records(1 << 20).unwrap().collect::<Result<Vec<_>, _>>().unwrap(), &read);
        prop_assert_eq!(read.len(), records.len());
        for (number, (record, (timestamp, key, value, headers))) in read.iter().zip(&records).enumerate() {
            prop_assert_eq!(record.offset, Offset(base).plus(number as i64));
            prop_assert_eq!(record.timestamp, *timestamp);
            prop_assert_eq!(record.key.as_deref(), key.as_deref());
            prop_assert_eq!(record.value.as_deref(), value.as_deref());
            prop_assert_eq!(&record.headers, headers);
        }
    }

    /// Fault F5: hostile bytes in place of a batch, of its header, of its records.
    #[test]
    fn hostile_bytes_end_in_an_answer(
        noise in prop::collection::vec(any::<u8>(), 0..400),
        id in 0u8..5,
        at in 0usize..200,
        seal in any::<bool>(),
    ) {
        let bare = Bytes::from(noise.clone());
        let _ = judged(&bare);
        let _ = legacy::LegacyMessage::parse(&bare).map(|message| message.map(|message| message.inner(1 << 20)));
        let mut bytes = batch_of(3, Codec::from_id(id).unwrap()).to_vec();
        for (place, byte) in bytes.iter_mut().skip(at).zip(&noise) {
            *place ^= byte;
        }
        if let Ok(mut header) = BatchHeader::parse(&bytes) && seal {
            let payload = bytes.split_off(BATCH_OVERHEAD);
            header.crc = header.crc_before(crc32c::crc32c(&payload), payload.len());
            bytes = [&header.encode()[..], &payload].concat();
        }
        let bytes = Bytes::from(bytes);
        if let Ok(accepted) = judged(&bytes) {
            let records = records_of(&accepted);
            prop_assert_eq!(records.len(), usize::try_from(accepted.header.records_count).unwrap());
        }
        for batch in shared_batches(&bytes).flatten() {
            let _ = batch.records(1 << 20).map(|records| records.count());
        }
    }
}

#[test]
fn an_independent_codec_reads_what_is_built_and_writes_what_is_read() {
    use kafka_protocol::records::{Compression as Other, RecordBatchDecoder, RecordBatchEncoder, RecordEncodeOptions};
    let headers = [Header::new("a", Some("1")), Header::new("b", None::<Bytes>)];
    let producer = Producer { id: ProducerId(4), epoch: ProducerEpoch(2), base_sequence: 10 };
    let mut builder = BatchBuilder::new(Codec::None.into()).base_offset(Offset(5)).producer(producer).transactional();
    builder.append(NewRecord { timestamp: NOW, key: Some(b"k"), value: None, headers: &headers });
    builder.append(NewRecord { timestamp: Timestamp(NOW.0 - 9), key: None, value: Some(b"v"), headers: &[] });
    let ours = builder.build();
    let theirs = RecordBatchDecoder::decode(&mut ours.clone()).unwrap().records;
    assert_eq!(theirs.iter().map(|record| (record.offset, record.sequence)).collect::<Vec<_>>(), [(5, 10), (6, 11)]);
    assert_eq!(theirs[1].timestamp, NOW.0 - 9);
    assert_eq!(theirs[0].headers.len(), 2);
    let mut again = bytes::BytesMut::new();
    let options = RecordEncodeOptions { version: 2, compression: Other::None };
    RecordBatchEncoder::encode(&mut again, &theirs, &options).unwrap();
    let read = |bytes: &Bytes| -> Vec<Record> {
        let batch = Batch::parse(bytes).unwrap();
        batch.check_crc_for_test();
        batch.records(1000).unwrap().collect::<Result<_, _>>().unwrap()
    };
    let plain = |records: Vec<Record>| -> Vec<_> {
        records
            .into_iter()
            .map(|record| (record.offset, record.timestamp, record.key, record.value, record.headers))
            .collect()
    };
    assert_eq!(plain(read(&again.freeze())), plain(read(&ours)));
}
