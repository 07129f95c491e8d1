//! Which topics a command is about.

use regex::Regex;

use crate::cli::error::ToolError;
use crate::model::{Uuid, is_internal};

/// A regular expression over whole names; commas separate alternatives, as in `--topic first,second`.
#[derive(Debug)]
pub(super) struct TopicFilter {
    pattern: Option<Regex>,
    excludes_internal: bool,
}

impl TopicFilter {
    /// The filter of `--topic` and `--exclude-internal`; without a topic all match.
    pub(super) fn new(topic: Option<&str>, excludes_internal: bool) -> Result<TopicFilter, ToolError> {
        let compile = |topic: &str| {
            let plain = topic.trim().replace(',', "|").replace(' ', "").replace(['"', '\''], "");
            Regex::new(&format!("^(?:{plain})$"))
                .map_err(|_| ToolError::argument("java.lang.RuntimeException", format!("{plain} is an invalid regex.")))
        };
        Ok(TopicFilter { pattern: topic.map(compile).transpose()?, excludes_internal })
    }

    /// Whether a topic is meant.
    pub(super) fn allows(&self, name: &str) -> bool {
        let is_named = self.pattern.as_ref().is_none_or(|pattern| pattern.is_match(name));
        is_named && !(self.excludes_internal && is_internal(name))
    }
}

/// The id of `--topic-id`; zero stands for none.
pub(super) fn topic_id(text: &str) -> Result<Option<Uuid>, ToolError> {
    const TEXT_LENGTH_MAX: usize = 24;
    const BYTES: usize = 16;
    let refuse = |message: String| Err(ToolError::argument("java.lang.IllegalArgumentException", message));
    if text.len() > TEXT_LENGTH_MAX {
        let prefix: String = text.chars().take(TEXT_LENGTH_MAX).collect();
        return refuse(format!("Input string with prefix `{prefix}` is too long to be decoded as a base64 UUID"));
    }
    let digits = text.trim_end_matches('=');
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if let Some(strange) = digits.bytes().find(|byte| !is_digit(*byte)) {
        return refuse(format!("Illegal base64 character {strange:x}"));
    }
    let count = digits.len() * 3 / 4;
    match text.parse::<Uuid>() {
        Ok(id) if count == BYTES => Ok((!id.is_zero()).then_some(id)),
        _ => refuse(format!(
            "Input string `{text}` decoded as {count} bytes, which is not equal to the expected 16 bytes of a \
             base64-encoded UUID"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_matches_whole_names() {
        let check = |topic: Option<&str>, name: &str, expected: bool| {
            let filter = TopicFilter::new(topic, false).expect("a sound pattern");
            assert_eq!(filter.allows(name), expected, "{topic:?} {name}");
        };
        check(None, "first", true);
        check(Some("first"), "first", true);
        check(Some("fir"), "first", false);
        check(Some("fir.*"), "first", true);
        check(Some("first, second"), "second", true);
        check(Some("a|b"), "ab", false);
        assert!(TopicFilter::new(Some("("), false).is_err());
        assert!(!TopicFilter::new(None, true).expect("no pattern").allows("__consumer_offsets"));
    }

    #[test]
    fn a_wrong_id_is_refused_in_kafkas_words() {
        let error = topic_id("xyz").expect_err("too short");
        assert_eq!(
            error.message,
            "Input string `xyz` decoded as 2 bytes, which is not equal to the expected 16 bytes of a base64-encoded UUID"
        );
        assert_eq!(topic_id("AAAAAAAAAAAAAAAAAAAAAA"), Ok(None));
    }
}
