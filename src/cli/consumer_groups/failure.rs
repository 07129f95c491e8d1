//! How the script words what fails: by the Java class that was thrown, and by what it was wrapped in on its way.

use crate::cli::error::{Kind, ToolError, sentence};
use crate::cli::tools::Context;
use crate::client::ClientError;

const EXECUTION: &str = "java.util.concurrent.ExecutionException";
const RUNTIME: &str = "java.lang.RuntimeException";

/// The class with its package, as Java's `toString` begins.
pub(super) fn class_of(error: &ClientError) -> String {
    match error.class() {
        class @ ("IllegalArgumentException" | "IllegalStateException") => format!("java.lang.{class}"),
        "KafkaException" => "org.apache.kafka.common.KafkaException".to_owned(),
        "ConfigException" => "org.apache.kafka.common.config.ConfigException".to_owned(),
        class => format!("org.apache.kafka.common.errors.{class}"),
    }
}

/// An error as Java's `toString` prints it.
pub(super) fn named(error: &ClientError) -> String {
    format!("{}: {}", class_of(error), sentence(error))
}

/// An error that came out of a future of the admin client.
pub(super) fn of_future(error: &ClientError) -> ToolError {
    ToolError::failed(EXECUTION, named(error))
}

/// An error that came out of a future and was thrown on, wrapped.
pub(super) fn rethrown(error: &ClientError) -> ToolError {
    ToolError::failed(RUNTIME, format!("{EXECUTION}: {}", named(error)))
}

/// An error that was thrown as it is.
pub(super) fn thrown(error: &ClientError) -> ToolError {
    ToolError::failed(&class_of(error), sentence(error))
}

/// Tells a failure as the script does: on stdout, and the exit code stays 0. For `mq` it is a failure like any other.
pub(super) fn tell(error: ToolError, context: &mut Context) -> Result<(), ToolError> {
    if error.kind != Kind::Failed {
        return Err(error);
    }
    if !context.style.is_script() {
        // Java's names of what it was wrapped in tell a person nothing.
        let plain = error.message.rsplit_once("Exception: ").map_or(&*error.message, |(_, plain)| plain);
        return Err(ToolError::failed(error.class(), plain));
    }
    context.output.line(&format!("\nError: Executing consumer group command failed due to {}", error.message))?;
    context.output.error(&format!("{}: {}", error.class(), error.message));
    Ok(())
}

/// Something that is wrong and does not end the command: on stdout in the script's text, else on stderr.
pub(super) fn complain(context: &mut Context, message: &str) -> Result<(), ToolError> {
    if context.output.format() == crate::cli::output::Format::Text {
        return context.output.line(&format!("\nError: {message}"));
    }
    context.output.error(&format!("error: {message}"));
    Ok(())
}

/// The end of a command in which something failed: the script does not count it, `mq` does.
pub(super) fn end(context: &Context, failed: bool) -> Result<(), ToolError> {
    if failed && !context.style.is_script() { Err(ToolError::told()) } else { Ok(()) }
}
