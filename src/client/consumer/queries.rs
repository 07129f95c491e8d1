//! What a consumer can be asked: positions, ends, offsets by time, partitions.

use std::collections::BTreeMap;

use super::consumer::Consumer;
use crate::client::admin::{ListedOffset, OffsetSpec};
use crate::client::list_offsets::list_offsets;
use crate::client::{ClientError, Isolation, PartitionMetadata};
use crate::model::{Offset, Timestamp, TopicPartition};

impl Consumer {
    /// The offset of the next record that a poll returns. Finds it where it is not known yet.
    ///
    /// # Errors
    /// The partition is not assigned, or its position was not found in time.
    pub async fn position(&mut self, partition: &TopicPartition) -> Result<Offset, ClientError> {
        let deadline = self.shared.cluster.deadline(self.shared.settings.api_timeout);
        loop {
            if !self.shared.partitions().contains(partition) {
                let text = "You can only check the position for partitions assigned to this consumer.";
                return Err(ClientError::IllegalState(text.to_owned()));
            }
            if let Some(place) = self.shared.partitions().position(partition) {
                return Ok(place.offset);
            }
            if deadline.is_over() {
                let timeout = self.shared.settings.api_timeout.as_millis();
                let what = format!(
                    "Timeout of {timeout}ms expired before the position for partition {partition} could be determined"
                );
                return Err(ClientError::Timeout { what, last: None });
            }
            self.place_unplaced()?;
            self.wait(deadline.left()).await;
        }
    }

    /// The first offsets of partitions.
    ///
    /// # Errors
    /// A leader did not answer in time.
    pub async fn beginning_offsets(
        &self,
        partitions: &[TopicPartition],
    ) -> Result<BTreeMap<TopicPartition, Offset>, ClientError> {
        self.offsets(partitions, OffsetSpec::Earliest).await
    }

    /// The offsets behind the last records of partitions that may be read.
    ///
    /// # Errors
    /// A leader did not answer in time.
    pub async fn end_offsets(
        &self,
        partitions: &[TopicPartition],
    ) -> Result<BTreeMap<TopicPartition, Offset>, ClientError> {
        self.offsets(partitions, OffsetSpec::Latest).await
    }

    /// The first records whose timestamp is not before the given one; partitions without one are left out.
    ///
    /// # Errors
    /// A leader did not answer in time.
    pub async fn offsets_for_times(
        &self,
        times: &BTreeMap<TopicPartition, Timestamp>,
    ) -> Result<BTreeMap<TopicPartition, ListedOffset>, ClientError> {
        let wanted = times.iter().map(|(partition, time)| (partition.clone(), OffsetSpec::AtTime(*time))).collect();
        let mut found = self.list(wanted).await?;
        found.retain(|_, found| found.offset.is_known());
        Ok(found)
    }

    /// The partitions of a topic.
    ///
    /// # Errors
    /// The topic is not known within `default.api.timeout.ms`.
    pub async fn partitions_for(&self, topic: &str) -> Result<Vec<PartitionMetadata>, ClientError> {
        let deadline = self.shared.cluster.deadline(self.shared.settings.api_timeout);
        Ok(self.shared.cluster.topic(topic, &deadline).await?.partitions.clone())
    }

    pub(super) async fn offsets(
        &self,
        partitions: &[TopicPartition],
        spec: OffsetSpec,
    ) -> Result<BTreeMap<TopicPartition, Offset>, ClientError> {
        let wanted = partitions.iter().map(|partition| (partition.clone(), spec)).collect();
        let found = self.list(wanted).await?;
        Ok(found.into_iter().map(|(partition, found)| (partition, found.offset)).collect())
    }

    pub(super) async fn list(
        &self,
        wanted: Vec<(TopicPartition, OffsetSpec)>,
    ) -> Result<BTreeMap<TopicPartition, ListedOffset>, ClientError> {
        let deadline = self.shared.cluster.deadline(self.shared.settings.api_timeout);
        let rows = list_offsets(&self.shared.cluster, &deadline, wanted, self.shared.settings.isolation).await;
        rows.into_iter().map(|(partition, found)| Ok((partition, found?))).collect()
    }

    /// How many records lie between the position and the end of what may be read, as far as a fetch told.
    #[must_use]
    pub fn lag(&self, partition: &TopicPartition) -> Option<i64> {
        let state = self.shared.partitions();
        let position = state.position(partition)?.offset;
        let log = state.log_ends(partition)?;
        let end = match self.shared.settings.isolation {
            Isolation::ReadCommitted => log.last_stable_offset?,
            Isolation::ReadUncommitted => log.high_watermark?,
        };
        Some(end.since(position).max(0))
    }
}
