//! ListOffsets, key 2, v1..=11.
//!
//! Behaviour: the first record at a timestamp or later, or a special place: -1 the end that the reader may see, -2 the start,
//! -3 the largest timestamp (v7), -4 the start of what is local (v8), -5 the end of what is remote (v9), -6 the next to be made
//! remote (v11). Nothing is remote here, so -4 is the start and -5 and -6 are nothing.

use std::collections::HashSet;
use std::sync::Arc;

use crate::log::TimedOffset;
use crate::model::{ErrorCode, LeaderEpoch, Offset, Timestamp};
use crate::protocol::messages::list_offsets_request::ListOffsetsPartition;
use crate::protocol::messages::list_offsets_response::{ListOffsetsPartitionResponse, ListOffsetsTopicResponse};
use crate::protocol::messages::{ListOffsetsRequest, ListOffsetsResponse};
use crate::replica::Partition;
use crate::server::context::{Broker, Call};
use crate::server::dispatch::Response;
use crate::server::error;
use crate::server::topic_key::TopicKey;

const LATEST: i64 = -1;
const EARLIEST: i64 = -2;
const MAX_TIMESTAMP: i64 = -3;
const EARLIEST_LOCAL: i64 = -4;
const LATEST_TIERED: i64 = -5;
const EARLIEST_PENDING_UPLOAD: i64 = -6;

/// The `replica_id` of a consumer. Followers, and whoever looks for faults (-2), see the log to its end.
const CONSUMER: i32 = -1;

/// The isolation level of a consumer that reads committed records only.
const READ_COMMITTED: i8 = 1;

pub(in crate::server) fn handle(call: Call<'_, ListOffsetsRequest>) -> Response<ListOffsetsResponse> {
    let Call { broker, version, request, .. } = call;
    let reader =
        Reader { version, replica_id: request.replica_id, is_committed: request.isolation_level == READ_COMMITTED };
    let partitions = request.topics.iter().flat_map(|topic| &topic.partitions);
    if partitions.clone().all(|partition| is_known_place(partition.timestamp)) {
        return Response::Now(answer(&broker, request, reader));
    }
    // A search by time reads the log, which may wait for the disk.
    Response::later(async move {
        let pool = broker.readers.clone();
        pool.run(move || answer(&broker, request, reader)).await
    })
}

/// From this version on an answer says in which leader epoch the record was written (KIP-320).
const LEADER_EPOCH_SINCE: i16 = 4;

/// Whether the place is found without reading records.
fn is_known_place(timestamp: i64) -> bool {
    timestamp < 0 && timestamp != MAX_TIMESTAMP
}

#[derive(Debug, Clone, Copy)]
struct Reader {
    version: i16,
    replica_id: i32,
    is_committed: bool,
}

fn answer(broker: &Broker, request: ListOffsetsRequest, reader: Reader) -> ListOffsetsResponse {
    let twice = named_twice(&request);
    let topics = request.topics.into_iter().map(|topic| {
        let key = TopicKey::Name(topic.name.as_str().into());
        let partitions = topic.partitions.iter().map(|asked| {
            let found = if twice.contains(&(topic.name.clone(), asked.partition_index)) {
                Err(ErrorCode::INVALID_REQUEST)
            } else {
                find(broker, &key, asked, reader)
            };
            respond(asked.partition_index, found, reader.version)
        });
        let partitions = partitions.collect();
        ListOffsetsTopicResponse { name: topic.name, partitions }
    });
    ListOffsetsResponse { throttle_time_ms: 0, topics: topics.collect() }
}

/// The partitions that stand in the request more than once; none of their rows is answered.
fn named_twice(request: &ListOffsetsRequest) -> HashSet<(String, i32)> {
    let mut seen = HashSet::new();
    let rows = request.topics.iter().flat_map(|topic| topic.partitions.iter().map(move |row| (topic, row)));
    let names = rows.map(|(topic, row)| (topic.name.as_str(), row.partition_index));
    let twice = names.filter(|name| !seen.insert(*name)).map(|(topic, index)| (topic.to_owned(), index));
    twice.collect()
}

fn respond(
    partition_index: i32,
    found: Result<Option<TimedOffset>, ErrorCode>,
    version: i16,
) -> ListOffsetsPartitionResponse {
    let (error, found) = match found {
        Ok(found) => (ErrorCode::NONE, found),
        Err(code) => (code, None),
    };
    ListOffsetsPartitionResponse {
        partition_index,
        error_code: error.wire(),
        timestamp: found.as_ref().map_or(Timestamp::NONE, |found| found.timestamp).0,
        offset: found.as_ref().map_or(Offset::UNKNOWN, |found| found.offset).0,
        leader_epoch: found
            .and_then(|found| found.leader_epoch)
            .filter(|_| version >= LEADER_EPOCH_SINCE)
            .unwrap_or(LeaderEpoch::NONE)
            .0,
    }
}

fn find(
    broker: &Broker,
    key: &TopicKey,
    asked: &ListOffsetsPartition,
    reader: Reader,
) -> Result<Option<TimedOffset>, ErrorCode> {
    if !is_supported(asked.timestamp, reader.version) {
        return Err(ErrorCode::UNSUPPORTED_VERSION);
    }
    let partition = key.partition(broker, asked.partition_index)?;
    let epoch = partition
        .leader_epoch(LeaderEpoch(asked.current_leader_epoch))
        .map_err(|refused| error::of_replica(&refused))?;
    place(&partition, asked.timestamp, epoch, reader)
}

fn is_supported(timestamp: i64, version: i16) -> bool {
    match timestamp {
        LATEST | EARLIEST | 0.. => true,
        MAX_TIMESTAMP => version >= 7,
        EARLIEST_LOCAL => version >= 8,
        LATEST_TIERED => version >= 9,
        EARLIEST_PENDING_UPLOAD => version >= 11,
        _ => false,
    }
}

fn place(
    partition: &Arc<Partition>,
    timestamp: i64,
    leader_epoch: LeaderEpoch,
    reader: Reader,
) -> Result<Option<TimedOffset>, ErrorCode> {
    let (log, bounds) = (partition.log(), partition.bounds());
    let end = match reader {
        Reader { replica_id, .. } if replica_id != CONSUMER => bounds.log_end_offset,
        Reader { is_committed: true, .. } => bounds.last_stable_offset,
        _ => bounds.high_watermark,
    };
    let at = |offset, leader_epoch| Some(TimedOffset { timestamp: Timestamp::NONE, offset, leader_epoch });
    let visible = |found: Option<TimedOffset>| found.filter(|found| found.offset < end);
    match timestamp {
        LATEST => Ok(at(end, Some(leader_epoch))),
        EARLIEST | EARLIEST_LOCAL => {
            let start = bounds.log_start_offset;
            Ok(at(start, log.epoch_of(start)))
        }
        LATEST_TIERED | EARLIEST_PENDING_UPLOAD => Ok(None),
        MAX_TIMESTAMP => log.offset_of_max_timestamp().map(visible).map_err(|refused| error::of_log(&refused)),
        _ => log.offset_for_time(Timestamp(timestamp)).map(visible).map_err(|refused| error::of_log(&refused)),
    }
}
