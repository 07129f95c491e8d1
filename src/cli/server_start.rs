//! `server-start [FILE] [--override name=value]...`: runs a node until it is told to stop (SIGTERM or Ctrl-C).
//!
//! Without a file it is a node of its own on 127.0.0.1:9092 with its data below the user's data folder.

use std::path::PathBuf;

use clap::{ArgMatches, Args, Command, FromArgMatches};

use super::error::ToolError;
use super::flags::read_properties;
use super::tools::Context;
use crate::config::{BrokerSettings, Given};

/// Flags of `server-start`.
#[derive(Debug, Args)]
struct ServerStart {
    /// File of properties; without one a node of its own on 127.0.0.1:9092
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Sets a property over the file's
    #[arg(long = "override", value_name = "NAME=VALUE")]
    overrides: Vec<String>,
}

pub(super) fn command() -> Command {
    ServerStart::augment_args(Command::new("server-start"))
}

pub(super) fn run(matches: &ArgMatches, context: &mut Context) -> Result<(), ToolError> {
    let flags = ServerStart::from_arg_matches(matches).map_err(|error| ToolError::usage(error.to_string()))?;
    let settings = settings(&flags, context)?;
    super::start_node::run(settings)
}

/// Reads the file and the overrides, and says on stderr what is odd about them.
fn settings(flags: &ServerStart, context: &mut Context) -> Result<BrokerSettings, ToolError> {
    let file = flags.file.as_deref().map(read_properties).transpose()?;
    let overrides = flags.overrides.iter().map(|text| split(text)).collect::<Result<Vec<_>, _>>()?;
    let data_folder = data_folder().ok_or_else(|| {
        ToolError::usage("neither XDG_DATA_HOME nor HOME is set: name a data folder by --override log.dirs=FOLDER")
    });
    let data_folder = if file.is_some() || overrides.iter().any(|(name, _)| name == "log.dirs") {
        PathBuf::new()
    } else {
        data_folder?
    };
    let given = Given { file: file.as_ref(), overrides: &overrides, data_folder: &data_folder.to_string_lossy() };
    let shown = flags.file.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
    let (settings, notices) = BrokerSettings::start(&given).map_err(|error| {
        let place = error.line.map(|line| format!("{shown}, line {line}: ")).unwrap_or_default();
        ToolError::failed("org.apache.kafka.common.config.ConfigException", format!("{place}{}", error.message))
    })?;
    for notice in notices {
        let place = if notice.line.is_some() { format!("{shown}, ") } else { String::new() };
        context.output.warn(&format!("{place}{notice}"));
    }
    Ok(settings)
}

fn split(text: &str) -> Result<(String, String), ToolError> {
    let (name, value) =
        text.split_once('=').ok_or_else(|| ToolError::usage(format!("--override {text}: expected NAME=VALUE")))?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

/// The user's data folder, by the XDG base directory rules.
fn data_folder() -> Option<PathBuf> {
    let absolute = |variable| std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = absolute("XDG_DATA_HOME").or_else(|| Some(absolute("HOME")?.join(".local/share")))?;
    Some(folder.join("mq"))
}
