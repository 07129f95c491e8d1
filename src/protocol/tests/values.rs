//! Rules of single fields: defaults, versions that lack them, nulls; and the framing of records.

use bytes::Bytes;

use crate::model::Uuid;
use crate::protocol::coordinator_frame::{Framed, GroupRecordKey, GroupRecordValue};
use crate::protocol::messages::*;
use crate::protocol::metadata_frame::{self, MetadataRecord};
use crate::protocol::{ApiKey, DecodeFault, EncodeFault, Message, Reader, Writer, consumer_protocol};

fn encoded<M: Message>(message: &M, version: i16) -> Result<Bytes, (EncodeFault, &'static str)> {
    let mut writer = Writer::new();
    message.encode(&mut writer, version).map_err(|error| (error.fault(), error.field()))?;
    Ok(writer.into_bytes().expect("in memory"))
}

#[test]
fn a_field_that_the_version_lacks_is_refused_unless_it_may_be_left_out() {
    let heartbeat = HeartbeatRequest { group_instance_id: Some("i".to_owned()), ..Default::default() };
    assert_eq!(encoded(&heartbeat, 2), Err((EncodeFault::Unsupported, "GroupInstanceId")));
    assert!(encoded(&heartbeat, 3).is_ok());
    let throttled = HeartbeatResponse { throttle_time_ms: 9, ..Default::default() };
    assert_eq!(encoded(&throttled, 0), Ok(Bytes::from_static(b"\0\0")));
}

#[test]
fn a_null_is_refused_in_a_version_that_has_none() {
    let all = MetadataRequest { topics: None, ..Default::default() };
    assert_eq!(encoded(&all, 0), Err((EncodeFault::Null, "Topics")));
    assert!(encoded(&all, 1).is_ok());
}

#[test]
fn a_text_that_is_too_long_for_its_length_is_refused() {
    let sasl = SaslHandshakeRequest { mechanism: "x".repeat(40_000) };
    assert_eq!(encoded(&sasl, 1), Err((EncodeFault::TooLong, "Mechanism")));
}

#[test]
fn a_version_outside_of_the_range_cannot_be_written() {
    assert_eq!(encoded(&HeartbeatRequest::default(), 5), Err((EncodeFault::Version, "")));
}

#[test]
fn defaults_are_those_of_the_schema() {
    let fetch = FetchRequest::default();
    assert_eq!((fetch.replica_id, fetch.max_bytes, fetch.session_epoch), (-1, i32::MAX, -1));
    assert_eq!(MetadataRequest::default().topics, Some(Vec::new()));
    assert!(MetadataRequest::default().allow_auto_topic_creation);
    assert_eq!(fetch_response::PartitionData::default().records, None);
    assert_eq!(ApiVersionsResponse::default().finalized_features_epoch, -1);
}

#[test]
fn default_tagged_fields_are_left_out_and_others_ascend() {
    assert_eq!(encoded(&PartitionChangeRecord::default(), 0).expect("encodes").len(), 4 + 16 + 1);
    let change = PartitionChangeRecord { isr: Some(vec![1]), leader: 1, ..Default::default() };
    let bytes = encoded(&change, 0).expect("encodes");
    assert_eq!(bytes[20..], *b"\x02\0\x05\x02\0\0\0\x01\x01\x04\0\0\0\x01");
}

#[test]
fn the_layouts_of_version_0_are_those_of_the_old_admin_client() {
    // DescribeConfigs v0 ends behind the resources, and its entry says "is default" where later ones say the source.
    assert_eq!(encoded(&DescribeConfigsRequest::default(), 0), Ok(Bytes::from_static(&[0; 4])));
    let entry = describe_configs_response::DescribeConfigsResourceResult {
        name: "n".to_owned(),
        value: None,
        is_default: true,
        ..Default::default()
    };
    let result = describe_configs_response::DescribeConfigsResult {
        configs: vec![entry],
        error_message: None,
        ..Default::default()
    };
    let response = DescribeConfigsResponse { results: vec![result], ..Default::default() };
    let bytes = encoded(&response, 0).expect("encodes");
    assert_eq!(bytes[bytes.len() - 8..], *b"\0\x01n\xff\xff\0\x01\0");
    // An ACL of version 0 has no pattern type: it means LITERAL, and nothing else can be said.
    let literal = DescribeAclsRequest::default();
    assert_eq!(literal.pattern_type_filter, 3);
    assert!(encoded(&literal, 0).is_ok());
    let prefixed = DescribeAclsRequest { pattern_type_filter: 4, ..Default::default() };
    assert_eq!(encoded(&prefixed, 0), Err((EncodeFault::Unsupported, "PatternTypeFilter")));
}

#[test]
fn an_unfinished_version_is_read_but_not_for_clients() {
    assert_eq!(ApiKey::InitProducerId.versions(), 0..=6);
    assert_eq!(ApiKey::InitProducerId.client_versions(), 0..=5);
    assert_eq!(InitProducerIdRequest::STABLE_MAX, 5);
}

#[test]
fn every_key_finds_its_own_row() {
    for key in ApiKey::all() {
        assert_eq!(ApiKey::from_wire(key.wire()), Some(key));
        assert_eq!(key.name(), format!("{key:?}"));
        assert!(key.versions().contains(key.client_versions().end()), "{key}");
    }
    assert_eq!(ApiKey::OffsetCommit.versions(), 2..=10);
    assert_eq!(ApiKey::from_wire(92).map(ApiKey::name), Some("DeleteShareGroupOffsets"));
    // LeaderAndIsr, StopReplica, UpdateMetadata and ControlledShutdown went with ZooKeeper.
    for gone in [-1, 4, 5, 6, 7, 93, i16::MAX, i16::MIN] {
        assert_eq!(ApiKey::from_wire(gone), None);
    }
}

#[test]
fn a_metadata_record_is_framed_by_type_and_version() {
    let record = MetadataRecord::from(TopicRecord { name: "t".to_owned(), topic_id: Uuid::METADATA_TOPIC });
    let bytes = metadata_frame::encode(&record, 0).expect("encodes");
    assert_eq!(bytes[..5], *b"\x01\x02\0\x02t");
    assert_eq!(metadata_frame::decode(bytes.clone()), Ok((record, 0)));
    let fault =
        |bytes: &'static [u8]| metadata_frame::decode(Bytes::from_static(bytes)).expect_err("hostile").fault().clone();
    assert_eq!(fault(b"\x02\x02\0"), DecodeFault::FrameVersion(2));
    assert_eq!(fault(b"\x01\x63\0"), DecodeFault::RecordType(99));
    assert_eq!(fault(b"\x01\xff\xff\xff\xff\x0f\0"), DecodeFault::RecordType(u32::MAX.into()));
    assert_eq!(fault(b"\x01\x02\x09"), DecodeFault::Version);
    let mut longer = bytes.to_vec();
    longer.push(0);
    assert_eq!(metadata_frame::decode(longer.into()).expect_err("a tail").fault(), &DecodeFault::Trailing(1));
}

#[test]
fn coordinator_records_carry_type_and_version_and_unknown_types_survive() {
    let key = GroupRecordKey::from(GroupMetadataKey { group: "g".to_owned() });
    let bytes = key.to_bytes().expect("encodes");
    assert_eq!(bytes, Bytes::from_static(b"\0\x02\0\x01g"));
    assert_eq!(GroupRecordKey::from_bytes(bytes), Ok(Framed::Known(key)));
    let value = GroupRecordValue::from(OffsetCommitValue { offset: 5, ..Default::default() });
    let bytes = value.to_bytes(3).expect("encodes");
    assert_eq!(bytes[..2], [0, 3]);
    assert_eq!(GroupRecordValue::from_bytes(1, bytes), Ok((Framed::Known(value), 3)));
    let foreign = Bytes::from_static(b"\x03\xe7whatever");
    let kept = Framed::Unknown { record_type: 999, bytes: foreign.clone() };
    assert_eq!(GroupRecordKey::from_bytes(foreign), Ok(kept));
}

#[test]
fn a_subscription_of_a_future_version_is_read_as_the_newest_known() {
    let subscription = ConsumerProtocolSubscription { topics: vec!["t".to_owned()], ..Default::default() };
    let mut bytes = consumer_protocol::encode_subscription(&subscription, 3).expect("encodes").to_vec();
    bytes[..2].copy_from_slice(&9_i16.to_be_bytes());
    bytes.extend(b"appended");
    assert_eq!(consumer_protocol::decode_subscription(bytes.into()), Ok(subscription));
}

#[test]
fn numbers_of_variable_length_keep_their_value() {
    let mut writer = Writer::new();
    for value in [0, -1, 1, i32::MIN, i32::MAX] {
        writer.varint(value);
        writer.varlong(i64::from(value) << 31);
        writer.uvarint(value.cast_unsigned());
    }
    let mut reader = Reader::new(writer.into_bytes().expect("in memory"));
    for value in [0, -1, 1, i32::MIN, i32::MAX] {
        assert_eq!(reader.varint("x"), Ok(value));
        assert_eq!(reader.varlong("x"), Ok(i64::from(value) << 31));
        assert_eq!(reader.uvarint("x"), Ok(value.cast_unsigned()));
    }
    assert_eq!(reader.expect_end(), Ok(()));
}
