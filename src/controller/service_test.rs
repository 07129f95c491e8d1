//! The mailbox over a real quorum of one.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::fixture::{log_dir, schema};
use super::{Controller, Options};
use crate::io::clock::SystemClock;
use crate::io::disk::SystemDisk;
use crate::io::rng::SystemRng;
use crate::io::spawn::spawn;
use crate::log::Health;
use crate::model::{BrokerEpoch, ErrorCode, NodeId, Uuid};
use crate::protocol::messages::broker_registration_request::Feature;
use crate::protocol::messages::create_topics_request::CreatableTopic;
use crate::protocol::messages::{BrokerHeartbeatRequest, BrokerRegistrationRequest, CreateTopicsRequest};
use crate::quorum::{LogLimits, Quorum, VoterSource};

struct Running {
    quorum: Quorum,
    controller: Controller,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.tasks.iter().for_each(tokio::task::JoinHandle::abort);
    }
}

fn start(folder: &Path, session_timeout: Duration) -> Running {
    let quorum_options = crate::quorum::Options {
        node_id: NodeId(1),
        log_dir: folder.to_owned(),
        directory_id: Uuid([7; 16]),
        health: Health::of(folder),
        voters: VoterSource::Log { endpoints: Vec::new() },
        limits: LogLimits::default(),
        disk: Arc::new(SystemDisk),
        clock: Arc::new(SystemClock::new()),
        rng: Arc::new(SystemRng),
    };
    let (quorum, engine) = Quorum::start(&quorum_options, std::future::pending()).expect("it opens");
    let options = Options {
        node_id: NodeId(1),
        cluster_id: "cluster".to_owned(),
        schema: schema(&[]),
        session_timeout,
        clock: Arc::new(SystemClock::new()),
        rng: Arc::new(SystemRng),
    };
    let (controller, task) = Controller::new(options, quorum.clone());
    Running { quorum, controller, tasks: vec![spawn(engine), spawn(task)] }
}

fn registration(incarnation: u8) -> BrokerRegistrationRequest {
    let feature = |name: &str, min, max| Feature {
        name: name.to_owned(),
        min_supported_version: min,
        max_supported_version: max,
    };
    BrokerRegistrationRequest {
        broker_id: 1,
        cluster_id: "cluster".to_owned(),
        incarnation_id: Uuid([incarnation; 16]),
        features: vec![feature("metadata.version", 7, 30), feature("eligible.leader.replicas.version", 0, 1)],
        log_dirs: vec![log_dir(1)],
        previous_broker_epoch: -1,
        ..BrokerRegistrationRequest::default()
    }
}

async fn join(running: &Running, incarnation: u8) -> BrokerEpoch {
    let epoch = running.controller.register_broker(registration(incarnation)).await.expect("registered");
    let heartbeat = BrokerHeartbeatRequest {
        broker_id: 1,
        broker_epoch: epoch.0,
        current_metadata_offset: epoch.0,
        ..BrokerHeartbeatRequest::default()
    };
    let answer = running.controller.heartbeat(heartbeat).await.expect("alive");
    assert!(!answer.is_fenced);
    epoch
}

fn topic(name: String, timeout_ms: i32) -> CreateTopicsRequest {
    let topic = CreatableTopic { name, num_partitions: 1, replication_factor: 1, ..CreatableTopic::default() };
    CreateTopicsRequest { topics: vec![topic], timeout_ms, validate_only: false }
}

#[tokio::test]
async fn what_was_answered_is_published_and_there_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let first_epoch = {
        let running = start(folder.path(), Duration::from_secs(9));
        let epoch = join(&running, 1).await;
        let answer = running.controller.create_topics(topic("first".to_owned(), 5000)).await.expect("answered");
        assert_eq!(answer.topics[0].error_code, 0);
        let image = running.quorum.publisher().current();
        assert!(image.topic("first").is_some(), "the image comes before the answer");
        assert_eq!(image.broker(NodeId(1)).map(|broker| broker.epoch), Some(epoch));
        epoch
    };
    let running = start(folder.path(), Duration::from_secs(9));
    // The broker comes up again at once, as after kill -9: it need not wait for its own session to end.
    let second_epoch = join(&running, 2).await;
    assert!(second_epoch > first_epoch);
    let image = running.quorum.publisher().current();
    let state = &image.topic("first").expect("it is still there").partitions[0];
    assert_eq!((state.leader, state.leader_epoch.0), (NodeId(1), 2));
}

#[tokio::test]
async fn requests_at_once_are_decided_one_after_the_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let running = start(folder.path(), Duration::from_secs(9));
    join(&running, 1).await;
    let mut asked = tokio::task::JoinSet::new();
    for number in 0..40 {
        let controller = running.controller.clone();
        // Each name is asked for twice.
        asked.spawn(async move { controller.create_topics(topic(format!("t{}", number / 2), 5000)).await });
    }
    let mut codes = Vec::new();
    while let Some(answer) = asked.join_next().await {
        codes.push(answer.expect("it ends").expect("answered").topics[0].error_code);
    }
    let exists = ErrorCode::TOPIC_ALREADY_EXISTS.wire();
    assert_eq!(codes.iter().filter(|code| **code == 0).count(), 20);
    assert_eq!(codes.iter().filter(|code| **code == exists).count(), 20);
    assert_eq!(running.quorum.publisher().current().topics().len(), 20);
}

#[tokio::test]
async fn a_request_without_time_times_out_and_may_yet_be_done() {
    let folder = tempfile::tempdir().expect("a folder");
    let running = start(folder.path(), Duration::from_secs(9));
    join(&running, 1).await;
    let answer = running.controller.create_topics(topic("late".to_owned(), 0)).await;
    assert_eq!(answer.map_err(|failure| failure.code), Err(ErrorCode::REQUEST_TIMED_OUT));
}

#[tokio::test]
async fn a_broker_without_heartbeats_is_fenced() {
    let folder = tempfile::tempdir().expect("a folder");
    let running = start(folder.path(), Duration::from_millis(80));
    join(&running, 1).await;
    let mut images = running.quorum.publisher().subscribe();
    let fenced = images.wait_for(|image| image.broker(NodeId(1)).is_some_and(|broker| broker.fenced));
    tokio::time::timeout(Duration::from_secs(10), fenced).await.expect("in time").expect("published");
}

#[tokio::test]
async fn a_new_cluster_begins_with_what_kafka_writes() {
    let folder = tempfile::tempdir().expect("a folder");
    let running = start(folder.path(), Duration::from_secs(9));
    join(&running, 1).await;
    let image = running.quorum.publisher().current();
    assert_eq!(image.features().metadata_version(), Some(30));
    let all = crate::metadata::ConfigResource::all_brokers();
    assert_eq!(image.configs().value(&all, "min.insync.replicas"), Some("1"));
}
