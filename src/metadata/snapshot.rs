//! From an image back to records: what a snapshot of the metadata log holds.

use std::sync::Arc;

use super::image::{Broker, Endpoint, Image, METADATA_VERSION, PartitionState, SupportedVersions};
use super::record::MetadataRecord;
use crate::model::{NodeId, Uuid};
use crate::protocol::messages::{
    self, ClientQuotaRecord, ConfigRecord, FeatureLevelRecord, PartitionRecord, ProducerIdsRecord,
    RegisterBrokerRecord, RegisterControllerRecord, TopicRecord,
};

/// Gives the records that make up an image, one after the other, in the order in which they can be replayed.
///
/// `metadata.version` comes first, because it says which records may follow; a topic comes before its partitions.
pub fn write(image: &Image, sink: &mut dyn FnMut(MetadataRecord)) {
    write_features(image, sink);
    image.brokers().iter().for_each(|broker| sink(broker_record(broker).into()));
    image.controllers().iter().for_each(|controller| {
        sink(
            RegisterControllerRecord {
                controller_id: controller.id.0,
                incarnation_id: controller.incarnation_id,
                zk_migration_ready: controller.zk_migration_ready,
                end_points: controller.endpoints.iter().map(controller_endpoint).collect(),
                features: controller.features.iter().map(controller_feature).collect(),
            }
            .into(),
        );
    });
    write_topics(image, sink);
    write_configs(image, sink);
    write_quotas(image, sink);
    let ids = image.producer_ids();
    if ids.next.0 > 0 {
        let record = ProducerIdsRecord {
            broker_id: ids.broker.0,
            broker_epoch: ids.broker_epoch.0,
            next_producer_id: ids.next.0,
        };
        sink(record.into());
    }
    image.acls().iter().for_each(|entry| sink(entry.clone().into()));
    image.scram().iter().for_each(|credential| sink(credential.clone().into()));
    image.delegation_tokens().iter().for_each(|token| sink(token.clone().into()));
}

/// The records of [`write`] in one list.
#[must_use]
pub fn records(image: &Image) -> Vec<MetadataRecord> {
    let mut records = Vec::new();
    write(image, &mut |record| records.push(record));
    records
}

fn write_features(image: &Image, sink: &mut dyn FnMut(MetadataRecord)) {
    let level = |name: &str, level| FeatureLevelRecord { name: name.to_owned(), feature_level: level };
    if let Some(version) = image.features().metadata_version() {
        sink(level(METADATA_VERSION, version).into());
    }
    for (name, feature_level) in image.features().iter().filter(|(name, _)| *name != METADATA_VERSION) {
        sink(level(name, feature_level).into());
    }
}

fn write_topics(image: &Image, sink: &mut dyn FnMut(MetadataRecord)) {
    for topic in image.topics().iter() {
        sink(TopicRecord { name: topic.name.to_string(), topic_id: topic.id }.into());
        for (number, state) in topic.numbered() {
            sink(partition_record(topic.id, number, state).into());
        }
    }
}

fn write_configs(image: &Image, sink: &mut dyn FnMut(MetadataRecord)) {
    for (resource, map) in image.configs().iter() {
        for (name, value) in map.iter() {
            let record = ConfigRecord {
                resource_type: resource.kind.wire(),
                resource_name: resource.name.to_string(),
                name: name.clone(),
                value: Some(value.clone()),
            };
            sink(record.into());
        }
    }
}

fn write_quotas(image: &Image, sink: &mut dyn FnMut(MetadataRecord)) {
    for (entity, quotas) in image.client_quotas().iter() {
        for (key, value) in quotas {
            let entity = entity.iter().map(|(kind, name)| messages::client_quota_record::EntityData {
                entity_type: kind.clone(),
                entity_name: name.clone(),
            });
            sink(ClientQuotaRecord { entity: entity.collect(), key: key.clone(), value: *value, remove: false }.into());
        }
    }
}

/// The record that states a broker's registration as it is now.
#[must_use]
pub fn broker_record(broker: &Arc<Broker>) -> RegisterBrokerRecord {
    RegisterBrokerRecord {
        broker_id: broker.id.0,
        is_migrating_zk_broker: broker.is_migrating_zk_broker,
        incarnation_id: broker.incarnation_id,
        broker_epoch: broker.epoch.0,
        end_points: broker.endpoints.iter().map(broker_endpoint).collect(),
        features: broker.features.iter().map(broker_feature).collect(),
        rack: broker.rack.clone(),
        fenced: broker.fenced,
        in_controlled_shutdown: broker.in_controlled_shutdown,
        log_dirs: broker.log_dirs.clone(),
        cordoned_log_dirs: broker.cordoned_log_dirs.clone(),
    }
}

/// The record that states a partition as it is now.
#[must_use]
pub fn partition_record(topic_id: Uuid, number: i32, state: &PartitionState) -> PartitionRecord {
    let ids = |nodes: &[NodeId]| nodes.iter().map(|node| node.0).collect::<Vec<i32>>();
    // Empty lists of eligible leaders are left out, as Kafka's controller does.
    let unless_empty = |nodes: &[NodeId]| (!nodes.is_empty()).then(|| ids(nodes));
    PartitionRecord {
        partition_id: number,
        topic_id,
        replicas: ids(&state.replicas),
        isr: ids(&state.isr),
        removing_replicas: ids(&state.removing_replicas),
        adding_replicas: ids(&state.adding_replicas),
        leader: state.leader.0,
        leader_recovery_state: state.leader_recovery_state.wire(),
        leader_epoch: state.leader_epoch.0,
        partition_epoch: state.partition_epoch,
        directories: state.directories.clone(),
        eligible_leader_replicas: unless_empty(&state.elr),
        last_known_elr: unless_empty(&state.last_known_elr),
    }
}

fn broker_endpoint(endpoint: &Endpoint) -> messages::register_broker_record::BrokerEndpoint {
    messages::register_broker_record::BrokerEndpoint {
        name: endpoint.name.clone(),
        host: endpoint.host.clone(),
        port: endpoint.port,
        security_protocol: endpoint.security_protocol,
    }
}

fn broker_feature((name, versions): (&String, &SupportedVersions)) -> messages::register_broker_record::BrokerFeature {
    messages::register_broker_record::BrokerFeature {
        name: name.clone(),
        min_supported_version: versions.min,
        max_supported_version: versions.max,
    }
}

fn controller_endpoint(endpoint: &Endpoint) -> messages::register_controller_record::ControllerEndpoint {
    messages::register_controller_record::ControllerEndpoint {
        name: endpoint.name.clone(),
        host: endpoint.host.clone(),
        port: endpoint.port,
        security_protocol: endpoint.security_protocol,
    }
}

fn controller_feature(
    (name, versions): (&String, &SupportedVersions),
) -> messages::register_controller_record::ControllerFeature {
    messages::register_controller_record::ControllerFeature {
        name: name.clone(),
        min_supported_version: versions.min,
        max_supported_version: versions.max,
    }
}
