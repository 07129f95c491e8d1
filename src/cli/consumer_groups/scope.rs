//! Which partitions a command is about, and what the brokers know of them.

use std::collections::{BTreeMap, BTreeSet};

use super::failure;
use crate::cli::error::ToolError;
use crate::client::admin::{OffsetSpec, TopicDescription};
use crate::client::{Admin, ClientError, Isolation};
use crate::model::{TopicName, TopicPartition};

/// The partitions that `--topic` names: `topic`, or `topic:0,1`. Those that are numbered come first, as in the script.
pub(super) async fn named(admin: &Admin, topics: &[String]) -> Result<Vec<TopicPartition>, ToolError> {
    let (numbered, whole): (Vec<&String>, Vec<&String>) = topics.iter().partition(|topic| topic.contains(':'));
    let mut partitions = Vec::new();
    for topic in numbered {
        partitions.extend(numbered_partitions(topic)?);
    }
    let whole: BTreeSet<TopicName> = whole.into_iter().map(|topic| topic.as_str().into()).collect();
    for (_, topic) in topics_described(admin, &whole).await.map_err(|error| failure::thrown(&error))? {
        let topic = topic.map_err(|error| failure::thrown(&error))?;
        partitions.extend(all_partitions(&topic));
    }
    Ok(partitions)
}

/// The partitions of `topic:0,1`.
pub(super) fn numbered_partitions(text: &str) -> Result<Vec<TopicPartition>, ToolError> {
    let usage = |message: String| ToolError::usage(message).with_help();
    let parts: Vec<&str> = text.split(':').collect();
    let (topic, numbers) = match parts[..] {
        [topic, numbers] if !numbers.is_empty() => (topic, numbers),
        _ => return Err(usage(format!("Invalid topic arg '{text}', expected topic name and partitions"))),
    };
    let number = |number: &str| match number.parse::<i32>() {
        Ok(number) => Ok(TopicPartition::new(topic, number)),
        // The second apostrophe is the script's.
        Err(_) => Err(usage(format!("Invalid partition '{number}' specified in topic arg '{text}''"))),
    };
    numbers.split(',').map(number).collect()
}

pub(super) fn all_partitions(topic: &TopicDescription) -> impl Iterator<Item = TopicPartition> {
    topic.partitions.iter().map(|partition| TopicPartition::new(topic.name.clone(), partition.partition))
}

/// Descriptions of topics by name.
pub(super) async fn topics_described(
    admin: &Admin,
    topics: &BTreeSet<TopicName>,
) -> Result<Vec<(String, Result<TopicDescription, ClientError>)>, ClientError> {
    let names: Vec<String> = topics.iter().map(ToString::to_string).collect();
    if names.is_empty() { Ok(Vec::new()) } else { admin.describe_topics(&names).await }
}

async fn descriptions_of(
    admin: &Admin,
    partitions: &[TopicPartition],
) -> Result<BTreeMap<String, TopicDescription>, ToolError> {
    let topics = partitions.iter().map(|partition| partition.topic.clone()).collect();
    let rows = topics_described(admin, &topics).await.map_err(|error| failure::rethrown(&error))?;
    rows.into_iter().map(|(name, row)| Ok((name, row.map_err(|error| failure::rethrown(&error))?))).collect()
}

/// Those of the partitions that have no leader.
pub(super) async fn leaderless(admin: &Admin, partitions: &[TopicPartition]) -> Result<Vec<TopicPartition>, ToolError> {
    let topics = descriptions_of(admin, partitions).await?;
    let has_leader = |one: &TopicPartition| {
        let topic = topics.get(&*one.topic);
        let mut all = topic.into_iter().flat_map(|topic| &topic.partitions);
        all.find(|partition| partition.partition == one.partition).is_none_or(|found| found.leader.is_some())
    };
    Ok(partitions.iter().filter(|one| !has_leader(one)).cloned().collect())
}

/// Checks that every partition exists and has a leader.
pub(super) async fn check_all_exist(admin: &Admin, partitions: &[TopicPartition]) -> Result<(), ToolError> {
    let topics = descriptions_of(admin, partitions).await?;
    let exists = |one: &&TopicPartition| {
        topics.get(&*one.topic).is_some_and(|topic| all_partitions(topic).any(|known| known == **one))
    };
    let missing: Vec<&TopicPartition> = partitions.iter().filter(|one| !exists(one)).collect();
    if !missing.is_empty() {
        let class = "org.apache.kafka.common.errors.UnknownTopicOrPartitionException";
        return Err(ToolError::failed(class, format!("The partitions \"{}\" do not exist", joined(&missing))));
    }
    let without = leaderless(admin, partitions).await?;
    if !without.is_empty() {
        let class = "org.apache.kafka.common.errors.LeaderNotAvailableException";
        let without: Vec<&TopicPartition> = without.iter().collect();
        return Err(ToolError::failed(class, format!("The partitions \"{}\" have no leader", joined(&without))));
    }
    Ok(())
}

fn joined(partitions: &[&TopicPartition]) -> String {
    partitions.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// One offset of each partition.
pub(super) async fn listed(
    admin: &Admin,
    partitions: &[TopicPartition],
    spec: OffsetSpec,
) -> Result<BTreeMap<TopicPartition, i64>, ToolError> {
    let wanted: Vec<(TopicPartition, OffsetSpec)> = partitions.iter().map(|one| (one.clone(), spec)).collect();
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut offsets = BTreeMap::new();
    for (partition, listed) in admin.list_offsets(&wanted, Isolation::ReadUncommitted).await {
        let listed = listed.map_err(|error| failure::rethrown(&error))?;
        offsets.insert(partition, listed.offset.0);
    }
    Ok(offsets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_may_be_followed_by_numbers() {
        let partitions = numbered_partitions("t:0,12").unwrap();
        assert_eq!(partitions, [TopicPartition::new("t", 0), TopicPartition::new("t", 12)]);
    }

    #[test]
    fn what_is_no_number_is_named() {
        for (text, expected) in [
            ("t:x", "Invalid partition 'x' specified in topic arg 't:x''"),
            ("t:1,", "Invalid partition '' specified in topic arg 't:1,''"),
            ("t:", "Invalid topic arg 't:', expected topic name and partitions"),
            ("t:1:2", "Invalid topic arg 't:1:2', expected topic name and partitions"),
        ] {
            assert_eq!(numbered_partitions(text).unwrap_err().message, expected);
        }
    }
}
