//! The cluster as a client sees it: bootstrap servers, metadata that is kept fresh, routing to leader, coordinator and
//! controller.
//!
//! Metadata is a value that is replaced as a whole ([`Metadata`]); whoever routes reads it without a lock. One refresh runs
//! at a time, and all who want one share it. Nothing here retries a caller's request: [`retrying`](super::retry::retrying)
//! does, and an attempt that fails tells this what to forget.

mod coordinators;
mod metadata;
mod notice;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::{Notify, watch};
use tracing::{debug, warn};

pub use coordinators::CoordinatorKind;
pub use metadata::{Broker, LeaderHint, Metadata, PartitionMetadata, TopicMetadata};

use super::ClientError;
use super::retry::{Backoff, Deadline, retrying};
use crate::io::clock::{Clock, SystemClock};
use crate::io::rng::{Rng, SystemRng};
use crate::model::{ErrorCode, NodeId, TopicName, TopicPartition};
use crate::net::peer::Peer;
use crate::net::{Address, Lane, PeerError, PeerOptions, Peers};
use crate::protocol::messages::metadata_request::MetadataRequestTopic;
use crate::protocol::messages::{MetadataRequest, MetadataResponse};
use coordinators::Coordinators;

/// The first version of Metadata that can be told not to create topics.
const METADATA_AUTO_CREATION_FROM: i16 = 4;

/// How a client finds and keeps its cluster.
#[derive(Debug, Clone)]
pub struct ClusterOptions {
    /// `bootstrap.servers`.
    pub bootstrap: Vec<Address>,
    /// How connections are made.
    pub peer: PeerOptions,
    /// `metadata.max.age.ms`.
    pub metadata_max_age: Duration,
    /// `retry.backoff.ms`.
    pub retry_backoff: Duration,
    /// `retry.backoff.max.ms`.
    pub retry_backoff_max: Duration,
    /// `allow.auto.create.topics`, and true for producers.
    pub auto_create_topics: bool,
}

/// Which topics the metadata covers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Wanted {
    /// No topic: brokers and controller only.
    #[default]
    None,
    /// These topics.
    Topics(BTreeSet<TopicName>),
    /// Every topic.
    All,
}

/// A cluster. Clones share everything.
#[derive(Debug, Clone)]
pub struct Cluster(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    options: ClusterOptions,
    peers: Peers,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    metadata: ArcSwap<Metadata>,
    changed: watch::Sender<u64>,
    wanted: Mutex<Wanted>,
    refreshing: tokio::sync::Mutex<()>,
    asked: Notify,
    coordinators: Coordinators,
}

impl Cluster {
    /// A cluster that is not connected yet.
    #[must_use]
    pub fn new(options: ClusterOptions) -> Cluster {
        Cluster::with_world(options, Arc::new(SystemClock::new()), Arc::new(SystemRng))
    }

    /// The same with a clock and a source of chance from outside, for tests.
    #[must_use]
    pub fn with_world(options: ClusterOptions, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Cluster {
        let peers = Peers::new(options.peer.clone(), Arc::clone(&clock), Arc::clone(&rng));
        Cluster(Arc::new(Inner {
            options,
            peers,
            clock,
            rng,
            metadata: ArcSwap::default(),
            changed: watch::Sender::new(0),
            wanted: Mutex::default(),
            refreshing: tokio::sync::Mutex::default(),
            asked: Notify::new(),
            coordinators: Coordinators::default(),
        }))
    }

    /// How this client finds its cluster.
    #[must_use]
    pub fn options(&self) -> &ClusterOptions {
        &self.0.options
    }

    /// The clocks of this client.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }

    /// The chance of this client.
    #[must_use]
    pub fn rng(&self) -> &Arc<dyn Rng> {
        &self.0.rng
    }

    /// The moment `timeout` from now.
    #[must_use]
    pub fn deadline(&self, timeout: Duration) -> Deadline {
        Deadline::after(&self.0.clock, timeout)
    }

    /// The pauses between attempts.
    #[must_use]
    pub fn pauses(&self) -> Backoff {
        let options = &self.0.options;
        Backoff { first: options.retry_backoff, most: options.retry_backoff_max, rng: Arc::clone(&self.0.rng) }
    }

    /// What is known now; generation 0 when nothing is.
    #[must_use]
    pub fn metadata(&self) -> Arc<Metadata> {
        self.0.metadata.load_full()
    }

    /// Tells the generation of the metadata whenever it changes.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.changed.subscribe()
    }

    /// Adds a topic to those that the metadata covers; tells whether it was not covered before.
    pub fn want(&self, topic: &str) -> bool {
        let mut wanted = self.wanted();
        match &mut *wanted {
            Wanted::All => false,
            Wanted::Topics(topics) => !topics.contains(topic) && topics.insert(topic.into()),
            none @ Wanted::None => {
                *none = Wanted::Topics(BTreeSet::from([topic.into()]));
                true
            }
        }
    }

    /// Takes a topic out of those that the metadata covers: nobody waits for it any more.
    pub fn unwant(&self, topic: &str) {
        if let Wanted::Topics(topics) = &mut *self.wanted() {
            topics.remove(topic);
        }
    }

    /// Sets which topics the metadata covers; tells whether that is another set than before.
    pub fn set_wanted(&self, next: Wanted) -> bool {
        let mut wanted = self.wanted();
        let other = *wanted != next;
        *wanted = next;
        other
    }

    /// Asks the keeper ([`Cluster::keep_fresh`]) for new metadata soon.
    pub fn ask_refresh(&self) {
        self.0.asked.notify_one();
    }

    /// Starts the task that refreshes the metadata when it is old or was asked for. It ends with the last clone.
    pub fn keep_fresh(&self) -> tokio::task::JoinHandle<()> {
        crate::io::spawn::spawn(keep(Arc::downgrade(&self.0), self.0.options.metadata_max_age))
    }

    /// Fetches new metadata now, or waits for the fetch that is under way.
    ///
    /// # Errors
    /// Why no broker answered.
    pub async fn refresh(&self) -> Result<Arc<Metadata>, ClientError> {
        let before = self.metadata().generation;
        let _one_at_a_time = self.0.refreshing.lock().await;
        let now = self.metadata();
        if now.generation > before && self.covers(&now) {
            return Ok(now);
        }
        let wanted = self.wanted().clone();
        let answer = self.fetch_metadata(&wanted).await?;
        Ok(self.install(answer, &wanted))
    }

    /// The metadata of one topic, refreshed until it is there without an error.
    ///
    /// # Errors
    /// A final error of the topic (its name, its authorization), or the end of the time.
    pub async fn topic(&self, name: &str, deadline: &Deadline) -> Result<Arc<TopicMetadata>, ClientError> {
        self.want(name);
        if let Some(topic) = self.metadata().topic(name) {
            return Ok(Arc::clone(topic));
        }
        let what = || format!("Topic {name} not present in metadata.");
        retrying(what, deadline, &self.pauses(), || async {
            self.want(name);
            let metadata = self.refresh().await?;
            match metadata.topics.get(name) {
                Some(topic) if topic.error.is_none() => Ok(Arc::clone(topic)),
                Some(topic) => Err(refused_topic(topic)),
                None => Err(ClientError::code(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)),
            }
        })
        .await
    }

    /// The leader of a partition; one attempt. Where it is unknown the metadata is refreshed once.
    ///
    /// # Errors
    /// A retriable error while there is no leader.
    pub async fn leader(&self, partition: &TopicPartition) -> Result<(Broker, Arc<Metadata>), ClientError> {
        let mut metadata = self.metadata();
        if metadata.leader(&partition.topic, partition.partition).is_none() {
            self.want(&partition.topic);
            metadata = self.refresh().await?;
        }
        if let Some((broker, _)) = metadata.leader(&partition.topic, partition.partition) {
            return Ok((broker.clone(), Arc::clone(&metadata)));
        }
        let topic = metadata.topics.get(&partition.topic);
        let row = topic.and_then(|topic| topic.partition(partition.partition));
        Err(ClientError::code(match (topic, row) {
            (Some(topic), _) if !topic.error.is_none() => topic.error,
            (_, Some(_)) => ErrorCode::LEADER_NOT_AVAILABLE,
            _ => ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
        }))
    }

    /// Takes over the leader that an answer named; tells whether that was news.
    pub fn learn_leader(&self, partition: &TopicPartition, hint: &LeaderHint) -> bool {
        let mut news = false;
        self.0.metadata.rcu(|now| match now.with_leader(&partition.topic, partition.partition, hint) {
            Some(next) => {
                news = true;
                Arc::new(next)
            }
            None => Arc::clone(now),
        });
        if news {
            self.tell();
        }
        news
    }

    /// A connection to a broker by its id.
    ///
    /// # Errors
    /// The id is not known, or no connection can be made.
    pub async fn broker(&self, id: NodeId, lane: Lane) -> Result<Peer, ClientError> {
        let metadata = self.metadata();
        let Some(broker) = metadata.brokers.get(&id) else {
            self.ask_refresh();
            return Err(ClientError::code(ErrorCode::REPLICA_NOT_AVAILABLE));
        };
        self.peer(&broker.address, lane).await
    }

    /// A connection to an address.
    ///
    /// # Errors
    /// No connection can be made.
    pub async fn peer(&self, address: &Address, lane: Lane) -> Result<Peer, ClientError> {
        Ok(self.0.peers.get(address, lane).await?)
    }

    /// Whether a broker could not be reached lately.
    #[must_use]
    pub fn is_backing_off(&self, id: NodeId, lane: Lane) -> bool {
        let metadata = self.metadata();
        metadata.brokers.get(&id).is_some_and(|broker| self.0.peers.is_backing_off(&broker.address, lane))
    }

    /// A connection to the broker that takes requests for the controller.
    ///
    /// # Errors
    /// A retriable error while none is known.
    pub async fn controller(&self) -> Result<Peer, ClientError> {
        let mut metadata = self.metadata();
        if metadata.controller.is_none() {
            metadata = self.refresh().await?;
        }
        let controller = metadata.controller.ok_or_else(|| ClientError::code(ErrorCode::NOT_CONTROLLER))?;
        self.broker(controller, Lane::Requests).await
    }

    /// Forgets which broker takes requests for the controller.
    pub fn forget_controller(&self) {
        self.0.metadata.rcu(|now| Arc::new(Metadata { controller: None, ..(**now).clone() }));
    }

    /// A connection to any broker: a known one, else a bootstrap server, in random order and those that failed lately last.
    ///
    /// # Errors
    /// Why each of them cannot be reached.
    pub async fn any(&self) -> Result<Peer, ClientError> {
        let mut causes: Vec<Arc<PeerError>> = Vec::new();
        for address in self.candidates() {
            match self.0.peers.get(&address, Lane::Requests).await {
                Ok(peer) => return Ok(peer),
                Err(cause) => {
                    self.tell_unreachable(&address, &cause);
                    causes.push(Arc::new(cause));
                }
            }
        }
        Err(ClientError::NoBroker(causes))
    }

    /// Closes every connection. Later calls connect again.
    pub fn close(&self) {
        self.0.peers.close();
    }

    fn candidates(&self) -> Vec<Address> {
        let metadata = self.metadata();
        let known: Vec<Address> = metadata.brokers.values().map(|broker| broker.address.clone()).collect();
        let mut found = self.shuffled(known);
        for address in self.shuffled(self.0.options.bootstrap.clone()) {
            if !found.contains(&address) {
                found.push(address);
            }
        }
        found.sort_by_key(|address| self.0.peers.is_backing_off(address, Lane::Requests));
        found
    }

    fn shuffled(&self, mut addresses: Vec<Address>) -> Vec<Address> {
        for last in (1..addresses.len()).rev() {
            let other = usize::try_from(self.0.rng.below(last as u64 + 1)).expect("not above a length");
            addresses.swap(last, other);
        }
        addresses
    }

    fn covers(&self, metadata: &Metadata) -> bool {
        match &*self.wanted() {
            Wanted::None => true,
            Wanted::Topics(topics) => topics.iter().all(|topic| metadata.topics.contains_key(topic)),
            // Whether an answer was complete is not kept; one more fetch is cheap.
            Wanted::All => false,
        }
    }

    /// Whether a topic that is asked for has an error that may pass.
    fn lacks(&self, metadata: &Metadata) -> bool {
        let troubled = |topic: &Arc<TopicMetadata>| !topic.error.is_none() && topic.error.is_retriable();
        metadata.topics.values().any(troubled)
    }

    async fn fetch_metadata(&self, wanted: &Wanted) -> Result<MetadataResponse, ClientError> {
        let mut causes: Vec<Arc<PeerError>> = Vec::new();
        for address in self.candidates() {
            let asked = async {
                let peer = self.0.peers.get(&address, Lane::Requests).await?;
                let version = peer.version::<MetadataRequest>(i16::MAX)?;
                let request = metadata_request(wanted, version, self.0.options.auto_create_topics);
                peer.start(&request, version, None).await?.answer().await
            };
            match asked.await {
                Ok(answer) => return check_metadata(answer),
                Err(cause) => {
                    self.tell_unreachable(&address, &cause);
                    causes.push(Arc::new(cause));
                }
            }
        }
        Err(ClientError::NoBroker(causes))
    }

    fn install(&self, answer: MetadataResponse, wanted: &Wanted) -> Arc<Metadata> {
        let complete = *wanted == Wanted::All;
        let now = self.0.clock.elapsed();
        let mut installed = Arc::default();
        self.0.metadata.rcu(|before| {
            let mut next = before.after(answer.clone(), now, complete);
            if let Wanted::Topics(topics) = wanted {
                next = next.only(topics);
            }
            installed = Arc::new(next);
            Arc::clone(&installed)
        });
        debug!(generation = installed.generation, brokers = installed.brokers.len(), "metadata refreshed");
        self.tell();
        installed
    }

    fn tell(&self) {
        self.0.changed.send_replace(self.0.metadata.load().generation);
    }

    fn wanted(&self) -> std::sync::MutexGuard<'_, Wanted> {
        self.0.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Refreshes until the last clone of the cluster is gone.
async fn keep(cluster: Weak<Inner>, age_max: Duration) {
    let mut failures = 0_u32;
    loop {
        let Some(inner) = cluster.upgrade() else { return };
        let pauses = Cluster(Arc::clone(&inner)).pauses();
        let age = inner.clock.elapsed().saturating_sub(inner.metadata.load().fetched_at);
        // Bounded, so that the end of the cluster is noticed.
        let wait = if failures > 0 { pauses.pause(failures - 1) } else { age_max.saturating_sub(age) };
        let wait = wait.min(KEEPER_LOOKS_EVERY);
        let asked = tokio::time::timeout(wait, inner.asked.notified()).await.is_ok();
        let cluster = Cluster(inner);
        let due = cluster.clock().elapsed().saturating_sub(cluster.metadata().fetched_at) >= age_max;
        if !(asked || due || failures > 0) {
            continue;
        }
        match cluster.refresh().await {
            Ok(metadata) if cluster.lacks(&metadata) => failures = failures.saturating_add(1),
            Ok(_) => failures = 0,
            Err(_) => failures = failures.saturating_add(1),
        }
        // However often it is asked for, metadata is fetched once per pause.
        tokio::time::sleep(pauses.pause(0)).await;
    }
}

/// The longest sleep of the keeper.
const KEEPER_LOOKS_EVERY: Duration = Duration::from_secs(1);

fn metadata_request(wanted: &Wanted, version: i16, auto_create: bool) -> MetadataRequest {
    let topics = match wanted {
        // Version 0 cannot ask for nothing: its empty list means everything.
        Wanted::None => Some(Vec::new()),
        Wanted::Topics(names) => Some(names.iter().map(|name| named(name)).collect()),
        Wanted::All if version == 0 => Some(Vec::new()),
        Wanted::All => None,
    };
    // Older versions create topics whatever the request says, and refuse a request that forbids it.
    let allow_auto_topic_creation = auto_create || version < METADATA_AUTO_CREATION_FROM;
    MetadataRequest { topics, allow_auto_topic_creation, ..Default::default() }
}

impl Metadata {
    /// Whether every topic that was asked about may yet be had.
    ///
    /// # Errors
    /// One has an invalid name, or may not be read: asking again does not help.
    pub fn check_topics(&self) -> Result<(), ClientError> {
        let is_final =
            |error| matches!(error, ErrorCode::INVALID_TOPIC_EXCEPTION | ErrorCode::TOPIC_AUTHORIZATION_FAILED);
        self.topics.values().find(|topic| is_final(topic.error)).map_or(Ok(()), |topic| Err(refused_topic(topic)))
    }
}

/// A topic's error, in the words of Kafka's clients where they have their own.
fn refused_topic(topic: &TopicMetadata) -> ClientError {
    let message = match topic.error {
        ErrorCode::INVALID_TOPIC_EXCEPTION => format!("Invalid topics: [{}]", topic.name),
        ErrorCode::TOPIC_AUTHORIZATION_FAILED => format!("Not authorized to access topics: [{}]", topic.name),
        code => return ClientError::code(code),
    };
    ClientError::answer(topic.error, Some(&message))
}

fn named(name: &str) -> MetadataRequestTopic {
    MetadataRequestTopic { name: Some(name.to_owned()), ..Default::default() }
}

fn check_metadata(answer: MetadataResponse) -> Result<MetadataResponse, ClientError> {
    match ErrorCode::from_wire(answer.error_code) {
        ErrorCode::NONE => {}
        code => return Err(ClientError::code(code)),
    }
    let troubled: Vec<String> = answer
        .topics
        .iter()
        .filter(|topic| topic.error_code != 0)
        .filter_map(|topic| Some(format!("{}={}", topic.name.as_deref()?, ErrorCode::from_wire(topic.error_code))))
        .collect();
    if !troubled.is_empty() {
        warn!("The metadata response from the cluster reported a recoverable issue : {{{}}}", troubled.join(", "));
    }
    Ok(answer)
}

#[cfg(test)]
mod tests;
