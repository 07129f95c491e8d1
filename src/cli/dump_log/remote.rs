//! The records of `__remote_log_metadata` (KIP-405) as Kafka's tool prints them: not as JSON, but as Java objects.

use crate::protocol::Json;

/// A record as text.
pub(super) fn text(name: &str, record: &Json) -> String {
    match name {
        "RemoteLogSegmentMetadataRecord" => format!(
            "RemoteLogSegmentMetadata{{remoteLogSegmentId={}, startOffset={}, endOffset={}, brokerId={}, maxTimestampMs={}, \
             eventTimestampMs={}, segmentLeaderEpochs={}, segmentSizeInBytes={}, customMetadata={}, state={}}}",
            segment_id(record),
            number(record, "startOffset"),
            number(record, "endOffset"),
            number(record, "brokerId"),
            number(record, "maxTimestampMs"),
            number(record, "eventTimestampMs"),
            leader_epochs(record),
            number(record, "segmentSizeInBytes"),
            custom_metadata(record),
            segment_state(record)
        ),
        "RemoteLogSegmentMetadataUpdateRecord" => format!(
            "RemoteLogSegmentMetadataUpdate{{remoteLogSegmentId={}, customMetadata={}, state={}, eventTimestampMs={}, \
             brokerId={}}}",
            segment_id(record),
            custom_metadata(record),
            segment_state(record),
            number(record, "eventTimestampMs"),
            number(record, "brokerId")
        ),
        "RemotePartitionDeleteMetadataRecord" => format!(
            "RemotePartitionDeleteMetadata{{topicPartition={}, state={}, eventTimestampMs={}, brokerId={}}}",
            record.get("topicIdPartition").map(topic_partition).unwrap_or_default(),
            delete_state(record),
            number(record, "eventTimestampMs"),
            number(record, "brokerId")
        ),
        _ => format!(
            "RemoteLogSegmentMetadataSnapshot{{segmentId={}, startOffset={}, endOffset={}, maxTimestampMs={}, \
             segmentLeaderEpochs={}, segmentSizeInBytes={}, customMetadata={}, state={}}}",
            word(record, "segmentId"),
            number(record, "startOffset"),
            number(record, "endOffset"),
            number(record, "maxTimestampMs"),
            leader_epochs(record),
            number(record, "segmentSizeInBytes"),
            custom_metadata(record),
            segment_state(record)
        ),
    }
}

fn number(record: &Json, field: &str) -> i64 {
    record.get(field).and_then(Json::as_int).unwrap_or_default()
}

fn word<'a>(record: &'a Json, field: &str) -> &'a str {
    record.get(field).and_then(Json::as_text).unwrap_or_default()
}

fn segment_id(record: &Json) -> String {
    let Some(id) = record.get("remoteLogSegmentId") else { return String::new() };
    let partition = id.get("topicIdPartition").map(topic_partition).unwrap_or_default();
    format!("RemoteLogSegmentId{{topicIdPartition={partition}, id={}}}", word(id, "id"))
}

fn topic_partition(partition: &Json) -> String {
    format!("{}:{}-{}", word(partition, "id"), word(partition, "name"), number(partition, "partition"))
}

/// A map from epoch to offset, in the order of the epochs.
fn leader_epochs(record: &Json) -> String {
    let Some(Json::Array(entries)) = record.get("segmentLeaderEpochs") else { return "{}".to_owned() };
    let mut pairs: Vec<_> =
        entries.iter().map(|entry| (number(entry, "leaderEpoch"), number(entry, "offset"))).collect();
    pairs.sort_unstable();
    let pairs: Vec<_> = pairs.iter().map(|(epoch, offset)| format!("{epoch}={offset}")).collect();
    format!("{{{}}}", pairs.join(", "))
}

fn custom_metadata(record: &Json) -> String {
    match record.get("customMetadata") {
        Some(Json::Bytes(bytes)) => format!("Optional[CustomMetadata{{{} bytes}}]", bytes.len()),
        _ => "Optional.empty".to_owned(),
    }
}

fn segment_state(record: &Json) -> &'static str {
    match number(record, "remoteLogSegmentState") {
        0 => "COPY_SEGMENT_STARTED",
        1 => "COPY_SEGMENT_FINISHED",
        2 => "DELETE_SEGMENT_STARTED",
        3 => "DELETE_SEGMENT_FINISHED",
        _ => "null",
    }
}

fn delete_state(record: &Json) -> &'static str {
    match number(record, "remotePartitionDeleteState") {
        0 => "DELETE_PARTITION_MARKED",
        1 => "DELETE_PARTITION_STARTED",
        2 => "DELETE_PARTITION_FINISHED",
        _ => "null",
    }
}
