//! The properties of a topic that its logs follow.

use crate::config::TopicConfig;
use crate::model::Millis;

/// The properties of a topic that its logs follow, each named as in Kafka. A negative limit means "none".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogConfig {
    /// `segment.bytes`.
    pub segment_bytes: u64,
    /// `segment.ms`.
    pub segment_ms: Millis,
    /// `segment.jitter.ms`.
    pub segment_jitter_ms: Millis,
    /// `segment.index.bytes`.
    pub segment_index_bytes: u32,
    /// `index.interval.bytes`.
    pub index_interval_bytes: u64,
    /// `preallocate`.
    pub preallocate: bool,
    /// `flush.messages`.
    pub flush_messages: i64,
    /// `flush.ms`.
    pub flush_ms: Millis,
    /// `retention.bytes`.
    pub retention_bytes: i64,
    /// `retention.ms`.
    pub retention_ms: Millis,
    /// `file.delete.delay.ms`.
    pub file_delete_delay_ms: Millis,
    /// Whether `cleanup.policy` holds `delete`.
    pub cleanup_delete: bool,
    /// Whether `cleanup.policy` holds `compact`.
    pub cleanup_compact: bool,
    /// `max.compaction.lag.ms`.
    pub max_compaction_lag_ms: Millis,
    /// `producer.id.expiration.ms`, a property of the broker.
    pub producer_id_expiration_ms: Millis,
}

impl Default for LogConfig {
    fn default() -> LogConfig {
        LogConfig {
            segment_bytes: 1 << 30,
            segment_ms: 7 * 24 * 3_600_000,
            segment_jitter_ms: 0,
            segment_index_bytes: 10 << 20,
            index_interval_bytes: 4096,
            preallocate: false,
            flush_messages: i64::MAX,
            flush_ms: i64::MAX,
            retention_bytes: -1,
            retention_ms: 7 * 24 * 3_600_000,
            file_delete_delay_ms: 60_000,
            cleanup_delete: true,
            cleanup_compact: false,
            max_compaction_lag_ms: i64::MAX,
            producer_id_expiration_ms: 86_400_000,
        }
    }
}

impl LogConfig {
    /// What the properties of a topic mean for its logs.
    #[must_use]
    pub fn of(topic: &TopicConfig, producer_id_expiration_ms: Millis) -> LogConfig {
        let has_policy = |name: &str| topic.cleanup_policy.iter().any(|policy| policy == name);
        let segment_bytes = topic.internal_segment_bytes.unwrap_or(topic.segment_bytes);
        LogConfig {
            // Every size was checked to be at least 0 when it was set.
            segment_bytes: u64::try_from(segment_bytes).unwrap_or_default(),
            segment_ms: topic.segment_ms,
            segment_jitter_ms: topic.segment_jitter_ms,
            segment_index_bytes: u32::try_from(topic.segment_index_bytes).unwrap_or_default(),
            index_interval_bytes: u64::try_from(topic.index_interval_bytes).unwrap_or_default(),
            preallocate: topic.preallocate,
            flush_messages: topic.flush_messages,
            flush_ms: topic.flush_ms,
            retention_bytes: topic.retention_bytes,
            retention_ms: topic.retention_ms,
            file_delete_delay_ms: topic.file_delete_delay_ms,
            cleanup_delete: has_policy("delete"),
            cleanup_compact: has_policy("compact"),
            max_compaction_lag_ms: topic.max_compaction_lag_ms,
            producer_id_expiration_ms,
        }
    }

    /// How long a segment may wait to be rolled. One of a compacted topic must be rolled before its records have to be
    /// open to compaction (KIP-354).
    #[must_use]
    pub(super) fn segment_ms_max(&self) -> Millis {
        if self.cleanup_compact { self.segment_ms.min(self.max_compaction_lag_ms) } else { self.segment_ms }
    }
}
