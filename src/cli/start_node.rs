//! Runs a node in this process until it is told to stop.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use super::error::ToolError;
use crate::config::BrokerSettings;
use crate::server::node;

/// Which log lines are written: the syntax of `tracing`, as in `MQ_LOG=mq::log=debug,info`.
const LOG_VARIABLE: &str = "MQ_LOG";

/// Runs the node, its log lines on stdout as those of Kafka, until SIGTERM or Ctrl-C.
pub(super) fn run(settings: BrokerSettings) -> Result<(), ToolError> {
    let filter = EnvFilter::try_from_env(LOG_VARIABLE).unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_target(false);
    // A second node in one process, as in tests, writes to the log that is already there.
    let _ = lines.try_init();
    node::run(settings).map_err(|error| ToolError::setup(error.to_string()))
}
