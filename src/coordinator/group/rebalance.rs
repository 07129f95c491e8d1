//! The join phase: members are asked to come back, and those who did make the next generation.

use super::classic::{ClassicGroup, GroupState};
use super::member::{Member, MemberId};
use super::records::group_metadata;
use super::turn::Turn;
use crate::coordinator::timers::{Alarm, TimerKey};
use crate::model::ErrorCode;
use crate::protocol::messages::join_group_response::JoinGroupResponseMember;
use crate::protocol::messages::{JoinGroupResponse, SyncGroupResponse};
use bytes::Bytes;
use std::time::Duration;

/// The shortest pause before a join phase that nobody came to is looked at again: members may name a rebalance timeout of
/// zero, and the shard must not spin.
const POSTPONED_MIN: Duration = Duration::from_secs(1);

impl ClassicGroup {
    pub(super) fn join_timer(&self) -> TimerKey {
        TimerKey::Join { group: self.group_id.clone() }
    }

    pub(super) fn sync_timer(&self) -> TimerKey {
        TimerKey::Sync { group: self.group_id.clone() }
    }

    pub(super) fn rebalance_or_complete_join(&mut self, turn: &mut Turn<'_>) {
        if self.is(GroupState::PreparingRebalance) {
            self.complete_join_if_all_are_here(turn);
        } else {
            self.prepare_rebalance(turn);
        }
    }

    /// Asks everyone to join again. The first members of an empty group are given a while to come together
    /// (`group.initial.rebalance.delay.ms`).
    pub(super) fn prepare_rebalance(&mut self, turn: &mut Turn<'_>) {
        if self.is(GroupState::CompletingRebalance) {
            self.drop_assignments(turn, ErrorCode::REBALANCE_IN_PROGRESS);
        }
        self.stop_waiting_for_syncs(turn);
        let is_first = self.is(GroupState::Empty);
        self.transition(GroupState::PreparingRebalance, turn.now.wall);
        if is_first {
            let delay = turn.config.group_initial_rebalance_delay;
            let remaining = self.rebalance_timeout().saturating_sub(delay);
            turn.set_timer(self.join_timer(), delay, Alarm::InitialJoin { delay, remaining });
        } else if self.has_all_members_joined() {
            self.complete_join(turn);
        } else {
            turn.set_timer(self.join_timer(), self.rebalance_timeout(), Alarm::CompleteJoin);
        }
    }

    /// Ends the join phase where nobody is missing. The first one always lasts its time.
    pub(super) fn complete_join_if_all_are_here(&mut self, turn: &mut Turn<'_>) {
        let is_first = self.previous_state == GroupState::Empty;
        if self.is(GroupState::PreparingRebalance) && !is_first && self.has_all_members_joined() {
            self.complete_join(turn);
        }
    }

    /// The delay of a first rebalance is over: it is prolonged while members keep arriving, up to their own timeout.
    pub(super) fn end_initial_delay(&mut self, turn: &mut Turn<'_>, delay: Duration, remaining: Duration) {
        if self.new_member_added && !remaining.is_zero() {
            self.new_member_added = false;
            let next = turn.config.group_initial_rebalance_delay.min(remaining);
            let alarm = Alarm::InitialJoin { delay: next, remaining: remaining.saturating_sub(delay) };
            turn.set_timer(self.join_timer(), next, alarm);
        } else {
            self.complete_join(turn);
        }
    }

    /// Ends the join phase with those who are here; dynamic members who did not come back are out.
    pub(super) fn complete_join(&mut self, turn: &mut Turn<'_>) {
        turn.timers.cancel(&self.join_timer());
        if !self.is(GroupState::PreparingRebalance) {
            return;
        }
        for member_id in self.missing_dynamic_members() {
            self.remove(&member_id);
            turn.cancel_session(&self.group_id, &member_id);
        }
        if !self.elect_joined_leader() && self.member_count() > 0 {
            // Only static members are left and none of them is here: they stay until their sessions end.
            let postponed = self.rebalance_timeout().max(POSTPONED_MIN);
            turn.set_timer(self.join_timer(), postponed, Alarm::CompleteJoin);
            return;
        }
        self.begin_generation(turn.now.wall);
        if self.is(GroupState::Empty) {
            turn.append(group_metadata(self, |_| Bytes::new()));
        } else {
            self.tell_the_joined(turn);
        }
    }

    fn missing_dynamic_members(&self) -> Vec<MemberId> {
        let is_missing = |member: &&Member| member.awaiting_join.is_none() && !member.is_static();
        self.members().filter(is_missing).map(|member| member.member_id.clone()).collect()
    }

    fn tell_the_joined(&mut self, turn: &mut Turn<'_>) {
        for member_id in self.member_ids() {
            if let Some(waiting) = self.set_awaiting_join(&member_id, None) {
                turn.join_reply(waiting, join_reply(self, &member_id));
            }
            let member = self.member_mut(&member_id).expect("listed above");
            member.is_new = false;
            let timeout = member.session_timeout();
            turn.set_session(&self.group_id, &member_id, timeout);
            self.pending_sync.insert(member_id);
        }
        let alarm = Alarm::SyncExpired { generation: self.generation };
        turn.set_timer(self.sync_timer(), self.rebalance_timeout(), alarm);
    }

    /// Forgets the assignments of a generation that did not come about, and tells those who wait for one.
    pub(super) fn drop_assignments(&mut self, turn: &mut Turn<'_>, error: ErrorCode) {
        for member_id in self.member_ids() {
            let member = self.member_mut(&member_id).expect("listed above");
            member.assignment = Bytes::new();
            let timeout = member.session_timeout();
            if let Some(waiting) = member.awaiting_sync.take() {
                turn.sync_reply(waiting, SyncGroupResponse { error_code: error.wire(), ..Default::default() });
                turn.set_session(&self.group_id, &member_id, timeout);
            }
        }
    }

    pub(super) fn stop_waiting_for_syncs(&mut self, turn: &mut Turn<'_>) {
        self.pending_sync.clear();
        turn.timers.cancel(&self.sync_timer());
    }

    /// A member is out against its will: whoever waits in its name is told to begin anew.
    pub(super) fn evict(&mut self, turn: &mut Turn<'_>, member_id: &str) {
        let Some(member) = self.remove(member_id) else { return };
        turn.cancel_session(&self.group_id, &member.member_id);
        if let Some(waiting) = member.awaiting_join {
            turn.join_reply(waiting, join_refusal("", ErrorCode::UNKNOWN_MEMBER_ID));
        }
        if let Some(waiting) = member.awaiting_sync {
            let error_code = ErrorCode::UNKNOWN_MEMBER_ID.wire();
            turn.sync_reply(waiting, SyncGroupResponse { error_code, ..SyncGroupResponse::default() });
        }
    }

    /// After members have left: the others share anew, or the join phase has nobody more to wait for.
    pub(super) fn after_departure(&mut self, turn: &mut Turn<'_>) {
        match self.state {
            GroupState::Stable | GroupState::CompletingRebalance => self.prepare_rebalance(turn),
            GroupState::PreparingRebalance => self.complete_join_if_all_are_here(turn),
            GroupState::Empty => {}
        }
    }
}

/// What a member hears when the join phase has ended; the leader hears of everybody.
pub(super) fn join_reply(group: &ClassicGroup, member_id: &str) -> JoinGroupResponse {
    let members = if group.is_leader(member_id) { joined_members(group) } else { Vec::new() };
    JoinGroupResponse {
        generation_id: group.generation,
        protocol_type: group.protocol_type.clone(),
        protocol_name: group.protocol_name.clone(),
        leader: group.leader.as_deref().unwrap_or_default().to_owned(),
        member_id: member_id.to_owned(),
        members,
        ..JoinGroupResponse::default()
    }
}

pub(super) fn joined_members(group: &ClassicGroup) -> Vec<JoinGroupResponseMember> {
    let protocol_name = group.protocol_name.as_deref().unwrap_or_default();
    let joined = |member: &Member| JoinGroupResponseMember {
        member_id: member.member_id.to_string(),
        group_instance_id: member.group_instance_id.clone(),
        metadata: member.metadata(protocol_name),
    };
    group.members().map(joined).collect()
}

pub(super) fn join_refusal(member_id: &str, error: ErrorCode) -> JoinGroupResponse {
    JoinGroupResponse {
        error_code: error.wire(),
        member_id: member_id.to_owned(),
        protocol_name: None,
        ..JoinGroupResponse::default()
    }
}
