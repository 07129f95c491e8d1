//! The consumer: positions, fetchers that read ahead, group membership.
//!
//! The program polls; everything else happens beside it. One fetcher per broker reads ahead within bounds ([`fetcher`])
//! into a state under one short lock ([`state`]); a poll takes records out of it without copying them ([`records`]). A
//! member of a group sends heartbeats from a task of its own; joining, and finding the first positions, also run as tasks,
//! which a poll waits for no longer than its timeout.

mod background;
mod commits;
#[expect(clippy::module_inception, reason = "the noun of the file is the noun of the room")]
mod consumer;
mod decode;
mod fetcher;
mod group;
mod listener;
mod membership;
mod offsets;
mod queries;
mod records;
mod session;
mod settings;
mod state;
mod subscription;

pub use commits::CommitCallback;
pub use consumer::{Consumer, Wakeup};
pub use listener::{Positions, RebalanceListener};
pub use records::{ConsumerRecord, ConsumerRecords};

#[cfg(test)]
mod tests;
