//! The first records of a cluster, and what a controller writes when it takes over.

use crate::metadata::{
    ELIGIBLE_LEADER_REPLICAS_VERSION, Image, METADATA_VERSION, METADATA_VERSION_LATEST, MetadataRecord, ResourceType,
    supported,
};
use crate::protocol::messages::{
    AbortTransactionRecord, BeginTransactionRecord, ConfigRecord, EndTransactionRecord, FeatureLevelRecord,
};

/// What the new leader writes before it decides anything: the first records of a new cluster, the end of a transaction that
/// the leader before did not live to end, and lower levels for features that are finalized higher than they are built here.
pub(super) fn activation(image: &Image, took_over_transaction: bool) -> Vec<MetadataRecord> {
    let mut records = Vec::new();
    if took_over_transaction {
        let reason = "The previous leader did not complete it.".to_owned();
        records.push(AbortTransactionRecord { reason: Some(reason) }.into());
    }
    if image.features().metadata_version().is_none() {
        records.extend(first_records());
    } else {
        records.extend(lowered_features(image));
    }
    records
}

/// What Kafka 4.3.1 writes into a new cluster, at the levels that are built here. With eligible leader replicas the
/// controller must know each topic's `min.insync.replicas`, so that it is set for all brokers from the start (KIP-966); that
/// is why tools show it for every topic.
fn first_records() -> Vec<MetadataRecord> {
    let name = Some("Bootstrap records".to_owned());
    vec![
        BeginTransactionRecord { name }.into(),
        level(METADATA_VERSION, METADATA_VERSION_LATEST),
        level(ELIGIBLE_LEADER_REPLICAS_VERSION, 1),
        ConfigRecord {
            resource_type: ResourceType::Broker.wire(),
            resource_name: String::new(),
            name: "min.insync.replicas".to_owned(),
            value: Some("1".to_owned()),
        }
        .into(),
        EndTransactionRecord::default().into(),
    ]
}

fn level(name: &str, feature_level: i16) -> MetadataRecord {
    FeatureLevelRecord { name: name.to_owned(), feature_level }.into()
}

/// A cluster of Kafka's has features finalized that are not built here, and clients would rely on them.
fn lowered_features(image: &Image) -> Vec<MetadataRecord> {
    let too_high = image.features().iter().filter_map(|(name, now)| {
        let supported = supported::feature(name)?;
        (now > supported.max).then(|| level(name, supported.max))
    });
    too_high.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image_of(records: &[MetadataRecord]) -> Image {
        let mut image = Image::default();
        records.iter().for_each(|record| image.replay(record).expect("it fits"));
        image
    }

    #[test]
    fn a_new_cluster_has_the_features_that_are_built() {
        let image = image_of(&activation(&Image::default(), false));
        let levels: Vec<_> = image.features().iter().collect();
        assert_eq!(levels, [(ELIGIBLE_LEADER_REPLICAS_VERSION, 1), (METADATA_VERSION, METADATA_VERSION_LATEST)]);
        assert_eq!(activation(&image, false), []);
    }

    #[test]
    fn features_above_what_is_built_are_lowered() {
        let image =
            image_of(&[level(METADATA_VERSION, 30), level("transaction.version", 2), level("group.version", 1)]);
        let lowered = activation(&image, false);
        assert_eq!(lowered, [level("group.version", 0), level("transaction.version", 0)]);
    }

    #[test]
    fn an_open_transaction_is_aborted_first() {
        assert!(matches!(activation(&Image::default(), true)[0], MetadataRecord::AbortTransaction(_)));
    }
}
