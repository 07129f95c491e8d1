//! Tests of the codec as a whole: every message in every version, against the schema, another codec and hostile bytes.

mod hostile;
mod oracle;
#[allow(unreachable_pub, reason = "the interop suite shares it")]
mod samples;
#[path = "../../build/schema.rs"]
#[allow(unreachable_pub, missing_docs, dead_code, reason = "the build script uses the rest")]
mod schema;
mod segments;
mod values;

use bytes::Bytes;

use super::{Message, Reader, Writer, messages};

/// Reads a message and writes it again.
type Recode = fn(Bytes, i16) -> Result<Bytes, String>;

fn recode<M: Message>(bytes: Bytes, version: i16) -> Result<Bytes, String> {
    let mut reader = Reader::new(bytes);
    let message = M::decode(&mut reader, version).map_err(|error| error.to_string())?;
    reader.expect_end().map_err(|error| error.to_string())?;
    let mut writer = Writer::new();
    message.encode(&mut writer, version).expect("what was read can be written");
    Ok(writer.into_bytes().expect("nothing is in a file"))
}

macro_rules! recoders {
    ($($name:ident),*) => {
        fn recoder(name: &str) -> Recode {
            match name {
                $(stringify!($name) => recode::<messages::$name>,)*
                other => panic!("{other} is not generated"),
            }
        }
    };
}
include!(concat!(env!("OUT_DIR"), "/every_message.rs"));
every_message!(recoders);

macro_rules! schemas {
    ($($family:literal),*) => {
        fn every_schema() -> Vec<schema::Message> {
            let families = [$(schema::parse($family, include_str!(concat!("schema/", $family, ".txt")))),*];
            families.into_iter().flat_map(|family| family.expect("the build read it")).collect()
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

/// Calls `check` with every message and version.
fn for_each_version(mut check: impl FnMut(&schema::Message, i16, Recode)) {
    for message in every_schema() {
        for version in message.versions.low..=message.versions.high {
            check(&message, version, recoder(&message.name));
        }
    }
}

#[test]
fn every_message_of_every_version_is_read_and_written_as_the_schema_says() {
    let mut chance = samples::Chance(1);
    for_each_version(|message, version, recode| {
        for _ in 0..20 {
            let bytes = Bytes::from(samples::sample(message, version, &mut chance));
            let again = recode(bytes.clone(), version);
            assert_eq!(again.as_ref(), Ok(&bytes), "{} v{version}", message.name);
        }
    });
}
