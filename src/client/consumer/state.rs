//! What a consumer knows of its partitions: positions, what is buffered, what is wrong. The program's side
//! and the fetchers share it under one short lock.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::decode::Decoded;
use super::records::{Chunk, ConsumerRecords};
use super::session::Wanted;
use super::settings::Settings;
use crate::client::{ClientError, Cluster, NewOffset, NoOffset};
use crate::model::{ErrorCode, LeaderEpoch, Offset, TopicPartition, Uuid};

/// Errors that wait for a poll.
const ERRORS_MAX: usize = 16;

pub(super) struct Shared {
    pub(super) cluster: Cluster,
    pub(super) settings: Settings,
    partitions: Mutex<Partitions>,
    /// Something is there for a poll.
    pub(super) arrived: Notify,
    /// Something changed for the fetchers: room, positions, assignment.
    pub(super) changed: tokio::sync::watch::Sender<u64>,
}

#[derive(Default)]
pub(super) struct Partitions {
    rows: BTreeMap<TopicPartition, Row>,
    errors: VecDeque<ClientError>,
    /// Bytes of fetched data that no poll has taken yet.
    buffered: usize,
    /// Which partition the next poll begins with, so that none starves.
    turn: usize,
    generation: u64,
}

/// Where a partition is read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) offset: Offset,
    /// The epoch of the record before it, for the detection of truncation (KIP-320).
    pub(super) epoch: LeaderEpoch,
}

/// How a partition gets its first position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begin {
    /// At the committed offset, else as `auto.offset.reset` says.
    Committed,
    /// As `auto.offset.reset` says.
    Reset,
    /// At the first record.
    Earliest,
    /// Behind the last record.
    Latest,
}

struct Row {
    /// `None` until it is known where to begin.
    position: Option<Place>,
    begin: Begin,
    /// The next offset to fetch; runs ahead of the position.
    fetch: Place,
    /// The topic's id when it was fetched from last.
    topic_id: Option<Uuid>,
    paused: bool,
    /// Answers to fetches of an older generation do not count: the position was moved.
    generation: u64,
    in_flight: bool,
    chunks: VecDeque<Chunk>,
    buffered: usize,
    retry_at: Duration,
    log: LogEnds,
    /// Reading stopped here.
    failure: Option<ClientError>,
}

/// What the last fetch told of a partition's log.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LogEnds {
    pub(super) high_watermark: Option<Offset>,
    pub(super) last_stable_offset: Option<Offset>,
}

/// A partition to fetch, with what makes the answer count.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) wanted: Wanted,
    pub(super) generation: u64,
}

impl Row {
    fn new(begin: Begin, generation: u64) -> Row {
        Row {
            position: None,
            begin,
            fetch: Place { offset: Offset::UNKNOWN, epoch: LeaderEpoch::NONE },
            topic_id: None,
            paused: false,
            generation,
            in_flight: false,
            chunks: VecDeque::new(),
            buffered: 0,
            retry_at: Duration::ZERO,
            log: LogEnds::default(),
            failure: None,
        }
    }
}

impl Shared {
    pub(super) fn new(cluster: Cluster, settings: Settings) -> Shared {
        let changed = tokio::sync::watch::Sender::new(0);
        Shared { cluster, settings, partitions: Mutex::default(), arrived: Notify::new(), changed }
    }

    pub(super) fn partitions(&self) -> MutexGuard<'_, Partitions> {
        self.partitions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the fetchers.
    pub(super) fn tell_fetchers(&self) {
        self.changed.send_modify(|count| *count += 1);
    }

    /// Sets the assignment. Partitions that stay keep position and buffer.
    pub(super) fn assign(&self, partitions: impl IntoIterator<Item = TopicPartition>) {
        let mut state = self.partitions();
        let mut before = std::mem::take(&mut state.rows);
        let begin = if self.settings.group_id.is_some() { Begin::Committed } else { Begin::Reset };
        for partition in partitions {
            let generation = state.next_generation();
            let row = before.remove(&partition).unwrap_or_else(|| Row::new(begin, generation));
            state.rows.insert(partition, row);
        }
        for row in before.values() {
            state.buffered -= row.buffered;
        }
        drop(state);
        self.tell_fetchers();
    }

    /// Moves a position. What was fetched from elsewhere is dropped.
    pub(super) fn seek(&self, partition: &TopicPartition, place: Place) -> Result<(), ClientError> {
        self.partitions().place(partition, place)?;
        self.tell_fetchers();
        Ok(())
    }

    /// Forgets a position, so that it is found anew.
    pub(super) fn begin(&self, partition: &TopicPartition, begin: Begin) -> Result<(), ClientError> {
        let mut state = self.partitions();
        state.clear(partition)?;
        let row = state.row(partition)?;
        row.position = None;
        row.begin = begin;
        Ok(())
    }

    pub(super) fn pause(&self, partition: &TopicPartition, paused: Paused) -> Result<(), ClientError> {
        self.partitions().row(partition)?.paused = paused == Paused::Yes;
        self.tell_fetchers();
        Ok(())
    }

    /// What a poll returns: buffered records up to `max.poll.records`, or what is wrong.
    pub(super) fn take(&self) -> Result<ConsumerRecords, ClientError> {
        let mut state = self.partitions();
        if let Some(error) = state.errors.pop_front() {
            return Err(error);
        }
        let mut records = ConsumerRecords::default();
        let freed = state.take(&mut records, self.settings.max_poll_records);
        if records.is_empty()
            && let Some(failure) = state.first_failure()
        {
            return Err(failure);
        }
        drop(state);
        if freed {
            self.tell_fetchers();
        }
        Ok(records)
    }

    /// Stores what a fetch brought.
    pub(super) fn store(&self, partition: &TopicPartition, generation: u64, decoded: Decoded, bytes: usize) {
        let mut state = self.partitions();
        let Some(row) = state.rows.get_mut(partition).filter(|row| row.generation == generation) else {
            return;
        };
        let mut chunks = decoded.chunks;
        match chunks.last_mut() {
            Some(last) => last.fetched_bytes = bytes,
            None => {
                row.buffered -= bytes;
                state.buffered -= bytes;
            }
        }
        let row = state.rows.get_mut(partition).expect("just seen");
        row.chunks.extend(chunks);
        if let Some((offset, cause)) = decoded.failure {
            let (partition, cause) = (partition.clone(), cause.to_string());
            row.failure = Some(ClientError::Corrupt { partition, offset, cause });
        }
        drop(state);
        self.arrived.notify_one();
    }

    /// An error for the next poll.
    pub(super) fn fail(&self, error: ClientError) {
        let mut state = self.partitions();
        // A program that does not poll hears of the first ones.
        if state.errors.len() < ERRORS_MAX {
            state.errors.push_back(error);
        }
        drop(state);
        self.arrived.notify_one();
    }
}

/// Whether a partition is left out of polls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paused {
    Yes,
    No,
}

impl Partitions {
    fn next_generation(&mut self) -> u64 {
        self.generation += 1;
        self.generation
    }

    fn row(&mut self, partition: &TopicPartition) -> Result<&mut Row, ClientError> {
        let missing = || ClientError::IllegalState(format!("No current assignment for partition {partition}"));
        self.rows.get_mut(partition).ok_or_else(missing)
    }

    /// Drops what is buffered of a partition and what is under way.
    fn clear(&mut self, partition: &TopicPartition) -> Result<(), ClientError> {
        let generation = self.next_generation();
        let row = self.row(partition)?;
        let buffered = std::mem::take(&mut row.buffered);
        row.chunks.clear();
        row.failure = None;
        row.in_flight = false;
        row.generation = generation;
        row.retry_at = Duration::ZERO;
        self.buffered -= buffered;
        Ok(())
    }

    pub(super) fn place(&mut self, partition: &TopicPartition, place: Place) -> Result<(), ClientError> {
        self.clear(partition)?;
        let row = self.row(partition)?;
        row.position = Some(place);
        row.fetch = place;
        Ok(())
    }

    pub(super) fn assigned(&self) -> impl Iterator<Item = &TopicPartition> {
        self.rows.keys()
    }

    pub(super) fn contains(&self, partition: &TopicPartition) -> bool {
        self.rows.contains_key(partition)
    }

    pub(super) fn paused(&self) -> Vec<TopicPartition> {
        self.rows.iter().filter(|(_, row)| row.paused).map(|(partition, _)| partition.clone()).collect()
    }

    pub(super) fn position(&self, partition: &TopicPartition) -> Option<Place> {
        self.rows.get(partition)?.position
    }

    pub(super) fn log_ends(&self, partition: &TopicPartition) -> Option<LogEnds> {
        self.rows.get(partition).map(|row| row.log)
    }

    /// Partitions whose position is not known, each with the way to find it.
    pub(super) fn unplaced(&self) -> Vec<(TopicPartition, Begin)> {
        let unplaced = self.rows.iter().filter(|(_, row)| row.position.is_none() && row.failure.is_none());
        unplaced.map(|(partition, row)| (partition.clone(), row.begin)).collect()
    }

    /// What a commit of everything consumed so far says.
    pub(super) fn consumed(&self) -> BTreeMap<TopicPartition, NewOffset> {
        let placed = self.rows.iter().filter_map(|(partition, row)| Some((partition, row.position?)));
        placed
            .map(|(partition, place)| {
                let new = NewOffset { leader_epoch: place.epoch, ..NewOffset::at(place.offset) };
                (partition.clone(), new)
            })
            .collect()
    }

    /// Stops reading a partition with an error, until its position is moved.
    pub(super) fn stop(&mut self, partition: &TopicPartition, failure: ClientError) {
        if let Some(row) = self.rows.get_mut(partition) {
            row.failure = Some(failure);
        }
    }

    fn first_failure(&self) -> Option<ClientError> {
        let stopped = |row: &&Row| row.chunks.is_empty() && !row.paused;
        self.rows.values().filter(stopped).find_map(|row| row.failure.clone())
    }

    /// Moves buffered records out; tells whether bytes were freed.
    fn take(&mut self, records: &mut ConsumerRecords, count_max: usize) -> bool {
        let Partitions { rows, buffered, turn, .. } = self;
        let mut freed = false;
        *turn = if rows.is_empty() { 0 } else { (*turn + 1) % rows.len() };
        let mut in_turn: Vec<&mut Row> = rows.values_mut().collect();
        in_turn.rotate_left(*turn);
        for row in in_turn {
            if row.paused || row.position.is_none() {
                continue;
            }
            while let Some(mut chunk) = row.chunks.pop_front() {
                let left = count_max - records.len();
                if left == 0 && chunk.count() > 0 {
                    row.chunks.push_front(chunk);
                    return freed;
                }
                if chunk.count() > left {
                    let front = chunk.split_off_front(left);
                    row.chunks.push_front(chunk);
                    chunk = front;
                }
                let epoch = if chunk.count() > 0 { chunk.leader_epoch() } else { LeaderEpoch::NONE };
                row.position = Some(Place { offset: chunk.next_offset, epoch });
                row.buffered -= chunk.fetched_bytes;
                *buffered -= chunk.fetched_bytes;
                freed |= chunk.fetched_bytes > 0;
                if chunk.count() > 0 {
                    records.push(chunk);
                }
            }
        }
        freed
    }

    /// Chooses what `leads` says belongs to a broker and can be fetched now, and marks it as under way. Nothing while one of
    /// the broker's partitions is full: a fetch of the others could wait for data while the full one is emptied.
    pub(super) fn targets(
        &mut self,
        now: Duration,
        settings: &Settings,
        leads: impl Fn(&TopicPartition) -> Option<(LeaderEpoch, Uuid)>,
    ) -> BTreeMap<TopicPartition, Target> {
        let mut targets = BTreeMap::new();
        if self.buffered >= settings.fetch_max_bytes {
            return targets;
        }
        for (partition, row) in &mut self.rows {
            let Some((leader_epoch, topic_id)) = leads(partition) else { continue };
            let readable = row.position.is_some() && !row.paused && row.failure.is_none();
            if !readable || row.in_flight || row.retry_at > now {
                continue;
            }
            if row.buffered >= settings.partition_fetch_max_bytes {
                return BTreeMap::new();
            }
            if row.topic_id.replace(topic_id).is_some_and(|before| before != topic_id) {
                // The topic was created again, and its epochs began anew.
                row.fetch.epoch = LeaderEpoch::NONE;
            }
            let wanted = Wanted {
                offset: row.fetch.offset.0,
                leader_epoch: leader_epoch.0,
                last_fetched_epoch: row.fetch.epoch.0,
            };
            targets.insert(partition.clone(), Target { wanted, generation: row.generation });
        }
        for partition in targets.keys() {
            if let Some(row) = self.rows.get_mut(partition) {
                row.in_flight = true;
            }
        }
        targets
    }

    /// When a partition that failed may be fetched again, where there is one.
    pub(super) fn next_retry(&self, now: Duration) -> Option<Duration> {
        self.rows.values().map(|row| row.retry_at).filter(|at| *at > now).min()
    }

    /// A fetch came back with data or without; the next one goes on behind it. Tells whether it counts.
    pub(super) fn fetched(
        &mut self,
        partition: &TopicPartition,
        generation: u64,
        next: Option<Place>,
        bytes: usize,
        log: LogEnds,
    ) -> bool {
        let Some(row) = self.rows.get_mut(partition).filter(|row| row.generation == generation) else {
            return false;
        };
        row.in_flight = false;
        row.log = log;
        if let Some(next) = next {
            row.fetch = next;
            row.buffered += bytes;
            self.buffered += bytes;
        }
        true
    }

    /// A fetch of a partition failed; it may be fetched again at `retry_at`.
    pub(super) fn not_fetched(&mut self, partition: &TopicPartition, generation: u64, retry_at: Duration) -> bool {
        let Some(row) = self.rows.get_mut(partition).filter(|row| row.generation == generation) else {
            return false;
        };
        row.in_flight = false;
        row.retry_at = retry_at;
        true
    }

    /// The offset to fetch next does not exist: begin anew where nothing that was fetched is waiting, by the reset policy or
    /// with an error.
    pub(super) fn out_of_range(&mut self, partition: &TopicPartition, settings: &Settings, retry_at: Duration) {
        let Some(row) = self.rows.get_mut(partition) else { return };
        let offset = row.fetch.offset;
        if !row.chunks.is_empty() {
            row.retry_at = retry_at;
        } else if settings.reset.is_some() {
            row.position = None;
            row.begin = Begin::Reset;
            let _ = self.clear(partition);
        } else {
            let places = vec![(partition.clone(), offset)];
            row.failure = Some(ClientError::NoOffset(NoOffset::OutOfRange(places)));
        }
    }

    /// A final error of a partition.
    pub(super) fn refused(&mut self, partition: &TopicPartition, code: ErrorCode) {
        self.stop(partition, ClientError::code(code));
    }
}
