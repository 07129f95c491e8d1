//! From the settings of a client to its typed struct: producer, consumer and admin client alike.

use super::former::{Fate, Side, former};
use super::property::Table;
use super::value::{ConfigError, Settings, Values};
use super::{AdminConfig, ConsumerConfig, ProducerConfig, admin, consumer, producer};

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
}

impl ConsumerConfig {
    /// The typed values of `settings`, with defaults for all others; names that are no property are ignored.
    ///
    /// # Errors
    /// Kafka's sentence about the first value that is wrong, or about missing `bootstrap.servers`.
    pub fn read(settings: &Settings) -> Result<ConsumerConfig, ConfigError> {
        ConsumerConfig::from_values(&values(consumer::TABLE, Side::Consumer, settings)?)
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
