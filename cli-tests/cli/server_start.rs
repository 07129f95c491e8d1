//! `server-start`: files and overrides, what it says of them, how it ends, and what it refuses.

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use tempfile::TempDir;

use crate::support::broker::{Broker, free_port};
use crate::support::run::{Said, mq, said};

fn started(words: &[&str]) -> Said {
    said(&[&["server-start"], words].concat())
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a text")
}

/// Fault G6: the end that an operator asks for is clean and leaves its mark; the data is there again afterwards.
#[test]
fn a_broker_comes_up_is_stopped_and_comes_back_with_its_data() {
    let mut broker = Broker::start();
    broker.produce("first", &[], b"a\nb\n");
    broker.consume("first", &["--group", "readers"]);
    assert_eq!(broker.stop().code(), Some(0), "{}", broker.log());
    assert!(broker.data().join(".kafka_cleanshutdown").exists());
    broker.restart();
    assert_eq!(broker.consume("first", &[]), "a\nb\n");
    // A broker that answers has taken the mark away: only a clean end brings it back.
    assert!(!broker.data().join(".kafka_cleanshutdown").exists());
    assert!(broker.said("consumer-groups", &["--list"]).out.lines().any(|group| group == "readers"));
    assert_eq!(broker.said("console-consumer", &["--topic", "first", "--group", "readers", "--until-end"]).out, "");
    broker.kill();
    broker.restart();
    assert_eq!(broker.consume("first", &[]), "a\nb\n");
}

/// Faults A9 and A10: the metadata log may have a directory of its own, with a lock and an identity; one that is among the
/// partitions is not left behind for a new one that knows nothing of them.
#[test]
fn the_metadata_log_may_have_a_directory_of_its_own() {
    let folder = TempDir::new().expect("a temporary folder");
    let apart = folder.path().join("metadata");
    let setting = format!("metadata.log.dir={}", text(&apart));
    let mut broker = Broker::with(&[&setting]);
    broker.produce("first", &[], b"a\n");
    let other = format!("log.dirs={}", text(&folder.path().join("other")));
    let locked = broker.refused(&["listeners=PLAINTEXT://127.0.0.1:0", &other]);
    assert!(locked.code != 0 && locked.err.contains("metadata is in use by process"), "{locked:?}");
    broker.kill();
    broker.restart();
    assert_eq!(broker.consume("first", &[]), "a\n");
    assert!(apart.join("__cluster_metadata-0").is_dir() && apart.join("meta.properties").is_file());
    assert!(!broker.data().join("__cluster_metadata-0").exists());

    let mut together = Broker::start();
    assert!(together.stop().success());
    let refused = together.refused(&[&format!("metadata.log.dir={}", text(&folder.path().join("new")))]);
    assert!(refused.code != 0 && refused.err.contains("__cluster_metadata-0: move it to"), "{refused:?}");
    let gone = together.data().join("__cluster_metadata-0");
    let kept = folder.path().join("kept");
    together.restart();
    together.produce("first", &[], b"b\n");
    assert!(together.stop().success());
    fs::rename(&gone, &kept).expect("it can be moved");
    let refused = together.refused(&[]);
    assert!(refused.code != 0 && refused.err.contains("would not know of replicas like"), "{refused:?}");
    fs::rename(&kept, &gone).expect("it can be moved back");
    together.restart();
    assert_eq!(together.consume("first", &[]), "b\n");
}

#[test]
fn an_override_wins_over_the_file_and_the_file_over_the_default() {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("server.properties");
    let address = format!("127.0.0.1:{}", free_port());
    let data = folder.path().join("data");
    // Keys of both eras, a comment that is no ASCII, and one that is misspelt.
    let lines = format!(
        "# \u{4e2d}\u{6587}\nbroker.id=7\nlisteners=PLAINTEXT://{address}\nlog.dirs={}\nnum.partitions=2\n\
         default.replication.factor=1\nnum.partitoins=9\nzookeeper.session.timeout.ms=6000\n",
        text(&data)
    );
    fs::write(&path, lines).expect("it can be written");
    let mut command = mq(&["server-start", text(&path), "--override", "num.partitions=3"]);
    let log = fs::File::create(folder.path().join("log")).expect("a file");
    let mut child = command.stdout(log.try_clone().expect("a handle")).stderr(log).spawn().expect("it starts");
    let tool =
        |words: &[&str]| said(&[&["topics", "--bootstrap-server", &address, "--timeout", "20000"], words].concat());
    assert_eq!(tool(&["--create", "--topic", "first"]).code, 0);
    let described = tool(&["--describe", "--topic", "first"]).out;
    crate::support::broker::signal(child.id(), "TERM");
    let status = child.wait().expect("it can be waited for");
    assert!(described.contains("PartitionCount: 3\t") && described.contains("\tLeader: 7\t"), "{described}");
    assert_eq!(status.code(), Some(0));
    let log = fs::read_to_string(folder.path().join("log")).expect("a text");
    let place = text(&path);
    assert!(
        log.contains(&format!(
            "warning: {place}, line 7: no property is called num.partitoins: ignored; did you mean num.partitions?\n"
        )),
        "{log}"
    );
    assert!(log.contains("zookeeper.session.timeout.ms has no effect: there is no ZooKeeper"), "{log}");
}

/// Fault G4: what is wrong is said with its place, and nothing is started or written.
#[test]
fn what_is_wrong_is_said_before_anything_is_written() {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("server.properties");
    let data = folder.path().join("data");
    let log_dirs = format!("log.dirs={}", text(&data));
    let missing = started(&[text(&path)]);
    assert_eq!(
        (missing.code, missing.err.as_str()),
        (1, format!("error: {}: no such file; mq generate config DIR writes samples\n", text(&path)).as_str())
    );
    fs::write(&path, "broker.id=0\nlisteners=PLAINTEXT//nowhere\n").expect("it can be written");
    let listeners = started(&[text(&path), "--override", &log_dirs]);
    assert_eq!(listeners.code, 1);
    assert!(listeners.err.contains("listeners"), "{listeners:?}");
    for (word, code, expected) in [
        (
            "num.partitions=none",
            1,
            "error: Invalid value none for configuration num.partitions: Not a number of type INT",
        ),
        ("num.partitions=0", 1, "error: Invalid value 0 for configuration num.partitions: Value must be at least 1"),
        ("num.partitions", 2, "error: --override num.partitions: expected NAME=VALUE"),
    ] {
        let refused = started(&["--override", &log_dirs, "--override", word]);
        assert_eq!((refused.code, refused.out.as_str()), (code, ""), "{word} {refused:?}");
        assert!(refused.err.contains(expected), "{word} {refused:?}");
    }
    assert!(!data.exists());
}

/// A port that is taken, and a data folder that another process holds.
#[test]
fn what_another_process_holds_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("it is bound").to_string();
    let folder = TempDir::new().expect("a temporary folder");
    let log_dirs = format!("log.dirs={}", text(folder.path()));
    let listeners = format!("listeners=PLAINTEXT://{address}");
    let refused = started(&["--override", &listeners, "--override", &log_dirs]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.err.contains(&address) && refused.err.contains("in use"), "{refused:?}");
    let broker = Broker::start();
    let own_port = format!("listeners=PLAINTEXT://127.0.0.1:{}", free_port());
    let log_dirs = format!("log.dirs={}", text(&broker.data()));
    let again = started(&["--override", &own_port, "--override", &log_dirs]);
    assert_eq!(again.code, 1, "{again:?}");
    assert!((again.err + &again.out).contains(text(&broker.data())));
}
