//! Feature levels and producer ids. The sentences are those of Kafka 4.3.1 for the same requests.

use super::fixture::{broker, cluster, feature, replay, single};
use super::{features, producer_ids};
use crate::model::{BrokerEpoch, ErrorCode, NodeId, ProducerId};
use crate::protocol::messages::update_features_request::FeatureUpdateKey;
use crate::protocol::messages::{UpdateFeaturesRequest, UpdateFeaturesResponse};

const UPGRADE: i8 = 1;
const SAFE_DOWNGRADE: i8 = 2;
const UNSAFE_DOWNGRADE: i8 = 3;

fn update(name: &str, max_version_level: i16, upgrade_type: i8) -> UpdateFeaturesResponse {
    let row =
        FeatureUpdateKey { feature: name.to_owned(), max_version_level, upgrade_type, ..FeatureUpdateKey::default() };
    let request = UpdateFeaturesRequest { feature_updates: vec![row], ..UpdateFeaturesRequest::default() };
    features::update(&single(), NodeId(1), &request, 2).reply
}

#[test]
fn levels_that_cannot_be_are_refused_in_kafkas_words() {
    let cases: &[(&str, i16, i8, &str)] = &[
        (
            "metadata.version",
            31,
            UPGRADE,
            "Invalid update version 31 for feature metadata.version. Local controller 1 only supports versions 7-30",
        ),
        (
            "metadata.version",
            29,
            UPGRADE,
            "Invalid update version 29 for feature metadata.version. Can't downgrade the version of this feature \
             without setting the upgrade type to either safe or unsafe downgrade.",
        ),
        (
            "metadata.version",
            29,
            SAFE_DOWNGRADE,
            "Unsupported metadata.version downgrade from 30 to 29. Refusing to perform the requested downgrade because \
             it might delete metadata information.",
        ),
        (
            "metadata.version",
            29,
            UNSAFE_DOWNGRADE,
            "Unsupported metadata.version downgrade from 30 to 29. Unsafe metadata downgrade is not supported in this \
             version.",
        ),
        (
            "foo",
            1,
            UPGRADE,
            "Invalid update version 1 for feature foo. Local controller 1 does not support this feature.",
        ),
    ];
    for (name, level, kind, text) in cases {
        let reply = update(name, *level, *kind);
        let expected = format!("The update failed for all features since the following feature had an error: {text}");
        assert_eq!(reply.error_code, ErrorCode::INVALID_UPDATE_VERSION.wire(), "{name} {level}");
        assert_eq!(reply.error_message.as_deref(), Some(expected.as_str()));
    }
    assert_eq!(update("metadata.version", 30, UPGRADE).error_code, 0);
}

#[test]
fn a_feature_may_be_lowered_and_raised_within_what_every_node_supports() {
    let mut image = cluster(&[broker(1, None)]);
    let row = |level, upgrade_type| UpdateFeaturesRequest {
        feature_updates: vec![FeatureUpdateKey {
            feature: "eligible.leader.replicas.version".to_owned(),
            max_version_level: level,
            upgrade_type,
            ..FeatureUpdateKey::default()
        }],
        ..UpdateFeaturesRequest::default()
    };
    let lowered = features::update(&image, NodeId(1), &row(0, SAFE_DOWNGRADE), 2);
    assert_eq!(lowered.records, [feature("eligible.leader.replicas.version", 0)]);
    replay(&mut image, &lowered.records);
    assert!(!image.features().is_elr_enabled());
    // The broker of this test does not say that it knows the feature.
    let refused = features::update(&image, NodeId(1), &row(1, UPGRADE), 2);
    assert!(refused.reply.error_message.is_some_and(|text| text.ends_with("Broker 1 does not support this feature.")));
}

#[test]
fn blocks_of_producer_ids_follow_each_other() {
    let mut image = single();
    for first in [0, 1000, 2000] {
        let outcome = producer_ids::allocate(&image, NodeId(1), BrokerEpoch(10)).expect("the epoch is right");
        assert_eq!((outcome.reply.first, outcome.reply.count), (ProducerId(first), 1000));
        replay(&mut image, &outcome.records);
    }
    let stale = producer_ids::allocate(&image, NodeId(1), BrokerEpoch(9)).map(drop);
    assert_eq!(stale.map_err(|failure| failure.code), Err(ErrorCode::STALE_BROKER_EPOCH));
}
