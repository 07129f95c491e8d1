//! The cluster as a value: [`Image`], which only the records of the metadata log can change.
//!
//! A controller writes records, every node replays them and sees the same cluster. The room holds the records
//! ([`MetadataRecord`]), the image and its nouns (`image/`), replay with the log's own transactions ([`Replay`]), the way
//! back from an image to records ([`snapshot`]), what changed between two images ([`Delta`]) and the place where the newest one
//! is seen ([`Publisher`], the only file here that waits). It reads and writes no file and decides nothing: that is `quorum`
//! and `controller`.
//!
//! Invariants: equal records give equal images; an image turned into records and replayed is the same image; offsets of
//! published images never fall.

mod delta;
mod image;
mod publisher;
pub mod record;
mod replay;
pub mod snapshot;
pub mod supported;

pub use delta::{Delta, PartitionChange};
pub use image::*;
pub use publisher::Publisher;
pub use record::MetadataRecord;
pub use replay::{Replay, ReplayFailure};

#[cfg(test)]
mod tests;
