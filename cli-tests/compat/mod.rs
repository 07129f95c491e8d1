//! `mq` beside everything else that speaks Kafka: clients of other makers, and the real Apache Kafka.
//!
//! What a test needs is installed by package name into `target/interop` on first use; a client that cannot be had is a
//! failure, never a skipped test.

mod admin_tools;
mod assignors;
mod clients;
mod codec;
mod files;
mod install;
mod metadata_log;
mod own_client;
pub mod peer;
mod takeover;
mod tool_cases;
mod tool_machine;
mod tools;
