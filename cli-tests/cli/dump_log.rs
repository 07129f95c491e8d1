//! `dump-log` on the files of a broker that runs. Its texts are held against the real tool's by the interop target.

use std::fs;

use crate::support::broker::Broker;
use crate::support::run::{Said, said};

fn broker() -> (Broker, String) {
    let broker = Broker::start();
    broker.produce("first", &["--reader-property", "parse.key=true"], b"k\ta\nk\tb\n");
    let file = broker.data().join("first-0/00000000000000000000.log").to_str().expect("a text").to_owned();
    (broker, file)
}

fn dumped(words: &[&str]) -> Said {
    said(&[&["dump-log"], words].concat())
}

#[test]
fn a_log_is_shown_batch_by_batch_and_record_by_record() {
    let (_broker, file) = broker();
    let batches = dumped(&["--files", &file]);
    assert_eq!((batches.code, batches.err.as_str()), (0, ""));
    let lines: Vec<&str> = batches.out.lines().collect();
    assert_eq!(lines[..2], [format!("Dumping {file}").as_str(), "Log starting offset: 0"]);
    assert!(
        lines[2].starts_with("baseOffset: 0 lastOffset: 1 count: 2 baseSequence: 0 lastSequence: 1 producerId: 0 ")
    );
    assert!(lines[2].ends_with(" isvalid: true"), "{}", lines[2]);
    let records = dumped(&["--files", &file, "--print-data-log"]);
    let ends: Vec<&str> = records.out.lines().filter_map(|line| line.split(" headerKeys: [] ").nth(1)).collect();
    assert_eq!(ends, ["key: k payload: a", "key: k payload: b"]);
    let plain = dumped(&["--files", &file, "--print-data-log", "--skip-record-metadata"]);
    assert!(plain.out.ends_with("| key: k payload: a\n| key: k payload: b\n"), "{plain:?}");
    let index = dumped(&["--files", &file.replace(".log", ".index")]);
    assert_eq!(
        (index.code, index.out.lines().next()),
        (0, Some(format!("Dumping {}", file.replace(".log", ".index")).as_str()))
    );
}

#[test]
fn the_decoders_read_the_brokers_own_topics() {
    let (mut broker, _) = broker();
    broker.consume("first", &["--group", "readers"]);
    assert!(broker.stop().success());
    let logs = fs::read_dir(broker.data()).expect("the data is there").filter_map(|entry| {
        let path = entry.expect("an entry").path().join("00000000000000000000.log");
        let is_offsets = path.to_str()?.contains("__consumer_offsets-") && fs::metadata(&path).ok()?.len() > 0;
        is_offsets.then(|| path.to_str().expect("a text").to_owned())
    });
    let offsets = dumped(&["--offsets-decoder", "--files", &logs.collect::<Vec<_>>().join(",")]);
    assert_eq!(offsets.code, 0);
    let commit = "{\"type\":\"1\",\"data\":{\"group\":\"readers\",\"topic\":\"first\",\"partition\":0}}";
    assert!(offsets.out.contains(commit), "{offsets:?}");
    let metadata = broker.data().join("__cluster_metadata-0/00000000000000000000.log");
    let metadata = dumped(&["--cluster-metadata-decoder", "--files", metadata.to_str().expect("a text")]);
    assert!(
        metadata.out.contains("{\"type\":\"TOPIC_RECORD\",\"version\":0,\"data\":{\"name\":\"first\""),
        "{metadata:?}"
    );
}

/// Fault G7: a file that is not there, one that is no log, a corrupt one, and wrong flags.
#[test]
fn what_cannot_be_read_is_named_and_a_corrupt_batch_is_marked() {
    let (mut broker, file) = broker();
    broker.kill();
    let data = broker.data();
    let missing = data.join("first-0/00000000000000000009.log");
    let missing = missing.to_str().expect("a text");
    let said = dumped(&["--files", missing]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains(missing), "{said:?}");
    let foreign = dumped(&["--files", data.join("meta.properties").to_str().expect("a text")]);
    assert!(foreign.err.contains("meta.properties"), "{foreign:?}");
    let mut bytes = fs::read(&file).expect("it is there");
    *bytes.last_mut().expect("it holds records") ^= 1;
    fs::write(&file, bytes).expect("it can be written");
    let corrupt = dumped(&["--files", &file]);
    assert!(corrupt.out.contains(" isvalid: false"), "{corrupt:?}");
    let bare = dumped(&["--print-data-log"]);
    assert_eq!(bare.code, 2);
    assert!(bare.err.contains("--files"), "{bare:?}");
    let script = crate::support::run::said(&["kafka-dump-log.sh", "--files", &file, "--max-bytes", "few"]);
    assert_eq!((script.code, script.err.as_str()), (1, "Cannot parse argument 'few' of option max-bytes\n"));
}
