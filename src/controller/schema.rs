//! What a decision must know of properties: what this node was started with, what a topic's settings come to, and which
//! settings may be made.

use std::sync::Arc;

use super::elections::TopicRules;
use crate::config::{self, BrokerSettings, ConfigEntry, ConfigError, Kind, Settings};
use crate::metadata::{ConfigMap, ConfigResource, Image, ResourceType};
use crate::model::{ErrorCode, Failure, NodeId, validate_topic_name};

/// The longest value that a setting may have: it has to fit a string of Kafka's older encodings.
const VALUE_LENGTH_MAX: usize = 32_767;
/// The settings of a client metrics subscription (KIP-714).
const CLIENT_METRICS: &[&str] = &["interval.ms", "match", "metrics"];
/// The settings of a group (KIP-848, KIP-932, KIP-1071).
const GROUP: &[&str] = &[
    "consumer.heartbeat.interval.ms",
    "consumer.session.timeout.ms",
    "share.auto.offset.reset",
    "share.heartbeat.interval.ms",
    "share.isolation.level",
    "share.record.lock.duration.ms",
    "share.session.timeout.ms",
    "streams.heartbeat.interval.ms",
    "streams.initial.rebalance.delay.ms",
    "streams.num.standby.replicas",
    "streams.session.timeout.ms",
];

/// The properties of this node and the rules for all others.
#[derive(Debug, Clone)]
pub struct Schema {
    settings: Arc<BrokerSettings>,
    node_id: NodeId,
    num_partitions: i32,
    default_replication_factor: i16,
    delete_topic_enable: bool,
}

impl Schema {
    /// The rules of a node that was started with these settings.
    ///
    /// # Errors
    /// A setting is not valid.
    pub fn new(settings: Arc<BrokerSettings>) -> Result<Schema, ConfigError> {
        let broker = settings.broker()?;
        Ok(Schema {
            node_id: NodeId(broker.node_id),
            num_partitions: broker.num_partitions,
            default_replication_factor: i16::try_from(broker.default_replication_factor).unwrap_or(i16::MAX),
            delete_topic_enable: broker.delete_topic_enable,
            settings,
        })
    }

    /// `num.partitions`.
    #[must_use]
    pub fn num_partitions(&self) -> i32 {
        self.num_partitions
    }

    /// `default.replication.factor`.
    #[must_use]
    pub fn default_replication_factor(&self) -> i16 {
        self.default_replication_factor
    }

    /// `delete.topic.enable`.
    #[must_use]
    pub fn delete_topic_enable(&self) -> bool {
        self.delete_topic_enable
    }

    /// The settings of this node under what was changed at run time.
    #[must_use]
    pub fn node_settings(&self, image: &Image) -> BrokerSettings {
        node_settings(&self.settings, image, self.node_id)
    }

    /// Every property of a topic with these settings of its own, by name.
    #[must_use]
    pub fn topic_entries(&self, image: &Image, own: &ConfigMap) -> Vec<ConfigEntry> {
        self.node_settings(image).describe_topic(own).unwrap_or_default()
    }

    /// How the partitions of a topic are to be treated.
    #[must_use]
    pub fn topic_rules(&self, image: &Image, topic: &str) -> TopicRules {
        let of = |key: &str| self.topic_value(image, topic, key);
        // What is in the image was checked before it came there; should it not hold here, the defaults are the safe side.
        TopicRules {
            unclean_leader_election: of("unclean.leader.election.enable")
                .is_some_and(|value| value.trim().eq_ignore_ascii_case("true")),
            min_insync_replicas: of("min.insync.replicas").and_then(|value| value.trim().parse().ok()).unwrap_or(1),
        }
    }

    /// What one key comes to for a topic, whose name the broker's properties share. All rules of all topics are asked for when a
    /// broker comes or goes, so nothing else is looked at.
    fn topic_value<'a>(&'a self, image: &'a Image, topic: &str, key: &str) -> Option<&'a str> {
        let layers =
            [ConfigResource::topic(topic), ConfigResource::broker(self.node_id), ConfigResource::all_brokers()];
        let dynamic = layers.iter().find_map(|resource| image.configs().value(resource, key));
        dynamic.or_else(|| self.settings.given(key))
    }

    /// Why a key cannot be appended to; none where it is a list.
    #[must_use]
    pub fn not_a_list(&self, kind: ResourceType, key: &str, operation: &str) -> Option<Failure> {
        let refuse = |text: String| Some(Failure::new(ErrorCode::INVALID_CONFIG, text));
        let row = match kind {
            ResourceType::Topic => config::topic::TABLE.get(key),
            ResourceType::Broker => config::broker::TABLE.get(key),
            _ => None,
        };
        match (kind, row) {
            (_, Some(row)) if row.kind == Kind::List => None,
            (ResourceType::Broker, Some(_)) => {
                let operation = operation.to_lowercase();
                refuse(format!("Config value {operation} is not allowed for config key: {key}"))
            }
            (ResourceType::Broker, None) => refuse(format!("Unknown config name: {key}")),
            _ => refuse(format!("Can't {operation} to key {key} because its type is not LIST.")),
        }
    }

    /// A list's default, to which a first append adds.
    #[must_use]
    pub fn default_of(&self, kind: ResourceType, key: &str) -> Option<&'static str> {
        let table = if kind == ResourceType::Topic { config::topic::TABLE } else { config::broker::TABLE };
        table.get(key)?.default.text()
    }

    /// Whether a resource can have these settings, by name and value.
    ///
    /// # Errors
    /// Kafka's code and sentence.
    pub fn validate(&self, resource: &ConfigResource, settings: &ConfigMap) -> Result<(), Failure> {
        let invalid_request = |text: String| Err(Failure::new(ErrorCode::INVALID_REQUEST, text));
        let name = &*resource.name;
        if settings.values().any(|value| value.len() > VALUE_LENGTH_MAX) {
            let text =
                "The configuration value cannot be added because it exceeds the maximum value size of 32767 bytes.";
            return Err(Failure::new(ErrorCode::INVALID_CONFIG, text));
        }
        match resource.kind {
            ResourceType::Topic if name.is_empty() => {
                invalid_request("Default topic resources are not allowed.".to_owned())
            }
            ResourceType::Topic => {
                validate_topic_name(name).map_err(|text| Failure::new(ErrorCode::INVALID_TOPIC_EXCEPTION, text))?;
                config::check_topic(settings).map_err(|error| Failure::new(ErrorCode::INVALID_CONFIG, error.message))
            }
            ResourceType::Broker => {
                let whose = if name.is_empty() { config::Brokers::All } else { config::Brokers::One };
                let checked = config::check_dynamic_broker(whose, settings);
                checked.map_err(|error| Failure::new(ErrorCode::INVALID_REQUEST, error.message))
            }
            ResourceType::Group if name.is_empty() => {
                invalid_request("Default group resources are not allowed.".to_owned())
            }
            ResourceType::Group => match settings.keys().find(|key| !GROUP.contains(&key.as_str())) {
                Some(unknown) => {
                    let text = format!("Unknown group config name: {unknown}");
                    Err(Failure::new(ErrorCode::INVALID_CONFIG, text))
                }
                None => Ok(()),
            },
            ResourceType::ClientMetrics if name.is_empty() => {
                invalid_request("Subscription name can't be empty".to_owned())
            }
            ResourceType::ClientMetrics => match settings.keys().find(|key| !CLIENT_METRICS.contains(&key.as_str())) {
                Some(unknown) => invalid_request(format!("Unknown client metrics configuration: {unknown}")),
                None => Ok(()),
            },
            ResourceType::BrokerLogger => invalid_request(format!("Unknown resource type {}", resource.kind.wire())),
        }
    }
}

/// A node's settings under what was changed at run time, for all brokers and for it.
#[must_use]
pub fn node_settings(fixed: &BrokerSettings, image: &Image, node: NodeId) -> BrokerSettings {
    let of = |resource: &ConfigResource| image.config(resource).map(|map| Settings::clone(map)).unwrap_or_default();
    fixed.with_dynamic(of(&ConfigResource::all_brokers()), of(&ConfigResource::broker(node)))
}
