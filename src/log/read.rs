//! Reading: an offset becomes a piece of a file, which the caller sends without copying it.

use std::sync::Arc;

use crate::model::{Offset, Position};
use crate::protocol::{FileRange, Records};

use super::batch_scan::Found;
use super::error::LogError;
use super::log::{Log, LogEnd, Segments};
use super::segment::Segment;
use super::txn_index::AbortedTxn;

/// What is to be read.
#[derive(Debug, Clone, Copy)]
pub struct Read {
    /// The first offset that is wanted. The batch that holds it is returned from its start.
    pub offset: Offset,
    /// At most so many bytes; the last batch may be cut by it.
    pub max_bytes: usize,
    /// No batch is returned that holds this offset or a later one: the high watermark, the last stable offset, or
    /// [`Offset::MAX`] for all that is in the log.
    pub upper_bound: Offset,
    /// Whether the first batch is returned whole although it is larger than `max_bytes`.
    pub min_one: MinOne,
}

impl Read {
    /// All that there is from `offset` on.
    #[must_use]
    pub fn all_from(offset: Offset) -> Read {
        Read { offset, max_bytes: usize::MAX, upper_bound: Offset::MAX, min_one: MinOne::Whole }
    }
}

/// Whether a first batch that is too large is returned nevertheless (KIP-74).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MinOne {
    /// Yes, so that a reader always gets on.
    Whole,
    /// No: then nothing is returned.
    Nothing,
}

/// What was read.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The batches, within one segment.
    pub records: Records,
    /// The log start offset.
    pub log_start_offset: Offset,
    /// The log end offset.
    pub log_end_offset: Offset,
    /// The size of the first batch, if there is one, whether it was returned or not.
    pub first_batch_size: usize,
    /// Where the records are, to ask for aborted transactions.
    source: Option<Source>,
}

#[derive(Debug, Clone)]
struct Source {
    segment: Arc<Segment>,
    end: Position,
}

impl Log {
    /// Reads batches from an offset on.
    ///
    /// # Errors
    /// The offset is not between the log's start and its end, or the disk fails.
    pub fn read(&self, read: &Read) -> Result<Fetched, LogError> {
        self.health.check()?;
        loop {
            let segments = self.segments();
            match self.read_from(&segments, read) {
                // The segment was deleted while it was being opened; the log now starts behind it, or it was cut.
                Err(error) if self.is_outdated(&segments, &error) => {}
                other => return self.health.judge(other),
            }
        }
    }

    /// Whether an error comes from a list of segments that is no longer the log's.
    fn is_outdated(&self, segments: &Segments, error: &LogError) -> bool {
        matches!(error, LogError::Io { .. } | LogError::Corrupt { .. }) && !Arc::ptr_eq(segments, &self.segments())
    }

    fn read_from(&self, segments: &Segments, read: &Read) -> Result<Fetched, LogError> {
        let (start, end) = (self.log_start_offset(), self.end());
        if read.offset < start || read.offset > end.offset {
            return Err(LogError::OffsetOutOfRange { offset: read.offset, start, end: end.offset });
        }
        let mut fetched = Fetched {
            records: Records::new(),
            log_start_offset: start,
            log_end_offset: end.offset,
            first_batch_size: 0,
            source: None,
        };
        if read.offset >= read.upper_bound.min(end.offset) {
            return Ok(fetched);
        }
        let first = floor(segments, read.offset);
        for (index, segment) in segments.iter().enumerate().skip(first) {
            let next_base = segments.get(index + 1).map(|next| next.base_offset());
            let limit = limit_of(segment, next_base, read.upper_bound, &end)?;
            let batches = segment.batches_to(limit)?;
            if let Some(found) = segment.find_in(&batches, read.offset)? {
                return fetched.take(segment, &found, limit, read).map(|()| fetched);
            }
            if next_base.is_none_or(|next| next >= read.upper_bound) {
                break;
            }
        }
        // What was asked for has been compacted away.
        Ok(fetched)
    }

    /// The aborted transactions that a reader of committed records needs to know for what it has read.
    ///
    /// # Errors
    /// The disk fails, or an index of transactions is broken.
    pub fn aborted_transactions(&self, read: &Read, fetched: &Fetched) -> Result<Vec<AbortedTxn>, LogError> {
        let Some(source) = &fetched.source else { return Ok(Vec::new()) };
        let segments = self.segments();
        let base = source.segment.base_offset();
        let entry = source.segment.offset_index.first_from(source.end).unwrap_or(None);
        let later = segments.iter().filter(|segment| segment.base_offset() > base);
        let next_base = later.clone().next().map(|segment| segment.base_offset());
        let bound = entry.map(|entry| entry.last_offset).or(next_base).unwrap_or(fetched.log_end_offset);
        let mut aborted = Vec::new();
        for segment in std::iter::once(&source.segment).chain(later) {
            for txn in segment.txn_index.entries()?.iter() {
                if txn.last_offset >= read.offset && txn.first_offset < bound {
                    aborted.push(*txn);
                }
                if txn.last_stable_offset >= bound {
                    return Ok(aborted);
                }
            }
        }
        Ok(aborted)
    }
}

impl Fetched {
    /// Takes the batches from `found` on, up to `limit`.
    fn take(&mut self, segment: &Arc<Segment>, found: &Found, limit: Position, read: &Read) -> Result<(), LogError> {
        let first = found.header.size_in_bytes();
        self.first_batch_size = first;
        let wanted = match read.min_one {
            MinOne::Whole => read.max_bytes.max(first),
            MinOne::Nothing => read.max_bytes,
        };
        if wanted < first {
            return Ok(());
        }
        let available = usize::try_from(limit.since(found.position)).unwrap_or(usize::MAX);
        let length = wanted.min(available);
        let file = segment.file()?.as_source();
        self.records.push(FileRange { file, position: found.position, length });
        self.source = Some(Source { segment: segment.clone(), end: found.position.plus(length as u64) });
        Ok(())
    }
}

/// The index of the segment that `offset` is in, or of the first one.
pub(super) fn floor(segments: &[Arc<Segment>], offset: Offset) -> usize {
    segments.partition_point(|segment| segment.base_offset() <= offset).saturating_sub(1)
}

/// How far a reader may look in a segment: to its end, to the log's end, or to the batch that holds the upper bound.
fn limit_of(
    segment: &Segment,
    next_base: Option<Offset>,
    upper_bound: Offset,
    end: &LogEnd,
) -> Result<Position, LogError> {
    let size =
        if segment.base_offset() == end.segment_base { end.position.0.min(segment.size()) } else { segment.size() };
    let is_inside = upper_bound < end.offset && next_base.is_none_or(|next| upper_bound < next);
    if !is_inside {
        return Ok(Position(size));
    }
    let batches = segment.batches_to(Position(size))?;
    Ok(segment.find_in(&batches, upper_bound)?.map_or(Position(size), |found| found.position))
}
