//! The words that the quorum's seam is made of. Nothing here acts.

use std::time::Duration;

use crate::metadata::MetadataRecord;
use crate::model::{LeaderEpoch, NodeId, Offset, Timestamp, Uuid};

/// Who leads the metadata quorum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Leadership {
    /// The leader; `NodeId::NONE` while there is none.
    pub leader: NodeId,
    /// Its epoch: the term of the consensus and the `partitionLeaderEpoch` of its batches.
    pub epoch: LeaderEpoch,
    /// The offset that the first proposal of this leader gets: everything below is the log that it took over.
    pub first_offset: Offset,
    /// Whether the log that it took over ends within a transaction (KIP-868), which it has to abort.
    pub took_over_transaction: bool,
}

/// A batch of records that is to be committed as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// The epoch in which the proposer decided. A later epoch refuses it.
    pub epoch: LeaderEpoch,
    /// The offset that the proposer expects its first record to get, because broker epochs are made of it.
    pub base_offset: Offset,
    /// The records; at least one.
    pub records: Vec<MetadataRecord>,
}

/// Why a proposal is not, or not known to be, committed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProposeError {
    /// Another node leads, or this one leads in another epoch.
    #[error("this node does not lead the metadata quorum in epoch {0}")]
    NotLeader(LeaderEpoch),
    /// The metadata log cannot be written any more. What was proposed before may or may not be in it.
    #[error("the metadata log is offline: {0}")]
    Offline(String),
}

/// A member of the quorum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voter {
    /// Its `node.id`.
    pub id: NodeId,
    /// The id of its metadata directory: a node with a new disk is another voter (KIP-853). Zero with static voters.
    pub directory_id: Uuid,
    /// Where it listens for the quorum.
    pub endpoints: Vec<VoterEndpoint>,
}

/// Where a quorum's voters are named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VoterSource {
    /// In the configuration (`controller.quorum.voters`), the same on every node: `kraft.version` 0.
    Static(Vec<NodeId>),
    /// In the log itself: `kraft.version` 1. A new log begins with this node as its only voter.
    Log {
        /// Where this node listens for the quorum.
        endpoints: Vec<VoterEndpoint>,
    },
}

/// One address of a voter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoterEndpoint {
    /// The listener's name.
    pub name: String,
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// What DescribeQuorum shows of one member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicaState {
    /// The member.
    pub voter: Voter,
    /// How far its log reaches.
    pub log_end_offset: Offset,
    /// When it last fetched; none for the leader, where it is "now".
    pub last_fetch: Option<Timestamp>,
    /// When it last had everything; none for the leader, where it is "now".
    pub last_caught_up: Option<Timestamp>,
}

/// The quorum as its leader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// The leader.
    pub leadership: Leadership,
    /// Everything below it is committed.
    pub high_watermark: Offset,
    /// The members that vote.
    pub voters: Vec<ReplicaState>,
    /// The level of `kraft.version`: 0 with static voters, 1 where the log holds the voters.
    pub kraft_version: i16,
}

/// When the metadata log is cut into snapshots and segments (`metadata.log.*` and `metadata.max.*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogLimits {
    /// `metadata.log.max.record.bytes.between.snapshots`.
    pub bytes_between_snapshots: u64,
    /// `metadata.log.max.snapshot.interval.ms`; zero means never by time.
    pub snapshot_interval: Duration,
    /// `metadata.log.segment.bytes`.
    pub segment_bytes: u64,
    /// `metadata.log.segment.ms`.
    pub segment_ms: i64,
    /// `metadata.max.retention.bytes`; negative means no bound.
    pub retention_bytes: i64,
    /// `metadata.max.retention.ms`; negative means no bound.
    pub retention_ms: i64,
}

impl Default for LogLimits {
    fn default() -> LogLimits {
        LogLimits {
            bytes_between_snapshots: 20 << 20,
            snapshot_interval: Duration::from_secs(3600),
            segment_bytes: 1 << 30,
            segment_ms: 7 * 24 * 3_600_000,
            retention_bytes: 100 << 20,
            retention_ms: 7 * 24 * 3_600_000,
        }
    }
}
