//! The control records of the quorum: leader change, voters and `kraft.version` (KIP-595, KIP-853), snapshot header and
//! footer (KIP-630).
//!
//! A snapshot header of ours also says which entry of the consensus it ends with, in a tagged field that Kafka skips.

use super::types::{Voter, VoterEndpoint};
use crate::model::{NodeId, Timestamp};
use crate::protocol::messages::voters_record::{Endpoint, KRaftVersionFeature};
use crate::protocol::messages::{
    KRaftVersionRecord, LeaderChangeMessage, SnapshotFooterRecord, VotersRecord, leader_change_message, voters_record,
};
use crate::protocol::{DecodeError, Message, Reader, Tag, Writer};
use crate::record::{ControlKind, ControlRecord};

/// The highest `kraft.version` that is understood.
const KRAFT_VERSION_MAX: i16 = 1;
/// The tag of the consensus index in a snapshot header: far above what Kafka will ever number.
const INDEX_TAG: u32 = 10_000;

fn written<M: Message>(kind: ControlKind, message: &M) -> ControlRecord {
    let mut writer = Writer::new();
    message.encode(&mut writer, 0).expect("version 0 of a control record carries all of its fields");
    ControlRecord { kind, value: writer.into_bytes().expect("a control record is small") }
}

/// A leader begins its epoch, granted by itself and these voters.
pub(super) fn leader_change(leader: NodeId, voters: &[NodeId]) -> ControlRecord {
    let voter = |id: &NodeId| leader_change_message::Voter { voter_id: id.0, ..Default::default() };
    let message = LeaderChangeMessage {
        leader_id: leader.0,
        voters: voters.iter().map(voter).collect(),
        granting_voters: voters.iter().map(voter).collect(),
        ..LeaderChangeMessage::default()
    };
    written(ControlKind::LeaderChange, &message)
}

/// The level of `kraft.version`.
pub(super) fn kraft_version(level: i16) -> ControlRecord {
    let message = KRaftVersionRecord { kraft_version: level, ..KRaftVersionRecord::default() };
    written(ControlKind::KRaftVersion, &message)
}

/// The voters of the quorum.
pub(super) fn voters(voters: &[Voter]) -> ControlRecord {
    let voter = |voter: &Voter| voters_record::Voter {
        voter_id: voter.id.0,
        voter_directory_id: voter.directory_id,
        endpoints: voter
            .endpoints
            .iter()
            .map(|endpoint| Endpoint { name: endpoint.name.clone(), host: endpoint.host.clone(), port: endpoint.port })
            .collect(),
        kraft_version_feature: KRaftVersionFeature {
            min_supported_version: 0,
            max_supported_version: KRAFT_VERSION_MAX,
        },
    };
    let message = VotersRecord { voters: voters.iter().map(voter).collect(), ..VotersRecord::default() };
    written(ControlKind::KRaftVoters, &message)
}

/// A snapshot begins. It ends with the entry `index` of the consensus and the record written at `last_contained`.
pub(super) fn snapshot_header(last_contained: Timestamp, index: u64) -> ControlRecord {
    let mut writer = Writer::new();
    writer.set_flexible(true);
    writer.i16(0);
    writer.i64(last_contained.0);
    let mut tags = writer.begin_tags();
    tags.add(INDEX_TAG, |writer| writer.i64(index.cast_signed()));
    writer.end_tags(tags);
    let value = writer.into_bytes().expect("a control record is small");
    ControlRecord { kind: ControlKind::SnapshotHeader, value }
}

fn read_snapshot_header(reader: &mut Reader) -> Result<Control, DecodeError> {
    reader.set_flexible(true);
    reader.i16("Version")?;
    let last_contained = Timestamp(reader.i64("LastContainedLogTimestamp")?);
    let mut index = None;
    reader.tags(|reader, tag| {
        if tag != INDEX_TAG {
            return Ok(Tag::Unknown);
        }
        index = Some(reader.i64("Index")?.cast_unsigned());
        Ok(Tag::Known)
    })?;
    Ok(Control::SnapshotHeader { last_contained, index })
}

/// A snapshot ends.
pub(super) fn snapshot_footer() -> ControlRecord {
    written(ControlKind::SnapshotFooter, &SnapshotFooterRecord::default())
}

/// What a control record changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Control {
    /// The level of `kraft.version`.
    KRaftVersion(i16),
    /// The voters.
    Voters(Vec<Voter>),
    /// A snapshot begins.
    SnapshotHeader {
        /// When its newest record was written.
        last_contained: Timestamp,
        /// The last entry of the consensus in it; Kafka's own snapshots do not say.
        index: Option<u64>,
    },
    /// A snapshot ends.
    SnapshotFooter,
    /// Nothing that has to be kept.
    Other,
}

/// Reads a control record of the quorum.
pub(super) fn read(record: &ControlRecord) -> Result<Control, DecodeError> {
    let mut reader = Reader::new(record.value.clone());
    Ok(match record.kind {
        ControlKind::KRaftVersion => Control::KRaftVersion(KRaftVersionRecord::decode(&mut reader, 0)?.kraft_version),
        ControlKind::KRaftVoters => Control::Voters(voters_of(VotersRecord::decode(&mut reader, 0)?)),
        ControlKind::SnapshotHeader => read_snapshot_header(&mut reader)?,
        ControlKind::SnapshotFooter => Control::SnapshotFooter,
        _ => Control::Other,
    })
}

fn voters_of(record: VotersRecord) -> Vec<Voter> {
    let endpoint = |row: Endpoint| VoterEndpoint { name: row.name, host: row.host, port: row.port };
    let voter = |row: voters_record::Voter| Voter {
        id: NodeId(row.voter_id),
        directory_id: row.voter_directory_id,
        endpoints: row.endpoints.into_iter().map(endpoint).collect(),
    };
    record.voters.into_iter().map(voter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Uuid;
    use crate::protocol::messages::SnapshotHeaderRecord;

    #[test]
    fn voters_survive_their_record() {
        let voter = Voter {
            id: NodeId(1),
            directory_id: Uuid([7; 16]),
            endpoints: vec![VoterEndpoint { name: "CONTROLLER".to_owned(), host: "h".to_owned(), port: 9093 }],
        };
        let record = voters(std::slice::from_ref(&voter));
        // Kafka 4.3.1 writes 55 bytes for this voter with the host 127.0.0.1, which is eight letters longer.
        assert_eq!(record.value.len(), 55 - 8);
        assert_eq!(read(&record), Ok(Control::Voters(vec![voter])));
    }

    #[test]
    fn a_reader_that_does_not_know_the_index_reads_the_header() {
        let record = snapshot_header(Timestamp(5), 77);
        let mut reader = Reader::new(record.value.clone());
        let header = SnapshotHeaderRecord::decode(&mut reader, 0).expect("the tag is passed over");
        assert_eq!((header.last_contained_log_timestamp, reader.remaining()), (5, 0));
        let read = read(&record).expect("it is whole");
        assert_eq!(read, Control::SnapshotHeader { last_contained: Timestamp(5), index: Some(77) });
    }

    #[test]
    fn a_leader_change_is_as_long_as_kafkas() {
        assert_eq!(leader_change(NodeId(1), &[NodeId(1)]).value.len(), 19);
        assert_eq!(read(&kraft_version(1)), Ok(Control::KRaftVersion(1)));
        assert_eq!(kraft_version(1).value.len(), 5);
    }
}
