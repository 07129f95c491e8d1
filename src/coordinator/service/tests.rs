//! The shell: loading, order, the moment at which replies leave, and what is said in between.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;

use super::*;
use crate::coordinator::group::GroupRecord;
use crate::io::clock::SystemClock;
use crate::io::rng::SystemRng;
use crate::metadata::Image;
use crate::model::{Offset, ProducerId};
use crate::protocol::messages::offset_commit_request::{OffsetCommitRequestPartition, OffsetCommitRequestTopic};
use crate::protocol::messages::{
    DescribeGroupsRequest, HeartbeatRequest, JoinGroupRequest, LeaveGroupRequest, ListGroupsRequest,
    OffsetCommitRequest, OffsetFetchRequest, SyncGroupRequest,
};

const GROUP: &str = "g";
const EPOCH: LeaderEpoch = LeaderEpoch(1);

/// What the log does with an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gate {
    Shut,
    Open,
    Fails(ErrorCode),
}

type KeyValue = (Bytes, Option<Bytes>);

/// A log in memory behind a gate.
#[derive(Debug)]
struct MemoryLog {
    records: Arc<Mutex<Vec<KeyValue>>>,
    batches: Arc<Mutex<Vec<usize>>>,
    gate: watch::Sender<Gate>,
    reads: watch::Sender<Gate>,
    batch_records_max: usize,
}

impl MemoryLog {
    fn new() -> MemoryLog {
        MemoryLog {
            records: Arc::default(),
            batches: Arc::default(),
            gate: watch::Sender::new(Gate::Open),
            reads: watch::Sender::new(Gate::Open),
            batch_records_max: usize::MAX,
        }
    }
}

async fn pass(mut gate: watch::Receiver<Gate>) -> Result<(), ErrorCode> {
    let state = *gate.wait_for(|gate| *gate != Gate::Shut).await.expect("the log outlives its users");
    match state {
        Gate::Fails(error) => Err(error),
        _ => Ok(()),
    }
}

impl GroupLog for MemoryLog {
    fn partition_count(&self) -> i32 {
        1
    }

    fn append(&self, batch: GroupBatch) -> LogFuture<Offset> {
        assert_eq!((batch.partition, batch.leader_epoch), (0, EPOCH));
        if batch.records.len() > self.batch_records_max {
            return Box::pin(std::future::ready(Err(ErrorCode::MESSAGE_TOO_LARGE)));
        }
        let (gate, records, batches) = (self.gate.subscribe(), self.records.clone(), self.batches.clone());
        Box::pin(async move {
            pass(gate).await?;
            let mut records = lock(&records);
            let first = i64::try_from(records.len()).expect("small");
            lock(&batches).push(batch.records.len());
            records.extend(batch.records);
            Ok(Offset(first))
        })
    }

    fn read(&self, _partition: i32, from: Offset) -> LogFuture<LogChunk> {
        let (gate, records) = (self.reads.subscribe(), self.records.clone());
        Box::pin(async move {
            pass(gate).await?;
            let records = lock(&records);
            let next = usize::try_from(from.0).expect("small");
            // One record at a time, so that loading goes in steps.
            let entries = records.get(next).map(|(key, value)| LogEntry::Record {
                offset: from,
                producer_id: ProducerId::NONE,
                key: key.clone(),
                value: value.clone(),
            });
            let is_last = next + 1 >= records.len();
            Ok(LogChunk { entries: entries.into_iter().collect(), next: from.plus(1), is_last })
        })
    }
}

fn coordinator(log: MemoryLog, config: GroupConfig) -> (Arc<MemoryLog>, GroupCoordinator) {
    let log = Arc::new(log);
    let coordinator = GroupCoordinator::new(config, log.clone(), Arc::new(SystemClock::new()), Arc::new(SystemRng));
    (log, coordinator)
}

fn hasty() -> GroupConfig {
    GroupConfig { group_initial_rebalance_delay: Duration::ZERO, ..GroupConfig::default() }
}

fn caller(api_version: i16) -> Caller {
    Caller::new("client", "127.0.0.1".parse().expect("an address"), api_version)
}

fn joining() -> JoinGroupRequest {
    let protocol = crate::protocol::messages::join_group_request::JoinGroupRequestProtocol {
        name: "range".to_owned(),
        metadata: Bytes::new(),
    };
    JoinGroupRequest {
        group_id: GROUP.to_owned(),
        session_timeout_ms: 10_000,
        rebalance_timeout_ms: 60_000,
        protocol_type: "consumer".to_owned(),
        protocols: vec![protocol],
        ..JoinGroupRequest::default()
    }
}

fn committing(partitions: i32) -> OffsetCommitRequest {
    let partition = |partition_index| OffsetCommitRequestPartition {
        partition_index,
        committed_offset: 7,
        ..OffsetCommitRequestPartition::default()
    };
    OffsetCommitRequest {
        group_id: GROUP.to_owned(),
        topics: vec![OffsetCommitRequestTopic {
            name: "t".to_owned(),
            partitions: (0..partitions).map(partition).collect(),
            ..OffsetCommitRequestTopic::default()
        }],
        ..OffsetCommitRequest::default()
    }
}

/// A commit that goes past the check of topics.
fn commit(coordinator: &GroupCoordinator, partitions: i32) -> impl Future<Output = Vec<i16>> + use<> {
    let request = GroupRequest::OffsetCommit(committing(partitions));
    let answer = coordinator.ask(GROUP, request, caller(9));
    async move {
        match answer.await {
            Reply::OffsetCommit(response) => {
                response.topics[0].partitions.iter().map(|partition| partition.error_code).collect()
            }
            other => panic!("{other:?}"),
        }
    }
}

async fn fetched(coordinator: &GroupCoordinator) -> usize {
    let request = OffsetFetchRequest { group_id: GROUP.to_owned(), topics: None, ..OffsetFetchRequest::default() };
    let response = coordinator.offset_fetch(request, caller(7), &Image::default()).await;
    assert_eq!(response.error_code, 0);
    response.topics.iter().map(|topic| topic.partitions.len()).sum()
}

/// Waits until the shard has taken everything that was sent before.
async fn settled(coordinator: &GroupCoordinator) {
    coordinator.list_groups(ListGroupsRequest::default(), caller(5)).await;
}

#[tokio::test]
async fn a_partition_that_is_not_led_here_is_refused() {
    let (_, coordinator) = coordinator(MemoryLog::new(), GroupConfig::default());
    let code = ErrorCode::NOT_COORDINATOR.wire();
    assert_eq!(coordinator.join_group(joining(), caller(9)).await.error_code, code);
    assert_eq!(commit(&coordinator, 2).await, [code, code]);
    let request = DescribeGroupsRequest { groups: vec![GROUP.to_owned()], ..DescribeGroupsRequest::default() };
    assert_eq!(coordinator.describe_groups(request, caller(6)).await.groups[0].error_code, code);
    assert!(coordinator.list_groups(ListGroupsRequest::default(), caller(5)).await.groups.is_empty());
}

#[tokio::test]
async fn while_a_partition_is_loaded_clients_are_asked_to_wait() {
    let (log, coordinator) = coordinator(MemoryLog::new(), GroupConfig::default());
    log.reads.send_replace(Gate::Shut);
    coordinator.on_elected(0, EPOCH);
    let code = ErrorCode::COORDINATOR_LOAD_IN_PROGRESS.wire();
    assert_eq!(coordinator.join_group(joining(), caller(9)).await.error_code, code);
    assert_eq!(coordinator.list_groups(ListGroupsRequest::default(), caller(5)).await.error_code, code);
    let heartbeat = HeartbeatRequest { group_id: GROUP.to_owned(), ..HeartbeatRequest::default() };
    assert_eq!(coordinator.heartbeat(heartbeat, caller(4)).await.error_code, 0, "a heartbeat has nothing to fear");
    log.reads.send_replace(Gate::Open);
    // A request that comes with the end of loading may still be told to wait.
    while commit(&coordinator, 1).await != [0] {}
}

#[tokio::test]
async fn a_partition_that_cannot_be_loaded_is_not_served() {
    let (log, coordinator) = coordinator(MemoryLog::new(), GroupConfig::default());
    log.reads.send_replace(Gate::Fails(ErrorCode::KAFKA_STORAGE_ERROR));
    coordinator.on_elected(0, EPOCH);
    let code = ErrorCode::NOT_COORDINATOR.wire();
    while coordinator.join_group(joining(), caller(9)).await.error_code != code {}
    coordinator.close().await;
}

async fn serving(log: MemoryLog, config: GroupConfig) -> (Arc<MemoryLog>, GroupCoordinator) {
    let (log, coordinator) = coordinator(log, config);
    coordinator.on_elected(0, EPOCH);
    while coordinator.list_groups(ListGroupsRequest::default(), caller(5)).await.error_code != 0 {}
    (log, coordinator)
}

#[tokio::test]
async fn a_commit_is_answered_when_it_is_committed_and_survives_the_loss_of_the_leader() {
    let (log, coordinator) = serving(MemoryLog::new(), GroupConfig::default()).await;
    log.gate.send_replace(Gate::Shut);
    let mut answer = Box::pin(commit(&coordinator, 2));
    settled(&coordinator).await;
    assert!(tokio::time::timeout(Duration::from_millis(20), &mut answer).await.is_err());
    assert_eq!(fetched(&coordinator).await, 0);
    log.gate.send_replace(Gate::Open);
    assert_eq!(answer.await, [0, 0]);
    assert_eq!(fetched(&coordinator).await, 2);
    assert_eq!(coordinator.counters().offset_commits(), 2);

    coordinator.on_resigned(0, Some(LeaderEpoch(2)));
    assert_eq!(commit(&coordinator, 1).await, [ErrorCode::NOT_COORDINATOR.wire()]);
    let again =
        GroupCoordinator::new(GroupConfig::default(), log.clone(), Arc::new(SystemClock::new()), Arc::new(SystemRng));
    again.on_elected(0, EPOCH);
    while again.list_groups(ListGroupsRequest::default(), caller(5)).await.error_code != 0 {}
    assert_eq!(fetched(&again).await, 2);
}

#[tokio::test]
async fn what_is_decided_while_the_log_is_busy_goes_in_one_batch_and_in_order() {
    let (log, coordinator) = serving(MemoryLog::new(), GroupConfig::default()).await;
    log.gate.send_replace(Gate::Shut);
    let answers: Vec<_> = (1..=5).map(|partitions| commit(&coordinator, partitions)).collect();
    settled(&coordinator).await;
    log.gate.send_replace(Gate::Open);
    for answer in answers {
        assert!(answer.await.iter().all(|code| *code == 0));
    }
    assert_eq!(lock(&log.batches)[1..], [2 + 3 + 4 + 5]);
    let records = lock(&log.records);
    let partition = |(key, value): &(Bytes, Option<Bytes>)| match GroupRecord::from_bytes(key.clone(), value.clone()) {
        Ok(Some(GroupRecord::Offset { partition, .. })) => partition,
        other => panic!("{other:?}"),
    };
    assert_eq!(records.iter().map(partition).collect::<Vec<_>>(), [0, 0, 1, 0, 1, 2, 0, 1, 2, 3, 0, 1, 2, 3, 4]);
}

#[tokio::test]
async fn decisions_that_are_too_large_together_go_alone() {
    let log = MemoryLog { batch_records_max: 3, ..MemoryLog::new() };
    let (log, coordinator) = serving(log, GroupConfig::default()).await;
    log.gate.send_replace(Gate::Shut);
    let answers: Vec<_> = [1, 3, 2, 4].map(|partitions| commit(&coordinator, partitions)).into();
    settled(&coordinator).await;
    log.gate.send_replace(Gate::Open);
    let mut codes = Vec::new();
    for answer in answers {
        codes.push(answer.await[0]);
    }
    assert_eq!(codes, [0, 0, 0, ErrorCode::UNKNOWN_SERVER_ERROR.wire()]);
    assert_eq!(*lock(&log.batches), [1, 3, 2]);
}

#[tokio::test]
async fn a_failed_append_is_told_in_the_clients_terms() {
    let (log, coordinator) = serving(MemoryLog::new(), GroupConfig::default()).await;
    for (error, expected) in [
        (ErrorCode::NOT_ENOUGH_REPLICAS, ErrorCode::COORDINATOR_NOT_AVAILABLE),
        (ErrorCode::NOT_LEADER_OR_FOLLOWER, ErrorCode::NOT_COORDINATOR),
        (ErrorCode::KAFKA_STORAGE_ERROR, ErrorCode::NOT_COORDINATOR),
        (ErrorCode::MESSAGE_TOO_LARGE, ErrorCode::UNKNOWN_SERVER_ERROR),
    ] {
        log.gate.send_replace(Gate::Fails(error));
        assert_eq!(commit(&coordinator, 1).await, [expected.wire()]);
    }
    assert_eq!(fetched(&coordinator).await, 0);
}

#[tokio::test]
async fn a_log_that_does_not_commit_in_time_is_not_waited_for() {
    let config = GroupConfig { offsets_commit_timeout: Duration::from_millis(30), ..GroupConfig::default() };
    let (log, coordinator) = serving(MemoryLog::new(), config).await;
    log.gate.send_replace(Gate::Shut);
    assert_eq!(commit(&coordinator, 1).await, [ErrorCode::COORDINATOR_NOT_AVAILABLE.wire()]);
    log.gate.send_replace(Gate::Open);
    while fetched(&coordinator).await == 0 {}
}

#[tokio::test]
async fn who_waits_when_the_partition_moves_is_sent_away() {
    let (log, coordinator) = serving(MemoryLog::new(), GroupConfig::default()).await;
    log.gate.send_replace(Gate::Shut);
    let waiting = coordinator.join_group(joining(), caller(3));
    let committing = commit(&coordinator, 1);
    settled(&coordinator).await;
    coordinator.on_resigned(0, Some(LeaderEpoch(2)));
    let code = ErrorCode::NOT_COORDINATOR.wire();
    assert_eq!(waiting.await.error_code, code);
    assert_eq!(committing.await, [code]);
    coordinator.on_elected(0, EPOCH);
    coordinator.close().await;
}

#[tokio::test]
async fn news_of_an_older_epoch_is_ignored() {
    let (_, coordinator) = serving(MemoryLog::new(), GroupConfig::default()).await;
    coordinator.on_resigned(0, Some(EPOCH));
    coordinator.on_elected(0, LeaderEpoch(0));
    assert_eq!(commit(&coordinator, 1).await, [0]);
    coordinator.on_resigned(0, None);
    assert_eq!(commit(&coordinator, 1).await, [ErrorCode::NOT_COORDINATOR.wire()]);
}

#[tokio::test]
async fn a_group_lives_from_join_to_leave_and_is_shaped_by_version() {
    let (_, coordinator) = serving(MemoryLog::new(), hasty()).await;
    let refused = coordinator.join_group(JoinGroupRequest { session_timeout_ms: 5_999, ..joining() }, caller(6)).await;
    assert_eq!(refused.error_code, ErrorCode::INVALID_SESSION_TIMEOUT.wire());
    assert_eq!(refused.protocol_name.as_deref(), Some(""), "before v7 the name cannot be null");
    let nameless = coordinator.join_group(JoinGroupRequest { group_id: String::new(), ..joining() }, caller(7)).await;
    assert_eq!((nameless.error_code, nameless.protocol_name), (ErrorCode::INVALID_GROUP_ID.wire(), None));

    let joined = coordinator.join_group(JoinGroupRequest { rebalance_timeout_ms: -1, ..joining() }, caller(0)).await;
    assert_eq!((joined.error_code, joined.generation_id), (0, 1));
    let sync = SyncGroupRequest {
        group_id: GROUP.to_owned(),
        member_id: joined.member_id.clone(),
        generation_id: 1,
        ..SyncGroupRequest::default()
    };
    let unnamed = coordinator.sync_group(sync.clone(), caller(5)).await;
    assert_eq!(unnamed.error_code, ErrorCode::INCONSISTENT_GROUP_PROTOCOL.wire());
    assert_eq!(coordinator.sync_group(sync, caller(4)).await.error_code, 0);

    let leaving = |member_id: &str| LeaveGroupRequest {
        group_id: GROUP.to_owned(),
        member_id: member_id.to_owned(),
        ..LeaveGroupRequest::default()
    };
    let unknown = coordinator.leave_group(leaving("made-up"), caller(2)).await;
    assert_eq!((unknown.error_code, unknown.members.len()), (ErrorCode::UNKNOWN_MEMBER_ID.wire(), 0));
    assert_eq!(coordinator.leave_group(leaving(&joined.member_id), caller(2)).await.error_code, 0);
}

#[tokio::test]
async fn offsets_of_topics_that_do_not_exist_are_refused_one_by_one() {
    let (_, coordinator) = serving(MemoryLog::new(), GroupConfig::default()).await;
    for (version, expected) in [(9, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION), (10, ErrorCode::UNKNOWN_TOPIC_ID)] {
        let response = coordinator.offset_commit(committing(2), caller(version), &Image::default()).await;
        let codes: HashMap<i32, i16> = response.topics[0]
            .partitions
            .iter()
            .map(|partition| (partition.partition_index, partition.error_code))
            .collect();
        assert_eq!(codes, HashMap::from([(0, expected.wire()), (1, expected.wire())]));
    }
}
