//! The properties of a broker or controller (`server.properties`).

use super::property::{Table, Valid};
use super::{broker_groups, broker_remote, broker_security};

/// Every property that Kafka 4.3.1 lists for a broker or controller.
pub const TABLE: Table = Table::new(&[ROWS, broker_groups::ROWS, broker_security::ROWS, broker_remote::ROWS]);

properties! {
    /// How a node runs: the values of `server.properties`, overlaid by what was changed while it runs.
    struct BrokerConfig;

    // Identity and roles
    "node.id", INT, REQUIRED, from(0), READ_ONLY => node_id: i32,
        "The number that names this node in the cluster; no two nodes share one.";
    "broker.id", INT, "-1", ANY, READ_ONLY => broker_id: i32,
        "The name that node.id had before KRaft; where both are set they must agree.";
    "process.roles", LIST, REQUIRED, Valid::NonEmptyList(&["broker", "controller"]), READ_ONLY => process_roles: Vec<String>,
        "Whether this node is a broker, a controller or both; without it mq is both.";
    "broker.rack", STRING, NULL, ANY, READ_ONLY => broker_rack: Option<String>,
        "The rack or zone of this broker, used to spread replicas and to let a client read nearby.";
    "initial.broker.registration.timeout.ms", INT, "60000", ANY, READ_ONLY / CLUSTER => initial_broker_registration_timeout_ms: i32,
        "How long a starting broker tries to register with the controller before it gives up.";
    "broker.heartbeat.interval.ms", INT, "2000", ANY, READ_ONLY / CLUSTER => broker_heartbeat_interval_ms: i32,
        "Time between two heartbeats of a broker to the controller.";
    "broker.session.timeout.ms", INT, "9000", ANY, READ_ONLY / CLUSTER => broker_session_timeout_ms: i32,
        "A broker that has sent no heartbeat for this long is fenced.";
    "server.max.startup.time.ms", LONG, "9223372036854775807", from(0), READ_ONLY / STARTUP,
        "How long a start may take before the node stops itself.";
    "unstable.api.versions.enable", BOOLEAN, "false", ANY, READ_ONLY / UNSTABLE,
        "Offers protocol versions that are still being worked on.";
    "unstable.feature.versions.enable", BOOLEAN, "false", ANY, READ_ONLY / UNSTABLE,
        "Allows feature levels that are still being worked on.";
    // Listeners
    "listeners", LIST, "PLAINTEXT://:9092", LIST_OF_SOME, PER_BROKER => listeners: Vec<String>,
        "Addresses to listen on, each as NAME://host:port; an empty host means every interface.";
    "advertised.listeners", LIST, NULL, LIST_OF_SOME, READ_ONLY => advertised_listeners: Option<Vec<String>>,
        "Addresses that clients are told to connect to; without it those of listeners.";
    "listener.security.protocol.map", STRING, "SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT", ANY, PER_BROKER => listener_security_protocol_map: String,
        "The security protocol that each listener name stands for, as NAME:PROTOCOL.";
    "inter.broker.listener.name", STRING, NULL, ANY, READ_ONLY => inter_broker_listener_name: Option<String>,
        "The listener that brokers use among themselves.";
    "controller.listener.names", LIST, REQUIRED, LIST_OF_SOME, READ_ONLY => controller_listener_names: Vec<String>,
        "Names of the listeners on which controllers talk; they are not advertised to clients.";
    "early.start.listeners", LIST, NULL, LIST_OF_ANY, READ_ONLY / AUTHORIZER,
        "Listeners that open before the authorizer has finished loading.";
    "security.inter.broker.protocol", STRING, "PLAINTEXT", one_of(&["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]), READ_ONLY => security_inter_broker_protocol: String,
        "Security protocol among brokers where no inter.broker.listener.name is set.";
    // Connections and requests
    "socket.send.buffer.bytes", INT, "102400", ANY, READ_ONLY => socket_send_buffer_bytes: i32,
        "Send buffer of an accepted socket; -1 leaves the choice to the system.";
    "socket.receive.buffer.bytes", INT, "102400", ANY, READ_ONLY => socket_receive_buffer_bytes: i32,
        "Receive buffer of an accepted socket; -1 leaves the choice to the system.";
    "socket.request.max.bytes", INT, "104857600", from(1), READ_ONLY => socket_request_max_bytes: i32,
        "Longest request frame that is read; a longer one closes the connection.";
    "socket.listen.backlog.size", INT, "50", from(1), READ_ONLY => socket_listen_backlog_size: i32,
        "Connections that may wait to be accepted, within the system's own limit.";
    "socket.connection.setup.timeout.ms", LONG, "10000", ANY, READ_ONLY / CLUSTER => socket_connection_setup_timeout_ms: i64,
        "How long a connection to another node may take to open at the first try.";
    "socket.connection.setup.timeout.max.ms", LONG, "30000", ANY, READ_ONLY / CLUSTER => socket_connection_setup_timeout_max_ms: i64,
        "Upper bound of the connection time, which grows with every failed try.";
    "max.connections", INT, "2147483647", from(0), CLUSTER_WIDE => max_connections: i32,
        "Most connections that this broker holds open at one time.";
    "max.connections.per.ip", INT, "2147483647", from(0), CLUSTER_WIDE => max_connections_per_ip: i32,
        "Most connections from one address.";
    "max.connections.per.ip.overrides", STRING, "", ANY, CLUSTER_WIDE => max_connections_per_ip_overrides: String,
        "Exceptions to max.connections.per.ip, as host:count pairs.";
    "max.connection.creation.rate", INT, "2147483647", from(0), CLUSTER_WIDE / QUOTAS,
        "Most new connections a second.";
    "connections.max.idle.ms", LONG, "600000", ANY, READ_ONLY => connections_max_idle_ms: i64,
        "A connection without traffic for this long is closed.";
    "connection.failed.authentication.delay.ms", INT, "100", from(0), READ_ONLY / SASL,
        "How long the answer to a failed login is held back.";
    "queued.max.requests", INT, "500", from(1), READ_ONLY / TASKS,
        "Requests that may wait for a thread before reading stops.";
    "queued.max.request.bytes", LONG, "-1", ANY, READ_ONLY => queued_max_request_bytes: i64,
        "Bytes of requests in memory before reading stops; where it is -1 mq uses 128 MiB.";
    "request.timeout.ms", INT, "30000", ANY, READ_ONLY / CLUSTER => request_timeout_ms: i32,
        "How long a request of this node to another one may wait for its answer.";
    "max.request.partition.size.limit", INT, "2000", from(1), READ_ONLY => max_request_partition_size_limit: i32,
        "Most partitions that one DescribeTopicPartitions answer holds.";
    "num.network.threads", INT, "3", from(1), CLUSTER_WIDE / TASKS,
        "Threads that read and write sockets.";
    "num.io.threads", INT, "8", from(1), CLUSTER_WIDE / TASKS,
        "Threads that work on requests.";
    "background.threads", INT, "10", from(1), CLUSTER_WIDE / TASKS,
        "Threads for housekeeping.";
    // Log directories and partitions on disk
    "log.dir", LIST, "/tmp/kafka-logs", LIST_OF_SOME, READ_ONLY => log_dir: Vec<String>,
        "The data folder where log.dirs is not set.";
    "log.dirs", LIST, NULL, LIST_OF_SOME, READ_ONLY => log_dirs: Option<Vec<String>>,
        "Folders that hold the partitions, separated by commas.";
    "cordoned.log.dirs", LIST, "", LIST_OF_ANY, PER_BROKER / JBOD,
        "Data folders that get no new partitions.";
    "log.dir.failure.timeout.ms", LONG, "30000", from(1), READ_ONLY / JBOD,
        "How long a broker may fail to report a lost data folder before it stops.";
    "num.recovery.threads.per.data.dir", INT, "2", from(1), CLUSTER_WIDE => num_recovery_threads_per_data_dir: i32,
        "Threads for each data folder that load and repair partitions at start and flush them at stop.";
    "log.segment.bytes", INT, "1073741824", from(1048576), CLUSTER_WIDE => log_segment_bytes: i32,
        "A segment that would grow past this size is rolled.";
    "log.roll.ms", LONG, NULL, ANY, CLUSTER_WIDE => log_roll_ms: Option<i64>,
        "Age in milliseconds at which a segment is rolled even when it is not full.";
    "log.roll.hours", INT, "168", from(1), READ_ONLY => log_roll_hours: i32,
        "Age in hours at which a segment is rolled, where log.roll.ms is not set.";
    "log.roll.jitter.ms", LONG, NULL, ANY, CLUSTER_WIDE => log_roll_jitter_ms: Option<i64>,
        "Most milliseconds taken at random from the roll age, so that partitions do not roll together.";
    "log.roll.jitter.hours", INT, "0", from(0), READ_ONLY => log_roll_jitter_hours: i32,
        "Most hours taken at random from the roll age, where log.roll.jitter.ms is not set.";
    "log.retention.ms", LONG, NULL, ANY, CLUSTER_WIDE => log_retention_ms: Option<i64>,
        "Age in milliseconds at which a segment may be deleted; -1 keeps it for ever.";
    "log.retention.minutes", INT, NULL, ANY, READ_ONLY => log_retention_minutes: Option<i32>,
        "Age in minutes at which a segment may be deleted, where log.retention.ms is not set.";
    "log.retention.hours", INT, "168", ANY, READ_ONLY => log_retention_hours: i32,
        "Age in hours at which a segment may be deleted, where neither .ms nor .minutes is set.";
    "log.retention.bytes", LONG, "-1", ANY, CLUSTER_WIDE => log_retention_bytes: i64,
        "Size of a partition above which its oldest segments are deleted; -1 means no bound.";
    "log.retention.check.interval.ms", LONG, "300000", from(1), READ_ONLY => log_retention_check_interval_ms: i64,
        "Time between two searches for segments to delete.";
    "log.initial.task.delay.ms", LONG, "30000", from(0), READ_ONLY => log_initial_task_delay_ms: i64,
        "Wait after start before retention, flush and checkpoints begin.";
    "log.cleanup.policy", LIST, "delete", Valid::List(&["compact", "delete"]), CLUSTER_WIDE => log_cleanup_policy: Vec<String>,
        "What happens to old data: delete it, compact it by key, both, or with an empty list neither.";
    "log.segment.delete.delay.ms", LONG, "60000", from(0), CLUSTER_WIDE => log_segment_delete_delay_ms: i64,
        "How long a removed segment stays on disk under another name, for readers that still use it.";
    "log.index.size.max.bytes", INT, "10485760", from(4), CLUSTER_WIDE => log_index_size_max_bytes: i32,
        "Largest size of an index file; a full index rolls the segment.";
    "log.index.interval.bytes", INT, "4096", from(0), CLUSTER_WIDE => log_index_interval_bytes: i32,
        "Bytes of records between two entries of the offset index.";
    "log.preallocate", BOOLEAN, "false", ANY, CLUSTER_WIDE => log_preallocate: bool,
        "Reserves the whole size of a segment when it is made.";
    "log.flush.interval.messages", LONG, "9223372036854775807", from(1), CLUSTER_WIDE => log_flush_interval_messages: i64,
        "Records in a partition before they are forced to disk.";
    "log.flush.interval.ms", LONG, NULL, ANY, CLUSTER_WIDE => log_flush_interval_ms: Option<i64>,
        "Longest time that a record stays unflushed; without it log.flush.scheduler.interval.ms counts.";
    "log.flush.scheduler.interval.ms", LONG, "9223372036854775807", ANY, READ_ONLY => log_flush_scheduler_interval_ms: i64,
        "Longest time that a record stays unflushed, where log.flush.interval.ms is not set.";
    "log.flush.offset.checkpoint.interval.ms", INT, "60000", from(0), READ_ONLY => log_flush_offset_checkpoint_interval_ms: i32,
        "Time between two writes of the recovery points.";
    "log.flush.start.offset.checkpoint.interval.ms", INT, "60000", from(0), READ_ONLY => log_flush_start_offset_checkpoint_interval_ms: i32,
        "Time between two writes of the log start offsets.";
    "log.message.timestamp.type", STRING, "CreateTime", one_of(&["CreateTime", "LogAppendTime"]), CLUSTER_WIDE => log_message_timestamp_type: String,
        "Whether a record keeps the producer's time or gets the time of its append.";
    "log.message.timestamp.before.max.ms", LONG, "9223372036854775807", from(0), CLUSTER_WIDE => log_message_timestamp_before_max_ms: i64,
        "How far a producer's timestamp may lie in the past.";
    "log.message.timestamp.after.max.ms", LONG, "3600000", from(0), CLUSTER_WIDE => log_message_timestamp_after_max_ms: i64,
        "How far a producer's timestamp may lie in the future.";
    "message.max.bytes", INT, "1048588", from(0), CLUSTER_WIDE => message_max_bytes: i32,
        "Largest batch of records that is accepted, after compression.";
    "compression.type", STRING, "producer", one_of(&["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"]), CLUSTER_WIDE => compression_type: String,
        "Codec in which records are stored; producer keeps what arrives.";
    "compression.gzip.level", INT, "-1", Valid::GzipLevel, CLUSTER_WIDE => compression_gzip_level: i32,
        "Level of gzip where the broker compresses.";
    "compression.lz4.level", INT, "9", within(1, 17), CLUSTER_WIDE => compression_lz4_level: i32,
        "Level of lz4 where the broker compresses.";
    "compression.zstd.level", INT, "3", within(-131072, 22), CLUSTER_WIDE => compression_zstd_level: i32,
        "Level of zstd where the broker compresses.";
    // Compaction
    "log.cleaner.enable", BOOLEAN, "true", ANY, READ_ONLY / COMPACTION => log_cleaner_enable: bool,
        "Runs the cleaner that compacts partitions.";
    "log.cleaner.threads", INT, "1", from(0), CLUSTER_WIDE / COMPACTION => log_cleaner_threads: i32,
        "Threads of the cleaner.";
    "log.cleaner.io.max.bytes.per.second", DOUBLE, "1.7976931348623157E308", ANY, CLUSTER_WIDE / COMPACTION => log_cleaner_io_max_bytes_per_second: f64,
        "Most bytes a second that the cleaner reads and writes.";
    "log.cleaner.dedupe.buffer.size", LONG, "134217728", ANY, CLUSTER_WIDE / COMPACTION => log_cleaner_dedupe_buffer_size: i64,
        "Memory for the cleaner's map of keys, over all threads.";
    "log.cleaner.io.buffer.size", INT, "524288", from(0), CLUSTER_WIDE / COMPACTION => log_cleaner_io_buffer_size: i32,
        "Memory for the cleaner's reading and writing, over all threads.";
    "log.cleaner.io.buffer.load.factor", DOUBLE, "0.9", ANY, CLUSTER_WIDE / COMPACTION => log_cleaner_io_buffer_load_factor: f64,
        "How full the cleaner's map of keys may get.";
    "log.cleaner.backoff.ms", LONG, "15000", from(0), CLUSTER_WIDE / COMPACTION => log_cleaner_backoff_ms: i64,
        "Pause of the cleaner when there is nothing to clean.";
    "log.cleaner.min.cleanable.ratio", DOUBLE, "0.5", fraction("0", "1"), CLUSTER_WIDE / COMPACTION => log_cleaner_min_cleanable_ratio: f64,
        "Share of uncompacted bytes at which a partition is worth compacting.";
    "log.cleaner.delete.retention.ms", LONG, "86400000", from(0), CLUSTER_WIDE / COMPACTION => log_cleaner_delete_retention_ms: i64,
        "How long the mark of a deleted key stays readable.";
    "log.cleaner.min.compaction.lag.ms", LONG, "0", from(0), CLUSTER_WIDE / COMPACTION => log_cleaner_min_compaction_lag_ms: i64,
        "How long a record is safe from compaction.";
    "log.cleaner.max.compaction.lag.ms", LONG, "9223372036854775807", from(1), CLUSTER_WIDE / COMPACTION => log_cleaner_max_compaction_lag_ms: i64,
        "Age at which a record must be open to compaction.";
    // Topics
    "num.partitions", INT, "1", from(1), READ_ONLY => num_partitions: i32,
        "Partitions of a topic that is created without a number of its own.";
    "default.replication.factor", INT, "1", ANY, READ_ONLY => default_replication_factor: i32,
        "Replicas of a topic that is created without a number of its own.";
    "auto.create.topics.enable", BOOLEAN, "true", ANY, READ_ONLY => auto_create_topics_enable: bool,
        "Creates a topic when a client asks for one that is missing.";
    "delete.topic.enable", BOOLEAN, "true", ANY, READ_ONLY => delete_topic_enable: bool,
        "Allows topics to be deleted.";
    "min.insync.replicas", INT, "1", from(1), CLUSTER_WIDE => min_insync_replicas: i32,
        "Replicas that must have a record before acks=all is answered.";
    "create.topic.policy.class.name", CLASS, NULL, ANY, READ_ONLY / JVM,
        "Class that may refuse new topics.";
    "alter.config.policy.class.name", CLASS, NULL, ANY, READ_ONLY / JVM,
        "Class that may refuse changed settings.";
    // Reading
    "fetch.max.bytes", INT, "57671680", from(1024), READ_ONLY => fetch_max_bytes: i32,
        "Most bytes in one answer to a fetch.";
    "max.incremental.fetch.session.cache.slots", INT, "1000", from(0), READ_ONLY => max_incremental_fetch_session_cache_slots: i32,
        "Most fetch sessions that are remembered.";
    "fetch.purgatory.purge.interval.requests", INT, "1000", ANY, READ_ONLY / WAITERS,
        "Finished waiting fetches after which a sweep runs.";
    "producer.purgatory.purge.interval.requests", INT, "1000", ANY, READ_ONLY / WAITERS,
        "Finished waiting produce requests after which a sweep runs.";
    "delete.records.purgatory.purge.interval.requests", INT, "1", ANY, READ_ONLY / WAITERS,
        "Finished waiting record deletions after which a sweep runs.";
    "share.fetch.purgatory.purge.interval.requests", INT, "1000", ANY, READ_ONLY / WAITERS,
        "Finished waiting share fetches after which a sweep runs.";
    // Producers
    "producer.id.expiration.ms", INT, "86400000", from(1), CLUSTER_WIDE => producer_id_expiration_ms: i32,
        "A producer id unused for this long is forgotten by its partitions.";
    "producer.id.expiration.check.interval.ms", INT, "600000", from(1), READ_ONLY => producer_id_expiration_check_interval_ms: i32,
        "Time between two searches for expired producer ids.";
    // Groups and committed offsets
    "group.min.session.timeout.ms", INT, "6000", ANY, READ_ONLY => group_min_session_timeout_ms: i32,
        "Shortest session timeout that a member of a classic group may ask for.";
    "group.max.session.timeout.ms", INT, "1800000", ANY, READ_ONLY => group_max_session_timeout_ms: i32,
        "Longest session timeout that a member of a classic group may ask for.";
    "group.initial.rebalance.delay.ms", INT, "3000", ANY, READ_ONLY => group_initial_rebalance_delay_ms: i32,
        "How long the first rebalance of an empty group waits for more members.";
    "group.max.size", INT, "2147483647", from(1), READ_ONLY => group_max_size: i32,
        "Most members of one classic group.";
    "offset.metadata.max.bytes", INT, "4096", ANY, READ_ONLY => offset_metadata_max_bytes: i32,
        "Longest text that may go with a committed offset.";
    "offsets.load.buffer.size", INT, "5242880", from(1), READ_ONLY => offsets_load_buffer_size: i32,
        "Bytes read at a time while committed offsets are loaded.";
    "offsets.topic.replication.factor", SHORT, "3", from(1), READ_ONLY => offsets_topic_replication_factor: i16,
        "Replicas of __consumer_offsets; where one node is the whole quorum, no more than there are brokers.";
    "offsets.topic.num.partitions", INT, "50", from(1), READ_ONLY => offsets_topic_num_partitions: i32,
        "Partitions of __consumer_offsets; it must not change once the topic exists.";
    "offsets.topic.segment.bytes", INT, "104857600", from(1), READ_ONLY => offsets_topic_segment_bytes: i32,
        "Segment size of __consumer_offsets.";
    "offsets.topic.compression.codec", INT, "0", ANY, READ_ONLY => offsets_topic_compression_codec: i32,
        "Number of the codec for batches of committed offsets: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.";
    "offsets.retention.minutes", INT, "10080", from(1), READ_ONLY => offsets_retention_minutes: i32,
        "How long the offsets of an empty group are kept.";
    "offsets.retention.check.interval.ms", LONG, "600000", from(1), READ_ONLY => offsets_retention_check_interval_ms: i64,
        "Time between two searches for expired offsets.";
    "offsets.commit.timeout.ms", INT, "5000", from(1), READ_ONLY => offsets_commit_timeout_ms: i32,
        "How long a commit waits for its replicas.";
    // Replication
    "replica.lag.time.max.ms", LONG, "30000", ANY, READ_ONLY / CLUSTER => replica_lag_time_max_ms: i64,
        "A follower that has not caught up for this long leaves the ISR.";
    "replica.fetch.max.bytes", INT, "1048576", from(0), READ_ONLY / CLUSTER => replica_fetch_max_bytes: i32,
        "Bytes that a follower asks for from each partition.";
    "replica.fetch.wait.max.ms", INT, "500", ANY, READ_ONLY / CLUSTER => replica_fetch_wait_max_ms: i32,
        "How long a follower's fetch waits for records.";
    "replica.fetch.min.bytes", INT, "1", ANY, READ_ONLY / CLUSTER => replica_fetch_min_bytes: i32,
        "Bytes that a follower's fetch waits for.";
    "replica.fetch.response.max.bytes", INT, "10485760", from(0), READ_ONLY / CLUSTER => replica_fetch_response_max_bytes: i32,
        "Bytes that a follower asks for in one answer.";
    "replica.fetch.backoff.ms", INT, "1000", from(0), READ_ONLY / CLUSTER => replica_fetch_backoff_ms: i32,
        "Pause of a follower after a failed fetch of a partition.";
    "replica.socket.timeout.ms", INT, "30000", ANY, READ_ONLY / CLUSTER => replica_socket_timeout_ms: i32,
        "How long a follower waits for an answer.";
    "replica.socket.receive.buffer.bytes", INT, "65536", ANY, READ_ONLY / CLUSTER => replica_socket_receive_buffer_bytes: i32,
        "Receive buffer of a follower's socket.";
    "replica.high.watermark.checkpoint.interval.ms", LONG, "5000", ANY, READ_ONLY => replica_high_watermark_checkpoint_interval_ms: i64,
        "Time between two writes of the high watermarks.";
    "replica.selector.class", STRING, NULL, ANY, READ_ONLY / JVM,
        "Class that picks the replica a consumer reads from.";
    "num.replica.fetchers", INT, "1", from(1), CLUSTER_WIDE / CLUSTER => num_replica_fetchers: i32,
        "Connections with which a follower fetches from one leader.";
    "num.replica.alter.log.dirs.threads", INT, NULL, ANY, READ_ONLY / JBOD,
        "Threads that move partitions between data folders.";
    "unclean.leader.election.enable", BOOLEAN, "false", ANY, CLUSTER_WIDE / CLUSTER => unclean_leader_election_enable: bool,
        "Lets a replica outside the ISR lead when no other is left, at the price of lost records.";
    "unclean.leader.election.interval.ms", LONG, "300000", from(1), READ_ONLY / CLUSTER => unclean_leader_election_interval_ms: i64,
        "Time between two searches for partitions that need an unclean leader.";
    "auto.leader.rebalance.enable", BOOLEAN, "true", ANY, READ_ONLY / CLUSTER => auto_leader_rebalance_enable: bool,
        "Moves leadership back to the preferred replicas by itself.";
    "leader.imbalance.check.interval.seconds", LONG, "300", from(1), READ_ONLY / CLUSTER => leader_imbalance_check_interval_seconds: i64,
        "Time between two searches for leaders that are not the preferred ones.";
    "controlled.shutdown.enable", BOOLEAN, "true", ANY, READ_ONLY / CLUSTER => controlled_shutdown_enable: bool,
        "Hands leadership over before a broker stops.";
    "controller.socket.timeout.ms", INT, "30000", ANY, READ_ONLY / CLUSTER => controller_socket_timeout_ms: i32,
        "How long a request to the controller waits for its answer.";
    // Transactions
    "transaction.max.timeout.ms", INT, "900000", from(1), READ_ONLY / TRANSACTIONS => transaction_max_timeout_ms: i32,
        "Longest transaction timeout that a producer may ask for.";
    "transaction.state.log.replication.factor", SHORT, "3", from(1), READ_ONLY / TRANSACTIONS => transaction_state_log_replication_factor: i16,
        "Replicas of __transaction_state.";
    "transaction.state.log.min.isr", INT, "2", from(1), READ_ONLY / TRANSACTIONS => transaction_state_log_min_isr: i32,
        "min.insync.replicas of __transaction_state.";
    "transaction.state.log.num.partitions", INT, "50", from(1), READ_ONLY / TRANSACTIONS => transaction_state_log_num_partitions: i32,
        "Partitions of __transaction_state; it must not change once the topic exists.";
    "transaction.state.log.segment.bytes", INT, "104857600", from(1), READ_ONLY / TRANSACTIONS => transaction_state_log_segment_bytes: i32,
        "Segment size of __transaction_state.";
    "transaction.state.log.load.buffer.size", INT, "5242880", from(1), READ_ONLY / TRANSACTIONS => transaction_state_log_load_buffer_size: i32,
        "Bytes read at a time while transactions are loaded.";
    "transaction.abort.timed.out.transaction.cleanup.interval.ms", INT, "10000", from(1), READ_ONLY / TRANSACTIONS => transaction_abort_timed_out_transaction_cleanup_interval_ms: i32,
        "Time between two searches for transactions past their timeout.";
    "transaction.remove.expired.transaction.cleanup.interval.ms", INT, "3600000", from(1), READ_ONLY / TRANSACTIONS => transaction_remove_expired_transaction_cleanup_interval_ms: i32,
        "Time between two searches for expired transactional ids.";
    "transaction.partition.verification.enable", BOOLEAN, "true", ANY, CLUSTER_WIDE / TRANSACTIONS => transaction_partition_verification_enable: bool,
        "Checks with the coordinator that a partition belongs to the transaction (KIP-890).";
    "transaction.two.phase.commit.enable", BOOLEAN, "false", ANY, READ_ONLY / TRANSACTIONS,
        "Allows transactions of an outside coordinator (KIP-939).";
    "transactional.id.expiration.ms", INT, "604800000", from(1), READ_ONLY / TRANSACTIONS => transactional_id_expiration_ms: i32,
        "A transactional id unused for this long is forgotten.";
    "add.partitions.to.txn.retry.backoff.ms", INT, "20", from(1), READ_ONLY / TRANSACTIONS,
        "First pause before the server asks the coordinator again to add a partition.";
    "add.partitions.to.txn.retry.backoff.max.ms", INT, "100", from(0), READ_ONLY / TRANSACTIONS,
        "Longest pause before the server asks the coordinator again to add a partition.";
    // Controllers and the metadata log
    "controller.quorum.voters", LIST, "", Valid::Voters, READ_ONLY => controller_quorum_voters: Vec<String>,
        "Voters of the metadata log, as id@host:port pairs.";
    "controller.quorum.bootstrap.servers", LIST, "", Valid::Addresses, READ_ONLY / CLUSTER => controller_quorum_bootstrap_servers: Vec<String>,
        "Addresses of controllers from which a node finds the quorum.";
    "controller.quorum.auto.join.enable", BOOLEAN, "false", ANY, READ_ONLY / CLUSTER,
        "Lets a controller add itself to the voters.";
    "controller.quorum.election.timeout.ms", INT, "1000", from(0), READ_ONLY / CONSENSUS,
        "How long a voter waits for a leader before it stands for election.";
    "controller.quorum.election.backoff.max.ms", INT, "1000", from(0), READ_ONLY / CONSENSUS,
        "Longest pause before a failed election is repeated.";
    "controller.quorum.fetch.timeout.ms", INT, "2000", from(0), READ_ONLY / CONSENSUS,
        "How long a voter may fail to reach the leader before it stands for election.";
    "controller.quorum.request.timeout.ms", INT, "2000", from(0), READ_ONLY / CONSENSUS,
        "How long a request between voters waits for its answer.";
    "controller.quorum.retry.backoff.ms", INT, "20", from(0), READ_ONLY / CONSENSUS,
        "Pause before a request between voters is repeated.";
    "controller.quorum.append.linger.ms", INT, "25", from(0), READ_ONLY / CONSENSUS,
        "How long the leader gathers records before it writes them.";
    "controller.quorum.fetch.max.bytes", INT, "1048576", from(1), READ_ONLY / CONSENSUS,
        "Most bytes in one fetch of the metadata log.";
    "controller.quorum.fetch.snapshot.max.bytes", INT, "1048576", from(1), READ_ONLY / CONSENSUS,
        "Most bytes in one fetch of a metadata snapshot.";
    "controller.quota.window.num", INT, "11", from(1), READ_ONLY / QUOTAS,
        "Windows kept for the quota on metadata changes.";
    "controller.quota.window.size.seconds", INT, "1", from(1), READ_ONLY / QUOTAS,
        "Length of a window for the quota on metadata changes.";
    "controller.performance.sample.period.ms", LONG, "60000", from(100), READ_ONLY / METRICS,
        "Time between two reports of how long the controller's events took.";
    "controller.performance.always.log.threshold.ms", LONG, "2000", from(0), READ_ONLY / METRICS,
        "An event of the controller that takes longer than this is always logged.";
    "metadata.log.dir", STRING, NULL, ANY, READ_ONLY => metadata_log_dir: Option<String>,
        "Folder of the metadata log; without it the first data folder.";
    "metadata.log.segment.bytes", INT, "1073741824", from(8388608), READ_ONLY => metadata_log_segment_bytes: i32,
        "Segment size of the metadata log.";
    "metadata.log.segment.ms", LONG, "604800000", ANY, READ_ONLY => metadata_log_segment_ms: i64,
        "Age at which a segment of the metadata log is rolled.";
    "metadata.log.max.record.bytes.between.snapshots", LONG, "20971520", from(1), READ_ONLY => metadata_log_max_record_bytes_between_snapshots: i64,
        "Bytes of metadata records after which a snapshot is written.";
    "metadata.log.max.snapshot.interval.ms", LONG, "3600000", from(0), READ_ONLY => metadata_log_max_snapshot_interval_ms: i64,
        "Longest time between two snapshots of the metadata; 0 means no bound.";
    "metadata.max.retention.bytes", LONG, "104857600", ANY, READ_ONLY => metadata_max_retention_bytes: i64,
        "Size of metadata log and snapshots above which old ones are deleted.";
    "metadata.max.retention.ms", LONG, "604800000", ANY, READ_ONLY => metadata_max_retention_ms: i64,
        "Age at which old metadata segments and snapshots are deleted.";
    "metadata.max.idle.interval.ms", INT, "500", from(0), READ_ONLY / CONSENSUS => metadata_max_idle_interval_ms: i32,
        "Time without a record after which the active controller writes an empty one; 0 writes none.";
    "internal.metadata.log.segment.bytes", INT, NULL, ANY, READ_ONLY / TESTS,
        "Segment size of the metadata log in Kafka's own tests.";
    "internal.metadata.max.batch.size.in.bytes", INT, "8388608", ANY, READ_ONLY / TESTS,
        "Largest batch of the metadata log in Kafka's own tests.";
    "internal.metadata.delete.delay.millis", LONG, "60000", ANY, READ_ONLY / TESTS,
        "How long a removed metadata segment stays on disk in Kafka's own tests.";
    // Metrics and plug-ins
    "metric.reporters", LIST, "org.apache.kafka.common.metrics.JmxReporter", LIST_OF_ANY, CLUSTER_WIDE / JVM,
        "Classes that report metrics.";
    "metrics.num.samples", INT, "2", from(1), READ_ONLY / METRICS,
        "Samples that a metric keeps.";
    "metrics.sample.window.ms", LONG, "30000", from(1), READ_ONLY / METRICS,
        "Length of one sample of a metric.";
    "metrics.recording.level", STRING, "INFO", ANY, READ_ONLY / METRICS,
        "How detailed the recorded metrics are.";
    "kafka.metrics.reporters", LIST, "", LIST_OF_ANY, READ_ONLY / JVM,
        "Classes that report the broker's older kind of metrics.";
    "kafka.metrics.polling.interval.secs", INT, "10", from(1), READ_ONLY / JVM,
        "Time between two reports by those classes.";
    "telemetry.max.bytes", INT, "1048576", from(1), READ_ONLY / TELEMETRY,
        "Most bytes of metrics that a client may push at once.";
    "config.providers", LIST, "", LIST_OF_ANY, CLUSTER_WIDE / JVM,
        "Classes that fetch settings from elsewhere.";
    "client.quota.callback.class", CLASS, NULL, ANY, READ_ONLY / JVM,
        "Class that decides about quotas.";
    // Quotas
    "quota.window.num", INT, "11", from(1), READ_ONLY / QUOTAS,
        "Windows kept for the quotas of clients.";
    "quota.window.size.seconds", INT, "1", from(1), READ_ONLY / QUOTAS,
        "Length of a window for the quotas of clients.";
    "replication.quota.window.num", INT, "11", from(1), READ_ONLY / QUOTAS,
        "Windows kept for the quotas of replication.";
    "replication.quota.window.size.seconds", INT, "1", from(1), READ_ONLY / QUOTAS,
        "Length of a window for the quotas of replication.";
    "alter.log.dirs.replication.quota.window.num", INT, "11", from(1), READ_ONLY / QUOTAS,
        "Windows kept for the quotas of moves between data folders.";
    "alter.log.dirs.replication.quota.window.size.seconds", INT, "1", from(1), READ_ONLY / QUOTAS,
        "Length of a window for the quotas of moves between data folders.";
}
