//! A member of a group, as many of these tests need one.

use bytes::Bytes;
use mq::model::{ErrorCode, Uuid};
use mq::protocol::messages::join_group_request::JoinGroupRequestProtocol;
use mq::protocol::messages::offset_commit_request::{OffsetCommitRequestPartition, OffsetCommitRequestTopic};
use mq::protocol::messages::offset_fetch_request::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics,
};
use mq::protocol::messages::sync_group_request::SyncGroupRequestAssignment;
use mq::protocol::messages::{
    FindCoordinatorRequest, JoinGroupRequest, JoinGroupResponse, OffsetCommitRequest, OffsetFetchRequest,
    SyncGroupRequest,
};

use super::every_version::World;
use crate::support::connection::Connection;

/// The only member of a stable group.
pub struct Member {
    pub group: String,
    pub id: String,
    pub generation: i32,
}

impl Member {
    /// Joins a new group and takes the assignment `assignment`.
    pub fn join(connection: &mut Connection, group: &str) -> Member {
        find_coordinator(connection, group, 4);
        let joined = loaded(connection, &join_request(group, 3), 3);
        assert_eq!(ErrorCode::from_wire(joined.error_code), ErrorCode::NONE);
        let member = Member { group: group.to_owned(), id: joined.member_id, generation: joined.generation_id };
        assert_eq!(connection.call(&member.sync_request(), 5).error_code, 0);
        member
    }

    /// Gives this member, as the leader, its assignment.
    pub fn sync_request(&self) -> SyncGroupRequest {
        let assignment =
            SyncGroupRequestAssignment { member_id: self.id.clone(), assignment: Bytes::from_static(b"assignment") };
        SyncGroupRequest {
            group_id: self.group.clone(),
            generation_id: self.generation,
            member_id: self.id.clone(),
            group_instance_id: None,
            protocol_type: Some("consumer".to_owned()),
            protocol_name: Some("range".to_owned()),
            assignments: vec![assignment],
        }
    }
}

/// Joins; the partition of the group is loaded after it was made or found again, and until then the coordinator says so.
pub fn loaded(connection: &mut Connection, request: &JoinGroupRequest, version: i16) -> JoinGroupResponse {
    loop {
        let joined = connection.call(request, version);
        if ErrorCode::from_wire(joined.error_code) != ErrorCode::COORDINATOR_LOAD_IN_PROGRESS {
            return joined;
        }
    }
}

/// The code and address that a look for a group's coordinator gives.
pub fn find_coordinator(connection: &mut Connection, group: &str, version: i16) -> (i16, String) {
    let mut request = FindCoordinatorRequest::default();
    match version {
        0..=3 => request.key = group.to_owned(),
        _ => request.coordinator_keys = vec![group.to_owned()],
    }
    let mut response = connection.call(&request, version);
    match response.coordinators.pop() {
        Some(found) => (found.error_code, format!("{}:{}", found.host, found.port)),
        None => (response.error_code, format!("{}:{}", response.host, response.port)),
    }
}

/// A new consumer joins.
pub fn join_request(group: &str, version: i16) -> JoinGroupRequest {
    JoinGroupRequest {
        group_id: group.to_owned(),
        session_timeout_ms: 10_000,
        rebalance_timeout_ms: if version >= 1 { 10_000 } else { -1 },
        protocol_type: "consumer".to_owned(),
        protocols: vec![JoinGroupRequestProtocol {
            name: "range".to_owned(),
            metadata: Bytes::from_static(b"subscription"),
        }],
        ..JoinGroupRequest::default()
    }
}

/// The member commits an offset of the topic `first`.
pub fn commit_request(member: &Member, world: &World, offset: i64, version: i16) -> OffsetCommitRequest {
    let partition = OffsetCommitRequestPartition {
        partition_index: 0,
        committed_offset: offset,
        committed_leader_epoch: 0,
        committed_metadata: Some("note".to_owned()),
    };
    let topic = OffsetCommitRequestTopic {
        name: "first".to_owned(),
        topic_id: if version >= 10 { world.first_id } else { Uuid::ZERO },
        partitions: vec![partition],
    };
    OffsetCommitRequest {
        group_id: member.group.clone(),
        generation_id_or_member_epoch: member.generation,
        member_id: member.id.clone(),
        topics: vec![topic],
        ..OffsetCommitRequest::default()
    }
}

/// Asks for the offset that a group committed for the topic `first`.
pub fn fetch_offsets_request(group: &str, topic_id: Uuid, version: i16) -> OffsetFetchRequest {
    let name = "first".to_owned();
    if version < 8 {
        return OffsetFetchRequest {
            group_id: group.to_owned(),
            topics: Some(vec![OffsetFetchRequestTopic { name, partition_indexes: vec![0] }]),
            require_stable: version >= 7,
            ..OffsetFetchRequest::default()
        };
    }
    of_group(group, Some(vec![OffsetFetchRequestTopics { name, topic_id, partition_indexes: vec![0] }]))
}

/// The offset and the metadata that a group committed for the topic `first`.
pub fn committed(world: &World, connection: &mut Connection, group: &str, version: i16) -> (i64, String) {
    let response = connection.call(&fetch_offsets_request(group, world.first_id, version), version);
    if version < 8 {
        let row = &response.topics[0].partitions[0];
        assert_eq!((response.error_code, row.error_code), (0, 0));
        return (row.committed_offset, row.metadata.clone().unwrap_or_default());
    }
    let row = &response.groups[0].topics[0].partitions[0];
    assert_eq!((response.groups[0].error_code, row.error_code), (0, 0));
    (row.committed_offset, row.metadata.clone().unwrap_or_default())
}

/// Every offset that a group committed.
pub fn all_committed(connection: &mut Connection, group: &str, version: i16) -> Vec<i64> {
    if version < 8 {
        let request = OffsetFetchRequest { group_id: group.to_owned(), topics: None, ..OffsetFetchRequest::default() };
        let topics = connection.call(&request, version).topics;
        return topics.iter().flat_map(|topic| &topic.partitions).map(|row| row.committed_offset).collect();
    }
    let response = connection.call(&of_group(group, None), version);
    let topics = &response.groups[0].topics;
    topics.iter().flat_map(|topic| &topic.partitions).map(|row| row.committed_offset).collect()
}

fn of_group(group: &str, topics: Option<Vec<OffsetFetchRequestTopics>>) -> OffsetFetchRequest {
    let group = OffsetFetchRequestGroup { group_id: group.to_owned(), topics, ..OffsetFetchRequestGroup::default() };
    OffsetFetchRequest { groups: vec![group], require_stable: true, ..OffsetFetchRequest::default() }
}
