//! SyncGroup: the leader hands in the assignment, everyone else asks for his part of it.

use std::collections::HashMap;

use bytes::Bytes;

use super::classic::{ClassicGroup, GroupState};
use super::member::MemberId;
use super::records::group_metadata;
use super::turn::{AfterAppend, Turn};
use crate::coordinator::outcome::ReplyId;
use crate::model::ErrorCode;
use crate::protocol::messages::{SyncGroupRequest, SyncGroupResponse};

impl ClassicGroup {
    /// Decides about one SyncGroup; members wait until the leader's assignment is stored.
    pub(super) fn sync(&mut self, turn: &mut Turn<'_>, request: SyncGroupRequest, reply: ReplyId) {
        if let Err(error) = self.validate_sync(&request) {
            turn.sync_reply(reply, sync_refusal(error));
            return;
        }
        match self.state {
            GroupState::Empty => turn.sync_reply(reply, sync_refusal(ErrorCode::UNKNOWN_MEMBER_ID)),
            GroupState::PreparingRebalance => turn.sync_reply(reply, sync_refusal(ErrorCode::REBALANCE_IN_PROGRESS)),
            GroupState::CompletingRebalance => self.await_assignment(turn, request, reply),
            GroupState::Stable => {
                self.note_sync(turn, &request.member_id);
                turn.sync_reply(reply, self.sync_reply(&request.member_id));
            }
        }
    }

    fn validate_sync(&self, request: &SyncGroupRequest) -> Result<(), ErrorCode> {
        if self.is(GroupState::Empty) {
            return Err(ErrorCode::UNKNOWN_MEMBER_ID);
        }
        self.validate_member(&request.member_id, request.group_instance_id.as_deref())?;
        if request.generation_id != self.generation {
            return Err(ErrorCode::ILLEGAL_GENERATION);
        }
        let differs = |asked: &Option<String>, own: &Option<String>| asked.is_some() && own.is_some() && asked != own;
        if differs(&request.protocol_type, &self.protocol_type) || differs(&request.protocol_name, &self.protocol_name)
        {
            return Err(ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
        }
        Ok(())
    }

    fn await_assignment(&mut self, turn: &mut Turn<'_>, request: SyncGroupRequest, reply: ReplyId) {
        let member = self.member_mut(&request.member_id).expect("validated above");
        if let Some(earlier) = member.awaiting_sync.replace(reply) {
            turn.sync_reply(earlier, sync_refusal(ErrorCode::REBALANCE_IN_PROGRESS));
        }
        self.note_sync(turn, &request.member_id);
        if self.is_leader(&request.member_id) {
            self.store_assignment(turn, request);
        }
    }

    /// Members that the leader forgot get an empty assignment.
    fn store_assignment(&mut self, turn: &mut Turn<'_>, request: SyncGroupRequest) {
        let assignments: HashMap<MemberId, Bytes> =
            request.assignments.into_iter().map(|one| (one.member_id.into(), one.assignment)).collect();
        let assigned = |member_id: &MemberId| assignments.get(member_id).cloned().unwrap_or_default();
        turn.append(group_metadata(self, |member| assigned(&member.member_id)));
        let group = self.group_id.clone();
        turn.after.push(AfterAppend::AssignmentStored { group, generation: self.generation, assignments });
    }

    /// The assignment is stored, or could not be. Another rebalance may have begun meanwhile: then nothing is left to do.
    pub(super) fn assignment_stored(
        &mut self,
        turn: &mut Turn<'_>,
        generation: i32,
        assignments: &HashMap<MemberId, Bytes>,
        result: Result<(), ErrorCode>,
    ) {
        if !self.is(GroupState::CompletingRebalance) || self.generation != generation {
            return;
        }
        if let Err(error) = result {
            self.drop_assignments(turn, error);
            self.rebalance_or_complete_join(turn);
            return;
        }
        for member in self.members_mut() {
            member.assignment = assignments.get(&member.member_id).cloned().unwrap_or_default();
        }
        self.transition(GroupState::Stable, turn.now.wall);
        self.hand_out_assignments(turn);
    }

    fn hand_out_assignments(&mut self, turn: &mut Turn<'_>) {
        for member_id in self.member_ids() {
            let member = self.member_mut(&member_id).expect("listed above");
            let timeout = member.session_timeout();
            if let Some(waiting) = member.awaiting_sync.take() {
                turn.sync_reply(waiting, self.sync_reply(&member_id));
                // A session that ended while the member waited was overlooked; it begins anew.
                turn.set_session(&self.group_id, &member_id, timeout);
            }
        }
    }

    fn note_sync(&mut self, turn: &mut Turn<'_>, member_id: &str) {
        self.pending_sync.remove(member_id);
        if self.pending_sync.is_empty() {
            self.stop_waiting_for_syncs(turn);
        }
    }

    /// The sync phase lasted too long: who did not ask for his assignment is out.
    pub(super) fn expire_syncs(&mut self, turn: &mut Turn<'_>, generation: i32) {
        let awaits_syncs = matches!(self.state, GroupState::CompletingRebalance | GroupState::Stable);
        if generation != self.generation || !awaits_syncs || self.pending_sync.is_empty() {
            return;
        }
        for member_id in std::mem::take(&mut self.pending_sync) {
            self.evict(turn, &member_id);
        }
        self.prepare_rebalance(turn);
    }

    fn sync_reply(&self, member_id: &str) -> SyncGroupResponse {
        SyncGroupResponse {
            protocol_type: self.protocol_type.clone(),
            protocol_name: self.protocol_name.clone(),
            assignment: self.member(member_id).map(|member| member.assignment.clone()).unwrap_or_default(),
            ..SyncGroupResponse::default()
        }
    }
}

pub(super) fn sync_refusal(error: ErrorCode) -> SyncGroupResponse {
    SyncGroupResponse { error_code: error.wire(), ..SyncGroupResponse::default() }
}
