//! `topics`: creates, lists, describes, alters and deletes topics (`kafka-topics.sh`, TopicCommand of 4.3.1).
//!
//! Texts, exit codes and streams are the script's, in every success and failure that was run on a real broker. A refusal
//! goes to stdout behind "Error while executing topic command : ", its log line to stderr. Not done: replicas on the move
//! are not marked in the description; `--partition-size-limit-per-response` is accepted, pages are 2,000 partitions.

mod act;
mod describe;
mod filter;
mod plan;

use clap::{ArgMatches, Args, Command, FromArgMatches};

use super::error::{Kind, ToolError};
use super::flags::{ClusterFlags, OutputFlags};
use super::tools::Context;
use super::{ask, reach, runtime};
use crate::client::Admin;

/// Flags of `topics`.
#[derive(Debug, Clone, Default, Args)]
struct Topics {
    #[command(flatten)]
    cluster: ClusterFlags,
    #[command(flatten)]
    output: OutputFlags,
    /// Create a topic
    #[arg(long, help_heading = "Actions")]
    create: bool,
    /// List all topics
    #[arg(long, help_heading = "Actions")]
    list: bool,
    /// Show the partitions and settings of topics
    #[arg(long, help_heading = "Actions")]
    describe: bool,
    /// Give a topic more partitions (settings are changed by the configs tool)
    #[arg(long, help_heading = "Actions")]
    alter: bool,
    /// Delete topics
    #[arg(long, help_heading = "Actions")]
    delete: bool,
    /// The topic; but for --create also a regular expression, with a backslash before a dot that is meant
    #[arg(long, value_name = "TOPIC")]
    topic: Option<String>,
    /// The id of the topic to describe
    #[arg(long, value_name = "ID")]
    topic_id: Option<String>,
    /// Number of partitions; when a topic with keys gets more of them, keys move to other partitions
    #[arg(long, value_name = "COUNT")]
    partitions: Option<String>,
    /// Number of replicas of each partition of a new topic
    #[arg(long, value_name = "COUNT")]
    replication_factor: Option<String>,
    /// Brokers of each partition, the preferred leader first: broker:broker,broker:broker
    #[arg(long, value_name = "BROKERS")]
    replica_assignment: Option<String>,
    /// A setting of a new topic; may be given several times
    #[arg(long, value_name = "NAME=VALUE")]
    config: Vec<String>,
    /// No longer supported; the configs tool returns a setting to its default
    #[arg(long, value_name = "NAME")]
    delete_config: Vec<String>,
    /// Do nothing where the topic does not exist
    #[arg(long)]
    if_exists: bool,
    /// Do nothing where the topic exists
    #[arg(long)]
    if_not_exists: bool,
    /// Leave out the topics that belong to the brokers
    #[arg(long)]
    exclude_internal: bool,
    /// Describe only topics that have settings of their own
    #[arg(long)]
    topics_with_overrides: bool,
    /// Describe only partitions without a leader that lives
    #[arg(long)]
    unavailable_partitions: bool,
    /// Describe only partitions with replicas that are not in sync
    #[arg(long)]
    under_replicated_partitions: bool,
    /// Describe only partitions with fewer replicas in sync than min.insync.replicas
    #[arg(long)]
    under_min_isr_partitions: bool,
    /// Describe only partitions with just min.insync.replicas replicas in sync
    #[arg(long)]
    at_min_isr_partitions: bool,
    /// Most partitions in one answer of the broker
    #[arg(long, value_name = "COUNT")]
    partition_size_limit_per_response: Option<i32>,
}

pub(super) fn command() -> Command {
    Topics::augment_args(Command::new("topics"))
}

pub(super) fn run(matches: &ArgMatches, context: &mut Context) -> Result<(), ToolError> {
    let mut flags = Topics::from_arg_matches(matches).map_err(|error| ToolError::usage(error.to_string()))?;
    let action = plan::action(&flags)?;
    if !flags.delete_config.is_empty() {
        context.output.error(
            "delete-config option is no longer supported and deprecated since version 4.0. The config will be fully \
             removed in future releases.",
        );
    }
    // Where the server is missing the script says so before it looks at anything else.
    let admin = flags.cluster.admin(context).map_err(|error| match error.kind {
        Kind::Usage => ToolError::usage("--bootstrap-server must be specified"),
        _ => error,
    })?;
    if action.needs_topic() && flags.topic.is_none() {
        flags.topic = ask::word(context, "topic")?;
    }
    plan::check(&flags, action, context)?;
    let admin = Admin::new(&admin).map_err(not_created)?;
    reach::resolve_for(reach::ADMIN, admin.cluster(), context).map_err(|error| ToolError::setup(error.message))?;
    runtime::block_on(act::act(&flags, action, &admin, context))
}

/// The client could not even be made: a script says so before the cause.
fn not_created(error: crate::client::ClientError) -> ToolError {
    ToolError::setup(format!("Failed to create new KafkaAdminClient\n{error}"))
}
