//! `get-offsets`: offsets of partitions, earliest, latest or by time (`kafka-get-offsets.sh`, GetOffsetShell of 4.3.1).
//!
//! Text, exit code and streams are the script's. A partition whose offset cannot be had is skipped with a word on stderr;
//! one where no record qualifies is left out. `--offsets` and `--max-wait-ms` of older scripts are accepted and ignored.

use clap::{ArgMatches, Args, Command, FromArgMatches};
use regex::Regex;
use serde_json::{Value, json};

use super::error::{Kind, ToolError};
use super::flags::{ClusterFlags, OutputFlags};
use super::output::{Grid, Report};
use super::tools::Context;
use super::{reach, runtime};
use crate::client::admin::OffsetSpec;
use crate::client::{Admin, ClientError, Isolation};
use crate::model::{Timestamp, TopicPartition};

/// Flags of `get-offsets`.
#[derive(Debug, Clone, Default, Args)]
struct GetOffsets {
    #[command(flatten)]
    cluster: ClusterFlags,
    #[command(flatten)]
    output: OutputFlags,
    /// Topics and partitions: topic:0, topic:0-3 (without 3), topic:5-, topic:-3, topic or :0, with commas between them; the
    /// topic is a regular expression
    #[arg(long, value_name = "PATTERNS")]
    topic_partitions: Option<String>,
    /// The topic, or a regular expression; all topics where it is left out
    #[arg(long, value_name = "TOPIC")]
    topic: Option<String>,
    /// Numbers of partitions with commas between them; all partitions where it is left out
    #[arg(long, value_name = "NUMBERS")]
    partitions: Option<String>,
    /// Which offset: latest (-1), earliest (-2), max-timestamp (-3), earliest-local (-4), latest-tiered (-5),
    /// earliest-pending-upload (-6), or of the first record since a time in milliseconds
    #[arg(long, value_name = "TIME", default_value = "latest", allow_hyphen_values = true)]
    time: String,
    /// Leave out the topics that belong to the brokers
    #[arg(long)]
    exclude_internal_topics: bool,
    #[arg(long, hide = true)]
    offsets: Option<String>,
    #[arg(long, hide = true)]
    max_wait_ms: Option<String>,
}

pub(super) fn command() -> Command {
    GetOffsets::augment_args(Command::new("get-offsets"))
}

pub(super) fn run(matches: &ArgMatches, context: &mut Context) -> Result<(), ToolError> {
    let flags = GetOffsets::from_arg_matches(matches).map_err(|error| ToolError::usage(error.to_string()))?;
    let config = flags.cluster.admin(context)?;
    let found = plan(&flags).and_then(|plan| {
        let admin = Admin::new(&config)?;
        reach::resolve_for(reach::ADMIN, admin.cluster(), context)?;
        runtime::block_on(offsets(&plan, &admin, context))
    });
    match found {
        Ok(found) => context.output.report(&found),
        Err(error) if context.style.is_script() && error.kind != Kind::BrokenPipe => {
            Err(ToolError::failed(error.class(), format!("Error occurred: {}", error.message)))
        }
        Err(error) => Err(error),
    }
}

/// What the flags ask for.
#[derive(Debug)]
struct Plan {
    rules: Vec<Rule>,
    spec: OffsetSpec,
    excludes_internal: bool,
}

/// Topics by pattern, and which of their partitions.
#[derive(Debug)]
struct Rule {
    topic: Regex,
    partitions: Partitions,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Partitions {
    /// Those with these numbers; all where there are none.
    These(Vec<i32>),
    /// From the first to the one before the second.
    Range(i32, i32),
}

fn wrong(message: impl Into<String>) -> ToolError {
    ToolError::argument("org.apache.kafka.server.util.TerseException", message)
}

fn plan(flags: &GetOffsets) -> Result<Plan, ToolError> {
    if flags.topic_partitions.is_some() && (flags.topic.is_some() || flags.partitions.is_some()) {
        return Err(wrong("--topic-partitions cannot be used with --topic or --partitions"));
    }
    let spec = spec(&flags.time)?;
    let rules = match &flags.topic_partitions {
        Some(patterns) => patterns.split(',').map(rule).collect::<Result<Vec<Rule>, ToolError>>()?,
        None => {
            let topic = topic_pattern(flags.topic.as_deref().unwrap_or(".*"))?;
            vec![Rule { topic, partitions: Partitions::These(numbers(flags.partitions.as_deref())?) }]
        }
    };
    Ok(Plan { rules, spec, excludes_internal: flags.exclude_internal_topics })
}

fn spec(text: &str) -> Result<OffsetSpec, ToolError> {
    Ok(match text {
        "latest" | "-1" => OffsetSpec::Latest,
        "earliest" | "-2" => OffsetSpec::Earliest,
        "max-timestamp" | "-3" => OffsetSpec::MaxTimestamp,
        "earliest-local" | "-4" => OffsetSpec::EarliestLocal,
        "latest-tiered" | "-5" => OffsetSpec::LatestTiered,
        "earliest-pending-upload" | "-6" => OffsetSpec::EarliestPendingUpload,
        text => {
            let message = || {
                wrong(format!(
                    "Malformed time argument {text}. Please use -1 or latest / -2 or earliest / -3 or max-timestamp / -4 \
                     or earliest-local / -5 or latest-tiered / -6 or earliest-pending-upload, or a specified long format \
                     timestamp"
                ))
            };
            OffsetSpec::AtTime(Timestamp(text.parse().map_err(|_| message())?))
        }
    })
}

/// A regular expression over whole names, as the script's lists of topics are.
fn topic_pattern(text: &str) -> Result<Regex, ToolError> {
    let plain = text.trim().replace(',', "|").replace(' ', "").replace(['"', '\''], "");
    Regex::new(&format!("^(?:{plain})$")).map_err(|_| wrong(format!("{plain} is an invalid regex.")))
}

fn numbers(text: Option<&str>) -> Result<Vec<i32>, ToolError> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(Vec::new()) };
    let numbers: Result<Vec<i32>, _> = text.split(',').map(str::parse).collect();
    numbers.map_err(|_| {
        wrong(format!("--partitions expects a comma separated list of numeric partition ids, but received: {text}"))
    })
}

/// One of `--topic-partitions`.
fn rule(text: &str) -> Result<Rule, ToolError> {
    let invalid = || wrong(format!("Invalid rule specification: {text}"));
    let (topic, partitions) = match text.split_once(':') {
        Some((topic, partitions)) => (topic, partitions),
        None => (text, ""),
    };
    let topic = topic_pattern(if topic.is_empty() { ".*" } else { topic })?;
    let number = |digits: &str, otherwise: i32| match digits {
        "" => Ok(otherwise),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().map_err(|_| invalid()),
        _ => Err(invalid()),
    };
    let partitions = match partitions.split_once('-') {
        Some((from, to)) => Partitions::Range(number(from, 0)?, number(to, i32::MAX)?),
        None if partitions.is_empty() => Partitions::Range(0, i32::MAX),
        None => Partitions::These(vec![number(partitions, 0)?]),
    };
    Ok(Rule { topic, partitions })
}

impl Rule {
    fn allows(&self, partition: &TopicPartition) -> bool {
        let number = partition.partition;
        let is_meant = match &self.partitions {
            Partitions::These(numbers) => numbers.is_empty() || numbers.contains(&number),
            Partitions::Range(from, to) => (*from..*to).contains(&number),
        };
        is_meant && self.topic.is_match(&partition.topic)
    }
}

/// The offsets that were found, by partition.
#[derive(Debug)]
struct Found(Vec<(TopicPartition, i64)>);

async fn offsets(plan: &Plan, admin: &Admin, context: &mut Context) -> Result<Found, ToolError> {
    let mut partitions = partitions(plan, admin).await?;
    if partitions.is_empty() {
        return Err(ToolError::failed(
            "org.apache.kafka.server.util.TerseException",
            "Could not match any topic-partitions with the specified filters",
        ));
    }
    // The script sorts them as texts: t-10 stands before t-2.
    partitions.sort_by_key(ToString::to_string);
    let wanted: Vec<_> = partitions.into_iter().map(|partition| (partition, plan.spec)).collect();
    let mut found = Vec::with_capacity(wanted.len());
    let mut rows = admin.list_offsets(&wanted, Isolation::ReadUncommitted).await;
    rows.sort_by_key(|(partition, _)| partition.to_string());
    for (partition, listed) in rows {
        match listed {
            Ok(listed) if listed.offset.is_known() => found.push((partition, listed.offset.0)),
            Ok(_) => {}
            Err(error) => context.output.error(&skipped(&partition, &error)),
        }
    }
    Ok(Found(found))
}

fn skipped(partition: &TopicPartition, error: &ClientError) -> String {
    let class = ToolError::from(error.clone()).class().to_owned();
    format!("Skip getting offsets for topic-partition {partition} due to error: {class}: {error}")
}

async fn partitions(plan: &Plan, admin: &Admin) -> Result<Vec<TopicPartition>, ToolError> {
    let is_named = |name: &str| plan.rules.iter().any(|rule| rule.topic.is_match(name));
    let names: Vec<String> = admin
        .list_topics()
        .await?
        .into_iter()
        .filter(|topic| !(plan.excludes_internal && topic.internal) && is_named(&topic.name))
        .map(|topic| topic.name.to_string())
        .collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let mut partitions = Vec::new();
    for (_, topic) in admin.describe_topics(&names).await? {
        let topic = topic?;
        let all = topic.partitions.iter().map(|one| TopicPartition::new(topic.name.clone(), one.partition));
        partitions.extend(all.filter(|partition| plan.rules.iter().any(|rule| rule.allows(partition))));
    }
    Ok(partitions)
}

impl Report for Found {
    fn text(&self) -> String {
        let line = |(partition, offset): &(TopicPartition, i64)| {
            format!("{}:{}:{offset}\n", partition.topic, partition.partition)
        };
        self.0.iter().map(line).collect()
    }

    fn grid(&self) -> Grid {
        let row = |(partition, offset): &(TopicPartition, i64)| {
            vec![partition.topic.to_string(), partition.partition.to_string(), offset.to_string()]
        };
        Grid { columns: vec!["TOPIC", "PARTITION", "OFFSET"], rows: self.0.iter().map(row).collect() }
    }

    fn json(&self) -> Value {
        let row = |(partition, offset): &(TopicPartition, i64)| json!({ "topic": &*partition.topic, "partition": partition.partition, "offset": offset });
        self.0.iter().map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_name_topics_and_partitions() {
        let check = |pattern: &str, expected: &[&str]| {
            let rules: Vec<Rule> = pattern.split(',').map(|one| rule(one).unwrap()).collect();
            let all =
                ["a", "b1"].into_iter().flat_map(|topic| (0..4).map(move |number| TopicPartition::new(topic, number)));
            let found: Vec<String> =
                all.filter(|one| rules.iter().any(|rule| rule.allows(one))).map(|one| one.to_string()).collect();
            assert_eq!(found, expected, "{pattern}");
        };
        check("a", &["a-0", "a-1", "a-2", "a-3"]);
        check("a:1", &["a-1"]);
        check("a:1-3", &["a-1", "a-2"]);
        check("b.:2-", &["b1-2", "b1-3"]);
        check("a:-1,:3", &["a-0", "a-3", "b1-3"]);
    }

    #[test]
    fn a_pattern_that_is_wrong_is_named() {
        for pattern in ["a:x", "a:1:2", "a:1-2-3", "a:99999999999"] {
            assert_eq!(rule(pattern).unwrap_err().message, format!("Invalid rule specification: {pattern}"));
        }
        assert!(rule("[:1").is_err());
        assert!(spec("soon").unwrap_err().message.starts_with("Malformed time argument soon. Please use -1 or latest"));
        assert_eq!(spec("1700000000000").unwrap(), OffsetSpec::AtTime(Timestamp(1_700_000_000_000)));
        assert!(numbers(Some("1,x")).unwrap_err().message.ends_with("but received: 1,x"));
    }
}
