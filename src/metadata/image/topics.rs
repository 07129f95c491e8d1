//! Topics and the state of their partitions.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::ReplayError;
use crate::model::{LeaderEpoch, NodeId, TopicName, TopicPartitionId, Uuid};
use crate::protocol::messages::{
    ClearElrRecord, PartitionChangeRecord, PartitionRecord, RemoveTopicRecord, TopicRecord,
};

/// A `PartitionChangeRecord` that leaves the leader alone says this.
const NO_LEADER_CHANGE: i32 = -2;
/// A `PartitionChangeRecord` that leaves the recovery state alone says this.
const NO_RECOVERY_CHANGE: i8 = -1;

/// One topic.
#[derive(Debug, Clone, PartialEq)]
pub struct Topic {
    /// Its name.
    pub name: TopicName,
    /// Its id: never used twice.
    pub id: Uuid,
    /// Its partitions; the index is the partition's number.
    pub partitions: Vec<Arc<PartitionState>>,
}

impl Topic {
    /// The state of one partition.
    #[must_use]
    pub fn partition(&self, index: i32) -> Option<&Arc<PartitionState>> {
        self.partitions.get(usize::try_from(index).ok()?)
    }

    /// The number of partitions, as the wire counts them.
    #[must_use]
    pub fn partition_count(&self) -> i32 {
        i32::try_from(self.partitions.len()).expect("replay admits int32 partition numbers only")
    }

    /// Every partition with its number.
    pub fn numbered(&self) -> impl Iterator<Item = (i32, &Arc<PartitionState>)> {
        (0..).zip(&self.partitions)
    }

    /// The replication factor that describe shows: the size of the first partition's replica list.
    #[must_use]
    pub fn replication_factor(&self) -> i16 {
        self.partitions.first().map_or(0, |first| i16::try_from(first.replicas.len()).unwrap_or(i16::MAX))
    }
}

/// What the cluster knows of one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionState {
    /// Every broker that holds a replica; the first one is the preferred leader.
    pub replicas: Vec<NodeId>,
    /// For each replica, the log directory it is in; the zero id where that is not known.
    pub directories: Vec<Uuid>,
    /// The replicas that are in sync.
    pub isr: Vec<NodeId>,
    /// The replicas that a reassignment takes away.
    pub removing_replicas: Vec<NodeId>,
    /// The replicas that a reassignment adds.
    pub adding_replicas: Vec<NodeId>,
    /// Eligible leader replicas: out of the ISR, yet known to hold everything committed (KIP-966).
    pub elr: Vec<NodeId>,
    /// The last leader or ISR before it became empty (KIP-966).
    pub last_known_elr: Vec<NodeId>,
    /// The leader; `NodeId::NONE` while there is none.
    pub leader: NodeId,
    /// How the leader came to be (KIP-704).
    pub leader_recovery_state: LeaderRecoveryState,
    /// Counts the leaders.
    pub leader_epoch: LeaderEpoch,
    /// Counts the changes of this state.
    pub partition_epoch: i32,
}

impl PartitionState {
    /// Whether a broker holds a replica.
    #[must_use]
    pub fn is_replica(&self, id: NodeId) -> bool {
        self.replicas.contains(&id)
    }

    /// The log directory that holds a broker's replica, as far as the controller was told.
    #[must_use]
    pub fn directory_of(&self, id: NodeId) -> Option<Uuid> {
        let index = self.replicas.iter().position(|replica| *replica == id)?;
        self.directories.get(index).copied()
    }

    /// Whether a reassignment is under way.
    #[must_use]
    pub fn is_reassigning(&self) -> bool {
        !self.adding_replicas.is_empty() || !self.removing_replicas.is_empty()
    }
}

/// Whether a leader was elected from the ISR or from outside of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LeaderRecoveryState {
    /// The log is whole.
    #[default]
    Recovered,
    /// The leader was elected uncleanly and has not yet recovered.
    Recovering,
}

impl LeaderRecoveryState {
    /// The number on the wire.
    #[must_use]
    pub fn wire(self) -> i8 {
        match self {
            LeaderRecoveryState::Recovered => 0,
            LeaderRecoveryState::Recovering => 1,
        }
    }

    /// The state of a number from the wire.
    #[must_use]
    pub fn from_wire(number: i8) -> Option<LeaderRecoveryState> {
        match number {
            0 => Some(LeaderRecoveryState::Recovered),
            1 => Some(LeaderRecoveryState::Recovering),
            _ => None,
        }
    }
}

/// Every topic, by id and by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Topics {
    by_id: BTreeMap<Uuid, Arc<Topic>>,
    ids: BTreeMap<TopicName, Uuid>,
}

impl Topics {
    /// The topic of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<Topic>> {
        self.by_id.get(self.ids.get(name)?)
    }

    /// The topic of an id.
    #[must_use]
    pub fn by_id(&self, id: Uuid) -> Option<&Arc<Topic>> {
        self.by_id.get(&id)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Topic>> {
        self.ids.values().map(|id| self.by_id.get(id).expect("both maps hold the same topics"))
    }

    /// All names that are not before `first`, sorted.
    pub fn names_from(&self, first: &str) -> impl Iterator<Item = &TopicName> {
        use std::ops::Bound;
        self.ids.range::<str, _>((Bound::Included(first), Bound::Unbounded)).map(|(name, _)| name)
    }

    /// All of them, by id.
    pub fn iter_by_id(&self) -> impl Iterator<Item = (Uuid, &Arc<Topic>)> {
        self.by_id.iter().map(|(id, topic)| (*id, topic))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    pub(super) fn create(&mut self, record: &TopicRecord) -> Result<(), ReplayError> {
        let name: TopicName = record.name.as_str().into();
        if let Some(known) = self.ids.insert(name.clone(), record.topic_id) {
            return Err(ReplayError::TopicTwice { name, id: known });
        }
        let topic = Topic { name, id: record.topic_id, partitions: Vec::new() };
        self.by_id.insert(record.topic_id, Arc::new(topic));
        Ok(())
    }

    /// Removes a topic and gives its name, whose configs go with it.
    pub(super) fn remove(&mut self, record: &RemoveTopicRecord) -> Result<TopicName, ReplayError> {
        let topic = self.by_id.remove(&record.topic_id).ok_or(ReplayError::UnknownTopic(record.topic_id))?;
        self.ids.remove(&topic.name);
        Ok(topic.name.clone())
    }

    pub(super) fn create_partition(&mut self, record: &PartitionRecord) -> Result<(), ReplayError> {
        let partition = id_of(record.topic_id, record.partition_id);
        let topic = self.by_id.get_mut(&record.topic_id).ok_or(ReplayError::UnknownTopic(record.topic_id))?;
        let state = Arc::new(first_state(record)?);
        let index = usize::try_from(record.partition_id).map_err(|_| ReplayError::PartitionGap(partition))?;
        let partitions = &mut Arc::make_mut(topic).partitions;
        match index.cmp(&partitions.len()) {
            // Kafka's controller may state a partition again instead of describing its change.
            Ordering::Less => partitions[index] = state,
            Ordering::Equal => partitions.push(state),
            Ordering::Greater => return Err(ReplayError::PartitionGap(partition)),
        }
        Ok(())
    }

    pub(super) fn change_partition(&mut self, record: &PartitionChangeRecord) -> Result<(), ReplayError> {
        let topic = self.by_id.get_mut(&record.topic_id).ok_or(ReplayError::UnknownTopic(record.topic_id))?;
        let known = usize::try_from(record.partition_id)
            .ok()
            .and_then(|index| Arc::make_mut(topic).partitions.get_mut(index))
            .ok_or_else(|| ReplayError::UnknownPartition(id_of(record.topic_id, record.partition_id)))?;
        *known = Arc::new(changed_state(known, record)?);
        Ok(())
    }

    /// Forgets the eligible leader replicas of one topic, or of all where the record names none.
    pub(super) fn clear_elr(&mut self, record: &ClearElrRecord) -> Result<(), ReplayError> {
        if record.topic_name.is_empty() {
            self.by_id.values_mut().for_each(clear_topic_elr);
            return Ok(());
        }
        let id = self.ids.get(record.topic_name.as_str());
        let topic = id.and_then(|id| self.by_id.get_mut(id));
        clear_topic_elr(topic.ok_or_else(|| ReplayError::UnknownTopicName(record.topic_name.as_str().into()))?);
        Ok(())
    }
}

fn clear_topic_elr(topic: &mut Arc<Topic>) {
    let holds = |state: &Arc<PartitionState>| !state.elr.is_empty() || !state.last_known_elr.is_empty();
    if !topic.partitions.iter().any(holds) {
        return;
    }
    for state in Arc::make_mut(topic).partitions.iter_mut().filter(|state| holds(state)) {
        let state = Arc::make_mut(state);
        state.elr.clear();
        state.last_known_elr.clear();
        state.partition_epoch = state.partition_epoch.saturating_add(1);
    }
}

fn id_of(topic_id: Uuid, partition: i32) -> TopicPartitionId {
    TopicPartitionId { topic_id, partition }
}

fn nodes(ids: &[i32]) -> Vec<NodeId> {
    ids.iter().copied().map(NodeId).collect()
}

fn recovery_of(number: i8) -> Result<LeaderRecoveryState, ReplayError> {
    LeaderRecoveryState::from_wire(number)
        .ok_or(ReplayError::BadValue { field: "leaderRecoveryState", value: i64::from(number) })
}

/// Log directories as a record names them; a record older than KIP-858 names none, which is the zero id for each.
fn directories_of(record: &[Uuid], replicas: usize) -> Vec<Uuid> {
    if record.is_empty() { vec![Uuid::ZERO; replicas] } else { record.to_vec() }
}

fn first_state(record: &PartitionRecord) -> Result<PartitionState, ReplayError> {
    if !record.directories.is_empty() && record.directories.len() != record.replicas.len() {
        return Err(ReplayError::DirectoriesDiffer(id_of(record.topic_id, record.partition_id)));
    }
    Ok(PartitionState {
        replicas: nodes(&record.replicas),
        directories: directories_of(&record.directories, record.replicas.len()),
        isr: nodes(&record.isr),
        removing_replicas: nodes(&record.removing_replicas),
        adding_replicas: nodes(&record.adding_replicas),
        elr: nodes(record.eligible_leader_replicas.as_deref().unwrap_or_default()),
        last_known_elr: nodes(record.last_known_elr.as_deref().unwrap_or_default()),
        leader: NodeId(record.leader),
        leader_recovery_state: recovery_of(record.leader_recovery_state)?,
        leader_epoch: LeaderEpoch(record.leader_epoch),
        partition_epoch: record.partition_epoch,
    })
}

fn changed_state(known: &PartitionState, record: &PartitionChangeRecord) -> Result<PartitionState, ReplayError> {
    let list = |change: &Option<Vec<i32>>, now: &Vec<NodeId>| change.as_deref().map_or_else(|| now.clone(), nodes);
    let replicas = list(&record.replicas, &known.replicas);
    let directories = match &record.directories {
        Some(directories) => directories_of(directories, replicas.len()),
        // Replicas that keep their place keep their directory.
        None => replicas.iter().map(|id| known.directory_of(*id).unwrap_or(Uuid::ZERO)).collect(),
    };
    if directories.len() != replicas.len() {
        return Err(ReplayError::DirectoriesDiffer(id_of(record.topic_id, record.partition_id)));
    }
    let new_leader = record.leader != NO_LEADER_CHANGE;
    Ok(PartitionState {
        isr: list(&record.isr, &known.isr),
        removing_replicas: list(&record.removing_replicas, &known.removing_replicas),
        adding_replicas: list(&record.adding_replicas, &known.adding_replicas),
        elr: list(&record.eligible_leader_replicas, &known.elr),
        last_known_elr: list(&record.last_known_elr, &known.last_known_elr),
        leader: if new_leader { NodeId(record.leader) } else { known.leader },
        leader_recovery_state: match record.leader_recovery_state {
            NO_RECOVERY_CHANGE => known.leader_recovery_state,
            number => recovery_of(number)?,
        },
        // A leader that is named starts an epoch, even when it is the one that led before.
        leader_epoch: LeaderEpoch(known.leader_epoch.0.saturating_add(i32::from(new_leader))),
        partition_epoch: known.partition_epoch.saturating_add(1),
        replicas,
        directories,
    })
}
