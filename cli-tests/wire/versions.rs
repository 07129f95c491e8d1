//! Every version of every API that is advertised, asked for something that is there.
//!
//! A response is one struct for all versions, and a field that its version lacks must not be set: the connection would be
//! closed. So each answer here is as full as it can be.

use bytes::Bytes;
use mq::model::Uuid;
use mq::protocol::ApiKey;
use mq::protocol::messages::alter_configs_request::{
    AlterConfigsResource as ReplacedResource, AlterableConfig as ReplacedConfig,
};
use mq::protocol::messages::create_partitions_request::CreatePartitionsTopic;
use mq::protocol::messages::create_topics_request::{CreatableTopic, CreatableTopicConfig};
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
    DescribeTopicPartitionsRequest, FetchRequest, HeartbeatRequest, IncrementalAlterConfigsRequest,
    InitProducerIdRequest, LeaveGroupRequest, ListGroupsRequest, ListOffsetsRequest, MetadataRequest,
    OffsetForLeaderEpochRequest, SyncGroupRequest,
};

use super::common::{batch, create_topic, fetch_request, only, produce_request, values};
use super::every_version::{Ask, World, ask_all, assert_complete};
use super::member::{Member, commit_request, committed, find_coordinator, join_request, loaded};
use crate::support::connection::Connection;

const CASES: &[(ApiKey, Ask)] = &[
    (ApiKey::Produce, produces),
    (ApiKey::Fetch, fetches),
    (ApiKey::ListOffsets, lists_offsets),
    (ApiKey::Metadata, tells_metadata),
    (ApiKey::OffsetCommit, commits),
    (ApiKey::OffsetFetch, fetches_offsets),
    (ApiKey::FindCoordinator, finds_coordinators),
    (ApiKey::JoinGroup, joins),
    (ApiKey::Heartbeat, beats),
    (ApiKey::LeaveGroup, leaves),
    (ApiKey::SyncGroup, syncs),
    (ApiKey::DescribeGroups, describes_groups),
    (ApiKey::ListGroups, lists_groups),
    (ApiKey::ApiVersions, tells_versions),
    (ApiKey::CreateTopics, creates_topics),
    (ApiKey::DeleteTopics, deletes_topics),
    (ApiKey::InitProducerId, gives_producer_ids),
    (ApiKey::OffsetForLeaderEpoch, finds_the_end_of_an_epoch),
    (ApiKey::DescribeConfigs, describes_configs),
    (ApiKey::AlterConfigs, replaces_configs),
    (ApiKey::CreatePartitions, adds_partitions),
    (ApiKey::DeleteGroups, deletes_groups),
    (ApiKey::IncrementalAlterConfigs, alters_configs),
    (ApiKey::DescribeCluster, describes_the_cluster),
    (ApiKey::DescribeTopicPartitions, describes_partitions),
];

#[test]
fn every_version_of_every_api_answers_with_something_that_is_there() {
    ask_all(CASES);
}

#[test]
fn every_advertised_api_is_asked() {
    assert_complete(CASES);
}

fn produces(world: &World, connection: &mut Connection, version: i16) {
    let topic = format!("produce-{version}");
    let topic_id = create_topic(connection, &topic, 1, &[("message.timestamp.type", "LogAppendTime")]);
    for acks in [-1, 1] {
        let mut request = produce_request(&topic, acks, batch(&["a"]));
        request.topic_data[0].topic_id = topic_id;
        let mut response = connection.call(&request, version);
        let topic_response = response.responses.remove(0);
        assert_eq!((topic_response.name == topic, topic_response.topic_id == topic_id), (version < 13, version >= 13));
        let row = &topic_response.partition_responses[0];
        assert_eq!((row.error_code, row.base_offset), (0, i64::from(acks == 1)));
        assert!(row.log_append_time_ms > 0);
        assert_eq!(row.log_start_offset, if version >= 5 { 0 } else { -1 });
    }
    assert_ne!(world.first_id, topic_id);
}

fn fetches(world: &World, connection: &mut Connection, version: i16) {
    let mut request = FetchRequest { isolation_level: 1, ..fetch_request("first", 0) };
    request.topics[0].topic_id = world.first_id;
    let response = connection.call(&request, version);
    let topic = &response.responses[0];
    assert_eq!((topic.topic == "first", topic.topic_id == world.first_id), (version < 13, version >= 13));
    let data = only(response);
    assert_eq!(values(&data).len(), 4);
    assert_eq!((data.high_watermark, data.last_stable_offset), (4, 4));
    assert_eq!(data.log_start_offset, if version >= 5 { 0 } else { -1 });
    if version >= 7 {
        assert_session(connection, &request, version);
    }
}

fn assert_session(connection: &mut Connection, request: &FetchRequest, version: i16) {
    let opened = connection.call(&FetchRequest { session_epoch: 0, ..request.clone() }, version);
    assert_ne!(opened.session_id, 0);
    let topics = vec![mq::protocol::messages::fetch_request::ForgottenTopic {
        topic: request.topics[0].topic.clone(),
        topic_id: request.topics[0].topic_id,
        partitions: vec![0],
    }];
    let next = FetchRequest { session_id: opened.session_id, session_epoch: 1, topics: Vec::new(), ..request.clone() };
    assert_eq!(values(&only(connection.call(&next, version))).len(), 4);
    let forgetting = FetchRequest { session_epoch: 2, forgotten_topics_data: topics, ..next };
    let response = connection.call(&forgetting, version);
    assert_eq!((response.error_code, response.responses.len()), (0, 0));
}

fn lists_offsets(_: &World, connection: &mut Connection, version: i16) {
    let partition = |timestamp| ListOffsetsPartition { partition_index: 0, current_leader_epoch: -1, timestamp };
    let timestamps =
        [(-1, 4, 1), (-2, 0, 1), (1_700_000_000_000, 0, 1), (-3, 0, 7), (-4, 0, 8), (-5, -1, 9), (-6, -1, 11)];
    for (timestamp, offset, since) in timestamps.into_iter().filter(|(_, _, since)| *since <= version) {
        let topic = ListOffsetsTopic { name: "first".to_owned(), partitions: vec![partition(timestamp)] };
        let isolation_level = i8::from(version >= 2);
        let request = ListOffsetsRequest { replica_id: -1, isolation_level, topics: vec![topic], timeout_ms: 1000 };
        let row = connection.call(&request, version).topics.remove(0).partitions.remove(0);
        assert_eq!((row.error_code, row.offset), (0, offset), "{timestamp} since {since}");
        assert!(row.leader_epoch == -1 || version >= 4);
    }
}

fn tells_metadata(world: &World, connection: &mut Connection, version: i16) {
    let by_name = MetadataRequestTopic { name: Some("first".to_owned()), topic_id: Uuid::ZERO };
    let by_id = MetadataRequestTopic { name: None, topic_id: world.first_id };
    let forms = [Some(vec![by_name]), None, Some(vec![by_id])];
    let fit = forms.into_iter().enumerate().filter(|(form, _)| match form {
        1 => version >= 1,
        2 => version >= 12,
        _ => true,
    });
    for (_, topics) in fit {
        let request = MetadataRequest {
            topics,
            allow_auto_topic_creation: true,
            include_cluster_authorized_operations: (8..=10).contains(&version),
            include_topic_authorized_operations: version >= 8,
        };
        let response = connection.call(&request, version);
        assert_eq!(response.brokers.len(), 1);
        let topic = response.topics.iter().find(|topic| topic.name.as_deref() == Some("first")).expect("it is there");
        assert_eq!((topic.error_code, topic.partitions.len()), (0, 1));
        assert_eq!(topic.topic_id == world.first_id, version >= 10);
        assert_eq!(topic.topic_authorized_operations > 0, version >= 8);
    }
}

fn commits(world: &World, connection: &mut Connection, version: i16) {
    let member = Member::join(connection, &format!("commit-{version}"));
    let response = connection.call(&commit_request(&member, world, 3, version), version);
    assert_eq!(response.topics[0].partitions[0].error_code, 0);
    assert_eq!(committed(world, connection, &member.group, 7), (3, "note".to_owned()));
}

fn fetches_offsets(world: &World, connection: &mut Connection, version: i16) {
    let member = Member::join(connection, &format!("fetch-{version}"));
    connection.call(&commit_request(&member, world, 5, 8), 8);
    assert_eq!(committed(world, connection, &member.group, version), (5, "note".to_owned()));
    if version >= 2 {
        let all = super::member::all_committed(connection, &member.group, version);
        assert_eq!(all, [5]);
    }
}

fn finds_coordinators(world: &World, connection: &mut Connection, version: i16) {
    let found = find_coordinator(connection, "some", version);
    assert_eq!(found, (0, world.broker.address.clone()));
}

fn joins(_: &World, connection: &mut Connection, version: i16) {
    find_coordinator(connection, "some", 4);
    let mut request = join_request(&format!("join-{version}"), version);
    if version >= 4 {
        let first = loaded(connection, &request, version);
        assert_eq!(first.error_code, mq::model::ErrorCode::MEMBER_ID_REQUIRED.wire());
        request.member_id = first.member_id;
    }
    let joined = loaded(connection, &request, version);
    assert_eq!((joined.error_code, joined.generation_id), (0, 1));
    assert_eq!((joined.leader.as_str(), joined.protocol_name.as_deref()), (joined.member_id.as_str(), Some("range")));
    assert_eq!(joined.members[0].metadata, Bytes::from_static(b"subscription"));
    if version >= 5 {
        request.member_id.clear();
        request.group_id.push_str("-static");
        request.group_instance_id = Some("one".to_owned());
        let joined = loaded(connection, &request, version);
        assert_eq!((joined.error_code, joined.members[0].group_instance_id.as_deref()), (0, Some("one")));
    }
}

fn beats(_: &World, connection: &mut Connection, version: i16) {
    let member = Member::join(connection, &format!("beat-{version}"));
    let request = HeartbeatRequest {
        group_id: member.group,
        generation_id: member.generation,
        member_id: member.id,
        group_instance_id: None,
    };
    assert_eq!(connection.call(&request, version).error_code, 0);
}

fn leaves(_: &World, connection: &mut Connection, version: i16) {
    let member = Member::join(connection, &format!("leave-{version}"));
    let mut request = LeaveGroupRequest { group_id: member.group, ..LeaveGroupRequest::default() };
    if version < 3 {
        request.member_id = member.id;
    } else {
        request.members = vec![MemberIdentity { member_id: member.id, ..MemberIdentity::default() }];
    }
    let response = connection.call(&request, version);
    assert_eq!((response.error_code, response.members.len()), (0, usize::from(version >= 3)));
    assert!(response.members.iter().all(|member| member.error_code == 0));
}

fn syncs(_: &World, connection: &mut Connection, version: i16) {
    let member = Member::join(connection, &format!("sync-{version}"));
    let request = SyncGroupRequest { group_instance_id: None, ..member.sync_request() };
    let response = connection.call(&request, version);
    assert_eq!((response.error_code, response.assignment), (0, Bytes::from_static(b"assignment")));
    assert_eq!(response.protocol_name.as_deref(), (version >= 5).then_some("range"));
}

fn describes_groups(_: &World, connection: &mut Connection, version: i16) {
    let member = Member::join(connection, &format!("describe-{version}"));
    let request = DescribeGroupsRequest { groups: vec![member.group], include_authorized_operations: version >= 3 };
    let group = connection.call(&request, version).groups.remove(0);
    assert_eq!((group.error_code, group.group_state.as_str(), group.protocol_data.as_str()), (0, "Stable", "range"));
    assert_eq!(group.members[0].member_assignment, Bytes::from_static(b"assignment"));
    assert_eq!(group.authorized_operations > 0, version >= 3);
}

fn lists_groups(_: &World, connection: &mut Connection, version: i16) {
    let member = Member::join(connection, &format!("list-{version}"));
    let text = |is_there: bool, text: &str| if is_there { vec![text.to_owned()] } else { Vec::new() };
    let request =
        ListGroupsRequest { states_filter: text(version >= 4, "Stable"), types_filter: text(version >= 5, "classic") };
    let response = connection.call(&request, version);
    let group = response.groups.iter().find(|group| group.group_id == member.group).expect("it is listed");
    assert_eq!(group.protocol_type, "consumer");
    assert_eq!(group.group_state, if version >= 4 { "Stable" } else { "" });
    assert_eq!(group.group_type, if version >= 5 { "classic" } else { "" });
}

fn tells_versions(_: &World, connection: &mut Connection, version: i16) {
    let request =
        ApiVersionsRequest { client_software_name: "wire".to_owned(), client_software_version: "1.0".to_owned() };
    let response = connection.call(&request, version);
    assert_eq!((response.error_code, response.api_keys.len()), (0, CASES.len()));
    assert_eq!(response.finalized_features.is_empty(), version < 3);
}

fn creates_topics(_: &World, connection: &mut Connection, version: i16) {
    let config = CreatableTopicConfig { name: "retention.ms".to_owned(), value: Some("1000".to_owned()) };
    let topic = CreatableTopic {
        name: format!("create-{version}"),
        num_partitions: 2,
        replication_factor: 1,
        configs: vec![config],
        ..CreatableTopic::default()
    };
    for validate_only in [true, false] {
        let request = CreateTopicsRequest { topics: vec![topic.clone()], timeout_ms: 10_000, validate_only };
        let created = connection.call(&request, version).topics.remove(0);
        assert_eq!((created.error_code, created.error_message), (0, None));
        assert_eq!(created.num_partitions, if version >= 5 { 2 } else { -1 });
        let configs = created.configs.unwrap_or_default();
        assert_eq!(configs.iter().any(|config| config.name == "retention.ms"), version >= 5);
        assert_eq!(!created.topic_id.is_zero(), version >= 7);
    }
}

fn deletes_topics(_: &World, connection: &mut Connection, version: i16) {
    for form in 0..=i16::from(version >= 6) {
        let name = format!("delete-{version}-{form}");
        let topic_id = create_topic(connection, &name, 1, &[]);
        let mut request = DeleteTopicsRequest { timeout_ms: 10_000, ..DeleteTopicsRequest::default() };
        match (version, form) {
            (..6, _) => request.topic_names = vec![name.clone()],
            (_, 0) => {
                request.topics = vec![DeleteTopicState { name: Some(name.clone()), ..DeleteTopicState::default() }];
            }
            _ => request.topics = vec![DeleteTopicState { name: None, topic_id }],
        }
        let deleted = connection.call(&request, version).responses.remove(0);
        assert_eq!((deleted.error_code, deleted.name), (0, Some(name)));
        assert_eq!(deleted.topic_id == topic_id, version >= 6);
    }
}

fn gives_producer_ids(_: &World, connection: &mut Connection, version: i16) {
    let request = InitProducerIdRequest { transactional_id: None, ..InitProducerIdRequest::default() };
    let response = connection.call(&request, version);
    assert_eq!((response.error_code, response.producer_epoch), (0, 0));
    assert!(response.producer_id >= 0);
}

fn finds_the_end_of_an_epoch(_: &World, connection: &mut Connection, version: i16) {
    let partition = OffsetForLeaderPartition { partition: 0, current_leader_epoch: -1, leader_epoch: 0 };
    let topic = OffsetForLeaderTopic { topic: "first".to_owned(), partitions: vec![partition] };
    let request = OffsetForLeaderEpochRequest { replica_id: -1, topics: vec![topic] };
    let row = connection.call(&request, version).topics.remove(0).partitions.remove(0);
    assert_eq!((row.error_code, row.leader_epoch, row.end_offset), (0, 0, 4));
}

fn describes_configs(_: &World, connection: &mut Connection, version: i16) {
    let resource = |resource_type, name: &str| DescribeConfigsResource {
        resource_type,
        resource_name: name.to_owned(),
        configuration_keys: None,
    };
    let request = DescribeConfigsRequest {
        resources: vec![resource(2, "first"), resource(4, "1"), resource(4, "")],
        include_synonyms: version >= 1,
        include_documentation: version >= 3,
    };
    let results = connection.call(&request, version).results;
    assert!(results.iter().all(|result| result.error_code == 0 && !result.configs.is_empty()));
    let row = results[0].configs.iter().find(|row| row.name == "max.message.bytes").expect("each topic has it");
    assert_eq!((row.is_default, row.config_source), if version == 0 { (true, -1) } else { (false, 5) });
    assert_eq!(row.synonyms.is_empty(), version == 0);
    assert_eq!(row.documentation.as_ref().is_some_and(|text| !text.is_empty()), version >= 3);
}

fn replaces_configs(_: &World, connection: &mut Connection, version: i16) {
    let config = ReplacedConfig { name: "retention.ms".to_owned(), value: Some("1000".to_owned()) };
    let resource = ReplacedResource { resource_type: 2, resource_name: "first".to_owned(), configs: vec![config] };
    let request = AlterConfigsRequest { resources: vec![resource], validate_only: false };
    let response = connection.call(&request, version).responses.remove(0);
    assert_eq!((response.error_code, response.resource_name.as_str()), (0, "first"));
}

fn adds_partitions(_: &World, connection: &mut Connection, version: i16) {
    let name = format!("grow-{version}");
    create_topic(connection, &name, 1, &[]);
    let topic = CreatePartitionsTopic { name, count: 3, assignments: None };
    let request = CreatePartitionsRequest { topics: vec![topic], timeout_ms: 10_000, validate_only: false };
    let result = connection.call(&request, version).results.remove(0);
    assert_eq!((result.error_code, result.error_message), (0, None));
}

fn deletes_groups(world: &World, connection: &mut Connection, version: i16) {
    let member = Member::join(connection, &format!("delete-{version}"));
    connection.call(&commit_request(&member, world, 1, 8), 8);
    let leave =
        LeaveGroupRequest { group_id: member.group.clone(), member_id: member.id, ..LeaveGroupRequest::default() };
    assert_eq!(connection.call(&leave, 2).error_code, 0);
    let request = DeleteGroupsRequest { groups_names: vec![member.group] };
    assert_eq!(connection.call(&request, version).results[0].error_code, 0);
}

fn alters_configs(_: &World, connection: &mut Connection, version: i16) {
    let config =
        AlterableConfig { name: "retention.ms".to_owned(), config_operation: 0, value: Some("2000".to_owned()) };
    let resource = AlterConfigsResource { resource_type: 2, resource_name: "first".to_owned(), configs: vec![config] };
    let request = IncrementalAlterConfigsRequest { resources: vec![resource], validate_only: false };
    assert_eq!(connection.call(&request, version).responses[0].error_code, 0);
}

fn describes_the_cluster(world: &World, connection: &mut Connection, version: i16) {
    let request = DescribeClusterRequest {
        include_cluster_authorized_operations: true,
        endpoint_type: 1,
        include_fenced_brokers: version >= 2,
    };
    let response = connection.call(&request, version);
    assert_eq!((response.error_code, response.brokers.len()), (0, 1));
    assert_eq!(format!("127.0.0.1:{}", response.brokers[0].port), world.broker.address);
    assert!(response.cluster_authorized_operations > 0);
}

fn describes_partitions(world: &World, connection: &mut Connection, version: i16) {
    let topics = vec![TopicRequest { name: "first".to_owned() }];
    let request = DescribeTopicPartitionsRequest { topics, response_partition_limit: 10, cursor: None };
    let response = connection.call(&request, version);
    assert_eq!((response.topics[0].error_code, response.topics[0].topic_id), (0, world.first_id));
    assert_eq!(response.topics[0].partitions[0].isr_nodes, [1]);
    assert_eq!(response.next_cursor, None);
}
