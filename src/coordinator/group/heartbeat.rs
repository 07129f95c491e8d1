//! Heartbeat: a member is alive, and hears whether it has to join again. Also what happens when it is not.

use super::classic::{ClassicGroup, GroupState};
use super::turn::Turn;
use crate::model::ErrorCode;
use crate::protocol::messages::HeartbeatRequest;

impl ClassicGroup {
    /// Decides about one Heartbeat.
    pub(super) fn heartbeat(&mut self, turn: &mut Turn<'_>, request: &HeartbeatRequest) -> Result<(), ErrorCode> {
        self.validate_member(&request.member_id, request.group_instance_id.as_deref())?;
        if request.generation_id != self.generation {
            return Err(ErrorCode::ILLEGAL_GENERATION);
        }
        match self.state {
            GroupState::Empty => Err(ErrorCode::UNKNOWN_MEMBER_ID),
            GroupState::PreparingRebalance => {
                self.renew_session(turn, &request.member_id);
                Err(ErrorCode::REBALANCE_IN_PROGRESS)
            }
            GroupState::CompletingRebalance | GroupState::Stable => {
                self.renew_session(turn, &request.member_id);
                Ok(())
            }
        }
    }

    /// The member was heard of.
    pub(super) fn renew_session(&self, turn: &mut Turn<'_>, member_id: &str) {
        if let Some(member) = self.member(member_id) {
            turn.set_session(&self.group_id, &member.member_id, member.session_timeout());
        }
    }

    /// Nothing was heard of the member for the length of its session.
    pub(super) fn expire_session(&mut self, turn: &mut Turn<'_>, member_id: &str) {
        if self.pending_join.contains(member_id) {
            self.remove(member_id);
        } else {
            match self.member(member_id) {
                Some(member) if !member.has_satisfied_heartbeat() => self.evict(turn, member_id),
                // It waits for us, which shows that it is alive; its session begins anew with the answer.
                _ => return,
            }
            if !self.is(GroupState::PreparingRebalance) {
                self.after_departure(turn);
                return;
            }
        }
        // Unlike one who leaves, one who is lost also ends a first rebalance that nobody else is expected in.
        if self.is(GroupState::PreparingRebalance) && self.has_all_members_joined() {
            self.complete_join(turn);
        }
    }
}
