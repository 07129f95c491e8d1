//! Walks the batches of a segment's file by their headers, without reading their records.

use std::cell::RefCell;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::io::disk::DiskFile;
use crate::model::{Offset, Position};
use crate::record::{BATCH_OVERHEAD, BatchHeader, HEADER_UP_TO_MAGIC, LOG_OVERHEAD, MAGIC, RecordError};

use super::error::LogError;
use super::place::{LOG, Place};

/// So many bytes are read at a time when a checksum is computed.
const CHUNK: usize = 1 << 20;
/// So many bytes are read to look at a header and perhaps those behind it.
const WINDOW: usize = 4096;
/// The checksum of a batch covers what follows this.
const CRC_FROM: u64 = 21;

/// A batch and where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) header: BatchHeader,
    pub(super) position: Position,
}

impl Found {
    /// How many bytes the batch takes.
    pub(super) fn size(&self) -> u64 {
        self.header.size_in_bytes() as u64
    }

    /// Where the next batch starts.
    pub(super) fn end(&self) -> Position {
        self.position.plus(self.size())
    }
}

/// What is at a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AtPosition {
    /// A batch, all of which is before the limit. Its checksum has not been looked at.
    Batch(Found),
    /// The limit.
    End,
    /// No whole batch.
    Torn(&'static str),
    /// A batch of an old message format.
    Old(i8),
}

/// The first bytes of a segment's file: those before `limit` are batches.
#[derive(Debug, Clone)]
pub(super) struct Batches<'a> {
    pub(super) file: Arc<dyn DiskFile>,
    pub(super) place: &'a Place,
    pub(super) base_offset: Offset,
    pub(super) limit: Position,
    /// The bytes that were read last: small batches come many to a read.
    window: RefCell<Window>,
}

#[derive(Debug, Clone, Default)]
struct Window {
    bytes: Vec<u8>,
    position: Position,
}

impl<'a> Batches<'a> {
    pub(super) fn new(file: Arc<dyn DiskFile>, place: &'a Place, base_offset: Offset, limit: Position) -> Batches<'a> {
        Batches { file, place, base_offset, limit, window: RefCell::default() }
    }

    /// Reads the header at `position`, as much of it as is before the limit.
    fn read_header(&self, buffer: &mut [u8], position: Position) -> Result<usize, LogError> {
        let mut window = self.window.borrow_mut();
        let known = window.bytes.len() as u64;
        let start = position.0.checked_sub(window.position.0).filter(|start| start + buffer.len() as u64 <= known);
        let start = match start {
            Some(start) => start as usize,
            None => {
                let length = self.limit.since(position).min(WINDOW as u64) as usize;
                window.bytes.resize(length, 0);
                window.position = position;
                let read = self.named(self.file.read_available_at(&mut window.bytes, position))?;
                window.bytes.truncate(read);
                0
            }
        };
        let available = buffer.len().min(window.bytes.len() - start);
        buffer[..available].copy_from_slice(&window.bytes[start..start + available]);
        Ok(available)
    }

    fn path(&self) -> PathBuf {
        self.place.path(self.base_offset, LOG)
    }

    /// The error of bytes that should be a batch.
    pub(super) fn corrupt(&self, position: Position, reason: &'static str) -> LogError {
        LogError::Corrupt { path: self.path(), position, reason }
    }

    /// The result with the file's name in its error; the name is made only then.
    fn named<T>(&self, result: io::Result<T>) -> Result<T, LogError> {
        result.map_err(|error| LogError::io(self.path(), error))
    }

    /// What is at `position`.
    pub(super) fn at(&self, position: Position) -> Result<AtPosition, LogError> {
        let remaining = self.limit.since(position);
        if remaining == 0 {
            return Ok(AtPosition::End);
        }
        let mut bytes = [0; BATCH_OVERHEAD];
        let wanted = remaining.min(BATCH_OVERHEAD as u64) as usize;
        let read = self.read_header(&mut bytes[..wanted], position)?;
        if read < HEADER_UP_TO_MAGIC {
            return Ok(AtPosition::Torn("the file ends within a batch header"));
        }
        let length = i32::from_be_bytes([bytes[8], bytes[9], bytes[10], bytes[11]]);
        let magic = bytes[HEADER_UP_TO_MAGIC - 1].cast_signed();
        let is_inside = u64::try_from(length).is_ok_and(|length| length + LOG_OVERHEAD as u64 <= remaining);
        if magic == 0 || magic == 1 {
            // Zeros look like the oldest format; a message of it is never that short.
            let is_old = length >= 14 && is_inside && self.has_old_checksum(position, length)?;
            return Ok(if is_old { AtPosition::Old(magic) } else { AtPosition::Torn("no batch header") });
        }
        let header = match BatchHeader::parse(&bytes[..read]) {
            Ok(header) => header,
            Err(RecordError::Cut { .. }) => return Ok(AtPosition::Torn("the file ends within a batch header")),
            Err(_) => return Ok(AtPosition::Torn("no batch header")),
        };
        debug_assert_eq!(header.magic, MAGIC, "what parse lets through");
        if !is_inside {
            return Ok(AtPosition::Torn("the file ends within a batch"));
        }
        if !header.base_offset.is_known() || header.last_offset_delta < 0 || header.next_offset() <= header.base_offset
        {
            return Ok(AtPosition::Torn("the offsets of the batch are no offsets"));
        }
        Ok(AtPosition::Batch(Found { header, position }))
    }

    /// The batch at `position`, or `None` at the limit.
    ///
    /// Anything else is an error: this is for bytes that recovery has accepted.
    pub(super) fn next(&self, position: Position) -> Result<Option<Found>, LogError> {
        match self.at(position)? {
            AtPosition::Batch(found) => Ok(Some(found)),
            AtPosition::End => Ok(None),
            AtPosition::Torn(reason) => Err(self.corrupt(position, reason)),
            AtPosition::Old(magic) => Err(LogError::OldFormat { path: self.path(), position, magic }),
        }
    }

    /// The bytes of a batch.
    pub(super) fn bytes(&self, found: &Found) -> Result<Vec<u8>, LogError> {
        let mut bytes = vec![0; found.header.size_in_bytes()];
        self.named(self.file.read_exact_at(&mut bytes, found.position))?;
        Ok(bytes)
    }

    /// Whether the batch's checksum is that of its bytes.
    pub(super) fn is_sound(&self, found: &Found, scratch: &mut Vec<u8>) -> Result<bool, LogError> {
        let mut crc = 0;
        let mut position = found.position.plus(CRC_FROM);
        while position < found.end() {
            let length = found.end().since(position).min(CHUNK as u64) as usize;
            if scratch.len() < length {
                scratch.resize(length, 0);
            }
            let chunk = &mut scratch[..length];
            self.named(self.file.read_exact_at(chunk, position))?;
            crc = crc32c::crc32c_append(crc, chunk);
            position = position.plus(length as u64);
        }
        Ok(crc == found.header.crc)
    }

    /// Whether what looks like a message of an old format has the checksum of one (CRC-32, of all from the magic on).
    fn has_old_checksum(&self, position: Position, length: i32) -> Result<bool, LogError> {
        let size = usize::try_from(length).unwrap_or(0);
        let mut message = vec![0; size];
        let at = position.plus(LOG_OVERHEAD as u64);
        if self.named(self.file.read_available_at(&mut message, at))? < size {
            return Ok(false);
        }
        let stored = u32::from_be_bytes([message[0], message[1], message[2], message[3]]);
        let mut crc = flate2::Crc::new();
        crc.update(&message[4..]);
        Ok(crc.sum() == stored)
    }
}
