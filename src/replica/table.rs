//! The replicas of this broker, found by topic name and by topic id.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::partition::Partition;
use crate::model::{TopicName, Uuid};

/// A topic of which this broker has replicas.
#[derive(Debug, Clone)]
struct Hosted {
    name: TopicName,
    id: Uuid,
    partitions: BTreeMap<i32, Arc<Partition>>,
}

/// Every replica. A change makes a new table, so that the way of a request takes no lock.
#[derive(Debug, Clone, Default)]
pub(super) struct Table {
    by_name: HashMap<TopicName, Arc<Hosted>>,
    by_id: HashMap<Uuid, Arc<Hosted>>,
}

impl Table {
    pub(super) fn by_name(&self, topic: &str, partition: i32) -> Option<&Arc<Partition>> {
        self.by_name.get(topic)?.partitions.get(&partition)
    }

    pub(super) fn by_id(&self, topic: Uuid, partition: i32) -> Option<&Arc<Partition>> {
        self.by_id.get(&topic)?.partitions.get(&partition)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<Partition>> {
        self.by_id.values().flat_map(|hosted| hosted.partitions.values())
    }

    pub(super) fn topic(&self, id: Uuid) -> impl Iterator<Item = &Arc<Partition>> {
        self.by_id.get(&id).into_iter().flat_map(|hosted| hosted.partitions.values())
    }

    pub(super) fn insert(&mut self, partition: Arc<Partition>) {
        let (name, id) = (Arc::clone(&partition.name().topic), partition.id().topic_id);
        let hosted = self
            .by_id
            .entry(id)
            .or_insert_with(|| Arc::new(Hosted { name: Arc::clone(&name), id, partitions: BTreeMap::new() }));
        Arc::make_mut(hosted).partitions.insert(partition.name().partition, partition);
        self.by_name.insert(name, Arc::clone(hosted));
    }

    pub(super) fn remove(&mut self, topic: Uuid, partition: i32) -> Option<Arc<Partition>> {
        let hosted = Arc::make_mut(self.by_id.get_mut(&topic)?);
        let removed = hosted.partitions.remove(&partition);
        let (name, is_empty) = (Arc::clone(&hosted.name), hosted.partitions.is_empty());
        if is_empty {
            self.by_id.remove(&topic);
            self.by_name.retain(|its, hosted| *its != name || hosted.id != topic);
        } else if let Some(hosted) = self.by_id.get(&topic) {
            self.by_name.insert(name, Arc::clone(hosted));
        }
        removed
    }
}
