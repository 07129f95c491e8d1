//! Tells a write that a crash cut off from a log that is corrupt.
//!
//! A log is cut at its first broken batch when it is opened. For the metadata log that must not hide damage: a flipped bit in
//! the middle would make everything behind it disappear. So before the log is opened its last segment is looked through: where
//! whole batches of a later write follow a broken one, the broken one had been forced to the disk before, and nothing is touched.
//!
//! All batches of one write carry the same time, and each write has a later time than the one before, so that batches of the write
//! that was cut off can be told from those of another.

use bytes::Bytes;

use crate::model::{LeaderEpoch, Offset, Timestamp};
use crate::record::{BatchHeader, BatchView, HEADER_UP_TO_MAGIC, LOG_OVERHEAD, MAGIC};

/// Where a segment is damaged in the middle; none where it is whole or its end alone is cut off.
pub(super) fn damage(base_offset: Offset, segment: &Bytes) -> Option<u64> {
    let broken = whole_length(base_offset, segment);
    if broken == segment.len() {
        return None;
    }
    let rest = &segment[broken..];
    let own_time = BatchHeader::parse(rest).ok().map(|header| header.max_timestamp);
    let later = times_of_whole_batches(rest);
    let mut times: Vec<Timestamp> = own_time.into_iter().chain(later.iter().copied()).collect();
    times.dedup();
    // With one time throughout it may all be one write, of which the disk kept some pages and not others.
    (!later.is_empty() && times.len() > 1).then(|| u64::try_from(broken).expect("a length fits"))
}

/// How many bytes of whole batches there are at the front. Offset and epoch are not under the checksum: that they go on where the
/// batch before ended is all that speaks for them.
fn whole_length(base_offset: Offset, segment: &Bytes) -> usize {
    let (mut at, mut next, mut epoch) = (0, base_offset, LeaderEpoch::NONE);
    while let Ok(batch) = BatchView::parse(&segment[at..]) {
        let header = batch.header();
        if batch.check_crc().is_err() || header.base_offset != next || header.leader_epoch < epoch {
            break;
        }
        at += header.size_in_bytes();
        next = header.next_offset();
        epoch = header.leader_epoch;
    }
    at
}

fn times_of_whole_batches(bytes: &[u8]) -> Vec<Timestamp> {
    let mut times = Vec::new();
    let mut at = 1;
    while at + LOG_OVERHEAD < bytes.len() {
        match whole_batch(&bytes[at..]) {
            Some(header) => {
                times.push(header.max_timestamp);
                at += header.size_in_bytes();
            }
            None => at += 1,
        }
    }
    times
}

fn whole_batch(bytes: &[u8]) -> Option<BatchHeader> {
    // The magic byte is looked at first: the checksum of every place would take for ever.
    if bytes.get(HEADER_UP_TO_MAGIC - 1) != Some(&MAGIC.cast_unsigned()) {
        return None;
    }
    let batch = BatchView::parse(bytes).ok()?;
    batch.check_crc().ok()?;
    Some(*batch.header())
}
