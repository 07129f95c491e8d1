//! The replicas of this broker: opened, turned and closed as the image changes; retention, flush and checkpoints on time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tracing::{error, info, warn};

use super::partition::Partition;
use super::rules::{AppendRules, log_config};
use super::table::Table;
use crate::config::{BrokerConfig, BrokerSettings, Settings, TopicConfig};
use crate::io::clock::Clock;
use crate::io::spawn::BlockingPool;
use crate::log::{Create, Dirs, LogConfig, LogError, Offsets};
use crate::metadata::{ConfigResource, Delta, Image, PartitionChange, ResourceType};
use crate::model::{BrokerEpoch, NodeId, Offset, TopicPartition, Uuid};

/// The replicas of this broker.
#[derive(Debug)]
pub struct Replicas {
    node: NodeId,
    dirs: Arc<Dirs>,
    clock: Arc<dyn Clock>,
    settings: ArcSwap<BrokerSettings>,
    table: ArcSwap<Table>,
    /// The high watermarks that the last run wrote down.
    checkpoint: Offsets,
}

/// The properties of a topic, in the forms that its replicas need.
#[derive(Debug, Clone)]
struct TopicProperties {
    log: LogConfig,
    rules: AppendRules,
}

impl Replicas {
    /// The replicas in `dirs`, none of which is served before the first image comes.
    ///
    /// # Errors
    /// The checkpoints of high watermarks cannot be read.
    pub fn new(
        node: NodeId,
        dirs: Arc<Dirs>,
        settings: BrokerSettings,
        clock: Arc<dyn Clock>,
    ) -> Result<Replicas, LogError> {
        let checkpoint = dirs.high_watermarks()?;
        let settings = ArcSwap::from_pointee(settings);
        Ok(Replicas { node, dirs, clock, settings, table: ArcSwap::default(), checkpoint })
    }

    /// The replica of a partition here, by topic name.
    #[must_use]
    pub fn partition(&self, topic: &str, partition: i32) -> Option<Arc<Partition>> {
        self.table.load().by_name(topic, partition).cloned()
    }

    /// The replica of a partition here, by topic id.
    #[must_use]
    pub fn partition_by_id(&self, topic: Uuid, partition: i32) -> Option<Arc<Partition>> {
        self.table.load().by_id(topic, partition).cloned()
    }

    /// Every replica.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Partition>> {
        self.table.load().iter().cloned().collect()
    }

    /// The log directories.
    #[must_use]
    pub fn dirs(&self) -> &Arc<Dirs> {
        &self.dirs
    }

    /// Replaces the broker's settings; the topics that inherit them follow. It blocks.
    pub fn set_settings(&self, settings: BrokerSettings, image: &Image) {
        self.settings.store(Arc::new(settings));
        let mut properties = PropertiesOf::new(self, image);
        for partition in self.table.load().iter() {
            apply_properties(partition, properties.of(&partition.name().topic));
        }
    }

    /// Brings the replicas from one image to the next. It blocks: to be called on a thread that may.
    pub fn apply(&self, image: &Image, delta: &Delta) {
        let mut table = Table::clone(&self.table.load());
        let mut properties = PropertiesOf::new(self, image);
        for topic in &delta.topics_deleted {
            let partitions: Vec<_> = table.topic(topic.id).cloned().collect();
            partitions.iter().for_each(|partition| self.drop_replica(&mut table, partition));
        }
        for change in &delta.partitions_changed {
            let known = table.by_id(change.topic_id, change.partition.partition).cloned();
            match (known, change.after.is_replica(self.node)) {
                (None, false) => {}
                (Some(partition), false) => self.drop_replica(&mut table, &partition),
                (Some(partition), true) => self.turn(&partition, change),
                (None, true) => {
                    if let Some(partition) = self.open(change, properties.of(&change.partition.topic)) {
                        self.turn(&partition, change);
                        table.insert(partition);
                    }
                }
            }
        }
        self.table.store(Arc::new(table));
        for resource in delta.configs_changed.iter().filter(|resource| resource.kind == ResourceType::Topic) {
            self.reconfigure(&resource.name, image, &mut properties);
        }
    }

    fn reconfigure(&self, topic: &str, image: &Image, properties: &mut PropertiesOf<'_>) {
        let Some(topic) = image.topic(topic) else { return };
        for partition in self.table.load().topic(topic.id) {
            apply_properties(partition, properties.of(&topic.name));
        }
    }

    fn open(&self, change: &PartitionChange, properties: TopicProperties) -> Option<Arc<Partition>> {
        // Reserved ids and those of lost directories name none of ours: then any will do.
        let is_ours = |id: &Uuid| self.dirs.log_dirs().iter().any(|dir| dir.id() == Some(*id));
        let directory_id = change.after.directory_of(self.node).filter(is_ours);
        let create = Create {
            topic_partition: change.partition.clone(),
            topic_id: Some(change.topic_id),
            config: properties.log,
            directory_id,
        };
        match self.dirs.create(create, self.clock.now()) {
            Ok(log) => {
                let checkpoint = self.checkpoint.get(&change.partition).copied().unwrap_or(Offset::ZERO);
                let partition = Partition::new(self.node, change.id(), log, checkpoint, properties.rules);
                Some(Arc::new(partition))
            }
            Err(error) => {
                error!(partition = %change.partition, %error, "cannot open a replica");
                None
            }
        }
    }

    fn turn(&self, partition: &Partition, change: &PartitionChange) {
        if let Err(error) = partition.turn(&change.after, self.clock.elapsed()) {
            error!(partition = %change.partition, epoch = change.after.leader_epoch.0, %error, "cannot turn a replica");
        }
    }

    fn drop_replica(&self, table: &mut Table, partition: &Partition) {
        partition.close();
        table.remove(partition.id().topic_id, partition.name().partition);
        match self.dirs.delete(partition.name(), self.clock.now()) {
            Ok(_) => info!(partition = %partition.name(), "deleted a replica"),
            Err(error) => error!(partition = %partition.name(), %error, "cannot delete a replica"),
        }
    }

    /// Puts logs aside that no partition of the image belongs to: the partition was deleted or moved away while this broker was
    /// down, or the directory came from elsewhere. Nothing is removed.
    pub fn put_strays_aside(&self, image: &Image) {
        for log in self.dirs.logs() {
            let name = log.topic_partition();
            let topic = image.topic(&name.topic);
            let is_ours = topic.is_some_and(|topic| {
                log.topic_id().is_none_or(|id| id == topic.id)
                    && topic.partition(name.partition).is_some_and(|state| state.is_replica(self.node))
            });
            if !is_ours {
                warn!(partition = %name, "put a log aside that the cluster does not know of");
                if let Err(error) = self.dirs.put_aside(name) {
                    error!(partition = %name, %error, "cannot put a log aside");
                }
            }
        }
    }

    fn high_watermark_of(&self, partition: &TopicPartition) -> Option<Offset> {
        Some(self.table.load().by_name(&partition.topic, partition.partition)?.high_watermark())
    }

    /// Writes down the high watermarks. It blocks.
    pub fn checkpoint_high_watermarks(&self) {
        report("high watermarks", self.dirs.checkpoint_high_watermarks(&|partition| self.high_watermark_of(partition)));
    }

    /// Writes down how far the logs are on the disk. It blocks.
    pub fn checkpoint_recovery_points(&self) {
        report("recovery points", self.dirs.checkpoint_recovery_points());
    }

    /// Writes down where the logs start. It blocks.
    pub fn checkpoint_log_starts(&self) {
        report("log starts", self.dirs.checkpoint_log_starts());
    }

    /// Syncs what `flush.ms` asks for, and segments that are finished. It blocks.
    pub fn flush_due(&self) {
        let now = self.clock.now();
        for partition in self.table.load().iter() {
            let log = partition.log();
            if log.needs_flush(now) {
                report("flush", log.flush(now));
            } else if log.has_unflushed_segments() {
                report("flush", log.flush_finished_segments(now));
            }
        }
    }

    /// Deletes segments by age and size, and directories of deleted partitions. It blocks.
    pub fn retain(&self) {
        let now = self.clock.now();
        for partition in self.table.load().iter() {
            report("retention", partition.log().delete_old_segments(partition.high_watermark(), now).map(drop));
        }
    }

    /// Removes the directories of partitions that were deleted some time ago. It blocks.
    pub fn remove_deleted(&self) {
        report("removal", self.dirs.remove_deleted(self.clock.now()).map(drop));
    }

    /// Forgets producers that have not written for `producer.id.expiration.ms`. It blocks.
    pub fn expire_producers(&self) {
        let now = self.clock.now();
        self.table.load().iter().for_each(|partition| partition.log().expire_producers(now));
    }

    /// Refuses everything from now on, so that whoever waits is told.
    pub fn resign(&self) {
        self.table.load().iter().for_each(|partition| partition.close());
    }

    /// Closes the logs with checkpoints and, where all went well, the mark of a clean stop. It blocks.
    ///
    /// # Errors
    /// A disk fails; the next start then recovers its logs.
    pub fn close(&self, broker_epoch: BrokerEpoch) -> Result<(), LogError> {
        self.checkpoint_high_watermarks();
        self.dirs.close(broker_epoch, self.clock.now())
    }

    /// Whether a log directory is left that works.
    #[must_use]
    pub fn is_online(&self) -> bool {
        self.dirs.log_dirs().iter().any(|dir| dir.is_online())
    }
}

fn apply_properties(partition: &Partition, properties: TopicProperties) {
    partition.log().update_config(properties.log);
    partition.set_rules(properties.rules);
}

fn report(what: &'static str, result: Result<(), LogError>) {
    if let Err(error) = result {
        error!(what, %error, "upkeep of the logs failed");
    }
}

/// The log properties of every topic of an image, for opening logs before there are replicas.
#[derive(Debug)]
pub struct LogConfigs {
    by_topic: HashMap<String, LogConfig>,
    other: LogConfig,
}

impl LogConfigs {
    /// Those of one topic; of a topic that the image lacks, the broker's defaults.
    #[must_use]
    pub fn of(&self, topic: &str) -> LogConfig {
        self.by_topic.get(topic).unwrap_or(&self.other).clone()
    }
}

impl Replicas {
    /// The log properties of every topic of an image.
    #[must_use]
    pub fn log_configs(settings: &BrokerSettings, image: &Image) -> LogConfigs {
        let mut properties = PropertiesOf::over(Arc::new(settings.clone()), image);
        let with_own = image.configs().iter().filter(|(resource, _)| resource.kind == ResourceType::Topic);
        let by_topic =
            with_own.map(|(resource, _)| (resource.name.to_string(), properties.of(&resource.name).log)).collect();
        LogConfigs { by_topic, other: properties.of("").log }
    }
}

/// The properties of topics, each computed once for a change of the image.
struct PropertiesOf<'a> {
    settings: Arc<BrokerSettings>,
    broker: Option<BrokerConfig>,
    image: &'a Image,
    known: HashMap<Settings, TopicProperties>,
}

impl<'a> PropertiesOf<'a> {
    fn new(replicas: &Replicas, image: &'a Image) -> PropertiesOf<'a> {
        PropertiesOf::over(replicas.settings.load_full(), image)
    }

    fn over(settings: Arc<BrokerSettings>, image: &'a Image) -> PropertiesOf<'a> {
        PropertiesOf { settings, broker: None, image, known: HashMap::new() }
    }

    fn of(&mut self, topic: &str) -> TopicProperties {
        let own = self.image.config(&ConfigResource::topic(topic)).map(|map| Settings::clone(map)).unwrap_or_default();
        if let Some(known) = self.known.get(&own) {
            return known.clone();
        }
        let config = self.settings.topic(&own).unwrap_or_else(|error| {
            // The controller checked it; a file of a later version may hold more than this one knows.
            warn!(topic, %error, "a topic's configuration is ignored");
            TopicConfig::default()
        });
        let settings = &self.settings;
        let broker = self.broker.get_or_insert_with(|| settings.broker().unwrap_or_default());
        let properties = TopicProperties { log: log_config(&config, broker), rules: AppendRules::new(&config) };
        self.known.insert(own, properties.clone());
        properties
    }
}

impl Replicas {
    /// Does the upkeep on time, on `pool`, for as long as it is polled. A round that is late is not made up for.
    pub async fn keep(self: Arc<Self>, pool: BlockingPool, upkeep: Upkeep) {
        let every = |period| ticks(period, period);
        let mut watermarks = every(upkeep.high_watermarks);
        let mut producers = every(upkeep.producers);
        let mut flush = every(FLUSH_INTERVAL);
        let mut recovery_points = ticks(upkeep.logs_after, upkeep.recovery_points);
        let mut log_starts = ticks(upkeep.logs_after, upkeep.log_starts);
        let mut retention = ticks(upkeep.logs_after, upkeep.retention);
        loop {
            let job: fn(&Replicas) = tokio::select! {
                _ = watermarks.tick() => |replicas| {
                    replicas.checkpoint_high_watermarks();
                    replicas.remove_deleted();
                },
                _ = recovery_points.tick() => Replicas::checkpoint_recovery_points,
                _ = log_starts.tick() => Replicas::checkpoint_log_starts,
                _ = retention.tick() => Replicas::retain,
                _ = producers.tick() => Replicas::expire_producers,
                _ = flush.tick() => Replicas::flush_due,
            };
            let replicas = Arc::clone(&self);
            pool.run(move || job(&replicas)).await;
        }
    }
}

fn ticks(first: Duration, period: Duration) -> Interval {
    let mut ticks = interval_at(Instant::now() + first, period.max(Duration::from_millis(1)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// How often it is looked whether `flush.ms` or a finished segment wants a sync.
const FLUSH_INTERVAL: Duration = Duration::from_secs(1);

/// How often the replicas' upkeep is done.
#[derive(Debug, Clone, Copy)]
pub struct Upkeep {
    /// `replica.high.watermark.checkpoint.interval.ms`.
    pub high_watermarks: Duration,
    /// `log.initial.task.delay.ms`: the three below begin after it.
    pub logs_after: Duration,
    /// `log.flush.offset.checkpoint.interval.ms`.
    pub recovery_points: Duration,
    /// `log.flush.start.offset.checkpoint.interval.ms`.
    pub log_starts: Duration,
    /// `log.retention.check.interval.ms`.
    pub retention: Duration,
    /// `producer.id.expiration.check.interval.ms`.
    pub producers: Duration,
}
