//! Finalized features: what the whole cluster has agreed to use (KIP-584).

use std::collections::BTreeMap;

use crate::protocol::messages::FeatureLevelRecord;

/// The feature that says which metadata records may be written.
pub const METADATA_VERSION: &str = "metadata.version";
/// The newest level of `metadata.version` that is understood: 4.3-IV0.
pub const METADATA_VERSION_LATEST: i16 = 30;
/// The oldest level of `metadata.version` that is understood: 3.3-IV3.
pub const METADATA_VERSION_MIN: i16 = 7;
/// The feature that says how the quorum keeps its voters.
pub const KRAFT_VERSION: &str = "kraft.version";
/// The feature that turns eligible leader replicas on (KIP-966).
pub const ELIGIBLE_LEADER_REPLICAS_VERSION: &str = "eligible.leader.replicas.version";

/// The level of every finalized feature.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Features {
    levels: BTreeMap<String, i16>,
}

impl Features {
    /// The level of a feature; 0 where none is finalized.
    #[must_use]
    pub fn level(&self, name: &str) -> i16 {
        self.levels.get(name).copied().unwrap_or(0)
    }

    /// The level of `metadata.version`, where one is finalized.
    #[must_use]
    pub fn metadata_version(&self) -> Option<i16> {
        self.levels.get(METADATA_VERSION).copied()
    }

    /// Every finalized feature with its level, by name. A level is never 0.
    pub fn iter(&self) -> impl Iterator<Item = (&str, i16)> {
        self.levels.iter().map(|(name, level)| (name.as_str(), *level))
    }

    /// Whether an empty ISR leaves eligible leader replicas behind (KIP-966).
    #[must_use]
    pub fn is_elr_enabled(&self) -> bool {
        self.level(ELIGIBLE_LEADER_REPLICAS_VERSION) > 0
    }

    pub(super) fn change(&mut self, record: &FeatureLevelRecord) {
        if record.feature_level == 0 {
            self.levels.remove(&record.name);
        } else {
            self.levels.insert(record.name.clone(), record.feature_level);
        }
    }
}
