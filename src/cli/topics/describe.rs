//! `--describe`: a line for each topic and one for each partition.

use serde_json::{Map, Value, json};

use super::Topics;
use super::act::named;
use super::filter::topic_id;
use crate::cli::error::ToolError;
use crate::cli::java_hash::{Made, sort_as_described, sort_as_hash_map};
use crate::cli::output::{Format, Grid, Report};
use crate::cli::tools::Context;
use crate::client::Admin;
use crate::client::admin::{
    ConfigResource, ConfigRow, ConfigSource, PartitionDescription, ResourceType, TopicDescription,
};
use crate::model::NodeId;

/// A topic with its settings.
#[derive(Debug)]
struct Described {
    topic: TopicDescription,
    configs: Vec<ConfigRow>,
}

/// What is shown of topics.
#[derive(Debug)]
struct Description {
    topics: Vec<Described>,
    shows_topics: bool,
    shows_partitions: bool,
    only_with_overrides: bool,
}

pub(super) async fn describe(flags: &Topics, admin: &Admin, context: &mut Context) -> Result<(), ToolError> {
    let id = flags.topic_id.as_deref().map(topic_id).transpose()?.flatten();
    let names = match id {
        Some(id) => {
            let found = admin.list_topics().await?.into_iter().find(|topic| topic.id == id);
            match found {
                Some(topic) => vec![topic.name.to_string()],
                None if flags.if_exists => Vec::new(),
                None => {
                    let message = format!("TopicId '{id}' does not exist as expected");
                    return Err(ToolError::failed("java.lang.IllegalArgumentException", message));
                }
            }
        }
        None => named(flags, admin).await?,
    };
    let mut topics = described(&names, admin).await?;
    if context.output.format() == Format::Text {
        sort_as_described(&mut topics, |described| &described.topic.name);
    }
    let live = match flags.unavailable_partitions {
        true => admin.describe_cluster().await?.brokers.iter().map(|broker| broker.id).collect(),
        false => Vec::new(),
    };
    let has_filter = keep_filtered(flags, &live, &mut topics);
    context.output.report(&Description {
        topics,
        shows_topics: !has_filter,
        shows_partitions: !flags.topics_with_overrides,
        only_with_overrides: flags.topics_with_overrides,
    })
}

async fn described(names: &[String], admin: &Admin) -> Result<Vec<Described>, ToolError> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let resources: Vec<_> = names.iter().map(|name| ConfigResource::new(ResourceType::Topic, name.as_str())).collect();
    let topics = admin.describe_topics(names).await?;
    let mut configs = admin.describe_configs(&resources, None).await?;
    let mut described = Vec::new();
    for (name, topic) in topics {
        let mut topic = topic?;
        topic.partitions.sort_by_key(|partition| partition.partition);
        let rows = configs.iter_mut().find(|(resource, _)| resource.name == name).map(|(_, rows)| rows.clone());
        let mut rows = rows.transpose()?.unwrap_or_default();
        sort_as_hash_map(&mut rows, Made::Plain, |row| &row.name);
        described.push(Described { topic, configs: rows });
    }
    Ok(described)
}

/// Leaves only the partitions that a filter asks for; tells whether there is a filter.
fn keep_filtered(flags: &Topics, live: &[NodeId], topics: &mut [Described]) -> bool {
    let has_filter = flags.unavailable_partitions
        || flags.under_replicated_partitions
        || flags.under_min_isr_partitions
        || flags.at_min_isr_partitions;
    for described in topics.iter_mut().filter(|_| has_filter) {
        let min_isr = described.min_isr();
        described.topic.partitions.retain(|partition| {
            let in_sync = partition.isr.len();
            (flags.under_replicated_partitions && partition.replicas.len() > in_sync)
                || (flags.unavailable_partitions && partition.leader.is_none_or(|leader| !live.contains(&leader)))
                || (flags.under_min_isr_partitions && (partition.leader.is_none() || in_sync < min_isr))
                || (flags.at_min_isr_partitions && in_sync == min_isr)
        });
    }
    has_filter
}

impl Described {
    fn min_isr(&self) -> usize {
        let row = self.configs.iter().find(|row| row.name == "min.insync.replicas");
        row.and_then(|row| row.value.as_deref()?.parse().ok()).unwrap_or(1)
    }

    fn overrides(&self) -> impl Iterator<Item = (&str, &str)> {
        let own = self.configs.iter().filter(|row| row.source != ConfigSource::Default);
        own.map(|row| (row.name.as_str(), row.value.as_deref().unwrap_or("null")))
    }

    fn head(&self) -> String {
        let configs: Vec<_> = self.overrides().map(|(name, value)| format!("{name}={value}")).collect();
        let id = match self.topic.id.is_zero() {
            true => String::new(),
            false => format!("\tTopicId: {}", self.topic.id),
        };
        let replicas = self.topic.partitions.first().map_or(0, |partition| partition.replicas.len());
        format!(
            "Topic: {}{id}\tPartitionCount: {}\tReplicationFactor: {replicas}\tConfigs: {}\n",
            self.topic.name,
            self.topic.partitions.len(),
            configs.join(",")
        )
    }
}

fn ids(nodes: &[NodeId]) -> String {
    nodes.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

fn known_ids(nodes: Option<&Vec<NodeId>>) -> String {
    nodes.map_or_else(|| "N/A".to_owned(), |nodes| ids(nodes))
}

fn leader(partition: &PartitionDescription) -> String {
    partition.leader.map_or_else(|| "none".to_owned(), |leader| leader.to_string())
}

fn partition_line(topic: &str, partition: &PartitionDescription) -> String {
    format!(
        "\tTopic: {topic}\tPartition: {}\tLeader: {}\tReplicas: {}\tIsr: {}\tElr: {}\tLastKnownElr: {}\n",
        partition.partition,
        leader(partition),
        ids(&partition.replicas),
        ids(&partition.isr),
        known_ids(partition.elr.as_ref()),
        known_ids(partition.last_known_elr.as_ref()),
    )
}

impl Description {
    fn shown(&self) -> impl Iterator<Item = &Described> {
        self.topics.iter().filter(|topic| !self.only_with_overrides || topic.overrides().next().is_some())
    }
}

impl Report for Description {
    fn text(&self) -> String {
        let mut text = String::new();
        for described in self.shown() {
            if self.shows_topics {
                text.push_str(&described.head());
            }
            for partition in described.topic.partitions.iter().filter(|_| self.shows_partitions) {
                text.push_str(&partition_line(&described.topic.name, partition));
            }
        }
        text
    }

    fn grid(&self) -> Grid {
        if !self.shows_partitions {
            let row = |described: &Described| {
                let configs: Vec<_> = described.overrides().map(|(name, value)| format!("{name}={value}")).collect();
                vec![described.topic.name.to_string(), configs.join("\n")]
            };
            return Grid { columns: vec!["topic", "configs"], rows: self.shown().map(row).collect() };
        }
        let mut rows = Vec::new();
        for described in self.shown() {
            for partition in &described.topic.partitions {
                rows.push(vec![
                    described.topic.name.to_string(),
                    partition.partition.to_string(),
                    leader(partition),
                    ids(&partition.replicas),
                    ids(&partition.isr),
                    known_ids(partition.elr.as_ref()),
                ]);
            }
        }
        Grid { columns: vec!["topic", "partition", "leader", "replicas", "isr", "elr"], rows }
    }

    fn json(&self) -> Value {
        let numbers = |nodes: &[NodeId]| nodes.iter().map(|node| node.0).collect::<Vec<_>>();
        let partition = |partition: &PartitionDescription| {
            json!({
                "partition": partition.partition,
                "leader": partition.leader.map(|leader| leader.0),
                "replicas": numbers(&partition.replicas),
                "isr": numbers(&partition.isr),
                "elr": partition.elr.as_deref().map(numbers),
                "lastKnownElr": partition.last_known_elr.as_deref().map(numbers),
            })
        };
        let topic = |described: &Described| {
            let configs: Map<String, Value> =
                described.overrides().map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
            json!({
                "topic": &*described.topic.name,
                "topicId": described.topic.id.to_string(),
                "internal": described.topic.internal,
                "configs": configs,
                "partitions": described.topic.partitions.iter().map(partition).collect::<Vec<_>>(),
            })
        };
        Value::Array(self.shown().map(topic).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::admin::ConfigType;
    use crate::model::{LeaderEpoch, TopicName, Uuid};

    fn description() -> Description {
        let partition = |index| PartitionDescription {
            partition: index,
            leader: (index == 0).then_some(NodeId(1)),
            leader_epoch: LeaderEpoch(0),
            replicas: vec![NodeId(1), NodeId(2)],
            isr: vec![NodeId(1)],
            elr: Some(Vec::new()),
            last_known_elr: None,
            offline: Vec::new(),
        };
        let topic = TopicDescription {
            name: TopicName::from("first"),
            id: Uuid::METADATA_TOPIC,
            internal: false,
            partitions: vec![partition(0), partition(1)],
        };
        let config = |name: &str, value: &str, source| ConfigRow {
            name: name.to_owned(),
            value: Some(value.to_owned()),
            read_only: false,
            sensitive: false,
            source,
            kind: ConfigType::Long,
            synonyms: Vec::new(),
            documentation: None,
        };
        let configs = vec![
            config("min.insync.replicas", "1", ConfigSource::DynamicDefaultBroker),
            config("segment.bytes", "5", ConfigSource::Default),
            config("retention.ms", "1000", ConfigSource::DynamicTopic),
        ];
        Description {
            topics: vec![Described { topic, configs }],
            shows_topics: true,
            shows_partitions: true,
            only_with_overrides: false,
        }
    }

    #[test]
    fn a_description_is_kafkas_text() {
        assert_eq!(
            description().text(),
            "Topic: first\tTopicId: AAAAAAAAAAAAAAAAAAAAAQ\tPartitionCount: 2\tReplicationFactor: 2\tConfigs: \
             min.insync.replicas=1,retention.ms=1000\n\
             \tTopic: first\tPartition: 0\tLeader: 1\tReplicas: 1,2\tIsr: 1\tElr: \tLastKnownElr: N/A\n\
             \tTopic: first\tPartition: 1\tLeader: none\tReplicas: 1,2\tIsr: 1\tElr: \tLastKnownElr: N/A\n"
        );
    }

    #[test]
    fn a_filter_leaves_only_what_it_asks_for() {
        let check = |set: fn(&mut Topics), live: &[NodeId], expected: &[i32]| {
            let mut flags = Topics::default();
            set(&mut flags);
            let mut topics = description().topics;
            assert!(keep_filtered(&flags, live, &mut topics));
            let left: Vec<_> = topics[0].topic.partitions.iter().map(|partition| partition.partition).collect();
            assert_eq!(left, expected, "{flags:?}");
        };
        check(|flags| flags.under_replicated_partitions = true, &[], &[0, 1]);
        check(|flags| flags.unavailable_partitions = true, &[NodeId(1)], &[1]);
        check(|flags| flags.unavailable_partitions = true, &[], &[0, 1]);
        check(|flags| flags.under_min_isr_partitions = true, &[], &[1]);
        check(|flags| flags.at_min_isr_partitions = true, &[], &[0, 1]);
        assert!(!keep_filtered(&Topics::default(), &[], &mut description().topics));
    }
}
