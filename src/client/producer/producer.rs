//! The producer as a program sees it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::accumulator::{Accumulator, Refused, TopicQueues};
use super::delivery::{Callback, Delivery, RecordResult};
use super::identity::Identity;
use super::partitioner::Queues;
use super::router::route;
use super::sender::Shared;
use super::settings::Settings;
use crate::client::{ClientError, Cluster, ClusterOptions, Deadline, PartitionMetadata};
use crate::config::ProducerConfig;
use crate::io::spawn::spawn;
use crate::model::{ErrorCode, Timestamp};
use crate::record::{BatchBuilder, Header, NewRecord};

/// A record to send. It borrows everything: its bytes are copied once, into its batch.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProducerRecord<'a> {
    /// The topic.
    pub topic: &'a str,
    /// The partition; `None` leaves it to the partitioner.
    pub partition: Option<i32>,
    /// The timestamp; `None` is now.
    pub timestamp: Option<Timestamp>,
    /// The key.
    pub key: Option<&'a [u8]>,
    /// The value; none is a tombstone on a compacted topic.
    pub value: Option<&'a [u8]>,
    /// Headers, in order.
    pub headers: &'a [Header],
}

impl<'a> ProducerRecord<'a> {
    /// A record with a value alone.
    #[must_use]
    pub fn new(topic: &'a str, value: &'a [u8]) -> ProducerRecord<'a> {
        ProducerRecord { topic, value: Some(value), ..ProducerRecord::default() }
    }

    /// The same with a key.
    #[must_use]
    pub fn key(self, key: &'a [u8]) -> ProducerRecord<'a> {
        ProducerRecord { key: Some(key), ..self }
    }

    /// The same for one partition.
    #[must_use]
    pub fn partition(self, partition: i32) -> ProducerRecord<'a> {
        ProducerRecord { partition: Some(partition), ..self }
    }
}

/// The asynchronous producer. Clones share everything; the last one to go drops what was not flushed.
///
/// ```no_run
/// # async fn example() -> Result<(), mq::client::ClientError> {
/// use mq::client::{Producer, ProducerRecord};
/// use mq::config::ProducerConfig;
/// use std::time::Duration;
///
/// let config = ProducerConfig { bootstrap_servers: vec!["localhost:9092".to_owned()], ..ProducerConfig::default() };
/// let producer = Producer::new(&config)?;
/// // Asynchronous: the record has its place in a batch, its result comes later.
/// let delivery = producer.send(ProducerRecord::new("first", b"hello").key(b"k")).await?;
/// // Synchronous: wait for the result at once.
/// println!("offset {}", delivery.await?.offset);
/// // With a callback.
/// let print = Box::new(|result| println!("{result:?}"));
/// producer.send_with_callback(ProducerRecord::new("first", b"world"), print).await;
/// producer.close(Duration::from_secs(30)).await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Producer(Arc<Running>);

struct Running {
    shared: Arc<Shared>,
    tasks: [JoinHandle<()>; 2],
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shared.accumulator.abort(&ClientError::Closed("The producer was dropped before its records were sent."));
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl std::fmt::Debug for Producer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Producer").field("bootstrap", &self.cluster().options().bootstrap).finish_non_exhaustive()
    }
}

impl Producer {
    /// A producer, which must be made on a runtime. It connects when the first record comes.
    ///
    /// # Errors
    /// A property, or a combination of them, is wrong.
    pub fn new(config: &ProducerConfig) -> Result<Producer, ClientError> {
        let cluster = Cluster::new(ClusterOptions::of_producer(config)?);
        Ok(Producer::on(cluster, Settings::of(config)?))
    }

    /// A producer on a cluster, whose clock and chance it takes.
    pub(super) fn on(cluster: Cluster, settings: Settings) -> Producer {
        let accumulator = Accumulator::new(settings, Arc::clone(cluster.clock()));
        let shared = Arc::new(Shared { accumulator, cluster, identity: Identity::default() });
        let tasks = [shared.cluster.keep_fresh(), spawn(route(Arc::clone(&shared)))];
        Producer(Arc::new(Running { shared, tasks }))
    }

    /// The cluster that this producer talks to.
    #[must_use]
    pub fn cluster(&self) -> &Cluster {
        &self.0.shared.cluster
    }

    /// Gives a record its place in a batch. Waits only for metadata of a new topic and for memory, at most `max.block.ms`.
    /// The result is awaited apart, or given up by dropping it.
    ///
    /// # Errors
    /// The record has no place: too large, no such topic or partition, no memory. Other records are not affected.
    #[inline]
    pub async fn send(&self, record: ProducerRecord<'_>) -> Result<Delivery, ClientError> {
        self.place(record, None).await.map_err(|(cause, _)| cause)
    }

    /// The same with a function that is called once with the result, on failures before the batch as well.
    pub async fn send_with_callback(&self, record: ProducerRecord<'_>, callback: Callback) {
        match self.place(record, Some(callback)).await {
            // The callback has the result.
            Ok(delivery) => drop(delivery),
            Err((cause, Some(callback))) => callback(Err(cause)),
            Err((_, None)) => {}
        }
    }

    /// Sends a record and waits for its result.
    ///
    /// # Errors
    /// The record has no place, or was not written.
    pub async fn send_and_wait(&self, record: ProducerRecord<'_>) -> RecordResult {
        self.send(record).await?.await
    }

    /// Sends everything that was given so far and waits for all results.
    pub async fn flush(&self) {
        self.0.shared.accumulator.flush().await;
    }

    /// The partitions of a topic.
    ///
    /// # Errors
    /// The topic is not known within `max.block.ms`.
    pub async fn partitions_for(&self, topic: &str) -> Result<Vec<PartitionMetadata>, ClientError> {
        let deadline = self.cluster().deadline(self.settings().max_block);
        Ok(self.learn(topic, &deadline).await?.1)
    }

    /// Sends what is left and ends. What has no result after `timeout` fails.
    ///
    /// # Errors
    /// [`ClientError::Timeout`] where records failed for that reason.
    pub async fn close(self, timeout: Duration) -> Result<(), ClientError> {
        let shared = &self.0.shared;
        shared.accumulator.closed.store(true, Ordering::Relaxed);
        let flushed = tokio::time::timeout(timeout, shared.accumulator.flush()).await;
        let left = shared.accumulator.unsettled();
        let closed = match flushed {
            Ok(()) => Ok(()),
            Err(_) => {
                let what = format!("{left} batch(es) were not written within {} ms of close", timeout.as_millis());
                Err(ClientError::Timeout { what, last: None })
            }
        };
        shared.accumulator.abort(&ClientError::Closed("The producer is closed forcefully."));
        self.0.tasks.iter().for_each(JoinHandle::abort);
        shared.cluster.close();
        closed
    }

    fn settings(&self) -> &Settings {
        &self.0.shared.accumulator.settings
    }

    async fn place(&self, record: ProducerRecord<'_>, callback: Option<Callback>) -> Result<Delivery, Refused> {
        let shared = &*self.0.shared;
        let topic = match self.topic_for(&record).await {
            Ok(topic) => topic,
            Err(cause) => return Err((cause, callback)),
        };
        let partition =
            record.partition.unwrap_or_else(|| topic.partitioner.choose(record.key, &*topic, &**shared.cluster.rng()));
        let timestamp = record.timestamp.unwrap_or_else(|| shared.cluster.clock().now());
        let new = NewRecord { timestamp, key: record.key, value: record.value, headers: record.headers };
        if let Err(cause) = self.check_size(new) {
            return Err((cause, callback));
        }
        let Some(queue) = topic.partition(partition) else {
            return Err((ClientError::InvalidArgument(format!("partition {partition} does not exist")), callback));
        };
        if record.partition.is_none() {
            let size = record.key.map_or(0, <[u8]>::len) + record.value.map_or(0, <[u8]>::len);
            topic.partitioner.count_bytes(partition, size, shared.accumulator.settings.batch_size);
        }
        shared.accumulator.append(&topic, queue, new, callback).await
    }

    fn check_size(&self, record: NewRecord<'_>) -> Result<(), ClientError> {
        let settings = self.settings();
        let size = BatchBuilder::size_upper_bound(record);
        if size > settings.request_size_max {
            return Err(ClientError::RecordTooLarge {
                size,
                limit: settings.request_size_max,
                property: "max.request.size",
            });
        }
        if size > settings.buffer_memory {
            return Err(ClientError::RecordTooLarge { size, limit: settings.buffer_memory, property: "buffer.memory" });
        }
        Ok(())
    }

    /// The queues of the record's topic, once the topic has the record's partition.
    async fn topic_for(&self, record: &ProducerRecord<'_>) -> Result<Arc<TopicQueues>, ClientError> {
        let accumulator = &self.0.shared.accumulator;
        if accumulator.closed.load(Ordering::Relaxed) {
            return Err(ClientError::Closed("Cannot perform operation after producer has been closed"));
        }
        let has = |topic: &TopicQueues| record.partition.is_none_or(|partition| topic.partition(partition).is_some());
        if let Some(topic) = accumulator.topic(record.topic).filter(|topic| has(topic)) {
            return Ok(topic);
        }
        if let Some(partition) = record.partition.filter(|partition| *partition < 0) {
            let text =
                format!("Invalid partition: {partition}. Partition number should always be non-negative or null.");
            return Err(ClientError::InvalidArgument(text));
        }
        let deadline = self.cluster().deadline(self.settings().max_block);
        loop {
            let (topic, _) = self.learn(record.topic, &deadline).await?;
            if has(&topic) {
                return Ok(topic);
            }
            if deadline.left() <= self.settings().retry_backoff {
                return Err(self.no_partition(record, &topic));
            }
            tokio::time::sleep(self.settings().retry_backoff).await;
            // Failure of the refresh shows as the same lack in the next round.
            let _ = tokio::time::timeout(deadline.left(), self.cluster().refresh()).await;
        }
    }

    async fn learn(
        &self,
        name: &str,
        deadline: &Deadline,
    ) -> Result<(Arc<TopicQueues>, Vec<PartitionMetadata>), ClientError> {
        let shared = &self.0.shared;
        let topic = shared.cluster.topic(name, deadline).await.map_err(|cause| {
            if shared.accumulator.topic(name).is_none() {
                shared.cluster.unwant(name);
            }
            match cause {
                ClientError::Timeout { last, .. } => {
                    let waited = self.settings().max_block.as_millis();
                    let what = format!("Topic {name} not present in metadata after {waited} ms.");
                    ClientError::Timeout { what, last }
                }
                other => other,
            }
        })?;
        if topic.partitions.is_empty() {
            return Err(ClientError::code(ErrorCode::LEADER_NOT_AVAILABLE));
        }
        Ok((shared.accumulator.learn(&topic, &shared.cluster), topic.partitions.clone()))
    }

    fn no_partition(&self, record: &ProducerRecord<'_>, topic: &TopicQueues) -> ClientError {
        let what = format!(
            "Partition {} of topic {} with partition count {} is not present in metadata after {} ms.",
            record.partition.unwrap_or(-1),
            topic.name,
            topic.count(),
            self.settings().max_block.as_millis(),
        );
        ClientError::Timeout { what, last: None }
    }
}
