//! Why bytes are no message, and why a message cannot become bytes.

use std::fmt;

/// What is wrong with bytes from outside.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeFault {
    /// The message has no such version.
    #[error("this version is not supported")]
    Version,
    /// No request has this API key.
    #[error("no API has key {0}")]
    ApiKey(i16),
    /// The union of records has no such type.
    #[error("no record has type {0}")]
    RecordType(i64),
    /// The record is framed in a way that is not known.
    #[error("frame version {0} is not supported")]
    FrameVersion(u32),
    /// The bytes end before the value does.
    #[error("needs {needed} bytes, {remaining} remain")]
    Truncated {
        /// Bytes that the value takes.
        needed: usize,
        /// Bytes that are there.
        remaining: usize,
    },
    /// A length below -1, or -1 where null is not allowed.
    #[error("length {0} is not allowed")]
    Length(i64),
    /// An array claims more elements than bytes remain.
    #[error("{claimed} elements cannot be in {remaining} bytes")]
    Count {
        /// The elements that the bytes claim.
        claimed: usize,
        /// Bytes that are there.
        remaining: usize,
    },
    /// Null where the field must have a value.
    #[error("must not be null")]
    Null,
    /// A text that is not UTF-8.
    #[error("is not valid UTF-8")]
    Utf8,
    /// A variable-length number longer than its type.
    #[error("variable-length number is too long")]
    Varint,
    /// A tagged field that does not fill the size it claims.
    #[error("tagged field leaves {0} of its bytes")]
    TagSize(usize),
    /// Bytes behind the end of the value.
    #[error("{0} bytes follow the end")]
    Trailing(usize),
}

/// Bytes that are no message of the expected kind: what is wrong, in which field, at which byte.
#[derive(Clone, PartialEq, Eq)]
pub struct DecodeError(Box<DecodeContext>);

#[derive(Clone, PartialEq, Eq)]
struct DecodeContext {
    fault: DecodeFault,
    position: usize,
    field: String,
    message: &'static str,
    version: i16,
}

impl DecodeError {
    /// A fault in `field` at byte `position` of what is being read.
    #[cold]
    pub(super) fn new(field: &str, fault: DecodeFault, position: usize) -> DecodeError {
        DecodeError(Box::new(DecodeContext { fault, position, field: field.to_owned(), message: "", version: -1 }))
    }

    /// The same error seen from the array `field`, whose element `index` has it.
    #[cold]
    pub(super) fn in_element(self, field: &str, index: usize) -> DecodeError {
        self.in_field(&format!("{field}[{index}]"))
    }

    /// The same error seen from the struct in `field`.
    #[cold]
    pub(super) fn in_field(mut self, field: &str) -> DecodeError {
        let dot = if self.0.field.is_empty() { "" } else { "." };
        self.0.field = format!("{field}{dot}{}", self.0.field);
        self
    }

    /// The same error, of a message whose name is known now.
    #[cold]
    pub(super) fn in_message(mut self, message: &'static str, version: i16) -> DecodeError {
        self.0.message = message;
        self.0.version = version;
        self
    }

    /// What is wrong.
    #[must_use]
    pub fn fault(&self) -> &DecodeFault {
        &self.0.fault
    }

    /// The byte at which it was found, counted from the start of what was read.
    #[must_use]
    pub fn position(&self) -> usize {
        self.0.position
    }

    /// The path of the field, as in `Topics[0].Partitions[2].Records`; empty outside of fields.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.0.field
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DecodeContext { fault, position, field, message, version } = &*self.0;
        write_place(f, message, *version, field)?;
        write!(f, "{fault} (at byte {position})")
    }
}

impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DecodeError({self})")
    }
}

impl std::error::Error for DecodeError {}

/// What keeps a message from becoming bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncodeFault {
    /// The message has no such version.
    #[error("this version is not supported")]
    Version,
    /// The field is set but this version cannot carry it.
    #[error("is set, but this version lacks it")]
    Unsupported,
    /// The field is null but in this version it must have a value.
    #[error("must not be null in this version")]
    Null,
    /// The value is longer than its length field can say.
    #[error("is too long")]
    TooLong,
    /// Bytes in memory are wanted, but a part of the message lies in a file.
    #[error("lies in a file")]
    InFile,
}

/// A message that cannot be written: what is wrong, and in which field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodeError {
    fault: EncodeFault,
    field: &'static str,
    message: &'static str,
    version: i16,
}

impl EncodeError {
    pub(super) fn new(field: &'static str, fault: EncodeFault) -> EncodeError {
        EncodeError { fault, field, message: "", version: -1 }
    }

    pub(super) fn in_message(mut self, message: &'static str, version: i16) -> EncodeError {
        self.message = message;
        self.version = version;
        self
    }

    /// What is wrong.
    #[must_use]
    pub fn fault(&self) -> EncodeFault {
        self.fault
    }

    /// Kafka's name of the field; empty outside of fields.
    #[must_use]
    pub fn field(&self) -> &'static str {
        self.field
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_place(f, self.message, self.version, self.field)?;
        write!(f, "{}", self.fault)
    }
}

impl std::error::Error for EncodeError {}

fn write_place(f: &mut fmt::Formatter<'_>, message: &str, version: i16, field: &str) -> fmt::Result {
    if !message.is_empty() {
        write!(f, "{message} v{version}: ")?;
    }
    if !field.is_empty() {
        write!(f, "{field} ")?;
    }
    Ok(())
}
