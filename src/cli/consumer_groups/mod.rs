//! `consumer-groups`: lists, describes and deletes groups, deletes and resets their offsets (`kafka-consumer-groups.sh`,
//! ConsumerGroupCommand of 4.3.1).
//!
//! Texts and streams are the script's, checked against a real broker. The script ends with 0 where the broker refused and
//! with 1 where the command line is wrong; `mq` ends with 1 and 2. Of the script's stack traces only the first line is told.
//! `--validate-regex` is judged by our own library of the same syntax, whose reasons are worded differently. A plan file
//! (`--from-file`) with a line that lacks columns is refused; the script fills them with zeros.

mod delete;
mod describe;
mod failure;
mod list;
mod members;
mod offsets;
mod plan;
mod reset_offsets;
mod reset_plan;
mod scope;
mod state;
mod text;
mod time;

use clap::{ArgMatches, Args, Command, FromArgMatches};

use super::error::ToolError;
use super::flags::{ClusterFlags, OutputFlags};
use super::tools::Context;
use super::{reach, runtime};
use crate::client::Admin;
use plan::Action;

/// Flags of `consumer-groups`.
#[derive(Debug, Clone, Default, Args)]
struct ConsumerGroups {
    #[command(flatten)]
    cluster: ClusterFlags,
    #[command(flatten)]
    output: OutputFlags,
    /// List all consumer groups
    #[arg(long, help_heading = "Actions")]
    list: bool,
    /// Describe groups: offsets and lag, or --members, or --state
    #[arg(long, help_heading = "Actions")]
    describe: bool,
    /// Delete groups without members, and their offsets
    #[arg(long, help_heading = "Actions")]
    delete: bool,
    /// Set the offsets of groups without members anew; --dry-run shows what would be done
    #[arg(long, help_heading = "Actions")]
    reset_offsets: bool,
    /// Delete the offsets of a group for topics that it does not read now
    #[arg(long, help_heading = "Actions")]
    delete_offsets: bool,
    /// Say whether a regular expression is one that groups can subscribe by
    #[arg(long, value_name = "REGEX", help_heading = "Actions")]
    validate_regex: Option<String>,
    /// The group; may be given several times
    #[arg(long, value_name = "GROUP")]
    group: Vec<String>,
    /// All groups
    #[arg(long)]
    all_groups: bool,
    /// The topic, or topic:0,1,2 for some of its partitions; may be given several times
    #[arg(long, value_name = "TOPIC")]
    topic: Vec<String>,
    /// All topics for which the group has offsets
    #[arg(long)]
    all_topics: bool,
    /// Describe offsets and lag, which is the default
    #[arg(long)]
    offsets: bool,
    /// Describe the members
    #[arg(long)]
    members: bool,
    /// Describe the state; with --list, show it or list only groups in these states
    #[arg(long, value_name = "STATES", num_args = 0..=1, default_missing_value = "")]
    state: Option<String>,
    /// With --list, show the type or list only groups of these types
    #[arg(long = "type", value_name = "TYPES", num_args = 0..=1, default_missing_value = "")]
    group_type: Option<String>,
    /// Describe in more detail
    #[arg(long)]
    verbose: bool,
    /// Show what would be reset and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Do reset
    #[arg(long)]
    execute: bool,
    /// Print what is reset as values with commas between them, as --from-file reads them
    #[arg(long)]
    export: bool,
    /// Reset to this offset
    #[arg(long, value_name = "OFFSET", allow_hyphen_values = true)]
    to_offset: Option<String>,
    /// Reset to the offsets of a file of group,topic,partition,offset or topic,partition,offset
    #[arg(long, value_name = "FILE")]
    from_file: Option<std::path::PathBuf>,
    /// Reset to the first record at or after this time: YYYY-MM-DDThh:mm:ss.sss
    #[arg(long, value_name = "TIME")]
    to_datetime: Option<String>,
    /// Reset to the first record of the last while: PnDTnHnMnS
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true)]
    by_duration: Option<String>,
    /// Reset to the earliest offsets
    #[arg(long)]
    to_earliest: bool,
    /// Reset to the latest offsets
    #[arg(long)]
    to_latest: bool,
    /// Reset to the current offsets
    #[arg(long)]
    to_current: bool,
    /// Move the current offsets by this number, which may be negative
    #[arg(long, value_name = "COUNT", allow_hyphen_values = true)]
    shift_by: Option<String>,
}

pub(super) fn command() -> Command {
    ConsumerGroups::augment_args(Command::new("consumer-groups"))
}

pub(super) fn run(matches: &ArgMatches, context: &mut Context) -> Result<(), ToolError> {
    let flags = ConsumerGroups::from_arg_matches(matches).map_err(|error| ToolError::usage(error.to_string()))?;
    if !matches.args_present() {
        let about = "This tool helps to list all consumer groups, describe a consumer group, delete consumer group info, \
                     or reset consumer group offsets.";
        return Err(ToolError::usage(about).with_help());
    }
    plan::check_available(&flags)?;
    if let Some(regex) = &flags.validate_regex {
        plan::action(&flags)?;
        return plan::validate_regex(regex, context);
    }
    let config = flags.cluster.admin(context)?;
    plan::check(&flags, context)?;
    let action = plan::action(&flags)?;
    let done = Admin::new(&config).map_err(ToolError::from).and_then(|admin| {
        reach::resolve_for(reach::ADMIN, admin.cluster(), context)?;
        runtime::block_on(act(&flags, action, &admin, context))
    });
    match done {
        Err(error) => failure::tell(error, context),
        done => done,
    }
}

async fn act(flags: &ConsumerGroups, action: Action, admin: &Admin, context: &mut Context) -> Result<(), ToolError> {
    match action {
        Action::List => list::list(flags, admin, context).await,
        Action::Describe => describe::describe(flags, admin, context).await,
        Action::Delete => delete::delete_groups(flags, admin, context).await,
        Action::ResetOffsets => reset_offsets::reset(flags, admin, context).await,
        Action::DeleteOffsets => delete::delete_offsets(flags, admin, context).await,
        Action::ValidateRegex => Ok(()),
    }
}

/// The groups that the flags name: given, or all that there are.
async fn groups(flags: &ConsumerGroups, admin: &Admin) -> Result<Vec<String>, ToolError> {
    if flags.all_groups {
        return list::all_groups(admin).await;
    }
    let mut groups: Vec<String> = Vec::new();
    for group in &flags.group {
        if !groups.contains(group) {
            groups.push(group.clone());
        }
    }
    Ok(groups)
}
