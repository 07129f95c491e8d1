//! Runs a node in this process until it is told to stop.

use std::io;

use tracing_subscriber::EnvFilter;

use super::error::ToolError;
use crate::config::BrokerSettings;
use crate::server::node;

/// The environment variable that chooses log lines, such as `mq::net=debug,info`.
const LOG_FILTER: &str = "MQ_LOG";

/// Starts the node, says where it listens, waits for SIGTERM or Ctrl-C, and stops it in order.
pub(super) fn run(settings: BrokerSettings) -> Result<(), ToolError> {
    let filter = EnvFilter::try_from_env(LOG_FILTER).unwrap_or_else(|_| EnvFilter::new("info"));
    // A second start in one process keeps the first one's subscriber.
    let _ = tracing_subscriber::fmt().with_writer(io::stderr).with_env_filter(filter).try_init();
    node::run(settings).map_err(|error| ToolError::setup(error.to_string()))
}
