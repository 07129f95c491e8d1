//! The five actions.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Topics;
use super::describe::describe;
use super::filter::TopicFilter;
use super::plan::Action;
use crate::cli::error::ToolError;
use crate::cli::output::{Format, Grid, Report};
use crate::cli::tools::Context;
use crate::client::Admin;
use crate::client::admin::{CreateOptions, NewPartitions, NewTopic, Rows};
use crate::config::{Settings, check_topic};
use crate::model::{ErrorCode, NodeId};

const ILLEGAL_ARGUMENT: &str = "java.lang.IllegalArgumentException";

pub(super) async fn act(flags: &Topics, action: Action, admin: &Admin, context: &mut Context) -> Result<(), ToolError> {
    match action {
        Action::Create => create(flags, admin, context).await,
        Action::List => list(flags, admin, context).await,
        Action::Describe => describe(flags, admin, context).await,
        Action::Alter => alter(flags, admin, context).await,
        Action::Delete => delete(flags, admin, context).await,
    }
}

/// The names that `--topic` means, sorted; an error where it means none and that matters.
pub(super) async fn named(flags: &Topics, admin: &Admin) -> Result<Vec<String>, ToolError> {
    let topic = flags.topic.as_deref();
    let filter = TopicFilter::new(topic, flags.exclude_internal)?;
    let all = admin.list_topics().await?;
    let mut names: Vec<String> =
        all.into_iter().map(|topic| topic.name.to_string()).filter(|name| filter.allows(name)).collect();
    names.sort_unstable();
    match topic.filter(|topic| !topic.is_empty() && names.is_empty() && !flags.if_exists && !flags.list) {
        Some(topic) => Err(ToolError::failed(ILLEGAL_ARGUMENT, format!("Topic '{topic}' does not exist as expected"))),
        None => Ok(names),
    }
}

/// The first failure among rows ends the command.
fn all_done<T>(rows: Rows<String, T>) -> Result<(), ToolError> {
    for (_, row) in rows {
        row?;
    }
    Ok(())
}

struct Names(Vec<String>);

impl Report for Names {
    fn text(&self) -> String {
        self.0.join("\n") + "\n"
    }

    fn grid(&self) -> Grid {
        Grid { columns: vec!["topic"], rows: self.0.iter().map(|name| vec![name.clone()]).collect() }
    }

    fn json(&self) -> Value {
        json!(self.0)
    }
}

async fn list(flags: &Topics, admin: &Admin, context: &mut Context) -> Result<(), ToolError> {
    let names = named(flags, admin).await?;
    context.output.report(&Names(names))
}

/// Tells what was done, in the forms in which Kafka's script is silent.
fn done(context: &mut Context, what: &str, topics: &[String]) -> Result<(), ToolError> {
    match context.output.format() {
        Format::Text => Ok(()),
        Format::Table => topics.iter().try_for_each(|topic| context.output.line(&format!("{what} topic {topic}."))),
        Format::Json | Format::Csv | Format::Yaml => {
            let what = what.to_ascii_lowercase();
            context.output.report(&Done { what: &what, topics })
        }
    }
}

struct Done<'a> {
    what: &'a str,
    topics: &'a [String],
}

impl Report for Done<'_> {
    fn text(&self) -> String {
        String::new()
    }

    fn grid(&self) -> Grid {
        let row = |topic: &String| vec![topic.clone(), self.what.to_owned()];
        Grid { columns: vec!["topic", "done"], rows: self.topics.iter().map(row).collect() }
    }

    fn json(&self) -> Value {
        Value::Array(self.topics.iter().map(|topic| json!({ "topic": topic, "done": self.what })).collect())
    }
}

async fn create(flags: &Topics, admin: &Admin, context: &mut Context) -> Result<(), ToolError> {
    let new = new_topic(flags)?;
    let name = new.name.clone();
    if name.contains(['.', '_']) {
        context.output.line(
            "WARNING: Due to limitations in metric names, topics with a period ('.') or underscore ('_') could collide. \
             To avoid issues it is best to use either, but not both.",
        )?;
    }
    let between = |count: i64, most: i64| (1..=most).contains(&count);
    let refuse = |message: String| Err(ToolError::argument(ILLEGAL_ARGUMENT, message));
    if number(flags.replication_factor.as_deref(), "replication-factor")?
        .is_some_and(|count| !between(count, i16::MAX.into()))
    {
        return refuse(format!("The replication factor must be between 1 and {} inclusive", i16::MAX));
    }
    if new.partitions.is_some_and(|count| !between(count.into(), i32::MAX.into())) {
        return refuse("The partitions must be greater than 0".to_owned());
    }
    if name.is_empty() {
        let message = "The given topic name '' cannot be represented in a request.";
        return Err(ToolError::argument("org.apache.kafka.common.errors.InvalidTopicException", message));
    }
    for (_, created) in admin.create_topics(&[new], CreateOptions::Create).await? {
        match created {
            Err(error) if flags.if_not_exists && error.error_code() == Some(ErrorCode::TOPIC_ALREADY_EXISTS) => {
                return Ok(());
            }
            created => {
                created?;
            }
        }
    }
    match context.output.format() {
        Format::Text | Format::Table => context.output.line(&format!("Created topic {name}.")),
        Format::Json | Format::Csv | Format::Yaml => done(context, "Created", &[name]),
    }
}

fn new_topic(flags: &Topics) -> Result<NewTopic, ToolError> {
    let partitions = number(flags.partitions.as_deref(), "partitions")?;
    let replication_factor = number(flags.replication_factor.as_deref(), "replication-factor")?;
    let assignments = assignments(flags)?;
    let configs = configs(&flags.config)?;
    Ok(NewTopic {
        name: flags.topic.clone().unwrap_or_default(),
        partitions: partitions.map(|count| i32::try_from(count).unwrap_or_default()),
        replication_factor: replication_factor.map(|count| i16::try_from(count).unwrap_or_default()),
        assignments,
        configs,
    })
}

/// A number of type Integer, as the script's parser reads it.
fn number(text: Option<&str>, flag: &str) -> Result<Option<i64>, ToolError> {
    let read = |text: &str| {
        text.parse::<i32>().map(i64::from).map_err(|_| {
            let message = format!("Cannot parse argument '{text}' of option {flag}");
            ToolError::argument("joptsimple.OptionArgumentConversionException", message)
        })
    };
    text.map(read).transpose()
}

/// `--replica-assignment`: the brokers of each partition.
fn assignments(flags: &Topics) -> Result<Vec<Vec<NodeId>>, ToolError> {
    let Some(text) = flags.replica_assignment.as_deref().filter(|text| !text.is_empty()) else {
        return Ok(Vec::new());
    };
    let mut partitions: Vec<Vec<NodeId>> = Vec::new();
    for (index, brokers) in text.trim_end_matches(',').split(',').enumerate() {
        let broker = |id: &str| {
            id.trim().parse().map(NodeId).map_err(|_| {
                let message = format!("For input string: \"{}\"", id.trim());
                ToolError::argument("java.lang.NumberFormatException", message)
            })
        };
        let brokers: Vec<NodeId> = brokers.split(':').map(broker).collect::<Result<_, _>>()?;
        let duplicates = duplicates(&brokers);
        if !duplicates.is_empty() {
            let message = format!("Partition replica lists may not contain duplicate entries: {duplicates}");
            return Err(ToolError::argument("org.apache.kafka.tools.AdminCommandFailedException", message));
        }
        if partitions.first().is_some_and(|first| first.len() != brokers.len()) {
            let shown = brokers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let message = format!("Partition {index} has different replication factor: [{shown}]");
            return Err(ToolError::argument("org.apache.kafka.server.common.AdminOperationException", message));
        }
        partitions.push(brokers);
    }
    Ok(partitions)
}

fn duplicates(brokers: &[NodeId]) -> String {
    let mut twice: Vec<NodeId> =
        brokers.iter().enumerate().filter(|(index, id)| brokers[..*index].contains(id)).map(|(_, id)| *id).collect();
    twice.sort_unstable();
    twice.dedup();
    twice.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// `--config name=value`, checked before a broker is asked, as the script does.
fn configs(texts: &[String]) -> Result<BTreeMap<String, String>, ToolError> {
    let mut configs = Settings::new();
    for text in texts {
        let mut parts: Vec<&str> = text.split('=').map(str::trim).collect();
        // Java's split forgets empty parts at the end.
        while parts.last().is_some_and(|part| part.is_empty()) {
            parts.pop();
        }
        let [name, value] = parts[..] else {
            let message =
                "requirement failed: Invalid topic config: all configs to be added must be in the format \"key=val\".";
            return Err(ToolError::argument(ILLEGAL_ARGUMENT, message));
        };
        configs.insert(name.to_owned(), value.to_owned());
    }
    check_topic(&configs).map_err(|error| match error.message.starts_with("Unknown") {
        true => ToolError::argument("org.apache.kafka.common.errors.InvalidConfigurationException", error.message),
        false => error.into(),
    })?;
    Ok(configs)
}

async fn alter(flags: &Topics, admin: &Admin, context: &mut Context) -> Result<(), ToolError> {
    let new = new_topic(flags)?;
    let names = named(flags, admin).await?;
    if names.is_empty() {
        return Ok(());
    }
    let mut wanted = Vec::new();
    for name in &names {
        let assignments = match new.assignments.as_slice() {
            [] => None,
            all => {
                let known = admin.describe_topics(std::slice::from_ref(name)).await?;
                let mut count = 0;
                for (_, topic) in known {
                    count = topic?.partitions.len();
                }
                Some(all.iter().skip(count).cloned().collect())
            }
        };
        let count = new.partitions.unwrap_or_default();
        wanted.push(NewPartitions { topic: name.clone(), count, assignments });
    }
    all_done(admin.create_partitions(&wanted, CreateOptions::Create).await?)?;
    done(context, "Altered", &names)
}

async fn delete(flags: &Topics, admin: &Admin, context: &mut Context) -> Result<(), ToolError> {
    let names = named(flags, admin).await?;
    if names.is_empty() {
        return Ok(());
    }
    all_done(admin.delete_topics(&names).await?)?;
    done(context, "Deleted", &names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: std::fmt::Debug>(found: Result<T, ToolError>, expected: &str) {
        assert_eq!(found.expect_err(expected).message, expected);
    }

    /// The sentences are those that Kafka 4.3.1's tool printed.
    #[test]
    fn wrong_assignments_are_refused_in_kafkas_words() {
        let read = |text: &str| assignments(&Topics { replica_assignment: Some(text.to_owned()), ..Topics::default() });
        assert_eq!(read("1:2,2:1").expect("sound"), [[NodeId(1), NodeId(2)], [NodeId(2), NodeId(1)]]);
        check(read("1:1"), "Partition replica lists may not contain duplicate entries: 1");
        check(read("1,1:2"), "Partition 1 has different replication factor: [1, 2]");
        check(read("x"), "For input string: \"x\"");
    }

    #[test]
    fn wrong_settings_are_refused_in_kafkas_words() {
        let read = |texts: &[&str]| configs(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        assert_eq!(read(&["retention.ms = 5"]).expect("sound")["retention.ms"], "5");
        let format =
            "requirement failed: Invalid topic config: all configs to be added must be in the format \"key=val\".";
        check(read(&["bad"]), format);
        check(read(&["a="]), format);
        check(read(&["a=b=c"]), format);
        check(read(&["foo=1"]), "Unknown topic config name: foo");
        check(
            read(&["retention.ms=abc"]),
            "Invalid value abc for configuration retention.ms: Not a number of type LONG",
        );
    }

    #[test]
    fn no_topics_are_one_empty_line() {
        assert_eq!(Names(Vec::new()).text(), "\n");
        assert_eq!(Names(vec!["a".to_owned(), "b".to_owned()]).text(), "a\nb\n");
    }
}
