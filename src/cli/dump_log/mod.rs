//! `dump-log` (kafka-dump-log.sh): prints what the files of a log directory hold.
//!
//! It reads `.log` and `.checkpoint` files batch by batch, `.index`, `.timeindex`, `.txnindex` and `.snapshot` files, and
//! compares the indexes with their log. It opens files for reading only, holds one batch in memory, and its text is that of
//! Kafka 4.3.1. Where Kafka's tool ends in a stack trace, this one ends with a sentence and the same exit code.

mod decoder;
mod files;
mod index;
mod log;
mod remote;
#[cfg(test)]
mod tests;
mod time_index;
mod tool;

pub use files::{Entry, LogFile};
pub use tool::{Args, run};
