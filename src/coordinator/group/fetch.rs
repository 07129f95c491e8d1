//! OffsetFetch: what a group has committed.

use super::commit::is_other_topic;
use super::offsets::{Offsets, View};
use super::records::CommittedOffset;
use crate::model::{ErrorCode, TopicName};
use crate::protocol::messages::offset_fetch_request::{OffsetFetchRequestGroup, OffsetFetchRequestTopics};
use crate::protocol::messages::offset_fetch_response::{
    OffsetFetchResponseGroup, OffsetFetchResponsePartitions, OffsetFetchResponseTopics,
};

/// Whether offsets that a transaction may still change are given out (KIP-447).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stability {
    /// They are not: the client waits.
    Required,
    /// The last committed one is given.
    NotRequired,
}

impl Offsets {
    /// The offsets that one group's part of an OffsetFetch asks for; all of them where it names no topics. A group that is
    /// not there has none, which is no error: every group begins so.
    pub(super) fn fetch(&self, request: &OffsetFetchRequestGroup, stability: Stability) -> OffsetFetchResponseGroup {
        let view = match stability {
            Stability::Required => View::Latest,
            Stability::NotRequired => View::Committed,
        };
        let topics = match &request.topics {
            Some(topics) => topics.iter().map(|topic| self.fetch_topic(&request.group_id, topic, view)).collect(),
            None => self.fetch_all(&request.group_id, view),
        };
        OffsetFetchResponseGroup { group_id: request.group_id.clone(), topics, ..Default::default() }
    }

    fn fetch_topic(&self, group: &str, topic: &OffsetFetchRequestTopics, view: View) -> OffsetFetchResponseTopics {
        let fetch = |partition: &i32| {
            let found = self.get(group, &topic.name, *partition, view);
            let found = found.filter(|offset| !is_other_topic(offset.topic_id, topic.topic_id));
            self.reply(group, &topic.name, *partition, found, view)
        };
        OffsetFetchResponseTopics {
            partitions: topic.partition_indexes.iter().map(fetch).collect(),
            name: topic.name.clone(),
            topic_id: topic.topic_id,
        }
    }

    fn fetch_all(&self, group: &str, view: View) -> Vec<OffsetFetchResponseTopics> {
        let mut topics: Vec<OffsetFetchResponseTopics> = Vec::new();
        let mut last: Option<&TopicName> = None;
        for (topic, partition, offset) in self.of_group(group, view) {
            if last != Some(topic) {
                last = Some(topic);
                topics.push(OffsetFetchResponseTopics { name: topic.to_string(), ..Default::default() });
            }
            let reply = self.reply(group, topic, partition, Some(offset), view);
            topics.last_mut().expect("pushed above").partitions.push(reply);
        }
        topics
    }

    fn reply(
        &self,
        group: &str,
        topic: &str,
        partition: i32,
        found: Option<&CommittedOffset>,
        view: View,
    ) -> OffsetFetchResponsePartitions {
        let nothing = OffsetFetchResponsePartitions {
            partition_index: partition,
            committed_offset: -1,
            committed_leader_epoch: -1,
            metadata: Some(String::new()),
            error_code: ErrorCode::NONE.wire(),
        };
        if view == View::Latest && self.is_in_transaction(group, topic, partition) {
            return OffsetFetchResponsePartitions { error_code: ErrorCode::UNSTABLE_OFFSET_COMMIT.wire(), ..nothing };
        }
        match found {
            Some(offset) => OffsetFetchResponsePartitions {
                committed_offset: offset.offset,
                committed_leader_epoch: offset.leader_epoch,
                metadata: Some(offset.metadata.to_string()),
                ..nothing
            },
            None => nothing,
        }
    }
}
