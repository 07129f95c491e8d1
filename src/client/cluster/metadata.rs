//! The cluster as its brokers describe it: a value that is replaced, never changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::model::{ErrorCode, LeaderEpoch, NodeId, TopicName, Uuid};
use crate::net::Address;
use crate::protocol::messages::MetadataResponse;
use crate::protocol::messages::metadata_response::{MetadataResponsePartition, MetadataResponseTopic};

/// One broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broker {
    /// Its node id.
    pub id: NodeId,
    /// Where it advertises itself.
    pub address: Address,
    /// `broker.rack`.
    pub rack: Option<String>,
}

/// One partition of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionMetadata {
    /// Its index.
    pub partition: i32,
    /// `NONE`, or why there is no leader.
    pub error: ErrorCode,
    /// The leader, where there is one.
    pub leader: Option<NodeId>,
    /// The leader's epoch, where the broker told it.
    pub leader_epoch: LeaderEpoch,
    /// The assigned replicas, the preferred leader first.
    pub replicas: Vec<NodeId>,
    /// The replicas in sync.
    pub isr: Vec<NodeId>,
    /// The replicas that are offline.
    pub offline: Vec<NodeId>,
}

/// One topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicMetadata {
    /// Its name.
    pub name: TopicName,
    /// Its id; zero where the broker does not know ids.
    pub id: Uuid,
    /// `NONE`, or why the rest is missing.
    pub error: ErrorCode,
    /// Whether it belongs to the brokers themselves.
    pub internal: bool,
    /// The partitions by index, without gaps where the topic has no error.
    pub partitions: Vec<PartitionMetadata>,
}

impl TopicMetadata {
    /// The partition `partition`.
    #[must_use]
    pub fn partition(&self, partition: i32) -> Option<&PartitionMetadata> {
        let place = self.partitions.binary_search_by_key(&partition, |row| row.partition).ok()?;
        self.partitions.get(place)
    }
}

/// What the brokers last told about the cluster.
#[derive(Debug, Clone, Default)]
pub struct Metadata {
    /// Counts the answers; 0 is "none yet".
    pub generation: u64,
    /// When the answer came, on the steady clock.
    pub fetched_at: Duration,
    /// The cluster's id.
    pub cluster_id: Option<String>,
    /// The broker to which requests for the controller go.
    pub controller: Option<NodeId>,
    /// The brokers by id.
    pub brokers: BTreeMap<NodeId, Broker>,
    /// The topics by name; only those that were asked for, or all.
    pub topics: BTreeMap<TopicName, Arc<TopicMetadata>>,
}

impl Metadata {
    /// The topic `name` where it is known and has no error.
    #[must_use]
    pub fn topic(&self, name: &str) -> Option<&Arc<TopicMetadata>> {
        self.topics.get(name).filter(|topic| topic.error.is_none())
    }

    /// The leader of a partition with its address, where both are known.
    #[must_use]
    pub fn leader(&self, topic: &str, partition: i32) -> Option<(&Broker, LeaderEpoch)> {
        let row = self.topic(topic)?.partition(partition)?;
        Some((self.brokers.get(&row.leader?)?, row.leader_epoch))
    }

    /// The name of the topic with this id.
    #[must_use]
    pub fn name_of(&self, id: Uuid) -> Option<&TopicName> {
        self.topics.values().find(|topic| topic.id == id).map(|topic| &topic.name)
    }

    /// What the brokers know after `answer`, in which a leader of an older epoch than ours does not replace it: another
    /// broker may lag behind (KIP-320).
    #[must_use]
    pub(super) fn after(&self, answer: MetadataResponse, now: Duration, complete: bool) -> Metadata {
        let brokers: BTreeMap<NodeId, Broker> = answer
            .brokers
            .into_iter()
            .filter_map(|row| {
                let address = Address::from_wire(&row.host, row.port)?;
                Some((NodeId(row.node_id), Broker { id: NodeId(row.node_id), address, rack: row.rack }))
            })
            .collect();
        let mut topics = if complete { BTreeMap::new() } else { self.topics.clone() };
        for row in answer.topics {
            let Some(name) = row.name.as_deref().map(TopicName::from).or_else(|| self.name_of(row.topic_id).cloned())
            else {
                continue;
            };
            let topic = read_topic(&name, row, self.topics.get(&name));
            topics.insert(name, Arc::new(topic));
        }
        Metadata {
            generation: self.generation + 1,
            fetched_at: now,
            cluster_id: answer.cluster_id,
            controller: Some(NodeId(answer.controller_id)).filter(|id| id.is_some()),
            brokers,
            topics,
        }
    }

    /// The same cluster with the leader that a broker named when it refused to be it, unless a newer one is known (KIP-951).
    #[must_use]
    pub(super) fn with_leader(&self, topic: &str, partition: i32, hint: &LeaderHint) -> Option<Metadata> {
        let known = self.topics.get(topic)?;
        let place = known.partitions.binary_search_by_key(&partition, |row| row.partition).ok()?;
        if hint.epoch <= known.partitions[place].leader_epoch {
            return None;
        }
        let broker = hint.broker.clone().or_else(|| self.brokers.get(&hint.leader).cloned())?;
        let mut changed = (**known).clone();
        changed.partitions[place].leader = Some(hint.leader);
        changed.partitions[place].leader_epoch = hint.epoch;
        changed.partitions[place].error = ErrorCode::NONE;
        let mut next = self.clone();
        next.generation += 1;
        next.brokers.insert(broker.id, broker);
        next.topics.insert(known.name.clone(), Arc::new(changed));
        Some(next)
    }

    /// Drops topics that nobody asks for any more.
    #[must_use]
    pub(super) fn only(mut self, wanted: &BTreeSet<TopicName>) -> Metadata {
        self.topics.retain(|name, _| wanted.contains(name));
        self
    }
}

/// A leader as an answer to Produce or Fetch names it.
#[derive(Debug, Clone)]
pub struct LeaderHint {
    /// The leader.
    pub leader: NodeId,
    /// Its epoch.
    pub epoch: LeaderEpoch,
    /// Where it is, where the answer says so.
    pub broker: Option<Broker>,
}

fn read_topic(name: &TopicName, row: MetadataResponseTopic, before: Option<&Arc<TopicMetadata>>) -> TopicMetadata {
    // An epoch counts within one life of the topic only.
    let before = before.filter(|before| before.id == row.topic_id);
    let mut partitions: Vec<PartitionMetadata> = row.partitions.into_iter().map(read_partition).collect();
    partitions.sort_unstable_by_key(|partition| partition.partition);
    partitions.dedup_by_key(|partition| partition.partition);
    for partition in &mut partitions {
        let newer = before
            .and_then(|before| before.partition(partition.partition))
            .filter(|known| known.leader_epoch > partition.leader_epoch && partition.leader_epoch.is_some());
        if let Some(newer) = newer {
            *partition = newer.clone();
        }
    }
    TopicMetadata {
        name: name.clone(),
        id: row.topic_id,
        error: ErrorCode::from_wire(row.error_code),
        internal: row.is_internal,
        partitions,
    }
}

fn read_partition(row: MetadataResponsePartition) -> PartitionMetadata {
    let nodes = |ids: Vec<i32>| ids.into_iter().map(NodeId).collect();
    PartitionMetadata {
        partition: row.partition_index,
        error: ErrorCode::from_wire(row.error_code),
        leader: Some(NodeId(row.leader_id)).filter(|id| id.is_some()),
        leader_epoch: LeaderEpoch(row.leader_epoch),
        replicas: nodes(row.replica_nodes),
        isr: nodes(row.isr_nodes),
        offline: nodes(row.offline_replicas),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::messages::metadata_response::MetadataResponseBroker;

    fn answer(leader: i32, epoch: i32, id: u8) -> MetadataResponse {
        let broker = |node_id| MetadataResponseBroker { node_id, host: "h".into(), port: 9092, ..Default::default() };
        let partition = MetadataResponsePartition { leader_id: leader, leader_epoch: epoch, ..Default::default() };
        MetadataResponse {
            brokers: vec![broker(1), broker(2)],
            topics: vec![MetadataResponseTopic {
                name: Some("t".into()),
                topic_id: Uuid([id; 16]),
                partitions: vec![partition],
                ..Default::default()
            }],
            ..Default::default()
        }
    }

    fn leader(metadata: &Metadata) -> Option<(i32, i32)> {
        metadata.leader("t", 0).map(|(broker, epoch)| (broker.id.0, epoch.0))
    }

    #[test]
    fn an_older_leader_epoch_does_not_replace_a_newer_one() {
        let first = Metadata::default().after(answer(1, 5, 7), Duration::ZERO, true);
        assert_eq!(leader(&first.after(answer(2, 4, 7), Duration::ZERO, true)), Some((1, 5)));
        assert_eq!(leader(&first.after(answer(2, 6, 7), Duration::ZERO, true)), Some((2, 6)));
    }

    /// Fault E12: a topic created again begins its epochs anew.
    #[test]
    fn a_topic_with_another_id_begins_anew() {
        let first = Metadata::default().after(answer(1, 5, 7), Duration::ZERO, true);
        assert_eq!(leader(&first.after(answer(2, 0, 8), Duration::ZERO, true)), Some((2, 0)));
    }

    #[test]
    fn a_hint_moves_the_leader_only_forward() {
        let first = Metadata::default().after(answer(1, 5, 7), Duration::ZERO, true);
        let hint = |epoch| LeaderHint { leader: NodeId(2), epoch: LeaderEpoch(epoch), broker: None };
        assert!(first.with_leader("t", 0, &hint(5)).is_none());
        assert_eq!(leader(&first.with_leader("t", 0, &hint(6)).unwrap()), Some((2, 6)));
    }

    #[test]
    fn a_broker_with_an_impossible_port_is_left_out() {
        let mut strange = answer(1, 0, 7);
        strange.brokers[0].port = 70_000;
        let metadata = Metadata::default().after(strange, Duration::ZERO, true);
        assert_eq!(leader(&metadata), None);
        assert_eq!(metadata.brokers.len(), 1);
    }
}
