//! Snapshots of the metadata: Kafka's `<end offset>-<epoch>.checkpoint` files (KIP-630).
//!
//! A snapshot holds what the entries below its end offset add up to: a header, the voters where the log names them, the
//! records of the image, a footer. It is written under the name `.checkpoint.part`, made durable, and renamed: a file under the
//! final name is whole.

use bytes::Bytes;

use super::batch::{self, BatchError, Content, Entry, Stamp};
use super::control::{self, Control};
use super::state_machine::{Last, StateMachine};
use crate::metadata::{MetadataRecord, ReplayFailure, snapshot as image_records};
use crate::model::{LeaderEpoch, Offset, Timestamp};
use crate::protocol::EncodeError;
use crate::record::{RecordError, shared_batches};

/// The end of a snapshot's name.
pub(super) const SUFFIX: &str = ".checkpoint";
/// The end of its name while it is written.
pub(super) const PART_SUFFIX: &str = ".checkpoint.part";
/// The end of its name once it may go.
pub(super) const DELETED_SUFFIX: &str = ".checkpoint.deleted";

/// Records of one batch in a snapshot, as many as Kafka writes.
const RECORDS_PER_BATCH: usize = 1024;

/// Which snapshot: the first offset that it lacks, and the epoch of the last one that it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SnapshotId {
    /// The first offset that is not in it.
    pub(super) end_offset: Offset,
    /// The epoch of the last record in it.
    pub(super) epoch: LeaderEpoch,
}

impl SnapshotId {
    /// The snapshot of everything that a state machine has seen.
    pub(super) fn of(state: &StateMachine) -> SnapshotId {
        SnapshotId { end_offset: state.next_offset(), epoch: state.last.map_or(LeaderEpoch(0), |last| last.epoch) }
    }

    /// The name of its file.
    pub(super) fn file_name(self) -> String {
        format!("{:020}-{:010}{SUFFIX}", self.end_offset.0, self.epoch.0)
    }

    /// The snapshot of a file name; none where the name is of another form.
    pub(super) fn of_file_name(name: &str) -> Option<SnapshotId> {
        let (offset, epoch) = name.strip_suffix(SUFFIX)?.split_once('-')?;
        let digits = |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(offset, 20) || !digits(epoch, 10) {
            return None;
        }
        Some(SnapshotId { end_offset: Offset(offset.parse().ok()?), epoch: LeaderEpoch(epoch.parse().ok()?) })
    }
}

/// A snapshot that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum SnapshotError {
    /// It has no footer: the file was cut.
    #[error("it has no footer")]
    NoFooter,
    /// It does not begin with a header.
    #[error("it has no header")]
    NoHeader,
    /// Bytes are left behind its last whole batch.
    #[error("its last batch is cut")]
    Cut,
    /// A batch is broken.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// Its records contradict each other.
    #[error(transparent)]
    Replay(#[from] ReplayFailure),
    /// A record cannot be written.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

impl From<RecordError> for SnapshotError {
    fn from(error: RecordError) -> SnapshotError {
        SnapshotError::Batch(BatchError::Batch(error))
    }
}

/// Gives the batches of a snapshot one after the other, so that a large one is never in memory as a whole.
pub(super) fn write(
    state: &StateMachine,
    now: Timestamp,
    sink: &mut dyn FnMut(Bytes) -> std::io::Result<()>,
) -> Result<std::io::Result<()>, SnapshotError> {
    let id = SnapshotId::of(state);
    let mut writer = Writer { epoch: id.epoch, now, next: Offset::ZERO, sink, failure: None };
    let mut head = vec![control::snapshot_header(state.last.map_or(Timestamp(0), |last| last.timestamp), state.index)];
    if state.kraft_version > 0 {
        head.push(control::kraft_version(state.kraft_version));
    }
    if let Some(voters) = &state.voters {
        head.push(control::voters(voters));
    }
    let batch = batch::of_control(writer.stamp(), &head);
    writer.give(batch, head.len());
    writer.records(state)?;
    let batch = batch::of_control(writer.stamp(), &[control::snapshot_footer()]);
    writer.give(batch, 1);
    Ok(writer.failure.map_or(Ok(()), Err))
}

struct Writer<'a> {
    epoch: LeaderEpoch,
    now: Timestamp,
    next: Offset,
    sink: &'a mut dyn FnMut(Bytes) -> std::io::Result<()>,
    failure: Option<std::io::Error>,
}

impl Writer<'_> {
    fn stamp(&self) -> Stamp {
        Stamp { base_offset: self.next, epoch: self.epoch, now: self.now }
    }

    fn give(&mut self, batch: Bytes, records: usize) {
        self.next = self.next.plus(i64::try_from(records).expect("a batch counts in 32 bits"));
        if self.failure.is_none() {
            self.failure = (self.sink)(batch).err();
        }
    }

    fn records(&mut self, state: &StateMachine) -> Result<(), EncodeError> {
        let level = state.image().features().metadata_version().unwrap_or(0);
        let mut waiting: Vec<MetadataRecord> = Vec::with_capacity(RECORDS_PER_BATCH);
        let mut failure = None;
        image_records::write(state.image(), &mut |record| {
            waiting.push(record);
            if waiting.len() == RECORDS_PER_BATCH && failure.is_none() {
                failure = self.flush(&mut waiting, level).err();
            }
        });
        if let Some(error) = failure {
            return Err(error);
        }
        self.flush(&mut waiting, level)
    }

    fn flush(&mut self, waiting: &mut Vec<MetadataRecord>, level: i16) -> Result<(), EncodeError> {
        if waiting.is_empty() {
            return Ok(());
        }
        let batch = batch::of_records(self.stamp(), waiting, level)?;
        self.give(batch, waiting.len());
        waiting.clear();
        Ok(())
    }
}

/// The state that a snapshot holds.
pub(super) fn read(id: SnapshotId, bytes: &Bytes) -> Result<StateMachine, SnapshotError> {
    let mut state = StateMachine::default();
    let (mut header, mut footer) = (None, false);
    let mut seen = 0;
    for batch in shared_batches(bytes) {
        let batch = batch?;
        batch.view().check_crc()?;
        seen += batch.size_in_bytes();
        let entry = batch::read(&batch)?;
        note(&entry, &mut header, &mut footer);
        if header.is_none() {
            return Err(SnapshotError::NoHeader);
        }
        state.apply(&entry)?;
    }
    if seen != bytes.len() {
        return Err(SnapshotError::Cut);
    }
    let (last_contained, index) = header.ok_or(SnapshotError::NoHeader)?;
    if !footer {
        return Err(SnapshotError::NoFooter);
    }
    // Offsets within the file count from 0; what the snapshot stands for ends where its name says.
    let last = Last { offset: id.end_offset.plus(-1), epoch: id.epoch, timestamp: last_contained };
    // A snapshot of Kafka's does not count entries. There cannot be more of them than records, so its end offset is a base
    // that every voter with this snapshot agrees on.
    let index = index.unwrap_or(id.end_offset.0.cast_unsigned());
    Ok(state.settled((id.end_offset > Offset::ZERO).then_some(last), index))
}

fn note(entry: &Entry, header: &mut Option<(Timestamp, Option<u64>)>, footer: &mut bool) {
    let Content::Control(controls) = &entry.content else { return };
    for control in controls {
        match control {
            Control::SnapshotHeader { last_contained, index } => *header = Some((*last_contained, *index)),
            Control::SnapshotFooter => *footer = true,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::messages::TopicRecord;

    fn state_with(topics: usize) -> StateMachine {
        let records = (0..topics).map(|number| {
            let id = u128::try_from(number).expect("it fits").to_be_bytes();
            TopicRecord { name: format!("topic-{number}"), topic_id: crate::model::Uuid(id) }.into()
        });
        let mut state = StateMachine::default();
        state.kraft_version = 1;
        state.voters = Some(Vec::new());
        let entry = Entry {
            base_offset: Offset(0),
            last_offset: Offset(i64::try_from(topics).expect("it fits") - 1),
            epoch: LeaderEpoch(3),
            timestamp: Timestamp(9),
            content: Content::Records(records.collect()),
        };
        state.apply(&entry).expect("the names differ");
        state
    }

    fn written(state: &StateMachine) -> Bytes {
        let mut bytes = Vec::new();
        let done = write(state, Timestamp(10), &mut |batch| {
            bytes.extend_from_slice(&batch);
            Ok(())
        });
        done.expect("it can be written").expect("the sink takes all");
        bytes.into()
    }

    #[test]
    fn a_snapshot_gives_back_the_state_that_it_was_made_of() {
        let state = state_with(3000);
        let read = read(SnapshotId::of(&state), &written(&state)).expect("it is whole");
        assert_eq!(read.image(), state.image());
        assert_eq!((read.index, read.last, read.kraft_version), (state.index, state.last, 1));
        assert_eq!(read.voters, state.voters);
    }

    #[test]
    fn a_snapshot_that_was_cut_anywhere_is_refused() {
        let state = state_with(3);
        let bytes = written(&state);
        for length in 0..bytes.len() {
            assert!(read(SnapshotId::of(&state), &bytes.slice(..length)).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn file_names_are_kafkas() {
        let id = SnapshotId { end_offset: Offset(128), epoch: LeaderEpoch(4) };
        assert_eq!(id.file_name(), "00000000000000000128-0000000004.checkpoint");
        assert_eq!(SnapshotId::of_file_name(&id.file_name()), Some(id));
        for name in ["128-4.checkpoint", "00000000000000000128-0000000004.checkpoint.part", "bootstrap.checkpoint"] {
            assert_eq!(SnapshotId::of_file_name(name), None, "{name}");
        }
    }
}
