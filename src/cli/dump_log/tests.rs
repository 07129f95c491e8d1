//! The texts were printed by kafka-dump-log 4.3.1 for files of the same content.

use std::io::IoSlice;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use clap::Parser;

use super::{Args, run};
use crate::io::disk::{Disk, OpenMode, SystemDisk};
use crate::model::{LeaderEpoch, Offset, Position, ProducerEpoch, ProducerId, Timestamp};
use crate::protocol::coordinator_frame::encode_versioned;
use crate::protocol::messages::{
    ConsumerProtocolSubscription, FeatureLevelRecord, GroupMetadataKey, GroupMetadataValue, OffsetCommitKey,
    OffsetCommitValue,
};
use crate::protocol::{Message, Writer, metadata_frame};
use crate::record::{
    BatchBuilder, Codec, EndTransactionMarker, Header, NewRecord, TransactionResult, end_transaction_batch, patch,
};

/// A folder with files, and what the tool prints of them.
struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Files {
        Files(tempfile::tempdir().unwrap())
    }

    fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        let file = SystemDisk.open(&path, OpenMode::Truncate).unwrap();
        file.write_all_at(&[IoSlice::new(bytes)], Position::ZERO).unwrap();
        path
    }
}

/// Standard output without the line that names the file, and the error stream.
fn dump(path: &Path, options: &[&str]) -> (String, String) {
    let words = ["dump-log", "--files", path.to_str().unwrap()];
    let args = Args::try_parse_from(words.iter().chain(options)).unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    if let Err(error) = run(&args, &SystemDisk, &mut out, &mut err) {
        err.extend(format!("{error:#}\n").bytes());
    }
    let out = String::from_utf8(out).unwrap();
    let rest = out.strip_prefix(&format!("Dumping {}\n", path.display())).unwrap().to_owned();
    (rest, String::from_utf8(err).unwrap())
}

fn records(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.starts_with('|')).collect()
}

fn one_record(offset: i64, key: Option<&[u8]>, value: Option<&[u8]>) -> Bytes {
    let mut builder = BatchBuilder::new(Codec::None.into()).base_offset(Offset(offset)).leader_epoch(LeaderEpoch(0));
    builder.append(NewRecord { timestamp: Timestamp(1000), key, value, headers: &[] });
    builder.build()
}

#[test]
fn a_log_prints_as_batches_and_records() {
    let files = Files::new();
    let headers = [Header::new("h", Some("x")), Header::new("h", None::<Bytes>), Header::new("ü", Some(""))];
    let mut builder = BatchBuilder::new(Codec::Gzip.into()).leader_epoch(LeaderEpoch(0));
    builder.append(NewRecord {
        timestamp: Timestamp(7),
        key: Some(b"k"),
        value: Some("ä".as_bytes()),
        headers: &headers,
    });
    builder.append(NewRecord { timestamp: Timestamp(9), key: None, value: None, headers: &[] });
    let batch = builder.build();
    let path = files.put("00000000000000000000.log", &batch);
    let heading = format!(
        "Log starting offset: 0\n\
         baseOffset: 0 lastOffset: 1 count: 2 baseSequence: -1 lastSequence: -1 producerId: -1 producerEpoch: -1 \
         partitionLeaderEpoch: 0 isTransactional: false isControl: false deleteHorizonMs: OptionalLong.empty position: 0 \
         CreateTime: 9 size: {} magic: 2 compresscodec: gzip crc: {} isvalid: true\n",
        batch.len(),
        u32::from_be_bytes(*batch[17..].first_chunk().unwrap())
    );
    assert_eq!(dump(&path, &[]), (heading.clone(), String::new()));
    let first = "| offset: 0 CreateTime: 7 keySize: 1 valueSize: 2 sequence: -1 headerKeys: [h,h,ü]";
    let second = "| offset: 1 CreateTime: 9 keySize: -1 valueSize: -1 sequence: -1 headerKeys: []";
    assert_eq!(dump(&path, &["--deep-iteration"]).0, format!("{heading}{first}\n{second}\n"));
    let contents = format!("{heading}{first} key: k payload: ä\n{second}\n");
    assert_eq!(dump(&path, &["--print-data-log"]).0, contents);
    let bare = dump(&path, &["--print-data-log", "--skip-record-metadata"]).0;
    assert_eq!(bare, format!("{heading}| key: k payload: ä\n\n"));
}

#[test]
fn markers_say_how_the_transaction_ended() {
    let files = Files::new();
    let marker = EndTransactionMarker { result: TransactionResult::Abort, coordinator_epoch: 4 };
    let batch = end_transaction_batch(ProducerId(1), ProducerEpoch(2), marker, Timestamp(5));
    let path = files.put("00000000000000000000.log", &batch);
    let text = dump(&path, &["--print-data-log"]).0;
    let wanted = "| offset: 0 CreateTime: 5 keySize: 4 valueSize: 6 sequence: -1 headerKeys: [] endTxnMarker: ABORT coordinatorEpoch: 4";
    assert_eq!(records(&text), [wanted]);
}

#[test]
fn offsets_print_as_json() {
    let files = Files::new();
    let key = OffsetCommitKey { group: "g".to_owned(), topic: "t".to_owned(), partition: 2 };
    let value = OffsetCommitValue { offset: 7, metadata: "m\"".to_owned(), commit_timestamp: 8, ..Default::default() };
    let key = with_type(1, &key);
    let batches = [
        one_record(0, Some(&key), Some(&encode_versioned(&value, 3).unwrap())),
        one_record(1, Some(&key), None),
        one_record(2, Some(b"\x7f\xff"), Some(b"")),
        one_record(3, Some(&key), Some(b"\0")),
    ];
    let path = files.put("00000000000000000000.log", &batches.concat());
    let text = dump(&path, &["--offsets-decoder", "--skip-record-metadata"]).0;
    let key = r#"{"type":"1","data":{"group":"g","topic":"t","partition":2}}"#;
    assert_eq!(
        records(&text),
        [
            format!(
                r#"| key: {key} payload: {{"version":"3","data":{{"offset":7,"leaderEpoch":-1,"metadata":"m\"","commitTimestamp":8}}}}"#
            ),
            format!("| key: {key} payload: <DELETE>"),
            "| key: Unknown record type 32767 at offset 2, skipping.".to_owned(),
            "| key: Error at offset 3, skipping. Could not read version from value's buffer.".to_owned(),
        ]
    );
}

#[test]
fn what_members_of_a_group_exchange_is_opened() {
    let files = Files::new();
    let subscription = ConsumerProtocolSubscription { topics: vec!["t".to_owned()], ..Default::default() };
    let mut group = GroupMetadataValue { protocol_type: "consumer".to_owned(), ..Default::default() };
    group.members.push(Default::default());
    group.members[0].subscription = encode_versioned(&subscription, 0).unwrap();
    group.members[0].assignment = Bytes::from_static(b"?");
    let key = with_type(2, &GroupMetadataKey { group: "g".to_owned() });
    let batch = one_record(0, Some(&key), Some(&encode_versioned(&group, 3).unwrap()));
    let path = files.put("00000000000000000000.log", &batch);
    let text = dump(&path, &["--offsets-decoder"]).0;
    let opened = r#""subscription":{"topics":["t"],"userData":null},"assignment":"Pw=="}"#;
    assert!(text.contains(opened), "{text}");
}

#[test]
fn metadata_records_print_as_json() {
    let files = Files::new();
    let record = FeatureLevelRecord { name: "metadata.version".to_owned(), feature_level: 30 };
    let value = metadata_frame::encode(&record.into(), 0).unwrap();
    let batches = [one_record(0, None, Some(&value)), one_record(1, None, Some(b"v"))];
    let path = files.put("00000000000000000000.log", &batches.concat());
    let text = dump(&path, &["--cluster-metadata-decoder", "--skip-record-metadata"]).0;
    assert_eq!(
        records(&text),
        [
            r#"| payload: {"type":"FEATURE_LEVEL_RECORD","version":0,"data":{"name":"metadata.version","featureLevel":30}}"#,
            "| payload: Error at 1, skipping. Could not deserialize metadata record due to unknown frame version 118(only frame version 1 is supported)",
        ]
    );
}

/// Fault G7: cut and corrupt files.
#[test]
fn a_cut_or_corrupt_log_is_printed_as_far_as_it_goes() {
    let files = Files::new();
    let batch = one_record(0, None, Some(b"value"));
    let mut second = batch.to_vec();
    patch::base_offset(&mut second, Offset(5));
    let path = files.put("00000000000000000000.log", &[&batch[..], &second, &batch[..40]].concat());
    let (out, err) = dump(&path, &["--deep-iteration"]);
    assert!(out.ends_with("Found 40 invalid bytes at the end of 00000000000000000000.log\n"), "{out}");
    assert_eq!(err, format!("Non-consecutive offsets in {}\n  0 is followed by 5\n", path.display()));
    let mut flipped = batch.to_vec();
    *flipped.last_mut().unwrap() ^= 1;
    files.put("00000000000000000000.log", &flipped);
    assert!(dump(&path, &[]).0.ends_with("isvalid: false\n"));
    for length in 0..batch.len() {
        files.put("00000000000000000000.log", &batch[..length]);
        dump(&path, &["--print-data-log"]);
    }
}

#[test]
fn indexes_are_compared_with_their_log() {
    let files = Files::new();
    let batch = one_record(100, None, Some(b"value"));
    files.put("00000000000000000100.log", &batch);
    let entry = |offset: i32, position: i32| [offset.to_be_bytes(), position.to_be_bytes()].concat();
    let index = files.put("00000000000000000100.index", &entry(0, 0));
    assert_eq!(dump(&index, &[]), ("offset: 100 position: 0\n".to_owned(), String::new()));
    assert_eq!(dump(&index, &["--verify-index-only"]), (String::new(), String::new()));
    let sane = format!("{} passed sanity check.\n", index.display());
    assert_eq!(dump(&index, &["--index-sanity-check"]), (sane, String::new()));
    files.put("00000000000000000100.index", &entry(3, 0));
    let mismatch = format!("Mismatches in :{}\n  Index offset: 103, log offset: 100\n", index.display());
    assert_eq!(dump(&index, &["--verify-index-only"]), (String::new(), mismatch));
    files.put("00000000000000000100.index", &entry(3, 9000));
    assert!(dump(&index, &[]).1.contains("where the log has no whole batch"));
    let times = files.put("00000000000000000100.timeindex", &[&1001_i64.to_be_bytes()[..], &[0; 4]].concat());
    let mismatch =
        format!("Found timestamp mismatch in :{}\n  Index timestamp: 1001, log timestamp: 1000\n", times.display());
    assert_eq!(dump(&times, &[]), ("timestamp: 1001 offset: 100\n".to_owned(), mismatch));
    files.put("00000000000000000100.index", &[]);
    assert_eq!(dump(&index, &[]).0, format!("{} is empty.\n", index.display()));
}

#[test]
fn aborted_transactions_and_unknown_files_are_named() {
    let files = Files::new();
    let entry = [&[0, 0][..], &5_i64.to_be_bytes(), &1_i64.to_be_bytes(), &3_i64.to_be_bytes(), &1_i64.to_be_bytes()];
    let path = files.put("00000000000000000000.txnindex", &entry.concat());
    let text = "version: 0 producerId: 5 firstOffset: 1 lastOffset: 3 lastStableOffset: 1\n";
    assert_eq!(dump(&path, &[]), (text.to_owned(), String::new()));
    let unknown = files.put("leader-epoch-checkpoint", b"0\n0\n");
    assert_eq!(dump(&unknown, &[]), (String::new(), format!("Ignoring unknown file {}\n", unknown.display())));
}

fn with_type<M: Message>(record_type: i16, key: &M) -> Bytes {
    let mut writer = Writer::new();
    writer.i16(record_type);
    key.encode(&mut writer, 0).unwrap();
    writer.into_bytes().unwrap()
}
