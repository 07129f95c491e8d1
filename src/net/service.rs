//! What a connection asks of the room above: an answer for each frame.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;

use crate::protocol::Answer;

/// Who is at the other end of a connection.
#[derive(Debug, Clone)]
pub struct Peer {
    /// The listener that accepted it, as `listeners` names it.
    pub listener: Arc<str>,
    /// The peer's address.
    pub address: SocketAddr,
    /// The address it reached us by.
    pub local: SocketAddr,
}

/// What becomes of a request.
pub enum Reply {
    /// The answer is there.
    Now(Answer),
    /// The request has its place (offsets given, mailbox entered), so the next one may start; the answer follows.
    Later(Pin<Box<dyn Future<Output = Done> + Send>>),
    /// The peer expects no answer, as for a produce request with acks 0.
    Never,
    /// The connection ends: the request cannot be answered in a way that the peer would understand.
    Close(String),
}

/// How a request that was answered later ends.
#[derive(Debug)]
pub enum Done {
    /// The answer.
    Answer(Answer),
    /// The peer expects no answer.
    Nothing,
    /// The connection ends, for this reason.
    Close(String),
}

impl Reply {
    /// A reply whose answer the future gives.
    pub fn later(future: impl Future<Output = Done> + Send + 'static) -> Reply {
        Reply::Later(Box::pin(future))
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reply::Now(answer) => f.debug_tuple("Now").field(answer).finish(),
            Reply::Later(_) => f.write_str("Later"),
            Reply::Never => f.write_str("Never"),
            Reply::Close(reason) => f.debug_tuple("Close").field(reason).finish(),
        }
    }
}

/// The room above: it turns frames into replies. One value serves every connection of a listener.
pub trait Service: Send + Sync + 'static {
    /// What is remembered for one connection: the client's software, its fetch session, later its principal.
    type Session: Send + 'static;

    /// A connection was accepted.
    fn open(&self, peer: &Peer) -> Self::Session;

    /// A request arrived. `frame` holds at least 8 bytes and lacks the length before it. It is called in the order of
    /// arrival and must not block.
    fn call(&self, session: &mut Self::Session, frame: Bytes) -> Reply;
}
