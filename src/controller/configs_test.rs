//! Dynamic configuration. The codes and sentences are those of Kafka 4.3.1 for the same requests.

use super::configs;
use super::fixture::{replay, schema, single, with_topic};
use crate::metadata::{ConfigResource, Image, MetadataRecord, ResourceType};
use crate::model::ErrorCode;
use crate::protocol::messages::incremental_alter_configs_request::{AlterConfigsResource, AlterableConfig};
use crate::protocol::messages::{AlterConfigsRequest, IncrementalAlterConfigsRequest, alter_configs_request};

const SET: i8 = 0;
const DELETE: i8 = 1;
const APPEND: i8 = 2;
const SUBTRACT: i8 = 3;

type Op<'a> = (&'a str, i8, Option<&'a str>);

fn resource(kind: ResourceType, name: &str, operations: &[Op<'_>]) -> AlterConfigsResource {
    let row = |(name, config_operation, value): &Op<'_>| AlterableConfig {
        name: (*name).to_owned(),
        config_operation: *config_operation,
        value: value.map(str::to_owned),
    };
    AlterConfigsResource {
        resource_type: kind.wire(),
        resource_name: name.to_owned(),
        configs: operations.iter().map(row).collect(),
    }
}

fn alter(image: &mut Image, resources: Vec<AlterConfigsResource>) -> Vec<(ErrorCode, Option<String>)> {
    let request = IncrementalAlterConfigsRequest { resources, validate_only: false };
    let outcome = configs::incremental_alter(image, &schema(&[]), &request);
    replay(image, &outcome.records);
    let rows = outcome.reply.responses.into_iter();
    rows.map(|row| (ErrorCode::from_wire(row.error_code), row.error_message)).collect()
}

fn image() -> Image {
    let mut image = single();
    with_topic(&mut image, "t1", &[&[1]]);
    image
}

fn value(image: &Image, resource: &ConfigResource, key: &str) -> Option<String> {
    image.configs().value(resource, key).map(str::to_owned)
}

#[test]
fn keys_are_set_deleted_appended_and_subtracted() {
    let mut image = image();
    let topic = ConfigResource::topic("t1");
    let mut check = |operation: Op<'_>, expected: Option<&str>| {
        let answers = alter(&mut image, vec![resource(ResourceType::Topic, "t1", &[operation])]);
        assert_eq!(answers, [(ErrorCode::NONE, None)], "{operation:?}");
        assert_eq!(value(&image, &topic, operation.0).as_deref(), expected, "{operation:?}");
    };
    check(("retention.ms", SET, Some("5")), Some("5"));
    check(("retention.ms", DELETE, None), None);
    // A first append adds to the default; taking everything away leaves an empty list, not the default.
    check(("cleanup.policy", APPEND, Some("compact")), Some("delete,compact"));
    check(("cleanup.policy", APPEND, Some("compact")), Some("delete,compact"));
    check(("cleanup.policy", SUBTRACT, Some("delete")), Some("compact"));
    check(("cleanup.policy", SUBTRACT, Some("compact")), Some(""));
    check(("foo", DELETE, None), None);
}

#[test]
fn settings_that_cannot_be_are_refused_in_kafkas_words() {
    use ResourceType::{Broker, BrokerLogger, ClientMetrics, Group, Topic};
    let long = "x".repeat(40_000);
    let cases: &[(ResourceType, &str, Op<'_>, ErrorCode, &str)] = &[
        (
            Topic,
            "t1",
            ("retention.ms", SET, Some("abc")),
            ErrorCode::INVALID_CONFIG,
            "Invalid value abc for configuration retention.ms: Not a number of type LONG",
        ),
        (
            Topic,
            "t1",
            ("retention.ms", SET, Some("-2")),
            ErrorCode::INVALID_CONFIG,
            "Invalid value -2 for configuration retention.ms: Value must be at least -1",
        ),
        (Topic, "t1", ("foo", SET, Some("1")), ErrorCode::INVALID_CONFIG, "Unknown topic config name: foo"),
        (
            Topic,
            "nope",
            ("retention.ms", SET, Some("1")),
            ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
            "The topic 'nope' does not exist.",
        ),
        (Topic, "nope", ("foo", SET, Some("1")), ErrorCode::INVALID_CONFIG, "Unknown topic config name: foo"),
        (
            Topic,
            "",
            ("retention.ms", SET, Some("1")),
            ErrorCode::INVALID_REQUEST,
            "Default topic resources are not allowed.",
        ),
        (
            Topic,
            "t1",
            ("retention.ms", APPEND, Some("1")),
            ErrorCode::INVALID_CONFIG,
            "Can't APPEND to key retention.ms because its type is not LIST.",
        ),
        (
            Topic,
            "t1",
            ("leader.replication.throttled.replicas", SET, Some(&long)),
            ErrorCode::INVALID_CONFIG,
            "The configuration value cannot be added because it exceeds the maximum value size of 32767 bytes.",
        ),
        (
            Topic,
            "t1",
            ("retention.ms", SET, None),
            ErrorCode::INVALID_REQUEST,
            "Null value not supported for : retention.ms",
        ),
        (
            Broker,
            "",
            ("min.insync.replicas", DELETE, None),
            ErrorCode::INVALID_CONFIG,
            "Cluster-level min.insync.replicas cannot be removed while ELR is enabled.",
        ),
        (
            Broker,
            "1",
            ("min.insync.replicas", SET, Some("2")),
            ErrorCode::INVALID_CONFIG,
            "Broker-level min.insync.replicas cannot be altered while ELR is enabled.",
        ),
        (
            Broker,
            "1",
            ("broker.id", SET, Some("5")),
            ErrorCode::INVALID_REQUEST,
            "Cannot update these configs dynamically: [broker.id]",
        ),
        (
            Broker,
            "",
            ("listeners", SET, Some("PLAINTEXT://:1")),
            ErrorCode::INVALID_REQUEST,
            "Cannot update these configs at default cluster level, broker id must be specified: [listeners]",
        ),
        (
            Broker,
            "1",
            ("log.retention.ms", SET, Some("abc")),
            ErrorCode::INVALID_REQUEST,
            "Invalid value abc for configuration log.retention.ms: Not a number of type LONG",
        ),
        (
            Broker,
            "1",
            ("log.retention.ms", APPEND, Some("5")),
            ErrorCode::INVALID_CONFIG,
            "Config value append is not allowed for config key: log.retention.ms",
        ),
        (Broker, "1", ("nothing", APPEND, Some("5")), ErrorCode::INVALID_CONFIG, "Unknown config name: nothing"),
        (
            Broker,
            "7",
            ("log.retention.ms", SET, Some("5")),
            ErrorCode::BROKER_ID_NOT_REGISTERED,
            "No node with id 7 found.",
        ),
        (
            Broker,
            "x",
            ("log.retention.ms", SET, Some("5")),
            ErrorCode::INVALID_REQUEST,
            "Node id must be an integer, but it is: x",
        ),
        (Group, "g", ("foo", SET, Some("1")), ErrorCode::INVALID_CONFIG, "Unknown group config name: foo"),
        (
            Group,
            "",
            ("consumer.session.timeout.ms", SET, Some("45000")),
            ErrorCode::INVALID_REQUEST,
            "Default group resources are not allowed.",
        ),
        (
            ClientMetrics,
            "m",
            ("foo", SET, Some("1")),
            ErrorCode::INVALID_REQUEST,
            "Unknown client metrics configuration: foo",
        ),
        (
            ClientMetrics,
            "",
            ("interval.ms", SET, Some("1")),
            ErrorCode::INVALID_REQUEST,
            "Subscription name can't be empty",
        ),
        (BrokerLogger, "1", ("a", SET, Some("INFO")), ErrorCode::INVALID_REQUEST, "Unknown resource type 8"),
    ];
    for (kind, name, operation, code, text) in cases {
        let mut image = image();
        let answers = alter(&mut image, vec![resource(*kind, name, &[*operation])]);
        assert_eq!(answers, [(*code, Some((*text).to_owned()))], "{kind:?} '{name}' {operation:?}");
    }
}

#[test]
fn keys_and_resources_that_come_twice_are_refused() {
    let mut image = image();
    let twice =
        resource(ResourceType::Topic, "t1", &[("retention.ms", SET, Some("1")), ("retention.ms", SET, Some("2"))]);
    let text = Some("Error due to duplicate config keys".to_owned());
    assert_eq!(alter(&mut image, vec![twice]), [(ErrorCode::INVALID_REQUEST, text)]);
    let one = || resource(ResourceType::Topic, "t1", &[("retention.ms", SET, Some("1"))]);
    let text = Some("Each resource must appear at most once.".to_owned());
    let both = [(ErrorCode::INVALID_REQUEST, text.clone()), (ErrorCode::INVALID_REQUEST, text)];
    assert_eq!(alter(&mut image, vec![one(), one()]), both);
    assert_eq!(value(&image, &ConfigResource::topic("t1"), "retention.ms"), None);
}

#[test]
fn brokers_hear_of_a_key_that_is_set_to_what_it_was() {
    let mut image = image();
    let set = || vec![resource(ResourceType::Broker, "1", &[("log.retention.ms", SET, Some("5"))])];
    alter(&mut image, set());
    let request = IncrementalAlterConfigsRequest { resources: set(), validate_only: false };
    assert_eq!(configs::incremental_alter(&image, &schema(&[]), &request).records.len(), 1);
    let set = vec![resource(ResourceType::Topic, "t1", &[("retention.ms", SET, Some("5"))])];
    alter(&mut image, set.clone());
    let request = IncrementalAlterConfigsRequest { resources: set, validate_only: false };
    assert_eq!(configs::incremental_alter(&image, &schema(&[]), &request).records, []);
}

#[test]
fn another_minimum_of_the_isr_clears_the_eligible_leaders() {
    let records_of = |kind, name: &str| {
        let resources = vec![resource(kind, name, &[("min.insync.replicas", SET, Some("2"))])];
        let request = IncrementalAlterConfigsRequest { resources, validate_only: false };
        configs::incremental_alter(&image(), &schema(&[]), &request).records
    };
    let cleared = |records: &[MetadataRecord]| match &records[1] {
        MetadataRecord::ClearElr(record) => record.topic_name.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(cleared(&records_of(ResourceType::Topic, "t1")), "t1");
    assert_eq!(cleared(&records_of(ResourceType::Broker, "")), "");
}

#[test]
fn the_older_request_replaces_everything() {
    let mut image = image();
    let set = &[("retention.ms", SET, Some("5")), ("retention.bytes", SET, Some("6"))];
    alter(&mut image, vec![resource(ResourceType::Topic, "t1", set)]);
    let wanted = alter_configs_request::AlterConfigsResource {
        resource_type: ResourceType::Topic.wire(),
        resource_name: "t1".to_owned(),
        configs: vec![alter_configs_request::AlterableConfig {
            name: "retention.ms".to_owned(),
            value: Some("7".to_owned()),
        }],
    };
    let request = AlterConfigsRequest { resources: vec![wanted], validate_only: true };
    assert_eq!(configs::alter(&image, &schema(&[]), &request).records, []);
    let request = AlterConfigsRequest { validate_only: false, ..request };
    let outcome = configs::alter(&image, &schema(&[]), &request);
    replay(&mut image, &outcome.records);
    let topic = ConfigResource::topic("t1");
    assert_eq!(value(&image, &topic, "retention.ms").as_deref(), Some("7"));
    assert_eq!(value(&image, &topic, "retention.bytes"), None);
}
