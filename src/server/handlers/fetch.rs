//! Fetch, key 1, v4..=18.
//!
//! Behaviour: the answer names ranges of files, up to `max_bytes` over all partitions, the first batch always whole (KIP-74); it
//! waits for `min_bytes` or `max_wait_ms`. v7: sessions (KIP-227). v12: diverging epochs (KIP-595). v13: topic ids. v15: a follower
//! names itself in a tag. v16: the new leader's address. Not done: reading from a follower (KIP-392), followers' throttling.

use std::sync::Arc;
use std::time::Duration;

use crate::model::{ErrorCode, LeaderEpoch, NodeId, Offset};
use crate::protocol::messages::fetch_request::{FetchPartition, FetchTopic, ForgottenTopic};
use crate::protocol::messages::{FetchRequest, FetchResponse};
use crate::replica::{Isolation, Reader};
use crate::server::context::{Broker, Call};
use crate::server::dispatch::Response;
use crate::server::fetch_plan::{Limits, Plan, Sessionless};
use crate::server::fetch_session::{FINAL_EPOCH, FetchKey, INITIAL_EPOCH, NO_SESSION, Next, Wanted, lock};
use crate::server::leader_hint::Asker;
use crate::server::topic_key::TopicKey;

/// From this version on topics go by their ids.
const TOPIC_IDS_SINCE: i16 = 13;

/// From this version on a follower names itself in `replica_state`.
const REPLICA_STATE_SINCE: i16 = 15;

/// The isolation level of a consumer that reads committed records only.
const READ_COMMITTED: i8 = 1;

pub(in crate::server) fn handle(call: Call<'_, FetchRequest>) -> Response<FetchResponse> {
    let Call { broker, client, version, request } = call;
    let max_wait = Duration::from_millis(u64::try_from(request.max_wait_ms).unwrap_or(0));
    let limits = limits_of(&broker, &request, version);
    let asker = Asker { listener: Arc::clone(&client.listener), version };
    let mut plan = match plan_of(&broker, request, version) {
        Ok(plan) => plan,
        Err(code) => {
            return Response::Now(FetchResponse { error_code: code.wire(), ..FetchResponse::default() });
        }
    };
    let gathered = plan.gather(&broker, limits);
    if max_wait.is_zero() || gathered.is_enough(limits) || !plan.can_wait(&gathered) {
        return Response::Now(plan.respond(gathered, &broker, &asker));
    }
    Response::later(async move {
        let gathered = plan.wait(gathered, &broker, limits, max_wait).await;
        plan.respond(gathered, &broker, &asker)
    })
}

fn limits_of(broker: &Broker, request: &FetchRequest, version: i16) -> Limits {
    let config = broker.config.load();
    let node =
        NodeId(if version >= REPLICA_STATE_SINCE { request.replica_state.replica_id } else { request.replica_id });
    let max_bytes = usize::try_from(request.max_bytes).unwrap_or(0);
    let fetch_max_bytes = usize::try_from(config.fetch_max_bytes).unwrap_or(usize::MAX);
    Limits {
        min_bytes: usize::try_from(request.min_bytes).unwrap_or(0),
        // The broker's own bound is for consumers; a follower brings its own.
        max_bytes: if node.is_some() { max_bytes } else { max_bytes.min(fetch_max_bytes) },
        isolation: match request.isolation_level {
            READ_COMMITTED => Isolation::Committed,
            _ => Isolation::HighWatermark,
        },
        follower: Some(node).filter(|node| node.is_some()),
    }
}

/// What is to be fetched, by the rules of sessions.
fn plan_of(broker: &Broker, request: FetchRequest, version: i16) -> Result<Plan, ErrorCode> {
    let by_id = version >= TOPIC_IDS_SINCE;
    let (id, epoch, now) = (request.session_id, request.session_epoch, broker.clock.elapsed());
    let forgotten = request.forgotten_topics_data;
    let partitions = partitions_of(request.topics, by_id);
    if epoch == FINAL_EPOCH || epoch == INITIAL_EPOCH {
        if id != NO_SESSION {
            broker.fetch_sessions.close(id);
        }
        let wanted: Vec<_> = partitions.collect();
        let session = match epoch {
            INITIAL_EPOCH => broker.fetch_sessions.open(wanted.len(), &*broker.rng, now),
            _ => None,
        };
        return Ok(match session {
            Some(session) => {
                {
                    let mut session = lock(&session);
                    wanted.into_iter().for_each(|(key, wanted)| session.want(key, wanted));
                }
                Plan::opening(session)
            }
            None => Plan::Sessionless(Sessionless::new(wanted)),
        });
    }
    let session = broker.fetch_sessions.resume(Next { id, epoch, by_id }, now)?;
    let count = {
        let mut session = lock(&session);
        partitions.for_each(|(key, wanted)| session.want(key, wanted));
        forgotten_of(forgotten, by_id).for_each(|key| session.forget(&key));
        session.len()
    };
    if broker.fetch_sessions.resized(id, count) {
        return Ok(Plan::continuing(session));
    }
    // A session of no partitions is none; the client learns it from the id 0.
    Ok(Plan::Sessionless(Sessionless::new(Vec::new())))
}

fn partitions_of(topics: Vec<FetchTopic>, by_id: bool) -> impl Iterator<Item = (FetchKey, Wanted)> {
    topics.into_iter().flat_map(move |topic| {
        let key = TopicKey::of(by_id, topic.topic, topic.topic_id);
        topic
            .partitions
            .into_iter()
            .map(move |partition| (FetchKey { topic: key.clone(), partition: partition.partition }, wanted(&partition)))
    })
}

fn wanted(partition: &FetchPartition) -> Wanted {
    Wanted {
        offset: Offset(partition.fetch_offset),
        max_bytes: usize::try_from(partition.partition_max_bytes).unwrap_or(0),
        current_leader_epoch: LeaderEpoch(partition.current_leader_epoch),
        last_fetched_epoch: LeaderEpoch(partition.last_fetched_epoch),
        log_start_offset: Offset(partition.log_start_offset),
    }
}

fn forgotten_of(topics: Vec<ForgottenTopic>, by_id: bool) -> impl Iterator<Item = FetchKey> {
    topics.into_iter().flat_map(move |topic| {
        let key = TopicKey::of(by_id, topic.topic, topic.topic_id);
        topic.partitions.into_iter().map(move |partition| FetchKey { topic: key.clone(), partition })
    })
}

impl Limits {
    /// Who reads a partition that has this in mind.
    pub(in crate::server) fn reader(&self, wanted: &Wanted) -> Reader {
        match self.follower {
            Some(node) => Reader::Follower { node, log_start_offset: wanted.log_start_offset },
            None => Reader::Consumer(self.isolation),
        }
    }
}
