//! Properties of topics, brokers, groups: describe and alter.

use super::call::{Target, check, misplaced};
use super::topics::is_unsupported;
use super::{Admin, CreateOptions, Rows};
use crate::client::ClientError;
use crate::model::NodeId;
use crate::protocol::messages::alter_configs_request::{
    AlterConfigsResource as ReplaceResource, AlterableConfig as ReplaceConfig,
};
use crate::protocol::messages::describe_configs_request::DescribeConfigsResource;
use crate::protocol::messages::describe_configs_response::{DescribeConfigsResourceResult, DescribeConfigsResult};
use crate::protocol::messages::incremental_alter_configs_request::{AlterConfigsResource, AlterableConfig};
use crate::protocol::messages::{AlterConfigsRequest, DescribeConfigsRequest, IncrementalAlterConfigsRequest};

/// What has properties.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResourceType {
    /// A topic, by name.
    Topic = 2,
    /// A broker, by id; the empty name is the default of all brokers.
    Broker = 4,
    /// The log levels of a broker, by id.
    BrokerLogger = 8,
    /// A subscription to client metrics, by name.
    ClientMetrics = 16,
    /// A group, by id.
    Group = 32,
}

impl ResourceType {
    /// The number on the wire.
    #[must_use]
    pub fn wire(self) -> i8 {
        self as i8
    }

    fn from_wire(number: i8) -> Option<ResourceType> {
        let all = [
            ResourceType::Topic,
            ResourceType::Broker,
            ResourceType::BrokerLogger,
            ResourceType::ClientMetrics,
            ResourceType::Group,
        ];
        all.into_iter().find(|known| known.wire() == number)
    }
}

/// Something that has properties.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConfigResource {
    /// What it is.
    pub kind: ResourceType,
    /// Its name.
    pub name: String,
}

impl ConfigResource {
    /// The resource of this type and name.
    pub fn new(kind: ResourceType, name: impl Into<String>) -> ConfigResource {
        ConfigResource { kind, name: name.into() }
    }

    /// The broker that must be asked itself, where it is one broker.
    fn broker(&self) -> Option<NodeId> {
        match self.kind {
            ResourceType::Broker | ResourceType::BrokerLogger => self.name.parse().ok().map(NodeId),
            _ => None,
        }
    }
}

macro_rules! numbered {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $number:literal, $text:literal;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $($(#[$variant_doc])* $variant = $number,)* }

        impl $name {
            /// The value of a number from the wire; one that is not known is `Unknown`.
            #[must_use]
            pub fn from_wire(number: i8) -> $name {
                match number {
                    $($number => $name::$variant,)*
                    _ => $name::Unknown,
                }
            }

            /// Kafka's name, in capitals.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $($name::$variant => $text,)* }
            }
        }
    };
}

numbered! {
    /// Where a value comes from.
    ConfigSource {
        /// A source that this client does not know.
        Unknown = 0, "UNKNOWN";
        /// Set on the topic.
        DynamicTopic = 1, "DYNAMIC_TOPIC_CONFIG";
        /// Set on this broker at run time.
        DynamicBroker = 2, "DYNAMIC_BROKER_CONFIG";
        /// Set on all brokers at run time.
        DynamicDefaultBroker = 3, "DYNAMIC_DEFAULT_BROKER_CONFIG";
        /// In the broker's file.
        StaticBroker = 4, "STATIC_BROKER_CONFIG";
        /// Kafka's own default.
        Default = 5, "DEFAULT_CONFIG";
        /// A log level set at run time.
        DynamicBrokerLogger = 6, "DYNAMIC_BROKER_LOGGER_CONFIG";
        /// Set on the subscription.
        ClientMetrics = 7, "DYNAMIC_CLIENT_METRICS_CONFIG";
        /// Set on the group.
        Group = 8, "DYNAMIC_GROUP_CONFIG";
    }
}

numbered! {
    /// The type of a property.
    ConfigType {
        /// A type that the broker does not tell.
        Unknown = 0, "UNKNOWN";
        /// `true` or `false`.
        Boolean = 1, "BOOLEAN";
        /// A text.
        String = 2, "STRING";
        /// 32 bits.
        Int = 3, "INT";
        /// 16 bits.
        Short = 4, "SHORT";
        /// 64 bits.
        Long = 5, "LONG";
        /// A number with a fraction.
        Double = 6, "DOUBLE";
        /// Entries with commas between them.
        List = 7, "LIST";
        /// A class name.
        Class = 8, "CLASS";
        /// A secret.
        Password = 9, "PASSWORD";
    }
}

/// One property of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigRow {
    /// Its name.
    pub name: String,
    /// Its value; `None` for null and for secrets.
    pub value: Option<String>,
    /// Whether it cannot be changed at run time.
    pub read_only: bool,
    /// Whether the value is a secret.
    pub sensitive: bool,
    /// Where the value comes from.
    pub source: ConfigSource,
    /// Its type.
    pub kind: ConfigType,
    /// All values there are, the one in force first.
    pub synonyms: Vec<ConfigSynonym>,
    /// The documentation, where it was asked for and the broker has it.
    pub documentation: Option<String>,
}

/// One of several places that give a property a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigSynonym {
    /// The property's name there.
    pub name: String,
    /// Its value there.
    pub value: Option<String>,
    /// The place.
    pub source: ConfigSource,
}

/// A change of one property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlterConfig {
    /// The property.
    pub name: String,
    /// What to do.
    pub operation: ConfigOperation,
}

/// What to do with a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigOperation {
    /// Give it this value.
    Set(String),
    /// Return to the default.
    Delete,
    /// Add entries to a list.
    Append(String),
    /// Take entries out of a list.
    Subtract(String),
}

impl Admin {
    /// Describes resources: all properties, or those in `names`.
    ///
    /// # Errors
    /// No broker could be asked, or a broker that must be asked itself is not there.
    pub async fn describe_configs(
        &self,
        resources: &[ConfigResource],
        names: Option<&[String]>,
    ) -> Result<Rows<ConfigResource, Vec<ConfigRow>>, ClientError> {
        let mut rows = Vec::new();
        for (target, resources) in by_target(resources, Target::Any, |resource| resource) {
            let build = |_| Ok(describe_request(&resources, names));
            let answered = self.ask::<DescribeConfigsRequest, _, _>(target, build, |_| Ok(())).await?;
            rows.extend(answered.response.results.into_iter().filter_map(described));
        }
        Ok(rows)
    }

    /// Changes single properties and leaves all others as they are (KIP-339).
    ///
    /// # Errors
    /// The controller, or a broker that must be asked itself, could not be asked.
    pub async fn incremental_alter_configs(
        &self,
        changes: &[(ConfigResource, Vec<AlterConfig>)],
        options: CreateOptions,
    ) -> Result<Rows<ConfigResource, ()>, ClientError> {
        let mut rows = Vec::new();
        for (target, changes) in by_target(changes, Target::Controller, |(resource, _)| resource) {
            let build = |_| {
                Ok(IncrementalAlterConfigsRequest {
                    resources: changes.iter().map(altered).collect(),
                    validate_only: options == CreateOptions::ValidateOnly,
                })
            };
            let answered = self
                .ask::<IncrementalAlterConfigsRequest, _, _>(target, build, |answer| {
                    misplaced(answer.responses.iter().map(|row| row.error_code))
                })
                .await?;
            rows.extend(answered.response.responses.into_iter().filter_map(|row| {
                let resource = ConfigResource::new(ResourceType::from_wire(row.resource_type)?, row.resource_name);
                Some((resource, check(row.error_code, row.error_message.as_deref())))
            }));
        }
        Ok(rows)
    }

    /// Replaces all properties of resources; those that are not named return to their defaults.
    ///
    /// # Errors
    /// The controller, or a broker that must be asked itself, could not be asked.
    pub async fn alter_configs(
        &self,
        resources: &[(ConfigResource, Vec<(String, String)>)],
        options: CreateOptions,
    ) -> Result<Rows<ConfigResource, ()>, ClientError> {
        let mut rows = Vec::new();
        for (target, resources) in by_target(resources, Target::Controller, |(resource, _)| resource) {
            let build = |_| {
                Ok(AlterConfigsRequest {
                    resources: resources.iter().map(replaced).collect(),
                    validate_only: options == CreateOptions::ValidateOnly,
                })
            };
            let answered = self
                .ask::<AlterConfigsRequest, _, _>(target, build, |answer| {
                    misplaced(answer.responses.iter().map(|row| row.error_code))
                })
                .await?;
            rows.extend(answered.response.responses.into_iter().filter_map(|row| {
                let resource = ConfigResource::new(ResourceType::from_wire(row.resource_type)?, row.resource_name);
                Some((resource, check(row.error_code, row.error_message.as_deref())))
            }));
        }
        Ok(rows)
    }

    /// Whether an error says that the brokers do not know a request at all, so that an older one may be tried.
    #[must_use]
    pub fn is_unsupported(error: &ClientError) -> bool {
        is_unsupported(error)
    }
}

/// Splits items by the broker that must be asked itself; all others go to `rest` together.
fn by_target<T: Clone>(
    items: &[T],
    rest: Target,
    resource: impl Fn(&T) -> &ConfigResource,
) -> impl Iterator<Item = (Target, Vec<T>)> {
    let mut groups: Vec<(Option<NodeId>, Vec<T>)> = Vec::new();
    for item in items {
        let broker = resource(item).broker();
        match groups.iter_mut().find(|(known, _)| *known == broker) {
            Some((_, group)) => group.push(item.clone()),
            None => groups.push((broker, vec![item.clone()])),
        }
    }
    groups.into_iter().map(move |(broker, group)| (broker.map_or_else(|| rest.clone(), Target::Broker), group))
}

fn describe_request(resources: &[ConfigResource], names: Option<&[String]>) -> DescribeConfigsRequest {
    let wanted = |resource: &ConfigResource| DescribeConfigsResource {
        resource_type: resource.kind.wire(),
        resource_name: resource.name.clone(),
        configuration_keys: names.map(<[String]>::to_vec),
    };
    DescribeConfigsRequest {
        resources: resources.iter().map(wanted).collect(),
        include_synonyms: true,
        include_documentation: false,
    }
}

fn described(result: DescribeConfigsResult) -> Option<(ConfigResource, Result<Vec<ConfigRow>, ClientError>)> {
    let kind = ResourceType::from_wire(result.resource_type)?;
    let configs = result.configs;
    let rows = check(result.error_code, result.error_message.as_deref())
        .map(|()| configs.into_iter().map(config_row).collect());
    Some((ConfigResource::new(kind, result.resource_name), rows))
}

fn config_row(row: DescribeConfigsResourceResult) -> ConfigRow {
    ConfigRow {
        name: row.name,
        value: row.value,
        read_only: row.read_only,
        sensitive: row.is_sensitive,
        source: ConfigSource::from_wire(row.config_source),
        kind: ConfigType::from_wire(row.config_type),
        synonyms: row
            .synonyms
            .into_iter()
            .map(|row| ConfigSynonym { name: row.name, value: row.value, source: ConfigSource::from_wire(row.source) })
            .collect(),
        documentation: row.documentation,
    }
}

fn altered((resource, changes): &(ConfigResource, Vec<AlterConfig>)) -> AlterConfigsResource {
    let one = |change: &AlterConfig| {
        let (config_operation, value) = match &change.operation {
            ConfigOperation::Set(value) => (0, Some(value.clone())),
            ConfigOperation::Delete => (1, None),
            ConfigOperation::Append(value) => (2, Some(value.clone())),
            ConfigOperation::Subtract(value) => (3, Some(value.clone())),
        };
        AlterableConfig { name: change.name.clone(), config_operation, value }
    };
    AlterConfigsResource {
        resource_type: resource.kind.wire(),
        resource_name: resource.name.clone(),
        configs: changes.iter().map(one).collect(),
    }
}

fn replaced((resource, values): &(ConfigResource, Vec<(String, String)>)) -> ReplaceResource {
    let one = |(name, value): &(String, String)| ReplaceConfig { name: name.clone(), value: Some(value.clone()) };
    ReplaceResource {
        resource_type: resource.kind.wire(),
        resource_name: resource.name.clone(),
        configs: values.iter().map(one).collect(),
    }
}
