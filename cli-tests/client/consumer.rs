//! Positions, commits and restarts, as a program sees them; the interop target runs some on a real Kafka too.

use std::collections::BTreeMap;
use std::sync::mpsc;

use mq::client::{Consumer, NewOffset, ProducerRecord};
use mq::model::{Offset, Timestamp, TopicPartition};

use crate::support::broker::Broker;
use crate::support::client::{PATIENCE, POLL, admin, consumer, poll, producer, read, send_numbers, topic};

fn t(index: i32) -> TopicPartition {
    TopicPartition::new("t", index)
}

fn subscribed(broker: &Broker, more: &[(&str, &str)]) -> Consumer {
    let mut consumer = consumer(&broker.address, &[&[("group.id", "g")], more].concat());
    consumer.subscribe(&["t"]).expect("a group is named");
    consumer
}

/// A broker with the numbers `0..count` in the one partition of `t`.
async fn filled(count: i32) -> Broker {
    let broker = Broker::start();
    topic(&broker.address, "t", 1).await;
    send_numbers(&producer(&broker.address, &[]), "t", 1, 0..count).await;
    broker
}

#[tokio::test]
async fn commits_by_hand_are_where_the_next_member_begins() {
    let broker = filled(30).await;
    let by_hand = [("enable.auto.commit", "false"), ("max.poll.records", "10")];
    let mut first = subscribed(&broker, &by_hand);
    read(&mut first, 10).await;
    first.commit_sync().await.expect("it is committed");
    read(&mut first, 10).await;
    let (told, hears) = mpsc::channel();
    let offsets = BTreeMap::from([(t(0), NewOffset { metadata: "note".to_owned(), ..NewOffset::at(Offset(15)) })]);
    let callback = Box::new(move |_: &_, result: Result<(), _>| told.send(result.is_ok()).expect("it is heard"));
    first.commit_async_offsets(offsets, Some(callback)).expect("a group is named");
    let close = first.close(PATIENCE).await;
    close.expect("a close waits for commits under way");
    assert_eq!(hears.try_recv(), Ok(true));
    let mut second = subscribed(&broker, &by_hand);
    let seen = read(&mut second, 10).await;
    assert_eq!((seen[0].1, seen[0].2.as_str()), (15, "15"));
    let committed = second.committed(&[t(0)]).await.expect("the coordinator answers");
    assert_eq!((committed[&t(0)].offset.0, committed[&t(0)].metadata.as_str()), (15, "note"));
    second.close(PATIENCE).await.expect("no commit is due");
}

#[tokio::test]
async fn a_close_commits_what_was_polled_and_no_more() {
    let broker = filled(30).await;
    let mut first = subscribed(&broker, &[("max.poll.records", "7")]);
    let count = read(&mut first, 7).await.len();
    first.close(PATIENCE).await.expect("the last commit is made");
    let mut second = subscribed(&broker, &[]);
    let seen = read(&mut second, 30 - count).await;
    assert_eq!(seen[0].1, i64::try_from(count).expect("small"));
    second.close(PATIENCE).await.expect("the last commit is made");
}

#[tokio::test]
async fn positions_ends_and_times_are_found() {
    positions(&Broker::start().address).await;
}

pub async fn positions(address: &str) {
    topic(address, "t", 2).await;
    let producer = producer(address, &[]);
    for number in 0..10 {
        let value = number.to_string();
        let timestamp = Some(Timestamp(1_600_000_000_000 + 1000 * number));
        let record = ProducerRecord { timestamp, ..ProducerRecord::new("t", value.as_bytes()).partition(0) };
        producer.send_and_wait(record).await.expect("it is written");
    }
    let mut consumer = consumer(address, &[]);
    consumer.assign(&[t(0), t(1)]).expect("nothing was subscribed to");
    assert_eq!(consumer.position(&t(0)).await.expect("earliest"), Offset(0));
    let begin = consumer.beginning_offsets(&[t(0), t(1)]).await.expect("the leader answers");
    assert_eq!(begin, BTreeMap::from([(t(0), Offset(0)), (t(1), Offset(0))]));
    let end = consumer.end_offsets(&[t(0), t(1)]).await.expect("the leader answers");
    assert_eq!(end, BTreeMap::from([(t(0), Offset(10)), (t(1), Offset(0))]));
    let times = |time| BTreeMap::from([(t(0), Timestamp(time)), (t(1), Timestamp(time))]);
    let found = consumer.offsets_for_times(&times(1_600_000_004_500)).await.expect("the leader answers");
    assert_eq!(found.len(), 1, "a partition without such a record is left out");
    assert_eq!((found[&t(0)].offset, found[&t(0)].timestamp), (Offset(5), Timestamp(1_600_000_005_000)));
    assert!(consumer.offsets_for_times(&times(1_700_000_000_000)).await.expect("the leader answers").is_empty());
    assert_eq!(consumer.partitions_for("t").await.expect("it is there").len(), 2);

    let positions = consumer.positions();
    positions.seek(&t(0), Offset(8)).expect("it is assigned");
    assert_eq!(read(&mut consumer, 2).await[0].2, "8");
    positions.seek_to_beginning(&[t(0)]).expect("it is assigned");
    assert_eq!(read(&mut consumer, 10).await[0].2, "0");
    positions.seek_to_end(&[t(0)]).expect("it is assigned");
    assert_eq!(consumer.position(&t(0)).await.expect("latest"), Offset(10));
    positions.pause(&[t(0)]).expect("it is assigned");
    send_numbers(&producer, "t", 1, 10..11).await;
    for _ in 0..4 {
        assert!(poll(&mut consumer).await.is_empty(), "it is paused");
    }
    positions.resume(&[t(0)]).expect("it is assigned");
    assert_eq!(read(&mut consumer, 1).await[0].2, "10");
    assert_eq!(consumer.lag(&t(0)), Some(0));
}

/// Fault A1: the broker goes and comes back under a consumer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_goes_on_over_a_restart_of_the_broker() {
    let mut broker = filled(10).await;
    let mut alone = consumer(&broker.address, &[]);
    alone.assign(&[t(0)]).expect("nothing was subscribed to");
    let mut member = subscribed(&broker, &[("auto.commit.interval.ms", "100")]);
    assert_eq!((read(&mut alone, 10).await.len(), read(&mut member, 10).await.len()), (10, 10));
    member.commit_sync().await.expect("it is committed");
    for round in 1..=3 {
        tokio::task::block_in_place(|| {
            if round == 2 {
                broker.stop();
            } else {
                broker.kill();
            }
            broker.restart();
        });
        send_numbers(&producer(&broker.address, &[]), "t", 1, round * 10..round * 10 + 10).await;
        for consumer in [&mut alone, &mut member] {
            let seen = read(consumer, 10).await;
            let expected = (round * 10..round * 10 + 10).map(|number| number.to_string());
            assert!(seen.iter().map(|(.., value)| value.clone()).eq(expected), "round {round}: {seen:?}");
        }
        member.commit_sync().await.expect("it is committed");
    }
    member.close(PATIENCE).await.expect("the last commit is made");
}

#[tokio::test]
async fn a_pattern_finds_topics_that_come_later() {
    let broker = Broker::start();
    topic(&broker.address, "t", 1).await;
    let mut consumer = consumer(&broker.address, &[("group.id", "g"), ("metadata.max.age.ms", "200")]);
    consumer.subscribe_pattern("t.*").expect("a group is named");
    let producer = producer(&broker.address, &[]);
    send_numbers(&producer, "t", 1, 0..5).await;
    assert_eq!(read(&mut consumer, 5).await.len(), 5);
    for name in ["t-later", "other"] {
        topic(&broker.address, name, 1).await;
        send_numbers(&producer, name, 1, 0..5).await;
    }
    let seen = read(&mut consumer, 5).await;
    assert!(seen.iter().all(|(partition, ..)| &*partition.topic == "t-later"), "{seen:?}");
    consumer.close(PATIENCE).await.expect("the last commit is made");
}

/// Fault E12: the topic is deleted and created again under a consumer.
#[tokio::test]
async fn a_topic_that_is_created_again_is_read_from_its_new_beginning() {
    let broker = filled(10).await;
    let mut consumer = consumer(&broker.address, &[]);
    consumer.assign(&[t(0)]).expect("nothing was subscribed to");
    assert_eq!(read(&mut consumer, 10).await.len(), 10);
    let admin = admin(&broker.address);
    admin.delete_topics(&["t".to_owned()]).await.expect("the broker answers").remove(0).1.expect("it was there");
    topic(&broker.address, "t", 1).await;
    send_numbers(&producer(&broker.address, &[]), "t", 1, 100..103).await;
    let begun = std::time::Instant::now();
    let mut values = Vec::new();
    while values.len() < 3 {
        assert!(begun.elapsed() < PATIENCE, "{values:?}");
        let records = consumer.poll(POLL).await.expect("a poll that goes on");
        values.extend(records.iter().map(|record| String::from_utf8_lossy(record.value().unwrap_or(b"")).into_owned()));
    }
    assert_eq!(values, ["100", "101", "102"]);
}

/// Fault G3: the lines that people search for.
#[test]
fn a_broker_that_cannot_be_reached_is_told_in_kafkas_words() {
    let nobody = format!("localhost:{}", crate::support::broker::free_port());
    let port = nobody.rsplit(':').next().expect("it was just joined");
    let flags = ["console-consumer", "--bootstrap-server", &nobody, "--topic", "t", "--timeout-ms", "500"];
    let said = crate::support::run::said(&flags);
    let line = format!(
        "Connection to node -1 (localhost/127.0.0.1:{port}) could not be established. Node may not be available"
    );
    assert!(said.err.contains(&line), "{}", said.err);
}
