//! Which flags go together, in the script's words where they do not.

use super::ConsumerGroups;
use crate::cli::error::ToolError;
use crate::cli::tools::Context;

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    List,
    Describe,
    Delete,
    ResetOffsets,
    DeleteOffsets,
    ValidateRegex,
}

const STATES: [&str; 7] =
    ["Stable", "Empty", "Reconciling", "PreparingRebalance", "Assigning", "Dead", "CompletingRebalance"];
const TYPES: [&str; 2] = ["Classic", "Consumer"];

fn usage(message: impl Into<String>) -> ToolError {
    ToolError::usage(message).with_help()
}

/// The one action that the flags name.
pub(super) fn action(flags: &ConsumerGroups) -> Result<Action, ToolError> {
    let all = [
        (flags.list, Action::List),
        (flags.describe, Action::Describe),
        (flags.delete, Action::Delete),
        (flags.reset_offsets, Action::ResetOffsets),
        (flags.delete_offsets, Action::DeleteOffsets),
        (flags.validate_regex.is_some(), Action::ValidateRegex),
    ];
    let mut named = all.into_iter().filter(|(is_set, _)| *is_set).map(|(_, action)| action);
    match (named.next(), named.next()) {
        (Some(action), None) => Ok(action),
        _ => Err(usage(
            "Command must include exactly one action: --list, --describe, --delete, --reset-offsets, --delete-offsets, \
             --validate-regex",
        )),
    }
}

/// Some flags exist only beside others.
pub(super) fn check_available(flags: &ConsumerGroups) -> Result<(), ToolError> {
    let lacking = [
        ("members", flags.members && !flags.describe),
        ("offsets", flags.offsets && !flags.describe),
        ("state", flags.state.is_some() && !flags.describe && !flags.list),
        ("type", flags.group_type.is_some() && !flags.list),
        ("verbose", flags.verbose && !flags.describe),
    ];
    let lacking: Vec<&str> = lacking.into_iter().filter(|(_, lacks)| *lacks).map(|(name, _)| name).collect();
    if lacking.is_empty() {
        return Ok(());
    }
    let lacking = lacking.join(", ");
    Err(ToolError::usage(format!("Option(s) [{lacking}] are unavailable given other options on the command line")))
}

/// Checks the flags against each other, in the order in which the script does.
pub(super) fn check(flags: &ConsumerGroups, context: &mut Context) -> Result<(), ToolError> {
    let names_groups = !flags.group.is_empty() || flags.all_groups;
    if flags.describe {
        check_describe(flags, names_groups)?;
    }
    if flags.delete && !names_groups {
        return Err(usage("Option [delete] takes one of these options: [group], [all-groups]"));
    }
    if flags.delete && !flags.topic.is_empty() {
        return Err(usage("The consumer does not support topic-specific offset deletion from a consumer group."));
    }
    if flags.delete_offsets && (flags.group.is_empty() || flags.topic.is_empty()) {
        return Err(usage("Option [delete-offsets] takes the following options: [group], [topic]"));
    }
    if flags.reset_offsets {
        check_reset(flags, names_groups, context)?;
    }
    let excluded = [
        (!flags.group.is_empty(), "group", flags.all_groups, "all-groups"),
        (!flags.group.is_empty(), "group", flags.list, "list"),
        (!flags.topic.is_empty(), "topic", flags.list, "list"),
        (!flags.topic.is_empty(), "topic", flags.describe, "describe"),
    ];
    excluded.into_iter().try_for_each(|(is_set, name, is_with, with)| exclude(is_set && is_with, name, with))
}

fn check_describe(flags: &ConsumerGroups, names_groups: bool) -> Result<(), ToolError> {
    if !names_groups {
        return Err(usage("Option [describe] takes one of these options: [group], [all-groups]"));
    }
    let views = [flags.members, flags.offsets, flags.state.is_some()];
    if views.into_iter().filter(|is_set| *is_set).count() > 1 {
        return Err(usage("Option [describe] takes at most one of these options: [members], [offsets], [state]"));
    }
    if flags.state.as_deref().is_some_and(|value| !value.is_empty()) {
        return Err(usage("Option [describe] does not take a value for [state]"));
    }
    Ok(())
}

fn check_reset(flags: &ConsumerGroups, names_groups: bool, context: &mut Context) -> Result<(), ToolError> {
    if flags.dry_run && flags.execute {
        return Err(usage("Option [reset-offsets] only accepts one of [execute] and [dry-run]"));
    }
    if !flags.dry_run && !flags.execute {
        context.output.error(
            "WARN: No action will be performed as the --execute option is missing. In version 5.0, this command will \
             require either --dry-run or --execute to be specified. You should add the --dry-run option explicitly if \
             you are scripting this command and want to keep the current default behavior without prompting.",
        );
    }
    if !names_groups {
        return Err(usage("Option [reset-offsets] takes one of these options: [group], [all-groups]"));
    }
    let scenarios = scenarios(flags);
    match scenarios[..] {
        [first, second, ..] => exclude(true, first, second),
        _ => Ok(()),
    }
}

/// The ways to reset that the flags name.
pub(super) fn scenarios(flags: &ConsumerGroups) -> Vec<&'static str> {
    let all = [
        ("to-offset", flags.to_offset.is_some()),
        ("to-datetime", flags.to_datetime.is_some()),
        ("by-duration", flags.by_duration.is_some()),
        ("to-earliest", flags.to_earliest),
        ("to-latest", flags.to_latest),
        ("to-current", flags.to_current),
        ("shift-by", flags.shift_by.is_some()),
        ("from-file", flags.from_file.is_some()),
    ];
    all.into_iter().filter(|(_, is_set)| *is_set).map(|(name, _)| name).collect()
}

fn exclude(is_wrong: bool, name: &str, with: &str) -> Result<(), ToolError> {
    if is_wrong {
        return Err(usage(format!("Option \"[{name}]\" can't be used with option \"[{with}]\"")));
    }
    Ok(())
}

/// The states of `--state a,b`, in Kafka's spelling.
pub(super) fn states(text: &str) -> Result<Vec<String>, ToolError> {
    known(text, &STATES, "state")
}

/// The types of `--type a,b`, in Kafka's spelling.
pub(super) fn types(text: &str) -> Result<Vec<String>, ToolError> {
    known(text, &TYPES, "types")
}

fn known(text: &str, all: &[&str], what: &str) -> Result<Vec<String>, ToolError> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let find = |part: &str| all.iter().find(|name| name.eq_ignore_ascii_case(part.trim())).map(ToString::to_string);
    let found: Option<Vec<String>> = text.split(',').map(find).collect();
    let all = all.join(", ");
    let plural = what.trim_end_matches('s');
    found.ok_or_else(|| usage(format!("Invalid {what} list '{text}'. Valid {plural}s are: {all}")))
}

/// Says whether a regular expression can be used for a subscription (KIP-848 takes RE2's syntax, which is ours, too).
pub(super) fn validate_regex(regex: &str, context: &mut Context) -> Result<(), ToolError> {
    match regex::Regex::new(regex) {
        Ok(_) => context.output.line(&format!("The regular expression `{regex}` is valid.")),
        Err(error) => {
            // The library shows where; its last line says what.
            let error = error.to_string();
            let reason = error.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            context.output.line(&format!("The regular expression `{regex}` is invalid: {reason}."))
        }
    }
}

/// The number that is the value of a flag.
pub(super) fn number(text: Option<&str>, flag: &str) -> Result<Option<i64>, ToolError> {
    let Some(text) = text else { return Ok(None) };
    let wrong = || {
        let class = "joptsimple.OptionArgumentConversionException";
        ToolError::failed(class, format!("Cannot parse argument '{text}' of option {flag}"))
    };
    text.parse().map(Some).map_err(|_| wrong())
}
