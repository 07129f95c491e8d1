//! Replay, delta and snapshot together, over logs that a controller could have written.

use super::*;
use crate::model::{BrokerEpoch, LeaderEpoch, NodeId, Offset, Timestamp, TopicPartition, TopicPartitionId, Uuid};
use crate::protocol::messages::{
    self, AbortTransactionRecord, AccessControlEntryRecord, BeginTransactionRecord, BrokerRegistrationChangeRecord,
    ClearElrRecord, ClientQuotaRecord, ConfigRecord, DelegationTokenRecord, EndTransactionRecord, FeatureLevelRecord,
    NoOpRecord, PartitionChangeRecord, PartitionRecord, ProducerIdsRecord, RegisterBrokerRecord,
    RegisterControllerRecord, RemoveAccessControlEntryRecord, RemoveTopicRecord, TopicRecord, UnregisterBrokerRecord,
    UserScramCredentialRecord,
};

const FIRST: Uuid = Uuid([1; 16]);
const SECOND: Uuid = Uuid([2; 16]);
const WRITTEN: (LeaderEpoch, Timestamp) = (LeaderEpoch(3), Timestamp(1_000));

fn broker(id: i32, epoch: i64) -> MetadataRecord {
    RegisterBrokerRecord {
        broker_id: id,
        broker_epoch: epoch,
        incarnation_id: Uuid([9; 16]),
        end_points: vec![messages::register_broker_record::BrokerEndpoint {
            name: "PLAINTEXT".to_owned(),
            host: "localhost".to_owned(),
            port: 9092,
            security_protocol: 0,
        }],
        features: vec![messages::register_broker_record::BrokerFeature {
            name: METADATA_VERSION.to_owned(),
            min_supported_version: 7,
            max_supported_version: 30,
        }],
        rack: Some("a".to_owned()),
        log_dirs: vec![Uuid([7; 16])],
        ..RegisterBrokerRecord::default()
    }
    .into()
}

fn topic(name: &str, id: Uuid) -> MetadataRecord {
    TopicRecord { name: name.to_owned(), topic_id: id }.into()
}

fn partition(topic_id: Uuid, partition_id: i32) -> MetadataRecord {
    PartitionRecord {
        partition_id,
        topic_id,
        replicas: vec![1, 2],
        isr: vec![1, 2],
        leader: 1,
        leader_epoch: 0,
        partition_epoch: 0,
        directories: vec![Uuid([7; 16]), Uuid([8; 16])],
        ..PartitionRecord::default()
    }
    .into()
}

fn config(kind: ResourceType, name: &str, key: &str, value: Option<&str>) -> MetadataRecord {
    ConfigRecord {
        resource_type: kind.wire(),
        resource_name: name.to_owned(),
        name: key.to_owned(),
        value: value.map(str::to_owned),
    }
    .into()
}

fn feature(name: &str, feature_level: i16) -> MetadataRecord {
    FeatureLevelRecord { name: name.to_owned(), feature_level }.into()
}

fn replayed(records: &[MetadataRecord]) -> Image {
    let mut image = Image::default();
    for record in records {
        image.replay(record).expect("the log is whole");
    }
    image
}

/// A log with a record of every type that leaves something behind.
fn full_log() -> Vec<MetadataRecord> {
    vec![
        feature(METADATA_VERSION, 30),
        feature(ELIGIBLE_LEADER_REPLICAS_VERSION, 1),
        config(ResourceType::Broker, "", "min.insync.replicas", Some("1")),
        RegisterControllerRecord { controller_id: 1, incarnation_id: Uuid([5; 16]), ..Default::default() }.into(),
        broker(1, 10),
        broker(2, 11),
        BrokerRegistrationChangeRecord { broker_id: 1, broker_epoch: 10, fenced: -1, ..Default::default() }.into(),
        BrokerRegistrationChangeRecord {
            broker_id: 2,
            broker_epoch: 11,
            in_controlled_shutdown: 1,
            cordoned_log_dirs: Some(Vec::new()),
            ..Default::default()
        }
        .into(),
        topic("first", FIRST),
        config(ResourceType::Topic, "first", "retention.ms", Some("1000")),
        partition(FIRST, 0),
        partition(FIRST, 1),
        topic("second", SECOND),
        partition(SECOND, 0),
        PartitionChangeRecord {
            partition_id: 1,
            topic_id: FIRST,
            isr: Some(vec![2]),
            leader: 2,
            eligible_leader_replicas: Some(vec![1]),
            ..PartitionChangeRecord::default()
        }
        .into(),
        ProducerIdsRecord { broker_id: 1, broker_epoch: 10, next_producer_id: 1000 }.into(),
        ClientQuotaRecord {
            entity: vec![messages::client_quota_record::EntityData {
                entity_type: "user".to_owned(),
                entity_name: None,
            }],
            key: "producer_byte_rate".to_owned(),
            value: 1e6,
            remove: false,
        }
        .into(),
        AccessControlEntryRecord { id: Uuid([4; 16]), principal: "User:a".to_owned(), ..Default::default() }.into(),
        UserScramCredentialRecord { name: "a".to_owned(), mechanism: 1, iterations: 4096, ..Default::default() }.into(),
        DelegationTokenRecord { token_id: "t".to_owned(), ..Default::default() }.into(),
        NoOpRecord::default().into(),
    ]
}

#[test]
fn equal_logs_give_equal_images() {
    assert_eq!(replayed(&full_log()), replayed(&full_log()));
}

#[test]
fn an_image_survives_its_snapshot() {
    let image = replayed(&full_log());
    let records = snapshot::records(&image);
    assert_eq!(replayed(&records), image);
    assert_eq!(snapshot::records(&replayed(&records)), records);
}

#[test]
fn a_clone_does_not_see_later_changes() {
    let image = replayed(&full_log());
    let mut later = image.clone();
    later.replay(&RemoveTopicRecord { topic_id: FIRST }.into()).expect("the topic exists");
    assert!(later.topic("first").is_none());
    assert!(image.topic("first").is_some());
    assert!(!image.shares_topics(&later));
}

#[test]
fn a_named_leader_starts_an_epoch_and_any_change_starts_a_partition_epoch() {
    let image = replayed(&full_log());
    let changed = image.partition(&TopicPartition::new("first", 1)).expect("it exists");
    assert_eq!((changed.leader, changed.leader_epoch, changed.partition_epoch), (NodeId(2), LeaderEpoch(1), 1));
    assert_eq!((&changed.isr, &changed.elr), (&vec![NodeId(2)], &vec![NodeId(1)]));
    assert_eq!(changed.replicas, [NodeId(1), NodeId(2)]);
}

#[test]
fn a_topic_takes_its_configuration_and_its_name_away() {
    let mut log = full_log();
    log.push(RemoveTopicRecord { topic_id: FIRST }.into());
    let image = replayed(&log);
    assert_eq!(image.config(&ConfigResource::topic("first")), None);
    assert!(image.topic_by_id(FIRST).is_none());
    log.push(topic("first", Uuid([3; 16])));
    assert_eq!(replayed(&log).topic("first").map(|topic| topic.id), Some(Uuid([3; 16])));
}

#[test]
fn topics_are_listed_by_name() {
    let image = replayed(&[topic("b", FIRST), topic("a", SECOND), topic("c", Uuid([3; 16]))]);
    let names: Vec<&str> = image.topics().iter().map(|topic| &*topic.name).collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!(image.topics().names_from("b").map(|name| &**name).collect::<Vec<_>>(), ["b", "c"]);
}

#[test]
fn a_null_config_goes_back_to_the_default() {
    let mut log = full_log();
    log.push(config(ResourceType::Topic, "first", "retention.ms", None));
    assert_eq!(replayed(&log).config(&ConfigResource::topic("first")), None);
}

#[test]
fn clearing_the_elr_of_all_topics_leaves_the_isr() {
    let mut log = full_log();
    log.push(ClearElrRecord::default().into());
    let image = replayed(&log);
    let state = image.partition(&TopicPartition::new("first", 1)).expect("it exists");
    assert!(state.elr.is_empty());
    assert_eq!((&state.isr, state.partition_epoch), (&vec![NodeId(2)], 2));
}

#[test]
fn records_that_contradict_the_image_are_refused() {
    let image = replayed(&full_log());
    let cases: Vec<(MetadataRecord, ReplayError)> = vec![
        (UnregisterBrokerRecord { broker_id: 5, broker_epoch: 1 }.into(), ReplayError::UnknownBroker(NodeId(5))),
        (
            UnregisterBrokerRecord { broker_id: 1, broker_epoch: 1 }.into(),
            ReplayError::WrongBrokerEpoch { broker: NodeId(1), epoch: BrokerEpoch(1), known: BrokerEpoch(10) },
        ),
        (topic("first", SECOND), ReplayError::TopicTwice { name: "first".into(), id: FIRST }),
        (RemoveTopicRecord { topic_id: Uuid([6; 16]) }.into(), ReplayError::UnknownTopic(Uuid([6; 16]))),
        (partition(FIRST, 3), ReplayError::PartitionGap(TopicPartitionId { topic_id: FIRST, partition: 3 })),
        (
            PartitionChangeRecord { partition_id: 7, topic_id: FIRST, ..Default::default() }.into(),
            ReplayError::UnknownPartition(TopicPartitionId { topic_id: FIRST, partition: 7 }),
        ),
        (RemoveAccessControlEntryRecord { id: FIRST }.into(), ReplayError::UnknownAcl(FIRST)),
        (
            ConfigRecord { resource_type: 3, ..Default::default() }.into(),
            ReplayError::BadValue { field: "resourceType", value: 3 },
        ),
    ];
    for (record, error) in cases {
        assert_eq!(image.clone().replay(&record), Err(error), "{record:?}");
    }
}

#[test]
fn a_transaction_shows_at_its_end_only() {
    let mut replay = Replay::default();
    replay.batch(&[feature(METADATA_VERSION, 30)], Offset(0), WRITTEN).expect("it fits");
    replay
        .batch(&[BeginTransactionRecord::default().into(), topic("first", FIRST)], Offset(1), WRITTEN)
        .expect("it fits");
    assert!(replay.is_in_transaction());
    assert!(replay.image().topic("first").is_none());
    assert_eq!(replay.image().provenance().offset, Offset(0));
    replay.batch(&[EndTransactionRecord::default().into()], Offset(3), WRITTEN).expect("it fits");
    assert!(replay.image().topic("first").is_some());
    assert_eq!(replay.image().provenance(), Provenance { offset: Offset(3), epoch: WRITTEN.0, timestamp: WRITTEN.1 });
}

#[test]
fn an_aborted_transaction_leaves_nothing() {
    let mut replay = Replay::default();
    let records =
        [BeginTransactionRecord::default().into(), topic("first", FIRST), AbortTransactionRecord::default().into()];
    replay.batch(&records, Offset(0), WRITTEN).expect("it fits");
    assert!(replay.image().topics().is_empty());
    assert_eq!(replay.image().provenance().offset, Offset(2));
}

#[test]
fn a_failure_names_the_offset_and_the_type() {
    let records = [topic("first", FIRST), topic("first", SECOND)];
    let failure = Replay::default().batch(&records, Offset(40), WRITTEN).expect_err("the name is taken");
    assert_eq!((failure.offset, failure.record), (Offset(41), "TopicRecord"));
}

#[test]
fn a_delta_lists_what_changed_and_nothing_else() {
    let old = replayed(&full_log());
    let mut new = old.clone();
    assert!(Delta::between(&old, &new).is_empty());
    for record in [
        RemoveTopicRecord { topic_id: SECOND }.into(),
        topic("third", Uuid([3; 16])),
        partition(Uuid([3; 16]), 0),
        PartitionChangeRecord { partition_id: 0, topic_id: FIRST, leader: 2, ..Default::default() }.into(),
        config(ResourceType::Topic, "third", "retention.ms", Some("5")),
        config(ResourceType::Topic, "first", "retention.ms", None),
    ] {
        new.replay(&record).expect("it fits");
    }
    let delta = Delta::between(&old, &new);
    let names =
        |topics: &[std::sync::Arc<Topic>]| topics.iter().map(|topic| topic.name.to_string()).collect::<Vec<_>>();
    assert_eq!(names(&delta.topics_created), ["third"]);
    assert_eq!(names(&delta.topics_deleted), ["second"]);
    let partitions: Vec<String> = delta.partitions_changed.iter().map(|change| change.partition.to_string()).collect();
    assert_eq!(partitions, ["first-0", "third-0"]);
    assert_eq!(delta.partitions_changed[0].before.as_ref().map(|state| state.leader), Some(NodeId(1)));
    assert_eq!(delta.partitions_changed[1].before, None);
    assert_eq!(delta.configs_changed, [ConfigResource::topic("first"), ConfigResource::topic("third")]);
    assert!(!delta.brokers_changed && !delta.features_changed);
}

#[test]
fn a_topic_made_again_under_its_name_is_both_deleted_and_created() {
    let old = replayed(&full_log());
    let mut new = old.clone();
    new.replay(&RemoveTopicRecord { topic_id: FIRST }.into()).expect("it exists");
    new.replay(&topic("first", Uuid([3; 16]))).expect("the name is free");
    let delta = Delta::between(&old, &new);
    assert_eq!((delta.topics_created.len(), delta.topics_deleted.len()), (1, 1));
}
