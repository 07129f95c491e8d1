//! What the broker counts, in one place: the rooms keep plain counters and this file reads them.

use super::context::Broker;

/// The counters at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metrics {
    /// Connections that are open.
    pub connections: u64,
    /// Connections that a limit refused.
    pub connections_refused: u64,
    /// Requests that arrived.
    pub requests: u64,
    /// Bytes of requests.
    pub bytes_in: u64,
    /// Bytes of answers.
    pub bytes_out: u64,
    /// Calls of `sendfile`.
    pub sendfile_calls: u64,
    /// Bytes that went from file to socket without being copied.
    pub sendfile_bytes: u64,
    /// Ranges that had to be read from disk before they were sent.
    pub cold_reads: u64,
    /// Incremental fetch sessions.
    pub fetch_sessions: u64,
}

impl Metrics {
    /// Reads the counters.
    #[must_use]
    pub(super) fn of(broker: &Broker) -> Metrics {
        let traffic = &broker.traffic;
        Metrics {
            connections: traffic.accepted.get().saturating_sub(traffic.closed.get()),
            connections_refused: traffic.refused.get(),
            requests: traffic.requests.get(),
            bytes_in: traffic.bytes_in.get(),
            bytes_out: traffic.bytes_out.get(),
            sendfile_calls: traffic.sendfile_calls.get(),
            sendfile_bytes: traffic.sendfile_bytes.get(),
            cold_reads: traffic.cold_reads.get(),
            fetch_sessions: u64::try_from(broker.fetch_sessions.len()).unwrap_or(u64::MAX),
        }
    }
}
