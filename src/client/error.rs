//! What a call of the library can fail with: one type, with kind, cause and address.

use std::sync::Arc;
use std::time::Duration;

use crate::model::{ErrorCode, Failure, Offset, TopicPartition};
use crate::net::PeerError;

/// Why a call of the library failed. Cheap to clone: one failed batch gives the same error to all its records.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// A server answered with an error code.
    #[error("{}", .0.message)]
    Server(Failure),
    /// No answer: connection, name, protocol or time.
    #[error(transparent)]
    Peer(Arc<PeerError>),
    /// No broker could be reached; why, for each that was tried.
    #[error("no broker could be reached: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    NoBroker(Vec<Arc<PeerError>>),
    /// The time for the whole call is over; the last reason for trying again is given where there was one.
    #[error("{what}{}", last.as_ref().map(|last| format!(" (last cause: {last})")).unwrap_or_default())]
    Timeout {
        /// What did not happen, and within which time.
        what: String,
        /// Why the last attempt failed.
        last: Option<Box<ClientError>>,
    },
    /// A property, or a combination of properties, is wrong.
    #[error("{0}")]
    Config(String),
    /// The call does not fit the state of the client (closed, not subscribed, assigned by hand).
    #[error("{0}")]
    IllegalState(String),
    /// An argument is wrong.
    #[error("{0}")]
    InvalidArgument(String),
    /// One record is larger than a limit; others are not affected.
    #[error(
        "The message is {size} bytes when serialized which is larger than {limit}, which is the value of the {property} configuration."
    )]
    RecordTooLarge {
        /// Its size in a batch of its own.
        size: usize,
        /// The limit.
        limit: usize,
        /// The property that holds the limit.
        property: &'static str,
    },
    /// `buffer.memory` stayed full for `max.block.ms`.
    #[error(
        "Failed to allocate {size} bytes within the configured max blocking time {} ms. Total memory: {total} bytes. Available memory: {available} bytes. Poolable size: {poolable} bytes",
        after.as_millis()
    )]
    BufferExhausted {
        /// Bytes asked for.
        size: usize,
        /// `buffer.memory`.
        total: usize,
        /// Bytes that were free at the end.
        available: usize,
        /// `batch.size`.
        poolable: usize,
        /// `max.block.ms`.
        after: Duration,
    },
    /// A partition has no committed offset or a wrong one, and `auto.offset.reset` is `none`.
    #[error("{0}")]
    NoOffset(NoOffset),
    /// The data of a partition cannot be read.
    #[error(
        "Received exception when fetching the next record from {partition}. If needed, please seek past the record to continue consumption. ({cause})"
    )]
    Corrupt {
        /// The partition.
        partition: TopicPartition,
        /// The offset that cannot be passed without a seek.
        offset: Offset,
        /// What is wrong.
        cause: String,
    },
    /// A commit came too late: the group went on without this member.
    #[error("{0}")]
    CommitFailed(&'static str),
    /// [`Wakeup`](super::Wakeup) ended a poll.
    #[error("the poll was woken up")]
    Wakeup,
    /// The client is closed.
    #[error("{0}")]
    Closed(&'static str),
}

/// The two ways to have no offset to begin at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoOffset {
    /// Nothing was committed.
    #[error("Undefined offset with no reset policy for partitions: [{}]", list(.0))]
    Undefined(Vec<TopicPartition>),
    /// The position lies outside the log.
    #[error("Offsets out of range with no configured reset policy for partitions: {{{}}}", pairs(.0))]
    OutOfRange(Vec<(TopicPartition, Offset)>),
}

fn list(partitions: &[TopicPartition]) -> String {
    partitions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn pairs(places: &[(TopicPartition, Offset)]) -> String {
    let each: Vec<String> = places.iter().map(|(partition, offset)| format!("{partition}={}", offset.0)).collect();
    each.join(", ")
}

impl ClientError {
    /// An error of a server with the code's own sentence.
    #[must_use]
    pub fn code(code: ErrorCode) -> ClientError {
        ClientError::Server(code.into())
    }

    /// An error of a server from the two fields of an answer; a missing or empty sentence becomes the code's own.
    #[must_use]
    pub fn answer(code: ErrorCode, message: Option<&str>) -> ClientError {
        match message {
            Some(text) if !text.is_empty() => ClientError::Server(Failure::new(code, text)),
            _ => ClientError::code(code),
        }
    }

    /// The server's code, where a server answered with one; for a timeout, that of the last attempt.
    #[must_use]
    pub fn error_code(&self) -> Option<ErrorCode> {
        match self {
            ClientError::Server(failure) => Some(failure.code),
            ClientError::Timeout { last: Some(last), .. } => last.error_code(),
            _ => None,
        }
    }

    /// Whether the same call can succeed later without a change.
    #[must_use]
    pub fn is_retriable(&self) -> bool {
        match self {
            ClientError::Server(failure) => failure.code.is_retriable(),
            ClientError::Peer(error) => error.is_retriable(),
            // One that may come back is reason enough to go on.
            ClientError::NoBroker(causes) => causes.iter().any(|cause| cause.is_retriable()),
            ClientError::Timeout { .. } | ClientError::BufferExhausted { .. } => true,
            _ => false,
        }
    }

    /// Kafka's name of the error's class, as its own tools print it: `TimeoutException`.
    #[must_use]
    pub fn class(&self) -> &'static str {
        match self {
            ClientError::Server(failure) => super::exception::class_of(failure.code),
            ClientError::Peer(error) => match **error {
                PeerError::TimedOut { .. } => "TimeoutException",
                PeerError::Unsupported { .. } | PeerError::Unsendable { .. } => "UnsupportedVersionException",
                _ => "DisconnectException",
            },
            ClientError::Timeout { .. } | ClientError::NoBroker(_) => "TimeoutException",
            ClientError::Config(_) => "ConfigException",
            ClientError::IllegalState(_) | ClientError::Closed(_) => "IllegalStateException",
            ClientError::InvalidArgument(_) => "IllegalArgumentException",
            ClientError::RecordTooLarge { .. } => "RecordTooLargeException",
            ClientError::BufferExhausted { .. } => "BufferExhaustedException",
            ClientError::NoOffset(NoOffset::Undefined(_)) => "NoOffsetForPartitionException",
            ClientError::NoOffset(NoOffset::OutOfRange(_)) => "OffsetOutOfRangeException",
            ClientError::Corrupt { .. } => "KafkaException",
            ClientError::CommitFailed(_) => "CommitFailedException",
            ClientError::Wakeup => "WakeupException",
        }
    }
}

impl From<PeerError> for ClientError {
    fn from(error: PeerError) -> ClientError {
        ClientError::Peer(Arc::new(error))
    }
}

impl From<Failure> for ClientError {
    fn from(failure: Failure) -> ClientError {
        ClientError::Server(failure)
    }
}
