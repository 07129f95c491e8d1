//! Committed offsets of groups: list, alter, delete.

use std::collections::BTreeMap;

use super::call::{Target, check, misplaced};
use super::{Admin, Rows};
use crate::client::ClientError;
use crate::client::group_offsets::{OFFSETS_BY_NAME_MAX, commit_request, fetch_request, read_committed, read_fetched};
use crate::model::TopicPartition;
use crate::protocol::messages::offset_delete_request::{OffsetDeleteRequestPartition, OffsetDeleteRequestTopic};
use crate::protocol::messages::{OffsetCommitRequest, OffsetDeleteRequest, OffsetFetchRequest};

pub use crate::client::group_offsets::{CommittedOffset, NewOffset};

impl Admin {
    /// The committed offsets of a group: of all partitions, or of those asked for. A partition without one is left out.
    ///
    /// # Errors
    /// The coordinator could not be asked, or refused for the whole group.
    pub async fn list_group_offsets(
        &self,
        group: &str,
        partitions: Option<&[TopicPartition]>,
    ) -> Result<Rows<TopicPartition, CommittedOffset>, ClientError> {
        let build = |version| Ok(fetch_request(group, None, partitions, version));
        let answered = self
            .ask_at_most::<OffsetFetchRequest, _, _>(
                OFFSETS_BY_NAME_MAX,
                Target::Group(group.to_owned()),
                build,
                |answer| misplaced(answer.groups.iter().map(|group| group.error_code).chain([answer.error_code])),
            )
            .await?;
        read_fetched(answered.response, answered.version)
    }

    /// Commits offsets for a group without members.
    ///
    /// # Errors
    /// The coordinator could not be asked.
    pub async fn alter_group_offsets(
        &self,
        group: &str,
        offsets: &BTreeMap<TopicPartition, NewOffset>,
    ) -> Result<Rows<TopicPartition, ()>, ClientError> {
        let build = |version| Ok(commit_request(group, None, offsets, version));
        let answered = self
            .ask_at_most::<OffsetCommitRequest, _, _>(
                OFFSETS_BY_NAME_MAX,
                Target::Group(group.to_owned()),
                build,
                |answer| {
                    let rows = answer.topics.iter().flat_map(|topic| &topic.partitions);
                    misplaced(rows.map(|row| row.error_code))
                },
            )
            .await?;
        Ok(read_committed(answered.response))
    }

    /// Deletes committed offsets of a group that does not read these topics now.
    ///
    /// # Errors
    /// The coordinator could not be asked, or refused for the whole group.
    pub async fn delete_group_offsets(
        &self,
        group: &str,
        partitions: &[TopicPartition],
    ) -> Result<Rows<TopicPartition, ()>, ClientError> {
        let mut topics: Vec<OffsetDeleteRequestTopic> = Vec::new();
        for partition in partitions {
            let row = OffsetDeleteRequestPartition { partition_index: partition.partition };
            match topics.iter_mut().find(|topic| *topic.name == *partition.topic) {
                Some(topic) => topic.partitions.push(row),
                None => {
                    topics.push(OffsetDeleteRequestTopic { name: partition.topic.to_string(), partitions: vec![row] });
                }
            }
        }
        let build = |_| Ok(OffsetDeleteRequest { group_id: group.to_owned(), topics: topics.clone() });
        let answered = self
            .ask::<OffsetDeleteRequest, _, _>(Target::Group(group.to_owned()), build, |answer| {
                misplaced([answer.error_code].into_iter())
            })
            .await?;
        check(answered.response.error_code, None)?;
        let rows = answered.response.topics.into_iter().flat_map(|topic| {
            let name = topic.name;
            topic
                .partitions
                .into_iter()
                .map(move |row| (TopicPartition::new(name.as_str(), row.partition_index), check(row.error_code, None)))
        });
        Ok(rows.collect())
    }
}
