//! The rules of groups, one by one and by chance, on a shard whose log is a list.

mod join;
mod leave;
mod offsets;
mod records;
mod simulation;
mod statics;
mod sync;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::coordinator::{GroupConfig, Now, Outcome, Reply, ReplyId};
use crate::model::{ErrorCode, Offset, ProducerId, Timestamp};
use crate::protocol::consumer_protocol::encode_subscription;
use crate::protocol::messages::describe_groups_response::DescribedGroup;
use crate::protocol::messages::join_group_request::JoinGroupRequestProtocol;
use crate::protocol::messages::leave_group_request::MemberIdentity;
use crate::protocol::messages::offset_commit_request::{OffsetCommitRequestPartition, OffsetCommitRequestTopic};
use crate::protocol::messages::offset_fetch_request::{OffsetFetchRequestGroup, OffsetFetchRequestTopics};
use crate::protocol::messages::offset_fetch_response::OffsetFetchResponsePartitions;
use crate::protocol::messages::sync_group_request::SyncGroupRequestAssignment;
use crate::protocol::messages::{
    ConsumerProtocolSubscription, HeartbeatRequest, JoinGroupRequest, JoinGroupResponse, LeaveGroupRequest,
    LeaveGroupResponse, OffsetCommitRequest, SyncGroupRequest, SyncGroupResponse,
};

const GROUP: &str = "g";
const SESSION: i32 = 10_000;
const REBALANCE: i32 = 60_000;

/// A shard, its clock, its log, and the answers that were given.
struct World {
    shard: GroupShard,
    config: Arc<GroupConfig>,
    millis: u64,
    requests: u64,
    answers: BTreeMap<ReplyId, Reply>,
    log: Vec<GroupRecord>,
    log_is: LogIs,
    held: Vec<Outcome>,
}

/// What becomes of an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LogIs {
    /// It is committed at once.
    Well,
    /// It is not committed until the test says so.
    Slow,
    /// It fails.
    Failing(ErrorCode),
}

impl World {
    fn new() -> World {
        World::with(GroupConfig::default())
    }

    fn with(config: GroupConfig) -> World {
        let config = Arc::new(config);
        World {
            shard: GroupShard::new(config.clone()),
            config,
            millis: 0,
            requests: 0,
            answers: BTreeMap::new(),
            log: Vec::new(),
            log_is: LogIs::Well,
            held: Vec::new(),
        }
    }

    fn now(&self) -> Now {
        let millis = i64::try_from(self.millis).unwrap();
        Now { wall: Timestamp(1_700_000_000_000 + millis), steady: Duration::from_millis(self.millis) }
    }

    fn follow(&mut self, outcome: Outcome) {
        for (to, reply) in &outcome.replies {
            assert!(self.answers.insert(*to, reply.clone()).is_none(), "{to:?} is answered twice");
        }
        match self.log_is {
            LogIs::Well => self.finish(outcome, Ok(())),
            LogIs::Slow => self.held.push(outcome),
            LogIs::Failing(error) => self.finish(outcome, Err(error)),
        }
    }

    fn finish(&mut self, outcome: Outcome, result: Result<(), ErrorCode>) {
        if let Some(append) = outcome.append {
            let first = Offset(i64::try_from(self.log.len()).unwrap());
            if result.is_ok() {
                self.log.extend(outcome.records);
            }
            let then = self.shard.appended(append, result.map(|()| first), self.now());
            self.follow(then);
        }
        if let Some((to, reply)) = outcome.response {
            let reply = match result {
                Ok(()) => reply,
                Err(error) => reply.refused(error),
            };
            assert!(self.answers.insert(to, reply).is_none(), "{to:?} is answered twice");
        }
    }

    /// Ends the appends that were held back.
    fn release(&mut self, result: Result<(), ErrorCode>) {
        self.log_is = LogIs::Well;
        for outcome in std::mem::take(&mut self.held) {
            self.finish(outcome, result);
        }
    }

    fn send_as(&mut self, caller: Caller, request: GroupRequest) -> ReplyId {
        self.requests += 1;
        let reply = ReplyId(self.requests);
        let outcome = self.shard.handle(request, caller, reply, self.now());
        self.follow(outcome);
        reply
    }

    fn send(&mut self, version: i16, request: GroupRequest) -> ReplyId {
        let (client_id, client_host) = ("client".to_owned(), "/127.0.0.1".to_owned());
        self.send_as(Caller { client_id, client_host, api_version: version }, request)
    }

    /// Lets time pass, with every alarm at its own moment.
    fn pass(&mut self, millis: u64) {
        let end = self.millis + millis;
        while let Some(deadline) = self.shard.next_deadline() {
            let due = u64::try_from(deadline.as_millis()).unwrap();
            if due > end {
                break;
            }
            self.millis = self.millis.max(due);
            while let Some(outcome) = self.shard.ring(self.now()) {
                self.follow(outcome);
            }
        }
        self.millis = end;
    }

    /// Lets time pass until the answer is there, and not more.
    fn until(&mut self, reply: ReplyId) {
        for _ in 0..1_200 {
            if !self.is_waiting(reply) {
                return;
            }
            self.pass(100);
        }
        panic!("{reply:?} is not answered");
    }

    fn join_with(&mut self, version: i16, request: JoinGroupRequest) -> ReplyId {
        let new_id_suffix = format!("{:04}", self.requests);
        self.send(version, GroupRequest::Join { request, new_id_suffix })
    }

    /// The answer to a join, which must be there.
    fn joined(&mut self, reply: ReplyId) -> JoinGroupResponse {
        match self.answers.remove(&reply) {
            Some(Reply::Join(response)) => response,
            other => panic!("{reply:?} got {other:?}"),
        }
    }

    fn synced(&mut self, reply: ReplyId) -> SyncGroupResponse {
        match self.answers.remove(&reply) {
            Some(Reply::Sync(response)) => response,
            other => panic!("{reply:?} got {other:?}"),
        }
    }

    fn is_waiting(&self, reply: ReplyId) -> bool {
        !self.answers.contains_key(&reply)
    }

    /// The member id that a new dynamic member is told to use.
    fn member_id(&mut self) -> String {
        let reply = self.join_with(9, joining(""));
        let response = self.joined(reply);
        assert_eq!(error(response.error_code), ErrorCode::MEMBER_ID_REQUIRED);
        response.member_id
    }

    fn sync(&mut self, member: &str, generation: i32, assignments: &[(&str, &'static [u8])]) -> ReplyId {
        let assignments = assignments.iter().map(|(member_id, assignment)| SyncGroupRequestAssignment {
            member_id: (*member_id).to_owned(),
            assignment: Bytes::from_static(assignment),
        });
        self.send(
            5,
            GroupRequest::Sync(SyncGroupRequest {
                group_id: GROUP.to_owned(),
                generation_id: generation,
                member_id: member.to_owned(),
                assignments: assignments.collect(),
                ..SyncGroupRequest::default()
            }),
        )
    }

    fn heartbeat(&mut self, member: &str, generation: i32) -> ErrorCode {
        self.heartbeat_as(member, None, generation)
    }

    fn heartbeat_as(&mut self, member: &str, instance: Option<&str>, generation: i32) -> ErrorCode {
        let reply = self.send(
            4,
            GroupRequest::Heartbeat(HeartbeatRequest {
                group_id: GROUP.to_owned(),
                generation_id: generation,
                member_id: member.to_owned(),
                group_instance_id: instance.map(str::to_owned),
            }),
        );
        match self.answers.remove(&reply) {
            Some(Reply::Heartbeat(response)) => error(response.error_code),
            other => panic!("{other:?}"),
        }
    }

    fn leave(&mut self, members: &[(&str, Option<&str>)]) -> LeaveGroupResponse {
        let members = members.iter().map(|(member_id, instance)| MemberIdentity {
            member_id: (*member_id).to_owned(),
            group_instance_id: instance.map(str::to_owned),
            ..MemberIdentity::default()
        });
        let members = members.collect();
        let request = LeaveGroupRequest { group_id: GROUP.to_owned(), members, ..LeaveGroupRequest::default() };
        let reply = self.send(5, GroupRequest::Leave(request));
        match self.answers.remove(&reply) {
            Some(Reply::Leave(response)) => response,
            other => panic!("{other:?}"),
        }
    }

    fn commit(&mut self, version: i16, request: OffsetCommitRequest) -> ErrorCode {
        let reply = self.send(version, GroupRequest::OffsetCommit(request));
        match self.answers.remove(&reply) {
            Some(Reply::OffsetCommit(response)) => error(response.topics[0].partitions[0].error_code),
            other => panic!("{other:?}"),
        }
    }

    fn fetch_reply(&mut self, request: OffsetFetchRequestGroup, require_stable: bool) -> ReplyId {
        self.send(9, GroupRequest::OffsetFetch { request, require_stable })
    }

    /// The committed offset of partition 0 of a topic.
    fn fetch(&mut self, topic: &str) -> OffsetFetchResponsePartitions {
        let topics = vec![OffsetFetchRequestTopics {
            name: topic.to_owned(),
            partition_indexes: vec![0],
            ..OffsetFetchRequestTopics::default()
        }];
        let request =
            OffsetFetchRequestGroup { group_id: GROUP.to_owned(), topics: Some(topics), ..Default::default() };
        let reply = self.fetch_reply(request, false);
        match self.answers.remove(&reply) {
            Some(Reply::OffsetFetch(group)) => group.topics[0].partitions[0].clone(),
            other => panic!("{other:?}"),
        }
    }

    fn describe(&mut self) -> DescribedGroup {
        let reply = self.send(6, GroupRequest::DescribeGroups(vec![GROUP.to_owned()]));
        match self.answers.remove(&reply) {
            Some(Reply::DescribeGroups(mut groups)) => groups.remove(0),
            other => panic!("{other:?}"),
        }
    }

    fn state(&mut self) -> String {
        self.describe().group_state
    }

    /// Brings up a stable group of `count` dynamic members. The leader comes first.
    fn stable(&mut self, count: usize) -> Vec<String> {
        let mut members: Vec<String> = (0..count).map(|_| self.member_id()).collect();
        let joins: Vec<ReplyId> = members.iter().map(|member| self.join_with(9, joining(member))).collect();
        self.until(joins[0]);
        let responses: Vec<_> = joins.into_iter().map(|join| self.joined(join)).collect();
        let generation = responses[0].generation_id;
        let syncs: Vec<ReplyId> = members.iter().map(|member| self.sync(member, generation, &[])).collect();
        for sync in syncs {
            assert_eq!(error(self.synced(sync).error_code), ErrorCode::NONE);
        }
        members.sort_by_key(|member| *member != responses[0].leader);
        members
    }

    /// A second shard that knows nothing but the log.
    fn replayed(&self) -> World {
        let mut other = World::with((*self.config).clone());
        other.millis = self.millis;
        for (offset, record) in (0..).zip(&self.log) {
            let (key, value) = record.to_bytes().unwrap();
            let record = GroupRecord::from_bytes(key, value).unwrap().unwrap();
            other.shard.replay(Offset(offset), ProducerId::NONE, record, other.now().wall);
        }
        let outcome = other.shard.loaded(other.now());
        other.follow(outcome);
        other
    }
}

fn error(code: i16) -> ErrorCode {
    ErrorCode::from_wire(code)
}

fn protocol(name: &str, topics: &[&str]) -> JoinGroupRequestProtocol {
    let topics = topics.iter().map(|topic| (*topic).to_owned()).collect();
    let subscription = ConsumerProtocolSubscription { topics, ..ConsumerProtocolSubscription::default() };
    JoinGroupRequestProtocol { name: name.to_owned(), metadata: encode_subscription(&subscription, 3).unwrap() }
}

/// A consumer that reads topic "t" and knows range.
fn joining(member_id: &str) -> JoinGroupRequest {
    JoinGroupRequest {
        group_id: GROUP.to_owned(),
        session_timeout_ms: SESSION,
        rebalance_timeout_ms: REBALANCE,
        member_id: member_id.to_owned(),
        protocol_type: "consumer".to_owned(),
        protocols: vec![protocol("range", &["t"])],
        ..JoinGroupRequest::default()
    }
}

fn static_joining(member_id: &str, instance: &str) -> JoinGroupRequest {
    JoinGroupRequest { group_instance_id: Some(instance.to_owned()), ..joining(member_id) }
}

/// A commit for partition 0 of topic "t".
fn committing(member_id: &str, generation: i32, offset: i64) -> OffsetCommitRequest {
    let partition = OffsetCommitRequestPartition {
        committed_offset: offset,
        committed_metadata: Some(format!("at {offset}")),
        ..OffsetCommitRequestPartition::default()
    };
    OffsetCommitRequest {
        group_id: GROUP.to_owned(),
        generation_id_or_member_epoch: generation,
        member_id: member_id.to_owned(),
        topics: vec![OffsetCommitRequestTopic {
            name: "t".to_owned(),
            partitions: vec![partition],
            ..OffsetCommitRequestTopic::default()
        }],
        ..OffsetCommitRequest::default()
    }
}
