//! Groups: list, describe, delete.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::call::{Target, check, misplaced};
use super::topics::is_unsupported;
use super::{Admin, Rows};
use crate::client::ClientError;
use crate::model::{ErrorCode, NodeId, TopicPartition};
use crate::net::Address;
use crate::protocol::consumer_protocol;
use crate::protocol::messages::consumer_group_describe_response::{
    Assignment, DescribedGroup as DescribedConsumerGroup, Member,
};
use crate::protocol::messages::describe_groups_response::{DescribedGroup, DescribedGroupMember};
use crate::protocol::messages::{
    ConsumerGroupDescribeRequest, DeleteGroupsRequest, DescribeGroupsRequest, ListGroupsRequest, ListGroupsResponse,
};

/// The first version of ListGroups that filters by state.
const STATES_FROM: i16 = 4;
/// The first version of ListGroups that filters by type.
const TYPES_FROM: i16 = 5;

/// Which groups a list shall hold; empty sets mean all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupFilter {
    /// Kafka's names of states: `Stable`, `Empty` and the like.
    pub states: Vec<String>,
    /// Kafka's names of types: `Classic`, `Consumer` and the like.
    pub types: Vec<String>,
}

/// A group in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupListing {
    /// Its id.
    pub group_id: String,
    /// What its members agree on: `consumer` for consumers.
    pub protocol_type: String,
    /// Its state; empty where the broker does not tell.
    pub state: String,
    /// Its type; empty where the broker does not tell.
    pub kind: String,
}

/// A group with its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupDescription {
    /// Its id.
    pub group_id: String,
    /// Kafka's name of its state.
    pub state: String,
    /// `Classic` or `Consumer`.
    pub kind: &'static str,
    /// What its members agree on.
    pub protocol_type: String,
    /// The assignor in use.
    pub assignor: String,
    /// The broker that coordinates it.
    pub coordinator: Option<(NodeId, Address)>,
    /// The group's epoch, for groups of the new protocol.
    pub epoch: Option<i32>,
    /// The epoch of the target assignment, for groups of the new protocol.
    pub target_epoch: Option<i32>,
    /// Its members.
    pub members: Vec<GroupMember>,
}

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupMember {
    /// The id that the coordinator gave it.
    pub member_id: String,
    /// `group.instance.id`.
    pub instance_id: Option<String>,
    /// `client.id`.
    pub client_id: String,
    /// Where it connects from.
    pub host: String,
    /// What it reads.
    pub assignment: Vec<TopicPartition>,
    /// What it shall read, in groups of the new protocol.
    pub target: Option<Vec<TopicPartition>>,
    /// Its epoch, in groups of the new protocol.
    pub epoch: Option<i32>,
    /// What it told the group, in classic groups.
    pub metadata: Bytes,
}

impl Admin {
    /// Lists the groups of all brokers, by id. Where some brokers cannot be asked their errors stand beside the groups.
    ///
    /// # Errors
    /// No broker could be asked for the others.
    pub async fn list_groups(
        &self,
        filter: &GroupFilter,
    ) -> Result<(Vec<GroupListing>, Vec<ClientError>), ClientError> {
        let cluster = self.describe_cluster().await?;
        let (mut found, mut errors) = (BTreeMap::new(), Vec::new());
        for broker in cluster.brokers {
            let asked = self
                .ask::<ListGroupsRequest, _, _>(
                    Target::Broker(broker.id),
                    |version| list_request(filter, version),
                    |answer| check(answer.error_code, None),
                )
                .await;
            match asked {
                Ok(answered) => collect(&mut found, answered.response),
                Err(error) => errors.push(error),
            }
        }
        Ok((found.into_values().collect(), errors))
    }

    /// Describes consumer groups of either protocol, each at its coordinator.
    pub async fn describe_consumer_groups(&self, groups: &[String]) -> Rows<String, GroupDescription> {
        let mut rows = Vec::with_capacity(groups.len());
        for group in groups {
            let described = match self.describe_new_group(group).await {
                Err(error) if is_unsupported(&error) || is_classic(&error) => self.describe_classic_group(group).await,
                described => described,
            };
            rows.push((group.clone(), described));
        }
        rows
    }

    /// Describes classic groups of any protocol type, each at its coordinator.
    pub async fn describe_classic_groups(&self, groups: &[String]) -> Rows<String, GroupDescription> {
        let mut rows = Vec::with_capacity(groups.len());
        for group in groups {
            rows.push((group.clone(), self.describe_classic_group(group).await));
        }
        rows
    }

    async fn describe_new_group(&self, group: &str) -> Result<GroupDescription, ClientError> {
        let build = |_| {
            Ok(ConsumerGroupDescribeRequest { group_ids: vec![group.to_owned()], include_authorized_operations: false })
        };
        let answered = self
            .ask::<ConsumerGroupDescribeRequest, _, _>(Target::Group(group.to_owned()), build, |answer| {
                misplaced(answer.groups.iter().map(|row| row.error_code))
            })
            .await?;
        let row = answered.response.groups.into_iter().next().ok_or_else(missing)?;
        check(row.error_code, row.error_message.as_deref())?;
        Ok(GroupDescription { coordinator: self.coordinator_of(group).await, ..from_new(row) })
    }

    async fn describe_classic_group(&self, group: &str) -> Result<GroupDescription, ClientError> {
        let build =
            |_| Ok(DescribeGroupsRequest { groups: vec![group.to_owned()], include_authorized_operations: false });
        let answered = self
            .ask::<DescribeGroupsRequest, _, _>(Target::Group(group.to_owned()), build, |answer| {
                misplaced(answer.groups.iter().map(|row| row.error_code))
            })
            .await?;
        let row = answered.response.groups.into_iter().next().ok_or_else(missing)?;
        check(row.error_code, row.error_message.as_deref())?;
        Ok(GroupDescription { coordinator: self.coordinator_of(group).await, ..from_classic(row) })
    }

    async fn coordinator_of(&self, group: &str) -> Option<(NodeId, Address)> {
        let kind = crate::client::CoordinatorKind::Group;
        let address = self.cluster.coordinator_address(kind, group).await.ok()?;
        let mut metadata = self.cluster.metadata();
        if metadata.generation == 0 {
            metadata = self.cluster.refresh().await.ok()?;
        }
        let broker = metadata.brokers.values().find(|broker| broker.address == address)?;
        Some((broker.id, address))
    }

    /// Deletes groups without members, each at its coordinator.
    pub async fn delete_groups(&self, groups: &[String]) -> Rows<String, ()> {
        let mut rows = Vec::with_capacity(groups.len());
        for group in groups {
            let build = |_| Ok(DeleteGroupsRequest { groups_names: vec![group.clone()] });
            let asked = self
                .ask::<DeleteGroupsRequest, _, _>(Target::Group(group.clone()), build, |answer| {
                    misplaced(answer.results.iter().map(|row| row.error_code))
                })
                .await;
            let deleted = asked.and_then(|answered| {
                let row = answered.response.results.into_iter().next().ok_or_else(missing)?;
                check(row.error_code, None)
            });
            rows.push((group.clone(), deleted));
        }
        rows
    }
}

fn missing() -> ClientError {
    ClientError::code(ErrorCode::UNKNOWN_SERVER_ERROR)
}

/// A coordinator says so of a group that is there but not of the new protocol.
fn is_classic(error: &ClientError) -> bool {
    error.error_code() == Some(ErrorCode::GROUP_ID_NOT_FOUND)
}

fn list_request(filter: &GroupFilter, version: i16) -> Result<ListGroupsRequest, ClientError> {
    let unsupported = |what: &str| {
        let message = format!("The broker does not support {what} in ListGroups version {version}.");
        ClientError::Server(crate::model::Failure::new(ErrorCode::UNSUPPORTED_VERSION, message))
    };
    if version < STATES_FROM && !filter.states.is_empty() {
        return Err(unsupported("a filter by state"));
    }
    if version < TYPES_FROM && !filter.types.is_empty() {
        return Err(unsupported("a filter by type"));
    }
    Ok(ListGroupsRequest { states_filter: filter.states.clone(), types_filter: filter.types.clone() })
}

fn collect(found: &mut BTreeMap<String, GroupListing>, answer: ListGroupsResponse) {
    for row in answer.groups {
        let listing = GroupListing {
            group_id: row.group_id.clone(),
            protocol_type: row.protocol_type,
            state: row.group_state,
            kind: row.group_type,
        };
        found.insert(row.group_id, listing);
    }
}

fn from_classic(row: DescribedGroup) -> GroupDescription {
    GroupDescription {
        group_id: row.group_id,
        state: row.group_state,
        kind: "Classic",
        protocol_type: row.protocol_type,
        assignor: row.protocol_data,
        coordinator: None,
        epoch: None,
        target_epoch: None,
        members: row.members.into_iter().map(classic_member).collect(),
    }
}

fn classic_member(row: DescribedGroupMember) -> GroupMember {
    // Groups of other protocol types put other bytes here; they have no partitions then.
    let assignment = match row.member_assignment.is_empty() {
        true => Vec::new(),
        false => consumer_protocol::decode_assignment(row.member_assignment)
            .map(|read| {
                let topics = read.assigned_partitions.into_iter();
                topics.flat_map(|topic| partitions(&topic.topic, &topic.partitions)).collect()
            })
            .unwrap_or_default(),
    };
    GroupMember {
        member_id: row.member_id,
        instance_id: row.group_instance_id,
        client_id: row.client_id,
        host: row.client_host,
        assignment,
        target: None,
        epoch: None,
        metadata: row.member_metadata,
    }
}

fn from_new(row: DescribedConsumerGroup) -> GroupDescription {
    GroupDescription {
        group_id: row.group_id,
        state: row.group_state,
        kind: "Consumer",
        protocol_type: consumer_protocol::PROTOCOL_TYPE.to_owned(),
        assignor: row.assignor_name,
        coordinator: None,
        epoch: Some(row.group_epoch),
        target_epoch: Some(row.assignment_epoch),
        members: row.members.into_iter().map(new_member).collect(),
    }
}

fn new_member(row: Member) -> GroupMember {
    GroupMember {
        member_id: row.member_id,
        instance_id: row.instance_id,
        client_id: row.client_id,
        host: row.client_host,
        assignment: assigned(&row.assignment),
        target: Some(assigned(&row.target_assignment)),
        epoch: Some(row.member_epoch),
        metadata: Bytes::new(),
    }
}

fn assigned(assignment: &Assignment) -> Vec<TopicPartition> {
    assignment.topic_partitions.iter().flat_map(|topic| partitions(&topic.topic_name, &topic.partitions)).collect()
}

fn partitions(topic: &str, indexes: &[i32]) -> Vec<TopicPartition> {
    let sorted: BTreeSet<i32> = indexes.iter().copied().collect();
    sorted.into_iter().map(|index| TopicPartition::new(topic, index)).collect()
}
