//! Replay of whole batches, with the transactions of the metadata log (KIP-868).

use super::image::{Image, Provenance, ReplayError};
use super::record::MetadataRecord;
use crate::model::{LeaderEpoch, Offset, Timestamp};

/// An image that grows by batches. Records between a begin and its end show only when the end is there; an abort drops
/// them.
#[derive(Debug, Clone, Default)]
pub struct Replay {
    image: Image,
    transaction: Option<Image>,
}

/// The record of a batch that could not be replayed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the record at offset {offset} of the metadata log ({record}) cannot be replayed: {error}")]
pub struct ReplayFailure {
    /// Its offset.
    pub offset: Offset,
    /// Kafka's name of its type.
    pub record: &'static str,
    /// What is wrong with it.
    #[source]
    pub error: ReplayError,
}

impl Replay {
    /// Goes on from an image.
    #[must_use]
    pub fn new(image: Image) -> Replay {
        Replay { image, transaction: None }
    }

    /// What is seen now: everything but an open transaction.
    #[must_use]
    pub fn image(&self) -> &Image {
        &self.image
    }

    /// Whether a transaction is open.
    #[must_use]
    pub fn is_in_transaction(&self) -> bool {
        self.transaction.is_some()
    }

    /// Replays the records of one batch, the first of which has the offset `base_offset`.
    ///
    /// # Errors
    /// A record that contradicts the image. The image then holds the records before it.
    pub fn batch(
        &mut self,
        records: &[MetadataRecord],
        base_offset: Offset,
        written: (LeaderEpoch, Timestamp),
    ) -> Result<(), ReplayFailure> {
        let (epoch, timestamp) = written;
        for (record, index) in records.iter().zip(0..) {
            let offset = base_offset.plus(index);
            self.record(record).map_err(|error| ReplayFailure { offset, record: record.name(), error })?;
        }
        let count = i64::try_from(records.len()).expect("a batch counts its records in 32 bits");
        self.reached(Provenance { offset: base_offset.plus(count - 1), epoch, timestamp });
        Ok(())
    }

    /// Notes that the log reaches to here: for batches without metadata records, such as a leader change.
    pub fn reached(&mut self, provenance: Provenance) {
        // The image of an open transaction is not seen before its end: until then the offset of the last image that is
        // whole stands, so that nobody takes it for more than it is.
        match &mut self.transaction {
            Some(hidden) => hidden.set_provenance(provenance),
            None => self.image.set_provenance(provenance),
        }
    }

    fn record(&mut self, record: &MetadataRecord) -> Result<(), ReplayError> {
        match record {
            MetadataRecord::BeginTransaction(_) => self.transaction = Some(self.image.clone()),
            MetadataRecord::EndTransaction(_) => {
                if let Some(whole) = self.transaction.take() {
                    self.image = whole;
                }
            }
            MetadataRecord::AbortTransaction(_) => self.transaction = None,
            record => self.transaction.as_mut().unwrap_or(&mut self.image).replay(record)?,
        }
        Ok(())
    }
}
