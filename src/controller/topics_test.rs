//! Creating and deleting topics and partitions. The codes and sentences are those of Kafka 4.3.1 for the same requests.

use super::fixture::{Counting, broker, cluster, log_dir, replay, schema, single, with_topic};
use super::{partitions, topics};
use crate::metadata::{ConfigResource, Image, MetadataRecord};
use crate::model::{ErrorCode, NodeId, TopicPartition, Uuid};
use crate::protocol::messages::create_partitions_request::{CreatePartitionsAssignment, CreatePartitionsTopic};
use crate::protocol::messages::create_topics_request::{
    CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfig,
};
use crate::protocol::messages::delete_topics_request::DeleteTopicState;
use crate::protocol::messages::{
    CreatePartitionsRequest, CreateTopicsRequest, DeleteTopicsRequest, RegisterBrokerRecord,
};

fn topic(name: &str, num_partitions: i32, replication_factor: i16) -> CreatableTopic {
    CreatableTopic { name: name.to_owned(), num_partitions, replication_factor, ..CreatableTopic::default() }
}

fn assigned(name: &str, assignments: &[(i32, &[i32])]) -> CreatableTopic {
    let row = |(partition_index, brokers): &(i32, &[i32])| CreatableReplicaAssignment {
        partition_index: *partition_index,
        broker_ids: brokers.to_vec(),
    };
    CreatableTopic { assignments: assignments.iter().map(row).collect(), ..topic(name, -1, -1) }
}

fn configured(name: &str, configs: &[(&str, Option<&str>)]) -> CreatableTopic {
    let row = |(name, value): &(&str, Option<&str>)| CreatableTopicConfig {
        name: (*name).to_owned(),
        value: value.map(str::to_owned),
    };
    CreatableTopic { configs: configs.iter().map(row).collect(), ..topic(name, 1, 1) }
}

fn request(topics: Vec<CreatableTopic>) -> CreateTopicsRequest {
    CreateTopicsRequest { topics, ..CreateTopicsRequest::default() }
}

/// Creates the topics and gives the image with them, and each topic's code and sentence.
fn create(image: &Image, topics: Vec<CreatableTopic>) -> (Image, Vec<(String, ErrorCode, Option<String>)>) {
    let outcome = topics::create(image, &schema(&[]), &request(topics), &Counting::default());
    let mut after = image.clone();
    replay(&mut after, &outcome.records);
    let answers = outcome.reply.topics.into_iter();
    (after, answers.map(|row| (row.name, ErrorCode::from_wire(row.error_code), row.error_message)).collect())
}

#[test]
fn a_topic_is_made_with_its_partitions_and_configs() {
    let wanted = CreatableTopic { num_partitions: 3, ..configured("first", &[("retention.ms", Some("1000"))]) };
    let (after, answers) = create(&single(), vec![wanted]);
    assert_eq!(answers, [("first".to_owned(), ErrorCode::NONE, None)]);
    let made = after.topic("first").expect("it is there");
    assert_eq!(made.partition_count(), 3);
    for state in &made.partitions {
        assert_eq!((state.leader, &state.isr), (NodeId(1), &vec![NodeId(1)]));
        assert_eq!((state.leader_epoch.0, state.partition_epoch), (0, 0));
        assert_eq!(state.directories, [log_dir(1)]);
    }
    assert_eq!(after.configs().value(&ConfigResource::topic("first"), "retention.ms"), Some("1000"));
}

#[test]
fn the_answer_tells_what_the_defaults_came_to() {
    let schema = schema(&[("num.partitions", "4")]);
    let wanted = request(vec![topic("first", -1, -1)]);
    let outcome = topics::create(&single(), &schema, &wanted, &Counting::default());
    let row = &outcome.reply.topics[0];
    assert_eq!((row.num_partitions, row.replication_factor), (4, 1));
    let configs = row.configs.as_ref().expect("version 5 has them");
    assert_eq!(configs.len(), 33, "as many as Kafka 4.3.1 shows");
    assert!(configs.is_sorted_by(|one, other| one.name < other.name));
}

#[test]
fn validation_alone_decides_everything_and_writes_nothing() {
    let wanted = CreateTopicsRequest { validate_only: true, ..request(vec![topic("a", 2, 1), topic("b", 0, 1)]) };
    let outcome = topics::create(&single(), &schema(&[]), &wanted, &Counting::default());
    assert_eq!(outcome.records, []);
    let codes: Vec<i16> = outcome.reply.topics.iter().map(|row| row.error_code).collect();
    assert_eq!(codes, [0, ErrorCode::INVALID_PARTITIONS.wire()]);
}

/// Fault F7, and the counts and assignments that cannot be.
#[test]
fn what_cannot_be_made_is_refused_in_kafkas_words() {
    let mut image = single();
    with_topic(&mut image, "there", &[&[1]]);
    with_topic(&mut image, "a.b", &[&[1]]);
    let long = "x".repeat(250);
    let too_long = format!("Topic name is invalid: the length of '{long}' is longer than the max allowed length 249");
    let cases: Vec<(CreatableTopic, ErrorCode, &str)> = vec![
        (topic("there", 1, 1), ErrorCode::TOPIC_ALREADY_EXISTS, "Topic 'there' already exists."),
        (topic("a_b", 1, 1), ErrorCode::INVALID_TOPIC_EXCEPTION, "Topic 'a_b' collides with existing topic: a.b"),
        (topic("..", 1, 1), ErrorCode::INVALID_TOPIC_EXCEPTION, "Topic name is invalid: '..' is not allowed"),
        (topic("", 1, 1), ErrorCode::INVALID_TOPIC_EXCEPTION, "Topic name is invalid: the empty string is not allowed"),
        (topic(&long, 1, 1), ErrorCode::INVALID_TOPIC_EXCEPTION, &too_long),
        (
            topic("__cluster_metadata", 1, 1),
            ErrorCode::INVALID_REQUEST,
            "Creation of internal topic __cluster_metadata is prohibited.",
        ),
        (
            topic("n", 0, 1),
            ErrorCode::INVALID_PARTITIONS,
            "Number of partitions was set to an invalid non-positive value.",
        ),
        (
            topic("n", 1, 0),
            ErrorCode::INVALID_REPLICATION_FACTOR,
            "Replication factor must be larger than 0, or -1 to use the default value.",
        ),
        (
            topic("n", 1, 3),
            ErrorCode::INVALID_REPLICATION_FACTOR,
            "Unable to replicate the partition 3 time(s): The target replication factor of 3 cannot be reached because \
             only 1 broker(s) are registered or some brokers have all their log directories cordoned.",
        ),
        (topic("n", 10_001, 1), ErrorCode::POLICY_VIOLATION, "Excessively large number of partitions per request."),
        (configured("n", &[("foo", Some("1"))]), ErrorCode::INVALID_CONFIG, "Unknown topic config name: foo"),
        (
            configured("n", &[("retention.ms", Some("abc"))]),
            ErrorCode::INVALID_CONFIG,
            "Invalid value abc for configuration retention.ms: Not a number of type LONG",
        ),
        (
            configured("n", &[("retention.ms", None)]),
            ErrorCode::INVALID_CONFIG,
            "Null value not supported for topic configs: retention.ms",
        ),
        (
            CreatableTopic { replication_factor: 1, ..assigned("n", &[(0, &[1])]) },
            ErrorCode::INVALID_REQUEST,
            "A manual partition assignment was specified, but replication factor was not set to -1.",
        ),
        (
            assigned("n", &[(0, &[1, 1])]),
            ErrorCode::INVALID_REPLICA_ASSIGNMENT,
            "The manual partition assignment includes the broker 1 more than once.",
        ),
        (
            assigned("n", &[(0, &[7])]),
            ErrorCode::INVALID_REPLICA_ASSIGNMENT,
            "The manual partition assignment includes broker 7, but no such broker is registered.",
        ),
        (
            assigned("n", &[(1, &[1])]),
            ErrorCode::INVALID_REPLICA_ASSIGNMENT,
            "partitions should be a consecutive 0-based integer sequence",
        ),
        (
            assigned("n", &[(0, &[])]),
            ErrorCode::INVALID_REPLICA_ASSIGNMENT,
            "The manual partition assignment includes an empty replica list.",
        ),
    ];
    for (wanted, code, text) in cases {
        let name = wanted.name.clone();
        let (after, answers) = create(&image, vec![wanted]);
        assert_eq!(answers, [(name, code, Some(text.to_owned()))]);
        assert_eq!(after.topics(), image.topics());
    }
}

/// Fault F8: the same topic twice in one request.
#[test]
fn a_name_that_comes_twice_is_refused_once_and_the_others_are_made() {
    let (after, answers) = create(&single(), vec![topic("a", 1, 1), topic("b", 1, 1), topic("a", 2, 1)]);
    let duplicate = ("a".to_owned(), ErrorCode::INVALID_REQUEST, Some("Duplicate topic name.".to_owned()));
    assert_eq!(answers, [("b".to_owned(), ErrorCode::NONE, None), duplicate]);
    assert!(after.topic("a").is_none() && after.topic("b").is_some());
}

#[test]
fn an_assignment_is_taken_as_it_is_and_only_live_brokers_are_in_sync() {
    let fenced = RegisterBrokerRecord { fenced: true, ..broker(2, None) };
    let image = cluster(&[broker(1, None), fenced, broker(3, None)]);
    let (after, _) = create(&image, vec![assigned("a", &[(0, &[2, 3]), (1, &[3, 1])])]);
    let state = after.partition(&TopicPartition::new("a", 0)).expect("it is there");
    assert_eq!(state.replicas, [NodeId(2), NodeId(3)]);
    assert_eq!((&state.isr, state.leader), (&vec![NodeId(3)], NodeId(3)));
    let (_, answers) = create(&image, vec![assigned("b", &[(0, &[2])])]);
    let text = "All brokers specified in the manual partition assignment for partition 0 are fenced or in controlled \
                shutdown.";
    assert_eq!(answers[0].2.as_deref(), Some(text));
}

#[test]
fn replicas_spread_over_racks_and_leaders_over_brokers() {
    let racks = ["a", "a", "b", "b", "c", "c"];
    let brokers: Vec<_> = racks.iter().zip(1..).map(|(rack, id)| broker(id, Some(rack))).collect();
    let image = cluster(&brokers);
    let (after, _) = create(&image, vec![topic("t", 60, 3)]);
    let rack_of = |id: &NodeId| racks[usize::try_from(id.0 - 1).expect("positive")];
    let mut leaders = std::collections::BTreeMap::new();
    for state in &after.topic("t").expect("it is there").partitions {
        let racks: std::collections::BTreeSet<&str> = state.replicas.iter().map(rack_of).collect();
        assert_eq!(racks.len(), 3, "{:?}", state.replicas);
        *leaders.entry(state.leader).or_insert(0) += 1;
    }
    assert_eq!(leaders.len(), 6);
    assert!(leaders.values().all(|count| (5..=15).contains(count)), "{leaders:?}");
}

#[test]
fn a_fenced_broker_gets_replicas_only_where_no_other_is_left() {
    let fenced = RegisterBrokerRecord { fenced: true, ..broker(3, None) };
    let image = cluster(&[broker(1, None), broker(2, None), fenced]);
    let (after, _) = create(&image, vec![topic("two", 20, 2), topic("all", 4, 3)]);
    let replicas_of = |name: &str| after.topic(name).expect("it is there").partitions.clone();
    assert!(replicas_of("two").iter().all(|state| !state.replicas.contains(&NodeId(3))));
    assert!(replicas_of("all").iter().all(|state| state.replicas[0] != NodeId(3) && state.isr.len() == 2));
    let nobody = cluster(&[RegisterBrokerRecord { fenced: true, ..broker(1, None) }]);
    let (_, answers) = create(&nobody, vec![topic("t", 1, 1)]);
    let text = "Unable to replicate the partition 1 time(s): All brokers are currently fenced.";
    assert_eq!(answers[0].2.as_deref(), Some(text));
}

fn more(name: &str, count: i32, assignments: Option<&[&[i32]]>) -> CreatePartitionsTopic {
    let row = |brokers: &&[i32]| CreatePartitionsAssignment { broker_ids: brokers.to_vec() };
    CreatePartitionsTopic {
        name: name.to_owned(),
        count,
        assignments: assignments.map(|rows| rows.iter().map(row).collect()),
    }
}

fn add(image: &Image, topics: Vec<CreatePartitionsTopic>) -> (Image, Vec<(ErrorCode, Option<String>)>) {
    let request = CreatePartitionsRequest { topics, ..CreatePartitionsRequest::default() };
    let outcome = partitions::create(image, &request, &Counting::default());
    let mut after = image.clone();
    replay(&mut after, &outcome.records);
    let rows = outcome.reply.results.into_iter();
    (after, rows.map(|row| (ErrorCode::from_wire(row.error_code), row.error_message)).collect())
}

#[test]
fn partitions_are_added_behind_those_that_there_are() {
    let mut image = single();
    with_topic(&mut image, "t", &[&[1], &[1]]);
    let before = image.topic("t").expect("there").partitions.clone();
    let (after, answers) = add(&image, vec![more("t", 4, None)]);
    assert_eq!(answers, [(ErrorCode::NONE, None)]);
    let partitions = &after.topic("t").expect("there").partitions;
    assert_eq!((partitions.len(), &partitions[..2]), (4, &before[..]));
    let (after, _) = add(&after, vec![more("t", 5, Some(&[&[1]]))]);
    assert_eq!(after.topic("t").map(|topic| topic.partition_count()), Some(5));
}

#[test]
fn partitions_that_cannot_be_added_are_refused_in_kafkas_words() {
    let mut image = single();
    with_topic(&mut image, "t", &[&[1], &[1]]);
    let cases: Vec<(CreatePartitionsTopic, ErrorCode, &str)> = vec![
        (
            more("none", 3, None),
            ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
            "This server does not host this topic-partition.",
        ),
        (more("t", 2, None), ErrorCode::INVALID_PARTITIONS, "Topic already has 2 partition(s)."),
        (
            more("t", 1, None),
            ErrorCode::INVALID_PARTITIONS,
            "The topic t currently has 2 partition(s); 1 would not be an increase.",
        ),
        (
            more("t", 4, Some(&[&[1]])),
            ErrorCode::INVALID_REPLICA_ASSIGNMENT,
            "Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified.",
        ),
        (
            more("t", 3, Some(&[&[1, 2]])),
            ErrorCode::INVALID_REPLICA_ASSIGNMENT,
            "The manual partition assignment includes broker 2, but no such broker is registered.",
        ),
        (more("t", 20_000, None), ErrorCode::POLICY_VIOLATION, "Excessively large number of partitions per request."),
    ];
    for (wanted, code, text) in cases {
        let (after, answers) = add(&image, vec![wanted]);
        assert_eq!(answers, [(code, Some(text.to_owned()))]);
        assert_eq!(after.topics(), image.topics());
    }
}

fn delete(image: &Image, request: DeleteTopicsRequest) -> (Vec<MetadataRecord>, Vec<(Option<String>, i16)>) {
    let outcome = topics::delete(image, &schema(&[]), &request, 6).expect("deletion is on");
    let rows = outcome.reply.responses.into_iter();
    (outcome.records, rows.map(|row| (row.name, row.error_code)).collect())
}

#[test]
fn topics_are_deleted_by_name_or_id() {
    let mut image = single();
    let first = with_topic(&mut image, "first", &[&[1]]);
    with_topic(&mut image, "second", &[&[1]]);
    let by_id = |topic_id| DeleteTopicState { name: None, topic_id };
    let request = DeleteTopicsRequest {
        topics: vec![
            by_id(first),
            by_id(Uuid([0x55; 16])),
            DeleteTopicState { name: Some("second".to_owned()), topic_id: Uuid::ZERO },
            DeleteTopicState { name: Some("none".to_owned()), topic_id: Uuid::ZERO },
            DeleteTopicState { name: Some("second".to_owned()), topic_id: first },
            DeleteTopicState { name: None, topic_id: Uuid::ZERO },
        ],
        ..DeleteTopicsRequest::default()
    };
    let (records, mut answers) = delete(&image, request);
    answers.sort();
    let invalid = ErrorCode::INVALID_REQUEST.wire();
    let some = |name: &str| Some(name.to_owned());
    let expected = [
        (None, invalid),
        (None, ErrorCode::UNKNOWN_TOPIC_ID.wire()),
        (some("first"), 0),
        (some("none"), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION.wire()),
        (some("second"), 0),
        (some("second"), invalid),
    ];
    assert_eq!(answers, expected);
    replay(&mut image, &records);
    assert!(image.topics().is_empty());
}

#[test]
fn a_topic_named_twice_by_any_means_is_not_deleted() {
    let mut image = single();
    let id = with_topic(&mut image, "first", &[&[1]]);
    let by_name = || DeleteTopicState { name: Some("first".to_owned()), topic_id: Uuid::ZERO };
    let by_id = || DeleteTopicState { name: None, topic_id: id };
    for topics in [vec![by_name(), by_name()], vec![by_id(), by_id()], vec![by_id(), by_name()]] {
        let (records, answers) = delete(&image, DeleteTopicsRequest { topics, ..DeleteTopicsRequest::default() });
        assert_eq!(records, []);
        assert!(answers.iter().all(|(_, code)| *code == ErrorCode::INVALID_REQUEST.wire()), "{answers:?}");
    }
}

#[test]
fn deletion_that_is_switched_off_has_its_code_since_version_3() {
    let schema = schema(&[("delete.topic.enable", "false")]);
    let refusal = |version| topics::delete(&single(), &schema, &DeleteTopicsRequest::default(), version).map(drop);
    assert_eq!(refusal(2).map_err(|failure| failure.code), Err(ErrorCode::INVALID_REQUEST));
    assert_eq!(refusal(3).map_err(|failure| failure.code), Err(ErrorCode::TOPIC_DELETION_DISABLED));
}
