//! ApiVersions, key 18, v0..=4.
//!
//! Behaviour: the table is that of the dispatch rows. v3: supported and finalized features. v4: also features whose lowest
//! level is 0, which older clients cannot read. A client of a later version gets a v0 answer from `server/dispatch`.

use std::collections::BTreeMap;

use crate::metadata::{Image, SupportedVersions};
use crate::model::ErrorCode;
use crate::protocol::messages::api_versions_response::{ApiVersion, FinalizedFeatureKey, SupportedFeatureKey};
use crate::protocol::messages::{ApiVersionsRequest, ApiVersionsResponse};
use crate::server::context::Call;
use crate::server::dispatch::{Response, advertised};

/// From this version on a feature may have 0 as its lowest level.
const ZERO_FEATURES_SINCE: i16 = 4;

/// From this version on the client names itself.
const SOFTWARE_SINCE: i16 = 3;

pub(in crate::server) fn handle(call: Call<'_, ApiVersionsRequest>) -> Response<ApiVersionsResponse> {
    let Call { broker, client, version, request } = call;
    if version >= SOFTWARE_SINCE {
        if !is_software_name(&request.client_software_name) || !is_software_name(&request.client_software_version) {
            return Response::Now(ApiVersionsResponse {
                error_code: ErrorCode::INVALID_REQUEST.wire(),
                ..ApiVersionsResponse::default()
            });
        }
        client.software_name = request.client_software_name;
        client.software_version = request.client_software_version;
    }
    let image = broker.image();
    let supported = image.broker(broker.node_id).map(|broker| broker.features.clone()).unwrap_or_default();
    Response::Now(ApiVersionsResponse {
        error_code: ErrorCode::NONE.wire(),
        api_keys: table(),
        throttle_time_ms: 0,
        supported_features: supported_features(&supported, version),
        finalized_features_epoch: image.provenance().offset.0,
        finalized_features: finalized_features(&image),
        zk_migration_ready: false,
    })
}

/// The advertised versions of every API.
pub(in crate::server) fn table() -> Vec<ApiVersion> {
    advertised()
        .map(|(key, versions)| ApiVersion {
            api_key: key.wire(),
            min_version: *versions.start(),
            max_version: *versions.end(),
        })
        .collect()
}

fn supported_features(features: &BTreeMap<String, SupportedVersions>, version: i16) -> Vec<SupportedFeatureKey> {
    features
        .iter()
        .filter(|(_, levels)| levels.min > 0 || version >= ZERO_FEATURES_SINCE)
        .map(|(name, levels)| SupportedFeatureKey {
            name: name.clone(),
            min_version: levels.min,
            max_version: levels.max,
        })
        .collect()
}

fn finalized_features(image: &Image) -> Vec<FinalizedFeatureKey> {
    image
        .features()
        .iter()
        .map(|(name, level)| FinalizedFeatureKey {
            name: name.to_owned(),
            max_version_level: level,
            min_version_level: level,
        })
        .collect()
}

/// The pattern of KIP-511: letters, digits, dots and dashes, not at the ends.
fn is_software_name(name: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-';
    let is_end = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    name.bytes().all(is_inner) && is_end(name.bytes().next()) && is_end(name.bytes().last())
}

#[cfg(test)]
mod tests {
    use super::is_software_name;

    #[test]
    fn software_names_are_those_of_kip_511() {
        for (name, good) in
            [("librdkafka", true), ("4.3.1", true), ("a", true), ("", false), ("-a", false), ("a b", false)]
        {
            assert_eq!(is_software_name(name), good, "{name:?}");
        }
    }
}
