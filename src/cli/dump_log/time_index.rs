//! `.timeindex` files: timestamps and offsets, compared with the log.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};

use super::files::{Entry, LogFile, base_offset, read_small, sibling};
use super::index::OffsetIndex;
use super::tool::{Args, absolute};
use crate::io::disk::Disk;
use crate::record::DECOMPRESSED_BYTES_MAX;

const ENTRY_SIZE: usize = 12;

/// What disagrees, per file, in the order in which it was found.
#[derive(Debug, Default)]
pub(super) struct TimeFindings {
    /// The timestamp of an entry, and the largest of its batch.
    mismatches: BTreeMap<PathBuf, Vec<(i64, i64)>>,
    /// The timestamp of an entry, and the one before it that is no smaller.
    disorder: BTreeMap<PathBuf, Vec<(i64, i64)>>,
    /// The offset of an entry, and the last offset of the batch that holds it, or -1.
    missing: BTreeMap<PathBuf, Vec<(i64, i64)>>,
}

impl TimeFindings {
    pub(super) fn print(&self, err: &mut dyn Write) -> Result<()> {
        for (file, pairs) in &self.mismatches {
            writeln!(err, "Found timestamp mismatch in :{}", file.display())?;
            for (index, log) in pairs {
                writeln!(err, "  Index timestamp: {index}, log timestamp: {log}")?;
            }
        }
        for (file, pairs) in &self.disorder {
            writeln!(err, "Found out of order timestamp in :{}", file.display())?;
            for (index, before) in pairs {
                writeln!(err, "  Index timestamp: {index}, Previously indexed timestamp: {before}")?;
            }
        }
        for (file, pairs) in &self.missing {
            writeln!(err, "The following indexed offsets are not found in :{}", file.display())?;
            for (index, log) in pairs {
                writeln!(err, "Indexed offset: {index}, found log offset: {log}")?;
            }
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Copy)]
struct TimeEntry {
    timestamp: i64,
    offset: i64,
}

/// Prints or checks a time index.
pub(super) fn dump(
    args: &Args,
    disk: &dyn Disk,
    path: &Path,
    findings: &mut TimeFindings,
    out: &mut dyn Write,
) -> Result<()> {
    let base = base_offset(path)?;
    let log = LogFile::open(disk, &sibling(path, ".log"))?;
    let index = OffsetIndex::read(disk, &sibling(path, ".index"))?;
    let bytes = read_small(disk, path)?;
    let entries = entries(&bytes, base);
    if args.index_sanity_check {
        check_sanity(&entries, base, bytes.len(), path)?;
        writeln!(out, "{} passed sanity check.", path.display())?;
        return Ok(());
    }
    let mut before = -1;
    for (place, entry) in entries.into_iter().enumerate() {
        // The room that an index takes ahead of its entries is zeros, which a crash leaves in the file.
        if entry.offset == base && place > 0 {
            return Ok(());
        }
        compare(&log, &index, entry, before, path, findings)?;
        if !args.verify_index_only {
            writeln!(out, "timestamp: {} offset: {}", entry.timestamp, entry.offset)?;
        }
        before = entry.timestamp;
    }
    Ok(())
}

fn entries(bytes: &[u8], base: i64) -> Vec<TimeEntry> {
    let (entries, _) = bytes.as_chunks::<ENTRY_SIZE>();
    let entry = |bytes: &[u8; ENTRY_SIZE]| {
        let [timestamp @ .., a, b, c, d] = *bytes;
        TimeEntry {
            timestamp: i64::from_be_bytes(timestamp),
            offset: base.wrapping_add(i32::from_be_bytes([a, b, c, d]).into()),
        }
    };
    entries.iter().map(entry).collect()
}

fn compare(
    log: &LogFile,
    index: &OffsetIndex,
    entry: TimeEntry,
    before: i64,
    path: &Path,
    findings: &mut TimeFindings,
) -> Result<()> {
    let start = u64::try_from(index.position_before(entry.offset)).unwrap_or(0);
    let mut found = None;
    for candidate in log.entries(start, u64::MAX) {
        let candidate = candidate?;
        if candidate.last_offset().0 >= entry.offset {
            found = Some(candidate);
            break;
        }
    }
    let file = || absolute(path);
    match found {
        Some(batch) if batch.last_offset().0 == entry.offset => {
            let largest = max_timestamp(&batch)?;
            if largest != entry.timestamp {
                findings.mismatches.entry(file()).or_default().push((entry.timestamp, largest));
            }
            if before >= entry.timestamp {
                findings.disorder.entry(file()).or_default().push((entry.timestamp, before));
            }
        }
        other => {
            let last_offset = other.map_or(-1, |batch| batch.last_offset().0);
            findings.missing.entry(file()).or_default().push((entry.offset, last_offset));
        }
    }
    Ok(())
}

fn max_timestamp(entry: &Entry) -> Result<i64> {
    let largest = match entry {
        Entry::Batch(batch) => Entry::records(batch)?.iter().map(|record| record.timestamp.0).max(),
        Entry::Message(message) => {
            message.inner(DECOMPRESSED_BYTES_MAX)?.iter().map(|message| message.timestamp.0).max()
        }
    };
    Ok(largest.unwrap_or(-1).max(-1))
}

/// The check that a broker makes when it starts.
fn check_sanity(entries: &[TimeEntry], base: i64, length: usize, path: &Path) -> Result<()> {
    let path = absolute(path);
    if let (Some(first), Some(last)) = (entries.first(), entries.last()) {
        if last.timestamp < first.timestamp {
            bail!(
                "Corrupt time index found, time index file ({}) has non-zero size but the last timestamp is {} which is less than the first timestamp {}",
                path.display(),
                last.timestamp,
                first.timestamp
            );
        }
        if last.offset < base {
            bail!(
                "Corrupt time index found, time index file ({}) has non-zero size but the last offset is {} which is less than the first offset {base}",
                path.display(),
                last.offset
            );
        }
    }
    ensure!(
        length.is_multiple_of(ENTRY_SIZE),
        "Time index file {} is corrupt, found {length} bytes which is neither positive nor a multiple of {ENTRY_SIZE}",
        path.display()
    );
    Ok(())
}
