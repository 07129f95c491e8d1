//! Asks a person at a terminal for what a command left out.

use std::io::{IsTerminal, stderr, stdin};

use super::error::ToolError;
use super::tools::Context;

/// Asks for a word, where somebody is there to answer; `None` where not, or where no answer came.
pub(super) fn word(context: &Context, what: &str) -> Result<Option<String>, ToolError> {
    if context.style.is_script() || !stdin().is_terminal() || !stderr().is_terminal() {
        return Ok(None);
    }
    let broken = |error: rustyline::error::ReadlineError| ToolError::failed("java.io.IOException", error.to_string());
    let mut editor = rustyline::DefaultEditor::new().map_err(broken)?;
    match editor.readline(&format!("{what}: ")) {
        Ok(line) if !line.trim().is_empty() => Ok(Some(line.trim().to_owned())),
        Ok(_) | Err(rustyline::error::ReadlineError::Eof | rustyline::error::ReadlineError::Interrupted) => Ok(None),
        Err(error) => Err(broken(error)),
    }
}
