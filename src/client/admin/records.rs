//! Deleting records below an offset.

use super::call::check;
use super::{Admin, Rows};
use crate::client::by_leader::by_leader;
use crate::model::{Offset, TopicPartition};
use crate::net::peer::Peer;
use crate::protocol::messages::DeleteRecordsRequest;
use crate::protocol::messages::delete_records_request::{DeleteRecordsPartition, DeleteRecordsTopic};

impl Admin {
    /// Deletes the records of each partition below an offset; [`Offset::UNKNOWN`] (-1) means all up to the high watermark.
    /// The row of a partition is its new log start offset.
    pub async fn delete_records(&self, below: &[(TopicPartition, Offset)]) -> Rows<TopicPartition, Offset> {
        let timeout_ms = self.broker_timeout_ms();
        let send = move |peer: Peer, items: Vec<(TopicPartition, Offset)>| async move {
            let topics = items.into_iter().map(|(partition, offset)| DeleteRecordsTopic {
                name: partition.topic.to_string(),
                partitions: vec![DeleteRecordsPartition { partition_index: partition.partition, offset: offset.0 }],
            });
            let request = DeleteRecordsRequest { topics: merged(topics), timeout_ms };
            let answer = peer.call(&request).await?;
            let rows = answer.topics.into_iter().flat_map(|topic| {
                let name = topic.name;
                topic.partitions.into_iter().map(move |row| {
                    let partition = TopicPartition::new(name.as_str(), row.partition_index);
                    (partition, check(row.error_code, None).map(|()| Offset(row.low_watermark)))
                })
            });
            Ok(rows.collect())
        };
        by_leader(&self.cluster, &self.deadline(), below.to_vec(), send).await
    }
}

/// Partitions of one topic under one name.
fn merged(topics: impl Iterator<Item = DeleteRecordsTopic>) -> Vec<DeleteRecordsTopic> {
    let mut merged: Vec<DeleteRecordsTopic> = Vec::new();
    for topic in topics {
        match merged.last_mut().filter(|last| last.name == topic.name) {
            Some(last) => last.partitions.extend(topic.partitions),
            None => merged.push(topic),
        }
    }
    merged
}
