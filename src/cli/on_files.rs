//! `dump-log` as a tool: it reads files and asks no broker.

use clap::{ArgMatches, Command, CommandFactory, FromArgMatches};

use super::dump_log;
use super::error::ToolError;
use super::tools::Context;
use crate::io::disk::SystemDisk;

pub(super) fn dump_log_command() -> Command {
    dump_log::Args::command()
}

pub(super) fn dump_log(matches: &ArgMatches, context: &mut Context) -> Result<(), ToolError> {
    let args = read::<dump_log::Args>(matches)?;
    let mut errors = Vec::new();
    let done = dump_log::run(&args, &SystemDisk, context.output.writer(), &mut errors);
    if !errors.is_empty() {
        context.output.error(String::from_utf8_lossy(&errors).trim_end());
    }
    Ok(done?)
}

fn read<T: FromArgMatches>(matches: &ArgMatches) -> Result<T, ToolError> {
    T::from_arg_matches(matches).map_err(|error| ToolError::usage(error.to_string()))
}
