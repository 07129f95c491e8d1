//! What a peer can send that no message is: every decoder answers with an error or a value, never with a panic.

use bytes::Bytes;

use super::samples::{Chance, sample};
use super::{Recode, for_each_version, recode};
use crate::protocol::messages::*;
use crate::protocol::{ApiKey, DecodeFault, Message, Reader, RequestHeader};

/// Reads `bytes`; what can be read must be written to bytes that read as the same.
fn survives(recode: Recode, bytes: Vec<u8>, version: i16) {
    if let Ok(once) = recode(bytes.into(), version) {
        assert_eq!(recode(once.clone(), version), Ok(once));
    }
}

/// Fault F4: any message cut at every byte.
#[test]
fn a_message_cut_at_any_byte_is_refused() {
    let mut chance = Chance(2);
    for_each_version(|message, version, recode| {
        let bytes = Bytes::from(sample(message, version, &mut chance));
        for end in 0..bytes.len() {
            assert!(recode(bytes.slice(..end), version).is_err(), "{} v{version} of {end} bytes", message.name);
        }
    });
}

/// Fault F4: any message with a byte flipped.
#[test]
fn a_flipped_bit_never_panics() {
    let mut chance = Chance(3);
    for_each_version(|message, version, recode| {
        let bytes = sample(message, version, &mut chance);
        for place in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[place] ^= 1 << chance.below(8);
            survives(recode, flipped, version);
            let mut inverted = bytes.clone();
            inverted[place] = !inverted[place];
            survives(recode, inverted, version);
        }
    });
}

/// Fault F4: random bytes instead of a message.
#[test]
fn random_bytes_never_panic() {
    let mut chance = Chance(4);
    for_each_version(|_, version, recode| {
        for _ in 0..50 {
            let length = chance.below(200);
            // Small bytes pass for lengths more often, and lead further into the decoder.
            let bound = [256, 4][chance.below(2)];
            let bytes = (0..length).map(|_| chance.below(bound) as u8).collect();
            survives(recode, bytes, version);
        }
    });
}

/// Fault F4: lengths from -2 to 2^31-1 at every place of a message.
#[test]
fn an_impossible_length_anywhere_never_panics() {
    let mut chance = Chance(5);
    for_each_version(|message, version, recode| {
        let bytes = sample(message, version, &mut chance);
        for place in 0..bytes.len().saturating_sub(4) {
            for length in [-2, -1, 0, 0x7fff, 1 << 20, i32::MAX] {
                let mut claimed = bytes.clone();
                claimed[place..place + 4].copy_from_slice(&length.to_be_bytes());
                survives(recode, claimed, version);
            }
        }
    });
}

/// Fault F4: an unsupported version of a body.
#[test]
fn a_version_outside_of_the_range_is_refused() {
    for_each_version(|message, _, recode| {
        for version in [message.versions.low - 1, message.versions.high + 1, i16::MIN, i16::MAX] {
            let refused = recode(Bytes::from_static(&[0; 64]), version).expect_err("no such version");
            assert!(refused.contains("this version is not supported"), "{refused}");
        }
    });
}

fn fault_of<M: Message + std::fmt::Debug>(bytes: &'static [u8], version: i16) -> (DecodeFault, String) {
    let error = M::decode(&mut Reader::new(Bytes::from_static(bytes)), version).expect_err("hostile bytes");
    (error.fault().clone(), error.field().to_owned())
}

/// Fault F4: array length -2..2^31-1. Nothing is allocated by it: more elements than bytes are refused first.
#[test]
fn an_array_never_claims_more_elements_than_bytes() {
    let topics = |fault| (fault, "Topics".to_owned());
    let check = |bytes, fault| assert_eq!(fault_of::<MetadataRequest>(bytes, 1), topics(fault));
    check(b"\x7f\xff\xff\xff\0", DecodeFault::Count { claimed: i32::MAX as usize, remaining: 1 });
    check(b"\0\0\0\x02\0", DecodeFault::Count { claimed: 2, remaining: 1 });
    check(b"\xff\xff\xff\xfe\0", DecodeFault::Length(-2));
    assert_eq!(fault_of::<MetadataRequest>(b"\xff\xff\xff\xff", 0), topics(DecodeFault::Null));
    let all = MetadataRequest::decode(&mut Reader::new(Bytes::from_static(&[0xff; 4])), 1).expect("null means all");
    assert_eq!(all.topics, None);
}

/// Fault F4: an array whose bytes are all there takes room for 1,024 elements at first and grows as they arrive.
#[test]
fn an_array_takes_room_as_its_elements_arrive() {
    let mut bytes = 1025_i32.to_be_bytes().to_vec();
    bytes.resize(4 + 1025, 0);
    let elements: Vec<i8> = Reader::new(bytes.into()).array("Elements", 0).expect("an array");
    // Room by the claimed length would be exact; growth from 1,024 overshoots.
    assert!(elements.capacity() > elements.len(), "{}", elements.capacity());
}

/// Fault F4: varint of 11 bytes, and of 6 where five are the most.
#[test]
fn an_endless_varint_is_refused() {
    let reader = |bytes: usize| Reader::new(vec![0x80; bytes].into());
    assert_eq!(reader(6).uvarint("x").expect_err("too long").fault(), &DecodeFault::Varint);
    assert_eq!(reader(11).varlong("x").expect_err("too long").fault(), &DecodeFault::Varint);
    assert_eq!(fault_of::<ApiVersionsRequest>(&[0xff; 11], 3).0, DecodeFault::Varint);
}

/// Fault F4: compact length 0 is null, which few fields may be.
#[test]
fn a_compact_length_of_zero_is_refused_where_null_is() {
    assert_eq!(fault_of::<ApiVersionsRequest>(b"\0\x01\0", 3), (DecodeFault::Null, "ClientSoftwareName".to_owned()));
}

/// Fault F4: unknown tags are stepped over by their size, wherever they are.
#[test]
fn unknown_tags_are_skipped_and_known_ones_must_fill_their_size() {
    let read = |bytes| recode::<ApiVersionsRequest>(Bytes::from_static(bytes), 3);
    assert_eq!(read(b"\x01\x01\x02\x07\x02ab\xff\x01\0"), Ok(Bytes::from_static(b"\x01\x01\0")));
    assert!(read(b"\x01\x01\x01\x07\x03ab").is_err());
    assert!(read(b"\x01\x01\xff\xff\xff\xff\x0f").is_err());
    // Tag 0 of a broker heartbeat is an array of directory ids: an empty one leaves a byte of the two claimed.
    let mut heartbeat = vec![0; 22];
    heartbeat.extend(b"\x01\0\x02\x01\x01");
    let error = BrokerHeartbeatRequest::decode(&mut Reader::new(heartbeat.into()), 1).expect_err("a byte is left");
    assert_eq!(error.fault(), &DecodeFault::TagSize(1));
}

/// Fault F4: an error says which field of which element is wrong, and where.
#[test]
fn an_error_names_the_message_the_field_and_the_byte() {
    let bytes = Bytes::from_static(b"\0\0\0\x02\0\x01a\0\x01\xff\0");
    let error = MetadataRequest::decode(&mut Reader::new(bytes), 4).expect_err("0xff is no text");
    assert_eq!(error.to_string(), "MetadataRequest v4: Topics[1].Name is not valid UTF-8 (at byte 9)");
}

/// Fault F3: an unknown key, and a frame too short to have one.
#[test]
fn a_header_without_a_known_key_is_refused() {
    let read = |bytes: &'static [u8]| RequestHeader::decode(&mut Reader::new(Bytes::from_static(bytes)));
    assert_eq!(read(b"\x03\xe7\0\0\0\0\0\0\xff\xff").expect_err("key 999").fault(), &DecodeFault::ApiKey(999));
    assert_eq!(read(b"\xff\xff\0\0\0\0\0\0\xff\xff").expect_err("key -1").fault(), &DecodeFault::ApiKey(-1));
    for length in 0..8 {
        assert!(matches!(read(&[0; 7][..length.min(7)]).expect_err("short").fault(), DecodeFault::Truncated { .. }));
    }
}

/// Fault F3: ApiVersions of a future version is read as far as its header, so that it can be answered.
#[test]
fn api_versions_of_a_future_version_has_a_readable_header() {
    let bytes = Bytes::from_static(b"\0\x12\x7f\xff\0\0\0\x07\0\x01c\0anything");
    let header = RequestHeader::decode(&mut Reader::new(bytes)).expect("a header");
    assert_eq!((header.api_key, header.api_version, header.correlation_id), (ApiKey::ApiVersions, i16::MAX, 7));
    assert_eq!(ApiKey::ApiVersions.response_header_version(i16::MAX), 0);
}

/// Fault F3: a header of the wrong flexibility for its version.
#[test]
fn a_header_of_the_wrong_kind_is_refused_or_read_as_written() {
    // Without the tag buffer that a flexible version has, the frame ends early.
    let bytes = Bytes::from_static(b"\0\x12\0\x03\0\0\0\x07\0\x01c");
    let error = RequestHeader::decode(&mut Reader::new(bytes)).expect_err("no tags");
    assert!(matches!(error.fault(), DecodeFault::Truncated { .. }));
    // With a tag buffer that the version has not, the body begins a byte late and reads other values, as in Kafka.
    let bytes = Bytes::from_static(b"\0\x0c\0\0\0\0\0\x07\0\x01c\0\0\x01g\0\0\0\x01\0\x01m");
    let mut reader = Reader::new(bytes);
    RequestHeader::decode(&mut reader).expect("a header");
    let shifted = HeartbeatRequest::decode(&mut reader, 0).expect("it happens to be one");
    assert_eq!((shifted.group_id.as_str(), shifted.generation_id), ("", 0x0167_0000));
}

/// Fault F4: trailing bytes. Kafka 4.3.1 ignores them behind the body of a request, so a newer client is not cut off.
#[test]
fn bytes_behind_a_body_are_left_in_the_reader() {
    let mut reader = Reader::new(Bytes::from_static(b"\0\x01gtail"));
    let request = SaslHandshakeRequest::decode(&mut reader, 1).expect("a request");
    assert_eq!((request.mechanism.as_str(), reader.remaining()), ("g", 4));
}
