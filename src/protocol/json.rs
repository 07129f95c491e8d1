//! JSON as Kafka's tools print records: fields in their order, bytes as base64, no blanks.

use std::fmt::{self, Write};

use bytes::Bytes;

/// A message as JSON.
#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction, written as Java does: `1.0`, `1.048576E7`.
    Float(f64),
    /// A text.
    Text(String),
    /// Bytes, written as base64.
    Bytes(Bytes),
    /// A list.
    Array(Vec<Json>),
    /// Fields in the order in which they are written.
    Object(Vec<(&'static str, Json)>),
}

impl Json {
    /// The field `name` of an object.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Json> {
        match self {
            Json::Object(fields) => fields.iter().find(|(known, _)| *known == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The field `name` of an object, to change it.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Json> {
        match self {
            Json::Object(fields) => fields.iter_mut().find(|(known, _)| *known == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The whole number that this is.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        if let Json::Int(value) = self { Some(*value) } else { None }
    }

    /// The text that this is.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        if let Json::Text(value) = self { Some(value) } else { None }
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Json::Null => f.write_str("null"),
            Json::Bool(value) => value.fmt(f),
            Json::Int(value) => value.fmt(f),
            Json::Float(value) => write_float(f, *value),
            Json::Text(value) => write_text(f, value),
            Json::Bytes(value) => write_base64(f, value),
            Json::Array(elements) => {
                f.write_char('[')?;
                for (index, element) in elements.iter().enumerate() {
                    let comma = if index > 0 { "," } else { "" };
                    write!(f, "{comma}{element}")?;
                }
                f.write_char(']')
            }
            Json::Object(fields) => {
                f.write_char('{')?;
                for (index, (name, value)) in fields.iter().enumerate() {
                    let comma = if index > 0 { "," } else { "" };
                    write!(f, "{comma}\"{name}\":{value}")?;
                }
                f.write_char('}')
            }
        }
    }
}

/// Java writes a decimal point always, and an exponent from 10^7 on and below 10^-3.
fn write_float(f: &mut fmt::Formatter<'_>, value: f64) -> fmt::Result {
    let size = value.abs();
    if value.is_nan() || value.is_infinite() {
        let name = if value.is_nan() {
            "NaN"
        } else if value > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        };
        return write!(f, "\"{name}\"");
    }
    if value == 0.0 || (1e-3..1e7).contains(&size) {
        return write!(f, "{value:?}");
    }
    let text = format!("{value:E}");
    let (digits, exponent) = text.split_once('E').unwrap_or((&text, "0"));
    let point = if digits.contains('.') { "" } else { ".0" };
    write!(f, "{digits}{point}E{exponent}")
}

fn write_text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for letter in text.chars() {
        match letter {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            '\u{8}' => f.write_str("\\b")?,
            '\u{c}' => f.write_str("\\f")?,
            control if control < ' ' => write!(f, "\\u{:04X}", u32::from(control))?,
            other => f.write_char(other)?,
        }
    }
    f.write_char('"')
}

fn write_base64(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    f.write_char('"')?;
    for group in bytes.chunks(3) {
        let bits =
            group.iter().enumerate().fold(0_u32, |bits, (index, byte)| bits | u32::from(*byte) << (16 - 8 * index));
        for place in 0..4 {
            let six = (bits >> (18 - 6 * place)) & 63;
            f.write_char(if place <= group.len() { ALPHABET[six as usize].into() } else { '=' })?;
        }
    }
    f.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts were printed by Jackson and `Double.toString`.
    #[test]
    fn values_are_written_as_java_does() {
        let cases = [
            (Json::Float(1.0), "1.0"),
            (Json::Float(1_048_576.0), "1048576.0"),
            (Json::Float(10_485_760.0), "1.048576E7"),
            (Json::Float(1e7), "1.0E7"),
            (Json::Float(0.0005), "5.0E-4"),
            (Json::Float(0.5), "0.5"),
            (Json::Text("a\"\\\n\u{1f}ä".to_owned()), "\"a\\\"\\\\\\n\\u001Fä\""),
            (Json::Bytes(Bytes::from_static(b"a")), "\"YQ==\""),
            (Json::Bytes(Bytes::from_static(b"ab")), "\"YWI=\""),
            (Json::Bytes(Bytes::from_static(b"abc")), "\"YWJj\""),
            (Json::Bytes(Bytes::new()), "\"\""),
            (
                Json::Object(vec![("a", Json::Array(vec![Json::Null, Json::Bool(true), Json::Int(-1)]))]),
                "{\"a\":[null,true,-1]}",
            ),
        ];
        for (json, text) in cases {
            assert_eq!(json.to_string(), text);
        }
    }
}
