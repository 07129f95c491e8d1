//! Reads primitives from bytes that a peer sent and that may say anything.

use bytes::Bytes;

use crate::model::Uuid;

use super::{DecodeError, DecodeFault, Element, Records};

/// Room that an array takes before its elements are there, however many it claims.
const CAPACITY_MAX: usize = 1024;

/// A cursor over bytes from outside. Every length is compared with what remains before anything is allocated; byte
/// fields and records share the buffer.
#[derive(Debug)]
pub struct Reader {
    bytes: Bytes,
    position: usize,
    /// Reading stops here: the end of the bytes, or of the tagged field that is being read.
    end: usize,
    flexible: bool,
}

/// Whether a message knows the tag that it was shown; the reader steps over the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// The field was read.
    Known,
    /// Nothing was read.
    Unknown,
}

type Decoded<T> = Result<T, DecodeError>;

impl Reader {
    /// A cursor at the start of `bytes`, reading the encoding of versions that are not flexible.
    #[must_use]
    pub fn new(bytes: Bytes) -> Reader {
        let end = bytes.len();
        Reader { bytes, position: 0, end, flexible: false }
    }

    /// How many bytes are left.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.end - self.position
    }

    /// Whether what follows has compact lengths and tagged fields. Decoding a message sets it.
    pub fn set_flexible(&mut self, flexible: bool) {
        self.flexible = flexible;
    }

    /// Takes all bytes that are left.
    pub fn take_rest(&mut self) -> Bytes {
        let rest = self.bytes.slice(self.position..self.end);
        self.position = self.end;
        rest
    }

    /// # Errors
    /// Bytes are left.
    pub fn expect_end(&self) -> Decoded<()> {
        match self.remaining() {
            0 => Ok(()),
            left => Err(self.fault("", DecodeFault::Trailing(left))),
        }
    }

    /// An error at the cursor.
    #[cold]
    pub(super) fn fault(&self, field: &str, fault: DecodeFault) -> DecodeError {
        DecodeError::new(field, fault, self.position)
    }

    fn fixed<const N: usize>(&mut self, field: &'static str) -> Decoded<[u8; N]> {
        let range = self.advance(field, N)?;
        Ok(self.bytes[range].try_into().expect("the range has N bytes"))
    }

    /// The next `needed` bytes, which are there.
    fn advance(&mut self, field: &'static str, needed: usize) -> Decoded<std::ops::Range<usize>> {
        let remaining = self.remaining();
        if needed > remaining {
            return Err(self.fault(field, DecodeFault::Truncated { needed, remaining }));
        }
        let start = self.position;
        self.position += needed;
        Ok(start..self.position)
    }

    /// A byte; every value but 0 is true, as in Kafka.
    ///
    /// # Errors
    /// The bytes end.
    pub fn bool(&mut self, field: &'static str) -> Decoded<bool> {
        Ok(self.i8(field)? != 0)
    }

    /// An unsigned variable-length number of at most five bytes.
    ///
    /// # Errors
    /// The bytes end, or the number does not.
    pub fn uvarint(&mut self, field: &'static str) -> Decoded<u32> {
        self.variable(field, 5).map(|value| {
            // Five bytes carry 35 bits; Kafka drops the upper three as well.
            value as u32
        })
    }

    /// A signed variable-length number of at most five bytes, in zigzag order.
    ///
    /// # Errors
    /// The bytes end, or the number does not.
    pub fn varint(&mut self, field: &'static str) -> Decoded<i32> {
        let value = self.uvarint(field)?;
        Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    /// A signed variable-length number of at most ten bytes, in zigzag order.
    ///
    /// # Errors
    /// The bytes end, or the number does not.
    pub fn varlong(&mut self, field: &'static str) -> Decoded<i64> {
        let value = self.variable(field, 10)?;
        Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    fn variable(&mut self, field: &'static str, bytes_max: u32) -> Decoded<u64> {
        let mut value = 0;
        for index in 0..bytes_max {
            let [byte] = self.fixed(field)?;
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(self.fault(field, DecodeFault::Varint))
    }

    /// A compact length: its number less one, so that 0 is null.
    fn compact_length(&mut self, field: &'static str) -> Decoded<Option<usize>> {
        Ok(self.uvarint(field)?.checked_sub(1).map(|length| length as usize))
    }

    fn signed_length(&mut self, field: &'static str, length: i64) -> Decoded<Option<usize>> {
        match usize::try_from(length) {
            Ok(length) => Ok(Some(length)),
            Err(_) if length == -1 => Ok(None),
            Err(_) => Err(self.fault(field, DecodeFault::Length(length))),
        }
    }

    /// The length of a text.
    fn short_length(&mut self, field: &'static str) -> Decoded<Option<usize>> {
        if self.flexible {
            return self.compact_length(field);
        }
        let length = self.i16(field)?;
        self.signed_length(field, length.into())
    }

    /// The length of bytes, records or an array.
    fn long_length(&mut self, field: &'static str) -> Decoded<Option<usize>> {
        if self.flexible {
            return self.compact_length(field);
        }
        let length = self.i32(field)?;
        self.signed_length(field, length.into())
    }

    /// A text.
    ///
    /// # Errors
    /// The bytes end, it is null or no UTF-8.
    pub fn string(&mut self, field: &'static str) -> Decoded<String> {
        let value = self.nullable_string(field)?;
        self.required(field, value)
    }

    /// A text or null.
    ///
    /// # Errors
    /// The bytes end, or it is no UTF-8.
    pub fn nullable_string(&mut self, field: &'static str) -> Decoded<Option<String>> {
        let Some(length) = self.short_length(field)? else { return Ok(None) };
        self.text(field, length).map(Some)
    }

    /// A text or null whose length is two bytes in flexible versions too, as the client id of a request header.
    ///
    /// # Errors
    /// The bytes end, or it is no UTF-8.
    pub(super) fn nullable_short_string(&mut self, field: &'static str) -> Decoded<Option<String>> {
        let length = self.i16(field)?;
        let Some(length) = self.signed_length(field, length.into())? else { return Ok(None) };
        self.text(field, length).map(Some)
    }

    fn text(&mut self, field: &'static str, length: usize) -> Decoded<String> {
        let range = self.advance(field, length)?;
        let start = range.start;
        match std::str::from_utf8(&self.bytes[range]) {
            Ok(text) => Ok(text.to_owned()),
            Err(error) => Err(DecodeError::new(field, DecodeFault::Utf8, start + error.valid_up_to())),
        }
    }

    /// Bytes, sharing the buffer.
    ///
    /// # Errors
    /// The bytes end, or it is null.
    pub fn bytes(&mut self, field: &'static str) -> Decoded<Bytes> {
        let value = self.nullable_bytes(field)?;
        self.required(field, value)
    }

    /// Bytes or null, sharing the buffer.
    ///
    /// # Errors
    /// The bytes end.
    pub fn nullable_bytes(&mut self, field: &'static str) -> Decoded<Option<Bytes>> {
        let Some(length) = self.long_length(field)? else { return Ok(None) };
        let range = self.advance(field, length)?;
        Ok(Some(self.bytes.slice(range)))
    }

    /// Record batches, unread, sharing the buffer.
    ///
    /// # Errors
    /// The bytes end, or it is null.
    pub fn records(&mut self, field: &'static str) -> Decoded<Records> {
        self.bytes(field).map(Records::from)
    }

    /// Record batches, unread, sharing the buffer, or null.
    ///
    /// # Errors
    /// The bytes end.
    pub fn nullable_records(&mut self, field: &'static str) -> Decoded<Option<Records>> {
        Ok(self.nullable_bytes(field)?.map(Records::from))
    }

    /// An id.
    ///
    /// # Errors
    /// The bytes end.
    pub fn uuid(&mut self, field: &'static str) -> Decoded<Uuid> {
        self.fixed(field).map(Uuid)
    }

    /// An array.
    ///
    /// # Errors
    /// The bytes end, it is null, claims more elements than bytes remain, or an element is wrong.
    pub fn array<T: Element>(&mut self, field: &'static str, version: i16) -> Decoded<Vec<T>> {
        let value = self.nullable_array(field, version)?;
        self.required(field, value)
    }

    /// An array or null.
    ///
    /// # Errors
    /// The bytes end, it claims more elements than bytes remain, or an element is wrong.
    pub fn nullable_array<T: Element>(&mut self, field: &'static str, version: i16) -> Decoded<Option<Vec<T>>> {
        let Some(count) = self.count(field)? else { return Ok(None) };
        let mut elements = Vec::with_capacity(count.min(CAPACITY_MAX));
        for index in 0..count {
            match T::read(self, version) {
                Ok(element) => elements.push(element),
                Err(error) => return Err(error.in_element(field, index)),
            }
        }
        Ok(Some(elements))
    }

    /// The count of an array's elements, each of which takes a byte at least.
    pub(super) fn count(&mut self, field: &'static str) -> Decoded<Option<usize>> {
        let count = self.long_length(field)?;
        let remaining = self.remaining();
        match count {
            Some(claimed) if claimed > remaining => Err(self.fault(field, DecodeFault::Count { claimed, remaining })),
            count => Ok(count),
        }
    }

    /// A struct.
    ///
    /// # Errors
    /// The bytes end or the struct is wrong.
    pub fn structure<T: Element>(&mut self, field: &'static str, version: i16) -> Decoded<T> {
        T::read(self, version).map_err(|error| error.in_field(field))
    }

    /// A struct or null: a byte below 0 says null.
    ///
    /// # Errors
    /// The bytes end or the struct is wrong.
    pub fn nullable_structure<T: Element>(&mut self, field: &'static str, version: i16) -> Decoded<Option<T>> {
        if self.i8(field)? < 0 {
            return Ok(None);
        }
        self.structure(field, version).map(Some)
    }

    /// A struct or null in a tagged field: 0 says null there, where it is -1 elsewhere.
    ///
    /// # Errors
    /// The bytes end or the struct is wrong.
    pub fn nullable_tagged_structure<T: Element>(&mut self, field: &'static str, version: i16) -> Decoded<Option<T>> {
        if self.uvarint(field)? == 0 {
            return Ok(None);
        }
        self.structure(field, version).map(Some)
    }

    pub(super) fn required<T>(&self, field: &'static str, value: Option<T>) -> Decoded<T> {
        value.ok_or_else(|| self.fault(field, DecodeFault::Null))
    }

    /// Steps over the tagged fields of a struct that has none of its own.
    ///
    /// # Errors
    /// The bytes end.
    pub fn skip_tags(&mut self) -> Decoded<()> {
        self.tags(|_, _| Ok(Tag::Unknown))
    }

    /// Shows each tag of a struct to `read`, and steps over those that it does not know.
    ///
    /// # Errors
    /// The bytes end, or a field is wrong or does not fill its size.
    pub fn tags(&mut self, mut read: impl FnMut(&mut Reader, u32) -> Decoded<Tag>) -> Decoded<()> {
        if !self.flexible {
            return Ok(());
        }
        for _ in 0..self.uvarint("tags")? {
            let tag = self.uvarint("tag")?;
            let size = self.uvarint("tag size")? as usize;
            let field = self.advance("tagged field", size)?;
            let outer_end = std::mem::replace(&mut self.end, field.end);
            self.position = field.start;
            if read(self, tag)? == Tag::Known && self.position != field.end {
                return Err(self.fault("tagged field", DecodeFault::TagSize(self.remaining())));
            }
            self.position = field.end;
            self.end = outer_end;
        }
        Ok(())
    }
}

macro_rules! numbers {
    ($($ty:ident),*) => {
        impl Reader {
            $(
                /// A number, its highest byte first.
                ///
                /// # Errors
                /// The bytes end.
                pub fn $ty(&mut self, field: &'static str) -> Decoded<$ty> {
                    self.fixed(field).map($ty::from_be_bytes)
                }
            )*
        }
    };
}
numbers!(i8, i16, u16, i32, u32, i64, f64);
