//! Bytes on their way to a peer: pieces in memory and pieces of files, in order, never joined by copying.

use std::fmt;
use std::os::fd::BorrowedFd;
use std::sync::Arc;

use bytes::Bytes;

use crate::model::Position;

/// A file that can be read at any place, by several readers at once.
pub trait FileSource: Send + Sync + fmt::Debug {
    /// Reads into `buffer` from `position` on; fewer bytes than asked for, or none, at the end of the file.
    ///
    /// # Errors
    /// The file cannot be read.
    fn read_at(&self, buffer: &mut [u8], position: Position) -> std::io::Result<usize>;

    /// The file's descriptor, where the kernel may send from it directly.
    fn as_fd(&self) -> Option<BorrowedFd<'_>>;
}

/// A piece of a file.
#[derive(Debug, Clone)]
pub struct FileRange {
    /// The file.
    pub file: Arc<dyn FileSource>,
    /// Where the piece begins.
    pub position: Position,
    /// How many bytes it has. The file must keep them until the answer is sent.
    pub length: usize,
}

impl PartialEq for FileRange {
    /// The same place of the same open file; the bytes are not compared.
    fn eq(&self, other: &FileRange) -> bool {
        Arc::ptr_eq(&self.file, &other.file) && (self.position, self.length) == (other.position, other.length)
    }
}

/// One piece of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Segment {
    /// Bytes in memory.
    Bytes(Bytes),
    /// Bytes of a file.
    File(FileRange),
}

impl Segment {
    /// How many bytes the piece has.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Segment::Bytes(bytes) => bytes.len(),
            Segment::File(range) => range.length,
        }
    }

    /// Whether the piece has no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl From<Bytes> for Segment {
    fn from(bytes: Bytes) -> Segment {
        Segment::Bytes(bytes)
    }
}

impl From<FileRange> for Segment {
    fn from(range: FileRange) -> Segment {
        Segment::File(range)
    }
}

/// Record batches as bytes, unread: one piece when they came from the wire, several when a fetch collected them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Records(Vec<Segment>);

impl Records {
    /// No records.
    #[must_use]
    pub fn new() -> Records {
        Records::default()
    }

    /// Appends a piece; an empty one is dropped.
    pub fn push(&mut self, segment: impl Into<Segment>) {
        let segment = segment.into();
        if !segment.is_empty() {
            self.0.push(segment);
        }
    }

    /// How many bytes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().map(Segment::len).sum()
    }

    /// Whether there is no byte.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The pieces in order.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// The bytes, where they are one piece in memory (or nothing), as they are when they came from the wire.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&Bytes> {
        static EMPTY: Bytes = Bytes::new();
        match self.0.as_slice() {
            [] => Some(&EMPTY),
            [Segment::Bytes(bytes)] => Some(bytes),
            _ => None,
        }
    }
}

impl From<Bytes> for Records {
    fn from(bytes: Bytes) -> Records {
        let mut records = Records::new();
        records.push(bytes);
        records
    }
}

impl From<FileRange> for Records {
    fn from(range: FileRange) -> Records {
        let mut records = Records::new();
        records.push(range);
        records
    }
}

/// A whole frame for a peer, in pieces.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    segments: Vec<Segment>,
}

impl Answer {
    pub(super) fn new(segments: Vec<Segment>) -> Answer {
        Answer { segments }
    }

    /// How many bytes the frame has, those in files included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.segments.iter().map(Segment::len).sum()
    }

    /// Whether there is nothing to send.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.segments.iter().all(Segment::is_empty)
    }

    /// The pieces in order.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The pieces in order, for the one who sends them.
    #[must_use]
    pub fn into_segments(self) -> Vec<Segment> {
        self.segments
    }
}

impl From<Bytes> for Answer {
    /// A frame that is in memory as a whole.
    fn from(frame: Bytes) -> Answer {
        Answer::new(vec![Segment::Bytes(frame)])
    }
}
