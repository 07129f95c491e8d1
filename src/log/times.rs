//! Looking up offsets by time (ListOffsets).

use bytes::Bytes;

use crate::model::{LeaderEpoch, Offset, Timestamp};
use crate::record::{Batch, DECOMPRESSED_BYTES_MAX, Record, RecordError};

use super::batch_scan::{Batches, Found};
use super::error::LogError;
use super::log::Log;
use super::segment::Segment;

/// A record that was looked up by its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimedOffset {
    /// The record's timestamp.
    pub timestamp: Timestamp,
    /// The record's offset.
    pub offset: Offset,
    /// The epoch in which it was written, where that is known.
    pub leader_epoch: Option<LeaderEpoch>,
}

impl Log {
    /// The first record whose timestamp is `timestamp` or later. `None` where there is none.
    ///
    /// # Errors
    /// The disk fails, or a batch cannot be read.
    pub fn offset_for_time(&self, timestamp: Timestamp) -> Result<Option<TimedOffset>, LogError> {
        self.health.check()?;
        let start = self.log_start_offset();
        for segment in self.segments().iter() {
            if segment.size() == 0 || segment.largest_timestamp()? < timestamp {
                continue;
            }
            if let Some(found) = first_from(segment, timestamp, start)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The first of the records that have the largest timestamp of the log. `None` where no record has one.
    ///
    /// # Errors
    /// The disk fails, or a batch cannot be read.
    pub fn offset_of_max_timestamp(&self) -> Result<Option<TimedOffset>, LogError> {
        self.health.check()?;
        let segments = self.segments();
        let mut best = None;
        for segment in segments.iter() {
            let largest = segment.largest()?;
            if best.as_ref().is_none_or(|(_, timestamp)| largest.timestamp > *timestamp) {
                best = Some((segment, largest.timestamp));
            }
        }
        match best {
            Some((segment, timestamp)) if timestamp.0 >= 0 => first_from(segment, timestamp, Offset::ZERO),
            _ => Ok(None),
        }
    }
}

/// The first record of a segment that has `timestamp` or a later one, and `start` or a later offset.
fn first_from(segment: &Segment, timestamp: Timestamp, start: Offset) -> Result<Option<TimedOffset>, LogError> {
    let batches = segment.batches()?;
    let mut next = batches.next(segment.search_from_time(timestamp)?)?;
    while let Some(found) = next {
        if found.header.max_timestamp >= timestamp && found.header.last_offset() >= start {
            let record = first_in(&batches, &found, |record| record.timestamp >= timestamp && record.offset >= start)?;
            if let Some(record) = record {
                let epoch = found.header.leader_epoch;
                let leader_epoch = Some(epoch).filter(|epoch| epoch.0 >= 0);
                return Ok(Some(TimedOffset { timestamp: record.timestamp, offset: record.offset, leader_epoch }));
            }
        }
        next = batches.next(found.end())?;
    }
    Ok(None)
}

/// The first record of a batch that is `wanted`. A record with LogAppendTime has the time of its batch.
fn first_in(
    batches: &Batches<'_>,
    found: &Found,
    wanted: impl Fn(&Record) -> bool,
) -> Result<Option<Record>, LogError> {
    let corrupt = |_: RecordError| batches.corrupt(found.position, "a batch cannot be read");
    let bytes: Bytes = batches.bytes(found)?.into();
    let batch = Batch::parse(&bytes).map_err(corrupt)?;
    for record in batch.records(DECOMPRESSED_BYTES_MAX).map_err(corrupt)? {
        let record = record.map_err(corrupt)?;
        if wanted(&record) {
            return Ok(Some(record));
        }
    }
    Ok(None)
}
