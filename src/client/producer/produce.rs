//! The Produce request and what its answer means for each batch.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::accumulator::Accumulator;
use super::batch::Batch;
use super::queue::PartitionQueue;
use crate::client::{Broker, ClientError, Cluster, LeaderHint, Metadata};
use crate::model::{ErrorCode, LeaderEpoch, NodeId, Timestamp, TopicName, Uuid};
use crate::net::Address;
use crate::protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use crate::protocol::messages::produce_response::{NodeEndpoint, PartitionProduceResponse};
use crate::protocol::messages::{ProduceRequest, ProduceResponse};

/// A batch that is under way, with its queue.
pub(super) struct Sent {
    pub(super) queue: Arc<PartitionQueue>,
    pub(super) batch: Batch,
}

/// The ids of the topics of the batches, where all are known.
pub(super) fn topic_ids(metadata: &Metadata, batches: &[Sent]) -> Option<BTreeMap<TopicName, Uuid>> {
    let mut ids = BTreeMap::new();
    for sent in batches {
        let name = &sent.queue.partition.topic;
        let id = metadata.topic(name)?.id;
        if id.is_zero() {
            return None;
        }
        ids.insert(name.clone(), id);
    }
    Some(ids)
}

/// Builds the batches and the request that carries them; by name where no ids are given.
pub(super) fn request(
    batches: &mut [Sent],
    accumulator: &Accumulator,
    ids: Option<&BTreeMap<TopicName, Uuid>>,
) -> ProduceRequest {
    let mut topics: BTreeMap<TopicName, Vec<PartitionProduceData>> = BTreeMap::new();
    for sent in batches {
        let (bytes, ratio) = sent.batch.build();
        let partition = &sent.queue.partition;
        if let (Some(ratio), Some(topic)) = (ratio, accumulator.topic(&partition.topic)) {
            topic.note_ratio(ratio);
        }
        let row = PartitionProduceData { index: partition.partition, records: Some(bytes.into()) };
        topics.entry(partition.topic.clone()).or_default().push(row);
    }
    let topic = |(name, partition_data): (TopicName, _)| match ids.and_then(|ids| ids.get(&name)) {
        Some(id) => TopicProduceData { topic_id: *id, partition_data, ..Default::default() },
        None => TopicProduceData { name: name.to_string(), partition_data, ..Default::default() },
    };
    ProduceRequest {
        transactional_id: None,
        acks: accumulator.settings.acks.wire(),
        timeout_ms: i32::try_from(accumulator.settings.request_timeout.as_millis()).unwrap_or(i32::MAX),
        topic_data: topics.into_iter().map(topic).collect(),
    }
}

/// What the broker answered about one batch.
pub(super) struct PartitionAnswer {
    pub(super) code: ErrorCode,
    message: Option<String>,
    pub(super) base_offset: i64,
    pub(super) append_time: Option<Timestamp>,
    log_start_offset: i64,
    /// Records that are to blame, each with its own error.
    pub(super) blamed: Vec<(u32, ClientError)>,
}

/// What is to be done with a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judgement {
    Written,
    Again,
    /// Again, under a new epoch and from sequence 0: the broker lost count.
    BeginAnew,
    Split,
    Failed,
}

impl PartitionAnswer {
    /// Reads the answer about each of the batches, in their order, and takes over the leaders that it names.
    pub(super) fn read(answer: ProduceResponse, cluster: &Cluster, batches: &[Sent]) -> Vec<PartitionAnswer> {
        let metadata = cluster.metadata();
        let endpoints = answer.node_endpoints;
        let mut rows: BTreeMap<(TopicName, i32), PartitionProduceResponse> = BTreeMap::new();
        for topic in answer.responses {
            let by_id = metadata.name_of(topic.topic_id).filter(|_| !topic.topic_id.is_zero()).cloned();
            let name = by_id.unwrap_or_else(|| TopicName::from(topic.name.as_str()));
            for row in topic.partition_responses {
                rows.insert((name.clone(), row.index), row);
            }
        }
        let each = batches.iter().map(|sent| {
            let partition = &sent.queue.partition;
            match rows.remove(&(partition.topic.clone(), partition.partition)) {
                Some(row) => {
                    if let Some(hint) = hint(&row, &endpoints) {
                        cluster.learn_leader(partition, &hint);
                    }
                    PartitionAnswer::of(row)
                }
                None => PartitionAnswer::missing(),
            }
        });
        each.collect()
    }

    fn of(row: PartitionProduceResponse) -> PartitionAnswer {
        let code = ErrorCode::from_wire(row.error_code);
        let blame = |(index, message): (i32, Option<String>)| {
            let index = u32::try_from(index).ok()?;
            Some((index, ClientError::answer(ErrorCode::INVALID_RECORD, message.as_deref())))
        };
        let errors = row.record_errors.into_iter().map(|row| (row.batch_index, row.batch_index_error_message));
        PartitionAnswer {
            code,
            message: row.error_message,
            base_offset: row.base_offset,
            append_time: Some(Timestamp(row.log_append_time_ms)).filter(|time| *time != Timestamp::NONE),
            log_start_offset: row.log_start_offset,
            blamed: errors.filter_map(blame).collect(),
        }
    }

    /// The broker left the partition out of its answer.
    fn missing() -> PartitionAnswer {
        PartitionAnswer {
            code: ErrorCode::UNKNOWN_SERVER_ERROR,
            message: None,
            base_offset: -1,
            append_time: None,
            log_start_offset: -1,
            blamed: Vec::new(),
        }
    }

    pub(super) fn error(&self) -> ClientError {
        ClientError::answer(self.code, self.message.as_deref())
    }

    /// Whether the partition may be led by somebody else.
    pub(super) fn needs_metadata(&self) -> bool {
        matches!(
            self.code,
            ErrorCode::NOT_LEADER_OR_FOLLOWER
                | ErrorCode::LEADER_NOT_AVAILABLE
                | ErrorCode::REPLICA_NOT_AVAILABLE
                | ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
                | ErrorCode::UNKNOWN_TOPIC_ID
                | ErrorCode::INCONSISTENT_TOPIC_ID
                | ErrorCode::KAFKA_STORAGE_ERROR
                | ErrorCode::FENCED_LEADER_EPOCH
        )
    }
}

fn hint(row: &PartitionProduceResponse, endpoints: &[NodeEndpoint]) -> Option<LeaderHint> {
    let leader = NodeId(row.current_leader.leader_id);
    let epoch = LeaderEpoch(row.current_leader.leader_epoch);
    if !leader.is_some() || !epoch.is_some() {
        return None;
    }
    let endpoint = endpoints.iter().find(|endpoint| endpoint.node_id == leader.0);
    let broker = endpoint.and_then(|endpoint| {
        let address = Address::from_wire(&endpoint.host, endpoint.port)?;
        Some(Broker { id: leader, address, rack: endpoint.rack.clone() })
    });
    Some(LeaderHint { leader, epoch, broker })
}

/// What an answer means for its batch.
pub(super) fn judge(answer: &PartitionAnswer, sent: &Sent) -> Judgement {
    match answer.code {
        // A duplicate was written by an attempt whose answer was lost.
        ErrorCode::NONE | ErrorCode::DUPLICATE_SEQUENCE_NUMBER => Judgement::Written,
        ErrorCode::MESSAGE_TOO_LARGE if sent.batch.count() > 1 => Judgement::Split,
        ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER => match sent.batch.stamp {
            // A batch before it failed and comes first again.
            Some((_, sequence)) if !sent.queue.is_next_expected(sequence) => Judgement::Again,
            Some(_) => Judgement::BeginAnew,
            None => Judgement::Failed,
        },
        ErrorCode::UNKNOWN_PRODUCER_ID => match sent.batch.stamp {
            Some(_) if answer.log_start_offset == -1 => Judgement::Again,
            Some(_) => Judgement::BeginAnew,
            None => Judgement::Failed,
        },
        // A topic that was deleted and created again has another id, which new metadata brings.
        ErrorCode::UNKNOWN_TOPIC_ID | ErrorCode::INCONSISTENT_TOPIC_ID => Judgement::Again,
        code if code.is_retriable() => Judgement::Again,
        _ => Judgement::Failed,
    }
}
