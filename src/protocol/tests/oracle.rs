//! The same bytes through the `kafka-protocol` crate, for the keys and versions that it has.

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::{ApiKey, RequestKind, ResponseKind};

use super::samples::{Chance, sample};
use super::schema::{Kind, Message};
use super::{every_schema, recoder};

/// The versions of a request or response that both codecs have.
fn common_versions(message: &Message) -> Vec<i16> {
    let Ok(key) = ApiKey::try_from(message.number) else { return Vec::new() };
    let mut known = key.valid_versions();
    if matches!(key, ApiKey::InitProducerId | ApiKey::OffsetCommit | ApiKey::OffsetFetch) {
        // Its table of keys claims a version more than its messages have.
        known.max -= 1;
    }
    (message.versions.low..=message.versions.high).filter(|version| (known.min..=known.max).contains(version)).collect()
}

fn reference(message: &Message, version: i16, bytes: &Bytes) -> BytesMut {
    let key = ApiKey::try_from(message.number).expect("a common version has a common key");
    let mut read = bytes.clone();
    let mut written = BytesMut::new();
    match message.kind {
        Kind::Request => RequestKind::decode(key, &mut read, version)
            .and_then(|request| request.encode(&mut written, version))
            .unwrap_or_else(|error| panic!("{} v{version}: {error}", message.name)),
        _ => ResponseKind::decode(key, &mut read, version)
            .and_then(|response| response.encode(&mut written, version))
            .unwrap_or_else(|error| panic!("{} v{version}: {error}", message.name)),
    }
    assert!(read.is_empty(), "{} v{version} has a tail", message.name);
    written
}

#[test]
fn another_codec_reads_and_writes_the_same_bytes() {
    let mut chance = Chance(6);
    let mut compared = 0;
    for message in every_schema() {
        if !matches!(message.kind, Kind::Request | Kind::Response) {
            continue;
        }
        for version in common_versions(&message) {
            for _ in 0..5 {
                let bytes = Bytes::from(sample(&message, version, &mut chance));
                let ours = recoder(&message.name)(bytes, version).expect("our own sample");
                assert_eq!(reference(&message, version, &ours), ours, "{} v{version}", message.name);
            }
            compared += 1;
        }
    }
    assert!(compared > 500, "only {compared} versions are common");
}
