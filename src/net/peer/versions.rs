//! Which versions of each request a server knows, as its answer to ApiVersions says.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::{Address, PeerError};
use crate::protocol::messages::ApiVersionsResponse;
use crate::protocol::{ApiKey, Request};

/// What one server answered to ApiVersions.
#[derive(Debug, Clone, Default)]
pub struct Versions {
    ranges: BTreeMap<i16, (i16, i16)>,
    answer: ApiVersionsResponse,
}

impl Versions {
    /// The ranges of an answer.
    #[must_use]
    pub fn from_answer(answer: ApiVersionsResponse) -> Versions {
        let ranges = answer.api_keys.iter().map(|row| (row.api_key, (row.min_version, row.max_version))).collect();
        Versions { ranges, answer }
    }

    /// The answer as it came: keys that this client does not know and features included.
    #[must_use]
    pub fn answer(&self) -> &ApiVersionsResponse {
        &self.answer
    }

    /// The server's range for a request, where it serves it.
    #[must_use]
    pub fn of(&self, key: ApiKey) -> Option<RangeInclusive<i16>> {
        self.ranges.get(&key.wire()).map(|(min, max)| *min..=*max)
    }

    /// The highest version of `R` that both ends know and that is not above `version_max`.
    ///
    /// # Errors
    /// [`PeerError::Unsupported`] where there is none.
    pub fn highest<R: Request>(&self, version_max: i16, address: &Address) -> Result<i16, PeerError> {
        // A version that is still unstable is decoded but never sent.
        let ours = *R::VERSIONS.start()..=R::STABLE_MAX;
        let theirs = self.of(R::KEY);
        let highest = theirs.as_ref().and_then(|theirs| {
            let highest = (*theirs.end()).min(*ours.end()).min(version_max);
            (highest >= *theirs.start() && highest >= *ours.start()).then_some(highest)
        });
        highest.ok_or_else(|| PeerError::Unsupported {
            address: address.clone(),
            api: R::KEY.name(),
            ours: format!("{} to {}", ours.start(), ours.end().min(&version_max)),
            theirs: theirs.map_or_else(|| "none".to_owned(), |range| format!("{} to {}", range.start(), range.end())),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::messages::{FetchRequest, api_versions_response::ApiVersion};

    fn server(min_version: i16, max_version: i16) -> Versions {
        let row = ApiVersion { api_key: ApiKey::Fetch.wire(), min_version, max_version };
        Versions::from_answer(ApiVersionsResponse { api_keys: vec![row], ..Default::default() })
    }

    #[test]
    fn the_highest_common_version_is_taken() {
        let address = Address::new("a", 1);
        let top = <FetchRequest as crate::protocol::Message>::STABLE_MAX;
        assert_eq!(server(0, 100).highest::<FetchRequest>(i16::MAX, &address).unwrap(), top);
        assert_eq!(server(0, 7).highest::<FetchRequest>(i16::MAX, &address).unwrap(), 7);
        assert_eq!(server(0, 100).highest::<FetchRequest>(12, &address).unwrap(), 12);
    }

    #[test]
    fn no_common_version_is_an_error_that_names_both_ranges() {
        let address = Address::new("a", 1);
        for versions in [server(100, 101), server(0, 1), Versions::default()] {
            let error = versions.highest::<FetchRequest>(i16::MAX, &address).unwrap_err();
            assert!(matches!(error, PeerError::Unsupported { .. }), "{error}");
        }
    }
}
