//! `dump-offsets`: prints the committed offsets in `__consumer_offsets`, reads to the end and stops.
//!
//! It has no counterpart among Kafka's scripts: there a console consumer with a formatter is told to read the topic and
//! must be stopped by hand. The text is that of 3.9's formatter, one line for each commit in the order of the log, so the
//! last line of a group and partition holds. It asks a running broker, or reads files and needs none. A broker gives no
//! commits of transactions that were aborted; files hold them, and they are printed.

mod broker;
mod files;
mod rows;

use std::path::PathBuf;

use clap::{ArgMatches, Args, Command, FromArgMatches};

use super::error::ToolError;
use super::flags::ClusterFlags;
use super::offsets_formatter::OffsetsFormatter;
use super::output::Format;
use super::runtime;
use super::tools::Context;
use crate::config::ConsumerConfig;
use crate::io::disk::SystemDisk;
use rows::Dump;

/// The topic that holds them.
const TOPIC: &str = "__consumer_offsets";

/// Flags of `dump-offsets`.
#[derive(Debug, Clone, Default, Args)]
struct DumpOffsets {
    #[command(flatten)]
    cluster: ClusterFlags,
    /// Read these files instead of asking a broker: log directories, directories of single partitions, or .log files
    #[arg(long, value_name = "DIR", num_args = 1.., value_delimiter = ',')]
    files: Vec<PathBuf>,
    /// Print only what this group committed
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
    /// Print the text of this class of Kafka [default: that of 3.9's OffsetsMessageFormatter]
    #[arg(long, value_name = "CLASS")]
    formatter: Option<String>,
    /// Form of the output [default: table on a terminal, else text; text with --formatter]
    #[arg(long, value_enum, value_name = "FORM")]
    output: Option<Format>,
}

pub(super) fn command() -> Command {
    DumpOffsets::augment_args(Command::new("dump-offsets"))
}

pub(super) fn run(matches: &ArgMatches, context: &mut Context) -> Result<(), ToolError> {
    let flags = DumpOffsets::from_arg_matches(matches).map_err(|error| ToolError::usage(error.to_string()))?;
    let formatter = formatter(&flags)?;
    let format = match (flags.output, &flags.formatter) {
        (None, Some(_)) => Format::Text,
        _ => context.output.format(),
    };
    let mut dump = Dump::new(formatter, flags.group.clone(), format);
    if flags.files.is_empty() {
        from_broker(&flags, &mut dump, context)?;
    } else {
        if flags.cluster.servers.is_given() {
            return Err(ToolError::usage("--files needs no broker: leave --bootstrap-server or --files out"));
        }
        files::read(&flags.files, &SystemDisk, &mut |record| dump.take(record, &mut context.output))?;
    }
    dump.finish(&mut context.output)
}

fn formatter(flags: &DumpOffsets) -> Result<OffsetsFormatter, ToolError> {
    let Some(class) = &flags.formatter else { return Ok(OffsetsFormatter::default()) };
    OffsetsFormatter::of_class(class).map_err(|error| ToolError::usage(format!("--formatter: {error}")))
}

fn from_broker(flags: &DumpOffsets, dump: &mut Dump, context: &mut Context) -> Result<(), ToolError> {
    let mut settings = flags.cluster.settings(context)?;
    broker::complete(&mut settings);
    let config = ConsumerConfig::read(&settings)?;
    runtime::block_on(broker::read(&config, dump, context))
}
