//! A disk in memory that can crash at any write, fill up and fail to sync.
//!
//! Every call that changes something is a step. A plan says at which step the disk crashes (that step is done in part, or
//! not at all, and every later call fails) or fails. What survives a crash is asked for afterwards: all that was written,
//! as after `kill -9`, or only what was synced, as after a power cut.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, IoSlice};
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mq::io::disk::{Disk, DiskFile, Entry, HeldLock, LockError, OpenMode, Space, Stat};
use mq::io::mmap::Map;
use mq::model::{Position, Timestamp};
use mq::protocol::FileSource;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The disk stops at this step. Of a write so many bytes are still done.
    CrashAt { step: usize, bytes: usize },
    /// This step fails once with an I/O error, after so many bytes of a write.
    FailAt { step: usize, bytes: usize },
    /// Every sync fails.
    FailSyncs,
    /// Files may grow to so many bytes together.
    FullAt { bytes: u64 },
}

/// What is left after a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Survives {
    /// All that was written: the process was killed.
    Written,
    /// Only what was synced: the power went.
    Synced,
}

/// A disk in memory.
#[derive(Clone, Default)]
pub struct MemoryDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    files: BTreeMap<PathBuf, Node>,
    durable_names: BTreeMap<PathBuf, Node>,
    directories: std::collections::BTreeSet<PathBuf>,
    locks: std::collections::BTreeSet<PathBuf>,
    fault: Option<Fault>,
    steps: usize,
    syncs: usize,
    is_crashed: bool,
    clock: i64,
}

type Node = Arc<Mutex<Content>>;

/// A file's bytes; what lies between them and its length is a hole.
#[derive(Debug, Clone, Default)]
struct Content {
    bytes: Vec<u8>,
    length: u64,
    modified: i64,
    durable: Option<(Vec<u8>, u64)>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn not_found() -> io::Error {
    io::ErrorKind::NotFound.into()
}

fn broken() -> io::Error {
    io::Error::other("the disk is broken")
}

impl fmt::Debug for MemoryDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryDisk({} steps)", lock(&self.state).steps)
    }
}

impl MemoryDisk {
    /// A good disk, as the trait object that is asked for.
    #[must_use]
    pub fn shared(&self) -> Arc<dyn Disk> {
        Arc::new(self.clone())
    }

    /// Plans what goes wrong; steps are counted from here on.
    pub fn plan(&self, fault: Fault) {
        let mut state = lock(&self.state);
        state.fault = Some(fault);
        state.steps = 0;
    }

    /// Takes the plan back.
    pub fn heal(&self) {
        lock(&self.state).fault = None;
    }

    /// How many changes there were since the last plan.
    #[must_use]
    pub fn steps(&self) -> usize {
        lock(&self.state).steps
    }

    /// How many syncs were asked for.
    #[must_use]
    pub fn syncs(&self) -> usize {
        lock(&self.state).syncs
    }

    /// Whether the planned crash has come.
    #[must_use]
    pub fn is_crashed(&self) -> bool {
        lock(&self.state).is_crashed
    }

    /// A good disk with what is left of this one after a crash.
    #[must_use]
    pub fn after_crash(&self, survives: Survives) -> MemoryDisk {
        let state = lock(&self.state);
        let names = if survives == Survives::Written { &state.files } else { &state.durable_names };
        let left = |node: &Node| {
            let content = lock(node).clone();
            let (bytes, length) = match survives {
                Survives::Written => (content.bytes, content.length),
                Survives::Synced => content.durable.unwrap_or_default(),
            };
            let durable = Some((bytes.clone(), length));
            Arc::new(Mutex::new(Content { bytes, length, modified: content.modified, durable }))
        };
        let files: BTreeMap<PathBuf, Node> = names.iter().map(|(path, node)| (path.clone(), left(node))).collect();
        let durable_names = files.clone();
        let directories = state.directories.clone();
        let fresh = State { files, durable_names, directories, clock: state.clock, ..State::default() };
        MemoryDisk { state: Arc::new(Mutex::new(fresh)) }
    }

    /// The content of a file, a hole at its end left out.
    #[must_use]
    pub fn content(&self, path: &Path) -> Option<Vec<u8>> {
        lock(&self.state).files.get(path).map(|node| lock(node).bytes.clone())
    }

    /// Puts a file there, behind everybody's back.
    pub fn put(&self, path: &Path, bytes: &[u8]) {
        let content = Content {
            bytes: bytes.to_vec(),
            length: bytes.len() as u64,
            modified: 0,
            durable: Some((bytes.to_vec(), bytes.len() as u64)),
        };
        lock(&self.state).files.insert(path.to_owned(), Arc::new(Mutex::new(content)));
    }

    /// The paths of all files.
    #[must_use]
    pub fn paths(&self) -> Vec<PathBuf> {
        lock(&self.state).files.keys().cloned().collect()
    }

    /// Counts a change of `bytes` bytes; says how many of them are done before it fails, if it does.
    fn step(&self, bytes: usize) -> Result<(), (usize, io::Error)> {
        let mut state = lock(&self.state);
        if state.is_crashed {
            return Err((0, broken()));
        }
        let step = state.steps;
        state.steps += 1;
        match state.fault {
            Some(Fault::CrashAt { step: at, bytes: done }) if at == step => {
                state.is_crashed = true;
                Err((done.min(bytes), broken()))
            }
            Some(Fault::FailAt { step: at, bytes: done }) if at == step => Err((done.min(bytes), broken())),
            _ => Ok(()),
        }
    }

    fn change(&self) -> io::Result<()> {
        self.step(0).map_err(|(_, error)| error)
    }

    fn check(&self) -> io::Result<()> {
        if lock(&self.state).is_crashed { Err(broken()) } else { Ok(()) }
    }

    /// How many of `grown` further bytes fit.
    fn room(&self, grown: u64) -> u64 {
        let state = lock(&self.state);
        let Some(Fault::FullAt { bytes }) = state.fault else { return grown };
        let used: u64 = state.files.values().map(|node| lock(node).bytes.len() as u64).sum();
        grown.min(bytes.saturating_sub(used))
    }

    fn tick(&self) -> i64 {
        let mut state = lock(&self.state);
        state.clock += 1;
        state.clock
    }
}

/// An open file of a [`MemoryDisk`].
struct MemoryFile {
    disk: MemoryDisk,
    node: Node,
}

impl fmt::Debug for MemoryFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryFile({} bytes)", lock(&self.node).length)
    }
}

impl FileSource for MemoryFile {
    fn read_at(&self, buffer: &mut [u8], position: Position) -> io::Result<usize> {
        self.disk.check()?;
        let content = lock(&self.node);
        let available = content.length.saturating_sub(position.0);
        let count = buffer.len().min(usize::try_from(available).unwrap_or(usize::MAX));
        let start = usize::try_from(position.0).unwrap_or(usize::MAX).min(content.bytes.len());
        let written = content.bytes.len().saturating_sub(start).min(count);
        buffer[..written].copy_from_slice(&content.bytes[start..start + written]);
        buffer[written..count].fill(0);
        Ok(count)
    }

    fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        None
    }
}

impl MemoryFile {
    fn write(&self, bytes: &[u8], position: Position) {
        let modified = self.disk.tick();
        let mut content = lock(&self.node);
        let start = usize::try_from(position.0).expect("small files");
        let end = start + bytes.len();
        if content.bytes.len() < end {
            content.bytes.resize(end, 0);
        }
        content.bytes[start..end].copy_from_slice(bytes);
        content.length = content.length.max(end as u64);
        content.modified = modified;
    }
}

impl DiskFile for MemoryFile {
    fn write_all_at(&self, slices: &[IoSlice<'_>], position: Position) -> io::Result<()> {
        let bytes: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
        if let Err((done, error)) = self.disk.step(bytes.len()) {
            self.write(&bytes[..done], position);
            return Err(error);
        }
        let present = lock(&self.node).bytes.len() as u64;
        let grown = (position.0 + bytes.len() as u64).saturating_sub(present);
        let missing = grown - self.disk.room(grown);
        let done = bytes.len() - usize::try_from(missing).expect("small files").min(bytes.len());
        self.write(&bytes[..done], position);
        if missing > 0 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn length(&self) -> io::Result<u64> {
        self.disk.check()?;
        Ok(lock(&self.node).length)
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        self.disk.change()?;
        let mut content = lock(&self.node);
        let kept = usize::try_from(length).unwrap_or(usize::MAX);
        content.bytes.truncate(kept);
        content.length = length;
        Ok(())
    }

    fn allocate(&self, _length: u64) -> io::Result<()> {
        self.disk.change()
    }

    fn sync_data(&self) -> io::Result<()> {
        self.disk.change()?;
        {
            let mut state = lock(&self.disk.state);
            state.syncs += 1;
            if state.fault == Some(Fault::FailSyncs) {
                return Err(broken());
            }
        }
        let mut content = lock(&self.node);
        content.durable = Some((content.bytes.clone(), content.length));
        Ok(())
    }

    fn sync_all(&self) -> io::Result<()> {
        self.sync_data()
    }

    fn map(&self, _length: usize) -> io::Result<Option<Map>> {
        Ok(None)
    }

    fn as_source(self: Arc<Self>) -> Arc<dyn FileSource> {
        self
    }
}

struct MemoryLock {
    disk: MemoryDisk,
    path: PathBuf,
}

impl fmt::Debug for MemoryLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryLock")
    }
}

impl HeldLock for MemoryLock {}

impl Drop for MemoryLock {
    fn drop(&mut self) {
        lock(&self.disk.state).locks.remove(&self.path);
    }
}

impl Disk for MemoryDisk {
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn DiskFile>> {
        self.check()?;
        let known = lock(&self.state).files.get(path).cloned();
        let node = match (known, mode) {
            (Some(node), OpenMode::Truncate) => {
                self.change()?;
                let mut content = lock(&node);
                content.bytes.clear();
                content.length = 0;
                drop(content);
                node
            }
            (Some(node), _) => node,
            (None, OpenMode::Read | OpenMode::Write) => return Err(not_found()),
            (None, OpenMode::Create | OpenMode::Truncate) => {
                self.change()?;
                let node = Node::default();
                lock(&self.state).files.insert(path.to_owned(), node.clone());
                node
            }
        };
        Ok(Arc::new(MemoryFile { disk: self.clone(), node }))
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<Entry>> {
        self.check()?;
        let state = lock(&self.state);
        let name = |path: &Path| Some(path.file_name()?.to_str()?.to_owned());
        let files =
            state.files.iter().filter(|(path, _)| path.parent() == Some(directory)).filter_map(|(path, node)| {
                let content = lock(node);
                let stat = Stat { is_directory: false, length: content.length, modified: Timestamp(content.modified) };
                Some(Entry { name: name(path)?, stat })
            });
        let stat = Stat { is_directory: true, length: 0, modified: Timestamp(0) };
        let directories = state.directories.iter().filter(|path| path.parent() == Some(directory));
        let directories = directories.filter_map(|path| Some(Entry { name: name(path)?, stat }));
        let mut entries: Vec<Entry> = files.chain(directories).collect();
        entries.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(entries)
    }

    fn stat(&self, path: &Path) -> io::Result<Option<Stat>> {
        self.check()?;
        let state = lock(&self.state);
        if state.directories.contains(path) {
            return Ok(Some(Stat { is_directory: true, length: 0, modified: Timestamp(0) }));
        }
        Ok(state.files.get(path).map(|node| {
            let content = lock(node);
            Stat { is_directory: false, length: content.length, modified: Timestamp(content.modified) }
        }))
    }

    fn create_dir_all(&self, directory: &Path) -> io::Result<()> {
        if !lock(&self.state).directories.contains(directory) {
            self.change()?;
            lock(&self.state).directories.extend(directory.ancestors().map(Path::to_owned));
        }
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.change()?;
        let mut state = lock(&self.state);
        if let Some(node) = state.files.remove(from) {
            state.files.insert(to.to_owned(), node);
            return Ok(());
        }
        if !state.directories.remove(from) {
            return Err(not_found());
        }
        state.directories.insert(to.to_owned());
        let moved: Vec<PathBuf> = state.files.keys().filter(|path| path.starts_with(from)).cloned().collect();
        for path in moved {
            let node = state.files.remove(&path).expect("just listed");
            let target = to.join(path.strip_prefix(from).expect("just filtered"));
            state.files.insert(target, node);
        }
        Ok(())
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        if !lock(&self.state).files.contains_key(path) {
            return Err(not_found());
        }
        self.change()?;
        lock(&self.state).files.remove(path);
        Ok(())
    }

    fn remove_dir_all(&self, directory: &Path) -> io::Result<()> {
        self.change()?;
        let mut state = lock(&self.state);
        state.files.retain(|path, _| !path.starts_with(directory));
        state.directories.retain(|path| !path.starts_with(directory));
        Ok(())
    }

    fn sync_directory(&self, directory: &Path) -> io::Result<()> {
        self.change()?;
        let mut state = lock(&self.state);
        state.syncs += 1;
        if state.fault == Some(Fault::FailSyncs) {
            return Err(broken());
        }
        state.durable_names.retain(|path, _| path.parent() != Some(directory));
        let names = state.files.iter().filter(|(path, _)| path.parent() == Some(directory));
        let names: Vec<(PathBuf, Node)> = names.map(|(path, node)| (path.clone(), node.clone())).collect();
        state.durable_names.extend(names);
        Ok(())
    }

    fn sync_filesystem(&self, _path: &Path) -> io::Result<()> {
        self.change()?;
        let mut state = lock(&self.state);
        state.durable_names = state.files.clone();
        for node in state.files.values() {
            let mut content = lock(node);
            content.durable = Some((content.bytes.clone(), content.length));
        }
        Ok(())
    }

    fn space(&self, _path: &Path) -> io::Result<Space> {
        Ok(Space { total: 1 << 40, usable: 1 << 39 })
    }

    fn lock(&self, path: &Path) -> Result<Box<dyn HeldLock>, LockError> {
        if !lock(&self.state).locks.insert(path.to_owned()) {
            return Err(LockError::Held { pid: None });
        }
        Ok(Box::new(MemoryLock { disk: self.clone(), path: path.to_owned() }))
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(path.to_owned())
    }
}
