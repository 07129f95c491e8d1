//! `meta.properties`: whose data a log directory holds. Version 1: `node.id`, `cluster.id`, `directory.id`.

use std::path::{Path, PathBuf};

use crate::io::disk::Disk;
use crate::model::{NodeId, Uuid};

use super::checkpoint::{Durable, replace};
use super::error::{At, LogError};

/// The name of the file.
pub(super) const FILE: &str = "meta.properties";
const LENGTH_MAX: u64 = 64 << 10;

/// Whose data a log directory holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetaProperties {
    /// The node.
    pub node_id: NodeId,
    /// The cluster.
    pub cluster_id: String,
    /// The directory itself; a Kafka before 3.7 wrote none.
    pub directory_id: Option<Uuid>,
}

/// Why the file cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum MetaPropertiesError {
    /// The disk refused.
    #[error(transparent)]
    Disk(#[from] LogError),
    /// The text is not what it should be.
    #[error("{}: {reason}", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl MetaProperties {
    /// Reads the file of a log directory; `None` where there is none.
    pub(super) fn read(disk: &dyn Disk, directory: &Path) -> Result<Option<MetaProperties>, MetaPropertiesError> {
        let path = directory.join(FILE);
        let Some(bytes) = disk.read_file(&path, LENGTH_MAX).at(&path)? else { return Ok(None) };
        let malformed = |reason: String| MetaPropertiesError::Malformed { path: path.clone(), reason };
        let text = String::from_utf8(bytes).map_err(|_| malformed("the file is not text".to_owned()))?;
        let value = |key: &str| values(&text).find(|(name, _)| *name == key).map(|(_, value)| value);
        let required = |key: &str| value(key).ok_or_else(|| malformed(format!("it has no {key}")));
        match required("version")? {
            "1" => {}
            // Version 0 is that of a broker under ZooKeeper, whose metadata is not here.
            other => return Err(malformed(format!("version {other} is not known, expected 1"))),
        }
        let number = required("node.id")?;
        let node_id: i32 = number.parse().map_err(|_| malformed(format!("node.id '{number}' is not a number")))?;
        let directory_id = match value("directory.id") {
            Some(text) => Some(text.parse().map_err(|error| malformed(format!("directory.id: {error}")))?),
            None => None,
        };
        Ok(Some(MetaProperties {
            node_id: NodeId(node_id),
            cluster_id: required("cluster.id")?.to_owned(),
            directory_id,
        }))
    }

    /// Writes the file.
    pub(super) fn write(&self, disk: &dyn Disk, directory: &Path) -> Result<(), LogError> {
        let mut text = format!("#\ncluster.id={}\n", self.cluster_id);
        if let Some(id) = self.directory_id {
            text.push_str(&format!("directory.id={id}\n"));
        }
        text.push_str(&format!("node.id={}\nversion=1\n", self.node_id));
        replace(disk, &directory.join(FILE), text.as_bytes(), Durable::Now)
    }
}

/// The keys and values of a Java properties file whose values are ids and numbers, and so need none of its escapes.
fn values(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.starts_with(['#', '!']))
        .filter_map(|line| line.split_once(['=', ':']))
        .map(|(key, value)| (key.trim(), value.trim()))
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test looks at files from outside")]
mod tests {
    use super::*;
    use crate::io::disk::SystemDisk;

    fn meta() -> MetaProperties {
        MetaProperties {
            node_id: NodeId(3),
            cluster_id: "MkU3OEVBNTcwNTJENDM2Qk".to_owned(),
            directory_id: Some(Uuid([9; 16])),
        }
    }

    #[test]
    fn the_file_survives_and_comments_are_passed_over() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert_eq!(MetaProperties::read(&SystemDisk, folder.path()).expect("read"), None);
        meta().write(&SystemDisk, folder.path()).expect("written");
        assert_eq!(MetaProperties::read(&SystemDisk, folder.path()).expect("read"), Some(meta()));
        let kafkas = "#\n#Sat Nov 21 04:00:00 UTC 2026\ncluster.id=MkU3OEVBNTcwNTJENDM2Qk\nnode.id=3\nversion=1\n";
        std::fs::write(folder.path().join(FILE), kafkas).expect("written");
        let read = MetaProperties::read(&SystemDisk, folder.path()).expect("read");
        assert_eq!(read, Some(MetaProperties { directory_id: None, ..meta() }));
    }

    /// Fault A10.
    #[test]
    fn a_broken_file_is_named_and_never_taken_for_none() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for bad in
            ["", "version=0\nbroker.id=1\n", "version=1\nnode.id=x\ncluster.id=a\n", "version=1\nnode.id=1\n", "\0\0"]
        {
            std::fs::write(folder.path().join(FILE), bad).expect("written");
            let error = MetaProperties::read(&SystemDisk, folder.path()).expect_err(bad);
            assert!(error.to_string().contains("meta.properties"), "{error}");
        }
    }
}
