//! What one fetch looks at, what it has gathered, and when that is enough.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::context::Broker;
use super::error;
use super::fetch_session::{FetchKey, Look, NO_SESSION, Shared, Wanted, lock};
use super::leader_hint::{Asker, LeaderHints};
use super::topic_key::TopicKey;
use crate::log::{AbortedTxn, MinOne};
use crate::model::{ErrorCode, NodeId, Offset};
use crate::protocol::Records;
use crate::protocol::messages::FetchResponse;
use crate::protocol::messages::fetch_response::{
    AbortedTransaction, EpochEndOffset, FetchableTopicResponse, LeaderIdAndEpoch, NodeEndpoint, PartitionData,
};
use crate::replica::pending::Interest;
use crate::replica::{FetchFound, FetchRead, Isolation, Partition, ReplicaError};

/// The bounds of a fetch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) min_bytes: usize,
    pub(super) max_bytes: usize,
    pub(super) isolation: Isolation,
    /// The broker that follows, if it is one.
    pub(super) follower: Option<NodeId>,
}

/// From this version on an answer says where the leader is (KIP-951).
const LEADER_HINTS_SINCE: i16 = 16;

/// What a fetch looks at.
#[derive(Debug)]
pub(super) enum Plan {
    /// The partitions that the request names.
    Sessionless(Sessionless),
    /// The ready partitions of a session.
    Session { session: Shared, scope: Scope },
}

/// Which partitions of a session are told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// All of them: the session is new.
    All,
    /// Those with news.
    News,
}

/// The partitions of a fetch without a session.
#[derive(Debug)]
pub(super) struct Sessionless {
    wanted: Vec<(FetchKey, Wanted)>,
    watch: Option<Watch>,
}

impl Sessionless {
    pub(super) fn new(wanted: Vec<(FetchKey, Wanted)>) -> Sessionless {
        Sessionless { wanted, watch: None }
    }
}

/// The partitions that a waiting fetch watches, until it is dropped.
#[derive(Debug)]
struct Watch {
    interest: Arc<Interest>,
    partitions: Vec<(Arc<Partition>, u32)>,
}

impl Watch {
    fn start(broker: &Broker, wanted: &[(FetchKey, Wanted)]) -> Watch {
        let interest = Arc::new(Interest::default());
        let mut partitions = Vec::with_capacity(wanted.len());
        for ((key, _), slot) in wanted.iter().zip(0u32..) {
            if let Ok(partition) = key.topic.partition(broker, key.partition) {
                partition.watchers().add(&interest, slot);
                partitions.push((partition, slot));
            }
        }
        Watch { interest, partitions }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        for (partition, slot) in &self.partitions {
            partition.watchers().remove(&self.interest, *slot);
        }
    }
}

/// What a look at the partitions found.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    found: Vec<(FetchKey, PartitionData)>,
    bytes: usize,
    /// Whether something was found that the client must hear at once.
    is_urgent: bool,
    /// Whether one of the partitions is here.
    is_any_here: bool,
}

impl Gathered {
    /// Whether the answer need not wait.
    pub(super) fn is_enough(&self, limits: Limits) -> bool {
        self.is_urgent || self.bytes >= limits.min_bytes
    }
}

impl Plan {
    /// The plan of a session that begins.
    pub(super) fn opening(session: Shared) -> Plan {
        Plan::Session { session, scope: Scope::All }
    }

    /// The plan of a session that goes on.
    pub(super) fn continuing(session: Shared) -> Plan {
        Plan::Session { session, scope: Scope::News }
    }

    /// Whether any partition of it is here, so that there is something to wait for.
    pub(super) fn can_wait(&self, gathered: &Gathered) -> bool {
        match self {
            Plan::Sessionless(_) => gathered.is_any_here,
            Plan::Session { session, .. } => lock(session).is_any_watched(),
        }
    }

    /// Looks at the partitions.
    pub(super) fn gather(&mut self, broker: &Broker, limits: Limits) -> Gathered {
        match self {
            Plan::Sessionless(plan) => plan.gather(broker, limits),
            Plan::Session { session, scope } => gather_session(session, *scope, broker, limits),
        }
    }

    /// Waits until enough is there or the time is over, looking again at what happened meanwhile.
    pub(super) async fn wait(
        &mut self,
        mut gathered: Gathered,
        broker: &Broker,
        limits: Limits,
        max_wait: Duration,
    ) -> Gathered {
        let deadline = broker.clock.elapsed() + max_wait;
        if let Plan::Sessionless(plan) = self {
            plan.watch = Some(Watch::start(broker, &plan.wanted));
            // What came between the first look and the watch.
            gathered = self.gather(broker, limits);
        }
        while !gathered.is_enough(limits) {
            let interest = match self {
                Plan::Sessionless(plan) => Arc::clone(&plan.watch.as_ref().expect("it was just set").interest),
                Plan::Session { session, .. } => lock(session).interest(),
            };
            let left = deadline.saturating_sub(broker.clock.elapsed());
            if !interest.wait(limits.min_bytes.saturating_sub(gathered.bytes), left).await {
                break;
            }
            gathered = self.gather(broker, limits);
        }
        gathered
    }

    /// The response.
    pub(super) fn respond(&self, gathered: Gathered, broker: &Broker, asker: &Asker) -> FetchResponse {
        let session_id = match self {
            Plan::Sessionless(_) => NO_SESSION,
            Plan::Session { session, .. } => {
                let mut session = lock(session);
                for (key, data) in &gathered.found {
                    session.report(key, Offset(data.high_watermark), Offset(data.log_start_offset));
                }
                session.id()
            }
        };
        let mut hints = (asker.version >= LEADER_HINTS_SINCE).then(LeaderHints::default);
        let mut responses: Vec<FetchableTopicResponse> = Vec::new();
        let mut places: HashMap<TopicKey, usize> = HashMap::new();
        for (key, mut data) in gathered.found {
            let error = ErrorCode::from_wire(data.error_code);
            if let Some(hint) = hints.as_mut().and_then(|hints| hints.of(broker, &key.topic, key.partition, error)) {
                data.current_leader = LeaderIdAndEpoch { leader_id: hint.leader.0, leader_epoch: hint.leader_epoch.0 };
            }
            let place = *places.entry(key.topic).or_insert_with_key(|topic| {
                let (topic, topic_id) = topic.clone().into_wire();
                responses.push(FetchableTopicResponse { topic, topic_id, partitions: Vec::new() });
                responses.len() - 1
            });
            responses[place].partitions.push(data);
        }
        let endpoints = hints.iter().flat_map(|hints| hints.endpoints(&asker.listener)).map(|(id, endpoint, rack)| {
            NodeEndpoint { node_id: id.0, host: endpoint.host.clone(), port: i32::from(endpoint.port), rack }
        });
        FetchResponse { session_id, responses, node_endpoints: endpoints.collect(), ..FetchResponse::default() }
    }
}

impl Sessionless {
    fn gather(&self, broker: &Broker, limits: Limits) -> Gathered {
        if let Some(watch) = &self.watch {
            // Every partition is looked at, so all marks are used up.
            watch.interest.take();
        }
        let mut gathered = Gathered::default();
        for (key, wanted) in &self.wanted {
            let replica = key.topic.partition(broker, key.partition);
            let looked = look(replica, wanted, &gathered, limits, broker);
            gathered.add(key, looked);
        }
        gathered
    }
}

/// What a look at one partition found.
enum Looked {
    Found(FetchFound),
    /// The replica refused.
    Refused(ReplicaError),
    /// There is no such replica here.
    Missing(ErrorCode),
}

fn look(
    replica: Result<Arc<Partition>, ErrorCode>,
    wanted: &Wanted,
    gathered: &Gathered,
    limits: Limits,
    broker: &Broker,
) -> Looked {
    let replica = match replica {
        Ok(replica) => replica,
        Err(code) => return Looked::Missing(code),
    };
    let room = limits.max_bytes.saturating_sub(gathered.bytes);
    let read = FetchRead {
        offset: wanted.offset,
        current_leader_epoch: wanted.current_leader_epoch,
        last_fetched_epoch: wanted.last_fetched_epoch,
        max_bytes: wanted.max_bytes.min(room),
        min_one: if gathered.bytes == 0 { MinOne::Whole } else { MinOne::Nothing },
        reader: limits.reader(wanted),
    };
    match replica.fetch(read, broker.clock.elapsed()) {
        Ok(found) => Looked::Found(found),
        Err(error) => Looked::Refused(error),
    }
}

fn gather_session(session: &Shared, scope: Scope, broker: &Broker, limits: Limits) -> Gathered {
    let mut session = lock(session);
    let mut gathered = Gathered::default();
    let mut ready = session.take_ready();
    while let Some(slot) = ready.pop_front() {
        if scope == Scope::News && gathered.bytes > 0 && gathered.bytes >= limits.max_bytes {
            ready.push_front(slot);
            break;
        }
        let (key, wanted) = (session.slot(slot).key.clone(), session.slot(slot).wanted);
        let replica = session.replica(slot, broker);
        let looked = look(replica, &wanted, &gathered, limits, broker);
        let (outcome, is_told) = match &looked {
            Looked::Found(found) if found.diverging.is_none() && found.records.is_empty() => {
                let is_behind = wanted.offset < found.bounds.high_watermark;
                let told = scope == Scope::All || session.is_news(slot, &found.bounds);
                (if is_behind || told { Look::More } else { Look::Done }, told)
            }
            Looked::Found(_) => (Look::More, true),
            Looked::Refused(_) => {
                session.unwatch(slot);
                (Look::More, true)
            }
            Looked::Missing(_) => (Look::More, true),
        };
        session.looked(slot, outcome);
        if is_told {
            gathered.add(&key, looked);
        }
    }
    session.put_back(ready);
    gathered
}

impl Gathered {
    fn add(&mut self, key: &FetchKey, looked: Looked) {
        self.is_any_here |= !matches!(looked, Looked::Missing(_));
        let data = match looked {
            Looked::Found(found) => {
                self.bytes += found.records.len();
                self.is_urgent |= found.diverging.is_some();
                data_of(key.partition, found)
            }
            Looked::Refused(error) => {
                self.is_urgent = true;
                refused(key.partition, error::of_replica(&error))
            }
            // As in Kafka, a topic that nobody knows does not keep the others from waiting; a replica that is elsewhere does.
            Looked::Missing(code) => {
                self.is_urgent |= code == ErrorCode::NOT_LEADER_OR_FOLLOWER;
                refused(key.partition, code)
            }
        };
        self.found.push((key.clone(), data));
    }
}

fn data_of(partition_index: i32, found: FetchFound) -> PartitionData {
    let FetchFound { records, aborted, bounds, diverging } = found;
    let diverging = diverging.map(|end| EpochEndOffset { epoch: end.epoch.0, end_offset: end.end_offset.0 });
    let aborted = aborted.map(|list| {
        let wire =
            |one: AbortedTxn| AbortedTransaction { producer_id: one.producer_id.0, first_offset: one.first_offset.0 };
        list.into_iter().map(wire).collect()
    });
    PartitionData {
        partition_index,
        error_code: ErrorCode::NONE.wire(),
        high_watermark: bounds.high_watermark.0,
        last_stable_offset: bounds.last_stable_offset.0,
        log_start_offset: bounds.log_start_offset.0,
        diverging_epoch: diverging.unwrap_or_default(),
        aborted_transactions: aborted,
        records: Some(records),
        ..PartitionData::default()
    }
}

fn refused(partition_index: i32, error: ErrorCode) -> PartitionData {
    PartitionData {
        partition_index,
        error_code: error.wire(),
        high_watermark: -1,
        last_stable_offset: -1,
        log_start_offset: -1,
        aborted_transactions: None,
        records: Some(Records::new()),
        ..PartitionData::default()
    }
}
