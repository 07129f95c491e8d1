//! The two tasks of a connection: one writes requests in their order, one reads answers and gives each to its caller.
//!
//! Invariants: no buffer is allocated by a length that was not followed by bytes (it grows by steps); whatever ends the
//! connection ends every request under way with the same cause.

use std::collections::{HashMap, VecDeque};
use std::io::{self, IoSlice};
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{Notify, OwnedSemaphorePermit, mpsc, oneshot};

use super::{Address, Foreign, PeerError};

/// Longest answer that is read; Kafka's own clients have no other bound than the type's.
const FRAME_LENGTH_MAX: usize = i32::MAX as usize;
/// A buffer grows by at most this before the bytes of the last step have come.
const GROWTH_MAX: usize = 8 << 20;
/// Room for small answers, so that several are read with one call.
const READ_BUFFER: usize = 64 << 10;
/// Requests that one write may join.
const WRITES_JOINED_MAX: usize = 64;

/// A request on its way to the socket.
pub(super) struct Outgoing {
    /// The frame in pieces; records are pieces of their own, never copied.
    pub(super) segments: Vec<Bytes>,
    /// Told once the frame is with the operating system: all that a request without an answer can know.
    pub(super) written: Option<oneshot::Sender<()>>,
}

/// A request that waits for its answer. The permit is the place it holds in the pipeline.
pub(super) struct Waiting {
    pub(super) answer: oneshot::Sender<Result<Bytes, PeerError>>,
    pub(super) _place: OwnedSemaphorePermit,
}

/// What the tasks of a connection and its callers share.
pub(super) struct Shared {
    pub(super) address: Address,
    waiting: Mutex<HashMap<i32, Waiting>>,
    correlation: AtomicI32,
    end: OnceLock<PeerError>,
    /// Wakes both tasks at the end.
    ended: Notify,
    /// Frames read since the connection was made; the idle check compares it.
    frames: AtomicU64,
}

impl Shared {
    pub(super) fn new(address: Address) -> Shared {
        Shared {
            address,
            waiting: Mutex::new(HashMap::new()),
            correlation: AtomicI32::new(0),
            end: OnceLock::new(),
            ended: Notify::new(),
            frames: AtomicU64::new(0),
        }
    }

    pub(super) fn next_correlation(&self) -> i32 {
        self.correlation.fetch_add(1, Ordering::Relaxed) & i32::MAX
    }

    /// Why the connection ended, once it did.
    pub(super) fn end(&self) -> Option<&PeerError> {
        self.end.get()
    }

    /// Registers a request. Refused with the cause when the connection has ended.
    pub(super) fn expect(&self, correlation: i32, waiting: Waiting) -> Result<(), PeerError> {
        let mut map = self.waiting();
        // Checked under the lock: `finish` sets the cause before it takes the lock, so nobody is left behind.
        if let Some(end) = self.end.get() {
            return Err(end.clone());
        }
        map.insert(correlation, waiting);
        Ok(())
    }

    /// Ends the connection: every request under way fails with `cause`, and both tasks stop.
    pub(super) fn finish(&self, cause: PeerError) {
        let cause = self.end.get_or_init(|| cause).clone();
        let waiting = std::mem::take(&mut *self.waiting());
        for (_, request) in waiting {
            // A caller that gave up does not listen any more.
            let _ = request.answer.send(Err(cause.clone()));
        }
        self.ended.notify_waiters();
    }

    pub(super) fn disconnected(&self, cause: impl Into<String>) -> PeerError {
        PeerError::Disconnected { address: self.address.clone(), cause: cause.into().into() }
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<i32, Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn deliver(&self, frame: Bytes) -> Result<(), PeerError> {
        let Some(head) = frame.first_chunk::<4>() else {
            return Err(self.disconnected("it sent an answer shorter than its correlation id"));
        };
        let correlation = i32::from_be_bytes(*head);
        let request = self.waiting().remove(&correlation);
        let Some(request) = request else {
            return Err(self.disconnected(format!("it answered request {correlation}, which was never sent")));
        };
        self.frames.fetch_add(1, Ordering::Relaxed);
        // A caller that gave up does not listen any more.
        let _ = request.answer.send(Ok(frame));
        Ok(())
    }
}

/// Reads frames until the connection ends. An idle connection without requests under way is closed after `idle`.
pub(super) async fn read_answers(shared: &Shared, mut half: OwnedReadHalf, idle: Option<Duration>) {
    let mut buffer = BytesMut::with_capacity(READ_BUFFER);
    let mut frames_before = u64::MAX;
    loop {
        let next = tokio::select! {
            () = shared.ended.notified() => return,
            next = with_limit(idle, next_frame(&mut half, &mut buffer)) => next,
        };
        let Some(next) = next else {
            let frames = shared.frames.load(Ordering::Relaxed);
            if buffer.is_empty() && shared.waiting().is_empty() && frames == frames_before {
                return shared.finish(shared.disconnected("it was idle (connections.max.idle.ms)"));
            }
            frames_before = frames;
            continue;
        };
        let delivered = match next {
            Ok(frame) => shared.deliver(frame),
            Err(failure) => Err(failure.into_error(shared)),
        };
        if let Err(cause) = delivered {
            return shared.finish(cause);
        }
        frames_before = shared.frames.load(Ordering::Relaxed);
    }
}

async fn with_limit<T>(limit: Option<Duration>, future: impl Future<Output = T>) -> Option<T> {
    match limit {
        Some(limit) => tokio::time::timeout(limit, future).await.ok(),
        None => Some(future.await),
    }
}

/// Writes frames in the order in which they were handed over, several with one call where they have queued up.
pub(super) async fn write_requests(
    shared: &Shared,
    mut half: OwnedWriteHalf,
    mut queue: mpsc::UnboundedReceiver<Outgoing>,
) {
    let mut batch = Vec::with_capacity(WRITES_JOINED_MAX);
    loop {
        let count = tokio::select! {
            () = shared.ended.notified() => return,
            count = queue.recv_many(&mut batch, WRITES_JOINED_MAX) => count,
        };
        if count == 0 {
            return;
        }
        let mut segments = Segments::default();
        let mut written = Vec::new();
        for outgoing in batch.drain(..) {
            segments.0.extend(outgoing.segments.into_iter().filter(|segment| !segment.is_empty()));
            written.extend(outgoing.written);
        }
        let result = tokio::select! {
            () = shared.ended.notified() => return,
            result = half.write_all_buf(&mut segments) => result,
        };
        if let Err(cause) = result {
            return shared.finish(shared.disconnected(cause.to_string()));
        }
        for told in written {
            // A caller that gave up does not listen any more.
            let _ = told.send(());
        }
    }
}

/// Why no further frame can be read.
pub(super) enum FrameFailure {
    Closed,
    Io(io::Error),
    Length(i32, Option<Foreign>),
}

impl FrameFailure {
    pub(super) fn into_error(self, shared: &Shared) -> PeerError {
        match self {
            FrameFailure::Closed => shared.disconnected("the server closed it"),
            FrameFailure::Io(cause) => shared.disconnected(cause.to_string()),
            FrameFailure::Length(_, Some(foreign)) => PeerError::NotKafka { address: shared.address.clone(), foreign },
            FrameFailure::Length(length, None) => shared.disconnected(format!("it sent a frame of length {length}")),
        }
    }
}

/// Reads one frame, without its length. Cancel safe: what was read stays in `buffer`.
pub(super) async fn next_frame(half: &mut OwnedReadHalf, buffer: &mut BytesMut) -> Result<Bytes, FrameFailure> {
    loop {
        let wanted = match buffer.first_chunk::<4>() {
            None => READ_BUFFER,
            Some(head) => {
                let length = i32::from_be_bytes(*head);
                let foreign = Foreign::guess(head);
                let size = usize::try_from(length).ok().filter(|size| (4..=FRAME_LENGTH_MAX).contains(size));
                let Some(size) = size.filter(|_| foreign.is_none()) else {
                    return Err(FrameFailure::Length(length, foreign));
                };
                if buffer.len() >= 4 + size {
                    buffer.advance(4);
                    return Ok(buffer.split_to(size).freeze());
                }
                4 + size - buffer.len()
            }
        };
        buffer.reserve(wanted.min(GROWTH_MAX.max(buffer.len())));
        let count = half.read_buf(buffer).await.map_err(FrameFailure::Io)?;
        if count == 0 {
            return Err(FrameFailure::Closed);
        }
    }
}

/// Pieces of frames as one buffer, for vectored writes.
#[derive(Default)]
struct Segments(VecDeque<Bytes>);

impl Buf for Segments {
    fn remaining(&self) -> usize {
        self.0.iter().map(Bytes::len).sum()
    }

    fn chunk(&self) -> &[u8] {
        self.0.front().map_or(&[], |segment| segment)
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let count = slices.len().min(self.0.len());
        for (slice, segment) in slices.iter_mut().zip(&self.0) {
            *slice = IoSlice::new(segment);
        }
        count
    }

    fn advance(&mut self, mut count: usize) {
        while let Some(first) = self.0.front_mut() {
            if count < first.len() {
                return first.advance(count);
            }
            count -= first.len();
            self.0.pop_front();
        }
        assert_eq!(count, 0, "no more was written than there was");
    }
}
