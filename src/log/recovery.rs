//! Opening a partition's directory: what a crash, a full disk or a person may have left there becomes a log again, or is
//! refused by name.
//!
//! The order is that of Kafka's LogLoader: leftovers go, swaps are finished, segments are collected; then, unless the last
//! stop was clean, everything from the recovery point on is read and its checksums computed, and the log is cut at the first
//! batch that is not whole. Below the recovery point everything was synced, and is found there by headers and indexes.
//! Every step can be cut off by another crash and is then done again.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::io::disk::Entry;
use crate::model::{Offset, Position};

use super::batch_scan::{AtPosition, Batches, Found};
use super::checkpoint::{self, CheckpointError, EpochEntry};
use super::epoch_cache::EpochCache;
use super::epochs::Epochs;
use super::error::{At, LogError};
use super::leftovers;
use super::log::{LastStop, Open};
use super::offset_index;
use super::place::{EPOCHS, LOG, OFFSET_INDEX, Place, SEGMENT_FILES, TIME_INDEX, file_name, offset_of};
use super::producer_state::ProducerState;
use super::read::floor;
use super::removal::Removals;
use super::replay::{Offsets, observe, replay, take};
use super::segment::{Indexer, Segment};
use super::snapshots::Snapshots;
use super::time_index;
use super::txn_index::AbortedTxn;

/// A log as it was found, or mended.
pub(super) struct Loaded {
    pub(super) segments: Vec<Arc<Segment>>,
    pub(super) log_start_offset: Offset,
    pub(super) log_end_offset: Offset,
    pub(super) recovery_point: Offset,
    pub(super) epochs: Epochs,
    pub(super) producers: ProducerState,
    pub(super) snapshots: Snapshots,
    pub(super) removals: Removals,
}

/// Opens a partition's directory.
pub(super) fn load(place: &Arc<Place>, open: &Open) -> Result<Loaded, LogError> {
    let directory = place.directory();
    place.disk.create_dir_all(&directory).at(&directory)?;
    leftovers::clear(place)?;
    let entries = place.disk.list(&directory).at(&directory)?;
    let mut loader = Loader::new(place, open, &entries)?;
    loader.collect_segments(&entries)?;
    if open.last_stop == LastStop::Unclean {
        loader.recover()?;
    }
    loader.mend_damaged()?;
    let log_end_offset = loader.log_end()?;
    loader.finish(log_end_offset)
}

struct Loader<'a> {
    place: &'a Arc<Place>,
    open: &'a Open,
    segments: Vec<Arc<Segment>>,
    /// Segments whose indexes or files do not look as they should; they are read as a whole.
    damaged: BTreeSet<Offset>,
    epochs: Epochs,
    snapshots: Snapshots,
    removals: Removals,
}

impl<'a> Loader<'a> {
    fn new(place: &'a Arc<Place>, open: &'a Open, entries: &[Entry]) -> Result<Loader<'a>, LogError> {
        let names = entries.iter().filter(|entry| !entry.stat.is_directory).map(|entry| entry.name.as_str());
        Ok(Loader {
            place,
            open,
            segments: Vec::new(),
            damaged: BTreeSet::new(),
            epochs: Epochs::of(EpochCache::default()),
            snapshots: Snapshots::among(place, names),
            removals: Removals::default(),
        })
    }

    /// Collects the segments, and removes index files without one.
    fn collect_segments(&mut self, entries: &[Entry]) -> Result<(), LogError> {
        let length_of = |name: &str| {
            let found = entries.binary_search_by(|entry| entry.name.as_str().cmp(name)).ok()?;
            Some(entries[found].stat.length)
        };
        for entry in entries.iter().filter(|entry| !entry.stat.is_directory) {
            if let Some(base_offset) = offset_of(&entry.name, LOG) {
                self.segments.push(Arc::new(Segment::existing(self.place, base_offset, entry.stat.length)));
                let is_whole = |kind, size: usize| {
                    length_of(&file_name(base_offset, kind)).is_some_and(|length| length % size as u64 == 0)
                };
                let is_sound =
                    is_whole(OFFSET_INDEX, offset_index::ENTRY_SIZE) && is_whole(TIME_INDEX, time_index::ENTRY_SIZE);
                if !is_sound {
                    self.damaged.insert(base_offset);
                }
            }
        }
        self.segments.sort_by_key(|segment| segment.base_offset());
        self.remove_orphans(entries)?;
        self.read_epochs()?;
        self.check_txn_indexes(entries)
    }

    fn remove_orphans(&self, entries: &[Entry]) -> Result<(), LogError> {
        for kind in &SEGMENT_FILES[1..] {
            for base_offset in entries.iter().filter_map(|entry| offset_of(&entry.name, kind)) {
                if self.segments.binary_search_by_key(&base_offset, |segment| segment.base_offset()).is_err() {
                    let path = self.place.path(base_offset, kind);
                    tracing::warn!(path = %path.display(), "removing an index without a segment");
                    self.place.disk.remove_file(&path).at(&path)?;
                }
            }
        }
        Ok(())
    }

    fn check_txn_indexes(&mut self, entries: &[Entry]) -> Result<(), LogError> {
        for segment in &self.segments {
            let name = file_name(segment.base_offset(), super::place::TXN_INDEX);
            if entries.binary_search_by(|entry| entry.name.cmp(&name)).is_err() {
                continue;
            }
            match segment.txn_index.entries() {
                Ok(_) => {}
                Err(LogError::Corrupt { .. }) => {
                    self.damaged.insert(segment.base_offset());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads the epochs, or rebuilds them from the batches where their file is broken, or missing beside records.
    fn read_epochs(&mut self) -> Result<(), LogError> {
        let path = self.place.file(EPOCHS);
        match checkpoint::read_epochs(&*self.place.disk, &path) {
            Ok(entries) => {
                let has_records = self.segments.iter().any(|segment| segment.size() > 0);
                self.epochs = Epochs::of(EpochCache::of(entries.iter().copied()));
                if entries.is_empty() && has_records { self.rebuild_epochs() } else { Ok(()) }
            }
            Err(CheckpointError::Disk(error)) => Err(error),
            Err(error @ CheckpointError::Malformed { .. }) => {
                tracing::warn!(%error, "leader epochs are rebuilt from the log");
                self.epochs = Epochs::of(EpochCache::default());
                self.rebuild_epochs()
            }
        }
    }

    fn rebuild_epochs(&self) -> Result<(), LogError> {
        for segment in &self.segments {
            let batches = segment.batches()?;
            let mut position = Position::ZERO;
            // A torn tail is for the recovery that follows.
            while let AtPosition::Batch(found) = batches.at(position)? {
                self.observe_epoch(&found);
                position = found.end();
            }
        }
        Ok(())
    }

    fn observe_epoch(&self, found: &Found) {
        let (epoch, start_offset) = (found.header.leader_epoch, found.header.base_offset);
        self.epochs.observe(EpochEntry { epoch, start_offset });
    }

    /// Reads what was not known to be on the disk when the broker stopped without closing its logs.
    fn recover(&mut self) -> Result<(), LogError> {
        let first = floor(&self.segments, self.open.recovery_point);
        let mut index = first;
        while index < self.segments.len() {
            let from = self.open.recovery_point;
            let recovered = self.recover_segment(index, from, Tail::Cut)?;
            let rest = self.segments.split_off(index + 1);
            if recovered.was_cut {
                self.drop_segments(&rest)?;
                return Ok(());
            }
            if let Some(next) = rest.first()
                && self.check_neighbours(recovered.next_offset, next.base_offset())? == Neighbours::TornApart
            {
                self.drop_segments(&rest)?;
                return Ok(());
            }
            self.segments.extend(rest);
            index += 1;
        }
        Ok(())
    }

    /// Two segments that follow each other may not overlap. Where records are missing between them, and were not known to
    /// be on the disk, a power cut has taken them: the log ends before the gap. Any other gap is reported and stays; in a
    /// compacted log it is no loss.
    fn check_neighbours(&self, next_offset: Offset, next_base: Offset) -> Result<Neighbours, LogError> {
        if next_base < next_offset {
            let name = file_name(next_base, LOG);
            return Err(
                self.inconsistent(format!("{name} begins before the segment ahead of it ends, at {next_offset}"))
            );
        }
        if next_base == next_offset || self.open.config.cleanup_compact {
            return Ok(Neighbours::Fit);
        }
        let partition = &self.open.topic_partition;
        tracing::error!(%partition, from = %next_offset, to = %next_base, "records are missing between two segments");
        if next_offset >= self.open.recovery_point { Ok(Neighbours::TornApart) } else { Ok(Neighbours::Fit) }
    }

    /// Rebuilds the indexes of segments that need not be recovered but whose indexes are missing or broken.
    fn mend_damaged(&mut self) -> Result<(), LogError> {
        for base_offset in std::mem::take(&mut self.damaged) {
            let found = self.segments.binary_search_by_key(&base_offset, |segment| segment.base_offset());
            let Ok(index) = found else { continue };
            tracing::warn!(path = %self.segments[index].path().display(), "rebuilding the indexes of a segment");
            let is_last = index + 1 == self.segments.len();
            // Below the recovery point nothing is cut away: what cannot be read stays, and reading it is an error.
            self.recover_segment(index, Offset::MAX, if is_last { Tail::Cut } else { Tail::Keep })?;
        }
        Ok(())
    }

    /// Walks through a segment, computes the checksums of what is not below `from`, and rebuilds its indexes.
    fn recover_segment(&mut self, index: usize, from: Offset, tail: Tail) -> Result<Recovered, LogError> {
        let segment = self.segments[index].clone();
        self.damaged.remove(&segment.base_offset());
        let mut producers = self.producers_before(index)?;
        segment.reset_indexes(&self.open.config)?;
        segment.txn_index.reset()?;
        let mut walk = Walk::new(&segment);
        let batches = segment.batches()?;
        let stop = loop {
            match self.step(&segment, &batches, &mut walk, &mut producers, from)? {
                Step::Next => {}
                Step::Stop(reason) => break reason,
            }
        };
        let was_cut = stop.is_some() && tail == Tail::Cut;
        if let Some(reason) = stop {
            report_broken(&segment, &walk, tail, reason);
        }
        if was_cut {
            segment.cut(walk.position)?;
        }
        segment.finish(&self.open.config)?;
        if stop.is_some() && tail == Tail::Keep {
            segment.suspect_indexes();
        }
        take(&mut self.snapshots, &producers)?;
        Ok(Recovered { next_offset: walk.next_offset, was_cut })
    }

    /// Looks at the next batch of a segment.
    fn step(
        &self,
        segment: &Segment,
        batches: &Batches<'_>,
        walk: &mut Walk,
        producers: &mut ProducerState,
        from: Offset,
    ) -> Result<Step, LogError> {
        let found = match batches.at(walk.position)? {
            AtPosition::End => return Ok(Step::Stop(None)),
            AtPosition::Torn(reason) => return Ok(Step::Stop(Some(reason))),
            AtPosition::Old(magic) => {
                let (path, position) = (segment.path(), walk.position);
                return Err(LogError::OldFormat { path, position, magic });
            }
            AtPosition::Batch(found) => found,
        };
        let header = &found.header;
        if header.next_offset() > from && !batches.is_sound(&found, &mut walk.scratch)? {
            return Ok(Step::Stop(Some("a batch has a wrong checksum")));
        }
        if header.base_offset < walk.next_offset || !segment.reaches(header.last_offset()) {
            if walk.position == Position::ZERO && batches.is_sound(&found, &mut walk.scratch)? {
                return Err(self.misnamed(segment, header.base_offset));
            }
            return Ok(Step::Stop(Some("the offsets of a batch do not follow those before it")));
        }
        walk.indexer.add(segment, &found, &self.open.config)?;
        self.observe_epoch(&found);
        for (txn, stable) in observe(batches, &found, producers)? {
            if txn.is_aborted {
                segment.txn_index.append(AbortedTxn::of(&txn, stable))?;
            }
        }
        walk.position = found.end();
        walk.next_offset = header.next_offset();
        Ok(Step::Next)
    }

    /// What is known of producers where segment `index` begins.
    fn producers_before(&mut self, index: usize) -> Result<ProducerState, LogError> {
        let base = self.segments[index].base_offset();
        let below = self.snapshots.offsets().iter().filter(|offset| **offset <= base);
        let mut snapshots = Snapshots::of(self.place, below.copied());
        let (start, now) = (self.open.log_start_offset.min(base), self.open.now);
        let mut producers = snapshots.load(start, now, self.open.config.producer_id_expiration_ms)?;
        replay(&self.segments[..index], &mut producers, &mut snapshots, Offsets { start, end: base })?;
        self.snapshots.add(snapshots);
        Ok(producers)
    }

    fn misnamed(&self, segment: &Segment, first: Offset) -> LogError {
        let name = file_name(segment.base_offset(), LOG);
        self.inconsistent(format!("{name} begins with offset {first}, which its name does not allow"))
    }

    fn inconsistent(&self, reason: String) -> LogError {
        LogError::Inconsistent { path: self.place.directory().to_path_buf(), reason }
    }

    /// Removes segments behind a cut, the last one first, so that a crash leaves no gap.
    fn drop_segments(&mut self, segments: &[Arc<Segment>]) -> Result<(), LogError> {
        for segment in segments.iter().rev() {
            tracing::warn!(path = %segment.path().display(), lost = segment.size(), "removing a segment behind the cut");
            // They are removed by the next retention check, or the next start.
            self.removals.add(self.open.now, segment.mark_deleted()?);
        }
        Ok(())
    }

    /// Where the log ends. A log whose end is below its start has lost its files and starts anew.
    fn log_end(&mut self) -> Result<Offset, LogError> {
        let start = self.open.log_start_offset;
        if let Some(last) = self.segments.last() {
            let end = match last.next_offset() {
                Err(LogError::Corrupt { .. }) => {
                    let index = self.segments.len() - 1;
                    let from = self.segments[index].base_offset();
                    self.recover_segment(index, from, Tail::Cut)?.next_offset
                }
                other => other?,
            };
            if end >= start {
                return Ok(end);
            }
            let partition = &self.open.topic_partition;
            tracing::warn!(%partition, %end, %start, "the log ends before its start: removing what is left of it");
            let segments = std::mem::take(&mut self.segments);
            self.drop_segments(&segments)?;
            self.epochs.clear();
            self.snapshots.restart()?;
        }
        self.segments.push(Arc::new(Segment::create(self.place, start, &self.open.config)?));
        Ok(start)
    }

    fn finish(mut self, end: Offset) -> Result<Loaded, LogError> {
        let start = self.open.log_start_offset.max(self.segments[0].base_offset());
        self.epochs.truncate_from_end(end);
        self.epochs.truncate_from_start(self.open.log_start_offset);
        self.epochs.write(self.place)?;
        let bases = self.segments.iter().map(|segment| segment.base_offset()).collect();
        self.snapshots.remove_strays(&bases)?;
        let producers = self.load_producers(Offsets { start, end })?;
        // A partition that nobody uses holds no file open.
        self.segments.iter().for_each(|segment| segment.release());
        let recovery_point = match self.open.last_stop {
            LastStop::Clean => end,
            LastStop::Unclean => self.open.recovery_point.max(start).min(end),
        };
        Ok(Loaded {
            segments: self.segments,
            log_start_offset: start,
            log_end_offset: end,
            recovery_point,
            epochs: self.epochs,
            producers,
            snapshots: self.snapshots,
            removals: self.removals,
        })
    }

    /// What no snapshot holds is read from the log. Kafka takes a log without any, after a clean stop, for one from before there
    /// were producers; a snapshot that was lost would let a retry be appended again.
    fn load_producers(&mut self, log: Offsets) -> Result<ProducerState, LogError> {
        self.snapshots.retain(|offset| offset <= log.end && offset > log.start)?;
        let expiration_ms = self.open.config.producer_id_expiration_ms;
        let mut producers = self.snapshots.load(log.start, self.open.now, expiration_ms)?;
        replay(&self.segments, &mut producers, &mut self.snapshots, log)?;
        Ok(producers)
    }
}

/// What happens to bytes that are no batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tail {
    /// They are the torn end of the log and go.
    Cut,
    /// They were once known to be on the disk and stay.
    Keep,
}

/// How two segments that follow each other lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Neighbours {
    /// They may stay.
    Fit,
    /// The second one has lost what was before it.
    TornApart,
}

#[derive(Debug, Clone, Copy)]
struct Recovered {
    next_offset: Offset,
    was_cut: bool,
}

enum Step {
    Next,
    Stop(Option<&'static str>),
}

/// How far a walk through a segment has come.
struct Walk {
    position: Position,
    next_offset: Offset,
    indexer: Indexer,
    scratch: Vec<u8>,
}

impl Walk {
    fn new(segment: &Segment) -> Walk {
        Walk {
            position: Position::ZERO,
            next_offset: segment.base_offset(),
            indexer: Indexer::default(),
            scratch: Vec::new(),
        }
    }
}

fn report_broken(segment: &Segment, walk: &Walk, tail: Tail, reason: &'static str) {
    let path = segment.path();
    let (path, position, offset) = (path.display(), walk.position, walk.next_offset);
    let bytes = segment.size() - position.0;
    match tail {
        Tail::Cut => tracing::warn!(%path, %offset, %position, bytes, reason, "cutting the tail of the log"),
        Tail::Keep => tracing::error!(%path, %offset, %position, bytes, reason, "a segment cannot be read to its end"),
    }
}
