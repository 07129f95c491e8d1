//! The producer against a scripted broker.

use std::time::Duration;

use super::settings::Settings;
use super::{Delivery, Producer, ProducerRecord, RecordResult};
use crate::client::tests::scripted::{Reply, Scripted, Seeded, TOPIC};
use crate::client::{ClientError, ClusterOptions};
use crate::config::ProducerConfig;
use crate::model::{ErrorCode, Uuid};
use crate::protocol::messages::{InitProducerIdRequest, MetadataRequest, ProduceRequest};
use crate::record::BatchView;

fn producer(broker: &Scripted, change: impl FnOnce(&mut ProducerConfig)) -> Producer {
    let mut config =
        ProducerConfig { bootstrap_servers: broker.bootstrap(), linger_ms: 0, ..ProducerConfig::default() };
    change(&mut config);
    let cluster = Scripted::cluster(ClusterOptions::of_producer(&config).unwrap());
    Producer::on(cluster, Settings::of(&config).unwrap())
}

async fn send(producer: &Producer, value: &str) -> Delivery {
    producer.send(ProducerRecord::new(TOPIC, value.as_bytes()).partition(0)).await.unwrap()
}

async fn sent(producer: &Producer, value: &str) -> RecordResult {
    send(producer, value).await.await
}

/// Epoch and first sequence number of every batch that came.
fn stamps(broker: &Scripted) -> Vec<(i16, i32)> {
    let requests = broker.seen::<ProduceRequest>();
    let batches = requests.iter().flat_map(|request| &request.topic_data).flat_map(|topic| &topic.partition_data);
    let stamp = |records: &crate::protocol::Records| {
        let view = BatchView::parse(records.as_bytes().unwrap()).unwrap();
        (view.header().producer_epoch.0, view.header().base_sequence)
    };
    batches.map(|data| stamp(data.records.as_ref().unwrap())).collect()
}

#[tokio::test(start_paused = true)]
async fn records_get_the_offsets_of_their_places() {
    let broker = Scripted::start(1, 1).await;
    let producer = producer(&broker, |config| config.linger_ms = 10);
    let deliveries = [send(&producer, "a").await, send(&producer, "b").await];
    for (offset, delivery) in (0..).zip(deliveries) {
        assert_eq!(delivery.await.unwrap().offset.0, offset);
    }
    assert_eq!(broker.seen::<ProduceRequest>().len(), 1, "one batch, one request");
    assert_eq!(broker.model().log(0).values(), ["a", "b"]);
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_moved_is_found() {
    let broker = Scripted::start(2, 1).await;
    let producer = producer(&broker, |_| {});
    sent(&producer, "a").await.unwrap();
    broker.model().leaders[0] = (2, 1);
    assert_eq!(sent(&producer, "b").await.unwrap().offset.0, 1);
    assert_eq!(broker.model().log(0).values(), ["a", "b"]);
}

/// Fault E1: the answer is lost, and the batch comes again.
#[tokio::test(start_paused = true)]
async fn a_batch_whose_answer_was_lost_is_not_written_twice() {
    let broker = Scripted::start(1, 1).await;
    let producer = producer(&broker, |_| {});
    broker.next::<ProduceRequest>(|model, request| {
        model.produce(1, request);
        Reply::Close
    });
    assert_eq!(sent(&producer, "a").await.unwrap().offset.0, 0);
    assert_eq!(broker.model().log(0).values(), ["a"]);
    assert_eq!(stamps(&broker), [(0, 0), (0, 0)]);
}

/// Faults D3 and E1: connections that break before and after the append, refusals, several requests under way.
#[tokio::test(start_paused = true)]
async fn whatever_breaks_each_record_is_written_once_and_in_order() {
    for seed in 0..100 {
        let rng = Seeded::new(seed);
        let broker = Scripted::start(1, 1).await;
        let producer = producer(&broker, |config| config.batch_size = 100);
        for _ in 0..30 {
            let (choice, pause) = (rng.below(6), Duration::from_millis(rng.below(30)));
            broker.next::<ProduceRequest>(move |model, request| match choice {
                0 => Reply::Close,
                1 => {
                    model.produce(1, request);
                    Reply::after(tokio::time::sleep(pause), Reply::Close)
                }
                2 => Reply::Answer(model.refuse(request, ErrorCode::NOT_LEADER_OR_FOLLOWER)),
                3 => {
                    let answer = model.produce(1, request);
                    Reply::after(tokio::time::sleep(pause), Reply::Answer(answer))
                }
                4 => {
                    model.produce(1, request.clone());
                    Reply::Answer(model.refuse(request, ErrorCode::NOT_ENOUGH_REPLICAS_AFTER_APPEND))
                }
                _ => Reply::Usual,
            });
        }
        let values: Vec<String> = (0..60).map(|number| format!("value number {number}")).collect();
        let mut deliveries = Vec::new();
        for value in &values {
            deliveries.push(send(&producer, value).await);
            tokio::time::sleep(Duration::from_millis(rng.below(3))).await;
        }
        for (offset, delivery) in (0..).zip(deliveries) {
            assert_eq!(delivery.await.unwrap().offset.0, offset, "seed {seed}");
        }
        assert_eq!(broker.model().log(0).values(), values, "seed {seed}");
    }
}

/// A batch was written but not by enough replicas, the one behind it was: the first one comes again under its own number.
#[tokio::test(start_paused = true)]
async fn a_batch_whose_follower_was_acknowledged_keeps_its_number() {
    let broker = Scripted::start(1, 1).await;
    let producer = producer(&broker, |config| config.batch_size = 80);
    broker.next::<ProduceRequest>(|model, request| {
        model.produce(1, request.clone());
        let answer = model.refuse(request, ErrorCode::NOT_ENOUGH_REPLICAS_AFTER_APPEND);
        Reply::after(tokio::time::sleep(Duration::from_millis(50)), Reply::Answer(answer))
    });
    let first = send(&producer, "first").await;
    broker.until_seen::<ProduceRequest>(1).await;
    let second = send(&producer, "second").await;
    assert_eq!((first.await.unwrap().offset.0, second.await.unwrap().offset.0), (0, 1));
    sent(&producer, "third").await.unwrap();
    assert_eq!(broker.model().log(0).values(), ["first", "second", "third"]);
    assert_eq!(stamps(&broker), [(0, 0), (0, 1), (0, 0), (0, 2)]);
}

/// The same where records are given up: what was acknowledged is there, nothing is there twice, and the order holds.
#[tokio::test(start_paused = true)]
async fn what_is_given_up_neither_doubles_nor_swallows_other_records() {
    for seed in 0..100 {
        let rng = Seeded::new(seed);
        let broker = Scripted::start(2, 1).await;
        let producer = producer(&broker, |config| {
            config.batch_size = 100;
            config.retries = if seed % 2 == 0 { 2 } else { i32::MAX };
            (config.delivery_timeout_ms, config.request_timeout_ms) = (3000, 2900);
        });
        for _ in 0..40 {
            let (choice, pause) = (rng.below(8), Duration::from_millis(rng.below(1500)));
            broker.next::<ProduceRequest>(move |model, request| match choice {
                0 => Reply::Close,
                1 | 2 => {
                    let leader = model.leaders[0].0;
                    model.produce(leader, request);
                    Reply::after(tokio::time::sleep(pause), Reply::Close)
                }
                3 => {
                    let leader = &mut model.leaders[0];
                    *leader = (3 - leader.0, leader.1 + 1);
                    Reply::Answer(model.refuse(request, ErrorCode::NOT_LEADER_OR_FOLLOWER))
                }
                4 => {
                    let leader = model.leaders[0].0;
                    model.produce(leader, request.clone());
                    Reply::Answer(model.refuse(request, ErrorCode::REQUEST_TIMED_OUT))
                }
                5 => Reply::Answer(model.refuse(request, ErrorCode::INVALID_RECORD)),
                _ => Reply::Usual,
            });
        }
        let values: Vec<String> = (0..60).map(|number| format!("value number {number:02}")).collect();
        let mut deliveries = Vec::new();
        for value in &values {
            deliveries.push(send(&producer, value).await);
            tokio::time::sleep(Duration::from_millis(rng.below(100))).await;
        }
        let mut acknowledged = Vec::new();
        for (value, delivery) in values.iter().zip(deliveries) {
            if delivery.await.is_ok() {
                acknowledged.push(value.clone());
            }
        }
        let written = broker.model().log(0).values();
        assert!(written.is_sorted() && written.windows(2).all(|two| two[0] != two[1]), "seed {seed}: {written:?}");
        let lost: Vec<_> = acknowledged.iter().filter(|value| !written.contains(value)).collect();
        assert!(lost.is_empty(), "seed {seed}: {lost:?} of {written:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_record_fails_when_its_delivery_timeout_is_over_also_under_way() {
    let broker = Scripted::start(1, 1).await;
    let producer = producer(&broker, |config| {
        (config.delivery_timeout_ms, config.request_timeout_ms) = (10_000, 9_990);
    });
    broker.next::<ProduceRequest>(|_, _| Reply::Close);
    let begun = tokio::time::Instant::now();
    broker.next::<ProduceRequest>(|_, _| Reply::Never);
    let failed = sent(&producer, "a").await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_millis(10_600), "{:?}", begun.elapsed());
    assert_eq!(failed.class(), "TimeoutException");
    assert!(failed.to_string().starts_with("Expiring 1 record(s) for t-0:10000 ms has passed"), "{failed}");
}

/// A number that may be taken is not given to another batch, or the broker would take that one for a repetition.
#[tokio::test(start_paused = true)]
async fn after_a_record_was_given_up_that_is_written_the_next_one_is_not_lost() {
    let broker = Scripted::start(1, 1).await;
    let producer = producer(&broker, |config| config.retries = 1);
    for _ in 0..2 {
        broker.next::<ProduceRequest>(|model, request| {
            model.produce(1, request);
            Reply::Close
        });
    }
    sent(&producer, "a").await.unwrap_err();
    sent(&producer, "b").await.unwrap();
    assert_eq!(broker.model().log(0).values(), ["a", "b"]);
    assert_eq!(stamps(&broker), [(0, 0), (0, 0), (1, 0)]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_after_the_delivery_timeout_settles_the_sequence() {
    let broker = Scripted::start(1, 1).await;
    let producer = producer(&broker, |config| {
        (config.delivery_timeout_ms, config.request_timeout_ms) = (5_000, 60_000);
    });
    broker.next::<ProduceRequest>(|model, request| {
        let answer = model.produce(1, request);
        Reply::after(tokio::time::sleep(Duration::from_secs(20)), Reply::Answer(answer))
    });
    sent(&producer, "a").await.unwrap_err();
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(sent(&producer, "b").await.unwrap().offset.0, 1);
    assert_eq!(stamps(&broker), [(0, 0), (0, 1)]);
}

/// Batches behind one that was given up may be written as well: they keep their numbers until that is known.
#[tokio::test(start_paused = true)]
async fn a_batch_behind_one_that_was_given_up_is_not_written_twice() {
    let broker = Scripted::start(1, 1).await;
    let producer = producer(&broker, |config| {
        (config.batch_size, config.delivery_timeout_ms, config.request_timeout_ms) = (80, 10_000, 9_000);
    });
    sent(&producer, "first").await.unwrap();
    // Both are written; their answers are lost, and then the broker is silent until the older one is too old.
    for _ in 0..2 {
        broker.next::<ProduceRequest>(|model, request| {
            model.produce(1, request);
            Reply::after(tokio::time::sleep(Duration::from_secs(8)), Reply::Close)
        });
    }
    let older = send(&producer, "older").await;
    broker.until_seen::<ProduceRequest>(2).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    let younger = send(&producer, "younger").await;
    broker.until_seen::<ProduceRequest>(3).await;
    broker.next::<ProduceRequest>(|_, _| Reply::after(tokio::time::sleep(Duration::from_secs(3)), Reply::Close));
    older.await.unwrap_err();
    assert_eq!(younger.await.unwrap().offset.0, 2);
    sent(&producer, "last").await.unwrap();
    assert_eq!(broker.model().log(0).values(), ["first", "older", "younger", "last"]);
    assert_eq!(stamps(&broker).last(), Some(&(1, 0)));
}

/// Fault E2: the broker lost count, and the partition begins anew under the next epoch.
#[tokio::test(start_paused = true)]
async fn a_lost_sequence_begins_anew_under_the_next_epoch() {
    for code in [ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER, ErrorCode::UNKNOWN_PRODUCER_ID] {
        let broker = Scripted::start(1, 1).await;
        let producer = producer(&broker, |_| {});
        sent(&producer, "a").await.unwrap();
        broker.next::<ProduceRequest>(move |model, request| {
            let mut answer = model.refuse(request, code);
            answer.responses[0].partition_responses[0].log_start_offset = 0;
            Reply::Answer(answer)
        });
        sent(&producer, "b").await.unwrap();
        assert_eq!(broker.model().log(0).values(), ["a", "b"]);
        assert_eq!(stamps(&broker), [(0, 0), (0, 1), (1, 0)], "{code}");
        assert_eq!(broker.seen::<InitProducerIdRequest>().len(), 1);
    }
}

/// Fault E12: the topic is deleted and created again.
#[tokio::test(start_paused = true)]
async fn a_topic_that_was_created_again_is_written_to_by_its_new_id() {
    let broker = Scripted::start(1, 1).await;
    let producer = producer(&broker, |_| {});
    sent(&producer, "a").await.unwrap();
    let next = Uuid([8; 16]);
    broker.model().topic_id = next;
    broker.next::<ProduceRequest>(|model, request| Reply::Answer(model.refuse(request, ErrorCode::UNKNOWN_TOPIC_ID)));
    sent(&producer, "b").await.unwrap();
    let last = broker.seen::<ProduceRequest>().pop().unwrap();
    assert_eq!(last.topic_data[0].topic_id, next);
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_is_too_large_goes_on_in_parts() {
    let broker = Scripted::start(1, 1).await;
    let producer = producer(&broker, |config| config.linger_ms = 10);
    broker.next::<ProduceRequest>(|model, request| Reply::Answer(model.refuse(request, ErrorCode::MESSAGE_TOO_LARGE)));
    let mut deliveries = Vec::new();
    for number in 0..10 {
        deliveries.push(send(&producer, &format!("{number}")).await);
    }
    for (offset, delivery) in (0..).zip(deliveries) {
        assert_eq!(delivery.await.unwrap().offset.0, offset);
    }
    assert!(broker.seen::<ProduceRequest>().len() > 2);
    assert_eq!(broker.model().log(0).values().len(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_lasts_fails_its_record_and_no_other() {
    let broker = Scripted::start(1, 1).await;
    let producer = producer(&broker, |_| {});
    let code = ErrorCode::TOPIC_AUTHORIZATION_FAILED;
    broker.next::<ProduceRequest>(move |model, request| Reply::Answer(model.refuse(request, code)));
    assert_eq!(sent(&producer, "a").await.unwrap_err().error_code(), Some(code));
    sent(&producer, "b").await.unwrap();
    assert_eq!(stamps(&broker), [(0, 0), (0, 0)], "what was refused has used no number");
}

#[tokio::test(start_paused = true)]
async fn a_throttled_producer_waits() {
    let broker = Scripted::start(1, 1).await;
    let producer = producer(&broker, |_| {});
    broker.next::<ProduceRequest>(|model, request| {
        Reply::Answer(crate::protocol::messages::ProduceResponse {
            throttle_time_ms: 3000,
            ..model.produce(1, request)
        })
    });
    sent(&producer, "a").await.unwrap();
    let begun = tokio::time::Instant::now();
    sent(&producer, "b").await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(3), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_flush_that_is_given_up_leaves_lingering_as_it_was() {
    let broker = Scripted::start(1, 1).await;
    let producer = producer(&broker, |config| config.linger_ms = 1000);
    broker.next::<ProduceRequest>(|_, _| Reply::after(tokio::time::sleep(Duration::from_secs(1)), Reply::Usual));
    let first = send(&producer, "a").await;
    tokio::time::timeout(Duration::from_millis(100), producer.flush()).await.unwrap_err();
    first.await.unwrap();
    let begun = tokio::time::Instant::now();
    sent(&producer, "b").await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn every_record_has_a_result_after_a_close() {
    let broker = Scripted::start(1, 1).await;
    let producer = producer(&broker, |_| {});
    broker.next::<ProduceRequest>(|_, _| Reply::Never);
    let (told, hears) = tokio::sync::oneshot::channel();
    let delivery = send(&producer, "a").await;
    let callback = Box::new(move |result: RecordResult| told.send(result.is_err()).unwrap());
    producer.send_with_callback(ProducerRecord::new(TOPIC, b"b").partition(0), callback).await;
    broker.until_seen::<ProduceRequest>(1).await;
    let closed = producer.close(Duration::from_secs(1)).await.unwrap_err();
    assert_eq!(closed.class(), "TimeoutException");
    assert!(matches!(delivery.await, Err(ClientError::Closed(_))));
    assert!(hears.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn memory_that_stays_full_is_waited_for_as_long_as_max_block_says() {
    let broker = Scripted::start(1, 1).await;
    let producer = producer(&broker, |config| {
        (config.batch_size, config.buffer_memory, config.max_block_ms) = (1000, 1500, 2000);
    });
    broker.next::<ProduceRequest>(|_, _| Reply::Never);
    let value = [b'x'; 900];
    let _first = producer.send(ProducerRecord::new(TOPIC, &value).partition(0)).await.unwrap();
    let begun = tokio::time::Instant::now();
    let refused = producer.send(ProducerRecord::new(TOPIC, &value).partition(0)).await.unwrap_err();
    assert_eq!(refused.class(), "BufferExhaustedException");
    assert_eq!(begun.elapsed().as_secs(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_topic_that_is_not_there_is_asked_for_until_max_block_is_over() {
    let broker = Scripted::start(1, 1).await;
    let producer = producer(&broker, |config| config.max_block_ms = 3000);
    let refused = producer.send(ProducerRecord::new("other", b"a")).await.unwrap_err();
    assert_eq!(
        refused.to_string().lines().next().unwrap().split(" (last").next(),
        Some("Topic other not present in metadata after 3000 ms.")
    );
    let asked = broker.seen::<MetadataRequest>().len();
    assert!(asked > 2);
    tokio::time::sleep(Duration::from_secs(60)).await;
    let later = broker.seen::<MetadataRequest>();
    assert!(later.len() <= asked + 1, "nobody waits for it any more, {} requests", later.len() - asked);
}
