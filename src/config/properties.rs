//! The syntax of Java's `.properties` files, with the line of every entry.
//!
//! A line is `key=value`, `key: value` or `key value`; `#` and `!` begin a comment; a backslash at the end continues
//! the line; `\u` with four hexadecimal digits, `\t`, `\n`, `\r`, `\f` and a backslash before any other character are
//! escapes. Beyond Java's reader, a byte order mark is skipped and the text may be UTF-8; bytes that are not are read as
//! Latin-1, as Java does.

use std::iter::Peekable;
use std::str::Chars;

use super::value::{ConfigError, Settings};

/// One entry of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key, unescaped.
    pub key: String,
    /// The value, unescaped.
    pub value: String,
    /// The line on which the entry begins, from 1.
    pub line: usize,
}

/// The entries of a file in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Properties {
    entries: Vec<Entry>,
}

impl Properties {
    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// A `\u` that four hexadecimal digits do not follow.
    pub fn parse(bytes: &[u8]) -> Result<Properties, ConfigError> {
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text).to_owned(),
            Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
        };
        let mut entries = Vec::new();
        let mut lines = NaturalLines::new(&text);
        while let Some((line, logical)) = lines.next_logical() {
            let at_line = |error: ConfigError| ConfigError { line: Some(line), ..error };
            let (key, value) = split(&logical).map_err(at_line)?;
            entries.push(Entry { key, value, line });
        }
        Ok(Properties { entries })
    }

    /// Every entry in the order of the file, also those that a later one replaces.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// The entry that counts for a key: the last one.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().rev().find(|entry| entry.key == key)
    }

    /// The entries that a later one with the same key replaces, each with that later one.
    pub fn replaced(&self) -> impl Iterator<Item = (&Entry, &Entry)> {
        self.entries.iter().enumerate().filter_map(|(index, entry)| {
            let later = self.entries[index + 1..].iter().find(|later| later.key == entry.key)?;
            Some((entry, later))
        })
    }

    /// The values that count, by key.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.entries.iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect()
    }
}

/// The lines of a text, joined where a backslash ends one.
struct NaturalLines<'a> {
    rest: Peekable<Chars<'a>>,
    line: usize,
}

impl<'a> NaturalLines<'a> {
    fn new(text: &'a str) -> NaturalLines<'a> {
        NaturalLines { rest: text.chars().peekable(), line: 0 }
    }

    /// The next line to the line end, which may be LF, CR or CRLF.
    fn next_natural(&mut self) -> Option<String> {
        self.rest.peek()?;
        self.line += 1;
        let mut line = String::new();
        while let Some(letter) = self.rest.next() {
            match letter {
                '\n' => break,
                '\r' => {
                    self.rest.next_if_eq(&'\n');
                    break;
                }
                letter => line.push(letter),
            }
        }
        Some(line)
    }

    /// The next entry with its continuations, without leading blanks, and the line on which it begins.
    fn next_logical(&mut self) -> Option<(usize, String)> {
        loop {
            let natural = self.next_natural()?;
            let begin = self.line;
            let mut logical = natural.trim_start_matches(is_blank).to_owned();
            if logical.is_empty() || logical.starts_with(['#', '!']) {
                continue;
            }
            while ends_in_continuation(&logical) {
                logical.pop();
                match self.next_natural() {
                    Some(next) => logical.push_str(next.trim_start_matches(is_blank)),
                    None => break,
                }
            }
            if !logical.is_empty() {
                return Some((begin, logical));
            }
        }
    }
}

fn is_blank(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\u{c}')
}

fn ends_in_continuation(line: &str) -> bool {
    line.bytes().rev().take_while(|&byte| byte == b'\\').count() % 2 == 1
}

/// Splits an entry at the first `=`, `:` or blank that no backslash escapes.
fn split(logical: &str) -> Result<(String, String), ConfigError> {
    let mut escaped = false;
    let key_end = logical
        .char_indices()
        .find(|&(_, letter)| {
            let ends = !escaped && (is_blank(letter) || letter == '=' || letter == ':');
            escaped = !escaped && letter == '\\';
            ends
        })
        .map_or(logical.len(), |(index, _)| index);
    let (key, rest) = logical.split_at(key_end);
    let rest = rest.trim_start_matches(is_blank);
    let value = rest.strip_prefix(['=', ':']).unwrap_or(rest).trim_start_matches(is_blank);
    Ok((unescape(key)?, unescape(value)?))
}

fn unescape(text: &str) -> Result<String, ConfigError> {
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut letters = text.chars();
    let mut buffer = [0; 2];
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            units.extend_from_slice(letter.encode_utf16(&mut buffer));
            continue;
        }
        match letters.next() {
            Some('u') => units.push(code_unit(&mut letters)?),
            Some('t') => units.push(u16::from(b'\t')),
            Some('n') => units.push(u16::from(b'\n')),
            Some('r') => units.push(u16::from(b'\r')),
            Some('f') => units.push(0x0c),
            Some(other) => units.extend_from_slice(other.encode_utf16(&mut buffer)),
            None => {}
        }
    }
    // A lone surrogate cannot be written in UTF-8; Java would keep it and fail where it is used.
    Ok(String::from_utf16_lossy(&units))
}

fn code_unit(letters: &mut Chars<'_>) -> Result<u16, ConfigError> {
    let malformed = || ConfigError { name: None, line: None, message: "Malformed \\uxxxx encoding.".to_owned() };
    let mut unit = 0;
    for _ in 0..4 {
        let digit = letters.next().and_then(|letter| letter.to_digit(16)).ok_or_else(malformed)?;
        unit = unit * 16 + digit;
    }
    u16::try_from(unit).map_err(|_| malformed())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, &str, usize)]) {
        let properties = Properties::parse(text.as_bytes()).expect(text);
        let found: Vec<_> = properties.entries().map(|e| (e.key.as_str(), e.value.as_str(), e.line)).collect();
        assert_eq!(found, expected, "{text:?}");
    }

    /// Fault G4: the syntax that Java's reader takes. Each case was read by `java.util.Properties` too.
    #[test]
    fn every_form_of_an_entry_is_read() {
        check("a=1\nb:2\nc 3\n", &[("a", "1", 1), ("b", "2", 2), ("c", "3", 3)]);
        check("a = 1 \r\n  b\t:\t2\r\n", &[("a", "1 ", 1), ("b", "2", 2)]);
        check("\u{feff}broker.id=0\rx=1", &[("broker.id", "0", 1), ("x", "1", 2)]);
        check("# c\n! d\n\n   \n#x\\\na=1", &[("a", "1", 6)]);
        check("a=b\\\n   c\\\n\td\ne=f", &[("a", "bcd", 1), ("e", "f", 4)]);
        check("a\\=b\\ c=1\\t2\\\\", &[("a=b c", "1\t2\\", 1)]);
        check("a==b=c:d", &[("a", "=b=c:d", 1)]);
        check("a\nb=\n", &[("a", "", 1), ("b", "", 2)]);
        check("k=\\u0041\\u00e4\\ud83d\\ude00\\q", &[("k", "Aä😀q", 1)]);
        check("k=Größe # kein Kommentar", &[("k", "Größe # kein Kommentar", 1)]);
        check("a=b\\", &[("a", "b", 1)]);
        check("", &[]);
    }

    /// Fault G4: a damaged escape is named with its line.
    #[test]
    fn a_damaged_escape_is_refused_with_its_line() {
        for text in ["x=1\ny=\\u00g0", "x=1\ny=\\u12"] {
            let error = Properties::parse(text.as_bytes()).expect_err(text);
            assert_eq!((error.line, error.message.as_str()), (Some(2), "Malformed \\uxxxx encoding."));
        }
    }

    #[test]
    fn bytes_outside_utf8_are_latin1() {
        let properties = Properties::parse(b"k=\xe4").expect("any bytes can be read");
        assert_eq!(properties.get("k").map(|entry| entry.value.as_str()), Some("ä"));
    }

    /// Fault G4: of two entries with one key the last counts, and the first is known.
    #[test]
    fn a_duplicate_key_is_found() {
        let properties = Properties::parse(b"a=1\nb=2\na=3").expect("plain");
        assert_eq!(properties.get("a").map(|entry| entry.line), Some(3));
        let replaced: Vec<_> = properties.replaced().map(|(first, later)| (first.line, later.line)).collect();
        assert_eq!(replaced, [(1, 3)]);
        assert_eq!(properties.settings()["a"], "3");
    }
}
