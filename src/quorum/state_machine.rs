//! What the committed entries add up to: the image, the voters and where the log stands.

use super::batch::{Content, Entry};
use super::control::Control;
use super::types::Voter;
use crate::metadata::{Image, Provenance, Replay, ReplayFailure};
use crate::model::{LeaderEpoch, Offset, Timestamp};

/// The state that all committed entries make. Equal entries make equal states.
#[derive(Debug, Clone, Default)]
pub(super) struct StateMachine {
    replay: Replay,
    /// The voters that the log names; none with static voters.
    pub(super) voters: Option<Vec<Voter>>,
    /// The level of `kraft.version`.
    pub(super) kraft_version: i16,
    /// How many entries there are: the index of the last one in the consensus, which counts from 1.
    pub(super) index: u64,
    /// Where the last entry ends and who wrote it.
    pub(super) last: Option<Last>,
}

/// The end of the last entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Last {
    /// The offset of its last record.
    pub(super) offset: Offset,
    /// The epoch of its leader.
    pub(super) epoch: LeaderEpoch,
    /// When it was written.
    pub(super) timestamp: Timestamp,
}

impl StateMachine {
    /// What is seen of the metadata.
    pub(super) fn image(&self) -> &Image {
        self.replay.image()
    }

    /// Whether the log ends within a transaction, which its writer did not live to end.
    pub(super) fn is_in_transaction(&self) -> bool {
        self.replay.is_in_transaction()
    }

    /// Where the next entry begins.
    pub(super) fn next_offset(&self) -> Offset {
        self.last.map_or(Offset::ZERO, |last| last.offset.plus(1))
    }

    /// The state of a snapshot that stands for the log up to `last`.
    pub(super) fn settled(mut self, last: Option<Last>, index: u64) -> StateMachine {
        let provenance = last.map_or(Provenance::NONE, |last| Provenance {
            offset: last.offset,
            epoch: last.epoch,
            timestamp: last.timestamp,
        });
        self.replay.reached(provenance);
        StateMachine { last, index, ..self }
    }

    /// Applies a committed entry.
    pub(super) fn apply(&mut self, entry: &Entry) -> Result<(), ReplayFailure> {
        self.index += 1;
        self.last = Some(Last { offset: entry.last_offset, epoch: entry.epoch, timestamp: entry.timestamp });
        match &entry.content {
            Content::Records(records) => self.replay.batch(records, entry.base_offset, (entry.epoch, entry.timestamp)),
            Content::Control(controls) => {
                controls.iter().for_each(|control| self.control(control));
                self.replay.reached(Provenance {
                    offset: entry.last_offset,
                    epoch: entry.epoch,
                    timestamp: entry.timestamp,
                });
                Ok(())
            }
        }
    }

    fn control(&mut self, control: &Control) {
        match control {
            Control::KRaftVersion(level) => self.kraft_version = *level,
            Control::Voters(voters) => self.voters = Some(voters.clone()),
            Control::SnapshotHeader { .. } | Control::SnapshotFooter | Control::Other => {}
        }
    }
}
