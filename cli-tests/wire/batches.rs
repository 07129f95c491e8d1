//! Batches that no client should send, and timestamps that no record should have: Kafka's code, and nothing is appended.

use bytes::Bytes;
use mq::io::clock::{Clock, SystemClock};
use mq::model::{ErrorCode, Timestamp};
use mq::record::{BATCH_OVERHEAD, BatchBuilder, Codec, NewRecord, compress};

use super::common::{batch, create_topic, fetch_request, only, produce, values};
use super::fetch::list;
use super::frames::{assert_serves, resident_kilobytes};
use crate::support::broker::Broker;
use crate::support::connection::Connection;

const MAGIC_AT: usize = 16;
const CRC_AT: usize = 17;
const ATTRIBUTES_AT: usize = 21;
const LAST_OFFSET_DELTA_AT: usize = 23;
const PRODUCER_ID_AT: usize = 43;
const COUNT_AT: usize = 57;

/// A batch with other bytes at a place, under a checksum that is right again.
fn with(batch: &Bytes, at: usize, bytes: &[u8]) -> Bytes {
    let mut changed = batch.to_vec();
    changed[at..at + bytes.len()].copy_from_slice(bytes);
    sealed(changed)
}

/// A batch with other records under its header.
fn with_records(batch: &Bytes, records: &[u8], attributes: i16) -> Bytes {
    let mut changed = [&batch[..BATCH_OVERHEAD], records].concat();
    let length = i32::try_from(changed.len() - 12).expect("a small batch");
    changed[8..12].copy_from_slice(&length.to_be_bytes());
    changed[ATTRIBUTES_AT..ATTRIBUTES_AT + 2].copy_from_slice(&attributes.to_be_bytes());
    sealed(changed)
}

fn sealed(mut batch: Vec<u8>) -> Bytes {
    let crc = crc32c::crc32c(&batch[ATTRIBUTES_AT..]);
    batch[CRC_AT..CRC_AT + 4].copy_from_slice(&crc.to_be_bytes());
    batch.into()
}

/// Fault F5: a batch that lies about itself is refused with Kafka's code, and nothing is appended.
#[test]
fn a_batch_that_lies_about_itself_is_refused() {
    let broker = Broker::start();
    let mut connection = Connection::to(&broker);
    create_topic(&mut connection, "first", 1, &[]);
    let sound = batch(&["a", "b"]);
    let records = &sound[BATCH_OVERHEAD..];
    let twice = compress(Codec::Gzip.into(), &compress(Codec::Gzip.into(), records));
    let corrupt = ErrorCode::CORRUPT_MESSAGE;
    let invalid = ErrorCode::INVALID_RECORD;
    let cases = [
        ("a bad checksum", Bytes::from([&sound[..70], &[sound[70] ^ 1], &sound[71..]].concat()), corrupt),
        ("magic 0", with(&sound, MAGIC_AT, &[0]), invalid),
        ("magic 1", with(&sound, MAGIC_AT, &[1]), invalid),
        ("magic 3", with(&sound, MAGIC_AT, &[3]), corrupt),
        ("too many counted", with(&sound, COUNT_AT, &3i32.to_be_bytes()), invalid),
        ("too few counted", with(&sound, COUNT_AT, &1i32.to_be_bytes()), invalid),
        ("a wrong last delta", with(&sound, LAST_OFFSET_DELTA_AT, &7i32.to_be_bytes()), invalid),
        ("a negative count", with(&sound, COUNT_AT, &(-1i32).to_be_bytes()), invalid),
        ("a length of -1", with(&sound, 8, &(-1i32).to_be_bytes()), corrupt),
        ("a length beyond the bytes", with(&sound, 8, &i32::MAX.to_be_bytes()), invalid),
        ("a control batch", with(&sound, ATTRIBUTES_AT, &0x20i16.to_be_bytes()), invalid),
        ("a base offset", with(&sound, 0, &5i64.to_be_bytes()), invalid),
        ("a producer without a sequence", with(&sound, PRODUCER_ID_AT, &5i64.to_be_bytes()), invalid),
        ("no record", with(&with_records(&sound, b"", 0), COUNT_AT, &0i32.to_be_bytes()), invalid),
        ("an unknown codec", with_records(&sound, records, 5), ErrorCode::UNSUPPORTED_COMPRESSION_TYPE),
        ("a codec in a codec", with_records(&sound, &twice, 1), invalid),
        ("no gzip", with_records(&sound, b"garbage!", 1), invalid),
        ("junk behind the records", with_records(&sound, &[records, b"junk"].concat(), 0), invalid),
        ("a second batch", Bytes::from([&sound[..], &sound[..]].concat()), invalid),
        ("half a header", sound.slice(..40), invalid),
    ];
    for (case, bytes, code) in cases {
        let refused = produce(&mut connection, "first", bytes);
        assert_eq!((ErrorCode::from_wire(refused.error_code), refused.base_offset), (code, -1), "{case}");
    }
    let data = only(connection.call(&fetch_request("first", 0), 12));
    assert_eq!((data.high_watermark, values(&data).len()), (0, 0));
    assert_eq!(produce(&mut connection, "first", sound).base_offset, 0);
}

/// Fault F5: a bomb: little that unpacks to very much. It is walked through where the batch is kept as it is, and unpacked to a
/// bound of 128 MiB where the topic wants another codec; neither holds what the bomb holds.
#[test]
fn a_bomb_is_never_held() {
    const UNPACKED: usize = 1 << 30;
    let bomb = compress(Codec::Zstd.into(), &vec![0; UNPACKED]);
    assert!(bomb.len() < 200_000, "{}", bomb.len());
    let bomb = with_records(&batch(&["a"]), &bomb, 4);
    for (codec, kilobytes_max) in [("producer", 32 << 10), ("lz4", 640 << 10)] {
        let broker = Broker::start();
        let mut connection = Connection::to(&broker);
        create_topic(&mut connection, "first", 1, &[("compression.type", codec)]);
        let before = resident_kilobytes(broker.id());
        assert_ne!(produce(&mut connection, "first", bomb.clone()).error_code, 0);
        let grown = resident_kilobytes(broker.id()).saturating_sub(before);
        assert!(grown < kilobytes_max, "{codec}: {UNPACKED} unpacked bytes grew the broker by {grown} kB");
        assert_serves(&broker);
    }
}

fn at(timestamp: i64) -> Bytes {
    let mut builder = BatchBuilder::new(Codec::None.into());
    builder.append(NewRecord { timestamp: Timestamp(timestamp), key: None, value: Some(b"x"), headers: &[] });
    builder.build()
}

/// Fault C3: no timestamp, 1970, ten years ahead and microseconds, by `message.timestamp.before.max.ms` and its like.
#[test]
fn timestamps_are_held_to_their_bounds() {
    const DAY: i64 = 86_400_000;
    let broker = Broker::start();
    let mut connection = Connection::to(&broker);
    create_topic(&mut connection, "first", 1, &[]);
    create_topic(&mut connection, "bound", 1, &[("message.timestamp.before.max.ms", "86400000")]);
    create_topic(&mut connection, "stamped", 1, &[("message.timestamp.type", "LogAppendTime")]);
    let now = SystemClock::new().now().0;
    let (fine, wrong) = (ErrorCode::NONE, ErrorCode::INVALID_TIMESTAMP);
    let cases = [
        ("first", -1, fine),
        ("first", 0, fine),
        ("first", now, fine),
        ("first", now + DAY / 48, fine),
        ("first", now + 2 * DAY, wrong),
        ("first", now + 3650 * DAY, wrong),
        ("first", now * 1000, wrong),
        ("bound", -1, fine),
        ("bound", 0, wrong),
        ("bound", now - 2 * DAY, wrong),
        ("bound", now - DAY / 2, fine),
        ("stamped", now * 1000, fine),
    ];
    for (topic, timestamp, code) in cases {
        let response = produce(&mut connection, topic, at(timestamp));
        assert_eq!(
            ErrorCode::from_wire(response.error_code),
            code,
            "{topic} {timestamp}: {:?}",
            response.error_message
        );
    }
    // The search by time finds the first record at a time or later; one without a timestamp is before all.
    assert_eq!(list(&mut connection, 0, 7), (fine, 1, 0));
    assert_eq!(list(&mut connection, now, 7), (fine, 2, now));
    assert_eq!(list(&mut connection, now + 1, 7), (fine, 3, now + DAY / 48));
    assert_eq!(list(&mut connection, -3, 7), (fine, 3, now + DAY / 48));
}
