//! DescribeConfigs, IncrementalAlterConfigs and AlterConfigs: what is set, and what a change does at once.

use mq::model::ErrorCode;
use mq::protocol::messages::describe_configs_request::DescribeConfigsResource;
use mq::protocol::messages::describe_configs_response::DescribeConfigsResourceResult;
use mq::protocol::messages::incremental_alter_configs_request::{AlterConfigsResource, AlterableConfig};
use mq::protocol::messages::{DescribeConfigsRequest, IncrementalAlterConfigsRequest};

use super::common::{batch, create_topic, produce};
use crate::support::broker::Broker;
use crate::support::connection::Connection;

const TOPIC: i8 = 2;
const BROKER: i8 = 4;
const SET: i8 = 0;

fn describe(connection: &mut Connection, resource_type: i8, name: &str, key: &str) -> DescribeConfigsResourceResult {
    let resource = DescribeConfigsResource {
        resource_type,
        resource_name: name.to_owned(),
        configuration_keys: Some(vec![key.to_owned()]),
    };
    let request = DescribeConfigsRequest {
        resources: vec![resource],
        include_synonyms: true,
        ..DescribeConfigsRequest::default()
    };
    let mut result = connection.call(&request, 4).results.remove(0);
    assert_eq!(result.error_code, 0, "{:?}", result.error_message);
    result.configs.remove(0)
}

fn set(connection: &mut Connection, resource_type: i8, resource: &str, name: &str, value: &str) -> ErrorCode {
    let config = AlterableConfig { name: name.to_owned(), config_operation: SET, value: Some(value.to_owned()) };
    let resource = AlterConfigsResource { resource_type, resource_name: resource.to_owned(), configs: vec![config] };
    let request = IncrementalAlterConfigsRequest { resources: vec![resource], validate_only: false };
    ErrorCode::from_wire(connection.call(&request, 1).responses.remove(0).error_code)
}

/// Gives every broker another value.
pub fn set_of_all_brokers(connection: &mut Connection, name: &str, value: &str) -> ErrorCode {
    set(connection, BROKER, "", name, value)
}

#[test]
fn a_topics_property_is_described_with_its_source_and_holds_at_once_when_changed() {
    let broker = Broker::start();
    let mut connection = Connection::to(&broker);
    create_topic(&mut connection, "first", 1, &[]);
    let before = describe(&mut connection, TOPIC, "first", "max.message.bytes");
    assert_eq!((before.value.as_deref(), before.config_source), (Some("1048588"), 5));
    assert_eq!(set(&mut connection, TOPIC, "first", "max.message.bytes", "100"), ErrorCode::NONE);
    let after = describe(&mut connection, TOPIC, "first", "max.message.bytes");
    assert_eq!((after.value.as_deref(), after.config_source), (Some("100"), 1));
    let refused = produce(&mut connection, "first", batch(&[&"x".repeat(200)]));
    assert_eq!(refused.error_code, ErrorCode::MESSAGE_TOO_LARGE.wire());
}

#[test]
fn a_brokers_dynamic_property_holds_for_its_topics_at_once() {
    let broker = Broker::start();
    let mut connection = Connection::to(&broker);
    create_topic(&mut connection, "first", 1, &[]);
    assert_eq!(set(&mut connection, BROKER, "", "message.max.bytes", "100"), ErrorCode::NONE);
    let inherited = describe(&mut connection, TOPIC, "first", "max.message.bytes");
    assert_eq!((inherited.value.as_deref(), inherited.config_source), (Some("100"), 3));
    let refused = produce(&mut connection, "first", batch(&[&"x".repeat(200)]));
    assert_eq!(refused.error_code, ErrorCode::MESSAGE_TOO_LARGE.wire());
}

#[test]
fn a_value_that_cannot_be_is_refused_and_changes_nothing() {
    let broker = Broker::start();
    let mut connection = Connection::to(&broker);
    create_topic(&mut connection, "first", 1, &[]);
    let refused = set(&mut connection, TOPIC, "first", "max.message.bytes", "many");
    assert_eq!(refused, ErrorCode::INVALID_CONFIG);
    assert_eq!(describe(&mut connection, TOPIC, "first", "max.message.bytes").config_source, 5);
}

#[test]
fn changes_survive_a_restart() {
    let mut broker = Broker::start();
    let mut connection = Connection::to(&broker);
    create_topic(&mut connection, "first", 1, &[]);
    set(&mut connection, TOPIC, "first", "retention.ms", "12345");
    broker.kill();
    broker.restart();
    let kept = describe(&mut Connection::to(&broker), TOPIC, "first", "retention.ms");
    assert_eq!(kept.value.as_deref(), Some("12345"));
}

#[test]
fn another_brokers_id_is_refused() {
    let broker = Broker::start();
    let resource =
        DescribeConfigsResource { resource_type: BROKER, resource_name: "77".to_owned(), configuration_keys: None };
    let request = DescribeConfigsRequest { resources: vec![resource], ..DescribeConfigsRequest::default() };
    for version in 0..=4 {
        let result = Connection::to(&broker).call(&request, version).results.remove(0);
        assert_eq!(ErrorCode::from_wire(result.error_code), ErrorCode::INVALID_REQUEST, "version {version}");
    }
}
