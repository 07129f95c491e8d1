//! The records of a batch: owned, or walked through while they are being decompressed.

use std::io::BufRead;

use bytes::Bytes;

use super::compress::{broken, decompress, reader};
use super::record::{HEADER_KEY, HEADERS};
use super::varint::{read_varint, read_varlong, unzigzag_32, unzigzag_64};
use super::{Batch, BatchHeader, BatchView, Codec, Record, RecordError, RecordRef};

/// What a batch may take when decompressed, where nothing else is said: more than any batch that a broker with the default
/// `socket.request.max.bytes` could take uncompressed, so only bombs meet it.
pub const DECOMPRESSED_BYTES_MAX: usize = 128 << 20;

const STRUCTURE: RecordError = RecordError::Structure("Found invalid record structure");
const SIZE: RecordError = RecordError::Structure("Invalid record size: the fields do not fill the record");

impl BatchView<'_> {
    /// The records as values of their own. `limit` bounds what a compressed batch may yield.
    ///
    /// # Errors
    /// The codec is unknown, the block is broken, or it yields more than `limit` bytes.
    pub fn records(&self, limit: usize) -> Result<RecordIter, RecordError> {
        let payload = match self.header().attributes.codec()? {
            Codec::None => Bytes::copy_from_slice(self.payload()),
            codec => decompress(codec, self.payload(), limit)?.into(),
        };
        RecordIter::new(*self.header(), payload)
    }
}

impl Batch {
    /// The records; those of an uncompressed batch share its bytes. `limit` bounds what a compressed batch may yield.
    ///
    /// # Errors
    /// The codec is unknown, the block is broken, or it yields more than `limit` bytes.
    pub fn records(&self, limit: usize) -> Result<RecordIter, RecordError> {
        let payload = match self.header().attributes.codec()? {
            Codec::None => self.payload(),
            codec => decompress(codec, &self.payload(), limit)?.into(),
        };
        RecordIter::new(*self.header(), payload)
    }
}

/// The records of a batch as values that share its decompressed bytes. After an error nothing follows.
#[derive(Debug, Clone)]
pub struct RecordIter {
    header: BatchHeader,
    payload: Bytes,
    at: usize,
    left: usize,
}

impl RecordIter {
    fn new(header: BatchHeader, payload: Bytes) -> Result<RecordIter, RecordError> {
        let left = usize::try_from(header.records_count).map_err(|_| RecordError::Count(header.records_count))?;
        Ok(RecordIter { header, payload, at: 0, left })
    }

    fn read(&mut self) -> Result<Record, RecordError> {
        let mut rest = &self.payload[self.at..];
        let record = RecordRef::read(&mut rest)?;
        if self.left == 0 && !rest.is_empty() {
            return Err(RecordError::Remaining);
        }
        self.at = self.payload.len() - rest.len();
        Ok(record.to_record(&self.header, &self.payload))
    }
}

impl Iterator for RecordIter {
    type Item = Result<Record, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        let next = self.read();
        if next.is_err() {
            self.left = 0;
        }
        Some(next)
    }
}

/// What a walk needs to know of a record whose key and value it passes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Skimmed {
    pub(super) timestamp_delta: i64,
    pub(super) offset_delta: i32,
    /// Negative for no key.
    pub(super) key_size: i32,
    /// Negative for no value.
    pub(super) value_size: i32,
}

impl Skimmed {
    #[inline]
    pub(super) fn of(record: &RecordRef<'_>) -> Skimmed {
        // No part of a record is longer than its length field can say.
        let size = |part: Option<&[u8]>| part.map_or(-1, |part| part.len() as i32);
        Skimmed {
            timestamp_delta: record.timestamp_delta,
            offset_delta: record.offset_delta,
            key_size: size(record.key),
            value_size: size(record.value),
        }
    }

    /// Passes over the record at the front of `bytes`. This is the walk of every produced batch that is not compressed, so
    /// it builds nothing.
    #[inline]
    pub(super) fn read(bytes: &mut &[u8]) -> Result<Skimmed, RecordError> {
        let length = usize::try_from(read_varint(bytes)?).map_err(|_| STRUCTURE)?;
        let (mut body, rest) = bytes.split_at_checked(length).ok_or(STRUCTURE)?;
        *bytes = rest;
        // The attributes, of which no bit is in use.
        body = body.get(1..).ok_or(STRUCTURE)?;
        let timestamp_delta = read_varlong(&mut body)?;
        let offset_delta = read_varint(&mut body)?;
        let key_size = pass(&mut body)?;
        let value_size = pass(&mut body)?;
        // No headers is one byte, and then nothing is left.
        if body != [0] {
            pass_headers(body)?;
        }
        Ok(Skimmed { timestamp_delta, offset_delta, key_size, value_size })
    }
}

/// Passes over a nullable field and gives its size.
#[inline]
fn pass(bytes: &mut &[u8]) -> Result<i32, RecordError> {
    let size = read_varint(bytes)?;
    if let Ok(length) = usize::try_from(size) {
        *bytes = bytes.get(length..).ok_or(STRUCTURE)?;
    }
    Ok(size)
}

fn pass_headers(mut bytes: &[u8]) -> Result<(), RecordError> {
    let count = usize::try_from(read_varint(&mut bytes)?).map_err(|_| HEADERS)?;
    if count > bytes.len() {
        return Err(HEADERS);
    }
    for _ in 0..count {
        if pass(&mut bytes)? < 0 {
            return Err(HEADER_KEY);
        }
        pass(&mut bytes)?;
    }
    if bytes.is_empty() { Ok(()) } else { Err(SIZE) }
}

/// Walks through the records of a compressed batch with one buffer of the codec in memory.
pub(super) struct Skim<'a> {
    stream: Box<dyn BufRead + 'a>,
    passed: usize,
    limit: usize,
}

impl<'a> Skim<'a> {
    pub(super) fn new(codec: Codec, payload: &'a [u8], limit: usize) -> Result<Skim<'a>, RecordError> {
        Ok(Skim { stream: reader(codec, payload)?, passed: 0, limit })
    }

    /// The next record. It looks into the codec's buffer where the whole record lies in it, and else goes byte by byte.
    pub(super) fn record(&mut self) -> Result<Skimmed, RecordError> {
        let buffer = self.stream.fill_buf().map_err(|error| broken(&error))?;
        let mut rest = buffer;
        if read_varint(&mut rest).is_ok_and(|length| usize::try_from(length).is_ok_and(|length| length <= rest.len())) {
            rest = buffer;
            let skimmed = Skimmed::read(&mut rest)?;
            let passed = buffer.len() - rest.len();
            self.consume(passed)?;
            return Ok(skimmed);
        }
        let length = usize::try_from(self.varint()?).map_err(|_| STRUCTURE)?;
        let end = self.passed.checked_add(length).ok_or(SIZE)?;
        let skimmed = self.fields(end)?;
        if self.passed == end { Ok(skimmed) } else { Err(SIZE) }
    }

    /// Sees that nothing follows the last record.
    pub(super) fn finish(mut self) -> Result<(), RecordError> {
        let rest = self.stream.fill_buf().map_err(|error| broken(&error))?;
        if rest.is_empty() { Ok(()) } else { Err(RecordError::Remaining) }
    }

    fn fields(&mut self, end: usize) -> Result<Skimmed, RecordError> {
        self.byte()?;
        let timestamp_delta = self.varlong()?;
        let offset_delta = self.varint()?;
        let key_size = self.varint()?;
        self.skip(key_size)?;
        let value_size = self.varint()?;
        self.skip(value_size)?;
        let headers = self.varint()?;
        if headers < 0 {
            return Err(HEADERS);
        }
        for _ in 0..headers {
            if self.passed >= end {
                return Err(SIZE);
            }
            let key = self.varint()?;
            if key < 0 {
                return Err(HEADER_KEY);
            }
            self.skip(key)?;
            let value = self.varint()?;
            self.skip(value)?;
        }
        Ok(Skimmed { timestamp_delta, offset_delta, key_size, value_size })
    }

    fn byte(&mut self) -> Result<u8, RecordError> {
        let buffer = self.stream.fill_buf().map_err(|error| broken(&error))?;
        let byte = *buffer.first().ok_or(STRUCTURE)?;
        self.consume(1)?;
        Ok(byte)
    }

    fn skip(&mut self, length: i32) -> Result<(), RecordError> {
        let mut left = usize::try_from(length).unwrap_or(0);
        while left > 0 {
            let there = self.stream.fill_buf().map_err(|error| broken(&error))?.len();
            if there == 0 {
                return Err(STRUCTURE);
            }
            self.consume(there.min(left))?;
            left -= there.min(left);
        }
        Ok(())
    }

    fn consume(&mut self, amount: usize) -> Result<(), RecordError> {
        self.stream.consume(amount);
        self.passed += amount;
        if self.passed > self.limit { Err(RecordError::TooLarge { limit: self.limit }) } else { Ok(()) }
    }

    fn varint(&mut self) -> Result<i32, RecordError> {
        let mut value = 0;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            value |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(unzigzag_32(value));
            }
        }
        Err(STRUCTURE)
    }

    fn varlong(&mut self) -> Result<i64, RecordError> {
        let mut value = 0;
        for shift in (0..70).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(unzigzag_64(value));
            }
        }
        Err(STRUCTURE)
    }
}
