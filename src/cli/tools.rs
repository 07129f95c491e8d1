//! The table of tools: a row each.

use clap::{ArgMatches, Command};

use super::error::{ScriptFailure, ToolError};
use super::invocation::Style;
use super::output::Output;
use super::{
    console_consumer, console_producer, consumer_groups, dump_offsets, generate, get_offsets, on_files, server_start,
    topics,
};

/// One tool.
#[derive(Debug)]
pub struct Tool {
    /// Its name after `mq`.
    pub name: &'static str,
    /// The scripts that it stands for, without `.sh`.
    pub scripts: &'static [&'static str],
    /// What it does, in one line.
    pub about: &'static str,
    /// What its script answers to `--help`, before the flags.
    pub(super) helps: &'static str,
    /// The same where it was called without any word; none where that is no mistake.
    pub(super) bare: Option<&'static str>,
    /// Its flags.
    pub(super) command: fn() -> Command,
    /// What it does with them.
    pub(super) run: fn(&ArgMatches, &mut Context) -> Result<(), ToolError>,
    /// How its script reports a failure.
    pub(super) failure: ScriptFailure,
    /// Whether words that belong to no flag mean something.
    pub(super) operands: Operands,
}

/// What a word that belongs to no flag is to a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operands {
    /// Nothing: Kafka's scripts ignore it.
    Stray,
    /// An argument of the tool.
    Used,
}

/// What a tool works with.
#[derive(Debug)]
pub struct Context {
    /// In whose manner it runs.
    pub style: Style,
    /// Where it prints.
    pub output: Output,
}

const CONSOLE_CONSUMER_HELPS: &str =
    "This tool helps to read data from Kafka topics and outputs it to standard output.";
const CONSOLE_PRODUCER_HELPS: &str = "This tool helps to read data from standard input and publish it to Kafka.";
const CONSUMER_GROUPS_HELPS: &str = "This tool helps to list all consumer groups, describe a consumer group, delete consumer group info, or reset \
    consumer group offsets.";
const DUMP_LOG_HELPS: &str = "This tool helps to parse a log file and dump its contents to the console, useful for debugging a seemingly \
    corrupt log segment.";
const GET_OFFSETS_HELPS: &str = "An interactive shell for getting topic-partition offsets.";

/// Every tool, by name.
pub(super) const TOOLS: &[Tool] = &[
    Tool {
        name: "console-consumer",
        scripts: &["kafka-console-consumer"],
        about: "Read data from Kafka topics and output it to standard output",
        helps: CONSOLE_CONSUMER_HELPS,
        bare: Some(CONSOLE_CONSUMER_HELPS),
        command: console_consumer::command,
        run: console_consumer::run,
        failure: ScriptFailure::PLAIN,
        operands: Operands::Stray,
    },
    Tool {
        name: "console-producer",
        scripts: &["kafka-console-producer"],
        about: "Read data from standard input and publish it to Kafka",
        helps: CONSOLE_PRODUCER_HELPS,
        bare: Some(CONSOLE_PRODUCER_HELPS),
        command: console_producer::command,
        run: console_producer::run,
        failure: ScriptFailure::PLAIN,
        operands: Operands::Stray,
    },
    Tool {
        name: "consumer-groups",
        scripts: &["kafka-consumer-groups"],
        about: "List, describe and delete consumer groups, and reset their offsets",
        helps: CONSUMER_GROUPS_HELPS,
        bare: Some(CONSUMER_GROUPS_HELPS),
        command: consumer_groups::command,
        run: consumer_groups::run,
        failure: ScriptFailure::PLAIN,
        operands: Operands::Stray,
    },
    Tool {
        name: "dump-log",
        scripts: &["kafka-dump-log"],
        about: "Print what the files of a log directory hold",
        helps: DUMP_LOG_HELPS,
        bare: Some(DUMP_LOG_HELPS),
        command: on_files::dump_log_command,
        run: on_files::dump_log,
        failure: ScriptFailure::PLAIN,
        operands: Operands::Stray,
    },
    Tool {
        name: "dump-offsets",
        scripts: &[],
        about: "Print the committed offsets in __consumer_offsets and stop at its end",
        helps: "Prints the committed offsets in __consumer_offsets and stops at its end.",
        bare: None,
        command: dump_offsets::command,
        run: dump_offsets::run,
        failure: ScriptFailure::PLAIN,
        operands: Operands::Stray,
    },
    Tool {
        name: "generate",
        scripts: &[],
        about: "Write completions, manual pages, sample files or links for scripts' names",
        helps: "Writes completions, manual pages, sample files or links for scripts' names.",
        bare: None,
        command: generate::command,
        run: generate::run,
        failure: ScriptFailure::PLAIN,
        operands: Operands::Used,
    },
    Tool {
        name: "get-offsets",
        scripts: &["kafka-get-offsets"],
        about: "Print offsets of partitions: earliest, latest, or by time",
        helps: GET_OFFSETS_HELPS,
        bare: Some(GET_OFFSETS_HELPS),
        command: get_offsets::command,
        run: get_offsets::run,
        failure: ScriptFailure::PLAIN,
        operands: Operands::Stray,
    },
    Tool {
        name: "server-start",
        scripts: &["kafka-server-start"],
        about: "Run a node: broker, controller or both",
        helps: "USAGE: kafka-server-start.sh [-daemon] server.properties [--override property=value]*",
        bare: None,
        command: server_start::command,
        run: server_start::run,
        failure: ScriptFailure::PLAIN,
        operands: Operands::Used,
    },
    Tool {
        name: "topics",
        scripts: &["kafka-topics"],
        about: "Create, delete, describe, or change a topic",
        helps: "This tool helps to create, delete, describe, or change a topic.",
        bare: Some("Create, delete, describe, or change a topic."),
        command: topics::command,
        run: topics::run,
        failure: ScriptFailure {
            stdout: Some("Error while executing topic command : "),
            logger: Some("org.apache.kafka.tools.TopicCommand"),
        },
        operands: Operands::Stray,
    },
];

impl Tool {
    /// The flags under the name by which the tool was called.
    #[must_use]
    pub fn command(&self) -> Command {
        (self.command)().name(self.name).about(self.about).disable_version_flag(true)
    }
}

/// `mq` with all tools, for help, completions and manual pages.
#[must_use]
pub fn command() -> Command {
    let root = Command::new("mq")
        .about("Kafka in one binary: broker, tools and client library")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true);
    TOOLS.iter().fold(root, |root, tool| root.subcommand(tool.command()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_has_sound_flags_and_a_place_of_its_own() {
        command().debug_assert();
        assert!(TOOLS.is_sorted_by_key(|tool| tool.name));
    }
}
