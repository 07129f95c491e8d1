//! `--list`: the names of groups, with state and type where asked for.

use serde_json::{Map, Value, json};

use super::text::{fixed, lines};
use super::{ConsumerGroups, failure, plan};
use crate::cli::error::ToolError;
use crate::cli::java_hash::{Made, sort_as_hash_map};
use crate::cli::output::{Grid, Report};
use crate::cli::tools::Context;
use crate::client::Admin;
use crate::client::admin::{GroupFilter, GroupListing};

/// Groups of consumers, and those that only keep offsets, which have no protocol.
const PROTOCOL_TYPES: [&str; 2] = ["", "consumer"];
const TYPES: [&str; 2] = ["Classic", "Consumer"];

struct Listing {
    groups: Vec<GroupListing>,
    shows_type: bool,
    shows_state: bool,
}

pub(super) async fn list(flags: &ConsumerGroups, admin: &Admin, context: &mut Context) -> Result<(), ToolError> {
    let filter = GroupFilter {
        states: plan::states(flags.state.as_deref().unwrap_or_default())?,
        types: plan::types(flags.group_type.as_deref().unwrap_or_default())?,
    };
    let (shows_state, shows_type) = (flags.state.is_some(), flags.group_type.is_some());
    let groups = consumer_groups(admin, &filter).await;
    let groups = groups.map_err(|error| match shows_state || shows_type {
        true => failure::of_future(&error),
        false => failure::rethrown(&error),
    })?;
    context.output.report(&Listing { groups, shows_type, shows_state })
}

/// The ids of all consumer groups, in the script's order.
pub(super) async fn all_groups(admin: &Admin) -> Result<Vec<String>, ToolError> {
    let groups = consumer_groups(admin, &GroupFilter::default()).await;
    let groups = groups.map_err(|error| failure::rethrown(&error))?;
    Ok(groups.into_iter().map(|group| group.group_id).collect())
}

async fn consumer_groups(admin: &Admin, filter: &GroupFilter) -> Result<Vec<GroupListing>, crate::client::ClientError> {
    let types = if filter.types.is_empty() { TYPES.map(str::to_owned).to_vec() } else { filter.types.clone() };
    let (mut groups, errors) = admin.list_groups(&GroupFilter { types, ..filter.clone() }).await?;
    // The script, too, prefers no list to one that lacks the groups of a broker.
    if let Some(error) = errors.into_iter().next() {
        return Err(error);
    }
    groups.retain(|group| PROTOCOL_TYPES.contains(&group.protocol_type.as_str()));
    sort_as_hash_map(&mut groups, Made::Plain, |group| &group.group_id);
    Ok(groups)
}

impl Listing {
    fn shows_more(&self) -> bool {
        self.shows_type || self.shows_state
    }

    fn rows(&self) -> Vec<Vec<String>> {
        let row = |group: &GroupListing| {
            let mut row = vec![group.group_id.clone()];
            row.extend(self.shows_type.then(|| or_unknown(&type_name(&group.kind))));
            row.extend(self.shows_state.then(|| or_unknown(&group.state)));
            row
        };
        self.groups.iter().map(row).collect()
    }

    fn names(&self) -> Vec<&'static str> {
        let mut names = vec!["GROUP"];
        names.extend(self.shows_type.then_some("TYPE"));
        names.extend(self.shows_state.then_some("STATE"));
        names
    }
}

fn or_unknown(text: &str) -> String {
    if text.is_empty() { "Unknown".to_owned() } else { text.to_owned() }
}

/// Brokers write `classic`, clients `Classic`.
fn type_name(kind: &str) -> String {
    let known = TYPES.iter().find(|name| name.eq_ignore_ascii_case(kind));
    known.map_or_else(|| kind.to_owned(), ToString::to_string)
}

impl Report for Listing {
    fn text(&self) -> String {
        const WIDTH_MIN: usize = 15;
        const MARGIN: usize = 10;
        if !self.shows_more() {
            return self.groups.iter().map(|group| format!("{}\n", group.group_id)).collect();
        }
        let longest = self.groups.iter().map(|group| group.group_id.encode_utf16().count()).max().unwrap_or(0);
        let width = |name| if name == "GROUP" { longest.max(WIDTH_MIN) + MARGIN } else { 20 };
        let columns: Vec<_> = self.names().into_iter().map(|name| fixed(name, width(name))).collect();
        lines(&columns, &self.rows()).into_iter().map(|line| line + "\n").collect()
    }

    fn grid(&self) -> Grid {
        Grid { columns: self.names(), rows: self.rows() }
    }

    fn json(&self) -> Value {
        let group = |group: &GroupListing| {
            let mut fields = Map::new();
            fields.insert("group".to_owned(), json!(group.group_id));
            fields.insert("type".to_owned(), json!(or_unknown(&type_name(&group.kind))));
            fields.insert("state".to_owned(), json!(or_unknown(&group.state)));
            Value::Object(fields)
        };
        self.groups.iter().map(group).collect()
    }
}
