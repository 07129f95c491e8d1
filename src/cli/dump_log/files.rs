//! Log files from the disk, entry by entry.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use bytes::Bytes;

use crate::io::disk::{Disk, DiskFile, OpenMode};
use crate::model::{Offset, Position};
use crate::record::legacy::LegacyMessage;
use crate::record::{Batch, DECOMPRESSED_BYTES_MAX, HEADER_UP_TO_MAGIC, LOG_OVERHEAD, Record};

/// The smallest entry of a log: a message of format v0 without its offset and size.
const ENTRY_LENGTH_MIN: usize = 14;
/// More than any index or snapshot that a broker writes.
const SMALL_FILE_MAX: u64 = 1 << 30;

/// A file of batches, open for reading.
#[derive(Debug)]
pub struct LogFile {
    path: PathBuf,
    file: Arc<dyn DiskFile>,
    length: u64,
}

/// A batch, or a message of the formats before 0.11.
#[derive(Debug, Clone)]
pub enum Entry {
    /// Format v2.
    Batch(Batch),
    /// Format v0 or v1.
    Message(LegacyMessage),
}

impl Entry {
    /// The offset of its last record.
    #[must_use]
    pub fn last_offset(&self) -> Offset {
        match self {
            Entry::Batch(batch) => batch.last_offset(),
            Entry::Message(message) => message.offset,
        }
    }

    /// Its bytes in the file.
    #[must_use]
    pub fn size_in_bytes(&self) -> usize {
        match self {
            Entry::Batch(batch) => batch.size_in_bytes(),
            Entry::Message(message) => message.size_in_bytes,
        }
    }

    /// The records of a batch.
    ///
    /// # Errors
    /// A record or the compressed block is broken.
    pub fn records(batch: &Batch) -> Result<Vec<Record>> {
        let records = batch.records(DECOMPRESSED_BYTES_MAX)?.collect::<Result<_, _>>();
        records.with_context(|| format!("the batch at offset {} cannot be read", batch.base_offset))
    }
}

impl LogFile {
    /// Opens a file.
    ///
    /// # Errors
    /// It is not there or cannot be read.
    pub fn open(disk: &dyn Disk, path: &Path) -> Result<LogFile> {
        let file = disk.open(path, OpenMode::Read).with_context(|| path.display().to_string())?;
        let length = file.length().with_context(|| path.display().to_string())?;
        Ok(LogFile { path: path.to_owned(), file, length })
    }

    /// The bytes of the file.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The entries from `start` on that lie whole before `end`.
    pub fn entries(&self, start: u64, end: u64) -> impl Iterator<Item = Result<Entry>> + use<'_> {
        let end = end.min(self.length);
        let mut position = start;
        std::iter::from_fn(move || {
            let next = self.entry(position, end).transpose()?;
            position = match &next {
                Ok(entry) => position + entry.size_in_bytes() as u64,
                // After an error there is no telling where the next entry would begin.
                Err(_) => end,
            };
            Some(next)
        })
    }

    /// The entry at `position`; none where it does not end before `end`.
    fn entry(&self, position: u64, end: u64) -> Result<Option<Entry>> {
        let left = end.saturating_sub(position);
        if left <= HEADER_UP_TO_MAGIC as u64 {
            return Ok(None);
        }
        let header = self.read(position, HEADER_UP_TO_MAGIC)?;
        let length = i32::from_be_bytes([header[8], header[9], header[10], header[11]]);
        let Some(length) = usize::try_from(length).ok().filter(|length| *length >= ENTRY_LENGTH_MIN) else {
            let path = self.path.display();
            bail!(
                "Found record size {length} smaller than minimum record overhead ({ENTRY_LENGTH_MIN}) in file {path}."
            );
        };
        let size = LOG_OVERHEAD + length;
        if size as u64 > left {
            return Ok(None);
        }
        let bytes = self.read(position, size)?;
        let place = || format!("position {position} of {}", self.path.display());
        match header[HEADER_UP_TO_MAGIC - 1] {
            0 | 1 => LegacyMessage::parse(&bytes).map(|message| message.map(Entry::Message)).with_context(place),
            _ => Batch::parse(&bytes).map(|batch| Some(Entry::Batch(batch))).with_context(place),
        }
    }

    fn read(&self, position: u64, size: usize) -> Result<Bytes> {
        let mut bytes = vec![0; size];
        self.file.read_exact_at(&mut bytes, Position(position)).with_context(|| self.path.display().to_string())?;
        Ok(bytes.into())
    }
}

/// The whole of a small file.
pub(super) fn read_small(disk: &dyn Disk, path: &Path) -> Result<Vec<u8>> {
    let content = disk.read_file(path, SMALL_FILE_MAX).with_context(|| path.display().to_string())?;
    content.with_context(|| format!("{}: no such file", path.display()))
}

/// The base offset in the name of a segment's file, and the file of the same segment with another suffix.
pub(super) fn base_offset(path: &Path) -> Result<i64> {
    let stem = stem(path);
    stem.parse().with_context(|| format!("{}: the name does not begin with an offset", path.display()))
}

pub(super) fn sibling(path: &Path, suffix: &str) -> PathBuf {
    path.with_file_name(format!("{}{suffix}", stem(path)))
}

fn stem(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.split('.').next().unwrap_or_default().to_owned()
}
