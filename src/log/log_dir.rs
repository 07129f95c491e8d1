//! One log directory: whose it is, whether it works, and the files that speak of all its partitions.

use std::io::IoSlice;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::io::disk::{Disk, HeldLock, LockError, OpenMode, Space};
use crate::model::{BrokerEpoch, Position, Uuid};

use super::checkpoint::{CheckpointError, Offsets, read_offsets, write_offsets};
use super::dirs::METADATA_TOPIC;
use super::dirs_error::DirsError;
use super::error::{At, LogError};
use super::health::Health;
use super::meta_properties::MetaProperties;
use super::partition_dir::{self, Role};

/// The lock file that keeps other brokers out.
const LOCK: &str = ".lock";
/// Says that the last stop was clean.
const CLEAN_SHUTDOWN: &str = ".kafka_cleanshutdown";
const RECOVERY_POINTS: &str = "recovery-point-offset-checkpoint";
const HIGH_WATERMARKS: &str = "replication-offset-checkpoint";
const LOG_STARTS: &str = "log-start-offset-checkpoint";

/// A log directory of this node.
#[derive(Debug)]
pub struct LogDir {
    path: PathBuf,
    disk: Arc<dyn Disk>,
    id: OnceLock<Uuid>,
    health: Arc<Health>,
    lock: Mutex<Option<Box<dyn HeldLock>>>,
}

impl LogDir {
    /// Makes the directory if it is missing, and takes its lock.
    pub(super) fn open(disk: &Arc<dyn Disk>, path: &Path) -> Result<LogDir, DirsError> {
        prepare(&**disk, path)?;
        let lock_path = path.join(LOCK);
        let lock = match disk.lock(&lock_path) {
            Ok(lock) => lock,
            Err(LockError::Held { pid }) => return Err(DirsError::Locked { path: path.to_owned(), pid }),
            Err(LockError::Io(error)) => return Err(DirsError::Disk(LogError::io(lock_path, error))),
        };
        Ok(LogDir {
            path: path.to_owned(),
            disk: disk.clone(),
            id: OnceLock::new(),
            health: Health::of(path),
            lock: Mutex::new(Some(lock)),
        })
    }

    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The directory's id; none before its identity is written.
    #[must_use]
    pub fn id(&self) -> Option<Uuid> {
        self.id.get().copied()
    }

    /// Whether the directory works.
    #[must_use]
    pub fn health(&self) -> &Arc<Health> {
        &self.health
    }

    /// Whether the directory works.
    #[must_use]
    pub fn is_online(&self) -> bool {
        self.health.failure().is_none()
    }

    /// How full its file system is.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn space(&self) -> Result<Space, LogError> {
        self.disk.space(&self.path).at(&self.path)
    }

    /// Whose data the directory holds; `None` where it says nothing.
    pub(super) fn identity(&self) -> Result<Option<MetaProperties>, DirsError> {
        Ok(MetaProperties::read(&*self.disk, &self.path)?)
    }

    pub(super) fn set_id(&self, id: Uuid) {
        let known = *self.id.get_or_init(|| id);
        assert_eq!(known, id, "a directory keeps its id");
    }

    /// The partitions that the directory holds, in the order of their names.
    pub(super) fn partitions(&self) -> Result<Vec<PartitionDir>, LogError> {
        let entries = self.disk.list(&self.path).at(&self.path)?;
        let directories = entries.into_iter().filter(|entry| entry.stat.is_directory);
        Ok(directories
            .filter_map(|entry| {
                let (partition, role) = partition_dir::parse(&entry.name)?;
                Some(PartitionDir { path: self.path.join(&entry.name), partition, role })
            })
            .collect())
    }

    /// One of the replicas that lie in the directory.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn replica(&self) -> Result<Option<PathBuf>, LogError> {
        let mut partitions = self.partitions()?.into_iter();
        let is_replica =
            |found: &PartitionDir| found.role == Role::Current && &*found.partition.topic != METADATA_TOPIC;
        Ok(partitions.find(is_replica).map(|found| found.path))
    }

    /// How the last stop left the directory. The mark is taken away, for good, before any log is opened: a crash from here
    /// on is an unclean stop.
    pub(super) fn take_clean_mark(&self) -> Result<Option<CleanMark>, LogError> {
        let path = self.path.join(CLEAN_SHUTDOWN);
        let Some(bytes) = self.disk.read_file(&path, 4096).at(&path)? else { return Ok(None) };
        self.disk.remove_file(&path).at(&path)?;
        self.disk.sync_directory(&self.path).at_sync(&self.path)?;
        let content: Option<serde_json::Value> = serde_json::from_slice(&bytes).ok();
        let epoch = content.and_then(|content| content.get("brokerEpoch")?.as_i64());
        Ok(Some(CleanMark { broker_epoch: epoch.map(BrokerEpoch) }))
    }

    /// Says that every log of the directory is closed.
    pub(super) fn write_clean_mark(&self, broker_epoch: BrokerEpoch) -> Result<(), LogError> {
        let path = self.path.join(CLEAN_SHUTDOWN);
        let text = format!("{{\"version\":0,\"brokerEpoch\":{broker_epoch}}}");
        let file = self.disk.open(&path, OpenMode::Truncate).at(&path)?;
        file.write_all_at(&[IoSlice::new(text.as_bytes())], Position::ZERO).at(&path)?;
        file.sync_all().at_sync(&path)?;
        self.disk.sync_directory(&self.path).at_sync(&self.path)
    }

    pub(super) fn read_checkpoint(&self, what: Checkpoint) -> Result<Offsets, LogError> {
        match read_offsets(&*self.disk, &self.path.join(what.file())) {
            Ok(offsets) => Ok(offsets),
            Err(CheckpointError::Disk(error)) => Err(error),
            Err(error @ CheckpointError::Malformed { .. }) => {
                // Without it logs are read from their first segments on, and start where those start.
                tracing::warn!(%error, "checkpoint is broken and passed over");
                Ok(Offsets::new())
            }
        }
    }

    /// Writes a checkpoint. On a full disk the old one stays: it is only older than it might be.
    pub(super) fn write_checkpoint(&self, what: Checkpoint, offsets: &Offsets) -> Result<(), LogError> {
        self.health.check()?;
        self.health.judge(write_offsets(&*self.disk, &self.path.join(what.file()), offsets))
    }

    /// Lets go of the lock.
    pub(super) fn unlock(&self) {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// A directory of a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PartitionDir {
    pub(super) path: PathBuf,
    pub(super) partition: crate::model::TopicPartition,
    pub(super) role: Role,
}

/// What a clean stop has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CleanMark {
    /// The broker epoch at that time; none where the mark is one of a Kafka before 3.7.
    pub broker_epoch: Option<BrokerEpoch>,
}

/// The checkpoints of a log directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Checkpoint {
    RecoveryPoints,
    HighWatermarks,
    LogStarts,
}

impl Checkpoint {
    fn file(self) -> &'static str {
        match self {
            Checkpoint::RecoveryPoints => RECOVERY_POINTS,
            Checkpoint::HighWatermarks => HIGH_WATERMARKS,
            Checkpoint::LogStarts => LOG_STARTS,
        }
    }
}

fn prepare(disk: &dyn Disk, path: &Path) -> Result<(), DirsError> {
    match disk.stat(path).at(path)? {
        Some(stat) if !stat.is_directory => Err(DirsError::NotADirectory { path: path.to_owned() }),
        Some(_) => Ok(()),
        None => {
            disk.create_dir_all(path).at(path)?;
            if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
                disk.sync_directory(parent).at_sync(parent)?;
            }
            Ok(())
        }
    }
}
