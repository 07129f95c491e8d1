//! Writes the outline of each message that is kept in a log, as a table: its fields by name, type and version.
//!
//! The tools print such records as JSON. A table that one function walks is compiled in no time, where a printer per struct
//! would double the generated code for tools that run once a month.

use std::fmt::Write;

use crate::messages::snake_case;
use crate::schema::{Field, Kind, Message, Type, Versions};

/// The array `OUTLINES` over the messages of the schema that are no requests and no responses.
pub fn outlines(schema: &[Message]) -> String {
    let mut rows = String::new();
    for message in schema.iter().filter(|message| !matches!(message.kind, Kind::Request | Kind::Response)) {
        let kind = match message.kind {
            Kind::CoordinatorKey => "Key",
            Kind::CoordinatorValue => "Value",
            Kind::Metadata => "Metadata",
            _ => "Data",
        };
        let Message { family, number, name, versions: Versions { low, high }, flexible_from, .. } = message;
        let upper = snake_case(name).to_uppercase();
        writeln!(
            rows,
            "Outline {{ family: {family:?}, kind: OutlineKind::{kind}, number: {number}, name: {name:?}, \
             upper_name: {upper:?}, versions: {low}..={high}, flexible_from: {flexible_from}, fields: &{} }},",
            fields(message, name)
        )
        .expect("a string");
    }
    // A field that is never null has the empty range of versions.
    format!("#[allow(clippy::reversed_empty_ranges)]\nstatic OUTLINES: &[Outline] = &[\n{rows}];\n")
}

fn fields(message: &Message, owner: &str) -> String {
    let all: Vec<String> = message.find(owner).fields.iter().map(|field| outline(message, field)).collect();
    format!("[{}]", all.join(", "))
}

fn outline(message: &Message, field: &Field) -> String {
    let Field { name, versions, nullable, tag, .. } = field;
    let (first, rest) = name.split_at(1);
    let name = first.to_lowercase() + rest;
    format!(
        "Field {{ name: {name:?}, shape: {}, versions: {}..={}, nullable: {}..={}, tag: {tag:?} }}",
        shape(message, &field.ty),
        versions.low,
        versions.high,
        nullable.low,
        nullable.high
    )
}

fn shape(message: &Message, ty: &Type) -> String {
    match ty {
        Type::Struct(name) => format!("Shape::Struct(&{})", fields(message, name)),
        Type::Array(element) => format!("Shape::Array(&{})", shape(message, element)),
        other => format!("Shape::{other:?}"),
    }
}
