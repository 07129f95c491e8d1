//! The records of the classic protocol in `__consumer_offsets`.
//!
//! Written are the versions that Kafka 4.3.1 writes: an offset as version 4 (version 1 where an old client set its own
//! expiry), a group as version 3. Read are all versions that there ever were.

use std::sync::Arc;

use bytes::Bytes;

use super::classic::ClassicGroup;
use super::member::Member;
use crate::model::{Timestamp, TopicName, Uuid};
use crate::protocol::coordinator_frame::{Framed, GroupRecordKey, GroupRecordValue};
use crate::protocol::messages::group_metadata_value::MemberMetadata;
use crate::protocol::messages::{GroupMetadataKey, GroupMetadataValue, OffsetCommitKey, OffsetCommitValue};
use crate::protocol::{DecodeError, EncodeError};

const OFFSET_VERSION: i16 = 4;
/// The one version with an expiry of its own.
const OFFSET_WITH_EXPIRY_VERSION: i16 = 1;
const GROUP_VERSION: i16 = 3;

/// A record that changes the state of a shard.
#[derive(Debug, Clone, PartialEq)]
pub enum GroupRecord {
    /// A committed offset, or the end of one.
    Offset {
        /// The group that committed.
        group: Arc<str>,
        /// The topic that it reads.
        topic: TopicName,
        /// The partition of that topic.
        partition: i32,
        /// What was committed; none deletes it.
        value: Option<CommittedOffset>,
    },
    /// A group as its last rebalance left it, or its end.
    Group {
        /// The group.
        group: Arc<str>,
        /// Its state; none deletes it.
        value: Option<GroupMetadataValue>,
    },
}

/// What a group committed for one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommittedOffset {
    /// The next record that the group wants to read.
    pub offset: i64,
    /// The leader epoch of the last record that it read, or -1 (KIP-320).
    pub leader_epoch: i32,
    /// What the client wrote beside the offset.
    pub metadata: Box<str>,
    /// When the offset was committed.
    pub commit_timestamp: Timestamp,
    /// When the offset ends, where a client before 2.1 said so.
    pub expire_timestamp: Option<Timestamp>,
    /// The topic's id, so that a topic of the same name does not inherit the offset; zero where it is not known.
    pub topic_id: Uuid,
}

impl GroupRecord {
    /// The record's key and value.
    ///
    /// # Errors
    /// A field is too long for its record.
    pub fn to_bytes(&self) -> Result<(Bytes, Option<Bytes>), EncodeError> {
        let (key, value) = match self {
            GroupRecord::Offset { group, topic, partition, value } => {
                let key = OffsetCommitKey { group: group.to_string(), topic: topic.to_string(), partition: *partition };
                let value = value.as_ref().map(|value| {
                    let has_expiry = value.expire_timestamp.is_some();
                    let version = if has_expiry { OFFSET_WITH_EXPIRY_VERSION } else { OFFSET_VERSION };
                    (GroupRecordValue::OffsetCommit(value.to_message()), version)
                });
                (GroupRecordKey::OffsetCommit(key), value)
            }
            GroupRecord::Group { group, value } => {
                let value = value.clone().map(|value| (GroupRecordValue::GroupMetadata(value), GROUP_VERSION));
                (GroupRecordKey::GroupMetadata(GroupMetadataKey { group: group.to_string() }), value)
            }
        };
        let value = value.map(|(value, version)| value.to_bytes(version)).transpose()?;
        Ok((key.to_bytes()?, value))
    }

    /// The record with that key and value; none where it belongs to another protocol or to a newer broker.
    ///
    /// # Errors
    /// The bytes are no record of the type that they name.
    pub fn from_bytes(key: Bytes, value: Option<Bytes>) -> Result<Option<GroupRecord>, DecodeError> {
        let Framed::Known(key) = GroupRecordKey::from_bytes(key)? else { return Ok(None) };
        // Offsets of record type 0 differ in the type alone.
        let value_type = if key.record_type() == 0 { 1 } else { key.record_type() };
        let value = match value {
            Some(bytes) => match GroupRecordValue::from_bytes(value_type, bytes)?.0 {
                Framed::Known(value) => Some(value),
                Framed::Unknown { .. } => return Ok(None),
            },
            None => None,
        };
        Ok(match key {
            GroupRecordKey::OffsetCommit(key) => offset_record(&key.group, key.topic, key.partition, value),
            GroupRecordKey::LegacyOffsetCommit(key) => offset_record(&key.group, key.topic, key.partition, value),
            GroupRecordKey::GroupMetadata(key) => {
                let value = match value {
                    Some(GroupRecordValue::GroupMetadata(value)) => Some(value),
                    _ => None,
                };
                Some(GroupRecord::Group { group: key.group.into(), value })
            }
            _ => None,
        })
    }
}

fn offset_record(group: &str, topic: String, partition: i32, value: Option<GroupRecordValue>) -> Option<GroupRecord> {
    let value = match value {
        Some(GroupRecordValue::OffsetCommit(value)) => Some(CommittedOffset::from_message(value)),
        _ => None,
    };
    Some(GroupRecord::Offset { group: group.into(), topic: topic.into(), partition, value })
}

impl CommittedOffset {
    fn to_message(&self) -> OffsetCommitValue {
        OffsetCommitValue {
            offset: self.offset,
            leader_epoch: self.leader_epoch,
            metadata: self.metadata.to_string(),
            commit_timestamp: self.commit_timestamp.0,
            expire_timestamp: self.expire_timestamp.unwrap_or(Timestamp::NONE).0,
            topic_id: self.topic_id,
        }
    }

    fn from_message(value: OffsetCommitValue) -> CommittedOffset {
        CommittedOffset {
            offset: value.offset,
            leader_epoch: value.leader_epoch,
            metadata: value.metadata.into(),
            commit_timestamp: Timestamp(value.commit_timestamp),
            expire_timestamp: (value.expire_timestamp >= 0).then_some(Timestamp(value.expire_timestamp)),
            topic_id: value.topic_id,
        }
    }
}

/// The record of a group as it is, with the assignments that `assignment` names.
pub(super) fn group_metadata(group: &ClassicGroup, assignment: impl Fn(&Member) -> Bytes) -> GroupRecord {
    let protocol = group.protocol_name.as_deref().unwrap_or_default();
    let member = |member: &Member| MemberMetadata {
        member_id: member.member_id.to_string(),
        group_instance_id: member.group_instance_id.clone(),
        client_id: member.client_id.clone(),
        client_host: member.client_host.clone(),
        rebalance_timeout: member.rebalance_timeout_ms,
        session_timeout: member.session_timeout_ms,
        subscription: member.metadata(protocol),
        assignment: assignment(member),
    };
    let value = GroupMetadataValue {
        protocol_type: group.protocol_type.clone().unwrap_or_default(),
        generation: group.generation,
        protocol: group.protocol_name.clone(),
        leader: group.leader.as_deref().map(str::to_owned),
        current_state_timestamp: group.state_since.unwrap_or(Timestamp::NONE).0,
        members: group.members().map(member).collect(),
    };
    GroupRecord::Group { group: group.group_id.clone(), value: Some(value) }
}

/// The record of a group that nobody has joined yet.
pub(super) fn new_group(group: &ClassicGroup) -> GroupRecord {
    let value = GroupMetadataValue {
        current_state_timestamp: group.state_since.unwrap_or(Timestamp::NONE).0,
        protocol: None,
        leader: None,
        ..GroupMetadataValue::default()
    };
    GroupRecord::Group { group: group.group_id.clone(), value: Some(value) }
}
