//! File bytes into a socket without copying them, and the question whether they are in memory.
//!
//! `sendfile` blocks the calling thread while cold pages are read from disk, also on a non-blocking socket. So a range is
//! probed first, and a cold one is [`warm`]ed on a thread that may block.

use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, BorrowedFd};

use rustix::io::{Errno, ReadWriteFlags};
use rustix::net::{SendAncillaryBuffer, SendFlags};

use crate::model::Position;

/// At most so many bytes go out in one call, so that one fast reader does not hold its thread.
pub const SENDFILE_BYTES_MAX: usize = 1 << 20;

/// A range of an open file.
#[derive(Debug, Clone, Copy)]
pub struct Range<'a> {
    /// The file.
    pub file: BorrowedFd<'a>,
    /// Where the range starts.
    pub position: Position,
    /// How many bytes it has.
    pub length: usize,
}

/// What a probe of the page cache found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resident {
    /// Reading does not wait for the disk, or nobody can say.
    Yes,
    /// At least one page must be read from disk first.
    No,
    /// The file ends before the range does.
    Truncated,
}

/// Sends up to [`SENDFILE_BYTES_MAX`] bytes of `range` to a non-blocking socket and says how many. 0 means that the file
/// is shorter than the range.
///
/// # Errors
/// `WouldBlock` when the socket is full; else what the operating system says.
pub fn send(socket: impl AsFd, range: Range<'_>) -> io::Result<usize> {
    let mut position = range.position.0;
    let length = range.length.min(SENDFILE_BYTES_MAX);
    loop {
        match rustix::fs::sendfile(&socket, range.file, Some(&mut position), length) {
            Err(Errno::INTR) => {}
            sent => return Ok(sent?),
        }
    }
}

/// What follows the bytes of one write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Following {
    /// Nothing yet: the kernel sends at once.
    Nothing,
    /// More bytes at once: the kernel may put both into one packet.
    More,
}

/// Writes pieces to a non-blocking socket with one call and says how many bytes it took.
///
/// # Errors
/// `WouldBlock` when the socket is full; else what the operating system says.
pub fn write(socket: impl AsFd, pieces: &[IoSlice<'_>], following: Following) -> io::Result<usize> {
    let mut flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
    if following == Following::More {
        flags |= SendFlags::MORE;
    }
    loop {
        match rustix::net::sendmsg(&socket, pieces, &mut SendAncillaryBuffer::default(), flags) {
            Err(Errno::INTR) => {}
            sent => return Ok(sent?),
        }
    }
}

/// Reads what of `buffer`'s length is in the page cache; `None` when the disk would have to be waited for at once.
///
/// # Errors
/// What the operating system says of the read.
pub fn read_resident(file: BorrowedFd<'_>, buffer: &mut [u8], position: Position) -> io::Result<Option<usize>> {
    loop {
        let mut buffers = [IoSliceMut::new(buffer)];
        return match rustix::io::preadv2(file, &mut buffers, position.0, ReadWriteFlags::NOWAIT) {
            Ok(length) => Ok(Some(length)),
            Err(Errno::AGAIN) => Ok(None),
            Err(Errno::INTR) => continue,
            // File systems that cannot tell read as always.
            Err(Errno::OPNOTSUPP) => Ok(Some(rustix::io::pread(file, buffer, position.0)?)),
            Err(error) => Err(error.into()),
        };
    }
}

/// Whether the range can be sent without waiting for the disk. Only its first and last byte are looked at: read-ahead fills
/// what lies between, and a page that is missing there costs one short wait.
///
/// # Errors
/// What the operating system says of the read.
pub fn is_resident(range: Range<'_>) -> io::Result<Resident> {
    let last = u64::try_from(range.length.saturating_sub(1)).unwrap_or(u64::MAX);
    for position in [range.position.plus(last), range.position] {
        match read_resident(range.file, &mut [0], position)? {
            Some(0) => return Ok(Resident::Truncated),
            Some(_) => {}
            None => return Ok(Resident::No),
        }
    }
    Ok(Resident::Yes)
}

/// Brings the range into the page cache. It blocks: to be called on a thread that may.
///
/// # Errors
/// What the operating system says of the reads.
pub fn warm(range: Range<'_>) -> io::Result<()> {
    let length = u64::try_from(range.length).unwrap_or(u64::MAX);
    // The hint starts the disk on the whole range; that it is only a hint is why its failure does not matter.
    let hint = std::num::NonZeroU64::new(length);
    let _ = rustix::fs::fadvise(range.file, range.position.0, hint, rustix::fs::Advice::WillNeed);
    let mut buffer = vec![0; range.length.min(128 * 1024)];
    let mut done = 0;
    while done < length {
        let wanted = usize::try_from(length - done).unwrap_or(usize::MAX).min(buffer.len());
        match rustix::io::pread(range.file, &mut buffer[..wanted], range.position.plus(done).0) {
            Ok(0) => break,
            Ok(count) => done += u64::try_from(count).expect("a count fits"),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write as _};
    use std::os::unix::net::UnixStream;

    use super::*;

    fn file_of(bytes: &[u8]) -> std::fs::File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    fn range_of(file: &std::fs::File, position: u64, length: usize) -> Range<'_> {
        Range { file: file.as_fd(), position: Position(position), length }
    }

    #[test]
    fn a_range_goes_from_file_to_socket() {
        let file = file_of(b"0123456789");
        let (sender, mut receiver) = UnixStream::pair().unwrap();
        assert_eq!(send(&sender, range_of(&file, 3, 4)).unwrap(), 4);
        let mut got = [0; 4];
        receiver.read_exact(&mut got).unwrap();
        assert_eq!(&got, b"3456");
    }

    #[test]
    fn a_file_shorter_than_its_range_sends_nothing() {
        let file = file_of(b"0123");
        let (sender, _receiver) = UnixStream::pair().unwrap();
        assert_eq!(send(&sender, range_of(&file, 4, 4)).unwrap(), 0);
        assert_eq!(is_resident(range_of(&file, 2, 4)).unwrap(), Resident::Truncated);
    }

    #[test]
    fn fresh_bytes_are_resident_and_warming_them_does_no_harm() {
        let file = file_of(&vec![7; 300_000]);
        warm(range_of(&file, 0, 300_000)).unwrap();
        assert_eq!(is_resident(range_of(&file, 0, 300_000)).unwrap(), Resident::Yes);
        let mut buffer = [0; 8];
        assert_eq!(read_resident(file.as_fd(), &mut buffer, Position(299_996)).unwrap(), Some(4));
    }
}
