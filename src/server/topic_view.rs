//! What a client is told of a partition: the image, seen through the listener that the client came by.

use crate::metadata::{Broker, Endpoint, Image, PartitionState};
use crate::model::{ErrorCode, NodeId};

/// An image as seen through one listener.
#[derive(Debug, Clone, Copy)]
pub(super) struct TopicView<'a> {
    pub(super) image: &'a Image,
    pub(super) listener: &'a str,
}

/// The replicas of a partition, as the wire counts brokers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Nodes {
    /// The leader, -1 where it has none that can be reached.
    pub(super) leader: i32,
    pub(super) replicas: Vec<i32>,
    pub(super) isr: Vec<i32>,
    pub(super) offline: Vec<i32>,
    /// Why the leader cannot be reached.
    pub(super) error: ErrorCode,
}

impl<'a> TopicView<'a> {
    /// The brokers that clients of this listener can reach, with their addresses.
    pub(super) fn brokers(self) -> impl Iterator<Item = (&'a Broker, &'a Endpoint)> {
        let reachable = move |broker: &'a std::sync::Arc<Broker>| {
            Some((broker.as_ref(), broker.endpoint(self.listener)?)).filter(|_| !broker.fenced)
        };
        self.image.brokers().iter().filter_map(reachable)
    }

    /// Where a broker is reached through this listener.
    pub(super) fn endpoint(self, id: NodeId) -> Option<&'a Endpoint> {
        self.image.broker(id)?.endpoint(self.listener)
    }

    /// The nodes of a partition.
    pub(super) fn nodes(self, partition: &PartitionState) -> Nodes {
        let (leader, error) = match self.image.broker(partition.leader) {
            None => (NodeId::NONE, ErrorCode::LEADER_NOT_AVAILABLE),
            Some(broker) if broker.endpoint(self.listener).is_none() => (NodeId::NONE, ErrorCode::LISTENER_NOT_FOUND),
            Some(_) => (partition.leader, ErrorCode::NONE),
        };
        let offline = partition.replicas.iter().filter(|id| self.is_offline(**id)).copied();
        Nodes {
            leader: leader.0,
            replicas: numbers(&partition.replicas),
            isr: numbers(&partition.isr),
            offline: offline.map(|id| id.0).collect(),
            error,
        }
    }

    /// Whether clients of this listener cannot reach the replica on a broker.
    pub(super) fn is_offline(self, id: NodeId) -> bool {
        self.image.broker(id).is_none_or(|broker| broker.fenced || broker.endpoint(self.listener).is_none())
    }
}

/// Ids as the wire has them.
pub(super) fn numbers(ids: &[NodeId]) -> Vec<i32> {
    ids.iter().map(|id| id.0).collect()
}
