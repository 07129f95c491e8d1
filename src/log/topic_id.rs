//! `partition.metadata`: which topic id a partition's directory belongs to.

use crate::model::Uuid;

use super::checkpoint::{Durable, replace};
use super::error::{At, LogError};
use super::place::{METADATA, Place};

const VERSION: &str = "0";
const LENGTH_MAX: u64 = 4096;

/// The topic id in a directory. Where there is none, `expected` is written, if it is known.
pub(super) fn open(place: &Place, expected: Option<Uuid>) -> Result<Option<Uuid>, LogError> {
    let path = place.file(METADATA);
    let found = match place.disk.read_file(&path, LENGTH_MAX).at(&path)? {
        // A crash can leave the file empty, since it is not synced before the first flush.
        Some(bytes) if !bytes.is_empty() => Some(parse(&bytes).ok_or_else(|| LogError::Inconsistent {
            path: place.directory().to_path_buf(),
            reason: format!("{METADATA} is not in the form 'version: 0' and 'topic_id: ID'"),
        })?),
        _ => None,
    };
    match (found, expected) {
        (Some(found), Some(expected)) if found != expected => {
            Err(LogError::TopicIdMismatch { path: place.directory().to_path_buf(), expected, found })
        }
        (Some(found), _) => Ok(Some(found)),
        (None, Some(expected)) => {
            let directory = place.directory();
            place.disk.create_dir_all(&directory).at(&directory)?;
            replace(&*place.disk, &path, text(expected).as_bytes(), Durable::Later)?;
            Ok(Some(expected))
        }
        (None, None) => Ok(None),
    }
}

/// Makes the file durable.
pub(super) fn sync(place: &Place) -> Result<(), LogError> {
    let path = place.file(METADATA);
    match place.disk.open(&path, crate::io::disk::OpenMode::Read) {
        Ok(file) => file.sync_all().at_sync(&path),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(LogError::io(path, error)),
    }
}

fn text(id: Uuid) -> String {
    format!("version: {VERSION}\ntopic_id: {id}")
}

fn parse(bytes: &[u8]) -> Option<Uuid> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut lines = text.lines();
    let mut value =
        |key: &str| lines.next()?.split_once(':').filter(|(name, _)| name.trim() == key).map(|(_, v)| v.trim());
    if value("version")? != VERSION {
        return None;
    }
    value("topic_id")?.parse().ok().filter(|id: &Uuid| !id.is_zero())
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test looks at files from outside")]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::io::disk::SystemDisk;

    #[test]
    fn the_file_is_kafkas_and_another_id_is_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let place = Place::new(Arc::new(SystemDisk), folder.path());
        let id = Uuid([7; 16]);
        assert_eq!(open(&place, None).expect("nothing there"), None);
        assert_eq!(open(&place, Some(id)).expect("written"), Some(id));
        let text = std::fs::read_to_string(folder.path().join(METADATA)).expect("there");
        assert_eq!(text, "version: 0\ntopic_id: BwcHBwcHBwcHBwcHBwcHBw");
        assert_eq!(open(&place, None).expect("read"), Some(id));
        let refused = open(&place, Some(Uuid([8; 16])));
        assert!(matches!(refused, Err(LogError::TopicIdMismatch { found, .. }) if found == id));
    }

    /// Fault B5.
    #[test]
    fn a_broken_file_is_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let place = Place::new(Arc::new(SystemDisk), folder.path());
        for bad in ["version: 1\ntopic_id: BwcHBwcHBwcHBwcHBwcHBw", "version: 0", "version: 0\ntopic_id: x", "\0\0\0"] {
            std::fs::write(folder.path().join(METADATA), bad).expect("written");
            assert!(matches!(open(&place, None), Err(LogError::Inconsistent { .. })), "{bad:?}");
        }
    }
}
