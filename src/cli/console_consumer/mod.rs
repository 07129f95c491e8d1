//! `console-consumer`: records become lines on stdout (`kafka-console-consumer.sh`, ConsoleConsumer of 4.3.1).
//!
//! Text, order of checks, summary and exit codes are the script's: an error while reading is logged and ends it with 0; as
//! `mq` it ends with 1. Ours: `--until-end` stops at the offsets that were the ends when it began to read. Formatters of every
//! era are known by their class names, those of committed offsets print what their era printed. Not done: deserializers and
//! formatters of other classes.

mod deserialize;
mod formatter;
mod plan;
mod read;

use clap::{ArgMatches, Args, Command, FromArgMatches};

use super::error::ToolError;
use super::flags::ServerFlags;
use super::tools::Context;
use crate::io::spawn::main_runtime;

/// Flags of `console-consumer`.
#[derive(Debug, Clone, Default, Args)]
struct ConsoleConsumer {
    #[command(flatten)]
    servers: ServerFlags,
    /// File of properties for the consumer
    #[arg(long, value_name = "FILE", aliases = ["consumer.config", "consumer-config"])]
    command_config: Option<String>,
    /// A property of the consumer; may be given several times and wins over the file
    #[arg(long, value_name = "NAME=VALUE", alias = "consumer-property")]
    command_property: Vec<String>,
    /// The topic to read
    #[arg(long, value_name = "TOPIC")]
    topic: Option<String>,
    /// Read every topic whose whole name matches this regular expression
    #[arg(long, value_name = "PATTERN", alias = "whitelist")]
    include: Option<String>,
    /// Read this partition alone
    #[arg(long, value_name = "PARTITION")]
    partition: Option<i32>,
    /// Where to begin in the partition: a number, earliest or latest
    #[arg(long, value_name = "OFFSET")]
    offset: Option<String>,
    /// Begin at the first record where the group has no committed offset
    #[arg(long)]
    from_beginning: bool,
    /// The group to read as; without it a group of its own that commits nothing
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
    /// read_committed leaves out records of transactions that were not committed
    #[arg(long, value_name = "LEVEL")]
    isolation_level: Option<String>,
    /// Stop after this many records
    #[arg(long, value_name = "COUNT", help_heading = "Stopping")]
    max_messages: Option<i64>,
    /// Stop when no record came for this long
    #[arg(long, value_name = "MS", help_heading = "Stopping")]
    timeout_ms: Option<i64>,
    /// Stop at the end that the log has now
    #[arg(long, help_heading = "Stopping")]
    until_end: bool,
    /// Pass over a record that cannot be printed
    #[arg(long, help_heading = "Stopping")]
    skip_message_on_error: bool,
    /// How records are printed: print.timestamp, print.partition, print.offset, print.epoch, print.headers, print.key,
    /// print.value, key.separator, line.separator, headers.separator, null.literal, key.deserializer, value.deserializer,
    /// headers.deserializer; may be given several times
    #[arg(long, value_name = "NAME=VALUE", alias = "property", help_heading = "Printing")]
    formatter_property: Vec<String>,
    /// File of such properties
    #[arg(long, value_name = "FILE", help_heading = "Printing")]
    formatter_config: Option<String>,
    /// Class that prints records
    #[arg(long, value_name = "CLASS", help_heading = "Printing")]
    formatter: Option<String>,
    /// Class that turns keys into text
    #[arg(long, value_name = "CLASS", help_heading = "Printing")]
    key_deserializer: Option<String>,
    /// Class that turns values into text
    #[arg(long, value_name = "CLASS", help_heading = "Printing")]
    value_deserializer: Option<String>,
    /// Print a line when the consumer ends, for Kafka's own system tests
    #[arg(long)]
    enable_systest_events: bool,
    // Flags of the consumer that read offsets from ZooKeeper.
    #[arg(long, hide = true)]
    delete_consumer_offsets: bool,
    #[arg(long, hide = true)]
    blacklist: Option<String>,
    #[arg(long, hide = true)]
    csv_reporter_enabled: bool,
    #[arg(long, hide = true)]
    metrics_dir: Option<String>,
}

pub(super) fn command() -> Command {
    ConsoleConsumer::augment_args(Command::new("console-consumer"))
}

pub(super) fn run(matches: &ArgMatches, context: &mut Context) -> Result<(), ToolError> {
    let mut flags = ConsoleConsumer::from_arg_matches(matches).map_err(|error| ToolError::usage(error.to_string()))?;
    if flags.topic.is_none() && flags.include.is_none() {
        flags.topic = super::ask::word(context, "topic")?;
    }
    let plan = plan::plan(&flags, context)?;
    let runtime = main_runtime()?;
    runtime.block_on(read::read_all(plan, context))
}
