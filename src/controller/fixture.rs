//! A cluster for the tests of decisions: brokers, topics and properties in a line each.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Schema;
use crate::config::{BrokerSettings, Given};
use crate::io::rng::Rng;
use crate::metadata::{ELIGIBLE_LEADER_REPLICAS_VERSION, Image, METADATA_VERSION, MetadataRecord};
use crate::model::Uuid;
use crate::protocol::messages::register_broker_record::BrokerFeature;
use crate::protocol::messages::{FeatureLevelRecord, PartitionRecord, RegisterBrokerRecord, TopicRecord};

/// Chance that a test can repeat.
#[derive(Debug, Default)]
pub(super) struct Counting(AtomicU64);

impl Rng for Counting {
    fn bits(&self) -> u64 {
        // A step that is far from small numbers and from powers of two spreads the values over all bits.
        self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed)
    }
}

/// The log directory of a broker.
pub(super) fn log_dir(broker: i32) -> Uuid {
    Uuid([u8::try_from(broker).expect("few brokers") + 100; 16])
}

pub(super) fn feature(name: &str, feature_level: i16) -> MetadataRecord {
    FeatureLevelRecord { name: name.to_owned(), feature_level }.into()
}

/// A broker that is alive, in a rack of its own name or in none.
pub(super) fn broker(id: i32, rack: Option<&str>) -> RegisterBrokerRecord {
    RegisterBrokerRecord {
        broker_id: id,
        broker_epoch: i64::from(id) * 10,
        incarnation_id: Uuid([u8::try_from(id).expect("few brokers"); 16]),
        rack: rack.map(str::to_owned),
        fenced: false,
        features: vec![BrokerFeature {
            name: METADATA_VERSION.to_owned(),
            min_supported_version: 7,
            max_supported_version: 30,
        }],
        log_dirs: vec![log_dir(id)],
        ..RegisterBrokerRecord::default()
    }
}

/// A cluster with the features of a new one and these brokers.
pub(super) fn cluster(brokers: &[RegisterBrokerRecord]) -> Image {
    let mut image = Image::default();
    let features = [feature(METADATA_VERSION, 30), feature(ELIGIBLE_LEADER_REPLICAS_VERSION, 1)];
    replay(&mut image, &features);
    brokers.iter().for_each(|broker| replay(&mut image, &[broker.clone().into()]));
    image
}

/// A cluster of one broker, number 1.
pub(super) fn single() -> Image {
    cluster(&[broker(1, None)])
}

pub(super) fn replay(image: &mut Image, records: &[MetadataRecord]) {
    for record in records {
        image.replay(record).expect("the record fits the image");
    }
}

/// Adds a topic whose partitions have these replicas, all in sync and led by the first.
pub(super) fn with_topic(image: &mut Image, name: &str, partitions: &[&[i32]]) -> Uuid {
    let topic_id = Uuid([name.as_bytes()[0]; 16]);
    replay(image, &[TopicRecord { name: name.to_owned(), topic_id }.into()]);
    for (replicas, partition_id) in partitions.iter().zip(0..) {
        let record = PartitionRecord {
            partition_id,
            topic_id,
            replicas: replicas.to_vec(),
            isr: replicas.to_vec(),
            leader: replicas[0],
            leader_epoch: 0,
            partition_epoch: 0,
            directories: replicas.iter().copied().map(log_dir).collect(),
            ..PartitionRecord::default()
        };
        replay(image, &[record.into()]);
    }
    topic_id
}

/// The properties of a node with these settings of its own.
pub(super) fn schema(overrides: &[(&str, &str)]) -> Schema {
    let overrides: Vec<(String, String)> =
        overrides.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let given = Given { overrides: &overrides, data_folder: "data", ..Given::default() };
    let (settings, _) = BrokerSettings::start(&given).expect("the settings are valid");
    Schema::new(Arc::new(settings)).expect("the settings are valid")
}
