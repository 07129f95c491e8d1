//! Reads the records that are kept in logs without knowing their structs, and gives them as [`Json`]: what the tools that
//! dump logs and topics print.
//!
//! The fields come from a table that is generated from the schema. What is printed is what is there: a field that the
//! version lacks is left out, and so is a tagged field that the record does not carry.

use std::ops::RangeInclusive;

use bytes::Bytes;

use super::{DecodeError, DecodeFault, Json, Reader, Tag};

include!(concat!(env!("OUT_DIR"), "/outlines.rs"));

/// What part a message plays in the records of its family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutlineKind {
    /// The key of a coordinator's record.
    Key,
    /// The value of a coordinator's record.
    Value,
    /// A record behind a frame with its type and version.
    Metadata,
    /// A message on its own.
    Data,
}

/// The shape of one message in all its versions.
#[derive(Debug)]
pub struct Outline {
    family: &'static str,
    kind: OutlineKind,
    number: i16,
    /// Kafka's name of the message.
    pub name: &'static str,
    /// The name in capitals, as in `FEATURE_LEVEL_RECORD`.
    pub upper_name: &'static str,
    /// The versions that can be read.
    pub versions: RangeInclusive<i16>,
    flexible_from: i16,
    fields: &'static [Field],
}

#[derive(Debug)]
struct Field {
    name: &'static str,
    shape: Shape,
    versions: RangeInclusive<i16>,
    nullable: RangeInclusive<i16>,
    tag: Option<u32>,
}

/// The type of a field.
#[derive(Debug)]
#[allow(dead_code, reason = "which types occur is the schema's affair")]
enum Shape {
    Bool,
    Int8,
    Int16,
    Uint16,
    Int32,
    Uint32,
    Int64,
    Float64,
    String,
    Bytes,
    Records,
    Uuid,
    Struct(&'static [Field]),
    Array(&'static Shape),
}

/// The records of one log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// `__consumer_offsets`.
    Group,
    /// `__transaction_state`.
    Transaction,
    /// `__share_group_state`.
    Share,
    /// `__cluster_metadata`.
    Metadata,
    /// `__remote_log_metadata`.
    RemoteLog,
}

impl Family {
    fn name(self) -> &'static str {
        match self {
            Family::Group => "group_coordinator",
            Family::Transaction => "transaction_coordinator",
            Family::Share => "share_coordinator",
            Family::Metadata => "metadata",
            Family::RemoteLog => "storage",
        }
    }

    /// The outline of the record with a number, if there is one.
    #[must_use]
    pub fn outline(self, kind: OutlineKind, number: i16) -> Option<&'static Outline> {
        OUTLINES.iter().find(|one| one.family == self.name() && one.kind == kind && one.number == number)
    }
}

impl Outline {
    /// The outline of the message with a name, if it is one that logs hold.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Outline> {
        OUTLINES.iter().find(|one| one.name == name)
    }

    /// Reads the message from the reader; bytes behind it stay there.
    ///
    /// # Errors
    /// The version is unknown or the bytes are no such message.
    pub fn read(&self, reader: &mut Reader, version: i16) -> Result<Json, DecodeError> {
        if !self.versions.contains(&version) {
            return Err(reader.fault("", DecodeFault::Version).in_message(self.name, version));
        }
        reader.set_flexible(version >= self.flexible_from);
        structure(self.fields, reader, version).map_err(|error| error.in_message(self.name, version))
    }

    /// Reads the message behind its version in two bytes, and gives the version too. A version that is newer than the
    /// newest known is read as that one, as group members and control records are.
    ///
    /// # Errors
    /// The bytes are no such message.
    pub fn read_versioned(&self, bytes: Bytes) -> Result<(Json, i16), DecodeError> {
        let mut reader = Reader::new(bytes);
        let version = reader.i16("version")?.min(*self.versions.end());
        Ok((self.read(&mut reader, version)?, version))
    }
}

impl Outline {
    /// Reads the message of a control record, whose first field is its version.
    ///
    /// # Errors
    /// The bytes are no such message.
    pub fn read_self_versioned(&self, bytes: Bytes) -> Result<Json, DecodeError> {
        let version = Reader::new(bytes.clone()).i16("version")?;
        self.read(&mut Reader::new(bytes), version.min(*self.versions.end()))
    }
}

fn structure(fields: &'static [Field], reader: &mut Reader, version: i16) -> Result<Json, DecodeError> {
    let mut values: Vec<Option<Json>> = Vec::with_capacity(fields.len());
    for field in fields {
        let here = field.tag.is_none() && field.versions.contains(&version);
        values.push(if here { Some(value(field, reader, version)?) } else { None });
    }
    reader.tags(|reader, tag| {
        let known = fields.iter().position(|field| field.tag == Some(tag) && field.versions.contains(&version));
        let Some(place) = known else { return Ok(Tag::Unknown) };
        values[place] = Some(value(&fields[place], reader, version)?);
        Ok(Tag::Known)
    })?;
    let named = fields.iter().zip(values).filter_map(|(field, value)| value.map(|value| (field.name, value)));
    Ok(Json::Object(named.collect()))
}

fn value(field: &'static Field, reader: &mut Reader, version: i16) -> Result<Json, DecodeError> {
    let name = field.name;
    let is_nullable = field.nullable.contains(&version);
    match field.shape {
        // In a tagged field 0 says null, and elsewhere -1 does.
        Shape::Struct(_) if is_nullable && field.tag.is_some() && reader.uvarint(name)? == 0 => Ok(Json::Null),
        Shape::Struct(_) if is_nullable && field.tag.is_none() && reader.i8(name)? < 0 => Ok(Json::Null),
        _ => match shaped(&field.shape, name, reader, version)? {
            Json::Null if !is_nullable => Err(reader.fault(name, DecodeFault::Null)),
            json => Ok(json),
        },
    }
}

fn shaped(shape: &'static Shape, name: &'static str, reader: &mut Reader, version: i16) -> Result<Json, DecodeError> {
    Ok(match shape {
        Shape::Bool => Json::Bool(reader.bool(name)?),
        Shape::Int8 => Json::Int(reader.i8(name)?.into()),
        Shape::Int16 => Json::Int(reader.i16(name)?.into()),
        Shape::Uint16 => Json::Int(reader.u16(name)?.into()),
        Shape::Int32 => Json::Int(reader.i32(name)?.into()),
        Shape::Uint32 => Json::Int(reader.u32(name)?.into()),
        Shape::Int64 => Json::Int(reader.i64(name)?),
        Shape::Float64 => Json::Float(reader.f64(name)?),
        Shape::Uuid => Json::Text(reader.uuid(name)?.to_string()),
        Shape::String => reader.nullable_string(name)?.map_or(Json::Null, Json::Text),
        Shape::Bytes | Shape::Records => reader.nullable_bytes(name)?.map_or(Json::Null, Json::Bytes),
        Shape::Struct(fields) => structure(fields, reader, version).map_err(|error| error.in_field(name))?,
        Shape::Array(element) => match reader.count(name)? {
            None => Json::Null,
            Some(count) => {
                let mut elements = Vec::new();
                for _ in 0..count {
                    elements.push(shaped(element, name, reader, version)?);
                }
                Json::Array(elements)
            }
        },
    })
}

#[cfg(test)]
mod tests {
    use super::super::coordinator_frame::encode_versioned;
    use super::super::messages::{
        ConsumerGroupMemberMetadataValue, GroupMetadataValue, OffsetCommitValue, PartitionChangeRecord,
    };
    use super::super::{Message, Writer};
    use super::*;
    use crate::model::Uuid;

    #[test]
    fn tagged_fields_stand_in_the_order_of_the_schema_and_only_when_they_are_there() {
        let change = PartitionChangeRecord {
            partition_id: 3,
            topic_id: Uuid::METADATA_TOPIC,
            isr: Some(vec![1, 2]),
            leader: -1,
            ..Default::default()
        };
        let mut writer = Writer::new();
        change.encode(&mut writer, 2).unwrap();
        let outline = Family::Metadata.outline(OutlineKind::Metadata, 5).unwrap();
        assert_eq!(outline.upper_name, "PARTITION_CHANGE_RECORD");
        let json = outline.read(&mut Reader::new(writer.into_bytes().unwrap()), 2).unwrap();
        assert_eq!(json.to_string(), r#"{"partitionId":3,"topicId":"AAAAAAAAAAAAAAAAAAAAAQ","isr":[1,2],"leader":-1}"#);
    }

    #[test]
    fn a_version_shows_the_fields_that_it_has() {
        let value = OffsetCommitValue { offset: 3, metadata: "m".to_owned(), ..Default::default() };
        let outline = Family::Group.outline(OutlineKind::Value, 1).unwrap();
        let shown = |version| outline.read_versioned(encode_versioned(&value, version).unwrap()).unwrap().0.to_string();
        assert_eq!(shown(3), r#"{"offset":3,"leaderEpoch":-1,"metadata":"m","commitTimestamp":0}"#);
        assert_eq!(shown(2), r#"{"offset":3,"metadata":"m","commitTimestamp":0}"#);
    }

    #[test]
    fn null_in_a_tagged_field_is_zero() {
        // A member as 4.3.1 writes it: the last three bytes are one tag, 0, of one byte, 0.
        let bytes = b"\0\0\0\0\x02c\x02h\x01\x01\0\0\0\x01\0\x01\0\x01\0";
        let outline = Outline::named("ConsumerGroupMemberMetadataValue").unwrap();
        let (json, _) = outline.read_versioned(Bytes::from_static(bytes)).unwrap();
        assert_eq!(json.get("classicMemberMetadata"), Some(&Json::Null));
        let mut reader = Reader::new(Bytes::from_static(&bytes[2..]));
        let value = ConsumerGroupMemberMetadataValue::decode(&mut reader, 0).unwrap();
        assert_eq!((value.classic_member_metadata, reader.remaining()), (None, 0));
    }

    #[test]
    fn a_cut_message_is_refused_at_every_byte() {
        let bytes = encode_versioned(&GroupMetadataValue::default(), 3).unwrap();
        let outline = Outline::named("GroupMetadataValue").unwrap();
        for length in 0..bytes.len() {
            assert!(outline.read_versioned(bytes.slice(..length)).is_err(), "{length}");
        }
    }
}
