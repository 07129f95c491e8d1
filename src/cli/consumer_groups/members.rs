//! `--describe --members`: who is in a group and what each reads.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::describe::View;
use super::text::{Column, fixed, growing, lines, or_dash};
use crate::cli::output::{Grid, Report};
use crate::client::admin::{GroupDescription, GroupMember};
use crate::model::TopicPartition;

/// The members of groups.
#[derive(Debug, Default)]
pub(super) struct Members {
    rows: Vec<Row>,
    is_verbose: bool,
}

#[derive(Debug)]
struct Row {
    group: String,
    target_epoch: Option<i32>,
    member: GroupMember,
}

impl Members {
    pub(super) fn of(group: &GroupDescription, is_verbose: bool) -> Members {
        let row = |member: &GroupMember| Row {
            group: group.group_id.clone(),
            target_epoch: group.target_epoch,
            member: member.clone(),
        };
        Members { rows: group.members.iter().map(row).collect(), is_verbose }
    }

    fn shows_instances(&self) -> bool {
        self.rows.iter().any(|row| row.member.instance_id.as_ref().is_some_and(|id| !id.is_empty()))
    }

    fn columns(&self) -> Vec<Column> {
        let mut columns = vec![growing("GROUP", 15), growing("CONSUMER-ID", 15)];
        columns.extend(self.shows_instances().then_some(growing("GROUP-INSTANCE-ID", 17)));
        columns.extend([growing("HOST", 15), growing("CLIENT-ID", 15), fixed("#PARTITIONS", 15)]);
        if self.is_verbose {
            columns.extend([fixed("CURRENT-EPOCH", 15), growing("CURRENT-ASSIGNMENT", 20)]);
            columns.extend([fixed("TARGET-EPOCH", 15), growing("TARGET-ASSIGNMENT", 20)]);
        }
        columns
    }

    fn cells(&self) -> Vec<Vec<String>> {
        let shows_instances = self.shows_instances();
        let cells = |row: &Row| {
            let member = &row.member;
            let mut cells = vec![row.group.clone(), member.member_id.clone()];
            cells.extend(shows_instances.then(|| member.instance_id.clone().unwrap_or_default()));
            cells.extend([member.host.clone(), member.client_id.clone(), member.assignment.len().to_string()]);
            if self.is_verbose {
                cells.extend([or_dash(member.epoch), assignment(&member.assignment)]);
                let target = member.target.as_deref().unwrap_or_default();
                cells.extend([or_dash(row.target_epoch), assignment(target)]);
            }
            cells
        };
        self.rows.iter().map(cells).collect()
    }
}

/// `topic:0,1;other:2`.
fn assignment(partitions: &[TopicPartition]) -> String {
    let mut topics: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
    for partition in partitions {
        topics.entry(&partition.topic).or_default().push(partition.partition);
    }
    let topic = |(name, mut numbers): (&str, Vec<i32>)| {
        numbers.sort_unstable();
        let numbers: Vec<String> = numbers.iter().map(i32::to_string).collect();
        format!("{name}:{}", numbers.join(","))
    };
    let mut parts: Vec<String> = topics.into_iter().map(topic).collect();
    parts.sort();
    if parts.is_empty() { "-".to_owned() } else { parts.join(";") }
}

impl View for Members {
    /// The script prints the header also of a group without members.
    const HEADER_ALWAYS: bool = true;

    fn has_rows(&self) -> bool {
        !self.rows.is_empty()
    }

    fn join(mut self, other: Members) -> Members {
        self.rows.extend(other.rows);
        self
    }
}

impl Report for Members {
    fn text(&self) -> String {
        let columns = self.columns();
        let lines = lines(&columns, &self.cells());
        // The script leaves a blank where the verbose columns would begin.
        let end = if self.is_verbose { "\n" } else { " \n" };
        std::iter::once("\n".to_owned()).chain(lines.into_iter().map(|line| line + end)).collect()
    }

    fn grid(&self) -> Grid {
        Grid { columns: self.columns().iter().map(|column| column.name).collect(), rows: self.cells() }
    }

    fn json(&self) -> Value {
        let partitions = |all: &[TopicPartition]| -> Value {
            all.iter().map(|one| json!({ "topic": &*one.topic, "partition": one.partition })).collect()
        };
        let row = |row: &Row| {
            json!({
                "group": row.group,
                "consumerId": row.member.member_id,
                "groupInstanceId": row.member.instance_id,
                "host": row.member.host,
                "clientId": row.member.client_id,
                "currentEpoch": row.member.epoch,
                "currentAssignment": partitions(&row.member.assignment),
                "targetEpoch": row.target_epoch,
                "targetAssignment": row.member.target.as_deref().map(partitions),
            })
        };
        self.rows.iter().map(row).collect()
    }
}
