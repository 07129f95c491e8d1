//! The reading half of a connection: bytes in, whole frames out.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::task::{Context, Poll};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};

use super::budget::{Budget, Grant, Overdrawn, STEP_BYTES};
use super::guess::guess_protocol;

/// The length before each frame.
const LENGTH_BYTES: usize = 4;

/// A frame holds at least its api key, version and correlation id.
const FRAME_BYTES_MIN: usize = 8;

/// How much is read before the length of a frame is known. It is what an idle connection may cost, so it is small; most
/// requests fit in it.
const FIRST_READ_BYTES: usize = 16 * 1024;

/// How much room the first bytes of a frame get. It is what a peer can make the broker hold by promising a large frame and
/// sending none of it: the allocator may back the room with huge pages, of which the first byte takes the whole.
const FIRST_ROOM_BYTES: usize = 64 * 1024;

/// Why reading ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    #[error("the peer closed the connection")]
    Closed,
    #[error("a frame of {length} bytes is outside {FRAME_BYTES_MIN}..={max}; protocol guessed: {guess}")]
    Length { length: i32, max: usize, guess: &'static str },
    #[error(
        "the requests of all connections fill queued.max.request.bytes, and a frame of {length} bytes cannot go on"
    )]
    Overdrawn { length: usize },
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A whole frame without its length, and its share of the budget.
pub(super) type Frame = (Bytes, Grant);

/// Bytes that arrived and are not yet a frame.
pub(super) struct Inbox {
    buffer: BytesMut,
    /// The length of the frame that is being read and its grant.
    frame: Option<(usize, Grant)>,
    is_waiting: bool,
    budget: Budget,
    frame_bytes_max: usize,
}

impl Inbox {
    pub(super) fn new(budget: Budget, frame_bytes_max: usize) -> Inbox {
        Inbox { buffer: BytesMut::new(), frame: None, is_waiting: false, budget, frame_bytes_max }
    }

    /// Whether a frame has begun and is not whole yet.
    pub(super) fn is_within_frame(&self) -> bool {
        self.frame.is_some() || !self.buffer.is_empty()
    }

    /// The length of the frame that is being read; 0 where it is not known yet.
    pub(super) fn frame_length(&self) -> u32 {
        self.frame.as_ref().map_or(0, |(length, _)| u32::try_from(*length).unwrap_or(u32::MAX))
    }

    /// How many bytes of it are here.
    pub(super) fn received(&self) -> usize {
        self.buffer.len()
    }

    /// Whether the next frame waits for other requests to give memory back, which is no fault of the peer.
    pub(super) fn is_waiting_for_budget(&self) -> bool {
        self.is_waiting
    }

    /// The next whole frame.
    pub(super) fn poll_frame<R: AsyncRead + Unpin>(
        &mut self,
        reader: &mut R,
        context: &mut Context<'_>,
    ) -> Poll<Result<Frame, ReadError>> {
        loop {
            if let Some(frame) = self.take_frame() {
                return Poll::Ready(Ok(frame));
            }
            if self.frame.is_none() && self.buffer.len() >= LENGTH_BYTES {
                let length = self.checked_length()?;
                let begun = self.budget.poll_begin(length.min(STEP_BYTES), context);
                self.is_waiting = begun.is_pending();
                match begun {
                    Poll::Ready(grant) => self.frame = Some((length, grant)),
                    Poll::Pending => return Poll::Pending,
                }
                continue;
            }
            self.grow()?;
            match self.poll_fill(reader, context) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(ReadError::Closed)),
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error.into())),
                Poll::Pending => {
                    if self.buffer.is_empty() {
                        // An idle connection holds no memory.
                        self.buffer = BytesMut::new();
                    }
                    return Poll::Pending;
                }
            }
        }
    }

    fn take_frame(&mut self) -> Option<Frame> {
        let (length, _) = self.frame.as_ref()?;
        if self.buffer.len() < LENGTH_BYTES + length {
            return None;
        }
        let (length, grant) = self.frame.take().expect("it was just seen");
        self.buffer.advance(LENGTH_BYTES);
        Some((self.buffer.split_to(length).freeze(), grant))
    }

    fn checked_length(&self) -> Result<usize, ReadError> {
        let (head, _) = self.buffer.split_first_chunk::<LENGTH_BYTES>().expect("the caller saw so many bytes");
        let claimed = i32::from_be_bytes(*head);
        let guess = || guess_protocol(&self.buffer);
        match usize::try_from(claimed) {
            Ok(length) if (FRAME_BYTES_MIN..=self.frame_bytes_max).contains(&length) => Ok(length),
            _ => Err(ReadError::Length { length: claimed, max: self.frame_bytes_max, guess: guess() }),
        }
    }

    /// Makes room for more of the frame once what was granted has arrived.
    fn grow(&mut self) -> Result<(), ReadError> {
        let Some((length, grant)) = &mut self.frame else { return Ok(()) };
        if self.buffer.len() >= LENGTH_BYTES + grant.bytes() {
            let step = (*length - grant.bytes()).min(STEP_BYTES);
            grant.grow(step).map_err(|Overdrawn| ReadError::Overdrawn { length: *length })?;
        }
        Ok(())
    }

    /// Reads once: up to the end of the frame, or of what is granted of it, so that its bytes need no second place but for
    /// the first ones.
    fn poll_fill<R: AsyncRead + Unpin>(
        &mut self,
        reader: &mut R,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let received = self.buffer.len();
        let wanted = match &self.frame {
            Some((_, grant)) if received < FIRST_ROOM_BYTES => {
                (LENGTH_BYTES + grant.bytes() - received).min(FIRST_ROOM_BYTES - received)
            }
            Some((_, grant)) => LENGTH_BYTES + grant.bytes() - received,
            None => FIRST_READ_BYTES,
        };
        self.buffer.reserve(wanted);
        let mut target = (&mut self.buffer).limit(wanted);
        pin!(reader.read_buf(&mut target)).poll(context)
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests stand for the outside world")]
mod tests {
    use std::future::poll_fn;

    use proptest::prelude::*;
    use tokio::io::AsyncWriteExt;

    use super::*;

    const MAX: usize = 1 << 20;

    fn frame_of(body: &[u8]) -> Vec<u8> {
        let length = i32::try_from(body.len()).unwrap();
        [length.to_be_bytes().as_slice(), body].concat()
    }

    async fn next(inbox: &mut Inbox, reader: &mut (impl AsyncRead + Unpin)) -> Result<Bytes, ReadError> {
        poll_fn(|context| inbox.poll_frame(reader, context)).await.map(|(frame, _grant)| frame)
    }

    fn inbox() -> Inbox {
        Inbox::new(Budget::new(1 << 24, MAX), MAX)
    }

    #[tokio::test]
    async fn frames_come_out_whole_and_in_order_however_they_arrive() {
        let bodies = [vec![1; 8], vec![2; 100_000], vec![3; 20_000], vec![4; 9]];
        let stream: Vec<u8> = bodies.iter().flat_map(|body| frame_of(body)).collect();
        for piece in [1_000, 16 * 1024, 200_000] {
            let (mut near, mut far) = tokio::io::duplex(piece);
            let sent = stream.clone();
            let sender = tokio::spawn(async move { near.write_all(&sent).await });
            let mut inbox = inbox();
            for body in &bodies {
                assert_eq!(next(&mut inbox, &mut far).await.unwrap(), body.as_slice());
            }
            sender.await.unwrap().unwrap();
            assert!(!inbox.is_within_frame());
        }
    }

    /// Fault F1: lengths that no frame has.
    #[tokio::test]
    async fn a_wrong_length_is_refused_before_anything_is_allocated() {
        for length in [i32::MIN, -1, 0, 7, i32::try_from(MAX).unwrap() + 1, i32::MAX] {
            let bytes = length.to_be_bytes();
            let mut inbox = inbox();
            let refused = next(&mut inbox, &mut bytes.as_slice()).await.unwrap_err();
            assert!(matches!(refused, ReadError::Length { .. }), "{length}: {refused}");
            assert!(inbox.buffer.capacity() <= 2 * FIRST_READ_BYTES);
        }
    }

    /// Fault F2: the refusal names the stranger.
    #[tokio::test]
    async fn an_http_request_is_named_in_the_refusal() {
        let refused = next(&mut inbox(), &mut b"GET / HTTP/1.1\r\n\r\n".as_slice()).await.unwrap_err();
        assert!(refused.to_string().contains("HTTP"), "{refused}");
    }

    /// Fault F1: a length, then silence.
    #[tokio::test]
    async fn a_connection_that_ends_within_a_frame_is_closed() {
        let cut = &frame_of(&[0; 64])[..40];
        assert!(matches!(next(&mut inbox(), &mut &*cut).await, Err(ReadError::Closed)));
    }

    proptest! {
        /// Fault F4: hostile bytes end a connection or wait for more, and nothing else.
        #[test]
        fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                let (mut inbox, mut reader) = (inbox(), bytes.as_slice());
                while next(&mut inbox, &mut reader).await.is_ok() {}
            });
        }
    }
}
