//! From a record to what is printed of it: Kafka's formatters by their class names of every era.

use std::io::Write;

use anyhow::{Context as _, Result, bail};

use super::deserialize::Deserializer;
use crate::cli::offsets_formatter::OffsetsFormatter;
use crate::client::ConsumerRecord;
use crate::config::Settings;
use crate::protocol::Reader;
use crate::protocol::outline::{Family, OutlineKind};
use crate::record::Record;

/// How records are printed.
#[derive(Debug)]
pub(super) enum Formatter {
    /// `DefaultMessageFormatter`. `LoggingMessageFormatter` prints the same; its log lines are below the script's log level.
    Default(Box<Columns>),
    /// `NoOpMessageFormatter`.
    Nothing,
    /// The committed offsets of `__consumer_offsets`.
    Offsets(OffsetsFormatter),
    /// Records of one family and type as JSON objects: `GroupMetadataMessageFormatter`, `TransactionLogMessageFormatter`.
    Coordinator(Family, i16),
}

/// The columns of a line.
#[derive(Debug)]
pub(super) struct Columns {
    timestamp: bool,
    partition: bool,
    offset: bool,
    delivery: bool,
    epoch: bool,
    headers: bool,
    key: bool,
    value: bool,
    key_separator: Vec<u8>,
    line_separator: Vec<u8>,
    headers_separator: Vec<u8>,
    null_literal: Vec<u8>,
    key_deserializer: Option<Deserializer>,
    value_deserializer: Option<Deserializer>,
    headers_deserializer: Option<Deserializer>,
}

/// The group metadata record of `__consumer_offsets`.
const GROUP_METADATA: i16 = 2;
/// The one record of `__transaction_state`.
const TRANSACTION_LOG: i16 = 0;

impl Formatter {
    /// The formatter of a class; without one the default. In the way of 0.11 (`is_old`) the class that had two texts has
    /// its older one.
    pub(super) fn of(class: Option<&str>, properties: &Settings, is_old: bool) -> Result<Formatter> {
        let Some(class) = class else { return Ok(Formatter::Default(Box::new(Columns::of(properties)))) };
        let name = class.rsplit(['.', '$']).next().unwrap_or(class);
        let known =
            ["org.apache.kafka.tools.consumer.", "kafka.tools.", "kafka.coordinator.", "org.apache.kafka.tools."];
        if !known.iter().any(|package| class.starts_with(package)) {
            bail!("{class}");
        }
        Ok(match name {
            "DefaultMessageFormatter" | "LoggingMessageFormatter" => {
                Formatter::Default(Box::new(Columns::of(properties)))
            }
            "NoOpMessageFormatter" => Formatter::Nothing,
            "GroupMetadataMessageFormatter" => Formatter::Coordinator(Family::Group, GROUP_METADATA),
            "TransactionLogMessageFormatter" => Formatter::Coordinator(Family::Transaction, TRANSACTION_LOG),
            "OffsetsMessageFormatter" => match OffsetsFormatter::of_class(class)? {
                OffsetsFormatter::Kafka3 if is_old => Formatter::Offsets(OffsetsFormatter::Kafka011),
                formatter => Formatter::Offsets(formatter),
            },
            _ => bail!("{class}"),
        })
    }

    /// Prints one record.
    pub(super) fn write(&self, record: &ConsumerRecord<'_>, out: &mut dyn Write) -> Result<()> {
        match self {
            Formatter::Default(columns) => columns.write(record, out),
            Formatter::Nothing => Ok(()),
            Formatter::Offsets(formatter) => {
                let Some(text) = formatter.text(&record.to_record())? else { return Ok(()) };
                out.write_all(text.as_bytes())?;
                // 4.3.1 prints its objects without a line end; the texts before it had one.
                if *formatter != OffsetsFormatter::Kafka4 {
                    out.write_all(b"\n")?;
                }
                Ok(())
            }
            Formatter::Coordinator(family, wanted) => {
                let Some(text) = coordinator_text(*family, *wanted, &record.to_record())? else { return Ok(()) };
                Ok(out.write_all(text.as_bytes())?)
            }
        }
    }
}

/// A coordinator's record of one type as 4.3.1 prints it; none where it is of another type.
fn coordinator_text(family: Family, wanted: i16, record: &Record) -> Result<Option<String>> {
    let Some(key) = record.key.clone() else { return Ok(None) };
    let number = key.first_chunk().map(|number| i16::from_be_bytes(*number));
    let outlines = (family.outline(OutlineKind::Key, wanted), family.outline(OutlineKind::Value, wanted));
    let (true, (Some(keys), Some(values))) = (number == Some(wanted), outlines) else { return Ok(None) };
    let key = keys.read(&mut Reader::new(key.slice(2..)), 0).context("key")?;
    let value = match record.value.clone() {
        None => "null".to_owned(),
        Some(value) => {
            let mut reader = Reader::new(value);
            let version = reader.i16("version")?;
            let data = values.read(&mut reader, version).context("value")?;
            format!("{{\"version\":{version},\"data\":{data}}}")
        }
    };
    Ok(Some(format!("{{\"key\":{{\"type\":{wanted},\"data\":{key}}},\"value\":{value}}}")))
}

impl Columns {
    fn of(properties: &Settings) -> Columns {
        let is = |name: &str, default: bool| {
            properties.get(name).map_or(default, |text| text.trim().eq_ignore_ascii_case("true"))
        };
        let text = |name: &str, default: &str| properties.get(name).map_or(default, String::as_str).as_bytes().to_vec();
        let deserializer = |name: &str| properties.get(name).and_then(|class| Deserializer::of_class(class));
        Columns {
            timestamp: is("print.timestamp", false),
            partition: is("print.partition", false),
            offset: is("print.offset", false),
            delivery: is("print.delivery", false),
            epoch: is("print.epoch", false),
            headers: is("print.headers", false),
            key: is("print.key", false),
            value: is("print.value", true),
            key_separator: text("key.separator", "\t"),
            line_separator: text("line.separator", "\n"),
            headers_separator: text("headers.separator", ","),
            null_literal: text("null.literal", "null"),
            key_deserializer: deserializer("key.deserializer"),
            value_deserializer: deserializer("value.deserializer"),
            headers_deserializer: deserializer("headers.deserializer"),
        }
    }

    /// Prints the columns in their order, each but the last with the separator behind it. The value ends its line itself;
    /// without it the last column does.
    fn write(&self, record: &ConsumerRecord<'_>, out: &mut dyn Write) -> Result<()> {
        let columns = [
            (self.timestamp, Column::Timestamp),
            (self.partition, Column::Partition),
            (self.offset, Column::Offset),
            (self.delivery, Column::Delivery),
            (self.epoch, Column::Epoch),
            (self.headers, Column::Headers),
            (self.key, Column::Key),
            (self.value, Column::Value),
        ];
        let mut separator: &[u8] = b"";
        let mut any = false;
        for (_, column) in columns.iter().filter(|(wanted, _)| *wanted) {
            out.write_all(separator)?;
            self.write_column(*column, record, out)?;
            separator = &self.key_separator;
            any = true;
        }
        if any {
            out.write_all(&self.line_separator)?;
        }
        Ok(())
    }

    fn write_column(&self, column: Column, record: &ConsumerRecord<'_>, out: &mut dyn Write) -> Result<()> {
        match column {
            Column::Timestamp => write!(out, "{}:{}", record.timestamp_type().name(), record.timestamp())?,
            Column::Partition => write!(out, "Partition:{}", record.partition())?,
            Column::Offset => write!(out, "Offset:{}", record.offset())?,
            // A share group counts deliveries; this consumer is no member of one.
            Column::Delivery => out.write_all(b"Delivery:NOT_PRESENT")?,
            // The script prints a copy of the record that has lost its epoch.
            Column::Epoch => out.write_all(b"Epoch:NOT_PRESENT")?,
            Column::Headers => self.write_headers(record, out)?,
            Column::Key => self.write_bytes(record.key(), self.key_deserializer, out)?,
            Column::Value => self.write_bytes(record.value(), self.value_deserializer, out)?,
        }
        Ok(())
    }

    fn write_headers(&self, record: &ConsumerRecord<'_>, out: &mut dyn Write) -> Result<()> {
        if record.headers().len() == 0 {
            return Ok(out.write_all(b"NO_HEADERS")?);
        }
        for (index, (key, value)) in record.headers().enumerate() {
            if index > 0 {
                out.write_all(&self.headers_separator)?;
            }
            out.write_all(key)?;
            out.write_all(b":")?;
            self.write_bytes(value, self.headers_deserializer, out)?;
        }
        Ok(())
    }

    fn write_bytes(&self, bytes: Option<&[u8]>, deserializer: Option<Deserializer>, out: &mut dyn Write) -> Result<()> {
        // The script hands the literal to the deserializer, too.
        let bytes = bytes.unwrap_or(&self.null_literal);
        match deserializer {
            Some(deserializer) => out.write_all(&deserializer.text(bytes)?)?,
            None => out.write_all(bytes)?,
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum Column {
    Timestamp,
    Partition,
    Offset,
    Delivery,
    Epoch,
    Headers,
    Key,
    Value,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formatters_of_every_era_are_known() {
        let none = Settings::new();
        let of = |class, is_old| Formatter::of(Some(class), &none, is_old);
        for class in [
            "kafka.tools.DefaultMessageFormatter",
            "org.apache.kafka.tools.consumer.DefaultMessageFormatter",
            "kafka.tools.LoggingMessageFormatter",
        ] {
            assert!(matches!(of(class, false), Ok(Formatter::Default(_))), "{class}");
        }
        assert!(matches!(of("kafka.tools.NoOpMessageFormatter", false), Ok(Formatter::Nothing)));
        let middle = "kafka.coordinator.group.GroupMetadataManager$OffsetsMessageFormatter";
        assert!(matches!(of(middle, false), Ok(Formatter::Offsets(OffsetsFormatter::Kafka3))));
        assert!(matches!(of(middle, true), Ok(Formatter::Offsets(OffsetsFormatter::Kafka011))));
        let oldest = "kafka.coordinator.GroupMetadataManager$OffsetsMessageFormatter";
        assert!(matches!(of(oldest, false), Ok(Formatter::Offsets(OffsetsFormatter::Kafka011))));
        assert_eq!(of("nosuch", false).unwrap_err().to_string(), "nosuch");
    }
}
