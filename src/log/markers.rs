//! What a control batch says about a transaction.

use bytes::Bytes;

use crate::record::{Batch, ControlRecord, DECOMPRESSED_BYTES_MAX, RecordError, TransactionResult};

use super::producer_state::EndMarker;

/// The end of a transaction that the control batch in `bytes` marks; `None` for other control batches, and for one that
/// compaction has emptied.
pub(super) fn marker_of(bytes: &Bytes) -> Result<Option<EndMarker>, RecordError> {
    let batch = Batch::parse(bytes)?;
    let Some(record) = batch.records(DECOMPRESSED_BYTES_MAX)?.next() else { return Ok(None) };
    let marker = ControlRecord::of(&record?)?.end_transaction()?;
    Ok(marker.map(|marker| EndMarker {
        is_abort: marker.result == TransactionResult::Abort,
        coordinator_epoch: marker.coordinator_epoch,
    }))
}
