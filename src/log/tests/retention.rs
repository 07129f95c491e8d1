use super::support::*;
use crate::log::{Log, LogConfig, LogError};
use crate::model::{Offset, Timestamp};

/// Five segments of two batches each; the time of segment n is n * 1000.
fn five(config: LogConfig) -> (Fixture, Log, u64) {
    let size = values(&["x"]).bytes_at(0).len() as u64;
    let fixture = Fixture::with(LogConfig { segment_bytes: size * 2, ..config });
    let log = fixture.open();
    for number in 0..10 {
        append(&log, &values(&["x"]).at(number / 2 * 1000));
    }
    assert_eq!(log.segment_count(), 5);
    (fixture, log, size)
}

fn unlimited() -> LogConfig {
    LogConfig { retention_ms: -1, retention_bytes: -1, ..small() }
}

#[test]
fn segments_go_by_the_time_of_their_last_record() {
    let (fixture, log, _) = five(LogConfig { retention_ms: 500, ..unlimited() });
    assert_eq!(log.delete_old_segments(Offset(10), Timestamp(500)).expect("checked"), 0);
    assert_eq!(log.delete_old_segments(Offset(10), Timestamp(501)).expect("checked"), 1);
    assert_eq!(log.log_start_offset(), Offset(2));
    assert!(fixture.disk.paths().contains(&fixture.path("00000000000000000000.log.deleted")));
    assert_eq!(log.delete_old_segments(Offset(10), Timestamp(2501)).expect("checked"), 2);
    assert_eq!(log.delete_old_segments(Offset(10), Timestamp(100_000)).expect("checked"), 2);
    assert_eq!((log.log_start_offset(), log.log_end_offset()), (Offset(10), Offset(10)));
    assert_eq!(log.segment_count(), 1, "the log goes on in a new segment");
    append(&log, &values(&["y"]));
    assert_eq!(all(&log), [(10, "y".to_owned())]);
    log.delete_old_segments(Offset(11), Timestamp(200_000)).expect("checked");
    assert!(
        !fixture.disk.paths().iter().any(|path| path.to_string_lossy().ends_with(".deleted")),
        "removed after the delay"
    );
}

#[test]
fn nothing_at_or_above_the_high_watermark_goes() {
    let (_fixture, log, _) = five(LogConfig { retention_ms: 0, ..unlimited() });
    assert_eq!(log.delete_old_segments(Offset(5), Timestamp(100_000)).expect("checked"), 2);
    assert_eq!(log.log_start_offset(), Offset(4));
}

#[test]
fn segments_go_by_the_size_of_the_log() {
    let (_fixture, log, size) = five(unlimited());
    let retain = |bytes: u64| {
        log.update_config(LogConfig { retention_bytes: bytes as i64, ..unlimited() });
        log.delete_old_segments(Offset(10), Timestamp(0)).expect("checked")
    };
    assert_eq!(retain(size * 10), 0);
    assert_eq!(retain(size * 8 + 1), 0, "without the first segment the log would be too small");
    assert_eq!(retain(size * 8), 1);
    assert_eq!(retain(size * 3), 2);
    assert_eq!(log.log_start_offset(), Offset(6));
}

/// Fault C3: what Kafka does with a record from the future: its segment and all behind it stay.
#[test]
fn a_segment_from_the_future_stays() {
    let (_fixture, log, _) = five(LogConfig { retention_ms: 0, ..unlimited() });
    assert_eq!(log.delete_old_segments(Offset(10), Timestamp(1500)).expect("checked"), 2);
    assert_eq!(log.log_start_offset(), Offset(4));
}

#[test]
fn records_without_timestamps_go_by_the_time_of_the_file() {
    let size = values(&["x"]).bytes_at(0).len() as u64;
    let fixture = Fixture::with(LogConfig { segment_bytes: size, retention_ms: 1_000, ..unlimited() });
    let log = fixture.open();
    append(&log, &values(&["x"]).at(-1));
    append(&log, &values(&["x"]).at(-1));
    // The clock of the disk counts its changes from 0.
    assert_eq!(log.delete_old_segments(Offset(2), Timestamp(900)).expect("checked"), 0);
    assert_eq!(log.delete_old_segments(Offset(2), Timestamp(5000)).expect("checked"), 2);
}

#[test]
fn a_compacted_log_loses_only_what_is_below_its_start() {
    let (_fixture, log, _) =
        five(LogConfig { retention_ms: 0, cleanup_delete: false, cleanup_compact: true, ..unlimited() });
    assert_eq!(log.delete_old_segments(Offset(10), Timestamp(100_000)).expect("checked"), 0);
    assert!(log.delete_records_before(Offset(5), Offset(10)).expect("moved"));
    assert_eq!(log.delete_old_segments(Offset(10), Timestamp(100_000)).expect("checked"), 2);
    assert_eq!(log.first_segment_base(), Offset(4));
    assert_eq!(log.log_start_offset(), Offset(5));
}

#[test]
fn deleted_records_are_out_of_range_at_once_and_never_above_the_high_watermark() {
    let (fixture, log, _) = five(unlimited());
    let refused = log.delete_records_before(Offset(8), Offset(7));
    assert!(matches!(refused, Err(LogError::AboveHighWatermark { .. })));
    assert!(log.delete_records_before(Offset(7), Offset(7)).expect("moved"));
    assert!(!log.delete_records_before(Offset(3), Offset(7)).expect("asked"));
    assert!(matches!(read(&log, 6, 100), Err(LogError::OffsetOutOfRange { start: Offset(7), .. })));
    assert_eq!(all(&log).first().map(|(offset, _)| *offset), Some(7));
    log.close(NOW).expect("closed");
    let options = fixture.options(crate::log::LastStop::Clean);
    let log = Log::open(crate::log::Open { log_start_offset: Offset(7), ..options }).expect("opens");
    assert_eq!(log.log_start_offset(), Offset(7), "the checkpoint says where the log starts");
}

#[test]
fn a_log_that_ends_before_its_start_begins_anew_there() {
    let (fixture, log, _) = five(unlimited());
    log.close(NOW).expect("closed");
    let options = fixture.options(crate::log::LastStop::Unclean);
    let log = Log::open(crate::log::Open { log_start_offset: Offset(50), ..options }).expect("opens");
    assert_eq!((log.log_start_offset(), log.log_end_offset()), (Offset(50), Offset(50)));
    assert!(log.producers().is_empty() && log.epochs().entries().is_empty());
    append(&log, &values(&["y"]));
    assert_eq!(all(&log), [(50, "y".to_owned())]);
}
