//! Runs a node in this process until it is told to stop.

use super::error::ToolError;
use crate::config::BrokerSettings;

/// Starts the node, says where it listens, waits for SIGTERM or Ctrl-C, and stops it in order.
pub(super) fn run(settings: BrokerSettings) -> Result<(), ToolError> {
    drop(settings);
    Err(ToolError::failed("java.lang.IllegalStateException", "this build holds no broker yet"))
}
