//! What a program hears of rebalances, and what it may do then.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::state::{Begin, Paused, Place, Shared};
use crate::client::{ClientError, NewOffset};
use crate::model::{LeaderEpoch, Offset, TopicPartition};

/// Hears of partitions that come and go. It is called from within a poll, a subscription or a close, never beside one.
pub trait RebalanceListener: Send {
    /// The partitions go to another member; their positions are still there. The place to save what depends on them.
    fn revoked(&mut self, partitions: &[TopicPartition], positions: &Positions) {
        let _ = (partitions, positions);
    }

    /// The partitions came. The place to seek to offsets that are kept elsewhere.
    fn assigned(&mut self, partitions: &[TopicPartition], positions: &Positions) {
        let _ = (partitions, positions);
    }

    /// The partitions were given to another member already, because this one was silent for too long.
    fn lost(&mut self, partitions: &[TopicPartition], positions: &Positions) {
        self.revoked(partitions, positions);
    }
}

/// The positions of a consumer, also for its rebalance listener. Clones share them.
#[derive(Clone)]
pub struct Positions(pub(super) Arc<Shared>);

impl Positions {
    /// Reads on at `offset`.
    ///
    /// # Errors
    /// The partition is not assigned, or the offset is negative.
    pub fn seek(&self, partition: &TopicPartition, offset: Offset) -> Result<(), ClientError> {
        if !offset.is_known() {
            return Err(ClientError::InvalidArgument("seek offset must not be a negative number".to_owned()));
        }
        self.0.seek(partition, Place { offset, epoch: LeaderEpoch::NONE })
    }

    /// Reads on at the first record of each partition; with none given, of all that are assigned.
    ///
    /// # Errors
    /// A partition is not assigned.
    pub fn seek_to_beginning(&self, partitions: &[TopicPartition]) -> Result<(), ClientError> {
        self.begin_all(partitions, Begin::Earliest)
    }

    /// Reads on behind the last record of each partition; with none given, of all that are assigned.
    ///
    /// # Errors
    /// A partition is not assigned.
    pub fn seek_to_end(&self, partitions: &[TopicPartition]) -> Result<(), ClientError> {
        self.begin_all(partitions, Begin::Latest)
    }

    fn begin_all(&self, partitions: &[TopicPartition], begin: Begin) -> Result<(), ClientError> {
        if partitions.is_empty() {
            let assigned: Vec<TopicPartition> = self.0.partitions().assigned().cloned().collect();
            return assigned.iter().try_for_each(|partition| self.0.begin(partition, begin));
        }
        partitions.iter().try_for_each(|partition| self.0.begin(partition, begin))
    }

    /// The offset of the next record that a poll returns, where it is known.
    #[must_use]
    pub fn get(&self, partition: &TopicPartition) -> Option<Offset> {
        self.0.partitions().position(partition).map(|place| place.offset)
    }

    /// What a commit of everything that polls have returned would say.
    #[must_use]
    pub fn consumed(&self) -> BTreeMap<TopicPartition, NewOffset> {
        self.0.partitions().consumed()
    }

    /// Leaves partitions out of polls until they are resumed.
    ///
    /// # Errors
    /// A partition is not assigned.
    pub fn pause(&self, partitions: &[TopicPartition]) -> Result<(), ClientError> {
        partitions.iter().try_for_each(|partition| self.0.pause(partition, Paused::Yes))
    }

    /// Takes partitions into polls again.
    ///
    /// # Errors
    /// A partition is not assigned.
    pub fn resume(&self, partitions: &[TopicPartition]) -> Result<(), ClientError> {
        partitions.iter().try_for_each(|partition| self.0.pause(partition, Paused::No))
    }
}
