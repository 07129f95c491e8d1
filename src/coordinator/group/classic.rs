//! The classic group: its members, its generation and the state that it is in.
//!
//! ```text
//! Empty -> PreparingRebalance -> CompletingRebalance -> Stable -> PreparingRebalance ...
//!            (members join)       (the leader assigns)
//! ```
//! This file keeps the books. What a request does to them stands in `join`, `rebalance`, `sync`, `heartbeat` and `leave`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use super::member::{Member, MemberId, milliseconds, subscribed_topics};
use crate::coordinator::outcome::ReplyId;
use crate::model::{ErrorCode, Timestamp, TopicName};
use crate::protocol::consumer_protocol::PROTOCOL_TYPE;
use crate::protocol::messages::join_group_request::JoinGroupRequestProtocol;

/// Where a classic group stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupState {
    /// No members; perhaps committed offsets.
    Empty,
    /// Members are asked to join again.
    PreparingRebalance,
    /// All have joined; the leader's assignment is awaited.
    CompletingRebalance,
    /// Everyone knows his partitions.
    Stable,
}

impl GroupState {
    /// Kafka's name of the state.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            GroupState::Empty => "Empty",
            GroupState::PreparingRebalance => "PreparingRebalance",
            GroupState::CompletingRebalance => "CompletingRebalance",
            GroupState::Stable => "Stable",
        }
    }
}

/// The name of the state that a group is in once it is gone: clients hear it, no group of ours is in it.
pub(super) const DEAD: &str = "Dead";

/// A group that follows the classic protocol, or one that only keeps offsets.
#[derive(Debug, Clone)]
pub(super) struct ClassicGroup {
    pub(super) group_id: Arc<str>,
    pub(super) state: GroupState,
    /// The state before this one: the first rebalance of an empty group is another than the later ones.
    pub(super) previous_state: GroupState,
    /// When the group came into its state; unknown where an old broker wrote the group.
    pub(super) state_since: Option<Timestamp>,
    /// What kind of members the group has ("consumer"); none before the first member.
    pub(super) protocol_type: Option<String>,
    /// What the members of this generation agreed on ("range").
    pub(super) protocol_name: Option<String>,
    pub(super) generation: i32,
    pub(super) leader: Option<MemberId>,
    /// Member ids that were handed out and not used yet (KIP-394).
    pub(super) pending_join: BTreeSet<MemberId>,
    /// Members of this generation who have not asked for their assignment yet.
    pub(super) pending_sync: BTreeSet<MemberId>,
    /// Someone came while the first rebalance waits: it may wait longer.
    pub(super) new_member_added: bool,
    /// What the members read, where that can be known.
    pub(super) subscribed_topics: Option<BTreeSet<TopicName>>,
    members: BTreeMap<MemberId, Member>,
    static_members: HashMap<String, MemberId>,
    awaiting_join_count: usize,
    /// How many members can follow each protocol.
    supported_protocols: BTreeMap<String, usize>,
}

impl ClassicGroup {
    /// A group without members.
    pub(super) fn new(group_id: Arc<str>, now: Timestamp) -> ClassicGroup {
        ClassicGroup {
            group_id,
            state: GroupState::Empty,
            previous_state: GroupState::Empty,
            state_since: Some(now),
            protocol_type: None,
            protocol_name: None,
            generation: 0,
            leader: None,
            pending_join: BTreeSet::new(),
            pending_sync: BTreeSet::new(),
            new_member_added: false,
            subscribed_topics: None,
            members: BTreeMap::new(),
            static_members: HashMap::new(),
            awaiting_join_count: 0,
            supported_protocols: BTreeMap::new(),
        }
    }

    pub(super) fn is(&self, state: GroupState) -> bool {
        self.state == state
    }

    pub(super) fn uses_consumer_protocol(&self) -> bool {
        self.protocol_type.as_deref() == Some(PROTOCOL_TYPE)
    }

    pub(super) fn transition(&mut self, state: GroupState, now: Timestamp) {
        assert!(self.may_become(state), "group {}: {:?} does not follow {:?}", self.group_id, state, self.state);
        self.previous_state = self.state;
        self.state = state;
        self.state_since = Some(now);
    }

    fn may_become(&self, state: GroupState) -> bool {
        use GroupState as S;
        match state {
            S::PreparingRebalance => !self.is(S::PreparingRebalance),
            S::CompletingRebalance | S::Empty => self.is(S::PreparingRebalance),
            S::Stable => self.is(S::CompletingRebalance),
        }
    }

    pub(super) fn member(&self, member_id: &str) -> Option<&Member> {
        self.members.get(member_id)
    }

    pub(super) fn member_mut(&mut self, member_id: &str) -> Option<&mut Member> {
        self.members.get_mut(member_id)
    }

    pub(super) fn has_member(&self, member_id: &str) -> bool {
        self.members.contains_key(member_id)
    }

    pub(super) fn members(&self) -> impl ExactSizeIterator<Item = &Member> {
        self.members.values()
    }

    pub(super) fn members_mut(&mut self) -> impl Iterator<Item = &mut Member> {
        self.members.values_mut()
    }

    pub(super) fn member_ids(&self) -> Vec<MemberId> {
        self.members.keys().cloned().collect()
    }

    pub(super) fn member_count(&self) -> usize {
        self.members.len()
    }

    pub(super) fn awaiting_join_count(&self) -> usize {
        self.awaiting_join_count
    }

    pub(super) fn is_leader(&self, member_id: &str) -> bool {
        self.leader.as_deref() == Some(member_id)
    }

    /// The member id that a static member has now.
    pub(super) fn static_member(&self, group_instance_id: &str) -> Option<&MemberId> {
        self.static_members.get(group_instance_id)
    }

    pub(super) fn has_all_members_joined(&self) -> bool {
        self.members.len() == self.awaiting_join_count && self.pending_join.is_empty()
    }

    /// The longest of the members' rebalance timeouts.
    pub(super) fn rebalance_timeout(&self) -> Duration {
        let longest = self.members.values().map(|member| member.rebalance_timeout_ms).max();
        milliseconds(longest.unwrap_or(0))
    }

    /// Takes a member in; the first one gives the group its protocol type and leads it.
    pub(super) fn add(&mut self, mut member: Member, protocol_type: &str) {
        if let Some(instance) = &member.group_instance_id {
            self.static_members.insert(instance.clone(), member.member_id.clone());
        }
        if self.members.is_empty() {
            self.protocol_type = Some(protocol_type.to_owned());
        }
        self.leader.get_or_insert_with(|| member.member_id.clone());
        self.pending_join.remove(&member.member_id);
        let awaiting = member.awaiting_join.take();
        self.count_protocols(&member, Count::Up);
        let member_id = member.member_id.clone();
        self.members.insert(member_id.clone(), member);
        self.set_awaiting_join(&member_id, awaiting);
    }

    /// Lets a member, or a pending member id, go. A leader who goes is followed by another member. What the member waits
    /// for is still owed an answer.
    pub(super) fn remove(&mut self, member_id: &str) -> Option<Member> {
        let removed = self.members.remove(member_id);
        if let Some(member) = &removed {
            self.awaiting_join_count -= usize::from(member.awaiting_join.is_some());
            self.count_protocols(member, Count::Down);
            if let Some(instance) = &member.group_instance_id {
                self.static_members.remove(instance);
            }
        }
        if self.is_leader(member_id) {
            self.leader = self.members.keys().next().cloned();
        }
        self.pending_join.remove(member_id);
        self.pending_sync.remove(member_id);
        removed
    }

    /// Gives a static member a new member id; the instance keeps its assignment and its place. The former self comes
    /// back with what it waits for.
    pub(super) fn rename_static_member(&mut self, old_id: &str, new_id: &MemberId) -> Member {
        let was_leader = self.is_leader(old_id);
        let was_pending_sync = self.pending_sync.contains(old_id);
        let mut member = self.members.remove(old_id).expect("the instance names a member");
        self.awaiting_join_count -= usize::from(member.awaiting_join.is_some());
        self.pending_sync.remove(old_id);
        let replaced = member.clone();
        member.member_id = new_id.clone();
        member.awaiting_join = None;
        member.awaiting_sync = None;
        member.is_new = false;
        if let Some(instance) = &member.group_instance_id {
            self.static_members.insert(instance.clone(), new_id.clone());
        }
        self.members.insert(new_id.clone(), member);
        if was_leader {
            self.leader = Some(new_id.clone());
        }
        if was_pending_sync {
            self.pending_sync.insert(new_id.clone());
        }
        replaced
    }

    /// What a join says anew about a member.
    pub(super) fn update(&mut self, member_id: &str, terms: JoinTerms) {
        let member = self.members.remove(member_id).expect("the caller has looked the member up");
        self.count_protocols(&member, Count::Down);
        let member = Member {
            protocols: terms.protocols,
            rebalance_timeout_ms: terms.rebalance_timeout_ms,
            session_timeout_ms: terms.session_timeout_ms,
            ..member
        };
        self.count_protocols(&member, Count::Up);
        self.members.insert(member.member_id.clone(), member);
    }

    /// Notes who waits for the end of the join phase; gives back who waited until now.
    pub(super) fn set_awaiting_join(&mut self, member_id: &str, waiting: Option<ReplyId>) -> Option<ReplyId> {
        let member = self.members.get_mut(member_id)?;
        let before = std::mem::replace(&mut member.awaiting_join, waiting);
        self.awaiting_join_count += usize::from(waiting.is_some());
        self.awaiting_join_count -= usize::from(before.is_some());
        before
    }

    /// Makes sure that the leader is one of those who have joined. Says whether there is one.
    pub(super) fn elect_joined_leader(&mut self) -> bool {
        let Some(leader) = &self.leader else { return false };
        if self.member(leader).is_some_and(|member| member.awaiting_join.is_some()) {
            return true;
        }
        let joined = self.members.values().find(|member| member.awaiting_join.is_some());
        match joined.map(|member| member.member_id.clone()) {
            Some(member_id) => {
                self.leader = Some(member_id);
                true
            }
            None => false,
        }
    }

    /// Whether a joining member could take part: all members must share a protocol.
    pub(super) fn supports(&self, protocol_type: &str, protocols: &[JoinGroupRequestProtocol]) -> bool {
        if self.is(GroupState::Empty) {
            return !protocol_type.is_empty() && !protocols.is_empty();
        }
        let supported_by_all = |protocol: &JoinGroupRequestProtocol| {
            self.supported_protocols.get(&protocol.name).copied().unwrap_or(0) == self.members.len()
        };
        self.protocol_type.as_deref() == Some(protocol_type) && protocols.iter().any(supported_by_all)
    }

    /// The protocol with the most votes among those that everyone can follow; each member votes for the first of those
    /// in its own list. Of equal ones the first by name.
    pub(super) fn select_protocol(&self) -> Option<String> {
        let candidate = |name: &&str| self.supported_protocols.get(*name).copied() == Some(self.members.len());
        let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
        for member in self.members.values() {
            if let Some(choice) = member.protocol_names().find(candidate) {
                *votes.entry(choice).or_default() += 1;
            }
        }
        let most = votes.values().max().copied()?;
        votes.into_iter().find(|(_, count)| *count == most).map(|(name, _)| name.to_owned())
    }

    /// Begins the next generation with the members that are there.
    pub(super) fn begin_generation(&mut self, now: Timestamp) {
        // Generations are counted round: a group that lives long enough begins again.
        self.generation = self.generation.checked_add(1).unwrap_or(0);
        self.protocol_name = self.select_protocol();
        self.subscribed_topics = self.read_subscribed_topics();
        let next = if self.members.is_empty() { GroupState::Empty } else { GroupState::CompletingRebalance };
        self.transition(next, now);
        self.pending_sync.clear();
    }

    /// The topics that the members of a consumer group name in their subscriptions; none where one cannot be read.
    pub(super) fn read_subscribed_topics(&self) -> Option<BTreeSet<TopicName>> {
        if !self.uses_consumer_protocol() {
            return None;
        }
        if self.members.is_empty() {
            return Some(BTreeSet::new());
        }
        let protocol_name = self.protocol_name.as_deref()?;
        let mut topics = BTreeSet::new();
        for member in self.members.values() {
            topics.extend(subscribed_topics(member.metadata(protocol_name))?);
        }
        Some(topics)
    }

    /// Whether a member reads the topic. A consumer group whose subscriptions are unknown may read any.
    pub(super) fn is_subscribed_to(&self, topic: &str) -> bool {
        match &self.subscribed_topics {
            Some(topics) => topics.contains(topic),
            None => self.uses_consumer_protocol(),
        }
    }

    /// Whether the ids name one member of the group.
    ///
    /// # Errors
    /// `FENCED_INSTANCE_ID` where the instance has another member id by now, else `UNKNOWN_MEMBER_ID`.
    pub(super) fn validate_member(&self, member_id: &str, group_instance_id: Option<&str>) -> Result<(), ErrorCode> {
        if let Some(instance) = group_instance_id {
            let current = self.static_member(instance).ok_or(ErrorCode::UNKNOWN_MEMBER_ID)?;
            if &**current != member_id {
                return Err(ErrorCode::FENCED_INSTANCE_ID);
            }
        }
        if self.has_member(member_id) { Ok(()) } else { Err(ErrorCode::UNKNOWN_MEMBER_ID) }
    }

    fn count_protocols(&mut self, member: &Member, count: Count) {
        for name in member.protocol_names() {
            let supporters = self.supported_protocols.entry(name.to_owned()).or_default();
            match count {
                Count::Up => *supporters += 1,
                Count::Down => *supporters -= 1,
            }
        }
        self.supported_protocols.retain(|_, supporters| *supporters > 0);
    }
}

#[derive(Clone, Copy)]
enum Count {
    Up,
    Down,
}

/// What a member says about itself each time it joins.
#[derive(Debug, Clone)]
pub(super) struct JoinTerms {
    pub(super) protocols: Vec<JoinGroupRequestProtocol>,
    pub(super) rebalance_timeout_ms: i32,
    pub(super) session_timeout_ms: i32,
}
