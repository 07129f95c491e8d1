//! UpdateFeatures, and what this program supports of each feature (KIP-584).

use super::Outcome;
use crate::metadata::{Image, KRAFT_VERSION, METADATA_VERSION, MetadataRecord, SupportedVersions};
use crate::model::{ErrorCode, Failure, NodeId};
use crate::protocol::messages::update_features_request::FeatureUpdateKey;
use crate::protocol::messages::update_features_response::UpdatableFeatureResult;
use crate::protocol::messages::{FeatureLevelRecord, UpdateFeaturesRequest, UpdateFeaturesResponse};

pub use crate::metadata::supported::{FEATURES as SUPPORTED, feature, metadata_version_name};

/// How a feature may move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Up,
    SafeDown,
    UnsafeDown,
    Unknown,
}

fn direction_of(update: &FeatureUpdateKey, version: i16) -> Direction {
    match (version, update.allow_downgrade, update.upgrade_type) {
        (0, true, _) => Direction::SafeDown,
        (0, false, _) | (_, _, 1) => Direction::Up,
        (_, _, 2) => Direction::SafeDown,
        (_, _, 3) => Direction::UnsafeDown,
        _ => Direction::Unknown,
    }
}

/// Decides an UpdateFeatures request: all of it or nothing.
#[must_use]
pub fn update(
    image: &Image,
    this_controller: NodeId,
    request: &UpdateFeaturesRequest,
    version: i16,
) -> Outcome<UpdateFeaturesResponse> {
    let mut records = Vec::new();
    for row in &request.feature_updates {
        match update_one(image, this_controller, row, direction_of(row, version)) {
            Ok(record) => records.push(record),
            Err(failure) => return Outcome::answer(failed(request, version, &failure)),
        }
    }
    if request.validate_only {
        records.clear();
    }
    // Since version 2 a success names no feature.
    let results = if version <= 1 { results_of(request, ErrorCode::NONE, None) } else { Vec::new() };
    Outcome { records, reply: UpdateFeaturesResponse { results, ..UpdateFeaturesResponse::default() } }
}

fn failed(request: &UpdateFeaturesRequest, version: i16, failure: &Failure) -> UpdateFeaturesResponse {
    if version <= 1 {
        let results = results_of(request, failure.code, Some(&failure.message));
        return UpdateFeaturesResponse { results, ..UpdateFeaturesResponse::default() };
    }
    let text =
        format!("The update failed for all features since the following feature had an error: {}", failure.message);
    UpdateFeaturesResponse {
        error_code: failure.code.wire(),
        error_message: Some(text),
        ..UpdateFeaturesResponse::default()
    }
}

fn results_of(request: &UpdateFeaturesRequest, code: ErrorCode, text: Option<&str>) -> Vec<UpdatableFeatureResult> {
    let row = |update: &FeatureUpdateKey| UpdatableFeatureResult {
        feature: update.feature.clone(),
        error_code: code.wire(),
        error_message: text.map(str::to_owned),
    };
    request.feature_updates.iter().map(row).collect()
}

fn update_one(
    image: &Image,
    this_controller: NodeId,
    update: &FeatureUpdateKey,
    direction: Direction,
) -> Result<MetadataRecord, Failure> {
    let (name, new) = (update.feature.as_str(), update.max_version_level);
    let refuse = |reason: &str| {
        let text = format!("Invalid update version {new} for feature {name}. {reason}");
        Err(Failure::new(ErrorCode::INVALID_UPDATE_VERSION, text))
    };
    if direction == Direction::Unknown {
        return refuse("The controller does not support the given upgrade type.");
    }
    if new < 0 {
        return refuse("A feature version cannot be less than 0.");
    }
    if let Some(reason) = not_supported(image, this_controller, name, new) {
        return refuse(&reason);
    }
    if name == KRAFT_VERSION {
        return refuse("The voters of a running quorum cannot be moved into its log yet.");
    }
    let now = image.features().level(name);
    if new < now && direction == Direction::Up {
        return refuse(
            "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe \
             downgrade.",
        );
    }
    if new > now && direction != Direction::Up {
        return refuse("Can't downgrade to a newer version.");
    }
    if name == METADATA_VERSION && new < now {
        check_metadata_downgrade(now, new, direction)?;
    }
    Ok(FeatureLevelRecord { name: name.to_owned(), feature_level: new }.into())
}

fn check_metadata_downgrade(now: i16, new: i16, direction: Direction) -> Result<(), Failure> {
    let reason = if direction == Direction::UnsafeDown {
        "Unsafe metadata downgrade is not supported in this version."
    } else {
        "Refusing to perform the requested downgrade because it might delete metadata information."
    };
    Err(Failure::new(
        ErrorCode::INVALID_UPDATE_VERSION,
        format!("Unsupported metadata.version downgrade from {now} to {new}. {reason}"),
    ))
}

/// Why a node of the cluster could not work at this level.
fn not_supported(image: &Image, this_controller: NodeId, name: &str, level: i16) -> Option<String> {
    if let Some(reason) = reason_not_supported(&format!("Local controller {this_controller}"), feature(name), level) {
        return Some(reason);
    }
    let brokers = image.brokers().iter().map(|broker| ("Broker", broker.id, broker.features.get(name)));
    let others = image.controllers().iter().filter(|controller| controller.id != this_controller);
    let controllers = others.map(|controller| ("Controller", controller.id, controller.features.get(name)));
    brokers
        .chain(controllers)
        .find_map(|(kind, id, versions)| reason_not_supported(&format!("{kind} {id}"), versions.copied(), level))
}

fn reason_not_supported(who: &str, versions: Option<SupportedVersions>, level: i16) -> Option<String> {
    let versions = versions.unwrap_or(SupportedVersions { min: 0, max: 0 });
    if versions.contains(level) {
        return None;
    }
    Some(match (versions.min, versions.max) {
        (0, 0) => format!("{who} does not support this feature."),
        (min, max) => format!("{who} only supports versions {min}-{max}"),
    })
}
