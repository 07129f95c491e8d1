//! The API keys, and which header goes with which version.

use std::fmt;
use std::ops::RangeInclusive;

use super::{DecodeError, DecodeFault};

struct Row {
    key: ApiKey,
    name: &'static str,
    versions: RangeInclusive<i16>,
    stable_max: i16,
    flexible_from: i16,
}

include!(concat!(env!("OUT_DIR"), "/api_keys.rs"));

impl ApiKey {
    /// The key of a number from the wire.
    #[must_use]
    pub fn from_wire(number: i16) -> Option<ApiKey> {
        row_of(number).map(|row| row.key)
    }

    /// The key of a number from the wire.
    ///
    /// # Errors
    /// No API has this key.
    pub(super) fn require(number: i16) -> Result<ApiKey, DecodeError> {
        ApiKey::from_wire(number).ok_or_else(|| DecodeError::new("RequestApiKey", DecodeFault::ApiKey(number), 0))
    }

    /// The number on the wire.
    #[must_use]
    pub fn wire(self) -> i16 {
        self as i16
    }

    /// Kafka's name of the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The versions that the codec can read and write, the unfinished newest one of some APIs included. What a broker
    /// offers is the server's own table.
    #[must_use]
    pub fn versions(self) -> RangeInclusive<i16> {
        self.row().versions.clone()
    }

    /// The versions that a client may use: those that are final.
    #[must_use]
    pub fn client_versions(self) -> RangeInclusive<i16> {
        *self.row().versions.start()..=self.row().stable_max
    }

    /// Whether `version` has compact lengths and tagged fields (KIP-482).
    #[must_use]
    pub fn is_flexible(self, version: i16) -> bool {
        version >= self.row().flexible_from
    }

    /// The header version of a request.
    #[must_use]
    pub fn request_header_version(self, version: i16) -> i16 {
        if self.is_flexible(version) { 2 } else { 1 }
    }

    /// The header version of a response. That of ApiVersions is always 0: a client reads it before it knows what the
    /// broker speaks (KIP-511).
    #[must_use]
    pub fn response_header_version(self, version: i16) -> i16 {
        if self.is_flexible(version) && self != ApiKey::ApiVersions { 1 } else { 0 }
    }

    /// Every key, in the order of their numbers.
    pub fn all() -> impl Iterator<Item = ApiKey> {
        TABLE.iter().map(|row| row.key)
    }

    fn row(self) -> &'static Row {
        row_of(self.wire()).expect("every key has its row")
    }
}

/// Keys 4 to 7 are gone from Kafka 4, so a key is not its row's index.
fn row_of(number: i16) -> Option<&'static Row> {
    let place = TABLE.binary_search_by_key(&number, |row| row.key.wire()).ok()?;
    TABLE.get(place)
}

impl fmt::Display for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_finds_its_own_row() {
        for key in ApiKey::all() {
            assert_eq!(ApiKey::from_wire(key.wire()), Some(key));
        }
        assert_eq!(ApiKey::ApiVersions.name(), "ApiVersions");
        assert_eq!(ApiKey::from_wire(4), None);
    }
}
