//! Groups: from the first look for a coordinator to offsets that outlive the broker.

use bytes::Bytes;
use mq::model::ErrorCode;
use mq::protocol::messages::offset_commit_request::{OffsetCommitRequestPartition, OffsetCommitRequestTopic};
use mq::protocol::messages::offset_fetch_request::OffsetFetchRequestTopic;
use mq::protocol::messages::sync_group_request::SyncGroupRequestAssignment;
use mq::protocol::messages::{
    DescribeGroupsRequest, FindCoordinatorRequest, HeartbeatRequest, JoinGroupResponse, LeaveGroupRequest,
    ListGroupsRequest, OffsetCommitRequest, OffsetFetchRequest, SyncGroupRequest,
};

use super::common::{batch, create_topic, produce};
use super::member::{find_coordinator, join_request, loaded};
use crate::support::broker::Broker;
use crate::support::connection::Connection;

fn join(connection: &mut Connection) -> JoinGroupResponse {
    let mut request = join_request("g", 9);
    let first = loaded(connection, &request, 9);
    assert_eq!(ErrorCode::from_wire(first.error_code), ErrorCode::MEMBER_ID_REQUIRED);
    request.member_id = first.member_id;
    let joined = connection.call(&request, 9);
    assert_eq!(ErrorCode::from_wire(joined.error_code), ErrorCode::NONE);
    joined
}

#[test]
fn the_first_look_for_a_coordinator_makes_the_topic_of_offsets() {
    let broker = Broker::with(&["offsets.topic.num.partitions=3", "offsets.topic.replication.factor=1"]);
    let mut connection = Connection::to(&broker);
    for version in 0..=6 {
        assert_eq!(find_coordinator(&mut connection, "g", version), (0, broker.address.clone()), "v{version}");
    }
    assert!(broker.data().join("__consumer_offsets-2").is_dir());
}

/// Kafka refuses to make the topic with three replicas on one broker, and every group waits for ever.
#[test]
fn a_broker_that_is_its_whole_cluster_makes_the_topic_of_offsets_whatever_its_factor() {
    let broker = Broker::with(&["offsets.topic.replication.factor=3", "offsets.topic.num.partitions=1"]);
    let mut connection = Connection::to(&broker);
    assert_eq!(find_coordinator(&mut connection, "g", 4).0, 0);
    broker.logs("the topic gets a replica on each broker");
    join(&mut connection);
}

#[test]
fn the_first_consumer_of_a_fresh_broker_joins_without_a_warning_and_the_broker_stays_quiet() {
    let broker = Broker::start();
    let mut connection = Connection::to(&broker);
    create_topic(&mut connection, "first", 1, &[]);
    produce(&mut connection, "first", batch(&["a"]));
    let args = ["--topic", "first", "--group", "g", "--from-beginning", "--max-messages", "1"];
    let said = broker.said("console-consumer", &args);
    assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (0, "a\n", "Processed a total of 1 messages\n"));
    let log = broker.log();
    assert!(log.lines().count() < 10, "too much for one consumer:\n{log}");
    assert!(!log.contains("WARN"), "{log}");
}

#[test]
fn a_transactional_id_has_no_coordinator_yet_and_its_client_gives_up() {
    let broker = Broker::start();
    let request = FindCoordinatorRequest { key: "t".to_owned(), key_type: 1, ..FindCoordinatorRequest::default() };
    for _ in 0..2 {
        let response = Connection::to(&broker).call(&request, 3);
        assert_eq!(ErrorCode::from_wire(response.error_code), ErrorCode::INVALID_REQUEST);
        assert_eq!(response.error_message.as_deref(), Some("This broker does not serve transactions"));
    }
    // The log names it once, however often it asks.
    assert_eq!(broker.log().matches("This broker does not serve transactions").count(), 1, "{}", broker.log());
}

#[test]
fn a_group_forms_commits_and_is_found_again_after_a_kill() {
    let mut broker = Broker::with(&["offsets.topic.num.partitions=2", "offsets.topic.replication.factor=1"]);
    let mut connection = Connection::to(&broker);
    create_topic(&mut connection, "first", 1, &[]);
    find_coordinator(&mut connection, "g", 4);
    let joined = join(&mut connection);
    assert_eq!(joined.leader, joined.member_id);
    let sync = SyncGroupRequest {
        group_id: "g".to_owned(),
        generation_id: joined.generation_id,
        member_id: joined.member_id.clone(),
        protocol_type: Some("consumer".to_owned()),
        protocol_name: Some("range".to_owned()),
        assignments: vec![SyncGroupRequestAssignment {
            member_id: joined.member_id.clone(),
            assignment: Bytes::from_static(b"mine"),
        }],
        ..SyncGroupRequest::default()
    };
    assert_eq!(connection.call(&sync, 5).assignment, Bytes::from_static(b"mine"));
    let beat = HeartbeatRequest {
        group_id: "g".to_owned(),
        generation_id: joined.generation_id,
        member_id: joined.member_id.clone(),
        ..HeartbeatRequest::default()
    };
    assert_eq!(connection.call(&beat, 4).error_code, 0);
    assert_eq!(commit(&mut connection, &joined, 41), ErrorCode::NONE);

    broker.kill();
    broker.restart();
    let mut connection = Connection::to(&broker);
    find_coordinator(&mut connection, "g", 4);
    assert_eq!(committed(&mut connection), 41);
    let described = connection.call(&DescribeGroupsRequest { groups: vec!["g".to_owned()], ..Default::default() }, 5);
    assert_eq!(described.groups[0].group_state, "Stable");
    assert_eq!(connection.call(&ListGroupsRequest::default(), 4).groups[0].group_id, "g");
    let leave =
        LeaveGroupRequest { group_id: "g".to_owned(), member_id: joined.member_id, ..LeaveGroupRequest::default() };
    assert_eq!(connection.call(&leave, 2).error_code, 0);
}

fn commit(connection: &mut Connection, joined: &JoinGroupResponse, offset: i64) -> ErrorCode {
    let partition = OffsetCommitRequestPartition { committed_offset: offset, ..Default::default() };
    let topic =
        OffsetCommitRequestTopic { name: "first".to_owned(), partitions: vec![partition], ..Default::default() };
    let request = OffsetCommitRequest {
        group_id: "g".to_owned(),
        generation_id_or_member_epoch: joined.generation_id,
        member_id: joined.member_id.clone(),
        topics: vec![topic],
        ..OffsetCommitRequest::default()
    };
    ErrorCode::from_wire(connection.call(&request, 8).topics[0].partitions[0].error_code)
}

fn committed(connection: &mut Connection) -> i64 {
    let topic = OffsetFetchRequestTopic { name: "first".to_owned(), partition_indexes: vec![0] };
    let request =
        OffsetFetchRequest { group_id: "g".to_owned(), topics: Some(vec![topic]), ..OffsetFetchRequest::default() };
    // The partition of the group is loaded after a start; until then the coordinator says so.
    loop {
        let response = connection.call(&request, 7);
        if ErrorCode::from_wire(response.error_code) != ErrorCode::COORDINATOR_LOAD_IN_PROGRESS {
            return response.topics[0].partitions[0].committed_offset;
        }
    }
}
