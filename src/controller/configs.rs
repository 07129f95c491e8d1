//! IncrementalAlterConfigs and AlterConfigs: what becomes of the dynamic configuration of a resource.

use std::collections::BTreeMap;

use super::Outcome;
use super::schema::Schema;
use crate::metadata::{ConfigMap, ConfigResource, Image, MetadataRecord, ResourceType};
use crate::model::{ErrorCode, Failure, NodeId};
use crate::protocol::messages::alter_configs_response::AlterConfigsResourceResponse as FullReply;
use crate::protocol::messages::incremental_alter_configs_request::AlterableConfig;
use crate::protocol::messages::incremental_alter_configs_response::AlterConfigsResourceResponse as Reply;
use crate::protocol::messages::{
    AlterConfigsRequest, AlterConfigsResponse, ConfigRecord, IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsResponse,
};

/// What to do with one key (KIP-339).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation<'a> {
    /// Set it.
    Set(&'a str),
    /// Go back to the default.
    Delete,
    /// Add to a list what it lacks.
    Append(&'a str),
    /// Take out of a list what it has.
    Subtract(&'a str),
}

impl Operation<'_> {
    fn name(self) -> &'static str {
        match self {
            Operation::Set(_) => "SET",
            Operation::Delete => "DELETE",
            Operation::Append(_) => "APPEND",
            Operation::Subtract(_) => "SUBTRACT",
        }
    }
}

/// Decides an IncrementalAlterConfigs request. Each resource succeeds or fails alone; its keys do so together.
#[must_use]
pub fn incremental_alter(
    image: &Image,
    schema: &Schema,
    request: &IncrementalAlterConfigsRequest,
) -> Outcome<IncrementalAlterConfigsResponse> {
    let mut records = Vec::new();
    let mut responses = Vec::new();
    let resources: Vec<_> = request.resources.iter().map(|row| (row.resource_type, &*row.resource_name)).collect();
    for row in &request.resources {
        let key = (row.resource_type, &*row.resource_name);
        let changed = resource_of(&resources, key).and_then(|resource| {
            let operations = operations_of(&row.configs)?;
            check_exists(image, &resource)?;
            change_one(image, schema, &resource, &operations)
        });
        let failure = keep(&mut records, changed);
        responses.push(Reply {
            error_code: code_of(failure.as_ref()),
            error_message: failure.map(|failure| failure.message),
            resource_type: row.resource_type,
            resource_name: row.resource_name.clone(),
        });
    }
    if request.validate_only {
        records.clear();
    }
    Outcome { records, reply: IncrementalAlterConfigsResponse { responses, ..Default::default() } }
}

/// Decides an AlterConfigs request: what it does not name goes back to the default.
#[must_use]
pub fn alter(image: &Image, schema: &Schema, request: &AlterConfigsRequest) -> Outcome<AlterConfigsResponse> {
    let mut records = Vec::new();
    let mut responses = Vec::new();
    let resources: Vec<_> = request.resources.iter().map(|row| (row.resource_type, &*row.resource_name)).collect();
    for row in &request.resources {
        let key = (row.resource_type, &*row.resource_name);
        let changed = resource_of(&resources, key).and_then(|resource| {
            let wanted = row.configs.iter().map(|config| (config.name.as_str(), config.value.as_deref()));
            let wanted = wanted_of(wanted)?;
            check_exists(image, &resource)?;
            replace_one(image, schema, &resource, &wanted)
        });
        let failure = keep(&mut records, changed);
        responses.push(FullReply {
            error_code: code_of(failure.as_ref()),
            error_message: failure.map(|failure| failure.message),
            resource_type: row.resource_type,
            resource_name: row.resource_name.clone(),
        });
    }
    if request.validate_only {
        records.clear();
    }
    Outcome { records, reply: AlterConfigsResponse { responses, ..Default::default() } }
}

fn keep(records: &mut Vec<MetadataRecord>, changed: Result<Vec<MetadataRecord>, Failure>) -> Option<Failure> {
    match changed {
        Ok(new) => {
            records.extend(new);
            None
        }
        Err(failure) => Some(failure),
    }
}

fn code_of(failure: Option<&Failure>) -> i16 {
    failure.map_or(ErrorCode::NONE, |failure| failure.code).wire()
}

fn resource_of(all: &[(i8, &str)], key: (i8, &str)) -> Result<ConfigResource, Failure> {
    let invalid = |text: String| Failure::new(ErrorCode::INVALID_REQUEST, text);
    let (kind, name) = key;
    let Some(kind) = ResourceType::from_wire(kind) else {
        return Err(invalid(format!("Unknown resource type {kind}.")));
    };
    if all.iter().filter(|other| **other == key).count() > 1 {
        return Err(invalid("Each resource must appear at most once.".to_owned()));
    }
    match kind {
        ResourceType::BrokerLogger => Err(invalid(format!("Unexpected resource type {}.", kind.name()))),
        ResourceType::Topic | ResourceType::Broker | ResourceType::ClientMetrics | ResourceType::Group => {
            Ok(ConfigResource::new(kind, name))
        }
    }
}

fn operations_of(configs: &[AlterableConfig]) -> Result<BTreeMap<&str, Operation<'_>>, Failure> {
    let invalid = |text: String| Failure::new(ErrorCode::INVALID_REQUEST, text);
    let mut operations = BTreeMap::new();
    for config in configs {
        let value = config.value.as_deref();
        let operation = match (config.config_operation, value) {
            (0, Some(value)) => Operation::Set(value),
            (1, _) => Operation::Delete,
            (2, Some(value)) => Operation::Append(value),
            (3, Some(value)) => Operation::Subtract(value),
            (0 | 2 | 3, None) => return Err(invalid(format!("Null value not supported for : {}", config.name))),
            (other, _) => {
                return Err(invalid(format!("Unknown operation type {other} for config {}", config.name)));
            }
        };
        if operations.insert(config.name.as_str(), operation).is_some() {
            return Err(invalid("Error due to duplicate config keys".to_owned()));
        }
    }
    Ok(operations)
}

fn wanted_of<'a>(
    configs: impl Iterator<Item = (&'a str, Option<&'a str>)>,
) -> Result<BTreeMap<&'a str, &'a str>, Failure> {
    let invalid = |text: String| Failure::new(ErrorCode::INVALID_REQUEST, text);
    let (mut wanted, mut nulls) = (BTreeMap::new(), Vec::new());
    for (name, value) in configs {
        match value {
            None => nulls.push(name),
            Some(value) if wanted.insert(name, value).is_none() => {}
            Some(_) => return Err(invalid("Error due to duplicate config keys".to_owned())),
        }
    }
    if nulls.is_empty() {
        Ok(wanted)
    } else {
        Err(invalid(format!("Null value not supported for : {}", nulls.join(","))))
    }
}

/// Refuses settings for what does not exist. A topic that is being created is not asked.
fn check_exists(image: &Image, resource: &ConfigResource) -> Result<(), Failure> {
    match resource.kind {
        ResourceType::Topic if image.topic(&resource.name).is_none() && !resource.name.is_empty() => {
            Err(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION.into())
        }
        ResourceType::Broker => match resource.name.parse::<i32>() {
            Ok(id) if image.broker(NodeId(id)).is_none() && image.controllers().get(NodeId(id)).is_none() => {
                let text = format!("No node with id {id} found.");
                Err(Failure::new(ErrorCode::BROKER_ID_NOT_REGISTERED, text))
            }
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

/// The records that change single keys of one resource.
///
/// # Errors
/// An operation does not fit its key, or the settings that come out of it are not valid.
pub(super) fn change_one(
    image: &Image,
    schema: &Schema,
    resource: &ConfigResource,
    operations: &BTreeMap<&str, Operation<'_>>,
) -> Result<Vec<MetadataRecord>, Failure> {
    let nothing = ConfigMap::new();
    let known = image.config(resource).map_or(&nothing, |map| map);
    let mut changes = Vec::new();
    for (key, operation) in operations {
        let now = known.get(*key);
        let then = match *operation {
            Operation::Set(value) => Some(value.to_owned()),
            Operation::Delete => None,
            Operation::Append(value) | Operation::Subtract(value) => {
                if !schema.is_list(resource.kind, key) {
                    let text = format!("Can't {} to key {key} because its type is not LIST.", operation.name());
                    return Err(Failure::new(ErrorCode::INVALID_CONFIG, text));
                }
                let default = schema.default_of(resource.kind, key);
                Some(changed_list(now.or(default.as_ref()).map_or("", String::as_str), value, *operation))
            }
        };
        // Brokers read their files again when a key is set to the value it has.
        if then.as_ref() != now || resource.kind == ResourceType::Broker {
            changes.push((*key, then));
        }
    }
    validated(schema, resource, known, changes)
}

fn changed_list(now: &str, value: &str, operation: Operation<'_>) -> String {
    let mut parts: Vec<&str> = now.split(',').filter(|part| !part.is_empty()).collect();
    for part in value.split(',') {
        match (operation, parts.iter().position(|known| *known == part)) {
            (Operation::Append(_), None) => parts.push(part),
            (Operation::Subtract(_), Some(index)) => drop(parts.remove(index)),
            _ => {}
        }
    }
    parts.join(",")
}

/// The records that replace all settings of one resource.
fn replace_one(
    image: &Image,
    schema: &Schema,
    resource: &ConfigResource,
    wanted: &BTreeMap<&str, &str>,
) -> Result<Vec<MetadataRecord>, Failure> {
    let nothing = ConfigMap::new();
    let known = image.config(resource).map_or(&nothing, |map| map);
    let mut changes = Vec::new();
    for (key, value) in wanted {
        let same = known.get(*key).is_some_and(|now| now == value);
        if !same || resource.kind == ResourceType::Broker {
            changes.push((*key, Some((*value).to_owned())));
        }
    }
    let gone = known.keys().filter(|key| !wanted.contains_key(key.as_str()));
    changes.extend(gone.map(|key| (key.as_str(), None)));
    validated(schema, resource, known, changes)
}

fn validated(
    schema: &Schema,
    resource: &ConfigResource,
    known: &ConfigMap,
    changes: Vec<(&str, Option<String>)>,
) -> Result<Vec<MetadataRecord>, Failure> {
    let mut after = known.clone();
    for (key, value) in &changes {
        match value {
            Some(value) => drop(after.insert((*key).to_owned(), value.clone())),
            None => drop(after.remove(*key)),
        }
    }
    schema.validate(resource, &after, known)?;
    let records = changes.into_iter().map(|(key, value)| {
        ConfigRecord {
            resource_type: resource.kind.wire(),
            resource_name: resource.name.to_string(),
            name: key.to_owned(),
            value,
        }
        .into()
    });
    Ok(records.collect())
}
