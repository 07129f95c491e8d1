use super::support::*;
use crate::log::{Append, LogConfig, LogError, ProducerError};
use crate::model::{LeaderEpoch, Offset, Timestamp};

#[test]
fn a_batch_gets_its_offset_and_epoch_and_keeps_its_other_bytes() {
    let fixture = Fixture::new();
    let log = fixture.open();
    append(&log, &values(&["a"]));
    let wanted = values(&["b", "c"]).epoch(7);
    let appended = append(&log, &wanted);
    assert_eq!((appended.first_offset, appended.last_offset), (Offset(1), Offset(2)));
    let batch = read(&log, 1, 1 << 20).expect("readable").remove(0);
    assert_eq!(batch.header().leader_epoch, LeaderEpoch(7));
    assert_eq!(batch.bytes()[16..], wanted.bytes_at(0)[16..]);
    assert_eq!(batch.bytes(), &wanted.bytes_at(1));
}

#[test]
fn several_appends_are_one_write() {
    let fixture = Fixture::new();
    let log = fixture.open();
    append(&log, &values(&["first"]));
    let before = fixture.disk.steps();
    let appends: Vec<Append> = (0..10).map(|number| values(&[&number.to_string()]).append()).collect();
    let results = log.append(&appends, NOW);
    assert_eq!(
        results.into_iter().map(|result| result.expect("appended").first_offset.0).collect::<Vec<_>>(),
        (1..11).collect::<Vec<_>>()
    );
    let writes = fixture.disk.steps() - before;
    // Ten batches of 70 bytes also add three entries to the offset index; all have one timestamp.
    assert!(writes <= 5, "{writes} writes");
    assert_eq!(all(&log).len(), 11);
}

/// Fault E1.
#[test]
fn a_retried_batch_is_answered_with_its_old_offset_and_not_written_again() {
    let fixture = Fixture::new();
    let log = fixture.open();
    let wanted = values(&["a", "b"]).by(1, 0, 0);
    append(&log, &wanted);
    append(&log, &values(&["c"]));
    let again = append(&log, &wanted);
    assert!(again.is_duplicate);
    assert_eq!((again.first_offset, again.last_offset, again.size), (Offset(0), Offset(1), 0));
    assert_eq!(log.log_end_offset(), Offset(3));
    let gap = try_append(&log, &values(&["d"]).by(1, 0, 5));
    assert!(matches!(gap, Err(LogError::Producer(ProducerError::OutOfOrderSequence { .. }))));
}

#[test]
fn a_refused_append_leaves_the_others_of_its_call_alone() {
    let fixture = Fixture::new();
    let log = fixture.open();
    let appends = [
        values(&["a"]).by(1, 0, 0).append(),
        values(&["x"]).by(1, 0, 9).append(),
        values(&["b"]).by(1, 0, 1).append(),
        values(&["a"]).by(1, 0, 0).append(),
    ];
    let results = log.append(&appends, NOW);
    assert!(results[1].is_err());
    assert!(results[3].as_ref().expect("a duplicate").is_duplicate);
    assert_eq!(all(&log), [(0, "a".to_owned()), (1, "b".to_owned())]);
}

#[test]
fn an_append_larger_than_a_segment_is_refused() {
    let fixture = Fixture::with(LogConfig { segment_bytes: 100, ..small() });
    let log = fixture.open();
    let refused = try_append(&log, &values(&["0123456789", "0123456789", "0123456789"]));
    assert!(matches!(refused, Err(LogError::LargerThanSegment { size_max: 100, .. })));
}

#[test]
fn a_segment_rolls_when_the_next_batch_does_not_fit() {
    let size = values(&["x"]).bytes_at(0).len() as u64;
    let fixture = Fixture::with(LogConfig { segment_bytes: size * 3, ..small() });
    let log = fixture.open();
    for _ in 0..7 {
        append(&log, &values(&["x"]));
    }
    let logs: Vec<String> = fixture.names().into_iter().filter(|name| name.ends_with(".log")).collect();
    assert_eq!(logs, ["00000000000000000000.log", "00000000000000000003.log", "00000000000000000006.log"]);
    assert_eq!(all(&log).len(), 7);
    assert!(log.has_unflushed_segments());
    log.flush_finished_segments(NOW).expect("flushed");
    assert_eq!(log.recovery_point(), Offset(6));
    let results = log.append(&vec![values(&["y"]).append(); 8], NOW);
    assert!(results.iter().all(Result::is_ok), "a call may span segments");
    assert_eq!(log.segment_count(), 5);
    assert_eq!(all(&log).len(), 15);
}

#[test]
fn a_segment_rolls_by_the_time_between_records() {
    let fixture = Fixture::with(LogConfig { segment_ms: 1000, ..small() });
    let log = fixture.open();
    append(&log, &values(&["a"]).at(5000));
    append(&log, &values(&["b"]).at(6000));
    assert_eq!(log.segment_count(), 1);
    append(&log, &values(&["c"]).at(6001));
    assert_eq!(log.segment_count(), 2);
    drop(log);
    let log = fixture.open();
    append(&log, &values(&["d"]).at(7001));
    assert_eq!(log.segment_count(), 2);
    append(&log, &values(&["e"]).at(7002));
    assert_eq!(log.segment_count(), 3, "the first timestamp of the segment is read after a restart");
}

#[test]
fn a_segment_rolls_when_an_index_is_full() {
    let fixture = Fixture::with(LogConfig { segment_index_bytes: 24, index_interval_bytes: 0, ..small() });
    let log = fixture.open();
    for number in 0..6 {
        append(&log, &values(&["x"]).at(1000 + number));
    }
    // The time index has room for two entries, one of which is kept for the roll.
    assert!(log.segment_count() > 1);
    assert_eq!(all(&log).len(), 6);
}

#[test]
fn a_segment_rolls_before_its_offsets_get_too_far_from_its_base() {
    let fixture = Fixture::new();
    let log = fixture.open();
    let follow = |offset: i64| {
        let records = values(&["x"]).bytes_at(offset);
        log.append(&[Append::Follow { records }], NOW).pop().expect("one result").expect("appended");
    };
    let far = i64::from(i32::MAX);
    follow(0);
    follow(far);
    assert_eq!(log.segment_count(), 1);
    follow(far + 1);
    assert_eq!(log.segment_count(), 2);
    assert_eq!(all(&log).iter().map(|(offset, _)| *offset).collect::<Vec<_>>(), [0, far, far + 1]);
}

#[test]
fn a_follower_takes_what_continues_its_log_and_nothing_else() {
    let fixture = Fixture::new();
    let log = fixture.open();
    let two = [values(&["a", "b"]).epoch(3).bytes_at(0), values(&["c"]).epoch(4).bytes_at(2)].concat();
    let follow = |bytes: &[u8]| {
        let records = bytes.to_vec().into();
        log.append(&[Append::Follow { records }], NOW).pop().expect("one result")
    };
    let cut = &two[..two.len() - 1];
    assert_eq!(follow(cut).expect("the whole batches of a cut fetch").last_offset, Offset(1));
    assert!(matches!(follow(&two), Err(LogError::UnexpectedOffset { first: Offset(0), end: Offset(2) })));
    assert!(matches!(follow(&two[..40]), Err(LogError::NotBatches { .. })));
    let mut flipped = values(&["c"]).epoch(4).bytes_at(2).to_vec();
    *flipped.last_mut().expect("bytes") ^= 1;
    assert!(matches!(follow(&flipped), Err(LogError::NotBatches { .. })));
    follow(&values(&["c"]).epoch(4).bytes_at(2)).expect("continues the log");
    assert_eq!(log.epochs().entries().len(), 2);
    assert_eq!(log.end_offset_for_epoch(LeaderEpoch(3)).expect("known").end_offset, Offset(2));
}

#[test]
fn leader_epochs_are_noted_at_the_end_of_the_log_and_survive() {
    let fixture = Fixture::new();
    let log = fixture.open();
    log.assign_leader_epoch(LeaderEpoch(5)).expect("noted");
    append(&log, &values(&["a"]).epoch(5));
    log.assign_leader_epoch(LeaderEpoch(6)).expect("noted");
    let old = log.assign_leader_epoch(LeaderEpoch(5));
    assert!(matches!(old, Err(LogError::OldLeaderEpoch { latest: LeaderEpoch(6), .. })));
    let text = fixture.disk.content(&fixture.path("leader-epoch-checkpoint")).expect("written");
    assert_eq!(text, b"0\n2\n5 0\n6 1\n");
    log.close(NOW).expect("closed");
    let log = fixture.open_clean();
    assert_eq!(log.latest_epoch(), Some(LeaderEpoch(5)), "as with Kafka, an epoch without records is forgotten");
}

#[test]
fn a_closed_log_has_trimmed_indexes_and_a_snapshot_and_takes_no_more() {
    let fixture = Fixture::new();
    let log = fixture.open();
    for number in 0..20 {
        append(&log, &values(&["x"]).by(1, 0, number).at(1000 + i64::from(number)));
    }
    log.close(NOW).expect("closed");
    assert!(matches!(try_append(&log, &values(&["y"])), Err(LogError::Closed { .. })));
    let index = fixture.disk.content(&fixture.path("00000000000000000000.index")).expect("there");
    let times = fixture.disk.content(&fixture.path("00000000000000000000.timeindex")).expect("there");
    assert_eq!((index.len() % 8, times.len() % 12), (0, 0));
    assert!(!index.is_empty());
    assert_eq!(
        times[times.len() - 12..times.len() - 4],
        1019_i64.to_be_bytes(),
        "the last entry is the largest timestamp"
    );
    assert!(fixture.names().contains(&"00000000000000000020.snapshot".to_owned()));
    let log = fixture.open_clean();
    assert_eq!(log.recovery_point(), Offset(20));
    assert_eq!(log.producers()[&crate::model::ProducerId(1)].last_sequence(), 19);
    assert!(append(&log, &values(&["x"]).by(1, 0, 19)).is_duplicate);
    let _ = Timestamp(0);
}

#[test]
fn a_start_after_a_clean_stop_opens_no_index() {
    let fixture = Fixture::new();
    let log = fixture.open();
    append(&log, &values(&["x"]));
    log.close(NOW).expect("closed");
    // Nobody who opened the index could know that it is there.
    let before = fixture.disk.steps();
    let log = fixture.open_clean();
    assert_eq!(log.log_end_offset(), Offset(1));
    assert_eq!(fixture.disk.steps(), before, "nothing is written by a clean start");
}
