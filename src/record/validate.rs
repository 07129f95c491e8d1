//! What a broker accepts from a producer (Kafka's `LogValidator`).
//!
//! An accepted batch keeps its bytes: the log writes a header with offset and leader epoch before the untouched rest. Only
//! `compression.type` other than the batch's own builds it anew. Refusals carry Kafka's codes and words; where Kafka answers
//! UNKNOWN_SERVER_ERROR because something unforeseen was thrown, the code here says what is wrong.

use std::fmt;

use bytes::Bytes;

use super::compress::decompress;
use super::reader::{Skim, Skimmed};
use super::record::timestamp_of;
use super::{
    BATCH_OVERHEAD, BatchBuilder, BatchHeader, BatchView, Codec, Compression, Header, NewRecord, Producer, RecordError,
    RecordRefs, TimestampType, batches,
};
use crate::model::{ErrorCode, Millis, Offset, Timestamp, TopicPartition};

/// How many records of one batch are named in a refusal. Kafka names all; a batch that decompresses to millions of bad
/// records would make the answer many times larger than the request.
const RECORD_PROBLEMS_MAX: usize = 4096;
/// Produce learnt of zstd with this version (KIP-110).
const ZSTD_SINCE: i16 = 7;

/// Who appends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A client's Produce request of this version.
    Client {
        /// The version of the request.
        produce_version: i16,
    },
    /// The broker itself: a coordinator, or the markers of a transaction.
    Broker,
}

/// `compression.type` of the topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TargetCompression {
    /// `producer`: whatever the batch came with.
    #[default]
    Producer,
    /// One codec for all; `uncompressed` is [`Codec::None`].
    Always(Compression),
}

/// What the topic and the broker ask of a batch.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// Where it is to be appended, for the texts.
    pub partition: &'a TopicPartition,
    /// Who appends it.
    pub origin: Origin,
    /// Whether `cleanup.policy` has `compact`, so that every record needs a key.
    pub compacted: bool,
    /// `max.message.bytes`.
    pub max_message_bytes: usize,
    /// `message.timestamp.type`.
    pub message_timestamp_type: TimestampType,
    /// `message.timestamp.before.max.ms`.
    pub message_timestamp_before_max_ms: Millis,
    /// `message.timestamp.after.max.ms`.
    pub message_timestamp_after_max_ms: Millis,
    /// `compression.type` and the level that goes with it.
    pub compression: TargetCompression,
    /// What a compressed batch may yield; [`super::DECOMPRESSED_BYTES_MAX`] where nothing else is known.
    pub decompressed_bytes_max: usize,
}

/// A batch that may be appended: a header to write, and the bytes that follow it.
#[derive(Debug, Clone)]
pub struct Validated {
    /// The header. The log sets base offset and leader epoch, which its checksum leaves out.
    pub header: BatchHeader,
    /// What follows the header; it shares the request's bytes unless the batch was rebuilt.
    pub rest: Bytes,
    /// The largest timestamp, for the time index.
    pub max_timestamp: Timestamp,
    /// The time that the producer is told, with `LogAppendTime`.
    pub log_append_time: Option<Timestamp>,
    /// Whether the records were compressed anew.
    pub rebuilt: bool,
}

impl Validated {
    /// The bytes of the batch.
    #[must_use]
    pub fn size_in_bytes(&self) -> usize {
        BATCH_OVERHEAD + self.rest.len()
    }

    /// The whole batch in one piece, at the offset that its header has: for tests, and where copying does not matter.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        [&self.header.encode()[..], &self.rest].concat().into()
    }
}

/// One record of a refused batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordProblem {
    /// The record's place in the batch, from 0.
    pub batch_index: i32,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for RecordProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordError(batchIndex={}, message='{}')", self.batch_index, self.message)
    }
}

/// Why a batch is not appended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refused {
    /// The code for the partition.
    pub code: ErrorCode,
    /// What is wrong, for a person.
    pub message: String,
    /// The records that are wrong (KIP-467); empty when the batch as a whole is.
    pub record_errors: Vec<RecordProblem>,
    told: bool,
}

impl Refused {
    fn new(code: ErrorCode, message: String) -> Refused {
        Refused { code, message, record_errors: Vec::new(), told: false }
    }

    fn invalid(message: String) -> Refused {
        Refused::new(ErrorCode::INVALID_RECORD, message)
    }

    /// The text that goes into the answer: Kafka sends one beside record errors and for bytes that cannot begin a batch,
    /// and else leaves it to the code.
    #[must_use]
    pub fn wire_message(&self) -> Option<&str> {
        self.told.then_some(self.message.as_str())
    }
}

impl From<RecordError> for Refused {
    fn from(error: RecordError) -> Refused {
        Refused::new(error.code(), error.to_string())
    }
}

/// Judges the records of one partition in a request and makes them ready to append.
///
/// # Errors
/// The refusal that the producer hears; nothing of the batch may be appended then.
pub fn validate(bytes: &Bytes, rules: &Rules<'_>, now: Timestamp) -> Result<Validated, Refused> {
    let batch = one_batch(bytes, rules)?;
    check_size(&batch, rules)?;
    batch.check_crc().map_err(|error| in_partition(&error, rules))?;
    check_header(&batch, rules)?;
    let source = batch.attributes.codec()?;
    let target = match rules.compression {
        TargetCompression::Producer => None,
        // A control batch stays as it is: its readers expect no codec.
        TargetCompression::Always(_) if source == Codec::None && batch.attributes.is_control() => None,
        TargetCompression::Always(target) => Some(target).filter(|target| target.codec != source),
    };
    match target {
        Some(target) => rebuild(&batch, target, rules, now),
        None => keep(bytes, &batch, source, rules, now),
    }
}

fn one_batch<'a>(bytes: &'a Bytes, rules: &Rules<'_>) -> Result<BatchView<'a>, Refused> {
    let version = match rules.origin {
        Origin::Client { produce_version } => produce_version,
        Origin::Broker => i16::MAX,
    };
    let mut walk = batches(bytes);
    let batch = match walk.next() {
        None => {
            return Err(Refused::invalid(format!(
                "Produce requests with version {version} must have at least one record batch per partition"
            )));
        }
        Some(Err(RecordError::Magic(0 | 1))) => {
            return Err(Refused::invalid(format!(
                "Produce requests with version {version} are only allowed to contain record batches with magic version 2"
            )));
        }
        Some(Err(error @ (RecordError::Magic(_) | RecordError::Size { .. }))) => {
            return Err(Refused { told: true, ..error.into() });
        }
        Some(batch) => batch?,
    };
    if batch.attributes.codec()? == Codec::Zstd && version < ZSTD_SINCE {
        return Err(Refused::new(
            ErrorCode::UNSUPPORTED_COMPRESSION_TYPE,
            format!("Produce requests with version {version} are not allowed to use ZStandard compression"),
        ));
    }
    // Less than a batch after the batch is dropped without a word, as Kafka does; what cannot begin a batch is not.
    match walk.next() {
        None => Ok(batch),
        Some(Err(RecordError::Magic(0 | 1)) | Ok(_)) => Err(Refused::invalid(format!(
            "Produce requests with version {version} are only allowed to contain exactly one record batch per partition"
        ))),
        Some(Err(error)) => Err(error.into()),
    }
}

fn check_size(batch: &BatchView<'_>, rules: &Rules<'_>) -> Result<(), Refused> {
    let (partition, max) = (rules.partition, rules.max_message_bytes);
    if matches!(rules.origin, Origin::Client { .. }) && batch.base_offset != Offset::ZERO {
        return Err(Refused::invalid(format!(
            "The baseOffset of the record batch in the append to {partition} should be 0, but it is {}",
            batch.base_offset
        )));
    }
    let size = batch.size_in_bytes();
    if size > max {
        return Err(Refused::new(
            ErrorCode::MESSAGE_TOO_LARGE,
            format!(
                "The record batch size in the append to {partition} is {size} bytes which exceeds the maximum configured value of {max}."
            ),
        ));
    }
    Ok(())
}

fn in_partition(error: &RecordError, rules: &Rules<'_>) -> Refused {
    let message = match error {
        RecordError::Crc { stored, .. } => {
            format!("Record is corrupt (stored crc = {stored}) in topic partition {}.", rules.partition)
        }
        other => other.to_string(),
    };
    Refused::new(error.code(), message)
}

fn check_header(batch: &BatchHeader, rules: &Rules<'_>) -> Result<(), Refused> {
    if rules.origin == Origin::Broker {
        return Ok(());
    }
    let (first, last) = (batch.base_offset, batch.last_offset());
    let (partition, count) = (rules.partition, i64::from(batch.records_count));
    let span = i64::from(batch.last_offset_delta) + 1;
    if span <= 0 {
        return Err(Refused::invalid(format!(
            "Batch has an invalid offset range: [{first}, {last}] in topic partition {partition}"
        )));
    }
    if count <= 0 {
        return Err(Refused::invalid(format!(
            "Invalid reported count for record batch: {count} in topic partition {partition}"
        )));
    }
    if span != count {
        return Err(Refused::invalid(format!(
            "Inconsistent batch offset range [{first}, {last}] and count of records {count} in topic partition {partition}"
        )));
    }
    if batch.attributes.is_control() {
        return Err(Refused::invalid(format!(
            "Clients are not allowed to write control records in topic partition {partition}"
        )));
    }
    if batch.has_producer_id() && batch.base_sequence < 0 {
        return Err(Refused::invalid(format!(
            "Invalid sequence number {} in record batch with producerId {} in topic partition {partition}",
            batch.base_sequence, batch.producer_id
        )));
    }
    Ok(())
}

/// The batch as it came, with at most its header changed.
fn keep(
    bytes: &Bytes,
    batch: &BatchView<'_>,
    source: Codec,
    rules: &Rules<'_>,
    now: Timestamp,
) -> Result<Validated, Refused> {
    let mut check = RecordCheck::new(batch.header(), rules, now);
    if source == Codec::None {
        let mut rest = batch.payload();
        for _ in 0..batch.records_count.max(0) {
            check.record(Skimmed::read(&mut rest)?)?;
        }
        if !rest.is_empty() {
            return Err(RecordError::Remaining.into());
        }
    } else {
        let mut walk = Skim::new(source, batch.payload(), rules.decompressed_bytes_max)?;
        for _ in 0..batch.records_count.max(0) {
            let record = walk.record()?;
            check.record(record)?;
        }
        walk.finish()?;
    }
    let max_timestamp = check.finish()?;
    let rest = bytes.slice_ref(batch.payload());
    let header = with_timestamps(batch, rules.message_timestamp_type, max_timestamp, &rest);
    let log_append_time = (rules.message_timestamp_type == TimestampType::LogAppendTime).then_some(now);
    Ok(Validated { header, rest, max_timestamp, log_append_time, rebuilt: false })
}

/// The header with the timestamp type of the topic and the right largest timestamp; its checksum is renewed when it must be.
fn with_timestamps(
    batch: &BatchHeader,
    timestamp_type: TimestampType,
    max_timestamp: Timestamp,
    rest: &Bytes,
) -> BatchHeader {
    let mut header = *batch;
    if batch.attributes.timestamp_type() != timestamp_type || batch.max_timestamp != max_timestamp {
        header.attributes = batch.attributes.with_timestamp_type(timestamp_type);
        header.max_timestamp = max_timestamp;
        header.crc = header.crc_before(crc32c::crc32c(rest), rest.len());
    }
    header
}

/// The same records in a new batch with another codec.
fn rebuild(
    batch: &BatchView<'_>,
    target: Compression,
    rules: &Rules<'_>,
    now: Timestamp,
) -> Result<Validated, Refused> {
    let source = batch.attributes.codec()?;
    let unpacked = match source {
        Codec::None => None,
        codec => Some(decompress(codec, batch.payload(), rules.decompressed_bytes_max)?),
    };
    let payload = unpacked.as_deref().unwrap_or(batch.payload());
    let mut check = RecordCheck::new(batch.header(), rules, now);
    let mut builder = BatchBuilder::new(target).with_capacity(payload.len()).producer(Producer {
        id: batch.producer_id,
        epoch: batch.producer_epoch,
        base_sequence: batch.base_sequence,
    });
    if batch.attributes.is_transactional() {
        builder = builder.transactional();
    }
    if rules.message_timestamp_type == TimestampType::LogAppendTime {
        builder = builder.append_time(now);
    }
    for record in RecordRefs::new(batch.header(), payload)? {
        let record = record?;
        check.record(Skimmed::of(&record))?;
        let headers: Vec<Header> =
            record.headers.map(|(key, value)| Header::new(key.to_vec(), value.map(<[u8]>::to_vec))).collect();
        let timestamp = record.timestamp(batch.header());
        builder.append(NewRecord { timestamp, key: record.key, value: record.value, headers: &headers });
    }
    let max_timestamp = check.finish()?;
    rebuilt(builder.build(), max_timestamp, rules, now)
}

fn rebuilt(bytes: Bytes, max_timestamp: Timestamp, rules: &Rules<'_>, now: Timestamp) -> Result<Validated, Refused> {
    let (size, max) = (bytes.len(), rules.max_message_bytes);
    if size > max {
        return Err(Refused::new(
            ErrorCode::MESSAGE_TOO_LARGE,
            format!(
                "Message batch size is {size} bytes in append to partition {} which exceeds the maximum configured size of {max}.",
                rules.partition
            ),
        ));
    }
    let header = BatchHeader::parse(&bytes)?;
    let log_append_time = (rules.message_timestamp_type == TimestampType::LogAppendTime).then_some(now);
    Ok(Validated { header, rest: bytes.slice(BATCH_OVERHEAD..), max_timestamp, log_append_time, rebuilt: true })
}

/// What is asked of each record, and what is remembered of them.
struct RecordCheck<'a> {
    batch: &'a BatchHeader,
    rules: &'a Rules<'a>,
    now: Timestamp,
    /// The times between which nothing need be said.
    earliest: i64,
    latest: i64,
    max_timestamp: Timestamp,
    index: i32,
    problems: Vec<RecordProblem>,
    problems_count: usize,
    bad_timestamp: bool,
}

impl<'a> RecordCheck<'a> {
    fn new(batch: &'a BatchHeader, rules: &'a Rules<'a>, now: Timestamp) -> RecordCheck<'a> {
        RecordCheck {
            batch,
            rules,
            now,
            earliest: now.0.saturating_sub(rules.message_timestamp_before_max_ms),
            latest: now.0.saturating_add(rules.message_timestamp_after_max_ms),
            max_timestamp: Timestamp::NONE,
            index: 0,
            problems: Vec::new(),
            problems_count: 0,
            bad_timestamp: false,
        }
    }

    #[inline]
    fn record(&mut self, record: Skimmed) -> Result<(), Refused> {
        let timestamp = timestamp_of(record.timestamp_delta, self.batch);
        if record.offset_delta != self.index && matches!(self.rules.origin, Origin::Client { .. }) {
            return Err(self.misplaced(record.offset_delta));
        }
        if let Some(problem) = self.problem(timestamp, record) {
            self.note(problem, timestamp, record);
        }
        self.max_timestamp = self.max_timestamp.max(timestamp);
        self.index += 1;
        Ok(())
    }

    /// Kafka stores an uncompressed batch with such offsets and lets its readers meet them.
    #[cold]
    fn misplaced(&self, offset_delta: i32) -> Refused {
        Refused::invalid(format!(
            "Inconsistent offset {offset_delta} of record {} in record batch in topic partition {}",
            self.index, self.rules.partition
        ))
    }

    #[inline]
    fn problem(&self, timestamp: Timestamp, record: Skimmed) -> Option<Problem> {
        if self.rules.compacted && record.key_size < 0 {
            return Some(Problem::NoKey);
        }
        let create_time = self.rules.message_timestamp_type == TimestampType::CreateTime;
        if create_time && timestamp != Timestamp::NONE {
            let fits = (self.earliest..=self.latest).contains(&timestamp.0);
            (!fits).then_some(Problem::Time)
        } else if self.batch.attributes.timestamp_type() == TimestampType::LogAppendTime {
            Some(Problem::AppendTime)
        } else {
            None
        }
    }

    #[cold]
    fn note(&mut self, problem: Problem, timestamp: Timestamp, record: Skimmed) {
        self.problems_count += 1;
        self.bad_timestamp |= matches!(problem, Problem::Time | Problem::AppendTime);
        if self.problems.len() < RECORD_PROBLEMS_MAX {
            let message = self.text(problem, timestamp, record);
            self.problems.push(RecordProblem { batch_index: self.index, message });
        }
    }

    fn text(&self, problem: Problem, timestamp: Timestamp, record: Skimmed) -> String {
        let offset = self.batch.base_offset.plus(i64::from(record.offset_delta));
        match problem {
            Problem::NoKey => {
                format!("Compacted topic cannot accept message without key in topic partition {}", self.rules.partition)
            }
            Problem::Time => format!(
                "Timestamp {timestamp} of message with offset {offset} is out of range. The timestamp should be within [{}, {}]",
                self.earliest, self.latest
            ),
            Problem::AppendTime => format!(
                "Invalid timestamp type in message DefaultRecord(offset={offset}, timestamp={timestamp}, key={} bytes, value={} bytes). Producer should not set timestamp type to LogAppendTime.",
                record.key_size.max(0),
                record.value_size.max(0)
            ),
        }
    }

    fn finish(self) -> Result<Timestamp, Refused> {
        if self.problems_count == 0 {
            let append_time = self.rules.message_timestamp_type == TimestampType::LogAppendTime;
            return Ok(if append_time { self.now } else { self.max_timestamp });
        }
        let (code, message) = if self.bad_timestamp {
            let text = "One or more records have been rejected due to invalid timestamp";
            (ErrorCode::INVALID_TIMESTAMP, text.to_owned())
        } else {
            let shown: Vec<_> = self.problems.iter().take(3).map(ToString::to_string).collect();
            let text = format!(
                "One or more records have been rejected due to {} record errors in total, and only showing the first three errors at most: [{}]",
                self.problems_count,
                shown.join(", ")
            );
            (ErrorCode::INVALID_RECORD, text)
        };
        Err(Refused { code, message, record_errors: self.problems, told: true })
    }
}

#[derive(Clone, Copy)]
enum Problem {
    NoKey,
    Time,
    AppendTime,
}
