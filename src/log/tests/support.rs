//! Logs on a disk in memory, and batches to put into them.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;

use super::memory_disk::MemoryDisk;
use crate::io::rng::SystemRng;
use crate::log::{Append, Appended, Health, LastStop, Log, LogConfig, LogError, MinOne, Open, Origin, Read};
use crate::model::{LeaderEpoch, Offset, ProducerEpoch, ProducerId, Timestamp, TopicPartition};
use crate::protocol::Segment;
use crate::record::{
    Batch, BatchBuilder, Codec, DECOMPRESSED_BYTES_MAX, EndTransactionMarker, NewRecord, Producer, Record,
    TransactionResult, end_transaction_batch, shared_batches,
};

pub(super) const NOW: Timestamp = Timestamp(1_700_000_000_000);

/// A partition on a disk in memory.
pub(super) struct Fixture {
    pub(super) disk: MemoryDisk,
    pub(super) config: LogConfig,
}

pub(super) fn directory() -> PathBuf {
    PathBuf::from("/logs/t-0")
}

pub(super) fn small() -> LogConfig {
    // The tests use small timestamps, of producers that are to stay known.
    let producer_id_expiration_ms = i64::MAX;
    LogConfig {
        index_interval_bytes: 200,
        segment_index_bytes: 1200,
        producer_id_expiration_ms,
        ..LogConfig::default()
    }
}

impl Fixture {
    pub(super) fn new() -> Fixture {
        Fixture::with(small())
    }

    pub(super) fn with(config: LogConfig) -> Fixture {
        Fixture { disk: MemoryDisk::default(), config }
    }

    pub(super) fn on(&self, disk: MemoryDisk) -> Fixture {
        Fixture { disk, config: self.config.clone() }
    }

    pub(super) fn options(&self, last_stop: LastStop) -> Open {
        Open {
            disk: self.disk.shared(),
            rng: Arc::new(SystemRng),
            health: Health::of(&PathBuf::from("/logs")),
            directory: directory(),
            topic_partition: TopicPartition::new("t", 0),
            topic_id: None,
            config: self.config.clone(),
            log_start_offset: Offset(0),
            recovery_point: Offset(0),
            last_stop,
            now: NOW,
        }
    }

    pub(super) fn open(&self) -> Log {
        Log::open(self.options(LastStop::Unclean)).expect("the log opens")
    }

    pub(super) fn open_clean(&self) -> Log {
        Log::open(self.options(LastStop::Clean)).expect("the log opens")
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        directory().join(name)
    }

    /// The names of the partition's files, without those that wait to be removed.
    pub(super) fn names(&self) -> Vec<String> {
        let name = |path: &PathBuf| path.file_name().expect("a file").to_str().expect("text").to_owned();
        let mut names: Vec<String> = self.disk.paths().iter().map(name).collect();
        names.retain(|name| !name.ends_with(".deleted"));
        names
    }
}

/// A batch to come.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) values: Vec<String>,
    pub(super) timestamp: i64,
    pub(super) codec: Codec,
    pub(super) producer: Producer,
    pub(super) is_transactional: bool,
    pub(super) epoch: i32,
}

pub(super) fn values(values: &[&str]) -> Wanted {
    Wanted {
        values: values.iter().map(|value| (*value).to_owned()).collect(),
        timestamp: NOW.0,
        codec: Codec::None,
        producer: Producer::NONE,
        is_transactional: false,
        epoch: 0,
    }
}

impl Wanted {
    /// The timestamp of the first record; each further one is a millisecond later.
    pub(super) fn at(self, timestamp: i64) -> Wanted {
        Wanted { timestamp, ..self }
    }

    pub(super) fn codec(self, codec: Codec) -> Wanted {
        Wanted { codec, ..self }
    }

    pub(super) fn epoch(self, epoch: i32) -> Wanted {
        Wanted { epoch, ..self }
    }

    pub(super) fn by(self, id: i64, epoch: i16, base_sequence: i32) -> Wanted {
        let producer = Producer { id: ProducerId(id), epoch: ProducerEpoch(epoch), base_sequence };
        Wanted { producer, ..self }
    }

    pub(super) fn transactional(self) -> Wanted {
        Wanted { is_transactional: true, ..self }
    }

    pub(super) fn bytes_at(&self, offset: i64) -> Bytes {
        let mut builder = BatchBuilder::new(self.codec.into())
            .producer(self.producer)
            .base_offset(Offset(offset))
            .leader_epoch(LeaderEpoch(self.epoch));
        if self.is_transactional {
            builder = builder.transactional();
        }
        for (index, value) in self.values.iter().enumerate() {
            let timestamp = Timestamp(self.timestamp + index as i64);
            builder.append(NewRecord { timestamp, key: None, value: Some(value.as_bytes()), headers: &[] });
        }
        builder.build()
    }

    pub(super) fn append(&self) -> Append {
        Append::of_built(&self.bytes_at(0), LeaderEpoch(self.epoch), Origin::Client).expect("one batch")
    }
}

/// The end of a transaction.
pub(super) fn end(id: i64, epoch: i16, result: TransactionResult) -> Append {
    let marker = EndTransactionMarker { result, coordinator_epoch: 0 };
    let batch = end_transaction_batch(ProducerId(id), ProducerEpoch(epoch), marker, NOW);
    Append::of_built(&batch, LeaderEpoch(0), Origin::Coordinator).expect("one batch")
}

/// Appends one batch, which must be good.
pub(super) fn append(log: &Log, wanted: &Wanted) -> Appended {
    try_append(log, wanted).expect("appended")
}

pub(super) fn try_append(log: &Log, wanted: &Wanted) -> Result<Appended, LogError> {
    log.append(&[wanted.append()], NOW).pop().expect("one result")
}

/// The bytes of what was fetched.
pub(super) fn bytes_of(records: &crate::protocol::Records) -> Bytes {
    let mut all = Vec::new();
    for segment in records.segments() {
        match segment {
            Segment::Bytes(bytes) => all.extend_from_slice(bytes),
            Segment::File(range) => {
                let mut bytes = vec![0; range.length];
                let read = range.file.read_at(&mut bytes, range.position).expect("read");
                assert_eq!(read, range.length, "the file has what was promised");
                all.extend_from_slice(&bytes);
            }
        }
    }
    all.into()
}

pub(super) fn read(log: &Log, offset: i64, max_bytes: usize) -> Result<Vec<Batch>, LogError> {
    let read = Read { offset: Offset(offset), max_bytes, upper_bound: Offset::MAX, min_one: MinOne::Whole };
    let bytes = bytes_of(&log.read(&read)?.records);
    Ok(shared_batches(&bytes).map_while(Result::ok).collect())
}

pub(super) fn records_of(batches: &[Batch]) -> Vec<Record> {
    let records = batches.iter().flat_map(|batch| batch.records(DECOMPRESSED_BYTES_MAX).expect("readable"));
    records.map(|record| record.expect("readable")).collect()
}

/// Every data record of the log from `offset` on: offset and value.
pub(super) fn all_from(log: &Log, offset: i64) -> Vec<(i64, String)> {
    let mut found = Vec::new();
    let mut next = Offset(offset);
    while next < log.log_end_offset() {
        let batches = read(log, next.0, 1 << 20).expect("readable");
        let Some(last) = batches.last() else { break };
        let data: Vec<Batch> =
            batches.iter().filter(|batch| !batch.header().attributes.is_control()).cloned().collect();
        next = last.header().next_offset();
        found.extend(records_of(&data).into_iter().filter(|record| record.offset.0 >= offset).map(|record| {
            let value = record.value.expect("a value");
            (record.offset.0, String::from_utf8(value.to_vec()).expect("text"))
        }));
    }
    found
}

pub(super) fn all(log: &Log) -> Vec<(i64, String)> {
    all_from(log, log.log_start_offset().0)
}
