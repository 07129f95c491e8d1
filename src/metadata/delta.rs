//! What changed between two images.

use std::sync::Arc;

use super::image::{ConfigResource, Image, PartitionState, Topic};
use crate::model::{TopicPartition, TopicPartitionId, Uuid};

/// The difference between two images, as the brokers need it: which partitions to open, turn or close, and whose
/// configuration to read again.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Delta {
    /// Topics that the newer image alone has, by id.
    pub topics_created: Vec<Arc<Topic>>,
    /// Topics that the older image alone has. A topic that was deleted and created again is in both lists.
    pub topics_deleted: Vec<Arc<Topic>>,
    /// Partitions whose state changed, and partitions that are new, also those of topics that are new.
    pub partitions_changed: Vec<PartitionChange>,
    /// Resources whose dynamic configuration changed, appeared or went, by kind and name.
    pub configs_changed: Vec<ConfigResource>,
    /// Whether a broker registered, changed or went.
    pub brokers_changed: bool,
    /// Whether the level of a finalized feature changed.
    pub features_changed: bool,
}

/// A partition before and after.
#[derive(Debug, Clone, PartialEq)]
pub struct PartitionChange {
    /// The partition, by name.
    pub partition: TopicPartition,
    /// The topic's id.
    pub topic_id: Uuid,
    /// Its state in the older image; `None` when it is new.
    pub before: Option<Arc<PartitionState>>,
    /// Its state in the newer image.
    pub after: Arc<PartitionState>,
}

impl PartitionChange {
    /// The partition, by topic id.
    #[must_use]
    pub fn id(&self) -> TopicPartitionId {
        TopicPartitionId { topic_id: self.topic_id, partition: self.partition.partition }
    }
}

impl Delta {
    /// What `new` has that `old` has not, and the other way round. Costs one comparison of pointers for each topic, and
    /// nothing where no topic changed.
    #[must_use]
    pub fn between(old: &Image, new: &Image) -> Delta {
        let mut delta = Delta::default();
        if !old.shares_topics(new) {
            delta.compare_topics(old, new);
        }
        if !old.shares_configs(new) {
            delta.compare_configs(old, new);
        }
        delta.brokers_changed = !std::ptr::eq(old.brokers(), new.brokers()) && old.brokers() != new.brokers();
        delta.features_changed = old.features() != new.features();
        delta
    }

    /// Whether the two images say the same of topics, configs, brokers and features.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Delta::default()
    }

    fn compare_topics(&mut self, old: &Image, new: &Image) {
        for (_, topic) in new.topics().iter_by_id() {
            match old.topic_by_id(topic.id) {
                Some(before) if Arc::ptr_eq(before, topic) => {}
                Some(before) => self.compare_partitions(Some(before), topic),
                None => {
                    self.topics_created.push(topic.clone());
                    self.compare_partitions(None, topic);
                }
            }
        }
        let gone = old.topics().iter_by_id().filter(|(id, _)| new.topic_by_id(*id).is_none());
        self.topics_deleted.extend(gone.map(|(_, topic)| topic.clone()));
    }

    fn compare_partitions(&mut self, before: Option<&Arc<Topic>>, after: &Arc<Topic>) {
        for (number, state) in after.numbered() {
            let known = before.and_then(|topic| topic.partition(number));
            if known.is_some_and(|known| Arc::ptr_eq(known, state) || known == state) {
                continue;
            }
            self.partitions_changed.push(PartitionChange {
                partition: TopicPartition::new(after.name.clone(), number),
                topic_id: after.id,
                before: known.cloned(),
                after: state.clone(),
            });
        }
    }

    fn compare_configs(&mut self, old: &Image, new: &Image) {
        for (resource, after) in new.configs().iter() {
            let same = old.config(resource).is_some_and(|before| Arc::ptr_eq(before, after) || before == after);
            if !same {
                self.configs_changed.push(resource.clone());
            }
        }
        let gone = old.configs().iter().filter(|(resource, _)| new.config(resource).is_none());
        self.configs_changed.extend(gone.map(|(resource, _)| resource.clone()));
        self.configs_changed.sort_unstable();
    }
}
