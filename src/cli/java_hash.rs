//! The order in which a Java `HashMap` with names as keys gives them out: Kafka's scripts print some rows in that order,
//! and whoever compares texts line for line needs the same.

use crate::model::TopicPartition;

/// `String.hashCode`: over UTF-16 code units, wrapping.
fn hash_code(text: &str) -> u32 {
    text.encode_utf16().fold(0u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(u32::from(unit)))
}

/// A map mixes the upper half of a hash into the lower one.
fn mixed(hash: u32) -> u32 {
    hash ^ (hash >> 16)
}

fn hash(text: &str) -> u32 {
    mixed(hash_code(text))
}

/// How a map came to be, which decides how many places it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    /// `new HashMap()`, filled one by one.
    Plain,
    /// `new HashMap(count)`, filled one by one.
    ForCount,
    /// `new HashMap(otherMap)`.
    Copied,
}

/// The places of the table once `count` names are in: it doubles whenever it is more than three quarters full.
fn table_size(made: Made, count: usize) -> usize {
    let mut size = match made {
        Made::Plain => 16,
        Made::ForCount => count.next_power_of_two(),
        Made::Copied => (count * 4 / 3 + 1).next_power_of_two(),
    };
    while count * 4 > size * 3 {
        size *= 2;
    }
    size
}

/// Sorts `items` as a map gives them out into which they were put in their order.
pub(super) fn sort_as_hash_map<T>(items: &mut [T], made: Made, name: impl Fn(&T) -> &str) {
    let size = table_size(made, items.len());
    // The sort is stable: names in one place keep the order in which they were put in.
    items.sort_by_key(|item| hash(name(item)) as usize & (size - 1));
}

/// Sorts `items` as a plain map with partitions as keys gives them out into which they were put in their order.
pub(super) fn sort_partitions_as_hash_map<T>(items: &mut [T], partition: impl Fn(&T) -> &TopicPartition) {
    let size = table_size(Made::Plain, items.len());
    items.sort_by_key(|item| {
        let partition = partition(item);
        // `TopicPartition.hashCode`.
        let hash =
            (31 + partition.partition.cast_unsigned()).wrapping_mul(31).wrapping_add(hash_code(&partition.topic));
        mixed(hash) as usize & (size - 1)
    });
}

/// Sorts sorted topics as the admin client of Java describes them: its map of futures is copied once, then answered
/// from a third map.
pub(super) fn sort_as_described<T>(items: &mut [T], name: impl Fn(&T) -> &str) {
    for made in [Made::ForCount, Made::Copied, Made::ForCount] {
        sort_as_hash_map(items, made, &name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the script printed the offsets of `t` and `u`.
    #[test]
    fn partitions_stand_where_java_puts_them() {
        let mut partitions =
            [("t", 0), ("t", 1), ("t", 2), ("u", 0)].map(|(topic, number)| TopicPartition::new(topic, number));
        sort_partitions_as_hash_map(&mut partitions, |partition| partition);
        assert_eq!(partitions.map(|partition| partition.to_string()), ["t-2", "t-1", "t-0", "u-0"]);
    }

    /// The orders are those that Kafka 4.3.1's own tool printed.
    #[test]
    fn names_stand_where_java_puts_them() {
        let check = |expected: &[&str]| {
            let mut names = expected.to_vec();
            names.sort_unstable();
            sort_as_described(&mut names, |name| name);
            assert_eq!(names, expected);
        };
        check(&["conf", "a.b", "first", "ra"]);
        check(&["first-r", "ra-r", "a.b", "ra-o", "first-o", "x", "first", "ra"]);
        let mut configs = ["cleanup.policy", "min.insync.replicas", "retention.ms"];
        // Among the 33 settings of a topic, of which the tool shows these.
        configs.sort_by_key(|name| hash(name) & 63);
        assert_eq!(configs, ["min.insync.replicas", "cleanup.policy", "retention.ms"]);
    }
}
