//! Topic names and the partitions of topics.

use std::fmt;
use std::sync::Arc;

use super::Uuid;

/// A topic's name: shared, because every partition, request and log line carries it.
pub type TopicName = Arc<str>;

/// Longest topic name that fits a directory name with its partition and suffix (`org.apache.kafka.common.internals.Topic`).
const NAME_LENGTH_MAX: usize = 249;

/// One partition of a topic, by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicPartition {
    /// The topic.
    pub topic: TopicName,
    /// The partition's index, from 0.
    pub partition: i32,
}

impl TopicPartition {
    /// The partition `partition` of `topic`.
    pub fn new(topic: impl Into<TopicName>, partition: i32) -> TopicPartition {
        TopicPartition { topic: topic.into(), partition }
    }
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)
    }
}

/// One partition of a topic, by topic id: unlike a name, an id is never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicPartitionId {
    /// The topic's id.
    pub topic_id: Uuid,
    /// The partition's index, from 0.
    pub partition: i32,
}

/// Checks a name by Kafka's rules; the error is the sentence that Kafka's clients know.
///
/// # Errors
/// A sentence that names the rule: empty, `.` or `..`, over 249 characters, or a character outside `[a-zA-Z0-9._-]`.
pub fn validate_topic_name(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("Topic name is invalid: the empty string is not allowed".to_owned());
    }
    if name == "." || name == ".." {
        return Err(format!("Topic name is invalid: '{name}' is not allowed"));
    }
    if name.len() > NAME_LENGTH_MAX {
        return Err(format!(
            "Topic name is invalid: the length of '{name}' is longer than the max allowed length {NAME_LENGTH_MAX}"
        ));
    }
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if !name.bytes().all(legal) {
        return Err(format!(
            "Topic name is invalid: '{name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"
        ));
    }
    Ok(())
}

/// Whether two names differ only in `.` and `_`: metric names would collide, so Kafka refuses the second topic.
#[must_use]
pub fn topic_collides(one: &str, other: &str) -> bool {
    let folded = |byte: u8| if byte == b'.' { b'_' } else { byte };
    one.len() == other.len() && one.bytes().map(folded).eq(other.bytes().map(folded))
}

/// Whether a topic belongs to the broker itself, as clients are told in Metadata.
#[must_use]
pub fn is_internal(name: &str) -> bool {
    matches!(name, "__consumer_offsets" | "__transaction_state" | "__share_group_state")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fault F7.
    #[test]
    fn names_that_could_leave_the_log_directory_are_refused() {
        for name in ["", ".", "..", "a/b", "a\0b", "ä", "a b", &"x".repeat(250)] {
            assert!(validate_topic_name(name).is_err(), "{name:?}");
        }
        for name in ["a", "first", "__consumer_offsets", "a.b-c_D9", &"x".repeat(249)] {
            assert_eq!(validate_topic_name(name), Ok(()), "{name:?}");
        }
    }

    #[test]
    fn dots_and_underscores_collide() {
        assert!(topic_collides("a.b", "a_b"));
        assert!(!topic_collides("a.b", "a-b"));
    }
}
