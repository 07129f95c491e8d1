//! The two streams of a tool.

use std::io::{BufWriter, IsTerminal, Stdout, Write, stderr, stdout};

use super::data::{self, Report};
use super::table;
use crate::cli::error::{ToolError, log_time};
use crate::cli::invocation::Style;
use crate::io::clock::SystemClock;

/// In which form a tool prints its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Kafka's own lines.
    Text,
    /// A table.
    Table,
    /// JSON.
    Json,
    /// Values with commas between them, with a line of names.
    Csv,
    /// YAML.
    Yaml,
}

/// Where a tool prints.
#[derive(Debug)]
pub struct Output {
    format: Format,
    logs: bool,
    stdout: BufWriter<Stdout>,
}

impl Output {
    /// Kafka's text under a script's name and into a pipe, a table on a terminal, unless `asked` says otherwise.
    #[must_use]
    pub fn new(style: &Style, asked: Option<Format>) -> Output {
        let natural = if style.is_script() || !stdout().is_terminal() { Format::Text } else { Format::Table };
        Output {
            format: asked.unwrap_or(natural),
            logs: style.is_script(),
            stdout: BufWriter::with_capacity(64 * 1024, stdout()),
        }
    }

    /// The form of the rows.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// Prints a line.
    ///
    /// # Errors
    /// Nobody reads it, or it cannot be written.
    pub fn line(&mut self, text: &str) -> Result<(), ToolError> {
        self.bytes(text.as_bytes())?;
        self.bytes(b"\n")
    }

    /// Stdout itself, for a tool that writes as it goes.
    pub fn writer(&mut self) -> &mut dyn Write {
        &mut self.stdout
    }

    /// Prints bytes as they are.
    ///
    /// # Errors
    /// Nobody reads them, or they cannot be written.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), ToolError> {
        Ok(self.stdout.write_all(bytes)?)
    }

    /// Prints rows in the form that was chosen.
    ///
    /// # Errors
    /// Nobody reads them, or they cannot be written.
    pub fn report(&mut self, report: &dyn Report) -> Result<(), ToolError> {
        match self.format {
            Format::Text => self.bytes(report.text().as_bytes()),
            Format::Table => self.bytes(table::table(&report.grid()).as_bytes()),
            Format::Json => {
                let json = serde_json::to_string_pretty(&report.json()).expect("a value has a text");
                self.line(&json)
            }
            Format::Csv => self.bytes(data::csv(&report.grid()).as_bytes()),
            Format::Yaml => self.bytes(data::yaml(&report.json()).as_bytes()),
        }
    }

    /// Hands everything over to the reader.
    ///
    /// # Errors
    /// Nobody reads it, or it cannot be written.
    pub fn flush(&mut self) -> Result<(), ToolError> {
        Ok(self.stdout.flush()?)
    }

    /// Tells a person something beside the result; under a script's name as a script logs it.
    pub fn warn(&mut self, text: &str) {
        self.log_warning("mq", text);
    }

    /// Tells a person something beside the result; a script logs it under the name of `logger`.
    pub fn log_warning(&mut self, logger: &str, text: &str) {
        match self.logs {
            true => self.error(&format!("[{}] WARN {text} ({logger})", log_time(&SystemClock::new()))),
            false => self.error(&format!("warning: {text}")),
        }
    }

    /// Tells a person what failed, after what was printed before.
    pub fn error(&mut self, text: &str) {
        // Who closed stderr does not want to know.
        let _ = self.stdout.flush();
        Output::tell(text);
    }

    /// A line on stderr from beside the tool's own work, such as a result that came later.
    pub fn tell(text: &str) {
        // Who closed stderr does not want to know.
        let _ = writeln!(stderr(), "{text}");
    }
}
