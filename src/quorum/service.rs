//! The seam to consensus: propose a batch, wait for its commit, see who leads, describe the quorum.
//!
//! Behind it stands one voter for now; an engine with several takes its place without a change above the seam.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use super::types::{Description, Leadership, Proposal, ProposeError};
use crate::metadata::Publisher;
use crate::model::Offset;

/// How many proposals may wait to be written. The controller decides one request after the other and answers each after its
/// commit, so this bounds what one fsync may carry, not how many clients wait.
pub(super) const PROPOSALS_MAX: usize = 1024;

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
