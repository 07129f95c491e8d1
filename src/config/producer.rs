//! The properties of a producer.

use super::client_security;
use super::property::{Table, Valid};

/// Every property that Kafka 4.3.1 lists for a producer.
pub const TABLE: Table = Table::new(&[ROWS, client_security::ROWS]);

properties! {
    /// How a producer works.
    struct ProducerConfig;

    // Finding the cluster
    "bootstrap.servers", LIST, REQUIRED, LIST_OF_SOME, CLIENT => bootstrap_servers: Vec<String>,
        "Brokers to ask first, as host:port pairs; the rest of the cluster is learnt from them.";
    "client.dns.lookup", STRING, "use_all_dns_ips", one_of(&["use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"]), CLIENT / NAMES => client_dns_lookup: String,
        "Whether every address of a name is tried, or bootstrap names are first turned into full host names.";
    "client.id", STRING, "", ANY, CLIENT => client_id: String,
        "Name of this client in the broker's logs and quotas.";
    "metadata.max.age.ms", LONG, "300000", from(0), CLIENT => metadata_max_age_ms: i64,
        "Age at which knowledge about topics and brokers is asked for again.";
    "metadata.max.idle.ms", LONG, "300000", from(5000), CLIENT / USED => metadata_max_idle_ms: i64,
        "A topic that was not written to for this long is no longer asked about.";
    "metadata.recovery.strategy", STRING, "rebootstrap", any_case(&["REBOOTSTRAP", "NONE"]), CLIENT / BOOTSTRAP => metadata_recovery_strategy: String,
        "What a client does when it knows no living broker: begin again with the bootstrap servers or fail.";
    "metadata.recovery.rebootstrap.trigger.ms", LONG, "300000", from(0), CLIENT / BOOTSTRAP => metadata_recovery_rebootstrap_trigger_ms: i64,
        "Time without metadata after which the client begins again with the bootstrap servers.";
    // Connections
    "connections.max.idle.ms", LONG, "540000", ANY, CLIENT => connections_max_idle_ms: i64,
        "A connection without traffic for this long is closed.";
    "send.buffer.bytes", INT, "131072", from(-1), CLIENT => send_buffer_bytes: i32,
        "Send buffer of a socket; -1 leaves the choice to the system.";
    "receive.buffer.bytes", INT, "32768", from(-1), CLIENT => receive_buffer_bytes: i32,
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
    "retries", INT, "2147483647", within(0, 2147483647), CLIENT => retries: i32,
        "How often a failed request is repeated.";
    "retry.backoff.ms", LONG, "100", from(0), CLIENT => retry_backoff_ms: i64,
        "First pause before a failed request is repeated.";
    "retry.backoff.max.ms", LONG, "1000", from(0), CLIENT => retry_backoff_max_ms: i64,
        "Longest pause before a failed request is repeated.";
    // Producing
    "acks", STRING, "all", one_of(&["all", "-1", "0", "1"]), CLIENT => acks: String,
        "Which replicas must have a record before it counts as sent: 0 none, 1 the leader, all the whole ISR.";
    "batch.size", INT, "16384", from(0), CLIENT => batch_size: i32,
        "Largest batch of one partition in bytes; 0 sends every record alone.";
    "linger.ms", LONG, "5", from(0), CLIENT => linger_ms: i64,
        "How long a batch waits for more records before it is sent.";
    "buffer.memory", LONG, "33554432", from(0), CLIENT => buffer_memory: i64,
        "Bytes of records that may wait to be sent.";
    "max.block.ms", LONG, "60000", from(0), CLIENT => max_block_ms: i64,
        "How long a send waits for memory or metadata.";
    "max.request.size", INT, "1048576", from(0), CLIENT => max_request_size: i32,
        "Largest request, and with it the largest record.";
    "max.in.flight.requests.per.connection", INT, "5", from(1), CLIENT => max_in_flight_requests_per_connection: i32,
        "Requests without an answer that one connection may have.";
    "delivery.timeout.ms", INT, "120000", from(0), CLIENT => delivery_timeout_ms: i32,
        "How long a record may take from send to success or failure.";
    "enable.idempotence", BOOLEAN, "true", ANY, CLIENT => enable_idempotence: bool,
        "Writes every record exactly once and in order, whatever is repeated.";
    "compression.type", STRING, "none", one_of(&["none", "gzip", "snappy", "lz4", "zstd"]), CLIENT => compression_type: String,
        "Codec of the batches: none, gzip, snappy, lz4 or zstd.";
    "compression.gzip.level", INT, "-1", Valid::GzipLevel, CLIENT => compression_gzip_level: i32,
        "Level of gzip.";
    "compression.lz4.level", INT, "9", within(1, 17), CLIENT => compression_lz4_level: i32,
        "Level of lz4.";
    "compression.zstd.level", INT, "3", within(-131072, 22), CLIENT => compression_zstd_level: i32,
        "Level of zstd.";
    "partitioner.class", CLASS, NULL, ANY, CLIENT / CLASSES => partitioner_class: Option<String>,
        "Class that picks a record's partition; Kafka's own class names stand for mq's own rules.";
    "partitioner.ignore.keys", BOOLEAN, "false", ANY, CLIENT => partitioner_ignore_keys: bool,
        "Spreads records without regard to their keys.";
    "partitioner.adaptive.partitioning.enable", BOOLEAN, "true", ANY, CLIENT / EVENLY => partitioner_adaptive_partitioning_enable: bool,
        "Gives faster brokers more of the records without keys.";
    "partitioner.availability.timeout.ms", LONG, "0", from(0), CLIENT / EVENLY => partitioner_availability_timeout_ms: i64,
        "A partition whose broker takes no batch for this long gets no more records without keys; 0 switches this off.";
    "key.serializer", CLASS, REQUIRED, ANY, CLIENT / CLASSES => key_serializer: Option<String>,
        "Class that turns keys into bytes; Kafka's own class names are known.";
    "value.serializer", CLASS, REQUIRED, ANY, CLIENT / CLASSES => value_serializer: Option<String>,
        "Class that turns values into bytes; Kafka's own class names are known.";
    "transactional.id", STRING, NULL, NOT_EMPTY, CLIENT / TRANSACTIONS => transactional_id: Option<String>,
        "Name under which transactions survive a restart of the producer.";
    "transaction.timeout.ms", INT, "60000", ANY, CLIENT / TRANSACTIONS => transaction_timeout_ms: i32,
        "How long a transaction may stay open before the coordinator aborts it.";
    "transaction.two.phase.commit.enable", BOOLEAN, "false", ANY, CLIENT / TRANSACTIONS,
        "Takes part in transactions of an outside coordinator (KIP-939).";
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
