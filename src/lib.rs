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
//!
//! ## Walks
//!
//! Each arrow goes down one file; answers come back as return values.
//!
//! - **produce**: `net/connection` -> `server/dispatch` -> `server/handlers/produce` -> `replica/partition` ->
//!   `log/append` -> `log/segment` -> `io/disk`; with acks=all the answer then waits in `replica/pending`.
//! - **fetch**: `net/connection` -> `server/dispatch` -> `server/handlers/fetch` -> `server/fetch_session` and
//!   `server/fetch_plan` -> `replica/pending` (long poll) -> `replica/partition` (how far the reader may see) -> `log/read`
//!   -> `log/segment`; the answer's file ranges leave through `net/outbox` -> `io/sendfile`.
//! - **metadata change**: `server/dispatch` -> `server/handlers/create_topics` -> `controller/service` ->
//!   `controller/topics` (image in, records out), then `quorum/service` -> `quorum/single` -> `quorum/store`. Committed:
//!   `quorum/state_machine` -> `metadata/replay` -> `metadata/publisher`, which `server/apply` follows to open, close and
//!   turn partitions through `replica/service`.
//! - **group join**: `server/handlers/join_group` -> `coordinator/service` (mailbox of the shard) ->
//!   `coordinator/group/join` (group, request, now in; outcome out) -> `coordinator/service/shard_task`, which appends
//!   through `server/group_log`, replays and answers.
//! - **command**: `main` -> `cli/mod` -> `cli/topics` -> `client/admin` -> `client/cluster` -> `net/peers`; rows come back
//!   and go through `cli/output`.
//!
//! ## Where is ...?
//!
//! acks and purgatory: `replica/pending`; advertised APIs: `server/dispatch`; assignment: `assignor`; automatic topics:
//! `server/auto_topics`; committed offsets: `coordinator/group/offsets`; compression: `record/compress`; configuration
//! keys: `config/broker`, `config/topic`; dynamic configuration: `config/overlay`; fetch sessions: `server/fetch_session`;
//! high watermark: `replica/partition`; idempotence: `log/producer_state`, `log/producer_staging`; leader election: `controller/elections`; leader
//! epochs: `log/epoch_cache`; linger and batching: `client/producer/accumulator`; lock file and log directories:
//! `log/log_dir`, `log/dirs`; placement of replicas: `controller/placement`; rebalance: `coordinator/group/rebalance`;
//! recovery: `log/recovery`; retention: `log/retention`; roll of segments: `log/roll`; snapshot of metadata:
//! `quorum/snapshot`; stop: `server/lifecycle`; truncation: `log/truncate`.

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
