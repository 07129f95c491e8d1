//! The metadata log on disk: Kafka's `__cluster_metadata-0` with its segments, snapshots and `quorum-state`.
//!
//! Every call blocks; the engine runs them on a thread of its own. After a failed write the store is done for.

use std::io::IoSlice;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use super::batch::{self, BatchError};
use super::consensus_state::{self, Base, ConsensusState};
use super::error::{At, QuorumError};
use super::files;
use super::quorum_state::{self, QuorumState};
use super::service::Options;
use super::snapshot::{self, DELETED_SUFFIX, PART_SUFFIX, SnapshotId};
use super::state_machine::StateMachine;
use super::tail;
use super::types::{LogLimits, VoterSource};
use crate::io::disk::{Disk, OpenMode};
use crate::log::{Append, LastStop, Log, LogConfig, MinOne, Open, Read};
use crate::model::{LeaderEpoch, NodeId, Offset, Position, Timestamp, TopicPartition, Uuid};
use crate::protocol::Segment;
use crate::record::shared_batches;

/// The directory of the metadata log in its log directory.
pub const DIRECTORY: &str = "__cluster_metadata-0";
/// The name of its topic.
const TOPIC: &str = "__cluster_metadata";
/// How much of the log is read at once while it is replayed.
const READ_BYTES: usize = 8 << 20;
/// The longest JSON file that is read.
const STATE_LENGTH_MAX: u64 = 1 << 20;
/// The longest snapshot that is read into memory.
const SNAPSHOT_LENGTH_MAX: u64 = 4 << 30;

/// The metadata log of one node.
#[derive(Debug)]
pub(super) struct Store {
    disk: Arc<dyn Disk>,
    directory: PathBuf,
    log: Log,
    limits: LogLimits,
    node_id: NodeId,
    directory_id: Uuid,
    voters: VoterSource,
}

/// What a directory held.
#[derive(Debug)]
pub(super) struct Loaded {
    /// The state that the log adds up to.
    pub(super) state: StateMachine,
    /// The newest epoch that this node knows of.
    pub(super) epoch: LeaderEpoch,
    /// The bytes of the log behind the newest snapshot.
    pub(super) bytes_since_snapshot: u64,
    /// The entry that the newest snapshot ends with.
    pub(super) base: Base,
}

impl Store {
    /// Opens the metadata log, making it if it is missing, and replays it.
    pub(super) fn open(options: &Options) -> Result<(Store, Loaded), QuorumError> {
        let disk = options.disk.clone();
        let directory = options.log_dir.join(DIRECTORY);
        disk.create_dir_all(&directory).at(&directory)?;
        let snapshots = remove_leftovers(&*disk, &directory)?;
        let epoch = newest_voted_epoch(&*disk, &directory)?;
        refuse_damage(&*disk, &directory)?;
        let (mut state, snapshot) = newest_state(&*disk, &directory, &snapshots)?;
        let log = open_log(options, &directory, state.next_offset())?;
        let store = Store {
            disk,
            directory,
            log,
            limits: options.limits,
            node_id: options.node_id,
            directory_id: options.directory_id,
            voters: options.voters.clone(),
        };
        store.join_snapshot_and_log(&state, options.clock.now())?;
        let base = base_of(&state, snapshot);
        let bytes_since_snapshot = store.replay(&mut state)?;
        let last_epoch = state.last.map_or(LeaderEpoch::NONE, |last| last.epoch);
        let epoch = epoch.max(last_epoch).max(LeaderEpoch(0));
        Ok((store, Loaded { state, epoch, bytes_since_snapshot, base }))
    }

    /// The metadata log's directory.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// A snapshot may reach further than the log, and the log may not begin behind it.
    fn join_snapshot_and_log(&self, state: &StateMachine, now: Timestamp) -> Result<(), QuorumError> {
        let next = state.next_offset();
        if self.log.log_end_offset() < next {
            self.log.truncate_fully_and_start_at(next, None, now)?;
        }
        let start = self.log.log_start_offset();
        if start > next {
            return Err(QuorumError::Gap { path: self.directory.clone(), start });
        }
        Ok(())
    }

    /// Applies what is in the log behind the state, and says how many bytes that were.
    fn replay(&self, state: &mut StateMachine) -> Result<u64, QuorumError> {
        let mut replayed = 0;
        while state.next_offset() < self.log.log_end_offset() {
            let before = state.next_offset();
            let read = Read { offset: before, max_bytes: READ_BYTES, upper_bound: Offset::MAX, min_one: MinOne::Whole };
            let bytes = self.bytes_of(&self.log.read(&read)?.records)?;
            for batch in shared_batches(&bytes) {
                let batch = batch.map_err(|error| self.unusable(before, &BatchError::Batch(error)))?;
                if batch.base_offset < state.next_offset() {
                    continue;
                }
                let entry = batch::read(&batch).map_err(|error| self.unusable(batch.base_offset, &error))?;
                state.apply(&entry).map_err(|error| self.unusable(entry.base_offset, &error))?;
                replayed += batch.size_in_bytes() as u64;
            }
            if state.next_offset() == before {
                let reason = "no batch can be read there".to_owned();
                return Err(self.unusable(before, &reason));
            }
        }
        Ok(replayed)
    }

    fn unusable(&self, offset: Offset, error: &dyn std::fmt::Display) -> QuorumError {
        let reason = format!("the batch at offset {offset}: {error}");
        QuorumError::Unusable { path: self.directory.clone(), reason }
    }

    fn bytes_of(&self, records: &crate::protocol::Records) -> Result<Bytes, QuorumError> {
        let mut bytes = BytesMut::new();
        for segment in records.segments() {
            match segment {
                Segment::Bytes(held) => bytes.extend_from_slice(held),
                Segment::File(range) => {
                    let from = bytes.len();
                    bytes.resize(from + range.length, 0);
                    read_exact(&*range.file, &mut bytes[from..], range.position).at(&self.directory)?;
                }
            }
        }
        Ok(bytes.freeze())
    }

    /// Appends whole batches that have their offsets and epochs, in one write, and forces them to the disk.
    pub(super) fn append(&self, batches: &[Bytes], now: Timestamp) -> Result<(), QuorumError> {
        let mut all = BytesMut::with_capacity(batches.iter().map(Bytes::len).sum());
        batches.iter().for_each(|batch| all.extend_from_slice(batch));
        let appends = [Append::Follow { records: all.freeze() }];
        self.log.append(&appends, now).into_iter().try_for_each(|result| result.map(drop))?;
        self.log.flush(now)?;
        Ok(())
    }

    /// Notes that this node leads in `epoch`, before it does.
    pub(super) fn begin_epoch(&self, epoch: LeaderEpoch, base: Base) -> Result<(), QuorumError> {
        let state = QuorumState { leader: self.node_id, epoch, ..QuorumState::default() };
        let text = match &self.voters {
            VoterSource::Static(ids) => state.to_json(Some(ids)),
            VoterSource::Log { .. } => state.to_json(None),
        };
        let vote = self.consensus_state(epoch, base);
        // The vote goes first: with it alone the next start takes a higher term, with `quorum-state` alone it would not know of it.
        let contents = [(consensus_state::FILE, vote.as_str()), (quorum_state::FILE, text.as_str())];
        files::replace(&*self.disk, &self.directory, &contents).at(&self.directory)
    }

    /// Notes the entry that the newest snapshot ends with.
    pub(super) fn write_base(&self, epoch: LeaderEpoch, base: Base) -> Result<(), QuorumError> {
        let text = self.consensus_state(epoch, base);
        files::replace(&*self.disk, &self.directory, &[(consensus_state::FILE, &text)]).at(&self.directory)
    }

    fn consensus_state(&self, epoch: LeaderEpoch, base: Base) -> String {
        ConsensusState { term: epoch, node: self.node_id, directory: self.directory_id, base }.to_json()
    }

    /// What writes snapshots while the log goes on.
    pub(super) fn snapshot_writer(&self) -> SnapshotWriter {
        SnapshotWriter { disk: self.disk.clone(), directory: self.directory.clone() }
    }

    /// Drops the oldest snapshots and the log below them, as far as size and age ask for it. The newest snapshot stays.
    pub(super) fn clean(&self, now: Timestamp) -> Result<(), QuorumError> {
        let mut snapshots = list_snapshots(&*self.disk, &self.directory)?;
        while let [(oldest, oldest_stat), (next, _), ..] = snapshots[..] {
            let size = self.log.size() + snapshots.iter().map(|(_, stat)| stat.length).sum::<u64>();
            let too_large = u64::try_from(self.limits.retention_bytes).is_ok_and(|bound| size > bound);
            let too_old = self.limits.retention_ms >= 0 && now.since(oldest_stat.modified) > self.limits.retention_ms;
            if !too_large && !too_old {
                break;
            }
            self.log.delete_records_before(next.end_offset, self.log.log_end_offset())?;
            let path = self.directory.join(oldest.file_name());
            self.disk.remove_file(&path).at(&path)?;
            snapshots.remove(0);
            tracing::info!(offset = next.end_offset.0, "the metadata log now begins here");
        }
        self.log.delete_old_segments(self.log.log_end_offset(), now)?;
        Ok(())
    }

    /// Makes all durable and lets go of the files.
    pub(super) fn close(&self, now: Timestamp) -> Result<(), QuorumError> {
        Ok(self.log.close(now)?)
    }
}

/// Writes snapshots, on any thread.
#[derive(Debug, Clone)]
pub(super) struct SnapshotWriter {
    disk: Arc<dyn Disk>,
    directory: PathBuf,
}

impl SnapshotWriter {
    /// Writes a snapshot of a state: whole under its final name, or not at all.
    pub(super) fn write(&self, state: &StateMachine, now: Timestamp) -> Result<Base, QuorumError> {
        let id = SnapshotId::of(state);
        let path = self.directory.join(id.file_name());
        let part = self.directory.join(id.file_name().replace(snapshot::SUFFIX, PART_SUFFIX));
        let file = self.disk.open(&part, OpenMode::Truncate).at(&part)?;
        let mut position = Position::ZERO;
        let written = snapshot::write(state, now, &mut |batch| {
            file.write_all_at(&[IoSlice::new(&batch)], position)?;
            position = position.plus(batch.len() as u64);
            Ok(())
        });
        let unusable =
            |error: &dyn std::fmt::Display| QuorumError::Unusable { path: part.clone(), reason: error.to_string() };
        written.map_err(|error| unusable(&error))?.at(&part)?;
        file.sync_all().at(&part)?;
        self.disk.rename(&part, &path).at(&path)?;
        self.disk.sync_directory(&self.directory).at(&self.directory)?;
        Ok(Base { index: state.index, term: id.epoch, offset: id.end_offset.plus(-1) })
    }
}

fn read_exact(file: &dyn crate::protocol::FileSource, mut buffer: &mut [u8], mut at: Position) -> std::io::Result<()> {
    while !buffer.is_empty() {
        match file.read_at(buffer, at) {
            Ok(0) => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                buffer = &mut buffer[count..];
                at = at.plus(count as u64);
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

type Listed = (SnapshotId, crate::io::disk::Stat);

fn list_snapshots(disk: &dyn Disk, directory: &Path) -> Result<Vec<Listed>, QuorumError> {
    let entries = disk.list(directory).at(directory)?;
    let mut snapshots: Vec<Listed> =
        entries.iter().filter_map(|entry| Some((SnapshotId::of_file_name(&entry.name)?, entry.stat))).collect();
    snapshots.sort_unstable_by_key(|(id, _)| *id);
    Ok(snapshots)
}

/// Removes what a crash left half done, and lists the snapshots that are whole, the oldest first.
fn remove_leftovers(disk: &dyn Disk, directory: &Path) -> Result<Vec<Listed>, QuorumError> {
    for entry in disk.list(directory).at(directory)? {
        if entry.name.ends_with(PART_SUFFIX) || entry.name.ends_with(DELETED_SUFFIX) {
            let path = directory.join(&entry.name);
            disk.remove_file(&path).at(&path)?;
        }
    }
    list_snapshots(disk, directory)
}

/// The newest epoch that this node has voted in or followed.
fn newest_voted_epoch(disk: &dyn Disk, directory: &Path) -> Result<LeaderEpoch, QuorumError> {
    let text_of = |name: &str| -> Result<(String, PathBuf), QuorumError> {
        let path = directory.join(name);
        let bytes = disk.read_file(&path, STATE_LENGTH_MAX).at(&path)?.unwrap_or_default();
        Ok((String::from_utf8_lossy(&bytes).into_owned(), path))
    };
    let unusable = |path: PathBuf| move |reason: String| QuorumError::Unusable { path, reason };
    let (text, path) = text_of(quorum_state::FILE)?;
    // An empty file is one that was made and never written.
    let of_kafka = match text.as_str() {
        "" => LeaderEpoch::NONE,
        text => QuorumState::of_json(text).map_err(unusable(path))?.0.epoch,
    };
    let (text, path) = text_of(consensus_state::FILE)?;
    let of_ours = match text.as_str() {
        "" => LeaderEpoch::NONE,
        text => ConsensusState::term_of_json(text).map_err(unusable(path))?,
    };
    Ok(of_kafka.max(of_ours))
}

/// Refuses a log that is damaged in the middle of its last segment, before anything is changed.
fn refuse_damage(disk: &dyn Disk, directory: &Path) -> Result<(), QuorumError> {
    let entries = disk.list(directory).at(directory)?;
    let base_of = |name: &str| name.strip_suffix(".log")?.parse().ok().map(Offset);
    let Some((base_offset, name)) = entries.iter().filter_map(|entry| Some((base_of(&entry.name)?, &entry.name))).max()
    else {
        return Ok(());
    };
    let path = directory.join(name);
    let bytes = disk.read_file(&path, u64::from(u32::MAX)).at(&path)?.unwrap_or_default();
    match tail::damage(base_offset, &bytes.into()) {
        Some(position) => Err(QuorumError::Corrupt { path, position }),
        None => Ok(()),
    }
}

/// The state of the newest snapshot that can be read.
fn newest_state(
    disk: &dyn Disk,
    directory: &Path,
    snapshots: &[Listed],
) -> Result<(StateMachine, Option<SnapshotId>), QuorumError> {
    for (id, _) in snapshots.iter().rev() {
        let path = directory.join(id.file_name());
        let bytes: Bytes = disk.read_file(&path, SNAPSHOT_LENGTH_MAX).at(&path)?.unwrap_or_default().into();
        match snapshot::read(*id, &bytes) {
            Ok(state) => return Ok((state, Some(*id))),
            // An older snapshot will do as long as the log begins no later than its end, which is checked behind it.
            Err(error) => tracing::warn!(path = %path.display(), %error, "a snapshot of the metadata cannot be used"),
        }
    }
    Ok((StateMachine::default(), None))
}

fn base_of(state: &StateMachine, snapshot: Option<SnapshotId>) -> Base {
    match snapshot {
        Some(id) => Base { index: state.index, term: id.epoch, offset: id.end_offset.plus(-1) },
        None => Base { index: 0, term: LeaderEpoch(0), offset: Offset::UNKNOWN },
    }
}

fn open_log(options: &Options, directory: &Path, recovery_point: Offset) -> Result<Log, QuorumError> {
    let config = LogConfig {
        segment_bytes: options.limits.segment_bytes,
        segment_ms: options.limits.segment_ms,
        // Snapshots decide what may go, never size or age alone.
        cleanup_delete: false,
        ..LogConfig::default()
    };
    let open = Open {
        disk: options.disk.clone(),
        rng: options.rng.clone(),
        health: options.health.clone(),
        directory: directory.to_owned(),
        topic_partition: TopicPartition::new(TOPIC, 0),
        topic_id: Some(Uuid::METADATA_TOPIC),
        config,
        log_start_offset: Offset::ZERO,
        recovery_point,
        // The tail is read anyway, so nothing is gained by trusting a clean stop.
        last_stop: LastStop::Unclean,
        now: options.clock.now(),
    };
    Ok(Log::open(open)?)
}
