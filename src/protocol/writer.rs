//! Writes primitives into a frame, and keeps large payloads beside it instead of copying them.

use bytes::{BufMut, Bytes, BytesMut};

use crate::model::Uuid;

use super::{Answer, Element, EncodeError, EncodeFault, Records, Segment};

/// Bytes up to this length are copied into the frame: a piece of their own costs the sender more than the copy.
const COPY_MAX: usize = 1024;

/// Collects the bytes of a message. The first error sticks: `Message::encode` returns it.
#[derive(Debug, Default)]
pub struct Writer {
    bytes: BytesMut,
    /// Pieces that were not copied, each with the length of `bytes` when its turn came.
    pieces: Vec<(usize, Segment)>,
    flexible: bool,
    error: Option<EncodeError>,
}

/// The tagged fields of one struct while they are collected.
#[derive(Debug, Default)]
pub struct Tags {
    fields: Writer,
    count: u32,
}

impl Writer {
    /// An empty writer for the encoding of versions that are not flexible.
    #[must_use]
    pub fn new() -> Writer {
        Writer::default()
    }

    /// Whether what follows has compact lengths and tagged fields. Encoding a message sets it.
    pub fn set_flexible(&mut self, flexible: bool) {
        self.flexible = flexible;
    }

    /// How many bytes were written, those beside the frame included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len() + self.pieces.iter().map(|(_, piece)| piece.len()).sum::<usize>()
    }

    /// Whether nothing was written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What was written, in pieces.
    #[must_use]
    pub fn into_answer(self) -> Answer {
        let mut rest = self.bytes.freeze();
        let mut written = 0;
        let mut segments = Vec::with_capacity(2 * self.pieces.len() + 1);
        for (at, piece) in self.pieces {
            let before = rest.split_to(at - written);
            written = at;
            if !before.is_empty() {
                segments.push(Segment::Bytes(before));
            }
            segments.push(piece);
        }
        if !rest.is_empty() {
            segments.push(Segment::Bytes(rest));
        }
        Answer::new(segments)
    }

    /// What was written, in one piece of memory.
    ///
    /// # Errors
    /// A part of it lies in a file.
    pub fn into_bytes(self) -> Result<Bytes, EncodeError> {
        if self.pieces.is_empty() {
            return Ok(self.bytes.freeze());
        }
        let mut whole = BytesMut::with_capacity(self.len());
        for segment in self.into_answer().segments() {
            match segment {
                Segment::Bytes(bytes) => whole.extend_from_slice(bytes),
                Segment::File(_) => return Err(EncodeError::new("", EncodeFault::InFile)),
            }
        }
        Ok(whole.freeze())
    }

    /// Puts the length of what follows into the four bytes that were written first.
    ///
    /// # Errors
    /// The frame is longer than its length can say.
    pub(super) fn patch_length(&mut self) -> Result<(), EncodeError> {
        let length = self.len() - 4;
        let length = i32::try_from(length).map_err(|_| EncodeError::new("", EncodeFault::TooLong))?;
        self.bytes[..4].copy_from_slice(&length.to_be_bytes());
        Ok(())
    }

    pub(super) fn fail(&mut self, field: &'static str, fault: EncodeFault) {
        self.error.get_or_insert_with(|| EncodeError::new(field, fault));
    }

    pub(super) fn take_error(&mut self) -> Option<EncodeError> {
        self.error.take()
    }

    /// Notes that `field` is set in a version that lacks it.
    #[cold]
    pub fn unsupported(&mut self, field: &'static str) {
        self.fail(field, EncodeFault::Unsupported);
    }

    /// Notes that `field` is null in a version where it must not be.
    #[cold]
    pub fn null(&mut self, field: &'static str) {
        self.fail(field, EncodeFault::Null);
    }

    /// A byte, 0 or 1.
    pub fn bool(&mut self, value: bool) {
        self.bytes.put_u8(value.into());
    }

    /// An unsigned variable-length number.
    pub fn uvarint(&mut self, value: u32) {
        self.variable(value.into());
    }

    /// A signed variable-length number, in zigzag order.
    pub fn varint(&mut self, value: i32) {
        self.uvarint(((value << 1) ^ (value >> 31)).cast_unsigned());
    }

    /// A signed variable-length number of up to 64 bits, in zigzag order.
    pub fn varlong(&mut self, value: i64) {
        self.variable(((value << 1) ^ (value >> 63)).cast_unsigned());
    }

    fn variable(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.put_u8((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.put_u8(value as u8);
    }

    /// An id.
    pub fn uuid(&mut self, value: Uuid) {
        self.bytes.put_slice(&value.0);
    }

    /// Bytes as they are, without a length.
    pub fn raw(&mut self, value: &[u8]) {
        self.bytes.put_slice(value);
    }

    /// A text.
    pub fn string(&mut self, field: &'static str, value: &str) {
        if self.flexible {
            self.long_length(field, value.len());
        } else {
            self.short_length(field, value.len());
        }
        self.raw(value.as_bytes());
    }

    /// A text or null.
    pub fn nullable_string(&mut self, field: &'static str, value: &Option<String>) {
        match value {
            Some(value) => self.string(field, value),
            None if self.flexible => self.uvarint(0),
            None => self.i16(-1),
        }
    }

    /// A text or null whose length is two bytes in flexible versions too, as the client id of a request header.
    pub(super) fn nullable_short_string(&mut self, field: &'static str, value: &Option<String>) {
        match value {
            Some(value) => {
                self.short_length(field, value.len());
                self.raw(value.as_bytes());
            }
            None => self.i16(-1),
        }
    }

    fn short_length(&mut self, field: &'static str, length: usize) {
        match i16::try_from(length) {
            Ok(length) => self.i16(length),
            Err(_) => self.fail(field, EncodeFault::TooLong),
        }
    }

    /// The length of bytes, records or an array, or that of a text in a flexible version.
    fn long_length(&mut self, field: &'static str, length: usize) {
        match i32::try_from(length) {
            Ok(length) if self.flexible => self.uvarint(length.cast_unsigned() + 1),
            Ok(length) => self.i32(length),
            Err(_) => self.fail(field, EncodeFault::TooLong),
        }
    }

    fn null_length(&mut self) {
        if self.flexible { self.uvarint(0) } else { self.i32(-1) }
    }

    /// Bytes; long ones are not copied.
    pub fn bytes(&mut self, field: &'static str, value: &Bytes) {
        self.long_length(field, value.len());
        self.piece(value);
    }

    /// Bytes or null; long ones are not copied.
    pub fn nullable_bytes(&mut self, field: &'static str, value: &Option<Bytes>) {
        match value {
            Some(value) => self.bytes(field, value),
            None => self.null_length(),
        }
    }

    fn piece(&mut self, value: &Bytes) {
        if value.len() <= COPY_MAX {
            self.raw(value);
        } else {
            self.pieces.push((self.bytes.len(), Segment::Bytes(value.clone())));
        }
    }

    /// Record batches, which are not copied.
    pub fn records(&mut self, field: &'static str, value: &Records) {
        self.long_length(field, value.len());
        for segment in value.segments() {
            match segment {
                Segment::Bytes(bytes) => self.piece(bytes),
                Segment::File(_) => self.pieces.push((self.bytes.len(), segment.clone())),
            }
        }
    }

    /// Record batches, which are not copied, or null.
    pub fn nullable_records(&mut self, field: &'static str, value: &Option<Records>) {
        match value {
            Some(value) => self.records(field, value),
            None => self.null_length(),
        }
    }

    /// An array.
    pub fn array<T: Element>(&mut self, field: &'static str, value: &[T], version: i16) {
        self.long_length(field, value.len());
        for element in value {
            element.write(self, version);
        }
    }

    /// An array or null.
    pub fn nullable_array<T: Element>(&mut self, field: &'static str, value: &Option<Vec<T>>, version: i16) {
        match value {
            Some(value) => self.array(field, value, version),
            None => self.null_length(),
        }
    }

    /// A struct or null, told apart by a byte.
    pub fn nullable_structure<T: Element>(&mut self, _field: &'static str, value: &Option<T>, version: i16) {
        match value {
            Some(value) => {
                self.i8(1);
                value.write(self, version);
            }
            None => self.i8(-1),
        }
    }

    /// A struct or null in a tagged field: 0 says null there, where it is -1 elsewhere.
    pub fn nullable_tagged_structure<T: Element>(&mut self, _field: &'static str, value: &Option<T>, version: i16) {
        match value {
            Some(value) => {
                self.uvarint(1);
                value.write(self, version);
            }
            None => self.uvarint(0),
        }
    }

    /// Ends a struct that has no tagged fields.
    pub fn no_tags(&mut self) {
        if self.flexible {
            self.uvarint(0);
        }
    }

    /// Begins to collect the tagged fields of a struct.
    #[must_use]
    pub fn begin_tags(&self) -> Tags {
        Tags { fields: Writer { flexible: self.flexible, ..Writer::default() }, count: 0 }
    }

    /// Ends a struct with its tagged fields.
    pub fn end_tags(&mut self, tags: Tags) {
        if !self.flexible {
            return;
        }
        self.uvarint(tags.count);
        self.append(tags.fields);
    }

    /// Moves all that `other` holds to the end of this writer.
    fn append(&mut self, other: Writer) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&other.bytes);
        self.pieces.extend(other.pieces.into_iter().map(|(at, piece)| (start + at, piece)));
        if self.error.is_none() {
            self.error = other.error;
        }
    }
}

impl Tags {
    /// Adds a field. Tags must come in ascending order.
    pub fn add(&mut self, tag: u32, write: impl FnOnce(&mut Writer)) {
        let mut field = Writer { flexible: true, ..Writer::default() };
        write(&mut field);
        self.count += 1;
        self.fields.uvarint(tag);
        self.fields.uvarint(u32::try_from(field.len()).unwrap_or(u32::MAX));
        self.fields.append(field);
    }
}

macro_rules! numbers {
    ($($ty:ident),*) => {
        impl Writer {
            $(
                /// A number, its highest byte first.
                pub fn $ty(&mut self, value: $ty) {
                    self.bytes.put_slice(&value.to_be_bytes());
                }
            )*
        }
    };
}
numbers!(i8, i16, u16, i32, u32, i64, f64);
