//! The properties of a topic, each with the broker's properties that give its default.

use super::property::{Table, Valid};

/// Every property that Kafka 4.3.1 lists for a topic.
pub const TABLE: Table = Table::new(&[ROWS]);

properties! {
    /// How the partitions of one topic are kept.
    struct TopicConfig;

    // Cleanup
    "cleanup.policy", LIST, "delete", Valid::List(&["compact", "delete"]), TOPIC <- [same("log.cleanup.policy")] => cleanup_policy: Vec<String>,
        "What happens to old data: delete it, compact it by key, both, or with an empty list neither.";
    "retention.ms", LONG, "604800000", from(-1), TOPIC <- [same("log.retention.ms"), minutes("log.retention.minutes"), hours("log.retention.hours")] => retention_ms: i64,
        "Age at which a segment may be deleted; -1 keeps it for ever.";
    "retention.bytes", LONG, "-1", ANY, TOPIC <- [same("log.retention.bytes")] => retention_bytes: i64,
        "Size of a partition above which its oldest segments are deleted; -1 means no bound.";
    "file.delete.delay.ms", LONG, "60000", from(0), TOPIC <- [same("log.segment.delete.delay.ms")] => file_delete_delay_ms: i64,
        "How long a removed segment stays on disk under another name, for readers that still use it.";
    "delete.retention.ms", LONG, "86400000", from(0), TOPIC <- [same("log.cleaner.delete.retention.ms")] / COMPACTION => delete_retention_ms: i64,
        "How long the mark of a deleted key stays readable.";
    "min.compaction.lag.ms", LONG, "0", from(0), TOPIC <- [same("log.cleaner.min.compaction.lag.ms")] / COMPACTION => min_compaction_lag_ms: i64,
        "How long a record is safe from compaction.";
    "max.compaction.lag.ms", LONG, "9223372036854775807", from(1), TOPIC <- [same("log.cleaner.max.compaction.lag.ms")] / COMPACTION => max_compaction_lag_ms: i64,
        "Age at which a record must be open to compaction.";
    "min.cleanable.dirty.ratio", DOUBLE, "0.5", fraction("0", "1"), TOPIC <- [same("log.cleaner.min.cleanable.ratio")] / COMPACTION => min_cleanable_dirty_ratio: f64,
        "Share of uncompacted bytes at which a partition is worth compacting.";
    // Segments
    "segment.bytes", INT, "1073741824", from(1048576), TOPIC <- [same("log.segment.bytes")] => segment_bytes: i32,
        "A segment that would grow past this size is rolled.";
    "segment.ms", LONG, "604800000", from(1), TOPIC <- [same("log.roll.ms"), hours("log.roll.hours")] => segment_ms: i64,
        "Age at which a segment is rolled even when it is not full.";
    "segment.jitter.ms", LONG, "0", from(0), TOPIC <- [same("log.roll.jitter.ms"), hours("log.roll.jitter.hours")] => segment_jitter_ms: i64,
        "Most milliseconds taken at random from the roll age, so that partitions do not roll together.";
    "segment.index.bytes", INT, "10485760", from(4), TOPIC <- [same("log.index.size.max.bytes")] => segment_index_bytes: i32,
        "Largest size of an index file; a full index rolls the segment.";
    "index.interval.bytes", INT, "4096", from(0), TOPIC <- [same("log.index.interval.bytes")] => index_interval_bytes: i32,
        "Bytes of records between two entries of the offset index.";
    "preallocate", BOOLEAN, "false", ANY, TOPIC <- [same("log.preallocate")] => preallocate: bool,
        "Reserves the whole size of a segment when it is made.";
    "internal.segment.bytes", INT, NULL, ANY, TOPIC => internal_segment_bytes: Option<i32>,
        "Segment size below the bound of segment.bytes, for tests.";
    // Flush
    "flush.messages", LONG, "9223372036854775807", from(1), TOPIC <- [same("log.flush.interval.messages")] => flush_messages: i64,
        "Records in a partition before they are forced to disk.";
    "flush.ms", LONG, "9223372036854775807", from(0), TOPIC <- [same("log.flush.interval.ms"), same("log.flush.scheduler.interval.ms")] => flush_ms: i64,
        "Longest time that a record stays unflushed.";
    // Records
    "max.message.bytes", INT, "1048588", from(0), TOPIC <- [same("message.max.bytes")] => max_message_bytes: i32,
        "Largest batch of records that is accepted, after compression.";
    "compression.type", STRING, "producer", one_of(&["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"]), TOPIC <- [same("compression.type")] => compression_type: String,
        "Codec in which records are stored; producer keeps what arrives.";
    "compression.gzip.level", INT, "-1", Valid::GzipLevel, TOPIC <- [same("compression.gzip.level")] => compression_gzip_level: i32,
        "Level of gzip where the broker compresses.";
    "compression.lz4.level", INT, "9", within(1, 17), TOPIC <- [same("compression.lz4.level")] => compression_lz4_level: i32,
        "Level of lz4 where the broker compresses.";
    "compression.zstd.level", INT, "3", within(-131072, 22), TOPIC <- [same("compression.zstd.level")] => compression_zstd_level: i32,
        "Level of zstd where the broker compresses.";
    "message.timestamp.type", STRING, "CreateTime", one_of(&["CreateTime", "LogAppendTime"]), TOPIC <- [same("log.message.timestamp.type")] => message_timestamp_type: String,
        "Whether a record keeps the producer's time or gets the time of its append.";
    "message.timestamp.before.max.ms", LONG, "9223372036854775807", from(0), TOPIC <- [same("log.message.timestamp.before.max.ms")] => message_timestamp_before_max_ms: i64,
        "How far a producer's timestamp may lie in the past.";
    "message.timestamp.after.max.ms", LONG, "3600000", from(0), TOPIC <- [same("log.message.timestamp.after.max.ms")] => message_timestamp_after_max_ms: i64,
        "How far a producer's timestamp may lie in the future.";
    // Replication
    "min.insync.replicas", INT, "1", from(1), TOPIC <- [same("min.insync.replicas")] => min_insync_replicas: i32,
        "Replicas that must have a record before acks=all is answered.";
    "unclean.leader.election.enable", BOOLEAN, "false", ANY, TOPIC <- [same("unclean.leader.election.enable")] / CLUSTER => unclean_leader_election_enable: bool,
        "Lets a replica outside the ISR lead when no other is left, at the price of lost records.";
    "leader.replication.throttled.replicas", LIST, "", Valid::ThrottledReplicas, TOPIC / QUOTAS,
        "Replicas whose leader side counts against the replication quota, as partition:broker, or *.";
    "follower.replication.throttled.replicas", LIST, "", Valid::ThrottledReplicas, TOPIC / QUOTAS,
        "Replicas whose follower side counts against the replication quota, as partition:broker, or *.";
    // Tiered storage (KIP-405)
    "remote.storage.enable", BOOLEAN, "false", ANY, TOPIC / TIERED,
        "Keeps older segments of the topic in remote storage.";
    "remote.log.copy.disable", BOOLEAN, "false", ANY, TOPIC / TIERED,
        "Stops copying to remote storage.";
    "remote.log.delete.on.disable", BOOLEAN, "false", ANY, TOPIC / TIERED,
        "Deletes the remote segments when remote storage is switched off.";
    "local.retention.ms", LONG, "-2", from(-2), TOPIC <- [same("log.local.retention.ms")] / TIERED,
        "How long a segment stays local once it is remote; -2 follows retention.ms.";
    "local.retention.bytes", LONG, "-2", from(-2), TOPIC <- [same("log.local.retention.bytes")] / TIERED,
        "Local size of a partition whose segments are remote; -2 follows retention.bytes.";
}
