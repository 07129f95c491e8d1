//! Rules that hold between the values of several properties, and the checks of changes at run time; all refusals are in
//! Kafka's words.

use super::broker::{self, BrokerConfig};
use super::overlay::{BrokerSettings, without_listener_prefix};
use super::property::{Property, Scope};
use super::value::{ConfigError, Settings, Value, Values};
use super::{broker_security, topic};

/// The rules that Kafka demands of a broker's values (`KafkaConfig.validateValues`).
pub(in crate::config) fn check_broker(settings: &BrokerSettings, config: &BrokerConfig) -> Result<(), ConfigError> {
    check_retention(settings)?;
    check_connections(config)?;
    check_replication(config)?;
    check_quorum(config)?;
    config.listeners()?;
    if !(0..=4).contains(&config.offsets_topic_compression_codec) {
        let message = format!("Unknown compression type id: {}", config.offsets_topic_compression_codec);
        return Err(ConfigError::new("offsets.topic.compression.codec", message));
    }
    Ok(())
}

fn require(holds: impl FnOnce() -> bool, name: &str, message: &str) -> Result<(), ConfigError> {
    if holds() { Ok(()) } else { Err(ConfigError::new(name, message)) }
}

fn check_retention(settings: &BrokerSettings) -> Result<(), ConfigError> {
    let values = settings.topic_values(&Settings::new())?;
    require(
        || values.get("retention.ms") != Some(&Value::Number(0)),
        "log.retention.ms",
        "log.retention.ms must be unlimited (-1) or, greater than or equal to 1",
    )
}

fn check_connections(config: &BrokerConfig) -> Result<(), ConfigError> {
    let overrides = &config.max_connections_per_ip_overrides;
    require(
        || config.max_connections_per_ip > 0 || !overrides.is_empty(),
        "max.connections.per.ip",
        "max.connections.per.ip can be set to zero only if max.connections.per.ip.overrides property is set.",
    )?;
    config.connection_overrides()?;
    let queued = config.queued_max_request_bytes;
    require(
        || queued <= 0 || queued >= i64::from(config.socket_request_max_bytes),
        "queued.max.request.bytes",
        "queued.max.request.bytes must be larger or equal to socket.request.max.bytes",
    )
}

fn check_replication(config: &BrokerConfig) -> Result<(), ConfigError> {
    require(
        || i64::from(config.replica_fetch_wait_max_ms) <= i64::from(config.replica_socket_timeout_ms),
        "replica.socket.timeout.ms",
        "replica.socket.timeout.ms should always be at least replica.fetch.wait.max.ms to prevent unnecessary socket \
         timeouts",
    )?;
    require(
        || i64::from(config.replica_fetch_wait_max_ms) <= config.replica_lag_time_max_ms,
        "replica.fetch.wait.max.ms",
        "replica.fetch.wait.max.ms should always be less than or equal to replica.lag.time.max.ms to prevent frequent \
         changes in ISR",
    )
}

fn check_quorum(config: &BrokerConfig) -> Result<(), ConfigError> {
    let ids: Vec<_> = config.voters().iter().map(|(id, ..)| *id).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let set = ids.iter().map(i32::to_string).collect::<Vec<_>>().join(", ");
    let id = config.node_id;
    let rule = |what: &str, must: &str| {
        format!(
            "If process.roles contains {what} role, the node id {id} must {must}be included in the set of voters \
             controller.quorum.voters=Set({set})"
        )
    };
    if config.is_controller() {
        require(|| ids.contains(&id), "node.id", &rule("the 'controller'", ""))?;
        return require(
            || ids.len() == 1 || config.listeners().is_ok_and(|listeners| !listeners.controller.is_empty()),
            "controller.listener.names",
            "controller.listener.names must contain at least one value appearing in the 'listeners' configuration when \
             running the KRaft controller role",
        );
    }
    require(|| !ids.contains(&id), "node.id", &rule("just the 'broker'", "not "))
}

impl BrokerConfig {
    /// `max.connections.per.ip.overrides` as host and count.
    ///
    /// # Errors
    /// An entry that is not `host:count`.
    pub fn connection_overrides(&self) -> Result<Vec<(String, i32)>, ConfigError> {
        const NAME: &str = "max.connections.per.ip.overrides";
        let entry = |text: &str| {
            let (host, count) = text.rsplit_once(':')?;
            Some((host.trim().to_owned(), count.trim().parse().ok()?))
        };
        let entries = self.max_connections_per_ip_overrides.split(',').map(str::trim).filter(|text| !text.is_empty());
        entries
            .map(|text| {
                let message = format!("Error parsing configuration property '{NAME}': '{text}' is not host:count");
                entry(text).ok_or_else(|| ConfigError::new(NAME, message))
            })
            .collect()
    }
}

/// Checks the settings that a topic is to have (`LogConfig.validate`): names, values, and the rules between them.
///
/// # Errors
/// Kafka's sentence; INVALID_CONFIG is its code.
pub fn check_topic(own: &Settings) -> Result<(), ConfigError> {
    if let Some(unknown) = own.keys().find(|name| topic::TABLE.get(name).is_none()) {
        return Err(ConfigError::new(unknown, format!("Unknown topic config name: {unknown}")));
    }
    let values = Values::read(topic::TABLE, own)?;
    let lag = |name: &str| values.typed::<i64>(name);
    let (least, most) = (lag("min.compaction.lag.ms")?, lag("max.compaction.lag.ms")?);
    let message =
        format!("conflict topic config setting min.compaction.lag.ms ({least}) > max.compaction.lag.ms ({most})");
    require(|| least <= most, "min.compaction.lag.ms", &message)
}

/// Whose settings a change at run time is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Brokers {
    /// One broker's.
    One,
    /// All brokers'.
    All,
}

/// Checks the settings that a broker, or all of them, are to have at run time (`DynamicBrokerConfig.validateConfigs`).
/// Names that are no property are accepted, as Kafka does for the sake of plug-ins.
///
/// # Errors
/// Kafka's sentence; INVALID_REQUEST is its code.
pub fn check_dynamic_broker(whose: Brokers, settings: &Settings) -> Result<(), ConfigError> {
    let rows: Vec<_> = settings.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let plain = |name: &str| broker::TABLE.get(without_listener_prefix(name).unwrap_or(name));
    refuse_any("Cannot update these configs dynamically: ", &rows, |name| {
        plain(name).is_some_and(|row| !row.scope.is_dynamic())
    })?;
    refuse_any(
        "These security configs can be dynamically updated only per-listener using the listener prefix: ",
        &rows,
        |name| without_listener_prefix(name).is_none() && is_per_listener(name),
    )?;
    for (name, text) in &rows {
        if let Some(row) = plain(name) {
            row.check(text)?;
        } else if let Some(quota) = REPLICATION_RATES.iter().find(|quota| quota.name == *name) {
            quota.check(text)?;
        }
    }
    if whose == Brokers::One {
        return Ok(());
    }
    refuse_any("Cannot update these configs at default cluster level, broker id must be specified: ", &rows, |name| {
        plain(name).is_some_and(|row| row.scope == Scope::PerBroker)
    })
}

fn refuse_any(words: &str, rows: &[(&str, &str)], is_refused: impl Fn(&str) -> bool) -> Result<(), ConfigError> {
    let refused: Vec<_> = rows.iter().map(|(name, _)| *name).filter(|name| is_refused(name)).collect();
    match refused.first() {
        Some(first) => Err(ConfigError::new(first, format!("{words}[{}]", refused.join(", ")))),
        None => Ok(()),
    }
}

/// Whether a running broker takes this security property only for one of its listeners.
fn is_per_listener(name: &str) -> bool {
    let row = broker_security::ROWS.iter().find(|row| row.name == name);
    row.is_some_and(|row| row.scope == Scope::PerBroker && name != "principal.builder.class")
}

/// Properties that a broker only has at run time: bounds of replication traffic.
const REPLICATION_RATES: &[Property] = &{
    const fn rate(name: &'static str, doc: &'static str) -> Property {
        use super::property::{DefaultValue, Effect, Kind, Reason, Valid};
        Property {
            name,
            kind: Kind::Long,
            default: DefaultValue::Text("9223372036854775807"),
            valid: Valid::From(0),
            scope: Scope::ClusterWide,
            synonyms: &[],
            effect: Effect::Without(Reason::QUOTAS),
            doc,
        }
    }
    [
        rate("leader.replication.throttled.rate", "Most bytes a second that a leader sends to throttled followers."),
        rate("follower.replication.throttled.rate", "Most bytes a second that throttled followers fetch."),
        rate(
            "replica.alter.log.dirs.io.max.bytes.per.second",
            "Most bytes a second that move between the data folders of a broker.",
        ),
    ]
};

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> Settings {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    /// The sentences are those that Kafka 4.3.1 gave for the same settings.
    #[test]
    fn a_topics_settings_are_refused_in_kafkas_words() {
        let check = |pairs: &[(&str, &str)], expected: Option<&str>| {
            let found = check_topic(&settings(pairs)).err().map(|error| error.message);
            assert_eq!(found.as_deref(), expected, "{pairs:?}");
        };
        check(&[("retention.ms", "1000"), ("cleanup.policy", "compact,delete")], None);
        check(&[("foo", "1")], Some("Unknown topic config name: foo"));
        check(
            &[("min.compaction.lag.ms", "10"), ("max.compaction.lag.ms", "5")],
            Some("conflict topic config setting min.compaction.lag.ms (10) > max.compaction.lag.ms (5)"),
        );
        check(
            &[("retention.ms", "abc")],
            Some("Invalid value abc for configuration retention.ms: Not a number of type LONG"),
        );
    }

    #[test]
    fn a_change_at_run_time_is_refused_in_kafkas_words() {
        let check = |whose, pairs: &[(&str, &str)], expected: Option<&str>| {
            let found = check_dynamic_broker(whose, &settings(pairs)).err().map(|error| error.message);
            assert_eq!(found.as_deref(), expected, "{pairs:?}");
        };
        check(Brokers::One, &[("log.retention.ms", "5"), ("foo", "1")], None);
        check(Brokers::One, &[("broker.id", "1")], Some("Cannot update these configs dynamically: [broker.id]"));
        check(
            Brokers::One,
            &[("log.retention.hours", "1")],
            Some("Cannot update these configs dynamically: [log.retention.hours]"),
        );
        check(
            Brokers::All,
            &[("listeners", "PLAINTEXT://:1")],
            Some("Cannot update these configs at default cluster level, broker id must be specified: [listeners]"),
        );
        check(
            Brokers::One,
            &[("ssl.keystore.location", "x")],
            Some(
                "These security configs can be dynamically updated only per-listener using the listener prefix: \
                 [ssl.keystore.location]",
            ),
        );
        check(Brokers::One, &[("listener.name.a.ssl.keystore.location", "x")], None);
        check(
            Brokers::One,
            &[("leader.replication.throttled.rate", "-1")],
            Some("Invalid value -1 for configuration leader.replication.throttled.rate: Value must be at least 0"),
        );
    }
}
