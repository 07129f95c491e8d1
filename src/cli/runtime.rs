//! Where the requests of a tool run: on the thread that called, which costs nothing to start.

use super::error::ToolError;

/// Runs a tool's requests to their end.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T, ToolError>>) -> Result<T, ToolError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(work)
}
