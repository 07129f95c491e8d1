//! The properties that the group coordinator reads.

use std::time::Duration;

use crate::config::BrokerConfig;
use crate::model::Millis;

/// The group coordinator's part of `server.properties`; a field is the property with underscores.
#[derive(Debug, Clone)]
pub struct GroupConfig {
    /// `group.initial.rebalance.delay.ms`: how long the first rebalance of an empty group waits for more members.
    pub group_initial_rebalance_delay: Duration,
    /// `group.min.session.timeout.ms`.
    pub group_min_session_timeout_ms: i32,
    /// `group.max.session.timeout.ms`.
    pub group_max_session_timeout_ms: i32,
    /// `group.max.size`: members of one group.
    pub group_max_size: usize,
    /// `offset.metadata.max.bytes`: the longest metadata of one committed offset.
    pub offset_metadata_max_bytes: usize,
    /// `offsets.retention.minutes`, in milliseconds (KIP-211).
    pub offsets_retention: Millis,
    /// `offsets.retention.check.interval.ms`.
    pub offsets_retention_check_interval: Duration,
    /// `offsets.commit.timeout.ms`: how long a reply waits for its records to be committed.
    pub offsets_commit_timeout: Duration,
}

/// How long a new member's JoinGroup may wait: such a member cannot send heartbeats, and a client that went away during
/// a long rebalance is not seen otherwise. Kafka fixes it, too.
pub(super) const NEW_MEMBER_JOIN_TIMEOUT: Duration = Duration::from_secs(5 * 60);

impl Default for GroupConfig {
    fn default() -> GroupConfig {
        GroupConfig {
            group_initial_rebalance_delay: Duration::from_secs(3),
            group_min_session_timeout_ms: 6_000,
            group_max_session_timeout_ms: 1_800_000,
            group_max_size: i32::MAX as usize,
            offset_metadata_max_bytes: 4096,
            offsets_retention: 10_080 * 60 * 1000,
            offsets_retention_check_interval: Duration::from_secs(600),
            offsets_commit_timeout: Duration::from_secs(5),
        }
    }
}

impl From<&BrokerConfig> for GroupConfig {
    fn from(config: &BrokerConfig) -> GroupConfig {
        let millis = |value: i64| Duration::from_millis(u64::try_from(value).unwrap_or(0));
        GroupConfig {
            group_initial_rebalance_delay: millis(config.group_initial_rebalance_delay_ms.into()),
            group_min_session_timeout_ms: config.group_min_session_timeout_ms,
            group_max_session_timeout_ms: config.group_max_session_timeout_ms,
            group_max_size: usize::try_from(config.group_max_size).unwrap_or(0),
            offset_metadata_max_bytes: usize::try_from(config.offset_metadata_max_bytes).unwrap_or(0),
            offsets_retention: i64::from(config.offsets_retention_minutes) * 60 * 1000,
            offsets_retention_check_interval: millis(config.offsets_retention_check_interval_ms),
            offsets_commit_timeout: millis(config.offsets_commit_timeout_ms.into()),
        }
    }
}
