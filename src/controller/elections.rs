//! Who leads a partition, and what becomes of its ISR and its eligible leader replicas (KIP-966).

use crate::metadata::{Image, LeaderRecoveryState, MetadataRecord, PartitionState};
use crate::model::{NodeId, TopicPartitionId, Uuid};
use crate::protocol::messages::PartitionChangeRecord;

/// From this `metadata.version` on (3.6-IV0) a shrinking ISR needs no new leader epoch (KAFKA-15021).
const NO_EPOCH_FOR_SHRINK: i16 = 12;
/// `PartitionChangeRecord.leader` for "as it was".
const NO_LEADER_CHANGE: i32 = -2;

/// Which replicas may be elected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Election {
    /// The first replica if it can lead; else the leader stays.
    Preferred,
    /// The leader stays if it can; else the first replica that is in sync or eligible.
    Online,
    /// As `Online`; where none is eligible, any replica that is alive, at the price of lost records.
    Unclean,
}

/// What a partition should become, as far as its leader leaves it open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The replicas in sync.
    pub isr: Vec<NodeId>,
    /// All replicas.
    pub replicas: Vec<NodeId>,
    /// Replicas that a reassignment removes.
    pub removing_replicas: Vec<NodeId>,
    /// Replicas that a reassignment adds.
    pub adding_replicas: Vec<NodeId>,
    /// The recovery state.
    pub leader_recovery_state: LeaderRecoveryState,
    /// Replicas that came back without a clean stop: they may lack what they acknowledged and are not eligible.
    pub unclean_shutdown: Vec<NodeId>,
}

impl Target {
    /// The partition as it is.
    #[must_use]
    pub fn of(state: &PartitionState) -> Target {
        Target {
            isr: state.isr.clone(),
            replicas: state.replicas.clone(),
            removing_replicas: state.removing_replicas.clone(),
            adding_replicas: state.adding_replicas.clone(),
            leader_recovery_state: state.leader_recovery_state,
            unclean_shutdown: Vec::new(),
        }
    }

    /// The partition without one broker in its ISR.
    #[must_use]
    pub fn without(state: &PartitionState, broker: NodeId) -> Target {
        let mut target = Target::of(state);
        target.isr.retain(|member| *member != broker);
        target
    }
}

/// The rules that hold for one partition.
pub struct Rules<'a> {
    /// Whether a broker may lead.
    pub can_lead: &'a dyn Fn(NodeId) -> bool,
    /// Which replicas may be elected.
    pub election: Election,
    /// `min.insync.replicas` of the topic.
    pub min_insync_replicas: usize,
    /// The log directory that a new replica on a broker goes to, where it has but one.
    pub directory_of: &'a dyn Fn(NodeId) -> Uuid,
    /// Whether `eligible.leader.replicas.version` is on.
    pub elr_enabled: bool,
    /// The level of `metadata.version`.
    pub metadata_version: i16,
}

struct Elected {
    leader: NodeId,
    unclean: bool,
}

/// The record that takes a partition from its state to the target, with an election on the way; `None` where that changes
/// nothing.
#[must_use]
pub fn change(
    partition: TopicPartitionId,
    state: &PartitionState,
    mut target: Target,
    rules: &Rules<'_>,
) -> Option<PartitionChangeRecord> {
    let nothing = PartitionChangeRecord {
        partition_id: partition.partition,
        topic_id: partition.topic_id,
        ..PartitionChangeRecord::default()
    };
    let mut record = nothing.clone();
    complete_reassignment(&mut target);
    let mut elr = target_elr(state, &target, rules);
    let elected = elect(state, &target, &elr, rules);
    if elected.leader != state.leader {
        record.leader = elected.leader.0;
        if elected.unclean {
            record.isr = Some(vec![elected.leader.0]);
            if state.leader_recovery_state != LeaderRecoveryState::Recovering {
                target.leader_recovery_state = LeaderRecoveryState::Recovering;
            }
            elr.clear();
        } else if elr.contains(&elected.leader) {
            elr.retain(|member| *member != elected.leader);
            target.isr = vec![elected.leader];
        }
    }
    // A replica that goes must hear of it by a new leader epoch.
    if record.leader == NO_LEADER_CHANGE && !is_subset(&state.replicas, &target.replicas) {
        record.leader = state.leader.0;
    }
    record.eligible_leader_replicas = differing(&elr, &state.elr);
    // Without eligible leader replicas the last member stays in the ISR, alive or not.
    if record.isr.is_none() && (!target.isr.is_empty() || rules.elr_enabled) {
        record.isr = differing(&target.isr, &state.isr);
    }
    bump_for_shrink(state, rules, &mut record);
    record.last_known_elr = last_known_leader(state, rules, &record);
    set_assignment(state, &target, rules, &mut record);
    if target.leader_recovery_state != state.leader_recovery_state {
        record.leader_recovery_state = target.leader_recovery_state.wire();
    }
    (record != nothing).then_some(record)
}

/// Ends a reassignment whose added replicas are all in sync: removed ones go, the lists empty.
fn complete_reassignment(target: &mut Target) {
    if target.adding_replicas.is_empty() && target.removing_replicas.is_empty() {
        return;
    }
    let removed = |node: &NodeId| target.removing_replicas.contains(node);
    let isr: Vec<NodeId> = target.isr.iter().copied().filter(|node| !removed(node)).collect();
    let replicas: Vec<NodeId> = target.replicas.iter().copied().filter(|node| !removed(node)).collect();
    if isr.is_empty() || !is_subset(&target.adding_replicas, &isr) {
        return;
    }
    target.isr = isr;
    target.replicas = replicas;
    target.adding_replicas.clear();
    target.removing_replicas.clear();
}

/// Who is eligible once the ISR is the target's: whoever was in sync or eligible before, while the ISR is below the minimum.
fn target_elr(state: &PartitionState, target: &Target, rules: &Rules<'_>) -> Vec<NodeId> {
    if !rules.elr_enabled || target.isr.len() >= rules.min_insync_replicas {
        return Vec::new();
    }
    let mut elr: Vec<NodeId> = state.elr.iter().chain(&state.isr).copied().collect();
    elr.sort_unstable();
    elr.dedup();
    elr.retain(|node| !target.isr.contains(node) && !target.unclean_shutdown.contains(node));
    elr
}

fn elect(state: &PartitionState, target: &Target, elr: &[NodeId], rules: &Rules<'_>) -> Elected {
    let clean = |leader| Elected { leader, unclean: false };
    let eligible = |node: NodeId| {
        let in_sync = target.isr.contains(&node) || (target.isr.is_empty() && elr.contains(&node));
        in_sync && (rules.can_lead)(node)
    };
    if rules.election == Election::Preferred
        && let Some(preferred) = target.replicas.first().filter(|node| eligible(**node))
    {
        return clean(*preferred);
    }
    if eligible(state.leader) {
        return clean(state.leader);
    }
    if let Some(online) = target.replicas.iter().find(|node| eligible(**node)) {
        return clean(*online);
    }
    // With nobody left in sync or eligible, the last known leader may come back: it has all that can be had.
    if let ([last], true, true) = (state.last_known_elr.as_slice(), rules.elr_enabled, elr.is_empty())
        && target.isr.is_empty()
        && (rules.can_lead)(*last)
    {
        return Elected { leader: *last, unclean: true };
    }
    if rules.election == Election::Unclean
        && let Some(alive) = target.replicas.iter().find(|node| (rules.can_lead)(**node))
    {
        return Elected { leader: *alive, unclean: true };
    }
    clean(NodeId::NONE)
}

/// Before 3.6 a follower that left the ISR had to hear of it by a new leader epoch.
fn bump_for_shrink(state: &PartitionState, rules: &Rules<'_>, record: &mut PartitionChangeRecord) {
    let Some(isr) = &record.isr else { return };
    let shrinks = state.isr.iter().any(|member| !isr.contains(&member.0));
    if rules.metadata_version < NO_EPOCH_FOR_SHRINK && record.leader == NO_LEADER_CHANGE && shrinks {
        record.leader = state.leader.0;
    }
}

/// The last leader is noted when the ISR becomes empty and forgotten when there is a leader again.
fn last_known_leader(state: &PartitionState, rules: &Rules<'_>, record: &PartitionChangeRecord) -> Option<Vec<i32>> {
    if !rules.elr_enabled {
        return differing(&[], &state.last_known_elr);
    }
    let empties = record.isr.as_ref().is_some_and(Vec::is_empty);
    if empties && state.last_known_elr != [state.leader] {
        return state.leader.is_some().then(|| vec![state.leader.0]);
    }
    let leads = record.leader >= 0 || (state.leader.is_some() && record.leader == NO_LEADER_CHANGE);
    (leads && !state.last_known_elr.is_empty()).then(Vec::new)
}

fn set_assignment(state: &PartitionState, target: &Target, rules: &Rules<'_>, record: &mut PartitionChangeRecord) {
    let directory = |node: &NodeId| state.directory_of(*node).unwrap_or_else(|| (rules.directory_of)(*node));
    let directories: Vec<Uuid> = target.replicas.iter().map(directory).collect();
    if directories != state.directories {
        record.directories = Some(directories);
    }
    record.replicas = differing(&target.replicas, &state.replicas);
    record.removing_replicas = differing(&target.removing_replicas, &state.removing_replicas);
    record.adding_replicas = differing(&target.adding_replicas, &state.adding_replicas);
}

fn differing(new: &[NodeId], old: &[NodeId]) -> Option<Vec<i32>> {
    (new != old).then(|| new.iter().map(|node| node.0).collect())
}

fn is_subset(part: &[NodeId], whole: &[NodeId]) -> bool {
    part.iter().all(|node| whole.contains(node))
}

/// What happens to a broker, as its partitions see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// It lost its session or is being stopped or unregistered.
    Leaves(NodeId),
    /// It came back without a clean stop.
    CameBackUnclean(NodeId),
    /// It is alive again.
    Joins(NodeId),
}

/// How a topic's partitions are to be treated, by its configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TopicRules {
    /// `unclean.leader.election.enable`.
    pub unclean_leader_election: bool,
    /// `min.insync.replicas`.
    pub min_insync_replicas: usize,
}

/// The changes of every partition that an event of a broker touches.
pub fn on_broker(image: &Image, event: Event, topic_rules: &dyn Fn(&str) -> TopicRules) -> Vec<MetadataRecord> {
    let mut records = Vec::new();
    for (topic_id, topic) in image.topics().iter_by_id() {
        for (number, state) in topic.numbered() {
            let Some(target) = target_for(event, state) else { continue };
            let partition = TopicPartitionId { topic_id, partition: number };
            let rules = topic_rules(&topic.name);
            records.extend(on_event(image, event, rules, (partition, state, target)).map(MetadataRecord::from));
        }
    }
    records
}

/// What a partition should become by an event; `None` where it is not concerned.
fn target_for(event: Event, state: &PartitionState) -> Option<Target> {
    let holds = |broker| state.isr.contains(&broker) || state.elr.contains(&broker);
    match event {
        Event::Leaves(broker) => holds(broker).then(|| Target::without(state, broker)),
        Event::Joins(_) => (!state.leader.is_some()).then(|| Target::of(state)),
        Event::CameBackUnclean(broker) => {
            let others = state.isr.iter().chain(&state.elr).any(|member| *member != broker);
            if !holds(broker) {
                return None;
            }
            // Alone it is still the best there is: taking it out would turn its own return into an unclean election.
            let mut target = if others { Target::without(state, broker) } else { Target::of(state) };
            if others {
                target.unclean_shutdown.push(broker);
            }
            Some(target)
        }
    }
}

fn on_event(
    image: &Image,
    event: Event,
    topic: TopicRules,
    (partition, state, target): (TopicPartitionId, &PartitionState, Target),
) -> Option<PartitionChangeRecord> {
    let can_lead = |node: NodeId| match event {
        Event::Leaves(broker) | Event::CameBackUnclean(broker) if broker == node => false,
        Event::Joins(broker) if broker == node => has_directory(image, node, state),
        _ => image.brokers().is_active(node) && has_directory(image, node, state),
    };
    let rules = Rules {
        can_lead: &can_lead,
        election: if topic.unclean_leader_election { Election::Unclean } else { Election::Online },
        min_insync_replicas: topic.min_insync_replicas,
        directory_of: &|node| directory_for(image, node),
        elr_enabled: image.features().is_elr_enabled(),
        metadata_version: image.features().metadata_version().unwrap_or(0),
    };
    change(partition, state, target, &rules)
}

/// Directory id for "not yet chosen by the broker" (KIP-858).
pub const UNASSIGNED: Uuid = Uuid([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
/// Directory id for "on a disk that is gone" (KIP-858).
pub const LOST: Uuid = Uuid([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);

/// Where a new replica on a broker goes: its only log directory, or a choice that is left to the broker.
#[must_use]
pub fn directory_for(image: &Image, node: NodeId) -> Uuid {
    match image.broker(node).map(|broker| broker.log_dirs.as_slice()) {
        Some([only]) => *only,
        Some(_) => UNASSIGNED,
        // A broker that is not known registered before log directories had ids.
        None => Uuid::ZERO,
    }
}

/// Whether the disk of a replica is still there, as far as the controller knows.
fn has_directory(image: &Image, node: NodeId, state: &PartitionState) -> bool {
    let Some(directory) = state.directory_of(node) else { return true };
    match directory {
        LOST => false,
        Uuid::ZERO | UNASSIGNED => true,
        known => image.broker(node).is_none_or(|broker| broker.log_dirs.is_empty() || broker.log_dirs.contains(&known)),
    }
}
