//! What the rooms' errors are on the wire. Here and nowhere else.

use crate::log::{LogError, ProducerError};
use crate::model::ErrorCode;
use crate::replica::ReplicaError;

/// The code of what a replica refuses.
pub(super) fn of_replica(error: &ReplicaError) -> ErrorCode {
    match error {
        ReplicaError::NotLeader { .. } => ErrorCode::NOT_LEADER_OR_FOLLOWER,
        ReplicaError::FencedLeaderEpoch { .. } => ErrorCode::FENCED_LEADER_EPOCH,
        ReplicaError::UnknownLeaderEpoch { .. } => ErrorCode::UNKNOWN_LEADER_EPOCH,
        ReplicaError::NotEnoughReplicas { .. } => ErrorCode::NOT_ENOUGH_REPLICAS,
        ReplicaError::OffsetOutOfRange { .. } => ErrorCode::OFFSET_OUT_OF_RANGE,
        ReplicaError::Refused(refused) => refused.code,
        ReplicaError::Log(error) => of_log(error),
    }
}

/// The code of what a log refuses.
pub(super) fn of_log(error: &LogError) -> ErrorCode {
    match error {
        LogError::OffsetOutOfRange { .. } => ErrorCode::OFFSET_OUT_OF_RANGE,
        LogError::LargerThanSegment { .. } => ErrorCode::RECORD_LIST_TOO_LARGE,
        LogError::Producer(error) => of_producer(error),
        LogError::AboveHighWatermark { .. } => ErrorCode::OFFSET_OUT_OF_RANGE,
        LogError::OldLeaderEpoch { .. } => ErrorCode::FENCED_LEADER_EPOCH,
        LogError::NotBatches { .. } | LogError::Corrupt { .. } => ErrorCode::CORRUPT_MESSAGE,
        LogError::OldFormat { .. } => ErrorCode::UNSUPPORTED_FOR_MESSAGE_FORMAT,
        LogError::Closed { .. } => ErrorCode::NOT_LEADER_OR_FOLLOWER,
        LogError::UnexpectedOffset { .. } | LogError::Inconsistent { .. } | LogError::TopicIdMismatch { .. } => {
            ErrorCode::UNKNOWN_SERVER_ERROR
        }
        // The client tries again, here or with the next leader.
        LogError::DiskFull { .. } | LogError::Offline { .. } | LogError::Io { .. } => ErrorCode::KAFKA_STORAGE_ERROR,
    }
}

fn of_producer(error: &ProducerError) -> ErrorCode {
    match error {
        ProducerError::OutOfOrderSequence { .. } => ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER,
        ProducerError::InvalidEpoch { .. } => ErrorCode::INVALID_PRODUCER_EPOCH,
        ProducerError::InvalidTxnState { .. } => ErrorCode::INVALID_TXN_STATE,
        ProducerError::CoordinatorFenced { .. } => ErrorCode::TRANSACTION_COORDINATOR_FENCED,
    }
}
