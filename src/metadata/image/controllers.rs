//! The controllers that registered, and how to reach them (KIP-919).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::brokers::{Endpoint, SupportedVersions};
use crate::model::{NodeId, Uuid};
use crate::protocol::messages::RegisterControllerRecord;

/// One registered controller.
#[derive(Debug, Clone, PartialEq)]
pub struct ControllerRegistration {
    /// Its `node.id`.
    pub id: NodeId,
    /// The process that registered: a new one for every start.
    pub incarnation_id: Uuid,
    /// Whether it could take a cluster over from ZooKeeper; always false since Kafka 4.
    pub zk_migration_ready: bool,
    /// Where it listens.
    pub endpoints: Vec<Endpoint>,
    /// What levels of which features it supports.
    pub features: BTreeMap<String, SupportedVersions>,
}

/// Every registered controller, by id.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Controllers {
    by_id: BTreeMap<NodeId, Arc<ControllerRegistration>>,
}

impl Controllers {
    /// The controller with this id.
    #[must_use]
    pub fn get(&self, id: NodeId) -> Option<&Arc<ControllerRegistration>> {
        self.by_id.get(&id)
    }

    /// All of them, by rising id.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<ControllerRegistration>> {
        self.by_id.values()
    }

    pub(super) fn register(&mut self, record: &RegisterControllerRecord) {
        let endpoints = record.end_points.iter().map(|row| Endpoint {
            name: row.name.clone(),
            host: row.host.clone(),
            port: row.port,
            security_protocol: row.security_protocol,
        });
        let features = record.features.iter().map(|row| {
            (row.name.clone(), SupportedVersions { min: row.min_supported_version, max: row.max_supported_version })
        });
        let controller = ControllerRegistration {
            id: NodeId(record.controller_id),
            incarnation_id: record.incarnation_id,
            zk_migration_ready: record.zk_migration_ready,
            endpoints: endpoints.collect(),
            features: features.collect(),
        };
        self.by_id.insert(controller.id, Arc::new(controller));
    }
}
