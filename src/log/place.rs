//! The names of a partition's files and the directory they are in.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::io::disk::Disk;
use crate::model::Offset;

/// The batches of a segment.
pub(super) const LOG: &str = ".log";
/// The offset index of a segment.
pub(super) const OFFSET_INDEX: &str = ".index";
/// The time index of a segment.
pub(super) const TIME_INDEX: &str = ".timeindex";
/// The aborted transactions of a segment.
pub(super) const TXN_INDEX: &str = ".txnindex";
/// The producers up to an offset.
pub(super) const SNAPSHOT: &str = ".snapshot";
/// Added to the name of a file that is to be removed after `file.delete.delay.ms`.
pub(super) const DELETED: &str = ".deleted";
/// Added to the name of a file that the cleaner is writing.
pub(super) const CLEANED: &str = ".cleaned";
/// Added to the name of a file that the cleaner has finished and is putting in place.
pub(super) const SWAP: &str = ".swap";
/// The leader epochs of a partition.
pub(super) const EPOCHS: &str = "leader-epoch-checkpoint";
/// The topic id of a partition.
pub(super) const METADATA: &str = "partition.metadata";

/// Every kind of file that a segment has.
pub(super) const SEGMENT_FILES: [&str; 4] = [LOG, OFFSET_INDEX, TIME_INDEX, TXN_INDEX];

/// The name of a file of the segment, or of the snapshot, at `offset`.
pub(super) fn file_name(offset: Offset, kind: &str) -> String {
    format!("{:020}{kind}", offset.0)
}

/// The offset in a file's name: all digits before its first dot. `None` where there are none.
pub(super) fn offset_in(name: &str) -> Option<Offset> {
    let digits = name.split('.').next()?;
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok().map(Offset)
}

/// The offset in the name of a file of exactly this kind.
pub(super) fn offset_of(name: &str, kind: &str) -> Option<Offset> {
    offset_in(name).filter(|offset| file_name(*offset, kind) == name)
}

/// The directory of a partition. Its segments share one, since it is renamed under them when the partition is deleted.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) disk: Arc<dyn Disk>,
    directory: ArcSwap<PathBuf>,
}

impl Place {
    pub(super) fn new(disk: Arc<dyn Disk>, directory: &Path) -> Arc<Place> {
        Arc::new(Place { disk, directory: ArcSwap::from_pointee(directory.to_owned()) })
    }

    pub(super) fn directory(&self) -> Arc<PathBuf> {
        self.directory.load_full()
    }

    pub(super) fn move_to(&self, directory: &Path) {
        self.directory.store(Arc::new(directory.to_owned()));
    }

    pub(super) fn path(&self, offset: Offset, kind: &str) -> PathBuf {
        self.file(&file_name(offset, kind))
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.directory.load().join(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_twenty_digits() {
        assert_eq!(file_name(Offset(42), LOG), "00000000000000000042.log");
        assert_eq!(offset_of("00000000000000000042.log", LOG), Some(Offset(42)));
        assert_eq!(offset_in("00000000000000000042.timeindex.deleted"), Some(Offset(42)));
        for name in [
            "42.log",
            "00000000000000000042.index",
            "x.log",
            ".log",
            "-0000000000000000042.log",
            "99999999999999999999.log",
        ] {
            assert_eq!(offset_of(name, LOG), None, "{name}");
        }
    }
}
