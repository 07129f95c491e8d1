//! Groups: the decisions of the classic protocol and of committed offsets, without clock, lock or log.
//!
//! A [`GroupShard`] holds the groups of one partition of `__consumer_offsets`. Each request, alarm or end of an append goes
//! in with the time and comes back as an [`super::Outcome`]. `classic` and `member` keep the books of a group; `join`,
//! `rebalance`, `sync`, `heartbeat` and `leave` are its life; `offsets` holds what was committed, which `commit`, `fetch`
//! and `expiry` write, read and clear; `records` is the form in which all of it survives.

mod classic;
mod commit;
mod describe;
mod expiry;
mod fetch;
mod heartbeat;
mod join;
mod leave;
mod member;
mod offsets;
mod rebalance;
mod records;
mod shard;
mod sync;
mod turn;

#[cfg(test)]
mod tests;

pub use classic::GroupState;
pub use expiry::DeletedTopic;
pub use join::Caller;
pub use offsets::TransactionEnd;
pub use records::{CommittedOffset, GroupRecord};
pub use shard::{GroupRequest, GroupShard};
