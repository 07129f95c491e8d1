//! Produce, key 0, v3..=13; v0..=2 are advertised and close the connection, as Kafka does.
//!
//! Behaviour: each partition's records are checked and appended in the order of the request; with acks=all the answer waits for
//! the high watermark. v8: record errors. v10: the new leader beside NOT_LEADER_OR_FOLLOWER. v13: topic ids. acks=0 has no answer;
//! an error closes the connection. Not done: transactional records, which are refused.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use crate::log::{Appended, LogError};
use crate::model::{ErrorCode, Timestamp, is_internal};
use crate::protocol::Records;
use crate::protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use crate::protocol::messages::produce_response::{
    BatchIndexAndErrorMessage, LeaderIdAndEpoch, NodeEndpoint, PartitionProduceResponse, TopicProduceResponse,
};
use crate::protocol::messages::{ProduceRequest, ProduceResponse};
use crate::record::{BATCH_OVERHEAD, BatchHeader};
use crate::replica::{Acks, Appending, Partition, Produce, ReplicaError};
use crate::server::context::{Broker, Call};
use crate::server::dispatch::{Ending, Response};
use crate::server::error;
use crate::server::leader_hint::{Asker, LeaderHints};
use crate::server::topic_key::TopicKey;

/// From this version on topics go by their ids.
const TOPIC_IDS_SINCE: i16 = 13;

/// From this version on an answer says where the leader is (KIP-951).
const LEADER_HINTS_SINCE: i16 = 10;

/// The client that may write to internal topics: Kafka's own admin tools.
const ADMIN_CLIENT_ID: &str = "__admin_client";

type Appends = oneshot::Receiver<Result<Appended, LogError>>;

pub(in crate::server) fn handle(call: Call<'_, ProduceRequest>) -> Response<ProduceResponse> {
    let Call { broker, client, version, request } = call;
    let rules = Rules {
        produce: Produce { version, acks: if request.acks == -1 { Acks::All } else { Acks::Leader } },
        acks: request.acks,
        is_admin: client.id.as_deref() == Some(ADMIN_CLIENT_ID),
        has_transactional_id: request.transactional_id.is_some(),
        now: broker.clock.now(),
    };
    let topics: Vec<Topic> = request.topic_data.into_iter().map(|topic| Topic::start(&broker, topic, rules)).collect();
    let asker = Asker { listener: Arc::clone(&client.listener), version };
    let acks = request.acks;
    if topics.iter().all(Topic::is_settled) {
        return match end(respond(&broker, &asker, topics), acks) {
            Ending::Response(response) => Response::Now(response),
            Ending::Nothing => Response::Never,
            Ending::Close(reason) => Response::Close(reason),
        };
    }
    let limit = Duration::from_millis(u64::try_from(request.timeout_ms).unwrap_or(0));
    Response::Later(Box::pin(async move {
        let deadline = Instant::now() + limit;
        let mut settled = Vec::with_capacity(topics.len());
        for topic in topics {
            settled.push(topic.settle(rules, deadline).await);
        }
        end(respond(&broker, &asker, settled), acks)
    }))
}

/// With acks=0 there is no answer; the client learns of an error by the end of the connection, and then asks for new
/// metadata.
fn end(response: ProduceResponse, acks: i16) -> Ending<ProduceResponse> {
    if acks != 0 {
        return Ending::Response(response);
    }
    let partitions = response.responses.iter().flat_map(|topic| &topic.partition_responses);
    match partitions.map(|partition| partition.error_code).find(|code| *code != ErrorCode::NONE.wire()) {
        Some(code) => Ending::Close(format!("a produce request with acks=0 failed: {}", ErrorCode::from_wire(code))),
        None => Ending::Nothing,
    }
}

/// What holds for every partition of a request.
#[derive(Debug, Clone, Copy)]
struct Rules {
    produce: Produce,
    acks: i16,
    is_admin: bool,
    has_transactional_id: bool,
    now: Timestamp,
}

/// A topic of the request and how far its partitions are.
struct Topic {
    key: TopicKey,
    slots: Vec<Slot>,
}

/// How far a partition is.
enum Slot {
    /// Everything is done.
    Settled(PartitionProduceResponse),
    /// Another append writes this one too.
    Queued { index: i32, partition: Arc<Partition>, appends: Appends },
    /// The leader has it; the others must follow.
    Parked { response: PartitionProduceResponse, committed: oneshot::Receiver<ErrorCode> },
}

impl Topic {
    fn start(broker: &Broker, topic: TopicProduceData, rules: Rules) -> Topic {
        let TopicProduceData { name, topic_id, partition_data } = topic;
        let key = TopicKey::of(rules.produce.version >= TOPIC_IDS_SINCE, name, topic_id);
        let slots = partition_data.into_iter().map(|data| start(broker, &key, data, rules)).collect();
        Topic { key, slots }
    }

    fn is_settled(&self) -> bool {
        self.slots.iter().all(|slot| matches!(slot, Slot::Settled(_)))
    }

    async fn settle(self, rules: Rules, deadline: Instant) -> Topic {
        let mut slots = Vec::with_capacity(self.slots.len());
        for slot in self.slots {
            slots.push(Slot::Settled(slot.settle(rules, deadline).await));
        }
        Topic { key: self.key, slots }
    }
}

impl Slot {
    async fn settle(mut self, rules: Rules, deadline: Instant) -> PartitionProduceResponse {
        if let Slot::Queued { index, partition, appends } = self {
            let result = Appending::Queued(appends).result().await;
            self = appended(index, &partition, result, rules);
        }
        match self {
            Slot::Settled(response) => response,
            Slot::Queued { .. } => unreachable!("an append has a result"),
            Slot::Parked { mut response, committed } => {
                let error = match timeout_at(deadline, committed).await {
                    Ok(outcome) => outcome.unwrap_or(ErrorCode::NOT_LEADER_OR_FOLLOWER),
                    Err(_) => ErrorCode::REQUEST_TIMED_OUT,
                };
                response.error_code = error.wire();
                response
            }
        }
    }
}

fn start(broker: &Broker, key: &TopicKey, data: PartitionProduceData, rules: Rules) -> Slot {
    let index = data.index;
    let found = match check(key, rules) {
        Ok(()) => key.partition(broker, index),
        Err(code) => Err(code),
    };
    let partition = match found {
        Ok(partition) => partition,
        Err(code) => return Slot::Settled(refused(index, code)),
    };
    let records = data.records.as_ref().and_then(Records::as_bytes).cloned().unwrap_or_default();
    if is_transactional(&records) {
        let known = if rules.has_transactional_id {
            ErrorCode::INVALID_TXN_STATE
        } else {
            ErrorCode::TRANSACTIONAL_ID_AUTHORIZATION_FAILED
        };
        return Slot::Settled(refused(index, known));
    }
    match partition.produce(&records, rules.produce, rules.now) {
        Ok(Appending::Done(result)) => appended(index, &partition, result, rules),
        Ok(Appending::Queued(appends)) => Slot::Queued { index, partition, appends },
        Err(error) => Slot::Settled(refused_by(index, &error)),
    }
}

fn check(key: &TopicKey, rules: Rules) -> Result<(), ErrorCode> {
    if !matches!(rules.acks, -1..=1) {
        return Err(ErrorCode::INVALID_REQUIRED_ACKS);
    }
    if !rules.is_admin && key.name().is_some_and(is_internal) {
        return Err(ErrorCode::INVALID_TOPIC_EXCEPTION);
    }
    Ok(())
}

/// Whether the batch claims to be part of a transaction. Bytes that are no batch are judged later.
fn is_transactional(records: &Bytes) -> bool {
    let header = records.get(..BATCH_OVERHEAD).and_then(|head| BatchHeader::parse(head).ok());
    header.is_some_and(|header| header.attributes.is_transactional())
}

fn appended(index: i32, partition: &Partition, result: Result<Appended, LogError>, rules: Rules) -> Slot {
    let appended = match result {
        Ok(appended) => appended,
        Err(error) => return Slot::Settled(refused(index, error::of_log(&error))),
    };
    let response = PartitionProduceResponse {
        index,
        error_code: ErrorCode::NONE.wire(),
        base_offset: appended.first_offset.0,
        log_append_time_ms: appended.log_append_time.unwrap_or(Timestamp::NONE).0,
        log_start_offset: appended.log_start_offset.0,
        ..PartitionProduceResponse::default()
    };
    let committed = match rules.produce.acks {
        Acks::All => partition.wait_committed(appended.last_offset.plus(1)),
        Acks::Leader => None,
    };
    match committed {
        Some(committed) => Slot::Parked { response, committed },
        None => Slot::Settled(response),
    }
}

fn refused_by(index: i32, error: &ReplicaError) -> PartitionProduceResponse {
    let mut response = refused(index, error::of_replica(error));
    if let ReplicaError::Refused(refused) = error {
        response.error_message = refused.wire_message().map(str::to_owned);
        response.record_errors = refused
            .record_errors
            .iter()
            .map(|problem| BatchIndexAndErrorMessage {
                batch_index: problem.batch_index,
                batch_index_error_message: Some(problem.message.clone()),
            })
            .collect();
    }
    response
}

fn refused(index: i32, error: ErrorCode) -> PartitionProduceResponse {
    PartitionProduceResponse {
        index,
        error_code: error.wire(),
        base_offset: -1,
        log_append_time_ms: Timestamp::NONE.0,
        log_start_offset: -1,
        ..PartitionProduceResponse::default()
    }
}

fn respond(broker: &Broker, asker: &Asker, topics: Vec<Topic>) -> ProduceResponse {
    let mut hints = (asker.version >= LEADER_HINTS_SINCE).then(LeaderHints::default);
    let responses = topics.into_iter().map(|topic| {
        let Topic { key, slots } = topic;
        let partition_responses = slots.into_iter().filter_map(|slot| match slot {
            Slot::Settled(mut response) => {
                let error = ErrorCode::from_wire(response.error_code);
                if let Some(hint) = hints.as_mut().and_then(|hints| hints.of(broker, &key, response.index, error)) {
                    response.current_leader =
                        LeaderIdAndEpoch { leader_id: hint.leader.0, leader_epoch: hint.leader_epoch.0 };
                }
                Some(response)
            }
            _ => None,
        });
        let partition_responses = partition_responses.collect();
        let (name, topic_id) = key.into_wire();
        TopicProduceResponse { name, topic_id, partition_responses }
    });
    let responses = responses.collect();
    let endpoints = hints.iter().flat_map(|hints| hints.endpoints(&asker.listener)).map(|(id, endpoint, rack)| {
        NodeEndpoint { node_id: id.0, host: endpoint.host.clone(), port: i32::from(endpoint.port), rack }
    });
    ProduceResponse { responses, throttle_time_ms: 0, node_endpoints: endpoints.collect() }
}
