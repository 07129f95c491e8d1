//! Metadata, DescribeCluster and DescribeTopicPartitions: what clients learn of the cluster.

use mq::model::{ErrorCode, Uuid};
use mq::protocol::messages::describe_topic_partitions_request::{Cursor, TopicRequest};
use mq::protocol::messages::metadata_request::MetadataRequestTopic;
use mq::protocol::messages::{DescribeClusterRequest, DescribeTopicPartitionsRequest, MetadataRequest};

use super::common::create_topic;
use crate::support::broker::Broker;
use crate::support::connection::Connection;

fn of_names(names: &[&str]) -> MetadataRequest {
    let topics = names.iter().map(|name| MetadataRequestTopic { name: Some((*name).to_owned()), topic_id: Uuid::ZERO });
    MetadataRequest { topics: Some(topics.collect()), ..MetadataRequest::default() }
}

#[test]
fn every_version_names_the_broker_and_the_topic() {
    let broker = Broker::start();
    let mut connection = Connection::to(&broker);
    create_topic(&mut connection, "first", 2, &[]);
    for version in 0..=13 {
        let response = connection.call(&of_names(&["first"]), version);
        assert_eq!(format!("{}:{}", response.brokers[0].host, response.brokers[0].port), broker.address);
        assert_eq!(response.topics[0].partitions.len(), 2, "version {version}");
        assert_eq!(response.topics[0].partitions[0].leader_id, response.brokers[0].node_id);
    }
}

#[test]
fn an_empty_list_means_all_topics_in_version_0_and_none_later() {
    let broker = Broker::start();
    let mut connection = Connection::to(&broker);
    create_topic(&mut connection, "first", 1, &[]);
    assert_eq!(connection.call(&of_names(&[]), 0).topics.len(), 1);
    assert_eq!(connection.call(&of_names(&[]), 1).topics.len(), 0);
    let all = MetadataRequest { topics: None, ..MetadataRequest::default() };
    assert_eq!(connection.call(&all, 1).topics.len(), 1);
}

#[test]
fn a_missing_topic_is_created_when_the_client_and_the_broker_allow_it() {
    let broker = Broker::with(&["num.partitions=3"]);
    let mut connection = Connection::to(&broker);
    let forbidden = MetadataRequest { allow_auto_topic_creation: false, ..of_names(&["new"]) };
    let missing = connection.call(&forbidden, 12);
    assert_eq!(missing.topics[0].error_code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION.wire());
    let created = connection.call(&of_names(&["new"]), 12);
    assert_eq!((created.topics[0].error_code, created.topics[0].partitions.len()), (0, 3));
}

#[test]
fn no_topic_is_created_where_the_broker_forbids_it() {
    let broker = Broker::with(&["auto.create.topics.enable=false"]);
    let response = Connection::to(&broker).call(&of_names(&["new"]), 12);
    assert_eq!(response.topics[0].error_code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION.wire());
}

/// Fault F7.
#[test]
fn an_impossible_name_is_refused_and_creates_nothing() {
    let broker = Broker::start();
    for name in ["", ".", "..", "a/b", &"x".repeat(250)] {
        let response = Connection::to(&broker).call(&of_names(&[name]), 12);
        assert_eq!(response.topics[0].error_code, ErrorCode::INVALID_TOPIC_EXCEPTION.wire(), "{name:?}");
    }
}

#[test]
fn a_topic_is_found_by_its_id_and_an_unknown_id_is_named() {
    let broker = Broker::start();
    let mut connection = Connection::to(&broker);
    let id = create_topic(&mut connection, "first", 1, &[]);
    let by_id = |topic_id| MetadataRequest {
        topics: Some(vec![MetadataRequestTopic { name: None, topic_id }]),
        ..MetadataRequest::default()
    };
    assert_eq!(connection.call(&by_id(id), 12).topics[0].name.as_deref(), Some("first"));
    let unknown = connection.call(&by_id(Uuid([7; 16])), 12);
    assert_eq!(unknown.topics[0].error_code, ErrorCode::UNKNOWN_TOPIC_ID.wire());
}

#[test]
fn describe_cluster_names_the_broker_and_sends_seekers_of_controllers_elsewhere() {
    let broker = Broker::start();
    let mut connection = Connection::to(&broker);
    let request = DescribeClusterRequest { endpoint_type: 1, ..DescribeClusterRequest::default() };
    for version in 0..=2 {
        let response = connection.call(&request, version);
        assert_eq!(format!("{}:{}", response.brokers[0].host, response.brokers[0].port), broker.address);
        assert_eq!(response.controller_id, response.brokers[0].broker_id);
    }
    let controllers = DescribeClusterRequest { endpoint_type: 2, ..request };
    assert_eq!(connection.call(&controllers, 1).error_code, ErrorCode::MISMATCHED_ENDPOINT_TYPE.wire());
}

fn pages(connection: &mut Connection, topics: &[&str], limit: i32) -> Vec<Vec<(String, i32)>> {
    let topics = topics.iter().map(|name| TopicRequest { name: (*name).to_owned() }).collect();
    let mut request = DescribeTopicPartitionsRequest { topics, response_partition_limit: limit, cursor: None };
    let mut pages = Vec::new();
    loop {
        let response = connection.call(&request, 0);
        let rows = response.topics.iter().flat_map(|topic| {
            let name = topic.name.clone().unwrap_or_default();
            topic.partitions.iter().map(move |row| (name.clone(), row.partition_index))
        });
        pages.push(rows.collect());
        let Some(next) = response.next_cursor else { return pages };
        request.cursor = Some(Cursor { topic_name: next.topic_name, partition_index: next.partition_index });
    }
}

fn rows(rows: &[(&str, i32)]) -> Vec<(String, i32)> {
    rows.iter().map(|(name, index)| ((*name).to_owned(), *index)).collect()
}

#[test]
fn describe_topic_partitions_goes_on_from_its_cursor() {
    let broker = Broker::with(&["max.request.partition.size.limit=4"]);
    let mut connection = Connection::to(&broker);
    for (name, partitions) in [("b", 2), ("a", 3), ("c", 1)] {
        create_topic(&mut connection, name, partitions, &[]);
    }
    let all = [("a", 0), ("a", 1), ("a", 2), ("b", 0), ("b", 1), ("c", 0)];
    for (limit, size) in [(1, 1), (2, 2), (3, 3), (0, 1), (-5, 1), (4, 4), (2000, 4)] {
        let expected: Vec<_> = all.chunks(size).map(rows).collect();
        assert_eq!(pages(&mut connection, &[], limit), expected, "limit {limit}");
    }
    // By name the order is that of the names, each once, whatever the request's.
    assert_eq!(pages(&mut connection, &["c", "a", "c"], 3), [rows(&all[..3]), rows(&all[5..])]);
    // A page that a topic fills to its end points to the start of the next one.
    let request = DescribeTopicPartitionsRequest { response_partition_limit: 3, ..Default::default() };
    let next = connection.call(&request, 0).next_cursor.expect("there is more");
    assert_eq!((next.topic_name.as_str(), next.partition_index), ("b", 0));
}

#[test]
fn a_cursor_at_a_topic_that_is_gone_goes_on_with_the_next_and_a_wrong_one_is_refused() {
    let broker = Broker::start();
    let mut connection = Connection::to(&broker);
    create_topic(&mut connection, "a", 1, &[]);
    create_topic(&mut connection, "c", 1, &[]);
    let mut ask = |topics: &[&str], topic_name: &str, partition_index| {
        let request = DescribeTopicPartitionsRequest {
            topics: topics.iter().map(|name| TopicRequest { name: (*name).to_owned() }).collect(),
            response_partition_limit: 10,
            cursor: Some(Cursor { topic_name: topic_name.to_owned(), partition_index }),
        };
        let topics = connection.call(&request, 0).topics;
        let told = topics.into_iter().map(|topic| {
            (topic.name.unwrap_or_default(), ErrorCode::from_wire(topic.error_code), topic.partitions.len())
        });
        told.collect::<Vec<_>>()
    };
    assert_eq!(ask(&[], "b", 7), [("c".to_owned(), ErrorCode::NONE, 1)]);
    assert_eq!(ask(&[], "a", 7), [("a".to_owned(), ErrorCode::NONE, 0), ("c".to_owned(), ErrorCode::NONE, 1)]);
    assert_eq!(ask(&["c"], "a", 0), [("c".to_owned(), ErrorCode::INVALID_REQUEST, 0)]);
    assert_eq!(ask(&["c"], "c", -1), [("c".to_owned(), ErrorCode::INVALID_REQUEST, 0)]);
    assert_eq!(ask(&[], "a", -1), []);
    let gone = ("b".to_owned(), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, 0);
    assert_eq!(ask(&["a", "b", "c"], "b", 0), [gone, ("c".to_owned(), ErrorCode::NONE, 1)]);
}
