//! Finding offsets at the leaders of partitions; consumer and admin client share it.

use super::ClientError;
use super::admin::{ListedOffset, OffsetSpec};
use super::by_leader::{Answers, by_leader};
use super::cluster::Cluster;
use super::retry::Deadline;
use crate::model::{ErrorCode, Failure, LeaderEpoch, Offset, Timestamp, TopicPartition};
use crate::net::peer::Peer;
use crate::protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use crate::protocol::messages::list_offsets_response::ListOffsetsPartitionResponse;
use crate::protocol::messages::{ListOffsetsRequest, ListOffsetsResponse};

/// The first version of ListOffsets that knows of transactions.
const ISOLATION_FROM: i16 = 2;

/// Which records count: `isolation.level`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Isolation {
    /// All up to the high watermark.
    #[default]
    ReadUncommitted,
    /// Only below the last stable offset, and none of aborted transactions.
    ReadCommitted,
}

impl Isolation {
    /// The number on the wire.
    #[must_use]
    pub fn wire(self) -> i8 {
        match self {
            Isolation::ReadUncommitted => 0,
            Isolation::ReadCommitted => 1,
        }
    }
}

/// Finds each offset at the leader of its partition.
pub(super) async fn list_offsets(
    cluster: &Cluster,
    deadline: &Deadline,
    wanted: Vec<(TopicPartition, OffsetSpec)>,
    isolation: Isolation,
) -> Answers<ListedOffset> {
    let timeout_ms = i32::try_from(cluster.options().peer.request_timeout.as_millis()).unwrap_or(i32::MAX);
    let send = move |peer: Peer, items: Vec<(TopicPartition, OffsetSpec)>| async move {
        let version = peer.version::<ListOffsetsRequest>(i16::MAX)?;
        // A specification that the broker does not know fails alone; the others are asked for.
        let (known, unknown): (Vec<_>, Vec<_>) = items.into_iter().partition(|(_, spec)| spec.version_min() <= version);
        let mut rows: Answers<ListedOffset> =
            unknown.into_iter().map(|(partition, spec)| (partition, Err(too_old(spec)))).collect();
        if !known.is_empty() {
            let isolation_level = if version >= ISOLATION_FROM { isolation.wire() } else { 0 };
            let request = ListOffsetsRequest { replica_id: -1, isolation_level, topics: topics(known), timeout_ms };
            let answer = peer.start(&request, version, None).await?.answer().await?;
            rows.extend(read(answer));
        }
        Ok(rows)
    };
    by_leader(cluster, deadline, wanted, send).await
}

fn too_old(spec: OffsetSpec) -> ClientError {
    let message = format!("Broker does not support the offset specification {spec:?}");
    ClientError::Server(Failure::new(ErrorCode::UNSUPPORTED_VERSION, message))
}

fn topics(items: Vec<(TopicPartition, OffsetSpec)>) -> Vec<ListOffsetsTopic> {
    let mut topics: Vec<ListOffsetsTopic> = Vec::new();
    for (partition, spec) in items {
        let row =
            ListOffsetsPartition { partition_index: partition.partition, timestamp: spec.wire(), ..Default::default() };
        match topics.last_mut().filter(|last| *last.name == *partition.topic) {
            Some(last) => last.partitions.push(row),
            None => topics.push(ListOffsetsTopic { name: partition.topic.to_string(), partitions: vec![row] }),
        }
    }
    topics
}

fn read(answer: ListOffsetsResponse) -> Answers<ListedOffset> {
    let row = |row: &ListOffsetsPartitionResponse| match ErrorCode::from_wire(row.error_code) {
        ErrorCode::NONE => Ok(ListedOffset {
            offset: Offset(row.offset),
            timestamp: Timestamp(row.timestamp),
            leader_epoch: LeaderEpoch(row.leader_epoch),
        }),
        code => Err(ClientError::code(code)),
    };
    let each = answer.topics.iter().flat_map(|topic| {
        let partition = |index| TopicPartition::new(topic.name.as_str(), index);
        topic.partitions.iter().map(move |found| (partition(found.partition_index), row(found)))
    });
    each.collect()
}
