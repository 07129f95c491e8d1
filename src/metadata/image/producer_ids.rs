//! The producer ids that were handed out (KIP-730).

use crate::model::{BrokerEpoch, NodeId, ProducerId};
use crate::protocol::messages::ProducerIdsRecord;

/// Where the next block of producer ids begins, and who took the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProducerIds {
    /// The first id that is free.
    pub next: ProducerId,
    /// The broker that took the last block.
    pub broker: NodeId,
    /// That broker's epoch.
    pub broker_epoch: BrokerEpoch,
}

impl Default for ProducerIds {
    fn default() -> Self {
        ProducerIds { next: ProducerId(0), broker: NodeId::NONE, broker_epoch: BrokerEpoch::NONE }
    }
}

impl ProducerIds {
    pub(super) fn change(&mut self, record: &ProducerIdsRecord) {
        *self = ProducerIds {
            next: ProducerId(record.next_producer_id),
            broker: NodeId(record.broker_id),
            broker_epoch: BrokerEpoch(record.broker_epoch),
        };
    }
}
