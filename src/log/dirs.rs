//! The log directories of a node (`log.dirs`) and the logs in them.
//!
//! Opening goes in steps: [`Dirs::open`] takes the locks and looks whose the data is; [`Dirs::claim`] writes down whose it is from
//! now on, once the cluster is known; [`Dirs::load`] opens the logs. Nothing is written over data of somebody else.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use crate::io::disk::Disk;
use crate::io::parallel;
use crate::io::rng::Rng;
use crate::model::{BrokerEpoch, NodeId, Offset, Timestamp, TopicPartition, Uuid};

use super::checkpoint::Offsets;
use super::config::LogConfig;
use super::dirs_error::DirsError;
use super::error::{At, LogError};
use super::log::{LastStop, Log, Open};
use super::log_dir::{Checkpoint, LogDir, PartitionDir};
use super::meta_properties::MetaProperties;
use super::partition_dir::{self, Role};

/// The metadata log is `quorum`'s, although it lies in a log directory.
pub(super) const METADATA_TOPIC: &str = "__cluster_metadata";

/// What log directories are opened with.
#[derive(Debug)]
pub struct OpenDirs {
    /// The disk.
    pub disk: Arc<dyn Disk>,
    /// Where ids and jitter come from.
    pub rng: Arc<dyn Rng>,
    /// `log.dirs`.
    pub directories: Vec<PathBuf>,
    /// `node.id`.
    pub node_id: NodeId,
    /// `num.recovery.threads.per.data.dir`.
    pub recovery_threads_per_dir: usize,
}

/// The log directories of a node and the logs in them.
#[derive(Debug)]
pub struct Dirs {
    disk: Arc<dyn Disk>,
    rng: Arc<dyn Rng>,
    node_id: NodeId,
    recovery_threads_per_dir: usize,
    dirs: Vec<Arc<LogDir>>,
    cluster_id: Option<String>,
    logs: RwLock<HashMap<TopicPartition, Placed>>,
    /// Held while a partition's directory is made or renamed.
    changing: Mutex<Changing>,
}

#[derive(Debug, Clone)]
struct Placed {
    log: Arc<Log>,
    dir: Arc<LogDir>,
}

#[derive(Debug, Default)]
struct Changing {
    /// Directories of deleted partitions and when they may go.
    deleted: Vec<(Timestamp, PathBuf)>,
    /// Whether every log of every directory was opened, so that a clean stop can be marked.
    is_complete: bool,
}

/// What opening the logs found.
#[derive(Debug, Default)]
pub struct Loaded {
    /// How many logs were opened.
    pub count: usize,
    /// Whether every directory was stopped cleanly.
    pub was_clean: bool,
    /// The broker epoch of the last clean stop, where all directories agree on one.
    pub broker_epoch: Option<BrokerEpoch>,
    /// Logs that could not be opened, each with the reason. Their directories are as they were.
    pub refused: Vec<(PathBuf, LogError)>,
    /// Directories of partitions that are being moved or that the cluster did not know; they are left alone.
    pub ignored: Vec<PathBuf>,
}

impl Dirs {
    /// Makes the directories that are missing, takes their locks, and checks that all are of one node and one cluster.
    ///
    /// # Errors
    /// A directory is in use, is somebody else's, or is not one; or no directory works.
    pub fn open(open: OpenDirs) -> Result<Dirs, DirsError> {
        let mut dirs: Vec<Arc<LogDir>> = Vec::new();
        let mut paths: Vec<PathBuf> = Vec::new();
        let mut failure = None;
        for path in &open.directories {
            match LogDir::open(&open.disk, path) {
                Ok(dir) => {
                    paths.push(open.disk.canonical(path).at(path)?);
                    dirs.push(Arc::new(dir));
                }
                // One broken disk of several does not keep the others from serving.
                Err(DirsError::Disk(error)) => {
                    tracing::error!(log_dir = %path.display(), %error, "log directory cannot be used");
                    failure = Some(error.to_string());
                }
                Err(DirsError::Locked { .. }) if is_listed(&*open.disk, &paths, path) => {
                    return Err(DirsError::ListedTwice { path: path.clone() });
                }
                Err(error) => return Err(error),
            }
        }
        if dirs.is_empty() {
            let cause = failure.unwrap_or_else(|| "log.dirs is empty".to_owned());
            return Err(DirsError::NoneLeft { cause });
        }
        let cluster_id = check_identities(&dirs, open.node_id)?;
        Ok(Dirs {
            disk: open.disk,
            rng: open.rng,
            node_id: open.node_id,
            recovery_threads_per_dir: open.recovery_threads_per_dir,
            dirs,
            cluster_id,
            logs: RwLock::default(),
            changing: Mutex::default(),
        })
    }

    /// The cluster whose data is here; none in a new node.
    #[must_use]
    pub fn cluster_id(&self) -> Option<&str> {
        self.cluster_id.as_deref()
    }

    /// Claims the directories for a cluster: those that say nothing yet get a `meta.properties` with a new id.
    ///
    /// # Errors
    /// The data is another cluster's, or the disk fails.
    pub fn claim(&mut self, cluster_id: &str) -> Result<(), DirsError> {
        if let Some(found) = self.cluster_id.as_deref().filter(|found| *found != cluster_id) {
            return Err(DirsError::OtherCluster {
                path: self.dirs[0].path().to_owned(),
                expected: cluster_id.to_owned(),
                found: found.to_owned(),
            });
        }
        for dir in &self.dirs {
            if dir.id().is_none() {
                let id = self.rng.uuid();
                let meta =
                    MetaProperties { node_id: self.node_id, cluster_id: cluster_id.to_owned(), directory_id: Some(id) };
                meta.write(&*self.disk, dir.path())?;
                dir.set_id(id);
            }
        }
        self.cluster_id = Some(cluster_id.to_owned());
        Ok(())
    }

    /// The log directories that could be opened.
    #[must_use]
    pub fn log_dirs(&self) -> &[Arc<LogDir>] {
        &self.dirs
    }

    /// Opens the logs of all partitions, the directories one beside the other and each on some threads.
    ///
    /// A log that cannot be opened is in the result; a directory that fails is offline.
    pub fn load(&self, config_of: &(dyn Fn(&str) -> LogConfig + Sync), now: Timestamp) -> Loaded {
        let dirs = self.dirs.clone();
        let parts = parallel::for_each(dirs.len(), dirs, |dir| self.load_dir(&dir, config_of, now));
        let mut loaded = Loaded { was_clean: true, ..Loaded::default() };
        let mut epochs = Vec::new();
        let mut is_complete = true;
        for part in parts {
            loaded.count += part.loaded.count;
            loaded.was_clean &= part.loaded.was_clean;
            is_complete &= part.loaded.refused.is_empty();
            loaded.refused.extend(part.loaded.refused);
            loaded.ignored.extend(part.loaded.ignored);
            epochs.push(part.loaded.broker_epoch);
        }
        loaded.broker_epoch = epochs.windows(2).all(|pair| pair[0] == pair[1]).then(|| epochs[0]).flatten();
        self.changing().is_complete = is_complete;
        loaded
    }

    fn load_dir(&self, dir: &Arc<LogDir>, config_of: &(dyn Fn(&str) -> LogConfig + Sync), now: Timestamp) -> Part {
        match self.try_load_dir(dir, config_of, now) {
            Ok(loaded) => Part { loaded },
            Err(error) => {
                let error = dir.health().fail(&error);
                let refused = vec![(dir.path().to_owned(), error)];
                Part { loaded: Loaded { refused, ..Loaded::default() } }
            }
        }
    }

    fn try_load_dir(
        &self,
        dir: &Arc<LogDir>,
        config_of: &(dyn Fn(&str) -> LogConfig + Sync),
        now: Timestamp,
    ) -> Result<Loaded, LogError> {
        let mark = dir.take_clean_mark()?;
        let recovery_points = dir.read_checkpoint(Checkpoint::RecoveryPoints)?;
        let log_starts = dir.read_checkpoint(Checkpoint::LogStarts)?;
        let mut loaded = Loaded {
            was_clean: mark.is_some(),
            broker_epoch: mark.and_then(|mark| mark.broker_epoch),
            ..Loaded::default()
        };
        let mut current = Vec::new();
        for found in dir.partitions()? {
            match found.role {
                _ if &*found.partition.topic == METADATA_TOPIC => {}
                Role::Current => current.push(found),
                Role::Deleted => self.changing().deleted.push((now, found.path)),
                Role::Future | Role::Stray => loaded.ignored.push(found.path),
            }
        }
        let last_stop = if mark.is_some() { LastStop::Clean } else { LastStop::Unclean };
        let opened = parallel::for_each(self.recovery_threads_per_dir, current, |found: PartitionDir| {
            let at = |offsets: &Offsets| offsets.get(&found.partition).copied().unwrap_or(Offset::ZERO);
            let log = Log::open(Open {
                disk: self.disk.clone(),
                rng: self.rng.clone(),
                health: dir.health().clone(),
                directory: found.path.clone(),
                topic_partition: found.partition.clone(),
                topic_id: None,
                config: config_of(&found.partition.topic),
                log_start_offset: at(&log_starts),
                recovery_point: at(&recovery_points),
                last_stop,
                now,
            });
            log.map_err(|error| (found.path, error))
        });
        for result in opened {
            match result.and_then(|log| self.add(dir, log)) {
                Ok(()) => loaded.count += 1,
                Err(refused) => loaded.refused.push(refused),
            }
        }
        Ok(loaded)
    }

    /// Adds an opened log, unless another directory holds the partition as well.
    fn add(&self, dir: &Arc<LogDir>, log: Log) -> Result<(), (PathBuf, LogError)> {
        let mut logs = self.logs.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(other) = logs.get(log.topic_partition()) {
            let other = other.log.directory();
            let reason = format!("the partition is also in {}: remove one of the two", other.display());
            let path = log.directory();
            return Err((path.clone(), LogError::Inconsistent { path, reason }));
        }
        logs.insert(log.topic_partition().clone(), Placed { log: Arc::new(log), dir: dir.clone() });
        Ok(())
    }

    /// The log of a partition.
    #[must_use]
    pub fn log(&self, partition: &TopicPartition) -> Option<Arc<Log>> {
        let logs = self.logs.read().unwrap_or_else(PoisonError::into_inner);
        logs.get(partition).map(|placed| placed.log.clone())
    }

    /// The log directory of a partition.
    #[must_use]
    pub fn dir_of(&self, partition: &TopicPartition) -> Option<Arc<LogDir>> {
        let logs = self.logs.read().unwrap_or_else(PoisonError::into_inner);
        logs.get(partition).map(|placed| placed.dir.clone())
    }

    /// All logs.
    #[must_use]
    pub fn logs(&self) -> Vec<Arc<Log>> {
        let logs = self.logs.read().unwrap_or_else(PoisonError::into_inner);
        logs.values().map(|placed| placed.log.clone()).collect()
    }

    /// The high watermarks that were last written down.
    ///
    /// # Errors
    /// The disk fails.
    pub fn high_watermarks(&self) -> Result<Offsets, LogError> {
        let mut all = Offsets::new();
        for dir in self.online() {
            all.extend(dir.health().judge(dir.read_checkpoint(Checkpoint::HighWatermarks))?);
        }
        Ok(all)
    }

    fn online(&self) -> impl Iterator<Item = &Arc<LogDir>> {
        self.dirs.iter().filter(|dir| dir.is_online())
    }

    /// Makes the log of a new partition, or gives the one that there is. It goes to the directory with that id, and where
    /// none is named to the one with the fewest partitions.
    ///
    /// # Errors
    /// The log that there is belongs to another topic id; no directory works; or the disk fails.
    pub fn create(&self, create: Create, now: Timestamp) -> Result<Arc<Log>, LogError> {
        let _changing = self.changing();
        if let Some(log) = self.log(&create.topic_partition) {
            if let Some(id) = create.topic_id {
                log.assign_topic_id(id)?;
            }
            return Ok(log);
        }
        let mut failed = None;
        for dir in self.dirs_for(create.directory_id) {
            match self.create_in(&dir, &create, now) {
                Ok(log) => return Ok(log),
                Err(error) if error.is_disk_failure() => failed = Some(error),
                Err(error) => return Err(error),
            }
        }
        Err(failed.unwrap_or_else(|| LogError::Offline {
            path: self.dirs[0].path().to_owned(),
            cause: "no log directory works".into(),
        }))
    }

    fn create_in(&self, dir: &Arc<LogDir>, create: &Create, now: Timestamp) -> Result<Arc<Log>, LogError> {
        let log = Log::open(Open {
            disk: self.disk.clone(),
            rng: self.rng.clone(),
            health: dir.health().clone(),
            directory: dir.path().join(partition_dir::current(&create.topic_partition)),
            topic_partition: create.topic_partition.clone(),
            topic_id: create.topic_id,
            config: create.config.clone(),
            log_start_offset: Offset::ZERO,
            recovery_point: Offset::ZERO,
            last_stop: LastStop::Unclean,
            now,
        })?;
        let log = Arc::new(log);
        let placed = Placed { log: log.clone(), dir: dir.clone() };
        let mut logs = self.logs.write().unwrap_or_else(PoisonError::into_inner);
        logs.insert(create.topic_partition.clone(), placed);
        Ok(log)
    }

    /// The directories to try for a new partition, the best one first.
    fn dirs_for(&self, id: Option<Uuid>) -> Vec<Arc<LogDir>> {
        if let Some(dir) = id.and_then(|id| self.online().find(|dir| dir.id() == Some(id))) {
            return vec![dir.clone()];
        }
        let mut dirs: Vec<Arc<LogDir>> = self.online().cloned().collect();
        let logs = self.logs.read().unwrap_or_else(PoisonError::into_inner);
        dirs.sort_by_cached_key(|dir| logs.values().filter(|placed| Arc::ptr_eq(&placed.dir, dir)).count());
        dirs
    }

    /// Deletes a partition: its directory is renamed at once and removed after `file.delete.delay.ms`. Says whether there
    /// was one.
    ///
    /// # Errors
    /// The disk fails.
    pub fn delete(&self, partition: &TopicPartition, now: Timestamp) -> Result<bool, LogError> {
        let Some((placed, target)) = self.put_away(partition, Role::Deleted)? else { return Ok(false) };
        let delay_ms = placed.log.config().file_delete_delay_ms;
        let due = Timestamp(now.0.saturating_add(delay_ms));
        self.changing().deleted.push((due, target));
        Ok(true)
    }

    /// Puts a partition aside that the cluster does not know of. Nothing of it is removed.
    ///
    /// # Errors
    /// The disk fails.
    pub fn put_aside(&self, partition: &TopicPartition) -> Result<bool, LogError> {
        Ok(self.put_away(partition, Role::Stray)?.is_some())
    }

    fn put_away(&self, partition: &TopicPartition, role: Role) -> Result<Option<(Placed, PathBuf)>, LogError> {
        let _changing = self.changing();
        let removed = self.logs.write().unwrap_or_else(PoisonError::into_inner).remove(partition);
        let Some(placed) = removed else { return Ok(None) };
        let health = placed.dir.health();
        health.check()?;
        placed.log.mark_closed();
        let source = placed.log.directory();
        let target = placed.dir.path().join(partition_dir::renamed(partition, role, &*self.rng));
        health.judge(self.disk.rename(&source, &target).at(&source))?;
        placed.log.move_to(&target);
        tracing::info!(%partition, directory = %target.display(), "put the partition's directory away");
        Ok(Some((placed, target)))
    }

    /// Removes the directories of deleted partitions whose time has come.
    ///
    /// # Errors
    /// The disk fails.
    pub fn remove_deleted(&self, now: Timestamp) -> Result<usize, LogError> {
        let due: Vec<PathBuf> = {
            let mut changing = self.changing();
            let (due, later): (Vec<_>, Vec<_>) = changing.deleted.drain(..).partition(|(due, _)| *due <= now);
            changing.deleted = later;
            due.into_iter().map(|(_, path)| path).collect()
        };
        for path in &due {
            let dir = self.dirs.iter().find(|dir| path.parent() == Some(dir.path()));
            let dir = dir.expect("a deleted partition lies in a log directory");
            if dir.is_online() {
                dir.health().judge(remove_directory(&*self.disk, path))?;
            }
        }
        Ok(due.len())
    }

    /// Writes down up to where every log is on the disk (`recovery-point-offset-checkpoint`).
    ///
    /// # Errors
    /// A disk fails; the other directories are written nevertheless.
    pub fn checkpoint_recovery_points(&self) -> Result<(), LogError> {
        self.checkpoint(Checkpoint::RecoveryPoints, |log| Some(log.recovery_point()))
    }

    /// Writes down the start of every log whose first segment begins earlier (`log-start-offset-checkpoint`).
    ///
    /// # Errors
    /// As [`Dirs::checkpoint_recovery_points`].
    pub fn checkpoint_log_starts(&self) -> Result<(), LogError> {
        self.checkpoint(Checkpoint::LogStarts, |log| {
            Some(log.log_start_offset()).filter(|start| *start > log.first_segment_base())
        })
    }

    /// Writes down the high watermarks (`replication-offset-checkpoint`).
    ///
    /// # Errors
    /// As [`Dirs::checkpoint_recovery_points`].
    pub fn checkpoint_high_watermarks(
        &self,
        high_watermark_of: &dyn Fn(&TopicPartition) -> Option<Offset>,
    ) -> Result<(), LogError> {
        self.checkpoint(Checkpoint::HighWatermarks, |log| high_watermark_of(log.topic_partition()))
    }

    fn checkpoint(&self, what: Checkpoint, offset_of: impl Fn(&Log) -> Option<Offset>) -> Result<(), LogError> {
        let mut by_dir: BTreeMap<&Path, Offsets> = self.online().map(|dir| (dir.path(), Offsets::new())).collect();
        let placed: Vec<Placed> = {
            let logs = self.logs.read().unwrap_or_else(PoisonError::into_inner);
            logs.values().cloned().collect()
        };
        for Placed { log, dir } in &placed {
            if let (Some(offsets), Some(offset)) = (by_dir.get_mut(dir.path()), offset_of(log)) {
                offsets.insert(log.topic_partition().clone(), offset);
            }
        }
        let mut result = Ok(());
        for dir in self.online() {
            let written = by_dir.get(dir.path()).map_or(Ok(()), |offsets| dir.write_checkpoint(what, offsets));
            result = result.and(written);
        }
        result
    }

    /// Closes all logs, writes the checkpoints and, where everything is on the disk, the mark of a clean stop; then lets
    /// go of the directories.
    ///
    /// # Errors
    /// A disk fails; the next start then recovers its logs.
    pub fn close(&self, broker_epoch: BrokerEpoch, now: Timestamp) -> Result<(), LogError> {
        let placed: Vec<Placed> = {
            let logs = self.logs.read().unwrap_or_else(PoisonError::into_inner);
            logs.values().cloned().collect()
        };
        let threads = self.recovery_threads_per_dir.saturating_mul(self.dirs.len());
        let closed = parallel::for_each(threads, placed, |placed| (placed.log.close(now), placed.dir));
        let mut result = Ok(());
        let mut failed: Vec<PathBuf> = Vec::new();
        for (closed, dir) in closed {
            if closed.is_err() {
                failed.push(dir.path().to_owned());
            }
            result = result.and(closed);
        }
        result = result.and(self.checkpoint_recovery_points()).and(self.checkpoint_log_starts());
        let is_complete = self.changing().is_complete;
        for dir in self.online().filter(|dir| is_complete && !failed.iter().any(|path| path == dir.path())) {
            result = result.and(dir.health().judge(dir.write_clean_mark(broker_epoch)));
        }
        self.dirs.iter().for_each(|dir| dir.unlock());
        result
    }

    fn changing(&self) -> MutexGuard<'_, Changing> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A partition whose log is to be made.
#[derive(Debug, Clone)]
pub struct Create {
    /// The partition.
    pub topic_partition: TopicPartition,
    /// The topic's id.
    pub topic_id: Option<Uuid>,
    /// The topic's properties.
    pub config: LogConfig,
    /// The directory that it is assigned to, if it is assigned to one.
    pub directory_id: Option<Uuid>,
}

struct Part {
    loaded: Loaded,
}

fn is_listed(disk: &dyn Disk, paths: &[PathBuf], path: &Path) -> bool {
    disk.canonical(path).is_ok_and(|path| paths.contains(&path))
}

fn remove_directory(disk: &dyn Disk, path: &Path) -> Result<(), LogError> {
    match disk.remove_dir_all(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other.at(path),
    }
}

/// Checks that all directories are of this node and of one cluster, and notes their ids; the result is the cluster.
fn check_identities(dirs: &[Arc<LogDir>], node_id: NodeId) -> Result<Option<String>, DirsError> {
    let mut cluster_id: Option<String> = None;
    for dir in dirs {
        let path = || dir.path().to_owned();
        let Some(meta) = dir.identity()? else {
            if let Some(found) = dir.partitions()?.into_iter().next() {
                return Err(DirsError::NoIdentity { path: path(), partition: found.partition });
            }
            continue;
        };
        if meta.node_id != node_id {
            return Err(DirsError::OtherNode { path: path(), expected: node_id, found: meta.node_id });
        }
        let expected = cluster_id.get_or_insert_with(|| meta.cluster_id.clone());
        if *expected != meta.cluster_id {
            return Err(DirsError::OtherCluster { path: path(), expected: expected.clone(), found: meta.cluster_id });
        }
        if let Some(id) = meta.directory_id {
            if let Some(other) = dirs.iter().find(|other| other.id() == Some(id)) {
                return Err(DirsError::SameId { first: other.path().to_owned(), second: path(), id });
            }
            dir.set_id(id);
        }
    }
    Ok(cluster_id)
}
