//! What the keys and values of records say: texts, or the records of Kafka's own topics as JSON.

use anyhow::{Result, bail, ensure};
use bytes::Bytes;

use super::remote;
use crate::protocol::Json;
use crate::protocol::Reader;
use crate::protocol::consumer_protocol::PROTOCOL_TYPE;
use crate::protocol::outline::{Family, Outline, OutlineKind};
use crate::record::Record;

/// The only way to frame a metadata record that there is.
const FRAME_VERSION: u32 = 1;

/// How the records of a log are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decoder {
    /// As texts or numbers.
    Plain { key: Primitive, value: Primitive },
    /// As `__consumer_offsets`.
    Offsets,
    /// As `__transaction_state`.
    TransactionLog,
    /// As `__share_group_state`.
    ShareGroupState,
    /// As `__cluster_metadata`.
    ClusterMetadata,
    /// As `__remote_log_metadata`.
    RemoteLogMetadata,
}

/// What is printed of a record.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Decoded {
    pub(super) key: Option<String>,
    pub(super) payload: Option<String>,
}

impl Decoder {
    pub(super) fn decode(self, record: &Record) -> Result<Decoded> {
        Ok(match self {
            Decoder::Plain { key, value } => Decoded {
                key: record.key.as_deref().map(|bytes| key.text(bytes)).transpose()?,
                payload: record.value.as_deref().map(|bytes| value.text(bytes)).transpose()?,
            },
            Decoder::Offsets => coordinator(Family::Group, record)?,
            Decoder::TransactionLog => coordinator(Family::Transaction, record)?,
            Decoder::ShareGroupState => coordinator(Family::Share, record)?,
            Decoder::ClusterMetadata => {
                let value = record.value.clone().unwrap_or_default();
                let text = framed(Family::Metadata, value).map(|framed| {
                    let Framed { outline, version, json } = framed;
                    format!("{{\"type\":\"{}\",\"version\":{version},\"data\":{json}}}", outline.upper_name)
                });
                Decoded::payload(text.unwrap_or_else(|error| format!("Error at {}, skipping. {error}", record.offset)))
            }
            Decoder::RemoteLogMetadata => {
                let value = record.value.clone().unwrap_or_default();
                let text =
                    framed(Family::RemoteLog, value).map(|framed| remote::text(framed.outline.name, &framed.json));
                Decoded::payload(
                    text.unwrap_or_else(|error| format!("Error at offset {}, skipping. {error}", record.offset)),
                )
            }
        })
    }
}

impl Decoded {
    fn payload(text: String) -> Decoded {
        Decoded { key: None, payload: Some(text) }
    }
}

/// The decoders of `org.apache.kafka.tools.api`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Primitive {
    String,
    Integer,
    Long,
    Double,
}

impl Primitive {
    /// The decoder of a class. A class of one's own needs a Java machine, so it is refused.
    pub(super) fn of_class(class: &str) -> Result<Primitive> {
        Ok(match class {
            "org.apache.kafka.tools.api.StringDecoder" | "kafka.serializer.StringDecoder" => Primitive::String,
            // Kafka's own prints the address of an array here; the text says more.
            "org.apache.kafka.tools.api.DefaultDecoder" | "kafka.serializer.DefaultDecoder" => Primitive::String,
            "org.apache.kafka.tools.api.IntegerDecoder" | "kafka.serializer.IntegerDecoder" => Primitive::Integer,
            "org.apache.kafka.tools.api.LongDecoder" | "kafka.serializer.LongDecoder" => Primitive::Long,
            "org.apache.kafka.tools.api.DoubleDecoder" => Primitive::Double,
            other => bail!(
                "Failed to load decoder class {other}: the String, Integer, Long and Double decoders of \
                 org.apache.kafka.tools.api are built in, and no other can be loaded"
            ),
        })
    }

    /// Numbers are read from the front of the bytes, as Java's buffers do.
    fn text(self, bytes: &[u8]) -> Result<String> {
        let short = || anyhow::anyhow!("a record of {} bytes is too short for its decoder", bytes.len());
        Ok(match self {
            Primitive::String => String::from_utf8_lossy(bytes).into_owned(),
            Primitive::Integer => i32::from_be_bytes(*bytes.first_chunk().ok_or_else(short)?).to_string(),
            Primitive::Long => i64::from_be_bytes(*bytes.first_chunk().ok_or_else(short)?).to_string(),
            Primitive::Double => Json::Float(f64::from_be_bytes(*bytes.first_chunk().ok_or_else(short)?)).to_string(),
        })
    }
}

fn coordinator(family: Family, record: &Record) -> Result<Decoded> {
    let offset = record.offset;
    let Some(key) = record.key.clone() else {
        bail!("Failed to decode message at offset {offset} using the specified decoder (message had a missing key)");
    };
    let Some(number) = key.first_chunk().map(|number| i16::from_be_bytes(*number)) else {
        return Ok(Decoded::skipped(offset.0, "Could not read version from key's buffer."));
    };
    let Some(outline) = family.outline(OutlineKind::Key, number) else {
        let key = Some(format!("Unknown record type {number} at offset {offset}, skipping."));
        return Ok(Decoded { key, payload: None });
    };
    // A key has one layout, and the number in the place of its version is its type.
    let key = match outline.read(&mut Reader::new(key.slice(2..)), 0) {
        Ok(json) => format!("{{\"type\":\"{number}\",\"data\":{json}}}"),
        Err(error) => return Ok(Decoded::skipped(offset.0, &unreadable(number, "key", &error))),
    };
    let payload = match record.value.clone() {
        None => "<DELETE>".to_owned(),
        Some(value) => match coordinator_value(family, number, value) {
            Ok((version, json)) => format!("{{\"version\":\"{version}\",\"data\":{json}}}"),
            Err(message) => return Ok(Decoded::skipped(offset.0, &message)),
        },
    };
    Ok(Decoded { key: Some(key), payload: Some(payload) })
}

impl Decoded {
    fn skipped(offset: i64, message: &str) -> Decoded {
        Decoded { key: Some(format!("Error at offset {offset}, skipping. {message}")), payload: None }
    }
}

fn unreadable(version: i16, part: &str, error: &dyn std::fmt::Display) -> String {
    format!("Could not read record with version {version} from {part}'s buffer due to: {error}.")
}

fn coordinator_value(family: Family, number: i16, value: Bytes) -> Result<(i16, Json), String> {
    let Some(version) = value.first_chunk().map(|version| i16::from_be_bytes(*version)) else {
        return Err("Could not read version from value's buffer.".to_owned());
    };
    let outline = family.outline(OutlineKind::Value, number).ok_or("The type has no values.")?;
    let mut json = outline
        .read(&mut Reader::new(value.slice(2..)), version)
        .map_err(|error| unreadable(version, "value", &error))?;
    if outline.name == "GroupMetadataValue" {
        open_members(&mut json);
    }
    Ok((version, json))
}

/// In a group of consumers the subscription and assignment of a member are messages themselves.
fn open_members(group: &mut Json) {
    if group.get("protocolType").and_then(Json::as_text) != Some(PROTOCOL_TYPE) {
        return;
    }
    let Some(Json::Array(members)) = group.get_mut("members") else { return };
    for member in members {
        for (field, message) in
            [("subscription", "ConsumerProtocolSubscription"), ("assignment", "ConsumerProtocolAssignment")]
        {
            let (Some(part), Some(outline)) = (member.get_mut(field), Outline::named(message)) else { continue };
            // What is no such message stays as bytes.
            if let Json::Bytes(bytes) = part
                && let Ok((opened, _)) = outline.read_versioned(bytes.clone())
            {
                *part = opened;
            }
        }
    }
}

struct Framed {
    outline: &'static Outline,
    version: u32,
    json: Json,
}

/// A record behind frame version, type and version.
fn framed(family: Family, value: Bytes) -> Result<Framed> {
    let mut reader = Reader::new(value);
    let part = |name: &str| format!("Error while reading {name}");
    let frame = reader.uvarint("frame version").map_err(|_| anyhow::anyhow!(part("frame version")))?;
    ensure!(
        frame != 0,
        "Could not deserialize metadata record with frame version 0. Note that upgrades from the preview release of KRaft in 2.8 to newer versions are not supported."
    );
    ensure!(
        frame == FRAME_VERSION,
        "Could not deserialize metadata record due to unknown frame version {frame}(only frame version {FRAME_VERSION} is supported)"
    );
    let number = reader.uvarint("type").map_err(|_| anyhow::anyhow!(part("type")))?;
    let version = reader.uvarint("version").map_err(|_| anyhow::anyhow!(part("version")))?;
    let known = i16::try_from(number).ok().and_then(|number| family.outline(OutlineKind::Metadata, number));
    let Some(outline) = known else {
        bail!("org.apache.kafka.common.errors.UnsupportedVersionException: Unknown metadata id {number}");
    };
    let wanted = i16::try_from(version).unwrap_or(i16::MAX);
    let json = outline
        .read(&mut reader, wanted)
        .map_err(|_| anyhow::anyhow!("Failed to deserialize record with type {number}"))?;
    ensure!(reader.remaining() == 0, "Found {} byte(s) of garbage after {number}", reader.remaining());
    Ok(Framed { outline, version, json })
}
