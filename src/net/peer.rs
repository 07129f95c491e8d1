//! One connection, the client's end: connect, agree on versions, send requests and match answers to them.
//!
//! Requests are pipelined: several may be under way, each found again by its correlation id, at most
//! [`PeerOptions::in_flight_max`] of them. A request that gets no answer in time ends the whole connection, because the
//! server answers in order and all later answers would be late as well. Nothing that a server sends can make this panic.
//! Not here: which server to ask and when to ask again ([`Peers`](super::peers::Peers) and the rooms above).

mod address;
mod connect;
mod error;
mod versions;
mod wire;

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

pub use address::{Address, NotAnAddress};
pub use error::{Attempt, Foreign, PeerError};
pub use versions::Versions;

use crate::io::tcp::SocketOptions;
use crate::protocol::{Request, Segment, frame};
use wire::{Outgoing, Shared, Waiting};

/// How connections are made and used.
#[derive(Debug, Clone)]
pub struct PeerOptions {
    /// `client.id`, sent with every request.
    pub client_id: Option<Arc<str>>,
    /// `request.timeout.ms`: the time for one answer where the call names no other.
    pub request_timeout: Duration,
    /// `socket.connection.setup.timeout.ms`: the time for each address of a host.
    pub connect_timeout: Duration,
    /// `connections.max.idle.ms`; `None` keeps an idle connection.
    pub idle: Option<Duration>,
    /// `reconnect.backoff.ms`: the pause after the first failed attempt.
    pub reconnect_backoff: Duration,
    /// `reconnect.backoff.max.ms`: what the pause grows to.
    pub reconnect_backoff_max: Duration,
    /// Requests under way on one connection; further callers wait.
    pub in_flight_max: usize,
    /// `send.buffer.bytes` and `receive.buffer.bytes`.
    pub socket: SocketOptions,
}

impl Default for PeerOptions {
    /// Kafka's defaults for clients.
    fn default() -> PeerOptions {
        PeerOptions {
            client_id: None,
            request_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            idle: Some(Duration::from_secs(540)),
            reconnect_backoff: Duration::from_millis(50),
            reconnect_backoff_max: Duration::from_secs(1),
            in_flight_max: 100,
            socket: SocketOptions::default(),
        }
    }
}

/// A connection to one server. Clones share it; the last one to go closes it.
#[derive(Clone)]
pub struct Peer(Arc<Handle>);

struct Handle {
    shared: Arc<Shared>,
    versions: Versions,
    client_id: Option<Arc<str>>,
    request_timeout: Duration,
    queue: mpsc::UnboundedSender<Outgoing>,
    places: Arc<Semaphore>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.finish(self.shared.disconnected("this client closed it"));
    }
}

impl std::fmt::Debug for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Peer({})", self.address())
    }
}

impl Peer {
    /// Connects and agrees on versions. Every address of the host is tried.
    ///
    /// # Errors
    /// What kept each address from answering.
    pub async fn connect(address: &Address, options: &PeerOptions) -> Result<Peer, PeerError> {
        let stream = connect::connect(address, options).await?;
        let mut handle = Handle::start(address.clone(), stream, options);
        handle.versions = connect::negotiate(&handle).await?;
        Ok(Peer(Arc::new(handle)))
    }

    /// The server's address as it was asked for.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.0.shared.address
    }

    /// Which versions of each request the server knows.
    #[must_use]
    pub fn versions(&self) -> &Versions {
        &self.0.versions
    }

    /// The highest version of `R` that both ends know, not above `version_max`. For requests whose content depends on the
    /// version; all others leave it to [`Peer::call`].
    ///
    /// # Errors
    /// [`PeerError::Unsupported`] where there is none.
    pub fn version<R: Request>(&self, version_max: i16) -> Result<i16, PeerError> {
        self.0.versions.highest::<R>(version_max, self.address())
    }

    /// Whether requests can still be sent.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.0.shared.end().is_none()
    }

    /// Ends the connection; requests under way fail.
    pub fn close(&self) {
        self.0.shared.finish(self.0.shared.disconnected("this client closed it"));
    }

    /// Sends `request` in the highest common version and waits for its answer.
    ///
    /// # Errors
    /// No common version, no answer in time, or a connection that ended.
    pub async fn call<R: Request>(&self, request: &R) -> Result<R::Response, PeerError> {
        let version = self.version::<R>(i16::MAX)?;
        self.start(request, version, None).await?.answer().await
    }

    /// Sends `request` in `version` and returns as soon as it has its place in the order; the answer is awaited apart.
    /// `timeout` stands in for the connection's own where it is given, such as a fetch's, which waits on the server.
    ///
    /// # Errors
    /// A request that cannot be said in this version, or a connection that ended.
    pub async fn start<R: Request>(
        &self,
        request: &R,
        version: i16,
        timeout: Option<Duration>,
    ) -> Result<Call<R>, PeerError> {
        self.0.start_request(request, version, timeout).await
    }

    /// Sends `request`, which the server does not answer (Produce with acks=0), and waits until the operating system has
    /// taken it.
    ///
    /// # Errors
    /// A request that cannot be said in this version, or a connection that ended.
    pub async fn post<R: Request>(&self, request: &R, version: i16) -> Result<(), PeerError> {
        let handle = &self.0;
        let _place = handle.place().await;
        let (told, written) = oneshot::channel();
        let segments = handle.encode(request, version, handle.shared.next_correlation())?;
        handle.enqueue(Outgoing { segments, written: Some(told) })?;
        written.await.map_err(|_| handle.ended())
    }
}

impl Handle {
    fn start(address: Address, stream: tokio::net::TcpStream, options: &PeerOptions) -> Handle {
        let shared = Arc::new(Shared::new(address));
        let (read, write) = stream.into_split();
        let (queue, requests) = mpsc::unbounded_channel();
        let (reader, writer) = (Arc::clone(&shared), Arc::clone(&shared));
        let idle = options.idle;
        // Both tasks end by `Shared::finish`, at the latest when the last handle is dropped.
        crate::io::spawn::spawn(async move { wire::read_answers(&reader, read, idle).await });
        crate::io::spawn::spawn(async move { wire::write_requests(&writer, write, requests).await });
        Handle {
            shared,
            versions: Versions::default(),
            client_id: options.client_id.clone(),
            request_timeout: options.request_timeout,
            queue,
            places: Arc::new(Semaphore::new(options.in_flight_max.clamp(1, Semaphore::MAX_PERMITS))),
        }
    }

    async fn start_request<R: Request>(
        &self,
        request: &R,
        version: i16,
        timeout: Option<Duration>,
    ) -> Result<Call<R>, PeerError> {
        let place = self.place().await;
        let correlation = self.shared.next_correlation();
        let segments = self.encode(request, version, correlation)?;
        let (sender, answer) = oneshot::channel();
        self.shared.expect(correlation, Waiting { answer: sender, _place: place })?;
        self.enqueue(Outgoing { segments, written: None })?;
        let shared = Arc::clone(&self.shared);
        Ok(Call { shared, answer, version, timeout: timeout.unwrap_or(self.request_timeout), request: PhantomData })
    }

    async fn place(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.places).acquire_owned().await.expect("the semaphore is never closed")
    }

    fn encode<R: Request>(&self, request: &R, version: i16, correlation: i32) -> Result<Vec<Bytes>, PeerError> {
        let unsendable =
            |cause: String| PeerError::Unsendable { address: self.shared.address.clone(), api: R::KEY.name(), cause };
        let frame = frame::encode_request_in_pieces(version, correlation, self.client_id.as_deref(), request)
            .map_err(|cause| unsendable(cause.to_string()))?;
        let in_memory = |segment| match segment {
            Segment::Bytes(bytes) => Ok(bytes),
            Segment::File(_) => Err(unsendable("a part of it lies in a file".to_owned())),
        };
        frame.into_segments().into_iter().map(in_memory).collect()
    }

    fn enqueue(&self, outgoing: Outgoing) -> Result<(), PeerError> {
        self.queue.send(outgoing).map_err(|_| self.ended())
    }

    fn ended(&self) -> PeerError {
        self.shared.end().cloned().unwrap_or_else(|| self.shared.disconnected("its writer ended"))
    }
}

/// A request under way. Dropping it gives up the answer, not the request.
pub struct Call<R: Request> {
    shared: Arc<Shared>,
    answer: oneshot::Receiver<Result<Bytes, PeerError>>,
    version: i16,
    timeout: Duration,
    request: PhantomData<fn() -> R>,
}

impl<R: Request> Call<R> {
    /// The version in which the request was sent.
    #[must_use]
    pub fn version(&self) -> i16 {
        self.version
    }

    /// Waits for the answer.
    ///
    /// # Errors
    /// No answer in time (which also ends the connection), a connection that ended, or an answer that cannot be read.
    pub async fn answer(self) -> Result<R::Response, PeerError> {
        let version = self.version;
        let shared = Arc::clone(&self.shared);
        let frame = self.frame().await?;
        frame::decode_response::<R>(frame, version).map(|(_, response)| response).map_err(|cause| {
            PeerError::Malformed { address: shared.address.clone(), api: R::KEY.name(), cause: cause.to_string() }
        })
    }

    /// Waits for the answer's bytes, header included.
    async fn frame(self) -> Result<Bytes, PeerError> {
        match tokio::time::timeout(self.timeout, self.answer).await {
            Ok(Ok(frame)) => frame,
            Ok(Err(_)) => Err(self.shared.disconnected("its reader ended")),
            Err(_) => {
                let late = PeerError::TimedOut {
                    address: self.shared.address.clone(),
                    api: R::KEY.name(),
                    after: self.timeout,
                };
                self.shared.finish(late.clone());
                Err(late)
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests stand for the outside world")]
mod tests;
