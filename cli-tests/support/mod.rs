//! What tests share: a broker of their own, and the tools run against it.
//!
//! Nothing here asserts what Kafka does; it only starts, stops, waits and cleans up. Every broker has a folder and a
//! port of its own, and ends with the value that holds it.

pub mod broker;
pub mod client;
pub mod connection;
#[allow(dead_code, reason = "the unit tests of the storage rooms use it")]
pub mod memory_disk;
pub mod run;
