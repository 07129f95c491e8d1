//! The properties of a consumer.

use super::client_security;
use super::property::{Table, Valid};

/// Every property that Kafka 4.3.1 lists for a consumer.
pub const TABLE: Table = Table::new(&[ROWS, client_security::ROWS]);

properties! {
    /// How a consumer works.
    struct ConsumerConfig;

    // Finding the cluster
    "bootstrap.servers", LIST, REQUIRED, LIST_OF_SOME, CLIENT => bootstrap_servers: Vec<String>,
        "Brokers to ask first, as host:port pairs; the rest of the cluster is learnt from them.";
    "client.dns.lookup", STRING, "use_all_dns_ips", one_of(&["use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"]), CLIENT / NAMES => client_dns_lookup: String,
        "Whether every address of a name is tried, or bootstrap names are first turned into full host names.";
    "client.id", STRING, "", ANY, CLIENT => client_id: String,
        "Name of this client in the broker's logs and quotas.";
    "client.rack", STRING, "", ANY, CLIENT => client_rack: String,
        "Rack or zone of this client, so that it may read from a replica nearby.";
    "metadata.max.age.ms", LONG, "300000", from(0), CLIENT => metadata_max_age_ms: i64,
        "Age at which knowledge about topics and brokers is asked for again.";
    "metadata.recovery.strategy", STRING, "rebootstrap", any_case(&["REBOOTSTRAP", "NONE"]), CLIENT / BOOTSTRAP => metadata_recovery_strategy: String,
        "What a client does when it knows no living broker: begin again with the bootstrap servers or fail.";
    "metadata.recovery.rebootstrap.trigger.ms", LONG, "300000", from(0), CLIENT / BOOTSTRAP => metadata_recovery_rebootstrap_trigger_ms: i64,
        "Time without metadata after which the client begins again with the bootstrap servers.";
    // Connections
    "connections.max.idle.ms", LONG, "540000", ANY, CLIENT => connections_max_idle_ms: i64,
        "A connection without traffic for this long is closed.";
    "send.buffer.bytes", INT, "131072", from(-1), CLIENT => send_buffer_bytes: i32,
        "Send buffer of a socket; -1 leaves the choice to the system.";
    "receive.buffer.bytes", INT, "65536", from(-1), CLIENT => receive_buffer_bytes: i32,
        "Receive buffer of a socket; -1 leaves the choice to the system.";
    "socket.connection.setup.timeout.ms", LONG, "10000", ANY, CLIENT => socket_connection_setup_timeout_ms: i64,
        "How long a connection may take to open at the first try.";
    "socket.connection.setup.timeout.max.ms", LONG, "30000", ANY, CLIENT / TRIES => socket_connection_setup_timeout_max_ms: i64,
        "Upper bound of the connection time, which grows with every failed try.";
    "reconnect.backoff.ms", LONG, "50", from(0), CLIENT => reconnect_backoff_ms: i64,
        "First pause before a broker is connected to again.";
    "reconnect.backoff.max.ms", LONG, "1000", from(0), CLIENT => reconnect_backoff_max_ms: i64,
        "Longest pause before a broker is connected to again.";
    // Requests
    "request.timeout.ms", INT, "30000", from(0), CLIENT => request_timeout_ms: i32,
        "How long a request waits for its answer.";
    "default.api.timeout.ms", INT, "60000", from(0), CLIENT => default_api_timeout_ms: i32,
        "How long a call may take in all, with its repetitions.";
    "retry.backoff.ms", LONG, "100", from(0), CLIENT => retry_backoff_ms: i64,
        "First pause before a failed request is repeated.";
    "retry.backoff.max.ms", LONG, "1000", from(0), CLIENT => retry_backoff_max_ms: i64,
        "Longest pause before a failed request is repeated.";
    // Consuming
    "group.id", STRING, NULL, ANY, CLIENT => group_id: Option<String>,
        "Group that this consumer belongs to.";
    "group.instance.id", STRING, NULL, NOT_EMPTY, CLIENT => group_instance_id: Option<String>,
        "Name of this member that outlives a restart, so that a short absence moves no partition.";
    "group.protocol", STRING, "classic", any_case(&["CONSUMER", "CLASSIC"]), CLIENT / CONSUMER_GROUPS => group_protocol: String,
        "Whether the group follows the classic or the newer consumer protocol.";
    "group.remote.assignor", STRING, NULL, ANY, CLIENT / CONSUMER_GROUPS => group_remote_assignor: Option<String>,
        "Assignor of the broker that the newer protocol uses.";
    "session.timeout.ms", INT, "45000", ANY, CLIENT => session_timeout_ms: i32,
        "A member without a heartbeat for this long is taken out of its group.";
    "heartbeat.interval.ms", INT, "3000", ANY, CLIENT => heartbeat_interval_ms: i32,
        "Time between two heartbeats.";
    "max.poll.interval.ms", INT, "300000", from(1), CLIENT => max_poll_interval_ms: i32,
        "A member that does not poll for this long leaves its group.";
    "max.poll.records", INT, "500", from(1), CLIENT => max_poll_records: i32,
        "Most records that one poll returns.";
    "partition.assignment.strategy", LIST, "org.apache.kafka.clients.consumer.RangeAssignor,org.apache.kafka.clients.consumer.CooperativeStickyAssignor", LIST_OF_ANY, CLIENT => partition_assignment_strategy: Vec<String>,
        "Assignors that this member can follow, the preferred one first.";
    "enable.auto.commit", BOOLEAN, "true", ANY, CLIENT => enable_auto_commit: bool,
        "Commits the position in the background.";
    "auto.commit.interval.ms", INT, "5000", from(0), CLIENT => auto_commit_interval_ms: i32,
        "Time between two commits in the background.";
    "auto.offset.reset", STRING, "latest", Valid::OffsetReset, CLIENT => auto_offset_reset: String,
        "Where to begin without a committed offset: earliest, latest, by_duration:PT1H and the like, or none to fail.";
    "isolation.level", STRING, "read_uncommitted", one_of(&["read_committed", "read_uncommitted"]), CLIENT => isolation_level: String,
        "Whether records of open and aborted transactions are read.";
    "fetch.min.bytes", INT, "1", from(0), CLIENT => fetch_min_bytes: i32,
        "Bytes that a fetch waits for.";
    "fetch.max.wait.ms", INT, "500", from(0), CLIENT => fetch_max_wait_ms: i32,
        "How long a fetch waits for them.";
    "fetch.max.bytes", INT, "52428800", from(0), CLIENT => fetch_max_bytes: i32,
        "Most bytes in one answer to a fetch.";
    "max.partition.fetch.bytes", INT, "1048576", from(0), CLIENT => max_partition_fetch_bytes: i32,
        "Most bytes of one partition in an answer to a fetch.";
    "check.crcs", BOOLEAN, "true", ANY, CLIENT => check_crcs: bool,
        "Checks the CRC of every batch.";
    "exclude.internal.topics", BOOLEAN, "true", ANY, CLIENT => exclude_internal_topics: bool,
        "Leaves internal topics out of subscriptions by pattern.";
    "allow.auto.create.topics", BOOLEAN, "true", ANY, CLIENT => allow_auto_create_topics: bool,
        "Lets a subscription create its topic where the broker allows it.";
    "key.deserializer", CLASS, REQUIRED, ANY, CLIENT / CLASSES => key_deserializer: Option<String>,
        "Class that turns bytes into keys; Kafka's own class names are known.";
    "value.deserializer", CLASS, REQUIRED, ANY, CLIENT / CLASSES => value_deserializer: Option<String>,
        "Class that turns bytes into values; Kafka's own class names are known.";
    "share.acknowledgement.mode", STRING, "implicit", Valid::AcknowledgementMode, CLIENT / SHARE,
        "Whether a share consumer confirms records itself or by its next poll.";
    "share.acquire.mode", STRING, "BATCH_OPTIMIZED", Valid::AcquireMode, CLIENT / SHARE,
        "Whether a share fetch takes whole batches or counts records.";
    "internal.throw.on.fetch.stable.offset.unsupported", BOOLEAN, "false", ANY, CLIENT / JVM,
        "Fails when an old broker cannot tell stable offsets, as Kafka Streams asks.";
    // Plug-ins and metrics
    "interceptor.classes", LIST, "", LIST_OF_ANY, CLIENT / CLASSES,
        "Classes that see every record on its way.";
    "config.providers", LIST, "", LIST_OF_ANY, CLIENT / JVM,
        "Classes that fetch settings from elsewhere.";
    "metric.reporters", LIST, "org.apache.kafka.common.metrics.JmxReporter", LIST_OF_ANY, CLIENT / JVM,
        "Classes that report metrics.";
    "metrics.num.samples", INT, "2", from(1), CLIENT / METRICS,
        "Samples that a metric keeps.";
    "metrics.sample.window.ms", LONG, "30000", from(0), CLIENT / METRICS,
        "Length of one sample of a metric.";
    "metrics.recording.level", STRING, "INFO", one_of(&["INFO", "DEBUG", "TRACE"]), CLIENT / METRICS,
        "How detailed the recorded metrics are.";
    "enable.metrics.push", BOOLEAN, "true", ANY, CLIENT / TELEMETRY,
        "Sends metrics to the broker when it asks for them.";
}
