use super::memory_disk::{Fault, Survives};
use super::support::*;
use crate::log::{LastStop, Log, LogConfig, LogError};
use crate::model::{LeaderEpoch, Offset, Timestamp};

const LOG_FILE: &str = "00000000000000000000.log";
const INDEX: &str = "00000000000000000000.index";
const TIMES: &str = "00000000000000000000.timeindex";

fn filled() -> Fixture {
    let fixture = Fixture::new();
    let log = fixture.open();
    for number in 0..40 {
        append(
            &log,
            &values(&["a", "b", "c"]).by(1, 0, number * 3).at(1000 + i64::from(number) * 10).epoch(number / 10),
        );
    }
    log.close(NOW).expect("closed");
    fixture
}

fn check_reads(log: &Log, what: &str) {
    for offset in (0..120).step_by(7) {
        let batches = read(log, offset, 1).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(batches[0].header().base_offset, Offset(offset / 3 * 3), "{what}: offset {offset}");
    }
    for number in (0..40).step_by(3) {
        let found = log.offset_for_time(Timestamp(1000 + number * 10 + 1)).expect("read").expect("there is one");
        assert_eq!(found.offset, Offset(number * 3 + 1), "{what}: time of batch {number}");
    }
    assert_eq!(log.offset_for_time(Timestamp(1393)).expect("read"), None, "{what}");
    let largest = log.offset_of_max_timestamp().expect("read").expect("there is one");
    assert_eq!(largest.offset, Offset(119), "{what}");
}

/// Ways in which a file goes bad.
fn damages(good: &[u8]) -> Vec<(String, Option<Vec<u8>>)> {
    let mut bad = vec![
        ("missing".to_owned(), None),
        ("empty".to_owned(), Some(Vec::new())),
        ("zeros".to_owned(), Some(vec![0; good.len()])),
        ("ones".to_owned(), Some(vec![0xff; good.len()])),
        ("longer by zeros".to_owned(), Some([good, &[0; 480]].concat())),
        ("longer by itself".to_owned(), Some([good, good].concat())),
        ("reversed".to_owned(), Some(good.iter().rev().copied().collect())),
    ];
    for length in 0..good.len() {
        bad.push((format!("cut to {length}"), Some(good[..length].to_vec())));
    }
    for byte in 0..good.len() {
        // One bit of each byte, every bit of some.
        let bit = byte % 8;
        let mut flipped = good.to_vec();
        flipped[byte] ^= 1 << bit;
        bad.push((format!("bit {bit} of byte {byte} flipped"), Some(flipped)));
    }
    bad
}

/// Fault B3: whatever an index holds, reads are correct, whether the last stop was clean or not.
#[test]
fn a_damaged_index_never_makes_a_wrong_read() {
    let whole = filled();
    for name in [INDEX, TIMES] {
        let good = whole.disk.content(&whole.path(name)).expect("there");
        assert!(good.len() > 40);
        for (what, bad) in damages(&good) {
            for last_stop in [LastStop::Clean, LastStop::Unclean] {
                let damaged = whole.on(whole.disk.after_crash(Survives::Written));
                match &bad {
                    Some(bytes) => damaged.disk.put(&damaged.path(name), bytes),
                    None => {
                        use crate::io::disk::Disk as _;
                        damaged.disk.remove_file(&damaged.path(name)).expect("removed");
                    }
                }
                let what = format!("{name} {what} after a stop that was {last_stop:?}");
                let log = Log::open(damaged.options(last_stop)).unwrap_or_else(|error| panic!("{what}: {error}"));
                assert_eq!(log.log_end_offset(), Offset(120), "{what}");
                check_reads(&log, &what);
                append(&log, &values(&["d"]).by(1, 0, 120).at(2000));
                assert_eq!(all(&log).len(), 121, "{what}");
            }
        }
    }
}

/// Fault B3: an index that was found broken is rebuilt to what it was.
#[test]
fn a_damaged_index_is_rebuilt_byte_for_byte() {
    let whole = filled();
    let good = [INDEX, TIMES].map(|name| whole.disk.content(&whole.path(name)).expect("there"));
    let damaged = whole.on(whole.disk.after_crash(Survives::Written));
    let mut bad = good[0].clone();
    bad.iter_mut().for_each(|byte| *byte ^= 0x55);
    damaged.disk.put(&damaged.path(INDEX), &bad);
    let log = damaged.open_clean();
    check_reads(&log, "before the repair");
    log.delete_old_segments(Offset(0), Timestamp(0)).expect("repaired");
    check_reads(&log, "after the repair");
    log.close(NOW).expect("closed");
    assert_eq!([INDEX, TIMES].map(|name| damaged.disk.content(&damaged.path(name)).expect("there")), good);
}

/// Fault B3: snapshots and epochs are rebuilt from the log.
#[test]
fn damaged_snapshots_and_epochs_are_rebuilt() {
    let whole = filled();
    let snapshot = "00000000000000000120.snapshot";
    for name in [snapshot, "leader-epoch-checkpoint"] {
        let good = whole.disk.content(&whole.path(name)).expect("there");
        for (what, bad) in damages(&good) {
            let Some(bytes) = bad else { continue };
            let damaged = whole.on(whole.disk.after_crash(Survives::Written));
            damaged.disk.put(&damaged.path(name), &bytes);
            let log = damaged.open();
            let producers = log.producers();
            assert_eq!(producers[&crate::model::ProducerId(1)].last_sequence(), 119, "{name} {what}");
            if name != snapshot && !what.starts_with("bit") && !what.starts_with("cut") {
                let expected: Vec<(i32, i64)> = vec![(0, 0), (1, 30), (2, 60), (3, 90)];
                let found: Vec<(i32, i64)> =
                    log.epochs().entries().iter().map(|entry| (entry.epoch.0, entry.start_offset.0)).collect();
                assert_eq!(found, expected, "{name} {what}");
            }
        }
    }
}

/// Fault B5.
#[test]
fn files_that_belong_to_no_segment_are_removed_and_foreign_ones_stay() {
    let fixture = filled();
    let name = |text: &str| fixture.path(text);
    fixture.disk.put(&name("00000000000000000500.index"), &[1; 8]);
    fixture.disk.put(&name("00000000000000000500.timeindex"), &[1; 12]);
    fixture.disk.put(&name("00000000000000000007.log.deleted"), b"x");
    fixture.disk.put(&name("00000000000000000007.log.cleaned"), b"x");
    fixture.disk.put(&name("notes.txt"), b"mine");
    fixture.disk.put(&name("12.log"), b"no segment of Kafka's");
    let log = fixture.open();
    check_reads(&log, "beside leftovers");
    let names = fixture.names();
    assert!(names.contains(&"notes.txt".to_owned()) && names.contains(&"12.log".to_owned()));
    assert!(!names.iter().any(|name| name.contains("500") || name.contains("0000007")));
}

/// Fault B5.
#[test]
fn a_segment_whose_name_lies_and_segments_that_overlap_are_refused() {
    let fixture = filled();
    let bytes = fixture.disk.content(&fixture.path(LOG_FILE)).expect("there");
    let renamed = Fixture::new();
    renamed.disk.put(&renamed.path("00000000000000000050.log"), &bytes);
    assert!(matches!(Log::open(renamed.options(LastStop::Unclean)), Err(LogError::Inconsistent { .. })));

    let overlapping = fixture.on(fixture.disk.after_crash(Survives::Written));
    overlapping.disk.put(&overlapping.path("00000000000000000060.log"), &values(&["x"]).bytes_at(60));
    assert!(matches!(Log::open(overlapping.options(LastStop::Unclean)), Err(LogError::Inconsistent { .. })));
}

/// Fault B14.
#[test]
fn a_batch_of_an_old_format_is_refused_by_name_and_not_cut_away() {
    let fixture = Fixture::new();
    // Message format 1: offset, size, CRC-32, magic, attributes, timestamp, key, value.
    let mut body = vec![1, 0];
    body.extend_from_slice(&5_i64.to_be_bytes());
    body.extend_from_slice(&(-1_i32).to_be_bytes());
    body.extend_from_slice(&1_i32.to_be_bytes());
    body.push(b'v');
    let mut crc = flate2::Crc::new();
    crc.update(&body);
    let mut message = 0_i64.to_be_bytes().to_vec();
    message.extend_from_slice(&(body.len() as i32 + 4).to_be_bytes());
    message.extend_from_slice(&crc.sum().to_be_bytes());
    message.extend_from_slice(&body);
    fixture.disk.put(&fixture.path(LOG_FILE), &message);
    let refused = Log::open(fixture.options(LastStop::Unclean));
    assert!(matches!(refused, Err(LogError::OldFormat { magic: 1, .. })), "{refused:?}");
    assert_eq!(fixture.disk.content(&fixture.path(LOG_FILE)).expect("there"), message);
}

/// Fault B6.
#[test]
fn a_full_disk_refuses_appends_and_nothing_else() {
    let fixture = Fixture::new();
    let log = fixture.open();
    append(&log, &values(&["a"]).by(1, 0, 0));
    let used: u64 =
        fixture.disk.paths().iter().map(|path| fixture.disk.content(path).expect("there").len() as u64).sum();
    let size = values(&["b"]).bytes_at(0).len() as u64;
    for room in 0..size {
        fixture.disk.plan(Fault::FullAt { bytes: used + room });
        let refused = try_append(&log, &values(&["b"]).by(1, 0, 1));
        assert!(matches!(refused, Err(LogError::DiskFull { .. })), "{refused:?}");
        assert_eq!(all(&log), [(0, "a".to_owned())]);
        assert!(append(&log, &values(&["a"]).by(1, 0, 0)).is_duplicate);
    }
    fixture.disk.heal();
    append(&log, &values(&["b"]).by(1, 0, 1));
    drop(log);
    assert_eq!(all(&fixture.open()).len(), 2);
}

/// Fault B6: the disk fills up at any point of a longer life, and has room again later.
#[test]
fn a_log_survives_a_disk_that_is_full_at_any_time() {
    let config = LogConfig { segment_bytes: 700, index_interval_bytes: 50, ..small() };
    for limit in (0..6000).step_by(37) {
        let fixture = Fixture::with(config.clone());
        let log = fixture.open();
        let mut expected = Vec::new();
        for number in 0..40 {
            if number == 5 {
                fixture.disk.plan(Fault::FullAt { bytes: limit });
            }
            if number == 30 {
                fixture.disk.heal();
            }
            let value = number.to_string();
            match try_append(&log, &values(&[&value])) {
                Ok(appended) => expected.push((appended.first_offset.0, value)),
                Err(LogError::DiskFull { .. }) => assert!((5..30).contains(&number)),
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(all(&log), expected, "limit {limit}");
        log.close(NOW).expect("closed");
        assert_eq!(all(&fixture.open_clean()), expected, "limit {limit}");
    }
}

/// Fault B7.
#[test]
fn a_failed_sync_takes_the_log_offline_and_is_not_tried_again() {
    let fixture = Fixture::new();
    let log = fixture.open();
    append(&log, &values(&["a"]));
    fixture.disk.plan(Fault::FailSyncs);
    assert!(matches!(log.flush(NOW), Err(LogError::Offline { .. })));
    fixture.disk.heal();
    let syncs = fixture.disk.syncs();
    assert!(matches!(log.flush(NOW), Err(LogError::Offline { .. })));
    assert!(matches!(log.close(NOW), Err(LogError::Offline { .. })));
    assert!(matches!(try_append(&log, &values(&["b"])), Err(LogError::Offline { .. })));
    assert!(read(&log, 0, 100).is_err());
    assert_eq!(fixture.disk.syncs(), syncs);
    assert_eq!(log.recovery_point(), Offset(0));
    assert_eq!(log.latest_epoch(), Some(LeaderEpoch(0)));
}

/// Conventions: a failed write is final.
#[test]
fn a_failed_write_takes_the_log_offline_and_the_rest_of_the_call_fails() {
    let fixture = Fixture::new();
    let log = fixture.open();
    append(&log, &values(&["a"]));
    fixture.disk.plan(Fault::FailAt { step: 0, bytes: 20 });
    let results = log.append(&[values(&["b"]).append(), values(&["c"]).append()], NOW);
    assert!(results.iter().all(|result| matches!(result, Err(LogError::Offline { .. }))), "{results:?}");
    fixture.disk.heal();
    assert!(matches!(try_append(&log, &values(&["d"])), Err(LogError::Offline { .. })));
    drop(log);
    assert_eq!(all(&fixture.open()).len(), 1);
}

#[test]
fn flush_messages_one_syncs_every_append() {
    let fixture = Fixture::with(LogConfig { flush_messages: 1, ..small() });
    let log = fixture.open();
    for number in 1..=5 {
        append(&log, &values(&["x"]));
        assert_eq!(log.recovery_point(), Offset(number));
    }
    assert_eq!(all(&fixture.on(fixture.disk.after_crash(Survives::Synced)).open()).len(), 5);
}
