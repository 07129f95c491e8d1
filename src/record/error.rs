//! What can be wrong with the bytes of a batch.

use crate::model::ErrorCode;

/// Why bytes are not a record batch that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The size field of a batch is smaller than any batch, or larger than the bytes that it is said to be in.
    #[error("Record size {size} is less than the minimum record overhead ({least})")]
    Size {
        /// The size that the header gives.
        size: i64,
        /// The least that a batch of this format takes.
        least: usize,
    },
    /// The batch is cut: its header promises more bytes than there are.
    #[error("Record batch is cut: {present} of {wanted} bytes are there")]
    Cut {
        /// The bytes that the header promises.
        wanted: usize,
        /// The bytes that are there.
        present: usize,
    },
    /// No message format has this number.
    #[error("Invalid magic found in record: {0}")]
    Magic(i8),
    /// The checksum does not match the bytes.
    #[error("Record is corrupt (stored crc = {stored}, computed crc = {computed})")]
    Crc {
        /// The checksum in the header.
        stored: u32,
        /// The checksum of the bytes.
        computed: u32,
    },
    /// No codec has this number.
    #[error("Unknown compression type id: {0}")]
    UnknownCodec(u8),
    /// The compressed block is not what its codec writes.
    #[error("Failed to decompress record stream: {0}")]
    Decompress(String),
    /// The compressed block holds more than its reader allows.
    #[error("The records take more than {limit} bytes when decompressed")]
    TooLarge {
        /// The bytes that the reader allows.
        limit: usize,
    },
    /// The count of records in the header is negative.
    #[error("Found invalid record count {0} in magic v2 batch")]
    Count(i32),
    /// Bytes are left after the last record that the header counts.
    #[error("Incorrect declared batch size, records still remaining in file")]
    Remaining,
    /// A record is not laid out as records are; the text says what was found.
    #[error("{0}")]
    Structure(&'static str),
}

impl RecordError {
    /// The code that a peer hears.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            RecordError::Size { .. } | RecordError::Cut { .. } | RecordError::Magic(_) | RecordError::Crc { .. } => {
                ErrorCode::CORRUPT_MESSAGE
            }
            RecordError::UnknownCodec(_) => ErrorCode::UNSUPPORTED_COMPRESSION_TYPE,
            RecordError::TooLarge { .. } => ErrorCode::MESSAGE_TOO_LARGE,
            RecordError::Decompress(_) | RecordError::Count(_) | RecordError::Remaining | RecordError::Structure(_) => {
                ErrorCode::INVALID_RECORD
            }
        }
    }
}
