//! The fetchers: one task per broker that fetches ahead for the partitions which the broker leads, within bounds.
//!
//! While one answer is decoded the next one is already asked for. A supervisor starts fetchers for brokers that lead
//! something, and asks for metadata while a partition has no leader.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::task::JoinSet;
use tracing::{debug, info, warn};

use super::decode::{Fetched, decode, next_offset};
use super::session::{Round, Session};
use super::state::{LogEnds, Place, Shared, Target};
use crate::client::settings::millis;
use crate::client::{Broker, Isolation, LeaderHint, Metadata};
use crate::model::{ErrorCode, LeaderEpoch, NodeId, Offset, ProducerId, TopicName, TopicPartition, Uuid};
use crate::net::peer::Peer;
use crate::net::{Address, Lane};
use crate::protocol::messages::fetch_request::{FetchPartition, FetchTopic, ForgottenTopic};
use crate::protocol::messages::fetch_response::PartitionData;
use crate::protocol::messages::{FetchRequest, FetchResponse};

/// The newest version of Fetch that names topics and not their ids.
const BY_NAME_MAX: i16 = 12;
/// How often a task looks when nothing wakes it.
const LOOKS_EVERY: Duration = Duration::from_millis(500);

/// Starts fetchers until the task is dropped; they end with it.
pub(super) async fn supervise(shared: Arc<Shared>) {
    let mut fetchers = JoinSet::new();
    let mut running: HashSet<NodeId> = HashSet::new();
    let mut changed = shared.changed.subscribe();
    let mut metadata_changes = shared.cluster.changes();
    loop {
        changed.mark_unchanged();
        metadata_changes.mark_unchanged();
        let metadata = shared.cluster.metadata();
        let assigned: Vec<TopicPartition> = shared.partitions().assigned().cloned().collect();
        let mut homeless = false;
        for partition in &assigned {
            match metadata.leader(&partition.topic, partition.partition) {
                Some((broker, _)) if running.insert(broker.id) => {
                    fetchers.spawn(Fetcher::new(Arc::clone(&shared), broker.id).run());
                }
                Some(_) => {}
                None => homeless = true,
            }
        }
        if homeless {
            shared.cluster.ask_refresh();
        }
        let pause = if homeless { shared.settings.retry_backoff } else { Duration::from_secs(3600) };
        tokio::select! {
            told = changed.changed() => if told.is_err() { return },
            told = metadata_changes.changed() => if told.is_err() { return },
            () = tokio::time::sleep(pause) => {}
        }
    }
}

fn now(shared: &Shared) -> Duration {
    shared.cluster.clock().elapsed()
}

struct Fetcher {
    shared: Arc<Shared>,
    node: NodeId,
    session: Session,
    /// Whether the session names topics by id.
    by_id: bool,
    /// The connection that the session belongs to.
    peer: Option<Peer>,
    failures: u32,
    /// The broker asked for silence until then (KIP-219), on the steady clock.
    throttled_until: Duration,
}

/// A fetched partition that waits to be decoded, with what makes it count.
struct Pending {
    fetched: Fetched,
    generation: u64,
    bytes: usize,
}

impl Fetcher {
    fn new(shared: Arc<Shared>, node: NodeId) -> Fetcher {
        Fetcher {
            shared,
            node,
            session: Session::default(),
            by_id: false,
            peer: None,
            failures: 0,
            throttled_until: Duration::ZERO,
        }
    }

    async fn run(mut self) {
        let mut changed = self.shared.changed.subscribe();
        let mut pending: Vec<Pending> = Vec::new();
        loop {
            tokio::time::sleep(self.throttled_until.saturating_sub(now(&self.shared))).await;
            changed.mark_unchanged();
            let metadata = self.shared.cluster.metadata();
            let targets = self.targets(&metadata);
            if targets.is_empty() {
                if pending.is_empty() {
                    self.rest(&mut changed).await;
                } else {
                    self.decode(&mut pending);
                }
                continue;
            }
            pending = self.fetch(&metadata, targets, pending).await;
        }
    }

    fn targets(&self, metadata: &Metadata) -> BTreeMap<TopicPartition, Target> {
        let leads = |partition: &TopicPartition| {
            let (broker, epoch) = metadata.leader(&partition.topic, partition.partition)?;
            let id = metadata.topic(&partition.topic)?.id;
            (broker.id == self.node).then_some((epoch, id))
        };
        let now = self.shared.cluster.clock().elapsed();
        self.shared.partitions().targets(now, &self.shared.settings, leads)
    }

    async fn rest(&self, changed: &mut tokio::sync::watch::Receiver<u64>) {
        let now = self.shared.cluster.clock().elapsed();
        let retry = self.shared.partitions().next_retry(now);
        let pause = retry.map_or(LOOKS_EVERY, |at| at.saturating_sub(now).min(LOOKS_EVERY));
        let mut metadata_changes = self.shared.cluster.changes();
        tokio::select! {
            _ = changed.changed() => {}
            _ = metadata_changes.changed() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }

    /// Asks for the targets, decodes what the last answer brought while this one is on its way, and gives back what this one
    /// brought.
    async fn fetch(
        &mut self,
        metadata: &Metadata,
        targets: BTreeMap<TopicPartition, Target>,
        mut pending: Vec<Pending>,
    ) -> Vec<Pending> {
        let settings = &self.shared.settings;
        let timeout = settings.request_timeout.saturating_add(settings.fetch_wait);
        let asked = async {
            let peer = self.peer().await?;
            let (request, version) = self.request(&peer, metadata, &targets)?;
            Ok::<_, crate::client::ClientError>(peer.start(&request, version, Some(timeout)).await?)
        }
        .await;
        self.decode(&mut pending);
        let answer = match asked {
            Ok(call) => call.answer().await.map_err(crate::client::ClientError::from),
            Err(cause) => Err(cause),
        };
        match answer {
            Ok(answer) => {
                self.failures = 0;
                self.read(metadata, answer, targets)
            }
            Err(cause) => {
                // Retriable ones are told where the connection is made again.
                info!(node = self.node.0, %cause, "Error sending fetch request");
                self.session.reset();
                self.peer = None;
                if !cause.is_retriable() {
                    self.shared.fail(cause);
                }
                self.shared.cluster.ask_refresh();
                self.give_up(&targets);
                Vec::new()
            }
        }
    }

    async fn peer(&mut self) -> Result<Peer, crate::client::ClientError> {
        let peer = self.shared.cluster.broker(self.node, Lane::Fetch).await?;
        if !self.peer.as_ref().is_some_and(Peer::is_open) {
            // A new connection may lead to a broker that was started anew.
            self.session.forget();
            self.peer = Some(peer.clone());
        }
        Ok(peer)
    }

    fn request(
        &mut self,
        peer: &Peer,
        metadata: &Metadata,
        targets: &BTreeMap<TopicPartition, Target>,
    ) -> Result<(FetchRequest, i16), crate::net::PeerError> {
        let ids_known =
            targets.keys().all(|partition| metadata.topic(&partition.topic).is_some_and(|topic| !topic.id.is_zero()));
        let version = peer.version::<FetchRequest>(if ids_known { i16::MAX } else { BY_NAME_MAX })?;
        let by_id = version > BY_NAME_MAX;
        if by_id != self.by_id {
            self.session.forget();
            self.by_id = by_id;
        }
        let wanted = targets.iter().map(|(partition, target)| (partition.clone(), target.wanted)).collect();
        let round = self.session.round(wanted);
        let settings = &self.shared.settings;
        let partition_max_bytes = i32::try_from(settings.partition_fetch_max_bytes).unwrap_or(i32::MAX);
        let name = |partition: &TopicPartition| TopicId::of(metadata, &partition.topic, by_id);
        let request = FetchRequest {
            max_wait_ms: i32::try_from(settings.fetch_wait.as_millis()).unwrap_or(i32::MAX),
            min_bytes: settings.fetch_min_bytes,
            max_bytes: i32::try_from(settings.fetch_max_bytes).unwrap_or(i32::MAX),
            isolation_level: settings.isolation.wire(),
            session_id: round.session_id,
            session_epoch: round.session_epoch,
            topics: topics(&round, partition_max_bytes, name),
            forgotten_topics_data: forgotten(&round, name),
            rack_id: settings.rack.clone(),
            ..Default::default()
        };
        Ok((request, version))
    }

    fn read(
        &mut self,
        metadata: &Metadata,
        answer: FetchResponse,
        mut targets: BTreeMap<TopicPartition, Target>,
    ) -> Vec<Pending> {
        self.throttled_until = now(&self.shared).saturating_add(millis(answer.throttle_time_ms));
        match ErrorCode::from_wire(answer.error_code) {
            ErrorCode::NONE => self.session.answered(answer.session_id),
            code => {
                debug!(node = self.node.0, %code, "fetch session is gone");
                if code == ErrorCode::FETCH_SESSION_ID_NOT_FOUND {
                    self.session.forget();
                } else {
                    self.session.reset();
                }
                self.give_up(&targets);
                return Vec::new();
            }
        }
        let hints: Vec<Broker> = answer.node_endpoints.iter().filter_map(broker).collect();
        let mut pending = Vec::new();
        for topic in answer.responses {
            let by_id = metadata.name_of(topic.topic_id).filter(|_| !topic.topic_id.is_zero()).cloned();
            let name = by_id.unwrap_or_else(|| TopicName::from(topic.topic.as_str()));
            for row in topic.partitions {
                let partition = TopicPartition::new(name.clone(), row.partition_index);
                // A partition that was not asked for, or whose position moved meanwhile, does not count.
                if let Some(target) = targets.remove(&partition) {
                    pending.extend(self.read_partition(partition, row, &target, &hints));
                }
            }
        }
        // What an incremental answer leaves out has nothing new.
        let mut state = self.shared.partitions();
        for (partition, target) in targets {
            let log = state.log_ends(&partition).unwrap_or_default();
            state.fetched(&partition, target.generation, None, 0, log);
        }
        pending
    }

    fn read_partition(
        &self,
        partition: TopicPartition,
        row: PartitionData,
        target: &Target,
        hints: &[Broker],
    ) -> Option<Pending> {
        let known = |offset: i64| Some(Offset(offset)).filter(|offset| offset.is_known());
        let log =
            LogEnds { high_watermark: known(row.high_watermark), last_stable_offset: known(row.last_stable_offset) };
        let code = ErrorCode::from_wire(row.error_code);
        if !code.is_none() {
            self.refused(&partition, target, code, &row, hints);
            return None;
        }
        if row.diverging_epoch.end_offset >= 0 {
            self.truncated(&partition, &row);
            return None;
        }
        let bytes = row.records.as_ref().and_then(|records| records.as_bytes()).cloned().unwrap_or_default();
        let mut state = self.shared.partitions();
        let Some(next) = next_offset(&bytes) else {
            state.fetched(&partition, target.generation, None, 0, log);
            return None;
        };
        let place = Place { offset: next, epoch: last_epoch(&bytes) };
        let size = bytes.len();
        if !state.fetched(&partition, target.generation, Some(place), size, log) {
            return None;
        }
        let aborted = row.aborted_transactions.unwrap_or_default();
        let aborted = aborted.iter().map(|one| (Offset(one.first_offset), ProducerId(one.producer_id))).collect();
        let settings = &self.shared.settings;
        let fetched = Fetched {
            partition,
            bytes,
            from: Offset(target.wanted.offset),
            aborted: (settings.isolation == Isolation::ReadCommitted).then_some(aborted),
            check_crcs: settings.check_crcs,
        };
        Some(Pending { fetched, generation: target.generation, bytes: size })
    }

    fn refused(
        &self,
        partition: &TopicPartition,
        target: &Target,
        code: ErrorCode,
        row: &PartitionData,
        hints: &[Broker],
    ) {
        let retry_at = self.shared.cluster.clock().elapsed().saturating_add(self.shared.settings.retry_backoff);
        let mut state = self.shared.partitions();
        if !state.not_fetched(partition, target.generation, retry_at) {
            return;
        }
        match code {
            ErrorCode::OFFSET_OUT_OF_RANGE => state.out_of_range(partition, &self.shared.settings, retry_at),
            // The leader found its own log damaged; reading on would pass over records.
            ErrorCode::CORRUPT_MESSAGE => state.refused(partition, code),
            code if code.is_retriable() || code == ErrorCode::UNKNOWN_SERVER_ERROR => {
                drop(state);
                match code {
                    ErrorCode::UNKNOWN_TOPIC_OR_PARTITION => {
                        warn!("Received unknown topic or partition error in fetch for partition {partition}");
                    }
                    ErrorCode::UNKNOWN_TOPIC_ID => {
                        warn!("Received unknown topic ID error in fetch for partition {partition}");
                    }
                    ErrorCode::INCONSISTENT_TOPIC_ID => {
                        warn!("Received inconsistent topic ID error in fetch for partition {partition}");
                    }
                    ErrorCode::UNKNOWN_SERVER_ERROR => {
                        let offset = target.wanted.offset;
                        warn!("Unknown server error while fetching offset {offset} for topic-partition {partition}");
                    }
                    _ => debug!(%partition, %code, "fetch refused"),
                }
                let (leader, epoch) = (row.current_leader.leader_id, row.current_leader.leader_epoch);
                let broker = hints.iter().find(|broker| broker.id.0 == leader).cloned();
                let hint = LeaderHint { leader: NodeId(leader), epoch: LeaderEpoch(epoch), broker };
                let learnt = hint.leader.is_some() && self.shared.cluster.learn_leader(partition, &hint);
                if !learnt {
                    self.shared.cluster.ask_refresh();
                }
                return;
            }
            code => state.refused(partition, code),
        }
        drop(state);
        self.shared.arrived.notify_one();
    }

    /// The leader's log has no record of the epoch that was read last at that offset: it was truncated since (KIP-320).
    fn truncated(&self, partition: &TopicPartition, row: &PartitionData) {
        let end =
            Place { offset: Offset(row.diverging_epoch.end_offset), epoch: LeaderEpoch(row.diverging_epoch.epoch) };
        let (offset, epoch) = (end.offset.0, end.epoch.0);
        warn!(epoch, "Truncation detected for partition {partition}, the first offset known to diverge is {offset}");
        if self.shared.settings.reset.is_some() {
            // The partition may have been revoked meanwhile.
            let _ = self.shared.seek(partition, end);
        } else {
            let places = vec![(partition.clone(), end.offset)];
            let failure = crate::client::ClientError::NoOffset(crate::client::NoOffset::OutOfRange(places));
            self.shared.partitions().stop(partition, failure);
        }
        self.shared.arrived.notify_one();
    }

    fn decode(&self, pending: &mut Vec<Pending>) {
        for one in pending.drain(..) {
            let decoded = decode(&one.fetched);
            self.shared.store(&one.fetched.partition, one.generation, decoded, one.bytes);
        }
    }

    fn give_up(&mut self, targets: &BTreeMap<TopicPartition, Target>) {
        let pause = self.shared.cluster.pauses().pause(self.failures);
        self.failures = self.failures.saturating_add(1);
        let retry_at = self.shared.cluster.clock().elapsed().saturating_add(pause);
        let mut state = self.shared.partitions();
        for (partition, target) in targets {
            state.not_fetched(partition, target.generation, retry_at);
        }
    }
}

/// A topic as a request names it.
#[derive(PartialEq, Eq)]
struct TopicId {
    name: String,
    id: Uuid,
}

impl TopicId {
    fn of(metadata: &Metadata, name: &TopicName, by_id: bool) -> TopicId {
        let id = metadata.topic(name).map_or(Uuid::ZERO, |topic| topic.id);
        if by_id { TopicId { name: String::new(), id } } else { TopicId { name: name.to_string(), id: Uuid::ZERO } }
    }
}

fn topics(round: &Round, partition_max_bytes: i32, name: impl Fn(&TopicPartition) -> TopicId) -> Vec<FetchTopic> {
    let mut topics: Vec<FetchTopic> = Vec::new();
    for (partition, wanted) in &round.wanted {
        let row = FetchPartition {
            partition: partition.partition,
            current_leader_epoch: wanted.leader_epoch,
            fetch_offset: wanted.offset,
            last_fetched_epoch: wanted.last_fetched_epoch,
            partition_max_bytes,
            ..Default::default()
        };
        let TopicId { name, id } = name(partition);
        match topics.last_mut().filter(|last| last.topic == name && last.topic_id == id) {
            Some(last) => last.partitions.push(row),
            None => topics.push(FetchTopic { topic: name, topic_id: id, partitions: vec![row] }),
        }
    }
    topics
}

fn forgotten(round: &Round, name: impl Fn(&TopicPartition) -> TopicId) -> Vec<ForgottenTopic> {
    let mut topics: Vec<ForgottenTopic> = Vec::new();
    for partition in &round.forgotten {
        let TopicId { name, id } = name(partition);
        match topics.last_mut().filter(|last| last.topic == name && last.topic_id == id) {
            Some(last) => last.partitions.push(partition.partition),
            None => topics.push(ForgottenTopic { topic: name, topic_id: id, partitions: vec![partition.partition] }),
        }
    }
    topics
}

/// The epoch of the last whole batch.
fn last_epoch(bytes: &Bytes) -> LeaderEpoch {
    let last = crate::record::batches(bytes).map_while(Result::ok).last();
    last.map_or(LeaderEpoch::NONE, |batch| batch.leader_epoch)
}

fn broker(endpoint: &crate::protocol::messages::fetch_response::NodeEndpoint) -> Option<Broker> {
    let address = Address::from_wire(&endpoint.host, endpoint.port)?;
    Some(Broker { id: NodeId(endpoint.node_id), address, rack: endpoint.rack.clone() })
}
