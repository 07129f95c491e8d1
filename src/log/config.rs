//! The properties of a topic that its logs follow.

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
            producer_id_expiration_ms: 86_400_000,
        }
    }
}

impl LogConfig {
    /// How long a segment may wait to be rolled: `segment.ms`, and for a compacted topic... the smaller of it and
    /// `max.compaction.lag.ms`, which comes with the cleaner.
    #[must_use]
    pub(super) fn segment_ms_max(&self) -> Millis {
        self.segment_ms
    }
}
