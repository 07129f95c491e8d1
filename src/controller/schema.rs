//! What the controller must know of properties: which exist, what their values may be, and what holds for a topic.

use super::elections::TopicRules;
use crate::metadata::{ConfigMap, ConfigResource, Image, ResourceType};
use crate::model::Failure;

/// The properties and the configuration of this node.
#[derive(Debug, Clone)]
pub struct Schema {
    num_partitions: i32,
    default_replication_factor: i16,
    delete_topic_enable: bool,
}

/// Where a value comes from, in the wire's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source(i8);

impl Source {
    /// The number on the wire.
    #[must_use]
    pub fn wire(self) -> i8 {
        self.0
    }
}

/// One effective property of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Option<String>,
    /// Where the value comes from.
    pub source: Source,
    /// Whether it can be changed at all.
    pub is_read_only: bool,
    /// Whether its value must not be shown.
    pub is_sensitive: bool,
}

impl Schema {
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

    /// Every property of a topic with these settings of its own.
    #[must_use]
    pub fn topic_entries(&self, _image: &Image, _configs: &ConfigMap) -> Vec<Entry> {
        Vec::new()
    }

    /// How the partitions of a topic are to be treated.
    #[must_use]
    pub fn topic_rules(&self, _image: &Image, _topic: &str) -> TopicRules {
        TopicRules { unclean_leader_election: false, min_insync_replicas: 1 }
    }

    /// Whether a property is a list, which can be appended to.
    #[must_use]
    pub fn is_list(&self, _kind: ResourceType, _key: &str) -> bool {
        false
    }

    /// A property's default.
    #[must_use]
    pub fn default_of(&self, _kind: ResourceType, _key: &str) -> Option<String> {
        None
    }

    /// Whether a resource can have these settings.
    pub fn validate(&self, _resource: &ConfigResource, _new: &ConfigMap, _old: &ConfigMap) -> Result<(), Failure> {
        Ok(())
    }
}
