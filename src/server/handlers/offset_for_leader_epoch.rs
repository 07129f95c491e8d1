//! OffsetForLeaderEpoch, key 23, v2..=4 (KIP-320).
//!
//! Behaviour: where an epoch ends in the leader's log; -1 and -1 where the log does not know.

use crate::log::EpochEnd;
use crate::model::{ErrorCode, LeaderEpoch, Offset};
use crate::protocol::messages::offset_for_leader_epoch_request::OffsetForLeaderPartition;
use crate::protocol::messages::offset_for_leader_epoch_response::{EpochEndOffset, OffsetForLeaderTopicResult};
use crate::protocol::messages::{OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse};
use crate::server::context::{Broker, Call};
use crate::server::dispatch::Response;
use crate::server::error;
use crate::server::topic_key::TopicKey;

pub(in crate::server) fn handle(call: Call<'_, OffsetForLeaderEpochRequest>) -> Response<OffsetForLeaderEpochResponse> {
    let Call { broker, request, .. } = call;
    let topics = request.topics.into_iter().map(|topic| {
        let key = TopicKey::Name(topic.topic.as_str().into());
        let partitions = topic.partitions.iter().map(|asked| respond(asked.partition, find(&broker, &key, asked)));
        let partitions = partitions.collect();
        OffsetForLeaderTopicResult { topic: topic.topic, partitions }
    });
    Response::Now(OffsetForLeaderEpochResponse { throttle_time_ms: 0, topics: topics.collect() })
}

fn find(broker: &Broker, key: &TopicKey, asked: &OffsetForLeaderPartition) -> Result<Option<EpochEnd>, ErrorCode> {
    let partition = key.partition(broker, asked.partition)?;
    partition
        .end_offset_for_epoch(LeaderEpoch(asked.current_leader_epoch), LeaderEpoch(asked.leader_epoch))
        .map_err(|refused| error::of_replica(&refused))
}

fn respond(partition: i32, found: Result<Option<EpochEnd>, ErrorCode>) -> EpochEndOffset {
    let (error, end) = match found {
        Ok(end) => (ErrorCode::NONE, end),
        Err(code) => (code, None),
    };
    EpochEndOffset {
        error_code: error.wire(),
        partition,
        leader_epoch: end.map_or(LeaderEpoch::NONE, |end| end.epoch).0,
        end_offset: end.map_or(Offset::UNKNOWN, |end| end.end_offset).0,
    }
}
