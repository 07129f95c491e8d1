//! Which partition of `__consumer_offsets` (or `__transaction_state`) holds a key.

/// The hash of a string as Java computes it, over UTF-16 units.
#[must_use]
pub fn java_string_hash(text: &str) -> i32 {
    text.encode_utf16().fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}

/// The partition of a group or transactional id among `partition_count`.
#[must_use]
pub fn partition_for(key: &str, partition_count: i32) -> i32 {
    debug_assert!(partition_count > 0, "the caller has looked the topic up");
    // Kafka's abs maps the one value without a positive twin to 0.
    java_string_hash(key).checked_abs().unwrap_or(0) % partition_count.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_javas() {
        for (text, hash) in
            [("", 0), ("a", 97), ("test-group", 627_841_412), ("é😀", 1_996_812), ("polygenelubricants", i32::MIN)]
        {
            assert_eq!(java_string_hash(text), hash, "{text}");
        }
    }

    #[test]
    fn the_smallest_hash_falls_on_partition_zero() {
        assert_eq!(partition_for("polygenelubricants", 50), 0);
        assert_eq!(partition_for("a", 50), 47);
    }
}
