//! CreatePartitions, and the first state of any new partition.

use super::elections::directory_for;
use super::{Outcome, placement, split_repeated};
use crate::io::rng::Rng;
use crate::metadata::{Image, MetadataRecord, Topic};
use crate::model::{ErrorCode, Failure, NodeId, Uuid};
use crate::protocol::messages::create_partitions_request::{CreatePartitionsAssignment, CreatePartitionsTopic};
use crate::protocol::messages::create_partitions_response::CreatePartitionsTopicResult;
use crate::protocol::messages::{CreatePartitionsRequest, CreatePartitionsResponse, PartitionRecord};

/// The most partitions that one request may create: each is a record, and all of them are one batch of the metadata log.
pub(super) const PARTITIONS_PER_REQUEST_MAX: i64 = 10_000;

/// A partition that is about to exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NewPartition {
    /// Its replicas; the first is preferred as leader.
    pub(super) replicas: Vec<NodeId>,
    /// Those of them that are alive; the first leads.
    pub(super) isr: Vec<NodeId>,
}

impl NewPartition {
    pub(super) fn record(
        &self,
        topic_id: Uuid,
        partition_id: i32,
        directory: &dyn Fn(NodeId) -> Uuid,
    ) -> PartitionRecord {
        let ids = |nodes: &[NodeId]| nodes.iter().map(|node| node.0).collect::<Vec<i32>>();
        PartitionRecord {
            partition_id,
            topic_id,
            replicas: ids(&self.replicas),
            isr: ids(&self.isr),
            leader: self.isr[0].0,
            leader_epoch: 0,
            partition_epoch: 0,
            directories: self.replicas.iter().map(|node| directory(*node)).collect(),
            ..PartitionRecord::default()
        }
    }
}

/// Refuses a request that would create too many partitions.
pub(super) fn check_total(counts: impl Iterator<Item = i64>) -> Result<(), Failure> {
    if counts.sum::<i64>() <= PARTITIONS_PER_REQUEST_MAX {
        return Ok(());
    }
    Err(Failure::new(ErrorCode::POLICY_VIOLATION, "Excessively large number of partitions per request."))
}

/// A partition on the brokers that a request names.
pub(super) fn assigned(
    image: &Image,
    number: i32,
    brokers: &[i32],
    replication_factor: Option<usize>,
) -> Result<NewPartition, Failure> {
    let refuse = |text: String| Err(Failure::new(ErrorCode::INVALID_REPLICA_ASSIGNMENT, text));
    if brokers.is_empty() {
        return refuse("The manual partition assignment includes an empty replica list.".to_owned());
    }
    let mut sorted = brokers.to_vec();
    sorted.sort_unstable();
    for (index, id) in sorted.iter().enumerate() {
        if image.broker(NodeId(*id)).is_none() {
            return refuse(format!(
                "The manual partition assignment includes broker {id}, but no such broker is registered."
            ));
        }
        if index > 0 && sorted[index - 1] == *id {
            return refuse(format!("The manual partition assignment includes the broker {id} more than once."));
        }
    }
    if let Some(factor) = replication_factor.filter(|factor| *factor != brokers.len()) {
        return refuse(format!(
            "The manual partition assignment includes a partition with {} replica(s), but this is not consistent with \
             previous partitions, which have {factor} replica(s).",
            brokers.len()
        ));
    }
    let replicas: Vec<NodeId> = brokers.iter().copied().map(NodeId).collect();
    let isr = alive(image, &replicas);
    if isr.is_empty() {
        return refuse(format!(
            "All brokers specified in the manual partition assignment for partition {number} are fenced or in controlled \
             shutdown."
        ));
    }
    Ok(NewPartition { replicas, isr })
}

/// A partition on brokers that were chosen for it.
pub(super) fn placed(image: &Image, replicas: Vec<NodeId>, factor: i16) -> Result<NewPartition, Failure> {
    let isr = alive(image, &replicas);
    if isr.is_empty() {
        let text = format!(
            "Unable to replicate the partition {factor} time(s): All brokers are currently fenced or in controlled \
             shutdown."
        );
        return Err(Failure::new(ErrorCode::INVALID_REPLICATION_FACTOR, text));
    }
    Ok(NewPartition { replicas, isr })
}

fn alive(image: &Image, replicas: &[NodeId]) -> Vec<NodeId> {
    replicas.iter().copied().filter(|node| image.brokers().is_active(*node)).collect()
}

/// Decides a CreatePartitions request. Each topic succeeds or fails alone.
#[must_use]
pub fn create(image: &Image, request: &CreatePartitionsRequest, rng: &dyn Rng) -> Outcome<CreatePartitionsResponse> {
    let (single, repeated) = split_repeated(request.topics.iter().map(|topic| topic.name.as_str()));
    let wanted = request.topics.iter().filter(|topic| single.contains(topic.name.as_str()));
    let total = check_total(wanted.clone().map(|topic| additional_wanted(image, topic)));
    let mut records = Vec::new();
    let duplicate = Failure::new(ErrorCode::INVALID_REQUEST, "Duplicate topic name.");
    let mut results: Vec<_> = repeated.into_iter().map(|name| result(name, Some(duplicate.clone()))).collect();
    for topic in wanted {
        let failure = match total.clone().and_then(|()| create_one(image, topic, rng)) {
            Ok(new) => {
                records.extend(new);
                None
            }
            Err(failure) => Some(failure),
        };
        results.push(result(&topic.name, failure));
    }
    if request.validate_only {
        records.clear();
    }
    Outcome { records, reply: CreatePartitionsResponse { results, ..CreatePartitionsResponse::default() } }
}

fn result(name: &str, failure: Option<Failure>) -> CreatePartitionsTopicResult {
    CreatePartitionsTopicResult {
        name: name.to_owned(),
        error_code: failure.as_ref().map_or(ErrorCode::NONE, |failure| failure.code).wire(),
        error_message: failure.map(|failure| failure.message),
    }
}

fn additional_wanted(image: &Image, topic: &CreatePartitionsTopic) -> i64 {
    let known = image.topic(&topic.name).map_or(0, |known| known.partition_count());
    i64::from(topic.count).saturating_sub(i64::from(known)).max(0)
}

fn create_one(image: &Image, request: &CreatePartitionsTopic, rng: &dyn Rng) -> Result<Vec<MetadataRecord>, Failure> {
    let topic = image.topic(&request.name).ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)?;
    let additional = additional_count(topic, request)?;
    let factor = topic.replication_factor();
    let partitions = match &request.assignments {
        Some(assignments) => assigned_all(image, topic, assignments)?,
        None => {
            let count = usize::try_from(additional).expect("a count that grows");
            let placed = placement::place(image, count, factor, rng)
                .map_err(|text| Failure::new(ErrorCode::INVALID_REPLICATION_FACTOR, text))?;
            placed.into_iter().map(|replicas| self::placed(image, replicas, factor)).collect::<Result<_, _>>()?
        }
    };
    let directory = |node: NodeId| directory_for(image, node);
    let numbered = partitions.iter().zip(topic.partition_count()..);
    Ok(numbered.map(|(partition, number)| partition.record(topic.id, number, &directory).into()).collect())
}

fn additional_count(topic: &Topic, request: &CreatePartitionsTopic) -> Result<i32, Failure> {
    let (known, wanted) = (topic.partition_count(), request.count);
    let refuse = |text: String| Err(Failure::new(ErrorCode::INVALID_PARTITIONS, text));
    if wanted == known {
        return refuse(format!("Topic already has {known} partition(s)."));
    }
    if wanted < known {
        return refuse(format!(
            "The topic {} currently has {known} partition(s); {wanted} would not be an increase.",
            topic.name
        ));
    }
    let additional = wanted - known;
    match &request.assignments {
        Some(given) if i32::try_from(given.len()) != Ok(additional) => {
            let text = format!(
                "Attempted to add {additional} additional partition(s), but only {} assignment(s) were specified.",
                given.len()
            );
            Err(Failure::new(ErrorCode::INVALID_REPLICA_ASSIGNMENT, text))
        }
        _ => Ok(additional),
    }
}

fn assigned_all(
    image: &Image,
    topic: &Topic,
    assignments: &[CreatePartitionsAssignment],
) -> Result<Vec<NewPartition>, Failure> {
    let factor = topic.partitions.first().map(|first| first.replicas.len());
    let numbered = assignments.iter().zip(topic.partition_count()..);
    numbered.map(|(assignment, number)| assigned(image, number, &assignment.broker_ids, factor)).collect()
}
