//! What an interrupted deletion, compaction or split leaves in a partition's directory.
//!
//! `.deleted` and `.cleaned` files go. `.swap` files at or above the smallest `.cleaned` base belong to a split that was
//! not finished, and go. The others are finished: the segments that they replace go, and they lose their suffix. A crash
//! at any of these steps leaves a directory in which the same steps lead to the same end.

use std::sync::Arc;

use crate::model::Offset;

use super::error::{At, LogError};
use super::place::{CLEANED, DELETED, LOG, Place, SWAP, offset_in};
use super::segment::Segment;

/// The end of the name of a metadata snapshot that is to be removed; those belong to `quorum`.
const SNAPSHOT_DELETED: &str = ".checkpoint.deleted";

/// Removes leftovers and finishes swaps.
pub(super) fn clear(place: &Arc<Place>) -> Result<(), LogError> {
    let names = file_names(place)?;
    remove(place, names.iter().filter(|name| name.ends_with(DELETED) && !name.ends_with(SNAPSHOT_DELETED)))?;
    let cleaned = || names.iter().filter(|name| name.ends_with(CLEANED));
    let swaps = || names.iter().filter(|name| name.ends_with(SWAP));
    if let Some(first_cleaned) = cleaned().filter_map(|name| offset_in(name)).min() {
        remove(place, swaps().filter(|name| offset_in(name).is_some_and(|offset| offset >= first_cleaned)))?;
        remove(place, cleaned())?;
    }
    if swaps().next().is_some() { finish_swaps(place) } else { Ok(()) }
}

fn file_names(place: &Place) -> Result<Vec<String>, LogError> {
    let directory = place.directory();
    let entries = place.disk.list(&directory).at(&directory)?;
    Ok(entries.into_iter().filter(|entry| !entry.stat.is_directory).map(|entry| entry.name).collect())
}

fn remove<'a>(place: &Place, names: impl Iterator<Item = &'a String>) -> Result<(), LogError> {
    for name in names {
        let path = place.file(name);
        tracing::debug!(path = %path.display(), "removing a leftover file");
        place.disk.remove_file_if_exists(&path).at(&path)?;
    }
    Ok(())
}

fn finish_swaps(place: &Arc<Place>) -> Result<(), LogError> {
    let names = file_names(place)?;
    let swapped_log = format!("{LOG}{SWAP}");
    let mut replaced: Option<(Offset, Offset)> = None;
    for name in names.iter().filter(|name| name.ends_with(&swapped_log)) {
        let Some(base) = offset_in(name) else { continue };
        let end = swap_end(place, name, base)?;
        let (first, last) = replaced.unwrap_or((base, end));
        replaced = Some((first.min(base), last.max(end)));
    }
    if let Some((first, end)) = replaced {
        let is_replaced = |name: &&String| {
            !name.ends_with(SWAP) && offset_in(name).is_some_and(|offset| (first..end).contains(&offset))
        };
        remove(place, names.iter().filter(is_replaced))?;
    }
    for name in names.iter().filter(|name| name.ends_with(SWAP)) {
        let (from, to) = (place.file(name), place.file(name.trim_end_matches(SWAP)));
        tracing::info!(path = %to.display(), "finishing an interrupted swap");
        place.disk.rename(&from, &to).at(&from)?;
    }
    let directory = place.directory();
    place.disk.sync_directory(&directory).at_sync(&directory)
}

/// The offset behind the last batch of a swap file, which replaces everything between its base and that.
fn swap_end(place: &Arc<Place>, name: &str, base: Offset) -> Result<Offset, LogError> {
    let path = place.file(name);
    let length = place.disk.stat(&path).at(&path)?.map_or(0, |stat| stat.length);
    Segment::swap(place, base, length)?.next_offset()
}
