//! From flags to a checked plan: the consumer's properties, what to read, when to stop, how to print.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use super::ConsoleConsumer;
use super::formatter::Formatter;
use crate::cli::error::ToolError;
use crate::cli::settings;
use crate::cli::tools::Context;
use crate::config::{ConsumerConfig, Settings, Side};
use crate::io::rng::{Rng, SystemRng};
use crate::model::{Offset, TopicPartition};

/// Records of one poll where the properties name no number: printing does not look at single polls.
const POLL_RECORDS: &str = "5000";

/// What is to be done.
#[derive(Debug)]
pub(super) struct Plan {
    /// The consumer's properties; read late, because the script reads them late.
    pub(super) settings: Settings,
    pub(super) source: Source,
    pub(super) formatter: Formatter,
    pub(super) max_messages: Option<u64>,
    pub(super) timeout: Option<Duration>,
    pub(super) until_end: bool,
    pub(super) skips_errors: bool,
    pub(super) systest_events: bool,
}

/// What is read.
#[derive(Debug)]
pub(super) enum Source {
    Topic(String),
    Pattern(String),
    Partition(TopicPartition, Begin),
}

/// Where a single partition is begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begin {
    Earliest,
    Latest,
    At(Offset),
}

impl Plan {
    /// The typed properties.
    pub(super) fn config(&self) -> Result<ConsumerConfig, crate::config::ConfigError> {
        ConsumerConfig::read(&self.settings)
    }
}

pub(super) fn plan(flags: &ConsoleConsumer, context: &mut Context) -> Result<Plan, ToolError> {
    warn_of_old_names(flags, context);
    if flags.topic.is_some() == flags.include.is_some() {
        return Err(wrong("Exactly one of the following arguments is required: [topic], [include]"));
    }
    let source = source(flags)?;
    let mut settings = settings::of_file(flags.command_config.as_deref().map(Path::new), Side::Consumer, context)?;
    let from_file = settings.get("group.id").cloned();
    let extra = settings::of_words(&flags.command_property, Side::Consumer, context);
    let groups: BTreeSet<&String> =
        [flags.group.as_ref(), from_file.as_ref(), extra.get("group.id")].into_iter().flatten().collect();
    check_groups(&groups, flags)?;
    let group = groups.first().map(|group| (*group).clone());
    settings.extend(extra);
    if !flags.servers.settle(&mut settings, context)? {
        return Err(wrong("Missing required argument \"[bootstrap-server]\""));
    }
    set_reset(flags, &mut settings)?;
    complete(flags, group, &mut settings);
    let formatter = formatter(flags, context)?;
    let max_messages = flags.max_messages.and_then(|count| u64::try_from(count).ok());
    let timeout = flags.timeout_ms.and_then(|timeout| u64::try_from(timeout).ok()).map(Duration::from_millis);
    Ok(Plan {
        settings,
        source,
        formatter,
        max_messages,
        timeout,
        until_end: flags.until_end,
        skips_errors: flags.skip_message_on_error,
        systest_events: flags.enable_systest_events,
    })
}

fn wrong(text: impl Into<String>) -> ToolError {
    ToolError::usage(text).with_help()
}

fn warn_of_old_names(flags: &ConsoleConsumer, context: &mut Context) {
    let old = [
        ("delete-consumer-offsets", flags.delete_consumer_offsets),
        ("blacklist", flags.blacklist.is_some()),
        ("csv-reporter-enabled", flags.csv_reporter_enabled),
        ("metrics-dir", flags.metrics_dir.is_some()),
    ];
    for (name, _) in old.iter().filter(|(_, given)| *given) {
        context.output.warn(&format!("--{name} has no effect any more"));
    }
}

fn source(flags: &ConsoleConsumer) -> Result<Source, ToolError> {
    let Some(partition) = flags.partition else {
        if flags.offset.is_some() {
            return Err(wrong("The partition is required when offset is specified."));
        }
        return Ok(match (&flags.topic, &flags.include) {
            (Some(topic), _) => Source::Topic(topic.clone()),
            (None, Some(pattern)) => Source::Pattern(pattern.clone()),
            (None, None) => {
                return Err(wrong("Exactly one of the following arguments is required: [topic], [include]"));
            }
        });
    };
    let Some(topic) = &flags.topic else {
        return Err(wrong("The topic is required when partition is specified."));
    };
    if flags.from_beginning && flags.offset.is_some() {
        return Err(wrong("Options from-beginning and offset cannot be specified together."));
    }
    let begin = match &flags.offset {
        Some(text) => begin(text)?,
        None if flags.from_beginning => Begin::Earliest,
        None => Begin::Latest,
    };
    Ok(Source::Partition(TopicPartition::new(topic.as_str(), partition), begin))
}

fn begin(text: &str) -> Result<Begin, ToolError> {
    match text.to_ascii_lowercase().as_str() {
        "earliest" => return Ok(Begin::Earliest),
        "latest" => return Ok(Begin::Latest),
        _ => {}
    }
    let offset = text.parse().ok().filter(|offset: &i64| *offset >= 0);
    offset.map(|offset| Begin::At(Offset(offset))).ok_or_else(|| {
        wrong(format!(
            "The provided offset value '{text}' is incorrect. Valid values are 'earliest', 'latest', or a non-negative long."
        ))
    })
}

fn check_groups(groups: &BTreeSet<&String>, flags: &ConsoleConsumer) -> Result<(), ToolError> {
    if groups.len() > 1 {
        let quoted: Vec<String> = groups.iter().map(|group| format!("'{group}'")).collect();
        return Err(wrong(format!(
            "The group ids provided in different places (directly using '--group', via '--consumer-property', or via \
             '--consumer.config') do not match. Detected group ids: {}",
            quoted.join(", ")
        )));
    }
    if !groups.is_empty() && flags.partition.is_some() {
        return Err(wrong("Options group and partition cannot be specified together."));
    }
    Ok(())
}

fn set_reset(flags: &ConsoleConsumer, settings: &mut Settings) -> Result<(), ToolError> {
    const NAME: &str = "auto.offset.reset";
    match settings.get(NAME) {
        Some(given) if flags.from_beginning && given != "earliest" => Err(ToolError::usage(format!(
            "Can't simultaneously specify --from-beginning and 'auto.offset.reset={given}', please remove one option"
        ))),
        Some(_) => Ok(()),
        None => {
            let reset = if flags.from_beginning { "earliest" } else { "latest" };
            settings.insert(NAME.to_owned(), reset.to_owned());
            Ok(())
        }
    }
}

fn complete(flags: &ConsoleConsumer, group: Option<String>, settings: &mut Settings) {
    let mut default = |name: &str, value: &str| {
        settings.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    };
    default("client.id", "console-consumer");
    default("max.poll.records", POLL_RECORDS);
    if group.is_none() {
        // The group is not meant to be used again; neither are its offsets.
        default("enable.auto.commit", "false");
    }
    if let Some(level) = &flags.isolation_level {
        settings.insert("isolation.level".to_owned(), level.clone());
    }
    let group = group.unwrap_or_else(|| format!("console-consumer-{}", SystemRng.below(100_000)));
    settings.insert("group.id".to_owned(), group);
}

const FORMATTER_PROPERTIES: [&str; 18] = [
    "print.timestamp",
    "print.partition",
    "print.offset",
    "print.delivery",
    "print.epoch",
    "print.headers",
    "print.key",
    "print.value",
    "key.separator",
    "line.separator",
    "headers.separator",
    "null.literal",
    "key.deserializer",
    "value.deserializer",
    "headers.deserializer",
    "key.deserializer.",
    "value.deserializer.",
    "headers.deserializer.",
];

fn formatter(flags: &ConsoleConsumer, context: &mut Context) -> Result<Formatter, ToolError> {
    let file = flags.formatter_config.as_deref().map(Path::new);
    let mut properties = Settings::new();
    let own = settings::own(file, &flags.formatter_property, &FORMATTER_PROPERTIES, context)?;
    for (name, class) in
        [("key.deserializer", &flags.key_deserializer), ("value.deserializer", &flags.value_deserializer)]
    {
        if let Some(class) = class.as_ref().filter(|class| !class.is_empty()) {
            properties.insert(name.to_owned(), class.clone());
        }
    }
    properties.extend(own);
    Formatter::of(flags.formatter.as_deref(), &properties, flags.servers.is_old_style())
        .map_err(|error| wrong(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::flags::pairs;

    fn flags() -> ConsoleConsumer {
        ConsoleConsumer { topic: Some("t".to_owned()), ..ConsoleConsumer::default() }
    }

    #[test]
    fn a_begin_is_a_number_or_a_name() {
        assert_eq!(begin("Earliest").ok(), Some(Begin::Earliest));
        assert_eq!(begin("7").ok(), Some(Begin::At(Offset(7))));
        for text in ["-3", "abc", ""] {
            let message = begin(text).unwrap_err().message;
            assert!(message.starts_with(&format!("The provided offset value '{text}' is incorrect.")), "{message}");
        }
    }

    #[test]
    fn an_offset_needs_its_partition() {
        let refused = source(&ConsoleConsumer { offset: Some("3".to_owned()), ..flags() }).unwrap_err();
        assert_eq!(refused.message, "The partition is required when offset is specified.");
        let both =
            ConsoleConsumer { offset: Some("3".to_owned()), partition: Some(0), from_beginning: true, ..flags() };
        assert!(source(&both).is_err());
    }

    #[test]
    fn two_names_of_the_group_must_be_one() {
        let (one, other) = ("x".to_owned(), "y".to_owned());
        let message = check_groups(&BTreeSet::from([&one, &other]), &flags()).unwrap_err().message;
        assert!(message.ends_with("Detected group ids: 'x', 'y'"), "{message}");
        assert!(check_groups(&BTreeSet::from([&one]), &flags()).is_ok());
    }

    #[test]
    fn the_beginning_does_not_go_with_another_reset() {
        let flags = ConsoleConsumer { from_beginning: true, ..flags() };
        let mut settings = pairs(&["auto.offset.reset=latest".to_owned()]);
        assert!(set_reset(&flags, &mut settings).is_err());
        let mut settings = Settings::new();
        set_reset(&flags, &mut settings).unwrap();
        assert_eq!(settings.get("auto.offset.reset").map(String::as_str), Some("earliest"));
    }
}
