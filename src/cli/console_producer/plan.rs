//! From flags to a checked plan: the producer's properties, how lines are read, where they go.

use std::path::Path;

use super::ConsoleProducer;
use super::fields::{FieldError, Fields};
use crate::cli::error::ToolError;
use crate::cli::settings;
use crate::cli::tools::Context;
use crate::config::{ProducerConfig, Settings, Side};

/// What is to be done.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) topic: String,
    pub(super) producer: ProducerConfig,
    pub(super) fields: Fields,
    pub(super) sync: bool,
}

const LINE_READERS: [&str; 3] = [
    "org.apache.kafka.tools.LineMessageReader",
    "kafka.tools.ConsoleProducer$LineMessageReader",
    "org.apache.kafka.tools.ConsoleProducer$LineMessageReader",
];

const READER_PROPERTIES: [&str; 8] = [
    "parse.key",
    "key.separator",
    "parse.headers",
    "headers.delimiter",
    "headers.separator",
    "headers.key.separator",
    "null.marker",
    "ignore.error",
];

pub(super) fn plan(flags: &ConsoleProducer, context: &mut Context) -> Result<Plan, ToolError> {
    let Some(topic) = flags.topic.clone() else {
        return Err(missing_topic(context));
    };
    warn_of_old_names(flags, context);
    let mut settings = settings::of_file(flags.command_config.as_deref().map(Path::new), Side::Producer, context)?;
    settings.extend(settings::of_words(&flags.command_property, Side::Producer, context));
    if !flags.servers.settle(&mut settings, context)? {
        return Err(ToolError::usage("Error while validating the bootstrap address\n").with_help());
    }
    merge(flags, &mut settings);
    let reader = flags.line_reader.as_deref().unwrap_or(LINE_READERS[0]);
    if !LINE_READERS.contains(&reader) {
        return Err(refused(context, "java.lang.ClassNotFoundException", reader.to_owned()));
    }
    let producer = ProducerConfig::read(&settings)
        .map_err(|error| refused(context, "org.apache.kafka.common.config.ConfigException", error.message))?;
    let file = flags.reader_config.as_deref().map(Path::new);
    let reader = settings::own(file, &flags.reader_property, &READER_PROPERTIES, context)?;
    let fields = Fields::of(&reader).map_err(|FieldError(text)| kafka_exception(context, text))?;
    Ok(Plan { topic, producer, fields, sync: flags.sync })
}

/// A failure that the script shows as Java does: class and sentence.
pub(super) fn refused(context: &Context, class: &str, message: String) -> ToolError {
    let text = if context.style.is_script() { format!("{class}: {message}") } else { message };
    if class == "org.apache.kafka.common.config.ConfigException" {
        return ToolError::argument(class, text);
    }
    ToolError::failed(class, text)
}

/// The same for Kafka's plainest class.
pub(super) fn kafka_exception(context: &Context, message: String) -> ToolError {
    refused(context, "org.apache.kafka.common.KafkaException", message)
}

fn missing_topic(context: &Context) -> ToolError {
    if context.style.is_script() {
        return ToolError::usage("Missing required argument \"[topic]\"").with_help();
    }
    ToolError::usage("the topic is missing: --topic TOPIC")
}

fn warn_of_old_names(flags: &ConsoleProducer, context: &mut Context) {
    let old = [
        ("queue-size", flags.queue_size.is_some()),
        ("queue-enqueuetimeout-ms", flags.queue_enqueuetimeout_ms.is_some()),
        ("key-serializer", flags.key_serializer.is_some()),
        ("value-serializer", flags.value_serializer.is_some()),
        ("old-producer", flags.old_producer),
        ("new-producer", flags.new_producer),
    ];
    for (name, _) in old.iter().filter(|(_, given)| *given) {
        context.output.warn(&format!("--{name} has no effect any more"));
    }
}

/// Puts the flags over the properties; a flag that was not given has its default only where there is no property.
fn merge(flags: &ConsoleProducer, settings: &mut Settings) {
    let text = |value: Option<i64>| value.map(|value| value.to_string());
    let batch_size = flags.max_partition_memory_bytes.or(flags.batch_size).map(i64::from);
    let rows = [
        ("linger.ms", text(flags.timeout), "1000"),
        ("acks", flags.request_required_acks.clone(), "-1"),
        ("request.timeout.ms", text(flags.request_timeout_ms.map(i64::from)), "1500"),
        ("retries", text(flags.message_send_max_retries.map(i64::from)), "3"),
        ("retry.backoff.ms", text(flags.retry_backoff_ms), "100"),
        ("send.buffer.bytes", text(flags.socket_buffer_size.map(i64::from)), "102400"),
        ("buffer.memory", text(flags.max_memory_bytes), "33554432"),
        ("batch.size", text(batch_size), "16384"),
        ("metadata.max.age.ms", text(flags.metadata_expiry_ms), "300000"),
        ("max.block.ms", text(flags.max_block_ms), "60000"),
        ("client.id", None, "console-producer"),
        ("compression.type", flags.compression_codec.clone(), "none"),
    ];
    for (name, given, default) in rows {
        match given {
            Some(given) => drop(settings.insert(name.to_owned(), given)),
            None => drop(settings.entry(name.to_owned()).or_insert_with(|| default.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::flags::pairs;

    #[test]
    fn flags_win_over_properties_and_properties_over_defaults() {
        let flags = ConsoleProducer { batch_size: Some(7), timeout: Some(3), ..ConsoleProducer::default() };
        let mut settings = pairs(&["linger.ms=9".to_owned(), "retries=8".to_owned()]);
        merge(&flags, &mut settings);
        let value = |name: &str| settings.get(name).map(String::as_str);
        assert_eq!(value("linger.ms"), Some("3"));
        assert_eq!(value("retries"), Some("8"));
        assert_eq!(value("batch.size"), Some("7"));
        assert_eq!(value("request.timeout.ms"), Some("1500"));
    }

    #[test]
    fn the_old_name_of_the_batch_size_wins() {
        let flags =
            ConsoleProducer { batch_size: Some(7), max_partition_memory_bytes: Some(8), ..ConsoleProducer::default() };
        let mut settings = Settings::new();
        merge(&flags, &mut settings);
        assert_eq!(settings.get("batch.size").map(String::as_str), Some("8"));
    }
}
