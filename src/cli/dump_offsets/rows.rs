//! From records to what is printed: lines as they come, or rows that are shown at the end.

use serde_json::{Value, json};

use crate::cli::error::ToolError;
use crate::cli::offsets_formatter::{Commit, CommittedOffset, OffsetsFormatter, committed_offset};
use crate::cli::output::{Format, Grid, Output, Report};
use crate::record::Record;

/// A dump as far as it has come.
#[derive(Debug)]
pub(super) struct Dump {
    formatter: OffsetsFormatter,
    group: Option<String>,
    /// `None`: lines are printed as they come.
    rows: Option<Vec<CommittedOffset>>,
}

impl Dump {
    /// A dump of one group or of all.
    pub(super) fn new(formatter: OffsetsFormatter, group: Option<String>, format: Format) -> Dump {
        Dump { formatter, group, rows: (format != Format::Text).then(Vec::new) }
    }

    /// Takes a record of the log, which need not be a committed offset.
    pub(super) fn take(&mut self, record: &Record, output: &mut Output) -> anyhow::Result<()> {
        let Some(row) = committed_offset(record)? else { return Ok(()) };
        if self.group.as_ref().is_some_and(|group| *group != row.group) {
            return Ok(());
        }
        match &mut self.rows {
            Some(rows) => rows.push(row),
            None => {
                let text = self.formatter.text(record)?.unwrap_or_default();
                writeln!(output.writer(), "{text}")?;
            }
        }
        Ok(())
    }

    /// Shows the rows that were gathered.
    pub(super) fn finish(self, output: &mut Output) -> Result<(), ToolError> {
        match self.rows {
            Some(rows) => output.report(&Rows(rows)),
            None => Ok(()),
        }
    }
}

/// Commits in the order of the log.
struct Rows(Vec<CommittedOffset>);

impl Report for Rows {
    fn text(&self) -> String {
        // Text is printed as it comes.
        String::new()
    }

    fn grid(&self) -> Grid {
        let columns = vec!["GROUP", "TOPIC", "PARTITION", "OFFSET", "LEADER-EPOCH", "COMMITTED", "EXPIRES", "METADATA"];
        let row = |row: &CommittedOffset| {
            let begin = [row.group.clone(), row.topic.clone(), row.partition.to_string()];
            begin.into_iter().chain(cells(row.commit.as_ref())).collect()
        };
        Grid { columns, rows: self.0.iter().map(row).collect() }
    }

    fn json(&self) -> Value {
        let row = |row: &CommittedOffset| {
            let commit = row.commit.as_ref();
            json!({
                "group": row.group,
                "topic": row.topic,
                "partition": row.partition,
                "offset": commit.map(|commit| commit.offset),
                "leaderEpoch": commit.and_then(|commit| commit.leader_epoch),
                "metadata": commit.map(|commit| &commit.metadata),
                "commitTimestamp": commit.map(|commit| commit.commit_timestamp),
                "expireTimestamp": commit.and_then(|commit| commit.expire_timestamp),
            })
        };
        self.0.iter().map(row).collect()
    }
}

/// The cells of a commit; of one that was deleted there is nothing to show.
fn cells(commit: Option<&Commit>) -> [String; 5] {
    let shown = |number: Option<i64>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    let time = |millis: Option<i64>| {
        let time = millis.and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok());
        time.map_or_else(|| "-".to_owned(), |time| format!("{time:.3}"))
    };
    [
        commit.map_or_else(|| "deleted".to_owned(), |commit| commit.offset.to_string()),
        shown(commit.and_then(|commit| commit.leader_epoch)),
        time(commit.map(|commit| commit.commit_timestamp)),
        time(commit.and_then(|commit| commit.expire_timestamp)),
        commit.map(|commit| commit.metadata.clone()).unwrap_or_default(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Rows {
        let commit = Commit {
            offset: 7,
            leader_epoch: Some(2),
            metadata: "note".to_owned(),
            commit_timestamp: 1_700_000_000_123,
            expire_timestamp: None,
        };
        let row = |commit| CommittedOffset { group: "g".to_owned(), topic: "t".to_owned(), partition: 3, commit };
        Rows(vec![row(Some(commit)), row(None)])
    }

    #[test]
    fn a_table_shows_times_and_what_was_deleted() {
        let shown = rows().grid().rows;
        assert_eq!(shown[0], ["g", "t", "3", "7", "2", "2023-11-14T22:13:20.123Z", "-", "note"]);
        assert_eq!(shown[1], ["g", "t", "3", "deleted", "-", "-", "-", ""]);
    }

    #[test]
    fn json_holds_numbers_and_null_for_what_is_not_there() {
        let shown = rows().json();
        assert_eq!(shown[0]["offset"], 7);
        assert_eq!(shown[0]["expireTimestamp"], Value::Null);
        assert_eq!((&shown[1]["offset"], &shown[1]["group"]), (&Value::Null, &Value::from("g")));
    }
}
