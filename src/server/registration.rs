//! This broker's place in the cluster: it registers, and heartbeats keep it in (KIP-631).

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};

use super::context::Broker;
use crate::config::{Listener, SecurityProtocol};
use crate::controller::brokers::Heartbeat;
use crate::log::Loaded;
use crate::metadata::supported;
use crate::model::{BrokerEpoch, Failure, Uuid};
use crate::protocol::messages::broker_registration_request::{Feature, Listener as AdvertisedListener};
use crate::protocol::messages::{BrokerHeartbeatRequest, BrokerRegistrationRequest};

/// How long a stop waits for the controller to move this broker's partitions away.
const HAND_OVER_MAX: Duration = Duration::from_secs(5);

/// Between two heartbeats of a broker that waits for the controller.
const HASTE: Duration = Duration::from_millis(10);

/// What a broker says of itself.
#[derive(Debug, Clone)]
pub(super) struct Registration {
    /// Where clients reach it.
    pub(super) advertised: Vec<Listener>,
    /// The levels of each feature that it supports.
    pub(super) features: Vec<Feature>,
    /// `broker.rack`.
    pub(super) rack: Option<String>,
    /// The ids of its log directories.
    pub(super) log_dirs: Vec<Uuid>,
    /// The epoch of its last clean stop.
    pub(super) previous_epoch: Option<BrokerEpoch>,
}

impl Registration {
    /// What this broker says of itself.
    pub(super) fn of(broker: &Broker, advertised: Vec<Listener>, loaded: &Loaded) -> Registration {
        // A feature that is not built is not there, as in Kafka.
        let built = supported::FEATURES.iter().filter(|(_, levels)| levels.max > 0);
        let features = built.map(|(name, levels)| Feature {
            name: (*name).to_owned(),
            min_supported_version: levels.min,
            max_supported_version: levels.max,
        });
        Registration {
            advertised,
            features: features.collect(),
            rack: broker.config.load().broker_rack.clone(),
            log_dirs: broker.replicas.dirs().log_dirs().iter().filter_map(|dir| dir.id()).collect(),
            previous_epoch: loaded.broker_epoch,
        }
    }
}

/// Registers the broker, and waits until the image with the registration is served.
///
/// # Errors
/// The controller refuses: another broker has the id, or the cluster uses what this broker lacks.
pub(super) async fn register(broker: &Broker, registration: Registration) -> Result<BrokerEpoch, Failure> {
    let listeners = registration.advertised.iter().map(|listener| AdvertisedListener {
        name: listener.name.clone(),
        host: listener.host.clone(),
        port: listener.port,
        security_protocol: SecurityProtocol::wire(listener.protocol),
    });
    let request = BrokerRegistrationRequest {
        broker_id: broker.node_id.0,
        cluster_id: broker.cluster_id.clone(),
        incarnation_id: broker.rng.uuid(),
        listeners: listeners.collect(),
        features: registration.features,
        rack: registration.rack,
        is_migrating_zk_broker: false,
        log_dirs: registration.log_dirs,
        previous_broker_epoch: registration.previous_epoch.unwrap_or(BrokerEpoch::NONE).0,
    };
    let epoch = broker.controller.register_broker(request).await?;
    broker.catch_up().await;
    Ok(epoch)
}

/// Sends heartbeats until the controller lets the broker serve.
///
/// # Errors
/// The controller refuses the heartbeat.
pub(super) async fn unfence(broker: &Broker) -> Result<(), Failure> {
    while beat(broker, Wish::Serve).await?.is_fenced {
        sleep(HASTE).await;
        broker.catch_up().await;
    }
    broker.catch_up().await;
    Ok(())
}

/// Keeps the broker in the cluster until `stop`.
pub(super) async fn keep(broker: Arc<Broker>, interval: Duration, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            _ = stop.wait_for(|stopped| *stopped) => return,
            () = sleep(interval) => {}
        }
        if let Err(failure) = beat(&broker, Wish::Serve).await {
            warn!(%failure, "the controller refused a heartbeat");
        }
    }
}

/// Hands this broker's partitions over to others, as far as there are any.
pub(super) async fn hand_over(broker: &Broker) {
    let handed_over = async {
        loop {
            match beat(broker, Wish::Stop).await {
                Ok(heartbeat) if heartbeat.should_shut_down => return,
                Ok(_) => sleep(HASTE).await,
                Err(failure) => return debug!(%failure, "the controller does not take this broker's partitions over"),
            }
        }
    };
    if timeout(HAND_OVER_MAX, handed_over).await.is_err() {
        warn!("stopping before the controller has taken all partitions over");
    }
}

/// What a broker wants of the controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Serve,
    Stop,
}

async fn beat(broker: &Broker, wish: Wish) -> Result<Heartbeat, Failure> {
    let dirs = broker.replicas.dirs().log_dirs();
    let offline = dirs.iter().filter(|dir| !dir.is_online()).filter_map(|dir| dir.id());
    let request = BrokerHeartbeatRequest {
        broker_id: broker.node_id.0,
        broker_epoch: broker.epoch().0,
        current_metadata_offset: broker.image().provenance().offset.0,
        want_fence: false,
        want_shut_down: wish == Wish::Stop,
        offline_log_dirs: offline.collect(),
        ..BrokerHeartbeatRequest::default()
    };
    broker.controller.heartbeat(request).await
}
