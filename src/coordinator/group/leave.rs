//! LeaveGroup: members go, by their own wish or at an administrator's, who names static members by instance (KIP-345).

use super::classic::ClassicGroup;
use super::turn::Turn;
use crate::model::ErrorCode;
use crate::protocol::messages::leave_group_request::MemberIdentity;
use crate::protocol::messages::leave_group_response::MemberResponse;

impl ClassicGroup {
    /// Lets each of the members go; those that are not members are named.
    pub(super) fn leave(&mut self, turn: &mut Turn<'_>, leaving: &[MemberIdentity]) -> Vec<MemberResponse> {
        let replies: Vec<MemberResponse> = leaving
            .iter()
            .map(|identity| match self.leave_one(turn, identity) {
                Ok(()) => member_reply(identity, ErrorCode::NONE),
                Err(error) => member_reply(identity, error),
            })
            .collect();
        if replies.iter().any(|reply| reply.error_code == ErrorCode::NONE.wire()) {
            self.after_departure(turn);
        }
        replies
    }

    fn leave_one(&mut self, turn: &mut Turn<'_>, identity: &MemberIdentity) -> Result<(), ErrorCode> {
        let instance = identity.group_instance_id.as_deref();
        let member_id = if identity.member_id.is_empty() {
            let current = instance.and_then(|instance| self.static_member(instance));
            current.ok_or(ErrorCode::UNKNOWN_MEMBER_ID)?.clone()
        } else {
            let member_id = identity.member_id.as_str().into();
            if self.pending_join.remove(&member_id) {
                turn.cancel_session(&self.group_id, &member_id);
                return Ok(());
            }
            self.validate_member(&member_id, instance)?;
            member_id
        };
        self.evict(turn, &member_id);
        Ok(())
    }
}

/// What one leaving member hears.
pub(super) fn member_reply(identity: &MemberIdentity, error: ErrorCode) -> MemberResponse {
    MemberResponse {
        member_id: identity.member_id.clone(),
        group_instance_id: identity.group_instance_id.clone(),
        error_code: error.wire(),
    }
}
