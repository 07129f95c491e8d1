//! The running node: the rooms wired together, requests to their handlers, answers to their bytes.
//!
//! `node` starts and stops; `dispatch` has one row for each API and `handlers` one file; what two rooms do for one request is
//! ordered here. Rules live in the rooms below; the codes of their errors are in `error` and nowhere else. Invariants: what
//! ApiVersions advertises is what the rows serve; a handler never blocks; a client that was answered finds what it was told.

mod apply;
mod assembly;
mod auto_topics;
mod context;
mod dispatch;
mod error;
mod fetch_plan;
mod fetch_session;
mod group_log;
mod handlers;
mod leader_hint;
mod lifecycle;
mod metadata_home;
mod metrics;
pub mod node;
mod node_error;
mod operations;
mod producer_ids;
mod quorum_start;
mod registration;
mod topic_key;
mod topic_view;
mod transactions;

pub use node::{Node, NodeError};
