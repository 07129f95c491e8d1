use super::memory_disk::{Fault, MemoryDisk, Survives};
use super::support::*;
use crate::log::{Health, LastStop, Log, LogConfig, LogError, Open};
use crate::model::{Offset, ProducerId};

fn config() -> LogConfig {
    LogConfig { segment_bytes: 900, index_interval_bytes: 100, ..small() }
}

/// Fault B1: the torn tail of every length is cut to the last whole batch; indexes and snapshots are those of a log that
/// never had it.
#[test]
fn a_torn_tail_is_cut_at_every_byte() {
    let whole = Fixture::with(LogConfig { segment_bytes: 1 << 20, ..config() });
    let log = whole.open();
    for number in 0..12 {
        append(&log, &values(&["a", "b"]).by(1, 0, number * 2).at(1000 + i64::from(number)));
    }
    log.close(NOW).expect("closed");
    let name = "00000000000000000000.log";
    let good = whole.disk.content(&whole.path(name)).expect("there");
    let indexes = ["00000000000000000000.index", "00000000000000000000.timeindex", "00000000000000000024.snapshot"];
    let good_indexes = indexes.map(|name| whole.disk.content(&whole.path(name)).expect("there"));
    let next = values(&["c", "d", "e"]).by(1, 0, 24).at(2000).bytes_at(24);
    for cut in 0..next.len() {
        let with_zeros = [&next[..cut], &[0; 100]].concat();
        // The last bytes of a batch may be zeros themselves.
        let is_whole = with_zeros.starts_with(&next);
        for ending in [&next[..cut], &with_zeros[..if is_whole { cut } else { with_zeros.len() }]] {
            let torn = whole.on(whole.disk.after_crash(Survives::Written));
            torn.disk.put(&torn.path(name), &[&good[..], ending].concat());
            let log = torn.open();
            assert_eq!(log.log_end_offset(), Offset(24), "cut at {cut}");
            assert_eq!(log.producers()[&ProducerId(1)].last_sequence(), 23);
            log.close(NOW).expect("closed");
            assert_eq!(torn.disk.content(&torn.path(name)).expect("there"), good);
            let rebuilt = indexes.map(|name| torn.disk.content(&torn.path(name)).expect("there"));
            assert_eq!(rebuilt, good_indexes, "cut at {cut}");
        }
    }
    let complete = whole.on(whole.disk.after_crash(Survives::Written));
    complete.disk.put(&complete.path(name), &[&good[..], &next].concat());
    assert_eq!(complete.open().log_end_offset(), Offset(27));
}

/// Fault B2: a flipped bit above the recovery point is found by the checksum.
#[test]
fn a_flipped_bit_in_the_tail_cuts_the_log_before_it() {
    let whole = Fixture::with(LogConfig { segment_bytes: 1 << 20, ..config() });
    let log = whole.open();
    for _ in 0..4 {
        append(&log, &values(&["abc"]));
    }
    drop(log);
    let path = whole.path("00000000000000000000.log");
    let good = whole.disk.content(&path).expect("there");
    let size = good.len() / 4;
    for byte in 0..good.len() {
        // The leader epoch is outside of the checksum.
        if (12..16).contains(&(byte % size)) {
            continue;
        }
        let mut flipped = good.clone();
        flipped[byte] ^= 0x10;
        let torn = whole.on(whole.disk.after_crash(Survives::Written));
        torn.disk.put(&path, &flipped);
        match Log::open(torn.options(LastStop::Unclean)) {
            Ok(log) => {
                let expected = (byte / size) as i64;
                // A base offset is outside of the checksum too: one that leaps forward leaves a gap.
                let is_gap = byte % size < 8 && log.log_end_offset() != Offset(expected);
                assert!(is_gap || log.log_end_offset() == Offset(expected), "byte {byte}: {}", log.log_end_offset());
            }
            Err(LogError::Inconsistent { .. }) => {
                assert!(byte < 8, "only the first offset of a file can belie its name")
            }
            Err(error) => panic!("byte {byte}: {error}"),
        }
    }
}

/// What a workload knows: the values it appended, and how many of them were flushed.
#[derive(Default)]
struct Known {
    appended: Vec<String>,
    acknowledged: usize,
    flushed: usize,
    start: i64,
}

fn open(disk: &MemoryDisk, start: i64) -> Result<Log, LogError> {
    let fixture = Fixture { disk: disk.clone(), config: config() };
    let options = fixture.options(LastStop::Unclean);
    Log::open(Open { log_start_offset: Offset(start), health: Health::of(&directory()), ..options })
}

/// Appends, rolls, flushes, deletes and closes; the disk may crash anywhere in it.
fn work(disk: &MemoryDisk, known: &mut Known) -> Result<(), LogError> {
    let log = open(disk, 0)?;
    for round in 0..4 {
        log.assign_leader_epoch(crate::model::LeaderEpoch(round))?;
        for _ in 0..4 {
            let number = known.appended.len();
            known.appended.push(number.to_string());
            let wanted = values(&[&number.to_string()]).by(1, 0, number as i32).epoch(round);
            try_append(&log, &wanted)?;
            known.acknowledged = known.appended.len();
        }
        if round == 1 {
            log.flush(NOW)?;
            known.flushed = known.acknowledged;
        }
        if round == 2 {
            log.delete_records_before(Offset(5), log.log_end_offset())?;
            known.start = 5;
            log.delete_old_segments(log.log_end_offset(), NOW)?;
        }
    }
    log.close(NOW)?;
    known.flushed = known.acknowledged;
    Ok(())
}

fn check(disk: &MemoryDisk, known: &Known, at_least: usize, what: &str) {
    let log = open(disk, 0).unwrap_or_else(|error| panic!("{what}: {error}"));
    let found = all(&log);
    let end = log.log_end_offset().0 as usize;
    assert!(end >= at_least, "{what}: {end} of {at_least} records are left");
    assert!(end <= known.appended.len(), "{what}: {end} records, {} were appended", known.appended.len());
    for (offset, value) in &found {
        assert_eq!(*value, known.appended[*offset as usize], "{what}");
    }
    let first = log.log_start_offset().0;
    assert!(first <= known.start.max(0), "{what}: starts at {first}");
    assert_eq!(found.len(), end - first as usize, "{what}: no gap in {found:?} from {first} on; {:?}", disk.paths());
    let producers = log.producers();
    let last = producers.get(&ProducerId(1)).map_or(-1, |entry| entry.last_sequence());
    assert_eq!(last, end as i32 - 1, "{what}: the producer is known as far as the log goes");
    // What follows is appended as if nothing had been.
    append(&log, &values(&["next"]).by(1, 0, end as i32));
    assert_eq!(log.log_end_offset(), Offset(end as i64 + 1));
}

/// Fault A1, and with it A4 to A6 as far as one log goes: a crash at every change that a log makes to its files.
#[test]
fn no_acknowledged_record_is_lost_by_a_kill_at_any_step() {
    let disk = MemoryDisk::default();
    disk.plan(Fault::CrashAt { step: usize::MAX, bytes: 0 });
    let mut known = Known::default();
    work(&disk, &mut known).expect("nothing goes wrong");
    let steps = disk.steps();
    assert!(steps > 60, "{steps} steps");
    for step in 0..steps {
        for bytes in [0, 3, 40, usize::MAX] {
            let disk = MemoryDisk::default();
            disk.plan(Fault::CrashAt { step, bytes });
            let mut known = Known::default();
            let result = work(&disk, &mut known);
            assert!(result.is_err() || step == steps - 1, "step {step} is reported");
            let what = format!("killed at step {step} after {bytes} bytes");
            check(&disk.after_crash(Survives::Written), &known, known.acknowledged, &what);
            let what = format!("power cut at step {step} after {bytes} bytes");
            check_after_power_cut(&disk, &known, &what);
        }
    }
}

fn check_after_power_cut(disk: &MemoryDisk, known: &Known, what: &str) {
    let left = disk.after_crash(Survives::Synced);
    check(&left, known, known.flushed, what);
}

/// Fault A4: recovery that is cut off again and again comes to the same end.
#[test]
fn recovery_survives_a_crash_at_each_of_its_own_steps() {
    let disk = MemoryDisk::default();
    let mut known = Known::default();
    work(&disk, &mut known).expect("nothing goes wrong");
    let torn = disk.after_crash(Survives::Written);
    let last = torn.paths().into_iter().rfind(|path| path.extension().is_some_and(|kind| kind == "log"));
    let last = last.expect("a segment");
    let bytes = torn.content(&last).expect("there");
    torn.put(&last, &[&bytes[..], &bytes[..30]].concat());
    let trial = torn.after_crash(Survives::Written);
    trial.plan(Fault::CrashAt { step: usize::MAX, bytes: 0 });
    drop(open(&trial, 0).expect("recovers"));
    for step in 0..trial.steps() {
        let mut disk = torn.after_crash(Survives::Written);
        for again in 0..3 {
            disk.plan(Fault::CrashAt { step: step + again, bytes: 5 });
            let _ = open(&disk, 0);
            disk = disk.after_crash(Survives::Written);
        }
        check(&disk, &known, known.acknowledged, &format!("recovery crashed at step {step}"));
    }
}
