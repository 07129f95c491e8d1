//! The wire codec: Kafka's messages as values, and the bytes of their frames.
//!
//! The messages are generated from `schema/*.txt` when the crate is built ([`messages`]); what is common to all of them
//! is written by hand: [`Reader`] and [`Writer`], headers, frames, and the framing of metadata and coordinator records.
//! Nothing here opens a socket, reads a file or looks into a record batch.
//!
//! Invariants: a decoder never panics and allocates nothing by a length that a peer claims; records and byte fields are
//! slices of the frame they came in; records on their way out are not copied ([`Answer`]); a field that a version lacks
//! is refused rather than lost, unless the schema says that it may be.

mod answer;
mod api;
pub mod consumer_protocol;
pub mod coordinator_frame;
mod element;
mod error;
pub mod frame;
mod header;
mod json;
pub mod messages;
pub mod metadata_frame;
pub mod outline;
mod reader;
#[cfg(test)]
mod tests;
mod union;
mod writer;

pub use answer::{Answer, FileRange, FileSource, Records, Segment};
pub use api::ApiKey;
pub use element::{Element, Message, Request};
pub use error::{DecodeError, DecodeFault, EncodeError, EncodeFault};
pub use header::{RequestHeader, ResponseHeader};
pub use json::Json;
pub use reader::{Reader, Tag};
pub use writer::{Tags, Writer};
