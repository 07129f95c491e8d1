//! Sockets that carry frames.
//!
//! The server's end: a [`Listener`] accepts, a connection is one task that reads frames, gives each to the
//! [`Service`] and writes the answers in the order of the requests. Invariants: no buffer is allocated by a length that was
//! not checked; a body is read only once the bytes it needs are granted by the [`Budget`]; a peer that does not read its
//! answers is not read from, so that it holds up nobody but itself.
//!
//! The client's end: a [`peer::Peer`] is one connection on which requests are pipelined, [`peers::Peers`] keeps them by
//! address and waits before it connects again.

mod budget;
mod complaints;
mod connection;
mod guess;
mod inbox;
mod listener;
mod outbox;
pub mod peer;
pub mod peers;
mod service;

pub use budget::Budget;
pub use complaints::Complaints;
pub use connection::{PENDING_PER_CONNECTION_MAX, Traffic};
pub use listener::{Limits, Listener, ListenerOptions};
pub use peer::{Address, PeerError, PeerOptions};
pub use peers::{Lane, Peers};
pub use service::{Done, Peer, Reply, Service};
