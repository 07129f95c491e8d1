//! The cluster itself: its brokers, and which requests they know.

use super::Admin;
use super::call::{Target, check};
use super::topics::is_unsupported;
use crate::client::{Broker, ClientError, Wanted};
use crate::model::NodeId;
use crate::net::{Address, Lane};
use crate::protocol::messages::{ApiVersionsResponse, DescribeClusterRequest};

/// The cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterDescription {
    /// Its id, where the brokers tell it.
    pub cluster_id: Option<String>,
    /// The broker that takes requests for the controller.
    pub controller: Option<NodeId>,
    /// The brokers by id.
    pub brokers: Vec<Broker>,
}

/// Which requests one broker knows.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiVersionsRow {
    /// The broker.
    pub broker: Broker,
    /// What it answered.
    pub versions: ApiVersionsResponse,
}

impl Admin {
    /// Describes the cluster. Brokers before 2.8 are asked by Metadata.
    ///
    /// # Errors
    /// No broker could be asked.
    pub async fn describe_cluster(&self) -> Result<ClusterDescription, ClientError> {
        let asked = self
            .ask::<DescribeClusterRequest, _, _>(
                Target::Any,
                |_| Ok(DescribeClusterRequest::default()),
                |answer| check(answer.error_code, answer.error_message.as_deref()),
            )
            .await;
        match asked {
            Err(error) if is_unsupported(&error) => self.describe_cluster_by_metadata().await,
            Err(error) => Err(error),
            Ok(answered) => {
                let answer = answered.response;
                let broker = |row: crate::protocol::messages::describe_cluster_response::DescribeClusterBroker| {
                    let address = Address::from_wire(&row.host, row.port)?;
                    Some(Broker { id: NodeId(row.broker_id), address, rack: row.rack })
                };
                let mut brokers: Vec<Broker> = answer.brokers.into_iter().filter_map(broker).collect();
                brokers.sort_by_key(|broker| broker.id);
                Ok(ClusterDescription {
                    cluster_id: Some(answer.cluster_id),
                    controller: Some(NodeId(answer.controller_id)).filter(|id| id.is_some()),
                    brokers,
                })
            }
        }
    }

    async fn describe_cluster_by_metadata(&self) -> Result<ClusterDescription, ClientError> {
        let metadata = self.metadata_of(Wanted::None, "describeCluster").await?;
        Ok(ClusterDescription {
            cluster_id: metadata.cluster_id.clone(),
            controller: metadata.controller,
            brokers: metadata.brokers.values().cloned().collect(),
        })
    }

    /// Asks every broker which requests it knows; a broker that cannot be reached has an error in its place.
    ///
    /// # Errors
    /// No broker could be asked for the others.
    pub async fn broker_api_versions(&self) -> Result<Vec<(Broker, Result<ApiVersionsRow, ClientError>)>, ClientError> {
        let cluster = self.describe_cluster().await?;
        let mut rows = Vec::new();
        for broker in cluster.brokers {
            let row = self
                .cluster
                .peer(&broker.address, Lane::Requests)
                .await
                .map(|peer| ApiVersionsRow { broker: broker.clone(), versions: peer.versions().answer().clone() });
            rows.push((broker, row));
        }
        Ok(rows)
    }
}
