//! The RecordAccumulator: records grow into batches per partition within `buffer.memory`.
//!
//! Appending takes one short lock, that of the partition, and copies the record's bytes into its batch. Memory is counted by
//! batch: a caller who finds none left waits, at most `max.block.ms`, and makes the senders send what they have.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::Semaphore;

use super::batch::Batch;
use super::delivery::{Callback, Delivery, State};
use super::inbox::Inbox;
use super::incomplete::Incomplete;
use super::partitioner::{Queues, TopicPartitioner};
use super::queue::{Appended, NewBatchRoom, PartitionQueue, Urgency, Wake};
use super::settings::Settings;
use crate::client::{ClientError, Cluster, Metadata, TopicMetadata};
use crate::io::clock::Clock;
use crate::model::{TopicName, TopicPartition};
use crate::record::{BatchBuilder, Codec, NewRecord};

/// Compressed batches are filled as if they shrank a little less than the last ones did.
const RATIO_MARGIN: f32 = 1.05;

/// Why a record has no place, with the callback that still has to hear of it.
pub(super) type Refused = (ClientError, Option<Callback>);

pub(super) struct Accumulator {
    pub(super) settings: Settings,
    clock: Arc<dyn Clock>,
    topics: ArcSwap<HashMap<TopicName, Arc<TopicQueues>>>,
    memory: Semaphore,
    /// Callers who wait for memory.
    blocked: AtomicUsize,
    /// Flushes and a close under way.
    flushing: AtomicUsize,
    pub(super) closed: AtomicBool,
    incomplete: Arc<Incomplete>,
    /// The list of the router, who knows where a partition belongs.
    pub(super) router: Arc<Inbox>,
    /// Everyone who sends.
    pub(super) senders: Mutex<Vec<Arc<Inbox>>>,
}

/// The queues of one topic.
pub(super) struct TopicQueues {
    pub(super) name: TopicName,
    partitions: Vec<Arc<PartitionQueue>>,
    led: Vec<bool>,
    pub(super) partitioner: Arc<TopicPartitioner>,
    /// How far its records shrink, as the bits of an f32.
    ratio: Arc<AtomicU32>,
}

impl Queues for TopicQueues {
    fn count(&self) -> i32 {
        i32::try_from(self.partitions.len()).unwrap_or(i32::MAX)
    }

    fn load(&self, partition: i32) -> Option<u64> {
        let place = usize::try_from(partition).ok()?;
        self.led.get(place).copied().unwrap_or(false).then(|| self.partitions[place].load())
    }
}

impl TopicQueues {
    pub(super) fn partition(&self, partition: i32) -> Option<&Arc<PartitionQueue>> {
        self.partitions.get(usize::try_from(partition).ok()?)
    }

    pub(super) fn ratio(&self) -> f32 {
        f32::from_bits(self.ratio.load(Ordering::Relaxed))
    }

    /// Follows the ratio of the last batch: at once where records shrink less, slowly where they shrink more.
    pub(super) fn note_ratio(&self, last: f32) {
        let last = last * RATIO_MARGIN;
        let before = self.ratio();
        let next = if last > before { last } else { before - (before - last) * 0.1 };
        self.ratio.store(next.clamp(0.01, 1.0).to_bits(), Ordering::Relaxed);
    }
}

impl Accumulator {
    pub(super) fn new(settings: Settings, clock: Arc<dyn Clock>) -> Accumulator {
        let memory = Semaphore::new(settings.buffer_memory.min(Semaphore::MAX_PERMITS));
        Accumulator {
            settings,
            clock,
            topics: ArcSwap::default(),
            memory,
            blocked: AtomicUsize::new(0),
            flushing: AtomicUsize::new(0),
            closed: AtomicBool::new(false),
            incomplete: Arc::default(),
            router: Arc::default(),
            senders: Mutex::default(),
        }
    }

    /// The queues of a topic that was written to before.
    #[inline]
    pub(super) fn topic(&self, name: &str) -> Option<Arc<TopicQueues>> {
        self.topics.load().get(name).cloned()
    }

    /// Makes queues for a topic, or for the partitions it has gained.
    pub(super) fn learn(&self, topic: &TopicMetadata, cluster: &Cluster) -> Arc<TopicQueues> {
        let mut learnt = None;
        self.topics.rcu(|now| {
            let before = now.get(&topic.name);
            let queues = Arc::new(self.queues(topic, before, cluster));
            learnt = Some(Arc::clone(&queues));
            let mut next = (**now).clone();
            next.insert(topic.name.clone(), queues);
            next
        });
        learnt.expect("the update ran at least once")
    }

    fn queues(&self, topic: &TopicMetadata, before: Option<&Arc<TopicQueues>>, cluster: &Cluster) -> TopicQueues {
        let known = |partition: i32| before.and_then(|before| before.partition(partition)).cloned();
        let new = |partition| PartitionQueue::new(TopicPartition::new(topic.name.clone(), partition));
        let partitions = topic.partitions.iter().map(|row| known(row.partition).unwrap_or_else(|| new(row.partition)));
        let start = if self.settings.compression.codec == Codec::None { 1.0_f32 } else { 0.99 };
        TopicQueues {
            name: topic.name.clone(),
            partitions: partitions.collect(),
            led: topic.partitions.iter().map(|row| row.leader.is_some()).collect(),
            partitioner: before.map_or_else(
                || Arc::new(TopicPartitioner::new(self.settings.partitioning, self.settings.spread, &**cluster.rng())),
                |before| Arc::clone(&before.partitioner),
            ),
            ratio: before.map_or_else(|| Arc::new(AtomicU32::new(start.to_bits())), |before| Arc::clone(&before.ratio)),
        }
    }

    /// Follows new metadata: topics may have gained partitions and lost leaders.
    pub(super) fn follow(&self, metadata: &Metadata, cluster: &Cluster) {
        for name in self.topics.load().keys() {
            if let Some(topic) = metadata.topic(name) {
                self.learn(topic, cluster);
            }
        }
    }

    /// Adds a record to a partition's batch, waiting for memory where it must.
    pub(super) async fn append(
        &self,
        topic: &TopicQueues,
        queue: &Arc<PartitionQueue>,
        record: NewRecord<'_>,
        callback: Option<Callback>,
    ) -> Result<Delivery, Refused> {
        let ratio = topic.ratio();
        let callback = match queue.append(record, callback, &self.settings, ratio, None).0 {
            Appended::Done(delivery, wake) => {
                self.wake(queue, wake);
                return Ok(delivery);
            }
            Appended::NeedsBatch(callback) => callback,
        };
        let size = self.settings.batch_size.max(BatchBuilder::size_upper_bound(record));
        let room = match self.reserve(size).await {
            Ok(room) => room,
            Err(cause) => return Err((cause, callback)),
        };
        let (appended, unused) = queue.append(record, callback, &self.settings, ratio, Some(room));
        if let Some(room) = unused {
            // Somebody else began a batch while we waited.
            self.release(room.memory);
        }
        match appended {
            Appended::Done(delivery, wake) => {
                self.wake(queue, wake);
                Ok(delivery)
            }
            Appended::NeedsBatch(_) => unreachable!("a batch is begun where there is room for one"),
        }
    }

    fn wake(&self, queue: &Arc<PartitionQueue>, wake: Option<Wake>) {
        match wake {
            None => {}
            Some(Wake::Owner(inbox)) => inbox.wake(),
            Some(Wake::List(home)) => home.as_ref().unwrap_or(&self.router).put(Arc::clone(queue)),
        }
    }

    async fn reserve(&self, size: usize) -> Result<NewBatchRoom, ClientError> {
        let permits = u32::try_from(size).unwrap_or(u32::MAX);
        if let Ok(permit) = self.memory.try_acquire_many(permits) {
            permit.forget();
            return Ok(self.room(size));
        }
        if size > self.settings.buffer_memory {
            let total = self.settings.buffer_memory;
            let text = format!(
                "Attempt to allocate {size} bytes, but there is a hard limit of {total} on memory allocations."
            );
            return Err(ClientError::InvalidArgument(text));
        }
        let blocked = Counted::new(&self.blocked);
        self.wake_all();
        let waited = tokio::time::timeout(self.settings.max_block, self.memory.acquire_many(permits)).await;
        drop(blocked);
        match waited {
            Ok(Ok(permit)) => {
                permit.forget();
                Ok(self.room(size))
            }
            Ok(Err(_)) => Err(ClientError::Closed("Producer closed while allocating memory")),
            Err(_) => Err(ClientError::BufferExhausted {
                size,
                total: self.settings.buffer_memory,
                available: self.memory.available_permits(),
                poolable: self.settings.batch_size,
                after: self.settings.max_block,
            }),
        }
    }

    fn room(&self, memory: usize) -> NewBatchRoom {
        NewBatchRoom { memory, now: self.clock.elapsed(), incomplete: Arc::clone(&self.incomplete) }
    }

    fn release(&self, memory: usize) {
        self.memory.add_permits(memory);
    }

    /// Gives a batch its result and its memory back.
    pub(super) fn settle(&self, mut batch: Batch, state: State) {
        self.release(batch.memory);
        batch.settle(state);
    }

    /// Whether batches go out although they could grow.
    pub(super) fn urgency(&self) -> Urgency {
        let hurried = self.flushing.load(Ordering::Relaxed) > 0
            || self.blocked.load(Ordering::Relaxed) > 0
            || self.closed.load(Ordering::Relaxed);
        if hurried { Urgency::Now } else { Urgency::Lingers }
    }

    /// Sends everything that is there now and waits for its results.
    pub(super) async fn flush(&self) {
        let _flushing = Counted::new(&self.flushing);
        self.wake_all();
        for outcome in self.incomplete.list() {
            outcome.settled().await;
        }
    }

    /// Fails everything that is not under way.
    pub(super) fn abort(&self, cause: &ClientError) {
        for topic in self.topics.load().values() {
            for queue in &topic.partitions {
                for batch in queue.drain() {
                    self.settle(batch, State::Failed { cause: cause.clone(), blamed: Vec::new() });
                }
            }
        }
        self.memory.close();
    }

    /// Batches without a result.
    pub(super) fn unsettled(&self) -> usize {
        self.incomplete.list().len()
    }

    pub(super) fn wake_all(&self) {
        self.router.wake();
        for sender in self.senders.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            sender.wake();
        }
    }

    pub(super) fn now(&self) -> Duration {
        self.clock.elapsed()
    }
}

/// One more of a count for as long as it lives, also where the caller gives up waiting.
struct Counted<'a>(&'a AtomicUsize);

impl Counted<'_> {
    fn new(count: &AtomicUsize) -> Counted<'_> {
        count.fetch_add(1, Ordering::Relaxed);
        Counted(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
