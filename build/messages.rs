//! Writes one module per message: its structs, their defaults, and reading and writing in every version.
//!
//! The code is compact on purpose, because 900 structs of it are compiled with the crate: every primitive is one call
//! of `Reader` or `Writer`, a version is compared only where the message's range leaves a choice, and the writer keeps
//! its first error itself, so that writing needs no branch per field.

use std::fmt::Write;

use crate::schema::{Field, Kind, Message, Struct, Type, Versions};

/// Appends the module of `message` to `code`.
pub fn emit(code: &mut String, message: &Message) {
    let module = snake_case(&message.name);
    let name = &message.name;
    line(code, &format!("pub use {module}::{name};"));
    line(code, &format!("pub mod {module} {{"));
    line(code, "use super::codec::*;");
    for one in &message.structs {
        emit_struct(code, one);
        emit_default(code, one);
        emit_element(code, one, message.flexible_from);
    }
    emit_message(code, message);
    line(code, "}");
}

fn emit_struct(code: &mut String, one: &Struct) {
    let default = if one.fields.iter().all(is_natural) { ", Default" } else { "" };
    line(code, &format!("#[derive(Debug, Clone, PartialEq{default})]\npub struct {} {{", one.name));
    for field in &one.fields {
        line(code, &format!("pub {}: {},", field_name(field), field_type(field)));
    }
    line(code, "}");
}

fn emit_default(code: &mut String, one: &Struct) {
    if one.fields.iter().all(is_natural) {
        return;
    }
    line(code, &format!("impl Default for {} {{ fn default() -> Self {{ Self {{", one.name));
    for field in &one.fields {
        line(code, &format!("{}: {},", field_name(field), default_value(field)));
    }
    line(code, "} } }");
}

fn emit_message(code: &mut String, message: &Message) {
    let Message { name, versions: Versions { low, high }, flexible_from, .. } = message;
    let stable = if message.unstable { high - 1 } else { *high };
    line(code, &format!("impl Message for {name} {{ const NAME: &'static str = {name:?};"));
    line(code, &format!("const VERSIONS: RangeInclusive<i16> = {low}..={high};"));
    line(code, &format!("const STABLE_MAX: i16 = {stable}; const FLEXIBLE_FROM: i16 = {flexible_from}; }}"));
    if message.kind == Kind::Request {
        let key = name.strip_suffix("Request").expect("requests are called so");
        line(code, &format!("impl Request for {name} {{ const KEY: ApiKey = ApiKey::{key};"));
        line(code, &format!("type Response = super::{key}Response; }}"));
    }
}

fn emit_element(code: &mut String, one: &Struct, flexible_from: i16) {
    let flexible = flexible_from <= one.versions.high;
    line(code, &format!("impl Element for {} {{", one.name));
    line(code, "fn read(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {");
    emit_read(code, one, flexible);
    line(code, "}\nfn write(&self, w: &mut Writer, v: i16) {");
    for field in &one.fields {
        emit_write(code, field, one.versions);
    }
    if flexible {
        emit_write_tags(code, one);
    }
    line(code, "let _ = (w, v); } }");
}

fn emit_read(code: &mut String, one: &Struct, flexible: bool) {
    let tagged: Vec<&Field> = one.fields.iter().filter(|field| field.tag.is_some()).collect();
    let binding = if tagged.is_empty() { "let m" } else { "let mut m" };
    line(code, &format!("{binding} = Self {{"));
    for field in &one.fields {
        let read = match field.tag {
            Some(_) => default_value(field),
            None => read_in_its_versions(field, one.versions),
        };
        line(code, &format!("{}: {read},", field_name(field)));
    }
    line(code, "};");
    match (flexible, tagged.is_empty()) {
        (false, _) => {}
        (true, true) => line(code, "r.skip_tags()?;"),
        (true, false) => emit_read_tags(code, &tagged, one.versions),
    }
    line(code, "let _ = (r, v); Ok(m)");
}

fn emit_read_tags(code: &mut String, tagged: &[&Field], around: Versions) {
    line(code, "r.tags(|r, tag| { match tag {");
    for field in tagged {
        let tag = field.tag.expect("only tagged fields are here");
        let guard = condition(field.versions, around).map_or(String::new(), |is| format!(" if {is}"));
        let read = in_tag(&read_nullable(field, field.versions.intersect(around)));
        line(code, &format!("{tag}{guard} => m.{} = {read},", field_name(field)));
    }
    line(code, "_ => return Ok(Tag::Unknown), } Ok(Tag::Known) })?;");
}

/// A struct that may be null is marked by another byte in a tagged field than elsewhere.
fn in_tag(code: &str) -> String {
    code.replace(".nullable_structure(", ".nullable_tagged_structure(")
}

fn read_in_its_versions(field: &Field, around: Versions) -> String {
    let read = read_nullable(field, field.versions.intersect(around));
    match condition(field.versions, around) {
        None => read,
        Some(is) => format!("if {is} {{ {read} }} else {{ {} }}", default_value(field)),
    }
}

/// Reads a field in versions that have it, `around`, in some of which it may be null.
fn read_nullable(field: &Field, around: Versions) -> String {
    let name = &field.name;
    let plain = format!("r.{}(\"{name}\"{})?", method(&field.ty), version_argument(&field.ty));
    if field.nullable.is_empty() {
        return plain;
    }
    let nullable = format!("r.nullable_{}(\"{name}\"{})?", method(&field.ty), version_argument(&field.ty));
    match condition(field.nullable, around) {
        None => nullable,
        Some(is) => format!("if {is} {{ {nullable} }} else {{ Some({plain}) }}"),
    }
}

fn emit_write(code: &mut String, field: &Field, around: Versions) {
    let name = field_name(field);
    let present = condition(field.versions, around);
    let absent = match (&present, field.ignorable) {
        (Some(_), false) => Some(format!("if {} {{ w.unsupported(\"{}\"); }}", is_set(field), field.name)),
        _ => None,
    };
    let write = match field.tag {
        Some(_) => String::new(),
        None => write_nullable(field, &format!("self.{name}"), "w", field.versions.intersect(around)),
    };
    match (present, absent) {
        (None, _) => line(code, &write),
        (Some(is), None) if !write.is_empty() => line(code, &format!("if {is} {{ {write} }}")),
        (Some(_), None) => {}
        (Some(is), Some(absent)) => line(code, &format!("if {is} {{ {write} }} else {absent}")),
    }
}

fn emit_write_tags(code: &mut String, one: &Struct) {
    let mut tagged: Vec<&Field> = one.fields.iter().filter(|field| field.tag.is_some()).collect();
    if tagged.is_empty() {
        line(code, "w.no_tags();");
        return;
    }
    tagged.sort_by_key(|field| field.tag);
    line(code, "let mut tags = w.begin_tags();");
    for field in tagged {
        let tag = field.tag.expect("filtered above");
        let present = condition(field.versions, one.versions).map_or(String::new(), |is| format!("{is} && "));
        let value = format!("self.{}", field_name(field));
        let write = in_tag(&write_nullable(field, &value, "t", field.versions.intersect(one.versions)));
        line(code, &format!("if {present}{} {{ tags.add({tag}, |t| {{ {write} }}); }}", is_set(field)));
    }
    line(code, "w.end_tags(tags);");
}

/// Writes a field in versions that have it, `around`, in some of which it may be null.
fn write_nullable(field: &Field, value: &str, writer: &str, around: Versions) -> String {
    let name = &field.name;
    if field.nullable.is_empty() {
        return write_plain(field, value, writer);
    }
    let nullable =
        format!("{writer}.nullable_{}(\"{name}\", &{value}{});", method(&field.ty), version_argument(&field.ty));
    match condition(field.nullable, around) {
        None => nullable,
        Some(is) => {
            let inner = write_plain(field, "value", writer);
            format!(
                "if {is} {{ {nullable} }} else if let Some(value) = &{value} {{ {inner} }} else {{ {writer}.null(\"{name}\"); }}"
            )
        }
    }
}

fn write_plain(field: &Field, value: &str, writer: &str) -> String {
    let name = &field.name;
    // `value` is a place of the struct or, inside an `if let`, already a reference.
    let reference = if value == "value" { value.to_owned() } else { format!("&{value}") };
    match &field.ty {
        Type::Struct(_) => format!("{value}.write({writer}, v);"),
        Type::String | Type::Bytes | Type::Records => {
            format!("{writer}.{}(\"{name}\", {reference});", method(&field.ty))
        }
        Type::Array(_) => format!("{writer}.array(\"{name}\", {reference}, v);"),
        ty => format!("{writer}.{}({value});", method(ty)),
    }
}

/// The test for `versions` inside `around`; none where it always holds.
fn condition(versions: Versions, around: Versions) -> Option<String> {
    match (versions.low > around.low, versions.high < around.high) {
        (false, false) => None,
        (true, false) => Some(format!("v >= {}", versions.low)),
        (false, true) => Some(format!("v <= {}", versions.high)),
        (true, true) => Some(format!("({}..={}).contains(&v)", versions.low, versions.high)),
    }
}

fn method(ty: &Type) -> &'static str {
    match ty {
        Type::Bool => "bool",
        Type::Int8 => "i8",
        Type::Int16 => "i16",
        Type::Uint16 => "u16",
        Type::Int32 => "i32",
        Type::Uint32 => "u32",
        Type::Int64 => "i64",
        Type::Float64 => "f64",
        Type::String => "string",
        Type::Bytes => "bytes",
        Type::Records => "records",
        Type::Uuid => "uuid",
        Type::Struct(_) => "structure",
        Type::Array(_) => "array",
    }
}

fn version_argument(ty: &Type) -> &'static str {
    if matches!(ty, Type::Struct(_) | Type::Array(_)) { ", v" } else { "" }
}

fn rust_type(ty: &Type) -> String {
    match ty {
        Type::String => "String".to_owned(),
        Type::Bytes => "Bytes".to_owned(),
        Type::Records => "Records".to_owned(),
        Type::Uuid => "Uuid".to_owned(),
        Type::Struct(name) => name.clone(),
        Type::Array(element) => format!("Vec<{}>", rust_type(element)),
        number => method(number).to_owned(),
    }
}

fn field_type(field: &Field) -> String {
    let ty = rust_type(&field.ty);
    if field.nullable.is_empty() { ty } else { format!("Option<{ty}>") }
}

/// A nullable field is null by default only where the schema says so; records are in every case.
fn is_null_by_default(field: &Field) -> bool {
    !field.nullable.is_empty() && (field.default == "null" || field.ty == Type::Records)
}

fn default_value(field: &Field) -> String {
    if is_null_by_default(field) {
        return "None".to_owned();
    }
    let value = match &field.ty {
        Type::Bool if field.default.is_empty() => "false".to_owned(),
        Type::String if !field.default.is_empty() => format!("{:?}.to_owned()", field.default),
        Type::Float64 if field.default.is_empty() => "0.0".to_owned(),
        Type::Bool | Type::Float64 => field.default.clone(),
        Type::String => "String::new()".to_owned(),
        Type::Bytes => "Bytes::new()".to_owned(),
        Type::Uuid => "Uuid::ZERO".to_owned(),
        Type::Array(_) => "Vec::new()".to_owned(),
        Type::Records | Type::Struct(_) => format!("{}::default()", rust_type(&field.ty)),
        _ if field.default.is_empty() => "0".to_owned(),
        _ => field.default.clone(),
    };
    if field.nullable.is_empty() { value } else { format!("Some({value})") }
}

/// Whether the field's default is the one that Rust would derive.
fn is_natural(field: &Field) -> bool {
    is_null_by_default(field) || (field.nullable.is_empty() && matches!(field.default.as_str(), "" | "0" | "false"))
}

/// The test for a value other than the default.
fn is_set(field: &Field) -> String {
    let value = format!("self.{}", field_name(field));
    if is_null_by_default(field) {
        return format!("{value}.is_some()");
    }
    if !field.nullable.is_empty() {
        return format!("{value}.as_ref().is_none_or(|value| !value.is_empty())");
    }
    match &field.ty {
        Type::Bool if field.default == "true" => format!("!{value}"),
        Type::Bool => value,
        Type::String | Type::Bytes | Type::Array(_) | Type::Records => format!("!{value}.is_empty()"),
        _ => format!("{value} != {}", default_value(field)),
    }
}

fn field_name(field: &Field) -> String {
    match snake_case(&field.name).as_str() {
        keyword @ ("type" | "match") => format!("r#{keyword}"),
        name => name.to_owned(),
    }
}

/// `ThrottleTimeMs` becomes `throttle_time_ms`; KRaft is one word.
pub fn snake_case(name: &str) -> String {
    let name = name.replace("KRaft", "Kraft");
    let mut snake = String::new();
    let mut before = '_';
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && before != '_' && !before.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
        before = letter;
    }
    snake
}

fn line(code: &mut String, text: &str) {
    writeln!(code, "{text}").expect("writing to a string cannot fail");
}
