//! The bytes of record batches: view, build, validate, compress (message format v2, KIP-98; v0 and v1 for reading only).
//!
//! A batch travels from a producer's socket to the disk and from the disk to a consumer's socket as the bytes it came as.
//! So this room looks at bytes in place: [`BatchView`] reads a header, [`validate`] judges a producer's batch and hands back
//! a header to write before the untouched rest, and only a changed codec makes it build new bytes. It knows no file, no
//! socket and no clock.
//!
//! Invariants: nothing here panics on bytes from outside; nothing allocates by a length that a peer claims before that
//! length is compared with what is there; no decompression yields more than the limit that its caller gives.

mod batch;
mod builder;
mod compress;
mod control;
mod error;
pub mod legacy;
mod reader;
#[expect(clippy::module_inception, reason = "the noun of the file is the noun of the room")]
mod record;
#[cfg(test)]
mod tests;
mod validate;
mod varint;

pub use batch::{
    Attributes, BATCH_OVERHEAD, Batch, BatchHeader, BatchView, Batches, HEADER_UP_TO_MAGIC, LOG_OVERHEAD, MAGIC,
    TimestampType, batches, decrement_sequence, increment_sequence, patch, shared_batches,
};
pub use builder::{BatchBuilder, NewRecord, Producer};
pub use compress::{Codec, Compression, compress, decompress};
pub use control::{
    ControlKind, ControlRecord, EndTransactionMarker, TransactionResult, control_batch, end_transaction_batch,
};
pub use error::RecordError;
pub use reader::{DECOMPRESSED_BYTES_MAX, RecordIter};
pub use record::{Header, HeaderRefs, Record, RecordRef, RecordRefs};
pub use validate::{Origin, RecordProblem, Refused, Rules, TargetCompression, Validated, validate};
pub use varint::{read_varint, read_varlong, varint_size, varlong_size, write_varint, write_varlong};
