//! From the settings of a client to its typed struct: producer, consumer and admin client alike.

use super::former::{Fate, Side, former};
use super::property::Table;
use super::value::{ConfigError, Settings, Values};
use super::{AdminConfig, ConsumerConfig, ProducerConfig, admin, consumer, producer};

/// The most requests under way with which a broker still recognises each repeated batch (KIP-98).
const IN_FLIGHT_IDEMPOTENT_MAX: i32 = 5;

/// Gives every value of an earlier name to the property that took its place, unless that is set too.
fn renamed(side: Side, settings: &Settings) -> Settings {
    let mut now = settings.clone();
    for (name, value) in settings {
        if let Some(Fate::Renamed(new)) = former(side, name).map(|former| former.fate) {
            now.entry(new.to_owned()).or_insert_with(|| value.clone());
        }
    }
    now
}

fn values(table: Table, side: Side, settings: &Settings) -> Result<Values, ConfigError> {
    Values::read(table, &renamed(side, settings))
}

impl ProducerConfig {
    /// The typed values of `settings`, with defaults for all others; names that are no property are ignored.
    ///
    /// # Errors
    /// Kafka's sentence about the first value that is wrong, or about missing `bootstrap.servers`.
    pub fn read(settings: &Settings) -> Result<ProducerConfig, ConfigError> {
        let config = ProducerConfig::from_values(&values(producer::TABLE, Side::Producer, settings)?)?;
        let config = config.with_idempotence_checked(settings.contains_key("enable.idempotence"))?;
        let least = i64::from(config.request_timeout_ms).saturating_add(config.linger_ms);
        if i64::from(config.delivery_timeout_ms) >= least {
            return Ok(config);
        }
        if settings.contains_key("delivery.timeout.ms") {
            let message = "delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms";
            return Err(ConfigError::new("delivery.timeout.ms", message));
        }
        Ok(ProducerConfig { delivery_timeout_ms: i32::try_from(least).unwrap_or(i32::MAX), ..config })
    }

    /// Idempotence that was asked for refuses what rules it out; by default it steps back before `acks` and `retries`, and
    /// still refuses more requests under way than the broker remembers batches (KIP-98, KIP-679).
    fn with_idempotence_checked(self, asked_for: bool) -> Result<ProducerConfig, ConfigError> {
        if !self.enable_idempotence {
            return Ok(self);
        }
        let (no_retries, some_acks) = (self.retries == 0, !matches!(self.acks.as_str(), "all" | "-1"));
        if asked_for && no_retries {
            let message = "Must set retries to non-zero when using the idempotent producer.";
            return Err(ConfigError::new("retries", message));
        }
        if asked_for && some_acks {
            let message = "Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence.";
            return Err(ConfigError::new("acks", message));
        }
        let in_flight = self.max_in_flight_requests_per_connection;
        if in_flight > IN_FLIGHT_IDEMPOTENT_MAX {
            let message = format!(
                "To use the idempotent producer, max.in.flight.requests.per.connection must be set to at most \
                 {IN_FLIGHT_IDEMPOTENT_MAX}. Current value is {in_flight}."
            );
            return Err(ConfigError::new("max.in.flight.requests.per.connection", message));
        }
        Ok(ProducerConfig { enable_idempotence: !no_retries && !some_acks, ..self })
    }
}

impl ConsumerConfig {
    /// The typed values of `settings`, with defaults for all others; names that are no property are ignored.
    ///
    /// # Errors
    /// Kafka's sentence about the first value that is wrong, or about missing `bootstrap.servers`.
    pub fn read(settings: &Settings) -> Result<ConsumerConfig, ConfigError> {
        let config = ConsumerConfig::from_values(&values(consumer::TABLE, Side::Consumer, settings)?)?;
        match config.group_id.as_deref() {
            None if config.enable_auto_commit && settings.contains_key("enable.auto.commit") => {
                let message = "enable.auto.commit cannot be set to true when default group id (null) is used.";
                Err(ConfigError::new("enable.auto.commit", message))
            }
            Some(group) if group.trim().is_empty() => {
                let message = "The configured group.id should not be an empty string or whitespace.";
                Err(ConfigError::new("group.id", message))
            }
            Some(_) if config.heartbeat_interval_ms >= config.session_timeout_ms => {
                let message = "Heartbeat must be set lower than the session timeout";
                Err(ConfigError::new("heartbeat.interval.ms", message))
            }
            _ => Ok(config),
        }
    }

    /// For `auto.offset.reset=by_duration:...`: how far back to begin, in milliseconds.
    #[must_use]
    pub fn auto_offset_reset_duration(&self) -> Option<i64> {
        super::value::reset_duration(self.auto_offset_reset.strip_prefix("by_duration:")?)
    }
}

impl AdminConfig {
    /// The typed values of `settings`, with defaults for all others; names that are no property are ignored.
    ///
    /// # Errors
    /// Kafka's sentence about the first value that is wrong.
    pub fn read(settings: &Settings) -> Result<AdminConfig, ConfigError> {
        AdminConfig::from_values(&values(admin::TABLE, Side::Admin, settings)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> Settings {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_client_needs_no_more_than_its_servers() {
        let config = ProducerConfig::read(&settings(&[("bootstrap.servers", "a:1, b:2")])).expect("complete");
        assert_eq!(config.bootstrap_servers, ["a:1", "b:2"]);
        assert_eq!((config.acks.as_str(), config.linger_ms, config.batch_size), ("all", 5, 16_384));
        let error = ConsumerConfig::read(&settings(&[])).expect_err("no servers");
        assert_eq!(error.message, "Missing required configuration \"bootstrap.servers\" which has no default value.");
    }

    #[test]
    fn a_former_name_sets_its_successor() {
        let given = settings(&[("metadata.broker.list", "a:1"), ("request.required.acks", "1")]);
        let config = ProducerConfig::read(&given).expect("both are renamed");
        assert_eq!((config.bootstrap_servers, config.acks), (vec!["a:1".to_owned()], "1".to_owned()));
    }

    #[test]
    fn the_delivery_timeout_covers_a_request() {
        let base = [("bootstrap.servers", "a:1"), ("request.timeout.ms", "200000")];
        let config = ProducerConfig::read(&settings(&base)).expect("the default gives way");
        assert_eq!(config.delivery_timeout_ms, 200_005);
        let error = ProducerConfig::read(&settings(&[base[0], base[1], ("delivery.timeout.ms", "5")])).expect_err("");
        assert!(error.message.starts_with("delivery.timeout.ms should be"), "{error}");
    }

    fn producer(pairs: &[(&str, &str)]) -> Result<bool, String> {
        let given = settings(&[&[("bootstrap.servers", "a:1")], pairs].concat());
        ProducerConfig::read(&given).map(|config| config.enable_idempotence).map_err(|error| error.message)
    }

    #[test]
    fn idempotence_that_was_asked_for_refuses_what_rules_it_out() {
        let asked = ("enable.idempotence", "true");
        for (name, value, start) in [
            ("acks", "1", "Must set acks to all"),
            ("retries", "0", "Must set retries to non-zero"),
            ("max.in.flight.requests.per.connection", "6", "To use the idempotent producer, max.in.flight"),
        ] {
            let refused = producer(&[asked, (name, value)]).expect_err(name);
            assert!(refused.starts_with(start), "{refused}");
        }
        assert_eq!(producer(&[asked, ("acks", "all")]), Ok(true));
    }

    #[test]
    fn idempotence_by_default_steps_back_before_acks_and_retries_alone() {
        assert_eq!(producer(&[]), Ok(true));
        assert_eq!(producer(&[("acks", "1")]), Ok(false));
        assert_eq!(producer(&[("retries", "0")]), Ok(false));
        let many = ("max.in.flight.requests.per.connection", "6");
        let refused = producer(&[many, ("acks", "1")]).expect_err("Kafka 4 refuses it, with any acks");
        assert!(refused.ends_with("must be set to at most 5. Current value is 6."), "{refused}");
        assert_eq!(producer(&[many, ("enable.idempotence", "false")]), Ok(false));
    }

    #[test]
    fn a_consumer_refuses_what_kafkas_refuses() {
        for (pairs, message) in [
            (vec![("enable.auto.commit", "true")], "enable.auto.commit cannot be set to true"),
            (vec![("group.id", " ")], "The configured group.id should not be an empty string or whitespace."),
            (vec![("group.id", "g"), ("heartbeat.interval.ms", "50000")], "Heartbeat must be set lower"),
        ] {
            let given = settings(&[vec![("bootstrap.servers", "a:1")], pairs].concat());
            let refused = ConsumerConfig::read(&given).expect_err(message).message;
            assert!(refused.starts_with(message), "{refused}");
        }
        let alone = [("bootstrap.servers", "a:1"), ("heartbeat.interval.ms", "50000")];
        ConsumerConfig::read(&settings(&alone)).expect("without a group there are no heartbeats");
    }

    #[test]
    fn a_length_of_time_is_read() {
        for (text, expected) in [("PT1H", 3_600_000), ("P1DT2M3.5S", 86_523_500), ("PT0S", 0), ("P2D", 172_800_000)] {
            let given =
                settings(&[("bootstrap.servers", "a:1"), ("auto.offset.reset", &format!("by_duration:{text}"))]);
            let config = ConsumerConfig::read(&given).expect(text);
            assert_eq!(config.auto_offset_reset_duration(), Some(expected), "{text}");
        }
    }
}
