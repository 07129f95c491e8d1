//! Rebuilding what is known of producers by reading the log from the last snapshot on.

use std::sync::Arc;

use crate::model::Offset;

use super::append::Origin;
use super::batch_scan::{Batches, Found};
use super::error::LogError;
use super::markers::marker_of;
use super::producer_state::{CompletedTxn, EndMarker, ProducerState};
use super::read::floor;
use super::segment::Segment;
use super::snapshots::Snapshots;

/// A stretch of a log.
#[derive(Debug, Clone, Copy)]
pub(super) struct Offsets {
    /// The log start offset.
    pub(super) start: Offset,
    /// The offset behind the last record.
    pub(super) end: Offset,
}

/// Brings `producers` from where it is to the log's end. Snapshots are written at the bases of the last two segments and
/// at the end, so that a later cut need not read far back.
pub(super) fn replay(
    segments: &[Arc<Segment>],
    producers: &mut ProducerState,
    snapshots: &mut Snapshots,
    log: Offsets,
) -> Result<(), LogError> {
    if producers.end_offset() < log.end {
        let from = floor(segments, producers.end_offset());
        for (index, segment) in segments.iter().enumerate().skip(from) {
            let start = segment.base_offset().max(producers.end_offset()).max(log.start);
            producers.advance_to(start);
            if index + 2 >= segments.len() && start == segment.base_offset() {
                take(snapshots, producers)?;
            }
            replay_segment(segment, producers, Offsets { start, end: log.end })?;
        }
    }
    producers.advance_to(log.end);
    take(snapshots, producers)
}

/// A snapshot only saves time later: a full disk is no failure.
pub(super) fn take(snapshots: &mut Snapshots, producers: &ProducerState) -> Result<(), LogError> {
    match snapshots.take(producers) {
        Err(LogError::DiskFull { .. }) => Ok(()),
        other => other,
    }
}

fn replay_segment(segment: &Segment, producers: &mut ProducerState, log: Offsets) -> Result<(), LogError> {
    let batches = segment.batches()?;
    let mut next = segment.find_in(&batches, log.start)?;
    while let Some(found) = next.filter(|found| found.header.base_offset < log.end) {
        observe(&batches, &found, producers)?;
        next = batches.next(found.end())?;
    }
    Ok(())
}

/// Lets the state see a batch of the log; the result are the transactions that it ends.
pub(super) fn observe(
    batches: &Batches<'_>,
    found: &Found,
    producers: &mut ProducerState,
) -> Result<Vec<(CompletedTxn, Offset)>, LogError> {
    if !found.header.has_producer_id() {
        producers.advance_to(found.header.next_offset());
        return Ok(Vec::new());
    }
    let marker = if found.header.attributes.is_control() { read_marker(batches, found)? } else { None };
    let mut staged = producers.stage();
    // The origin is replication: what is in the log is not judged again, so there is no error.
    staged.add(producers, &found.header, marker, Origin::Replication)?;
    let completed = producers.completed_by(&staged);
    producers.commit(staged);
    Ok(completed)
}

fn read_marker(batches: &Batches<'_>, found: &Found) -> Result<Option<EndMarker>, LogError> {
    let bytes = batches.bytes(found)?.into();
    marker_of(&bytes).map_err(|_| batches.corrupt(found.position, "a control batch cannot be read"))
}
