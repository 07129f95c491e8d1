//! From the words of a command line to an exit code.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{ArgMatches, Command};

use super::damage;
use super::error::{Kind, ToolError};
use super::invocation::{Style, by_name, by_program};
use super::operands::{Line, read_line};
use super::output::{Format, Output};
use super::tools::{Context, Operands, TOOLS, Tool, command};
use crate::config::nearest;

/// The release of Kafka whose behaviour the tools have.
const KAFKA_VERSION: &str = "4.3.1";

/// Runs the tool that a command line names.
pub fn main(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut words = words.into_iter();
    let program = words.next().unwrap_or_default();
    let words: Vec<OsString> = words.collect();
    let code = match by_program(Path::new(&program)) {
        Some((tool, style)) => run(tool, style, &words),
        None => run_named(&words),
    };
    ExitCode::from(code)
}

/// `mq NAME ...`.
fn run_named(words: &[OsString]) -> u8 {
    let mut output = Output::new(&Style::Mq, None);
    let name = words.first().and_then(|word| word.to_str()).unwrap_or_default();
    if let Some((tool, style)) = by_name(name) {
        return run(tool, style, &words[1..]);
    }
    if words.is_empty() || name.starts_with('-') {
        return root(words, &mut output);
    }
    let nearest = nearest(name, TOOLS.iter().map(|tool| tool.name));
    let hint = nearest.map(|known| format!("; did you mean 'mq {known}'?")).unwrap_or_default();
    output.error(&format!("error: no tool is called '{name}'{hint}\n\nTry 'mq --help' for all tools."));
    Kind::Usage.exit_code()
}

/// `mq`, `mq --help`, `mq --version`.
fn root(words: &[OsString], output: &mut Output) -> u8 {
    match command().try_get_matches_from(std::iter::once(OsString::from("mq")).chain(words.iter().cloned())) {
        Ok(_) => 0,
        Err(error) if error.use_stderr() => {
            output.error(error.to_string().trim_end());
            Kind::Usage.exit_code()
        }
        Err(error) if error.kind() == ErrorKind::DisplayVersion => {
            let text = format!("mq {} (Kafka {KAFKA_VERSION})", env!("CARGO_PKG_VERSION"));
            finish(output.line(&text), output)
        }
        Err(error) => finish(output.line(error.to_string().trim_end()), output),
    }
}

fn finish(printed: Result<(), ToolError>, output: &mut Output) -> u8 {
    match printed.and_then(|()| output.flush()) {
        Ok(()) => 0,
        Err(error) => error.kind.exit_code(),
    }
}

fn run(tool: &'static Tool, style: Style, words: &[OsString]) -> u8 {
    let mut context = Context { output: Output::new(&style, None), style };
    let result = read(tool, &mut context, words).and_then(|matches| match matches {
        Some(matches) => {
            let format = matches.try_get_one::<Format>("output").ok().flatten().copied();
            context.output = Output::new(&context.style, format);
            (tool.run)(&matches, &mut context)
        }
        None => Ok(()),
    });
    let result = result.and_then(|()| context.output.flush());
    let Err(error) = result else { return 0 };
    let code = error.report(tool, &context.style, &mut context.output);
    if code != 0
        && let Some(damage) = damage::find(words)
    {
        context.output.error(&format!("{damage} {} {}", context.style.program(tool), damage.mended()));
    }
    code
}

/// Reads the flags; `None` where only help or the version was asked for.
fn read(tool: &Tool, context: &mut Context, words: &[OsString]) -> Result<Option<ArgMatches>, ToolError> {
    let program = context.style.program(tool);
    let command = tool.command().bin_name(program.clone()).no_binary_name(true);
    let is_script = context.style.is_script();
    if tool.operands == Operands::Stray && words.iter().any(|word| word == "--version") {
        let version = if is_script { KAFKA_VERSION } else { concat!("mq ", env!("CARGO_PKG_VERSION")) };
        return context.output.line(version).map(|()| None);
    }
    if let (true, true, Some(text)) = (is_script, words.is_empty(), tool.bare) {
        return Err(ToolError::usage(text).with_help());
    }
    let Line { words, stray } = read_line(&command, tool.operands, words)?;
    name_old_flags(&command, &words, context)?;
    if is_script && !stray.is_empty() {
        context.output.warn(&format!("{program} ignores: {}", stray.join(" ")));
    }
    let all = words.into_iter().chain(if is_script { Vec::new() } else { stray });
    match command.clone().try_get_matches_from(all) {
        Ok(matches) => Ok(Some(matches)),
        Err(error) if error.kind() == ErrorKind::DisplayHelp && !is_script => {
            context.output.line(error.to_string().trim_end()).map(|()| None)
        }
        Err(error) => Err(refused(&error, tool, is_script)),
    }
}

/// Old names of flags work with one line on stderr; a script does not take both names of one at once.
fn name_old_flags(command: &Command, words: &[String], context: &mut Context) -> Result<(), ToolError> {
    let typed = |name: &str| {
        let is_it = |word: &String| word.strip_prefix("--").is_some_and(|word| word.split('=').next() == Some(name));
        words.iter().any(is_it)
    };
    for flag in command.get_arguments() {
        let Some(name) = flag.get_long() else { continue };
        for old in flag.get_all_aliases().unwrap_or_default().into_iter().filter(|old| typed(old)) {
            if !context.style.is_script() {
                context.output.warn(&format!("--{old} is now called --{name}"));
            } else if typed(name) {
                let text = format!("Options --{old} and --{name} cannot be specified together.");
                return Err(ToolError::usage(text).with_help());
            } else {
                context.output.error(&format!(
                    "Option --{old} is deprecated and will be removed in a future version. Use --{name} instead."
                ));
            }
        }
    }
    Ok(())
}

/// A command line that clap refuses: in its words for `mq`, in joptsimple's for a script.
fn refused(error: &clap::Error, tool: &Tool, is_script: bool) -> ToolError {
    use clap::error::{ContextKind, ContextValue};
    if error.kind() == ErrorKind::DisplayHelp {
        return ToolError::usage(tool.helps).with_help();
    }
    let word = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.first().cloned().unwrap_or_default(),
        _ => String::new(),
    };
    let option = word(ContextKind::InvalidArg);
    let name = option.trim_start_matches('-').split([' ', '=']).next().unwrap_or_default().to_owned();
    let value = word(ContextKind::InvalidValue);
    let message = match error.kind() {
        _ if !is_script => {
            let text = error.to_string();
            text.trim_end().strip_prefix("error: ").unwrap_or(text.trim_end()).to_owned()
        }
        ErrorKind::UnknownArgument => match word(ContextKind::SuggestedArg).as_str() {
            "" => format!("{name} is not a recognized option"),
            known => format!("{name} is not a recognized option\nhint: did you mean {known}?"),
        },
        ErrorKind::ArgumentConflict => {
            format!("Found multiple arguments for option {name}, but you asked for only one")
        }
        ErrorKind::InvalidValue if value.is_empty() => format!("Option {name} requires an argument"),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            format!("Cannot parse argument '{value}' of option {name}")
        }
        ErrorKind::MissingRequiredArgument => {
            return ToolError::usage(format!("Missing required argument \"[{name}]\"")).with_help();
        }
        _ => error.to_string(),
    };
    ToolError::usage(message)
}
