//! Membership in a group by the classic protocol: join, sync, heartbeats, leave (KIP-62, KIP-345, KIP-394).
//!
//! Joining runs as a task until it has an assignment or fails for good; heartbeats run as another one while there is an
//! assignment. Both tell the program's side by [`Member`], which is short-locked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tracing::{debug, info, warn};

use super::settings::{Assignor, Settings};
use crate::assignor::{self, PartitionCounts, Subscription};
use crate::client::group_offsets::Membership;
use crate::client::{ClientError, Cluster, CoordinatorKind};
use crate::model::{ErrorCode, TopicName, TopicPartition};
use crate::net::Lane;
use crate::net::peer::Peer;
use crate::protocol::consumer_protocol::{self, PROTOCOL_TYPE};
use crate::protocol::messages::consumer_protocol_assignment::TopicPartition as AssignedTopic;
use crate::protocol::messages::join_group_request::JoinGroupRequestProtocol;
use crate::protocol::messages::join_group_response::JoinGroupResponseMember;
use crate::protocol::messages::leave_group_request::MemberIdentity;
use crate::protocol::messages::sync_group_request::SyncGroupRequestAssignment;
use crate::protocol::messages::{
    ConsumerProtocolAssignment, ConsumerProtocolSubscription, HeartbeatRequest, JoinGroupRequest, JoinGroupResponse,
    LeaveGroupRequest, SyncGroupRequest,
};

/// The version of the subscription that is written: owned partitions are none in the eager protocol.
const SUBSCRIPTION_VERSION: i16 = 1;
/// The version of the assignment that is written.
const ASSIGNMENT_VERSION: i16 = 1;
/// How much longer than the rebalance a join may take before the connection is given up.
const JOIN_MARGIN: Duration = Duration::from_secs(5);
/// The first version of LeaveGroup that names members in a list, which static members need.
const LEAVE_BATCHED_FROM: i16 = 3;

/// What the program's side and the tasks of a member share.
#[derive(Debug, Default)]
pub(super) struct Member {
    state: Mutex<MemberState>,
    /// Something happened that a poll must act on.
    pub(super) told: Notify,
}

#[derive(Debug, Default)]
pub(super) struct MemberState {
    pub(super) member_id: String,
    /// The generation of the assignment, where there is one.
    pub(super) generation: Option<i32>,
    /// The group rebalances, or the subscription changed.
    pub(super) must_join: bool,
    /// The group went on without this member: its partitions may have another owner already.
    pub(super) lost: bool,
    /// When the program polled last, on the steady clock.
    pub(super) last_poll: Duration,
    /// What cannot be mended.
    pub(super) fatal: Option<ClientError>,
}

/// What a join gave.
#[derive(Debug)]
pub(super) struct Joined {
    pub(super) member_id: String,
    pub(super) generation: i32,
    pub(super) partitions: Vec<TopicPartition>,
    /// The partition counts by which the leader assigned; a change of them is reason to join again.
    pub(super) counts: Option<PartitionCounts>,
}

impl Member {
    pub(super) fn state(&self) -> MutexGuard<'_, MemberState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the next poll to join.
    pub(super) fn must_join(&self) {
        self.state().must_join = true;
        self.told.notify_one();
    }

    /// The member as requests name it; `None` while it has no assignment.
    pub(super) fn membership(&self, settings: &Settings) -> Option<Membership> {
        let state = self.state();
        Some(Membership {
            generation: state.generation?,
            member_id: state.member_id.clone(),
            instance_id: settings.instance_id.clone(),
        })
    }

    /// The same where the member is still who it was when it asked: an answer about a former generation changes nothing.
    pub(super) fn lose_if_still(&self, asked: Option<&Membership>, code: ErrorCode) {
        let unchanged = {
            let state = self.state();
            asked.is_some_and(|asked| state.generation == Some(asked.generation) && state.member_id == asked.member_id)
        };
        if unchanged {
            self.lose(code);
        }
    }

    /// The coordinator does not know this member any more: it joins as a new one.
    pub(super) fn lose(&self, code: ErrorCode) {
        let mut state = self.state();
        if code != ErrorCode::ILLEGAL_GENERATION {
            state.member_id.clear();
        }
        state.lost |= state.generation.take().is_some();
        state.must_join = true;
        if code == ErrorCode::FENCED_INSTANCE_ID {
            state.fatal = Some(ClientError::code(code));
        }
        drop(state);
        self.told.notify_one();
    }
}

/// A group as its member's tasks need it.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) cluster: Cluster,
    pub(super) settings: Settings,
    pub(super) id: String,
}

/// How often a join may meet a coordinator that is not ready before it is worth a warning.
const QUIET_FAILURES: u32 = 10;

/// A coordinator that loads its groups or has just moved is as usual as a start.
fn is_coordinator_moving(error: &ClientError) -> bool {
    let ClientError::Server(failure) = error else { return false };
    matches!(
        failure.code,
        ErrorCode::COORDINATOR_LOAD_IN_PROGRESS | ErrorCode::COORDINATOR_NOT_AVAILABLE | ErrorCode::NOT_COORDINATOR
    )
}

/// How one round of joining ended.
enum Round {
    Done(Box<Joined>),
    Again,
    AgainAfterPause(ClientError),
}

impl Group {
    pub(super) async fn coordinator(&self) -> Result<Peer, ClientError> {
        self.cluster.coordinator(CoordinatorKind::Group, &self.id, Lane::Coordinator).await
    }

    pub(super) fn note(&self, error: &ClientError) {
        self.cluster.note_coordinator_error(CoordinatorKind::Group, &self.id, error);
    }

    /// Joins the group with a subscription until there is an assignment.
    pub(super) async fn join(self, member: Arc<Member>, topics: BTreeSet<TopicName>) -> Result<Joined, ClientError> {
        let pauses = self.cluster.pauses();
        let mut failures = 0;
        loop {
            let round = match self.round(&member, &topics).await {
                Err(error) if error.is_retriable() => Round::AgainAfterPause(error),
                Err(error) => return Err(error),
                Ok(round) => round,
            };
            match round {
                Round::Done(joined) => return Ok(*joined),
                Round::Again => {}
                Round::AgainAfterPause(error) => {
                    self.note(&error);
                    if is_coordinator_moving(&error) && failures < QUIET_FAILURES {
                        debug!(group = %self.id, cause = %error, "join failed, trying again");
                    } else {
                        info!(group = %self.id, cause = %error, "JoinGroup failed, trying again");
                    }
                    tokio::time::sleep(pauses.pause(failures)).await;
                    failures = failures.saturating_add(1);
                }
            }
        }
    }

    async fn round(&self, member: &Member, topics: &BTreeSet<TopicName>) -> Result<Round, ClientError> {
        let peer = self.coordinator().await?;
        let member_id = member.state().member_id.clone();
        let version = peer.version::<JoinGroupRequest>(i16::MAX)?;
        let timeout = self.settings.poll_interval_max.saturating_add(JOIN_MARGIN);
        let request = self.join_request(&member_id, topics)?;
        let answer = peer.start(&request, version, Some(timeout)).await?.answer().await?;
        match ErrorCode::from_wire(answer.error_code) {
            ErrorCode::NONE => {}
            ErrorCode::MEMBER_ID_REQUIRED => {
                member.state().member_id = answer.member_id;
                return Ok(Round::Again);
            }
            ErrorCode::UNKNOWN_MEMBER_ID => {
                member.state().member_id.clear();
                return Ok(Round::Again);
            }
            ErrorCode::REBALANCE_IN_PROGRESS => return Ok(Round::Again),
            code => return Err(ClientError::code(code)),
        }
        member.state().member_id.clone_from(&answer.member_id);
        self.sync(&peer, member, answer).await
    }

    fn join_request(&self, member_id: &str, topics: &BTreeSet<TopicName>) -> Result<JoinGroupRequest, ClientError> {
        let subscription = ConsumerProtocolSubscription {
            topics: topics.iter().map(ToString::to_string).collect(),
            ..Default::default()
        };
        let metadata = consumer_protocol::encode_subscription(&subscription, SUBSCRIPTION_VERSION)
            .map_err(|cause| ClientError::InvalidArgument(cause.to_string()))?;
        let protocol = |assignor: &Assignor| JoinGroupRequestProtocol {
            name: assignor.name().to_owned(),
            metadata: metadata.clone(),
        };
        Ok(JoinGroupRequest {
            group_id: self.id.clone(),
            session_timeout_ms: whole_millis(self.settings.session_timeout),
            rebalance_timeout_ms: whole_millis(self.settings.poll_interval_max),
            member_id: member_id.to_owned(),
            group_instance_id: self.settings.instance_id.clone(),
            protocol_type: PROTOCOL_TYPE.to_owned(),
            protocols: self.settings.assignors.iter().map(protocol).collect(),
            reason: None,
        })
    }

    async fn sync(&self, peer: &Peer, member: &Member, join: JoinGroupResponse) -> Result<Round, ClientError> {
        let leads = join.leader == join.member_id;
        let (generation, member_id) = (join.generation_id, join.member_id.clone());
        let protocol = join.protocol_name.clone().unwrap_or_default();
        let (assignments, counts) = if leads && !join.skip_assignment {
            let (assignments, counts) = self.assign(&protocol, join.members).await?;
            (assignments, Some(counts))
        } else {
            (Vec::new(), None)
        };
        let request = SyncGroupRequest {
            group_id: self.id.clone(),
            generation_id: generation,
            member_id: member_id.clone(),
            group_instance_id: self.settings.instance_id.clone(),
            protocol_type: Some(PROTOCOL_TYPE.to_owned()),
            protocol_name: Some(protocol),
            assignments,
        };
        let version = peer.version::<SyncGroupRequest>(i16::MAX)?;
        let timeout = self.settings.poll_interval_max.saturating_add(JOIN_MARGIN);
        let answer = peer.start(&request, version, Some(timeout)).await?.answer().await?;
        match ErrorCode::from_wire(answer.error_code) {
            ErrorCode::NONE => {}
            ErrorCode::REBALANCE_IN_PROGRESS => return Ok(Round::Again),
            ErrorCode::UNKNOWN_MEMBER_ID => {
                member.state().member_id.clear();
                return Ok(Round::Again);
            }
            ErrorCode::ILLEGAL_GENERATION => return Ok(Round::Again),
            code => return Err(ClientError::code(code)),
        }
        let assignment = match answer.assignment.is_empty() {
            true => ConsumerProtocolAssignment::default(),
            false => consumer_protocol::decode_assignment(answer.assignment)
                .map_err(|cause| ClientError::IllegalState(format!("the assignment cannot be read: {cause}")))?,
        };
        let mut partitions: Vec<TopicPartition> = assignment
            .assigned_partitions
            .iter()
            .flat_map(|topic| {
                let name = TopicName::from(topic.topic.as_str());
                topic.partitions.iter().map(move |index| TopicPartition::new(name.clone(), *index))
            })
            .collect();
        partitions.sort_unstable();
        info!(group = %self.id, generation, partitions = partitions.len(), "joined the group");
        Ok(Round::Done(Box::new(Joined { member_id, generation, partitions, counts })))
    }

    /// What the leader of the group decides: which member reads what.
    async fn assign(
        &self,
        protocol: &str,
        members: Vec<JoinGroupResponseMember>,
    ) -> Result<(Vec<SyncGroupRequestAssignment>, PartitionCounts), ClientError> {
        let unknown =
            || ClientError::IllegalState(format!("the group chose the assignor '{protocol}', which was not offered"));
        let assignor = Assignor::named(protocol).ok_or_else(unknown)?;
        let subscriptions: Vec<Subscription> = members.into_iter().filter_map(subscription).collect();
        let counts = self.partition_counts(&subscriptions).await?;
        let assignment = match assignor {
            Assignor::Range => assignor::range(&subscriptions, &counts),
            Assignor::RoundRobin => assignor::round_robin(&subscriptions, &counts),
        };
        let row = |(member_id, partitions): (String, Vec<TopicPartition>)| {
            let assigned = ConsumerProtocolAssignment { assigned_partitions: by_topic(&partitions), user_data: None };
            let assignment = consumer_protocol::encode_assignment(&assigned, ASSIGNMENT_VERSION)
                .map_err(|cause| ClientError::InvalidArgument(cause.to_string()))?;
            Ok(SyncGroupRequestAssignment { member_id, assignment })
        };
        Ok((assignment.into_iter().map(row).collect::<Result<_, ClientError>>()?, counts))
    }

    /// Fresh partition counts of every topic that any member subscribes to.
    async fn partition_counts(&self, subscriptions: &[Subscription]) -> Result<PartitionCounts, ClientError> {
        let topics: BTreeSet<&TopicName> = subscriptions.iter().flat_map(|one| &one.topics).collect();
        for topic in &topics {
            self.cluster.want(topic);
        }
        let metadata = self.cluster.refresh().await?;
        let count = |topic: &&TopicName| {
            let known = metadata.topic(topic)?;
            Some(((*topic).clone(), i32::try_from(known.partitions.len()).unwrap_or(i32::MAX)))
        };
        Ok(topics.iter().filter_map(count).collect())
    }

    /// Sends heartbeats until the assignment of `generation` is over. A program that does not poll leaves the group, so that
    /// its partitions go to somebody who does (KIP-62).
    pub(super) async fn heartbeats(self, member: Arc<Member>, generation: i32) {
        let clock = Arc::clone(self.cluster.clock());
        let mut heard = clock.elapsed();
        loop {
            tokio::time::sleep(self.settings.heartbeat_interval).await;
            let (current, last_poll) = {
                let state = member.state();
                (state.generation == Some(generation), state.last_poll)
            };
            if !current {
                return;
            }
            if clock.elapsed().saturating_sub(last_poll) > self.settings.poll_interval_max {
                warn!(
                    group = %self.id,
                    "consumer poll timeout has expired. This means the time between subsequent calls to poll() was longer than the configured max.poll.interval.ms, which typically implies that the poll loop is spending too much time processing messages. You can address this either by increasing max.poll.interval.ms or by reducing the maximum size of batches returned in poll() with max.poll.records."
                );
                // Failure to say so shows to the group as a missing heartbeat.
                let _ = self.leave(&member, "consumer poll timeout has expired.").await;
                member.lose(ErrorCode::UNKNOWN_MEMBER_ID);
                return;
            }
            match self.heartbeat(&member, generation).await {
                Ok(()) => heard = clock.elapsed(),
                Err(error) => match error.error_code() {
                    Some(ErrorCode::REBALANCE_IN_PROGRESS) => {
                        heard = clock.elapsed();
                        member.must_join();
                    }
                    Some(
                        code @ (ErrorCode::ILLEGAL_GENERATION
                        | ErrorCode::UNKNOWN_MEMBER_ID
                        | ErrorCode::FENCED_INSTANCE_ID),
                    ) => {
                        info!(group = %self.id, %code, "the group went on without this member");
                        member.lose(code);
                        return;
                    }
                    _ => self.note(&error),
                },
            }
            if clock.elapsed().saturating_sub(heard) > self.settings.session_timeout {
                warn!(group = %self.id, "the coordinator was not heard within session.timeout.ms; looking for it again");
                self.cluster.forget_coordinator(CoordinatorKind::Group, &self.id);
                heard = clock.elapsed();
            }
        }
    }

    async fn heartbeat(&self, member: &Member, generation_id: i32) -> Result<(), ClientError> {
        let peer = self.coordinator().await?;
        let request = HeartbeatRequest {
            group_id: self.id.clone(),
            generation_id,
            member_id: member.state().member_id.clone(),
            group_instance_id: self.settings.instance_id.clone(),
        };
        match ErrorCode::from_wire(peer.call(&request).await?.error_code) {
            ErrorCode::NONE => Ok(()),
            code => Err(ClientError::code(code)),
        }
    }

    /// Leaves the group. A static member stays in it until its session ends (KIP-345).
    pub(super) async fn leave(&self, member: &Member, reason: &str) -> Result<(), ClientError> {
        let member_id = std::mem::take(&mut member.state().member_id);
        member.state().generation = None;
        if member_id.is_empty() || self.settings.instance_id.is_some() {
            return Ok(());
        }
        let peer = self.coordinator().await?;
        let version = peer.version::<LeaveGroupRequest>(i16::MAX)?;
        let mut request = LeaveGroupRequest { group_id: self.id.clone(), ..Default::default() };
        if version >= LEAVE_BATCHED_FROM {
            let reason = Some(reason.to_owned());
            request.members = vec![MemberIdentity { member_id, group_instance_id: None, reason }];
        } else {
            request.member_id = member_id;
        }
        peer.start(&request, version, None).await?.answer().await?;
        Ok(())
    }
}

fn subscription(member: JoinGroupResponseMember) -> Option<Subscription> {
    let read = consumer_protocol::decode_subscription(member.metadata);
    let read =
        read.inspect_err(|cause| warn!(member = member.member_id, %cause, "a member's subscription cannot be read"));
    Some(Subscription {
        member_id: member.member_id,
        group_instance_id: member.group_instance_id,
        topics: read.ok()?.topics.iter().map(|topic| TopicName::from(topic.as_str())).collect(),
    })
}

fn by_topic(partitions: &[TopicPartition]) -> Vec<AssignedTopic> {
    let mut topics: BTreeMap<&TopicName, Vec<i32>> = BTreeMap::new();
    for partition in partitions {
        topics.entry(&partition.topic).or_default().push(partition.partition);
    }
    topics.into_iter().map(|(topic, partitions)| AssignedTopic { topic: topic.to_string(), partitions }).collect()
}

fn whole_millis(duration: Duration) -> i32 {
    i32::try_from(duration.as_millis()).unwrap_or(i32::MAX)
}
