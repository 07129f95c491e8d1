//! `console-producer`: lines from stdin become records (`kafka-console-producer.sh`, ConsoleProducer of 4.3.1).
//!
//! On a terminal a prompt `>` with history, from a pipe fast: blocks are read and split, and each line goes straight into its
//! batch. Bytes pass unchanged, also those that are no UTF-8, which the script replaces; a line ends at LF or CR LF, a lone CR
//! is data, which the script takes for an end. Records that fail are logged; as `mq` the exit code says so, the script's is 0.
//! Not done: readers of other classes than `LineMessageReader`.

mod fields;
mod input;
mod plan;
mod send;

use std::time::Duration;

use clap::{ArgMatches, Args, Command, FromArgMatches};

use super::error::ToolError;
use super::flags::ServerFlags;
use super::tools::Context;
use crate::client::Producer;
use crate::io::spawn::main_runtime;

/// Flags of `console-producer`.
#[derive(Debug, Clone, Default, Args)]
struct ConsoleProducer {
    #[command(flatten)]
    servers: ServerFlags,
    /// File of properties for the producer
    #[arg(long, value_name = "FILE", aliases = ["producer.config", "producer-config"])]
    command_config: Option<String>,
    /// A property of the producer; may be given several times and wins over the file
    #[arg(long, value_name = "NAME=VALUE", alias = "producer-property")]
    command_property: Vec<String>,
    /// The topic to write to
    #[arg(long, value_name = "TOPIC")]
    topic: Option<String>,
    /// Send one record at a time and wait for its result
    #[arg(long)]
    sync: bool,
    /// Codec of the batches: none, gzip, snappy, lz4 or zstd; gzip where no name follows
    #[arg(long, value_name = "CODEC", num_args = 0..=1, default_missing_value = "gzip")]
    compression_codec: Option<String>,
    /// How lines become records: parse.key, key.separator, parse.headers, headers.delimiter, headers.separator,
    /// headers.key.separator, null.marker, ignore.error; may be given several times
    #[arg(long, value_name = "NAME=VALUE", alias = "property", help_heading = "Lines")]
    reader_property: Vec<String>,
    /// File of such properties
    #[arg(long, value_name = "FILE", help_heading = "Lines")]
    reader_config: Option<String>,
    /// Class that reads lines; LineMessageReader is the one there is
    #[arg(long, value_name = "CLASS", help_heading = "Lines")]
    line_reader: Option<String>,
    /// batch.size in bytes [default: 16384]
    #[arg(long, value_name = "BYTES", help_heading = "Sending")]
    batch_size: Option<i32>,
    /// The same under its old name, which wins
    #[arg(long, value_name = "BYTES", help_heading = "Sending")]
    max_partition_memory_bytes: Option<i32>,
    /// linger.ms: how long a batch waits for more records [default: 1000]
    #[arg(long, value_name = "MS", help_heading = "Sending")]
    timeout: Option<i64>,
    /// acks: 0, 1 or -1 (all) [default: -1]
    #[arg(long, value_name = "ACKS", help_heading = "Sending")]
    request_required_acks: Option<String>,
    /// request.timeout.ms [default: 1500]
    #[arg(long, value_name = "MS", help_heading = "Sending")]
    request_timeout_ms: Option<i32>,
    /// retries [default: 3]
    #[arg(long, value_name = "COUNT", help_heading = "Sending")]
    message_send_max_retries: Option<i32>,
    /// retry.backoff.ms [default: 100]
    #[arg(long, value_name = "MS", help_heading = "Sending")]
    retry_backoff_ms: Option<i64>,
    /// send.buffer.bytes [default: 102400]
    #[arg(long, value_name = "BYTES", help_heading = "Sending")]
    socket_buffer_size: Option<i32>,
    /// buffer.memory in bytes [default: 33554432]
    #[arg(long, value_name = "BYTES", help_heading = "Sending")]
    max_memory_bytes: Option<i64>,
    /// metadata.max.age.ms [default: 300000]
    #[arg(long, value_name = "MS", help_heading = "Sending")]
    metadata_expiry_ms: Option<i64>,
    /// max.block.ms: how long a record waits for metadata or memory [default: 60000]
    #[arg(long, value_name = "MS", help_heading = "Sending")]
    max_block_ms: Option<i64>,
    // The flags of the synchronous producer of old, which mean nothing any more.
    #[arg(long, hide = true)]
    queue_size: Option<String>,
    #[arg(long, hide = true)]
    queue_enqueuetimeout_ms: Option<String>,
    #[arg(long, hide = true)]
    value_serializer: Option<String>,
    #[arg(long, hide = true)]
    key_serializer: Option<String>,
    #[arg(long, hide = true)]
    old_producer: bool,
    #[arg(long, hide = true)]
    new_producer: bool,
}

pub(super) fn command() -> Command {
    ConsoleProducer::augment_args(Command::new("console-producer"))
}

pub(super) fn run(matches: &ArgMatches, context: &mut Context) -> Result<(), ToolError> {
    let mut flags = ConsoleProducer::from_arg_matches(matches).map_err(|error| ToolError::usage(error.to_string()))?;
    if flags.topic.is_none() {
        flags.topic = super::ask::word(context, "topic")?;
    }
    let plan = plan::plan(&flags, context)?;
    // Reading a pipe blocks its thread; the senders need others.
    let runtime = main_runtime()?;
    runtime.block_on(async {
        let producer = Producer::new(&plan.producer)?;
        super::reach::resolve(producer.cluster(), context).map_err(|error| not_made(context, error))?;
        // Only now: what the library says of a name without an address has been said.
        let patience = u64::try_from(plan.producer.max_block_ms).ok().map(Duration::from_millis);
        super::client_log::start(&context.style, "Producer clientId=console-producer", patience);
        send::send_all(&plan, producer, context).await
    })
}

/// The script shows the whole chain of exceptions.
fn not_made(context: &Context, error: ToolError) -> ToolError {
    if !context.style.is_script() {
        return error;
    }
    let chain = format!("Failed to construct kafka producer\nCaused by: {}: {}", error.class(), error.message);
    plan::kafka_exception(context, chain)
}
