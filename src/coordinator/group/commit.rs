//! OffsetCommit and OffsetDelete: a group writes down how far it has read, or forgets it.

use std::sync::Arc;

use super::classic::{ClassicGroup, GroupState};
use super::offsets::{Offsets, View};
use super::records::{CommittedOffset, GroupRecord};
use super::turn::Turn;
use crate::model::{ErrorCode, Timestamp, TopicName, Uuid};
use crate::protocol::messages::offset_commit_request::{OffsetCommitRequestPartition, OffsetCommitRequestTopic};
use crate::protocol::messages::offset_commit_response::{OffsetCommitResponsePartition, OffsetCommitResponseTopic};
use crate::protocol::messages::offset_delete_request::OffsetDeleteRequestTopic;
use crate::protocol::messages::offset_delete_response::{OffsetDeleteResponsePartition, OffsetDeleteResponseTopic};
use crate::protocol::messages::{OffsetCommitRequest, OffsetCommitResponse, OffsetDeleteResponse};

/// The version from which a commit to a group that is not there hears so; before, it heard `ILLEGAL_GENERATION`.
pub(super) const GROUP_ID_NOT_FOUND_SINCE: i16 = 9;

impl ClassicGroup {
    /// Whether the group takes this commit. Without a member and a generation only an empty group does: then the commit
    /// comes from a consumer that assigns itself, or from an administrator.
    pub(super) fn validate_commit(&self, request: &OffsetCommitRequest) -> Result<(), ErrorCode> {
        let generation = request.generation_id_or_member_epoch;
        let instance = request.group_instance_id.as_deref();
        if generation < 0 && self.is(GroupState::Empty) {
            return Ok(());
        }
        if generation >= 0 || !request.member_id.is_empty() || instance.is_some() {
            self.validate_member(&request.member_id, instance)?;
            if generation != self.generation {
                return Err(ErrorCode::ILLEGAL_GENERATION);
            }
        } else if !self.is(GroupState::Empty) {
            return Err(ErrorCode::UNKNOWN_MEMBER_ID);
        }
        if self.is(GroupState::CompletingRebalance) {
            // Member and generation are right, so it has heard of the new generation and will come with its sync.
            return Err(ErrorCode::REBALANCE_IN_PROGRESS);
        }
        Ok(())
    }

    /// Takes the offsets of one OffsetCommit.
    pub(super) fn commit(&self, turn: &mut Turn<'_>, request: &OffsetCommitRequest) -> OffsetCommitResponse {
        // A commit shows that the member is alive, as a heartbeat does.
        if matches!(self.state, GroupState::Stable | GroupState::PreparingRebalance) {
            self.renew_session(turn, &request.member_id);
        }
        let retention = (request.retention_time_ms >= 0).then_some(request.retention_time_ms);
        let expire_timestamp = retention.map(|length| Timestamp(turn.now.wall.0.saturating_add(length)));
        let commit = |topic: &OffsetCommitRequestTopic| self.commit_topic(turn, topic, expire_timestamp);
        OffsetCommitResponse { topics: request.topics.iter().map(commit).collect(), ..OffsetCommitResponse::default() }
    }

    fn commit_topic(
        &self,
        turn: &mut Turn<'_>,
        topic: &OffsetCommitRequestTopic,
        expire_timestamp: Option<Timestamp>,
    ) -> OffsetCommitResponseTopic {
        let name: TopicName = topic.name.as_str().into();
        let mut commit = |partition: &OffsetCommitRequestPartition| {
            let metadata = partition.committed_metadata.as_deref().unwrap_or_default();
            let mut error = ErrorCode::OFFSET_METADATA_TOO_LARGE;
            if java_length(metadata) <= turn.config.offset_metadata_max_bytes {
                error = ErrorCode::NONE;
                turn.append(GroupRecord::Offset {
                    group: self.group_id.clone(),
                    topic: name.clone(),
                    partition: partition.partition_index,
                    value: Some(CommittedOffset {
                        offset: partition.committed_offset,
                        leader_epoch: partition.committed_leader_epoch,
                        metadata: metadata.into(),
                        commit_timestamp: turn.now.wall,
                        expire_timestamp,
                        topic_id: topic.topic_id,
                    }),
                });
            }
            commit_reply(partition, error)
        };
        OffsetCommitResponseTopic {
            partitions: topic.partitions.iter().map(&mut commit).collect(),
            name: topic.name.clone(),
            topic_id: topic.topic_id,
        }
    }

    /// Whether offsets of the group may be deleted.
    pub(super) fn validate_offset_delete(&self) -> Result<(), ErrorCode> {
        if self.is(GroupState::Empty) || self.uses_consumer_protocol() {
            return Ok(());
        }
        Err(ErrorCode::NON_EMPTY_GROUP)
    }

    /// Deletes offsets of topics that no member reads.
    pub(super) fn delete_offsets(
        &self,
        turn: &mut Turn<'_>,
        offsets: &Offsets,
        topics: &[OffsetDeleteRequestTopic],
    ) -> OffsetDeleteResponse {
        let delete = |topic: &OffsetDeleteRequestTopic| self.delete_topic_offsets(turn, offsets, topic);
        OffsetDeleteResponse { topics: topics.iter().map(delete).collect(), ..OffsetDeleteResponse::default() }
    }

    fn delete_topic_offsets(
        &self,
        turn: &mut Turn<'_>,
        offsets: &Offsets,
        topic: &OffsetDeleteRequestTopic,
    ) -> OffsetDeleteResponseTopic {
        let is_read = self.is_subscribed_to(&topic.name);
        let error = if is_read { ErrorCode::GROUP_SUBSCRIBED_TO_TOPIC } else { ErrorCode::NONE };
        let mut partitions = Vec::with_capacity(topic.partitions.len());
        for index in topic.partitions.iter().map(|partition| partition.partition_index) {
            let is_held = offsets.get(&self.group_id, &topic.name, index, View::Latest).is_some()
                || offsets.is_in_transaction(&self.group_id, &topic.name, index);
            if !is_read && is_held {
                turn.append(tombstone(&self.group_id, topic.name.as_str().into(), index));
            }
            partitions.push(OffsetDeleteResponsePartition { partition_index: index, error_code: error.wire() });
        }
        OffsetDeleteResponseTopic { name: topic.name.clone(), partitions }
    }
}

/// The record that ends a committed offset.
pub(super) fn tombstone(group: &Arc<str>, topic: TopicName, partition: i32) -> GroupRecord {
    GroupRecord::Offset { group: group.clone(), topic, partition, value: None }
}

/// The answer to a commit of which nothing was taken.
pub(super) fn commit_refusal(topics: &[OffsetCommitRequestTopic], error: ErrorCode) -> OffsetCommitResponse {
    let refused = |topic: &OffsetCommitRequestTopic| OffsetCommitResponseTopic {
        name: topic.name.clone(),
        topic_id: topic.topic_id,
        partitions: topic.partitions.iter().map(|partition| commit_reply(partition, error)).collect(),
    };
    OffsetCommitResponse { topics: topics.iter().map(refused).collect(), ..OffsetCommitResponse::default() }
}

fn commit_reply(partition: &OffsetCommitRequestPartition, error: ErrorCode) -> OffsetCommitResponsePartition {
    OffsetCommitResponsePartition { partition_index: partition.partition_index, error_code: error.wire() }
}

/// The length of a string as Java counts it, which is what `offset.metadata.max.bytes` bounds.
fn java_length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Whether two topic ids name two topics: an id that is not known fits any.
pub(super) fn is_other_topic(stored: Uuid, asked: Uuid) -> bool {
    !stored.is_zero() && !asked.is_zero() && stored != asked
}
