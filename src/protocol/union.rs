//! Enums over the record types of one family: metadata records, keys and values of coordinator records.

/// Declares an enum with one variant per message: `Variant(Message) = record type`.
macro_rules! union_of_messages {
    ($(#[$doc:meta])* $name:ident { $($variant:ident($message:ident) = $number:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        #[allow(missing_docs, clippy::large_enum_variant)]
        pub enum $name { $($variant($crate::protocol::messages::$message),)* }

        impl $name {
            /// The record type on the wire.
            #[must_use]
            pub fn record_type(&self) -> i16 {
                match self { $($name::$variant(_) => $number,)* }
            }

            /// Kafka's name of the message inside.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self { $($name::$variant(_) => stringify!($message),)* }
            }

            /// The newest version that is final.
            #[must_use]
            pub fn version_max(&self) -> i16 {
                match self {
                    $($name::$variant(_) => <$crate::protocol::messages::$message as $crate::protocol::Message>::STABLE_MAX,)*
                }
            }

            /// Reads the record of `record_type`; none where this family has no such type.
            ///
            /// # Errors
            /// The bytes are no such record of this version.
            pub fn decode(
                reader: &mut $crate::protocol::Reader,
                record_type: i16,
                version: i16,
            ) -> Result<Option<$name>, $crate::protocol::DecodeError> {
                Ok(Some(match record_type {
                    $($number => $name::$variant($crate::protocol::Message::decode(reader, version)?),)*
                    _ => return Ok(None),
                }))
            }

            /// Writes the record without its type and version.
            ///
            /// # Errors
            /// The version cannot carry the record.
            pub fn encode(
                &self,
                writer: &mut $crate::protocol::Writer,
                version: i16,
            ) -> Result<(), $crate::protocol::EncodeError> {
                match self { $($name::$variant(record) => $crate::protocol::Message::encode(record, writer, version),)* }
            }
        }

        $(
            impl From<$crate::protocol::messages::$message> for $name {
                fn from(record: $crate::protocol::messages::$message) -> $name {
                    $name::$variant(record)
                }
            }
        )*
    };
}
pub(super) use union_of_messages;
