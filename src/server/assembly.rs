//! The parts of a node: sockets, directories and the broker, made of its settings.

use std::net::{IpAddr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tracing::error;

use super::context::Broker;
use super::fetch_session::FetchSessions;
use super::group_log::OffsetsTopic;
use super::node_error::NodeError;
use super::quorum_start::RunningQuorum;
use crate::config::{BrokerConfig, BrokerSettings, Listener as Configured, Listeners, SecurityProtocol};
use crate::coordinator::{GroupConfig, GroupCoordinator};
use crate::io::clock::{Clock, SystemClock};
use crate::io::disk::{Disk, SystemDisk};
use crate::io::rng::{Rng, SystemRng};
use crate::io::spawn::BlockingPool;
use crate::io::tcp::SocketOptions;
use crate::log::{Dirs, Loaded, OpenDirs};
use crate::metadata::{Image, Publisher};
use crate::model::NodeId;
use crate::net::{Budget, Complaints, Limits, Listener, ListenerOptions, Traffic};
use crate::record::Codec;
use crate::replica::{Replicas, Upkeep};

/// `queued.max.request.bytes` where it is not set. Kafka has no bound then; a broker without one can be filled from outside.
const REQUEST_BYTES_DEFAULT: usize = 128 << 20;

/// How many threads wait for cold reads at once.
const READER_THREADS: usize = 8;

/// The threads that may wait for a disk.
#[derive(Debug, Clone)]
pub(super) struct Pools {
    /// Opening and closing logs.
    pub(super) changes: BlockingPool,
    /// Retention, flush, checkpoints.
    pub(super) upkeep: BlockingPool,
    /// Cold reads.
    pub(super) readers: BlockingPool,
}

/// What everything else stands on.
pub(super) struct Ground {
    pub(super) settings: BrokerSettings,
    pub(super) config: BrokerConfig,
    pub(super) node_id: NodeId,
    pub(super) disk: Arc<dyn Disk>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) rng: Arc<dyn Rng>,
    pub(super) pools: Pools,
    pub(super) traffic: Arc<Traffic>,
    pub(super) limits: Arc<ArcSwap<Limits>>,
}

impl Ground {
    /// The ground of a node with these settings, on this machine.
    pub(super) fn new(settings: BrokerSettings) -> Result<Ground, NodeError> {
        let config = settings.broker()?;
        Ok(Ground {
            node_id: NodeId(config.node_id),
            limits: Arc::new(ArcSwap::from_pointee(limits(&config))),
            disk: Arc::new(SystemDisk),
            clock: Arc::new(SystemClock::new()),
            rng: Arc::new(SystemRng),
            pools: Pools {
                changes: BlockingPool::new(1),
                upkeep: BlockingPool::new(1),
                readers: BlockingPool::new(READER_THREADS),
            },
            traffic: Arc::default(),
            settings,
            config,
        })
    }
}

/// The limits of connections, as configured.
pub(super) fn limits(config: &BrokerConfig) -> Limits {
    let count = |value: i32| usize::try_from(value).unwrap_or(0);
    let overrides = config.connection_overrides().unwrap_or_default();
    let overrides = overrides.iter().flat_map(|(host, value)| addresses_of(host).map(|ip| (ip, count(*value))));
    Limits {
        connections: count(config.max_connections),
        connections_per_ip: count(config.max_connections_per_ip),
        connections_per_ip_overrides: overrides.collect(),
        frame_bytes: count(config.socket_request_max_bytes),
        idle: millis(config.connections_max_idle_ms),
    }
}

/// A time that a property gives; a negative one means "never".
pub(super) fn millis(value: i64) -> Duration {
    /// A century; adding it to a clock does not overflow.
    const NEVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
    u64::try_from(value).map_or(NEVER, Duration::from_millis).min(NEVER)
}

fn addresses_of(host: &str) -> impl Iterator<Item = IpAddr> {
    (host, 0).to_socket_addrs().into_iter().flatten().map(|address| address.ip())
}

/// Binds every listener for clients.
pub(super) fn bind(ground: &Ground, listeners: &Listeners) -> Result<Vec<Listener>, NodeError> {
    let config = &ground.config;
    let request_bytes = match usize::try_from(config.queued_max_request_bytes) {
        Ok(bytes) if bytes > 0 => bytes,
        _ => REQUEST_BYTES_DEFAULT,
    };
    let budget = Budget::new(request_bytes, usize::try_from(config.socket_request_max_bytes).unwrap_or(0));
    let size = |bytes: i32| usize::try_from(bytes).ok();
    let socket = SocketOptions {
        send_buffer_bytes: size(config.socket_send_buffer_bytes),
        receive_buffer_bytes: size(config.socket_receive_buffer_bytes),
    };
    let bind_one = |listener: &Configured| {
        if listener.protocol != SecurityProtocol::PLAINTEXT {
            let protocol = listener.protocol.name();
            return Err(NodeError::Protocol { listener: listener.to_string(), protocol });
        }
        let failed = |cause| NodeError::Listen { listener: listener.to_string(), cause };
        Listener::bind(ListenerOptions {
            name: listener.name.as_str().into(),
            address: address_of(listener).map_err(failed)?,
            backlog: config.socket_listen_backlog_size,
            socket,
            limits: Arc::clone(&ground.limits),
            budget: budget.clone(),
            readers: ground.pools.readers.clone(),
            traffic: Arc::clone(&ground.traffic),
            clock: Arc::clone(&ground.clock),
        })
        .map_err(failed)
    };
    listeners.broker.iter().map(bind_one).collect()
}

fn address_of(listener: &Configured) -> std::io::Result<SocketAddr> {
    if listener.host.is_empty() {
        return Ok(SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), listener.port));
    }
    let mut addresses = (listener.host.as_str(), listener.port).to_socket_addrs()?;
    addresses.next().ok_or_else(|| std::io::Error::new(std::io::ErrorKind::NotFound, "the host has no address"))
}

/// The addresses that were bound, in the order of the listeners.
pub(super) fn addresses(sockets: &[Listener]) -> Result<Vec<SocketAddr>, NodeError> {
    sockets.iter().map(|socket| Ok(socket.address()?)).collect()
}

/// What clients are told: the configured addresses, with this host's name for an empty one and the bound port for 0.
pub(super) fn advertised(listeners: &Listeners, bound: &[SocketAddr]) -> Vec<Configured> {
    let port_of = |name: &str| {
        let place = listeners.broker.iter().position(|listener| listener.name == name);
        place.and_then(|place| bound.get(place)).map_or(0, SocketAddr::port)
    };
    let fill = |listener: &Configured| {
        let mut listener = listener.clone();
        if listener.host.is_empty() || listener.host == "0.0.0.0" || listener.host == "::" {
            listener.host = host_name();
        }
        if listener.port == 0 {
            listener.port = port_of(&listener.name);
        }
        listener
    };
    listeners.advertised.iter().map(fill).collect()
}

/// This host's name, if it leads anywhere.
fn host_name() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    if addresses_of(&name).next().is_some() { name } else { "localhost".to_owned() }
}

/// Takes the log directories.
pub(super) fn open_dirs(ground: &Ground) -> Result<Dirs, NodeError> {
    open(ground, ground.config.data_folders().iter().map(PathBuf::from).collect())
}

/// Takes some directories.
pub(super) fn open(ground: &Ground, directories: Vec<PathBuf>) -> Result<Dirs, NodeError> {
    Ok(Dirs::open(OpenDirs {
        disk: Arc::clone(&ground.disk),
        rng: Arc::clone(&ground.rng),
        directories,
        node_id: ground.node_id,
        recovery_threads_per_dir: usize::try_from(ground.config.num_recovery_threads_per_data_dir).unwrap_or(1),
    })?)
}

/// Opens the logs of all partitions. It blocks; one that cannot be opened is said and left alone.
pub(super) fn load_logs(ground: &Ground, dirs: &Dirs, image: &Image) -> Loaded {
    let configs = Replicas::log_configs(&ground.settings, image);
    let loaded = dirs.load(&|topic| configs.of(topic), ground.clock.now());
    for (path, refusal) in &loaded.refused {
        error!(path = %path.display(), error = %refusal, "a log cannot be opened");
    }
    loaded
}

/// The broker over its rooms.
pub(super) fn assemble(
    ground: Ground,
    dirs: Arc<Dirs>,
    cluster_id: String,
    quorum: &RunningQuorum,
) -> Result<Broker, NodeError> {
    let Ground { settings, config, node_id, clock, rng, pools, traffic, limits, .. } = ground;
    let replicas = Arc::new(Replicas::new(node_id, dirs, settings.clone(), Arc::clone(&clock))?);
    let metadata = Publisher::default();
    let offsets_topic = OffsetsTopic {
        replicas: Arc::clone(&replicas),
        metadata: metadata.clone(),
        partitions: config.offsets_topic_num_partitions,
        codec: u8::try_from(config.offsets_topic_compression_codec)
            .ok()
            .and_then(|id| Codec::from_id(id).ok())
            .unwrap_or_default(),
        load_bytes: usize::try_from(config.offsets_load_buffer_size).unwrap_or(usize::MAX),
        readers: pools.readers.clone(),
        clock: Arc::clone(&clock),
    };
    let groups = GroupCoordinator::new(
        GroupConfig::from(&config),
        Arc::new(offsets_topic),
        Arc::clone(&clock),
        Arc::clone(&rng),
    );
    let sessions = usize::try_from(config.max_incremental_fetch_session_cache_slots).unwrap_or(0);
    Ok(Broker {
        node_id,
        cluster_id,
        settings: ArcSwap::from_pointee(settings),
        config: ArcSwap::from_pointee(config),
        limits,
        metadata,
        committed: quorum.publisher().clone(),
        controller: quorum.controller().clone(),
        replicas,
        groups: Arc::new(groups),
        fetch_sessions: FetchSessions::new(sessions),
        refused_transactions: Complaints::default(),
        producer_ids: super::producer_ids::ProducerIds::default(),
        traffic,
        clock,
        rng,
        readers: pools.readers,
    })
}

/// How often the upkeep of the logs is done, as configured.
pub(super) fn upkeep(config: &BrokerConfig) -> Upkeep {
    Upkeep {
        high_watermarks: millis(config.replica_high_watermark_checkpoint_interval_ms),
        logs_after: millis(config.log_initial_task_delay_ms),
        recovery_points: millis(config.log_flush_offset_checkpoint_interval_ms.into()),
        log_starts: millis(config.log_flush_start_offset_checkpoint_interval_ms.into()),
        retention: millis(config.log_retention_check_interval_ms),
        producers: millis(config.producer_id_expiration_check_interval_ms.into()),
    }
}
