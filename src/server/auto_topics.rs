//! Topics that a request makes: those that a client named and that `auto.create.topics.enable` allows, and the broker's own.

use std::time::Duration;

use tokio::time::timeout;
use tracing::{info, warn};

use super::context::Broker;
use crate::model::ErrorCode;
use crate::protocol::messages::CreateTopicsRequest;
use crate::protocol::messages::create_topics_request::{CreatableTopic, CreatableTopicConfig};

/// Where committed offsets and groups are.
pub(super) const CONSUMER_OFFSETS: &str = "__consumer_offsets";

/// The broker's default, in a request.
const DEFAULT_COUNT: i32 = -1;

/// Creates topics with the broker's defaults, and waits until their partitions are served here. Whoever finds one of them made by
/// another request meanwhile is content with it.
pub(super) async fn create(broker: &Broker, names: Vec<String>, wait: Duration) {
    let topics: Vec<_> = names.into_iter().map(|name| wanted(name, broker)).collect();
    let timeout_ms = i32::try_from(wait.as_millis()).unwrap_or(i32::MAX);
    let request = CreateTopicsRequest { topics, timeout_ms, validate_only: false };
    match broker.controller.create_topics(request).await {
        Ok(response) => {
            for topic in response.topics {
                let error = ErrorCode::from_wire(topic.error_code);
                if !matches!(error, ErrorCode::NONE | ErrorCode::TOPIC_ALREADY_EXISTS) {
                    let message = topic.error_message.unwrap_or_default();
                    warn!(topic = topic.name, %error, message, "cannot create a topic automatically");
                }
            }
        }
        Err(failure) => warn!(%failure, "cannot create topics automatically"),
    }
    // What is late is seen by the client's next request.
    let _ = timeout(wait, broker.catch_up()).await;
}

fn wanted(name: String, broker: &Broker) -> CreatableTopic {
    if name == CONSUMER_OFFSETS {
        return consumer_offsets(broker);
    }
    CreatableTopic { name, num_partitions: DEFAULT_COUNT, replication_factor: -1, ..CreatableTopic::default() }
}

fn consumer_offsets(broker: &Broker) -> CreatableTopic {
    let config = broker.config.load();
    let configs = [
        ("cleanup.policy", "compact".to_owned()),
        ("compression.type", "producer".to_owned()),
        ("segment.bytes", config.offsets_topic_segment_bytes.to_string()),
    ];
    let configs =
        configs.into_iter().map(|(name, value)| CreatableTopicConfig { name: name.to_owned(), value: Some(value) });
    CreatableTopic {
        name: CONSUMER_OFFSETS.to_owned(),
        num_partitions: config.offsets_topic_num_partitions,
        replication_factor: internal_factor(broker, config.offsets_topic_replication_factor),
        assignments: Vec::new(),
        configs: configs.collect(),
    }
}

/// The replicas of a topic of the broker's own. A node that is its whole cluster never gets the three that are the default; Kafka
/// refuses to make the topic then, and every group waits for ever.
fn internal_factor(broker: &Broker, wanted: i16) -> i16 {
    if !broker.config.load().is_only_voter() {
        return wanted;
    }
    let brokers = i16::try_from(broker.image().brokers().len()).unwrap_or(i16::MAX);
    if wanted > brokers {
        info!(topic = CONSUMER_OFFSETS, wanted, brokers, "the topic gets a replica on each broker that there is");
    }
    wanted.min(brokers)
}
