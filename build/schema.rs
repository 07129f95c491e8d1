//! The schema as values, and the parser of its one-line-per-message text.

use std::collections::HashMap;
use std::fmt;

/// An inclusive range of message versions; an open end is [`i16::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Versions {
    pub low: i16,
    pub high: i16,
}

impl Versions {
    pub const ALL: Versions = Versions { low: 0, high: i16::MAX };
    pub const NONE: Versions = Versions { low: 1, high: 0 };

    pub fn is_empty(self) -> bool {
        self.low > self.high
    }

    pub fn contains(self, version: i16) -> bool {
        (self.low..=self.high).contains(&version)
    }

    pub fn intersect(self, other: Versions) -> Versions {
        Versions { low: self.low.max(other.low), high: self.high.min(other.high) }
    }

    /// The smallest range around both.
    fn hull(self, other: Versions) -> Versions {
        if self.is_empty() {
            return other;
        }
        Versions { low: self.low.min(other.low), high: self.high.max(other.high) }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    Bool,
    Int8,
    Int16,
    Uint16,
    Int32,
    Uint32,
    Int64,
    Float64,
    String,
    Bytes,
    Records,
    Uuid,
    Struct(String),
    Array(Box<Type>),
}

#[derive(Debug)]
pub struct Field {
    pub name: String,
    pub ty: Type,
    pub ignorable: bool,
    /// The versions that carry the field.
    pub versions: Versions,
    /// The versions in which it may be null.
    pub nullable: Versions,
    /// Its tag, where it is a tagged field.
    pub tag: Option<u32>,
    /// The text after `=`, or the empty text.
    pub default: String,
}

#[derive(Debug)]
pub struct Struct {
    pub name: String,
    pub fields: Vec<Field>,
    /// The versions in which any message can contain it.
    pub versions: Versions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Request,
    Response,
    Data,
    Metadata,
    CoordinatorKey,
    CoordinatorValue,
}

#[derive(Debug)]
pub struct Message {
    pub family: String,
    pub kind: Kind,
    /// The API key or the record type; -1 for plain data.
    pub number: i16,
    pub name: String,
    pub versions: Versions,
    /// The newest version is not final: it is decoded but never offered.
    pub unstable: bool,
    /// The first flexible version, [`i16::MAX`] where there is none.
    pub flexible_from: i16,
    /// All structs of the message; the first one is the message itself.
    pub structs: Vec<Struct>,
}

impl Message {
    pub fn find(&self, name: &str) -> &Struct {
        self.structs.iter().find(|one| one.name == name).expect("the parser checked every name")
    }
}

/// What is wrong with a line of the schema.
#[derive(Debug)]
pub struct SchemaError {
    line: usize,
    what: String,
}

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

/// Every message of one schema file.
pub fn parse(family: &str, text: &str) -> Result<Vec<Message>, SchemaError> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    lines
        .map(|(index, line)| {
            Parser { rest: line, structs: Vec::new() }
                .message(family)
                .map_err(|what| SchemaError { line: index + 1, what })
        })
        .collect()
}

struct Parser<'a> {
    rest: &'a str,
    structs: Vec<Struct>,
}

type Parsed<T> = Result<T, String>;

impl<'a> Parser<'a> {
    fn message(mut self, family: &str) -> Parsed<Message> {
        let kind = match self.word() {
            "request" => Kind::Request,
            "response" => Kind::Response,
            "data" => Kind::Data,
            "metadata" => Kind::Metadata,
            "coordinator-key" => Kind::CoordinatorKey,
            "coordinator-value" => Kind::CoordinatorValue,
            other => return Err(format!("no kind of message is called '{other}'")),
        };
        let number = match self.word() {
            "-" => -1,
            number => parse_number(number)?,
        };
        let name = self.word().to_owned();
        let text = self.word().strip_prefix('v').ok_or("versions begin with v")?;
        let (text, unstable) = text.strip_suffix('u').map_or((text, false), |text| (text, true));
        let versions = parse_versions(text)?;
        self.expect_word("flex")?;
        let flexible_from = match self.word() {
            "none" => i16::MAX,
            from => parse_versions(from)?.low,
        };
        self.fields(&name)?;
        let top = self.structs.pop().expect("fields() pushed it");
        self.structs.insert(0, top);
        while !self.rest.trim().is_empty() {
            self.expect_word("struct")?;
            let shared = self.name()?.to_owned();
            self.fields(&shared)?;
        }
        resolve(&name, &mut self.structs, versions)?;
        let structs = self.structs;
        Ok(Message { family: family.to_owned(), kind, number, name, versions, unstable, flexible_from, structs })
    }

    /// `{field, field}`; structs inside are pushed before the one they are in.
    fn fields(&mut self, owner: &str) -> Parsed<()> {
        self.expect('{')?;
        let mut fields = Vec::new();
        while !self.eat('}') {
            fields.push(self.field()?);
            self.eat(',');
        }
        self.structs.push(Struct { name: owner.to_owned(), fields, versions: Versions::NONE });
        Ok(())
    }

    fn field(&mut self) -> Parsed<Field> {
        let name = self.name()?.to_owned();
        let ignorable = self.eat('~');
        self.expect(':')?;
        let ty = self.ty()?;
        let versions = if self.eat('@') { parse_versions(self.versions_text())? } else { Versions::ALL };
        let nullable = match self.eat('?') {
            false => Versions::NONE,
            true => match self.versions_text() {
                "" => Versions::ALL,
                text => parse_versions(text)?,
            },
        };
        let tag = if self.eat('#') { Some(self.tag()?) } else { None };
        let default = if self.eat('=') { self.take(|c| !",{}".contains(c)) } else { "" }.to_owned();
        if self.rest.starts_with('{') {
            let owner = struct_name(&ty).ok_or_else(|| format!("{name} has fields but is no struct"))?;
            self.fields(owner)?;
        }
        Ok(Field { name, ty, ignorable, versions, nullable, tag, default })
    }

    /// `tag@versions`: the versions repeat those of the field, as everywhere in Kafka's own schema.
    fn tag(&mut self) -> Parsed<u32> {
        let tag = self.take(|c| c.is_ascii_digit()).parse().map_err(|_| "a tag is a number".to_owned())?;
        self.expect('@')?;
        self.versions_text();
        Ok(tag)
    }

    fn ty(&mut self) -> Parsed<Type> {
        if let Some(rest) = self.rest.strip_prefix("[]") {
            self.rest = rest;
            return Ok(Type::Array(Box::new(self.ty()?)));
        }
        Ok(match self.name()? {
            "bool" => Type::Bool,
            "int8" => Type::Int8,
            "int16" => Type::Int16,
            "uint16" => Type::Uint16,
            "int32" => Type::Int32,
            "uint32" => Type::Uint32,
            "int64" => Type::Int64,
            "float64" => Type::Float64,
            "string" => Type::String,
            "bytes" => Type::Bytes,
            "records" => Type::Records,
            "uuid" => Type::Uuid,
            name => Type::Struct(name.to_owned()),
        })
    }

    fn word(&mut self) -> &'a str {
        self.rest = self.rest.trim_start();
        self.take(|c| c != ' ')
    }

    fn expect_word(&mut self, word: &str) -> Parsed<()> {
        if self.word() == word { Ok(()) } else { Err(format!("expected '{word}' before '{}'", self.rest)) }
    }

    fn name(&mut self) -> Parsed<&'a str> {
        self.rest = self.rest.trim_start();
        match self.take(|c| c.is_ascii_alphanumeric()) {
            "" => Err(format!("expected a name at '{}'", self.rest)),
            name => Ok(name),
        }
    }

    fn versions_text(&mut self) -> &'a str {
        self.take(|c| c.is_ascii_digit() || c == '-' || c == '+')
    }

    fn take(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn eat(&mut self, wanted: char) -> bool {
        self.rest = self.rest.trim_start();
        self.rest.strip_prefix(wanted).map(|rest| self.rest = rest).is_some()
    }

    fn expect(&mut self, wanted: char) -> Parsed<()> {
        if self.eat(wanted) { Ok(()) } else { Err(format!("expected '{wanted}' at '{}'", self.rest)) }
    }
}

fn parse_number(text: &str) -> Parsed<i16> {
    text.parse().map_err(|_| format!("'{text}' is no number"))
}

/// `3`, `3-5` or `3+`.
fn parse_versions(text: &str) -> Parsed<Versions> {
    if let Some(low) = text.strip_suffix('+') {
        return Ok(Versions { low: parse_number(low)?, high: i16::MAX });
    }
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    Ok(Versions { low: parse_number(low)?, high: parse_number(high)? })
}

/// Checks the names of the structs and finds the versions of each. A struct that contains itself is refused: so the
/// nesting of every message is bounded by its schema, and decoding needs no depth limit.
fn resolve(message: &str, structs: &mut [Struct], versions: Versions) -> Parsed<()> {
    let mut index = HashMap::new();
    for (place, one) in structs.iter().enumerate() {
        if index.insert(one.name.clone(), place).is_some() {
            return Err(format!("{message} has two structs called {}", one.name));
        }
    }
    spread(structs, &index, 0, versions, 0)
}

fn spread(
    structs: &mut [Struct],
    index: &HashMap<String, usize>,
    place: usize,
    versions: Versions,
    depth: usize,
) -> Parsed<()> {
    if depth > structs.len() {
        return Err(format!("{} contains itself", structs[place].name));
    }
    structs[place].versions = structs[place].versions.hull(versions);
    let inside: Vec<(String, Versions)> = structs[place]
        .fields
        .iter()
        .filter_map(|field| struct_name(&field.ty).map(|name| (name.to_owned(), field.versions.intersect(versions))))
        .collect();
    for (name, versions) in inside {
        let inner = *index.get(&name).ok_or_else(|| format!("no struct is called {name}"))?;
        spread(structs, index, inner, versions, depth + 1)?;
    }
    Ok(())
}

/// The struct that a field holds, alone or in an array.
pub fn struct_name(ty: &Type) -> Option<&str> {
    match ty {
        Type::Struct(name) => Some(name),
        Type::Array(element) => struct_name(element),
        _ => None,
    }
}
