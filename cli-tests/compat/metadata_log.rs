//! The metadata log: the real tools read ours, the real Kafka starts on it, and we start on the real Kafka's.

use std::future::pending;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use mq::config::{BrokerSettings, Given};
use mq::controller::{self, Controller, Schema};
use mq::io::clock::SystemClock;
use mq::io::disk::SystemDisk;
use mq::io::rng::SystemRng;
use mq::log::Health;
use mq::metadata::{ConfigResource, Image};
use mq::model::{BrokerEpoch, NodeId, Uuid};
use mq::protocol::messages::broker_registration_request::{Feature, Listener};
use mq::protocol::messages::create_topics_request::{CreatableTopic, CreatableTopicConfig};
use mq::protocol::messages::{BrokerHeartbeatRequest, BrokerRegistrationRequest, CreateTopicsRequest};
use mq::quorum::{LogLimits, Options, Quorum, QuorumError, VoterSource};

use super::peer::{Peer, tool};

const CLUSTER: &str = "MkU3OEVBNTcwNTJENDM2Qk";
const THIS: NodeId = NodeId(1);

fn options(data: &Path, directory_id: Uuid, voters: VoterSource) -> Options {
    Options {
        node_id: THIS,
        log_dir: data.to_owned(),
        directory_id,
        health: Health::of(data),
        voters,
        // A snapshot after every start, so that both kinds of files are there to be read.
        limits: LogLimits { bytes_between_snapshots: 1, ..LogLimits::default() },
        disk: Arc::new(SystemDisk),
        clock: Arc::new(SystemClock::new()),
        rng: Arc::new(SystemRng),
    }
}

fn fixed_voters() -> VoterSource {
    VoterSource::Static(vec![THIS])
}

/// One life of a node of ours: it registers, makes these topics, and stops.
fn live(options: &Options, topics: &[&str]) -> Image {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let (sender, stop) = tokio::sync::oneshot::channel::<()>();
        let (quorum, engine) = Quorum::start(options, async { drop(stop.await) }).expect("it opens");
        let engine = tokio::spawn(engine);
        let (settings, _) = BrokerSettings::start(&Given { data_folder: "data", ..Given::default() }).expect("valid");
        let options = controller::Options {
            node_id: THIS,
            cluster_id: CLUSTER.to_owned(),
            schema: Schema::new(Arc::new(settings)).expect("valid"),
            session_timeout: Duration::from_secs(9),
            clock: Arc::new(SystemClock::new()),
            rng: Arc::new(SystemRng),
        };
        let (controller, task) = Controller::new(options, quorum.clone());
        let task = tokio::spawn(task);
        join(&controller).await;
        for name in topics {
            let answer = controller.create_topics(request(name)).await.expect("answered");
            assert_eq!(answer.topics[0].error_code, 0, "{answer:?}");
        }
        let image = Image::clone(&quorum.publisher().current());
        sender.send(()).expect("the engine lives");
        engine.await.expect("it ends");
        task.abort();
        image
    })
}

async fn join(controller: &Controller) -> BrokerEpoch {
    let feature = |name: &str, min, max| Feature {
        name: name.to_owned(),
        min_supported_version: min,
        max_supported_version: max,
    };
    let registration = BrokerRegistrationRequest {
        broker_id: THIS.0,
        cluster_id: CLUSTER.to_owned(),
        incarnation_id: Uuid([0x44; 16]),
        listeners: vec![Listener {
            name: "PLAINTEXT".to_owned(),
            host: "127.0.0.1".to_owned(),
            port: 9092,
            security_protocol: 0,
        }],
        features: vec![feature("metadata.version", 7, 30), feature("eligible.leader.replicas.version", 0, 1)],
        log_dirs: vec![Uuid([0x45; 16])],
        previous_broker_epoch: -1,
        ..BrokerRegistrationRequest::default()
    };
    let epoch = controller.register_broker(registration).await.expect("registered");
    let heartbeat = BrokerHeartbeatRequest {
        broker_id: THIS.0,
        broker_epoch: epoch.0,
        current_metadata_offset: epoch.0,
        ..BrokerHeartbeatRequest::default()
    };
    assert!(!controller.heartbeat(heartbeat).await.expect("alive").is_fenced);
    epoch
}

fn request(name: &str) -> CreateTopicsRequest {
    let topic = CreatableTopic {
        name: name.to_owned(),
        num_partitions: 2,
        replication_factor: 1,
        configs: vec![CreatableTopicConfig { name: "retention.ms".to_owned(), value: Some("5".to_owned()) }],
        ..CreatableTopic::default()
    };
    CreateTopicsRequest { topics: vec![topic], timeout_ms: 5000, validate_only: false }
}

fn files(data: &Path, suffix: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(data.join("__cluster_metadata-0")).expect("there");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("there").path()).collect();
    paths.retain(|path| path.to_string_lossy().ends_with(suffix));
    paths.sort();
    paths
}

fn directory_id(data: &Path) -> Uuid {
    let text = std::fs::read_to_string(data.join("meta.properties")).expect("there");
    let line = text.lines().find_map(|line| line.strip_prefix("directory.id=")).expect("Kafka writes one");
    line.parse().expect("an id")
}

#[test]
fn kafkas_dump_log_and_metadata_shell_read_our_metadata() {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let options = options(folder.path(), Uuid([0x46; 16]), VoterSource::Log { endpoints: Vec::new() });
    live(&options, &["first"]);
    // The snapshot of the second life is begun at its first write.
    live(&options, &["second"]);
    let log = files(folder.path(), ".log").remove(0);
    let snapshot = files(folder.path(), ".checkpoint").pop().expect("one was written");
    for (file, words) in [
        (&log, vec!["LeaderChange", "KRaftVersion", "KRaftVoters", "BEGIN_TRANSACTION_RECORD", "\"brokerEpoch\":"]),
        (&snapshot, vec!["SnapshotHeader", "KRaftVoters", "\"name\":\"first\"", "SnapshotFooter"]),
    ] {
        let path = file.display().to_string();
        let said = tool("kafka-dump-log", &["--cluster-metadata-decoder", "--files", &path], b"");
        assert_eq!(said.code, 0, "{said:?}");
        let words =
            words.into_iter().chain(["FEATURE_LEVEL_RECORD", "TOPIC_RECORD", "PARTITION_RECORD", "isvalid: true"]);
        for word in words {
            assert!(said.out.contains(word), "{word} in {}", said.out);
        }
        for word in ["isvalid: false", "Could not", "xception", "kip"] {
            assert!(!said.out.contains(word) && !said.err.contains(word), "{word}: {said:?}");
        }
    }
    let path = snapshot.display().to_string();
    let said = tool("kafka-metadata-shell", &["--snapshot", &path, "ls", "/image/topics/byName"], b"");
    // The second topic is in the snapshot or not, as the moment of its writing will have it.
    assert_eq!((said.code, said.out.lines().next()), (0, Some("first")), "{said:?}");
}

#[test]
fn a_real_kafka_and_ours_take_turns_on_one_directory() {
    let peer = Peer::start(&[]);
    let said = tool("kafka-topics", &["--bootstrap-server", &peer.address, "--create", "--topic", "of-kafka"], b"");
    assert_eq!(said.code, 0, "{said:?}");
    peer.stop();
    let data = peer.data();

    let image = live(&options(&data, directory_id(&data), fixed_voters()), &["of-ours"]);
    assert!(image.topic("of-kafka").is_some() && image.topic("of-ours").is_some());
    let level = |name: &str| image.features().level(name);
    // What Kafka finalizes and we have not built is lowered, so that no client relies on it.
    assert_eq!((level("metadata.version"), level("transaction.version"), level("share.version")), (30, 0, 0));
    let key = "min.insync.replicas";
    assert_eq!(image.configs().value(&ConfigResource::all_brokers(), key), Some("1"));

    peer.start_again();
    let said = tool("kafka-topics", &["--bootstrap-server", &peer.address, "--list"], b"");
    assert_eq!(said.out, "of-kafka\nof-ours\n", "{said:?}");
    let said = tool("kafka-topics", &["--bootstrap-server", &peer.address, "--create", "--topic", "again"], b"");
    assert_eq!(said.code, 0, "{said:?}");
    peer.stop();

    let image = live(&options(&data, directory_id(&data), fixed_voters()), &[]);
    let names: Vec<&str> = image.topics().iter().map(|topic| &*topic.name).collect();
    assert_eq!(names, ["again", "of-kafka", "of-ours"]);
}

#[test]
fn a_directory_of_a_larger_quorum_is_refused_and_left_alone() {
    let peer = Peer::start(&[]);
    peer.stop();
    let data = peer.data();
    let state = || std::fs::read(data.join("__cluster_metadata-0/quorum-state")).expect("there");
    let before = state();
    let three = VoterSource::Static(vec![THIS, NodeId(2), NodeId(3)]);
    let refused = Quorum::start(&options(&data, directory_id(&data), three), pending()).map(drop);
    assert!(matches!(refused, Err(QuorumError::OtherVoters { .. })));
    assert_eq!(state(), before);
}
