//! `.index` files: offsets and positions, compared with the log.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use super::files::{LogFile, base_offset, read_small, sibling};
use super::tool::{Args, Findings, absolute};
use crate::io::disk::Disk;

const ENTRY_SIZE: usize = 8;

/// The entries of an offset index.
#[derive(Debug)]
pub(super) struct OffsetIndex {
    pub(super) base_offset: i64,
    bytes: Vec<u8>,
}

/// One entry of an offset index: the last offset of a batch and where that batch begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OffsetEntry {
    pub(super) offset: i64,
    pub(super) position: i32,
}

impl OffsetIndex {
    pub(super) fn read(disk: &dyn Disk, path: &Path) -> Result<OffsetIndex> {
        Ok(OffsetIndex { base_offset: base_offset(path)?, bytes: read_small(disk, path)? })
    }

    pub(super) fn entries(&self) -> impl ExactSizeIterator<Item = OffsetEntry> + DoubleEndedIterator {
        let (entries, _) = self.bytes.as_chunks::<ENTRY_SIZE>();
        entries.iter().map(|entry| {
            let [a, b, c, d, e, f, g, h] = *entry;
            OffsetEntry {
                offset: self.base_offset.wrapping_add(i32::from_be_bytes([a, b, c, d]).into()),
                position: i32::from_be_bytes([e, f, g, h]),
            }
        })
    }

    /// Where to begin to look for `offset`.
    pub(super) fn position_before(&self, offset: i64) -> i32 {
        let entries = self.entries().take_while(|entry| entry.offset <= offset);
        entries.last().map_or(0, |entry| entry.position)
    }

    /// The check that a broker makes when it starts.
    fn check_sanity(&self, path: &Path) -> Result<()> {
        let (path, base) = (absolute(path), self.base_offset);
        if let Some(last) = self.entries().next_back().filter(|last| last.offset < base) {
            bail!(
                "Corrupt index found, index file {} has non-zero size but the last offset is {} which is less than the base offset {base}",
                path.display(),
                last.offset
            );
        }
        ensure!(
            self.bytes.len().is_multiple_of(ENTRY_SIZE),
            "Index file {} is corrupt, found {} bytes which is neither positive nor a multiple of {ENTRY_SIZE}",
            path.display(),
            self.bytes.len()
        );
        Ok(())
    }
}

/// Prints or checks an offset index.
pub(super) fn dump(
    args: &Args,
    disk: &dyn Disk,
    path: &Path,
    findings: &mut Findings,
    out: &mut dyn Write,
) -> Result<()> {
    base_offset(path)?;
    let log = LogFile::open(disk, &sibling(path, ".log"))?;
    let index = OffsetIndex::read(disk, path)?;
    if index.entries().len() == 0 {
        writeln!(out, "{} is empty.", path.display())?;
        return Ok(());
    }
    if args.index_sanity_check {
        index.check_sanity(path)?;
        writeln!(out, "{} passed sanity check.", path.display())?;
        return Ok(());
    }
    for (place, entry) in index.entries().enumerate() {
        // The room that an index takes ahead of its entries is zeros, which a crash leaves in the file.
        if entry.offset == index.base_offset && place > 0 {
            return Ok(());
        }
        let last_offset =
            last_offset_at(&log, entry, args.max_message_size).with_context(|| path.display().to_string())?;
        if last_offset != entry.offset {
            findings.index_mismatches.entry(absolute(path)).or_default().insert(entry.offset, last_offset);
        }
        if !args.verify_index_only {
            writeln!(out, "offset: {} position: {}", entry.offset, entry.position)?;
        }
    }
    Ok(())
}

fn last_offset_at(log: &LogFile, entry: OffsetEntry, max_message_size: i32) -> Result<i64> {
    let OffsetEntry { offset, position } = entry;
    let start = u64::try_from(position).with_context(|| format!("Invalid position: {position} of offset {offset}"))?;
    let end = start.saturating_add(u64::try_from(max_message_size).unwrap_or(0));
    let Some(first) = log.entries(start, end).next() else {
        bail!("the entry of offset {offset} points at position {position}, where the log has no whole batch");
    };
    Ok(first?.last_offset().0)
}
