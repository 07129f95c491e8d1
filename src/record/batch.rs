//! Record batch v2 (KIP-98): its 61-byte header in place, and the walk from batch to batch.

use bytes::Bytes;

use super::{Codec, RecordError};
use crate::model::{LeaderEpoch, Offset, ProducerEpoch, ProducerId, Timestamp};

/// The bytes before a batch's own length counts: base offset and length.
pub const LOG_OVERHEAD: usize = 12;
/// The bytes up to and including the magic byte, which every message format has in one place.
pub const HEADER_UP_TO_MAGIC: usize = 17;
/// The bytes of a batch header.
pub const BATCH_OVERHEAD: usize = 61;
/// The message format that is written.
pub const MAGIC: i8 = 2;

const MAGIC_AT: usize = 16;
const CRC_AT: usize = 17;
/// The checksum covers everything from the attributes on, so base offset and leader epoch may change under it.
const CRC_FROM: usize = 21;
/// What a message of format v0 takes at least; no entry of a log is smaller.
const LEGACY_OVERHEAD_MIN: usize = 14;

/// Whether a record carries the time that its producer gave or the time at which the broker appended it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TimestampType {
    /// `CreateTime`: the producer's.
    #[default]
    CreateTime,
    /// `LogAppendTime`: the broker's, the same for the whole batch.
    LogAppendTime,
}

impl TimestampType {
    /// Kafka's name, as `message.timestamp.type` and the tools give it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            TimestampType::CreateTime => "CreateTime",
            TimestampType::LogAppendTime => "LogAppendTime",
        }
    }
}

/// The attribute bits of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Attributes(pub i16);

impl Attributes {
    const CODEC: i16 = 0x07;
    const LOG_APPEND_TIME: i16 = 0x08;
    const TRANSACTIONAL: i16 = 0x10;
    const CONTROL: i16 = 0x20;
    const DELETE_HORIZON: i16 = 0x40;

    /// The codec of the records.
    ///
    /// # Errors
    /// No codec has the number in the bits.
    pub fn codec(self) -> Result<Codec, RecordError> {
        Codec::from_id((self.0 & Self::CODEC) as u8)
    }

    /// Whose clock gave the timestamps.
    #[must_use]
    pub fn timestamp_type(self) -> TimestampType {
        if self.0 & Self::LOG_APPEND_TIME == 0 { TimestampType::CreateTime } else { TimestampType::LogAppendTime }
    }

    /// Whether the batch belongs to a transaction.
    #[must_use]
    pub fn is_transactional(self) -> bool {
        self.0 & Self::TRANSACTIONAL != 0
    }

    /// Whether the batch holds a control record, which no application sees.
    #[must_use]
    pub fn is_control(self) -> bool {
        self.0 & Self::CONTROL != 0
    }

    /// Whether the base timestamp is in truth the time after which the cleaner may drop the batch's tombstones.
    #[must_use]
    pub fn has_delete_horizon(self) -> bool {
        self.0 & Self::DELETE_HORIZON != 0
    }

    /// These bits with another codec.
    #[must_use]
    pub fn with_codec(self, codec: Codec) -> Attributes {
        Attributes(self.0 & !Self::CODEC | i16::from(codec.id()))
    }

    /// These bits with another timestamp type.
    #[must_use]
    pub fn with_timestamp_type(self, timestamp_type: TimestampType) -> Attributes {
        match timestamp_type {
            TimestampType::CreateTime => Attributes(self.0 & !Self::LOG_APPEND_TIME),
            TimestampType::LogAppendTime => Attributes(self.0 | Self::LOG_APPEND_TIME),
        }
    }

    /// These bits with the transactional bit.
    #[must_use]
    pub fn transactional(self) -> Attributes {
        Attributes(self.0 | Self::TRANSACTIONAL)
    }

    /// These bits with the control bit.
    #[must_use]
    pub fn control(self) -> Attributes {
        Attributes(self.0 | Self::CONTROL)
    }

    /// These bits with the bit that makes the base timestamp a delete horizon (KIP-534).
    #[must_use]
    pub fn delete_horizon(self) -> Attributes {
        Attributes(self.0 | Self::DELETE_HORIZON)
    }
}

/// The fields of a batch header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchHeader {
    /// The offset of the first record, or of the record that was first before compaction.
    pub base_offset: Offset,
    /// The bytes of the batch after this field.
    pub batch_length: i32,
    /// The leader epoch in which the batch was appended.
    pub leader_epoch: LeaderEpoch,
    /// The message format: 2.
    pub magic: i8,
    /// CRC-32C of everything from the attributes on.
    pub crc: u32,
    /// The attribute bits.
    pub attributes: Attributes,
    /// The last offset less the base offset; compaction keeps it.
    pub last_offset_delta: i32,
    /// What the timestamp deltas of the records add to.
    pub base_timestamp: Timestamp,
    /// The largest timestamp of the batch, or the append time.
    pub max_timestamp: Timestamp,
    /// The idempotent producer, or none.
    pub producer_id: ProducerId,
    /// The producer's epoch, or none.
    pub producer_epoch: ProducerEpoch,
    /// The producer's sequence number of the first record, or -1.
    pub base_sequence: i32,
    /// How many records there are.
    pub records_count: i32,
}

impl BatchHeader {
    /// Reads the header at the front of `bytes`. It does not look at the records, nor at the checksum.
    ///
    /// # Errors
    /// The bytes are fewer than a header, the magic is not 2, or the length is smaller than a header.
    pub fn parse(bytes: &[u8]) -> Result<BatchHeader, RecordError> {
        if let Some(magic) = bytes.get(MAGIC_AT).map(|byte| byte.cast_signed()).filter(|magic| *magic != MAGIC) {
            return Err(RecordError::Magic(magic));
        }
        let Some(header) = bytes.first_chunk::<BATCH_OVERHEAD>() else {
            return Err(RecordError::Cut { wanted: BATCH_OVERHEAD, present: bytes.len() });
        };
        let parsed = BatchHeader::of(header);
        let size = i64::from(parsed.batch_length) + LOG_OVERHEAD as i64;
        if size < BATCH_OVERHEAD as i64 {
            return Err(RecordError::Size { size, least: BATCH_OVERHEAD });
        }
        Ok(parsed)
    }

    fn of(bytes: &[u8; BATCH_OVERHEAD]) -> BatchHeader {
        BatchHeader {
            base_offset: Offset(i64::from_be_bytes(field(bytes, 0))),
            batch_length: i32::from_be_bytes(field(bytes, 8)),
            leader_epoch: LeaderEpoch(i32::from_be_bytes(field(bytes, 12))),
            magic: bytes[MAGIC_AT].cast_signed(),
            crc: u32::from_be_bytes(field(bytes, CRC_AT)),
            attributes: Attributes(i16::from_be_bytes(field(bytes, 21))),
            last_offset_delta: i32::from_be_bytes(field(bytes, 23)),
            base_timestamp: Timestamp(i64::from_be_bytes(field(bytes, 27))),
            max_timestamp: Timestamp(i64::from_be_bytes(field(bytes, 35))),
            producer_id: ProducerId(i64::from_be_bytes(field(bytes, 43))),
            producer_epoch: ProducerEpoch(i16::from_be_bytes(field(bytes, 51))),
            base_sequence: i32::from_be_bytes(field(bytes, 53)),
            records_count: i32::from_be_bytes(field(bytes, 57)),
        }
    }

    /// The header as bytes, with the checksum that its field holds.
    #[must_use]
    pub fn encode(&self) -> [u8; BATCH_OVERHEAD] {
        let mut bytes = [0; BATCH_OVERHEAD];
        let mut put = |at: usize, field: &[u8]| bytes[at..at + field.len()].copy_from_slice(field);
        put(0, &self.base_offset.0.to_be_bytes());
        put(8, &self.batch_length.to_be_bytes());
        put(12, &self.leader_epoch.0.to_be_bytes());
        put(MAGIC_AT, &self.magic.to_be_bytes());
        put(CRC_AT, &self.crc.to_be_bytes());
        put(21, &self.attributes.0.to_be_bytes());
        put(23, &self.last_offset_delta.to_be_bytes());
        put(27, &self.base_timestamp.0.to_be_bytes());
        put(35, &self.max_timestamp.0.to_be_bytes());
        put(43, &self.producer_id.0.to_be_bytes());
        put(51, &self.producer_epoch.0.to_be_bytes());
        put(53, &self.base_sequence.to_be_bytes());
        put(57, &self.records_count.to_be_bytes());
        bytes
    }

    /// The checksum that belongs to this header before records whose own CRC-32C is `records_crc` over `records_length`
    /// bytes: a changed header costs no second walk over the records.
    #[must_use]
    pub fn crc_before(&self, records_crc: u32, records_length: usize) -> u32 {
        crc32c::crc32c_combine(crc32c::crc32c(&self.encode()[CRC_FROM..]), records_crc, records_length)
    }

    /// The bytes of the whole batch. [`BatchHeader::parse`] has seen that it is no smaller than a header.
    #[must_use]
    pub fn size_in_bytes(&self) -> usize {
        LOG_OVERHEAD + usize::try_from(self.batch_length).unwrap_or(0)
    }

    /// The offset of the last record, or of the record that was last before compaction.
    #[must_use]
    pub fn last_offset(&self) -> Offset {
        Offset(self.base_offset.0.wrapping_add(i64::from(self.last_offset_delta)))
    }

    /// The offset after the batch.
    #[must_use]
    pub fn next_offset(&self) -> Offset {
        Offset(self.last_offset().0.wrapping_add(1))
    }

    /// The producer's sequence number of the last record, or -1.
    #[must_use]
    pub fn last_sequence(&self) -> i32 {
        if self.base_sequence == -1 { -1 } else { increment_sequence(self.base_sequence, self.last_offset_delta) }
    }

    /// The time after which the cleaner may drop the tombstones of the batch (KIP-534).
    #[must_use]
    pub fn delete_horizon(&self) -> Option<Timestamp> {
        self.attributes.has_delete_horizon().then_some(self.base_timestamp)
    }

    /// Whether an idempotent producer wrote the batch.
    #[must_use]
    pub fn has_producer_id(&self) -> bool {
        self.producer_id.0 > -1
    }
}

/// Sequence numbers run from 0 to `i32::MAX` and begin again at 0.
#[must_use]
pub fn increment_sequence(sequence: i32, increment: i32) -> i32 {
    (i64::from(sequence) + i64::from(increment)).rem_euclid(1 << 31) as i32
}

/// The sequence number `decrement` before `sequence`.
#[must_use]
pub fn decrement_sequence(sequence: i32, decrement: i32) -> i32 {
    (i64::from(sequence) - i64::from(decrement)).rem_euclid(1 << 31) as i32
}

/// Edits of a stored batch that leave its checksum right.
pub mod patch {
    use crate::model::{LeaderEpoch, Offset};

    /// Writes the base offset into the front of a batch.
    ///
    /// # Panics
    /// `batch` is shorter than the field.
    pub fn base_offset(batch: &mut [u8], offset: Offset) {
        batch[0..8].copy_from_slice(&offset.0.to_be_bytes());
    }

    /// Writes the leader epoch into the front of a batch.
    ///
    /// # Panics
    /// `batch` ends before the field does.
    pub fn leader_epoch(batch: &mut [u8], epoch: LeaderEpoch) {
        batch[12..16].copy_from_slice(&epoch.0.to_be_bytes());
    }
}

/// One whole batch in bytes that somebody else holds.
#[derive(Debug, Clone, Copy)]
pub struct BatchView<'a> {
    header: BatchHeader,
    bytes: &'a [u8],
}

impl<'a> BatchView<'a> {
    /// The batch at the front of `bytes`; what follows it is left alone.
    ///
    /// # Errors
    /// There is no batch of format v2, or it is cut.
    pub fn parse(bytes: &'a [u8]) -> Result<BatchView<'a>, RecordError> {
        let header = BatchHeader::parse(bytes)?;
        let wanted = header.size_in_bytes();
        let whole = bytes.get(..wanted).ok_or(RecordError::Cut { wanted, present: bytes.len() })?;
        Ok(BatchView { header, bytes: whole })
    }

    /// The header.
    #[must_use]
    pub fn header(&self) -> &BatchHeader {
        &self.header
    }

    /// The whole batch.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// What follows the header: the records, compressed as the attributes say.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        &self.bytes[BATCH_OVERHEAD..]
    }

    /// The checksum of the bytes as they are.
    #[must_use]
    pub fn computed_crc(&self) -> u32 {
        crc32c::crc32c(&self.bytes[CRC_FROM..])
    }

    /// Compares the stored checksum with the bytes.
    ///
    /// # Errors
    /// They differ.
    pub fn check_crc(&self) -> Result<(), RecordError> {
        let (stored, computed) = (self.header.crc, self.computed_crc());
        if stored == computed { Ok(()) } else { Err(RecordError::Crc { stored, computed }) }
    }
}

impl std::ops::Deref for BatchView<'_> {
    type Target = BatchHeader;

    fn deref(&self) -> &BatchHeader {
        &self.header
    }
}

/// One whole batch in shared bytes: its records share them too.
#[derive(Debug, Clone)]
pub struct Batch {
    header: BatchHeader,
    bytes: Bytes,
}

impl Batch {
    /// The batch at the front of `bytes`; what follows it is left alone.
    ///
    /// # Errors
    /// There is no batch of format v2, or it is cut.
    pub fn parse(bytes: &Bytes) -> Result<Batch, RecordError> {
        let header = *BatchView::parse(bytes)?.header();
        Ok(Batch { header, bytes: bytes.slice(..header.size_in_bytes()) })
    }

    /// The header.
    #[must_use]
    pub fn header(&self) -> &BatchHeader {
        &self.header
    }

    /// The whole batch.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// What follows the header: the records, compressed as the attributes say.
    #[must_use]
    pub fn payload(&self) -> Bytes {
        self.bytes.slice(BATCH_OVERHEAD..)
    }

    /// The same batch, borrowed.
    #[must_use]
    pub fn view(&self) -> BatchView<'_> {
        BatchView { header: self.header, bytes: &self.bytes }
    }
}

impl std::ops::Deref for Batch {
    type Target = BatchHeader;

    fn deref(&self) -> &BatchHeader {
        &self.header
    }
}

/// The batches of `bytes`, one after the other. A batch that is cut ends them, as it does at the end of a fetch answer;
/// an error ends them too.
#[must_use]
pub fn batches(bytes: &[u8]) -> Batches<'_> {
    Batches { rest: bytes }
}

/// The batches of shared `bytes`, by the rules of [`batches`].
pub fn shared_batches(bytes: &Bytes) -> impl Iterator<Item = Result<Batch, RecordError>> + use<> {
    let all = bytes.clone();
    let mut at = 0;
    std::iter::from_fn(move || {
        let mut walk = Batches { rest: &all[at..] };
        let next = walk.next()?.map(|view| Batch { header: *view.header(), bytes: all.slice_ref(view.bytes()) });
        at = all.len() - walk.rest.len();
        Some(next)
    })
}

/// See [`batches`].
#[derive(Debug, Clone)]
pub struct Batches<'a> {
    rest: &'a [u8],
}

impl<'a> Batches<'a> {
    /// The bytes that no batch has been read from: a cut batch, or nothing.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Batches<'a> {
    type Item = Result<BatchView<'a>, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = match whole_entry(self.rest) {
            Ok(None) => return None,
            Ok(Some(entry)) => BatchView::parse(entry),
            Err(error) => Err(error),
        };
        // After an error there is no telling where the next batch would begin.
        self.rest = next.as_ref().map_or(&[], |view| &self.rest[view.bytes.len()..]);
        Some(next)
    }
}

/// The entry at the front of a log of any message format: a batch, or a message of format v0 or v1 with its offset and
/// size. `None` when the bytes end before it does.
///
/// # Errors
/// The size is smaller than any entry, or the magic is unknown.
pub(super) fn whole_entry(bytes: &[u8]) -> Result<Option<&[u8]>, RecordError> {
    if bytes.len() < LOG_OVERHEAD {
        return Ok(None);
    }
    let length = i32::from_be_bytes(field(bytes, 8));
    let Some(length) = usize::try_from(length).ok().filter(|length| *length >= LEGACY_OVERHEAD_MIN) else {
        return Err(RecordError::Size { size: i64::from(length), least: LEGACY_OVERHEAD_MIN });
    };
    if bytes.len() < HEADER_UP_TO_MAGIC {
        return Ok(None);
    }
    let magic = bytes[MAGIC_AT].cast_signed();
    if !(0..=MAGIC).contains(&magic) {
        return Err(RecordError::Magic(magic));
    }
    Ok(bytes.get(..LOG_OVERHEAD + length))
}

/// The fixed number of bytes at a place that the caller has seen to be there.
pub(super) fn field<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    *bytes[at..].first_chunk().expect("the caller has compared the length")
}
