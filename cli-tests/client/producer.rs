//! What a producer writes is what a consumer reads.

use mq::client::{Consumer, ProducerRecord};
use mq::model::{Timestamp, TopicPartition};
use mq::record::Header;

use crate::support::broker::Broker;
use crate::support::client::{consumer, producer, read, send_numbers, topic};

fn assigned(address: &str, topic: &str, partitions: i32) -> Consumer {
    let mut consumer = consumer(address, &[]);
    let all: Vec<TopicPartition> = (0..partitions).map(|index| TopicPartition::new(topic, index)).collect();
    consumer.assign(&all).expect("nothing was subscribed to");
    consumer
}

#[tokio::test]
async fn records_of_every_codec_come_back_as_they_were_sent() {
    let broker = Broker::start();
    for codec in ["none", "gzip", "snappy", "lz4", "zstd"] {
        let topic = format!("t-{codec}");
        let producer = producer(&broker.address, &[("compression.type", codec), ("linger.ms", "20")]);
        let headers = [Header { key: "h".into(), value: Some("1".into()) }, Header { key: "h".into(), value: None }];
        let values: Vec<String> = (0..100).map(|number| format!("{number} {}", "x".repeat(number * 7))).collect();
        let mut deliveries = Vec::new();
        for (number, value) in (0..).zip(&values) {
            let timestamp = Some(Timestamp(1_600_000_000_000 + number));
            let (value, headers) = (Some(value.as_bytes()), &headers[..]);
            let record = ProducerRecord { topic: &topic, key: Some(b"k"), value, timestamp, headers, partition: None };
            deliveries.push(producer.send(record).await.expect("a place"));
        }
        let tombstone = ProducerRecord { topic: &topic, key: Some(b"gone"), ..ProducerRecord::default() };
        deliveries.push(producer.send(tombstone).await.expect("a place"));
        for (offset, delivery) in (0..).zip(deliveries) {
            assert_eq!(delivery.await.expect("it is written").offset.0, offset, "{codec}");
        }
        let mut consumer = assigned(&broker.address, &topic, 1);
        let mut count = 0;
        while count < values.len() + 1 {
            let records = consumer.poll(std::time::Duration::from_secs(1)).await.expect("a poll that goes on");
            for record in records.iter() {
                let Some(value) = values.get(count) else {
                    assert_eq!((record.key(), record.value()), (Some(&b"gone"[..]), None));
                    count += 1;
                    continue;
                };
                assert_eq!((record.key(), record.value()), (Some(&b"k"[..]), Some(value.as_bytes())), "{codec}");
                assert_eq!(record.timestamp(), Timestamp(1_600_000_000_000 + i64::try_from(count).expect("small")));
                assert_eq!(record.to_record().headers, headers);
                count += 1;
            }
        }
    }
}

/// Faults A1 and E1: the broker dies again and again while batches are under way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idempotent_producer_loses_and_doubles_nothing_over_kills() {
    const COUNT: i32 = 6000;
    let mut broker = Broker::start();
    topic(&broker.address, "t", 3).await;
    let more = [("batch.size", "300"), ("linger.ms", "1")];
    let producer = producer(&broker.address, &more);
    let sending = tokio::spawn({
        let producer = producer.clone();
        async move {
            for start in (0..COUNT).step_by(100) {
                send_numbers(&producer, "t", 3, start..start + 100).await;
            }
        }
    });
    for _ in 0..5 {
        tokio::time::sleep(std::time::Duration::from_millis(150)).await;
        tokio::task::block_in_place(|| {
            broker.kill();
            broker.restart();
        });
    }
    sending.await.expect("every record is written");
    let mut consumer = assigned(&broker.address, "t", 3);
    let seen = read(&mut consumer, usize::try_from(COUNT).expect("small")).await;
    assert_eq!(seen.len(), usize::try_from(COUNT).expect("small"), "none twice");
    for index in 0..3 {
        let own = seen.iter().filter(|(partition, ..)| partition.partition == index).map(|(.., value)| value.clone());
        let sent = (0..COUNT).filter(|number| number % 3 == index).map(|number| number.to_string());
        assert!(own.eq(sent), "partition {index} has every record once and in order");
    }
}

#[tokio::test]
async fn every_kind_of_acks_delivers() {
    let broker = Broker::start();
    for acks in ["0", "1", "all"] {
        let topic = format!("acks-{acks}");
        let producer = producer(&broker.address, &[("acks", acks)]);
        let delivered = producer.send_and_wait(ProducerRecord::new(&topic, b"v")).await.expect("it is written");
        // Without an acknowledgement nobody knows the offset.
        assert_eq!(delivered.offset.is_known(), acks != "0");
        assert_eq!(read(&mut assigned(&broker.address, &topic, 1), 1).await[0].2, "v");
    }
}
