//! Writes what spans messages: the API keys, the unions of record families, and the list of all messages.

use std::fmt::Write;

use crate::schema::{Kind, Message, Versions};

/// The enum `ApiKey` and its table, from the requests of the schema.
pub fn api_keys(schema: &[Message]) -> String {
    let mut requests: Vec<&Message> = schema.iter().filter(|message| message.kind == Kind::Request).collect();
    requests.sort_by_key(|request| request.number);
    let mut variants = String::new();
    let mut rows = String::new();
    for request in requests {
        let Message { number, versions: Versions { low, high }, flexible_from, .. } = request;
        let name = request.name.strip_suffix("Request").expect("requests are called so");
        let stable = if request.unstable { high - 1 } else { *high };
        writeln!(variants, "/// Key {number}.\n{name} = {number},").expect("a string");
        writeln!(
            rows,
            "Row {{ key: ApiKey::{name}, name: {name:?}, versions: {low}..={high}, stable_max: {stable}, \
             flexible_from: {flexible_from} }},"
        )
        .expect("a string");
    }
    format!(
        "/// The key of an API: which request a frame carries.\n\
         #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]\n#[repr(i16)]\n\
         pub enum ApiKey {{\n{variants}}}\nconst TABLE: &[Row] = &[\n{rows}];\n"
    )
}

/// The enum `MetadataRecord` over the record types of the metadata log.
pub fn metadata_record(schema: &[Message]) -> String {
    let records = family(schema, "metadata", Kind::Metadata);
    union(
        "MetadataRecord",
        "A record of the metadata log (KIP-631).",
        &records.iter().map(|record| (short(record, "Record"), record.name.clone(), record.number)).collect::<Vec<_>>(),
    )
}

/// For each coordinator one enum over its record keys and one over its record values.
pub fn coordinator_records(schema: &[Message]) -> String {
    let mut code = String::new();
    for (family_name, prefix, what) in [
        ("group_coordinator", "Group", "`__consumer_offsets`"),
        ("transaction_coordinator", "Transaction", "`__transaction_state`"),
        ("share_coordinator", "Share", "`__share_group_state`"),
    ] {
        for (kind, suffix, part) in [(Kind::CoordinatorKey, "Key", "key"), (Kind::CoordinatorValue, "Value", "value")] {
            let rows: Vec<_> = family(schema, family_name, kind)
                .iter()
                .map(|record| (short(record, suffix), record.name.clone(), record.number))
                .collect();
            code += &union(
                &format!("{prefix}Record{suffix}"),
                &format!("The {part} of a record of {what}, by record type."),
                &rows,
            );
        }
    }
    code
}

/// A macro that hands the names of all messages to another macro: the tests walk the codec with it.
pub fn every_message(schema: &[Message]) -> String {
    let names: Vec<&str> = schema.iter().map(|message| message.name.as_str()).collect();
    format!("macro_rules! every_message {{ ($then:ident) => {{ $then! {{ {} }} }}; }}\n", names.join(", "))
}

fn family<'a>(schema: &'a [Message], family: &str, kind: Kind) -> Vec<&'a Message> {
    let mut found: Vec<&Message> =
        schema.iter().filter(|message| message.family == family && message.kind == kind).collect();
    found.sort_by_key(|message| message.number);
    found
}

fn short(message: &Message, suffix: &str) -> String {
    message.name.strip_suffix(suffix).unwrap_or(&message.name).to_owned()
}

/// The rows go to the macro `union_of_messages` of the crate, which holds the code that all unions share.
fn union(name: &str, doc: &str, rows: &[(String, String, i16)]) -> String {
    let mut code = format!("union_of_messages! {{\n#[doc = {doc:?}]\n{name} {{\n");
    for (variant, message, number) in rows {
        writeln!(code, "{variant}({message}) = {number},").expect("a string");
    }
    code + "}\n}\n"
}
