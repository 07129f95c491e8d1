//! Which levels of which features are built here (KIP-584). A feature is offered only at the level that works.

use super::image::{Features, METADATA_VERSION, METADATA_VERSION_LATEST, METADATA_VERSION_MIN, SupportedVersions};

/// Every feature with the levels that are built here, by name.
pub const FEATURES: &[(&str, SupportedVersions)] = &[
    ("eligible.leader.replicas.version", SupportedVersions { min: 0, max: 1 }),
    ("group.version", SupportedVersions { min: 0, max: 0 }),
    ("kraft.version", SupportedVersions { min: 0, max: 1 }),
    (METADATA_VERSION, SupportedVersions { min: METADATA_VERSION_MIN, max: METADATA_VERSION_LATEST }),
    ("share.version", SupportedVersions { min: 0, max: 0 }),
    ("streams.version", SupportedVersions { min: 0, max: 0 }),
    ("transaction.version", SupportedVersions { min: 0, max: 0 }),
];

/// The names of the levels of `metadata.version`, from level 7 on (`org.apache.kafka.server.common.MetadataVersion`).
const METADATA_VERSION_NAMES: &[&str] = &[
    "3.3-IV3", "3.4-IV0", "3.5-IV0", "3.5-IV1", "3.5-IV2", "3.6-IV0", "3.6-IV1", "3.6-IV2", "3.7-IV0", "3.7-IV1",
    "3.7-IV2", "3.7-IV3", "3.7-IV4", "3.8-IV0", "3.9-IV0", "4.0-IV0", "4.0-IV1", "4.0-IV2", "4.0-IV3", "4.1-IV0",
    "4.1-IV1", "4.2-IV0", "4.2-IV1", "4.3-IV0",
];

/// Kafka's name of a level of `metadata.version`.
#[must_use]
pub fn metadata_version_name(level: i16) -> Option<&'static str> {
    let index = usize::try_from(level.checked_sub(METADATA_VERSION_MIN)?).ok()?;
    METADATA_VERSION_NAMES.get(index).copied()
}

/// What this program supports of a feature.
#[must_use]
pub fn feature(name: &str) -> Option<SupportedVersions> {
    FEATURES.iter().find(|(known, _)| *known == name).map(|(_, versions)| *versions)
}

/// A finalized feature that this program cannot work with, in a sentence. A level above what is built here can be lowered where
/// the feature is known; the records of a newer `metadata.version` cannot be read.
#[must_use]
pub fn unsupported(features: &Features) -> Option<String> {
    features.iter().find_map(|(name, level)| match feature(name) {
        Some(versions) if name == METADATA_VERSION && !versions.contains(level) => Some(format!(
            "the cluster uses {name} at level {level}, and this program supports {} to {}",
            versions.min, versions.max
        )),
        Some(_) => None,
        None => Some(format!("the cluster uses the feature {name}, which this program does not know")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_of_metadata_version_has_its_name() {
        assert_eq!(metadata_version_name(METADATA_VERSION_MIN), Some("3.3-IV3"));
        assert_eq!(metadata_version_name(METADATA_VERSION_LATEST), Some("4.3-IV0"));
        assert_eq!((metadata_version_name(6), metadata_version_name(31)), (None, None));
    }
}
