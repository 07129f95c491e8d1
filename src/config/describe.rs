//! What DescribeConfigs says of a property: its value, where that comes from, and what each layer holds.

use super::overlay::{BrokerSettings, broker_synonyms};
use super::property::{Property, Table};
use super::value::{ConfigError, Settings, Values};
use super::{broker, topic};

/// Where a value comes from (`DescribeConfigsResponse.ConfigSource`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfigSource {
    /// The topic's own settings.
    DynamicTopic,
    /// This broker's settings at run time.
    DynamicBroker,
    /// All brokers' settings at run time.
    DynamicDefaultBroker,
    /// The file or the command line.
    StaticBroker,
    /// The table.
    Default,
}

impl ConfigSource {
    /// The number in the answer.
    #[must_use]
    pub fn wire(self) -> i8 {
        match self {
            ConfigSource::DynamicTopic => 1,
            ConfigSource::DynamicBroker => 2,
            ConfigSource::DynamicDefaultBroker => 3,
            ConfigSource::StaticBroker => 4,
            ConfigSource::Default => 5,
        }
    }

    /// The name as tools print it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ConfigSource::DynamicTopic => "DYNAMIC_TOPIC_CONFIG",
            ConfigSource::DynamicBroker => "DYNAMIC_BROKER_CONFIG",
            ConfigSource::DynamicDefaultBroker => "DYNAMIC_DEFAULT_BROKER_CONFIG",
            ConfigSource::StaticBroker => "STATIC_BROKER_CONFIG",
            ConfigSource::Default => "DEFAULT_CONFIG",
        }
    }
}

/// What one layer holds for a property, or for a synonym of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigSynonym {
    /// The name in that layer.
    pub name: String,
    /// The text there; `None` where it must not be shown.
    pub value: Option<String>,
    /// The layer.
    pub source: ConfigSource,
}

/// A property as DescribeConfigs shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigEntry {
    /// Its name.
    pub name: String,
    /// Its value; `None` where there is none or it must not be shown.
    pub value: Option<String>,
    /// The strongest layer that holds it.
    pub source: ConfigSource,
    /// Whether the value must not be shown.
    pub is_sensitive: bool,
    /// Whether a change waits for the next start.
    pub is_read_only: bool,
    /// The number of its type.
    pub config_type: i8,
    /// Its sentence, for those who ask for it.
    pub documentation: &'static str,
    /// What the layers hold, the strongest first.
    pub synonyms: Vec<ConfigSynonym>,
}

impl BrokerSettings {
    /// Every property of this broker, by name.
    ///
    /// # Errors
    /// A value of a layer that is wrong.
    pub fn describe_broker(&self) -> Result<Vec<ConfigEntry>, ConfigError> {
        let values = self.values()?;
        let describe = |row: &'static Property| {
            let synonyms = self.layers(row.name, row.is_sensitive());
            entry(row, &values, synonyms, !row.scope.is_dynamic())
        };
        let mut entries: Vec<_> = shown(broker::TABLE).map(describe).collect();
        let given: Vec<_> = self.fixed.keys().chain(self.dynamic_default.keys()).chain(self.dynamic.keys()).collect();
        for name in given {
            let is_listed = entries.iter().any(|entry| entry.name == *name);
            if broker::TABLE.get(name).is_none() && !is_listed {
                entries.push(self.describe_unknown(name));
            }
        }
        Ok(entries)
    }

    /// The properties that were changed at run time for all brokers, by name.
    #[must_use]
    pub fn describe_default_broker(&self) -> Vec<ConfigEntry> {
        let describe = |(name, value): (&String, &String)| {
            let row = broker::TABLE.get(name);
            let is_sensitive = row.is_none_or(Property::is_sensitive);
            let value = (!is_sensitive).then(|| value.clone());
            let source = ConfigSource::DynamicDefaultBroker;
            ConfigEntry {
                name: name.clone(),
                value: value.clone(),
                source,
                is_sensitive,
                is_read_only: row.is_some_and(|row| !row.scope.is_dynamic()),
                config_type: row.map_or(0, |row| row.kind.wire()),
                documentation: row.map_or("", |row| row.doc),
                synonyms: vec![ConfigSynonym { name: name.clone(), value, source }],
            }
        };
        self.dynamic_default.iter().map(describe).collect()
    }

    /// Every property of a topic whose own settings are these, by name.
    ///
    /// # Errors
    /// A value of a layer that is wrong.
    pub fn describe_topic(&self, own: &Settings) -> Result<Vec<ConfigEntry>, ConfigError> {
        let values = self.topic_values(own)?;
        let describe = |row: &'static Property| {
            let of_topic = own.get(row.name).map(|_| ConfigSynonym {
                name: row.name.to_owned(),
                value: values.get(row.name).map(ToString::to_string),
                source: ConfigSource::DynamicTopic,
            });
            let of_broker = row.synonyms.first().map(|first| self.layers(first.name, false)).unwrap_or_default();
            entry(row, &values, of_topic.into_iter().chain(of_broker).collect(), false)
        };
        let is_shown = |row: &&'static Property| !row.is_internal() || own.contains_key(row.name);
        Ok(topic::TABLE.sorted().into_iter().filter(is_shown).map(describe).collect())
    }

    /// What the layers hold for a broker's property. Kafka lists synonyms only behind the property's own name: hours in
    /// the table are not shown until milliseconds are set somewhere.
    fn layers(&self, name: &str, is_sensitive: bool) -> Vec<ConfigSynonym> {
        let synonyms = broker_synonyms(name);
        let mut found = Vec::new();
        for (layer, source) in [
            (&self.dynamic, ConfigSource::DynamicBroker),
            (&self.dynamic_default, ConfigSource::DynamicDefaultBroker),
            (&self.fixed, ConfigSource::StaticBroker),
        ] {
            for synonym in &synonyms {
                if let Some(value) = layer.get(*synonym) {
                    let value = (!is_sensitive).then(|| value.clone());
                    found.push(ConfigSynonym { name: (*synonym).to_owned(), value, source });
                }
            }
        }
        for synonym in &synonyms {
            if let Some(text) = broker::TABLE.get(synonym).and_then(|row| row.default.text()) {
                let value = (!is_sensitive).then(|| text.to_owned());
                found.push(ConfigSynonym { name: (*synonym).to_owned(), value, source: ConfigSource::Default });
            }
        }
        found.into_iter().skip_while(|synonym| synonym.name != name).collect()
    }

    /// A setting that no row describes: it may be anybody's secret.
    fn describe_unknown(&self, name: &str) -> ConfigEntry {
        let synonyms = self.layers(name, true);
        ConfigEntry {
            name: name.to_owned(),
            value: None,
            source: synonyms.first().map_or(ConfigSource::Default, |synonym| synonym.source),
            is_sensitive: true,
            is_read_only: !self.dynamic.contains_key(name) && !self.dynamic_default.contains_key(name),
            config_type: 0,
            documentation: "",
            synonyms,
        }
    }
}

fn shown(table: Table) -> impl Iterator<Item = &'static Property> {
    table.sorted().into_iter().filter(|row| !row.is_internal())
}

fn entry(row: &'static Property, values: &Values, synonyms: Vec<ConfigSynonym>, is_read_only: bool) -> ConfigEntry {
    let is_sensitive = row.is_sensitive();
    ConfigEntry {
        name: row.name.to_owned(),
        value: values.get(row.name).filter(|_| !is_sensitive).map(ToString::to_string),
        source: synonyms.first().map_or(ConfigSource::Default, |synonym| synonym.source),
        is_sensitive,
        is_read_only,
        config_type: row.kind.wire(),
        documentation: row.doc,
        synonyms,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Given, Properties};

    /// The node of which Kafka 4.3.1 printed `described_4_3_1.txt` by `kafka-configs --describe --all`.
    fn settings() -> BrokerSettings {
        let file = Properties::parse(
            b"process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:29393\n\
            listeners=PLAINTEXT://127.0.0.1:29392,CONTROLLER://127.0.0.1:29393\n\
            advertised.listeners=PLAINTEXT://127.0.0.1:29392\ncontroller.listener.names=CONTROLLER\n\
            log.dirs=/tmp/peer-config/node-1/data\nnum.network.threads=3\nnum.io.threads=8\n\
            offsets.topic.replication.factor=1\ntransaction.state.log.replication.factor=1\n\
            transaction.state.log.min.isr=1\nshare.coordinator.state.topic.replication.factor=1\n\
            share.coordinator.state.topic.min.isr=1\ngroup.initial.rebalance.delay.ms=0\n",
        )
        .expect("plain");
        let (settings, _) = BrokerSettings::start(&Given { file: Some(&file), ..Given::default() }).expect("valid");
        let of = |pairs: &[(&str, &str)]| pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        settings.with_dynamic(
            of(&[("log.retention.ms", "6000"), ("log.segment.bytes", "20000000"), ("min.insync.replicas", "1")]),
            of(&[("log.retention.ms", "5000"), ("log.cleaner.threads", "2")]),
        )
    }

    fn line(entry: &ConfigEntry) -> String {
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "null".to_owned());
        let of =
            |synonym: &ConfigSynonym| format!("{}:{}={}", synonym.source.name(), synonym.name, text(&synonym.value));
        let synonyms = entry.synonyms.iter().map(of).collect::<Vec<_>>().join(", ");
        let (name, value, sensitive) = (&entry.name, text(&entry.value), entry.is_sensitive);
        format!("  {name}={value} sensitive={sensitive} synonyms={{{synonyms}}}")
    }

    fn check(title: &str, entries: &[ConfigEntry]) {
        let golden = include_str!("described_4_3_1.txt");
        let expected =
            golden.lines().skip_while(|line| *line != title).skip(1).take_while(|line| line.starts_with(' '));
        let expected: Vec<_> = expected.collect();
        let found: Vec<_> = entries.iter().map(line).collect();
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found, expected);
        }
        assert_eq!(found.len(), expected.len(), "{title}");
    }

    #[test]
    fn a_broker_is_described_as_kafka_does() {
        check("All configs for broker 1 are:", &settings().describe_broker().expect("valid"));
    }

    #[test]
    fn all_brokers_are_described_as_kafka_does() {
        check("Default configs for brokers in the cluster are:", &settings().describe_default_broker());
    }

    #[test]
    fn a_topic_is_described_as_kafka_does() {
        let own = [("retention.ms".to_owned(), "1000".to_owned())].into();
        check("All configs for topic t1 are:", &settings().describe_topic(&own).expect("valid"));
    }
}
