//! Kafka's checkpoint files: a version, a count and one entry a line, replaced as a whole.
//!
//! A file is written beside its place, synced, renamed over it, and its directory synced, so that after a crash it holds
//! the old content or the new one. An empty file means "no entries": Kafka makes its files empty.

use std::collections::BTreeMap;
use std::io::IoSlice;
use std::path::{Path, PathBuf};

use crate::io::disk::{Disk, OpenMode};
use crate::model::{LeaderEpoch, Offset, Position, TopicPartition};

use super::error::{At, LogError};

/// The only version of these files.
const VERSION: &str = "0";
/// No checkpoint is longer: a line is at most 280 bytes, a directory holds at most some hundred thousand partitions.
const LENGTH_MAX: u64 = 256 << 20;

/// Why a checkpoint could not be used.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The disk refused.
    #[error(transparent)]
    Disk(#[from] LogError),
    /// The text is not a checkpoint's.
    #[error("{}, line {line}: {reason}", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, from 1 on.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
}

/// Whether a replaced file must be on the disk before the call returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Durable {
    /// Yes: file and directory are synced.
    Now,
    /// No: somebody syncs it later, before relying on it.
    Later,
}

/// Replaces a file as a whole.
pub(super) fn replace(disk: &dyn Disk, path: &Path, content: &[u8], durable: Durable) -> Result<(), LogError> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".tmp");
    let temporary = PathBuf::from(temporary);
    let file = disk.open(&temporary, OpenMode::Truncate).at(&temporary)?;
    file.write_all_at(&[IoSlice::new(content)], Position::ZERO).at(&temporary)?;
    if durable == Durable::Now {
        file.sync_all().at_sync(&temporary)?;
    }
    disk.rename(&temporary, path).at(path)?;
    if durable == Durable::Now
        && let Some(directory) = path.parent()
    {
        disk.sync_directory(directory).at_sync(directory)?;
    }
    Ok(())
}

/// The text of a checkpoint with these lines.
fn text<Line: std::fmt::Display>(lines: impl ExactSizeIterator<Item = Line>) -> Vec<u8> {
    use std::fmt::Write as _;
    let mut text = format!("{VERSION}\n{}\n", lines.len());
    for line in lines {
        writeln!(text, "{line}").expect("a string takes every write");
    }
    text.into_bytes()
}

/// Reads a checkpoint; a missing or empty file has no entries.
fn read<T>(disk: &dyn Disk, path: &Path, parse: impl Fn(&[&str]) -> Option<T>) -> Result<Vec<T>, CheckpointError> {
    let Some(bytes) = disk.read_file(path, LENGTH_MAX).at(path)? else { return Ok(Vec::new()) };
    let malformed = |line: usize, reason: String| CheckpointError::Malformed { path: path.to_owned(), line, reason };
    let text = std::str::from_utf8(&bytes).map_err(|_| malformed(1, "the file is not text".to_owned()))?;
    let mut lines = text.lines().zip(1..);
    let Some((version, _)) = lines.next() else { return Ok(Vec::new()) };
    if version != VERSION {
        return Err(malformed(1, format!("version '{version}', expected {VERSION}")));
    }
    let Some((count, _)) = lines.next() else { return Ok(Vec::new()) };
    let count: usize = count.parse().map_err(|_| malformed(2, format!("'{count}' is not a count")))?;
    let mut entries = Vec::new();
    for (line, number) in lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        entries.push(parse(&words).ok_or_else(|| malformed(number, format!("'{line}' is not an entry")))?);
    }
    if entries.len() != count {
        return Err(malformed(2, format!("{count} entries announced, {} found", entries.len())));
    }
    Ok(entries)
}

/// An offset for each partition: the recovery points, log starts or high watermarks of a log directory.
pub type Offsets = BTreeMap<TopicPartition, Offset>;

/// Writes a file of offsets, such as `recovery-point-offset-checkpoint`.
pub(super) fn write_offsets(disk: &dyn Disk, path: &Path, offsets: &Offsets) -> Result<(), LogError> {
    let lines = offsets.iter().map(|(at, offset)| format!("{} {} {offset}", at.topic, at.partition));
    replace(disk, path, &text(lines), Durable::Now)
}

/// Reads a file of offsets.
pub(super) fn read_offsets(disk: &dyn Disk, path: &Path) -> Result<Offsets, CheckpointError> {
    let entries = read(disk, path, |words| match words {
        [topic, partition, offset] => {
            Some((TopicPartition::new(*topic, partition.parse().ok()?), Offset(offset.parse().ok()?)))
        }
        _ => None,
    })?;
    Ok(entries.into_iter().collect())
}

/// Where an epoch of leadership starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EpochEntry {
    /// The epoch.
    pub epoch: LeaderEpoch,
    /// Its first offset.
    pub start_offset: Offset,
}

/// Writes `leader-epoch-checkpoint`.
pub(super) fn write_epochs(
    disk: &dyn Disk,
    path: &Path,
    epochs: &[EpochEntry],
    durable: Durable,
) -> Result<(), LogError> {
    let lines = epochs.iter().map(|entry| format!("{} {}", entry.epoch.0, entry.start_offset));
    replace(disk, path, &text(lines), durable)
}

/// Reads `leader-epoch-checkpoint`.
pub(super) fn read_epochs(disk: &dyn Disk, path: &Path) -> Result<Vec<EpochEntry>, CheckpointError> {
    read(disk, path, |words| match words {
        [epoch, start_offset] => Some(EpochEntry {
            epoch: LeaderEpoch(epoch.parse().ok().filter(|epoch| *epoch >= 0)?),
            start_offset: Offset(start_offset.parse().ok().filter(|offset| *offset >= 0)?),
        }),
        _ => None,
    })
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test looks at files from outside")]
mod tests {
    use super::*;
    use crate::io::disk::SystemDisk;

    fn offsets() -> Offsets {
        [("b", 0, 7), ("a", 1, 0), ("a", 10, i64::MAX)]
            .into_iter()
            .map(|(topic, partition, offset)| (TopicPartition::new(topic, partition), Offset(offset)))
            .collect()
    }

    #[test]
    fn offsets_are_written_as_kafka_writes_them() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("recovery-point-offset-checkpoint");
        write_offsets(&SystemDisk, &path, &offsets()).expect("written");
        let text = std::fs::read_to_string(&path).expect("read");
        assert_eq!(text, format!("0\n3\na 1 0\na 10 {}\nb 0 7\n", i64::MAX));
        assert_eq!(read_offsets(&SystemDisk, &path).expect("read"), offsets());
        assert!(!folder.path().join("recovery-point-offset-checkpoint.tmp").exists());
    }

    /// Fault B3.
    #[test]
    fn a_missing_or_empty_checkpoint_has_no_entries_and_a_broken_one_is_an_error() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("checkpoint");
        assert!(read_offsets(&SystemDisk, &path).expect("missing").is_empty());
        for good in ["", "0\n", "0\n0\n"] {
            std::fs::write(&path, good).expect("written");
            assert!(read_offsets(&SystemDisk, &path).expect(good).is_empty());
        }
        for bad in [
            "1\n0\n",
            "0\nx\n",
            "0\n1\n",
            "0\n1\na 0\n",
            "0\n0\na 0 0\n",
            "0\n1\na x 0\n",
            "\0\0\0\0",
            "\u{feff}0\n0\n",
        ] {
            std::fs::write(&path, bad).expect("written");
            assert!(read_offsets(&SystemDisk, &path).is_err(), "{bad:?}");
        }
        std::fs::write(&path, [0xff, 0xfe]).expect("written");
        assert!(read_offsets(&SystemDisk, &path).is_err());
    }
}
