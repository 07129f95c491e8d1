use super::*;
use crate::model::Uuid;
use crate::protocol::messages::GroupMetadataValue;
use crate::protocol::messages::group_metadata_value::MemberMetadata;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Bytes {
    (0..hex.len() / 2).map(|index| u8::from_str_radix(&hex[2 * index..2 * index + 2], 16).unwrap()).collect()
}

fn committed(expire_timestamp: Option<Timestamp>) -> GroupRecord {
    GroupRecord::Offset {
        group: "group".into(),
        topic: "topic".into(),
        partition: 3,
        value: Some(CommittedOffset {
            offset: 42,
            leader_epoch: if expire_timestamp.is_some() { -1 } else { 7 },
            metadata: "note".into(),
            commit_timestamp: Timestamp(1_700_000_000_000),
            expire_timestamp,
            topic_id: if expire_timestamp.is_some() { Uuid::ZERO } else { Uuid([0x11; 16]) },
        }),
    }
}

fn group() -> GroupRecord {
    let member = MemberMetadata {
        member_id: "m-1".to_owned(),
        group_instance_id: Some("i".to_owned()),
        client_id: "c".to_owned(),
        client_host: "/127.0.0.1".to_owned(),
        rebalance_timeout: 60_000,
        session_timeout: 10_000,
        subscription: Bytes::from_static(b"sub"),
        assignment: Bytes::from_static(b"as"),
    };
    GroupRecord::Group {
        group: "group".into(),
        value: Some(GroupMetadataValue {
            protocol_type: "consumer".to_owned(),
            generation: 5,
            protocol: Some("range".to_owned()),
            leader: Some("m-1".to_owned()),
            current_state_timestamp: 1_700_000_000_000,
            members: vec![member],
        }),
    }
}

/// The bytes were printed by `GroupCoordinatorRecordHelpers` and `GroupCoordinatorRecordSerde` of Kafka 4.3.1.
#[test]
fn records_are_kafkas_to_the_byte() {
    for (record, key, value) in [
        (committed(None), OFFSET_KEY, OFFSET_VALUE),
        (committed(Some(Timestamp(1_700_000_001_000))), OFFSET_KEY, EXPIRING_OFFSET_VALUE),
        (group(), GROUP_KEY, GROUP_VALUE),
    ] {
        let (own_key, own_value) = record.to_bytes().unwrap();
        assert_eq!((hex(&own_key).as_str(), hex(&own_value.unwrap()).as_str()), (key, value));
        assert_eq!(GroupRecord::from_bytes(bytes(key), Some(bytes(value))).unwrap(), Some(record));
    }
    for (record, key) in [
        (GroupRecord::Offset { group: "group".into(), topic: "topic".into(), partition: 3, value: None }, OFFSET_KEY),
        (GroupRecord::Group { group: "group".into(), value: None }, GROUP_KEY),
    ] {
        assert_eq!(record.to_bytes().unwrap(), (bytes(key), None));
        assert_eq!(GroupRecord::from_bytes(bytes(key), None).unwrap(), Some(record));
    }
}

#[test]
fn records_of_old_brokers_are_read() {
    // Offsets of versions 0 to 3, with a key of type 0 and of type 1.
    for (value, offset, expires) in [
        ("0000000000000000002a00046e6f74650000018bcfe56800", 42, None),
        ("0001000000000000002a00046e6f74650000018bcfe568000000018bcfe56be8", 42, Some(1_700_000_001_000)),
        ("0002000000000000002a00046e6f74650000018bcfe56800", 42, None),
        ("0003000000000000002a0000000700046e6f74650000018bcfe56800", 42, None),
    ] {
        for key in [OFFSET_KEY.to_owned(), OFFSET_KEY.replacen("0001", "0000", 1)] {
            let record = GroupRecord::from_bytes(bytes(&key), Some(bytes(value))).unwrap();
            let Some(GroupRecord::Offset { group, partition, value: Some(value), .. }) = record else {
                panic!("{key}")
            };
            assert_eq!((&*group, partition, value.offset, &*value.metadata), ("group", 3, offset, "note"));
            assert_eq!(value.expire_timestamp.map(|expires| expires.0), expires);
        }
    }
    // A group of version 0: one timeout, no timestamp, no instance.
    let old =
        "00000008636f6e73756d6572000000010005 72616e67650001 6d00000001 00016d00016300012f00002710 00000000 00000000"
            .replace(' ', "");
    let record = GroupRecord::from_bytes(bytes(GROUP_KEY), Some(bytes(&old))).unwrap().unwrap();
    let mut world = World::new();
    world.shard.replay(Offset(0), ProducerId::NONE, record, Timestamp(0));
    let reply = world.send(6, GroupRequest::DescribeGroups(vec!["group".to_owned()]));
    let Reply::DescribeGroups(groups) = &world.answers[&reply] else { panic!() };
    assert_eq!((groups[0].group_state.as_str(), groups[0].members[0].member_id.as_str()), ("Stable", "m"));
}

#[test]
fn records_of_other_protocols_and_newer_brokers_are_stepped_over() {
    for key in ["0003000567726f7570", "7fff00"] {
        assert_eq!(GroupRecord::from_bytes(bytes(key), None).unwrap(), None, "{key}");
    }
    for (key, value) in [("", None), ("00", None), ("000100", None), (OFFSET_KEY, Some("0009")), (OFFSET_KEY, Some(""))]
    {
        assert!(GroupRecord::from_bytes(bytes(key), value.map(bytes)).is_err(), "{key}");
    }
}

const OFFSET_KEY: &str = "0001000567726f75700005746f70696300000003";
const OFFSET_VALUE: &str =
    "0004000000000000002a00000007056e6f74650000018bcfe5680001001011111111111111111111111111111111";
const EXPIRING_OFFSET_VALUE: &str = "0001000000000000002a00046e6f74650000018bcfe568000000018bcfe56be8";
const GROUP_KEY: &str = "0002000567726f7570";
const GROUP_VALUE: &str = "00030008636f6e73756d657200000005000572616e676500036d2d310000018bcfe568000000000100036d2d31000169000163000a2f3132372e302e302e310000ea600000271000000003737562000000026173";
