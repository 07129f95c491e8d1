//! `--describe`: what groups have read, who their members are, or how they are.

use super::{ConsumerGroups, failure, groups, members, offsets, state};
use crate::cli::error::ToolError;
use crate::cli::output::{Format, Report};
use crate::cli::tools::Context;
use crate::client::Admin;
use crate::client::admin::GroupDescription;

/// What is shown of one group, or of several.
pub(super) trait View: Report + Sized {
    /// Whether there is something to show.
    fn has_rows(&self) -> bool;
    /// Whether the script prints the header where there is nothing.
    const HEADER_ALWAYS: bool = false;
    /// Both views as one.
    fn join(self, other: Self) -> Self;
}

pub(super) async fn describe(flags: &ConsumerGroups, admin: &Admin, context: &mut Context) -> Result<(), ToolError> {
    let groups = groups(flags, admin).await?;
    let mut described = Vec::with_capacity(groups.len());
    for (_, group) in admin.describe_consumer_groups(&groups).await {
        described.push(group.map_err(|error| failure::of_future(&error))?);
    }
    described.sort_by(|one, other| one.group_id.encode_utf16().cmp(other.group_id.encode_utf16()));
    if flags.members {
        let views = described.iter().map(|group| (group, members::Members::of(group, flags.verbose))).collect();
        show(views, context)
    } else if flags.state.is_some() {
        let views = described.iter().map(|group| (group, state::States::of(group, flags.verbose))).collect();
        show(views, context)
    } else {
        let mut views = Vec::with_capacity(described.len());
        for group in &described {
            views.push((group, offsets::Offsets::of(group, admin, flags.verbose).await?));
        }
        show(views, context)
    }
}

/// Shows each group behind a word about its state. As text each is a table of its own, else all make up one.
fn show<V: View>(views: Vec<(&GroupDescription, V)>, context: &mut Context) -> Result<(), ToolError> {
    let is_text = context.output.format() == Format::Text;
    let mut joined: Option<V> = None;
    for (group, view) in views {
        let is_there = tell_state(group, context)?;
        if !is_text {
            joined = Some(match joined {
                Some(all) => all.join(view),
                None => view,
            });
        } else if V::HEADER_ALWAYS || (is_there && view.has_rows()) {
            context.output.report(&view)?;
        }
    }
    match joined {
        Some(all) => context.output.report(&all),
        None => Ok(()),
    }
}

/// Says what is special about the state. Whether the group is there.
fn tell_state(group: &GroupDescription, context: &mut Context) -> Result<bool, ToolError> {
    let name = &group.group_id;
    match group.state.as_str() {
        "Dead" => {
            failure::complain(context, &format!("Consumer group '{name}' does not exist."))?;
            return Ok(false);
        }
        "Empty" => context.output.error(&format!("\nConsumer group '{name}' has no active members.")),
        "PreparingRebalance" | "CompletingRebalance" | "Assigning" | "Reconciling" => {
            context.output.error(&format!("\nWarning: Consumer group '{name}' is rebalancing."));
        }
        "Stable" => {}
        other => {
            let class = "org.apache.kafka.common.KafkaException";
            return Err(ToolError::failed(
                class,
                format!("Expected a valid consumer group state, but found '{other}'."),
            ));
        }
    }
    Ok(true)
}
