//! The records of `__consumer_offsets` in the files of a broker, which need not run.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::TOPIC;
use crate::cli::dump_log::{Entry, LogFile};
use crate::io::disk::Disk;
use crate::record::Record;

/// Shows the records of all paths to `then`: log directories, directories of single partitions, or `.log` files.
///
/// # Errors
/// A path holds no such log, or a batch is corrupt; what was shown before stays shown.
pub(super) fn read(paths: &[PathBuf], disk: &dyn Disk, then: &mut dyn FnMut(&Record) -> Result<()>) -> Result<()> {
    for path in paths {
        for log in logs_of(disk, path)? {
            each_record(disk, &log, then)?;
        }
    }
    Ok(())
}

/// Shows every record of a log that is no control record to `then`.
fn each_record(disk: &dyn Disk, log: &Path, then: &mut dyn FnMut(&Record) -> Result<()>) -> Result<()> {
    let file = LogFile::open(disk, log)?;
    for entry in file.entries(0, u64::MAX) {
        let Entry::Batch(batch) = entry? else { bail!("{}: a log of a Kafka before 0.11", log.display()) };
        batch.view().check_crc().with_context(|| format!("{} at offset {}", log.display(), batch.base_offset))?;
        if batch.attributes.is_control() {
            continue;
        }
        for record in Entry::records(&batch)? {
            let place = || format!("{} at offset {}", log.display(), record.offset);
            then(&record).with_context(place)?;
        }
    }
    Ok(())
}

/// The segments that a path stands for, in the order of partitions and offsets.
fn logs_of(disk: &dyn Disk, path: &Path) -> Result<Vec<PathBuf>> {
    let stat = disk.stat(path).with_context(|| path.display().to_string())?;
    let Some(stat) = stat else {
        bail!(
            "{}: no such file or directory; name a folder of log.dirs, a partition of {TOPIC}, or a .log file",
            path.display()
        )
    };
    if !stat.is_directory {
        return Ok(vec![path.to_owned()]);
    }
    let segments = segments_of(disk, path)?;
    if !segments.is_empty() {
        return Ok(segments);
    }
    let mut partitions: Vec<(u32, PathBuf)> = Vec::new();
    for entry in disk.list(path).with_context(|| path.display().to_string())? {
        let number = entry.name.strip_prefix(TOPIC).and_then(|rest| rest.strip_prefix('-')?.parse().ok());
        partitions.extend(number.map(|number| (number, path.join(&entry.name))));
    }
    if partitions.is_empty() {
        bail!("{}: neither a partition of {TOPIC} nor a log directory that holds one", path.display());
    }
    partitions.sort();
    let each = partitions.iter().map(|(_, directory)| segments_of(disk, directory));
    Ok(each.collect::<Result<Vec<_>>>()?.concat())
}

fn segments_of(disk: &dyn Disk, directory: &Path) -> Result<Vec<PathBuf>> {
    let entries = disk.list(directory).with_context(|| directory.display().to_string())?;
    let logs = entries.iter().filter(|entry| entry.name.ends_with(".log"));
    let mut paths: Vec<_> = logs.map(|entry| directory.join(&entry.name)).collect();
    // The names are offsets of twenty digits.
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use std::io::IoSlice;

    use bytes::Bytes;

    use super::*;
    use crate::cli::offsets_formatter::OffsetsFormatter;
    use crate::io::disk::{OpenMode, SystemDisk};
    use crate::model::{Offset, Position, Timestamp};
    use crate::record::{BatchBuilder, Codec, NewRecord};

    fn tombstone(group: &str) -> Bytes {
        let mut key = vec![0, 1, 0, 1];
        key.extend(group.bytes());
        key.extend(b"\0\x01t\0\0\0\x03");
        let mut builder = BatchBuilder::new(Codec::None.into()).base_offset(Offset(0));
        builder.append(NewRecord { timestamp: Timestamp(1), key: Some(&key), ..NewRecord::default() });
        builder.append(NewRecord { timestamp: Timestamp(1), key: Some(b"\0\x02\0\x01g"), ..NewRecord::default() });
        builder.build()
    }

    fn put(path: &Path, bytes: &[u8]) {
        SystemDisk.create_dir_all(path.parent().unwrap()).unwrap();
        let file = SystemDisk.open(path, OpenMode::Truncate).unwrap();
        file.write_all_at(&[IoSlice::new(bytes)], Position::ZERO).unwrap();
    }

    fn printed(path: &Path) -> Result<String> {
        let mut text = String::new();
        read(&[path.to_owned()], &SystemDisk, &mut |record| {
            text.extend(OffsetsFormatter::default().text(record)?.map(|line| line + "\n"));
            Ok(())
        })?;
        Ok(text)
    }

    #[test]
    fn a_log_directory_is_read_in_the_order_of_partitions_and_segments() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        put(&root.join("__consumer_offsets-10/00000000000000000000.log"), &tombstone("c"));
        put(&root.join("__consumer_offsets-2/00000000000000000002.log"), &tombstone("b"));
        put(&root.join("__consumer_offsets-2/00000000000000000000.log"), &tombstone("a"));
        put(&root.join("first-0/00000000000000000000.log"), b"");
        assert_eq!(printed(root).unwrap(), "[a,t,3]::NULL\n[b,t,3]::NULL\n[c,t,3]::NULL\n");
        assert_eq!(printed(&root.join("__consumer_offsets-10")).unwrap(), "[c,t,3]::NULL\n");
        let segment = root.join("__consumer_offsets-2/00000000000000000002.log");
        assert_eq!(printed(&segment).unwrap(), "[b,t,3]::NULL\n");
    }

    /// Fault G7: cut, corrupt and foreign files.
    #[test]
    fn a_corrupt_batch_and_a_foreign_directory_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("__consumer_offsets-0/00000000000000000000.log");
        let batch = tombstone("a");
        put(&path, &[&batch[..], &batch[..50]].concat());
        assert_eq!(printed(&path).unwrap(), "[a,t,3]::NULL\n");
        let mut flipped = batch.to_vec();
        flipped[70] ^= 1;
        put(&path, &flipped);
        assert!(format!("{:#}", printed(&path).unwrap_err()).contains("at offset 0: Record is corrupt"));
        let empty = tempfile::tempdir().unwrap();
        assert!(printed(empty.path()).unwrap_err().to_string().contains("neither a partition of __consumer_offsets"));
        assert!(printed(&empty.path().join("none")).unwrap_err().to_string().contains("no such file or directory"));
    }
}
