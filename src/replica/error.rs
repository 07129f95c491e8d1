//! Why a replica refuses.

use super::partition::Bounds;
use crate::log::LogError;
use crate::model::{LeaderEpoch, NodeId, Offset};
use crate::record::Refused;

/// Why a replica refuses an append or a read.
#[derive(Debug, thiserror::Error)]
pub enum ReplicaError {
    /// Another broker leads the partition, or none.
    #[error("this broker does not lead the partition; the leader is {leader}")]
    NotLeader {
        /// The leader; none while there is none.
        leader: NodeId,
    },
    /// The client has not heard of the newest leader.
    #[error("the leader epoch {theirs} is older than {ours}")]
    FencedLeaderEpoch {
        /// The client's epoch.
        theirs: LeaderEpoch,
        /// The partition's epoch here.
        ours: LeaderEpoch,
    },
    /// The client has heard of a leader that this broker has not.
    #[error("the leader epoch {theirs} is newer than {ours}")]
    UnknownLeaderEpoch {
        /// The client's epoch.
        theirs: LeaderEpoch,
        /// The partition's epoch here.
        ours: LeaderEpoch,
    },
    /// `min.insync.replicas` are not in sync.
    #[error("{in_sync} replicas are in sync, {wanted} are wanted")]
    NotEnoughReplicas {
        /// How many are.
        in_sync: usize,
        /// How many must be.
        wanted: usize,
    },
    /// The offset is below the log's start or above its end.
    #[error("offset {offset} is outside {bounds:?}")]
    OffsetOutOfRange {
        /// The offset asked for.
        offset: Offset,
        /// What there is.
        bounds: Bounds,
    },
    /// The records break a rule.
    #[error("{}", .0.message)]
    Refused(#[from] Refused),
    /// The log refuses or has failed.
    #[error(transparent)]
    Log(#[from] LogError),
}
