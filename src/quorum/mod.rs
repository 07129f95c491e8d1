//! The metadata log and the seam to consensus.
//!
//! The log is Kafka's own `__cluster_metadata-0`: ordinary segments, `quorum-state`, snapshots as `.checkpoint` files. One entry of
//! the consensus is one record batch, its term is the batch's leader epoch, and its index is the number of batches before it, so
//! that an engine with several voters takes the files over as they are. Above the seam ([`Quorum`]) nobody knows how a batch
//! comes to be committed: it is proposed, and then it is in an image that everyone sees.
//!
//! Invariants: what is committed was forced to the disk before anybody heard of it; committed entries never change; an image
//! is published before its commit is told; a snapshot under its final name is whole.

mod batch;
mod consensus_state;
mod control;
mod error;
mod files;
mod quorum_state;
mod service;
mod single;
mod snapshot;
mod state_machine;
mod store;
mod tail;
mod types;

pub use error::QuorumError;
pub use service::{Options, Quorum};
pub use store::DIRECTORY;
pub use types::{
    Description, Leadership, LogLimits, Proposal, ProposeError, ReplicaState, Voter, VoterEndpoint, VoterSource,
};

#[cfg(test)]
mod tests;
