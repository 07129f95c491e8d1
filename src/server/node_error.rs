//! Why a node does not start, or cannot go on.

use std::io;
use std::path::PathBuf;

use crate::config::ConfigError;
use crate::log::{DirsError, LogError};
use crate::model::Failure;
use crate::quorum::QuorumError;

/// Why a node does not start, or cannot go on. Each sentence says what is wrong, where, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// A property is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// An address cannot be listened on.
    #[error("cannot listen on {listener}: {cause}; stop what listens there, or change listeners")]
    Listen {
        /// The listener, as configured.
        listener: String,
        /// What the operating system says.
        cause: io::Error,
    },
    /// A listener wants a protocol that this release does not speak.
    #[error("listener {listener} needs {protocol}, which this release does not speak; use PLAINTEXT")]
    Protocol {
        /// The listener, as configured.
        listener: String,
        /// The protocol.
        protocol: &'static str,
    },
    /// The log directories cannot be used.
    #[error(transparent)]
    Dirs(#[from] DirsError),
    /// A log cannot be used.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The metadata log cannot be used.
    #[error("the metadata log cannot be used: {0}")]
    Quorum(#[from] QuorumError),
    /// The metadata log failed while the node ran.
    #[error("the metadata log failed: {0}")]
    MetadataLog(String),
    /// The metadata log is to be in a directory that does not work.
    #[error("the metadata log's directory {} does not work", .0.display())]
    MetadataDir(PathBuf),
    /// The metadata log is in another place than the settings say.
    #[error(
        "the metadata log is {}: move it to {}, or set metadata.log.dir to where it is",
        found.display(),
        wanted.display()
    )]
    MetadataElsewhere {
        /// Where it is.
        found: PathBuf,
        /// Where it is to be.
        wanted: PathBuf,
    },
    /// There are replicas, and no metadata log that knows of them.
    #[error(
        "there is no metadata log {}, and a new one would not know of replicas like {}: bring it back, set metadata.log.dir to \
         where it is, or give this broker another log.dirs",
        wanted.display(),
        replica.display()
    )]
    MetadataGone {
        /// Where it should be.
        wanted: PathBuf,
        /// The directory of a partition.
        replica: PathBuf,
    },
    /// The controller does not take this broker into the cluster.
    #[error("the controller refused this broker: {0}")]
    Refused(#[from] Failure),
    /// The operating system refuses threads, signals or sockets.
    #[error("the operating system refused: {0}")]
    System(#[from] io::Error),
    /// No log directory is left.
    #[error("every log directory has failed; see the log for the first failure of each")]
    NoLogDir,
}
