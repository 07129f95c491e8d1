//! How a tool fails: kind -> exit code and stream.
//!
//! | kind | `mq NAME` | under a script's name |
//! | --- | --- | --- |
//! | usage | stderr, 2 | stderr, 1, with help where the script shows it |
//! | argument (a value that cannot be) | stderr, 2 | as a failure |
//! | setup (a file or address that was named is no good) | stderr, 1 | stderr, 1 |
//! | failed | stderr, 1 | as the script says it, 1 |
//! | broken pipe | nothing, 0 | nothing, 0 |
//! | told (the tool has said all) | nothing, 1 | nothing, 1 |

use super::invocation::Style;
use super::output::Output;
use super::tools::Tool;
use crate::client::ClientError;
use crate::config::ConfigError;
use crate::io::clock::{Clock, SystemClock};

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The command line is wrong.
    Usage,
    /// A value on the command line is wrong.
    Argument,
    /// A file or an address that was named is no good; nothing was asked for yet.
    Setup,
    /// The server refused, or did not answer; or something here went wrong.
    Failed,
    /// Nobody reads what the tool prints.
    BrokenPipe,
    /// The tool has already said what failed.
    Told,
}

impl Kind {
    /// The exit code of `mq`.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Kind::Usage | Kind::Argument => 2,
            Kind::Setup | Kind::Failed | Kind::Told => 1,
            Kind::BrokenPipe => 0,
        }
    }
}

/// Why a tool ends early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolError {
    /// The kind.
    pub kind: Kind,
    /// What is wrong.
    pub message: String,
    /// The Java class of the error, as a script logs it.
    class: String,
    /// Why, where `mq` says more than a script.
    cause: Option<String>,
    shows_help: bool,
}

/// How a script reports a failure.
#[derive(Debug, Clone, Copy)]
pub(super) struct ScriptFailure {
    /// The words before the message on stdout, where the script tells it there.
    pub stdout: Option<&'static str>,
    /// The class that logs it to stderr; without one the message goes to stderr as it is.
    pub logger: Option<&'static str>,
}

impl ScriptFailure {
    /// The message on stderr and nothing else.
    pub(super) const PLAIN: ScriptFailure = ScriptFailure { stdout: None, logger: None };
}

impl ToolError {
    fn new(kind: Kind, class: &str, message: impl Into<String>) -> ToolError {
        ToolError { kind, message: message.into(), class: class.to_owned(), cause: None, shows_help: false }
    }

    /// The command line is wrong.
    pub fn usage(message: impl Into<String>) -> ToolError {
        ToolError::new(Kind::Usage, "joptsimple.OptionException", message)
    }

    /// A value on the command line is wrong; `class` is what Java calls that.
    pub fn argument(class: &str, message: impl Into<String>) -> ToolError {
        ToolError::new(Kind::Argument, class, message)
    }

    /// A file or an address that was named is no good.
    pub fn setup(message: impl Into<String>) -> ToolError {
        ToolError::new(Kind::Setup, "", message)
    }

    /// What was asked for could not be done; `class` is what Java calls the reason.
    pub fn failed(class: &str, message: impl Into<String>) -> ToolError {
        ToolError::new(Kind::Failed, class, message)
    }

    /// What Java calls the error.
    #[must_use]
    pub fn class(&self) -> &str {
        &self.class
    }

    /// The tool has already said what failed: only the exit code is left to give.
    #[must_use]
    pub fn told() -> ToolError {
        ToolError::new(Kind::Told, "", "")
    }

    /// The same, followed by the tool's help under a script's name.
    #[must_use]
    pub fn with_help(self) -> ToolError {
        ToolError { shows_help: true, ..self }
    }

    /// Tells the failure and gives the exit code.
    pub(super) fn report(&self, tool: &Tool, style: &Style, output: &mut Output) -> u8 {
        match self.kind {
            Kind::BrokenPipe => return 0,
            Kind::Told => return 1,
            Kind::Usage | Kind::Argument | Kind::Setup | Kind::Failed => {}
        }
        match style {
            Style::Mq => {
                let cause = self.cause.as_ref().map(|cause| format!(" ({cause})")).unwrap_or_default();
                output.error(&format!("error: {}{cause}", self.message));
                if self.kind == Kind::Usage && !self.message.contains("--help") {
                    output.error(&format!("\nFor more information, try 'mq {} --help'.", tool.name));
                }
                self.kind.exit_code()
            }
            Style::Script(_) => {
                self.report_as_script(tool, style, output);
                1
            }
        }
    }

    fn report_as_script(&self, tool: &Tool, style: &Style, output: &mut Output) {
        if self.kind == Kind::Usage || self.kind == Kind::Setup {
            output.error(&self.message);
            if self.shows_help {
                let mut command = tool.command().bin_name(style.program(tool));
                output.error(command.render_long_help().to_string().trim_end());
            }
            return;
        }
        if let Some(words) = tool.failure.stdout {
            // A reader that went away has nothing more to hear.
            let _ = output.line(&format!("{words}{}", self.message));
            let _ = output.flush();
        }
        match tool.failure.logger {
            Some(logger) => {
                let time = log_time(&SystemClock::new());
                output.error(&format!("[{time}] ERROR {}: {}\n ({logger})", self.class, self.message));
            }
            None => output.error(&self.message),
        }
    }
}

/// The time as Kafka's scripts log it.
pub(super) fn log_time(clock: &dyn Clock) -> String {
    let now = jiff::Timestamp::from_millisecond(clock.now().0).unwrap_or_default();
    now.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S,%3f").to_string()
}

/// Java's whole name of an error's class.
pub(super) fn class_with_package(error: &ClientError) -> String {
    let class = error.class();
    let package = match class {
        "IllegalArgumentException" | "IllegalStateException" => "java.lang",
        "ConfigException" => "org.apache.kafka.common.config",
        "KafkaException" => "org.apache.kafka.common",
        "BufferExhaustedException" => "org.apache.kafka.clients.producer",
        "CommitFailedException" | "NoOffsetForPartitionException" | "OffsetOutOfRangeException" => {
            "org.apache.kafka.clients.consumer"
        }
        _ => "org.apache.kafka.common.errors",
    };
    format!("{package}.{class}")
}

/// An error in Kafka's own words, without what we know beside them.
pub(super) fn sentence(error: &ClientError) -> String {
    match error {
        ClientError::Timeout { what, .. } => what.clone(),
        other => other.to_string(),
    }
}

impl From<ClientError> for ToolError {
    fn from(error: ClientError) -> ToolError {
        let cause = match &error {
            ClientError::Timeout { last: Some(last), .. } => Some(last.to_string()),
            _ => None,
        };
        ToolError { cause, ..ToolError::failed(&class_with_package(&error), sentence(&error)) }
    }
}

impl From<ConfigError> for ToolError {
    fn from(error: ConfigError) -> ToolError {
        ToolError::argument("org.apache.kafka.common.config.ConfigException", error.message)
    }
}

impl From<anyhow::Error> for ToolError {
    fn from(error: anyhow::Error) -> ToolError {
        let is_broken_pipe = |cause: &std::io::Error| cause.kind() == std::io::ErrorKind::BrokenPipe;
        match error.root_cause().downcast_ref().filter(|cause| is_broken_pipe(cause)) {
            Some(_) => ToolError::new(Kind::BrokenPipe, "", ""),
            None => ToolError::failed("java.lang.RuntimeException", format!("{error:#}")),
        }
    }
}

impl From<std::io::Error> for ToolError {
    fn from(error: std::io::Error) -> ToolError {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return ToolError::new(Kind::BrokenPipe, "", "");
        }
        ToolError::failed("java.io.IOException", error.to_string())
    }
}
