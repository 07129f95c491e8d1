//! The brokers that are registered, and how to reach them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ReplayError;
use crate::model::{BrokerEpoch, NodeId, Uuid};
use crate::protocol::messages::{
    BrokerRegistrationChangeRecord, FenceBrokerRecord, RegisterBrokerRecord, UnfenceBrokerRecord,
    UnregisterBrokerRecord,
};

/// One registered broker.
#[derive(Debug, Clone, PartialEq)]
pub struct Broker {
    /// Its `node.id`.
    pub id: NodeId,
    /// Its life: the offset of its registration record.
    pub epoch: BrokerEpoch,
    /// The process that registered: a new one for every start.
    pub incarnation_id: Uuid,
    /// Whether the broker still waits to be taken over from ZooKeeper; always false since Kafka 4.
    pub is_migrating_zk_broker: bool,
    /// Where it listens, one row for each advertised listener.
    pub endpoints: Vec<Endpoint>,
    /// What levels of which features it supports.
    pub features: BTreeMap<String, SupportedVersions>,
    /// `broker.rack`.
    pub rack: Option<String>,
    /// Whether it is kept out of leadership and of clients' sight: it has no session.
    pub fenced: bool,
    /// Whether it is being stopped and hands its partitions over.
    pub in_controlled_shutdown: bool,
    /// The ids of its log directories.
    pub log_dirs: Vec<Uuid>,
    /// Its log directories that take no new partitions (KIP-1066); `None` where the record did not say.
    pub cordoned_log_dirs: Option<Vec<Uuid>>,
}

impl Broker {
    /// Its address on one listener.
    #[must_use]
    pub fn endpoint(&self, listener: &str) -> Option<&Endpoint> {
        self.endpoints.iter().find(|endpoint| endpoint.name == listener)
    }

    /// Whether partitions may be led by it: it has a session and is not on its way out.
    #[must_use]
    pub fn is_active(&self) -> bool {
        !self.fenced && !self.in_controlled_shutdown
    }
}

/// One address of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The listener's name.
    pub name: String,
    /// The advertised host.
    pub host: String,
    /// The advertised port.
    pub port: u16,
    /// `org.apache.kafka.common.security.auth.SecurityProtocol` by number: 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT,
    /// 3 SASL_SSL.
    pub security_protocol: i16,
}

/// The levels of a feature that a node supports, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SupportedVersions {
    /// The lowest level.
    pub min: i16,
    /// The highest level.
    pub max: i16,
}

impl SupportedVersions {
    /// Whether `level` is one of them.
    #[must_use]
    pub fn contains(self, level: i16) -> bool {
        self.min <= level && level <= self.max
    }
}

/// Every registered broker, by id.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Brokers {
    by_id: BTreeMap<NodeId, Arc<Broker>>,
}

impl Brokers {
    /// The broker with this id.
    #[must_use]
    pub fn get(&self, id: NodeId) -> Option<&Arc<Broker>> {
        self.by_id.get(&id)
    }

    /// All of them, by rising id.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Broker>> {
        self.by_id.values()
    }

    /// How many are registered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether none is registered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// Whether the broker is registered, unfenced and not shutting down.
    #[must_use]
    pub fn is_active(&self, id: NodeId) -> bool {
        self.by_id.get(&id).is_some_and(|broker| broker.is_active())
    }

    /// Whether the broker is registered and unfenced.
    #[must_use]
    pub fn is_unfenced(&self, id: NodeId) -> bool {
        self.by_id.get(&id).is_some_and(|broker| !broker.fenced)
    }

    pub(super) fn register(&mut self, record: &RegisterBrokerRecord) {
        let broker = Broker {
            id: NodeId(record.broker_id),
            epoch: BrokerEpoch(record.broker_epoch),
            incarnation_id: record.incarnation_id,
            is_migrating_zk_broker: record.is_migrating_zk_broker,
            endpoints: record
                .end_points
                .iter()
                .map(|row| Endpoint {
                    name: row.name.clone(),
                    host: row.host.clone(),
                    port: row.port,
                    security_protocol: row.security_protocol,
                })
                .collect(),
            features: record
                .features
                .iter()
                .map(|row| {
                    (
                        row.name.clone(),
                        SupportedVersions { min: row.min_supported_version, max: row.max_supported_version },
                    )
                })
                .collect(),
            rack: record.rack.clone(),
            fenced: record.fenced,
            in_controlled_shutdown: record.in_controlled_shutdown,
            log_dirs: record.log_dirs.clone(),
            cordoned_log_dirs: record.cordoned_log_dirs.clone(),
        };
        self.by_id.insert(broker.id, Arc::new(broker));
    }

    pub(super) fn unregister(&mut self, record: &UnregisterBrokerRecord) -> Result<(), ReplayError> {
        let id = NodeId(record.broker_id);
        self.of_epoch(id, record.broker_epoch)?;
        self.by_id.remove(&id);
        Ok(())
    }

    pub(super) fn fence(&mut self, record: &FenceBrokerRecord) -> Result<(), ReplayError> {
        self.of_epoch(NodeId(record.id), record.epoch)?.fenced = true;
        Ok(())
    }

    pub(super) fn unfence(&mut self, record: &UnfenceBrokerRecord) -> Result<(), ReplayError> {
        self.of_epoch(NodeId(record.id), record.epoch)?.fenced = false;
        Ok(())
    }

    pub(super) fn change(&mut self, record: &BrokerRegistrationChangeRecord) -> Result<(), ReplayError> {
        let broker = self.of_epoch(NodeId(record.broker_id), record.broker_epoch)?;
        // KIP-841: 0 leaves a flag as it was. Nothing but a new registration ends a controlled shutdown.
        match record.fenced {
            0 => {}
            -1 => broker.fenced = false,
            1 => broker.fenced = true,
            other => return Err(ReplayError::BadValue { field: "fenced", value: i64::from(other) }),
        }
        match record.in_controlled_shutdown {
            0 => {}
            1 => broker.in_controlled_shutdown = true,
            other => return Err(ReplayError::BadValue { field: "inControlledShutdown", value: i64::from(other) }),
        }
        if !record.log_dirs.is_empty() {
            broker.log_dirs = record.log_dirs.clone();
        }
        if let Some(cordoned) = &record.cordoned_log_dirs {
            broker.cordoned_log_dirs = Some(cordoned.clone());
        }
        Ok(())
    }

    fn of_epoch(&mut self, id: NodeId, epoch: i64) -> Result<&mut Broker, ReplayError> {
        let broker = self.by_id.get_mut(&id).ok_or(ReplayError::UnknownBroker(id))?;
        if broker.epoch != BrokerEpoch(epoch) {
            return Err(ReplayError::WrongBrokerEpoch { broker: id, epoch: BrokerEpoch(epoch), known: broker.epoch });
        }
        Ok(Arc::make_mut(broker))
    }
}
