//! The seam to consensus: propose a batch, wait for its commit, see who leads, describe the quorum.
//!
//! Behind it stands one voter for now; an engine with several takes its place without a change above the seam.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use super::error::QuorumError;
use super::single;
use super::types::{Description, Leadership, LogLimits, Proposal, ProposeError, VoterSource};
use crate::io::clock::Clock;
use crate::io::disk::Disk;
use crate::io::rng::Rng;
use crate::log::Health;
use crate::metadata::Publisher;
use crate::model::{NodeId, Offset, Uuid};

/// How many proposals may wait to be written. The controller decides one request after the other and answers each after its
/// commit, so this bounds what one fsync may carry, not how many clients wait.
pub(super) const PROPOSALS_MAX: usize = 1024;

/// What a node's part in the quorum is started with.
#[derive(Debug, Clone)]
pub struct Options {
    /// `node.id`.
    pub node_id: NodeId,
    /// The log directory that holds the metadata log (`metadata.log.dir`, or the first of `log.dirs`).
    pub log_dir: PathBuf,
    /// The id of that directory.
    pub directory_id: Uuid,
    /// Whether that directory works.
    pub health: Arc<Health>,
    /// Where the voters are named.
    pub voters: VoterSource,
    /// When the log is cut into snapshots and segments.
    pub limits: LogLimits,
    /// The disk.
    pub disk: Arc<dyn Disk>,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub rng: Arc<dyn Rng>,
}

/// A node's part in the metadata quorum. Clones are the same quorum.
#[derive(Debug, Clone)]
pub struct Quorum {
    pub(super) shared: Arc<Shared>,
}

/// What the engine tells everybody.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) proposals: mpsc::Sender<Proposal>,
    pub(super) leadership: watch::Sender<Leadership>,
    pub(super) committed: watch::Sender<Offset>,
    pub(super) description: watch::Sender<Description>,
    pub(super) failure: watch::Sender<Option<String>>,
    pub(super) publisher: Publisher,
}

impl Quorum {
    /// Opens the metadata log and begins to lead; this blocks. The second value has to be run, on a thread apart from the one
    /// that serves clients; it ends when `stop` does, with everything on the disk, or when the disk fails.
    ///
    /// # Errors
    /// The log cannot be opened, or this node is not all of its quorum.
    pub fn start(
        options: &Options,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(Quorum, impl Future<Output = ()> + Send + 'static), QuorumError> {
        let (quorum, engine) = single::start(options)?;
        Ok((quorum, engine.run(stop)))
    }

    /// Hands a batch over to be committed. Batches are committed in the order of the calls, or from one on not at all. The batch
    /// is committed once [`Quorum::committed`] has passed its last offset.
    ///
    /// # Errors
    /// This node does not lead in the epoch of the proposal, or its log is offline. Nothing was written then.
    pub async fn propose(&self, proposal: Proposal) -> Result<(), ProposeError> {
        let epoch = proposal.epoch;
        if self.leadership().borrow().epoch != epoch {
            return Err(ProposeError::NotLeader(epoch));
        }
        let sent = self.shared.proposals.send(proposal).await;
        sent.map_err(|_| match &*self.shared.failure.borrow() {
            Some(reason) => ProposeError::Offline(reason.clone()),
            None => ProposeError::NotLeader(epoch),
        })
    }

    /// Who leads, now and from now on.
    #[must_use]
    pub fn leadership(&self) -> watch::Receiver<Leadership> {
        self.shared.leadership.subscribe()
    }

    /// The offset behind the last committed record, now and from now on. The image that holds the record is published first.
    #[must_use]
    pub fn committed(&self) -> watch::Receiver<Offset> {
        self.shared.committed.subscribe()
    }

    /// Where the image of the committed records is seen.
    #[must_use]
    pub fn publisher(&self) -> &Publisher {
        &self.shared.publisher
    }

    /// The quorum as DescribeQuorum shows it.
    #[must_use]
    pub fn describe(&self) -> Description {
        self.shared.description.borrow().clone()
    }

    /// Why the metadata log is offline, should it become so. A node without its metadata log has to stop: what it was told
    /// to remember is not known to be remembered.
    #[must_use]
    pub fn failure(&self) -> watch::Receiver<Option<String>> {
        self.shared.failure.subscribe()
    }
}
