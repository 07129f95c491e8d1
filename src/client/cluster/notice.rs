//! Lines about brokers that cannot be reached, in the words of Kafka's own clients, which people search for.

use tracing::{info, warn};

use super::Cluster;
use crate::net::{Address, PeerError};

impl Cluster {
    /// Says that a broker did not answer.
    pub(super) fn tell_unreachable(&self, address: &Address, error: &PeerError) {
        let id = self.id_of(address);
        if let PeerError::Unreachable { attempts, .. } = error {
            for attempt in attempts {
                let (host, socket, cause) = (&address.host, attempt.socket, &attempt.cause);
                warn!(
                    %cause,
                    "Connection to node {id} ({host}/{socket}) could not be established. Node may not be available."
                );
            }
        } else if id < 0 {
            warn!(cause = %error, "Bootstrap broker {address} (id: {id} rack: null isFenced: false) disconnected");
        } else if error.is_retriable() {
            info!(cause = %error, "Node {id} disconnected.");
        } else {
            warn!(cause = %error, "Node {id} disconnected.");
        }
    }

    /// The id of a broker; a bootstrap server counts down from -1 until its id is known.
    fn id_of(&self, address: &Address) -> i64 {
        let metadata = self.metadata();
        if let Some(broker) = metadata.brokers.values().find(|broker| broker.address == *address) {
            return broker.id.0.into();
        }
        let place = self.options().bootstrap.iter().position(|one| one == address).unwrap_or_default();
        -1 - i64::try_from(place).unwrap_or_default()
    }
}
