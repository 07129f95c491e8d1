//! The engine and its files together, on a real disk.

#![allow(clippy::disallowed_methods, reason = "tests look at real files and run the engine as a task")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::io::clock::SystemClock;
use crate::io::disk::SystemDisk;
use crate::io::rng::SystemRng;
use crate::log::Health;
use crate::metadata::{Image, MetadataRecord};
use crate::model::{LeaderEpoch, NodeId, Offset, Uuid};
use crate::protocol::messages::{FeatureLevelRecord, TopicRecord};

const THIS: NodeId = NodeId(1);
const DISK: Uuid = Uuid([7; 16]);

fn options(log_dir: &Path) -> Options {
    Options {
        node_id: THIS,
        log_dir: log_dir.to_owned(),
        directory_id: DISK,
        health: Health::of(log_dir),
        voters: VoterSource::Log { endpoints: Vec::new() },
        limits: LogLimits::default(),
        disk: Arc::new(SystemDisk),
        clock: Arc::new(SystemClock::new()),
        rng: Arc::new(SystemRng),
    }
}

fn topic(number: u8) -> MetadataRecord {
    TopicRecord { name: format!("topic-{number}"), topic_id: Uuid([number; 16]) }.into()
}

/// Proposes each list as one batch, and gives what is published then. The engine is dropped in the middle of its life, as by
/// a crash, or stopped.
async fn commit(options: &Options, batches: Vec<Vec<MetadataRecord>>, end: End) -> (Quorum, Image) {
    let (sender, stop) = tokio::sync::oneshot::channel::<()>();
    let (quorum, engine) = Quorum::start(options, async { drop(stop.await) }).expect("it opens");
    let engine = tokio::spawn(engine);
    let leadership = *quorum.leadership().borrow();
    let mut next = leadership.first_offset;
    for records in batches {
        let count = i64::try_from(records.len()).expect("few");
        let proposal = Proposal { epoch: leadership.epoch, base_offset: next, records };
        quorum.propose(proposal).await.expect("this node leads");
        next = next.plus(count);
    }
    quorum.committed().wait_for(|committed| *committed >= next).await.expect("the engine lives");
    let image = Image::clone(&quorum.publisher().current());
    match end {
        End::Stop => {
            sender.send(()).expect("the engine lives");
            engine.await.expect("it ends");
        }
        End::Crash => engine.abort(),
    }
    (quorum, image)
}

enum End {
    Stop,
    Crash,
}

fn log_file(folder: &Path) -> std::path::PathBuf {
    folder.join("__cluster_metadata-0/00000000000000000000.log")
}

#[tokio::test]
async fn what_is_committed_is_there_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_, first) = commit(&options(folder.path()), vec![vec![topic(1), topic(2)], vec![topic(3)]], End::Stop).await;
    assert_eq!(first.topics().len(), 3);
    let (_, second) = commit(&options(folder.path()), vec![vec![topic(4)]], End::Crash).await;
    assert_eq!(second.topics().len(), 4);
    let (_, third) = commit(&options(folder.path()), vec![], End::Stop).await;
    assert_eq!(third.topics(), second.topics());
}

#[tokio::test]
async fn each_start_leads_in_a_new_epoch_that_begins_with_a_leader_change() {
    let folder = tempfile::tempdir().expect("a folder");
    for epoch in 1..4 {
        let (quorum, _) = commit(&options(folder.path()), vec![], End::Crash).await;
        let leadership = *quorum.leadership().borrow();
        assert_eq!((leadership.leader, leadership.epoch), (THIS, LeaderEpoch(epoch)));
        // The first start also writes kraft.version and the voters.
        assert_eq!(leadership.first_offset, Offset(i64::from(epoch) + 2));
    }
    let text = std::fs::read_to_string(folder.path().join("__cluster_metadata-0/quorum-state")).expect("written");
    let expected =
        r#"{"leaderId":1,"leaderEpoch":3,"votedId":-1,"votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA","data_version":1}"#;
    assert_eq!(text, expected);
}

#[tokio::test]
async fn the_voters_are_in_the_log_and_another_disk_is_not_one_of_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let (quorum, _) = commit(&options(folder.path()), vec![], End::Stop).await;
    let description = quorum.describe();
    assert_eq!((description.kraft_version, description.voters[0].voter.directory_id), (1, DISK));
    let other = Options { directory_id: Uuid([8; 16]), ..options(folder.path()) };
    let refused = Quorum::start(&other, std::future::pending()).map(drop).expect_err("it is another disk");
    assert!(matches!(refused, QuorumError::OtherVoters { .. }), "{refused}");
}

#[tokio::test]
async fn static_voters_write_the_older_quorum_state() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = Options { voters: VoterSource::Static(vec![THIS]), ..options(folder.path()) };
    let (quorum, _) = commit(&options, vec![], End::Stop).await;
    assert_eq!((quorum.describe().kraft_version, quorum.leadership().borrow().first_offset), (0, Offset(1)));
    let text = std::fs::read_to_string(folder.path().join("__cluster_metadata-0/quorum-state")).expect("written");
    assert!(text.ends_with(r#""currentVoters":[{"voterId":1}],"data_version":0}"#), "{text}");
    let three = Options { voters: VoterSource::Static(vec![THIS, NodeId(2), NodeId(3)]), ..options };
    assert!(matches!(Quorum::start(&three, std::future::pending()).map(drop), Err(QuorumError::OtherVoters { .. })));
}

/// Fault B1, on the metadata log: the last batch cut at every byte.
#[tokio::test]
async fn a_batch_that_a_crash_cut_off_is_dropped_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    commit(&options(folder.path()), vec![vec![topic(1)]], End::Stop).await;
    let before = std::fs::metadata(log_file(folder.path())).expect("there").len();
    commit(&options(folder.path()), vec![vec![topic(2), topic(3)]], End::Stop).await;
    let whole = std::fs::read(log_file(folder.path())).expect("there");
    let leader_change = usize::try_from(before).expect("small") + 91;
    for length in leader_change..whole.len() {
        std::fs::write(log_file(folder.path()), &whole[..length]).expect("cut");
        let (_, image) = commit(&options(folder.path()), vec![], End::Crash).await;
        assert_eq!(image.topics().len(), 1, "{length} bytes");
    }
}

/// Fault B2, on the metadata log: damage in the middle is found and nothing is cut away.
#[tokio::test]
async fn a_flipped_bit_before_the_last_write_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let batches = (1..6).map(|number| vec![topic(number)]);
    for batch in batches {
        commit(&options(folder.path()), vec![batch], End::Stop).await;
    }
    let whole = std::fs::read(log_file(folder.path())).expect("there");
    for position in (0..whole.len() / 2).step_by(7) {
        let mut damaged = whole.clone();
        // Offsets and epochs lie outside of the checksum; replay finds them by other means.
        damaged[position] ^= 0x10;
        std::fs::write(log_file(folder.path()), &damaged).expect("written");
        let started = Quorum::start(&options(folder.path()), std::future::pending());
        let found = std::fs::read(log_file(folder.path())).expect("there");
        if started.is_ok() {
            assert!(found.starts_with(&damaged), "nothing is cut away at {position}");
        } else {
            assert_eq!(found, damaged, "a refusal changes nothing at {position}");
        }
    }
}

#[tokio::test]
async fn a_snapshot_takes_the_place_of_the_log_before_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let limits = LogLimits { bytes_between_snapshots: 1, segment_bytes: 1 << 20, ..LogLimits::default() };
    let options = Options { limits, ..options(folder.path()) };
    for number in 1..5 {
        commit(&options, vec![vec![topic(number)]], End::Stop).await;
    }
    let directory = folder.path().join("__cluster_metadata-0");
    let mut names: Vec<String> = std::fs::read_dir(&directory)
        .expect("there")
        .map(|entry| entry.expect("there").file_name().into_string().expect("text"))
        .filter(|name| name.ends_with(".checkpoint"))
        .collect();
    names.sort();
    assert!(names.len() >= 4, "{names:?}");
    // Without the log the newest snapshot alone brings everything back.
    std::fs::remove_file(log_file(folder.path())).expect("removed");
    let (quorum, image) = commit(&options, vec![vec![topic(9)]], End::Stop).await;
    assert_eq!(image.topics().len(), 5);
    assert_eq!(quorum.describe().voters[0].voter.directory_id, DISK);
}

#[tokio::test]
async fn old_snapshots_and_segments_go_by_size() {
    let folder = tempfile::tempdir().expect("a folder");
    let limits = LogLimits { bytes_between_snapshots: 1, retention_bytes: 1, ..LogLimits::default() };
    let options = Options { limits, ..options(folder.path()) };
    for number in 1..5 {
        commit(&options, vec![vec![topic(number)]], End::Stop).await;
    }
    let directory = folder.path().join("__cluster_metadata-0");
    let snapshots = std::fs::read_dir(&directory)
        .expect("there")
        .filter(|entry| entry.as_ref().expect("there").file_name().to_string_lossy().ends_with(".checkpoint"));
    assert_eq!(snapshots.count(), 1);
    let (_, image) = commit(&options, vec![], End::Stop).await;
    assert_eq!(image.topics().len(), 4);
}

/// Fault A12: a cluster of a newer release.
#[tokio::test]
async fn a_newer_metadata_version_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let newer = FeatureLevelRecord { name: "metadata.version".to_owned(), feature_level: 99 };
    commit(&options(folder.path()), vec![vec![newer.into()]], End::Stop).await;
    let refused = Quorum::start(&options(folder.path()), std::future::pending()).map(drop).expect_err("it is newer");
    assert!(refused.to_string().contains("metadata.version at level 99"), "{refused}");
}

#[tokio::test]
async fn a_proposal_of_another_epoch_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let (quorum, engine) = Quorum::start(&options(folder.path()), std::future::pending()).expect("it opens");
    let engine = tokio::spawn(engine);
    let proposal = Proposal { epoch: LeaderEpoch(99), base_offset: Offset(3), records: vec![topic(1)] };
    assert_eq!(quorum.propose(proposal).await, Err(ProposeError::NotLeader(LeaderEpoch(99))));
    engine.abort();
}

#[tokio::test]
async fn an_idle_quorum_writes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let limits = LogLimits { snapshot_interval: Duration::from_millis(1), ..LogLimits::default() };
    let options = Options { limits, ..options(folder.path()) };
    commit(&options, vec![vec![topic(1)]], End::Stop).await;
    let files = || {
        let entries = std::fs::read_dir(folder.path().join("__cluster_metadata-0")).expect("there");
        let mut names: Vec<_> = entries.map(|entry| entry.expect("there").file_name()).collect();
        names.sort();
        names
    };
    let before = std::fs::metadata(log_file(folder.path())).expect("there").len();
    let (quorum, engine) = Quorum::start(&options, std::future::pending()).expect("it opens");
    let engine = tokio::spawn(engine);
    let after_start = std::fs::metadata(log_file(folder.path())).expect("there").len();
    assert!(after_start > before);
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    assert_eq!(std::fs::metadata(log_file(folder.path())).expect("there").len(), after_start);
    drop((quorum, files()));
    engine.abort();
}
