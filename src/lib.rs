//! # The map of the house
//!
//! `mq` is Kafka in one binary: broker, tools and client library. This page says where everything is; `cli-tests/tidy.rs`
//! fails when it stops being true.
//!
//! ## Rooms
//!
//! A room is a folder named by a Kafka noun. It may import the rooms above it in this table and no other; `client` is
//! imported by `cli` alone, so the broker never depends on it. `main.rs` only hands the command line to `cli`.
//!
//! | room | what it holds |
//! | --- | --- |
//! | [`model`] | plain nouns: offset, position, epochs, ids, names, time, error codes |
//! | [`config`] | every property once: type, default, range, when a change takes effect; the syntax of `.properties` files |
//! | [`protocol`] | the wire codec, generated from `protocol/schema`; frames, headers, answers in segments |
//! | [`record`] | the bytes of record batches: view, build, validate, compress |
//! | [`assignor`] | which member of a group reads which partition |
//! | [`io`] | the outside world behind small traits: clock, chance, disk, memory maps, sockets, threads |
//! | [`net`] | sockets that carry frames: the server's end and the client's end |
//! | [`client`] | the client library: producer, consumer, admin |
//! | [`log`] | one partition on disk: segments, indexes, producer state, recovery, retention |
//! | [`metadata`] | the cluster as a value that only records can change |
//! | [`quorum`] | the metadata log and the seam to consensus |
//! | [`controller`] | what the active controller decides: image in, records out |
//! | [`replica`] | leader and follower of a partition; waiting for the high watermark |
//! | [`coordinator`] | group coordination: membership, committed offsets |
//! | [`server`] | the running node: wiring, dispatch, one handler per API |
//! | [`cli`] | the tools, one file or folder each |

// The doubles of `cli-tests/support` name the library as tests outside of it do; unit tests use them too.
#[cfg(test)]
extern crate self as mq;

pub mod assignor;
pub mod cli;
pub mod client;
pub mod config;
pub mod controller;
pub mod coordinator;
pub mod io;
pub mod log;
pub mod metadata;
pub mod model;
pub mod net;
pub mod protocol;
pub mod quorum;
pub mod record;
pub mod replica;
pub mod server;
