use super::support::*;
use crate::log::{LogConfig, LogError, MinOne, Read};
use crate::model::{Offset, Timestamp};
use crate::record::{Codec, TransactionResult};

fn sizes(log: &crate::log::Log, read: Read) -> (usize, usize) {
    let fetched = log.read(&read).expect("read");
    (fetched.records.len(), fetched.first_batch_size)
}

fn read_at(offset: i64, max_bytes: usize) -> Read {
    Read { offset: Offset(offset), max_bytes, upper_bound: Offset::MAX, min_one: MinOne::Nothing }
}

/// Fault F13: offsets outside of the log, in the middle of a batch, and sizes smaller than a batch.
#[test]
fn a_read_begins_with_the_batch_that_holds_the_offset() {
    let fixture = Fixture::new();
    let log = fixture.open();
    for _ in 0..100 {
        append(&log, &values(&["a", "b", "c"]));
    }
    for offset in 0..300 {
        let batches = read(&log, offset, 1).expect("readable");
        assert_eq!(batches.len(), 1, "the first batch is whole");
        assert_eq!(batches[0].header().base_offset, Offset(offset / 3 * 3));
    }
    assert_eq!(log.read(&read_at(300, 100)).expect("the end is no error").records.len(), 0);
    for offset in [-1, 301] {
        let refused = log.read(&read_at(offset, 100));
        assert!(matches!(refused, Err(LogError::OffsetOutOfRange { start: Offset(0), end: Offset(300), .. })));
    }
}

#[test]
fn a_batch_that_is_too_large_is_returned_whole_or_not_at_all() {
    let fixture = Fixture::new();
    let log = fixture.open();
    append(&log, &values(&["0123456789"]));
    append(&log, &values(&["0123456789"]));
    let size = log.size() as usize / 2;
    assert_eq!(sizes(&log, read_at(0, size - 1)), (0, size));
    assert_eq!(sizes(&log, Read { min_one: MinOne::Whole, ..read_at(0, size - 1) }), (size, size));
    assert_eq!(sizes(&log, read_at(0, size + 10)), (size + 10, size), "the last batch may be cut");
    assert_eq!(sizes(&log, read_at(0, 1 << 20)), (size * 2, size));
}

#[test]
fn no_batch_at_or_above_the_upper_bound_is_returned() {
    let fixture = Fixture::with(LogConfig { segment_bytes: 1000, ..small() });
    let log = fixture.open();
    for _ in 0..60 {
        append(&log, &values(&["x"]));
    }
    assert!(log.segment_count() > 3);
    for bound in 0..=60 {
        let mut next = 0;
        while next < bound {
            let read = Read { upper_bound: Offset(bound), ..read_at(next, 1 << 20) };
            let bytes = bytes_of(&log.read(&read).expect("read").records);
            let batches: Vec<_> = crate::record::shared_batches(&bytes).map(|batch| batch.expect("whole")).collect();
            next = batches.last().expect("below the bound").header().next_offset().0;
        }
        assert_eq!(next, bound);
        let read = Read { upper_bound: Offset(bound), ..read_at(bound, 1 << 20) };
        assert!(log.read(&read).expect("read").records.is_empty());
    }
}

#[test]
fn offsets_are_found_by_time_within_batches_of_every_codec() {
    for codec in [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd] {
        let fixture = Fixture::with(LogConfig { segment_bytes: 2000, ..small() });
        let log = fixture.open();
        for number in 0..40 {
            append(&log, &values(&["a", "b", "c"]).codec(codec).at(1000 + number * 10).epoch(2));
        }
        assert!(log.segment_count() > 1);
        let find = |timestamp: i64| log.offset_for_time(Timestamp(timestamp)).expect("read");
        for number in 0..40 {
            for record in 0..3 {
                let found = find(1000 + number * 10 + record).expect("there is one");
                assert_eq!(found.offset, Offset(number * 3 + record), "{codec:?}");
                assert_eq!(found.timestamp, Timestamp(1000 + number * 10 + record));
                assert_eq!(found.leader_epoch.map(|epoch| epoch.0), Some(2));
            }
            assert_eq!(
                find(1000 + number * 10 + 3).map(|found| found.offset.0),
                (number < 39).then_some(number * 3 + 3)
            );
        }
        assert_eq!(find(0).map(|found| found.offset), Some(Offset(0)));
        let largest = log.offset_of_max_timestamp().expect("read").expect("there is one");
        assert_eq!((largest.offset, largest.timestamp), (Offset(119), Timestamp(1392)));
    }
}

/// Fault C1: records out of the order of time.
#[test]
fn the_first_record_of_a_time_is_found_where_time_goes_back() {
    let fixture = Fixture::with(LogConfig { segment_bytes: 700, ..small() });
    let log = fixture.open();
    for timestamp in [50, 90, 20, 90, 70, 95, 10, 5, 95, 60] {
        append(&log, &values(&["x"]).at(timestamp));
    }
    let find = |timestamp: i64| log.offset_for_time(Timestamp(timestamp)).expect("read").map(|found| found.offset.0);
    assert_eq!(
        [find(0), find(50), find(51), find(90), find(91), find(96)],
        [Some(0), Some(0), Some(1), Some(1), Some(5), None]
    );
    assert_eq!(log.offset_of_max_timestamp().expect("read").map(|found| found.offset.0), Some(5));
}

#[test]
fn a_log_without_timestamps_has_no_largest_one() {
    let fixture = Fixture::new();
    let log = fixture.open();
    assert_eq!(log.offset_of_max_timestamp().expect("read"), None);
    assert_eq!(log.offset_for_time(Timestamp(0)).expect("read"), None);
    append(&log, &values(&["x"]).at(-1));
    assert_eq!(log.offset_of_max_timestamp().expect("read"), None);
}

#[test]
fn the_last_stable_offset_and_the_aborted_transactions_follow_the_markers() {
    let fixture = Fixture::new();
    let log = fixture.open();
    append(&log, &values(&["a"]).by(1, 0, 0).transactional());
    append(&log, &values(&["b"]).by(2, 0, 0).transactional());
    assert_eq!(log.last_stable_offset(Offset(2)), Offset(0));
    log.append(&[end(2, 0, TransactionResult::Commit)], NOW).remove(0).expect("appended");
    log.append(&[end(1, 0, TransactionResult::Abort)], NOW).remove(0).expect("appended");
    append(&log, &values(&["c"]));
    assert_eq!(log.last_stable_offset(Offset(5)), Offset(0), "the ends are not below the high watermark");
    log.on_high_watermark(Offset(5));
    assert_eq!(log.last_stable_offset(Offset(5)), Offset(5));
    let check = |log: &crate::log::Log| {
        let read = read_at(0, 1 << 20);
        let fetched = log.read(&read).expect("read");
        let aborted = log.aborted_transactions(&read, &fetched).expect("read");
        let found: Vec<_> =
            aborted.iter().map(|txn| (txn.producer_id.0, txn.first_offset.0, txn.last_offset.0)).collect();
        assert_eq!(found, [(1, 0, 3)]);
    };
    check(&log);
    drop(log);
    let log = fixture.open();
    check(&log);
    log.close(NOW).expect("closed");
    let log = fixture.open_clean();
    check(&log);
    assert_eq!(log.last_stable_offset(Offset(5)), Offset(5));
}
