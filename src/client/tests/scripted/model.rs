//! What the scripted brokers answer where a test says nothing: one topic with logs, one group with one member.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;

use super::{Asked, Reply, encoded};
use crate::model::{ErrorCode, Offset, TopicPartition, Uuid};
use crate::protocol::messages::api_versions_response::ApiVersion;
use crate::protocol::messages::fetch_response::{FetchableTopicResponse, PartitionData};
use crate::protocol::messages::find_coordinator_response::Coordinator;
use crate::protocol::messages::join_group_response::JoinGroupResponseMember;
use crate::protocol::messages::list_offsets_response::{ListOffsetsPartitionResponse, ListOffsetsTopicResponse};
use crate::protocol::messages::metadata_response::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use crate::protocol::messages::offset_commit_response::{OffsetCommitResponsePartition, OffsetCommitResponseTopic};
use crate::protocol::messages::offset_fetch_response::{
    OffsetFetchResponseGroup, OffsetFetchResponsePartitions, OffsetFetchResponseTopics,
};
use crate::protocol::messages::produce_response::{PartitionProduceResponse, TopicProduceResponse};
use crate::protocol::messages::*;
use crate::protocol::{Answer, ApiKey, Request};
use crate::record::{BatchView, DECOMPRESSED_BYTES_MAX, increment_sequence, patch, shared_batches};

/// The topic that there is.
pub(in crate::client) const TOPIC: &str = "t";
/// Batches that a broker remembers of a producer (KIP-98).
const REMEMBERED: usize = 5;

/// A partition of the topic.
pub(in crate::client) fn partition(index: i32) -> TopicPartition {
    TopicPartition::new(TOPIC, index)
}

/// One partition's log.
#[derive(Default)]
pub(in crate::client) struct Log {
    pub(in crate::client) start: i64,
    batches: Vec<Bytes>,
    /// By producer id: the epoch and the last batches.
    producers: BTreeMap<i64, (i16, Vec<Known>)>,
}

/// First sequence, next sequence and offset of a batch.
type Known = (i32, i32, i64);

/// The cluster.
pub(in crate::client) struct Model {
    /// Node ids and their ports.
    pub(in crate::client) nodes: BTreeMap<i32, u16>,
    /// Leader and its epoch, by partition.
    pub(in crate::client) leaders: Vec<(i32, i32)>,
    pub(in crate::client) logs: Vec<Log>,
    pub(in crate::client) topic_id: Uuid,
    pub(in crate::client) next_producer_id: i64,
    pub(in crate::client) generation: i32,
    pub(in crate::client) members: u32,
    assignment: Bytes,
    pub(in crate::client) committed: BTreeMap<i32, i64>,
}

impl Log {
    pub(in crate::client) fn end(&self) -> i64 {
        self.batches.last().map_or(self.start, |bytes| BatchView::parse(bytes).unwrap().next_offset().0)
    }

    /// Appends as a broker does: a repeated batch gets its first offset again, a gap is refused.
    pub(in crate::client) fn append(&mut self, bytes: &Bytes) -> Result<i64, ErrorCode> {
        let header = *BatchView::parse(bytes).unwrap().header();
        let offset = self.end();
        if header.has_producer_id() {
            let next = increment_sequence(header.base_sequence, header.records_count);
            let (epoch, known) =
                self.producers.entry(header.producer_id.0).or_insert((header.producer_epoch.0, Vec::new()));
            if *epoch != header.producer_epoch.0 {
                (*epoch, *known) = (header.producer_epoch.0, Vec::new());
            }
            if let Some((.., offset)) = known.iter().find(|row| (row.0, row.1) == (header.base_sequence, next)) {
                return Ok(*offset);
            }
            if known.last().map_or(0, |row| row.1) != header.base_sequence {
                return Err(ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER);
            }
            known.push((header.base_sequence, next, offset));
            if known.len() > REMEMBERED {
                known.remove(0);
            }
        }
        let mut own = bytes.to_vec();
        patch::base_offset(&mut own, Offset(offset));
        self.batches.push(own.into());
        Ok(offset)
    }

    /// The values of all records, as text.
    pub(in crate::client) fn values(&self) -> Vec<String> {
        let mut values = Vec::new();
        for bytes in &self.batches {
            for batch in shared_batches(bytes) {
                for record in batch.unwrap().records(DECOMPRESSED_BYTES_MAX).unwrap() {
                    let value = record.unwrap().value.unwrap_or_default();
                    values.push(String::from_utf8(value.to_vec()).unwrap());
                }
            }
        }
        values
    }

    fn read(&self, from: i64) -> Bytes {
        let wanted = self.batches.iter().filter(|bytes| BatchView::parse(bytes).unwrap().next_offset().0 > from);
        wanted.flat_map(|bytes| bytes.iter().copied()).collect::<Vec<u8>>().into()
    }
}

impl Model {
    pub(super) fn new(partitions: i32) -> Model {
        Model {
            nodes: BTreeMap::new(),
            leaders: (0..partitions).map(|_| (1, 0)).collect(),
            logs: (0..partitions).map(|_| Log::default()).collect(),
            topic_id: Uuid([7; 16]),
            next_producer_id: 1000,
            generation: 0,
            members: 0,
            assignment: Bytes::new(),
            committed: BTreeMap::new(),
        }
    }

    /// The log of a partition.
    pub(in crate::client) fn log(&mut self, partition: i32) -> &mut Log {
        &mut self.logs[usize::try_from(partition).unwrap()]
    }

    /// Adds a partition, led by node 1.
    pub(in crate::client) fn add_partition(&mut self) {
        self.leaders.push((1, 0));
        self.logs.push(Log::default());
    }

    fn leader(&self, partition: i32) -> (i32, i32) {
        self.leaders[usize::try_from(partition).unwrap()]
    }

    pub(super) fn answer(&mut self, asked: &Asked) -> Reply<Answer> {
        let node = asked.node;
        match asked.key {
            ApiKey::ApiVersions => now::<ApiVersionsRequest>(asked, |_| versions()),
            ApiKey::Metadata => now::<MetadataRequest>(asked, |request| self.metadata(&request)),
            ApiKey::InitProducerId => now::<InitProducerIdRequest>(asked, |_| self.producer_id()),
            ApiKey::Produce => now::<ProduceRequest>(asked, |request| self.produce(node, request)),
            ApiKey::Fetch => self.fetch_or_wait(asked),
            ApiKey::ListOffsets => now::<ListOffsetsRequest>(asked, |request| self.list_offsets(request)),
            ApiKey::FindCoordinator => now::<FindCoordinatorRequest>(asked, |request| self.coordinator(request)),
            ApiKey::JoinGroup => now::<JoinGroupRequest>(asked, |request| self.join(request)),
            ApiKey::SyncGroup => now::<SyncGroupRequest>(asked, |request| self.sync(request)),
            ApiKey::Heartbeat => now::<HeartbeatRequest>(asked, |_| HeartbeatResponse::default()),
            ApiKey::LeaveGroup => now::<LeaveGroupRequest>(asked, |_| LeaveGroupResponse::default()),
            ApiKey::OffsetCommit => now::<OffsetCommitRequest>(asked, |request| self.commit(request)),
            ApiKey::OffsetFetch => now::<OffsetFetchRequest>(asked, |request| self.offsets(request)),
            other => panic!("nobody asks the model for {other:?}"),
        }
    }

    fn metadata(&self, request: &MetadataRequest) -> MetadataResponse {
        let broker = |(node, port): (&i32, &u16)| MetadataResponseBroker {
            node_id: *node,
            host: "127.0.0.1".to_owned(),
            port: i32::from(*port),
            rack: None,
        };
        let row = |(index, (leader, epoch)): (i32, &(i32, i32))| MetadataResponsePartition {
            partition_index: index,
            leader_id: *leader,
            leader_epoch: *epoch,
            replica_nodes: vec![*leader],
            isr_nodes: vec![*leader],
            ..Default::default()
        };
        let topic = |name: String| match name == TOPIC {
            true => MetadataResponseTopic {
                name: Some(name),
                topic_id: self.topic_id,
                partitions: (0..).zip(&self.leaders).map(row).collect(),
                ..Default::default()
            },
            false => MetadataResponseTopic {
                error_code: ErrorCode::UNKNOWN_TOPIC_OR_PARTITION.wire(),
                name: Some(name),
                ..Default::default()
            },
        };
        let names = match &request.topics {
            None => vec![TOPIC.to_owned()],
            Some(topics) => topics.iter().filter_map(|topic| topic.name.clone()).collect(),
        };
        MetadataResponse {
            brokers: self.nodes.iter().map(broker).collect(),
            controller_id: 1,
            topics: names.into_iter().map(topic).collect(),
            ..Default::default()
        }
    }

    fn producer_id(&mut self) -> InitProducerIdResponse {
        self.next_producer_id += 1;
        InitProducerIdResponse { producer_id: self.next_producer_id, producer_epoch: 0, ..Default::default() }
    }

    /// Appends what a node leads.
    pub(in crate::client) fn produce(&mut self, node: i32, request: ProduceRequest) -> ProduceResponse {
        self.produced(request, |model, index, records| match model.leader(index).0 == node {
            true => model.log(index).append(records),
            false => Err(ErrorCode::NOT_LEADER_OR_FOLLOWER),
        })
    }

    /// The answer in which every partition has this code.
    pub(in crate::client) fn refuse(&mut self, request: ProduceRequest, code: ErrorCode) -> ProduceResponse {
        self.produced(request, |_, _, _| Err(code))
    }

    fn produced(
        &mut self,
        request: ProduceRequest,
        mut append: impl FnMut(&mut Model, i32, &Bytes) -> Result<i64, ErrorCode>,
    ) -> ProduceResponse {
        let mut responses = Vec::new();
        for topic in request.topic_data {
            let mut rows = Vec::new();
            for data in topic.partition_data {
                let records = data.records.unwrap();
                let appended = append(self, data.index, records.as_bytes().unwrap());
                rows.push(PartitionProduceResponse {
                    index: data.index,
                    error_code: appended.err().unwrap_or(ErrorCode::NONE).wire(),
                    base_offset: appended.unwrap_or(-1),
                    log_start_offset: appended.map_or(-1, |_| self.log(data.index).start),
                    ..Default::default()
                });
            }
            let (name, topic_id) = (topic.name, topic.topic_id);
            responses.push(TopicProduceResponse { name, topic_id, partition_responses: rows });
        }
        ProduceResponse { responses, ..Default::default() }
    }

    fn fetch_or_wait(&mut self, asked: &Asked) -> Reply<Answer> {
        let request: FetchRequest = asked.read();
        let wait = Duration::from_millis(u64::try_from(request.max_wait_ms).unwrap());
        let (answer, found) = self.fetch(asked.node, request);
        let answer = encoded::<FetchRequest>(Reply::Answer(answer), asked);
        if found { answer } else { Reply::after(tokio::time::sleep(wait), answer) }
    }

    /// What a fetch gives now, and whether it is worth an answer at once.
    fn fetch(&mut self, node: i32, request: FetchRequest) -> (FetchResponse, bool) {
        let mut found = false;
        let mut responses = Vec::new();
        for topic in request.topics {
            let mut partitions = Vec::new();
            for row in topic.partitions {
                let leads = self.leader(row.partition).0 == node;
                let log = self.log(row.partition);
                let code = match () {
                    () if !leads => ErrorCode::NOT_LEADER_OR_FOLLOWER,
                    () if !(log.start..=log.end()).contains(&row.fetch_offset) => ErrorCode::OFFSET_OUT_OF_RANGE,
                    () => ErrorCode::NONE,
                };
                let records = if code.is_none() { log.read(row.fetch_offset) } else { Bytes::new() };
                found |= !code.is_none() || !records.is_empty();
                partitions.push(PartitionData {
                    partition_index: row.partition,
                    error_code: code.wire(),
                    high_watermark: log.end(),
                    last_stable_offset: log.end(),
                    log_start_offset: log.start,
                    records: Some(records.into()),
                    ..Default::default()
                });
            }
            responses.push(FetchableTopicResponse { topic: topic.topic, topic_id: topic.topic_id, partitions });
        }
        (FetchResponse { responses, ..Default::default() }, found)
    }

    fn list_offsets(&mut self, request: ListOffsetsRequest) -> ListOffsetsResponse {
        const EARLIEST: i64 = -2;
        let mut topics = Vec::new();
        for topic in request.topics {
            let row = |row: &list_offsets_request::ListOffsetsPartition| {
                let log = self.log(row.partition_index);
                ListOffsetsPartitionResponse {
                    partition_index: row.partition_index,
                    offset: if row.timestamp == EARLIEST { log.start } else { log.end() },
                    leader_epoch: 0,
                    ..Default::default()
                }
            };
            let partitions = topic.partitions.iter().map(row).collect();
            topics.push(ListOffsetsTopicResponse { name: topic.name, partitions });
        }
        ListOffsetsResponse { topics, ..Default::default() }
    }

    /// Node 1 coordinates everything.
    fn coordinator(&self, request: FindCoordinatorRequest) -> FindCoordinatorResponse {
        let (host, port) = ("127.0.0.1".to_owned(), i32::from(self.nodes[&1]));
        let row = |key: String| Coordinator { key, node_id: 1, host: host.clone(), port, ..Default::default() };
        FindCoordinatorResponse {
            coordinators: request.coordinator_keys.into_iter().map(row).collect(),
            ..Default::default()
        }
    }

    /// The member that joins is the group.
    fn join(&mut self, request: JoinGroupRequest) -> JoinGroupResponse {
        if request.member_id.is_empty() && request.group_instance_id.is_none() {
            self.members += 1;
            let member_id = format!("member-{}", self.members);
            return JoinGroupResponse {
                error_code: ErrorCode::MEMBER_ID_REQUIRED.wire(),
                member_id,
                ..Default::default()
            };
        }
        self.generation += 1;
        let member_id = match request.member_id.is_empty() {
            true => "static-1".to_owned(),
            false => request.member_id,
        };
        let protocol = &request.protocols[0];
        let member = JoinGroupResponseMember {
            member_id: member_id.clone(),
            group_instance_id: request.group_instance_id,
            metadata: protocol.metadata.clone(),
        };
        JoinGroupResponse {
            generation_id: self.generation,
            protocol_type: Some(request.protocol_type),
            protocol_name: Some(protocol.name.clone()),
            leader: member_id.clone(),
            member_id,
            members: vec![member],
            ..Default::default()
        }
    }

    fn sync(&mut self, request: SyncGroupRequest) -> SyncGroupResponse {
        if let Some(row) = request.assignments.first() {
            self.assignment = row.assignment.clone();
        }
        SyncGroupResponse {
            protocol_type: request.protocol_type,
            protocol_name: request.protocol_name,
            assignment: self.assignment.clone(),
            ..Default::default()
        }
    }

    fn commit(&mut self, request: OffsetCommitRequest) -> OffsetCommitResponse {
        let mut topics = Vec::new();
        for topic in request.topics {
            let mut partitions = Vec::new();
            for row in topic.partitions {
                self.committed.insert(row.partition_index, row.committed_offset);
                partitions.push(OffsetCommitResponsePartition { partition_index: row.partition_index, error_code: 0 });
            }
            topics.push(OffsetCommitResponseTopic { name: topic.name, topic_id: topic.topic_id, partitions });
        }
        OffsetCommitResponse { topics, ..Default::default() }
    }

    fn offsets(&self, request: OffsetFetchRequest) -> OffsetFetchResponse {
        let row = |(index, offset): (&i32, &i64)| OffsetFetchResponsePartitions {
            partition_index: *index,
            committed_offset: *offset,
            ..Default::default()
        };
        let partitions: Vec<_> = self.committed.iter().map(row).collect();
        let group = |group: offset_fetch_request::OffsetFetchRequestGroup| OffsetFetchResponseGroup {
            group_id: group.group_id,
            topics: vec![OffsetFetchResponseTopics {
                name: TOPIC.to_owned(),
                partitions: partitions.clone(),
                ..Default::default()
            }],
            error_code: 0,
        };
        OffsetFetchResponse { groups: request.groups.into_iter().map(group).collect(), ..Default::default() }
    }
}

fn now<R: Request>(asked: &Asked, answer: impl FnOnce(R) -> R::Response) -> Reply<Answer> {
    encoded::<R>(Reply::Answer(answer(asked.read())), asked)
}

fn versions() -> ApiVersionsResponse {
    let row = |key: ApiKey| ApiVersion {
        api_key: key.wire(),
        min_version: *key.client_versions().start(),
        max_version: *key.client_versions().end(),
    };
    ApiVersionsResponse { api_keys: ApiKey::all().map(row).collect(), ..Default::default() }
}
