//! The layers of settings: for a broker its file, the command line over it, then what was changed while it runs, for all
//! brokers and for this one; for a topic the broker's synonyms under its own.

use super::property::{Property, Scope};
use super::value::{ConfigError, Settings, Value, Values};
use super::{BrokerConfig, TopicConfig, broker, topic};

/// The settings of one broker in their layers, the weakest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BrokerSettings {
    /// From the file and the command line, with what was made up for lack of a value.
    pub(in crate::config) fixed: Settings,
    /// Changed at run time for all brokers.
    pub(in crate::config) dynamic_default: Settings,
    /// Changed at run time for this broker.
    pub(in crate::config) dynamic: Settings,
}

impl BrokerSettings {
    /// These settings with other dynamic layers, as the metadata gives them.
    #[must_use]
    pub fn with_dynamic(&self, default: Settings, own: Settings) -> BrokerSettings {
        BrokerSettings { fixed: self.fixed.clone(), dynamic_default: default, dynamic: own }
    }

    /// The text that the file or the command line gave a property, known or not (`zookeeper.connect`).
    #[must_use]
    pub fn given(&self, name: &str) -> Option<&str> {
        self.fixed.get(name).map(String::as_str)
    }

    /// How the node runs.
    ///
    /// # Errors
    /// Kafka's sentence about the first value that is wrong, alone or beside others.
    pub fn broker(&self) -> Result<BrokerConfig, ConfigError> {
        let config = BrokerConfig::from_values(&self.values()?)?;
        super::checks::check_broker(self, &config)?;
        Ok(config)
    }

    /// How a topic is kept whose own settings are these.
    ///
    /// # Errors
    /// Kafka's sentence about the first value that is wrong.
    pub fn topic(&self, own: &Settings) -> Result<TopicConfig, ConfigError> {
        TopicConfig::from_values(&self.topic_values(own)?)
    }

    /// The checked values of the broker's properties.
    pub(in crate::config) fn values(&self) -> Result<Values, ConfigError> {
        Values::read(broker::TABLE, &self.overlaid())
    }

    /// The checked values of a topic's properties.
    pub(in crate::config) fn topic_values(&self, own: &Settings) -> Result<Values, ConfigError> {
        let mut values = Values::read(topic::TABLE, own)?;
        let of_broker = self.values()?;
        for row in topic::TABLE.rows().filter(|row| !own.contains_key(row.name)) {
            if let Some(value) = inherited(row, &of_broker) {
                values.set(row.name, value);
            }
        }
        Ok(values)
    }

    /// The layers on top of each other. A dynamic value also removes its synonyms below it: `log.retention.ms` at run
    /// time beats `log.retention.hours` in the file.
    fn overlaid(&self) -> Settings {
        let mut overlaid = self.fixed.clone();
        for (layer, scopes) in [
            (&self.dynamic_default, &[Scope::ClusterWide][..]),
            (&self.dynamic, &[Scope::ClusterWide, Scope::PerBroker][..]),
        ] {
            for (name, value) in layer {
                let Some(row) = broker::TABLE.get(name) else { continue };
                if scopes.contains(&row.scope) {
                    for synonym in broker_synonyms(name) {
                        overlaid.remove(synonym);
                    }
                    overlaid.insert(name.clone(), value.clone());
                }
            }
        }
        overlaid
    }
}

/// The names under which a broker's property can be set, the strongest first.
pub(in crate::config) fn broker_synonyms(name: &str) -> Vec<&str> {
    // The scheduler's interval bounds every flush and so is also a property of its own.
    let shared = topic::TABLE.rows().map(|row| row.synonyms).find(|synonyms| {
        synonyms.iter().any(|synonym| synonym.name == name) && name != "log.flush.scheduler.interval.ms"
    });
    match shared {
        Some(synonyms) => synonyms.iter().map(|synonym| synonym.name).collect(),
        None => match without_listener_prefix(name) {
            Some(plain) => vec![name, plain],
            None => vec![name],
        },
    }
}

/// `ssl.keystore.location` of `listener.name.external.ssl.keystore.location`.
pub(in crate::config) fn without_listener_prefix(name: &str) -> Option<&str> {
    let (_listener, plain) = name.strip_prefix("listener.name.")?.split_once('.')?;
    Some(plain)
}

/// What a topic's property is where the topic itself says nothing: the strongest synonym that has a value.
fn inherited(row: &Property, of_broker: &Values) -> Option<Value> {
    row.synonyms.iter().find_map(|synonym| match of_broker.get(synonym.name)? {
        Value::Number(number) => {
            let scaled = number.saturating_mul(synonym.unit);
            // Every negative age means for ever, which a topic writes as -1.
            Some(Value::Number(if row.name == "retention.ms" { scaled.max(-1) } else { scaled }))
        }
        other => Some(other.clone()),
    })
}

impl TopicConfig {
    /// Whether old segments are deleted by age and size.
    #[must_use]
    pub fn is_deleted(&self) -> bool {
        self.cleanup_policy.iter().any(|policy| policy == "delete")
    }

    /// Whether old records give way to newer ones with the same key.
    #[must_use]
    pub fn is_compacted(&self) -> bool {
        self.cleanup_policy.iter().any(|policy| policy == "compact")
    }

    /// The size at which a segment is rolled.
    #[must_use]
    pub fn segment_size(&self) -> i32 {
        self.internal_segment_bytes.unwrap_or(self.segment_bytes)
    }
}

impl BrokerConfig {
    /// The data folders.
    #[must_use]
    pub fn data_folders(&self) -> &[String] {
        self.log_dirs.as_deref().unwrap_or(&self.log_dir)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> Settings {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn broker(fixed: &[(&str, &str)], default: &[(&str, &str)], own: &[(&str, &str)]) -> BrokerSettings {
        let mut fixed = settings(fixed);
        for (name, value) in [("node.id", "1"), ("process.roles", "broker,controller")] {
            fixed.insert(name.to_owned(), value.to_owned());
        }
        fixed.insert("controller.listener.names".to_owned(), "CONTROLLER".to_owned());
        BrokerSettings { fixed, dynamic_default: settings(default), dynamic: settings(own) }
    }

    fn retention(settings: &BrokerSettings) -> i64 {
        settings.topic(&Settings::new()).expect("valid").retention_ms
    }

    #[test]
    fn a_topic_takes_its_age_from_the_strongest_synonym() {
        assert_eq!(retention(&broker(&[], &[], &[])), 604_800_000);
        assert_eq!(retention(&broker(&[("log.retention.hours", "2")], &[], &[])), 7_200_000);
        let both = [("log.retention.hours", "2"), ("log.retention.minutes", "3")];
        assert_eq!(retention(&broker(&both, &[], &[])), 180_000);
        let all = [both[0], both[1], ("log.retention.ms", "4")];
        assert_eq!(retention(&broker(&all, &[], &[])), 4);
        assert_eq!(retention(&broker(&[("log.retention.hours", "-1")], &[], &[])), -1);
    }

    #[test]
    fn a_later_layer_beats_every_synonym_below_it() {
        let file = [("log.retention.ms", "4")];
        assert_eq!(retention(&broker(&file, &[("log.retention.ms", "5")], &[])), 5);
        assert_eq!(retention(&broker(&file, &[("log.retention.ms", "5")], &[("log.retention.ms", "6")])), 6);
        let layered = broker(&file, &[("log.retention.ms", "5")], &[]);
        let own = layered.topic(&settings(&[("retention.ms", "7")])).expect("valid");
        assert_eq!(own.retention_ms, 7);
    }

    #[test]
    fn what_cannot_change_while_running_does_not() {
        let layered = broker(&[], &[("num.partitions", "5")], &[("num.partitions", "6")]);
        assert_eq!(layered.broker().expect("valid").num_partitions, 1);
    }

    #[test]
    fn a_flush_interval_falls_back_to_the_schedulers() {
        let flush = |fixed: &[(&str, &str)]| broker(fixed, &[], &[]).topic(&Settings::new()).expect("valid").flush_ms;
        assert_eq!(flush(&[]), i64::MAX);
        assert_eq!(flush(&[("log.flush.scheduler.interval.ms", "9")]), 9);
        assert_eq!(flush(&[("log.flush.scheduler.interval.ms", "9"), ("log.flush.interval.ms", "8")]), 8);
    }
}
