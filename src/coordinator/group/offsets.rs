//! The committed offsets of a shard: what is committed, what is on its way, and what waits for a transaction.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::records::CommittedOffset;
use crate::coordinator::outcome::AppendId;
use crate::model::{Offset, ProducerId, TopicName};

/// The offsets of every group of a shard.
#[derive(Debug, Default)]
pub(super) struct Offsets {
    groups: HashMap<Arc<str>, BTreeMap<TopicName, BTreeMap<i32, Slot>>>,
    /// Offsets inside transactions that have not ended, in the order of their records.
    transactions: BTreeMap<ProducerId, Vec<Pending>>,
}

/// Which offsets count: those that are committed, or also those whose records are on their way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    Committed,
    Latest,
}

/// Names one offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OffsetName<'a> {
    pub(super) group: &'a Arc<str>,
    pub(super) topic: &'a TopicName,
    pub(super) partition: i32,
}

#[derive(Debug, Default)]
struct Slot {
    committed: Option<Stored>,
    /// What is appended and not committed yet, the oldest first; none deletes the offset.
    staged: Vec<(AppendId, Option<CommittedOffset>)>,
}

#[derive(Debug)]
struct Stored {
    value: CommittedOffset,
    /// Where the record stands: of a plain and a transactional commit the later record counts, not the later marker.
    record_offset: Offset,
}

#[derive(Debug)]
struct Pending {
    group: Arc<str>,
    topic: TopicName,
    partition: i32,
    record_offset: Offset,
    value: CommittedOffset,
}

impl Slot {
    fn get(&self, view: View) -> Option<&CommittedOffset> {
        match (view, self.staged.last()) {
            (View::Latest, Some((_, latest))) => latest.as_ref(),
            _ => self.committed.as_ref().map(|stored| &stored.value),
        }
    }
}

impl Offsets {
    pub(super) fn get(&self, group: &str, topic: &str, partition: i32, view: View) -> Option<&CommittedOffset> {
        self.groups.get(group)?.get(topic)?.get(&partition)?.get(view)
    }

    /// The offsets of a group by topic and partition.
    pub(super) fn of_group(
        &self,
        group: &str,
        view: View,
    ) -> impl Iterator<Item = (&TopicName, i32, &CommittedOffset)> {
        let topics = self.groups.get(group).into_iter().flatten();
        topics.flat_map(move |(topic, partitions)| {
            partitions.iter().filter_map(move |(partition, slot)| Some((topic, *partition, slot.get(view)?)))
        })
    }

    /// The groups that hold an offset, in no order.
    pub(super) fn groups(&self) -> impl Iterator<Item = &Arc<str>> {
        self.groups.keys()
    }

    /// How many offsets are held.
    pub(super) fn count(&self) -> usize {
        self.groups.values().flat_map(BTreeMap::values).map(BTreeMap::len).sum()
    }

    /// Whether a transaction that has not ended holds an offset for this partition.
    pub(super) fn is_in_transaction(&self, group: &str, topic: &str, partition: i32) -> bool {
        self.transactions
            .values()
            .flatten()
            .any(|pending| &*pending.group == group && &*pending.topic == topic && pending.partition == partition)
    }

    /// Whether a transaction that has not ended holds an offset of the group.
    pub(super) fn has_transaction(&self, group: &str) -> bool {
        self.transactions.values().flatten().any(|pending| &*pending.group == group)
    }

    /// Notes a record that is being appended.
    pub(super) fn stage(&mut self, append: AppendId, name: OffsetName<'_>, value: Option<CommittedOffset>) {
        self.slot(name).staged.push((append, value));
    }

    /// The append ended: its value counts from now on, or never did.
    pub(super) fn settle(&mut self, append: AppendId, name: OffsetName<'_>, record_offset: Option<Offset>) {
        let slot = self.slot(name);
        if let Some(index) = slot.staged.iter().position(|(staged, _)| *staged == append) {
            let (_, value) = slot.staged.remove(index);
            if let Some(record_offset) = record_offset {
                slot.committed = value.map(|value| Stored { value, record_offset });
            }
        }
        self.drop_if_empty(name);
    }

    /// Replays a record of the log.
    pub(super) fn replay(&mut self, name: OffsetName<'_>, record: Replayed) {
        let Some(value) = record.value else {
            self.slot(name).committed = None;
            self.drop_if_empty(name);
            for pending in self.transactions.values_mut() {
                pending.retain(|one| {
                    one.partition != name.partition || one.topic != *name.topic || one.group != *name.group
                });
            }
            return;
        };
        if record.producer_id.is_some() {
            let pending = Pending {
                group: name.group.clone(),
                topic: name.topic.clone(),
                partition: name.partition,
                record_offset: record.record_offset,
                value,
            };
            self.transactions.entry(record.producer_id).or_default().push(pending);
        } else {
            self.slot(name).committed = Some(Stored { value, record_offset: record.record_offset });
        }
    }

    /// A transaction ended: its offsets count where no later record has overtaken them.
    pub(super) fn end_transaction(&mut self, producer_id: ProducerId, end: TransactionEnd) {
        let pending = self.transactions.remove(&producer_id).unwrap_or_default();
        if end == TransactionEnd::Aborted {
            return;
        }
        for Pending { group, topic, partition, record_offset, value } in pending {
            let slot = self.slot(OffsetName { group: &group, topic: &topic, partition });
            if slot.committed.as_ref().is_none_or(|stored| stored.record_offset < record_offset) {
                slot.committed = Some(Stored { value, record_offset });
            }
        }
    }

    fn slot(&mut self, name: OffsetName<'_>) -> &mut Slot {
        let topics = self.groups.entry(name.group.clone()).or_default();
        topics.entry(name.topic.clone()).or_default().entry(name.partition).or_default()
    }

    fn drop_if_empty(&mut self, name: OffsetName<'_>) {
        let Some(topics) = self.groups.get_mut(name.group) else { return };
        let Some(partitions) = topics.get_mut(name.topic) else { return };
        if partitions.get(&name.partition).is_some_and(|slot| slot.committed.is_none() && slot.staged.is_empty()) {
            partitions.remove(&name.partition);
        }
        if partitions.is_empty() {
            topics.remove(name.topic);
        }
        if topics.is_empty() {
            self.groups.remove(name.group);
        }
    }
}

/// A record of the log.
#[derive(Debug)]
pub(super) struct Replayed {
    pub(super) record_offset: Offset,
    /// The transaction that the record belongs to; none where it stands alone.
    pub(super) producer_id: ProducerId,
    pub(super) value: Option<CommittedOffset>,
}

/// How a transaction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionEnd {
    /// Its records count.
    Committed,
    /// Its records never were.
    Aborted,
}
