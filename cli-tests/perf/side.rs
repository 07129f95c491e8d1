//! One of the two brokers under the same load.

use crate::compat::peer::Peer;
use crate::support::broker::Broker;

/// A running broker, whoever made it.
pub struct Side {
    /// How the table calls it.
    pub name: &'static str,
    /// `127.0.0.1:PORT`.
    pub address: String,
    /// Its process.
    pub process: u32,
}

impl Side {
    /// The real Kafka.
    pub fn kafka(peer: &Peer) -> Side {
        Side { name: "Kafka", address: peer.address.clone(), process: peer.id() }
    }

    /// Ours.
    pub fn mq(broker: &Broker) -> Side {
        Side { name: "mq", address: broker.address.clone(), process: broker.id() }
    }
}
