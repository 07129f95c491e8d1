//! What can go wrong with a partition's log.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::io::Errno;

use crate::model::{LeaderEpoch, Offset, Position, Uuid};

use super::producer_entry::ProducerError;

/// What can go wrong with a partition's log. `server/error.rs` turns it into an error code.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LogError {
    /// A read outside of the log.
    #[error("offset {offset} is outside of the log, which goes from {start} to {end}")]
    OffsetOutOfRange {
        /// What was asked for.
        offset: Offset,
        /// The log start offset.
        start: Offset,
        /// The log end offset.
        end: Offset,
    },
    /// Replicated batches that do not continue the log.
    #[error("batches from offset {first} on do not continue the log, which ends at {end}")]
    UnexpectedOffset {
        /// The first offset of the batches.
        first: Offset,
        /// The log end offset.
        end: Offset,
    },
    /// Bytes that are no whole batches were given to be appended.
    #[error("the bytes to append are no whole batches: {reason}")]
    NotBatches {
        /// What is wrong with them.
        reason: &'static str,
    },
    /// One append is larger than a segment may be (`segment.bytes`).
    #[error("an append of {size} bytes is larger than a segment may be, {size_max} bytes")]
    LargerThanSegment {
        /// The size of the append.
        size: u64,
        /// The value of `segment.bytes`.
        size_max: u64,
    },
    /// The producer's batch does not fit what is known of the producer.
    #[error(transparent)]
    Producer(#[from] ProducerError),
    /// The disk is full. What was being appended is not in the log; the log stays usable.
    #[error("no space left on the disk of {}", .path.display())]
    DiskFull {
        /// The file or directory that could not grow.
        path: PathBuf,
    },
    /// The log has failed for good: its files are not touched again before a restart.
    #[error("the log in {} is offline: {cause}", .path.display())]
    Offline {
        /// The partition's directory.
        path: PathBuf,
        /// What failed first.
        cause: Arc<str>,
    },
    /// The log has been closed or deleted.
    #[error("the log in {} is closed", .path.display())]
    Closed {
        /// The partition's directory.
        path: PathBuf,
    },
    /// Bytes below the tail of the log that are no valid batch.
    #[error("{} holds no valid batch at position {position}: {reason}", .path.display())]
    Corrupt {
        /// The segment's file.
        path: PathBuf,
        /// Where.
        position: Position,
        /// What is wrong there.
        reason: &'static str,
    },
    /// A batch of a format from before Kafka 0.11, which this broker does not serve.
    #[error(
        "{} holds a batch of message format {magic} at position {position}; formats before 2 (Kafka 0.11) are not \
         served: rewrite the topic with a Kafka older than 4.0 first",
        .path.display()
    )]
    OldFormat {
        /// The segment's file.
        path: PathBuf,
        /// Where.
        position: Position,
        /// The batch's magic byte.
        magic: i8,
    },
    /// Segments that cannot be one log: they overlap, or a file's name lies about its first offset.
    #[error("the segments in {} are inconsistent: {reason}", .path.display())]
    Inconsistent {
        /// The partition's directory.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
    /// The directory belongs to another topic of the same name.
    #[error("{} belongs to topic id {found}, not to {expected}", .path.display())]
    TopicIdMismatch {
        /// The partition's directory.
        path: PathBuf,
        /// The topic id that was expected.
        expected: Uuid,
        /// The topic id in `partition.metadata`.
        found: Uuid,
    },
    /// The log start may not move past the high watermark.
    #[error("the log start cannot move to {offset}, past the high watermark {high_watermark}")]
    AboveHighWatermark {
        /// Where the log start was to move.
        offset: Offset,
        /// The high watermark.
        high_watermark: Offset,
    },
    /// A leader epoch that is older than the log's.
    #[error("leader epoch {epoch} is older than the log's latest, {latest}")]
    OldLeaderEpoch {
        /// The epoch given.
        epoch: LeaderEpoch,
        /// The log's latest epoch.
        latest: LeaderEpoch,
    },
    /// The system refused an operation on a file.
    #[error("{}: {cause}", .path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        cause: Arc<io::Error>,
    },
}

impl LogError {
    /// An operation on `path` that the system refused.
    pub(super) fn io(path: impl Into<PathBuf>, error: io::Error) -> LogError {
        let path = path.into();
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => LogError::DiskFull { path },
            _ => LogError::Io { path, cause: Arc::new(error) },
        }
    }

    /// Whether the file in question does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, LogError::Io { cause, .. } if cause.kind() == io::ErrorKind::NotFound)
    }

    /// Whether the disk itself failed, so that the log directory must go offline. That this process has too many open
    /// files, or too little memory, is not the disk's fault.
    #[must_use]
    pub fn is_disk_failure(&self) -> bool {
        match self {
            LogError::Io { cause, .. } => {
                let of_process = [Errno::MFILE, Errno::NFILE, Errno::NOMEM].map(Errno::raw_os_error);
                cause.raw_os_error().is_none_or(|number| !of_process.contains(&number))
            }
            LogError::Offline { .. } => true,
            _ => false,
        }
    }
}

/// Names the file in an error of the system.
pub(super) trait At<T> {
    /// The result with the file's name in its error.
    fn at(self, path: &Path) -> Result<T, LogError>;

    /// The same for a sync: one that fails is the failure of the disk also when the disk is full, since nobody knows what
    /// was lost.
    fn at_sync(self, path: &Path) -> Result<T, LogError>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, path: &Path) -> Result<T, LogError> {
        self.map_err(|error| LogError::io(path, error))
    }

    fn at_sync(self, path: &Path) -> Result<T, LogError> {
        self.map_err(|error| LogError::Io { path: path.to_owned(), cause: Arc::new(error) })
    }
}
