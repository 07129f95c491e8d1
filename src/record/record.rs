//! One record of a batch v2 (KIP-98): borrowed where it lies, or owned.

use bytes::Bytes;

use super::varint::{read_varint, read_varlong};
use super::{BatchHeader, RecordError, TimestampType, increment_sequence};
use crate::model::{Offset, Timestamp};

const STRUCTURE: RecordError = RecordError::Structure("Found invalid record structure");
const SIZE: RecordError = RecordError::Structure("Invalid record size: the fields do not fill the record");
pub(super) const HEADERS: RecordError = RecordError::Structure("Found invalid number of record headers");
pub(super) const HEADER_KEY: RecordError = RecordError::Structure("Invalid negative header key size");

/// A header of a record. Headers are an ordered list, and a key may occur again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The key: text by agreement, bytes on the wire.
    pub key: Bytes,
    /// The value; `None` is not the same as empty.
    pub value: Option<Bytes>,
}

impl Header {
    /// A header from what turns into bytes.
    pub fn new(key: impl Into<Bytes>, value: Option<impl Into<Bytes>>) -> Header {
        Header { key: key.into(), value: value.map(Into::into) }
    }
}

/// A record with the offset and timestamp that its batch gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The record's offset.
    pub offset: Offset,
    /// The producer's timestamp, or the append time of the batch.
    pub timestamp: Timestamp,
    /// The producer's sequence number, or -1.
    pub sequence: i32,
    /// The record's own attributes; no bit is in use.
    pub attributes: i8,
    /// The key.
    pub key: Option<Bytes>,
    /// The value; none is a tombstone on a compacted topic.
    pub value: Option<Bytes>,
    /// The headers, in their order.
    pub headers: Vec<Header>,
    /// The bytes that the record takes in its batch when it is not compressed.
    pub size_in_bytes: usize,
}

/// A record where it lies, as deltas to its batch.
#[derive(Debug, Clone, Copy)]
pub struct RecordRef<'a> {
    /// The record's own attributes; no bit is in use.
    pub attributes: i8,
    /// What to add to the batch's base timestamp.
    pub timestamp_delta: i64,
    /// What to add to the batch's base offset.
    pub offset_delta: i32,
    /// The key.
    pub key: Option<&'a [u8]>,
    /// The value.
    pub value: Option<&'a [u8]>,
    /// The headers, read when they are asked for.
    pub headers: HeaderRefs<'a>,
    /// The bytes that the record takes, its length field among them.
    pub size_in_bytes: usize,
}

impl<'a> RecordRef<'a> {
    /// Reads the record at the front of `bytes` and moves past it.
    ///
    /// # Errors
    /// The fields do not fill the length that the record gives, or a length is wrong.
    pub fn read(bytes: &mut &'a [u8]) -> Result<RecordRef<'a>, RecordError> {
        let before = bytes.len();
        let length = read_varint(bytes)?;
        let body = take(bytes, usize::try_from(length).map_err(|_| STRUCTURE)?)?;
        let record = RecordRef::read_body(body)?;
        Ok(RecordRef { size_in_bytes: before - bytes.len(), ..record })
    }

    /// Reads a record whose length field has been read: all of `body`.
    #[inline]
    pub(super) fn read_body(mut body: &'a [u8]) -> Result<RecordRef<'a>, RecordError> {
        let whole = body.len();
        let [attributes, rest @ ..] = body else { return Err(STRUCTURE) };
        body = rest;
        let timestamp_delta = read_varlong(&mut body)?;
        let offset_delta = read_varint(&mut body)?;
        let key = take_nullable(&mut body)?;
        let value = take_nullable(&mut body)?;
        let count = read_varint(&mut body)?;
        let headers = HeaderRefs { count: usize::try_from(count).map_err(|_| HEADERS)?, bytes: body };
        headers.check()?;
        Ok(RecordRef {
            attributes: attributes.cast_signed(),
            timestamp_delta,
            offset_delta,
            key,
            value,
            headers,
            size_in_bytes: whole,
        })
    }

    /// The record's timestamp in a batch with this header.
    #[must_use]
    pub fn timestamp(&self, batch: &BatchHeader) -> Timestamp {
        timestamp_of(self.timestamp_delta, batch)
    }

    /// The record's offset in a batch with this header.
    #[must_use]
    pub fn offset(&self, batch: &BatchHeader) -> Offset {
        Offset(batch.base_offset.0.wrapping_add(i64::from(self.offset_delta)))
    }

    /// The record's sequence number in a batch with this header, or -1.
    #[must_use]
    pub fn sequence(&self, batch: &BatchHeader) -> i32 {
        if batch.base_sequence < 0 { -1 } else { increment_sequence(batch.base_sequence, self.offset_delta) }
    }

    /// The record on its own. `payload` holds the record, so nothing but the list of headers is allocated.
    #[must_use]
    pub fn to_record(&self, batch: &BatchHeader, payload: &Bytes) -> Record {
        let share = |part: Option<&[u8]>| part.map(|part| payload.slice_ref(part));
        Record {
            offset: self.offset(batch),
            timestamp: self.timestamp(batch),
            sequence: self.sequence(batch),
            attributes: self.attributes,
            key: share(self.key),
            value: share(self.value),
            headers: self
                .headers
                .map(|(key, value)| Header { key: payload.slice_ref(key), value: share(value) })
                .collect(),
            size_in_bytes: self.size_in_bytes,
        }
    }
}

/// The timestamp that a delta means in a batch with this header.
#[inline]
pub(super) fn timestamp_of(delta: i64, batch: &BatchHeader) -> Timestamp {
    match batch.attributes.timestamp_type() {
        TimestampType::CreateTime => Timestamp(batch.base_timestamp.0.wrapping_add(delta)),
        TimestampType::LogAppendTime => batch.max_timestamp,
    }
}

/// The headers of a [`RecordRef`], in order. They were checked when the record was read.
#[derive(Debug, Clone, Copy)]
pub struct HeaderRefs<'a> {
    count: usize,
    bytes: &'a [u8],
}

impl<'a> HeaderRefs<'a> {
    fn check(mut self) -> Result<(), RecordError> {
        // A header takes two bytes at least, so a count beyond that need not be walked to be refused.
        if self.count > self.bytes.len() {
            return Err(HEADERS);
        }
        while self.count > 0 {
            self.read()?;
        }
        if self.bytes.is_empty() { Ok(()) } else { Err(SIZE) }
    }

    fn read(&mut self) -> Result<(&'a [u8], Option<&'a [u8]>), RecordError> {
        let key = take_nullable(&mut self.bytes)?.ok_or(HEADER_KEY)?;
        let value = take_nullable(&mut self.bytes)?;
        self.count -= 1;
        Ok((key, value))
    }
}

impl<'a> Iterator for HeaderRefs<'a> {
    type Item = (&'a [u8], Option<&'a [u8]>);

    fn next(&mut self) -> Option<Self::Item> {
        (self.count > 0).then(|| self.read().expect("the headers were checked when the record was read"))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.count, Some(self.count))
    }
}

impl ExactSizeIterator for HeaderRefs<'_> {}

/// The records of an uncompressed payload, one after the other. They end at the count of the batch header; bytes that are
/// left then are an error, and after an error nothing follows.
#[derive(Debug, Clone)]
pub struct RecordRefs<'a> {
    payload: &'a [u8],
    left: usize,
}

impl<'a> RecordRefs<'a> {
    /// The records in `payload`, which the batch's header counts.
    ///
    /// # Errors
    /// The count is negative.
    pub fn new(batch: &BatchHeader, payload: &'a [u8]) -> Result<RecordRefs<'a>, RecordError> {
        let left = usize::try_from(batch.records_count).map_err(|_| RecordError::Count(batch.records_count))?;
        Ok(RecordRefs { payload, left })
    }
}

impl<'a> Iterator for RecordRefs<'a> {
    type Item = Result<RecordRef<'a>, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        let next = RecordRef::read(&mut self.payload).and_then(|record| {
            let finished = self.left > 0 || self.payload.is_empty();
            if finished { Ok(record) } else { Err(RecordError::Remaining) }
        });
        if next.is_err() {
            self.left = 0;
        }
        Some(next)
    }
}

#[inline]
fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Result<&'a [u8], RecordError> {
    let (part, rest) = bytes.split_at_checked(length).ok_or(STRUCTURE)?;
    *bytes = rest;
    Ok(part)
}

/// Any negative length means null, as it does for Kafka's own reader.
#[inline]
fn take_nullable<'a>(bytes: &mut &'a [u8]) -> Result<Option<&'a [u8]>, RecordError> {
    match usize::try_from(read_varint(bytes)?) {
        Ok(length) => take(bytes, length).map(Some),
        Err(_) => Ok(None),
    }
}
