//! Appending: offsets and epochs are given, producers checked, segments rolled, and all batches of a call written at once.
//!
//! A batch's header is written anew with its offset and its epoch, which its checksum leaves out; the bytes behind it are
//! the ones that came from the socket. A call of many appends is one vectored write, unless a segment ends between them.
//! Readers see the batches of a write together, after they are in the file.

use std::io::IoSlice;

use bytes::Bytes;

use crate::model::{LeaderEpoch, Offset, Position, Timestamp};
use crate::record::{BATCH_OVERHEAD, Batch, BatchHeader, RecordError, Validated, shared_batches};

use super::batch_scan::Found;
use super::checkpoint::EpochEntry;
use super::config::LogConfig;
use super::error::LogError;
use super::log::{Appender, Log};
use super::markers::marker_of;
use super::producer_entry::ProducerBatch;
use super::producer_staging::{Check, Staged};
use super::producer_state::EndMarker;
use super::roll::Coming;
use super::segment::Segment;
use super::txn_index::AbortedTxn;

/// Who wrote a batch, which says how strictly its producer is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A client: sequence numbers and epochs are checked.
    Client,
    /// A coordinator of ours, whose batches have no sequence numbers: epochs are checked.
    Coordinator,
    /// The leader of the partition, who has checked everything.
    Replication,
}

/// One append.
#[derive(Debug, Clone)]
pub enum Append {
    /// As leader of the partition: the batch gets the next offsets.
    Lead {
        /// The batch, as `record::validate` accepted it.
        batch: Validated,
        /// The epoch of the leadership.
        leader_epoch: LeaderEpoch,
        /// Who wrote it.
        origin: Origin,
    },
    /// As follower: whole batches that have their offsets and epochs, and must continue the log.
    Follow {
        /// The batches.
        records: Bytes,
    },
}

impl Append {
    /// The append of one whole batch that this node has built itself.
    ///
    /// # Errors
    /// The bytes are not one batch.
    pub fn of_built(batch: &Bytes, leader_epoch: LeaderEpoch, origin: Origin) -> Result<Append, RecordError> {
        let parsed = Batch::parse(batch)?;
        let header = *parsed.header();
        let batch = Validated {
            header,
            rest: batch.slice(BATCH_OVERHEAD..header.size_in_bytes()),
            max_timestamp: header.max_timestamp,
            log_append_time: None,
            rebuilt: false,
        };
        Ok(Append::Lead { batch, leader_epoch, origin })
    }
}

/// What became of an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// The offset of the first record.
    pub first_offset: Offset,
    /// The offset of the last record.
    pub last_offset: Offset,
    /// The time that the records got, with `message.timestamp.type=LogAppendTime`.
    pub log_append_time: Option<Timestamp>,
    /// The log start offset.
    pub log_start_offset: Offset,
    /// How many bytes were written: 0 for a batch that the log already had.
    pub size: u64,
    /// Whether the log already had the batch.
    pub is_duplicate: bool,
}

impl Log {
    /// Appends in order, in one write. Each result belongs to the append in its place; a refused one leaves the others be.
    ///
    /// After a failed write the log is offline for good. A full disk refuses what was being written and nothing else.
    pub fn append(&self, appends: &[Append], now: Timestamp) -> Vec<Result<Appended, LogError>> {
        let mut appender = self.appender();
        let config = self.config();
        let mut group = Group::new(self, &config, &mut appender, now);
        for append in appends {
            let result = self.check_usable().and_then(|()| group.take(&mut appender, append));
            group.results.push(result);
        }
        group.write(&mut appender);
        let results = group.results;
        drop(appender);
        self.flush_if_due(now);
        results
    }
}

/// An append that has its offsets.
struct Admitted {
    headers: Vec<(BatchHeader, Option<EndMarker>)>,
    /// A header to write anew, unless the bytes are complete.
    head: Option<[u8; BATCH_OVERHEAD]>,
    rest: Bytes,
    origin: Origin,
    log_append_time: Option<Timestamp>,
    size: u64,
}

impl Admitted {
    fn first_offset(&self) -> Offset {
        self.headers.first().expect("an append has a batch").0.base_offset
    }

    fn last_offset(&self) -> Offset {
        self.headers.last().expect("an append has a batch").0.last_offset()
    }

    fn max_timestamp(&self) -> Timestamp {
        self.headers.iter().map(|(header, _)| header.max_timestamp).max().unwrap_or(Timestamp::NONE)
    }
}

/// The appends of one call: those that wait to be written, and the results of all.
struct Group<'a> {
    log: &'a Log,
    config: &'a LogConfig,
    now: Timestamp,
    next_offset: Offset,
    staged: Staged,
    waiting: Vec<Admitted>,
    waiting_size: u64,
    /// The places in `results` that are true only once the waiting appends are written.
    promised: Vec<usize>,
    results: Vec<Result<Appended, LogError>>,
}

impl<'a> Group<'a> {
    fn new(log: &'a Log, config: &'a LogConfig, appender: &mut Appender, now: Timestamp) -> Group<'a> {
        appender.producers.set_time(now, config.producer_id_expiration_ms);
        Group {
            log,
            config,
            now,
            next_offset: log.log_end_offset(),
            staged: appender.producers.stage(),
            waiting: Vec::new(),
            waiting_size: 0,
            promised: Vec::new(),
            results: Vec::new(),
        }
    }

    /// Takes one append in. As with Kafka a segment is rolled before producers are looked at.
    fn take(&mut self, appender: &mut Appender, append: &Append) -> Result<Appended, LogError> {
        let mut admitted = self.admit(append)?;
        let size_max = self.config.segment_bytes;
        if admitted.size > size_max {
            return Err(LogError::LargerThanSegment { size: admitted.size, size_max });
        }
        if self.must_roll(appender, &admitted)? {
            self.write(appender);
            self.log.check_usable()?;
            // Where the write failed the log ends earlier than was thought.
            admitted = self.admit(append)?;
            self.log.roll_at(appender, admitted.first_offset(), self.now)?;
            self.staged = appender.producers.stage();
        }
        if let Some(duplicate) = self.stage(appender, &admitted)? {
            return Ok(self.answer_duplicate(&duplicate));
        }
        Ok(self.enqueue(admitted))
    }

    /// Gives an append its offsets.
    fn admit(&self, append: &Append) -> Result<Admitted, LogError> {
        match append {
            Append::Lead { batch, leader_epoch, origin } => {
                let header = BatchHeader { base_offset: self.next_offset, leader_epoch: *leader_epoch, ..batch.header };
                let marker = if header.attributes.is_control() { marker_in(&batch.to_bytes())? } else { None };
                Ok(Admitted {
                    headers: vec![(header, marker)],
                    head: Some(header.encode()),
                    rest: batch.rest.clone(),
                    origin: *origin,
                    log_append_time: batch.log_append_time,
                    size: batch.size_in_bytes() as u64,
                })
            }
            Append::Follow { records } => self.admit_replicated(records),
        }
    }

    fn admit_replicated(&self, records: &Bytes) -> Result<Admitted, LogError> {
        let mut headers: Vec<(BatchHeader, Option<EndMarker>)> = Vec::new();
        let mut size = 0;
        for batch in shared_batches(records) {
            let batch = match batch {
                Ok(batch) => batch,
                // What a fetch has cut off at its end comes again with the next one.
                Err(RecordError::Cut { .. }) => break,
                Err(_) => return Err(LogError::NotBatches { reason: "a batch header is broken" }),
            };
            let header = *batch.header();
            let end = headers.last().map_or(self.next_offset, |(last, _)| last.next_offset());
            check_replicated(&batch, end)?;
            let marker = if header.attributes.is_control() { marker_in(batch.bytes())? } else { None };
            headers.push((header, marker));
            size += header.size_in_bytes();
        }
        if headers.is_empty() {
            return Err(LogError::NotBatches { reason: "there is no whole batch" });
        }
        let (rest, origin) = (records.slice(..size), Origin::Replication);
        Ok(Admitted { headers, head: None, rest, origin, log_append_time: None, size: size as u64 })
    }

    fn must_roll(&self, appender: &mut Appender, admitted: &Admitted) -> Result<bool, LogError> {
        let coming = Coming {
            size: admitted.size,
            size_before: appender.active.segment.size() + self.waiting_size,
            first_waiting: self.waiting.first().map(Admitted::max_timestamp),
            last_offset: admitted.last_offset(),
            max_timestamp: admitted.max_timestamp(),
        };
        self.log.health.judge(appender.active.must_roll(self.config, &coming, self.now))
    }

    /// Checks the append's producers; the result is the batch that it repeats.
    fn stage(&mut self, appender: &Appender, admitted: &Admitted) -> Result<Option<ProducerBatch>, LogError> {
        for (header, marker) in &admitted.headers {
            let check = self.staged.add(&appender.producers, header, *marker, admitted.origin)?;
            if let Check::Duplicate(batch) = check {
                return Ok(Some(batch));
            }
        }
        Ok(None)
    }

    fn answer_duplicate(&mut self, batch: &ProducerBatch) -> Appended {
        if batch.last_offset >= self.log.log_end_offset() {
            // It repeats a batch of this very call, which is not written yet.
            self.promised.push(self.results.len());
        }
        Appended {
            first_offset: batch.first_offset(),
            last_offset: batch.last_offset,
            log_append_time: Some(batch.timestamp),
            log_start_offset: self.log.log_start_offset(),
            size: 0,
            is_duplicate: true,
        }
    }

    fn enqueue(&mut self, admitted: Admitted) -> Appended {
        let appended = Appended {
            first_offset: admitted.first_offset(),
            last_offset: admitted.last_offset(),
            log_append_time: admitted.log_append_time,
            log_start_offset: self.log.log_start_offset(),
            size: admitted.size,
            is_duplicate: false,
        };
        self.next_offset = appended.last_offset.plus(1);
        self.waiting_size += admitted.size;
        self.waiting.push(admitted);
        self.promised.push(self.results.len());
        appended
    }

    /// Writes the waiting appends. Where that fails their results, which promise that they are in the log, become errors.
    fn write(&mut self, appender: &mut Appender) {
        let waiting = std::mem::take(&mut self.waiting);
        let promised = std::mem::take(&mut self.promised);
        let staged = std::mem::replace(&mut self.staged, appender.producers.stage());
        self.waiting_size = 0;
        if waiting.is_empty() {
            return;
        }
        let result = write_batches(self.log, appender, self.config, &waiting, staged);
        if let Err(error) = self.log.health.judge(result) {
            for place in promised {
                // The append that is being taken has no result yet.
                self.results[place] = Err(error.clone());
            }
            self.staged = appender.producers.stage();
            self.next_offset = self.log.log_end_offset();
        } else {
            self.staged = appender.producers.stage();
        }
    }
}

/// Writes batches behind the end of the active segment and publishes them. On a full disk everything is as before.
fn write_batches(
    log: &Log,
    appender: &mut Appender,
    config: &LogConfig,
    waiting: &[Admitted],
    staged: Staged,
) -> Result<(), LogError> {
    appender.active.make_writable(config)?;
    let segment = appender.active.segment.clone();
    let start = Position(segment.size());
    let written = write_bytes(&segment, start, waiting).and_then(|()| {
        let completed = appender.producers.completed_by(&staged);
        let aborted = completed.iter().filter(|(txn, _)| txn.is_aborted);
        aborted.into_iter().try_for_each(|(txn, stable)| segment.txn_index.append(AbortedTxn::of(txn, *stable)))
    });
    if let Err(error) = written {
        segment.cut(start)?;
        return Err(error);
    }
    let mut position = start;
    let headers = waiting.iter().flat_map(|admitted| &admitted.headers);
    for (header, _) in headers {
        let found = Found { header: *header, position };
        appender.active.note(&found);
        appender.active.indexer.add(&segment, &found, config)?;
        log.epochs.observe(EpochEntry { epoch: header.leader_epoch, start_offset: header.base_offset });
        position = found.end();
    }
    segment.set_size(position.0);
    let end_offset = staged.end_offset();
    appender.producers.commit(staged);
    log.set_end(&segment, end_offset);
    log.publish_unstable(appender);
    log.epochs.write(&log.place)
}

fn write_bytes(segment: &Segment, start: Position, waiting: &[Admitted]) -> Result<(), LogError> {
    let pieces = |admitted| {
        let Admitted { head, rest, .. }: &Admitted = admitted;
        head.as_ref().map(|head| IoSlice::new(head)).into_iter().chain([IoSlice::new(rest)])
    };
    let slices: Vec<IoSlice<'_>> = waiting.iter().flat_map(pieces).collect();
    segment.file()?.write_all_at(&slices, start).map_err(|error| LogError::io(segment.path(), error))
}

fn check_replicated(batch: &Batch, end: Offset) -> Result<(), LogError> {
    let header = batch.header();
    if header.base_offset < end {
        return Err(LogError::UnexpectedOffset { first: header.base_offset, end });
    }
    if header.last_offset_delta < 0 || header.next_offset() <= header.base_offset {
        return Err(LogError::NotBatches { reason: "the offsets of a batch are no offsets" });
    }
    batch.view().check_crc().map_err(|_| LogError::NotBatches { reason: "a batch has a wrong checksum" })
}

fn marker_in(batch: &Bytes) -> Result<Option<EndMarker>, LogError> {
    marker_of(batch).map_err(|_| LogError::NotBatches { reason: "a control batch cannot be read" })
}
