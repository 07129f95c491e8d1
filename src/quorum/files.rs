//! Small files of the metadata log's directory, replaced as a whole and made durable.

use std::io::IoSlice;
use std::path::Path;

use crate::io::disk::{Disk, OpenMode};
use crate::model::Position;

/// Replaces a file: after a crash it holds the old content or the new one.
pub(super) fn replace(disk: &dyn Disk, directory: &Path, name: &str, content: &[u8]) -> std::io::Result<()> {
    let temporary = directory.join(format!("{name}.tmp"));
    let file = disk.open(&temporary, OpenMode::Truncate)?;
    file.write_all_at(&[IoSlice::new(content)], Position::ZERO)?;
    file.sync_all()?;
    disk.rename(&temporary, &directory.join(name))?;
    disk.sync_directory(directory)
}
