//! The sample files: what a newcomer changes first, each key with its sentence and its default.

use super::property::{DefaultValue, Effect, Kind, Scope, Table};
use super::{broker, consumer, producer};

/// One of the sample files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sample {
    /// `server.properties`: a node that is broker and controller.
    Server,
    /// `controller.properties`: a node that is a controller only.
    Controller,
    /// `producer.properties`.
    Producer,
    /// `consumer.properties`.
    Consumer,
}

/// A key of a sample: set to this value, or shown with its default and switched off.
type Key = (&'static str, Option<&'static str>);

impl Sample {
    /// Every sample.
    pub const ALL: [Sample; 4] = [Sample::Server, Sample::Controller, Sample::Producer, Sample::Consumer];

    /// The name of the file.
    #[must_use]
    pub fn file_name(self) -> &'static str {
        match self {
            Sample::Server => "server.properties",
            Sample::Controller => "controller.properties",
            Sample::Producer => "producer.properties",
            Sample::Consumer => "consumer.properties",
        }
    }

    /// The text of the file.
    #[must_use]
    pub fn text(self) -> String {
        let mut text = format!("# {}\n# Written by `mq generate config`.\n", self.title());
        for (heading, keys) in self.parts() {
            text.push_str(&format!("\n## {heading}\n"));
            for key in *keys {
                text.push_str(&paragraph(self.table(), *key));
            }
        }
        text
    }

    fn title(self) -> &'static str {
        match self {
            Sample::Server => "A node that is a broker and a controller: mq server-start config/server.properties",
            Sample::Controller => "A node that is a controller only: mq server-start config/controller.properties",
            Sample::Producer => "A producer: mq console-producer --command-config config/producer.properties",
            Sample::Consumer => "A consumer: mq console-consumer --command-config config/consumer.properties",
        }
    }

    fn table(self) -> Table {
        match self {
            Sample::Server | Sample::Controller => broker::TABLE,
            Sample::Producer => producer::TABLE,
            Sample::Consumer => consumer::TABLE,
        }
    }

    fn parts(self) -> &'static [(&'static str, &'static [Key])] {
        match self {
            Sample::Server => SERVER,
            Sample::Controller => CONTROLLER,
            Sample::Producer => PRODUCER,
            Sample::Consumer => CONSUMER,
        }
    }
}

const SERVER: &[(&str, &[Key])] = &[
    (
        "Who this node is",
        &[
            ("node.id", Some("1")),
            ("process.roles", Some("broker,controller")),
            ("controller.quorum.voters", Some("1@localhost:9093")),
            ("broker.rack", None),
        ],
    ),
    (
        "Where it listens",
        &[
            ("listeners", Some("PLAINTEXT://:9092,CONTROLLER://:9093")),
            ("advertised.listeners", Some("PLAINTEXT://localhost:9092")),
            ("controller.listener.names", Some("CONTROLLER")),
            ("listener.security.protocol.map", None),
            ("inter.broker.listener.name", None),
        ],
    ),
    (
        "Connections",
        &[
            ("socket.send.buffer.bytes", None),
            ("socket.receive.buffer.bytes", None),
            ("socket.request.max.bytes", None),
            ("connections.max.idle.ms", None),
        ],
    ),
    (
        "Data",
        &[
            ("log.dirs", Some("logs")),
            ("num.recovery.threads.per.data.dir", None),
            ("log.segment.bytes", None),
            ("log.retention.hours", None),
            ("log.retention.bytes", None),
            ("log.retention.check.interval.ms", None),
        ],
    ),
    (
        "Topics",
        &[
            ("num.partitions", None),
            ("default.replication.factor", None),
            ("min.insync.replicas", None),
            ("auto.create.topics.enable", None),
            ("delete.topic.enable", None),
        ],
    ),
    (
        "Groups and transactions: one node can hold one replica",
        &[
            ("offsets.topic.replication.factor", Some("1")),
            ("transaction.state.log.replication.factor", Some("1")),
            ("transaction.state.log.min.isr", Some("1")),
            ("share.coordinator.state.topic.replication.factor", Some("1")),
            ("share.coordinator.state.topic.min.isr", Some("1")),
            ("group.initial.rebalance.delay.ms", None),
        ],
    ),
];

const CONTROLLER: &[(&str, &[Key])] = &[
    (
        "Who this node is",
        &[
            ("node.id", Some("1")),
            ("process.roles", Some("controller")),
            ("controller.quorum.voters", Some("1@localhost:9093")),
        ],
    ),
    (
        "Where it listens",
        &[("listeners", Some("CONTROLLER://:9093")), ("controller.listener.names", Some("CONTROLLER"))],
    ),
    (
        "Data",
        &[
            ("log.dirs", Some("logs")),
            ("metadata.log.dir", None),
            ("metadata.log.segment.bytes", None),
            ("metadata.log.max.record.bytes.between.snapshots", None),
        ],
    ),
];

const PRODUCER: &[(&str, &[Key])] = &[
    ("The cluster", &[("bootstrap.servers", Some("localhost:9092")), ("client.id", None)]),
    ("What counts as sent", &[("acks", None), ("enable.idempotence", None), ("delivery.timeout.ms", None)]),
    (
        "Batches",
        &[
            ("compression.type", None),
            ("batch.size", None),
            ("linger.ms", None),
            ("buffer.memory", None),
            ("max.request.size", None),
            ("max.block.ms", None),
        ],
    ),
];

const CONSUMER: &[(&str, &[Key])] = &[
    ("The cluster", &[("bootstrap.servers", Some("localhost:9092")), ("client.id", None)]),
    (
        "The group",
        &[
            ("group.id", Some("test-consumer-group")),
            ("auto.offset.reset", None),
            ("enable.auto.commit", None),
            ("auto.commit.interval.ms", None),
            ("session.timeout.ms", None),
            ("max.poll.interval.ms", None),
        ],
    ),
    (
        "Reading",
        &[
            ("isolation.level", None),
            ("exclude.internal.topics", None),
            ("max.poll.records", None),
            ("fetch.min.bytes", None),
            ("fetch.max.wait.ms", None),
        ],
    ),
];

fn paragraph(table: Table, (name, value): Key) -> String {
    let row = table.get(name).expect("a test looks every key of the samples up");
    let text = match (value, row.default) {
        // A line that only earns a warning is not in force in a sample either.
        (Some(value), _) if row.effect != Effect::InForce => format!("#{name}={value}"),
        (Some(value), _) => format!("{name}={value}"),
        (None, DefaultValue::Text(default)) => format!("#{name}={default}"),
        (None, DefaultValue::Null | DefaultValue::Required) => format!("#{name}="),
    };
    format!("\n# {}\n{text}\n", row.doc)
}

/// The reference of one table as Markdown: a row for every property that Kafka documents.
#[must_use]
pub fn reference(table: Table) -> String {
    let mut text =
        "| property | type | default | changes | what it does |\n| --- | --- | --- | --- | --- |\n".to_owned();
    for row in table.sorted().into_iter().filter(|row| !row.is_internal()) {
        let default = match row.default {
            DefaultValue::Required | DefaultValue::Null => String::new(),
            DefaultValue::Text("") => "(empty)".to_owned(),
            DefaultValue::Text(default) => format!("`{default}`"),
        };
        let effect = match row.effect {
            Effect::InForce => String::new(),
            Effect::Without(reason) => format!(" No effect: {reason}."),
        };
        let changes = if row.scope == Scope::PerClient { "" } else { row.scope.name() };
        let (name, kind, doc) = (row.name, kind_text(row.kind), row.doc);
        text.push_str(&format!("| `{name}` | {kind} | {default} | {changes} | {doc}{effect} |\n"));
    }
    text
}

fn kind_text(kind: Kind) -> String {
    kind.name().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{BrokerSettings, ConsumerConfig, Given, ProducerConfig, Properties};

    #[test]
    fn every_sample_can_be_used_as_it_is() {
        for sample in Sample::ALL {
            let file = Properties::parse(sample.text().as_bytes()).expect("plain");
            match sample {
                Sample::Server | Sample::Controller => {
                    let given = Given { file: Some(&file), ..Given::default() };
                    let (_, notices) = BrokerSettings::start(&given).expect("every value is valid");
                    assert!(notices.is_empty(), "{notices:?}");
                }
                Sample::Producer => drop(ProducerConfig::read(&file.settings()).expect("valid")),
                Sample::Consumer => drop(ConsumerConfig::read(&file.settings()).expect("valid")),
            }
        }
    }

    #[test]
    fn the_reference_names_every_documented_property() {
        assert!(reference(broker::TABLE).lines().count() > 300);
    }
}
