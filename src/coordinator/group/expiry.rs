//! The end of offsets and groups: by age (KIP-211), by the deletion of a topic, by an administrator.

use std::sync::Arc;

use super::classic::{ClassicGroup, GroupState};
use super::commit::tombstone;
use super::offsets::{Offsets, View};
use super::records::{CommittedOffset, GroupRecord};
use super::turn::Turn;
use crate::model::{ErrorCode, Timestamp, TopicName, Uuid};

/// A topic that is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletedTopic {
    /// Its name, which a new topic may bear already.
    pub name: TopicName,
    /// Its id.
    pub topic_id: Uuid,
}

/// From when on the age of an offset is counted.
enum AgeSince {
    /// Since the group lost its last member; where that is not known, since the commit.
    Empty(Option<Timestamp>),
    /// Since the commit.
    Commit,
}

impl ClassicGroup {
    /// Offsets grow old while nobody uses them: in an empty group, in one without members ever, and in a stable consumer
    /// group for topics that it no longer reads. In all other cases they stay.
    fn age_since(&self) -> Option<AgeSince> {
        if self.protocol_type.is_none() {
            return Some(AgeSince::Commit);
        }
        if self.is(GroupState::Empty) {
            return Some(AgeSince::Empty(self.state_since));
        }
        let knows_its_topics = self.uses_consumer_protocol() && self.subscribed_topics.is_some();
        (knows_its_topics && self.is(GroupState::Stable)).then_some(AgeSince::Commit)
    }

    /// Ends the offsets of the group that are too old. Says whether none is left.
    pub(super) fn expire_offsets(&self, turn: &mut Turn<'_>, offsets: &Offsets) -> bool {
        let mut all_expired = true;
        for (topic, partition, offset) in offsets.of_group(&self.group_id, View::Latest) {
            let is_expired = self.age_since().is_some_and(|since| is_expired(turn, offset, &since));
            let is_kept = !is_expired
                || self.is_subscribed_to(topic)
                || offsets.is_in_transaction(&self.group_id, topic, partition);
            if is_kept {
                all_expired = false;
            } else {
                turn.append(tombstone(&self.group_id, topic.clone(), partition));
            }
        }
        all_expired && !offsets.has_transaction(&self.group_id)
    }

    /// Whether the group may be deleted.
    pub(super) fn validate_delete(&self) -> Result<(), ErrorCode> {
        if self.is(GroupState::Empty) { Ok(()) } else { Err(ErrorCode::NON_EMPTY_GROUP) }
    }
}

fn is_expired(turn: &Turn<'_>, offset: &CommittedOffset, since: &AgeSince) -> bool {
    let now = turn.now.wall;
    if let Some(expire_timestamp) = offset.expire_timestamp {
        return now >= expire_timestamp;
    }
    let start = match since {
        AgeSince::Empty(state_since) => state_since.unwrap_or(offset.commit_timestamp),
        AgeSince::Commit => offset.commit_timestamp,
    };
    now.since(start) >= turn.config.offsets_retention
}

/// Ends every offset of a group.
pub(super) fn delete_all_offsets(turn: &mut Turn<'_>, offsets: &Offsets, group: &Arc<str>) {
    for (topic, partition, _) in offsets.of_group(group, View::Latest) {
        turn.append(tombstone(group, topic.clone(), partition));
    }
}

/// Ends the offsets of topics that are gone. An offset that knows no topic id belongs to whatever bears the name.
pub(super) fn forget_topics(turn: &mut Turn<'_>, offsets: &Offsets, deleted: &[DeletedTopic]) {
    for group in offsets.groups() {
        for (topic, partition, offset) in offsets.of_group(group, View::Latest) {
            let is_gone = |one: &DeletedTopic| {
                one.name == *topic && (offset.topic_id.is_zero() || offset.topic_id == one.topic_id)
            };
            if deleted.iter().any(is_gone) {
                turn.append(tombstone(group, topic.clone(), partition));
            }
        }
    }
}

/// The record that ends a group.
pub(super) fn group_tombstone(group: &Arc<str>) -> GroupRecord {
    GroupRecord::Group { group: group.clone(), value: None }
}
