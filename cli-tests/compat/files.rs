//! Files: the real Kafka's are read, and rebuilt byte for byte; ours are accepted by the real kafka-dump-log.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mq::io::disk::{Disk, LockError, SystemDisk};
use mq::io::rng::SystemRng;
use mq::log::{Append, Health, LastStop, Log, LogConfig, Open, Origin, Read, decode_snapshot};
use mq::model::{LeaderEpoch, Offset, ProducerEpoch, ProducerId, Timestamp, TopicPartition};
use mq::protocol::Segment;
use mq::record::{
    BatchBuilder, Codec, DECOMPRESSED_BYTES_MAX, EndTransactionMarker, NewRecord, Producer, TransactionResult,
    end_transaction_batch, shared_batches,
};

use super::peer::{Peer, program, tool};

/// Kafka's own segments are small here, and records stay whatever their time is.
fn config() -> LogConfig {
    LogConfig { segment_bytes: 1 << 20, retention_ms: -1, ..LogConfig::default() }
}

fn open(directory: &Path, last_stop: LastStop) -> Log {
    let now = fs::metadata(directory).and_then(|metadata| metadata.modified()).expect("a directory");
    let now = now.duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_millis();
    Log::open(Open {
        disk: Arc::new(SystemDisk),
        rng: Arc::new(SystemRng),
        health: Health::of(directory.parent().expect("a log directory")),
        directory: directory.to_owned(),
        topic_partition: TopicPartition::new("mixed", 0),
        topic_id: None,
        config: config(),
        log_start_offset: Offset(0),
        recovery_point: Offset(0),
        last_stop,
        now: Timestamp(i64::try_from(now).expect("a time")),
    })
    .expect("the log opens")
}

fn copy(source: &Path, target: &Path, keep: impl Fn(&str) -> bool) {
    fs::create_dir_all(target).expect("made");
    for entry in fs::read_dir(source).expect("listed") {
        let entry = entry.expect("listed");
        let name = entry.file_name().into_string().expect("text");
        if keep(&name) {
            fs::copy(entry.path(), target.join(name)).expect("copied");
        }
    }
}

fn files(directory: &Path, kinds: &[&str]) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).expect("listed") {
        let path = entry.expect("listed").path();
        let name = path.file_name().expect("a name").to_str().expect("text").to_owned();
        if kinds.iter().any(|kind| name.ends_with(kind)) {
            found.insert(name, fs::read(&path).expect("read"));
        }
    }
    found
}

/// Reads the log from its start and says how many records there are.
fn count_records(log: &Log) -> usize {
    let mut count = 0;
    let mut next = log.log_start_offset();
    while next < log.log_end_offset() {
        let fetched = log.read(&Read { max_bytes: 1 << 20, ..Read::all_from(next) }).expect("read");
        let Some(Segment::File(range)) = fetched.records.segments().first() else { panic!("nothing at {next}") };
        let mut bytes = vec![0; range.length];
        assert_eq!(range.file.read_at(&mut bytes, range.position).expect("read"), range.length);
        for batch in shared_batches(&bytes.into()).map_while(Result::ok) {
            batch.view().check_crc().expect("sound");
            count += batch
                .records(DECOMPRESSED_BYTES_MAX)
                .expect("readable")
                .map(|record| record.expect("readable"))
                .count();
            next = batch.header().next_offset();
        }
    }
    count
}

#[test]
fn a_log_of_kafkas_is_read_and_its_indexes_are_rebuilt_byte_for_byte() {
    let peer = Peer::start(&["transaction.state.log.replication.factor=1", "transaction.state.log.min.isr=1"]);
    program("MixedLog.java", &[&peer.address, "mixed"]);
    match SystemDisk.lock(&peer.data().join(".lock")) {
        Err(LockError::Held { pid }) => assert!(pid.is_some(), "the process that holds the lock is known"),
        other => panic!("the lock of a running Kafka excludes us: {other:?}"),
    }
    peer.stop();
    let kafkas = peer.data().join("mixed-0");
    let folder = tempfile::TempDir::new().expect("a temporary folder");

    let whole = folder.path().join("whole/mixed-0");
    copy(&kafkas, &whole, |_| true);
    let log = open(&whole, LastStop::Clean);
    let expected_end = log.log_end_offset();
    assert!(log.segment_count() > 2, "{} segments", log.segment_count());
    // Ten rounds of 4000 records, and a marker after each of the twenty transactions.
    assert_eq!(count_records(&log), 40_020);
    assert_eq!(expected_end, Offset(40_020));
    let producers = log.producers();
    log.close(Timestamp(0)).expect("closed");
    assert_eq!(files(&whole, &[".log", "index"]), files(&kafkas, &[".log", "index"]), "a clean start changes nothing");

    let bare = folder.path().join("bare/mixed-0");
    copy(&kafkas, &bare, |name| name.ends_with(".log"));
    let log = open(&bare, LastStop::Unclean);
    assert_eq!(log.log_end_offset(), expected_end);
    let rebuilt_producers = log.producers();
    assert_eq!(rebuilt_producers.len(), producers.len());
    for (id, known) in &producers {
        let rebuilt = &rebuilt_producers[id];
        assert_eq!(
            (rebuilt.epoch, rebuilt.last_sequence(), rebuilt.coordinator_epoch, rebuilt.current_txn_first_offset),
            (known.epoch, known.last_sequence(), known.coordinator_epoch, known.current_txn_first_offset),
            "producer {id}"
        );
    }
    let epochs = fs::read(kafkas.join("leader-epoch-checkpoint")).expect("there");
    log.close(Timestamp(0)).expect("closed");
    assert_eq!(fs::read(bare.join("leader-epoch-checkpoint")).expect("there"), epochs);
    let (ours, theirs) = (files(&bare, &["index"]), files(&kafkas, &["index"]));
    assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>());
    for (name, bytes) in &theirs {
        assert_eq!(ours[name], *bytes, "{name}");
    }
    let (ours, theirs) = (files(&bare, &[".snapshot"]), files(&kafkas, &[".snapshot"]));
    for (name, bytes) in ours.iter().filter(|(name, _)| theirs.contains_key(*name)) {
        let sorted = |bytes: &[u8]| {
            let mut producers = decode_snapshot(bytes).expect("a snapshot");
            producers.sort_by_key(|producer| producer.producer_id);
            producers
        };
        assert_eq!(sorted(bytes), sorted(&theirs[name]), "{name}");
    }
}

/// Writes a log of ours with rolled segments, producers, and committed and aborted transactions.
fn write_log(directory: &Path) {
    fs::create_dir_all(directory).expect("made");
    let log = open(directory, LastStop::Unclean);
    log.update_config(LogConfig { segment_bytes: 60_000, ..config() });
    log.assign_leader_epoch(LeaderEpoch(0)).expect("noted");
    let codecs = [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd];
    for number in 0..400_i32 {
        let producer = Producer { id: ProducerId(1), epoch: ProducerEpoch(0), base_sequence: number * 10 };
        let is_transactional = number % 8 >= 4;
        let producer = if is_transactional {
            Producer { id: ProducerId(2), base_sequence: (number / 8 * 4 + number % 8 - 4) * 10, ..producer }
        } else {
            Producer { base_sequence: (number / 8 * 4 + number % 8) * 10, ..producer }
        };
        let mut builder = BatchBuilder::new(codecs[number as usize % 5].into()).producer(producer);
        if is_transactional {
            builder = builder.transactional();
        }
        for record in 0..10 {
            let timestamp = Timestamp(1_700_000_000_000 + i64::from(number) * 10 + record);
            let value = format!("{number}-{record}-").repeat(20);
            builder.append(NewRecord { timestamp, key: Some(b"key"), value: Some(value.as_bytes()), headers: &[] });
        }
        append(&log, builder.build(), Origin::Client);
        if number % 8 == 7 {
            let result = if number % 16 == 7 { TransactionResult::Commit } else { TransactionResult::Abort };
            let marker = EndTransactionMarker { result, coordinator_epoch: 0 };
            let now = Timestamp(1_700_000_000_000 + i64::from(number) * 10);
            append(&log, end_transaction_batch(producer.id, producer.epoch, marker, now), Origin::Coordinator);
        }
    }
    assert!(log.segment_count() > 2);
    log.close(Timestamp(0)).expect("closed");
}

fn append(log: &Log, batch: bytes::Bytes, origin: Origin) {
    let append = Append::of_built(&batch, LeaderEpoch(0), origin).expect("one batch");
    log.append(&[append], Timestamp(1_700_000_000_000)).remove(0).expect("appended");
}

fn paths(directory: &Path, kind: &str) -> Vec<PathBuf> {
    files(directory, &[kind]).into_keys().map(|name| directory.join(name)).collect()
}

#[test]
fn kafkas_dump_log_accepts_our_files() {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let directory = folder.path().join("mixed-0");
    write_log(&directory);
    let list = |kind: &str| {
        let paths: Vec<String> = paths(&directory, kind).iter().map(|path| path.display().to_string()).collect();
        assert!(!paths.is_empty(), "there is a file of the kind {kind}");
        paths.join(",")
    };
    let indexes = format!("{},{}", list(".index"), list(".timeindex"));
    for check in ["--index-sanity-check", "--verify-index-only"] {
        let said = tool("kafka-dump-log", &["--files", &indexes, check], b"");
        assert_eq!(said.code, 0, "{said:?}");
        for word in ["Mismatch", "Exception", "out of order", "not found"] {
            assert!(!said.out.contains(word) && !said.err.contains(word), "{said:?}");
        }
        if check == "--index-sanity-check" {
            // The last segment may be too short for an entry.
            let accepted = said.out.matches("passed sanity check").count() + said.out.matches("is empty").count();
            assert_eq!(accepted, indexes.split(',').count(), "{said:?}");
        }
    }
    let said = tool("kafka-dump-log", &["--deep-iteration", "--files", &list(".log")], b"");
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(said.out.matches("| offset:").count(), 400 * 10 + 50);
    assert!(!said.out.contains("isvalid: false"));
    let said = tool("kafka-dump-log", &["--files", &list(".txnindex")], b"");
    assert_eq!(said.out.matches("producerId: 2").count(), 25, "{said:?}");
    let said = tool("kafka-dump-log", &["--files", &list(".snapshot")], b"");
    assert!(said.out.contains("producerId: 1") && said.out.contains("producerId: 2"), "{said:?}");
}
