//! Why a metadata log cannot be opened or written.

use std::io;
use std::path::{Path, PathBuf};

use super::types::Voter;
use crate::log::LogError;
use crate::model::{NodeId, Offset};

/// Why a metadata log cannot be opened or written.
#[derive(Debug, thiserror::Error)]
pub enum QuorumError {
    /// The disk fails at a file beside the log.
    #[error("{}: {error}", .path.display())]
    Disk {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        #[source]
        error: io::Error,
    },
    /// The log itself cannot be opened or written.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A file has a content that cannot be used.
    #[error("{}: {reason}", .path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A batch is broken, and whole ones follow: this is no write that a crash cut off.
    #[error(
        "{} is corrupt at position {position}: the batch there is broken, and whole batches follow it. Nothing was changed. \
         Restore the directory from a copy; cutting the file there would lose metadata.",
        .path.display()
    )]
    Corrupt {
        /// The segment.
        path: PathBuf,
        /// Where the broken batch begins.
        position: u64,
    },
    /// The log begins where no snapshot ends.
    #[error(
        "{} begins at offset {start}, and no usable snapshot reaches that far: metadata is missing. Restore the \
         directory from a copy.",
        .path.display()
    )]
    Gap {
        /// The directory.
        path: PathBuf,
        /// Where the log begins.
        start: Offset,
    },
    /// The quorum has other members than this node.
    #[error(
        "the metadata log in {} belongs to a quorum of {}, and this node is {node} with the directory id {directory_id}: \
         a quorum of more than this node alone is not supported yet",
        .path.display(), list(voters)
    )]
    OtherVoters {
        /// The directory.
        path: PathBuf,
        /// The members that the log or the configuration names.
        voters: Vec<Voter>,
        /// This node.
        node: NodeId,
        /// This node's directory.
        directory_id: crate::model::Uuid,
    },
    /// The log uses features of a newer release.
    #[error("the metadata in {} cannot be used: {reason}", .path.display())]
    Newer {
        /// The directory.
        path: PathBuf,
        /// Which feature.
        reason: String,
    },
}

fn list(voters: &[Voter]) -> String {
    let one = |voter: &Voter| format!("node {} with the directory id {}", voter.id, voter.directory_id);
    voters.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Says at which path the disk failed.
pub(super) trait At<T> {
    fn at(self, path: &Path) -> Result<T, QuorumError>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, path: &Path) -> Result<T, QuorumError> {
        self.map_err(|error| QuorumError::Disk { path: path.to_owned(), error })
    }
}
