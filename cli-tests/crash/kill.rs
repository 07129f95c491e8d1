//! kill -9 at random moments while idempotent producers write with acks=all.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mq::model::{ErrorCode, Offset, ProducerEpoch, ProducerId, Timestamp};
use mq::protocol::Records;
use mq::protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use mq::protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use mq::protocol::messages::{FetchRequest, InitProducerIdRequest, ProduceRequest};
use mq::record::{BatchBuilder, Compression, DECOMPRESSED_BYTES_MAX, NewRecord, Producer, shared_batches};
use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};

use crate::support::broker::Broker;
use crate::support::connection::Connection;

const KILLS: usize = 100;
const TOPIC: &str = "crash";
const WRITERS: i32 = 3;
/// Many kills and restarts fit in; a writer that waits longer will wait for ever.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(60);
const PRODUCE_VERSION: i16 = 9;
const FETCH_VERSION: i16 = 11;

/// Faults A1 and E1: 100 kills under load; every acknowledged record is at its offset, none is there twice, and the order
/// of each producer holds. `MQ_SEED=...` replays the moments of the kills.
#[test]
fn no_acknowledged_record_is_lost_or_doubled_by_a_hundred_kills() {
    let seed =
        std::env::var("MQ_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(|| rand::rng().next_u64());
    println!("MQ_SEED={seed}");
    let mut chance = StdRng::seed_from_u64(seed);
    let mut broker = Broker::with(&["num.partitions=3", "log.segment.bytes=1048576"]);
    let created = broker.said("topics", &["--create", "--topic", TOPIC, "--partitions", "3"]);
    assert_eq!(created.code, 0, "{created:?}");
    let address = broker.address.clone();
    let over = Arc::new(AtomicBool::new(false));
    let writers: Vec<JoinHandle<Written>> = (0..WRITERS)
        .map(|partition| {
            let (address, over) = (address.clone(), Arc::clone(&over));
            let mut chance = StdRng::seed_from_u64(seed ^ u64::from(partition.unsigned_abs()));
            std::thread::spawn(move || Writer::new(address, partition).write(&over, &mut chance))
        })
        .collect();
    for _ in 0..KILLS {
        // The moment of the kill is the chance that is tested; nothing waits for it.
        std::thread::sleep(Duration::from_micros(chance.random_range(1_000..80_000)));
        broker.kill();
        broker.restart();
    }
    over.store(true, Ordering::SeqCst);
    for writer in writers {
        check(&broker, &writer.join().expect("a writer does not panic"));
    }
    assert!(!broker.log().contains("panicked"), "{}", broker.log());
}

/// What a writer knows at the end.
struct Written {
    partition: i32,
    /// Where each acknowledged batch begins, by the number of its first record.
    acknowledged: BTreeMap<i32, Offset>,
    /// How many records were acknowledged in all.
    count: i32,
}

struct Writer {
    address: String,
    partition: i32,
    connection: Option<Connection>,
    producer: ProducerId,
}

impl Writer {
    fn new(address: String, partition: i32) -> Writer {
        let mut writer = Writer { address, partition, connection: None, producer: ProducerId::NONE };
        while !writer.producer.is_some() {
            let request = InitProducerIdRequest { transactional_id: None, ..InitProducerIdRequest::default() };
            match writer.connection().and_then(|connection| connection.try_call(&request, 2)) {
                Some(answer) => {
                    let code = ErrorCode::from_wire(answer.error_code);
                    assert!(code == ErrorCode::NONE || code.is_retriable(), "no producer id: {code:?}");
                    writer.producer = ProducerId(answer.producer_id);
                }
                None => writer.connection = None,
            }
        }
        writer
    }

    fn connection(&mut self) -> Option<&mut Connection> {
        if self.connection.is_none() {
            self.connection = Connection::try_to(&self.address);
        }
        self.connection.as_mut()
    }

    /// Writes batches until the test is over, each again and again until it is acknowledged.
    fn write(mut self, over: &AtomicBool, chance: &mut StdRng) -> Written {
        let mut written = Written { partition: self.partition, acknowledged: BTreeMap::new(), count: 0 };
        while !over.load(Ordering::SeqCst) {
            let records = chance.random_range(1..50);
            let request = self.request(written.count, records);
            let since = Instant::now();
            let offset = loop {
                if let Some(offset) = self.send(&request) {
                    break offset;
                }
                assert!(since.elapsed() < ACKNOWLEDGED_WITHIN, "partition {} takes no records", self.partition);
                self.connection = None;
            };
            written.acknowledged.insert(written.count, offset);
            written.count += records;
        }
        written
    }

    fn request(&self, first: i32, count: i32) -> ProduceRequest {
        let mut builder = BatchBuilder::new(Compression::default()).producer(Producer {
            id: self.producer,
            epoch: ProducerEpoch(0),
            base_sequence: first,
        });
        for number in first..first + count {
            let value = value(self.partition, number);
            builder.append(NewRecord {
                timestamp: Timestamp(1),
                value: Some(value.as_bytes()),
                ..NewRecord::default()
            });
        }
        let records = builder.build();
        ProduceRequest {
            acks: -1,
            timeout_ms: 30_000,
            topic_data: vec![TopicProduceData {
                name: TOPIC.to_owned(),
                partition_data: vec![PartitionProduceData {
                    index: self.partition,
                    records: Some(Records::from(records)),
                }],
                ..TopicProduceData::default()
            }],
            ..ProduceRequest::default()
        }
    }

    /// The offset of the batch, or `None` where it has to be sent again.
    fn send(&mut self, request: &ProduceRequest) -> Option<Offset> {
        let answer = self.connection()?.try_call(request, PRODUCE_VERSION)?;
        let partition = &answer.responses[0].partition_responses[0];
        let code = ErrorCode::from_wire(partition.error_code);
        if code.is_retriable() {
            return None;
        }
        assert_eq!(code, ErrorCode::NONE, "partition {}: {:?}", self.partition, partition.error_message);
        Some(Offset(partition.base_offset))
    }
}

fn value(partition: i32, number: i32) -> String {
    format!("writer-{partition}-record-{number}")
}

/// Reads the whole partition: its records are exactly those of its writer, in order, each batch where it was acknowledged.
fn check(broker: &Broker, written: &Written) {
    let values = read_all(broker, written.partition);
    let kills = i32::try_from(KILLS).expect("a small number");
    assert!(written.count > kills, "partition {} took {} records between the kills", written.partition, written.count);
    for (offset, found) in values.iter().enumerate() {
        let number = i32::try_from(offset).expect("a small number");
        assert_eq!(*found, value(written.partition, number), "offset {offset}");
    }
    assert_eq!(values.len(), usize::try_from(written.count).expect("a count"), "partition {}", written.partition);
    for (first, offset) in &written.acknowledged {
        assert_eq!(i64::from(*first), offset.0, "the batch of record {first} was acknowledged elsewhere");
    }
}

fn read_all(broker: &Broker, partition: i32) -> Vec<String> {
    let mut connection = Connection::to(broker);
    let mut values: Vec<String> = Vec::new();
    loop {
        let next = i64::try_from(values.len()).expect("a count");
        let request = FetchRequest {
            max_wait_ms: 0,
            min_bytes: 0,
            max_bytes: 1 << 20,
            topics: vec![FetchTopic {
                topic: TOPIC.to_owned(),
                partitions: vec![FetchPartition {
                    partition,
                    fetch_offset: next,
                    partition_max_bytes: 1 << 20,
                    ..FetchPartition::default()
                }],
                ..FetchTopic::default()
            }],
            ..FetchRequest::default()
        };
        let answer = connection.call(&request, FETCH_VERSION);
        let found = &answer.responses[0].partitions[0];
        assert_eq!(found.error_code, ErrorCode::NONE.wire());
        let records = found.records.as_ref().and_then(Records::as_bytes).cloned().unwrap_or_default();
        let before = values.len();
        for batch in shared_batches(&records) {
            // The last batch may be cut by the size limit.
            let Ok(batch) = batch else { break };
            for record in batch.records(DECOMPRESSED_BYTES_MAX).expect("a readable batch") {
                let record = record.expect("a readable record");
                if record.offset.0 >= next {
                    values.push(String::from_utf8_lossy(&record.value.expect("a value")).into_owned());
                }
            }
        }
        if values.len() == before {
            return values;
        }
    }
}
