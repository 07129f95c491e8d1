//! More partitions for a topic.

use super::call::{Target, check, misplaced};
use super::{Admin, CreateOptions, Rows};
use crate::client::ClientError;
use crate::model::NodeId;
use crate::protocol::messages::CreatePartitionsRequest;
use crate::protocol::messages::create_partitions_request::{CreatePartitionsAssignment, CreatePartitionsTopic};

/// How many partitions a topic shall have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPartitions {
    /// The topic.
    pub topic: String,
    /// The number in all, not only of the new ones.
    pub count: i32,
    /// The replicas of each new partition; `None` leaves them to the controller.
    pub assignments: Option<Vec<Vec<NodeId>>>,
}

impl Admin {
    /// Adds partitions to topics.
    ///
    /// # Errors
    /// The controller could not be asked.
    pub async fn create_partitions(
        &self,
        topics: &[NewPartitions],
        options: CreateOptions,
    ) -> Result<Rows<String, ()>, ClientError> {
        let build = |_| {
            Ok(CreatePartitionsRequest {
                topics: topics.iter().map(wanted).collect(),
                timeout_ms: self.broker_timeout_ms(),
                validate_only: options == CreateOptions::ValidateOnly,
            })
        };
        let answered = self
            .ask::<CreatePartitionsRequest, _, _>(Target::Controller, build, |answer| {
                misplaced(answer.results.iter().map(|row| row.error_code))
            })
            .await?;
        let rows = answered.response.results.into_iter();
        Ok(rows.map(|row| (row.name, check(row.error_code, row.error_message.as_deref()))).collect())
    }
}

fn wanted(topic: &NewPartitions) -> CreatePartitionsTopic {
    let assignment =
        |replicas: &Vec<NodeId>| CreatePartitionsAssignment { broker_ids: replicas.iter().map(|id| id.0).collect() };
    CreatePartitionsTopic {
        name: topic.topic.clone(),
        count: topic.count,
        assignments: topic.assignments.as_ref().map(|each| each.iter().map(assignment).collect()),
    }
}
