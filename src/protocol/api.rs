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
        // The table is dense from 0 on, which a test holds.
        TABLE.get(usize::try_from(number).ok()?).map(|row| row.key)
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
        &TABLE[self as usize]
    }
}

impl fmt::Display for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
