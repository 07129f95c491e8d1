//! One decision in the making: what it may look at and what it may leave behind.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::classic::{ClassicGroup, JoinTerms};
use super::member::MemberId;
use super::records::GroupRecord;
use crate::coordinator::config::GroupConfig;
use crate::coordinator::outcome::{Now, Outcome, Reply, ReplyId};
use crate::coordinator::timers::{Alarm, TimerKey, Timers};
use crate::model::TopicName;
use crate::protocol::messages::{JoinGroupResponse, SyncGroupResponse};

/// One decision in the making.
pub(super) struct Turn<'a> {
    pub(super) config: &'a GroupConfig,
    pub(super) timers: &'a mut Timers,
    pub(super) now: Now,
    pub(super) outcome: Outcome,
    pub(super) after: Vec<AfterAppend>,
}

/// What is still to be done when the records of a decision are committed, or could not be.
#[derive(Debug)]
pub(super) enum AfterAppend {
    /// The group was made by this decision: without its record it never was.
    GroupCreated { group: Arc<str> },
    /// The group was removed by this decision: without its tombstone it is still there.
    GroupDeleted(Box<ClassicGroup>),
    /// The leader's assignment becomes the members'.
    AssignmentStored { group: Arc<str>, generation: i32, assignments: HashMap<MemberId, Bytes> },
    /// A static member joined under a new id without a rebalance.
    StaticMemberReplaced(Box<Replaced>),
    /// A committed offset becomes visible; its record is the `index`-th of the append.
    Offset { group: Arc<str>, topic: TopicName, partition: i32, index: i64 },
}

/// A static member that came back under a new member id.
#[derive(Debug)]
pub(super) struct Replaced {
    pub(super) group: Arc<str>,
    pub(super) old_id: MemberId,
    pub(super) new_id: MemberId,
    /// What the instance had said before.
    pub(super) old_terms: JoinTerms,
    /// The leader as it was: clients that cannot skip the assignment hear the old name, so that they do not assign.
    pub(super) old_leader: Option<MemberId>,
    pub(super) api_version: i16,
}

impl<'a> Turn<'a> {
    pub(super) fn new(config: &'a GroupConfig, timers: &'a mut Timers, now: Now) -> Turn<'a> {
        Turn { config, timers, now, outcome: Outcome::default(), after: Vec::new() }
    }

    pub(super) fn join_reply(&mut self, to: ReplyId, reply: JoinGroupResponse) {
        self.outcome.reply(to, Reply::Join(reply));
    }

    pub(super) fn sync_reply(&mut self, to: ReplyId, reply: SyncGroupResponse) {
        self.outcome.reply(to, Reply::Sync(reply));
    }

    pub(super) fn append(&mut self, record: GroupRecord) {
        self.outcome.records.push(record);
    }

    /// Waits for a sign of life from the member.
    pub(super) fn set_session(&mut self, group: &Arc<str>, member: &MemberId, timeout: Duration) {
        let key = TimerKey::Session { group: group.clone(), member: member.clone() };
        self.set_timer(key, timeout, Alarm::SessionExpired);
    }

    pub(super) fn cancel_session(&mut self, group: &Arc<str>, member: &MemberId) {
        self.timers.cancel(&TimerKey::Session { group: group.clone(), member: member.clone() });
    }

    pub(super) fn set_timer(&mut self, key: TimerKey, after: Duration, alarm: Alarm) {
        self.timers.set(key, self.now.steady.saturating_add(after), alarm);
    }
}
