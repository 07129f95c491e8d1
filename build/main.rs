//! Turns the schema of the wire messages (`src/protocol/schema/*.txt`) into Rust, once per build.
//!
//! [`schema`] reads the text, [`messages`] writes one struct with its codec per message, [`tables`] writes what spans
//! messages: the API keys and the unions of record families, and [`outlines`] what the tools print records by. The
//! syntax of a line is explained in `api.txt`.

#![allow(unreachable_pub)] // The modules of a build script have no outside.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a build script reads files and speaks to cargo on stdout"
)]

mod messages;
mod outlines;
#[allow(dead_code, reason = "the tests of the codec share it and ask more")]
mod schema;
mod tables;

use std::path::{Path, PathBuf};
use std::{env, fs};

const SCHEMA: &str = "src/protocol/schema";

/// The schema files in the order in which their messages appear in the generated code.
const FAMILIES: [&str; 8] =
    ["api", "data", "group_coordinator", "transaction_coordinator", "share_coordinator", "metadata", "raft", "storage"];

fn main() {
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed={SCHEMA}");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let schema: Vec<schema::Message> = FAMILIES.iter().flat_map(|family| read(family)).collect();
    let mut code = String::new();
    for message in &schema {
        messages::emit(&mut code, message);
    }
    write(&out, "messages.rs", &code);
    write(&out, "api_keys.rs", &tables::api_keys(&schema));
    write(&out, "metadata_record.rs", &tables::metadata_record(&schema));
    write(&out, "coordinator_records.rs", &tables::coordinator_records(&schema));
    write(&out, "outlines.rs", &outlines::outlines(&schema));
    write(&out, "every_message.rs", &tables::every_message(&schema));
}

fn read(family: &str) -> Vec<schema::Message> {
    let path = Path::new(SCHEMA).join(family).with_extension("txt");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    schema::parse(family, &text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn write(out: &Path, name: &str, code: &str) {
    fs::write(out.join(name), code).unwrap_or_else(|error| panic!("{name}: {error}"));
}
