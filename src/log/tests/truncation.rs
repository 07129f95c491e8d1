use super::support::*;
use crate::log::{LogConfig, Read};
use crate::model::{LeaderEpoch, Offset, ProducerId, Timestamp};

fn filled() -> (Fixture, crate::log::Log) {
    let fixture = Fixture::with(LogConfig { segment_bytes: 400, index_interval_bytes: 100, ..small() });
    let log = fixture.open();
    for number in 0..30 {
        append(&log, &values(&["a", "b"]).by(1, 0, number * 2).at(1000 + i64::from(number)).epoch(number / 10));
    }
    assert!(log.segment_count() > 4);
    (fixture, log)
}

/// Fault D7, as far as one log goes: after a cut the log is as if what was cut had never been.
#[test]
fn a_log_cut_anywhere_is_as_if_it_had_never_been_longer() {
    for offset in 0..60 {
        let (fixture, log) = filled();
        let before = all(&log);
        assert!(log.truncate_to(Offset(offset), NOW).expect("cut"));
        let kept = offset / 2 * 2;
        assert_eq!(log.log_end_offset(), Offset(kept));
        assert_eq!(all_from(&log, 0), before[..kept as usize], "cut at {offset}");
        assert_eq!(log.latest_epoch(), (kept > 0).then(|| LeaderEpoch(((kept - 1) / 20) as i32)));
        let last = log.producers().get(&ProducerId(1)).map(|entry| entry.last_sequence());
        assert_eq!(last, (kept > 0).then(|| kept as i32 - 1), "cut at {offset}");
        assert!(
            log.offset_for_time(Timestamp(1000 + kept / 2 + 1))
                .expect("read")
                .is_none_or(|found| found.offset.0 < kept)
        );
        append(&log, &values(&["z"]));
        drop(log);
        let log = fixture.open();
        assert_eq!(log.log_end_offset(), Offset(kept + 1));
        let mut expected = before[..kept as usize].to_vec();
        expected.push((kept, "z".to_owned()));
        assert_eq!(all(&log), expected, "cut at {offset}, opened again");
    }
}

#[test]
fn a_cut_above_the_end_changes_nothing() {
    let (_fixture, log) = filled();
    let before = all(&log);
    assert!(!log.truncate_to(Offset(60), NOW).expect("asked"));
    assert!(!log.truncate_to(Offset(1000), NOW).expect("asked"));
    assert_eq!(all(&log), before);
}

#[test]
fn a_log_may_start_anew_anywhere() {
    let (fixture, log) = filled();
    log.truncate_fully_and_start_at(Offset(500), None, NOW).expect("restarted");
    assert_eq!((log.log_start_offset(), log.log_end_offset()), (Offset(500), Offset(500)));
    assert!(log.producers().is_empty() && log.epochs().entries().is_empty());
    append(&log, &values(&["z"]).by(1, 0, 77));
    drop(log);
    let log = fixture.open();
    assert_eq!(all(&log), [(500, "z".to_owned())]);
    log.truncate_fully_and_start_at(Offset(500), None, NOW).expect("restarted at its own base");
    assert_eq!(log.log_end_offset(), Offset(500));
    append(&log, &values(&["y"]));
    assert_eq!(all(&log), [(500, "y".to_owned())]);
}

#[test]
fn a_cut_below_the_first_segment_starts_the_log_anew() {
    let (_fixture, log) = filled();
    log.truncate_fully_and_start_at(Offset(100), None, NOW).expect("restarted");
    assert!(log.truncate_to(Offset(40), NOW).expect("cut"));
    assert_eq!((log.log_start_offset(), log.log_end_offset()), (Offset(40), Offset(40)));
}

#[test]
fn a_reader_of_a_segment_that_is_cut_or_deleted_gets_on() {
    let (_fixture, log) = filled();
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut reads = 0_u32;
            while log.log_end_offset() > Offset(2) {
                for offset in [0, 17, 33, 59] {
                    // Out of range once it is cut; never anything else.
                    let read = Read { max_bytes: 200, ..Read::all_from(Offset(offset)) };
                    match log.read(&read) {
                        Ok(_) => {}
                        Err(crate::log::LogError::OffsetOutOfRange { .. }) => {}
                        Err(error) => panic!("{error}"),
                    }
                    reads += 1;
                }
            }
            reads
        });
        for offset in (2..60).rev() {
            log.truncate_to(Offset(offset), NOW).expect("cut");
            std::thread::yield_now();
        }
        reader.join().expect("no panic");
    });
}
