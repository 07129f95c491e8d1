//! What a decision of the coordinator comes to: records to append, replies, and what follows from the append.

use std::time::Duration;

use super::group::GroupRecord;
use crate::model::{ErrorCode, Timestamp};
use crate::protocol::messages::delete_groups_response::DeletableGroupResult;
use crate::protocol::messages::describe_groups_response::DescribedGroup;
use crate::protocol::messages::list_groups_response::ListedGroup;
use crate::protocol::messages::offset_fetch_response::OffsetFetchResponseGroup;
use crate::protocol::messages::{
    HeartbeatResponse, JoinGroupResponse, LeaveGroupResponse, OffsetCommitResponse, OffsetDeleteResponse,
    SyncGroupResponse,
};

/// Both clocks at the moment of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// The wall clock, for what is written down.
    pub wall: Timestamp,
    /// The steady clock, for deadlines.
    pub steady: Duration,
}

/// Names the waiting sender of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReplyId(pub u64);

/// An answer to one request.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "each is the answer to the request of its name")]
pub enum Reply {
    Join(JoinGroupResponse),
    Sync(SyncGroupResponse),
    Heartbeat(HeartbeatResponse),
    Leave(LeaveGroupResponse),
    OffsetCommit(OffsetCommitResponse),
    OffsetFetch(OffsetFetchResponseGroup),
    OffsetDelete(OffsetDeleteResponse),
    DeleteGroups(Vec<DeletableGroupResult>),
    DescribeGroups(Vec<DescribedGroup>),
    ListGroups(Vec<ListedGroup>),
    /// The answer to what no client asked for: the deletion of topics.
    Done(ErrorCode),
}

impl Reply {
    /// The same answer when its records could not be stored: the code stands wherever the request's success stood.
    #[must_use]
    pub(super) fn refused(self, error: ErrorCode) -> Reply {
        let code = error.wire();
        match self {
            Reply::Join(reply) => {
                let member_id = reply.member_id;
                Reply::Join(JoinGroupResponse { error_code: code, member_id, ..JoinGroupResponse::default() })
            }
            Reply::Sync(_) => Reply::Sync(SyncGroupResponse { error_code: code, ..SyncGroupResponse::default() }),
            Reply::Heartbeat(_) => {
                Reply::Heartbeat(HeartbeatResponse { error_code: code, ..HeartbeatResponse::default() })
            }
            Reply::Leave(_) => Reply::Leave(LeaveGroupResponse { error_code: code, ..LeaveGroupResponse::default() }),
            Reply::OffsetCommit(mut reply) => {
                let partitions = reply.topics.iter_mut().flat_map(|topic| &mut topic.partitions);
                partitions.for_each(|partition| partition.error_code = code);
                Reply::OffsetCommit(reply)
            }
            Reply::OffsetFetch(reply) => {
                let group_id = reply.group_id;
                Reply::OffsetFetch(OffsetFetchResponseGroup { group_id, error_code: code, ..Default::default() })
            }
            Reply::OffsetDelete(_) => {
                Reply::OffsetDelete(OffsetDeleteResponse { error_code: code, ..OffsetDeleteResponse::default() })
            }
            Reply::DeleteGroups(mut results) => {
                results.iter_mut().for_each(|result| result.error_code = code);
                Reply::DeleteGroups(results)
            }
            Reply::DescribeGroups(mut groups) => {
                groups.iter_mut().for_each(|group| group.error_code = code);
                Reply::DescribeGroups(groups)
            }
            Reply::ListGroups(_) | Reply::Done(_) => Reply::Done(error),
        }
    }
}

/// Names one set of records that is appended as a whole, in the order of the decisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AppendId(pub u64);

/// What a decision comes to.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What is to be appended, all or nothing. Where there is something, [`super::group::GroupShard::appended`] must be
    /// told of the end with `append`.
    pub records: Vec<GroupRecord>,
    /// The name of that append.
    pub append: Option<AppendId>,
    /// Replies that leave at once, for they promise nothing durable.
    pub replies: Vec<(ReplyId, Reply)>,
    /// The reply that leaves when these records and all before them are committed.
    pub response: Option<(ReplyId, Reply)>,
}

impl Outcome {
    pub(super) fn reply(&mut self, to: ReplyId, reply: Reply) {
        self.replies.push((to, reply));
    }
}

/// The code that a client hears when an append ended with `error`, as Kafka translates it
/// (`CoordinatorOperationExceptionHelper`): what concerns the log of the coordinator means something else to a client.
#[must_use]
pub(super) fn append_error_for_client(error: ErrorCode) -> ErrorCode {
    use ErrorCode as E;
    match error {
        E::NETWORK_EXCEPTION => E::COORDINATOR_LOAD_IN_PROGRESS,
        E::UNKNOWN_TOPIC_OR_PARTITION
        | E::NOT_ENOUGH_REPLICAS
        | E::NOT_ENOUGH_REPLICAS_AFTER_APPEND
        | E::REQUEST_TIMED_OUT => E::COORDINATOR_NOT_AVAILABLE,
        E::NOT_LEADER_OR_FOLLOWER | E::KAFKA_STORAGE_ERROR | E::FENCED_LEADER_EPOCH => E::NOT_COORDINATOR,
        E::MESSAGE_TOO_LARGE | E::RECORD_LIST_TOO_LARGE | E::INVALID_FETCH_SIZE => E::UNKNOWN_SERVER_ERROR,
        other => other,
    }
}
