//! `--describe --offsets`: how far a group has read, partition by partition.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::describe::View;
use super::failure;
use super::scope::{leaderless, listed};
use super::text::{Column, block, fixed, growing, lines, or_dash};
use crate::cli::error::ToolError;
use crate::cli::output::{Grid, Report};
use crate::client::Admin;
use crate::client::admin::{CommittedOffset, GroupDescription, GroupMember, OffsetSpec};
use crate::model::TopicPartition;

/// The offsets of groups.
#[derive(Debug, Default)]
pub(super) struct Offsets {
    rows: Vec<Row>,
    is_verbose: bool,
}

#[derive(Debug)]
struct Row {
    group: String,
    partition: TopicPartition,
    leader_epoch: Option<i32>,
    offset: Option<i64>,
    end: Option<i64>,
    member: Option<Reader>,
}

/// Who reads a partition.
#[derive(Debug, Clone)]
struct Reader {
    member_id: String,
    host: String,
    client_id: String,
}

impl Offsets {
    pub(super) async fn of(group: &GroupDescription, admin: &Admin, is_verbose: bool) -> Result<Offsets, ToolError> {
        let committed = committed(admin, &group.group_id).await?;
        let mut members: Vec<&GroupMember> =
            group.members.iter().filter(|member| !member.assignment.is_empty()).collect();
        // Who reads most comes first.
        members.sort_by_key(|member| std::cmp::Reverse(member.assignment.len()));
        let mut readers: Vec<(BTreeSet<&TopicPartition>, Option<Reader>)> =
            members.iter().map(|member| (member.assignment.iter().collect(), Some(Reader::of(member)))).collect();
        let assigned: BTreeSet<&TopicPartition> = readers.iter().flat_map(|(own, _)| own.iter().copied()).collect();
        let unassigned: BTreeSet<&TopicPartition> =
            committed.keys().filter(|partition| !assigned.contains(partition)).collect();
        let all: Vec<TopicPartition> = assigned.iter().chain(&unassigned).map(|one| (*one).clone()).collect();
        readers.push((unassigned, None));
        let ends = ends(admin, &all).await?;
        let mut rows = Vec::with_capacity(all.len());
        for (own, member) in readers {
            for partition in own {
                let offset = committed.get(partition);
                rows.push(Row {
                    group: group.group_id.clone(),
                    partition: partition.clone(),
                    leader_epoch: offset.map(|offset| offset.leader_epoch.0).filter(|epoch| *epoch >= 0),
                    offset: offset.map(|offset| offset.offset.0),
                    end: ends.get(partition).copied(),
                    member: member.clone(),
                });
            }
        }
        Ok(Offsets { rows, is_verbose })
    }

    fn columns(&self) -> Vec<Column> {
        let mut columns = vec![growing("GROUP", 15), growing("TOPIC", 15), fixed("PARTITION", 10)];
        columns.extend(self.is_verbose.then_some(fixed("LEADER-EPOCH", 15)));
        columns.extend([fixed("CURRENT-OFFSET", 15), fixed("LOG-END-OFFSET", 15), fixed("LAG", 15)]);
        columns.extend([growing("CONSUMER-ID", 15), growing("HOST", 15), fixed("CLIENT-ID", 0)]);
        columns
    }

    fn cells(&self) -> Vec<Vec<String>> {
        let cells = |row: &Row| {
            let member = row.member.as_ref();
            let mut cells =
                vec![row.group.clone(), row.partition.topic.to_string(), row.partition.partition.to_string()];
            cells.extend(self.is_verbose.then(|| or_dash(row.leader_epoch)));
            cells.extend([or_dash(row.offset), or_dash(row.end), or_dash(row.lag())]);
            cells.push(or_dash(member.map(|member| &member.member_id)));
            cells.push(or_dash(member.map(|member| &member.host)));
            cells.push(or_dash(member.map(|member| &member.client_id)));
            cells
        };
        self.rows.iter().map(cells).collect()
    }
}

impl Reader {
    fn of(member: &GroupMember) -> Reader {
        Reader { member_id: member.member_id.clone(), host: member.host.clone(), client_id: member.client_id.clone() }
    }
}

impl Row {
    fn lag(&self) -> Option<i64> {
        Some(self.end? - self.offset.filter(|offset| *offset != -1)?)
    }
}

/// The committed offsets of a group.
pub(super) async fn committed(
    admin: &Admin,
    group: &str,
) -> Result<BTreeMap<TopicPartition, CommittedOffset>, ToolError> {
    let rows = admin.list_group_offsets(group, None).await.map_err(|error| failure::rethrown(&error))?;
    let mut committed = BTreeMap::new();
    for (partition, offset) in rows {
        committed.insert(partition, offset.map_err(|error| failure::rethrown(&error))?);
    }
    Ok(committed)
}

/// The ends of the partitions that have a leader.
async fn ends(admin: &Admin, partitions: &[TopicPartition]) -> Result<BTreeMap<TopicPartition, i64>, ToolError> {
    if partitions.is_empty() {
        return Ok(BTreeMap::new());
    }
    let without = leaderless(admin, partitions).await?;
    let led: Vec<TopicPartition> = partitions.iter().filter(|one| !without.contains(one)).cloned().collect();
    listed(admin, &led, OffsetSpec::Latest).await
}

impl View for Offsets {
    fn has_rows(&self) -> bool {
        !self.rows.is_empty()
    }

    fn join(mut self, other: Offsets) -> Offsets {
        self.rows.extend(other.rows);
        self
    }
}

impl Report for Offsets {
    fn text(&self) -> String {
        block(lines(&self.columns(), &self.cells()))
    }

    fn grid(&self) -> Grid {
        Grid { columns: self.columns().iter().map(|column| column.name).collect(), rows: self.cells() }
    }

    fn json(&self) -> Value {
        let row = |row: &Row| {
            json!({
                "group": row.group,
                "topic": &*row.partition.topic,
                "partition": row.partition.partition,
                "leaderEpoch": row.leader_epoch,
                "currentOffset": row.offset,
                "logEndOffset": row.end,
                "lag": row.lag(),
                "consumerId": row.member.as_ref().map(|member| &member.member_id),
                "host": row.member.as_ref().map(|member| &member.host),
                "clientId": row.member.as_ref().map(|member| &member.client_id),
            })
        };
        self.rows.iter().map(row).collect()
    }
}
