//! Static members (KIP-345): a consumer that is known by its instance keeps its place when it comes back.

use bytes::Bytes;
use mq::model::ErrorCode;
use mq::protocol::messages::leave_group_request::MemberIdentity;
use mq::protocol::messages::sync_group_request::SyncGroupRequestAssignment;
use mq::protocol::messages::{
    DescribeGroupsRequest, HeartbeatRequest, JoinGroupRequest, JoinGroupResponse, LeaveGroupRequest, SyncGroupRequest,
};

use super::member::{find_coordinator, join_request, loaded};
use crate::support::broker::Broker;
use crate::support::connection::Connection;

const GROUP: &str = "g";

fn started() -> (Broker, Connection) {
    let broker = Broker::with(&["offsets.topic.num.partitions=1"]);
    let mut connection = Connection::to(&broker);
    find_coordinator(&mut connection, GROUP, 4);
    (broker, connection)
}

fn join_as(instance: &str, member_id: &str) -> JoinGroupRequest {
    JoinGroupRequest {
        group_instance_id: Some(instance.to_owned()),
        member_id: member_id.to_owned(),
        ..join_request(GROUP, 9)
    }
}

fn joined(connection: &mut Connection, instance: &str, version: i16) -> JoinGroupResponse {
    let joined = loaded(connection, &join_as(instance, ""), version);
    assert_eq!(ErrorCode::from_wire(joined.error_code), ErrorCode::NONE);
    joined
}

fn sync_request(joined: &JoinGroupResponse, instance: &str, assignment: Option<&'static [u8]>) -> SyncGroupRequest {
    let assignments = assignment.map(|assignment| SyncGroupRequestAssignment {
        member_id: joined.member_id.clone(),
        assignment: Bytes::from_static(assignment),
    });
    SyncGroupRequest {
        group_id: GROUP.to_owned(),
        generation_id: joined.generation_id,
        member_id: joined.member_id.clone(),
        group_instance_id: Some(instance.to_owned()),
        protocol_type: Some("consumer".to_owned()),
        protocol_name: Some("range".to_owned()),
        assignments: assignments.into_iter().collect(),
    }
}

fn beat(connection: &mut Connection, joined: &JoinGroupResponse, instance: &str) -> ErrorCode {
    let request = HeartbeatRequest {
        group_id: GROUP.to_owned(),
        generation_id: joined.generation_id,
        member_id: joined.member_id.clone(),
        group_instance_id: Some(instance.to_owned()),
    };
    ErrorCode::from_wire(connection.call(&request, 4).error_code)
}

fn state(connection: &mut Connection) -> (String, Vec<Option<String>>) {
    let request = DescribeGroupsRequest { groups: vec![GROUP.to_owned()], ..DescribeGroupsRequest::default() };
    let group = connection.call(&request, 5).groups.remove(0);
    (group.group_state, group.members.into_iter().map(|member| member.group_instance_id).collect())
}

#[test]
fn a_static_member_comes_back_without_a_rebalance_and_its_former_self_is_fenced() {
    for version in [5, 8, 9] {
        let (_broker, mut connection) = started();
        let first = joined(&mut connection, "one", version);
        assert_eq!(connection.call(&sync_request(&first, "one", Some(b"mine")), 5).error_code, 0);
        let back = joined(&mut connection, "one", version);
        // The generation stays; the leader hears from v9 on that it need not assign again.
        assert_eq!(back.generation_id, first.generation_id);
        assert_ne!(back.member_id, first.member_id);
        assert_eq!(back.skip_assignment, version >= 9);
        assert_eq!(back.leader == back.member_id, version >= 9);
        let synced = connection.call(&sync_request(&back, "one", None), 5);
        assert_eq!((synced.error_code, synced.assignment), (0, Bytes::from_static(b"mine")));
        assert_eq!(beat(&mut connection, &back, "one"), ErrorCode::NONE);
        assert_eq!(beat(&mut connection, &first, "one"), ErrorCode::FENCED_INSTANCE_ID);
        assert_eq!(state(&mut connection), ("Stable".to_owned(), vec![Some("one".to_owned())]));
    }
}

#[test]
fn an_instance_under_another_id_is_fenced_and_an_unknown_one_is_unknown() {
    let (_broker, mut connection) = started();
    let first = joined(&mut connection, "one", 9);
    assert_eq!(connection.call(&sync_request(&first, "one", Some(b"mine")), 5).error_code, 0);
    let code = |connection: &mut Connection, request: &JoinGroupRequest| {
        ErrorCode::from_wire(connection.call(request, 9).error_code)
    };
    assert_eq!(code(&mut connection, &join_as("one", "stranger")), ErrorCode::FENCED_INSTANCE_ID);
    assert_eq!(code(&mut connection, &join_as("two", "stranger")), ErrorCode::UNKNOWN_MEMBER_ID);
    let stranger = JoinGroupResponse { member_id: "stranger".to_owned(), ..first.clone() };
    assert_eq!(beat(&mut connection, &stranger, "one"), ErrorCode::FENCED_INSTANCE_ID);
    assert_eq!(beat(&mut connection, &first, "two"), ErrorCode::UNKNOWN_MEMBER_ID);
    let fenced = connection.call(&sync_request(&stranger, "one", None), 5);
    assert_eq!(ErrorCode::from_wire(fenced.error_code), ErrorCode::FENCED_INSTANCE_ID);
    assert_eq!(beat(&mut connection, &first, "one"), ErrorCode::NONE);
}

#[test]
fn a_static_member_is_removed_by_its_instance_alone() {
    let (_broker, mut connection) = started();
    let first = joined(&mut connection, "one", 9);
    assert_eq!(connection.call(&sync_request(&first, "one", Some(b"mine")), 5).error_code, 0);
    let mut leave = |member_id: &str, instance: &str| {
        let member = MemberIdentity {
            member_id: member_id.to_owned(),
            group_instance_id: Some(instance.to_owned()),
            ..MemberIdentity::default()
        };
        let request =
            LeaveGroupRequest { group_id: GROUP.to_owned(), members: vec![member], ..LeaveGroupRequest::default() };
        let response = connection.call(&request, 5);
        assert_eq!(response.error_code, 0);
        (ErrorCode::from_wire(response.members[0].error_code), response.members[0].group_instance_id.clone())
    };
    assert_eq!(leave("", "two"), (ErrorCode::UNKNOWN_MEMBER_ID, Some("two".to_owned())));
    assert_eq!(leave("stranger", "one"), (ErrorCode::FENCED_INSTANCE_ID, Some("one".to_owned())));
    assert_eq!(leave("", "one"), (ErrorCode::NONE, Some("one".to_owned())));
    assert_eq!(state(&mut connection), ("Empty".to_owned(), vec![]));
}

#[test]
fn a_static_member_and_its_assignment_survive_a_kill_of_the_broker() {
    let (mut broker, mut connection) = started();
    let first = joined(&mut connection, "one", 9);
    assert_eq!(connection.call(&sync_request(&first, "one", Some(b"mine")), 5).error_code, 0);
    broker.kill();
    broker.restart();
    let mut connection = Connection::to(&broker);
    find_coordinator(&mut connection, GROUP, 4);
    let back = joined(&mut connection, "one", 9);
    assert_eq!((back.generation_id, back.skip_assignment), (first.generation_id, true));
    let synced = connection.call(&sync_request(&back, "one", None), 5);
    assert_eq!(synced.assignment, Bytes::from_static(b"mine"));
}
