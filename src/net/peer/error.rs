//! What can go wrong between us and a server, always with its address.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::Address;

/// One address that a name resolved to, and why it could not be connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The address tried.
    pub socket: SocketAddr,
    /// What the system said.
    pub cause: String,
}

/// A protocol that is not Kafka's, guessed by the first bytes of its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// A TLS record: the port expects `security.protocol=SSL` or `SASL_SSL`.
    Tls,
    /// `HTTP/...`.
    Http,
    /// `SSH-...`.
    Ssh,
}

impl Foreign {
    /// The protocol whose messages begin with these bytes, if one is known.
    #[must_use]
    pub fn guess(start: &[u8]) -> Option<Foreign> {
        match start {
            // Content types 20 to 23 and the versions 3.0 to 3.4: a TLS alert or handshake record.
            [20..=23, 3, 0..=4, ..] => Some(Foreign::Tls),
            [b'H', b'T', b'T', b'P', ..] => Some(Foreign::Http),
            [b'S', b'S', b'H', b'-', ..] => Some(Foreign::Ssh),
            _ => None,
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Foreign::Tls => "it answered with TLS; set security.protocol=SSL or SASL_SSL, or use the plaintext port",
            Foreign::Http => "it answered with HTTP; this is not the port of a Kafka broker",
            Foreign::Ssh => "it answered with SSH; this is not the port of a Kafka broker",
        }
    }
}

/// Why a request got no answer, or no connection was made.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PeerError {
    /// The host's name has no address.
    #[error("{address}: the name cannot be resolved: {cause}")]
    Unresolved {
        /// The name and port.
        address: Address,
        /// What the resolver said.
        cause: String,
    },
    /// No address of the host accepted a connection.
    #[error("cannot connect to {address} ({})", list(attempts))]
    Unreachable {
        /// The name and port.
        address: Address,
        /// Each address tried.
        attempts: Vec<Attempt>,
    },
    /// The server speaks another protocol.
    #[error("{address} is not a Kafka listener of this kind: {}", foreign.advice())]
    NotKafka {
        /// The name and port.
        address: Address,
        /// What it seems to speak.
        foreign: Foreign,
    },
    /// The server closed the connection before it said which requests it knows.
    #[error(
        "{address} closed the connection before its first answer: no Kafka listener, or one that expects TLS or SASL (security.protocol)"
    )]
    Refused {
        /// The name and port.
        address: Address,
    },
    /// The connection is gone; requests under way have no answer.
    #[error("the connection to {address} is closed: {cause}")]
    Disconnected {
        /// The name and port.
        address: Address,
        /// Who closed it and why.
        cause: Arc<str>,
    },
    /// No answer came in time. The connection is given up, because later answers could not be trusted to come.
    #[error("{address} did not answer {api} within {} ms", after.as_millis())]
    TimedOut {
        /// The name and port.
        address: Address,
        /// The request.
        api: &'static str,
        /// How long it was waited for.
        after: Duration,
    },
    /// Server and client share no version of a request.
    #[error("{address} does not support {api} in a version that this client knows ({ours}; there: {theirs})")]
    Unsupported {
        /// The name and port.
        address: Address,
        /// The request.
        api: &'static str,
        /// Our versions.
        ours: String,
        /// The server's versions, or `none`.
        theirs: String,
    },
    /// The answer cannot be read.
    #[error("{address} sent an answer to {api} that cannot be read: {cause}")]
    Malformed {
        /// The name and port.
        address: Address,
        /// The request.
        api: &'static str,
        /// What is wrong with it.
        cause: String,
    },
    /// The request cannot be said in a version that the server knows.
    #[error("{api} cannot be sent to {address}: {cause}")]
    Unsendable {
        /// The name and port.
        address: Address,
        /// The request.
        api: &'static str,
        /// What the version lacks.
        cause: String,
    },
}

impl PeerError {
    /// Whether the same request can succeed later, on this server or another one.
    #[must_use]
    pub fn is_retriable(&self) -> bool {
        match self {
            PeerError::Unresolved { .. }
            | PeerError::Unreachable { .. }
            | PeerError::Refused { .. }
            | PeerError::Disconnected { .. }
            | PeerError::TimedOut { .. } => true,
            PeerError::NotKafka { .. }
            | PeerError::Unsupported { .. }
            | PeerError::Malformed { .. }
            | PeerError::Unsendable { .. } => false,
        }
    }

    /// Whether the request may have reached the server although no answer came.
    #[must_use]
    pub fn is_outcome_unknown(&self) -> bool {
        matches!(self, PeerError::Disconnected { .. } | PeerError::TimedOut { .. } | PeerError::Malformed { .. })
    }

    /// The server this is about.
    #[must_use]
    pub fn address(&self) -> &Address {
        match self {
            PeerError::Unresolved { address, .. }
            | PeerError::Unreachable { address, .. }
            | PeerError::NotKafka { address, .. }
            | PeerError::Refused { address }
            | PeerError::Disconnected { address, .. }
            | PeerError::TimedOut { address, .. }
            | PeerError::Unsupported { address, .. }
            | PeerError::Malformed { address, .. }
            | PeerError::Unsendable { address, .. } => address,
        }
    }
}

fn list(attempts: &[Attempt]) -> String {
    let each: Vec<String> = attempts.iter().map(|attempt| format!("{}: {}", attempt.socket, attempt.cause)).collect();
    each.join("; ")
}
