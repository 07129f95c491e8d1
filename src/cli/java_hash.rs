//! The order in which a Java `HashMap` with names as keys gives them out: Kafka's scripts print some rows in that order,
//! and whoever compares texts line for line needs the same.

/// `String.hashCode`: over UTF-16 code units, wrapping.
fn hash(text: &str) -> u32 {
    let hash = text.encode_utf16().fold(0u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(u32::from(unit)));
    // The map itself mixes the upper half in.
    hash ^ (hash >> 16)
}

/// The places of a table that began with room for `capacity` entries and doubled whenever it was three quarters full.
fn table_size(capacity: usize, count: usize) -> usize {
    let mut size = capacity.next_power_of_two().max(1);
    while count * 4 > size * 3 {
        size *= 2;
    }
    size
}

/// Sorts `items` as `new HashMap(capacity)` gives them out after they were put in one by one.
pub(super) fn sort_as_hash_map<T>(items: &mut [T], capacity: usize, name: impl Fn(&T) -> &str) {
    let size = table_size(capacity, items.len());
    // The sort is stable: names in one place keep the order in which they were put in.
    items.sort_by_key(|item| hash(name(item)) as usize & (size - 1));
}

/// The capacity of `new HashMap()`.
pub(super) const DEFAULT_CAPACITY: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    /// The orders are those that Kafka 4.3.1's own tool printed.
    #[test]
    fn names_stand_where_java_puts_them() {
        let mut topics = ["a.b", "conf", "first", "ra"];
        sort_as_hash_map(&mut topics, 4, |name| name);
        assert_eq!(topics, ["conf", "a.b", "first", "ra"]);
        let mut configs = ["cleanup.policy", "min.insync.replicas", "retention.ms"];
        sort_as_hash_map(&mut configs, 64, |name| name);
        assert_eq!(configs, ["min.insync.replicas", "cleanup.policy", "retention.ms"]);
    }
}
