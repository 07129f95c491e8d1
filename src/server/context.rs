//! What a handler is given: the broker, the client and the request.

use std::net::SocketAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::config::{BrokerConfig, BrokerSettings};
use crate::controller::Controller;
use crate::coordinator::GroupCoordinator;
use crate::coordinator::group::Caller;
use crate::io::clock::Clock;
use crate::io::rng::Rng;
use crate::io::spawn::BlockingPool;
use crate::metadata::{Image, Publisher};
use crate::model::{BrokerEpoch, NodeId};
use crate::net::{Complaints, Limits, Peer, Traffic};
use crate::replica::Replicas;

use super::fetch_session::FetchSessions;

/// The rooms of a running broker, as its handlers reach them.
pub(super) struct Broker {
    /// `node.id`.
    pub node_id: NodeId,
    /// The cluster's id.
    pub cluster_id: String,
    /// The broker's settings in their layers.
    pub settings: ArcSwap<BrokerSettings>,
    /// The broker's properties, dynamic changes included.
    pub config: ArcSwap<BrokerConfig>,
    /// The limits of connections, which follow the properties.
    pub limits: Arc<ArcSwap<Limits>>,
    /// Where the newest image is seen whose partitions are served here.
    pub metadata: Publisher,
    /// Where the newest committed image is seen; its partitions may still be on their way.
    pub committed: Publisher,
    /// The active controller.
    pub controller: Controller,
    /// The partitions of this broker.
    pub replicas: Arc<Replicas>,
    /// The groups that this broker coordinates.
    pub groups: Arc<GroupCoordinator>,
    /// Incremental fetch sessions.
    pub fetch_sessions: FetchSessions,
    /// The producer ids that may be handed out.
    pub producer_ids: super::producer_ids::ProducerIds,
    /// Whose transactions were refused of late.
    pub refused_transactions: Complaints,
    /// What the connections count.
    pub traffic: Arc<Traffic>,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub rng: Arc<dyn Rng>,
    /// Threads for reads that may wait for the disk.
    pub readers: BlockingPool,
}

impl Broker {
    /// The newest image.
    #[must_use]
    pub(super) fn image(&self) -> Arc<Image> {
        self.metadata.current()
    }

    /// Waits until what is committed now is served here, so that a client finds what it was told of.
    pub(super) async fn catch_up(&self) {
        let offset = self.committed.current().provenance().offset;
        self.metadata.published(offset).await;
    }

    /// The epoch of this broker's registration.
    #[must_use]
    pub(super) fn epoch(&self) -> BrokerEpoch {
        self.committed.current().broker(self.node_id).map_or(BrokerEpoch::NONE, |broker| broker.epoch)
    }
}

/// Who asks.
#[derive(Debug, Clone)]
pub(super) struct Client {
    /// What the client calls itself.
    pub id: Option<String>,
    /// Its address.
    pub address: SocketAddr,
    /// The listener that it came by.
    pub listener: Arc<str>,
    /// The name of its software, from ApiVersions (KIP-511).
    pub software_name: String,
    /// The version of its software.
    pub software_version: String,
}

impl Client {
    pub(super) fn new(peer: &Peer) -> Client {
        Client {
            id: None,
            address: peer.address,
            listener: Arc::clone(&peer.listener),
            software_name: String::new(),
            software_version: String::new(),
        }
    }
}

/// One request and what goes with it.
pub(super) struct Call<'a, R> {
    /// The broker.
    pub broker: Arc<Broker>,
    /// Who asks.
    pub client: &'a mut Client,
    /// The version of the request, and of the response.
    pub version: i16,
    /// The request.
    pub request: R,
}

impl<R> Call<'_, R> {
    /// Who asks, in the words of the group coordinator.
    pub(super) fn caller(&self) -> Caller {
        let id = self.client.id.as_deref().unwrap_or_default();
        Caller::new(id, self.client.address.ip().to_canonical(), self.version)
    }
}
