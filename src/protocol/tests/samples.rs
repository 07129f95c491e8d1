//! Random frames made from the schema itself, not by the generated code: the two must agree on every byte.

use super::schema::{Field, Message, Struct, Type};

/// A stream of chance that a seed repeats (splitmix64).
pub struct Chance(pub u64);

impl Chance {
    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.bits() % bound as u64) as usize
    }

    /// A number that is small, random or at an edge of its range.
    fn number(&mut self) -> u64 {
        match self.below(4) {
            0 => self.bits() % 100,
            1 => [u64::MAX, i64::MAX as u64, i64::MIN as u64, 0][self.below(4)],
            _ => self.bits(),
        }
    }
}

/// Whether a value may be its field's default: a tagged field that has it is left out of the bytes.
#[derive(Clone, Copy, PartialEq)]
enum Wanted {
    Any,
    NotDefault,
}

/// The bytes of a random message in `version`, as the only right encoding.
pub fn sample(message: &Message, version: i16, chance: &mut Chance) -> Vec<u8> {
    let mut sampler = Sampler { message, version, chance, depth: 0 };
    let mut bytes = Vec::new();
    sampler.structure(&mut bytes, &message.structs[0], Wanted::Any);
    bytes
}

struct Sampler<'a> {
    message: &'a Message,
    version: i16,
    chance: &'a mut Chance,
    depth: usize,
}

impl Sampler<'_> {
    fn flexible(&self) -> bool {
        self.version >= self.message.flexible_from
    }

    fn structure(&mut self, bytes: &mut Vec<u8>, one: &Struct, wanted: Wanted) {
        let present = || one.fields.iter().filter(|field| field.versions.contains(self.version));
        let plain: Vec<&Field> = present().filter(|field| field.tag.is_none()).collect();
        let mut tagged: Vec<&Field> = present().filter(|field| field.tag.is_some()).collect();
        tagged.sort_by_key(|field| field.tag);
        for field in plain {
            self.field(bytes, field, wanted);
        }
        if self.flexible() {
            tagged.retain(|_| self.chance.below(2) == 0);
            put_uvarint(bytes, tagged.len());
            for field in tagged {
                let mut value = Vec::new();
                self.field(&mut value, field, Wanted::NotDefault);
                put_uvarint(bytes, field.tag.expect("filtered") as usize);
                put_uvarint(bytes, value.len());
                bytes.extend(value);
            }
        }
    }

    fn field(&mut self, bytes: &mut Vec<u8>, field: &Field, wanted: Wanted) {
        let nullable = field.nullable.contains(self.version);
        let null_is_default = field.default == "null" || field.ty == Type::Records;
        let may_be_null = nullable && !(wanted == Wanted::NotDefault && null_is_default);
        if may_be_null && self.chance.below(4) == 0 {
            return self.null(bytes, &field.ty);
        }
        if nullable && matches!(field.ty, Type::Struct(_)) {
            bytes.push(1);
        }
        // Of a nullable field whose default is null, the empty value is not the default, but it is not needed either.
        loop {
            let start = bytes.len();
            self.value(bytes, &field.ty, wanted);
            if wanted == Wanted::Any || !is_default(&bytes[start..], field) {
                return;
            }
            bytes.truncate(start);
        }
    }

    fn null(&self, bytes: &mut Vec<u8>, ty: &Type) {
        match ty {
            Type::Struct(_) => bytes.push(0xff),
            _ if self.flexible() => bytes.push(0),
            Type::String => bytes.extend([0xff; 2]),
            _ => bytes.extend([0xff; 4]),
        }
    }

    fn value(&mut self, bytes: &mut Vec<u8>, ty: &Type, wanted: Wanted) {
        let number = self.chance.number();
        match ty {
            Type::Bool => bytes.push((number & 1) as u8),
            Type::Int8 => bytes.push(number as u8),
            Type::Int16 | Type::Uint16 => bytes.extend((number as u16).to_be_bytes()),
            Type::Int32 | Type::Uint32 => bytes.extend((number as u32).to_be_bytes()),
            Type::Int64 => bytes.extend(number.to_be_bytes()),
            Type::Float64 => bytes.extend(f64::from(number as i32).to_be_bytes()),
            Type::Uuid => bytes.extend((0..16).map(|_| self.chance.bits() as u8)),
            Type::String => self.string(bytes, wanted),
            Type::Bytes | Type::Records => {
                let length = self.length(wanted, 40);
                self.put_length(bytes, length);
                bytes.extend((0..length).map(|_| self.chance.bits() as u8));
            }
            Type::Struct(name) => self.structure(bytes, self.message.find(name), wanted),
            Type::Array(element) => {
                self.depth += 1;
                let length = self.length(wanted, if self.depth > 2 { 2 } else { 4 });
                self.put_length(bytes, length);
                for _ in 0..length {
                    self.value(bytes, element, Wanted::Any);
                }
                self.depth -= 1;
            }
        }
    }

    fn string(&mut self, bytes: &mut Vec<u8>, wanted: Wanted) {
        const LETTERS: [&str; 8] = ["a", "Z", "-", "\0", "é", "漢", "😀", " "];
        let bound = if self.chance.below(20) == 0 { 200 } else { 8 };
        let letters = self.length(wanted, bound);
        let text: String = (0..letters).map(|_| LETTERS[self.chance.below(LETTERS.len())]).collect();
        if self.flexible() {
            put_uvarint(bytes, text.len() + 1);
        } else {
            bytes.extend((text.len() as u16).to_be_bytes());
        }
        bytes.extend(text.as_bytes());
    }

    fn length(&mut self, wanted: Wanted, bound: usize) -> usize {
        let least = usize::from(wanted == Wanted::NotDefault);
        least + self.chance.below(bound - least)
    }

    fn put_length(&self, bytes: &mut Vec<u8>, length: usize) {
        if self.flexible() {
            put_uvarint(bytes, length + 1);
        } else {
            bytes.extend((length as u32).to_be_bytes());
        }
    }
}

/// Whether the bytes of a number or flag say its default; lengths are kept from it by the caller.
fn is_default(bytes: &[u8], field: &Field) -> bool {
    let default: i64 = match field.default.as_str() {
        "" | "false" | "null" => 0,
        "true" => 1,
        text => text.parse().expect("tagged fields have decimal defaults"),
    };
    match field.ty {
        Type::Bool | Type::Int8 | Type::Int16 | Type::Int32 | Type::Int64 => {
            bytes == &default.to_be_bytes()[8 - bytes.len()..]
        }
        _ => false,
    }
}

fn put_uvarint(bytes: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}
