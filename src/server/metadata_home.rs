//! Where the metadata log lies: in the first of `log.dirs`, or where `metadata.log.dir` says. A new one begins only where
//! there is nothing that it would know nothing of.

use std::path::{Path, PathBuf};

use super::assembly::{self, Ground};
use super::node_error::NodeError;
use crate::config::BrokerConfig;
use crate::log::Dirs;
use crate::quorum::DIRECTORY;

/// The directory that holds the metadata log.
pub(super) fn directory(config: &BrokerConfig) -> PathBuf {
    let first = || config.data_folders().first().map(PathBuf::from);
    config.metadata_log_dir.as_ref().map(PathBuf::from).or_else(first).unwrap_or_default()
}

/// Opens the directory of the metadata log where it is none of the partitions' directories.
///
/// # Errors
/// As for any log directory; or the metadata log would begin anew beside replicas or beside another metadata log.
pub(super) fn open(ground: &Ground, data: &Dirs) -> Result<Option<Dirs>, NodeError> {
    let home = directory(&ground.config);
    let is_apart = !ground.config.data_folders().iter().any(|folder| Path::new(folder) == home);
    let apart = is_apart.then(|| assembly::open(ground, vec![home.clone()])).transpose()?;
    let holds_log = |path: &Path| matches!(ground.disk.stat(&path.join(DIRECTORY)), Ok(Some(_)));
    if holds_log(&home) {
        return Ok(apart);
    }
    for dir in data.log_dirs() {
        if holds_log(dir.path()) {
            return Err(NodeError::MetadataElsewhere { found: dir.path().join(DIRECTORY), wanted: home });
        }
        if let Some(replica) = dir.replica()? {
            return Err(NodeError::MetadataGone { wanted: home.join(DIRECTORY), replica });
        }
    }
    Ok(apart)
}
