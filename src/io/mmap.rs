//! Read-only memory maps behind an API that cannot crash its user.
//!
//! A map hands out copies, never references: a reference into a shared map could change under its holder. Reading past
//! the end of the file kills a process with SIGBUS, so every read first checks the length that the map was made with;
//! whoever shrinks a mapped file below that length must have dropped its maps (the indexes of `log` hold a lock for it).

use std::fmt;
use std::fs::File;
use std::io;

use crate::model::Position;

/// A file, or its first bytes, mapped for reading.
pub struct Map {
    bytes: memmap2::Mmap,
}

impl Map {
    /// Maps the first `length` bytes of `file`.
    ///
    /// # Errors
    /// The file is shorter than `length`, or the system refuses the map.
    #[allow(unsafe_code, reason = "memory maps enter the program here")]
    pub fn of(file: &File, length: usize) -> io::Result<Map> {
        let actual = file.metadata()?.len();
        if usize::try_from(actual).unwrap_or(usize::MAX) < length {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                format!("cannot map {length} bytes of a file of {actual}"),
            ));
        }
        // SAFETY: the map is only ever read by copying bytes out of it through a raw slice of `u8`, for which every bit
        // pattern is valid; the file was checked to be at least this long, and the module's contract keeps it so.
        let bytes = unsafe { memmap2::MmapOptions::new().len(length).map(file)? };
        Ok(Map { bytes })
    }

    /// How many bytes are mapped.
    #[must_use]
    pub fn length(&self) -> usize {
        self.bytes.len()
    }

    /// Copies the bytes at `position` into `buffer`; false, and nothing copied, where they are not all mapped.
    #[must_use]
    pub fn copy_to(&self, buffer: &mut [u8], position: Position) -> bool {
        let Ok(start) = usize::try_from(position.0) else { return false };
        let Some(end) = start.checked_add(buffer.len()) else { return false };
        match self.bytes.get(start..end) {
            Some(source) => {
                buffer.copy_from_slice(source);
                true
            }
            None => false,
        }
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Map({} bytes)", self.length())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_map_never_reaches_past_its_length() {
        let mut file = tempfile::tempfile().expect("a temporary file");
        file.write_all(b"0123456789").expect("written");
        let map = Map::of(&file, 8).expect("mapped");
        let mut buffer = [0; 4];
        assert!(map.copy_to(&mut buffer, Position(4)));
        assert_eq!(&buffer, b"4567");
        assert!(!map.copy_to(&mut buffer, Position(5)));
        assert!(!map.copy_to(&mut buffer, Position(u64::MAX)));
    }

    #[test]
    fn a_map_longer_than_its_file_is_refused() {
        let file = tempfile::tempfile().expect("a temporary file");
        assert!(Map::of(&file, 1).is_err());
    }

    #[test]
    fn a_map_sees_what_is_written_to_the_file_later() {
        let file = tempfile::tempfile().expect("a temporary file");
        file.set_len(4096).expect("grown");
        let map = Map::of(&file, 4096).expect("mapped");
        std::os::unix::fs::FileExt::write_all_at(&file, b"late", 100).expect("written");
        let mut buffer = [0; 4];
        assert!(map.copy_to(&mut buffer, Position(100)));
        assert_eq!(&buffer, b"late");
    }
}
