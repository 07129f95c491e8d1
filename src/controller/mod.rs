//! What the active controller decides: an image and a request in, records and an answer out.
//!
//! Every file but `service.rs` is pure: time, chance and configuration come in as arguments, and nothing happens until
//! the records that come out are committed and replayed. `service.rs` owns the one mailbox that puts decisions in order.
//!
//! Invariants: a decision sees every record decided before it, committed or not; its answer is given only after all of these are
//! committed; the records of one decision are committed together or not at all; a leader epoch never falls.

mod bootstrap;
pub mod brokers;
#[cfg(test)]
mod brokers_test;
pub mod configs;
#[cfg(test)]
mod configs_test;
pub mod elections;
pub mod features;
#[cfg(test)]
mod features_test;
#[cfg(test)]
mod fixture;
mod outcome;
pub mod partitions;
mod placement;
pub mod producer_ids;
mod schema;
mod service;
#[cfg(test)]
mod service_test;
pub mod topics;
#[cfg(test)]
mod topics_test;

pub use outcome::Outcome;
use outcome::split_repeated;
pub use schema::{Schema, node_settings};
pub use service::{Controller, Options};
