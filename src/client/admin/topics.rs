//! Topics: create, delete, list, describe.

use std::collections::{BTreeMap, BTreeSet};

use super::call::{Target, check, misplaced};
use super::{Admin, Rows};
use crate::client::{ClientError, Metadata, Wanted};
use crate::model::{ErrorCode, LeaderEpoch, NodeId, TopicName, Uuid};
use crate::protocol::messages::create_topics_request::{
    CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfig,
};
use crate::protocol::messages::create_topics_response::CreatableTopicResult;
use crate::protocol::messages::delete_topics_request::DeleteTopicState;
use crate::protocol::messages::describe_topic_partitions_request::{Cursor, TopicRequest};
use crate::protocol::messages::describe_topic_partitions_response::{
    DescribeTopicPartitionsResponsePartition, DescribeTopicPartitionsResponseTopic,
};
use crate::protocol::messages::{
    CreateTopicsRequest, DeleteTopicsRequest, DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse,
};

/// The first version of CreateTopics that leaves partition count and replication factor to the broker (KIP-464).
const BROKER_DEFAULTS_FROM: i16 = 4;
/// The first version of DeleteTopics that names a topic in a struct of its own.
const DELETE_BY_STATE_FROM: i16 = 6;
/// Partitions in one answer to DescribeTopicPartitions.
const DESCRIBED_PARTITIONS_MAX: i32 = 2000;

/// A topic to create.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewTopic {
    /// Its name.
    pub name: String,
    /// The number of partitions; `None` leaves it to the broker (`num.partitions`).
    pub partitions: Option<i32>,
    /// The number of replicas; `None` leaves it to the broker (`default.replication.factor`).
    pub replication_factor: Option<i16>,
    /// The replicas of each partition, the preferred leader first; in place of the two numbers.
    pub assignments: Vec<Vec<NodeId>>,
    /// Topic properties.
    pub configs: BTreeMap<String, String>,
}

impl NewTopic {
    /// A topic with this many partitions and replicas.
    pub fn new(name: impl Into<String>, partitions: i32, replication_factor: i16) -> NewTopic {
        NewTopic {
            name: name.into(),
            partitions: Some(partitions),
            replication_factor: Some(replication_factor),
            ..NewTopic::default()
        }
    }
}

/// How topics are created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CreateOptions {
    /// For real.
    #[default]
    Create,
    /// Only checked.
    ValidateOnly,
}

/// A topic that was created.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CreatedTopic {
    /// Its id; zero where the broker does not tell.
    pub id: Uuid,
    /// The number of partitions; -1 where the broker does not tell.
    pub partitions: i32,
    /// The number of replicas; -1 where the broker does not tell.
    pub replication_factor: i16,
}

/// A topic in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicListing {
    /// Its name.
    pub name: TopicName,
    /// Its id.
    pub id: Uuid,
    /// Whether it belongs to the brokers themselves.
    pub internal: bool,
}

/// A topic with its partitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicDescription {
    /// Its name.
    pub name: TopicName,
    /// Its id.
    pub id: Uuid,
    /// Whether it belongs to the brokers themselves.
    pub internal: bool,
    /// Its partitions by index.
    pub partitions: Vec<PartitionDescription>,
}

/// One partition of a described topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionDescription {
    /// Its index.
    pub partition: i32,
    /// The leader, where there is one.
    pub leader: Option<NodeId>,
    /// The leader's epoch, where the broker told it.
    pub leader_epoch: LeaderEpoch,
    /// The assigned replicas, the preferred leader first.
    pub replicas: Vec<NodeId>,
    /// The replicas in sync.
    pub isr: Vec<NodeId>,
    /// The eligible leader replicas (KIP-966); `None` where the broker does not tell them.
    pub elr: Option<Vec<NodeId>>,
    /// The last known eligible leader replicas; `None` where the broker does not tell them.
    pub last_known_elr: Option<Vec<NodeId>>,
    /// The replicas that are offline.
    pub offline: Vec<NodeId>,
}

impl Admin {
    /// Creates topics.
    ///
    /// # Errors
    /// The controller could not be asked.
    pub async fn create_topics(
        &self,
        topics: &[NewTopic],
        options: CreateOptions,
    ) -> Result<Rows<String, CreatedTopic>, ClientError> {
        let build = |version| create_request(topics, options, version, self.broker_timeout_ms());
        let answered = self
            .ask::<CreateTopicsRequest, _, _>(Target::Controller, build, |answer| {
                misplaced(answer.topics.iter().map(|topic| topic.error_code))
            })
            .await?;
        let row = |topic: CreatableTopicResult| {
            let created = check(topic.error_code, topic.error_message.as_deref()).map(|()| CreatedTopic {
                id: topic.topic_id,
                partitions: topic.num_partitions,
                replication_factor: topic.replication_factor,
            });
            (topic.name, created)
        };
        Ok(answered.response.topics.into_iter().map(row).collect())
    }

    /// Deletes topics by name.
    ///
    /// # Errors
    /// The controller could not be asked.
    pub async fn delete_topics(&self, names: &[String]) -> Result<Rows<String, ()>, ClientError> {
        let timeout_ms = self.broker_timeout_ms();
        let build = |version| {
            let state = |name: &String| DeleteTopicState { name: Some(name.clone()), ..Default::default() };
            Ok(if version >= DELETE_BY_STATE_FROM {
                let topics = names.iter().map(state).collect();
                DeleteTopicsRequest { topics, timeout_ms, ..Default::default() }
            } else {
                DeleteTopicsRequest { topic_names: names.to_vec(), timeout_ms, ..Default::default() }
            })
        };
        let answered = self
            .ask::<DeleteTopicsRequest, _, _>(Target::Controller, build, |answer| {
                misplaced(answer.responses.iter().map(|topic| topic.error_code))
            })
            .await?;
        let rows = answered.response.responses.into_iter();
        Ok(rows
            .map(|row| (row.name.unwrap_or_default(), check(row.error_code, row.error_message.as_deref())))
            .collect())
    }

    /// Lists every topic by name, internal ones too.
    ///
    /// # Errors
    /// No broker could be asked.
    pub async fn list_topics(&self) -> Result<Vec<TopicListing>, ClientError> {
        let metadata = self.metadata_of(Wanted::All, "listTopics").await?;
        let listed = metadata.topics.values().filter(|topic| topic.error.is_none());
        Ok(listed
            .map(|topic| TopicListing { name: topic.name.clone(), id: topic.id, internal: topic.internal })
            .collect())
    }

    /// Describes topics by name. Brokers before 3.8 are asked by Metadata, which knows no eligible leader replicas.
    ///
    /// # Errors
    /// No broker could be asked.
    pub async fn describe_topics(&self, names: &[String]) -> Result<Rows<String, TopicDescription>, ClientError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        match self.describe_by_partitions(names).await {
            Err(error) if is_unsupported(&error) => self.describe_by_metadata(names).await,
            described => described,
        }
    }

    async fn describe_by_partitions(&self, names: &[String]) -> Result<Rows<String, TopicDescription>, ClientError> {
        let mut found: BTreeMap<String, Result<TopicDescription, ClientError>> = BTreeMap::new();
        let sorted: BTreeSet<&String> = names.iter().collect();
        let mut cursor: Option<Cursor> = None;
        loop {
            let page = self.describe_page(&sorted, cursor.take()).await?;
            let next = page.next_cursor;
            page.topics.into_iter().for_each(|topic| collect_topic(&mut found, topic));
            let Some(next) = next else { break };
            cursor = Some(Cursor { topic_name: next.topic_name, partition_index: next.partition_index });
        }
        let row = |name: &String| {
            let missing = || Err(ClientError::code(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION));
            (name.clone(), found.get(name).cloned().unwrap_or_else(missing))
        };
        Ok(names.iter().map(row).collect())
    }

    async fn describe_page(
        &self,
        names: &BTreeSet<&String>,
        cursor: Option<Cursor>,
    ) -> Result<DescribeTopicPartitionsResponse, ClientError> {
        let wanted = |name: &&&String| cursor.as_ref().is_none_or(|cursor| name.as_str() >= cursor.topic_name.as_str());
        let topics: Vec<TopicRequest> =
            names.iter().filter(wanted).map(|name| TopicRequest { name: (*name).clone() }).collect();
        let build = |_| {
            Ok(DescribeTopicPartitionsRequest {
                topics: topics.clone(),
                response_partition_limit: DESCRIBED_PARTITIONS_MAX,
                cursor: cursor.clone(),
            })
        };
        let answered = self.ask::<DescribeTopicPartitionsRequest, _, _>(Target::Any, build, |_| Ok(())).await?;
        Ok(answered.response)
    }

    async fn describe_by_metadata(&self, names: &[String]) -> Result<Rows<String, TopicDescription>, ClientError> {
        let wanted = Wanted::Topics(names.iter().map(|name| TopicName::from(name.as_str())).collect());
        let metadata = self.metadata_of(wanted, "describeTopics").await?;
        Ok(names.iter().map(|name| (name.clone(), from_metadata(&metadata, name))).collect())
    }

    /// Metadata of exactly these topics, fetched now.
    pub(super) async fn metadata_of(
        &self,
        wanted: Wanted,
        call: &str,
    ) -> Result<std::sync::Arc<Metadata>, ClientError> {
        self.cluster.set_wanted(wanted);
        let what = || format!("Timed out waiting for a node assignment. Call: {call}");
        let (deadline, pauses) = (self.deadline(), self.cluster.pauses());
        crate::client::retrying(what, &deadline, &pauses, || self.cluster.refresh()).await
    }
}

pub(super) fn is_unsupported(error: &ClientError) -> bool {
    match error {
        ClientError::Peer(cause) => matches!(**cause, crate::net::PeerError::Unsupported { .. }),
        other => other.error_code() == Some(ErrorCode::UNSUPPORTED_VERSION),
    }
}

fn create_request(
    topics: &[NewTopic],
    options: CreateOptions,
    version: i16,
    timeout_ms: i32,
) -> Result<CreateTopicsRequest, ClientError> {
    let incomplete = |topic: &&NewTopic| {
        topic.assignments.is_empty() && (topic.partitions.is_none() || topic.replication_factor.is_none())
    };
    if version < BROKER_DEFAULTS_FROM && topics.iter().any(|topic| incomplete(&topic)) {
        return Err(ClientError::Server(crate::model::Failure::new(
            ErrorCode::UNSUPPORTED_VERSION,
            "Creating topics with default partitions/replication factor are only supported in CreateTopicRequest version 4+",
        )));
    }
    Ok(CreateTopicsRequest {
        topics: topics.iter().map(creatable).collect(),
        timeout_ms,
        validate_only: options == CreateOptions::ValidateOnly,
    })
}

fn creatable(topic: &NewTopic) -> CreatableTopic {
    let assignment = |(index, replicas): (usize, &Vec<NodeId>)| CreatableReplicaAssignment {
        partition_index: i32::try_from(index).unwrap_or(i32::MAX),
        broker_ids: replicas.iter().map(|id| id.0).collect(),
    };
    let manual = !topic.assignments.is_empty();
    CreatableTopic {
        name: topic.name.clone(),
        num_partitions: if manual { -1 } else { topic.partitions.unwrap_or(-1) },
        replication_factor: if manual { -1 } else { topic.replication_factor.unwrap_or(-1) },
        assignments: topic.assignments.iter().enumerate().map(assignment).collect(),
        configs: topic
            .configs
            .iter()
            .map(|(name, value)| CreatableTopicConfig { name: name.clone(), value: Some(value.clone()) })
            .collect(),
    }
}

/// Adds what one page tells of a topic; a topic with many partitions comes in several pages.
fn collect_topic(
    found: &mut BTreeMap<String, Result<TopicDescription, ClientError>>,
    topic: DescribeTopicPartitionsResponseTopic,
) {
    let Some(name) = topic.name else { return };
    if let Err(error) = check(topic.error_code, None) {
        found.insert(name, Err(error));
        return;
    }
    let mut partitions: Vec<PartitionDescription> = topic.partitions.into_iter().map(described).collect();
    match found.get_mut(&name) {
        Some(Ok(known)) => known.partitions.append(&mut partitions),
        _ => {
            let description = TopicDescription {
                name: TopicName::from(name.as_str()),
                id: topic.topic_id,
                internal: topic.is_internal,
                partitions,
            };
            found.insert(name, Ok(description));
        }
    }
}

fn described(row: DescribeTopicPartitionsResponsePartition) -> PartitionDescription {
    PartitionDescription {
        partition: row.partition_index,
        leader: Some(NodeId(row.leader_id)).filter(|id| id.is_some()),
        leader_epoch: LeaderEpoch(row.leader_epoch),
        replicas: nodes(row.replica_nodes),
        isr: nodes(row.isr_nodes),
        elr: row.eligible_leader_replicas.map(nodes),
        last_known_elr: row.last_known_elr.map(nodes),
        offline: nodes(row.offline_replicas),
    }
}

pub(super) fn nodes(ids: Vec<i32>) -> Vec<NodeId> {
    ids.into_iter().map(NodeId).collect()
}

fn from_metadata(metadata: &Metadata, name: &str) -> Result<TopicDescription, ClientError> {
    let topic = metadata.topics.get(name).ok_or_else(|| ClientError::code(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION))?;
    check(topic.error.wire(), None)?;
    let partitions = topic.partitions.iter().map(|row| PartitionDescription {
        partition: row.partition,
        leader: row.leader,
        leader_epoch: row.leader_epoch,
        replicas: row.replicas.clone(),
        isr: row.isr.clone(),
        elr: None,
        last_known_elr: None,
        offline: row.offline.clone(),
    });
    Ok(TopicDescription {
        name: topic.name.clone(),
        id: topic.id,
        internal: topic.internal,
        partitions: partitions.collect(),
    })
}
