//! `generate KIND DIR`: writes what packages and repositories keep as files, from the declarations in the code.

use std::path::{Path, PathBuf};

use clap::{ArgMatches, Args, Command, FromArgMatches, ValueEnum};

use super::error::ToolError;
use super::tools::{Context, TOOLS};
use crate::config::Sample;

/// Flags of `generate`.
#[derive(Debug, Args)]
struct Generate {
    /// What to write
    #[arg(value_enum)]
    kind: Generated,
    /// The folder to write into; it is made where it is missing
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Generated {
    /// Completions for bash, zsh, fish and PowerShell.
    Completions,
    /// Manual pages.
    Man,
    /// Sample files of properties.
    Config,
    /// Links with the scripts' names to this program, which must lie in the same folder.
    Links,
}

pub(super) fn command() -> Command {
    Generate::augment_args(Command::new("generate"))
}

pub(super) fn run(matches: &ArgMatches, _context: &mut Context) -> Result<(), ToolError> {
    let flags = Generate::from_arg_matches(matches).map_err(|error| ToolError::usage(error.to_string()))?;
    create_folder(&flags.folder)?;
    if flags.kind == Generated::Links {
        return link_scripts(&flags.folder);
    }
    for (name, text) in files(flags.kind)? {
        write(&flags.folder.join(name), &text)?;
    }
    Ok(())
}

/// The files of a kind by name.
fn files(kind: Generated) -> Result<Vec<(String, Vec<u8>)>, ToolError> {
    match kind {
        Generated::Completions => Ok(completions()),
        Generated::Man => manual_pages(),
        Generated::Config => {
            Ok(Sample::ALL.map(|sample| (sample.file_name().to_owned(), sample.text().into_bytes())).into())
        }
        Generated::Links => Ok(Vec::new()),
    }
}

fn completions() -> Vec<(String, Vec<u8>)> {
    use clap_complete::Shell;
    let complete = |(shell, name): (Shell, &str)| {
        let mut text = Vec::new();
        clap_complete::generate(shell, &mut super::tools::command(), "mq", &mut text);
        (name.to_owned(), text)
    };
    [(Shell::Bash, "mq.bash"), (Shell::Zsh, "_mq"), (Shell::Fish, "mq.fish"), (Shell::PowerShell, "mq.ps1")]
        .map(complete)
        .into()
}

fn manual_pages() -> Result<Vec<(String, Vec<u8>)>, ToolError> {
    let mut pages = vec![("mq.1".to_owned(), manual_page(super::tools::command())?)];
    for tool in TOOLS {
        let name = format!("mq-{}", tool.name);
        pages.push((format!("{name}.1"), manual_page(tool.command().name(name.clone()).bin_name(name))?));
    }
    Ok(pages)
}

fn manual_page(command: Command) -> Result<Vec<u8>, ToolError> {
    let mut text = Vec::new();
    // Without a date: a page changes when the flags do, and not every day.
    clap_mangen::Man::new(command).date("").render(&mut text)?;
    Ok(text)
}

fn link_scripts(folder: &Path) -> Result<(), ToolError> {
    for script in TOOLS.iter().flat_map(|tool| tool.scripts) {
        let link = folder.join(format!("{script}.sh"));
        match rustix::fs::symlink("mq", &link) {
            Ok(()) | Err(rustix::io::Errno::EXIST) => {}
            Err(error) => return Err(at(&link)(error.into())),
        }
    }
    Ok(())
}

fn at(path: &Path) -> impl Fn(std::io::Error) -> ToolError + '_ {
    move |error| ToolError::failed("java.io.IOException", format!("{}: {error}", path.display()))
}

fn create_folder(folder: &Path) -> Result<(), ToolError> {
    use crate::io::disk::{Disk, SystemDisk};
    SystemDisk.create_dir_all(folder).map_err(at(folder))
}

#[allow(clippy::disallowed_methods, reason = "the files of a repository need no faulty double")]
fn write(path: &Path, text: &[u8]) -> Result<(), ToolError> {
    std::fs::write(path, text).map_err(at(path))
}
