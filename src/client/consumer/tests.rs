//! The consumer against a scripted broker.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::settings::Settings;
use super::{Consumer, Positions, RebalanceListener};
use crate::client::tests::scripted::{Model, Reply, Scripted, Seeded, TOPIC, partition};
use crate::client::{ClientError, ClusterOptions, NewOffset};
use crate::config::ConsumerConfig;
use crate::model::{ErrorCode, Offset, Timestamp, TopicPartition, Uuid};
use crate::protocol::messages::{
    FetchRequest, FetchResponse, FindCoordinatorRequest, HeartbeatRequest, HeartbeatResponse, JoinGroupRequest,
    JoinGroupResponse, LeaveGroupRequest, OffsetCommitRequest, SyncGroupRequest, SyncGroupResponse,
};
use crate::record::{BatchBuilder, Compression, NewRecord};

const POLL: Duration = Duration::from_millis(100);

fn consumer(broker: &Scripted, change: impl FnOnce(&mut ConsumerConfig)) -> Consumer {
    let mut config = ConsumerConfig {
        bootstrap_servers: broker.bootstrap(),
        group_id: Some("g".to_owned()),
        auto_offset_reset: "earliest".to_owned(),
        ..ConsumerConfig::default()
    };
    change(&mut config);
    let cluster = Scripted::cluster(ClusterOptions::of_consumer(&config).unwrap());
    Consumer::on(cluster, Settings::of(&config).unwrap())
}

fn subscribed(broker: &Scripted, change: impl FnOnce(&mut ConsumerConfig)) -> Consumer {
    let mut consumer = consumer(broker, change);
    consumer.subscribe(&[TOPIC]).unwrap();
    consumer
}

fn assigned(broker: &Scripted, change: impl FnOnce(&mut ConsumerConfig)) -> Consumer {
    let mut consumer = consumer(broker, change);
    consumer.assign(&[partition(0)]).unwrap();
    consumer
}

/// Puts values into a partition's log, each in a batch of its own.
fn fill(model: &mut Model, index: i32, values: std::ops::Range<i32>) {
    for value in values {
        let value = value.to_string();
        let mut builder = BatchBuilder::new(Compression::default());
        builder.append(NewRecord { timestamp: Timestamp(1), key: None, value: Some(value.as_bytes()), headers: &[] });
        model.log(index).append(&builder.build()).unwrap();
    }
}

/// Polls until `count` records came, and returns their values.
async fn read(consumer: &mut Consumer, count: usize) -> Result<Vec<String>, ClientError> {
    let mut values = Vec::new();
    for _ in 0..1000 {
        let records = consumer.poll(POLL).await?;
        values.extend(records.iter().map(|record| String::from_utf8(record.value().unwrap().to_vec()).unwrap()));
        if values.len() >= count {
            return Ok(values);
        }
    }
    panic!("only {values:?}");
}

fn numbers(range: std::ops::Range<i32>) -> Vec<String> {
    range.map(|number| number.to_string()).collect()
}

fn heartbeat(code: ErrorCode) -> HeartbeatResponse {
    HeartbeatResponse { error_code: code.wire(), ..Default::default() }
}

/// Polls for a while and gives back the first failure.
async fn failure(consumer: &mut Consumer, longest: Duration) -> Option<ClientError> {
    let begun = tokio::time::Instant::now();
    while begun.elapsed() < longest {
        if let Err(cause) = consumer.poll(POLL).await {
            return Some(cause);
        }
    }
    None
}

#[tokio::test(start_paused = true)]
async fn a_member_reads_all_and_commits_when_it_closes() {
    let broker = Scripted::start(1, 2).await;
    fill(&mut broker.model(), 0, 0..10);
    fill(&mut broker.model(), 1, 10..20);
    let mut consumer = subscribed(&broker, |_| {});
    let mut values = read(&mut consumer, 20).await.unwrap();
    values.sort_by_key(|value| value.parse::<i32>().unwrap());
    assert_eq!(values, numbers(0..20));
    consumer.close(Duration::from_secs(5)).await.unwrap();
    assert_eq!(broker.model().committed, BTreeMap::from([(0, 10), (1, 10)]));
    let left = broker.seen::<LeaveGroupRequest>();
    assert_eq!(left[0].members[0].member_id, "member-1");
}

#[tokio::test(start_paused = true)]
async fn a_committed_offset_is_where_reading_begins() {
    let broker = Scripted::start(1, 1).await;
    fill(&mut broker.model(), 0, 0..10);
    broker.model().committed.insert(0, 7);
    let mut consumer = subscribed(&broker, |_| {});
    assert_eq!(read(&mut consumer, 3).await.unwrap(), numbers(7..10));
}

/// Fault F13: the position lies outside the log, with each `auto.offset.reset`.
#[tokio::test(start_paused = true)]
async fn an_offset_out_of_range_is_reset_as_the_policy_says() {
    for (policy, expected) in [("earliest", numbers(0..11)), ("latest", numbers(10..11))] {
        let broker = Scripted::start(1, 1).await;
        fill(&mut broker.model(), 0, 0..10);
        let mut consumer = assigned(&broker, |config| config.auto_offset_reset = policy.to_owned());
        consumer.positions().seek(&partition(0), Offset(99)).unwrap();
        if policy == "latest" {
            // The end must be found before it moves.
            assert_eq!(failure(&mut consumer, Duration::from_secs(3)).await.map(|cause| cause.to_string()), None);
        }
        fill(&mut broker.model(), 0, 10..11);
        assert_eq!(read(&mut consumer, expected.len()).await.unwrap(), expected, "{policy}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_reset_policy_an_offset_out_of_range_is_an_error_until_a_seek() {
    let broker = Scripted::start(1, 1).await;
    fill(&mut broker.model(), 0, 0..10);
    let mut consumer = assigned(&broker, |config| config.auto_offset_reset = "none".to_owned());
    consumer.positions().seek(&partition(0), Offset(99)).unwrap();
    let failed = failure(&mut consumer, Duration::from_secs(3)).await.unwrap();
    assert_eq!(failed.class(), "OffsetOutOfRangeException");
    assert!(failed.to_string().contains("{t-0=99}"), "{failed}");
    consumer.positions().seek(&partition(0), Offset(8)).unwrap();
    assert_eq!(read(&mut consumer, 2).await.unwrap(), numbers(8..10));
}

#[tokio::test(start_paused = true)]
async fn without_a_reset_policy_a_partition_without_an_offset_is_an_error() {
    let broker = Scripted::start(1, 1).await;
    let mut consumer = subscribed(&broker, |config| config.auto_offset_reset = "none".to_owned());
    let failed = failure(&mut consumer, Duration::from_secs(3)).await.unwrap();
    assert_eq!(failed.to_string(), "Undefined offset with no reset policy for partitions: [t-0]");
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_moved_is_found() {
    let broker = Scripted::start(2, 1).await;
    fill(&mut broker.model(), 0, 0..5);
    let mut consumer = assigned(&broker, |_| {});
    assert_eq!(read(&mut consumer, 5).await.unwrap(), numbers(0..5));
    broker.model().leaders[0] = (2, 1);
    fill(&mut broker.model(), 0, 5..10);
    assert_eq!(read(&mut consumer, 5).await.unwrap(), numbers(5..10));
}

/// Faults D3 and D6: connections that break, refusals, answers that are late.
#[tokio::test(start_paused = true)]
async fn whatever_breaks_each_record_is_read_once_and_in_order() {
    for seed in 0..50 {
        let rng = Seeded::new(seed);
        let broker = Scripted::start(1, 1).await;
        let mut consumer = assigned(&broker, |config| config.max_poll_records = 7);
        for _ in 0..15 {
            let (choice, pause) = (rng.below(5), Duration::from_millis(rng.below(300)));
            broker.next::<FetchRequest>(move |_, request| match choice {
                0 => Reply::Close,
                1 => Reply::after(tokio::time::sleep(pause), Reply::Close),
                2 => Reply::after(tokio::time::sleep(pause), Reply::Usual),
                3 => Reply::Answer(refused(request, ErrorCode::NOT_LEADER_OR_FOLLOWER)),
                _ => Reply::Usual,
            });
        }
        let mut values = Vec::new();
        for turn in 0..20 {
            fill(&mut broker.model(), 0, turn * 10..turn * 10 + 10);
            if rng.below(8) == 0 {
                broker.cut();
            }
            values.extend(read(&mut consumer, 1).await.unwrap());
        }
        let left = 200 - values.len();
        values.extend(read(&mut consumer, left).await.unwrap());
        assert_eq!(values, numbers(0..200), "seed {seed}");
    }
}

/// The answer in which every partition has this code.
fn refused(request: FetchRequest, code: ErrorCode) -> FetchResponse {
    use crate::protocol::messages::fetch_response::{FetchableTopicResponse, PartitionData};
    let row = |row: crate::protocol::messages::fetch_request::FetchPartition| PartitionData {
        partition_index: row.partition,
        error_code: code.wire(),
        ..Default::default()
    };
    let topic = |topic: crate::protocol::messages::fetch_request::FetchTopic| FetchableTopicResponse {
        topic: topic.topic,
        topic_id: topic.topic_id,
        partitions: topic.partitions.into_iter().map(row).collect(),
    };
    FetchResponse { responses: request.topics.into_iter().map(topic).collect(), ..Default::default() }
}

#[tokio::test(start_paused = true)]
async fn an_error_that_may_pass_is_waited_out_and_a_damaged_log_is_told() {
    for (code, told) in [
        (ErrorCode::UNKNOWN_SERVER_ERROR, None),
        (ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, None),
        (ErrorCode::OFFSET_NOT_AVAILABLE, None),
        (ErrorCode::CORRUPT_MESSAGE, Some(ErrorCode::CORRUPT_MESSAGE)),
        (ErrorCode::TOPIC_AUTHORIZATION_FAILED, Some(ErrorCode::TOPIC_AUTHORIZATION_FAILED)),
    ] {
        let broker = Scripted::start(1, 1).await;
        fill(&mut broker.model(), 0, 0..1);
        let mut consumer = assigned(&broker, |_| {});
        broker.next::<FetchRequest>(move |_, request| Reply::Answer(refused(request, code)));
        let result = read(&mut consumer, 1).await;
        assert_eq!(result.as_ref().err().and_then(ClientError::error_code), told, "{code}: {result:?}");
    }
}

/// Fault E12: the topic is deleted and created again.
#[tokio::test(start_paused = true)]
async fn a_topic_that_was_created_again_is_read_by_its_new_id() {
    let broker = Scripted::start(1, 1).await;
    let mut consumer = assigned(&broker, |_| {});
    consumer.poll(Duration::from_secs(1)).await.unwrap();
    let next = Uuid([8; 16]);
    broker.model().topic_id = next;
    broker.next::<FetchRequest>(|_, request| Reply::Answer(refused(request, ErrorCode::UNKNOWN_TOPIC_ID)));
    fill(&mut broker.model(), 0, 0..1);
    assert_eq!(read(&mut consumer, 1).await.unwrap(), numbers(0..1));
    assert_eq!(broker.seen::<FetchRequest>().pop().unwrap().topics[0].topic_id, next);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_fetcher_waits() {
    let broker = Scripted::start(1, 1).await;
    let mut consumer = assigned(&broker, |_| {});
    broker.next::<FetchRequest>(|_, request| {
        Reply::Answer(FetchResponse { throttle_time_ms: 5000, ..refused(request, ErrorCode::NONE) })
    });
    fill(&mut broker.model(), 0, 0..1);
    let begun = tokio::time::Instant::now();
    read(&mut consumer, 1).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_paused_partition_gives_nothing_until_it_is_resumed() {
    let broker = Scripted::start(1, 2).await;
    let mut consumer = consumer(&broker, |_| {});
    consumer.assign(&[partition(0), partition(1)]).unwrap();
    let positions = consumer.positions();
    positions.pause(&[partition(0)]).unwrap();
    fill(&mut broker.model(), 0, 0..5);
    fill(&mut broker.model(), 1, 5..10);
    assert_eq!(read(&mut consumer, 5).await.unwrap(), numbers(5..10));
    assert_eq!(failure(&mut consumer, Duration::from_secs(2)).await.map(|cause| cause.to_string()), None);
    assert_eq!(consumer.paused(), [partition(0)]);
    positions.resume(&[partition(0)]).unwrap();
    assert_eq!(read(&mut consumer, 5).await.unwrap(), numbers(0..5));
    positions.seek_to_beginning(&[]).unwrap();
    assert_eq!(read(&mut consumer, 10).await.unwrap().len(), 10);
}

fn joined(code: ErrorCode) -> JoinGroupResponse {
    JoinGroupResponse { error_code: code.wire(), ..Default::default() }
}

/// Fault E8: the coordinator loads, moves, or begins another rebalance.
#[tokio::test(start_paused = true)]
async fn a_join_goes_on_through_what_passes() {
    for code in [
        ErrorCode::COORDINATOR_LOAD_IN_PROGRESS,
        ErrorCode::NOT_COORDINATOR,
        ErrorCode::COORDINATOR_NOT_AVAILABLE,
        ErrorCode::REBALANCE_IN_PROGRESS,
        ErrorCode::UNKNOWN_MEMBER_ID,
    ] {
        let broker = Scripted::start(1, 1).await;
        fill(&mut broker.model(), 0, 0..1);
        let mut consumer = subscribed(&broker, |_| {});
        broker.next::<JoinGroupRequest>(move |_, _| Reply::Answer(joined(code)));
        broker.next::<SyncGroupRequest>(move |_, _| {
            Reply::Answer(SyncGroupResponse { error_code: code.wire(), ..Default::default() })
        });
        assert_eq!(read(&mut consumer, 1).await.unwrap(), numbers(0..1), "{code}");
        let moved = matches!(code, ErrorCode::NOT_COORDINATOR | ErrorCode::COORDINATOR_NOT_AVAILABLE);
        assert_eq!(broker.seen::<FindCoordinatorRequest>().len() > 1, moved, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_join_that_is_refused_for_good_is_told_by_poll() {
    for code in
        [ErrorCode::GROUP_MAX_SIZE_REACHED, ErrorCode::INCONSISTENT_GROUP_PROTOCOL, ErrorCode::FENCED_INSTANCE_ID]
    {
        let broker = Scripted::start(1, 1).await;
        let mut consumer = subscribed(&broker, |_| {});
        broker.next::<JoinGroupRequest>(move |_, _| Reply::Answer(joined(code)));
        let failed = failure(&mut consumer, Duration::from_secs(2)).await.unwrap();
        assert_eq!(failed.error_code(), Some(code));
    }
}

/// What a rebalance listener heard.
#[derive(Default, Clone)]
struct Heard(Arc<Mutex<Vec<String>>>);

impl Heard {
    fn note(&self, what: &str, partitions: &[TopicPartition]) {
        self.0.lock().unwrap().push(format!("{what} {}", partitions.len()));
    }
}

impl RebalanceListener for Heard {
    fn revoked(&mut self, partitions: &[TopicPartition], _: &Positions) {
        self.note("revoked", partitions);
    }

    fn assigned(&mut self, partitions: &[TopicPartition], _: &Positions) {
        self.note("assigned", partitions);
    }

    fn lost(&mut self, partitions: &[TopicPartition], _: &Positions) {
        self.note("lost", partitions);
    }
}

#[tokio::test(start_paused = true)]
async fn a_rebalance_commits_first_and_goes_on_from_there() {
    let broker = Scripted::start(1, 1).await;
    fill(&mut broker.model(), 0, 0..5);
    let heard = Heard::default();
    let mut consumer = subscribed(&broker, |config| config.auto_commit_interval_ms = 3_600_000);
    consumer.set_listener(Box::new(heard.clone()));
    assert_eq!(read(&mut consumer, 5).await.unwrap(), numbers(0..5));
    broker.next::<HeartbeatRequest>(|_, _| Reply::Answer(heartbeat(ErrorCode::REBALANCE_IN_PROGRESS)));
    assert_eq!(failure(&mut consumer, Duration::from_secs(5)).await.map(|cause| cause.to_string()), None);
    assert_eq!(broker.model().committed, BTreeMap::from([(0, 5)]));
    fill(&mut broker.model(), 0, 5..6);
    assert_eq!(read(&mut consumer, 1).await.unwrap(), numbers(5..6));
    assert_eq!(*heard.0.lock().unwrap(), ["assigned 1", "revoked 1", "assigned 1"]);
    assert_eq!(broker.seen::<JoinGroupRequest>().last().unwrap().member_id, "member-1", "it keeps its id");
}

/// The commit before a rebalance may take long; a poll takes no longer than it was given.
#[tokio::test(start_paused = true)]
async fn a_poll_does_not_wait_for_the_commit_before_a_rebalance() {
    let broker = Scripted::start(1, 1).await;
    fill(&mut broker.model(), 0, 0..5);
    let mut consumer = subscribed(&broker, |config| config.auto_commit_interval_ms = 3_600_000);
    read(&mut consumer, 5).await.unwrap();
    broker.next::<HeartbeatRequest>(|_, _| Reply::Answer(heartbeat(ErrorCode::REBALANCE_IN_PROGRESS)));
    broker.next::<OffsetCommitRequest>(|_, _| Reply::after(tokio::time::sleep(Duration::from_secs(20)), Reply::Usual));
    fill(&mut broker.model(), 0, 5..6);
    tokio::time::sleep(Duration::from_secs(4)).await;
    for _ in 0..100 {
        let begun = tokio::time::Instant::now();
        let records = consumer.poll(POLL).await.unwrap();
        assert!(records.is_empty(), "they would be left out of the commit");
        assert!(begun.elapsed() <= POLL + Duration::from_millis(10), "{:?}", begun.elapsed());
    }
    assert_eq!(broker.seen::<JoinGroupRequest>().len(), 2, "it has not given up its partitions yet");
    assert_eq!(read(&mut consumer, 1).await.unwrap(), numbers(5..6));
    assert_eq!(broker.model().committed, BTreeMap::from([(0, 5)]));
}

/// Fault E10: a member that the group went on without commits nothing any more.
#[tokio::test(start_paused = true)]
async fn a_member_that_was_dropped_loses_its_partitions_and_its_commits_fail() {
    for code in [ErrorCode::UNKNOWN_MEMBER_ID, ErrorCode::ILLEGAL_GENERATION] {
        let broker = Scripted::start(1, 1).await;
        fill(&mut broker.model(), 0, 0..5);
        let heard = Heard::default();
        let mut consumer = subscribed(&broker, |config| config.enable_auto_commit = false);
        consumer.set_listener(Box::new(heard.clone()));
        read(&mut consumer, 5).await.unwrap();
        broker.next::<HeartbeatRequest>(move |_, _| Reply::Answer(heartbeat(code)));
        broker.until_seen::<HeartbeatRequest>(1).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
        let failed = consumer.commit_sync().await.unwrap_err();
        assert_eq!(failed.class(), "CommitFailedException");
        assert_eq!(broker.seen::<OffsetCommitRequest>().len(), 0, "nothing is committed from outside the membership");
        assert_eq!(read(&mut consumer, 5).await.unwrap(), numbers(0..5), "the next owner reads again");
        assert_eq!(*heard.0.lock().unwrap(), ["assigned 1", "lost 1", "assigned 1"]);
        let fresh = broker.seen::<JoinGroupRequest>()[2].member_id.is_empty();
        assert_eq!(fresh, code == ErrorCode::UNKNOWN_MEMBER_ID);
    }
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_comes_too_late_fails_and_the_member_joins_again() {
    for (code, class) in [
        (ErrorCode::UNKNOWN_MEMBER_ID, "CommitFailedException"),
        (ErrorCode::ILLEGAL_GENERATION, "CommitFailedException"),
        (ErrorCode::REBALANCE_IN_PROGRESS, "RebalanceInProgressException"),
    ] {
        let broker = Scripted::start(1, 1).await;
        fill(&mut broker.model(), 0, 0..1);
        let mut consumer = subscribed(&broker, |config| config.enable_auto_commit = false);
        read(&mut consumer, 1).await.unwrap();
        broker.next::<OffsetCommitRequest>(move |_, request| Reply::Answer(committed(request, code)));
        assert_eq!(consumer.commit_sync().await.unwrap_err().class(), class, "{code}");
        let joins = broker.seen::<JoinGroupRequest>().len();
        assert_eq!(failure(&mut consumer, Duration::from_secs(2)).await.map(|cause| cause.to_string()), None);
        assert!(broker.seen::<JoinGroupRequest>().len() > joins, "{code}");
    }
}

fn committed(request: OffsetCommitRequest, code: ErrorCode) -> crate::protocol::messages::OffsetCommitResponse {
    use crate::protocol::messages::offset_commit_response::{OffsetCommitResponsePartition, OffsetCommitResponseTopic};
    let row = |row: crate::protocol::messages::offset_commit_request::OffsetCommitRequestPartition| {
        OffsetCommitResponsePartition { partition_index: row.partition_index, error_code: code.wire() }
    };
    let topic =
        |topic: crate::protocol::messages::offset_commit_request::OffsetCommitRequestTopic| OffsetCommitResponseTopic {
            name: topic.name,
            topic_id: topic.topic_id,
            partitions: topic.partitions.into_iter().map(row).collect(),
        };
    let topics = request.topics.into_iter().map(topic).collect();
    crate::protocol::messages::OffsetCommitResponse { topics, ..Default::default() }
}

#[tokio::test(start_paused = true)]
async fn a_commit_is_tried_again_while_the_coordinator_loads_or_moves() {
    let broker = Scripted::start(1, 1).await;
    let mut consumer = assigned(&broker, |_| {});
    for code in [ErrorCode::COORDINATOR_LOAD_IN_PROGRESS, ErrorCode::NOT_COORDINATOR, ErrorCode::REQUEST_TIMED_OUT] {
        broker.next::<OffsetCommitRequest>(move |_, request| Reply::Answer(committed(request, code)));
    }
    broker.next::<OffsetCommitRequest>(|_, _| Reply::Close);
    consumer.commit_sync_offsets(&BTreeMap::from([(partition(0), NewOffset::at(Offset(42)))])).await.unwrap();
    assert_eq!(broker.model().committed, BTreeMap::from([(0, 42)]));
}

/// KIP-345: another process took this member's `group.instance.id`.
#[tokio::test(start_paused = true)]
async fn a_fenced_static_member_stops() {
    let broker = Scripted::start(1, 1).await;
    fill(&mut broker.model(), 0, 0..1);
    let mut consumer = subscribed(&broker, |config| config.group_instance_id = Some("i".to_owned()));
    read(&mut consumer, 1).await.unwrap();
    broker.next::<HeartbeatRequest>(|_, _| Reply::Answer(heartbeat(ErrorCode::FENCED_INSTANCE_ID)));
    let failed = failure(&mut consumer, Duration::from_secs(5)).await.unwrap();
    assert_eq!(failed.class(), "FencedInstanceIdException");
}

#[tokio::test(start_paused = true)]
async fn a_static_member_does_not_leave_when_it_closes() {
    let broker = Scripted::start(1, 1).await;
    fill(&mut broker.model(), 0, 0..1);
    let mut consumer = subscribed(&broker, |config| config.group_instance_id = Some("i".to_owned()));
    read(&mut consumer, 1).await.unwrap();
    consumer.close(Duration::from_secs(1)).await.unwrap();
    assert_eq!(broker.seen::<LeaveGroupRequest>().len(), 0);
    assert_eq!(broker.model().committed, BTreeMap::from([(0, 1)]));
}

/// KIP-62: a program that does not poll gives its partitions up.
#[tokio::test(start_paused = true)]
async fn a_program_that_does_not_poll_leaves_the_group() {
    let broker = Scripted::start(1, 1).await;
    fill(&mut broker.model(), 0, 0..1);
    let mut consumer = subscribed(&broker, |config| config.max_poll_interval_ms = 10_000);
    read(&mut consumer, 1).await.unwrap();
    tokio::time::sleep(Duration::from_secs(15)).await;
    assert_eq!(broker.seen::<LeaveGroupRequest>().len(), 1);
    let joins = broker.seen::<JoinGroupRequest>().len();
    assert_eq!(failure(&mut consumer, Duration::from_secs(2)).await.map(|cause| cause.to_string()), None);
    assert!(broker.seen::<JoinGroupRequest>().len() > joins);
}

#[tokio::test(start_paused = true)]
async fn new_partitions_of_a_subscribed_topic_are_read() {
    let broker = Scripted::start(1, 1).await;
    fill(&mut broker.model(), 0, 0..1);
    let mut consumer = subscribed(&broker, |config| config.metadata_max_age_ms = 1000);
    read(&mut consumer, 1).await.unwrap();
    broker.model().add_partition();
    fill(&mut broker.model(), 1, 5..6);
    assert_eq!(read(&mut consumer, 1).await.unwrap(), numbers(5..6));
}

#[tokio::test(start_paused = true)]
async fn a_wakeup_ends_a_poll_once() {
    let broker = Scripted::start(1, 1).await;
    let mut consumer = assigned(&broker, |_| {});
    let wakeup = consumer.wakeup();
    crate::io::spawn::spawn(async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        wakeup.wake();
    });
    let begun = tokio::time::Instant::now();
    assert!(matches!(consumer.poll(Duration::from_secs(60)).await, Err(ClientError::Wakeup)));
    assert!(begun.elapsed() < Duration::from_secs(2));
    consumer.poll(POLL).await.unwrap();
}
