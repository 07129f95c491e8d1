//! The writing half of a connection: answers in, bytes out, file ranges by `sendfile`.

use std::collections::VecDeque;
use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::Interest;
use tokio::net::TcpStream;

use super::connection::Traffic;
use crate::io::sendfile::{self, Following, Range, Resident, SENDFILE_BYTES_MAX};
use crate::io::spawn::BlockingPool;
use crate::protocol::{Answer, FileRange, Segment};

/// An answer up to this size is put together in memory and leaves with one call: below it, copying costs less than the
/// further system calls do.
const COPIED_ANSWER_BYTES_MAX: usize = 16 * 1024;

/// How many pieces go into one vectored write.
const PIECES_MAX: usize = 32;

type Warming = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

/// Answers that are not yet written.
pub(super) struct Outbox {
    segments: VecDeque<Segment>,
    /// Bytes of file that are known to be in memory, at the front segment.
    resident: usize,
    warming: Option<Warming>,
    readers: BlockingPool,
    traffic: Arc<Traffic>,
}

impl Outbox {
    pub(super) fn new(readers: BlockingPool, traffic: Arc<Traffic>) -> Outbox {
        Outbox { segments: VecDeque::new(), resident: 0, warming: None, readers, traffic }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// Queues an answer behind those that are there.
    pub(super) fn push(&mut self, answer: Answer) {
        let length = answer.len();
        let segments = answer.into_segments();
        if length <= COPIED_ANSWER_BYTES_MAX
            && segments.len() > 1
            && let Some(bytes) = copied(&segments, length)
        {
            self.segments.push_back(Segment::Bytes(bytes));
            return;
        }
        self.segments.extend(segments.into_iter().filter(|segment| !segment.is_empty()));
    }

    /// Writes until everything is out, the socket is full, or the share of one poll is used up. `Ready` says that the outbox
    /// is empty.
    pub(super) fn poll_write(&mut self, stream: &TcpStream, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut written = 0;
        while let Some(front) = self.segments.front() {
            if written >= SENDFILE_BYTES_MAX {
                // One fast reader must not hold this thread for ever.
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            if matches!(front, Segment::File(_)) && !ready!(self.poll_file_ready(context))? {
                continue;
            }
            ready!(stream.poll_write_ready(context))?;
            match stream.try_io(Interest::WRITABLE, || self.write_front(stream)) {
                Ok(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Ok(count) => {
                    written += count;
                    self.advance(count);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Makes the file range at the front ready for sending. False: it was replaced by bytes, so look again.
    fn poll_file_ready(&mut self, context: &mut Context<'_>) -> Poll<io::Result<bool>> {
        if let Some(warming) = &mut self.warming {
            ready!(warming.as_mut().poll(context))?;
            self.warming = None;
        }
        let Some(Segment::File(range)) = self.segments.front() else { return Poll::Ready(Ok(true)) };
        if self.resident > 0 {
            return Poll::Ready(Ok(true));
        }
        let length = range.length.min(SENDFILE_BYTES_MAX);
        let Some(file) = range.file.as_fd() else {
            let bytes = read_whole(range)?;
            self.segments[0] = Segment::Bytes(bytes);
            return Poll::Ready(Ok(false));
        };
        match sendfile::is_resident(Range { file, position: range.position, length })? {
            Resident::Yes => self.resident = length,
            Resident::Truncated => return Poll::Ready(Err(truncated(range))),
            Resident::No => {
                // Whatever the outcome of warming, the range is not probed again: under memory pressure that would never
                // end.
                self.resident = length;
                self.warming = Some(self.warm(range.clone(), length));
                return self.poll_file_ready(context);
            }
        }
        Poll::Ready(Ok(true))
    }

    fn warm(&self, range: FileRange, length: usize) -> Warming {
        let readers = self.readers.clone();
        self.traffic.cold_reads.add(1);
        Box::pin(async move {
            readers
                .run(move || match range.file.as_fd() {
                    Some(file) => sendfile::warm(Range { file, position: range.position, length }),
                    None => Ok(()),
                })
                .await
        })
    }

    /// One system call for what is at the front.
    fn write_front(&self, stream: &TcpStream) -> io::Result<usize> {
        if let Some(Segment::File(range)) = self.segments.front() {
            let file = range.file.as_fd().expect("ranges without a descriptor were read before");
            let length = range.length.min(self.resident);
            let count = sendfile::send(stream, Range { file, position: range.position, length })?;
            self.traffic.sendfile_calls.add(1);
            self.traffic.sendfile_bytes.add(count);
            return if count == 0 { Err(truncated(range)) } else { Ok(count) };
        }
        let mut pieces = [IoSlice::new(&[]); PIECES_MAX];
        let mut count = 0;
        for (piece, segment) in pieces.iter_mut().zip(&self.segments) {
            let Segment::Bytes(bytes) = segment else { break };
            *piece = IoSlice::new(bytes);
            count += 1;
        }
        let following = if self.segments.len() > count { Following::More } else { Following::Nothing };
        sendfile::write(stream, &pieces[..count], following)
    }

    fn advance(&mut self, mut count: usize) {
        self.traffic.bytes_out.add(count);
        while count > 0 {
            let front = self.segments.front_mut().expect("no more was written than was there");
            let length = front.len();
            let step = count.min(length);
            match front {
                Segment::Bytes(bytes) => bytes.advance(step),
                Segment::File(range) => {
                    range.position = range.position.plus(u64::try_from(step).expect("a count fits"));
                    range.length -= step;
                    self.resident -= step;
                }
            }
            if step == length {
                self.segments.pop_front();
            }
            count -= step;
        }
    }
}

/// The whole answer in one buffer; `None` when the disk would have to be waited for or a file is too short.
fn copied(segments: &[Segment], length: usize) -> Option<Bytes> {
    let mut buffer = BytesMut::with_capacity(length);
    for segment in segments {
        match segment {
            Segment::Bytes(bytes) => buffer.extend_from_slice(bytes),
            Segment::File(range) => {
                let start = buffer.len();
                buffer.resize(start + range.length, 0);
                let target = &mut buffer[start..];
                let count = match range.file.as_fd() {
                    Some(file) => sendfile::read_resident(file, target, range.position).ok()??,
                    None => range.file.read_at(target, range.position).ok()?,
                };
                if count < range.length {
                    return None;
                }
            }
        }
    }
    Some(buffer.freeze())
}

fn read_whole(range: &FileRange) -> io::Result<Bytes> {
    let mut buffer = vec![0; range.length];
    let mut done = 0;
    while done < buffer.len() {
        let position = range.position.plus(u64::try_from(done).expect("a count fits"));
        match range.file.read_at(&mut buffer[done..], position)? {
            0 => return Err(truncated(range)),
            count => done += count,
        }
    }
    Ok(buffer.into())
}

/// The length of the records is announced already, so that nothing but closing is left.
fn truncated(range: &FileRange) -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, format!("a file ends within the range {range:?}"))
}
