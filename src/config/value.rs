//! From the text of a property to its checked, typed value, with Kafka's words where it is wrong.

use std::collections::BTreeMap;
use std::fmt;

use super::property::{DefaultValue, Kind, Property, Table, Valid};

/// Texts of properties by name.
pub type Settings = BTreeMap<String, String>;

/// What is wrong with a property.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConfigError {
    /// The property, where it is one.
    pub name: Option<String>,
    /// The line of the file, where the value came from a file.
    pub line: Option<usize>,
    /// What is wrong, in Kafka's words.
    pub message: String,
}

impl ConfigError {
    /// An error about a property.
    pub fn new(name: &str, message: impl Into<String>) -> ConfigError {
        ConfigError { name: Some(name.to_owned()), line: None, message: message.into() }
    }

    fn invalid(name: &str, value: &dyn fmt::Display, why: &str) -> ConfigError {
        ConfigError::new(name, format!("Invalid value {value} for configuration {name}: {why}"))
    }
}

/// A text that is shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// The text itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

/// A checked value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Of type boolean.
    Boolean(bool),
    /// Of type string or class.
    Text(String),
    /// Of type int, short or long.
    Number(i64),
    /// Of type double.
    Double(f64),
    /// Of type list.
    List(Vec<String>),
    /// Of type password.
    Password(Password),
}

impl fmt::Display for Value {
    /// The value as Kafka writes it: `ConfigDef.convertToString`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Boolean(value) => value.fmt(f),
            Value::Text(text) => text.fmt(f),
            Value::Number(number) => number.fmt(f),
            Value::Double(number) => f.write_str(&java_double(*number)),
            Value::List(entries) => f.write_str(&entries.join(",")),
            Value::Password(_) => f.write_str("[hidden]"),
        }
    }
}

impl Property {
    /// Reads and checks a text.
    ///
    /// # Errors
    /// Kafka's sentence: the text is not of the property's type, or not among its valid values.
    pub fn check(&self, text: &str) -> Result<Value, ConfigError> {
        let value = self.parse(text)?;
        self.ensure_valid(&value)?;
        Ok(value)
    }

    fn parse(&self, text: &str) -> Result<Value, ConfigError> {
        let trimmed = text.trim();
        match self.kind {
            Kind::Boolean if trimmed.eq_ignore_ascii_case("true") => Ok(Value::Boolean(true)),
            Kind::Boolean if trimmed.eq_ignore_ascii_case("false") => Ok(Value::Boolean(false)),
            Kind::Boolean => Err(ConfigError::invalid(self.name, &text, "Expected value to be either true or false")),
            Kind::Int => self.whole(text, i32::MIN.into(), i32::MAX.into()),
            Kind::Short => self.whole(text, i16::MIN.into(), i16::MAX.into()),
            Kind::Long => self.whole(text, i64::MIN, i64::MAX),
            Kind::Double => trimmed.parse().map(Value::Double).map_err(|_| self.no_number(text)),
            Kind::String | Kind::Class => Ok(Value::Text(trimmed.to_owned())),
            Kind::List if trimmed.is_empty() => Ok(Value::List(Vec::new())),
            Kind::List => Ok(Value::List(trimmed.split(',').map(|entry| entry.trim().to_owned()).collect())),
            Kind::Password => Ok(Value::Password(Password(text.trim().to_owned()))),
        }
    }

    fn whole(&self, text: &str, least: i64, most: i64) -> Result<Value, ConfigError> {
        match text.trim().parse::<i64>() {
            Ok(number) if (least..=most).contains(&number) => Ok(Value::Number(number)),
            _ => Err(self.no_number(text)),
        }
    }

    fn no_number(&self, text: &str) -> ConfigError {
        ConfigError::invalid(self.name, &text, &format!("Not a number of type {}", self.kind.name()))
    }

    fn ensure_valid(&self, value: &Value) -> Result<(), ConfigError> {
        let invalid = |why: &str| Err(ConfigError::invalid(self.name, value, why));
        match (self.valid, value) {
            (Valid::From(least) | Valid::Within(least, _), Value::Number(number)) if *number < least => {
                invalid(&format!("Value must be at least {least}"))
            }
            (Valid::Within(_, most), Value::Number(number)) if *number > most => {
                invalid(&format!("Value must be no more than {most}"))
            }
            (Valid::Fraction(least, most), Value::Double(number)) => match out_of_range(*number, least, most) {
                Some(why) => invalid(&why),
                None => Ok(()),
            },
            (Valid::OneOf(texts), Value::Text(text)) if !texts.contains(&text.as_str()) => {
                invalid(&format!("String must be one of: {}", texts.join(", ")))
            }
            (Valid::AnyCase(texts), Value::Text(text)) if !contains_any_case(texts, text) => {
                invalid(&format!("String must be one of (case insensitive): {}", texts.join(", ")))
            }
            (Valid::NotEmpty, Value::Text(text)) if text.is_empty() => invalid("String must be non-empty"),
            (Valid::GzipLevel, Value::Number(level)) if *level != -1 && !(1..=9).contains(level) => {
                invalid("Value must be between 1 and 9 or equal to -1")
            }
            (_, Value::List(entries)) => self.ensure_valid_list(entries),
            (_, Value::Text(text)) => self.ensure_valid_word(text),
            _ => Ok(()),
        }
    }

    fn ensure_valid_list(&self, entries: &[String]) -> Result<(), ConfigError> {
        let name = self.name;
        match self.valid {
            Valid::NonEmptyList(known) if entries.is_empty() => {
                let which = match known {
                    [] => "any non-empty value".to_owned(),
                    known => format!("[{}]", known.join(", ")),
                };
                Err(ConfigError::new(
                    name,
                    format!("Configuration '{name}' must not be empty. Valid values include: {which}"),
                ))
            }
            Valid::List(known) | Valid::NonEmptyList(known) => ensure_distinct(name, entries, known),
            Valid::ThrottledReplicas if !are_replicas(entries) => Err(ConfigError::invalid(
                name,
                &format!("[{}]", entries.join(", ")),
                &format!(
                    "{name} must be the literal '*' or a list of replicas in the following format: \
                     [partitionId]:[brokerId],[partitionId]:[brokerId],..."
                ),
            )),
            Valid::Voters => entries.iter().try_for_each(|entry| ensure_voter(name, entry)),
            Valid::Addresses => entries.iter().try_for_each(|entry| ensure_address(name, entry)),
            _ => Ok(()),
        }
    }

    fn ensure_valid_word(&self, text: &str) -> Result<(), ConfigError> {
        let name = self.name;
        let refuse = |expected: &str| {
            let why = format!("Invalid value `{text}` for configuration {name}. The value must {expected}");
            Err(ConfigError::invalid(name, &text, &why))
        };
        match self.valid {
            Valid::OffsetReset if !is_offset_reset(text) => {
                refuse("be either 'earliest', 'latest', 'none' or of the format 'by_duration:<PnDTnHnMn.nS.>'.")
            }
            Valid::AcknowledgementMode if !["implicit", "explicit"].contains(&text) => {
                refuse("either be 'implicit' or 'explicit'.")
            }
            Valid::AcquireMode if !contains_any_case(&["batch_optimized", "record_limit"], text) => {
                refuse("either be 'batch_optimized' or 'record_limit'.")
            }
            _ => Ok(()),
        }
    }

    /// The checked default, where there is one.
    pub(in crate::config) fn default_value(&self) -> Option<Value> {
        // A default is a constant of the table; a test checks every one of them.
        self.default.text().and_then(|text| self.parse(text).ok())
    }
}

fn out_of_range(number: f64, least: &str, most: &str) -> Option<String> {
    let bound = |text: &str| text.parse::<f64>().expect("bounds of rows are numbers, as a test checks");
    if number < bound(least) {
        return Some(format!("Value must be at least {least}"));
    }
    (number > bound(most)).then(|| format!("Value must be no more than {most}"))
}

fn contains_any_case(texts: &[&str], text: &str) -> bool {
    texts.iter().any(|known| known.eq_ignore_ascii_case(text))
}

fn ensure_distinct(name: &str, entries: &[String], known: &[&str]) -> Result<(), ConfigError> {
    for (index, entry) in entries.iter().enumerate() {
        if entry.is_empty() {
            return Err(ConfigError::new(name, format!("Configuration '{name}' values must not be empty.")));
        }
        if entries[..index].contains(entry) {
            return Err(ConfigError::new(name, format!("Configuration '{name}' values must not be duplicated.")));
        }
    }
    match entries.iter().find(|entry| !known.is_empty() && !known.contains(&entry.as_str())) {
        Some(entry) => Err(ConfigError::invalid(name, entry, &format!("String must be one of: {}", known.join(", ")))),
        None => Ok(()),
    }
}

fn are_replicas(entries: &[String]) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_replica = |entry: &String| match entry.split_once(':') {
        Some((partition, broker)) => is_number(partition) && is_number(broker),
        None => false,
    };
    matches!(entries, [only] if only == "*") || entries.iter().all(is_replica)
}

fn ensure_voter(name: &str, entry: &str) -> Result<(), ConfigError> {
    const FORM: &str = "Each entry should be in the form `{id}@{host}:{port}`.";
    let Some((id, address)) = entry.split_once('@') else {
        return Err(ConfigError::new(name, format!("Invalid configuration value for {name}. {FORM}")));
    };
    if id.trim().parse::<i32>().is_err() {
        let message = format!("Failed to parse voter ID as an integer from {id} for the configuration {name}. {FORM}");
        return Err(ConfigError::new(name, message));
    }
    match host_and_port(address) {
        Some(_) => Ok(()),
        None => {
            let message = format!("Failed to parse host name from entry {entry} for the configuration {name}. {FORM}");
            Err(ConfigError::new(name, message))
        }
    }
}

fn ensure_address(name: &str, entry: &str) -> Result<(), ConfigError> {
    match host_and_port(entry) {
        Some(_) => Ok(()),
        None => Err(ConfigError::new(
            name,
            format!(
                "Failed to parse host name from {entry} for the configuration {name}. \
                 Each entry should be in the form \"{{host}}:{{port}}\""
            ),
        )),
    }
}

/// Splits `host:port`, `[::1]:port` or `PROTOCOL://host:port`; the host may be empty.
pub(in crate::config) fn host_and_port(address: &str) -> Option<(String, u16)> {
    let address = address.trim();
    let address = address.split_once("://").map_or(address, |(_, rest)| rest);
    let (host, port) = address.rsplit_once(':')?;
    let port = port.parse().ok()?;
    let host = match host.strip_prefix('[') {
        Some(inner) => inner.strip_suffix(']')?,
        None => host,
    };
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:%".contains(&byte);
    host.bytes().all(legal).then(|| (host.to_owned(), port))
}

fn is_offset_reset(text: &str) -> bool {
    match text.strip_prefix("by_duration:") {
        Some(length) => reset_duration(length).is_some(),
        None => ["earliest", "latest", "none"].contains(&text),
    }
}

/// The milliseconds of an ISO length of time (`P1DT2H3M4.5S`), or `None` where it is none or negative.
pub(in crate::config) fn reset_duration(text: &str) -> Option<i64> {
    let upper = text.to_ascii_uppercase();
    let rest = upper.strip_prefix('P')?;
    let (days, time) = rest.split_once('T').unwrap_or((rest, "0S"));
    let mut seconds = 0.0;
    let mut parts = 0;
    for (text, units) in [(days, &[('D', 86_400.0)][..]), (time, &[('H', 3_600.0), ('M', 60.0), ('S', 1.0)][..])] {
        let mut rest = text;
        for (unit, length) in units {
            if let Some((number, after)) = rest.split_once(*unit) {
                seconds += number.parse::<f64>().ok()? * length;
                parts += 1;
                rest = after;
            }
        }
        if !rest.is_empty() {
            return None;
        }
    }
    let is_length = parts > 0 && (0.0..9.0e15).contains(&seconds) && !rest.is_empty() && !rest.ends_with('T');
    is_length.then_some((seconds * 1000.0) as i64)
}

/// A double as Java writes it: at least one digit after the point, and an exponent outside 0.001 to 10,000,000.
fn java_double(number: f64) -> String {
    let size = number.abs();
    if number == 0.0 || (1e-3..1e7).contains(&size) || !number.is_finite() {
        return format!("{number:?}");
    }
    let text = format!("{number:E}");
    let (digits, exponent) = text.split_once('E').unwrap_or((&text, "0"));
    if digits.contains('.') { text } else { format!("{digits}.0E{exponent}") }
}

/// The checked values of one configuration, by name; an absent one is null.
#[derive(Debug)]
pub(in crate::config) struct Values {
    values: BTreeMap<&'static str, Value>,
}

impl Values {
    /// Checks the texts of `settings` against the rows and takes the defaults for the others; names without a row are
    /// left out.
    pub(in crate::config) fn read(table: Table, settings: &Settings) -> Result<Values, ConfigError> {
        let mut values = BTreeMap::new();
        for row in table.rows() {
            let value = match settings.get(row.name) {
                Some(text) => Some(row.check(text)?),
                None => row.default_value(),
            };
            if let Some(value) = value {
                values.insert(row.name, value);
            }
        }
        Ok(Values { values })
    }

    /// The defaults, and something neutral where a required property has none.
    pub(in crate::config) fn neutral(table: Table) -> Values {
        let with_default = |row: &'static Property| row.default_value().map(|value| (row.name, value));
        let mut values: BTreeMap<_, _> = table.rows().filter_map(with_default).collect();
        for row in table.rows().filter(|row| row.default == DefaultValue::Required) {
            let neutral = match row.kind {
                Kind::List => Value::List(Vec::new()),
                Kind::Int | Kind::Short | Kind::Long => Value::Number(0),
                _ => continue,
            };
            values.entry(row.name).or_insert(neutral);
        }
        Values { values }
    }

    pub(in crate::config) fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    pub(in crate::config) fn set(&mut self, name: &'static str, value: Value) {
        self.values.insert(name, value);
    }

    /// The value in the type of its field.
    pub(in crate::config) fn typed<T: Typed>(&self, name: &str) -> Result<T, ConfigError> {
        T::typed(self.get(name)).ok_or_else(|| {
            let message = format!("Missing required configuration \"{name}\" which has no default value.");
            ConfigError::new(name, message)
        })
    }
}

/// A type that a field can have.
pub(in crate::config) trait Typed: Sized {
    /// `None` where the value is absent and the type cannot say so.
    fn typed(value: Option<&Value>) -> Option<Self>;
}

macro_rules! typed {
    ($($type:ty: $pattern:pat => $result:expr;)*) => {$(
        impl Typed for $type {
            fn typed(value: Option<&Value>) -> Option<Self> {
                match value? {
                    $pattern => $result,
                    _ => None,
                }
            }
        }
    )*};
}

typed! {
    bool: Value::Boolean(value) => Some(*value);
    i16: Value::Number(number) => i16::try_from(*number).ok();
    i32: Value::Number(number) => i32::try_from(*number).ok();
    i64: Value::Number(number) => Some(*number);
    f64: Value::Double(number) => Some(*number);
    String: Value::Text(text) => Some(text.clone());
    Vec<String>: Value::List(entries) => Some(entries.clone());
    Password: Value::Password(password) => Some(password.clone());
}

impl<T: Typed> Typed for Option<T> {
    fn typed(value: Option<&Value>) -> Option<Self> {
        match value {
            None => Some(None),
            Some(_) => T::typed(value).map(Some),
        }
    }
}
