//! A node from start to stop: the rooms are opened in the order in which they need each other, and closed in the reverse one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tracing::{info, warn};

use super::assembly::{self, Ground, Pools};
use super::context::Broker;
use super::dispatch::Dispatch;
use super::lifecycle::Signals;
use super::metrics::Metrics;
use super::registration::{self, Registration};
use super::{apply, metadata_home, quorum_start};
use crate::config::{BrokerSettings, Listeners};
use crate::io::spawn::{self, Tasks};
use crate::log::Loaded;
use crate::model::BrokerEpoch;
use crate::net::Listener;

pub use super::node_error::NodeError;

/// How long answers that are in work may take once the node stops.
const DRAIN_MAX: Duration = Duration::from_secs(5);

/// How often it is looked whether a log directory is left.
const HEALTH_INTERVAL: Duration = Duration::from_secs(1);

/// A node that runs.
pub struct Node {
    broker: Arc<Broker>,
    addresses: Vec<SocketAddr>,
    epoch: BrokerEpoch,
    stop: watch::Sender<bool>,
    accepting: Tasks,
    heartbeat: JoinHandle<()>,
    followers: Tasks,
    quorum: quorum_start::RunningQuorum,
    pools: Pools,
}

/// Runs a node until it is asked to stop by a signal.
///
/// # Errors
/// The node cannot start: a directory is in use or somebody else's, an address is taken, the data is broken. Or it stopped
/// uncleanly: a disk failed.
pub fn run(settings: BrokerSettings) -> Result<(), NodeError> {
    let runtime = spawn::main_runtime().map_err(NodeError::System)?;
    let result = runtime.block_on(async {
        let mut signals = Signals::take().map_err(NodeError::System)?;
        let node = tokio::select! {
            biased;
            () = signals.stop_asked() => return Ok(()),
            node = Node::start(settings) => node?,
        };
        let ended = tokio::select! {
            () = signals.stop_asked() => Ok(()),
            failure = node.failed() => Err(failure),
        };
        tokio::select! {
            stopped = node.stop() => ended.and(stopped),
            // Whoever asks twice does not want to wait: the next start recovers.
            () = signals.stop_asked() => {
                warn!("asked twice to stop: the logs were not closed");
                ended
            }
        }
    });
    // Threads that wait for a disk must not hold the process.
    runtime.shutdown_background();
    result
}

impl Node {
    /// Starts a node and gives it back once it serves.
    ///
    /// # Errors
    /// As [`run`].
    pub async fn start(settings: BrokerSettings) -> Result<Node, NodeError> {
        let ground = Ground::new(settings)?;
        let listeners = ground.config.listeners()?;
        // Addresses first: a port that is taken is found before any file is touched.
        let sockets = assembly::bind(&ground, &listeners)?;
        let mut dirs = assembly::open_dirs(&ground)?;
        let mut apart = metadata_home::open(&ground, &dirs)?;
        let known = dirs.cluster_id().or_else(|| apart.as_ref()?.cluster_id());
        let cluster_id = known.map_or_else(|| ground.rng.uuid().to_string(), str::to_owned);
        for dirs in [Some(&mut dirs), apart.as_mut()].into_iter().flatten() {
            dirs.claim(&cluster_id)?;
        }
        let dirs = Arc::new(dirs);
        let quorum = quorum_start::start(&ground, apart.as_ref().unwrap_or(&dirs), &cluster_id)?;
        let loaded = assembly::load_logs(&ground, &dirs, &quorum.publisher().current());
        let pools = ground.pools.clone();
        let broker = assembly::assemble(ground, dirs, cluster_id, &quorum)?;
        Node::join(Parts { broker: Arc::new(broker), quorum, sockets, listeners, pools, loaded }).await
    }

    /// Follows the metadata, registers, and serves.
    async fn join(parts: Parts) -> Result<Node, NodeError> {
        let Parts { broker, quorum, sockets, listeners, pools, loaded } = parts;
        let config = broker.config.load_full();
        let addresses = assembly::addresses(&sockets)?;
        let (stop, stopped) = watch::channel(false);
        let mut followers = Tasks::new();
        followers.spawn(apply::follow(Arc::clone(&broker), pools.changes.clone()));
        broker.catch_up().await;
        {
            let broker = Arc::clone(&broker);
            pools.changes.run(move || broker.replicas.put_strays_aside(&broker.image())).await;
        }
        let registration = Registration::of(&broker, assembly::advertised(&listeners, &addresses), &loaded);
        let epoch = registration::register(&broker, registration).await?;
        registration::unfence(&broker).await?;
        let interval = assembly::millis(config.broker_heartbeat_interval_ms.into());
        let heartbeat = spawn::spawn(registration::keep(Arc::clone(&broker), interval, stopped.clone()));
        followers.spawn(Arc::clone(&broker.replicas).keep(pools.upkeep.clone(), assembly::upkeep(&config)));

        let service = Arc::new(Dispatch::new(Arc::clone(&broker)));
        let mut accepting = Tasks::new();
        for socket in sockets {
            accepting.spawn(socket.serve(Arc::clone(&service), stopped.clone(), DRAIN_MAX));
        }
        info!(
            node = broker.node_id.0,
            cluster = broker.cluster_id,
            epoch = epoch.0,
            addresses = ?addresses,
            directories = ?broker.replicas.dirs().log_dirs().iter().map(|dir| dir.path()).collect::<Vec<_>>(),
            logs = loaded.count,
            ms = u64::try_from(broker.clock.elapsed().as_millis()).unwrap_or(u64::MAX),
            "started"
        );
        Ok(Node { broker, addresses, epoch, stop, accepting, heartbeat, followers, quorum, pools })
    }

    /// Where it listens, with the ports that the system chose.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// What it counted.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        Metrics::of(&self.broker)
    }

    /// Waits until the node cannot go on: its metadata log or its last log directory failed.
    async fn failed(&self) -> NodeError {
        let dirs = async {
            while self.broker.replicas.is_online() {
                sleep(HEALTH_INTERVAL).await;
            }
            NodeError::NoLogDir
        };
        tokio::select! {
            failure = self.quorum.failed() => failure,
            failure = dirs => failure,
        }
    }

    /// Stops: partitions are handed over, answers finished, logs flushed and closed with the mark of a clean stop.
    ///
    /// # Errors
    /// A disk failed; the next start recovers.
    pub async fn stop(mut self) -> Result<(), NodeError> {
        info!(node = self.broker.node_id.0, "stopping");
        registration::hand_over(&self.broker).await;
        self.stop.send_replace(true);
        // Whoever waits for records or replicas is told now, so that connections end.
        self.broker.replicas.resign();
        self.broker.groups.close().await;
        while self.accepting.join_next().await.is_some() {}
        let _ = self.heartbeat.await;
        self.followers.shutdown().await;
        self.quorum.stop().await;
        let (broker, epoch) = (Arc::clone(&self.broker), self.epoch);
        self.pools.changes.run(move || broker.replicas.close(epoch)).await?;
        info!(node = self.broker.node_id.0, "stopped");
        Ok(())
    }
}

/// What a node has before it joins the cluster.
struct Parts {
    broker: Arc<Broker>,
    quorum: quorum_start::RunningQuorum,
    sockets: Vec<Listener>,
    listeners: Listeners,
    pools: Pools,
    loaded: Loaded,
}
