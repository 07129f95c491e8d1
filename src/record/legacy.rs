//! Message formats v0 and v1 (before 0.11): recognised, and read for `dump-log`. A broker neither takes nor serves them.

use bytes::Bytes;

use super::batch::{field, whole_entry};
use super::compress::decompress;
use super::{Codec, RecordError, TimestampType};
use crate::model::{Offset, Timestamp};

const CRC_AT: usize = 12;
const MAGIC_AT: usize = 16;
const ATTRIBUTES_AT: usize = 17;
const TIMESTAMP_AT: usize = 18;

/// One message of a log in format v0 or v1; a compressed one holds others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegacyMessage {
    /// The offset; that of the last inner message when this one is compressed.
    pub offset: Offset,
    /// The bytes with offset and size.
    pub size_in_bytes: usize,
    /// The CRC-32 in the message.
    pub crc: u32,
    /// The format: 0 or 1.
    pub magic: i8,
    /// The attribute bits: codec and, in v1, timestamp type.
    pub attributes: u8,
    /// The timestamp; none in v0.
    pub timestamp: Timestamp,
    /// The key.
    pub key: Option<Bytes>,
    /// The value; the inner messages when compressed.
    pub value: Option<Bytes>,
    /// Whether the checksum matches the bytes.
    pub is_valid: bool,
}

impl LegacyMessage {
    /// Reads the message at the front of `bytes`. `None` when the bytes end before it does.
    ///
    /// # Errors
    /// The size or a length in it is wrong, or the magic is neither 0 nor 1.
    pub fn parse(bytes: &Bytes) -> Result<Option<LegacyMessage>, RecordError> {
        let Some(entry) = whole_entry(bytes)? else { return Ok(None) };
        let entry = bytes.slice_ref(entry);
        let magic = entry[MAGIC_AT].cast_signed();
        let (timestamp, key_at) = match magic {
            0 => (Timestamp::NONE, TIMESTAMP_AT),
            1 if entry.len() >= TIMESTAMP_AT + 8 => {
                (Timestamp(i64::from_be_bytes(field(&entry, TIMESTAMP_AT))), TIMESTAMP_AT + 8)
            }
            1 => return Err(RecordError::Cut { wanted: TIMESTAMP_AT + 8, present: entry.len() }),
            other => return Err(RecordError::Magic(other)),
        };
        let mut rest = entry.slice(key_at..);
        let crc = u32::from_be_bytes(field(&entry, CRC_AT));
        let mut computed = flate2::Crc::new();
        computed.update(&entry[MAGIC_AT..]);
        Ok(Some(LegacyMessage {
            offset: Offset(i64::from_be_bytes(field(&entry, 0))),
            size_in_bytes: entry.len(),
            crc,
            magic,
            attributes: entry[ATTRIBUTES_AT],
            timestamp,
            key: nullable(&mut rest)?,
            value: nullable(&mut rest)?,
            is_valid: computed.sum() == crc,
        }))
    }

    /// The codec.
    ///
    /// # Errors
    /// No codec has the number in the attributes.
    pub fn codec(&self) -> Result<Codec, RecordError> {
        Codec::from_id(self.attributes & 0x07)
    }

    /// Whose clock gave the timestamp; v0 has none.
    #[must_use]
    pub fn timestamp_type(&self) -> Option<TimestampType> {
        (self.magic == 1).then_some(match self.attributes & 0x08 {
            0 => TimestampType::CreateTime,
            _ => TimestampType::LogAppendTime,
        })
    }

    /// The messages inside a compressed one, with their own offsets; the message itself when it is not compressed.
    ///
    /// # Errors
    /// The block is broken, yields more than `limit` bytes, or is empty, or an inner message is compressed again.
    pub fn inner(&self, limit: usize) -> Result<Vec<LegacyMessage>, RecordError> {
        const NESTED: RecordError = RecordError::Structure("Inner messages must not be compressed");
        let codec = self.codec()?;
        if codec == Codec::None {
            return Ok(vec![self.clone()]);
        }
        let value = self.value.as_deref().ok_or(RecordError::Structure("Compressed message without a value"))?;
        let mut rest = Bytes::from(if codec == Codec::Lz4 && self.magic == 0 {
            decompress(codec, &mended_lz4(value), limit)?
        } else {
            decompress(codec, value, limit)?
        });
        let mut messages = Vec::new();
        while let Some(message) = LegacyMessage::parse(&rest)? {
            if message.codec()? != Codec::None {
                return Err(NESTED);
            }
            rest = rest.slice(message.size_in_bytes..);
            messages.push(message);
        }
        self.give_offsets(&mut messages)?;
        Ok(messages)
    }

    /// Format v1 numbers inner messages from 0 and gives the wrapper the offset of the last (KIP-31).
    fn give_offsets(&self, messages: &mut [LegacyMessage]) -> Result<(), RecordError> {
        let last =
            messages.last().ok_or(RecordError::Structure("Found invalid compressed record set with no records"))?;
        let base = self.offset.0.wrapping_sub(last.offset.0);
        for message in messages {
            if self.magic == 1 {
                message.offset = Offset(base.wrapping_add(message.offset.0));
            }
            if self.timestamp_type() == Some(TimestampType::LogAppendTime) {
                message.timestamp = self.timestamp;
                message.attributes |= 0x08;
            }
        }
        Ok(())
    }
}

/// Format v0 was written with a header checksum over the wrong bytes (KIP-57): put the right one in its place.
fn mended_lz4(frame: &[u8]) -> Vec<u8> {
    const SIZE_FLAG: u8 = 0x08;
    let mut mended = frame.to_vec();
    let end = match frame.get(4) {
        Some(flags) if flags & SIZE_FLAG != 0 => 14,
        _ => 6,
    };
    if let Some(descriptor) = frame.get(4..end)
        && let Some(checksum) = mended.get_mut(end)
    {
        *checksum = (xxh32(descriptor) >> 8) as u8;
    }
    mended
}

/// XXH32 with seed 0 of fewer than 16 bytes, which is all that a frame descriptor has.
fn xxh32(bytes: &[u8]) -> u32 {
    const PRIMES: [u32; 5] = [2_654_435_761, 2_246_822_519, 3_266_489_917, 668_265_263, 374_761_393];
    let mut hash = PRIMES[4].wrapping_add(bytes.len() as u32);
    let (words, tail) = bytes.as_chunks::<4>();
    for word in words {
        hash = hash.wrapping_add(u32::from_le_bytes(*word).wrapping_mul(PRIMES[2]));
        hash = hash.rotate_left(17).wrapping_mul(PRIMES[3]);
    }
    for byte in tail {
        hash = hash.wrapping_add(u32::from(*byte).wrapping_mul(PRIMES[4]));
        hash = hash.rotate_left(11).wrapping_mul(PRIMES[0]);
    }
    hash = (hash ^ (hash >> 15)).wrapping_mul(PRIMES[1]);
    hash = (hash ^ (hash >> 13)).wrapping_mul(PRIMES[2]);
    hash ^ (hash >> 16)
}

fn nullable(rest: &mut Bytes) -> Result<Option<Bytes>, RecordError> {
    const LENGTH: RecordError = RecordError::Structure("A length in a message is wrong");
    let length = i32::from_be_bytes(*rest.first_chunk().ok_or(LENGTH)?);
    *rest = rest.slice(4..);
    match usize::try_from(length) {
        Err(_) => Ok(None),
        Ok(length) if length <= rest.len() => Ok(Some(rest.split_to(length))),
        Ok(_) => Err(LENGTH),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Compression, compress};
    use super::*;

    fn message(magic: i8, attributes: u8, offset: i64, value: &[u8]) -> Vec<u8> {
        let mut body = vec![magic.cast_unsigned(), attributes];
        if magic == 1 {
            body.extend(1000_i64.to_be_bytes());
        }
        body.extend((-1_i32).to_be_bytes());
        body.extend((value.len() as i32).to_be_bytes());
        body.extend(value);
        let mut crc = flate2::Crc::new();
        crc.update(&body);
        let size = (body.len() + 4) as i32;
        [&offset.to_be_bytes()[..], &size.to_be_bytes(), &crc.sum().to_be_bytes(), &body].concat()
    }

    #[test]
    fn a_plain_message_is_read() {
        for magic in [0, 1] {
            let bytes = Bytes::from(message(magic, 0, 7, b"value"));
            let read = LegacyMessage::parse(&bytes).unwrap().unwrap();
            assert_eq!((read.offset, read.magic, read.is_valid), (Offset(7), magic, true));
            assert_eq!((read.key.clone(), read.value.as_deref()), (None, Some(&b"value"[..])));
            assert_eq!(read.timestamp, Timestamp(if magic == 1 { 1000 } else { -1 }));
            for length in 0..bytes.len() {
                assert_eq!(LegacyMessage::parse(&bytes.slice(..length)), Ok(None), "cut to {length}");
            }
        }
    }

    #[test]
    fn inner_messages_of_format_1_count_back_from_the_wrapper() {
        for codec in [Codec::Gzip, Codec::Snappy, Codec::Lz4] {
            let inner = [message(1, 0, 0, b"a"), message(1, 0, 1, b"b"), message(1, 0, 2, b"c")].concat();
            let packed = compress(Compression::from(codec), &inner);
            let bytes = Bytes::from(message(1, codec.id(), 12, &packed));
            let read = LegacyMessage::parse(&bytes).unwrap().unwrap().inner(1000).unwrap();
            let offsets: Vec<_> = read.iter().map(|message| message.offset.0).collect();
            assert_eq!(offsets, [10, 11, 12], "{codec:?}");
        }
    }

    #[test]
    fn the_wrong_header_checksum_of_format_0_is_mended() {
        let inner = message(0, 0, 5, b"a");
        let mut packed = compress(Codec::Lz4.into(), &inner);
        packed[6] ^= 0x55;
        let bytes = Bytes::from(message(0, 3, 5, &packed));
        let read = LegacyMessage::parse(&bytes).unwrap().unwrap().inner(1000).unwrap();
        assert_eq!(read[0].offset, Offset(5));
    }
}
