//! The records of `__consumer_offsets` from a running broker.

use std::collections::BTreeMap;
use std::time::Duration;

use super::TOPIC;
use super::rows::Dump;
use crate::cli::error::ToolError;
use crate::cli::reach;
use crate::cli::tools::Context;
use crate::client::{Admin, ClientError, Consumer, ConsumerRecords};
use crate::config::{ConsumerConfig, Settings};
use crate::io::clock::{Clock, SystemClock};
use crate::model::{ErrorCode, Offset, TopicPartition};

const POLL: Duration = Duration::from_millis(500);
/// A consumer without a group has nothing to say at its end.
const CLOSE: Duration = Duration::from_secs(5);

/// Puts what this reading needs under the properties that were given.
pub(super) fn complete(settings: &mut Settings) {
    for (name, value) in [
        ("client.id", "dump-offsets"),
        ("isolation.level", "read_committed"),
        ("max.poll.records", "5000"),
        ("auto.offset.reset", "earliest"),
    ] {
        settings.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    }
    // Looking must change nothing: no topic is made, no group joined, no offset committed.
    for (name, value) in [("allow.auto.create.topics", "false"), ("enable.auto.commit", "false")] {
        settings.insert(name.to_owned(), value.to_owned());
    }
    settings.remove("group.id");
}

/// Reads every partition from its first record to the end that it had when the reading began. It gives up when nothing
/// moves for `default.api.timeout.ms`.
pub(super) async fn read(config: &ConsumerConfig, dump: &mut Dump, context: &mut Context) -> Result<(), ToolError> {
    let mut consumer = Consumer::new(config)?;
    reach::resolve(consumer.cluster(), context)?;
    let patience = Duration::from_millis(u64::try_from(config.default_api_timeout_ms).unwrap_or(0));
    let partitions = partitions(Admin::on(consumer.cluster().clone(), patience), context).await?;
    let mut ends = consumer.end_offsets(&partitions).await?;
    let begins = consumer.beginning_offsets(&partitions).await?;
    ends.retain(|partition, end| begins.get(partition).is_none_or(|begin| begin < end));
    let partitions: Vec<TopicPartition> = ends.keys().cloned().collect();
    if !partitions.is_empty() {
        consumer.assign(&partitions)?;
        consumer.positions().seek_to_beginning(&partitions)?;
        Reading { ends, patience, dump }.run(&mut consumer, context).await?;
    }
    // Everything was read; a connection that cannot be closed in order takes nothing away.
    let _ = consumer.close(CLOSE).await;
    Ok(())
}

/// The partitions of the topic; none where no group has ever committed.
async fn partitions(admin: Admin, context: &mut Context) -> Result<Vec<TopicPartition>, ToolError> {
    let mut rows = admin.describe_topics(&[TOPIC.to_owned()]).await?;
    match rows.pop().map(|(_, described)| described) {
        Some(Ok(topic)) => Ok(topic.partitions.iter().map(|one| TopicPartition::new(TOPIC, one.partition)).collect()),
        Some(Err(ClientError::Server(failure))) if failure.code == ErrorCode::UNKNOWN_TOPIC_OR_PARTITION => {
            context.output.warn(&format!("there is no {TOPIC} yet: no group has committed an offset"));
            Ok(Vec::new())
        }
        Some(Err(error)) => Err(error.into()),
        None => Ok(Vec::new()),
    }
}

/// A reading that has not come to its ends.
struct Reading<'a> {
    ends: BTreeMap<TopicPartition, Offset>,
    patience: Duration,
    dump: &'a mut Dump,
}

impl Reading<'_> {
    async fn run(mut self, consumer: &mut Consumer, context: &mut Context) -> Result<(), ToolError> {
        let clock = SystemClock::new();
        let mut heard = clock.elapsed();
        while !self.is_over(consumer) {
            let records = consumer.poll(POLL).await?;
            let now = clock.elapsed();
            if !records.is_empty() {
                heard = now;
            } else if now.saturating_sub(heard) > self.patience {
                let text = format!("the end of {TOPIC} was not reached: no record came for {:?}", self.patience);
                return Err(ToolError::failed("org.apache.kafka.common.errors.TimeoutException", text));
            }
            self.take(&records, context)?;
        }
        Ok(())
    }

    fn is_over(&self, consumer: &Consumer) -> bool {
        let positions = consumer.positions();
        let is_read = |(partition, end): (&TopicPartition, &Offset)| {
            positions.get(partition).is_some_and(|position| position >= *end)
        };
        self.ends.iter().all(is_read)
    }

    fn take(&mut self, records: &ConsumerRecords, context: &mut Context) -> Result<(), ToolError> {
        for record in records.iter() {
            let partition = record.topic_partition();
            if self.ends.get(partition).is_some_and(|end| record.offset() < *end) {
                let place = |error: anyhow::Error| error.context(format!("{partition} at offset {}", record.offset()));
                self.dump.take(&record.to_record(), &mut context.output).map_err(place)?;
            }
        }
        Ok(())
    }
}
