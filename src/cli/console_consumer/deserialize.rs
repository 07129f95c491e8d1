//! Kafka's own deserializers, as what they make of bytes is printed.

use std::fmt::Write;

use anyhow::{Result, bail};

/// A deserializer by its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deserializer {
    Text,
    Boolean,
    Short,
    Int,
    Long,
    Float,
    Double,
    Uuid,
    /// `BytesDeserializer`, whose text shows what is not ASCII as `\xNN`.
    Escaped,
    /// `VoidDeserializer`: only null is right.
    Void,
}

impl Deserializer {
    /// The deserializer of a class name, with or without its package.
    pub(super) fn of_class(class: &str) -> Option<Deserializer> {
        let name = class.strip_prefix("org.apache.kafka.common.serialization.").unwrap_or(class);
        Some(match name {
            "StringDeserializer" => Deserializer::Text,
            "BooleanDeserializer" => Deserializer::Boolean,
            "ShortDeserializer" => Deserializer::Short,
            "IntegerDeserializer" => Deserializer::Int,
            "LongDeserializer" => Deserializer::Long,
            "FloatDeserializer" => Deserializer::Float,
            "DoubleDeserializer" => Deserializer::Double,
            "UUIDDeserializer" => Deserializer::Uuid,
            "BytesDeserializer" => Deserializer::Escaped,
            "VoidDeserializer" => Deserializer::Void,
            _ => return None,
        })
    }

    /// The text of bytes.
    pub(super) fn text(self, bytes: &[u8]) -> Result<Vec<u8>> {
        let text = match self {
            Deserializer::Text => return Ok(bytes.to_vec()),
            Deserializer::Escaped => escaped(bytes),
            Deserializer::Void => bail!("Data should be null for a VoidDeserializer."),
            Deserializer::Boolean => match bytes {
                [1] => "true".to_owned(),
                [0] => "false".to_owned(),
                [other] => bail!("Unexpected byte received by BooleanDeserializer: {}", other.cast_signed()),
                _ => bail!("Size of data received by BooleanDeserializer is not 1"),
            },
            Deserializer::Short => i16::from_be_bytes(fixed(bytes, "ShortDeserializer")?).to_string(),
            Deserializer::Int => i32::from_be_bytes(fixed(bytes, "IntegerDeserializer")?).to_string(),
            Deserializer::Long => i64::from_be_bytes(fixed(bytes, "LongDeserializer")?).to_string(),
            Deserializer::Float => decimal(f32::from_be_bytes(fixed(bytes, "FloatDeserializer")?).to_string()),
            Deserializer::Double => decimal(f64::from_be_bytes(fixed(bytes, "DoubleDeserializer")?).to_string()),
            Deserializer::Uuid => return Ok(bytes.to_vec()),
        };
        Ok(text.into_bytes())
    }
}

fn fixed<const N: usize>(bytes: &[u8], class: &str) -> Result<[u8; N]> {
    let Ok(fixed) = bytes.try_into() else { bail!("Size of data received by {class} is not {N}") };
    Ok(fixed)
}

/// Java shows a whole number with its fraction.
fn decimal(text: String) -> String {
    let whole = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if whole { text + ".0" } else { text }
}

fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        if (b' '..=b'~').contains(byte) && *byte != b'\\' {
            text.push(char::from(*byte));
        } else {
            write!(text, "\\x{byte:02X}").expect("writing into a text cannot fail");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(class: &str, bytes: &[u8], expected: &str) {
        let text = Deserializer::of_class(class).unwrap().text(bytes).unwrap();
        assert_eq!(String::from_utf8(text).unwrap(), expected, "{class}");
    }

    #[test]
    fn numbers_are_shown_as_java_shows_them() {
        check("org.apache.kafka.common.serialization.LongDeserializer", &7_i64.to_be_bytes(), "7");
        check("IntegerDeserializer", &(-7_i32).to_be_bytes(), "-7");
        check("DoubleDeserializer", &1.0_f64.to_be_bytes(), "1.0");
        check("FloatDeserializer", &0.5_f32.to_be_bytes(), "0.5");
        check("BytesDeserializer", b"a\n\xff", "a\\x0A\\xFF");
        assert!(Deserializer::of_class("com.example.Mine").is_none());
    }

    #[test]
    fn a_wrong_size_is_an_error() {
        let error = Deserializer::Long.text(b"abc").unwrap_err();
        assert_eq!(error.to_string(), "Size of data received by LongDeserializer is not 8");
    }
}
