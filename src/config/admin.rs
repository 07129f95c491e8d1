//! The properties of an admin client.

use super::client_security;
use super::property::Table;

/// Every property that Kafka 4.3.1 lists for an admin client.
pub const TABLE: Table = Table::new(&[ROWS, client_security::ROWS]);

properties! {
    /// How an admin client works.
    struct AdminConfig;

    // Finding the cluster
    "bootstrap.servers", LIST, "", LIST_OF_ANY, CLIENT => bootstrap_servers: Vec<String>,
        "Brokers to ask first, as host:port pairs; the rest of the cluster is learnt from them.";
    "bootstrap.controllers", LIST, "", LIST_OF_ANY, CLIENT / CLUSTER => bootstrap_controllers: Vec<String>,
        "Controllers to ask instead of brokers, as host:port pairs.";
    "client.dns.lookup", STRING, "use_all_dns_ips", one_of(&["use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"]), CLIENT / NAMES => client_dns_lookup: String,
        "Whether every address of a name is tried, or bootstrap names are first turned into full host names.";
    "client.id", STRING, "", ANY, CLIENT => client_id: String,
        "Name of this client in the broker's logs and quotas.";
    "metadata.max.age.ms", LONG, "300000", from(0), CLIENT => metadata_max_age_ms: i64,
        "Age at which knowledge about topics and brokers is asked for again.";
    "metadata.recovery.strategy", STRING, "rebootstrap", any_case(&["REBOOTSTRAP", "NONE"]), CLIENT / BOOTSTRAP => metadata_recovery_strategy: String,
        "What a client does when it knows no living broker: begin again with the bootstrap servers or fail.";
    "metadata.recovery.rebootstrap.trigger.ms", LONG, "300000", from(0), CLIENT / BOOTSTRAP => metadata_recovery_rebootstrap_trigger_ms: i64,
        "Time without metadata after which the client begins again with the bootstrap servers.";
    // Connections
    "connections.max.idle.ms", LONG, "300000", ANY, CLIENT => connections_max_idle_ms: i64,
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
    "retries", INT, "2147483647", within(0, 2147483647), CLIENT => retries: i32,
        "How often a failed request is repeated.";
    "retry.backoff.ms", LONG, "100", from(0), CLIENT => retry_backoff_ms: i64,
        "First pause before a failed request is repeated.";
    "retry.backoff.max.ms", LONG, "1000", from(0), CLIENT => retry_backoff_max_ms: i64,
        "Longest pause before a failed request is repeated.";
    // Plug-ins and metrics
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
    "enable.metrics.push", BOOLEAN, "false", ANY, CLIENT / TELEMETRY,
        "Sends metrics to the broker when it asks for them.";
}
