//! What a topic's properties demand of records that are appended to it, and of its logs.

use crate::config::{BrokerConfig, TopicConfig};
use crate::log::LogConfig;
use crate::model::{Millis, TopicPartition};
use crate::record::{Codec, Compression, DECOMPRESSED_BYTES_MAX, Origin, Rules, TargetCompression, TimestampType};

/// The properties of a topic that an append is judged by, in the form that judging needs.
#[derive(Debug, Clone)]
pub struct AppendRules {
    /// `min.insync.replicas`.
    pub min_insync_replicas: usize,
    compacted: bool,
    max_message_bytes: usize,
    timestamp_type: TimestampType,
    timestamp_before_max_ms: Millis,
    timestamp_after_max_ms: Millis,
    compression: TargetCompression,
}

impl AppendRules {
    /// The rules of a topic with these properties.
    #[must_use]
    pub fn new(config: &TopicConfig) -> AppendRules {
        AppendRules {
            min_insync_replicas: usize::try_from(config.min_insync_replicas).unwrap_or(1),
            compacted: config.is_compacted(),
            max_message_bytes: usize::try_from(config.max_message_bytes).unwrap_or(0),
            timestamp_type: match config.message_timestamp_type.as_str() {
                "LogAppendTime" => TimestampType::LogAppendTime,
                _ => TimestampType::CreateTime,
            },
            timestamp_before_max_ms: config.message_timestamp_before_max_ms,
            timestamp_after_max_ms: config.message_timestamp_after_max_ms,
            compression: target_compression(config),
        }
    }

    pub(super) fn of_produce<'a>(&self, partition: &'a TopicPartition, version: i16) -> Rules<'a> {
        self.rules(partition, Origin::Client { produce_version: version })
    }

    pub(super) fn of_coordinator<'a>(&self, partition: &'a TopicPartition) -> Rules<'a> {
        self.rules(partition, Origin::Broker)
    }

    fn rules<'a>(&self, partition: &'a TopicPartition, origin: Origin) -> Rules<'a> {
        Rules {
            partition,
            origin,
            compacted: self.compacted,
            max_message_bytes: self.max_message_bytes,
            message_timestamp_type: self.timestamp_type,
            message_timestamp_before_max_ms: self.timestamp_before_max_ms,
            message_timestamp_after_max_ms: self.timestamp_after_max_ms,
            compression: self.compression,
            decompressed_bytes_max: DECOMPRESSED_BYTES_MAX,
        }
    }
}

fn target_compression(config: &TopicConfig) -> TargetCompression {
    let (codec, level) = match config.compression_type.as_str() {
        "uncompressed" => (Codec::None, None),
        "gzip" => (Codec::Gzip, Some(config.compression_gzip_level)),
        "snappy" => (Codec::Snappy, None),
        "lz4" => (Codec::Lz4, Some(config.compression_lz4_level)),
        "zstd" => (Codec::Zstd, Some(config.compression_zstd_level)),
        _ => return TargetCompression::Producer,
    };
    TargetCompression::Always(Compression { codec, level })
}

/// What the log follows of a topic's properties.
pub(super) fn log_config(topic: &TopicConfig, broker: &BrokerConfig) -> LogConfig {
    let unsigned = |value: i32| u64::try_from(value).unwrap_or(0);
    LogConfig {
        segment_bytes: unsigned(topic.segment_size()),
        segment_ms: topic.segment_ms,
        segment_jitter_ms: topic.segment_jitter_ms,
        segment_index_bytes: u32::try_from(topic.segment_index_bytes).unwrap_or(0),
        index_interval_bytes: unsigned(topic.index_interval_bytes),
        preallocate: topic.preallocate,
        flush_messages: topic.flush_messages,
        flush_ms: topic.flush_ms,
        retention_bytes: topic.retention_bytes,
        retention_ms: topic.retention_ms,
        file_delete_delay_ms: topic.file_delete_delay_ms,
        cleanup_delete: topic.is_deleted(),
        cleanup_compact: topic.is_compacted(),
        max_compaction_lag_ms: topic.max_compaction_lag_ms,
        producer_id_expiration_ms: i64::from(broker.producer_id_expiration_ms),
    }
}
