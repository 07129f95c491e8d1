//! Files that are to be removed after `file.delete.delay.ms`: until then a slow reader may still read them.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use crate::io::disk::Disk;
use crate::model::Timestamp;

use super::error::{At, LogError};

/// Files on their way out. Those that a stop leaves behind are removed by the next start.
#[derive(Debug, Default)]
pub(super) struct Removals {
    waiting: Mutex<Vec<(Timestamp, PathBuf)>>,
}

impl Removals {
    pub(super) fn add(&self, due: Timestamp, paths: impl IntoIterator<Item = PathBuf>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.extend(paths.into_iter().map(|path| (due, path)));
    }

    /// Removes the files whose time has come.
    pub(super) fn remove_due(&self, disk: &dyn Disk, now: Timestamp) -> Result<(), LogError> {
        let due: Vec<PathBuf> = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let (due, later): (Vec<_>, Vec<_>) = waiting.drain(..).partition(|(due, _)| *due <= now);
            *waiting = later;
            due.into_iter().map(|(_, path)| path).collect()
        };
        for path in due {
            disk.remove_file_if_exists(&path).at(&path)?;
        }
        Ok(())
    }
}
