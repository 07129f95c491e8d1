//! OffsetFetch and OffsetCommit as values; consumer and admin client share them.

use std::collections::BTreeMap;

use super::ClientError;
use super::admin::Rows;
use crate::model::{ErrorCode, LeaderEpoch, Offset, TopicPartition};
use crate::protocol::messages::offset_commit_request::{OffsetCommitRequestPartition, OffsetCommitRequestTopic};
use crate::protocol::messages::offset_fetch_request::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics,
};
use crate::protocol::messages::{OffsetCommitRequest, OffsetCommitResponse, OffsetFetchRequest, OffsetFetchResponse};

/// From version 10 on both requests name topics by id; by name they stop here.
pub(super) const OFFSETS_BY_NAME_MAX: i16 = 9;
/// The first version of OffsetFetch that takes several groups.
const BATCHED_FROM: i16 = 8;
/// The first version of OffsetFetch that can wait for transactions to end.
const STABLE_FROM: i16 = 7;
/// The first version of OffsetCommit that carries leader epochs, and OffsetFetch's.
const COMMIT_EPOCH_FROM: i16 = 6;

/// A committed offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommittedOffset {
    /// The offset of the next record to read.
    pub offset: Offset,
    /// The epoch of the leader that wrote the record before it.
    pub leader_epoch: LeaderEpoch,
    /// What the committer wrote beside it.
    pub metadata: String,
}

/// An offset to commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOffset {
    /// The offset of the next record to read.
    pub offset: Offset,
    /// The epoch of the leader that wrote the record before it.
    pub leader_epoch: LeaderEpoch,
    /// Whatever the committer wants to keep beside it.
    pub metadata: String,
}

impl NewOffset {
    /// An offset without metadata and leader epoch.
    #[must_use]
    pub fn at(offset: Offset) -> NewOffset {
        NewOffset { offset, leader_epoch: LeaderEpoch::NONE, metadata: String::new() }
    }
}

/// A member that commits, in the generation in which it owns its partitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Membership {
    pub(super) generation: i32,
    pub(super) member_id: String,
    pub(super) instance_id: Option<String>,
}

/// Asks for offsets of a group; `stable` waits for the end of transactions that commit some (KIP-447).
pub(super) fn fetch_request(
    group: &str,
    stable: Option<Stable>,
    partitions: Option<&[TopicPartition]>,
    version: i16,
) -> OffsetFetchRequest {
    let topics = partitions.map(by_topic);
    let require_stable = stable.is_some() && version >= STABLE_FROM;
    if version >= BATCHED_FROM {
        let topics = topics.map(|topics| {
            let row =
                |(name, partition_indexes)| OffsetFetchRequestTopics { name, partition_indexes, ..Default::default() };
            topics.into_iter().map(row).collect()
        });
        let group = OffsetFetchRequestGroup { group_id: group.to_owned(), topics, ..Default::default() };
        return OffsetFetchRequest { groups: vec![group], require_stable, ..Default::default() };
    }
    let topics = topics.map(|topics| {
        topics
            .into_iter()
            .map(|(name, partition_indexes)| OffsetFetchRequestTopic { name, partition_indexes })
            .collect()
    });
    OffsetFetchRequest { group_id: group.to_owned(), topics, require_stable, ..Default::default() }
}

/// Marks a fetch of offsets that waits for transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stable;

/// Reads an answer about one group. A partition without a committed offset is left out.
pub(super) fn read_fetched(
    answer: OffsetFetchResponse,
    version: i16,
) -> Result<Rows<TopicPartition, CommittedOffset>, ClientError> {
    let mut rows = Vec::new();
    if version >= BATCHED_FROM {
        let group =
            answer.groups.into_iter().next().ok_or_else(|| ClientError::code(ErrorCode::UNKNOWN_SERVER_ERROR))?;
        ok(group.error_code)?;
        for topic in group.topics {
            for row in topic.partitions {
                let partition = TopicPartition::new(topic.name.as_str(), row.partition_index);
                let found = committed(row.committed_offset, row.committed_leader_epoch, row.metadata);
                push(&mut rows, partition, row.error_code, found);
            }
        }
        return Ok(rows);
    }
    ok(answer.error_code)?;
    for topic in answer.topics {
        for row in topic.partitions {
            let partition = TopicPartition::new(topic.name.as_str(), row.partition_index);
            let found = committed(row.committed_offset, row.committed_leader_epoch, row.metadata);
            push(&mut rows, partition, row.error_code, found);
        }
    }
    Ok(rows)
}

fn push(
    rows: &mut Rows<TopicPartition, CommittedOffset>,
    partition: TopicPartition,
    code: i16,
    found: CommittedOffset,
) {
    match ok(code) {
        Err(error) => rows.push((partition, Err(error))),
        Ok(()) if found.offset.is_known() => rows.push((partition, Ok(found))),
        Ok(()) => {}
    }
}

fn committed(offset: i64, leader_epoch: i32, metadata: Option<String>) -> CommittedOffset {
    CommittedOffset {
        offset: Offset(offset),
        leader_epoch: LeaderEpoch(leader_epoch),
        metadata: metadata.unwrap_or_default(),
    }
}

/// Commits offsets, as a member or from outside.
pub(super) fn commit_request(
    group: &str,
    member: Option<&Membership>,
    offsets: &BTreeMap<TopicPartition, NewOffset>,
    version: i16,
) -> OffsetCommitRequest {
    let mut topics: Vec<OffsetCommitRequestTopic> = Vec::new();
    for (partition, new) in offsets {
        let epoch = if version >= COMMIT_EPOCH_FROM { new.leader_epoch } else { LeaderEpoch::NONE };
        let row = OffsetCommitRequestPartition {
            partition_index: partition.partition,
            committed_offset: new.offset.0,
            committed_leader_epoch: epoch.0,
            committed_metadata: Some(new.metadata.clone()),
        };
        match topics.last_mut().filter(|topic| *topic.name == *partition.topic) {
            Some(topic) => topic.partitions.push(row),
            None => topics.push(OffsetCommitRequestTopic {
                name: partition.topic.to_string(),
                partitions: vec![row],
                ..Default::default()
            }),
        }
    }
    let request = OffsetCommitRequest { group_id: group.to_owned(), topics, ..Default::default() };
    match member {
        None => request,
        Some(member) => OffsetCommitRequest {
            generation_id_or_member_epoch: member.generation,
            member_id: member.member_id.clone(),
            group_instance_id: member.instance_id.clone(),
            ..request
        },
    }
}

/// The rows of an answer to a commit.
pub(super) fn read_committed(answer: OffsetCommitResponse) -> Rows<TopicPartition, ()> {
    let rows = answer.topics.into_iter().flat_map(|topic| {
        let name = topic.name;
        let row = move |partition| TopicPartition::new(name.as_str(), partition);
        topic.partitions.into_iter().map(move |found| (row(found.partition_index), ok(found.error_code)))
    });
    rows.collect()
}

/// Partitions by topic, in the order in which topics first occur.
fn by_topic(partitions: &[TopicPartition]) -> Vec<(String, Vec<i32>)> {
    let mut topics: Vec<(String, Vec<i32>)> = Vec::new();
    for partition in partitions {
        match topics.iter_mut().find(|(name, _)| **name == *partition.topic) {
            Some((_, indexes)) => indexes.push(partition.partition),
            None => topics.push((partition.topic.to_string(), vec![partition.partition])),
        }
    }
    topics
}

fn ok(code: i16) -> Result<(), ClientError> {
    match ErrorCode::from_wire(code) {
        ErrorCode::NONE => Ok(()),
        code => Err(ClientError::code(code)),
    }
}
