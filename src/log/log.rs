//! The log of one partition: its segments, where it starts and ends, and the one who may write it.
//!
//! One thread at a time holds the [`Appender`]. Readers never wait for it: the list of segments is swapped as a whole,
//! sizes and offsets are published after the bytes that they speak of.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;

use crate::io::disk::Disk;
use crate::io::rng::Rng;
use crate::model::{LeaderEpoch, Millis, Offset, Position, ProducerId, Timestamp, TopicPartition, Uuid};

use super::checkpoint::EpochEntry;
use super::config::LogConfig;
use super::epoch_cache::{EpochCache, EpochEnd};
use super::epochs::Epochs;
use super::error::LogError;
use super::health::Health;
use super::place::Place;
use super::producer_entry::ProducerEntry;
use super::producer_state::ProducerState;
use super::recovery::{self, Loaded};
use super::removal::Removals;
use super::segment::{Indexer, Segment};
use super::snapshots::Snapshots;
use super::topic_id;

/// What a log is opened with.
#[derive(Debug)]
pub struct Open {
    /// The disk.
    pub disk: Arc<dyn Disk>,
    /// Where jitter comes from.
    pub rng: Arc<dyn Rng>,
    /// Whether the log directory works.
    pub health: Arc<Health>,
    /// The partition's directory; it is made if it is missing.
    pub directory: PathBuf,
    /// The partition.
    pub topic_partition: TopicPartition,
    /// The topic's id, where it is known.
    pub topic_id: Option<Uuid>,
    /// The topic's properties.
    pub config: LogConfig,
    /// The log start offset of `log-start-offset-checkpoint`.
    pub log_start_offset: Offset,
    /// The recovery point of `recovery-point-offset-checkpoint`: everything below it is known to be on the disk.
    pub recovery_point: Offset,
    /// How the broker stopped the last time.
    pub last_stop: LastStop,
    /// The time.
    pub now: Timestamp,
}

/// How a broker stopped the last time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastStop {
    /// It closed its logs.
    Clean,
    /// It did not: what is above the recovery point is checked.
    Unclean,
}

/// Where the log ends, for a reader: an offset and the place of the first byte that is not there yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LogEnd {
    pub(super) offset: Offset,
    pub(super) segment_base: Offset,
    pub(super) position: Position,
}

/// The segments of a log, by base offset. There is always one.
pub(super) type Segments = Arc<Vec<Arc<Segment>>>;

/// What only the one who appends may touch.
#[derive(Debug)]
pub(super) struct Appender {
    pub(super) active: Active,
    pub(super) producers: ProducerState,
    pub(super) snapshots: Snapshots,
}

/// The segment that is written.
#[derive(Debug)]
pub(super) struct Active {
    pub(super) segment: Arc<Segment>,
    pub(super) indexer: Indexer,
    /// The timestamp of the first batch, which decides when to roll by time; `None` before it has been looked up.
    pub(super) first_timestamp: Option<Timestamp>,
    pub(super) created: Timestamp,
    pub(super) jitter_ms: Millis,
    /// Whether the indexes have room: a segment that is only read after a start keeps its indexes shut.
    pub(super) is_writable: bool,
}

/// The log of one partition.
#[derive(Debug)]
pub struct Log {
    topic_partition: TopicPartition,
    topic_id: Mutex<Option<Uuid>>,
    rng: Arc<dyn Rng>,
    pub(super) place: Arc<Place>,
    pub(super) health: Arc<Health>,
    config: ArcSwap<LogConfig>,
    segments: ArcSwap<Vec<Arc<Segment>>>,
    appender: Mutex<Appender>,
    end: Mutex<LogEnd>,
    end_offset: AtomicI64,
    start_offset: AtomicI64,
    recovery_point: AtomicI64,
    /// -1 where no transaction is open.
    first_unstable: AtomicI64,
    pub(super) epochs: Epochs,
    pub(super) removals: Removals,
    pub(super) flushing: Mutex<()>,
    pub(super) last_flush: AtomicI64,
    /// Files were made, renamed or removed, and the directory was not synced since.
    pub(super) has_new_names: AtomicBool,
    is_closed: AtomicBool,
}

impl Log {
    /// Opens a partition's directory, making it if it is missing, and recovers what a crash may have left.
    ///
    /// # Errors
    /// The disk fails, or the directory holds something that cannot be this log.
    pub fn open(open: Open) -> Result<Log, LogError> {
        let health = open.health.clone();
        health.check()?;
        health.judge(Log::open_directory(open))
    }

    fn open_directory(open: Open) -> Result<Log, LogError> {
        let place = Place::new(open.disk.clone(), &open.directory);
        let topic_id = topic_id::open(&place, open.topic_id)?;
        let loaded = recovery::load(&place, &open)?;
        let Loaded {
            segments,
            log_start_offset,
            log_end_offset,
            recovery_point,
            epochs,
            producers,
            snapshots,
            removals,
        } = loaded;
        let active = segments.last().expect("a loaded log has a segment").clone();
        let end =
            LogEnd { offset: log_end_offset, segment_base: active.base_offset(), position: Position(active.size()) };
        let first_unstable = producers.first_unstable_offset().map_or(-1, |offset| offset.max(log_start_offset).0);
        let jitter_ms = jitter_ms(&*open.rng, &open.config);
        let active = Active::existing(active, open.now, jitter_ms);
        Ok(Log {
            topic_partition: open.topic_partition,
            topic_id: Mutex::new(topic_id),
            rng: open.rng,
            place,
            health: open.health,
            config: ArcSwap::from_pointee(open.config),
            segments: ArcSwap::from_pointee(segments),
            appender: Mutex::new(Appender { active, producers, snapshots }),
            end: Mutex::new(end),
            end_offset: AtomicI64::new(log_end_offset.0),
            start_offset: AtomicI64::new(log_start_offset.0),
            recovery_point: AtomicI64::new(recovery_point.0),
            first_unstable: AtomicI64::new(first_unstable),
            epochs,
            removals,
            flushing: Mutex::new(()),
            last_flush: AtomicI64::new(open.now.0),
            has_new_names: AtomicBool::new(open.last_stop == LastStop::Unclean),
            is_closed: AtomicBool::new(false),
        })
    }

    /// The partition.
    #[must_use]
    pub fn topic_partition(&self) -> &TopicPartition {
        &self.topic_partition
    }

    /// The id of the topic, where it is known.
    #[must_use]
    pub fn topic_id(&self) -> Option<Uuid> {
        *self.topic_id.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a log that has no topic id one, and writes it beside the log.
    ///
    /// # Errors
    /// The log belongs to another topic id, or the disk fails.
    pub fn assign_topic_id(&self, id: Uuid) -> Result<(), LogError> {
        let mut known = self.topic_id.lock().unwrap_or_else(PoisonError::into_inner);
        self.check_usable()?;
        *known = self.health.judge(topic_id::open(&self.place, Some(id)))?;
        Ok(())
    }

    /// The partition's directory. It changes when the partition is deleted.
    #[must_use]
    pub fn directory(&self) -> PathBuf {
        self.place.directory().to_path_buf()
    }

    /// Whether the log directory works.
    #[must_use]
    pub fn health(&self) -> &Arc<Health> {
        &self.health
    }

    /// The topic's properties.
    #[must_use]
    pub fn config(&self) -> Arc<LogConfig> {
        self.config.load_full()
    }

    /// Follows a change of the topic's properties. It counts from the next append on.
    pub fn update_config(&self, config: LogConfig) {
        self.config.store(Arc::new(config));
    }

    /// The first offset that can be read.
    #[must_use]
    pub fn log_start_offset(&self) -> Offset {
        Offset(self.start_offset.load(Ordering::Acquire))
    }

    /// The offset that the next record gets.
    #[must_use]
    pub fn log_end_offset(&self) -> Offset {
        Offset(self.end_offset.load(Ordering::Acquire))
    }

    /// Everything below this is known to be on the disk.
    #[must_use]
    pub fn recovery_point(&self) -> Offset {
        Offset(self.recovery_point.load(Ordering::Acquire))
    }

    /// How many bytes of batches there are.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.segments().iter().map(|segment| segment.size()).sum()
    }

    /// How many segments there are.
    #[must_use]
    pub fn segment_count(&self) -> usize {
        self.segments().len()
    }

    /// The base offset of the oldest segment.
    #[must_use]
    pub fn first_segment_base(&self) -> Offset {
        self.segments()[0].base_offset()
    }

    /// The first offset that a reader of committed records may not see: the high watermark, or the first record of a
    /// transaction that is still open below it.
    #[must_use]
    pub fn last_stable_offset(&self, high_watermark: Offset) -> Offset {
        match self.first_unstable.load(Ordering::Acquire) {
            -1 => high_watermark,
            unstable => high_watermark.min(Offset(unstable)),
        }
    }

    /// Whether transactions hold the last stable offset back; only then is [`Log::on_high_watermark`] of use.
    #[must_use]
    pub fn has_unstable_offset(&self) -> bool {
        self.first_unstable.load(Ordering::Acquire) != -1
    }

    /// Tells the log that the high watermark has moved, which lets go of transactions that ended below it.
    pub fn on_high_watermark(&self, high_watermark: Offset) {
        if self.has_unstable_offset() {
            let mut appender = self.appender();
            appender.producers.on_high_watermark(high_watermark);
            self.publish_unstable(&appender);
        }
    }

    /// What is known of every producer that has written lately.
    #[must_use]
    pub fn producers(&self) -> BTreeMap<ProducerId, ProducerEntry> {
        self.appender().producers.producers().clone()
    }

    /// How many producers are known.
    #[must_use]
    pub fn producer_count(&self) -> usize {
        self.appender().producers.producers().len()
    }

    /// Forgets producers that have written nothing for `producer.id.expiration.ms`.
    pub fn expire_producers(&self, now: Timestamp) {
        let expiration_ms = self.config.load().producer_id_expiration_ms;
        self.appender().producers.expire(now, expiration_ms);
    }

    /// The epochs of leadership in the log.
    #[must_use]
    pub fn epochs(&self) -> EpochCache {
        self.epochs.cache()
    }

    /// The newest epoch of leadership in the log.
    #[must_use]
    pub fn latest_epoch(&self) -> Option<LeaderEpoch> {
        self.epochs.with(|cache| cache.latest().map(|entry| entry.epoch))
    }

    /// Where an epoch ends (OffsetForLeaderEpoch).
    #[must_use]
    pub fn end_offset_for_epoch(&self, epoch: LeaderEpoch) -> Option<EpochEnd> {
        self.epochs.with(|cache| cache.end_offset_for(epoch, self.log_end_offset()))
    }

    /// The epoch in which the record at `offset` was written.
    #[must_use]
    pub fn epoch_of(&self, offset: Offset) -> Option<LeaderEpoch> {
        self.epochs.with(|cache| cache.epoch_of(offset))
    }

    /// Notes that an epoch of leadership begins at the log's end. The note is durable no later than the first flush of
    /// what is written in that epoch.
    ///
    /// # Errors
    /// The epoch is older than the log's latest, or the disk fails.
    pub fn assign_leader_epoch(&self, epoch: LeaderEpoch) -> Result<(), LogError> {
        self.check_usable()?;
        let _appender = self.appender();
        if let Some(latest) = self.latest_epoch().filter(|latest| *latest > epoch) {
            return Err(LogError::OldLeaderEpoch { epoch, latest });
        }
        let start_offset = self.log_end_offset();
        self.epochs.assign(EpochEntry { epoch, start_offset });
        self.health.judge(self.epochs.write(&self.place))
    }

    /// Whether the log can be written.
    pub(super) fn check_usable(&self) -> Result<(), LogError> {
        self.health.check()?;
        if self.is_closed.load(Ordering::Acquire) {
            return Err(LogError::Closed { path: self.directory() });
        }
        Ok(())
    }

    pub(super) fn mark_closed(&self) {
        self.is_closed.store(true, Ordering::Release);
    }

    /// The right to write. A thread that panicked while it had it has left a log that nobody should write.
    pub(super) fn appender(&self) -> MutexGuard<'_, Appender> {
        self.appender.lock().unwrap_or_else(|poisoned| {
            self.health.fail(&LogError::Inconsistent {
                path: self.directory(),
                reason: "a thread panicked while it wrote the log".to_owned(),
            });
            poisoned.into_inner()
        })
    }

    pub(super) fn segments(&self) -> Segments {
        self.segments.load_full()
    }

    /// Puts another list of segments in place. Only the holder of the appender does so.
    pub(super) fn set_segments(&self, segments: Vec<Arc<Segment>>) {
        assert!(!segments.is_empty(), "a log always has a segment");
        assert!(segments.is_sorted_by_key(|segment| segment.base_offset()), "segments are in order");
        self.segments.store(Arc::new(segments));
        self.has_new_names.store(true, Ordering::Release);
    }

    pub(super) fn end(&self) -> LogEnd {
        *self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Publishes where the log ends.
    pub(super) fn set_end(&self, active: &Segment, offset: Offset) {
        let end = LogEnd { offset, segment_base: active.base_offset(), position: Position(active.size()) };
        *self.end.lock().unwrap_or_else(PoisonError::into_inner) = end;
        self.end_offset.store(offset.0, Ordering::Release);
        self.recovery_point.fetch_min(offset.0, Ordering::AcqRel);
    }

    pub(super) fn set_start(&self, offset: Offset) {
        self.start_offset.store(offset.0, Ordering::Release);
    }

    pub(super) fn raise_recovery_point(&self, offset: Offset) {
        self.recovery_point.fetch_max(offset.0, Ordering::AcqRel);
    }

    pub(super) fn publish_unstable(&self, appender: &Appender) {
        let unstable = appender.producers.first_unstable_offset();
        let unstable = unstable.map_or(-1, |offset| offset.max(self.log_start_offset()).0);
        self.first_unstable.store(unstable, Ordering::Release);
    }

    pub(super) fn jitter_ms(&self) -> Millis {
        jitter_ms(&*self.rng, &self.config.load())
    }

    /// Follows a rename of the partition's directory.
    pub(super) fn move_to(&self, directory: &Path) {
        self.place.move_to(directory);
    }
}

impl Active {
    pub(super) fn existing(segment: Arc<Segment>, now: Timestamp, jitter_ms: Millis) -> Active {
        Active {
            segment,
            indexer: Indexer::default(),
            first_timestamp: None,
            created: now,
            jitter_ms,
            is_writable: false,
        }
    }
}

/// How much earlier than `segment.ms` a segment is rolled, so that many do not roll at one time (`segment.jitter.ms`).
fn jitter_ms(rng: &dyn Rng, config: &LogConfig) -> Millis {
    let bound = config.segment_jitter_ms.min(config.segment_ms).max(0);
    Millis::try_from(rng.below(bound.unsigned_abs())).expect("below a bound that is a Millis")
}
