//! `--reset-offsets`: groups without members begin to read somewhere else.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::offsets::committed;
use super::plan::{number, scenarios};
use super::reset_plan::{self, Plan};
use super::scope::{check_all_exist, listed, named};
use super::text::{block, fixed, growing, lines};
use super::time::{date_time, duration};
use super::{ConsumerGroups, failure, groups};
use crate::cli::error::ToolError;
use crate::cli::java_hash::{Made, sort_as_hash_map, sort_partitions_as_hash_map};
use crate::cli::output::{Format, Grid, Report};
use crate::cli::tools::Context;
use crate::client::Admin;
use crate::client::admin::{NewOffset, OffsetSpec};
use crate::io::clock::{Clock, SystemClock};
use crate::model::{ErrorCode, Offset, Timestamp, TopicPartition};

type Offsets = BTreeMap<TopicPartition, i64>;

/// The new offsets of groups, in the order in which the script prints them.
#[derive(Debug, Default)]
struct Reset {
    groups: Vec<(String, Vec<(TopicPartition, i64)>)>,
    names_one_group: bool,
}

pub(super) async fn reset(flags: &ConsumerGroups, admin: &Admin, context: &mut Context) -> Result<(), ToolError> {
    let groups = groups(flags, admin).await?;
    let mut reset = Reset { groups: Vec::new(), names_one_group: flags.group.len() == 1 };
    let mut failed = false;
    for (group, described) in admin.describe_consumer_groups(&groups).await {
        let state = match described {
            Ok(described) => described.state,
            Err(error) if error.error_code() == Some(ErrorCode::GROUP_ID_NOT_FOUND) => "Dead".to_owned(),
            Err(error) => return Err(failure::rethrown(&error)),
        };
        let offsets = if matches!(state.as_str(), "Empty" | "Dead") {
            reset_group(flags, admin, context, &group).await?
        } else {
            failed = true;
            let message = format!(
                "Assignments can only be reset if the group '{group}' is inactive, but the current state is {state}."
            );
            failure::complain(context, &message)?;
            Offsets::new()
        };
        let mut rows: Vec<(TopicPartition, i64)> = offsets.into_iter().collect();
        sort_partitions_as_hash_map(&mut rows, |(partition, _)| partition);
        reset.groups.push((group, rows));
    }
    sort_as_hash_map(&mut reset.groups, Made::Plain, |(group, _)| group);
    if flags.export {
        context.output.line(&reset.plan())?;
    } else {
        context.output.report(&reset)?;
    }
    failure::end(context, failed)
}

async fn reset_group(
    flags: &ConsumerGroups,
    admin: &Admin,
    context: &mut Context,
    group: &str,
) -> Result<Offsets, ToolError> {
    let partitions = partitions(flags, admin, group).await?;
    check_all_exist(admin, &partitions).await?;
    let offsets = prepare(flags, admin, context, group, &partitions).await?;
    if flags.execute && !offsets.is_empty() {
        let new = |(partition, offset): (&TopicPartition, &i64)| (partition.clone(), NewOffset::at(Offset(*offset)));
        let new = offsets.iter().map(new).collect();
        let rows = admin.alter_group_offsets(group, &new).await.map_err(|error| failure::thrown(&error))?;
        for (_, done) in rows {
            done.map_err(|error| failure::thrown(&error))?;
        }
    }
    Ok(offsets)
}

async fn partitions(flags: &ConsumerGroups, admin: &Admin, group: &str) -> Result<Vec<TopicPartition>, ToolError> {
    if flags.all_topics {
        return Ok(committed(admin, group).await?.into_keys().collect());
    }
    if !flags.topic.is_empty() {
        return named(admin, &flags.topic).await;
    }
    if flags.from_file.is_none() {
        let message = "One of the reset scopes should be defined: --all-topics, --topic.";
        return Err(ToolError::usage(message).with_help());
    }
    Ok(Vec::new())
}

async fn prepare(
    flags: &ConsumerGroups,
    admin: &Admin,
    context: &mut Context,
    group: &str,
    partitions: &[TopicPartition],
) -> Result<Offsets, ToolError> {
    match scenarios(flags).first().copied() {
        Some("to-offset") => {
            let offset = number(flags.to_offset.as_deref(), "to-offset")?.expect("it was typed");
            bounded(admin, context, partitions.iter().map(|one| (one.clone(), offset)).collect()).await
        }
        Some("to-earliest") => listed(admin, partitions, OffsetSpec::Earliest).await,
        Some("to-latest") => listed(admin, partitions, OffsetSpec::Latest).await,
        Some("shift-by") => shifted(flags, admin, context, group, partitions).await,
        Some("to-datetime") => {
            let time = date_time(flags.to_datetime.as_deref().unwrap_or_default())?;
            at_time(admin, context, partitions, time).await
        }
        Some("by-duration") => {
            let back = duration(flags.by_duration.as_deref().unwrap_or_default())?;
            let time = SystemClock::new().now().0.saturating_sub(back);
            at_time(admin, context, partitions, time).await
        }
        Some("from-file") => {
            let path = flags.from_file.as_deref().expect("it was typed");
            planned(admin, context, group, reset_plan::read(path, &flags.group)?).await
        }
        Some("to-current") => current(admin, group, partitions).await,
        _ => Err(ToolError::usage(
            "Option '[reset-offsets]' requires one of the following scenarios: [[to-offset], [shift-by], [to-datetime], \
             [by-duration], [to-earliest], [to-latest], [to-current], [from-file]]",
        )
        .with_help()),
    }
}

/// Moves offsets that lie outside of their log to its nearer end, with a word about it.
async fn bounded(admin: &Admin, context: &mut Context, wanted: Offsets) -> Result<Offsets, ToolError> {
    let mut partitions: Vec<TopicPartition> = wanted.keys().cloned().collect();
    sort_partitions_as_hash_map(&mut partitions, |partition| partition);
    let starts = listed(admin, &partitions, OffsetSpec::Earliest).await?;
    let ends = listed(admin, &partitions, OffsetSpec::Latest).await?;
    let mut offsets = Offsets::new();
    for partition in partitions {
        let offset = wanted[&partition];
        let (start, end) = (starts.get(&partition).copied(), ends.get(&partition).copied());
        let (bound, where_it_is) = match (start, end) {
            (_, Some(end)) if offset > end => (end, "higher than latest"),
            (Some(start), _) if offset < start => (start, "lower than earliest"),
            _ => (offset, ""),
        };
        if !where_it_is.is_empty() {
            let message = format!(
                "New offset ({offset}) is {where_it_is} offset for topic partition {partition}. Value will be set to {bound}"
            );
            context.output.log_warning("org.apache.kafka.tools.OffsetsUtils", &message);
        }
        offsets.insert(partition, bound);
    }
    Ok(offsets)
}

async fn shifted(
    flags: &ConsumerGroups,
    admin: &Admin,
    context: &mut Context,
    group: &str,
    partitions: &[TopicPartition],
) -> Result<Offsets, ToolError> {
    let shift = number(flags.shift_by.as_deref(), "shift-by")?.expect("it was typed");
    let committed = committed(admin, group).await?;
    let mut wanted = Offsets::new();
    for partition in partitions {
        let Some(current) = committed.get(partition) else {
            let message =
                format!("Cannot shift offset for partition {partition} since there is no current committed offset");
            return Err(ToolError::usage(message).with_help());
        };
        wanted.insert(partition.clone(), current.offset.0.saturating_add(shift));
    }
    bounded(admin, context, wanted).await
}

async fn at_time(
    admin: &Admin,
    context: &mut Context,
    partitions: &[TopicPartition],
    time: i64,
) -> Result<Offsets, ToolError> {
    let mut offsets = listed(admin, partitions, OffsetSpec::AtTime(Timestamp(time))).await?;
    let mut without: Vec<TopicPartition> =
        offsets.iter().filter(|(_, offset)| **offset < 0).map(|(partition, _)| partition.clone()).collect();
    sort_partitions_as_hash_map(&mut without, |partition| partition);
    for partition in &without {
        let message = format!(
            "Partition {} from topic {} is empty. Falling back to latest known offset.",
            partition.partition, partition.topic
        );
        match context.output.format() {
            Format::Text => context.output.line(&format!("\nWarn: {message}"))?,
            _ => context.output.warn(&message),
        }
    }
    offsets.extend(listed(admin, &without, OffsetSpec::Latest).await?);
    Ok(offsets)
}

async fn planned(admin: &Admin, context: &mut Context, group: &str, mut plan: Plan) -> Result<Offsets, ToolError> {
    match plan.remove(group) {
        Some(offsets) => bounded(admin, context, offsets).await,
        None => {
            failure::complain(context, &format!("No reset plan for group {group} found"))?;
            Ok(Offsets::new())
        }
    }
}

async fn current(admin: &Admin, group: &str, partitions: &[TopicPartition]) -> Result<Offsets, ToolError> {
    let committed = committed(admin, group).await?;
    let (with, without): (Vec<_>, Vec<_>) = partitions.iter().cloned().partition(|one| committed.contains_key(one));
    let mut offsets = listed(admin, &without, OffsetSpec::Latest).await?;
    offsets.extend(with.into_iter().map(|partition| {
        let offset = committed[&partition].offset.0;
        (partition, offset)
    }));
    Ok(offsets)
}

impl Reset {
    fn rows(&self) -> impl Iterator<Item = (&str, &TopicPartition, i64)> {
        self.groups.iter().flat_map(|(group, offsets)| {
            offsets.iter().map(move |(partition, offset)| (group.as_str(), partition, *offset))
        })
    }

    fn cells(&self) -> Vec<Vec<String>> {
        let cells = |(group, partition, offset): (&str, &TopicPartition, i64)| {
            vec![group.to_owned(), partition.topic.to_string(), partition.partition.to_string(), offset.to_string()]
        };
        self.rows().map(cells).collect()
    }

    fn plan(&self) -> String {
        let group_of = |group| if self.names_one_group { None } else { Some(group) };
        self.rows().map(|(group, partition, offset)| reset_plan::line(group_of(group), partition, offset)).collect()
    }
}

impl Report for Reset {
    fn text(&self) -> String {
        let longest = self.groups.iter().map(|(group, _)| group.encode_utf16().count()).max().unwrap_or(0);
        let columns =
            [fixed("GROUP", longest.max(15)), growing("TOPIC", 15), fixed("PARTITION", 10), fixed("NEW-OFFSET", 0)];
        let table = if self.groups.is_empty() { Vec::new() } else { lines(&columns, &self.cells()) };
        block(table)
    }

    fn grid(&self) -> Grid {
        Grid { columns: vec!["GROUP", "TOPIC", "PARTITION", "NEW-OFFSET"], rows: self.cells() }
    }

    fn json(&self) -> Value {
        let row = |(group, partition, offset): (&str, &TopicPartition, i64)| {
            json!({
                "group": group,
                "topic": &*partition.topic,
                "partition": partition.partition,
                "newOffset": offset,
            })
        };
        self.rows().map(row).collect()
    }
}
