//! Keys and values of the records that coordinators keep: a key begins with its record type, a value with its version,
//! two bytes each.
//!
//! A key of a type that is not known is kept as bytes: a newer broker may have written it, and a reader has to step over
//! it without losing it.

use bytes::Bytes;

use super::union::union_of_messages;
use super::{DecodeError, EncodeError, Message, Reader, Writer};

include!(concat!(env!("OUT_DIR"), "/coordinator_records.rs"));

/// Keys have one version; what stands in its place on the wire is the record type.
const KEY_VERSION: i16 = 0;

/// A key or value whose record type this broker does not know, or which it knows.
#[derive(Debug, Clone, PartialEq)]
pub enum Framed<T> {
    /// The type is known.
    Known(T),
    /// The type is not known.
    Unknown {
        /// The record type that the key names.
        record_type: i16,
        /// All bytes, the type or version included.
        bytes: Bytes,
    },
}

macro_rules! framed {
    ($key:ident, $value:ident) => {
        impl $key {
            /// The key as bytes, its record type first.
            ///
            /// # Errors
            /// A field is too long.
            pub fn to_bytes(&self) -> Result<Bytes, EncodeError> {
                let mut writer = Writer::new();
                writer.i16(self.record_type());
                self.encode(&mut writer, KEY_VERSION)?;
                writer.into_bytes()
            }

            /// The key in `bytes`.
            ///
            /// # Errors
            /// The bytes are no key of the type that they name.
            pub fn from_bytes(bytes: Bytes) -> Result<Framed<$key>, DecodeError> {
                let mut reader = Reader::new(bytes.clone());
                let record_type = reader.i16("record type")?;
                Ok(match $key::decode(&mut reader, record_type, KEY_VERSION)? {
                    Some(key) => Framed::Known(key),
                    None => Framed::Unknown { record_type, bytes },
                })
            }
        }

        impl $value {
            /// The value as bytes, its version first.
            ///
            /// # Errors
            /// The version cannot carry the value.
            pub fn to_bytes(&self, version: i16) -> Result<Bytes, EncodeError> {
                let mut writer = Writer::new();
                writer.i16(version);
                self.encode(&mut writer, version)?;
                writer.into_bytes()
            }

            /// The value in `bytes` beside a key of `record_type`, with its version.
            ///
            /// # Errors
            /// The bytes are no value of that type.
            pub fn from_bytes(record_type: i16, bytes: Bytes) -> Result<(Framed<$value>, i16), DecodeError> {
                let mut reader = Reader::new(bytes.clone());
                let version = reader.i16("version")?;
                Ok(match $value::decode(&mut reader, record_type, version)? {
                    Some(value) => (Framed::Known(value), version),
                    None => (Framed::Unknown { record_type, bytes }, version),
                })
            }
        }
    };
}
framed!(GroupRecordKey, GroupRecordValue);
framed!(TransactionRecordKey, TransactionRecordValue);
framed!(ShareRecordKey, ShareRecordValue);

/// A message behind its version in two bytes: control records, and what group members exchange.
///
/// # Errors
/// The version cannot carry the message.
pub fn encode_versioned<M: Message>(message: &M, version: i16) -> Result<Bytes, EncodeError> {
    let mut writer = Writer::new();
    writer.i16(version);
    message.encode(&mut writer, version)?;
    writer.into_bytes()
}

/// The message behind its version in two bytes, with that version.
///
/// # Errors
/// The bytes are no such message.
pub fn decode_versioned<M: Message>(bytes: Bytes) -> Result<(M, i16), DecodeError> {
    let mut reader = Reader::new(bytes);
    let version = reader.i16("version")?;
    Ok((M::decode(&mut reader, version)?, version))
}
