//! Files and directories behind two traits, so that a simulation can crash, fill and fail the disk.
//!
//! Every call blocks. A write either stores all of its bytes or is an error; nothing here retries a failed sync
//! (a kernel may report a lost page once and call the next sync good).

use std::collections::HashSet;
use std::fmt;
use std::fs;
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::process::{Flock, FlockOffsetType, FlockType};

use super::mmap::Map;
use crate::model::{Position, Timestamp};
use crate::protocol::FileSource;

/// The most slices that one vectored write may have (Linux's `IOV_MAX`).
const SLICES_PER_WRITE_MAX: usize = 1024;

/// How a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenMode {
    /// It must exist, and is only read.
    Read,
    /// It must exist, and is read and written.
    Write,
    /// It is made if it does not exist, and is read and written.
    Create,
    /// It is made, or emptied if it exists, and is read and written.
    Truncate,
}

/// An open file. Reading is [`FileSource::read_at`].
pub trait DiskFile: FileSource {
    /// Writes all slices, one after the other, from `position` on.
    ///
    /// # Errors
    /// Whatever the system says; some of the bytes may then be in the file.
    fn write_all_at(&self, slices: &[IoSlice<'_>], position: Position) -> io::Result<()>;

    /// The file's length in bytes.
    ///
    /// # Errors
    /// Whatever the system says.
    fn length(&self) -> io::Result<u64>;

    /// Cuts the file to `length`, or grows it by a hole that reads as zeros.
    ///
    /// # Errors
    /// Whatever the system says.
    fn set_length(&self, length: u64) -> io::Result<()>;

    /// Reserves disk space for the first `length` bytes without changing what is read.
    ///
    /// # Errors
    /// Whatever the system says; a file system that cannot reserve is no error.
    fn allocate(&self, length: u64) -> io::Result<()>;

    /// Makes the file's content durable.
    ///
    /// # Errors
    /// Whatever the system says. The caller must treat the file as lost, not sync again.
    fn sync_data(&self) -> io::Result<()>;

    /// Makes the file's content and all of its metadata durable.
    ///
    /// # Errors
    /// As [`DiskFile::sync_data`].
    fn sync_all(&self) -> io::Result<()>;

    /// A read-only map of the first `length` bytes, or `None` where reads must do (a simulated disk).
    ///
    /// # Errors
    /// Whatever the system says.
    fn map(&self, length: usize) -> io::Result<Option<Map>>;

    /// This file as what an answer can be sent from.
    fn as_source(self: Arc<Self>) -> Arc<dyn FileSource>;
}

impl dyn DiskFile + '_ {
    /// Fills `buffer` from `position` on.
    ///
    /// # Errors
    /// `UnexpectedEof` where the file ends before, or whatever the system says.
    pub fn read_exact_at(&self, buffer: &mut [u8], position: Position) -> io::Result<()> {
        let read = self.read_available_at(buffer, position)?;
        if read < buffer.len() { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }

    /// Fills `buffer` from `position` on as far as the file goes, and says how far.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn read_available_at(&self, buffer: &mut [u8], position: Position) -> io::Result<usize> {
        let mut done = 0;
        while done < buffer.len() {
            match self.read_at(&mut buffer[done..], position.plus(done as u64)) {
                Ok(0) => break,
                Ok(count) => done += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }
}

/// What a directory holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name within its directory. A name that is not UTF-8 is not listed: nothing of ours or of Kafka's has one.
    pub name: String,
    /// What is known of it.
    pub stat: Stat,
}

/// What is known of a file or a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// Whether it is a directory. Links are followed.
    pub is_directory: bool,
    /// Its length in bytes.
    pub length: u64,
    /// When its content last changed.
    pub modified: Timestamp,
}

/// How full a file system is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// All bytes of the file system.
    pub total: u64,
    /// The bytes that may still be used.
    pub usable: u64,
}

/// A lock file that is held; dropping it lets go.
pub trait HeldLock: Send + Sync + fmt::Debug {}

/// Why a lock could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody else holds it.
    #[error("held by {}", .pid.map_or_else(|| "an unknown process".to_owned(), |pid| format!("process {pid}")))]
    Held {
        /// The holder, where the system knows it.
        pid: Option<i32>,
    },
    /// The lock file cannot be opened or locked at all.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A disk.
pub trait Disk: Send + Sync + fmt::Debug {
    /// Opens a file.
    ///
    /// # Errors
    /// Whatever the system says.
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn DiskFile>>;

    /// What a directory holds, in the order of the names.
    ///
    /// # Errors
    /// Whatever the system says.
    fn list(&self, directory: &Path) -> io::Result<Vec<Entry>>;

    /// What is known of a path; `None` where there is nothing.
    ///
    /// # Errors
    /// Whatever the system says, but for "not found".
    fn stat(&self, path: &Path) -> io::Result<Option<Stat>>;

    /// Makes a directory and those above it.
    ///
    /// # Errors
    /// Whatever the system says.
    fn create_dir_all(&self, directory: &Path) -> io::Result<()>;

    /// Gives a file or directory another name, replacing a file that has it.
    ///
    /// # Errors
    /// Whatever the system says.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// Whatever the system says.
    fn remove_file(&self, path: &Path) -> io::Result<()>;

    /// Removes a directory and what it holds.
    ///
    /// # Errors
    /// Whatever the system says.
    fn remove_dir_all(&self, directory: &Path) -> io::Result<()>;

    /// Makes the names in a directory durable.
    ///
    /// # Errors
    /// Whatever the system says.
    fn sync_directory(&self, directory: &Path) -> io::Result<()>;

    /// Makes everything on the file system of `path` durable: one call in place of a sync for each of many files.
    ///
    /// # Errors
    /// Whatever the system says.
    fn sync_filesystem(&self, path: &Path) -> io::Result<()>;

    /// How full the file system of `path` is.
    ///
    /// # Errors
    /// Whatever the system says.
    fn space(&self, path: &Path) -> io::Result<Space>;

    /// Takes the record lock of a lock file over its whole length, making the file if need be: the lock that Java's
    /// `FileChannel.tryLock` takes, so that it excludes a Kafka as well.
    ///
    /// # Errors
    /// Somebody holds the lock, or whatever the system says.
    fn lock(&self, path: &Path) -> Result<Box<dyn HeldLock>, LockError>;

    /// The path with every link resolved.
    ///
    /// # Errors
    /// Whatever the system says.
    fn canonical(&self, path: &Path) -> io::Result<PathBuf>;
}

impl dyn Disk + '_ {
    /// The whole content of a file; `None` where there is none.
    ///
    /// # Errors
    /// The file is longer than `length_max`, or whatever the system says.
    pub fn read_file(&self, path: &Path, length_max: u64) -> io::Result<Option<Vec<u8>>> {
        let file = match self.open(path, OpenMode::Read) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let length = file.length()?;
        if length > length_max {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("{} has {length} bytes, more than the {length_max} expected at most", path.display()),
            ));
        }
        let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
        let read = file.read_available_at(&mut bytes, Position::ZERO)?;
        bytes.truncate(read);
        Ok(Some(bytes))
    }

    /// Removes a file if it is there.
    ///
    /// # Errors
    /// Whatever the system says, but for "not found".
    pub fn remove_file_if_exists(&self, path: &Path) -> io::Result<()> {
        match self.remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }
}

/// The machine's disk.
#[derive(Debug, Default)]
pub struct SystemDisk;

#[derive(Debug)]
struct SystemFile {
    file: fs::File,
}

impl FileSource for SystemFile {
    fn read_at(&self, buffer: &mut [u8], position: Position) -> io::Result<usize> {
        FileExt::read_at(&self.file, buffer, position.0)
    }

    fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        Some(self.file.as_fd())
    }
}

impl DiskFile for SystemFile {
    fn write_all_at(&self, slices: &[IoSlice<'_>], mut position: Position) -> io::Result<()> {
        for group in slices.chunks(SLICES_PER_WRITE_MAX) {
            position = write_group(&self.file, group, position)?;
        }
        Ok(())
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        self.file.set_len(length)
    }

    fn allocate(&self, length: u64) -> io::Result<()> {
        use rustix::fs::{FallocateFlags, fallocate};
        use rustix::io::Errno;
        match fallocate(&self.file, FallocateFlags::KEEP_SIZE, 0, length) {
            Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn sync_all(&self) -> io::Result<()> {
        self.file.sync_all()
    }

    fn map(&self, length: usize) -> io::Result<Option<Map>> {
        Map::of(&self.file, length).map(Some)
    }

    fn as_source(self: Arc<Self>) -> Arc<dyn FileSource> {
        self
    }
}

/// Writes one group of slices, again and again until all of it is written; the result is the position behind it.
fn write_group(file: &fs::File, slices: &[IoSlice<'_>], mut position: Position) -> io::Result<Position> {
    let mut slices = slices.to_vec();
    let mut rest = &mut slices[..];
    IoSlice::advance_slices(&mut rest, 0);
    while !rest.is_empty() {
        match rustix::io::pwritev(file, rest, position.0) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => {
                position = position.plus(count as u64);
                IoSlice::advance_slices(&mut rest, count);
            }
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(position)
}

#[allow(clippy::disallowed_methods, reason = "the one place where files enter")]
impl Disk for SystemDisk {
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn DiskFile>> {
        let mut options = fs::OpenOptions::new();
        options.read(true).write(mode != OpenMode::Read);
        options.create(matches!(mode, OpenMode::Create | OpenMode::Truncate));
        options.truncate(mode == OpenMode::Truncate);
        Ok(Arc::new(SystemFile { file: options.open(path)? }))
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            // A file may go between being listed and being looked at: a delayed delete of its own directory.
            if let Some(stat) = self.stat(&entry.path())? {
                entries.push(Entry { name, stat });
            }
        }
        entries.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(entries)
    }

    fn stat(&self, path: &Path) -> io::Result<Option<Stat>> {
        match fs::metadata(path) {
            Ok(metadata) => {
                let modified = metadata.mtime().saturating_mul(1000).saturating_add(metadata.mtime_nsec() / 1_000_000);
                let is_directory = metadata.is_dir();
                Ok(Some(Stat { is_directory, length: metadata.len(), modified: Timestamp(modified) }))
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn create_dir_all(&self, directory: &Path) -> io::Result<()> {
        fs::create_dir_all(directory)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn remove_dir_all(&self, directory: &Path) -> io::Result<()> {
        fs::remove_dir_all(directory)
    }

    fn sync_directory(&self, directory: &Path) -> io::Result<()> {
        fs::File::open(directory)?.sync_all()
    }

    fn sync_filesystem(&self, path: &Path) -> io::Result<()> {
        Ok(rustix::fs::syncfs(fs::File::open(path)?)?)
    }

    fn space(&self, path: &Path) -> io::Result<Space> {
        let stat = rustix::fs::statvfs(path)?;
        Ok(Space {
            total: stat.f_blocks.saturating_mul(stat.f_frsize),
            usable: stat.f_bavail.saturating_mul(stat.f_frsize),
        })
    }

    fn lock(&self, path: &Path) -> Result<Box<dyn HeldLock>, LockError> {
        RecordLock::take(path).map(|lock| Box::new(lock) as Box<dyn HeldLock>)
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        fs::canonicalize(path)
    }
}

/// The lock files that this process holds, by device and inode: record locks belong to a process, so the system would
/// grant a second one to us, and closing the second file would let go of the first.
static HELD: Mutex<Option<HashSet<(u64, u64)>>> = Mutex::new(None);

#[derive(Debug)]
struct RecordLock {
    identity: (u64, u64),
    /// Closing the file lets go of the lock.
    _file: fs::File,
}

impl HeldLock for RecordLock {}

impl RecordLock {
    fn take(path: &Path) -> Result<RecordLock, LockError> {
        let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
        let held = held.get_or_insert_default();
        if let Ok(metadata) = fs::metadata(path)
            && held.contains(&(metadata.dev(), metadata.ino()))
        {
            return Err(LockError::Held { pid: i32::try_from(std::process::id()).ok() });
        }
        let file = fs::OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let metadata = file.metadata()?;
        match rustix::fs::fcntl_lock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::ACCESS | rustix::io::Errno::AGAIN) => {
                return Err(LockError::Held { pid: holder(&file) });
            }
            Err(error) => return Err(LockError::Io(error.into())),
        }
        let identity = (metadata.dev(), metadata.ino());
        held.insert(identity);
        Ok(RecordLock { identity, _file: file })
    }
}

impl Drop for RecordLock {
    fn drop(&mut self) {
        let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
        held.get_or_insert_default().remove(&self.identity);
    }
}

/// Which process holds the record lock of `file` (fcntl's `F_GETLK`).
fn holder(file: &fs::File) -> Option<i32> {
    let whole_file =
        Flock { start: 0, length: 0, pid: None, typ: FlockType::WriteLock, offset_type: FlockOffsetType::Set };
    let found = rustix::process::fcntl_getlk(file, &whole_file).ok()??;
    found.pid.map(|pid| pid.as_raw_nonzero().get())
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test looks at files from outside")]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a temporary folder")
    }

    #[test]
    fn a_vectored_write_of_more_slices_than_the_system_takes_is_complete() {
        let folder = folder();
        let file = SystemDisk.open(&folder.path().join("many"), OpenMode::Create).expect("opened");
        let parts: Vec<Vec<u8>> = (0..3000u32).map(|number| number.to_be_bytes().to_vec()).collect();
        let mut slices: Vec<IoSlice<'_>> = parts.iter().map(|part| IoSlice::new(part)).collect();
        slices.insert(0, IoSlice::new(&[]));
        file.write_all_at(&slices, Position(5)).expect("written");
        let mut read = vec![0; 12_000];
        file.read_exact_at(&mut read, Position(5)).expect("read");
        assert_eq!(read, parts.concat());
        assert_eq!(file.length().expect("known"), 12_005);
    }

    #[test]
    fn reading_past_the_end_is_unexpected_eof() {
        let folder = folder();
        let file = SystemDisk.open(&folder.path().join("short"), OpenMode::Create).expect("opened");
        file.write_all_at(&[IoSlice::new(b"abc")], Position::ZERO).expect("written");
        let error = file.read_exact_at(&mut [0; 4], Position::ZERO).expect_err("only three bytes");
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn a_missing_file_has_no_stat_and_no_content() {
        let folder = folder();
        let path = folder.path().join("none");
        assert_eq!(SystemDisk.stat(&path).expect("asked"), None);
        let disk: &dyn Disk = &SystemDisk;
        assert_eq!(disk.read_file(&path, 10).expect("asked"), None);
        disk.remove_file_if_exists(&path).expect("nothing to do");
    }

    #[test]
    fn a_file_longer_than_expected_is_not_read() {
        let folder = folder();
        let path = folder.path().join("long");
        SystemDisk.open(&path, OpenMode::Create).expect("opened").set_length(11).expect("grown");
        let disk: &dyn Disk = &SystemDisk;
        assert!(disk.read_file(&path, 10).is_err());
        assert_eq!(disk.read_file(&path, 11).expect("read").map(|bytes| bytes.len()), Some(11));
    }

    /// Fault A9, within one process.
    #[test]
    fn a_lock_is_not_given_twice_and_survives_the_second_try() {
        let folder = folder();
        let path = folder.path().join(".lock");
        let first = SystemDisk.lock(&path).expect("free");
        for _ in 0..2 {
            match SystemDisk.lock(&path) {
                Err(LockError::Held { pid }) => assert_eq!(pid, i32::try_from(std::process::id()).ok()),
                other => panic!("{other:?}"),
            }
        }
        drop(first);
        SystemDisk.lock(&path).expect("free again");
    }

    #[test]
    fn space_of_a_file_system_is_known() {
        let folder = folder();
        let space = SystemDisk.space(folder.path()).expect("asked");
        assert!(space.total >= space.usable && space.total > 0);
        SystemDisk.sync_directory(folder.path()).expect("synced");
    }
}
