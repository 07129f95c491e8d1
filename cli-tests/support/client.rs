//! Our own client library, set up for tests.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use mq::client::admin::NewTopic;
use mq::client::{Admin, Consumer, Producer, ProducerRecord};
use mq::config::{AdminConfig, ConsumerConfig, ProducerConfig, Settings};
use mq::model::TopicPartition;

/// Long enough for a debug build on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// What one poll waits.
pub const POLL: Duration = Duration::from_millis(50);

fn settings(address: &str, more: &[(&str, &str)]) -> Settings {
    let mut settings: Settings = BTreeMap::from([("bootstrap.servers".to_owned(), address.to_owned())]);
    settings.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    settings
}

/// A producer with settings of its own.
pub fn producer(address: &str, more: &[(&str, &str)]) -> Producer {
    Producer::new(&ProducerConfig::read(&settings(address, more)).expect("right settings")).expect("a producer")
}

/// A consumer that begins at the first record.
pub fn consumer(address: &str, more: &[(&str, &str)]) -> Consumer {
    let all = [&[("auto.offset.reset", "earliest")], more].concat();
    Consumer::new(&ConsumerConfig::read(&settings(address, &all)).expect("right settings")).expect("a consumer")
}

/// An admin client.
pub fn admin(address: &str) -> Admin {
    Admin::new(&AdminConfig::read(&settings(address, &[])).expect("right settings")).expect("an admin client")
}

/// Makes a topic and waits until its partitions have leaders.
pub async fn topic(address: &str, name: &str, partitions: i32) {
    let admin = admin(address);
    let created = admin.create_topics(&[NewTopic::new(name, partitions, 1)], Default::default()).await;
    created.expect("the broker answers").remove(0).1.expect("a new topic");
    let deadline = admin.cluster().deadline(PATIENCE);
    admin.cluster().topic(name, &deadline).await.expect("the topic is there");
}

/// Sends numbers as values, in turn to each partition, and waits for all results.
pub async fn send_numbers(producer: &Producer, topic: &str, partitions: i32, numbers: std::ops::Range<i32>) {
    let mut deliveries = Vec::new();
    for number in numbers {
        let value = number.to_string();
        let record = ProducerRecord::new(topic, value.as_bytes()).partition(number % partitions);
        deliveries.push(producer.send(record).await.expect("a place"));
    }
    for delivery in deliveries {
        delivery.await.expect("it is written");
    }
}

/// A record as far as tests look at it.
pub type Seen = (TopicPartition, i64, String);

/// Polls until `count` records came.
pub async fn read(consumer: &mut Consumer, count: usize) -> Vec<Seen> {
    let mut seen = Vec::new();
    let start = Instant::now();
    while seen.len() < count {
        assert!(start.elapsed() < PATIENCE, "only {} of {count} records came", seen.len());
        seen.extend(poll(consumer).await);
    }
    seen
}

/// One poll, which must not fail.
pub async fn poll(consumer: &mut Consumer) -> Vec<Seen> {
    let records = consumer.poll(POLL).await.expect("a poll that goes on");
    let text = |value: Option<&[u8]>| String::from_utf8_lossy(value.unwrap_or_default()).into_owned();
    records.iter().map(|record| (record.topic_partition().clone(), record.offset().0, text(record.value()))).collect()
}

/// Tries until `holds` says yes.
pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "it never came true that {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
