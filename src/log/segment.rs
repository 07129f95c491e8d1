//! One segment of a log: a file of batches and its indexes.
//!
//! Bytes below `size` are whole batches; only the appender of the log writes, and it publishes the new size after the
//! bytes. An index is a hint: each entry is checked against the batch that it points at, and an index that lies is passed
//! over and rebuilt, so that a reader never sees a wrong record because of one.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::io::disk::{DiskFile, OpenMode};
use crate::model::{Offset, Position, Timestamp};

use super::batch_scan::{AtPosition, Batches, Found};
use super::config::LogConfig;
use super::error::{At, LogError};
use super::offset_index::{OffsetEntry, OffsetIndex};
use super::place::{DELETED, LOG, Place, SEGMENT_FILES, SWAP};
use super::time_index::{TimeIndex, TimestampOffset};
use super::txn_index::TxnIndex;

/// Offsets of a segment are written as 31-bit distances from its base.
const OFFSETS_MAX: i64 = i32::MAX as i64;

/// One segment of a log.
#[derive(Debug)]
pub(super) struct Segment {
    place: Arc<Place>,
    base_offset: Offset,
    size: AtomicU64,
    file: Mutex<Option<Arc<dyn DiskFile>>>,
    pub(super) offset_index: OffsetIndex,
    pub(super) time_index: TimeIndex,
    pub(super) txn_index: TxnIndex,
    /// The largest timestamp and the batch that has it; `None` before it has been looked up.
    largest: Mutex<Option<TimestampOffset>>,
    /// Somebody has read the segment since it was last looked at.
    is_used: AtomicBool,
    /// An index has been caught lying. It is not used until it is rebuilt.
    suspect: AtomicBool,
}

/// What of a segment is made durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sync {
    /// The batches.
    Batches,
    /// The batches and the indexes.
    WithIndexes,
}

/// Adds entries to the indexes of a segment while batches are added to it, or found in it.
#[derive(Debug, Default)]
pub(super) struct Indexer {
    bytes_since_entry: u64,
}

impl Indexer {
    /// Notes the next batch of the segment. It gets an entry if more than `index.interval.bytes` lie between it and the
    /// last one that did.
    pub(super) fn add(&mut self, segment: &Segment, added: &Found, config: &LogConfig) -> Result<(), LogError> {
        let largest = segment.raise_largest(added)?;
        if self.bytes_since_entry > config.index_interval_bytes && segment.add_entries(added, largest)? {
            self.bytes_since_entry = 0;
        }
        self.bytes_since_entry += added.size();
        Ok(())
    }
}

impl Segment {
    /// A segment whose file has `size` bytes; nothing is opened.
    pub(super) fn existing(place: &Arc<Place>, base_offset: Offset, size: u64) -> Segment {
        Segment {
            place: place.clone(),
            base_offset,
            size: AtomicU64::new(size),
            file: Mutex::new(None),
            offset_index: OffsetIndex::new(place.clone(), base_offset),
            time_index: TimeIndex::new(place.clone(), base_offset),
            txn_index: TxnIndex::new(place.clone(), base_offset),
            largest: Mutex::new(None),
            is_used: AtomicBool::new(false),
            suspect: AtomicBool::new(false),
        }
    }

    /// The batches of a segment that the cleaner was putting in place; its indexes are not looked at.
    pub(super) fn swap(place: &Arc<Place>, base_offset: Offset, size: u64) -> Result<Segment, LogError> {
        let path = place.path(base_offset, &format!("{LOG}{SWAP}"));
        let file = place.disk.open(&path, OpenMode::Read).at(&path)?;
        let segment = Segment::existing(place, base_offset, size);
        *segment.file.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
        segment.suspect.store(true, Ordering::Release);
        Ok(segment)
    }

    /// Makes the files of an empty segment. Files that a crash has left in their place are removed.
    pub(super) fn create(place: &Arc<Place>, base_offset: Offset, config: &LogConfig) -> Result<Segment, LogError> {
        for kind in SEGMENT_FILES {
            let path = place.path(base_offset, kind);
            place.disk.remove_file_if_exists(&path).at(&path)?;
        }
        let path = place.path(base_offset, LOG);
        let file = place.disk.open(&path, OpenMode::Create).at(&path)?;
        if config.preallocate {
            file.allocate(config.segment_bytes).at(&path)?;
        }
        let segment = Segment::existing(place, base_offset, 0);
        *segment.file.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
        segment.make_writable(config)?;
        Ok(segment)
    }

    pub(super) fn base_offset(&self) -> Offset {
        self.base_offset
    }

    /// How many bytes of batches there are.
    pub(super) fn size(&self) -> u64 {
        self.size.load(Ordering::Acquire)
    }

    pub(super) fn path(&self) -> PathBuf {
        self.place.path(self.base_offset, LOG)
    }

    /// The open file of batches.
    pub(super) fn file(&self) -> Result<Arc<dyn DiskFile>, LogError> {
        self.is_used.store(true, Ordering::Relaxed);
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        match &*file {
            Some(file) => Ok(file.clone()),
            None => {
                let path = self.path();
                Ok(file.insert(self.place.disk.open(&path, OpenMode::Write).at(&path)?).clone())
            }
        }
    }

    /// The batches before `limit`.
    pub(super) fn batches_to(&self, limit: Position) -> Result<Batches<'_>, LogError> {
        Ok(Batches::new(self.file()?, &self.place, self.base_offset, limit))
    }

    /// All batches.
    pub(super) fn batches(&self) -> Result<Batches<'_>, LogError> {
        self.batches_to(Position(self.size()))
    }

    /// Whether `offset` can be written as a distance from the base.
    pub(super) fn reaches(&self, offset: Offset) -> bool {
        (0..=OFFSETS_MAX).contains(&offset.since(self.base_offset))
    }

    /// Makes room in the indexes for a segment that is written.
    pub(super) fn make_writable(&self, config: &LogConfig) -> Result<(), LogError> {
        self.offset_index.file.make_writable(config.segment_index_bytes)?;
        self.time_index.file.make_writable(config.segment_index_bytes)
    }

    /// Publishes bytes that have been written.
    pub(super) fn set_size(&self, size: u64) {
        self.size.store(size, Ordering::Release);
    }

    /// The largest timestamp so far and the last offset of the first batch that has it; (-1, base) where there is none.
    pub(super) fn largest(&self) -> Result<TimestampOffset, LogError> {
        let mut largest = self.largest.lock().unwrap_or_else(PoisonError::into_inner);
        match *largest {
            Some(known) => Ok(known),
            None => Ok(*largest.insert(self.read_largest()?)),
        }
    }

    /// The largest timestamp, which decides how long the segment is kept; where no batch has one, when it was changed.
    pub(super) fn largest_timestamp(&self) -> Result<Timestamp, LogError> {
        let largest = self.largest()?.timestamp;
        if largest.0 >= 0 {
            return Ok(largest);
        }
        let path = self.path();
        Ok(self.place.disk.stat(&path).at(&path)?.map_or(Timestamp::NONE, |stat| stat.modified))
    }

    fn read_largest(&self) -> Result<TimestampOffset, LogError> {
        let none = self.no_timestamp();
        let last = if self.is_suspect() { None } else { self.or_suspect(self.time_index.last())? };
        let start = match last {
            Some(entry) if self.is_true(&entry)? => entry,
            Some(_) => {
                self.suspect_indexes();
                none
            }
            None => none,
        };
        self.scan_largest(start)
    }

    /// The largest timestamp of what follows `start`, or `start`.
    fn scan_largest(&self, start: TimestampOffset) -> Result<TimestampOffset, LogError> {
        let batches = self.batches()?;
        let mut largest = start;
        let from = if start.timestamp.0 >= 0 { start.offset } else { self.base_offset };
        let mut candidate = self.candidate(&batches, from)?;
        while let Some(found) = candidate {
            if found.header.max_timestamp > largest.timestamp {
                let (timestamp, offset) = (found.header.max_timestamp, found.header.last_offset());
                largest = TimestampOffset { timestamp, offset };
            }
            candidate = batches.next(found.end())?;
        }
        Ok(largest)
    }

    /// Notes the timestamp of a batch that was added behind all others; says what is now the largest.
    fn raise_largest(&self, added: &Found) -> Result<TimestampOffset, LogError> {
        let (timestamp, offset) = (added.header.max_timestamp, added.header.last_offset());
        let largest = if added.position == Position::ZERO { self.no_timestamp() } else { self.largest()? };
        let raised = if timestamp > largest.timestamp { TimestampOffset { timestamp, offset } } else { largest };
        self.set_largest(Some(raised));
        Ok(raised)
    }

    fn no_timestamp(&self) -> TimestampOffset {
        TimestampOffset { timestamp: Timestamp::NONE, offset: self.base_offset }
    }

    fn set_largest(&self, largest: Option<TimestampOffset>) {
        *self.largest.lock().unwrap_or_else(PoisonError::into_inner) = largest;
    }

    /// Adds entries for a batch to both indexes; says whether that was possible. A full disk or index is no failure:
    /// indexes are sparse anyway, and the next batch tries again.
    fn add_entries(&self, added: &Found, largest: TimestampOffset) -> Result<bool, LogError> {
        if self.is_suspect() || self.has_full_index()? {
            return Ok(false);
        }
        let entry = OffsetEntry { last_offset: added.header.last_offset(), position: added.position };
        let result = self.offset_index.append(entry).and_then(|()| self.time_index.maybe_append(largest));
        match result {
            Ok(()) => Ok(true),
            Err(LogError::DiskFull { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether one of the indexes has no room for another entry.
    pub(super) fn has_full_index(&self) -> Result<bool, LogError> {
        Ok(self.offset_index.is_full()? || self.time_index.is_full()?)
    }

    /// Ends the writing of this segment: the last time index entry, and no more room in the indexes.
    pub(super) fn finish(&self, config: &LogConfig) -> Result<(), LogError> {
        if self.is_suspect() {
            return self.rebuild_indexes(config);
        }
        let largest = self.largest()?;
        if largest.timestamp.0 >= 0 {
            self.time_index.maybe_append(largest)?;
        }
        self.offset_index.file.trim()?;
        self.time_index.file.trim()?;
        if config.preallocate {
            // Gives back what was reserved and not needed.
            self.file()?.set_length(self.size()).at(&self.path())?;
        }
        Ok(())
    }

    /// A batch before which no batch holds `offset`: where a search for it starts. `None` where there is no batch.
    fn candidate(&self, batches: &Batches<'_>, offset: Offset) -> Result<Option<Found>, LogError> {
        let entry = if self.is_suspect() { None } else { self.or_suspect(self.offset_index.lookup(offset))? };
        if let Some(entry) = entry {
            if entry.position < batches.limit
                && let AtPosition::Batch(found) = batches.at(entry.position)?
                && self.can_be(&entry, &found)
            {
                return Ok(Some(found));
            }
            self.suspect_indexes();
        }
        batches.next(Position::ZERO)
    }

    /// Whether an entry may point at this batch. An entry of an older Kafka names the last offset of several batches that
    /// were appended together.
    fn can_be(&self, entry: &OffsetEntry, found: &Found) -> bool {
        found.header.base_offset >= self.base_offset && found.header.last_offset() <= entry.last_offset
    }

    /// Whether the batch that a time index entry names has its timestamp.
    fn is_true(&self, entry: &TimestampOffset) -> Result<bool, LogError> {
        let found = self.find(entry.offset)?;
        Ok(found.is_some_and(|found| {
            found.header.last_offset() == entry.offset && found.header.max_timestamp == entry.timestamp
        }))
    }

    /// The first batch whose last offset is `offset` or above.
    pub(super) fn find(&self, offset: Offset) -> Result<Option<Found>, LogError> {
        self.find_in(&self.batches()?, offset)
    }

    /// The first of these batches whose last offset is `offset` or above.
    pub(super) fn find_in(&self, batches: &Batches<'_>, offset: Offset) -> Result<Option<Found>, LogError> {
        let mut candidate = self.candidate(batches, offset)?;
        while let Some(found) = candidate.filter(|found| found.header.last_offset() < offset) {
            candidate = batches.next(found.end())?;
        }
        Ok(candidate)
    }

    /// Where a search for a record of `timestamp` or later starts.
    pub(super) fn search_from_time(&self, timestamp: Timestamp) -> Result<Position, LogError> {
        let entry = if self.is_suspect() { None } else { self.or_suspect(self.time_index.lookup(timestamp))? };
        let Some(entry) = entry else { return Ok(Position::ZERO) };
        if !self.is_true(&entry)? {
            self.suspect_indexes();
            return Ok(Position::ZERO);
        }
        Ok(self.find(entry.offset)?.map_or(Position::ZERO, |found| found.position))
    }

    /// The offset behind the last batch.
    pub(super) fn next_offset(&self) -> Result<Offset, LogError> {
        if self.size() == 0 {
            return Ok(self.base_offset);
        }
        let last = if self.is_suspect() { None } else { self.or_suspect(self.offset_index.last())? };
        let batches = self.batches()?;
        let mut candidate = self.candidate(&batches, last.map_or(self.base_offset, |entry| entry.last_offset))?;
        let mut next = self.base_offset;
        while let Some(found) = candidate {
            next = found.header.next_offset();
            candidate = batches.next(found.end())?;
        }
        Ok(next)
    }

    fn is_suspect(&self) -> bool {
        self.suspect.load(Ordering::Acquire)
    }

    /// Whether the indexes wait to be rebuilt.
    pub(super) fn needs_repair(&self) -> bool {
        self.is_suspect()
    }

    /// Stops using the indexes until they are rebuilt.
    pub(super) fn suspect_indexes(&self) {
        if !self.suspect.swap(true, Ordering::AcqRel) {
            tracing::warn!(path = %self.path().display(), "index does not fit its segment and is not used");
        }
    }

    /// An index that is missing or cannot be read is as good as one that lies.
    fn or_suspect<T>(&self, result: Result<Option<T>, LogError>) -> Result<Option<T>, LogError> {
        match result {
            Err(LogError::Io { .. }) => {
                self.suspect_indexes();
                Ok(None)
            }
            other => other,
        }
    }

    /// Rebuilds both indexes from the batches, as they are when a segment is finished. No other thread may write.
    pub(super) fn rebuild_indexes(&self, config: &LogConfig) -> Result<(), LogError> {
        self.reset_indexes(config)?;
        let batches = self.batches()?;
        let mut indexer = Indexer::default();
        let mut next = batches.next(Position::ZERO)?;
        while let Some(found) = next {
            indexer.add(self, &found, config)?;
            next = batches.next(found.end())?;
        }
        self.finish(config)
    }

    /// Empties both indexes and makes room in them.
    pub(super) fn reset_indexes(&self, config: &LogConfig) -> Result<(), LogError> {
        self.offset_index.file.reset()?;
        self.time_index.file.reset()?;
        self.make_writable(config)?;
        self.set_largest(Some(self.no_timestamp()));
        self.suspect.store(false, Ordering::Release);
        Ok(())
    }

    /// Cuts the segment before the batch that holds `offset`, or does nothing where no batch does. The result is the first
    /// offset that went.
    pub(super) fn truncate_to(&self, offset: Offset) -> Result<Option<Offset>, LogError> {
        let Some(found) = self.find(offset)? else { return Ok(None) };
        let first_gone = found.header.base_offset;
        if !self.is_suspect() {
            self.offset_index.truncate_to(first_gone)?;
            self.time_index.truncate_to(first_gone)?;
        }
        self.txn_index.truncate_to(first_gone)?;
        self.cut(found.position)?;
        self.set_largest(None);
        Ok(Some(first_gone.min(offset)))
    }

    /// Cuts the file of batches, and only that.
    pub(super) fn cut(&self, position: Position) -> Result<(), LogError> {
        self.set_size(position.0);
        self.file()?.set_length(position.0).at(&self.path())
    }

    /// Makes the batches durable; with the indexes once the segment is finished, since they are then not rebuilt.
    pub(super) fn sync(&self, what: Sync) -> Result<(), LogError> {
        self.file()?.sync_data().at_sync(&self.path())?;
        if what == Sync::WithIndexes {
            self.offset_index.file.sync()?;
            self.time_index.file.sync()?;
        }
        self.txn_index.sync()
    }

    /// Lets go of files and maps that nobody has used since the last call. Not for the segment that is written.
    pub(super) fn release_if_idle(&self) {
        if !self.is_used.swap(false, Ordering::Relaxed) {
            self.release();
        }
    }

    /// Lets go of files and maps. They are opened again when they are needed.
    pub(super) fn release(&self) {
        self.file.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.offset_index.file.release();
        self.time_index.file.release();
    }

    /// Gives the segment's files the suffix `.deleted`; says what they are called now.
    pub(super) fn mark_deleted(&self) -> Result<Vec<PathBuf>, LogError> {
        // A reader that already holds the segment goes on reading the open file.
        let _ = self.file()?;
        let mut marked = Vec::new();
        for kind in SEGMENT_FILES {
            let path = self.place.path(self.base_offset, kind);
            let mut target = path.clone().into_os_string();
            target.push(DELETED);
            let target = PathBuf::from(target);
            match self.place.disk.rename(&path, &target) {
                Ok(()) => marked.push(target),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(LogError::io(path, error)),
            }
        }
        Ok(marked)
    }
}
