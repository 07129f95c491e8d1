//! JoinGroup: a member asks to be in the next generation.
//!
//! A dynamic member without an id gets one first and must come back with it (KIP-394, from v4), so that a client that
//! times out and asks again does not leave ghosts behind. A static member (KIP-345, from v5) is known by its instance:
//! when it comes back, it takes the place of its former self, without a rebalance where nothing else changed.

use bytes::Bytes;

use super::classic::{ClassicGroup, GroupState, JoinTerms};
use super::member::{Member, MemberId, milliseconds};
use super::rebalance::{join_refusal, join_reply};
use super::records::group_metadata;
use super::turn::{AfterAppend, Replaced, Turn};
use crate::coordinator::config::NEW_MEMBER_JOIN_TIMEOUT;
use crate::coordinator::outcome::ReplyId;
use crate::model::ErrorCode;
use crate::protocol::messages::{JoinGroupRequest, JoinGroupResponse, SyncGroupResponse};

/// The version from which a dynamic member must bring the member id that it was given (KIP-394).
const MEMBER_ID_REQUIRED_SINCE: i16 = 4;

/// Who asks: what the coordinator knows about a client beside its request.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    /// `client.id`.
    pub client_id: String,
    /// The client's address as Java prints it, `/127.0.0.1`.
    pub client_host: String,
    /// The version of the request.
    pub api_version: i16,
}

/// A JoinGroup on its way.
#[derive(Debug)]
pub(super) struct Joining {
    pub(super) request: JoinGroupRequest,
    pub(super) caller: Caller,
    /// What makes a new member id unique: a random UUID's text.
    pub(super) new_id_suffix: String,
    pub(super) reply: ReplyId,
}

impl Joining {
    fn terms(&self) -> JoinTerms {
        JoinTerms {
            protocols: self.request.protocols.clone(),
            rebalance_timeout_ms: self.request.rebalance_timeout_ms,
            session_timeout_ms: self.request.session_timeout_ms,
        }
    }

    fn new_member_id(&self) -> MemberId {
        let prefix = self.request.group_instance_id.as_ref().unwrap_or(&self.caller.client_id);
        format!("{prefix}-{}", self.new_id_suffix).into()
    }

    fn refuse(&self, turn: &mut Turn<'_>, error: ErrorCode) {
        turn.join_reply(self.reply, join_refusal(&self.request.member_id, error));
    }
}

impl ClassicGroup {
    /// Decides about one JoinGroup; the reply may come at once, or when the join phase ends.
    pub(super) fn join(&mut self, turn: &mut Turn<'_>, joining: Joining) {
        let member_id = joining.request.member_id.as_str();
        if !self.accepts(turn, member_id) {
            self.remove(member_id);
            turn.join_reply(joining.reply, join_refusal("", ErrorCode::GROUP_MAX_SIZE_REACHED));
            // It may have been the last one that the others waited for.
            self.complete_join_if_all_are_here(turn);
        } else if !self.supports(&joining.request.protocol_type, &joining.request.protocols) {
            joining.refuse(turn, ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
        } else if member_id.is_empty() {
            self.join_unknown(turn, joining);
        } else if self.pending_join.contains(member_id) {
            self.join_pending(turn, joining);
        } else {
            self.join_known(turn, joining);
        }
    }

    /// Whether there is room. While members join, those who wait are counted: so a group that is too large, because the
    /// limit was lowered, loses the last ones to come back.
    fn accepts(&self, turn: &Turn<'_>, member_id: &str) -> bool {
        let max = turn.config.group_max_size;
        match self.state {
            GroupState::Empty => true,
            GroupState::PreparingRebalance => {
                let is_waiting = self.member(member_id).is_some_and(|member| member.awaiting_join.is_some());
                is_waiting || self.awaiting_join_count() < max
            }
            GroupState::CompletingRebalance | GroupState::Stable => {
                self.has_member(member_id) || self.member_count() < max
            }
        }
    }

    fn join_unknown(&mut self, turn: &mut Turn<'_>, joining: Joining) {
        let new_id = joining.new_member_id();
        let instance = joining.request.group_instance_id.as_deref();
        let replaced = instance.and_then(|instance| self.static_member(instance)).cloned();
        match replaced {
            Some(old_id) => self.replace_static_member(turn, joining, &old_id, &new_id),
            None if instance.is_none() && joining.caller.api_version >= MEMBER_ID_REQUIRED_SINCE => {
                turn.set_session(&self.group_id, &new_id, milliseconds(joining.request.session_timeout_ms));
                turn.join_reply(joining.reply, join_refusal(&new_id, ErrorCode::MEMBER_ID_REQUIRED));
                self.pending_join.insert(new_id);
            }
            None => self.add_member(turn, joining, new_id),
        }
    }

    fn join_pending(&mut self, turn: &mut Turn<'_>, joining: Joining) {
        if joining.request.group_instance_id.is_some() {
            // Ids are handed out to dynamic members only, so no sound client comes here.
            joining.refuse(turn, ErrorCode::UNKNOWN_SERVER_ERROR);
            return;
        }
        let member_id = joining.request.member_id.as_str().into();
        self.add_member(turn, joining, member_id);
    }

    fn join_known(&mut self, turn: &mut Turn<'_>, joining: Joining) {
        let member_id = joining.request.member_id.as_str();
        if let Err(error) = self.validate_member(member_id, joining.request.group_instance_id.as_deref()) {
            joining.refuse(turn, error);
            return;
        }
        let is_unchanged = self.member(member_id).is_some_and(|member| member.matches(&joining.request.protocols));
        // In Stable the leader joins again when something changed that only it sees, such as the number of partitions.
        let answer_at_once = match self.state {
            GroupState::PreparingRebalance => false,
            GroupState::CompletingRebalance => is_unchanged,
            GroupState::Stable => is_unchanged && !self.is_leader(member_id),
            GroupState::Empty => {
                joining.refuse(turn, ErrorCode::UNKNOWN_MEMBER_ID);
                return;
            }
        };
        if answer_at_once {
            // It did not hear the answer to its last join.
            turn.join_reply(joining.reply, join_reply(self, member_id));
        } else {
            let member_id: MemberId = member_id.into();
            self.update(&member_id, joining.terms());
            self.await_join(turn, &member_id, joining.reply);
            self.rebalance_or_complete_join(turn);
        }
    }

    fn add_member(&mut self, turn: &mut Turn<'_>, joining: Joining, member_id: MemberId) {
        let terms = joining.terms();
        let member = Member {
            member_id: member_id.clone(),
            group_instance_id: joining.request.group_instance_id,
            client_id: joining.caller.client_id,
            client_host: joining.caller.client_host,
            rebalance_timeout_ms: terms.rebalance_timeout_ms,
            session_timeout_ms: terms.session_timeout_ms,
            protocols: terms.protocols,
            assignment: Bytes::new(),
            awaiting_join: Some(joining.reply),
            awaiting_sync: None,
            is_new: true,
        };
        if self.is(GroupState::PreparingRebalance) && self.previous_state == GroupState::Empty {
            self.new_member_added = true;
        }
        self.add(member, &joining.request.protocol_type);
        turn.set_session(&self.group_id, &member_id, NEW_MEMBER_JOIN_TIMEOUT);
        self.rebalance_or_complete_join(turn);
    }

    /// Lets `reply` wait for the end of the join phase. A member that asks again waits with its new request only.
    fn await_join(&mut self, turn: &mut Turn<'_>, member_id: &MemberId, reply: ReplyId) {
        if let Some(earlier) = self.set_awaiting_join(member_id, Some(reply)) {
            turn.join_reply(earlier, join_refusal(member_id, ErrorCode::REBALANCE_IN_PROGRESS));
        }
    }

    fn replace_static_member(&mut self, turn: &mut Turn<'_>, joining: Joining, old_id: &MemberId, new_id: &MemberId) {
        let old_leader = self.leader.clone();
        let replaced = self.rename_static_member(old_id, new_id);
        fence(turn, &replaced);
        turn.set_session(&self.group_id, new_id, replaced.session_timeout());
        self.update(new_id, joining.terms());
        self.set_awaiting_join(new_id, Some(joining.reply));
        match self.state {
            GroupState::Stable if self.select_protocol() == self.protocol_name => {
                let after = Replaced {
                    group: self.group_id.clone(),
                    old_id: old_id.clone(),
                    new_id: new_id.clone(),
                    old_terms: JoinTerms {
                        protocols: replaced.protocols,
                        rebalance_timeout_ms: replaced.rebalance_timeout_ms,
                        session_timeout_ms: replaced.session_timeout_ms,
                    },
                    old_leader,
                    api_version: joining.caller.api_version,
                };
                turn.append(group_metadata(self, |member| member.assignment.clone()));
                turn.after.push(AfterAppend::StaticMemberReplaced(Box::new(after)));
            }
            GroupState::Stable => self.rebalance_or_complete_join(turn),
            // The old id may be with the leader already, who would assign partitions to nobody.
            GroupState::CompletingRebalance => self.prepare_rebalance(turn),
            GroupState::PreparingRebalance | GroupState::Empty => self.complete_join_if_all_are_here(turn),
        }
    }
}

/// The version from which a leader can be told not to assign (KIP-814).
const SKIP_ASSIGNMENT_SINCE: i16 = 9;

impl ClassicGroup {
    /// The new id of a static member is stored, or could not be: then the former self is back.
    pub(super) fn static_member_stored(
        &mut self,
        turn: &mut Turn<'_>,
        replaced: Replaced,
        result: Result<(), ErrorCode>,
    ) {
        let is_there = self.member(&replaced.new_id).is_some();
        let waiting = self.set_awaiting_join(&replaced.new_id, None);
        match result {
            Ok(()) => {
                if let Some(waiting) = waiting {
                    turn.join_reply(waiting, self.replaced_reply(&replaced));
                }
            }
            Err(error) if is_there => {
                if let Some(waiting) = waiting {
                    turn.join_reply(waiting, join_refusal("", error));
                }
                self.update(&replaced.new_id, replaced.old_terms);
                let renamed = self.rename_static_member(&replaced.new_id, &replaced.old_id);
                turn.set_session(&self.group_id, &replaced.old_id, renamed.session_timeout());
            }
            Err(_) => {}
        }
    }

    /// A client that knows `skip_assignment` learns that it leads and need not assign (KIP-814); to an older one another
    /// member seems to lead, its own former id.
    fn replaced_reply(&self, replaced: &Replaced) -> JoinGroupResponse {
        let reply = join_reply(self, &replaced.new_id);
        if replaced.api_version >= SKIP_ASSIGNMENT_SINCE {
            return JoinGroupResponse { skip_assignment: self.is_leader(&replaced.new_id), ..reply };
        }
        let leader = replaced.old_leader.as_deref().unwrap_or_default().to_owned();
        JoinGroupResponse { leader, members: Vec::new(), ..reply }
    }
}

/// Tells the former self of a static member, should it wait for something, that another one took its place.
fn fence(turn: &mut Turn<'_>, former: &Member) {
    if let Some(reply) = former.awaiting_join {
        turn.join_reply(reply, join_refusal(&former.member_id, ErrorCode::FENCED_INSTANCE_ID));
    }
    if let Some(reply) = former.awaiting_sync {
        let error_code = ErrorCode::FENCED_INSTANCE_ID.wire();
        turn.sync_reply(reply, SyncGroupResponse { error_code, ..SyncGroupResponse::default() });
    }
}
