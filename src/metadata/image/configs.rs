//! Dynamic configuration: what was set for a topic, a broker, all brokers, a group or a metrics subscription.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::protocol::messages::ConfigRecord;

/// What kind of thing a configuration belongs to (`org.apache.kafka.common.config.ConfigResource.Type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResourceType {
    /// A topic, by name.
    Topic,
    /// A broker, by id; the empty name stands for all brokers.
    Broker,
    /// The log levels of one broker.
    BrokerLogger,
    /// A client metrics subscription (KIP-714).
    ClientMetrics,
    /// A group.
    Group,
}

impl ResourceType {
    /// The number on the wire.
    #[must_use]
    pub fn wire(self) -> i8 {
        match self {
            ResourceType::Topic => 2,
            ResourceType::Broker => 4,
            ResourceType::BrokerLogger => 8,
            ResourceType::ClientMetrics => 16,
            ResourceType::Group => 32,
        }
    }

    /// The type of a number from the wire.
    #[must_use]
    pub fn from_wire(number: i8) -> Option<ResourceType> {
        match number {
            2 => Some(ResourceType::Topic),
            4 => Some(ResourceType::Broker),
            8 => Some(ResourceType::BrokerLogger),
            16 => Some(ResourceType::ClientMetrics),
            32 => Some(ResourceType::Group),
            _ => None,
        }
    }

    /// Kafka's name of it, in capitals.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ResourceType::Topic => "TOPIC",
            ResourceType::Broker => "BROKER",
            ResourceType::BrokerLogger => "BROKER_LOGGER",
            ResourceType::ClientMetrics => "CLIENT_METRICS",
            ResourceType::Group => "GROUP",
        }
    }
}

/// One thing that has a configuration. It prints as Kafka's `ConfigResource` does, for sentences on the wire.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConfigResource {
    /// Its kind.
    pub kind: ResourceType,
    /// Its name.
    pub name: Arc<str>,
}

impl ConfigResource {
    /// The resource of this kind and name.
    pub fn new(kind: ResourceType, name: impl Into<Arc<str>>) -> ConfigResource {
        ConfigResource { kind, name: name.into() }
    }

    /// A topic's.
    pub fn topic(name: impl Into<Arc<str>>) -> ConfigResource {
        ConfigResource::new(ResourceType::Topic, name)
    }

    /// What is set for all brokers.
    #[must_use]
    pub fn all_brokers() -> ConfigResource {
        ConfigResource::new(ResourceType::Broker, "")
    }

    /// One broker's.
    #[must_use]
    pub fn broker(id: crate::model::NodeId) -> ConfigResource {
        ConfigResource::new(ResourceType::Broker, id.to_string())
    }
}

impl fmt::Display for ConfigResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConfigResource(type={}, name='{}')", self.kind.name(), self.name)
    }
}

/// The keys that were set for one resource.
pub type ConfigMap = BTreeMap<String, String>;

/// What is set for every resource that has anything set.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Configs {
    by_resource: BTreeMap<ConfigResource, Arc<ConfigMap>>,
}

impl Configs {
    /// What is set for a resource; `None` where nothing is.
    #[must_use]
    pub fn get(&self, resource: &ConfigResource) -> Option<&Arc<ConfigMap>> {
        self.by_resource.get(resource)
    }

    /// The value of one key of a resource.
    #[must_use]
    pub fn value(&self, resource: &ConfigResource, key: &str) -> Option<&str> {
        self.by_resource.get(resource)?.get(key).map(String::as_str)
    }

    /// Every resource that has anything set, by kind and name.
    pub fn iter(&self) -> impl Iterator<Item = (&ConfigResource, &Arc<ConfigMap>)> {
        self.by_resource.iter()
    }

    pub(super) fn change(&mut self, resource: ConfigResource, record: &ConfigRecord) {
        match &record.value {
            Some(value) => {
                let map = self.by_resource.entry(resource).or_default();
                Arc::make_mut(map).insert(record.name.clone(), value.clone());
            }
            None => {
                let Some(map) = self.by_resource.get_mut(&resource) else { return };
                Arc::make_mut(map).remove(&record.name);
                if map.is_empty() {
                    self.by_resource.remove(&resource);
                }
            }
        }
    }

    pub(super) fn remove(&mut self, resource: &ConfigResource) {
        self.by_resource.remove(resource);
    }
}
