//! Committed offsets: OffsetCommit, OffsetFetch and OffsetDelete, between the wire, where topics have a name or an id by
//! version and may not exist, and the shard, which knows what it is told.

use std::future::Future;

use super::GroupCoordinator;
use super::requests::{error_of, without_group};
use crate::coordinator::group::{Caller, GroupRequest};
use crate::coordinator::outcome::Reply;
use crate::metadata::Image;
use crate::model::{ErrorCode, Uuid};
use crate::protocol::messages::offset_commit_request::OffsetCommitRequestTopic;
use crate::protocol::messages::offset_commit_response::{OffsetCommitResponsePartition, OffsetCommitResponseTopic};
use crate::protocol::messages::offset_delete_request::OffsetDeleteRequestTopic;
use crate::protocol::messages::offset_delete_response::{OffsetDeleteResponsePartition, OffsetDeleteResponseTopic};
use crate::protocol::messages::offset_fetch_request::{OffsetFetchRequestGroup, OffsetFetchRequestTopics};
use crate::protocol::messages::offset_fetch_response::{
    OffsetFetchResponseGroup, OffsetFetchResponsePartition, OffsetFetchResponsePartitions, OffsetFetchResponseTopic,
    OffsetFetchResponseTopics,
};
use crate::protocol::messages::{
    OffsetCommitRequest, OffsetCommitResponse, OffsetDeleteRequest, OffsetDeleteResponse, OffsetFetchRequest,
    OffsetFetchResponse,
};

/// From this version on OffsetCommit and OffsetFetch name topics by id (KIP-848).
const TOPIC_IDS_SINCE: i16 = 10;
/// From this version on OffsetFetch asks for several groups (KIP-709).
const GROUPS_SINCE: i16 = 8;
/// From this version on OffsetFetch has an error for the whole group.
const GROUP_ERROR_SINCE: i16 = 2;

impl GroupCoordinator {
    /// OffsetCommit, v2 to v10. Offsets of topics and partitions that do not exist are refused one by one.
    pub fn offset_commit(
        &self,
        mut request: OffsetCommitRequest,
        caller: Caller,
        image: &Image,
    ) -> impl Future<Output = OffsetCommitResponse> + Send + 'static + use<> {
        let by_id = caller.api_version >= TOPIC_IDS_SINCE;
        let mut refused = Vec::new();
        let mut topics = Vec::with_capacity(request.topics.len());
        for mut topic in std::mem::take(&mut request.topics) {
            match resolve(image, &mut topic.name, &mut topic.topic_id, by_id) {
                Err(error) => refused.push(commit_error(&topic, error)),
                Ok(()) => {
                    let (known, unknown) = split_commit(image, topic);
                    topics.extend(known);
                    refused.extend(unknown);
                }
            }
        }
        let group_id = request.group_id.clone();
        let answer = (!topics.is_empty()).then(|| {
            self.ask(&group_id, GroupRequest::OffsetCommit(OffsetCommitRequest { topics, ..request }), caller)
        });
        async move {
            let taken = match answer {
                Some(answer) => match answer.await {
                    Reply::OffsetCommit(response) => response.topics,
                    _ => Vec::new(),
                },
                None => Vec::new(),
            };
            OffsetCommitResponse { topics: merge_commits(refused, taken), ..OffsetCommitResponse::default() }
        }
    }

    /// OffsetFetch, v1 to v10.
    pub fn offset_fetch(
        &self,
        request: OffsetFetchRequest,
        caller: Caller,
        image: &Image,
    ) -> impl Future<Output = OffsetFetchResponse> + Send + 'static + use<> {
        let version = caller.api_version;
        let require_stable = request.require_stable;
        let image = image.clone();
        let fetches: Vec<_> = asked_groups(request, version)
            .into_iter()
            .map(|group| self.fetch_group(group, require_stable, caller.clone(), &image))
            .collect();
        async move {
            let mut groups = Vec::with_capacity(fetches.len());
            for fetch in fetches {
                groups.push(fetch.await);
            }
            shape_fetch(groups, version)
        }
    }

    fn fetch_group(
        &self,
        mut request: OffsetFetchRequestGroup,
        require_stable: bool,
        caller: Caller,
        image: &Image,
    ) -> impl Future<Output = OffsetFetchResponseGroup> + Send + 'static + use<> {
        let version = caller.api_version;
        let by_id = version >= TOPIC_IDS_SINCE;
        let asks_for_all = request.topics.is_none();
        let mut unknown = Vec::new();
        if by_id {
            for topic in request.topics.iter_mut().flatten() {
                topic.name = image.topic_by_id(topic.topic_id).map(|known| known.name.to_string()).unwrap_or_default();
            }
            let nameless = |topic: &mut OffsetFetchRequestTopics| topic.name.is_empty();
            unknown.extend(request.topics.iter_mut().flat_map(|topics| topics.extract_if(.., nameless)));
        }
        let asked = request.topics.clone().unwrap_or_default();
        let group_id = request.group_id.clone();
        let answer = self.ask(&group_id, GroupRequest::OffsetFetch { request, require_stable }, caller);
        let image = image.clone();
        async move {
            let mut group = match answer.await {
                Reply::OffsetFetch(group) => group,
                other => OffsetFetchResponseGroup { group_id, error_code: error_of(&other), ..Default::default() },
            };
            if group.error_code != ErrorCode::NONE.wire() {
                return fetch_group_error(group, &asked, version);
            }
            if asks_for_all && by_id {
                name_by_id(&mut group.topics, &image);
            }
            group.topics.extend(unknown.iter().map(|topic| fetch_error(topic, ErrorCode::UNKNOWN_TOPIC_ID)));
            group
        }
    }

    /// OffsetDelete, v0.
    pub fn offset_delete(
        &self,
        mut request: OffsetDeleteRequest,
        caller: Caller,
        image: &Image,
    ) -> impl Future<Output = OffsetDeleteResponse> + Send + 'static + use<> {
        let mut unknown: Vec<OffsetDeleteResponseTopic> = Vec::new();
        for topic in &mut request.topics {
            let known = image.topic(&topic.name);
            let is_gone = |index: i32| known.and_then(|known| known.partition(index)).is_none();
            let gone: Vec<_> =
                topic.partitions.extract_if(.., |partition| is_gone(partition.partition_index)).collect();
            if !gone.is_empty() {
                let error_code = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION.wire();
                let refused = gone.iter().map(|partition| OffsetDeleteResponsePartition {
                    partition_index: partition.partition_index,
                    error_code,
                });
                unknown.push(OffsetDeleteResponseTopic { name: topic.name.clone(), partitions: refused.collect() });
            }
        }
        request.topics.retain(|topic: &OffsetDeleteRequestTopic| !topic.partitions.is_empty());
        let group_id = request.group_id.clone();
        let refused = without_group(&group_id);
        let answer = self.ask_unless(refused, &group_id, GroupRequest::OffsetDelete(request), caller);
        async move {
            let mut response = match answer.await {
                Reply::OffsetDelete(response) => response,
                other => OffsetDeleteResponse { error_code: error_of(&other), ..OffsetDeleteResponse::default() },
            };
            if response.error_code == ErrorCode::NONE.wire() {
                merge_deletes(&mut response.topics, unknown);
            }
            response
        }
    }
}

/// Finds the name of an id, or the id of a name.
fn resolve(image: &Image, name: &mut String, topic_id: &mut Uuid, by_id: bool) -> Result<(), ErrorCode> {
    if by_id {
        let known = image.topic_by_id(*topic_id).ok_or(ErrorCode::UNKNOWN_TOPIC_ID)?;
        *name = known.name.to_string();
    } else {
        *topic_id = image.topic(name).map(|known| known.id).ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)?;
    }
    Ok(())
}

/// Parts the partitions that exist from those that do not.
fn split_commit(
    image: &Image,
    mut topic: OffsetCommitRequestTopic,
) -> (Option<OffsetCommitRequestTopic>, Option<OffsetCommitResponseTopic>) {
    let known = image.topic(&topic.name);
    let is_gone = |index: i32| known.and_then(|known| known.partition(index)).is_none();
    let gone: Vec<_> = topic.partitions.extract_if(.., |partition| is_gone(partition.partition_index)).collect();
    let unknown = OffsetCommitRequestTopic { partitions: gone, ..topic.clone() };
    let refused = commit_error(&unknown, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    ((!topic.partitions.is_empty()).then_some(topic), (!refused.partitions.is_empty()).then_some(refused))
}

fn commit_error(topic: &OffsetCommitRequestTopic, error: ErrorCode) -> OffsetCommitResponseTopic {
    let refused = |index: i32| OffsetCommitResponsePartition { partition_index: index, error_code: error.wire() };
    OffsetCommitResponseTopic {
        name: topic.name.clone(),
        topic_id: topic.topic_id,
        partitions: topic.partitions.iter().map(|partition| refused(partition.partition_index)).collect(),
    }
}

/// One entry for each topic: what was refused first, then what was taken, as Kafka orders them.
fn merge_commits(
    mut refused: Vec<OffsetCommitResponseTopic>,
    taken: Vec<OffsetCommitResponseTopic>,
) -> Vec<OffsetCommitResponseTopic> {
    for topic in taken {
        let same =
            |other: &&mut OffsetCommitResponseTopic| other.topic_id == topic.topic_id && other.name == topic.name;
        match refused.iter_mut().find(same) {
            Some(same) => same.partitions.extend(topic.partitions),
            None => refused.push(topic),
        }
    }
    refused
}

fn merge_deletes(taken: &mut Vec<OffsetDeleteResponseTopic>, refused: Vec<OffsetDeleteResponseTopic>) {
    for topic in refused {
        match taken.iter_mut().find(|other| other.name == topic.name) {
            Some(same) => same.partitions.extend(topic.partitions),
            None => taken.push(topic),
        }
    }
}

/// The groups that a request of any version asks for.
fn asked_groups(request: OffsetFetchRequest, version: i16) -> Vec<OffsetFetchRequestGroup> {
    if version >= GROUPS_SINCE {
        return request.groups;
    }
    let topics = request.topics.map(|topics| {
        let plain = topics.into_iter().map(|topic| OffsetFetchRequestTopics {
            name: topic.name,
            partition_indexes: topic.partition_indexes,
            ..OffsetFetchRequestTopics::default()
        });
        plain.collect()
    });
    vec![OffsetFetchRequestGroup { group_id: request.group_id, topics, ..OffsetFetchRequestGroup::default() }]
}

/// The answer in the form of its version.
fn shape_fetch(groups: Vec<OffsetFetchResponseGroup>, version: i16) -> OffsetFetchResponse {
    if version >= GROUPS_SINCE {
        return OffsetFetchResponse { groups, ..OffsetFetchResponse::default() };
    }
    let group = groups.into_iter().next().unwrap_or_default();
    let partition = |partition: OffsetFetchResponsePartitions| OffsetFetchResponsePartition {
        partition_index: partition.partition_index,
        committed_offset: partition.committed_offset,
        committed_leader_epoch: partition.committed_leader_epoch,
        metadata: partition.metadata,
        error_code: partition.error_code,
    };
    let topic = |topic: OffsetFetchResponseTopics| OffsetFetchResponseTopic {
        name: topic.name,
        partitions: topic.partitions.into_iter().map(partition).collect(),
    };
    OffsetFetchResponse {
        error_code: group.error_code,
        topics: group.topics.into_iter().map(topic).collect(),
        ..OffsetFetchResponse::default()
    }
}

/// The error of a whole group; before v2 each partition bears it.
fn fetch_group_error(
    group: OffsetFetchResponseGroup,
    asked: &[OffsetFetchRequestTopics],
    version: i16,
) -> OffsetFetchResponseGroup {
    if version >= GROUP_ERROR_SINCE {
        return group;
    }
    let error = ErrorCode::from_wire(group.error_code);
    let topics = asked.iter().map(|topic| fetch_error(topic, error)).collect();
    OffsetFetchResponseGroup { topics, ..group }
}

fn fetch_error(topic: &OffsetFetchRequestTopics, error: ErrorCode) -> OffsetFetchResponseTopics {
    let refused = |index: &i32| OffsetFetchResponsePartitions {
        partition_index: *index,
        committed_offset: -1,
        committed_leader_epoch: -1,
        metadata: Some(String::new()),
        error_code: error.wire(),
    };
    OffsetFetchResponseTopics {
        name: topic.name.clone(),
        topic_id: topic.topic_id,
        partitions: topic.partition_indexes.iter().map(refused).collect(),
    }
}

/// Topics are told by id; one that has none by now cannot be told.
fn name_by_id(topics: &mut Vec<OffsetFetchResponseTopics>, image: &Image) {
    for topic in topics.iter_mut() {
        topic.topic_id = image.topic(&topic.name).map(|known| known.id).unwrap_or_default();
    }
    topics.retain(|topic| !topic.topic_id.is_zero());
}
