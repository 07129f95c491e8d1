//! Small files of the metadata log's directory, replaced as a whole and made durable.

use std::io::IoSlice;
use std::path::Path;

use crate::io::disk::{Disk, OpenMode};
use crate::model::Position;

/// Replaces files: after a crash each holds its old content or its new one.
pub(super) fn replace(disk: &dyn Disk, directory: &Path, contents: &[(&str, &str)]) -> std::io::Result<()> {
    for (name, content) in contents {
        let temporary = directory.join(format!("{name}.tmp"));
        let file = disk.open(&temporary, OpenMode::Truncate)?;
        file.write_all_at(&[IoSlice::new(content.as_bytes())], Position::ZERO)?;
        file.sync_all()?;
        disk.rename(&temporary, &directory.join(name))?;
    }
    disk.sync_directory(directory)
}
