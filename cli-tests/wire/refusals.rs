//! Every version of every API that is advertised, asked for something that is refused: Kafka's code, in an answer that this
//! version can carry.

use mq::model::{ErrorCode, Timestamp, Uuid};
use mq::protocol::ApiKey;
use mq::protocol::messages::alter_configs_request::{
    AlterConfigsResource as ReplacedResource, AlterableConfig as ReplacedConfig,
};
use mq::protocol::messages::create_partitions_request::CreatePartitionsTopic;
use mq::protocol::messages::create_topics_request::CreatableTopic;
use mq::protocol::messages::delete_topics_request::DeleteTopicState;
use mq::protocol::messages::describe_configs_request::DescribeConfigsResource;
use mq::protocol::messages::describe_topic_partitions_request::TopicRequest;
use mq::protocol::messages::incremental_alter_configs_request::{AlterConfigsResource, AlterableConfig};
use mq::protocol::messages::leave_group_request::MemberIdentity;
use mq::protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use mq::protocol::messages::metadata_request::MetadataRequestTopic;
use mq::protocol::messages::offset_for_leader_epoch_request::{OffsetForLeaderPartition, OffsetForLeaderTopic};
use mq::protocol::messages::{
    AlterConfigsRequest, ApiVersionsRequest, CreatePartitionsRequest, CreateTopicsRequest, DeleteGroupsRequest,
    DeleteTopicsRequest, DescribeClusterRequest, DescribeConfigsRequest, DescribeGroupsRequest,
    DescribeTopicPartitionsRequest, FetchRequest, FindCoordinatorRequest, HeartbeatRequest,
    IncrementalAlterConfigsRequest, InitProducerIdRequest, LeaveGroupRequest, ListGroupsRequest, ListOffsetsRequest,
    MetadataRequest, OffsetCommitRequest, OffsetForLeaderEpochRequest, SyncGroupRequest,
};
use mq::record::{BatchBuilder, Codec, NewRecord};

use super::common::{batch, create_topic, fetch_request, only, produce_request};
use super::every_version::{Ask, World, ask_all, assert_complete};
use super::member::{Member, commit_request, fetch_offsets_request, find_coordinator, join_request, loaded};
use crate::support::connection::Connection;

const CASES: &[(ApiKey, Ask)] = &[
    (ApiKey::Produce, refuses_records),
    (ApiKey::Fetch, refuses_to_read),
    (ApiKey::ListOffsets, refuses_to_list_offsets),
    (ApiKey::Metadata, refuses_topics),
    (ApiKey::OffsetCommit, refuses_commits),
    (ApiKey::OffsetFetch, knows_no_offset),
    (ApiKey::FindCoordinator, finds_no_coordinator),
    (ApiKey::JoinGroup, refuses_to_join),
    (ApiKey::Heartbeat, knows_no_member),
    (ApiKey::LeaveGroup, lets_no_stranger_leave),
    (ApiKey::SyncGroup, refuses_to_sync),
    (ApiKey::DescribeGroups, describes_no_group),
    (ApiKey::ListGroups, lists_nothing_that_does_not_pass),
    (ApiKey::ApiVersions, refuses_impossible_names),
    (ApiKey::CreateTopics, refuses_to_create),
    (ApiKey::DeleteTopics, refuses_to_delete),
    (ApiKey::InitProducerId, refuses_transactions),
    (ApiKey::OffsetForLeaderEpoch, refuses_wrong_epochs),
    (ApiKey::DescribeConfigs, describes_no_configs),
    (ApiKey::AlterConfigs, refuses_to_replace_configs),
    (ApiKey::CreatePartitions, refuses_to_shrink),
    (ApiKey::DeleteGroups, refuses_to_delete_groups),
    (ApiKey::IncrementalAlterConfigs, refuses_to_alter_configs),
    (ApiKey::DescribeCluster, sends_seekers_of_controllers_elsewhere),
    (ApiKey::DescribeTopicPartitions, describes_no_partitions),
];

#[test]
fn every_version_of_every_api_refuses_with_kafkas_code() {
    ask_all(CASES);
}

#[test]
fn every_advertised_api_is_asked() {
    assert_complete(CASES);
}

/// Asserts Kafka's code.
fn assert_code(code: i16, expected: ErrorCode) {
    assert_eq!(ErrorCode::from_wire(code), expected);
}

/// What an unknown topic is called by versions that go by name, and by those that go by id since `ids_since`.
fn unknown_topic(version: i16, ids_since: i16) -> ErrorCode {
    if version >= ids_since { ErrorCode::UNKNOWN_TOPIC_ID } else { ErrorCode::UNKNOWN_TOPIC_OR_PARTITION }
}

/// An id that no topic has.
const NO_TOPIC: Uuid = Uuid([7; 16]);

fn refuses_records(world: &World, connection: &mut Connection, version: i16) {
    let name = format!("compacted-{version}");
    let compacted = create_topic(connection, &name, 1, &[("cleanup.policy", "compact")]);
    let mut far_future = BatchBuilder::new(Codec::None.into());
    far_future.append(NewRecord { timestamp: Timestamp(i64::MAX / 2), key: None, value: None, headers: &[] });
    let cases = [
        ("nowhere", NO_TOPIC, batch(&["a"]), unknown_topic(version, 13), 0),
        ("first", world.first_id, far_future.build(), ErrorCode::INVALID_TIMESTAMP, 1),
        (&name, compacted, batch(&["a", "b"]), ErrorCode::INVALID_RECORD, 2),
    ];
    for (topic, id, records, code, errors) in cases {
        let mut request = produce_request(topic, -1, records);
        request.topic_data[0].topic_id = id;
        let row = connection.call(&request, version).responses.remove(0).partition_responses.remove(0);
        assert_code(row.error_code, code);
        assert_eq!((row.base_offset, row.log_append_time_ms, row.log_start_offset), (-1, -1, -1));
        assert_eq!(row.record_errors.len(), if version >= 8 { errors } else { 0 });
        assert_eq!(row.error_message.is_some(), version >= 8 && errors > 0, "{:?}", row.error_message);
    }
}

fn refuses_to_read(world: &World, connection: &mut Connection, version: i16) {
    let code = |connection: &mut Connection, name: &str, topic_id, offset, epoch| {
        let mut request = fetch_request(name, offset);
        request.topics[0].topic_id = topic_id;
        request.topics[0].partitions[0].current_leader_epoch = epoch;
        let data = only(connection.call(&request, version));
        assert_eq!((data.high_watermark, data.log_start_offset), (-1, -1));
        (ErrorCode::from_wire(data.error_code), data.current_leader.leader_id)
    };
    assert_eq!(code(connection, "nowhere", NO_TOPIC, 0, -1), (unknown_topic(version, 13), -1));
    assert_eq!(code(connection, "first", world.first_id, 5, -1), (ErrorCode::OFFSET_OUT_OF_RANGE, -1));
    if version >= 9 {
        let leader = if version >= 16 { 1 } else { -1 };
        assert_eq!(code(connection, "first", world.first_id, 0, 0), (ErrorCode::FENCED_LEADER_EPOCH, leader));
        assert_eq!(code(connection, "first", world.first_id, 0, 1000), (ErrorCode::UNKNOWN_LEADER_EPOCH, -1));
    }
    if version >= 7 {
        let request = FetchRequest { session_id: 1, session_epoch: 1, topics: Vec::new(), ..fetch_request("", 0) };
        assert_code(connection.call(&request, version).error_code, ErrorCode::FETCH_SESSION_ID_NOT_FOUND);
    }
}

fn refuses_to_list_offsets(_: &World, connection: &mut Connection, version: i16) {
    let mut code = |name: &str, current_leader_epoch, timestamp| {
        let partition = ListOffsetsPartition { partition_index: 0, current_leader_epoch, timestamp };
        let topic = ListOffsetsTopic { name: name.to_owned(), partitions: vec![partition] };
        let request = ListOffsetsRequest { replica_id: -1, topics: vec![topic], ..ListOffsetsRequest::default() };
        let row = connection.call(&request, version).topics.remove(0).partitions.remove(0);
        assert_eq!((row.offset, row.timestamp, row.leader_epoch), (-1, -1, -1));
        ErrorCode::from_wire(row.error_code)
    };
    assert_eq!(code("nowhere", -1, -1), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    assert_eq!(code("first", -1, -100), ErrorCode::UNSUPPORTED_VERSION);
    if version >= 4 {
        assert_eq!(code("first", 0, -1), ErrorCode::FENCED_LEADER_EPOCH);
        assert_eq!(code("first", 1000, -1), ErrorCode::UNKNOWN_LEADER_EPOCH);
    }
}

fn refuses_topics(_: &World, connection: &mut Connection, version: i16) {
    let mut ask = |name: Option<&str>, topic_id| {
        let topics = Some(vec![MetadataRequestTopic { name: name.map(str::to_owned), topic_id }]);
        let request = MetadataRequest { topics, allow_auto_topic_creation: true, ..MetadataRequest::default() };
        let topic = connection.call(&request, version).topics.remove(0);
        (ErrorCode::from_wire(topic.error_code), topic.name)
    };
    assert_eq!(ask(Some("a/b"), Uuid::ZERO), (ErrorCode::INVALID_TOPIC_EXCEPTION, Some("a/b".to_owned())));
    match version {
        ..10 => {}
        10..12 => assert_eq!(ask(Some(""), NO_TOPIC), (ErrorCode::INVALID_REQUEST, Some(String::new()))),
        _ => assert_eq!(ask(None, NO_TOPIC), (ErrorCode::UNKNOWN_TOPIC_ID, None)),
    }
}

fn refuses_commits(world: &World, connection: &mut Connection, version: i16) {
    let mut member = Member::join(connection, &format!("no-commit-{version}"));
    let mut request = commit_request(&member, world, 3, version);
    request.topics[0].partitions[0].committed_metadata = Some("x".repeat(4097));
    let mut code = |request: OffsetCommitRequest| {
        connection.call(&request, version).topics.remove(0).partitions.remove(0).error_code
    };
    assert_code(code(request), ErrorCode::OFFSET_METADATA_TOO_LARGE);
    let mut request = commit_request(&member, world, 3, version);
    request.topics[0].name = "nowhere".to_owned();
    request.topics[0].topic_id = if version >= 10 { NO_TOPIC } else { Uuid::ZERO };
    assert_code(code(request), unknown_topic(version, 10));
    member.generation = 7;
    assert_code(code(commit_request(&member, world, 3, version)), ErrorCode::ILLEGAL_GENERATION);
    member.id = "stranger".to_owned();
    assert_code(code(commit_request(&member, world, 3, version)), ErrorCode::UNKNOWN_MEMBER_ID);
    member.group = "nobody".to_owned();
    let nobody = if version >= 9 { ErrorCode::GROUP_ID_NOT_FOUND } else { ErrorCode::ILLEGAL_GENERATION };
    assert_code(code(commit_request(&member, world, 3, version)), nobody);
}

fn knows_no_offset(world: &World, connection: &mut Connection, version: i16) {
    find_coordinator(connection, "nobody", 4);
    let group = Member::join(connection, &format!("no-offsets-{version}")).group;
    let response = connection.call(&fetch_offsets_request(&group, world.first_id, version), version);
    if version < 8 {
        let row = &response.topics[0].partitions[0];
        assert_eq!((response.error_code, row.error_code, row.committed_offset), (0, 0, -1));
        return;
    }
    let row = &response.groups[0].topics[0].partitions[0];
    assert_eq!((response.groups[0].error_code, row.error_code, row.committed_offset), (0, 0, -1));
    if version >= 10 {
        let response = connection.call(&fetch_offsets_request(&group, NO_TOPIC, version), version);
        assert_code(response.groups[0].topics[0].partitions[0].error_code, ErrorCode::UNKNOWN_TOPIC_ID);
    }
    if version >= 9 {
        // A group that nobody knows has no member that could be wrong.
        let mut request = fetch_offsets_request("nobody", world.first_id, version);
        request.groups[0].member_id = Some("stranger".to_owned());
        request.groups[0].member_epoch = 3;
        let group = connection.call(&request, version).groups.remove(0);
        assert_eq!((group.error_code, group.topics[0].partitions[0].committed_offset), (0, -1));
    }
}

fn finds_no_coordinator(_: &World, connection: &mut Connection, version: i16) {
    let key_types = if version >= 1 { vec![1, 7] } else { Vec::new() };
    for key_type in key_types {
        let mut request = FindCoordinatorRequest { key_type, ..FindCoordinatorRequest::default() };
        match version {
            ..4 => request.key = "some".to_owned(),
            _ => request.coordinator_keys = vec!["some".to_owned()],
        }
        let mut response = connection.call(&request, version);
        let (code, node, message) = match response.coordinators.pop() {
            Some(row) => (row.error_code, row.node_id, row.error_message),
            None => (response.error_code, response.node_id, response.error_message),
        };
        assert!(code != 0 && node == -1 && message.is_some_and(|text| !text.is_empty()));
    }
}

fn refuses_to_join(_: &World, connection: &mut Connection, version: i16) {
    let member = Member::join(connection, &format!("no-join-{version}"));
    let sound = join_request(&member.group, version);
    let mut code = |request| {
        let response = loaded(connection, &request, version);
        assert_eq!((response.generation_id, response.members.len()), (-1, 0));
        assert_eq!(response.protocol_name.as_deref(), if version >= 7 { None } else { Some("") });
        ErrorCode::from_wire(response.error_code)
    };
    let mut request = sound.clone();
    request.session_timeout_ms = 1;
    assert_eq!(code(request), ErrorCode::INVALID_SESSION_TIMEOUT);
    let mut request = sound.clone();
    request.group_id.clear();
    assert_eq!(code(request), ErrorCode::INVALID_GROUP_ID);
    let mut request = sound.clone();
    request.member_id = "stranger".to_owned();
    assert_eq!(code(request), ErrorCode::UNKNOWN_MEMBER_ID);
    let mut request = sound;
    request.protocols[0].name = "other".to_owned();
    assert_eq!(code(request), ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
}

fn knows_no_member(_: &World, connection: &mut Connection, version: i16) {
    let member = Member::join(connection, &format!("no-beat-{version}"));
    let sound = HeartbeatRequest {
        group_id: member.group,
        generation_id: member.generation,
        member_id: member.id,
        group_instance_id: None,
    };
    let mut code = |request: HeartbeatRequest| ErrorCode::from_wire(connection.call(&request, version).error_code);
    let stranger = HeartbeatRequest { member_id: "stranger".to_owned(), ..sound.clone() };
    assert_eq!(code(stranger), ErrorCode::UNKNOWN_MEMBER_ID);
    assert_eq!(code(HeartbeatRequest { generation_id: 9, ..sound.clone() }), ErrorCode::ILLEGAL_GENERATION);
    assert_eq!(code(HeartbeatRequest { group_id: String::new(), ..sound }), ErrorCode::INVALID_GROUP_ID);
}

fn lets_no_stranger_leave(_: &World, connection: &mut Connection, version: i16) {
    let group_id = Member::join(connection, &format!("no-leave-{version}")).group;
    let mut request = LeaveGroupRequest { group_id, ..LeaveGroupRequest::default() };
    if version < 3 {
        request.member_id = "stranger".to_owned();
        assert_code(connection.call(&request, version).error_code, ErrorCode::UNKNOWN_MEMBER_ID);
        return;
    }
    request.members = vec![MemberIdentity { member_id: "stranger".to_owned(), ..MemberIdentity::default() }];
    let response = connection.call(&request, version);
    assert_eq!(response.error_code, 0);
    assert_code(response.members[0].error_code, ErrorCode::UNKNOWN_MEMBER_ID);
}

fn refuses_to_sync(_: &World, connection: &mut Connection, version: i16) {
    let member = Member::join(connection, &format!("no-sync-{version}"));
    let sound = member.sync_request();
    let mut code = |request: SyncGroupRequest| {
        let response = connection.call(&request, version);
        assert!(response.assignment.is_empty());
        ErrorCode::from_wire(response.error_code)
    };
    assert_eq!(code(SyncGroupRequest { generation_id: 9, ..sound.clone() }), ErrorCode::ILLEGAL_GENERATION);
    let stranger = SyncGroupRequest { member_id: "stranger".to_owned(), ..sound.clone() };
    assert_eq!(code(stranger), ErrorCode::UNKNOWN_MEMBER_ID);
    if version >= 5 {
        let other = SyncGroupRequest { protocol_name: Some("other".to_owned()), ..sound };
        assert_eq!(code(other), ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
    }
}

fn describes_no_group(_: &World, connection: &mut Connection, version: i16) {
    Member::join(connection, &format!("somebody-{version}"));
    let request = DescribeGroupsRequest { groups: vec!["nobody".to_owned()], ..DescribeGroupsRequest::default() };
    let group = connection.call(&request, version).groups.remove(0);
    assert_code(group.error_code, if version >= 6 { ErrorCode::GROUP_ID_NOT_FOUND } else { ErrorCode::NONE });
    assert_eq!(group.error_message.as_deref(), (version >= 6).then_some("Group nobody not found."));
    assert_eq!((group.group_state.as_str(), group.group_id.as_str()), ("Dead", "nobody"));
}

fn lists_nothing_that_does_not_pass(_: &World, connection: &mut Connection, version: i16) {
    let group = Member::join(connection, &format!("no-list-{version}")).group;
    let states_filter = if version >= 4 { vec!["Empty".to_owned()] } else { Vec::new() };
    let request = ListGroupsRequest { states_filter, types_filter: Vec::new() };
    let response = connection.call(&request, version);
    assert_eq!(response.error_code, 0);
    assert_eq!(response.groups.iter().any(|row| row.group_id == group), version < 4);
}

fn refuses_impossible_names(_: &World, connection: &mut Connection, version: i16) {
    let request =
        ApiVersionsRequest { client_software_name: "a b".to_owned(), client_software_version: "1".to_owned() };
    let expected = if version >= 3 { ErrorCode::INVALID_REQUEST } else { ErrorCode::NONE };
    assert_code(connection.call(&request, version).error_code, expected);
}

fn refuses_to_create(_: &World, connection: &mut Connection, version: i16) {
    let sound = CreatableTopic {
        name: "new".to_owned(),
        num_partitions: 1,
        replication_factor: 1,
        ..CreatableTopic::default()
    };
    let cases = [
        (CreatableTopic { name: "first".to_owned(), ..sound.clone() }, ErrorCode::TOPIC_ALREADY_EXISTS),
        (CreatableTopic { name: "a/b".to_owned(), ..sound.clone() }, ErrorCode::INVALID_TOPIC_EXCEPTION),
        (CreatableTopic { num_partitions: 0, ..sound.clone() }, ErrorCode::INVALID_PARTITIONS),
        (CreatableTopic { replication_factor: 2, ..sound }, ErrorCode::INVALID_REPLICATION_FACTOR),
    ];
    for (topic, code) in cases {
        let request = CreateTopicsRequest { topics: vec![topic], timeout_ms: 10_000, validate_only: false };
        let refused = connection.call(&request, version).topics.remove(0);
        assert_code(refused.error_code, code);
        assert!(refused.error_message.is_some_and(|text| !text.is_empty()));
        assert!((refused.num_partitions, refused.replication_factor) == (-1, -1) && refused.topic_id.is_zero());
    }
}

fn refuses_to_delete(_: &World, connection: &mut Connection, version: i16) {
    let mut request = DeleteTopicsRequest { timeout_ms: 10_000, ..DeleteTopicsRequest::default() };
    match version {
        ..6 => request.topic_names = vec!["nowhere".to_owned()],
        _ => {
            let by_name = DeleteTopicState { name: Some("nowhere".to_owned()), topic_id: Uuid::ZERO };
            request.topics = vec![by_name, DeleteTopicState { name: None, topic_id: NO_TOPIC }];
        }
    }
    let mut responses = connection.call(&request, version).responses;
    responses.sort_by_key(|row| row.error_code);
    assert_code(responses[0].error_code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    assert_eq!(responses[0].error_message.is_some(), version >= 5);
    if version >= 6 {
        assert_code(responses[1].error_code, ErrorCode::UNKNOWN_TOPIC_ID);
        assert_eq!((responses[1].name.as_deref(), responses[1].topic_id), (None, NO_TOPIC));
    }
}

fn refuses_transactions(_: &World, connection: &mut Connection, version: i16) {
    let request = InitProducerIdRequest {
        transactional_id: Some("t".to_owned()),
        transaction_timeout_ms: 1000,
        ..InitProducerIdRequest::default()
    };
    let response = connection.call(&request, version);
    assert_ne!(response.error_code, 0);
    assert_eq!((response.producer_id, response.producer_epoch), (-1, -1));
}

fn refuses_wrong_epochs(_: &World, connection: &mut Connection, version: i16) {
    let mut code = |name: &str, current_leader_epoch| {
        let partition = OffsetForLeaderPartition { partition: 0, current_leader_epoch, leader_epoch: 0 };
        let topic = OffsetForLeaderTopic { topic: name.to_owned(), partitions: vec![partition] };
        let request = OffsetForLeaderEpochRequest { replica_id: -1, topics: vec![topic] };
        let row = connection.call(&request, version).topics.remove(0).partitions.remove(0);
        assert_eq!((row.leader_epoch, row.end_offset), (-1, -1));
        ErrorCode::from_wire(row.error_code)
    };
    assert_eq!(code("nowhere", -1), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    assert_eq!(code("first", 0), ErrorCode::FENCED_LEADER_EPOCH);
    assert_eq!(code("first", 1000), ErrorCode::UNKNOWN_LEADER_EPOCH);
}

fn describes_no_configs(_: &World, connection: &mut Connection, version: i16) {
    let cases = [
        (2, "nowhere", ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
        (2, "a/b", ErrorCode::INVALID_TOPIC_EXCEPTION),
        (4, "77", ErrorCode::INVALID_REQUEST),
        (4, "many", ErrorCode::INVALID_REQUEST),
        (99, "first", ErrorCode::INVALID_REQUEST),
    ];
    for (resource_type, name, code) in cases {
        let resource =
            DescribeConfigsResource { resource_type, resource_name: name.to_owned(), configuration_keys: None };
        let request = DescribeConfigsRequest { resources: vec![resource], ..DescribeConfigsRequest::default() };
        let result = connection.call(&request, version).results.remove(0);
        assert_code(result.error_code, code);
        assert!(result.error_message.is_some() && result.configs.is_empty());
        assert_eq!((result.resource_type, result.resource_name.as_str()), (resource_type, name));
    }
}

fn refuses_to_replace_configs(_: &World, connection: &mut Connection, version: i16) {
    for (name, value, code) in
        [("nowhere", "1000", ErrorCode::UNKNOWN_TOPIC_OR_PARTITION), ("first", "many", ErrorCode::INVALID_CONFIG)]
    {
        let config = ReplacedConfig { name: "retention.ms".to_owned(), value: Some(value.to_owned()) };
        let resource = ReplacedResource { resource_type: 2, resource_name: name.to_owned(), configs: vec![config] };
        let request = AlterConfigsRequest { resources: vec![resource], validate_only: false };
        let refused = connection.call(&request, version).responses.remove(0);
        assert_code(refused.error_code, code);
        assert!(refused.error_message.is_some() && refused.resource_name == name);
    }
}

fn refuses_to_shrink(_: &World, connection: &mut Connection, version: i16) {
    for (name, count, code) in
        [("nowhere", 3, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION), ("first", 1, ErrorCode::INVALID_PARTITIONS)]
    {
        let topic = CreatePartitionsTopic { name: name.to_owned(), count, assignments: None };
        let request = CreatePartitionsRequest { topics: vec![topic], timeout_ms: 10_000, validate_only: false };
        let refused = connection.call(&request, version).results.remove(0);
        assert_code(refused.error_code, code);
        assert!(refused.error_message.is_some());
    }
}

fn refuses_to_delete_groups(_: &World, connection: &mut Connection, version: i16) {
    let member = Member::join(connection, &format!("busy-{version}"));
    let request = DeleteGroupsRequest { groups_names: vec![member.group.clone(), "nobody".to_owned()] };
    let results = connection.call(&request, version).results;
    for result in results {
        let is_busy = result.group_id == member.group;
        assert_code(
            result.error_code,
            if is_busy { ErrorCode::NON_EMPTY_GROUP } else { ErrorCode::GROUP_ID_NOT_FOUND },
        );
    }
}

fn refuses_to_alter_configs(_: &World, connection: &mut Connection, version: i16) {
    for (name, value, code) in
        [("nowhere", "1000", ErrorCode::UNKNOWN_TOPIC_OR_PARTITION), ("first", "many", ErrorCode::INVALID_CONFIG)]
    {
        let config =
            AlterableConfig { name: "retention.ms".to_owned(), config_operation: 0, value: Some(value.to_owned()) };
        let resource = AlterConfigsResource { resource_type: 2, resource_name: name.to_owned(), configs: vec![config] };
        let request = IncrementalAlterConfigsRequest { resources: vec![resource], validate_only: false };
        let refused = connection.call(&request, version).responses.remove(0);
        assert_code(refused.error_code, code);
        assert!(refused.error_message.is_some() && refused.resource_name == name);
    }
}

fn sends_seekers_of_controllers_elsewhere(_: &World, connection: &mut Connection, version: i16) {
    if version == 0 {
        return;
    }
    for (endpoint_type, code) in [(2, ErrorCode::MISMATCHED_ENDPOINT_TYPE), (7, ErrorCode::UNSUPPORTED_ENDPOINT_TYPE)] {
        let request = DescribeClusterRequest { endpoint_type, ..DescribeClusterRequest::default() };
        let response = connection.call(&request, version);
        assert_code(response.error_code, code);
        assert!(response.error_message.is_some() && response.brokers.is_empty());
    }
}

fn describes_no_partitions(_: &World, connection: &mut Connection, version: i16) {
    let topics = ["nowhere", "a/b"].map(|name| TopicRequest { name: name.to_owned() }).to_vec();
    let request = DescribeTopicPartitionsRequest { topics, response_partition_limit: 10, cursor: None };
    let response = connection.call(&request, version);
    let found: Vec<_> =
        response.topics.iter().map(|topic| (topic.name.clone(), ErrorCode::from_wire(topic.error_code))).collect();
    let expected = [
        (Some("a/b".to_owned()), ErrorCode::INVALID_TOPIC_EXCEPTION),
        (Some("nowhere".to_owned()), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
    ];
    assert_eq!(found, expected);
}
