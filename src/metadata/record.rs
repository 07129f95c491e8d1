//! How records of the metadata log are written: in which version, by the cluster's `metadata.version`.
//!
//! All types are read in every version that Kafka 3.3 to 4.3 writes.

use bytes::Bytes;

use crate::protocol::messages::BrokerRegistrationChangeRecord;
use crate::protocol::metadata_frame;
pub use crate::protocol::metadata_frame::MetadataRecord;
use crate::protocol::{DecodeError, EncodeError};

/// From 3.7-IV2 on, replicas and brokers name their log directories (KIP-858).
const DIRECTORIES_SINCE: i16 = 17;
/// From 4.0-IV1 on, partitions have eligible leader replicas (KIP-966).
const ELR_SINCE: i16 = 23;
/// From 4.3-IV0 on, brokers name their cordoned log directories (KIP-1066).
const CORDONED_SINCE: i16 = 30;

/// The record as the value of a log record, in the version that a cluster at this `metadata.version` writes. Fields that
/// the version lacks are left out: the cluster does not have the feature that they belong to.
///
/// # Errors
/// A field has a value that no version can carry.
pub fn encode(record: &MetadataRecord, metadata_version: i16) -> Result<Bytes, EncodeError> {
    let version = version_of(record, metadata_version);
    metadata_frame::encode(&fitting(record.clone(), metadata_version), version)
}

/// The record in the value of a log record.
///
/// # Errors
/// The value is no record, or one that only a newer program knows.
pub fn decode(value: Bytes) -> Result<MetadataRecord, DecodeError> {
    metadata_frame::decode(value).map(|(record, _)| record)
}

fn version_of(record: &MetadataRecord, metadata_version: i16) -> i16 {
    let since = |level, version| if metadata_version >= level { version } else { 0 };
    match record {
        MetadataRecord::RegisterBroker(_) => {
            // Version 1, for brokers in controlled shutdown, is as old as 3.3-IV3, below which nothing is read.
            1.max(since(DIRECTORIES_SINCE, 3)).max(since(CORDONED_SINCE, 4))
        }
        MetadataRecord::Partition(_) | MetadataRecord::PartitionChange(_) => {
            since(DIRECTORIES_SINCE, 1).max(since(ELR_SINCE, 2))
        }
        MetadataRecord::BrokerRegistrationChange(change) => registration_change_version(change),
        record => record.version_max(),
    }
}

/// The lowest version that can say it, as Kafka's controller chooses.
fn registration_change_version(change: &BrokerRegistrationChangeRecord) -> i16 {
    if change.cordoned_log_dirs.is_some() {
        3
    } else if !change.log_dirs.is_empty() {
        2
    } else {
        i16::from(change.in_controlled_shutdown != 0)
    }
}

fn fitting(mut record: MetadataRecord, metadata_version: i16) -> MetadataRecord {
    match &mut record {
        MetadataRecord::RegisterBroker(broker) => {
            if metadata_version < DIRECTORIES_SINCE {
                broker.log_dirs.clear();
            }
            if metadata_version < CORDONED_SINCE {
                broker.cordoned_log_dirs = None;
            }
        }
        MetadataRecord::Partition(partition) => {
            if metadata_version < DIRECTORIES_SINCE {
                partition.directories.clear();
            }
            if metadata_version < ELR_SINCE {
                partition.eligible_leader_replicas = None;
                partition.last_known_elr = None;
            }
        }
        MetadataRecord::PartitionChange(change) => {
            if metadata_version < DIRECTORIES_SINCE {
                change.directories = None;
            }
            if metadata_version < ELR_SINCE {
                change.eligible_leader_replicas = None;
                change.last_known_elr = None;
            }
        }
        _ => {}
    }
    record
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Uuid;
    use crate::protocol::messages::{PartitionRecord, RegisterBrokerRecord};

    #[test]
    fn an_older_metadata_version_leaves_out_what_it_does_not_know() {
        let partition: MetadataRecord = PartitionRecord {
            partition_id: 0,
            directories: vec![Uuid([7; 16])],
            eligible_leader_replicas: Some(vec![1]),
            ..PartitionRecord::default()
        }
        .into();
        let broker: MetadataRecord = RegisterBrokerRecord {
            log_dirs: vec![Uuid([7; 16])],
            in_controlled_shutdown: true,
            cordoned_log_dirs: Some(Vec::new()),
            ..RegisterBrokerRecord::default()
        }
        .into();
        for (level, partition_version, broker_version) in [(7, 0, 1), (17, 1, 3), (23, 2, 3), (30, 2, 4)] {
            for (record, version) in [(&partition, partition_version), (&broker, broker_version)] {
                let bytes = encode(record, level).expect("every level can say it");
                let (read, read_version) = metadata_frame::decode(bytes).expect("it is whole");
                assert_eq!(read_version, version, "{} at level {level}", record.name());
                assert_eq!(read, fitting(record.clone(), level));
            }
        }
        assert_eq!(fitting(partition.clone(), 30), partition);
    }
}
