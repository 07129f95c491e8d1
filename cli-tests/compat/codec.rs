//! Every message in every version, against the message classes of Kafka's own jars: requests and responses, group,
//! transaction and share records, metadata records and control records.
//!
//! The frames are made from the schema, pass our codec, and must come back from Kafka's the same; so must the bytes of
//! an untouched message, which hold the defaults, and the versions that a message has.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;

use bytes::Bytes;
use mq::protocol::{Message, Reader, Writer, messages};

use super::peer;

#[path = "../../src/protocol/tests/samples.rs"]
#[allow(unreachable_pub, reason = "the unit tests of the codec share it")]
mod samples;
#[path = "../../build/schema.rs"]
#[allow(dead_code, unreachable_pub, reason = "the build script uses the rest")]
mod schema;

/// Frames per message and version.
const SAMPLES: usize = 10;

/// Version 0 of these is for the AdminClient of 0.11; Kafka 4 has dropped it.
const OLDER_THAN_KAFKA: [&str; 8] = [
    "CreateAclsRequest",
    "CreateAclsResponse",
    "DeleteAclsRequest",
    "DeleteAclsResponse",
    "DescribeAclsRequest",
    "DescribeAclsResponse",
    "DescribeConfigsRequest",
    "DescribeConfigsResponse",
];

/// What our codec does with a message.
struct Codec {
    recode: fn(Bytes, i16) -> Bytes,
    untouched: fn(i16) -> Bytes,
}

fn recode<M: Message>(bytes: Bytes, version: i16) -> Bytes {
    let mut reader = Reader::new(bytes);
    let message = M::decode(&mut reader, version).expect("a frame of the schema");
    reader.expect_end().expect("the whole frame is the message");
    encode(&message, version)
}

fn untouched<M: Message>(version: i16) -> Bytes {
    encode(&M::default(), version)
}

fn encode(message: &impl Message, version: i16) -> Bytes {
    let mut writer = Writer::new();
    message.encode(&mut writer, version).expect("the version carries it");
    writer.into_bytes().expect("in memory")
}

macro_rules! codecs {
    ($($name:ident),*) => {
        fn codec(name: &str) -> Codec {
            match name {
                $(stringify!($name) => {
                    Codec { recode: recode::<messages::$name>, untouched: untouched::<messages::$name> }
                })*
                other => panic!("{other} is not generated"),
            }
        }
    };
}
include!(concat!(env!("OUT_DIR"), "/every_message.rs"));
every_message!(codecs);

macro_rules! schemas {
    ($($family:literal),*) => {
        fn every_schema() -> Vec<schema::Message> {
            let texts = [$(($family, include_str!(concat!("../../src/protocol/schema/", $family, ".txt")))),*];
            texts.into_iter().flat_map(|(family, text)| schema::parse(family, text).expect("the build read it")).collect()
        }
    };
}
schemas!(
    "api",
    "data",
    "group_coordinator",
    "transaction_coordinator",
    "share_coordinator",
    "metadata",
    "raft",
    "storage"
);

#[test]
fn kafkas_own_classes_read_and_write_the_same_bytes() {
    let schema = every_schema();
    let report = ask_kafka(&frames(&schema));
    let wrong: Vec<&str> =
        report.lines().filter(|line| line.starts_with("other ") || line.starts_with("refused ")).collect();
    assert!(wrong.is_empty(), "{} frames differ, as:\n{}", wrong.len(), wrong[..wrong.len().min(10)].join("\n"));
    let same = report.lines().filter(|line| *line == "same").count();
    let versions = schema.iter().flat_map(versions).count() - OLDER_THAN_KAFKA.len();
    assert_eq!(same, versions * SAMPLES, "every frame is judged");
    check_ranges(&schema, &report);
    assert_eq!(check_defaults(&report), versions, "every untouched message is judged");
}

fn versions(message: &schema::Message) -> impl Iterator<Item = i16> + use<> {
    message.versions.low..=message.versions.high
}

/// One line per frame: name, version, bytes.
fn frames(schema: &[schema::Message]) -> String {
    let mut chance = samples::Chance(7);
    let mut lines = String::new();
    for message in schema {
        let codec = codec(&message.name);
        for version in versions(message) {
            for _ in 0..SAMPLES {
                let bytes = Bytes::from(samples::sample(message, version, &mut chance));
                let ours = (codec.recode)(bytes.clone(), version);
                assert_eq!(ours, bytes, "{} v{version}", message.name);
                writeln!(lines, "{} {version} {}", message.name, hex(&ours)).expect("a string");
            }
        }
    }
    lines
}

fn ask_kafka(frames: &str) -> String {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(frames.as_bytes()).expect("room for the frames");
    peer::program("Codec.java", &[&file.path().to_string_lossy()])
}

/// The versions of every message are Kafka's, but for those that we have added.
fn check_ranges(schema: &[schema::Message], report: &str) {
    let kafkas: BTreeMap<&str, (i16, i16)> = of_kind(report, "range")
        .map(|words| (words[1], (words[2].parse().expect("a version"), words[3].parse().expect("a version"))))
        .collect();
    for message in schema {
        let added = OLDER_THAN_KAFKA.contains(&message.name.as_str());
        let low = message.versions.low + i16::from(added);
        assert_eq!(kafkas.get(message.name.as_str()), Some(&(low, message.versions.high)), "{}", message.name);
    }
    let absent: BTreeSet<&str> = of_kind(report, "absent").map(|words| words[1]).collect();
    assert_eq!(absent, BTreeSet::from(OLDER_THAN_KAFKA));
}

/// An untouched message has the same bytes as Kafka's. Returns how many were compared.
fn check_defaults(report: &str) -> usize {
    let compared = of_kind(report, "default").inspect(|words| {
        let version = words[2].parse().expect("a version");
        assert_eq!(hex(&(codec(words[1]).untouched)(version)), words[3], "{} v{version}", words[1]);
    });
    compared.count()
}

fn of_kind<'a>(report: &'a str, kind: &'a str) -> impl Iterator<Item = Vec<&'a str>> {
    report.lines().map(|line| line.split(' ').collect::<Vec<_>>()).filter(move |words| words[0] == kind)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string");
        text
    })
}
