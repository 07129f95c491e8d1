//! Where an image stands in the metadata log.

use crate::model::{LeaderEpoch, Offset, Timestamp};

/// The last record of the metadata log that an image holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Provenance {
    /// Its offset; `Offset::UNKNOWN` for the empty image.
    pub offset: Offset,
    /// The epoch of the controller that wrote it.
    pub epoch: LeaderEpoch,
    /// When it was written.
    pub timestamp: Timestamp,
}

impl Provenance {
    /// The empty image's.
    pub const NONE: Provenance =
        Provenance { offset: Offset::UNKNOWN, epoch: LeaderEpoch::NONE, timestamp: Timestamp::NONE };
}

impl Default for Provenance {
    fn default() -> Self {
        Provenance::NONE
    }
}
