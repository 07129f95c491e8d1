//! From a line to the fields of a record: headers, key and value, as `LineMessageReader` parts them, on bytes.

use bytes::Bytes;
use memchr::memmem;
use regex::bytes::Regex;

use crate::config::Settings;
use crate::record::Header;

/// How lines are parted.
#[derive(Debug)]
pub(super) struct Fields {
    parse_key: bool,
    key_separator: Vec<u8>,
    parse_headers: bool,
    headers_delimiter: Vec<u8>,
    /// A regular expression, as in the script.
    headers_separator: Regex,
    headers_key_separator: Vec<u8>,
    null_marker: Option<Vec<u8>>,
    ignore_error: bool,
}

/// The fields of one line. All but the headers are borrowed from it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub(super) key: Option<&'a [u8]>,
    pub(super) value: Option<&'a [u8]>,
    pub(super) headers: Vec<Header>,
}

/// What stands before and after a mark.
type Halves<'a> = (&'a [u8], &'a [u8]);

/// What is wrong with a line, or with the way to part lines.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FieldError(pub(super) String);

impl Fields {
    /// Reads the reader's properties.
    pub(super) fn of(settings: &Settings) -> Result<Fields, FieldError> {
        let is_true = |name: &str| settings.get(name).is_some_and(|text| text.trim().eq_ignore_ascii_case("true"));
        let text = |name: &str, default: &str| settings.get(name).map_or(default, String::as_str).to_owned();
        let key_separator = text("key.separator", "\t");
        let headers_delimiter = text("headers.delimiter", "\t");
        let headers_separator = text("headers.separator", ",");
        let headers_key_separator = text("headers.key.separator", ":");
        let null_marker = settings.get("null.marker").cloned();
        let marker = |name: &str, value: &str| {
            (null_marker.as_deref() == Some(value)).then(|| format!("null.marker and {name} may not be equal"))
        };
        let same = |one: (&str, &str), other: (&str, &str)| {
            (one.1 == other.1).then(|| format!("{} and {} may not be equal", one.0, other.0))
        };
        let delimiter = ("headers.delimiter", headers_delimiter.as_str());
        let separator = ("headers.separator", headers_separator.as_str());
        let pair = ("headers.key.separator", headers_key_separator.as_str());
        let wrong = same(delimiter, separator)
            .or_else(|| same(delimiter, pair))
            .or_else(|| same(separator, pair))
            .or_else(|| marker("key.separator", &key_separator))
            .or_else(|| marker(separator.0, separator.1))
            .or_else(|| marker(delimiter.0, delimiter.1))
            .or_else(|| marker(pair.0, pair.1));
        if let Some(wrong) = wrong {
            return Err(FieldError(wrong));
        }
        let no_pattern = |error: regex::Error| FieldError(format!("headers.separator: {error}"));
        Ok(Fields {
            parse_key: is_true("parse.key"),
            key_separator: key_separator.into_bytes(),
            parse_headers: is_true("parse.headers"),
            headers_delimiter: headers_delimiter.into_bytes(),
            headers_separator: Regex::new(&headers_separator).map_err(no_pattern)?,
            headers_key_separator: headers_key_separator.into_bytes(),
            null_marker: null_marker.map(String::into_bytes),
            ignore_error: is_true("ignore.error"),
        })
    }

    /// Parts a line; `number` counts lines from 1.
    pub(super) fn part<'a>(&self, line: &'a [u8], number: u64) -> Result<Line<'a>, FieldError> {
        let mut rest = line;
        let mut headers = Vec::new();
        if self.parse_headers
            && let Some((text, after)) = self.cut(rest, &self.headers_delimiter, "headers delimiter", line, number)?
        {
            rest = after;
            if !self.is_null(text) {
                headers = self.headers(text, number)?;
            }
        }
        let mut key = None;
        if self.parse_key
            && let Some((text, after)) = self.cut(rest, &self.key_separator, "key separator", line, number)?
        {
            rest = after;
            key = Some(text).filter(|text| !self.is_null(text));
        }
        Ok(Line { key, value: Some(rest).filter(|value| !self.is_null(value)), headers })
    }

    fn is_null(&self, field: &[u8]) -> bool {
        self.null_marker.as_deref() == Some(field)
    }

    /// What stands before and after a mark; none where it is missing and that is no matter.
    fn cut<'a>(
        &self,
        rest: &'a [u8],
        mark: &[u8],
        name: &str,
        line: &[u8],
        number: u64,
    ) -> Result<Option<Halves<'a>>, FieldError> {
        match memmem::find(rest, mark) {
            Some(at) => Ok(Some((&rest[..at], &rest[at + mark.len()..]))),
            None if self.ignore_error => Ok(None),
            None => {
                let line = String::from_utf8_lossy(line);
                Err(FieldError(format!("No {name} found on line number {number}: '{line}'")))
            }
        }
    }

    fn headers(&self, text: &[u8], number: u64) -> Result<Vec<Header>, FieldError> {
        let mut pairs: Vec<&[u8]> = self.headers_separator.split(text).collect();
        // Java drops empty strings at the end of a split, but not the only one.
        while pairs.len() > 1 && pairs.last().is_some_and(|last| last.is_empty()) {
            pairs.pop();
        }
        pairs.into_iter().map(|pair| self.header(pair, number)).collect()
    }

    fn header(&self, pair: &[u8], number: u64) -> Result<Header, FieldError> {
        let shown = String::from_utf8_lossy(pair);
        let Some(at) = memmem::find(pair, &self.headers_key_separator) else {
            if self.ignore_error {
                return Ok(Header { key: Bytes::copy_from_slice(pair), value: None });
            }
            return Err(FieldError(format!("No header key separator found in pair '{shown}' on line number {number}")));
        };
        let (key, value) = (&pair[..at], &pair[at + self.headers_key_separator.len()..]);
        if self.is_null(key) {
            let marker = String::from_utf8_lossy(key);
            return Err(FieldError(format!(
                "Header keys should not be equal to the null marker '{marker}' as they can't be null"
            )));
        }
        let value = Some(value).filter(|value| !self.is_null(value)).map(Bytes::copy_from_slice);
        Ok(Header { key: Bytes::copy_from_slice(key), value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::flags::pairs;

    fn fields(properties: &[&str]) -> Fields {
        let words: Vec<String> = properties.iter().map(|word| (*word).to_owned()).collect();
        Fields::of(&pairs(&words)).unwrap()
    }

    fn check(
        properties: &[&str],
        line: &str,
        key: Option<&str>,
        value: Option<&str>,
        headers: &[(&str, Option<&str>)],
    ) {
        let headers = headers
            .iter()
            .map(|(key, value)| Header::new(key.as_bytes().to_vec(), value.map(|value| value.as_bytes().to_vec())));
        let expected =
            Line { key: key.map(str::as_bytes), value: value.map(str::as_bytes), headers: headers.collect() };
        assert_eq!(fields(properties).part(line.as_bytes(), 1), Ok(expected), "{line}");
    }

    #[test]
    fn lines_are_parted_as_the_script_parts_them() {
        check(&[], "a\tb", None, Some("a\tb"), &[]);
        check(&["parse.key=true"], "a\tb\tc", Some("a"), Some("b\tc"), &[]);
        check(&["parse.key=true", "key.separator=::"], "a::b", Some("a"), Some("b"), &[]);
        let both = ["parse.key=true", "parse.headers=true"];
        check(&both, "h1:v1,h2:v2\tk\tv", Some("k"), Some("v"), &[("h1", Some("v1")), ("h2", Some("v2"))]);
        check(&["parse.headers=true"], "h:a:b\tv", None, Some("v"), &[("h", Some("a:b"))]);
        check(&["parse.key=true", "ignore.error=true"], "only", None, Some("only"), &[]);
        check(&["parse.headers=true", "ignore.error=true"], "h\tv", None, Some("v"), &[("h", None)]);
    }

    #[test]
    fn the_null_marker_stands_for_nothing() {
        let marked = ["parse.key=true", "parse.headers=true", "null.marker=N"];
        check(&marked, "h:N\tN\tN", None, None, &[("h", None)]);
        check(&marked, "N\tk\tv", Some("k"), Some("v"), &[]);
    }

    #[test]
    fn a_line_without_its_separator_is_an_error_with_its_number() {
        let error = fields(&["parse.key=true"]).part(b"xx", 2).unwrap_err();
        assert_eq!(error.0, "No key separator found on line number 2: 'xx'");
        let error = fields(&["parse.headers=true"]).part(b"h1v1\tx", 1).unwrap_err();
        assert_eq!(error.0, "No header key separator found in pair 'h1v1' on line number 1");
    }

    #[test]
    fn separators_that_cannot_be_told_apart_are_refused() {
        for words in [["headers.delimiter=,", ""], ["headers.separator=:", ""], ["null.marker=x", "key.separator=x"]] {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            assert!(Fields::of(&pairs(&words)).is_err(), "{words:?}");
        }
    }

    /// Fault G2: bytes that are no text pass unchanged.
    #[test]
    fn bytes_that_are_no_text_pass_unchanged() {
        let line = fields(&["parse.key=true"]).part(b"\xff\0\t\xfe\xfd", 1).map(|line| (line.key, line.value));
        assert_eq!(line, Ok((Some(b"\xff\0".as_slice()), Some(b"\xfe\xfd".as_slice()))));
    }
}
