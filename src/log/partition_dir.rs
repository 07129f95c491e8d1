//! The names of partitions' directories: `<topic>-<n>`, and while one is deleted, moved or unclaimed
//! `<topic>-<n>.<32 hex>-delete`, `-future`, `-stray`.

use crate::io::rng::Rng;
use crate::model::{TopicPartition, validate_topic_name};

/// The longest name that file systems take. Kafka cuts the topic's name of a deleted or stray partition for it.
const NAME_LENGTH_MAX: usize = 255;

/// What a partition's directory is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A replica of this node.
    Current,
    /// The partition was deleted; the directory is removed after a while.
    Deleted,
    /// A replica that is being moved here from another log directory.
    Future,
    /// A replica that the cluster no longer knows of.
    Stray,
}

const SUFFIXES: [(&str, Role); 3] = [("-delete", Role::Deleted), ("-future", Role::Future), ("-stray", Role::Stray)];

impl Role {
    fn suffix(self) -> &'static str {
        SUFFIXES.iter().find(|(_, role)| *role == self).map_or("", |(suffix, _)| suffix)
    }
}

/// The partition and the purpose of a directory with this name; `None` where it is no partition's. The topic of a deleted
/// or stray partition may have been cut.
#[must_use]
pub fn parse(name: &str) -> Option<(TopicPartition, Role)> {
    let found = SUFFIXES.iter().find_map(|(suffix, role)| name.strip_suffix(suffix).map(|rest| (rest, *role)));
    let (plain, role) = match found {
        Some((rest, role)) => (rest.rsplit_once('.').filter(|(_, id)| !id.is_empty())?.0, role),
        None => (name, Role::Current),
    };
    let (topic, number) = plain.rsplit_once('-')?;
    let partition: i32 = number.parse().ok().filter(|partition| *partition >= 0)?;
    let is_canonical = number.bytes().all(|byte| byte.is_ascii_digit());
    (is_canonical && validate_topic_name(topic).is_ok()).then(|| (TopicPartition::new(topic, partition), role))
}

/// The name of a replica's directory.
#[must_use]
pub fn current(partition: &TopicPartition) -> String {
    partition.to_string()
}

/// A new name for a directory that is no longer, or not yet, a replica.
#[must_use]
pub fn renamed(partition: &TopicPartition, role: Role, rng: &dyn Rng) -> String {
    let id = u128::from(rng.bits()) << 64 | u128::from(rng.bits());
    let rest = format!("-{}.{id:032x}{}", partition.partition, role.suffix());
    let room = NAME_LENGTH_MAX - rest.len();
    let topic = &partition.topic[..partition.topic.len().min(room)];
    format!("{topic}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::rng::SystemRng;

    #[test]
    fn names_are_told_apart() {
        let id = "0123456789abcdef0123456789abcdef";
        let deleted = format!("a-b-3.{id}-delete");
        let cases = [
            ("a-b-3", Some(("a-b", 3, Role::Current))),
            ("__consumer_offsets-49", Some(("__consumer_offsets", 49, Role::Current))),
            (deleted.as_str(), Some(("a-b", 3, Role::Deleted))),
            ("x.y-0.1-future", Some(("x.y", 0, Role::Future))),
            ("x-0.1-stray", Some(("x", 0, Role::Stray))),
            ("lost+found", None),
            ("x-", None),
            ("-0", None),
            ("x--1", None),
            ("x-+1", None),
            ("x-1-delete", None),
            ("remote-log-index-cache", None),
        ];
        for (name, expected) in cases {
            let expected = expected.map(|(topic, number, role)| (TopicPartition::new(topic, number), role));
            if name == "x--1" {
                // A topic may end in a dash.
                assert_eq!(parse(name), Some((TopicPartition::new("x-", 1), Role::Current)));
            } else {
                assert_eq!(parse(name), expected, "{name}");
            }
        }
    }

    #[test]
    fn a_renamed_directory_fits_the_file_system_and_keeps_its_partition() {
        let partition = TopicPartition::new("t".repeat(249), 17);
        let name = renamed(&partition, Role::Deleted, &SystemRng);
        assert_eq!(name.len(), 255);
        let (cut, role) = parse(&name).expect("a partition's");
        assert_eq!((cut.partition, role), (17, Role::Deleted));
    }
}
