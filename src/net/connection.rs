//! One connection: a task that reads frames, has each dispatched and writes the answers in the order of the requests.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

use super::budget::{Budget, Grant};
use super::inbox::{Inbox, ReadError};
use super::outbox::Outbox;
use super::service::{Done, Reply, Service};
use crate::io::clock::Clock;
use crate::io::spawn::BlockingPool;

/// How many requests of one connection may be in work; a further one is read when an answer has left. It bounds what a peer
/// can make us remember by pipelining.
pub const PENDING_PER_CONNECTION_MAX: usize = 100;

/// How many steps a connection takes before it lets others run.
const STEPS_PER_POLL: usize = 64;

/// How long a peer may leave a frame half sent without a byte moving. The frame's share of the memory is gone for so long.
const STALL: Duration = Duration::from_secs(30);

/// A frame must arrive at this rate at least, on top of [`STALL`].
const FRAME_BYTES_PER_SECOND_MIN: u32 = 16 * 1024;

/// A plain counter.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Counts `count` more.
    pub fn add(&self, count: usize) {
        self.0.fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// What was counted.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What all connections together did.
#[derive(Debug, Default)]
pub struct Traffic {
    /// Connections that were accepted.
    pub accepted: Counter,
    /// Connections that were refused by a limit.
    pub refused: Counter,
    /// Connections that have ended.
    pub closed: Counter,
    /// Requests that arrived whole.
    pub requests: Counter,
    /// Bytes of requests.
    pub bytes_in: Counter,
    /// Bytes of answers.
    pub bytes_out: Counter,
    /// Calls of `sendfile`.
    pub sendfile_calls: Counter,
    /// Bytes that `sendfile` moved.
    pub sendfile_bytes: Counter,
    /// Ranges that had to be read from disk before they were sent.
    pub cold_reads: Counter,
}

/// Why a connection ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// The peer closed it, or it broke.
    Peer,
    /// The peer sent what is no request; said once per peer and minute.
    Refused(String),
    /// Nothing moved for too long.
    Idle,
    /// The node stops.
    Stopped,
}

/// What a connection needs besides its socket.
pub(super) struct Tools {
    pub(super) budget: Budget,
    pub(super) readers: BlockingPool,
    pub(super) traffic: Arc<Traffic>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) frame_bytes_max: usize,
    pub(super) idle_max: Duration,
}

enum Pending {
    Done(Done),
    /// It keeps its share of the request memory, since it may hold records.
    Waiting {
        future: Pin<Box<dyn Future<Output = Done> + Send>>,
        _grant: Grant,
    },
}

/// A connection that was accepted.
pub(super) struct Connection<S: Service> {
    stream: TcpStream,
    service: Arc<S>,
    session: S::Session,
    inbox: Inbox,
    pending: VecDeque<Pending>,
    outbox: Outbox,
    tools: Tools,
    /// When bytes last moved in either direction, by the steady clock.
    moved: Duration,
    /// When the frame that is being read began.
    frame_began: Option<Duration>,
    /// How much of it had come when it was last looked at.
    frame_received: usize,
    timer: Pin<Box<Sleep>>,
    /// When the timer fires, by the steady clock.
    timer_at: Duration,
    stopping: bool,
}

/// What a step of the connection did.
enum Step {
    Moved,
    Blocked,
}

impl<S: Service> Connection<S> {
    pub(super) fn new(stream: TcpStream, service: Arc<S>, session: S::Session, tools: Tools) -> Connection<S> {
        let now = tools.clock.elapsed();
        Connection {
            stream,
            service,
            session,
            inbox: Inbox::new(tools.budget.clone(), tools.frame_bytes_max),
            pending: VecDeque::new(),
            outbox: Outbox::new(tools.readers.clone(), Arc::clone(&tools.traffic)),
            moved: now,
            frame_began: None,
            frame_received: 0,
            timer: Box::pin(sleep(tools.idle_max)),
            timer_at: now + tools.idle_max,
            tools,
            stopping: false,
        }
    }

    /// Serves the connection until it ends. After `stop` no further request is read, and what is in work is answered.
    pub(super) async fn run(mut self, stop: impl Future<Output = ()>) -> Ended {
        let mut stop = std::pin::pin!(stop);
        poll_fn(move |context| {
            if !self.stopping && stop.as_mut().poll(context).is_ready() {
                self.stopping = true;
            }
            self.poll(context)
        })
        .await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Ended> {
        for _ in 0..STEPS_PER_POLL {
            match self.step(context) {
                Err(ended) => return Poll::Ready(ended),
                Ok(Step::Moved) => {}
                Ok(Step::Blocked) if self.stopping && self.pending.is_empty() && self.outbox.is_empty() => {
                    return Poll::Ready(Ended::Stopped);
                }
                Ok(Step::Blocked) => return self.poll_timer(context),
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    /// Moves whatever can be moved: finished answers to the outbox, the outbox to the socket, one frame from the socket.
    fn step(&mut self, context: &mut Context<'_>) -> Result<Step, Ended> {
        self.poll_pending(context)?;
        if !self.outbox.is_empty() {
            let before = self.tools.traffic.bytes_out.get();
            let written = self.outbox.poll_write(&self.stream, context);
            if self.tools.traffic.bytes_out.get() != before {
                self.moved = self.tools.clock.elapsed();
            }
            match written {
                Poll::Ready(Ok(())) => return Ok(Step::Moved),
                Poll::Ready(Err(_)) => return Err(Ended::Peer),
                // What is not read from us is not answered further.
                Poll::Pending => return Ok(Step::Blocked),
            }
        }
        let closes = matches!(self.pending.back(), Some(Pending::Done(Done::Close(_))));
        if self.stopping || closes || self.pending.len() >= PENDING_PER_CONNECTION_MAX {
            return Ok(Step::Blocked);
        }
        self.read(context)
    }

    fn read(&mut self, context: &mut Context<'_>) -> Result<Step, Ended> {
        match self.inbox.poll_frame(&mut self.stream, context) {
            Poll::Ready(Ok((frame, grant))) => {
                self.frame_began = None;
                self.frame_received = 0;
                self.moved = self.tools.clock.elapsed();
                self.tools.traffic.requests.add(1);
                self.tools.traffic.bytes_in.add(frame.len());
                let reply = self.service.call(&mut self.session, frame);
                self.accept(reply, grant, context)?;
                Ok(Step::Moved)
            }
            Poll::Ready(Err(ReadError::Closed | ReadError::Io(_))) => Err(Ended::Peer),
            Poll::Ready(Err(refused)) => Err(Ended::Refused(refused.to_string())),
            Poll::Pending => {
                self.note_partial_frame();
                Ok(Step::Blocked)
            }
        }
    }

    /// Remembers when a frame began that is not whole yet, and when more of it came.
    fn note_partial_frame(&mut self) {
        let received = self.inbox.received();
        if self.inbox.is_within_frame() && received != self.frame_received {
            let now = self.tools.clock.elapsed();
            self.frame_began.get_or_insert(now);
            self.frame_received = received;
            self.moved = now;
        }
    }

    fn accept(&mut self, reply: Reply, grant: Grant, context: &mut Context<'_>) -> Result<(), Ended> {
        let pending = match reply {
            Reply::Never => return Ok(()),
            Reply::Now(answer) if self.pending.is_empty() => {
                self.outbox.push(answer);
                return Ok(());
            }
            Reply::Now(answer) => Pending::Done(Done::Answer(answer)),
            Reply::Close(reason) if self.pending.is_empty() && self.outbox.is_empty() => {
                return Err(Ended::Refused(reason));
            }
            Reply::Close(reason) => Pending::Done(Done::Close(reason)),
            // The first poll is what gives it its place.
            Reply::Later(mut future) => match future.as_mut().poll(context) {
                Poll::Ready(done) => Pending::Done(done),
                Poll::Pending => Pending::Waiting { future, _grant: grant },
            },
        };
        self.pending.push_back(pending);
        Ok(())
    }

    /// Polls what is in work and moves what is done, in the order of the requests, to the outbox.
    fn poll_pending(&mut self, context: &mut Context<'_>) -> Result<(), Ended> {
        for pending in &mut self.pending {
            if let Pending::Waiting { future, .. } = pending
                && let Poll::Ready(done) = future.as_mut().poll(context)
            {
                *pending = Pending::Done(done);
            }
        }
        while let Some(Pending::Done(done)) = self.pending.front() {
            if matches!(done, Done::Close(_)) && !self.outbox.is_empty() {
                // The answers before it leave first.
                break;
            }
            match self.pending.pop_front() {
                Some(Pending::Done(Done::Answer(answer))) => {
                    self.moved = self.tools.clock.elapsed();
                    self.outbox.push(answer);
                }
                Some(Pending::Done(Done::Close(reason))) => return Err(Ended::Refused(reason)),
                _ => {}
            }
        }
        Ok(())
    }

    fn poll_timer(&mut self, context: &mut Context<'_>) -> Poll<Ended> {
        loop {
            let deadline = self.deadline();
            if deadline < self.timer_at {
                self.arm(deadline);
            }
            if self.timer.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            if self.tools.clock.elapsed() >= self.deadline() {
                return Poll::Ready(Ended::Idle);
            }
            self.arm(deadline);
        }
    }

    fn arm(&mut self, at: Duration) {
        let left = at.saturating_sub(self.tools.clock.elapsed());
        self.timer = Box::pin(sleep(left));
        self.timer_at = at;
    }

    /// When the connection is given up if nothing moves.
    fn deadline(&self) -> Duration {
        match self.frame_began {
            Some(began) if !self.inbox.is_waiting_for_budget() => {
                let allowed = Duration::from_secs(1) * (self.inbox.frame_length() / FRAME_BYTES_PER_SECOND_MIN);
                (began + STALL + allowed).min(self.moved + STALL)
            }
            // A consumer that is busy with what it has does not read on; its answer is in files, and costs us nothing.
            _ if !self.outbox.is_empty() => self.moved + self.tools.idle_max,
            // A peer that waits for us is not idle.
            _ if !self.pending.is_empty() => self.tools.clock.elapsed() + self.tools.idle_max,
            _ => self.moved + self.tools.idle_max,
        }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests stand for the outside world")]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::AtomicUsize;

    use bytes::Bytes;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio::sync::Notify;

    use super::*;
    use crate::io::clock::SystemClock;
    use crate::net::Peer;
    use crate::protocol::Answer;

    /// Answers each frame with itself: at once, later, or never, as its first byte says.
    #[derive(Default)]
    struct Echo {
        calls: AtomicUsize,
        release: Arc<Notify>,
        readers: Mutex<usize>,
    }

    impl Service for Echo {
        type Session = ();

        fn open(&self, _peer: &Peer) {
            *self.readers.lock().unwrap() += 1;
        }

        fn call(&self, _session: &mut (), frame: Bytes) -> Reply {
            self.calls.fetch_add(1, Ordering::SeqCst);
            let answer = Answer::from(frame.clone());
            let release = Arc::clone(&self.release);
            match frame[0] {
                b'n' => Reply::Now(answer),
                b'l' => Reply::later(async move {
                    release.notified().await;
                    Done::Answer(answer)
                }),
                b'c' => Reply::Close("as asked".to_owned()),
                _ => Reply::Never,
            }
        }
    }

    async fn connect(service: Arc<Echo>) -> (TcpStream, tokio::task::JoinHandle<Ended>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let tools = Tools {
            budget: Budget::new(1 << 20, 1 << 20),
            readers: BlockingPool::new(1),
            traffic: Arc::default(),
            clock: Arc::new(SystemClock::new()),
            frame_bytes_max: 1 << 20,
            idle_max: Duration::from_secs(600),
        };
        let connection = Connection::new(stream, service, (), tools);
        (client, tokio::spawn(connection.run(std::future::pending())))
    }

    fn frame(kind: u8, number: u32) -> Vec<u8> {
        let mut frame = vec![0, 0, 0, 8, kind, 0, 0, 0];
        frame.extend(number.to_be_bytes());
        frame
    }

    /// Fault F11: acks 0 mixed with acks all.
    #[tokio::test]
    async fn answers_leave_in_the_order_of_their_requests() {
        let service = Arc::new(Echo::default());
        let (mut client, _task) = connect(Arc::clone(&service)).await;
        for (number, kind) in [b'l', b'n', b'-', b'n'].into_iter().enumerate() {
            client.write_all(&frame(kind, u32::try_from(number).unwrap())).await.unwrap();
        }
        while service.calls.load(Ordering::SeqCst) < 4 {
            tokio::task::yield_now().await;
        }
        service.release.notify_one();
        let mut got = [0; 24];
        client.read_exact(&mut got).await.unwrap();
        assert_eq!([got[7], got[15], got[23]], [0, 1, 3]);
    }

    /// Fault F11: pipelining without reading is held back, not remembered.
    #[tokio::test]
    async fn a_connection_has_no_more_requests_in_work_than_its_bound() {
        let service = Arc::new(Echo::default());
        let (mut client, _task) = connect(Arc::clone(&service)).await;
        let many: Vec<u8> = (0..1000).flat_map(|number| frame(b'l', number)).collect();
        client.write_all(&many).await.unwrap();
        while service.calls.load(Ordering::SeqCst) < PENDING_PER_CONNECTION_MAX {
            tokio::task::yield_now().await;
        }
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert_eq!(service.calls.load(Ordering::SeqCst), PENDING_PER_CONNECTION_MAX);
        service.release.notify_one();
        let mut got = [0; 8];
        client.read_exact(&mut got).await.unwrap();
        while service.calls.load(Ordering::SeqCst) < PENDING_PER_CONNECTION_MAX + 1 {
            tokio::task::yield_now().await;
        }
    }

    /// A connection whose peer sends a request of each kind and then reads to the end: what it was answered, and the requests
    /// that were served.
    async fn refused_after(kinds: &[u8]) -> (Vec<u8>, usize) {
        let service = Arc::new(Echo::default());
        let (mut client, task) = connect(Arc::clone(&service)).await;
        for (number, kind) in (0..).zip(kinds) {
            client.write_all(&frame(*kind, number)).await.unwrap();
        }
        service.release.notify_one();
        let mut got = Vec::new();
        // A reset, for what was never read from the socket, may follow the answers.
        let _ = client.read_to_end(&mut got).await;
        assert!(matches!(task.await.unwrap(), Ended::Refused(reason) if reason == "as asked"));
        (got, service.calls.load(Ordering::SeqCst))
    }

    #[tokio::test]
    async fn a_request_that_cannot_be_answered_closes_after_the_answers_before_it() {
        for first in [b'n', b'l'] {
            let (got, served) = refused_after(&[first, b'c']).await;
            assert_eq!((got, served), (frame(first, 0)[4..].to_vec(), 2));
        }
    }

    #[tokio::test]
    async fn nothing_is_served_after_a_request_that_closes() {
        assert_eq!(refused_after(b"lcnn").await.1, 2);
    }
}
