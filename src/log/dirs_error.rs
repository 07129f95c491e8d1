//! Why the log directories cannot be used.

use std::path::PathBuf;

use crate::model::{NodeId, TopicPartition, Uuid};

use super::error::LogError;
use super::meta_properties::MetaPropertiesError;

/// Why the log directories cannot be used. Each refusal names what is there, what was expected, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum DirsError {
    /// Another broker uses the directory.
    #[error(
        "log directory {} is in use by {}: stop it, or give this broker another log.dirs",
        .path.display(),
        .pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
    )]
    Locked {
        /// The log directory.
        path: PathBuf,
        /// Who holds the lock, where the system knows.
        pid: Option<i32>,
    },
    /// The directory holds another node's data.
    #[error(
        "log directory {} holds the data of node {found}, but this is node {expected}: set node.id={found}, or give this \
         node another log.dirs",
        .path.display()
    )]
    OtherNode {
        /// The log directory.
        path: PathBuf,
        /// This node.
        expected: NodeId,
        /// The node in `meta.properties`.
        found: NodeId,
    },
    /// The directory holds another cluster's data.
    #[error(
        "log directory {} holds the data of cluster {found}, but this cluster is {expected}: give this node another \
         log.dirs",
        .path.display()
    )]
    OtherCluster {
        /// The log directory.
        path: PathBuf,
        /// The cluster that was expected.
        expected: String,
        /// The cluster in `meta.properties`.
        found: String,
    },
    /// There are partitions, and nothing says whose.
    #[error(
        "log directory {} holds partitions (such as {partition}) but no meta.properties says whose they are: bring \
         meta.properties back, or give this node an empty directory",
        .path.display()
    )]
    NoIdentity {
        /// The log directory.
        path: PathBuf,
        /// A partition that it holds.
        partition: TopicPartition,
    },
    /// `meta.properties` cannot be read.
    #[error(transparent)]
    MetaProperties(#[from] MetaPropertiesError),
    /// One directory is listed twice in `log.dirs`.
    #[error("log.dirs lists {} twice", .path.display())]
    ListedTwice {
        /// The log directory.
        path: PathBuf,
    },
    /// Two directories have one id: one is a copy of the other.
    #[error("log directories {} and {} have the same directory.id {id}: one is a copy", .first.display(), .second.display())]
    SameId {
        /// The one directory.
        first: PathBuf,
        /// The other.
        second: PathBuf,
        /// Their id.
        id: Uuid,
    },
    /// A path of `log.dirs` is a file.
    #[error("{} in log.dirs is not a directory", .path.display())]
    NotADirectory {
        /// The path.
        path: PathBuf,
    },
    /// No log directory works.
    #[error("no log directory works: {cause}")]
    NoneLeft {
        /// What is wrong with the last one.
        cause: String,
    },
    /// The disk refuses.
    #[error(transparent)]
    Disk(#[from] LogError),
}
