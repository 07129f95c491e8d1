//! CreateTopics and DeleteTopics: names, counts, replicas and configuration of new topics.

use std::collections::{BTreeMap, BTreeSet};

use super::configs::{self, Operation};
use super::elections::directory_for;
use super::partitions::{self, NewPartition};
use super::schema::Schema;
use super::{Outcome, placement, split_repeated};
use crate::io::rng::Rng;
use crate::metadata::{ConfigMap, ConfigResource, Image, MetadataRecord};
use crate::model::{ErrorCode, Failure, NodeId, Uuid, topic_collides, validate_topic_name};
use crate::protocol::messages::create_topics_request::{CreatableReplicaAssignment, CreatableTopic};
use crate::protocol::messages::create_topics_response::{CreatableTopicConfigs, CreatableTopicResult};
use crate::protocol::messages::delete_topics_response::DeletableTopicResult;
use crate::protocol::messages::{
    CreateTopicsRequest, CreateTopicsResponse, DeleteTopicsRequest, DeleteTopicsResponse, RemoveTopicRecord,
    TopicRecord,
};

/// The topic that no client may create: the metadata log itself.
const METADATA_TOPIC: &str = "__cluster_metadata";
/// "As the broker's default says", for a partition count or a replication factor.
const DEFAULT_COUNT: i32 = -1;

/// Decides a CreateTopics request. Each topic succeeds or fails alone.
#[must_use]
pub fn create(
    image: &Image,
    schema: &Schema,
    request: &CreateTopicsRequest,
    rng: &dyn Rng,
) -> Outcome<CreateTopicsResponse> {
    let (single, repeated) = split_repeated(request.topics.iter().map(|topic| topic.name.as_str()));
    let mut records = Vec::new();
    let mut topics = Vec::new();
    let allowed = |topic: &&CreatableTopic| single.contains(topic.name.as_str()) && topic.name != METADATA_TOPIC;
    let wanted = request.topics.iter().filter(allowed);
    let total = partitions::check_total(wanted.clone().map(|topic| wanted_count(schema, topic)));
    let mut creation = Creation { image, schema, rng, default_configs: None };
    for topic in wanted {
        let checked = total.clone().and_then(|()| check_name(image, &topic.name));
        let created = checked.and_then(|()| creation.create_one(topic));
        topics.push(match created {
            Ok(created) => {
                records.extend(created.records);
                created.reply
            }
            Err(failure) => refused(&topic.name, &failure),
        });
    }
    for name in repeated {
        topics.push(refused(name, &Failure::new(ErrorCode::INVALID_REQUEST, "Duplicate topic name.")));
    }
    if single.contains(METADATA_TOPIC) {
        let text = format!("Creation of internal topic {METADATA_TOPIC} is prohibited.");
        topics.push(refused(METADATA_TOPIC, &Failure::new(ErrorCode::INVALID_REQUEST, text)));
    }
    if request.validate_only {
        records.clear();
    }
    Outcome { records, reply: CreateTopicsResponse { topics, ..CreateTopicsResponse::default() } }
}

fn wanted_count(schema: &Schema, topic: &CreatableTopic) -> i64 {
    match (topic.assignments.len(), topic.num_partitions) {
        (0, DEFAULT_COUNT) => i64::from(schema.num_partitions()),
        (0, count) => i64::from(count.max(0)),
        (assigned, _) => i64::try_from(assigned).unwrap_or(i64::MAX),
    }
}

fn refused(name: &str, failure: &Failure) -> CreatableTopicResult {
    CreatableTopicResult {
        name: name.to_owned(),
        error_code: failure.code.wire(),
        error_message: Some(failure.message.clone()),
        ..CreatableTopicResult::default()
    }
}

fn check_name(image: &Image, name: &str) -> Result<(), Failure> {
    if image.topic(name).is_some() {
        let text = format!("Topic '{name}' already exists.");
        return Err(Failure::new(ErrorCode::TOPIC_ALREADY_EXISTS, text));
    }
    validate_topic_name(name).map_err(|text| Failure::new(ErrorCode::INVALID_TOPIC_EXCEPTION, text))?;
    if !name.contains(['.', '_']) {
        return Ok(());
    }
    match image.topics().iter().map(|topic| &*topic.name).find(|known| topic_collides(known, name)) {
        Some(other) => {
            let text = format!("Topic '{name}' collides with existing topic: {other}");
            Err(Failure::new(ErrorCode::INVALID_TOPIC_EXCEPTION, text))
        }
        None => Ok(()),
    }
}

/// What the topics of one request share.
struct Creation<'a> {
    image: &'a Image,
    schema: &'a Schema,
    rng: &'a dyn Rng,
    /// The configuration of a topic without settings of its own: most topics of a request have none.
    default_configs: Option<Vec<CreatableTopicConfigs>>,
}

impl Creation<'_> {
    fn create_one(&mut self, topic: &CreatableTopic) -> Result<Outcome<CreatableTopicResult>, Failure> {
        let (configs, config_records) = check_configs(self.image, self.schema, topic)?;
        let partitions = if topic.assignments.is_empty() {
            placed_partitions(self.image, self.schema, topic, self.rng)?
        } else {
            assigned_partitions(self.image, topic)?
        };
        let topic_id = self.rng.uuid();
        let mut records: Vec<MetadataRecord> = vec![TopicRecord { name: topic.name.clone(), topic_id }.into()];
        records.extend(config_records);
        let directory = |node: NodeId| directory_for(self.image, node);
        for (partition, number) in partitions.iter().zip(0..) {
            records.push(partition.record(topic_id, number, &directory).into());
        }
        let reply = CreatableTopicResult {
            name: topic.name.clone(),
            topic_id,
            error_code: ErrorCode::NONE.wire(),
            error_message: None,
            num_partitions: i32::try_from(partitions.len()).expect("counts come from 32 bits"),
            replication_factor: i16::try_from(partitions[0].replicas.len()).unwrap_or(i16::MAX),
            configs: Some(self.effective_configs(&configs)),
            ..CreatableTopicResult::default()
        };
        Ok(Outcome { records, reply })
    }

    fn effective_configs(&mut self, configs: &ConfigMap) -> Vec<CreatableTopicConfigs> {
        if !configs.is_empty() {
            return effective_configs(self.image, self.schema, configs);
        }
        let defaults = self.default_configs.get_or_insert_with(|| effective_configs(self.image, self.schema, configs));
        defaults.clone()
    }
}

fn check_configs(
    image: &Image,
    schema: &Schema,
    topic: &CreatableTopic,
) -> Result<(ConfigMap, Vec<MetadataRecord>), Failure> {
    let nulls: Vec<&str> =
        topic.configs.iter().filter(|config| config.value.is_none()).map(|config| config.name.as_str()).collect();
    if !nulls.is_empty() {
        let text = format!("Null value not supported for topic configs: {}", nulls.join(","));
        return Err(Failure::new(ErrorCode::INVALID_CONFIG, text));
    }
    let wanted: ConfigMap =
        topic.configs.iter().filter_map(|config| Some((config.name.clone(), config.value.clone()?))).collect();
    let operations: BTreeMap<&str, Operation<'_>> =
        wanted.iter().map(|(name, value)| (name.as_str(), Operation::Set(value))).collect();
    let resource = ConfigResource::topic(topic.name.as_str());
    let records =
        if operations.is_empty() { Vec::new() } else { configs::change_one(image, schema, &resource, &operations)? };
    Ok((wanted, records))
}

fn effective_configs(image: &Image, schema: &Schema, configs: &ConfigMap) -> Vec<CreatableTopicConfigs> {
    let entries = schema.topic_entries(image, configs);
    let rows = entries.into_iter().map(|entry| CreatableTopicConfigs {
        value: if entry.is_sensitive { None } else { entry.value },
        name: entry.name,
        read_only: entry.is_read_only,
        config_source: entry.source.wire(),
        is_sensitive: entry.is_sensitive,
    });
    rows.collect()
}

/// Partitions whose replicas the request names.
fn assigned_partitions(image: &Image, topic: &CreatableTopic) -> Result<Vec<NewPartition>, Failure> {
    let invalid_request = |text: &str| Failure::new(ErrorCode::INVALID_REQUEST, text);
    if topic.replication_factor != -1 {
        return Err(invalid_request(
            "A manual partition assignment was specified, but replication factor was not set to -1.",
        ));
    }
    if topic.num_partitions != DEFAULT_COUNT {
        return Err(invalid_request(
            "A manual partition assignment was specified, but numPartitions was not set to -1.",
        ));
    }
    let mut by_number = BTreeMap::new();
    let mut replication_factor = None;
    for assignment in &topic.assignments {
        let CreatableReplicaAssignment { partition_index, broker_ids } = assignment;
        if by_number.contains_key(partition_index) {
            let text = format!("Found multiple manual partition assignments for partition {partition_index}");
            return Err(Failure::new(ErrorCode::INVALID_REPLICA_ASSIGNMENT, text));
        }
        let partition = partitions::assigned(image, *partition_index, broker_ids, replication_factor)?;
        replication_factor = Some(broker_ids.len());
        by_number.insert(*partition_index, partition);
    }
    if by_number.keys().copied().ne(0..i32::try_from(by_number.len()).unwrap_or(i32::MAX)) {
        let text = "partitions should be a consecutive 0-based integer sequence";
        return Err(Failure::new(ErrorCode::INVALID_REPLICA_ASSIGNMENT, text));
    }
    Ok(by_number.into_values().collect())
}

/// Partitions whose replicas are chosen here.
fn placed_partitions(
    image: &Image,
    schema: &Schema,
    topic: &CreatableTopic,
    rng: &dyn Rng,
) -> Result<Vec<NewPartition>, Failure> {
    if topic.replication_factor < -1 || topic.replication_factor == 0 {
        let text = "Replication factor must be larger than 0, or -1 to use the default value.";
        return Err(Failure::new(ErrorCode::INVALID_REPLICATION_FACTOR, text));
    }
    if topic.num_partitions < DEFAULT_COUNT || topic.num_partitions == 0 {
        let text = "Number of partitions was set to an invalid non-positive value.";
        return Err(Failure::new(ErrorCode::INVALID_PARTITIONS, text));
    }
    let count = if topic.num_partitions == DEFAULT_COUNT { schema.num_partitions() } else { topic.num_partitions };
    let factor =
        if topic.replication_factor == -1 { schema.default_replication_factor() } else { topic.replication_factor };
    let unable = |reason: String| {
        let text = format!("Unable to replicate the partition {factor} time(s): {reason}");
        Failure::new(ErrorCode::INVALID_REPLICATION_FACTOR, text)
    };
    let count = usize::try_from(count).expect("counts below 1 are refused above");
    let placed = placement::place(image, count, factor, rng).map_err(unable)?;
    placed.into_iter().map(|replicas| partitions::placed(image, replicas, factor)).collect()
}

/// Decides a DeleteTopics request. Each topic succeeds or fails alone.
///
/// # Errors
/// Deletion is switched off, which fails the request as a whole.
pub fn delete(
    image: &Image,
    schema: &Schema,
    request: &DeleteTopicsRequest,
    version: i16,
) -> Result<Outcome<DeleteTopicsResponse>, Failure> {
    if !schema.delete_topic_enable() {
        // The code has its own number since version 3 of the request.
        return Err(if version < 3 {
            Failure::new(ErrorCode::INVALID_REQUEST, "Topic deletion is disabled.")
        } else {
            ErrorCode::TOPIC_DELETION_DISABLED.into()
        });
    }
    let mut deletion = Deletion { image, ids: BTreeMap::new(), spent: BTreeSet::new(), responses: Vec::new() };
    deletion.resolve(request);
    let mut records = Vec::new();
    for (topic_id, name) in std::mem::take(&mut deletion.ids) {
        records.push(RemoveTopicRecord { topic_id }.into());
        deletion.answer(Some(&name), topic_id, None);
    }
    let reply = DeleteTopicsResponse { responses: deletion.responses, ..DeleteTopicsResponse::default() };
    Ok(Outcome { records, reply })
}

struct Deletion<'a> {
    image: &'a Image,
    /// What is to be deleted.
    ids: BTreeMap<Uuid, String>,
    /// Ids that were given twice: nothing is deleted by them.
    spent: BTreeSet<Uuid>,
    responses: Vec<DeletableTopicResult>,
}

impl Deletion<'_> {
    fn resolve(&mut self, request: &DeleteTopicsRequest) {
        let invalid = |text: &str| Some(Failure::new(ErrorCode::INVALID_REQUEST, text));
        let mut names: Vec<&str> = request.topic_names.iter().map(String::as_str).collect();
        let mut ids = Vec::new();
        for topic in &request.topics {
            match (&topic.name, topic.topic_id.is_zero()) {
                (None, true) => {
                    self.answer(None, Uuid::ZERO, invalid("Neither topic name nor id were specified."));
                }
                (None, false) => ids.push(topic.topic_id),
                (Some(name), true) => names.push(name),
                (Some(name), false) => {
                    let failure = invalid("You may not specify both topic name and topic id.");
                    self.answer(Some(name), topic.topic_id, failure);
                }
            }
        }
        let (names, repeated_names) = split_repeated(names.into_iter());
        let (ids, repeated_ids) = split_repeated(ids.into_iter());
        for name in repeated_names {
            self.answer(Some(name), Uuid::ZERO, invalid("Duplicate topic name."));
        }
        for id in &repeated_ids {
            self.answer(None, *id, invalid("Duplicate topic id."));
        }
        self.spent = repeated_ids;
        ids.into_iter().for_each(|id| self.by_id(id));
        names.into_iter().for_each(|name| self.by_name(name));
    }

    fn by_id(&mut self, id: Uuid) {
        match self.image.topic_by_id(id) {
            Some(topic) => drop(self.ids.insert(id, topic.name.to_string())),
            None => self.answer(None, id, Some(ErrorCode::UNKNOWN_TOPIC_ID.into())),
        }
    }

    fn by_name(&mut self, name: &str) {
        let Some(topic) = self.image.topic(name) else {
            return self.answer(Some(name), Uuid::ZERO, Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION.into()));
        };
        if self.spent.contains(&topic.id) || self.ids.insert(topic.id, name.to_owned()).is_some() {
            self.ids.remove(&topic.id);
            self.spent.insert(topic.id);
            let text = "The provided topic name maps to an ID that was already supplied.";
            self.answer(Some(name), topic.id, Some(Failure::new(ErrorCode::INVALID_REQUEST, text)));
        }
    }

    fn answer(&mut self, name: Option<&str>, topic_id: Uuid, failure: Option<Failure>) {
        self.responses.push(DeletableTopicResult {
            name: name.map(str::to_owned),
            topic_id,
            error_code: failure.as_ref().map_or(ErrorCode::NONE, |failure| failure.code).wire(),
            error_message: failure.map(|failure| failure.message),
        });
    }
}
