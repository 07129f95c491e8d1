//! What the generated code implements: parts of messages, messages, requests.

use std::ops::RangeInclusive;

use crate::model::Uuid;

use super::{ApiKey, DecodeError, DecodeFault, EncodeError, EncodeFault, Reader, Writer};

/// A value that can be an element of an array: a struct of a message, or a primitive.
pub trait Element: Sized {
    /// Reads the value as `version` lays it out.
    ///
    /// # Errors
    /// The bytes end early or break a rule of the encoding.
    fn read(reader: &mut Reader, version: i16) -> Result<Self, DecodeError>;

    /// Writes the value as `version` lays it out. The writer keeps the first error.
    fn write(&self, writer: &mut Writer, version: i16);
}

/// A whole message of the schema.
pub trait Message: Element + Default {
    /// Kafka's name of the message.
    const NAME: &'static str;
    /// The versions that can be read and written.
    const VERSIONS: RangeInclusive<i16>;
    /// The newest version that is final: a later one is read but never offered or sent.
    const STABLE_MAX: i16;
    /// The first flexible version (KIP-482); `i16::MAX` where there is none.
    const FLEXIBLE_FROM: i16;

    /// Whether `version` has compact lengths and tagged fields.
    #[must_use]
    fn is_flexible(version: i16) -> bool {
        version >= Self::FLEXIBLE_FROM
    }

    /// Reads the message; bytes behind it stay in the reader.
    ///
    /// # Errors
    /// `version` is not one of [`Self::VERSIONS`], or the bytes are not such a message.
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        if !Self::VERSIONS.contains(&version) {
            return Err(reader.fault("", DecodeFault::Version).in_message(Self::NAME, version));
        }
        reader.set_flexible(Self::is_flexible(version));
        Self::read(reader, version).map_err(|error| error.in_message(Self::NAME, version))
    }

    /// Writes the message.
    ///
    /// # Errors
    /// `version` is not one of [`Self::VERSIONS`], lacks a field that is set, or a value does not fit its field.
    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if Self::VERSIONS.contains(&version) {
            writer.set_flexible(Self::is_flexible(version));
            self.write(writer, version);
        } else {
            writer.fail("", EncodeFault::Version);
        }
        writer.take_error().map_or(Ok(()), |error| Err(error.in_message(Self::NAME, version)))
    }
}

/// A message that asks, with the one that answers it.
pub trait Request: Message {
    /// The key that announces it in the header.
    const KEY: ApiKey;
    /// The message that answers it.
    type Response: Message;
}

macro_rules! primitive {
    ($($ty:ty: $method:ident),*) => {$(
        impl Element for $ty {
            fn read(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
                reader.$method("")
            }

            fn write(&self, writer: &mut Writer, _version: i16) {
                writer.$method(*self);
            }
        }
    )*};
}
primitive!(i8: i8, i16: i16, i32: i32, i64: i64, Uuid: uuid);

impl Element for String {
    fn read(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        reader.string("")
    }

    fn write(&self, writer: &mut Writer, _version: i16) {
        writer.string("", self);
    }
}
