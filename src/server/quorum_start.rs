//! The metadata quorum and the controller of this node, on a thread of their own, so that a write of records that stalls does not
//! cost the node its place in the cluster.

use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::assembly::{Ground, millis};
use super::metadata_home;
use super::node_error::NodeError;
use crate::config::BrokerConfig;
use crate::controller::{Controller, Options, Schema};
use crate::io::spawn::{BlockingPool, RuntimeThread};
use crate::log::{Dirs, LogDir};
use crate::metadata::Publisher;
use crate::model::NodeId;
use crate::quorum::{self, LogLimits, Quorum, VoterSource};

/// A quorum that runs.
pub(super) struct RunningQuorum {
    quorum: Quorum,
    controller: Controller,
    engine: JoinHandle<()>,
    stop: oneshot::Sender<()>,
    thread: RuntimeThread,
    /// Its lock is held as long as the log is written.
    dir: Arc<LogDir>,
}

impl RunningQuorum {
    /// Where committed images are seen.
    pub(super) fn publisher(&self) -> &Publisher {
        self.quorum.publisher()
    }

    /// The way to the controller.
    pub(super) fn controller(&self) -> &Controller {
        &self.controller
    }

    /// Waits until the metadata log fails.
    pub(super) async fn failed(&self) -> NodeError {
        let mut failure = self.quorum.failure();
        let reason = match failure.wait_for(Option::is_some).await {
            Ok(reason) => reason.clone().unwrap_or_default(),
            Err(_) => "it ended".to_owned(),
        };
        NodeError::MetadataLog(reason)
    }

    /// Ends the engine, which leaves everything on the disk, and then its thread.
    pub(super) async fn stop(self) {
        let RunningQuorum { engine, stop, thread, controller, dir, .. } = self;
        drop((controller, stop));
        // The engine reports its own failure.
        let _ = engine.await;
        BlockingPool::new(1).run(move || thread.stop()).await;
        drop(dir);
    }
}

/// Starts quorum and controller. Everything that is committed is in the image when it returns.
///
/// # Errors
/// The metadata log cannot be opened, or its directory does not work.
pub(super) fn start(ground: &Ground, dirs: &Dirs, cluster_id: &str) -> Result<RunningQuorum, NodeError> {
    let dir = metadata_dir(&ground.config, dirs)?;
    let options = quorum::Options {
        node_id: ground.node_id,
        log_dir: dir.path().to_owned(),
        directory_id: dir.id().unwrap_or_default(),
        health: Arc::clone(dir.health()),
        voters: voters(&ground.config),
        limits: limits(&ground.config),
        disk: Arc::clone(&ground.disk),
        clock: Arc::clone(&ground.clock),
        rng: Arc::clone(&ground.rng),
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async move {
        // The sender going away means the same as a message.
        let _ = stopped.await;
    };
    let (quorum, engine) = Quorum::start(&options, stopped)?;
    let thread = RuntimeThread::start("mq-quorum")?;
    let engine = thread.handle().spawn(engine);
    let options = Options {
        node_id: ground.node_id,
        cluster_id: cluster_id.to_owned(),
        schema: Schema::new(Arc::new(ground.settings.clone()))?,
        session_timeout: millis(ground.config.broker_session_timeout_ms.into()),
        clock: Arc::clone(&ground.clock),
        rng: Arc::clone(&ground.rng),
    };
    let (controller, task) = Controller::new(options, quorum.clone());
    thread.handle().spawn(task);
    Ok(RunningQuorum { quorum, controller, engine, stop, thread, dir })
}

/// The directory of the metadata log: `metadata.log.dir`, or the first of `log.dirs`.
fn metadata_dir(config: &BrokerConfig, dirs: &Dirs) -> Result<Arc<LogDir>, NodeError> {
    let wanted = metadata_home::directory(config);
    let found = dirs.log_dirs().iter().find(|dir| dir.path() == wanted);
    found.cloned().ok_or(NodeError::MetadataDir(wanted))
}

/// The voters that the file names; alone, this node.
fn voters(config: &BrokerConfig) -> VoterSource {
    let named: Vec<_> = config.voters().into_iter().map(|(id, _, _)| NodeId(id)).collect();
    VoterSource::Static(if named.is_empty() { vec![NodeId(config.node_id)] } else { named })
}

fn limits(config: &BrokerConfig) -> LogLimits {
    let bytes = |value: i64| u64::try_from(value).unwrap_or(u64::MAX);
    LogLimits {
        bytes_between_snapshots: bytes(config.metadata_log_max_record_bytes_between_snapshots),
        snapshot_interval: millis(config.metadata_log_max_snapshot_interval_ms),
        segment_bytes: bytes(config.metadata_log_segment_bytes.into()),
        segment_ms: config.metadata_log_segment_ms,
        retention_bytes: config.metadata_max_retention_bytes,
        retention_ms: config.metadata_max_retention_ms,
    }
}
