//! Records leave without being copied, and the length of the frame counts them.

use std::os::fd::BorrowedFd;
use std::sync::Arc;

use bytes::Bytes;

use crate::model::Position;
use crate::protocol::messages::fetch_response::{FetchableTopicResponse, PartitionData};
use crate::protocol::messages::{FetchRequest, FetchResponse, ProduceRequest, produce_request};
use crate::protocol::{
    Answer, ApiKey, EncodeFault, FileRange, FileSource, Message, Reader, Records, RequestHeader, Segment, Writer, frame,
};

#[derive(Debug)]
struct File(Vec<u8>);

impl FileSource for File {
    fn read_at(&self, buffer: &mut [u8], position: Position) -> std::io::Result<usize> {
        let start = usize::try_from(position.0).expect("small");
        let length = buffer.len().min(self.0.len() - start);
        buffer[..length].copy_from_slice(&self.0[start..start + length]);
        Ok(length)
    }

    fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        None
    }
}

fn joined(answer: &Answer) -> Vec<u8> {
    let mut bytes = Vec::new();
    for segment in answer.segments() {
        match segment {
            Segment::Bytes(piece) => bytes.extend_from_slice(piece),
            Segment::File(range) => {
                let mut piece = vec![0; range.length];
                assert_eq!(range.file.read_at(&mut piece, range.position).expect("in memory"), range.length);
                bytes.extend(piece);
            }
        }
    }
    bytes
}

fn fetched(partitions: Vec<Records>) -> FetchResponse {
    let partition = |records| PartitionData { records: Some(records), ..Default::default() };
    let topic =
        FetchableTopicResponse { partitions: partitions.into_iter().map(partition).collect(), ..Default::default() };
    FetchResponse { responses: vec![topic], ..Default::default() }
}

#[test]
fn a_fetch_answer_holds_file_ranges_and_large_bytes_as_they_are() {
    let file = Arc::new(File((0..=255).cycle().take(9000).collect()));
    let range = FileRange { file: file.clone(), position: Position(100), length: 5000 };
    let large = Bytes::from(vec![7; 4000]);
    let mut mixed = Records::from(large.clone());
    mixed.push(range.clone());
    mixed.push(Bytes::from_static(b"tail"));
    for version in [4, 11, 12, 17] {
        let response = fetched(vec![Records::from(range.clone()), Records::new(), mixed.clone()]);
        let answer = frame::encode_response(ApiKey::Fetch, version, 77, &response).expect("encodes");
        let bytes = joined(&answer);
        assert_eq!(bytes.len(), answer.len());
        assert_eq!(bytes[..4], (i32::try_from(bytes.len()).expect("small") - 4).to_be_bytes());
        let pieces = answer.segments();
        assert_eq!(pieces.iter().filter(|piece| **piece == Segment::File(range.clone())).count(), 2);
        let same = |piece: &&Segment| matches!(piece, Segment::Bytes(bytes) if bytes.as_ptr() == large.as_ptr());
        assert_eq!(pieces.iter().filter(same).count(), 1);
        let body = Bytes::from(bytes).slice(frame::LENGTH_PREFIX..);
        let (correlation_id, read) = frame::decode_response::<FetchRequest>(body, version).expect("decodes");
        assert_eq!(correlation_id, 77);
        let records = |index: usize| read.responses[0].partitions[index].records.clone().expect("records");
        assert_eq!(records(0).as_bytes().expect("one piece"), &file.0[100..5100]);
        assert_eq!(records(1).len(), 0);
        assert_eq!(records(2).len(), mixed.len());
    }
}

#[test]
fn decoded_records_are_slices_of_the_frame() {
    let topic = produce_request::TopicProduceData {
        name: "t".to_owned(),
        partition_data: vec![produce_request::PartitionProduceData {
            index: 0,
            records: Some(Bytes::from(vec![1; 2000]).into()),
        }],
        ..Default::default()
    };
    let request = ProduceRequest { acks: -1, topic_data: vec![topic], ..Default::default() };
    let bytes = frame::encode_request(9, 5, Some("me"), &request).expect("encodes");
    let mut reader = Reader::new(bytes.slice(frame::LENGTH_PREFIX..));
    let header = RequestHeader::decode(&mut reader).expect("a header");
    assert_eq!(header.client_id.as_deref(), Some("me"));
    let read = ProduceRequest::decode(&mut reader, 9).expect("a request");
    assert_eq!(read, request);
    let records = read.topic_data[0].partition_data[0].records.as_ref().and_then(Records::as_bytes).expect("one piece");
    assert!(bytes.as_ptr_range().contains(&records.as_ptr()));
}

#[test]
fn a_file_range_has_no_bytes_in_memory() {
    let range = FileRange { file: Arc::new(File(vec![0; 10])), position: Position(0), length: 10 };
    let mut writer = Writer::new();
    fetched(vec![range.into()]).encode(&mut writer, 12).expect("encodes");
    assert_eq!(writer.into_bytes().expect_err("in a file").fault(), EncodeFault::InFile);
}
