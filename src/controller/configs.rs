//! IncrementalAlterConfigs and AlterConfigs: what becomes of the dynamic configuration of a resource.

use std::collections::BTreeMap;

use super::schema::Schema;
use super::{Outcome, split_repeated};
use crate::metadata::{ConfigMap, ConfigResource, Image, MetadataRecord, ResourceType};
use crate::model::{ErrorCode, Failure, NodeId};
use crate::protocol::messages::alter_configs_request::AlterableConfig as AlterableFully;
use crate::protocol::messages::alter_configs_response::AlterConfigsResourceResponse as FullReply;
use crate::protocol::messages::incremental_alter_configs_request::AlterableConfig;
use crate::protocol::messages::incremental_alter_configs_response::AlterConfigsResourceResponse as Reply;
use crate::protocol::messages::{
    AlterConfigsRequest, AlterConfigsResponse, ClearElrRecord, ConfigRecord, IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsResponse,
};

/// The number of the operation that takes no value.
const DELETE: i8 = 1;
const MIN_INSYNC_REPLICAS: &str = "min.insync.replicas";

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
            let records = change_one(image, schema, &resource, &operations)?;
            check_exists(image, &resource)?;
            Ok(records)
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
            let wanted = wanted_of(&row.configs)?;
            let records = replace_one(image, schema, &resource, &wanted)?;
            check_exists(image, &resource)?;
            Ok(records)
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
        return Err(invalid(format!("Unknown resource type {kind}")));
    };
    if all.iter().filter(|other| **other == key).count() > 1 {
        return Err(invalid("Each resource must appear at most once.".to_owned()));
    }
    Ok(ConfigResource::new(kind, name))
}

fn operations_of(configs: &[AlterableConfig]) -> Result<BTreeMap<&str, Operation<'_>>, Failure> {
    let names: Vec<&str> = configs.iter().map(|config| config.name.as_str()).collect();
    let nulls = configs.iter().filter(|config| config.config_operation != DELETE && config.value.is_none());
    check_names(&names, &nulls.map(|config| config.name.as_str()).collect::<Vec<_>>())?;
    let mut operations = BTreeMap::new();
    for config in configs {
        let value = config.value.as_deref().unwrap_or_default();
        let operation = match config.config_operation {
            0 => Operation::Set(value),
            DELETE => Operation::Delete,
            2 => Operation::Append(value),
            3 => Operation::Subtract(value),
            other => {
                let text = format!("Unknown operations type {other}");
                return Err(Failure::new(ErrorCode::INVALID_REQUEST, text));
            }
        };
        operations.insert(config.name.as_str(), operation);
    }
    Ok(operations)
}

fn wanted_of(configs: &[AlterableFully]) -> Result<BTreeMap<&str, &str>, Failure> {
    let names: Vec<&str> = configs.iter().map(|config| config.name.as_str()).collect();
    let nulls = configs.iter().filter(|config| config.value.is_none());
    check_names(&names, &nulls.map(|config| config.name.as_str()).collect::<Vec<_>>())?;
    Ok(configs.iter().filter_map(|config| Some((config.name.as_str(), config.value.as_deref()?))).collect())
}

fn check_names(names: &[&str], nulls: &[&str]) -> Result<(), Failure> {
    let invalid = |text: String| Err(Failure::new(ErrorCode::INVALID_REQUEST, text));
    let (_, repeated) = split_repeated(names.iter().copied());
    if !repeated.is_empty() {
        return invalid("Error due to duplicate config keys".to_owned());
    }
    if !nulls.is_empty() {
        return invalid(format!("Null value not supported for : {}", nulls.join(", ")));
    }
    Ok(())
}

/// Refuses settings for what does not exist. A topic that is being created is not asked.
fn check_exists(image: &Image, resource: &ConfigResource) -> Result<(), Failure> {
    match resource.kind {
        ResourceType::Topic if image.topic(&resource.name).is_none() => {
            let text = format!("The topic '{}' does not exist.", resource.name);
            Err(Failure::new(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, text))
        }
        ResourceType::Broker if !resource.name.is_empty() => match resource.name.parse::<i32>() {
            Err(_) => {
                let text = format!("Node id must be an integer, but it is: {}", resource.name);
                Err(Failure::new(ErrorCode::INVALID_REQUEST, text))
            }
            Ok(id) if image.broker(NodeId(id)).is_none() && image.controllers().get(NodeId(id)).is_none() => {
                let text = format!("No node with id {id} found.");
                Err(Failure::new(ErrorCode::BROKER_ID_NOT_REGISTERED, text))
            }
            Ok(_) => Ok(()),
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
                if let Some(failure) = schema.not_a_list(resource.kind, key, operation.name()) {
                    return Err(failure);
                }
                let default = schema.default_of(resource.kind, key).unwrap_or_default();
                Some(changed_list(now.map_or(default, String::as_str), value, *operation))
            }
        };
        // Brokers read their files again when a key is set to the value it has.
        if then.as_ref() != now || resource.kind == ResourceType::Broker {
            changes.push((*key, then));
        }
    }
    validated(image, schema, resource, changes)
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
    validated(image, schema, resource, changes)
}

fn validated(
    image: &Image,
    schema: &Schema,
    resource: &ConfigResource,
    changes: Vec<(&str, Option<String>)>,
) -> Result<Vec<MetadataRecord>, Failure> {
    let mut after = image.config(resource).map(|map| ConfigMap::clone(map)).unwrap_or_default();
    for (key, value) in &changes {
        match value {
            Some(value) => drop(after.insert((*key).to_owned(), value.clone())),
            None => drop(after.remove(*key)),
        }
    }
    schema.validate(resource, &after)?;
    let elr_enabled = image.features().is_elr_enabled();
    let mut records = Vec::new();
    let mut clears_elr = false;
    for (key, value) in changes {
        if elr_enabled && key == MIN_INSYNC_REPLICAS {
            check_min_insync_replicas(resource, value.as_deref())?;
            clears_elr = true;
        }
        let record = ConfigRecord {
            resource_type: resource.kind.wire(),
            resource_name: resource.name.to_string(),
            name: key.to_owned(),
            value,
        };
        records.push(record.into());
    }
    if clears_elr {
        // Who was eligible under another minimum is not under this one (KIP-966). A name of none means every topic.
        let topic_name = if resource.kind == ResourceType::Topic { resource.name.to_string() } else { String::new() };
        records.push(ClearElrRecord { topic_name }.into());
    }
    Ok(records)
}

/// With eligible leader replicas the controller must know every topic's minimum: none may differ from broker to broker.
fn check_min_insync_replicas(resource: &ConfigResource, value: Option<&str>) -> Result<(), Failure> {
    if resource.kind != ResourceType::Broker {
        return Ok(());
    }
    let text = match (resource.name.is_empty(), value) {
        (false, _) => "Broker-level min.insync.replicas cannot be altered while ELR is enabled.",
        (true, None) => "Cluster-level min.insync.replicas cannot be removed while ELR is enabled.",
        (true, Some(_)) => return Ok(()),
    };
    Err(Failure::new(ErrorCode::INVALID_CONFIG, text))
}
