//! All groups of one partition of `__consumer_offsets`: requests, alarms and the ends of appends come in here.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use super::classic::{ClassicGroup, GroupState};
use super::commit::{GROUP_ID_NOT_FOUND_SINCE, commit_refusal};
use super::describe::{group_error, missing_group};
use super::expiry::{DeletedTopic, delete_all_offsets, forget_topics, group_tombstone};
use super::fetch::Stability;
use super::join::{Caller, Joining};
use super::leave::member_reply;
use super::member::Member;
use super::offsets::{OffsetName, Offsets, Replayed, TransactionEnd};
use super::rebalance::join_refusal;
use super::records::{GroupRecord, new_group};
use super::sync::sync_refusal;
use super::turn::{AfterAppend, Turn};
use crate::coordinator::config::GroupConfig;
use crate::coordinator::outcome::{AppendId, Now, Outcome, Reply, ReplyId};
use crate::coordinator::timers::{Alarm, TimerKey, Timers};
use crate::model::{ErrorCode, Offset, ProducerId, Timestamp};
use crate::protocol::messages::delete_groups_response::DeletableGroupResult;
use crate::protocol::messages::group_metadata_value::MemberMetadata;
use crate::protocol::messages::join_group_request::JoinGroupRequestProtocol;
use crate::protocol::messages::offset_fetch_request::OffsetFetchRequestGroup;
use crate::protocol::messages::offset_fetch_response::OffsetFetchResponseGroup;
use crate::protocol::messages::{
    GroupMetadataValue, HeartbeatRequest, HeartbeatResponse, JoinGroupRequest, LeaveGroupRequest, LeaveGroupResponse,
    OffsetCommitRequest, OffsetDeleteRequest, OffsetDeleteResponse, SyncGroupRequest,
};

/// What a shard can be asked.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "each carries the request of its name")]
pub enum GroupRequest {
    /// With what makes a new member id unique.
    Join {
        request: JoinGroupRequest,
        new_id_suffix: String,
    },
    Sync(SyncGroupRequest),
    Heartbeat(HeartbeatRequest),
    /// In the form of version 3 and later: with a list of members.
    Leave(LeaveGroupRequest),
    /// For topics and partitions that exist, with name and id.
    OffsetCommit(OffsetCommitRequest),
    /// Names resolved.
    OffsetFetch {
        request: OffsetFetchRequestGroup,
        require_stable: bool,
    },
    OffsetDelete(OffsetDeleteRequest),
    DeleteGroups(Vec<String>),
    DescribeGroups(Vec<String>),
    ListGroups {
        states: Vec<String>,
        types: Vec<String>,
    },
    /// Topics are gone, and their offsets with them.
    ForgetTopics(Vec<DeletedTopic>),
    /// The time has come to look for offsets that are too old.
    Expire,
}

impl GroupRequest {
    /// Whether the answer holds whatever becomes of the records that are on their way.
    fn is_reading(&self) -> bool {
        match self {
            GroupRequest::Heartbeat(_) | GroupRequest::DescribeGroups(_) | GroupRequest::ListGroups { .. } => true,
            GroupRequest::OffsetFetch { require_stable, .. } => !require_stable,
            _ => false,
        }
    }

    /// The answer where the shard cannot decide.
    #[must_use]
    pub(in crate::coordinator) fn refusal(&self, error: ErrorCode) -> Reply {
        let error_code = error.wire();
        match self {
            GroupRequest::Join { request, .. } => Reply::Join(join_refusal(&request.member_id, error)),
            GroupRequest::Sync(_) => Reply::Sync(sync_refusal(error)),
            GroupRequest::Heartbeat(_) => {
                // While the group is loaded the member has nothing to do about it.
                let is_loading = error == ErrorCode::COORDINATOR_LOAD_IN_PROGRESS;
                let error_code = if is_loading { ErrorCode::NONE.wire() } else { error_code };
                Reply::Heartbeat(HeartbeatResponse { error_code, ..HeartbeatResponse::default() })
            }
            GroupRequest::Leave(_) => Reply::Leave(LeaveGroupResponse { error_code, ..LeaveGroupResponse::default() }),
            GroupRequest::OffsetCommit(request) => Reply::OffsetCommit(commit_refusal(&request.topics, error)),
            GroupRequest::OffsetFetch { request, .. } => Reply::OffsetFetch(OffsetFetchResponseGroup {
                group_id: request.group_id.clone(),
                error_code,
                ..OffsetFetchResponseGroup::default()
            }),
            GroupRequest::OffsetDelete(_) => {
                Reply::OffsetDelete(OffsetDeleteResponse { error_code, ..OffsetDeleteResponse::default() })
            }
            GroupRequest::DeleteGroups(groups) => {
                let refused = |group_id: &String| DeletableGroupResult { group_id: group_id.clone(), error_code };
                Reply::DeleteGroups(groups.iter().map(refused).collect())
            }
            GroupRequest::DescribeGroups(groups) => {
                Reply::DescribeGroups(groups.iter().map(|group| group_error(group, error)).collect())
            }
            GroupRequest::ListGroups { .. } | GroupRequest::ForgetTopics(_) | GroupRequest::Expire => {
                Reply::Done(error)
            }
        }
    }
}

/// The groups of one partition of `__consumer_offsets`.
#[derive(Debug)]
pub struct GroupShard {
    config: Arc<GroupConfig>,
    groups: HashMap<Arc<str>, ClassicGroup>,
    offsets: Offsets,
    timers: Timers,
    /// What follows from the appends that have not ended.
    appends: BTreeMap<AppendId, Vec<AfterAppend>>,
    append_count: u64,
}

impl GroupShard {
    /// A shard without groups, into which the partition is to be replayed.
    #[must_use]
    pub fn new(config: Arc<GroupConfig>) -> GroupShard {
        GroupShard {
            config,
            groups: HashMap::new(),
            offsets: Offsets::default(),
            timers: Timers::default(),
            appends: BTreeMap::new(),
            append_count: 0,
        }
    }

    /// Decides about one request.
    pub fn handle(&mut self, request: GroupRequest, caller: Caller, reply: ReplyId, now: Now) -> Outcome {
        let config = self.config.clone();
        let mut timers = std::mem::take(&mut self.timers);
        let mut turn = Turn::new(&config, &mut timers, now);
        match request {
            GroupRequest::Join { request, new_id_suffix } => {
                self.join(&mut turn, Joining { request, caller, new_id_suffix, reply });
            }
            GroupRequest::Sync(request) => self.sync(&mut turn, request, reply),
            request => {
                let is_reading = request.is_reading();
                let response = self.decide(&mut turn, request, &caller);
                if is_reading {
                    turn.outcome.reply(reply, response);
                } else {
                    turn.outcome.response = Some((reply, response));
                }
            }
        }
        let Turn { outcome, after, .. } = turn;
        self.timers = timers;
        self.stage(outcome, after)
    }

    fn decide(&mut self, turn: &mut Turn<'_>, request: GroupRequest, caller: &Caller) -> Reply {
        match request {
            GroupRequest::Heartbeat(request) => Reply::Heartbeat(self.heartbeat(turn, &request)),
            GroupRequest::Leave(request) => Reply::Leave(self.leave(turn, &request)),
            GroupRequest::OffsetCommit(request) => self.commit(turn, &request, caller.api_version),
            GroupRequest::OffsetFetch { request, require_stable } => {
                let stability = if require_stable { Stability::Required } else { Stability::NotRequired };
                Reply::OffsetFetch(self.offsets.fetch(&request, stability))
            }
            GroupRequest::OffsetDelete(request) => Reply::OffsetDelete(self.delete_offsets(turn, &request)),
            GroupRequest::DeleteGroups(groups) => Reply::DeleteGroups(self.delete_groups(turn, groups)),
            GroupRequest::DescribeGroups(groups) => {
                let describe = |group: &String| match self.groups.get(group.as_str()) {
                    Some(group) => group.describe(),
                    None => missing_group(group, caller.api_version),
                };
                Reply::DescribeGroups(groups.iter().map(describe).collect())
            }
            GroupRequest::ListGroups { states, types } => {
                Reply::ListGroups(self.groups.values().filter_map(|group| group.list(&states, &types)).collect())
            }
            GroupRequest::ForgetTopics(deleted) => {
                forget_topics(turn, &self.offsets, &deleted);
                Reply::Done(ErrorCode::NONE)
            }
            GroupRequest::Expire => {
                self.expire_offsets(turn);
                Reply::Done(ErrorCode::NONE)
            }
            GroupRequest::Join { .. } | GroupRequest::Sync(_) => unreachable!("these wait in the group"),
        }
    }

    /// When the next alarm is due, on the steady clock.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Duration> {
        self.timers.next_deadline()
    }

    /// Does what one alarm that is due asks for; none where no alarm is due.
    pub fn ring(&mut self, now: Now) -> Option<Outcome> {
        let (key, alarm) = self.timers.take_expired(now.steady)?;
        Some(self.in_group(&key, now, |group, turn, key| match (alarm, key) {
            (Alarm::SessionExpired, TimerKey::Session { member, .. }) => group.expire_session(turn, member),
            (Alarm::InitialJoin { delay, remaining }, _) => group.end_initial_delay(turn, delay, remaining),
            (Alarm::CompleteJoin, _) => group.complete_join(turn),
            (Alarm::SyncExpired { generation }, _) => group.expire_syncs(turn, generation),
            (Alarm::SessionExpired, _) => {}
        }))
    }

    fn in_group(
        &mut self,
        key: &TimerKey,
        now: Now,
        act: impl FnOnce(&mut ClassicGroup, &mut Turn<'_>, &TimerKey),
    ) -> Outcome {
        let (TimerKey::Session { group, .. } | TimerKey::Join { group } | TimerKey::Sync { group }) = key;
        let mut turn = Turn::new(&self.config, &mut self.timers, now);
        if let Some(group) = self.groups.get_mut(group) {
            act(group, &mut turn, key);
        }
        let Turn { outcome, after, .. } = turn;
        self.stage(outcome, after)
    }

    /// The records of `append` are committed, from that offset on, or could not be stored.
    pub fn appended(&mut self, append: AppendId, result: Result<Offset, ErrorCode>, now: Now) -> Outcome {
        let config = self.config.clone();
        let mut timers = std::mem::take(&mut self.timers);
        let mut turn = Turn::new(&config, &mut timers, now);
        for after in self.appends.remove(&append).unwrap_or_default() {
            self.settle(&mut turn, append, after, result);
        }
        let Turn { outcome, after, .. } = turn;
        self.timers = timers;
        self.stage(outcome, after)
    }

    /// The records of `append` are not committed in time. Those who wait for a rebalance to be stored are told; the offsets
    /// go on waiting, for the log may yet commit them.
    pub fn append_overdue(&mut self, append: AppendId, error: ErrorCode, now: Now) -> Outcome {
        let config = self.config.clone();
        let mut timers = std::mem::take(&mut self.timers);
        let mut turn = Turn::new(&config, &mut timers, now);
        let entries = self.appends.remove(&append).unwrap_or_default();
        let is_rebalance = |after: &AfterAppend| {
            matches!(after, AfterAppend::AssignmentStored { .. } | AfterAppend::StaticMemberReplaced(_))
        };
        let (rebalances, rest): (Vec<_>, Vec<_>) = entries.into_iter().partition(is_rebalance);
        self.appends.insert(append, rest);
        for after in rebalances {
            self.settle(&mut turn, append, after, Err(error));
        }
        let Turn { outcome, after, .. } = turn;
        self.timers = timers;
        self.stage(outcome, after)
    }

    fn settle(&mut self, turn: &mut Turn<'_>, append: AppendId, after: AfterAppend, result: Result<Offset, ErrorCode>) {
        match after {
            AfterAppend::Offset { group, topic, partition, index } => {
                let name = OffsetName { group: &group, topic: &topic, partition };
                self.offsets.settle(append, name, result.ok().map(|first| first.plus(index)));
            }
            AfterAppend::GroupCreated { group } => {
                if let Err(error) = result {
                    self.uncreate(turn, &group, error);
                }
            }
            AfterAppend::GroupDeleted(group) => {
                if result.is_err() {
                    self.groups.entry(group.group_id.clone()).or_insert(*group);
                }
            }
            AfterAppend::AssignmentStored { group, generation, assignments } => {
                if let Some(group) = self.groups.get_mut(&group) {
                    group.assignment_stored(turn, generation, &assignments, result.map(|_| ()));
                }
            }
            AfterAppend::StaticMemberReplaced(replaced) => {
                if let Some(group) = self.groups.get_mut(&replaced.group) {
                    group.static_member_stored(turn, *replaced, result.map(|_| ()));
                }
            }
        }
    }

    fn uncreate(&mut self, turn: &mut Turn<'_>, group_id: &Arc<str>, error: ErrorCode) {
        if let Some(group) = self.groups.remove(group_id) {
            group.abandon(turn, error);
        }
    }

    /// Replays one record of the partition.
    pub fn replay(&mut self, record_offset: Offset, producer_id: ProducerId, record: GroupRecord, now: Timestamp) {
        match record {
            GroupRecord::Offset { group, topic, partition, value } => {
                if value.is_some() {
                    let new = || ClassicGroup::new(group.clone(), now);
                    self.groups.entry(group.clone()).or_insert_with(new);
                }
                let name = OffsetName { group: &group, topic: &topic, partition };
                self.offsets.replay(name, Replayed { record_offset, producer_id, value });
            }
            GroupRecord::Group { group, value: Some(value) } => {
                self.groups.insert(group.clone(), loaded_group(group, value));
            }
            GroupRecord::Group { group, value: None } => {
                self.groups.remove(&group);
            }
        }
    }

    /// Replays the end of a transaction.
    pub fn replay_end_of_transaction(&mut self, producer_id: ProducerId, end: TransactionEnd) {
        self.offsets.end_transaction(producer_id, end);
    }

    /// The partition is replayed: its members are given the length of a session to show that they are alive.
    pub fn loaded(&mut self, now: Now) -> Outcome {
        let mut turn = Turn::new(&self.config, &mut self.timers, now);
        for group in self.groups.values_mut() {
            for member in group.members() {
                turn.set_session(&group.group_id, &member.member_id, member.session_timeout());
            }
            if group.member_count() > turn.config.group_max_size {
                group.prepare_rebalance(&mut turn);
            }
        }
        let Turn { outcome, after, .. } = turn;
        self.stage(outcome, after)
    }

    /// The partition is led elsewhere from now on: everyone who waits hears `error`.
    pub fn unload(mut self, error: ErrorCode, now: Now) -> Vec<(ReplyId, Reply)> {
        let mut turn = Turn::new(&self.config, &mut self.timers, now);
        for group in self.groups.into_values() {
            group.abandon(&mut turn, error);
        }
        turn.outcome.replies
    }

    /// How many groups there are.
    #[must_use]
    pub fn group_count(&self) -> usize {
        self.groups.len()
    }

    /// How many offsets there are.
    #[must_use]
    pub fn offset_count(&self) -> usize {
        self.offsets.count()
    }

    /// Gives the records of a decision their name, and lets them count for what looks at the latest state.
    fn stage(&mut self, mut outcome: Outcome, mut after: Vec<AfterAppend>) -> Outcome {
        if outcome.records.is_empty() {
            return outcome;
        }
        self.append_count += 1;
        let append = AppendId(self.append_count);
        outcome.append = Some(append);
        let mut entries = Vec::with_capacity(outcome.records.len() + after.len());
        for (index, record) in (0..).zip(&outcome.records) {
            if let GroupRecord::Offset { group, topic, partition, value } = record {
                let name = OffsetName { group, topic, partition: *partition };
                self.offsets.stage(append, name, value.clone());
                let (group, topic, partition) = (group.clone(), topic.clone(), *partition);
                entries.push(AfterAppend::Offset { group, topic, partition, index });
            }
        }
        entries.append(&mut after);
        self.appends.insert(append, entries);
        outcome
    }
}

/// What each request asks of the group that it names.
impl GroupShard {
    fn join(&mut self, turn: &mut Turn<'_>, joining: Joining) {
        let group_id: Arc<str> = joining.request.group_id.as_str().into();
        let is_new = !self.groups.contains_key(&group_id);
        if is_new && !joining.request.member_id.is_empty() {
            let refusal = join_refusal(&joining.request.member_id, ErrorCode::UNKNOWN_MEMBER_ID);
            turn.join_reply(joining.reply, refusal);
            return;
        }
        let wall = turn.now.wall;
        let group = self.groups.entry(group_id.clone()).or_insert_with(|| ClassicGroup::new(group_id.clone(), wall));
        let as_created = is_new.then(|| new_group(group));
        group.join(turn, joining);
        if let (Some(record), true) = (as_created, turn.outcome.records.is_empty()) {
            turn.append(record);
            turn.after.push(AfterAppend::GroupCreated { group: group_id });
        }
    }

    fn sync(&mut self, turn: &mut Turn<'_>, request: SyncGroupRequest, reply: ReplyId) {
        match self.groups.get_mut(request.group_id.as_str()) {
            Some(group) => group.sync(turn, request, reply),
            None => turn.sync_reply(reply, sync_refusal(ErrorCode::UNKNOWN_MEMBER_ID)),
        }
    }

    fn heartbeat(&mut self, turn: &mut Turn<'_>, request: &HeartbeatRequest) -> HeartbeatResponse {
        let result = match self.groups.get_mut(request.group_id.as_str()) {
            Some(group) => group.heartbeat(turn, request),
            None => Err(ErrorCode::UNKNOWN_MEMBER_ID),
        };
        let error_code = result.err().unwrap_or(ErrorCode::NONE).wire();
        HeartbeatResponse { error_code, ..HeartbeatResponse::default() }
    }

    fn leave(&mut self, turn: &mut Turn<'_>, request: &LeaveGroupRequest) -> LeaveGroupResponse {
        let members = match self.groups.get_mut(request.group_id.as_str()) {
            Some(group) => group.leave(turn, &request.members),
            None => {
                let unknown = |identity| member_reply(identity, ErrorCode::UNKNOWN_MEMBER_ID);
                request.members.iter().map(unknown).collect()
            }
        };
        LeaveGroupResponse { members, ..LeaveGroupResponse::default() }
    }

    fn commit(&mut self, turn: &mut Turn<'_>, request: &OffsetCommitRequest, api_version: i16) -> Reply {
        let is_new = !self.groups.contains_key(request.group_id.as_str());
        if is_new && request.generation_id_or_member_epoch >= 0 {
            let knows_the_code = api_version >= GROUP_ID_NOT_FOUND_SINCE;
            let error = if knows_the_code { ErrorCode::GROUP_ID_NOT_FOUND } else { ErrorCode::ILLEGAL_GENERATION };
            return Reply::OffsetCommit(commit_refusal(&request.topics, error));
        }
        let group_id: Arc<str> = request.group_id.as_str().into();
        if is_new {
            // A group of one's own making that only keeps offsets: it needs no record but theirs.
            let group = ClassicGroup::new(group_id.clone(), turn.now.wall);
            let response = group.commit(turn, request);
            if !turn.outcome.records.is_empty() {
                self.groups.insert(group_id.clone(), group);
                turn.after.push(AfterAppend::GroupCreated { group: group_id });
            }
            return Reply::OffsetCommit(response);
        }
        let group = &self.groups[&group_id];
        Reply::OffsetCommit(match group.validate_commit(request) {
            Ok(()) => group.commit(turn, request),
            Err(error) => commit_refusal(&request.topics, error),
        })
    }

    fn delete_offsets(&mut self, turn: &mut Turn<'_>, request: &OffsetDeleteRequest) -> OffsetDeleteResponse {
        let refusal = |error: ErrorCode| OffsetDeleteResponse { error_code: error.wire(), ..Default::default() };
        match self.groups.get(request.group_id.as_str()) {
            None => refusal(ErrorCode::GROUP_ID_NOT_FOUND),
            Some(group) => match group.validate_offset_delete() {
                Err(error) => refusal(error),
                Ok(()) => group.delete_offsets(turn, &self.offsets, &request.topics),
            },
        }
    }

    fn delete_groups(&mut self, turn: &mut Turn<'_>, groups: Vec<String>) -> Vec<DeletableGroupResult> {
        let delete = |group_id: String| {
            let error_code = self.delete_group(turn, &group_id).err().unwrap_or(ErrorCode::NONE).wire();
            DeletableGroupResult { group_id, error_code }
        };
        groups.into_iter().map(delete).collect()
    }

    fn delete_group(&mut self, turn: &mut Turn<'_>, group_id: &str) -> Result<(), ErrorCode> {
        let group = self.groups.get(group_id).ok_or(ErrorCode::GROUP_ID_NOT_FOUND)?;
        group.validate_delete()?;
        let group = self.groups.remove(group_id).expect("found above");
        delete_all_offsets(turn, &self.offsets, &group.group_id);
        bury(turn, group);
        Ok(())
    }

    fn expire_offsets(&mut self, turn: &mut Turn<'_>) {
        let mut over = Vec::new();
        for group in self.groups.values() {
            if group.expire_offsets(turn, &self.offsets) && group.is(GroupState::Empty) {
                over.push(group.group_id.clone());
            }
        }
        for group_id in over {
            bury(turn, self.groups.remove(&group_id).expect("listed above"));
        }
    }
}

fn bury(turn: &mut Turn<'_>, group: ClassicGroup) {
    turn.append(group_tombstone(&group.group_id));
    turn.after.push(AfterAppend::GroupDeleted(Box::new(group)));
}

/// A group as its record tells of it: stable where it has members.
fn loaded_group(group_id: Arc<str>, value: GroupMetadataValue) -> ClassicGroup {
    let mut group = ClassicGroup::new(group_id, Timestamp::NONE);
    group.state_since = (value.current_state_timestamp >= 0).then_some(Timestamp(value.current_state_timestamp));
    group.generation = value.generation;
    group.protocol_name = value.protocol.clone();
    group.leader = value.leader.map(Into::into);
    if !value.members.is_empty() {
        group.state = GroupState::Stable;
    }
    group.protocol_type = (!value.protocol_type.is_empty()).then(|| value.protocol_type.clone());
    let protocol_name = value.protocol.unwrap_or_default();
    for member in value.members {
        group.add(loaded_member(member, &protocol_name), &value.protocol_type);
    }
    group.subscribed_topics = group.read_subscribed_topics();
    group
}

fn loaded_member(member: MemberMetadata, protocol_name: &str) -> Member {
    // Before 0.10.1 there was one timeout for both.
    let rebalance_timeout_ms =
        if member.rebalance_timeout < 0 { member.session_timeout } else { member.rebalance_timeout };
    Member {
        member_id: member.member_id.into(),
        group_instance_id: member.group_instance_id,
        client_id: member.client_id,
        client_host: member.client_host,
        rebalance_timeout_ms,
        session_timeout_ms: member.session_timeout,
        protocols: vec![JoinGroupRequestProtocol { name: protocol_name.to_owned(), metadata: member.subscription }],
        assignment: member.assignment,
        awaiting_join: None,
        awaiting_sync: None,
        is_new: false,
    }
}

impl ClassicGroup {
    /// The group ends here: everyone who waits hears `error`.
    fn abandon(self, turn: &mut Turn<'_>, error: ErrorCode) {
        for member in self.members() {
            if let Some(waiting) = member.awaiting_join {
                turn.join_reply(waiting, join_refusal(&member.member_id, error));
            }
            if let Some(waiting) = member.awaiting_sync {
                turn.sync_reply(waiting, sync_refusal(error));
            }
        }
    }
}
