//! Start and stop of the process.

use std::fs;
use std::time::{Duration, Instant};

use mq::protocol::frame;
use mq::protocol::messages::{ApiVersionsRequest, FetchRequest};

use super::common::{batch, create_topic, fetch_request, only, produce, produce_request, values};
use super::frames::assert_serves;
use crate::support::broker::{Broker, free_port, signal};
use crate::support::connection::Connection;

/// How long a client that does not read may hold up a stop (`DRAIN_MAX` of the server).
const DRAIN: Duration = Duration::from_secs(5);

/// Fault A8: SIGTERM and SIGINT end the broker in order, also while clients wait, and nothing is lost.
#[test]
fn a_stop_leaves_the_mark_of_a_clean_stop_and_every_record() {
    let mut broker = Broker::start();
    let mut connection = Connection::to(&broker);
    create_topic(&mut connection, "first", 1, &[]);
    produce(&mut connection, "first", batch(&["a"]));
    for name in ["TERM", "INT"] {
        let waiting = std::thread::spawn({
            let mut connection = Connection::to(&broker);
            let request = FetchRequest { max_wait_ms: 60_000, ..fetch_request("first", 1) };
            move || connection.try_call(&request, 12)
        });
        signal(broker.id(), name);
        assert!(broker.stopped().success(), "{}", broker.log());
        waiting.join().expect("the waiting client is let go");
        assert!(broker.data().join(".kafka_cleanshutdown").is_file(), "{name}");
        broker.restart();
        let data = only(Connection::to(&broker).call(&fetch_request("first", 0), 12));
        assert_eq!(values(&data), [(0, "a".to_owned())]);
    }
}

/// Fault A8: SIGTERM under load: what was acknowledged is there after the next start, which finds nothing to mend.
#[test]
fn a_stop_under_load_loses_nothing_that_was_acknowledged() {
    let mut broker = Broker::start();
    create_topic(&mut Connection::to(&broker), "first", 1, &[]);
    let writers: Vec<_> = [-1, 1]
        .map(|acks| {
            let mut connection = Connection::to(&broker);
            std::thread::spawn(move || write_until_closed(&mut connection, acks))
        })
        .into();
    // Both write before the stop.
    let mut reader = Connection::to(&broker);
    while only(reader.call(&fetch_request("first", 0), 12)).high_watermark < 200 {}
    assert!(broker.stop().success(), "{}", broker.log());
    let acknowledged = writers.into_iter().map(|writer| writer.join().expect("no panic")).max().expect("two writers");
    assert!(broker.data().join(".kafka_cleanshutdown").is_file());
    broker.restart();
    let end = only(Connection::to(&broker).call(&fetch_request("first", 0), 12)).high_watermark;
    assert!(end > acknowledged, "offset {acknowledged} was acknowledged, and the log ends at {end}");
    assert!(!broker.log().contains("ERROR") && !broker.log().contains("panicked"), "{}", broker.log());
}

/// The last offset that was acknowledged.
fn write_until_closed(connection: &mut Connection, acks: i16) -> i64 {
    let mut last = -1;
    while let Some(response) = connection.try_call(&produce_request("first", acks, batch(&["x"])), 9) {
        let row = &response.responses[0].partition_responses[0];
        if row.error_code == 0 {
            last = row.base_offset;
        }
    }
    last
}

/// A broker with more records than a socket takes, and a client that has asked for them and does not read.
fn with_a_client_that_does_not_read() -> (Broker, Connection) {
    const RECORDS: i64 = 30;
    let broker = Broker::start();
    let mut connection = Connection::to(&broker);
    create_topic(&mut connection, "first", 1, &[]);
    for _ in 0..RECORDS {
        assert_eq!(produce(&mut connection, "first", batch(&[&"x".repeat(1_000_000)])).error_code, 0);
    }
    let mut request = FetchRequest { max_bytes: i32::MAX, ..fetch_request("first", 0) };
    request.topics[0].partitions[0].partition_max_bytes = i32::MAX;
    connection.send(&frame::encode_request(12, 1, None, &request).expect("a good request"));
    // The answer has begun; its length says that a socket cannot hold it.
    assert!(connection.receive_length() > 20_000_000);
    (broker, connection)
}

/// Fault A8: a client that does not read holds a stop up for a moment only.
#[test]
fn a_stop_does_not_wait_for_a_client_that_does_not_read() {
    let (mut broker, _connection) = with_a_client_that_does_not_read();
    let began = Instant::now();
    assert!(broker.stop().success(), "{}", broker.log());
    assert!(began.elapsed() < DRAIN * 3, "{:?}", began.elapsed());
    assert!(broker.data().join(".kafka_cleanshutdown").is_file());
}

/// Fault A8: whoever asks twice does not wait, and the next start mends what was left open.
#[test]
fn a_second_sigterm_hurries() {
    let (mut broker, _connection) = with_a_client_that_does_not_read();
    let began = Instant::now();
    signal(broker.id(), "TERM");
    broker.logs("asked to stop");
    signal(broker.id(), "TERM");
    assert!(broker.stopped().success(), "{}", broker.log());
    assert!(began.elapsed() < DRAIN, "{:?}", began.elapsed());
    broker.restart();
    let data = only(Connection::to(&broker).call(&fetch_request("first", 0), 12));
    assert_eq!(data.high_watermark, 30);
}

/// Fault A8: a terminal that goes away, or a peer that closes, does not end the broker.
#[test]
fn hangups_and_broken_pipes_do_not_end_the_broker() {
    let broker = Broker::start();
    for name in ["HUP", "PIPE"] {
        signal(broker.id(), name);
        assert_eq!(Connection::to(&broker).call(&ApiVersionsRequest::default(), 0).error_code, 0, "{name}");
    }
}

/// Fault A9: a second broker on the same directory is refused and says whose it is, and the first one goes on.
#[test]
fn a_second_broker_on_the_same_directory_is_refused() {
    let broker = Broker::start();
    let said = broker.refused(&[&format!("listeners=PLAINTEXT://127.0.0.1:{}", free_port())]);
    assert_eq!((said.code, said.out.as_str()), (1, ""));
    let data = broker.data().display().to_string();
    let pid = format!("process {}", broker.id());
    assert!(said.err.contains(&data) && said.err.contains(&pid), "{}", said.err);
    assert_serves(&broker);
}

/// A second broker on the same address says so before it touches a file.
#[test]
fn a_second_broker_on_the_same_address_is_refused() {
    let broker = Broker::start();
    let data = broker.data().with_file_name("other");
    let said = broker.refused(&[&format!("log.dirs={}", data.display())]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains(&broker.address) && !data.exists(), "{}", said.err);
    assert_serves(&broker);
}

/// Fault A10: the directory of another node or cluster is refused with both ids and the path, and nothing in it is changed.
#[test]
fn a_directory_of_another_node_or_cluster_is_refused() {
    let mut broker = Broker::start();
    create_topic(&mut Connection::to(&broker), "first", 1, &[]);
    assert!(broker.stop().success());
    let path = broker.data().join("meta.properties");
    let ours = fs::read_to_string(&path).expect("each directory has it");
    let said = broker.refused(&["node.id=7"]);
    assert_ne!(said.code, 0);
    let names = |said: &str, parts: &[&str]| parts.iter().all(|part| said.contains(part));
    let parts = [&*broker.data().display().to_string(), "node 1", "node 7", "set node.id=1"];
    assert!(names(&said.err, &parts), "{}", said.err);
    assert_eq!(fs::read_to_string(&path).expect("each directory has it"), ours);

    let other = broker.data().with_file_name("other");
    fs::create_dir_all(&other).expect("a folder");
    let cluster = ours.lines().find_map(|line| line.strip_prefix("cluster.id=")).expect("it names its cluster");
    let foreign = "version=1\nnode.id=1\ncluster.id=AAAAAAAAAAAAAAAAAAAAAA\ndirectory.id=BBBBBBBBBBBBBBBBBBBBBB\n";
    fs::write(other.join("meta.properties"), foreign).expect("a file");
    let said = broker.refused(&[&format!("log.dirs={},{}", broker.data().display(), other.display())]);
    assert_ne!(said.code, 0);
    let parts = ["AAAAAAAAAAAAAAAAAAAAAA", cluster, &other.display().to_string()];
    assert!(names(&said.err, &parts), "{}", said.err);
    broker.restart();
    assert_serves(&broker);
}

/// Fault A10: data without a name is nobody's to format.
#[test]
fn data_without_meta_properties_is_refused_and_kept() {
    let mut broker = Broker::start();
    create_topic(&mut Connection::to(&broker), "first", 1, &[]);
    assert!(broker.stop().success());
    let path = broker.data().join("meta.properties");
    let ours = fs::read(&path).expect("each directory has it");
    fs::remove_file(&path).expect("it is there");
    let said = broker.refused(&[]);
    assert_ne!(said.code, 0);
    assert!(
        said.err.contains("meta.properties") && said.err.contains(&broker.data().display().to_string()),
        "{}",
        said.err
    );
    assert!(!path.exists() && broker.data().join("first-0").is_dir());
    fs::write(&path, ours).expect("a file");
    broker.restart();
    assert_serves(&broker);
}
