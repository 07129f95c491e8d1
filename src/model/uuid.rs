//! Kafka's 128-bit ids and their 22-character text form.

use std::fmt;
use std::str::FromStr;

/// A topic id, directory id, cluster id or incarnation id: 16 bytes, shown as unpadded URL-safe base64 (22 characters).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Uuid(pub [u8; 16]);

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const TEXT_LENGTH: usize = 22;

impl Uuid {
    /// "No id": all bits zero.
    pub const ZERO: Uuid = Uuid([0; 16]);
    /// The id of the `__cluster_metadata` topic: reserved value 1.
    pub const METADATA_TOPIC: Uuid = Uuid([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);

    /// A version 4 (random) id made of 16 random bytes, or `None` where Kafka reserves the value or its text begins
    /// with `-`, which tools would take for an option: draw again (`org.apache.kafka.common.Uuid`).
    #[must_use]
    pub fn from_random(mut bytes: [u8; 16]) -> Option<Uuid> {
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        let starts_with_dash = bytes[0] >> 2 == 62;
        (!starts_with_dash).then_some(Uuid(bytes))
    }

    /// Whether this is "no id".
    #[must_use]
    pub fn is_zero(self) -> bool {
        self == Uuid::ZERO
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = u128::from_be_bytes(self.0);
        let mut text = [0; TEXT_LENGTH];
        for (index, place) in text.iter_mut().enumerate() {
            // 22 characters carry 132 bits: the last one holds two bits of the id and four of padding.
            let shift = 122 - 6 * i32::try_from(index).expect("22 fits");
            let six = if shift >= 0 { bits >> shift } else { bits << -shift };
            *place = ALPHABET[usize::try_from(six & 63).expect("six bits fit")];
        }
        f.write_str(std::str::from_utf8(&text).expect("the alphabet is ASCII"))
    }
}

impl fmt::Debug for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is no id: it must be 22 characters of URL-safe base64.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not an id: expected 22 characters of URL-safe base64")]
pub struct NotAUuid(String);

impl FromStr for Uuid {
    type Err = NotAUuid;

    fn from_str(text: &str) -> Result<Uuid, NotAUuid> {
        let bad = || NotAUuid(text.to_owned());
        // Kafka pads its own texts nowhere but accepts padded ones.
        let digits = text.trim_end_matches('=').as_bytes();
        if digits.len() != TEXT_LENGTH {
            return Err(bad());
        }
        let mut bits: u128 = 0;
        for (index, digit) in digits.iter().enumerate() {
            let six = ALPHABET.iter().position(|known| known == digit).ok_or_else(bad)? as u128;
            bits = if index == TEXT_LENGTH - 1 { (bits << 2) | (six >> 4) } else { (bits << 6) | six };
        }
        Ok(Uuid(bits.to_be_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_is_kafkas() {
        // Printed by org.apache.kafka.common.Uuid for these values.
        assert_eq!(Uuid::ZERO.to_string(), "AAAAAAAAAAAAAAAAAAAAAA");
        assert_eq!(Uuid::METADATA_TOPIC.to_string(), "AAAAAAAAAAAAAAAAAAAAAQ");
    }

    #[test]
    fn every_id_survives_its_text_form() {
        for seed in 0..=255u8 {
            let id = Uuid(std::array::from_fn(|index| seed.wrapping_mul(31).wrapping_add(index as u8 * 17)));
            assert_eq!(id.to_string().parse(), Ok(id));
        }
    }

    #[test]
    fn a_wrong_length_or_letter_is_refused() {
        for text in ["", "AAAA", "AAAAAAAAAAAAAAAAAAAAA*", "AAAAAAAAAAAAAAAAAAAAAAA"] {
            assert!(text.parse::<Uuid>().is_err(), "{text}");
        }
    }

    #[test]
    fn no_random_id_reads_as_an_option() {
        assert_eq!(Uuid::from_random([0xf8; 16]), None);
        assert!(Uuid::from_random([0x11; 16]).is_some());
    }
}
