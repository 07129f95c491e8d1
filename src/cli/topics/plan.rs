//! Which flags go together, in the script's words where they do not.

use super::Topics;
use crate::cli::error::ToolError;
use crate::cli::tools::Context;

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Create,
    List,
    Describe,
    Alter,
    Delete,
}

impl Action {
    /// Whether the action makes no sense without a topic.
    pub(super) fn needs_topic(self) -> bool {
        !matches!(self, Action::List | Action::Describe)
    }

    fn flag(self) -> &'static str {
        match self {
            Action::Create => "create",
            Action::List => "list",
            Action::Describe => "describe",
            Action::Alter => "alter",
            Action::Delete => "delete",
        }
    }
}

/// The one action that the flags name.
pub(super) fn action(flags: &Topics) -> Result<Action, ToolError> {
    let all = [
        (flags.create, Action::Create),
        (flags.list, Action::List),
        (flags.describe, Action::Describe),
        (flags.alter, Action::Alter),
        (flags.delete, Action::Delete),
    ];
    let mut named = all.into_iter().filter(|(is_set, _)| *is_set).map(|(_, action)| action);
    match (named.next(), named.next()) {
        (Some(action), None) => Ok(action),
        _ => {
            let message = "Command must include exactly one action: --list, --describe, --create, --alter or --delete";
            Err(ToolError::usage(message).with_help())
        }
    }
}

/// Checks the flags against the action, in the order in which the script does.
pub(super) fn check(flags: &Topics, action: Action, context: &mut Context) -> Result<(), ToolError> {
    if action == Action::Describe && flags.if_exists {
        if flags.topic.is_none() && flags.topic_id.is_none() {
            return Err(ToolError::usage("--topic or --topic-id is required to describe a topic").with_help());
        }
        if flags.topic.is_some() && flags.topic_id.is_some() {
            context.output.line(
                "Only topic id will be used when both --topic and --topic-id are specified and topicId is not \
                 Uuid.ZERO_UUID",
            )?;
        }
    }
    if action.needs_topic() && flags.topic.is_none() {
        return Err(missing("topic"));
    }
    if action == Action::Alter {
        if flags.cluster.servers.bootstrap_server.is_some() && !flags.config.is_empty() {
            let message = "Option combination \"[[bootstrap-server], [config]]\" can't be used with option \"[alter]\" \
                           (To alter topic configurations, the kafka-configs tool can be used.)";
            return Err(ToolError::usage(message).with_help());
        }
        if flags.partitions.is_none() {
            return Err(missing("partitions"));
        }
    }
    check_places(flags, action)
}

fn missing(flag: &str) -> ToolError {
    ToolError::usage(format!("Missing required argument \"[{flag}]\"")).with_help()
}

fn clash(flag: &str, with: &str) -> ToolError {
    ToolError::usage(format!("Option \"[{flag}]\" can't be used with option \"[{with}]\"")).with_help()
}

/// Every flag belongs to some actions only.
fn check_places(flags: &Topics, action: Action) -> Result<(), ToolError> {
    use Action::{Alter, Create, Delete, Describe, List};
    let place = |is_set: bool, flag: &str, allowed: &[Action]| match is_set && !allowed.contains(&action) {
        true => Err(clash(flag, action.flag())),
        false => Ok(()),
    };
    place(!flags.config.is_empty(), "config", &[Alter, Create])?;
    place(flags.partitions.is_some(), "partitions", &[Alter, Create])?;
    place(flags.replication_factor.is_some(), "replication-factor", &[Create])?;
    place(flags.replica_assignment.is_some(), "replica-assignment", &[Alter, Create])?;
    if action == Create && flags.replica_assignment.is_some() {
        if flags.partitions.is_some() {
            return Err(clash("replica-assignment", "partitions"));
        }
        if flags.replication_factor.is_some() {
            return Err(clash("replica-assignment", "replication-factor"));
        }
    }
    for (is_set, flag) in [
        (flags.under_replicated_partitions, "under-replicated-partitions"),
        (flags.under_min_isr_partitions, "under-min-isr-partitions"),
        (flags.at_min_isr_partitions, "at-min-isr-partitions"),
        (flags.unavailable_partitions, "unavailable-partitions"),
    ] {
        place(is_set, flag, &[Describe])?;
        if is_set && flags.topics_with_overrides {
            return Err(clash(flag, "topics-with-overrides"));
        }
    }
    place(flags.topics_with_overrides, "topics-with-overrides", &[Describe])?;
    place(flags.if_exists, "if-exists", &[Alter, Delete, Describe])?;
    place(flags.if_not_exists, "if-not-exists", &[Create])?;
    place(flags.exclude_internal, "exclude-internal", &[List, Describe])
}
