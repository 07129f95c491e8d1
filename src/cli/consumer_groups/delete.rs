//! `--delete` and `--delete-offsets`: a group goes, or what it has read of some topics.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::scope::{all_partitions, numbered_partitions, topics_described};
use super::text::{fixed, growing, lines};
use super::{ConsumerGroups, failure, groups};
use crate::cli::error::ToolError;
use crate::cli::java_hash::{Made, sort_as_hash_map};
use crate::cli::output::{Grid, Report};
use crate::cli::tools::Context;
use crate::client::{Admin, ClientError};
use crate::model::{ErrorCode, TopicName, TopicPartition};

type Outcome<K> = (K, Result<(), ClientError>);

pub(super) async fn delete_groups(
    flags: &ConsumerGroups,
    admin: &Admin,
    context: &mut Context,
) -> Result<(), ToolError> {
    let groups = groups(flags, admin).await?;
    let mut rows = admin.delete_groups(&groups).await;
    sort_as_hash_map(&mut rows, Made::Plain, |(group, _)| group);
    let failed = rows.iter().any(|(_, done)| done.is_err());
    context.output.report(&Deleted(rows))?;
    failure::end(context, failed)
}

struct Deleted(Vec<Outcome<String>>);

impl Report for Deleted {
    fn text(&self) -> String {
        let quoted = |done: &mut dyn Iterator<Item = &Outcome<String>>| {
            done.map(|(group, _)| format!("'{group}'")).collect::<Vec<_>>().join(", ")
        };
        let deleted = quoted(&mut self.0.iter().filter(|(_, done)| done.is_ok()));
        let failed: Vec<String> = self
            .0
            .iter()
            .filter_map(|(group, done)| Some((group, done.as_ref().err()?)))
            .map(|(group, error)| format!("* Group '{group}' could not be deleted due to: {}\n", failure::named(error)))
            .collect();
        if failed.is_empty() {
            return format!("Deletion of requested consumer groups ({deleted}) was successful.\n");
        }
        let mut text = format!("\nError: Deletion of some consumer groups failed:\n{}", failed.concat());
        if !deleted.is_empty() {
            text.push_str(&format!("\nThese consumer groups were deleted successfully: {deleted}\n"));
        }
        text
    }

    fn grid(&self) -> Grid {
        let row = |(group, done): &Outcome<String>| vec![group.clone(), status(done)];
        Grid { columns: vec!["GROUP", "STATUS"], rows: self.0.iter().map(row).collect() }
    }

    fn json(&self) -> Value {
        let row = |(group, done): &Outcome<String>| json!({ "group": group, "error": error_of(done) });
        self.0.iter().map(row).collect()
    }
}

fn status(done: &Result<(), ClientError>) -> String {
    done.as_ref().err().map_or_else(|| "deleted".to_owned(), ToString::to_string)
}

fn error_of(done: &Result<(), ClientError>) -> Option<String> {
    done.as_ref().err().map(ToString::to_string)
}

pub(super) async fn delete_offsets(
    flags: &ConsumerGroups,
    admin: &Admin,
    context: &mut Context,
) -> Result<(), ToolError> {
    // Of several groups the script takes the first and says nothing.
    let group = flags.group.first().expect("checked with the flags");
    let (partitions, mut rows) = scope(admin, &flags.topic).await?;
    let (whole, deleted) = match admin.delete_group_offsets(group, &partitions).await {
        Ok(deleted) => {
            let first = deleted.iter().find_map(|(_, done)| done.as_ref().err().cloned());
            (first, deleted)
        }
        Err(error) => {
            let all = partitions.iter().map(|one| (one.clone(), Err(error.clone()))).collect();
            (Some(error), all)
        }
    };
    rows.extend(deleted);
    rows.sort_by_key(|(partition, _)| format!("{}{}", partition.topic, partition.partition));
    let failed = whole.is_some() || rows.iter().any(|(_, done)| done.is_err());
    context.output.report(&DeletedOffsets { group: group.clone(), whole, rows })?;
    failure::end(context, failed)
}

/// The partitions whose offsets shall go, and the topics that are not there.
async fn scope(
    admin: &Admin,
    topics: &[String],
) -> Result<(Vec<TopicPartition>, Vec<Outcome<TopicPartition>>), ToolError> {
    let (numbered, whole): (Vec<&String>, Vec<&String>) = topics.iter().partition(|topic| topic.contains(':'));
    let mut partitions = BTreeSet::new();
    for topic in numbered {
        partitions.extend(numbered_partitions(topic)?);
    }
    let whole: BTreeSet<TopicName> = whole.into_iter().map(|topic| topic.as_str().into()).collect();
    let mut missing = Vec::new();
    for (name, topic) in topics_described(admin, &whole).await.map_err(|error| failure::of_future(&error))? {
        match topic {
            Ok(topic) => partitions.extend(all_partitions(&topic)),
            Err(error) => missing.push((TopicPartition::new(name, NO_PARTITION), Err(error))),
        }
    }
    Ok((partitions.into_iter().collect(), missing))
}

/// A topic that is not there has no partitions to name.
const NO_PARTITION: i32 = -1;

struct DeletedOffsets {
    group: String,
    /// What failed as a whole, or first.
    whole: Option<ClientError>,
    rows: Vec<Outcome<TopicPartition>>,
}

impl DeletedOffsets {
    fn headline(&self) -> String {
        use ErrorCode as E;
        let Some(error) = &self.whole else {
            return format!("Request succeeded for deleting offsets from group {}.\n", self.group);
        };
        match error.error_code() {
            Some(E::INVALID_GROUP_ID | E::GROUP_ID_NOT_FOUND | E::GROUP_AUTHORIZATION_FAILED | E::NON_EMPTY_GROUP) => {
                format!("\nError: {error}\n")
            }
            Some(E::GROUP_SUBSCRIBED_TO_TOPIC | E::TOPIC_AUTHORIZATION_FAILED | E::UNKNOWN_TOPIC_OR_PARTITION) => {
                "\nError: Encountered some partition-level error, see the follow-up details.\n".to_owned()
            }
            Some(code) => format!("\nError: Encountered some unknown error: {code}\n"),
            None => format!("\nError: Encountered some unknown error: {error}\n"),
        }
    }

    fn cells(&self, status: impl Fn(&Result<(), ClientError>) -> String) -> Vec<Vec<String>> {
        let cells = |(partition, done): &Outcome<TopicPartition>| {
            let number = partition.partition;
            let number = if number == NO_PARTITION { "-".to_owned() } else { number.to_string() };
            vec![partition.topic.to_string(), number, status(done)]
        };
        self.rows.iter().map(cells).collect()
    }
}

impl Report for DeletedOffsets {
    fn text(&self) -> String {
        let status = |done: &Result<(), ClientError>| match done {
            Ok(()) => "Successful".to_owned(),
            Err(error) => format!("Error: {}", failure::named(error)),
        };
        let columns = [growing("TOPIC", 15), fixed("PARTITION", 10), fixed("STATUS", 15)];
        let lines = lines(&columns, &self.cells(status));
        let table: String = lines.into_iter().map(|line| format!("\n{line}")).collect();
        format!("{}{table}\n", self.headline())
    }

    fn grid(&self) -> Grid {
        Grid { columns: vec!["TOPIC", "PARTITION", "STATUS"], rows: self.cells(status) }
    }

    fn json(&self) -> Value {
        let mut topics: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
        for (partition, done) in &self.rows {
            let row = json!({ "partition": partition.partition, "error": error_of(done) });
            topics.entry(&partition.topic).or_default().push(row);
        }
        let topic = |(name, partitions): (&str, Vec<Value>)| json!({ "topic": name, "partitions": partitions });
        json!({ "group": self.group, "topics": topics.into_iter().map(topic).collect::<Vec<_>>() })
    }
}
