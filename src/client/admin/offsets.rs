//! Offsets by time and by name: earliest, latest, of the largest timestamp.

use super::{Admin, Rows};
use crate::client::list_offsets::{Isolation, list_offsets};
use crate::model::{LeaderEpoch, Offset, Timestamp, TopicPartition};

/// Which offset of a partition is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OffsetSpec {
    /// The first record that is kept.
    Earliest,
    /// One behind the last record.
    Latest,
    /// The record with the largest timestamp (KIP-734).
    MaxTimestamp,
    /// The first record on the broker's own disk (KIP-405).
    EarliestLocal,
    /// One behind the last record in remote storage (KIP-1005).
    LatestTiered,
    /// The first record that is not yet in remote storage (KIP-1023).
    EarliestPendingUpload,
    /// The first record whose timestamp is not before this one.
    AtTime(Timestamp),
}

impl OffsetSpec {
    /// The timestamp on the wire.
    #[must_use]
    pub fn wire(self) -> i64 {
        match self {
            OffsetSpec::Latest => -1,
            OffsetSpec::Earliest => -2,
            OffsetSpec::MaxTimestamp => -3,
            OffsetSpec::EarliestLocal => -4,
            OffsetSpec::LatestTiered => -5,
            OffsetSpec::EarliestPendingUpload => -6,
            OffsetSpec::AtTime(time) => time.0,
        }
    }

    /// The first version of ListOffsets that knows it.
    #[must_use]
    pub(in crate::client) fn version_min(self) -> i16 {
        match self {
            OffsetSpec::MaxTimestamp => 7,
            OffsetSpec::EarliestLocal => 8,
            OffsetSpec::LatestTiered => 9,
            OffsetSpec::EarliestPendingUpload => 11,
            _ => 1,
        }
    }
}

/// An offset that was found. Where no record qualifies, offset and timestamp are -1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedOffset {
    /// The offset.
    pub offset: Offset,
    /// The timestamp of the record there, for searches by time.
    pub timestamp: Timestamp,
    /// The epoch of the leader that wrote it.
    pub leader_epoch: LeaderEpoch,
}

impl Admin {
    /// Finds offsets, each at the leader of its partition.
    pub async fn list_offsets(
        &self,
        wanted: &[(TopicPartition, OffsetSpec)],
        isolation: Isolation,
    ) -> Rows<TopicPartition, ListedOffset> {
        list_offsets(&self.cluster, &self.deadline(), wanted.to_vec(), isolation).await
    }
}
