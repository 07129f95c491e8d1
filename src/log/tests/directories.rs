use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::memory_disk::{Fault, MemoryDisk, Survives};
use super::support::*;
use crate::io::rng::SystemRng;
use crate::log::{Create, Dirs, DirsError, LogConfig, LogError, OpenDirs};
use crate::model::{BrokerEpoch, NodeId, Offset, Timestamp, TopicPartition, Uuid};

const CLUSTER: &str = "MkU3OEVBNTcwNTJENDM2Qk";

fn open_as(disk: &MemoryDisk, node: i32, directories: &[&str]) -> Result<Dirs, DirsError> {
    Dirs::open(OpenDirs {
        disk: disk.shared(),
        rng: Arc::new(SystemRng),
        directories: directories.iter().map(PathBuf::from).collect(),
        node_id: NodeId(node),
        recovery_threads_per_dir: 2,
    })
}

fn open(disk: &MemoryDisk, directories: &[&str]) -> Dirs {
    let mut dirs = open_as(disk, 1, directories).expect("opens");
    dirs.claim(CLUSTER).expect("claimed");
    dirs
}

fn load(dirs: &Dirs) -> crate::log::Loaded {
    dirs.load(&|_| LogConfig::default(), NOW)
}

fn create(dirs: &Dirs, topic: &str, partition: i32) -> Arc<crate::log::Log> {
    let create = Create {
        topic_partition: TopicPartition::new(topic, partition),
        topic_id: Some(Uuid([3; 16])),
        config: LogConfig::default(),
        directory_id: None,
    };
    dirs.create(create, NOW).expect("created")
}

fn text(disk: &MemoryDisk, path: &str) -> String {
    String::from_utf8(disk.content(Path::new(path)).expect("there")).expect("text")
}

#[test]
fn logs_and_their_offsets_survive_a_clean_stop() {
    let disk = MemoryDisk::default();
    let dirs = open(&disk, &["/a", "/b"]);
    assert_eq!(load(&dirs).count, 0);
    for partition in 0..6 {
        let log = create(&dirs, "t", partition);
        for _ in 0..=partition {
            append(&log, &values(&["x"]));
        }
    }
    let per_dir = |path: &str| dirs.logs().iter().filter(|log| log.directory().starts_with(path)).count();
    assert_eq!((per_dir("/a"), per_dir("/b")), (3, 3), "new partitions go where there are fewest");
    dirs.checkpoint_high_watermarks(&|at| Some(Offset(i64::from(at.partition)))).expect("written");
    dirs.close(BrokerEpoch(9), NOW).expect("closed");
    assert_eq!(text(&disk, "/a/.kafka_cleanshutdown"), r#"{"version":0,"brokerEpoch":9}"#);
    assert!(text(&disk, "/a/recovery-point-offset-checkpoint").starts_with("0\n3\nt "));
    assert_eq!(text(&disk, "/a/log-start-offset-checkpoint"), "0\n0\n");

    let dirs = open(&disk, &["/a", "/b"]);
    assert_eq!(dirs.cluster_id(), Some(CLUSTER));
    let loaded = load(&dirs);
    assert_eq!((loaded.count, loaded.was_clean, loaded.broker_epoch), (6, true, Some(BrokerEpoch(9))));
    assert!(disk.content(Path::new("/a/.kafka_cleanshutdown")).is_none(), "a crash from here on is unclean");
    for partition in 0..6 {
        let log = dirs.log(&TopicPartition::new("t", partition)).expect("loaded");
        assert_eq!(log.log_end_offset(), Offset(i64::from(partition) + 1));
        assert_eq!(log.topic_id(), Some(Uuid([3; 16])));
    }
    assert_eq!(dirs.high_watermarks().expect("read").len(), 6);
}

#[test]
fn a_start_without_the_mark_recovers_and_says_so() {
    let disk = MemoryDisk::default();
    let dirs = open(&disk, &["/a"]);
    load(&dirs);
    append(&create(&dirs, "t", 0), &values(&["x"]));
    let left = disk.after_crash(Survives::Written);
    let dirs = open(&left, &["/a"]);
    let loaded = load(&dirs);
    assert_eq!((loaded.count, loaded.was_clean, loaded.broker_epoch), (1, false, None));
    assert_eq!(dirs.logs()[0].log_end_offset(), Offset(1));
}

/// Fault A9.
#[test]
fn a_directory_in_use_is_refused_and_its_user_goes_on() {
    let disk = MemoryDisk::default();
    let first = open(&disk, &["/a"]);
    load(&first);
    let refused = open_as(&disk, 1, &["/a"]).expect_err("in use");
    assert!(matches!(&refused, DirsError::Locked { path, .. } if path == Path::new("/a")));
    append(&create(&first, "t", 0), &values(&["x"]));
    first.close(BrokerEpoch(1), NOW).expect("closed");
    open_as(&disk, 1, &["/a"]).expect("free again");
    let twice = open_as(&MemoryDisk::default(), 1, &["/a", "/a"]).expect_err("listed twice");
    assert!(matches!(twice, DirsError::ListedTwice { .. }));
}

/// Fault A10.
#[test]
fn the_data_of_another_node_or_cluster_is_refused_with_both_names() {
    let disk = MemoryDisk::default();
    drop(open(&disk, &["/a"]));
    let refused = open_as(&disk, 2, &["/a"]).expect_err("another node's").to_string();
    assert!(refused.contains("node 1") && refused.contains("node 2") && refused.contains("/a"), "{refused}");

    let mut dirs = open_as(&disk, 1, &["/a"]).expect("opens");
    let refused = dirs.claim("another-cluster").expect_err("another cluster's").to_string();
    assert!(refused.contains(CLUSTER) && refused.contains("another-cluster") && refused.contains("/a"), "{refused}");
    drop(dirs);

    disk.put(Path::new("/b/meta.properties"), b"version=1\nnode.id=1\ncluster.id=other\n");
    let refused = open_as(&disk, 1, &["/a", "/b"]).expect_err("two clusters");
    assert!(matches!(refused, DirsError::OtherCluster { .. }));
}

/// Fault A10: data without a name is nobody's to format.
#[test]
fn partitions_without_meta_properties_are_refused_and_stay_as_they_are() {
    let disk = MemoryDisk::default();
    let dirs = open(&disk, &["/a"]);
    load(&dirs);
    append(&create(&dirs, "t", 0), &values(&["x"]));
    dirs.close(BrokerEpoch(1), NOW).expect("closed");
    {
        use crate::io::disk::Disk as _;
        disk.remove_file(Path::new("/a/meta.properties")).expect("removed");
    }
    let before = disk.paths();
    let refused = open_as(&disk, 1, &["/a"]).expect_err("nobody's").to_string();
    assert!(refused.contains("/a") && refused.contains("t-0") && refused.contains("meta.properties"), "{refused}");
    assert_eq!(disk.paths(), before);
    assert!(open_as(&disk, 1, &["/empty"]).expect("an empty directory is free").cluster_id().is_none());
}

#[test]
fn two_directories_with_one_id_are_refused() {
    let disk = MemoryDisk::default();
    let dirs = open(&disk, &["/a"]);
    let id = dirs.log_dirs()[0].id().expect("claimed");
    drop(dirs);
    let copied = format!("version=1\nnode.id=1\ncluster.id={CLUSTER}\ndirectory.id={id}\n");
    disk.put(Path::new("/b/meta.properties"), copied.as_bytes());
    assert!(matches!(open_as(&disk, 1, &["/a", "/b"]), Err(DirsError::SameId { .. })));
}

#[test]
fn a_deleted_partition_is_gone_at_once_and_its_files_after_the_delay() {
    let disk = MemoryDisk::default();
    let dirs = open(&disk, &["/a"]);
    load(&dirs);
    let log = create(&dirs, "t", 0);
    append(&log, &values(&["x"]));
    assert!(dirs.delete(log.topic_partition(), NOW).expect("deleted"));
    assert!(!dirs.delete(log.topic_partition(), NOW).expect("there is none"));
    assert!(matches!(try_append(&log, &values(&["y"])), Err(LogError::Closed { .. })));
    assert_eq!(all(&log).len(), 1, "a reader that has it goes on reading");
    let again = create(&dirs, "t", 0);
    assert_eq!(again.log_end_offset(), Offset(0), "a new topic of the name begins empty");
    let has_deleted = || disk.paths().iter().any(|path| path.to_string_lossy().contains("-delete/"));
    assert_eq!(dirs.remove_deleted(Timestamp(NOW.0 + 59_999)).expect("checked"), 0);
    assert!(has_deleted());
    let left = disk.after_crash(Survives::Written);
    let restarted = open(&left, &["/a"]);
    assert_eq!(load(&restarted).count, 1, "a deleted partition does not return");
    assert_eq!(restarted.remove_deleted(NOW).expect("removed"), 1);
    assert_eq!(dirs.remove_deleted(Timestamp(NOW.0 + 60_000)).expect("removed"), 1);
    assert!(!has_deleted());
}

/// Fault B5.
#[test]
fn what_is_no_partition_is_left_alone() {
    let disk = MemoryDisk::default();
    drop(open(&disk, &["/a"]));
    for path in ["/a/t-0", "/a/lost+found/x", "/a/__cluster_metadata-0/00000000000000000000.log", "/a/t-1.77-future/x"]
    {
        disk.put(Path::new(path), b"mine");
        use crate::io::disk::Disk as _;
        let parent = Path::new(path).parent().expect("one");
        if parent != Path::new("/a") {
            disk.create_dir_all(parent).expect("made");
        }
    }
    let dirs = open(&disk, &["/a"]);
    let loaded = load(&dirs);
    assert_eq!((loaded.count, loaded.refused.len(), loaded.ignored.len()), (0, 0, 1));
    assert_eq!(text(&disk, "/a/t-0"), "mine");
    assert_eq!(text(&disk, "/a/__cluster_metadata-0/00000000000000000000.log"), "mine");
}

/// Fault B9.
#[test]
fn one_failed_directory_of_two_does_not_stop_the_other() {
    let disk = MemoryDisk::default();
    let dirs = open(&disk, &["/a", "/b"]);
    load(&dirs);
    let (one, other) = (create(&dirs, "t", 0), create(&dirs, "t", 1));
    disk.plan(Fault::FailAt { step: 0, bytes: 0 });
    assert!(matches!(try_append(&one, &values(&["x"])), Err(LogError::Offline { .. })));
    disk.heal();
    append(&other, &values(&["x"]));
    assert_eq!(dirs.log_dirs().iter().filter(|dir| dir.is_online()).count(), 1);
    let third = create(&dirs, "t", 2);
    assert_eq!(third.health().directory(), other.health().directory(), "new partitions go where it works");
    dirs.checkpoint_recovery_points().expect("of the directory that works");
}

#[test]
fn a_partition_that_cannot_be_opened_is_named_and_the_others_load() {
    let disk = MemoryDisk::default();
    let dirs = open(&disk, &["/a"]);
    load(&dirs);
    for partition in 0..3 {
        append(&create(&dirs, "t", partition), &values(&["x"]));
    }
    dirs.close(BrokerEpoch(1), NOW).expect("closed");
    disk.put(Path::new("/a/t-1/partition.metadata"), b"version: 9\n");
    let dirs = open(&disk, &["/a"]);
    let loaded = load(&dirs);
    assert_eq!((loaded.count, loaded.refused.len()), (2, 1));
    assert_eq!(loaded.refused[0].0, Path::new("/a/t-1"));
    dirs.close(BrokerEpoch(1), NOW).expect("closed");
    assert!(disk.content(Path::new("/a/.kafka_cleanshutdown")).is_none(), "not every log was closed");
}

#[test]
fn a_topic_id_that_does_not_match_is_refused() {
    let disk = MemoryDisk::default();
    let dirs = open(&disk, &["/a"]);
    load(&dirs);
    create(&dirs, "t", 0);
    let other = Create {
        topic_partition: TopicPartition::new("t", 0),
        topic_id: Some(Uuid([4; 16])),
        config: LogConfig::default(),
        directory_id: None,
    };
    assert!(matches!(dirs.create(other, NOW), Err(LogError::TopicIdMismatch { .. })));
}
