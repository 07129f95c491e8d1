//! Which partition a record goes to when it names none.
//!
//! With a key: Kafka's murmur2 of the key's bytes, so that every client of every language agrees. Without: all records go
//! to one partition until a batch's worth is there, then to another (KIP-480, KIP-794), so that batches fill; the next one
//! is drawn by how short its queue is. The class `RoundRobinPartitioner` takes turns record by record instead.

use std::sync::atomic::{AtomicI32, AtomicU32, AtomicUsize, Ordering};

use crate::io::rng::Rng;

/// How the partition of a record without an explicit one is found (`partitioner.class`, `partitioner.ignore.keys`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Partitioning {
    /// By the key's hash; sticky without a key: Kafka's default.
    #[default]
    Default,
    /// Sticky, whatever the key (`partitioner.ignore.keys=true`).
    IgnoreKeys,
    /// In turn, whatever the key (`RoundRobinPartitioner`).
    RoundRobin,
}

/// How the next partition to stick to is drawn (`partitioner.adaptive.partitioning.enable`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Spread {
    /// The shorter a queue, the likelier.
    #[default]
    ByLoad,
    /// Each alike.
    Evenly,
}

/// What the choice for one topic remembers.
#[derive(Debug)]
pub(super) struct TopicPartitioner {
    partitioning: Partitioning,
    spread: Spread,
    /// The partition that records without a key stick to; -1 before the first.
    sticky: AtomicI32,
    /// Bytes given to it so far.
    sticky_bytes: AtomicUsize,
    turn: AtomicU32,
}

/// What a sticky choice looks at: the partitions that have a leader, and how many batches wait in each queue.
pub(super) trait Queues {
    /// The number of partitions.
    fn count(&self) -> i32;
    /// Batches that wait, or `None` where the partition has no leader.
    fn load(&self, partition: i32) -> Option<u64>;
}

impl TopicPartitioner {
    pub(super) fn new(partitioning: Partitioning, spread: Spread, rng: &dyn Rng) -> TopicPartitioner {
        let start = u32::try_from(rng.below(1 << 31)).expect("31 bits fit");
        TopicPartitioner {
            partitioning,
            spread,
            sticky: AtomicI32::new(-1),
            sticky_bytes: AtomicUsize::new(0),
            turn: AtomicU32::new(start),
        }
    }

    /// The partition for a record; `count` is above 0.
    pub(super) fn choose(&self, key: Option<&[u8]>, queues: &impl Queues, rng: &dyn Rng) -> i32 {
        match (self.partitioning, key) {
            (Partitioning::Default, Some(key)) => partition_of_key(key, queues.count()),
            (Partitioning::RoundRobin, _) => self.next_turn(queues),
            _ => self.stick(queues, rng),
        }
    }

    /// Counts bytes that a partition was given; a batch's worth lets the choice move on.
    pub(super) fn count_bytes(&self, partition: i32, bytes: usize, batch_size: usize) {
        if self.sticky.load(Ordering::Relaxed) != partition {
            return;
        }
        if self.sticky_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes >= batch_size {
            self.sticky_bytes.store(0, Ordering::Relaxed);
            self.sticky.store(-1, Ordering::Relaxed);
        }
    }

    fn stick(&self, queues: &impl Queues, rng: &dyn Rng) -> i32 {
        let known = self.sticky.load(Ordering::Relaxed);
        if (0..queues.count()).contains(&known) {
            return known;
        }
        let drawn = draw(queues, self.spread, rng);
        self.sticky.store(drawn, Ordering::Relaxed);
        drawn
    }

    fn next_turn(&self, queues: &impl Queues) -> i32 {
        let count = queues.count();
        let turn = || i32::try_from(self.turn.fetch_add(1, Ordering::Relaxed) & 0x7fff_ffff).expect("31 bits") % count;
        // One round over all: a partition without a leader is passed over unless all are.
        (0..count).map(|_| turn()).find(|partition| queues.load(*partition).is_some()).unwrap_or_else(turn)
    }
}

/// Draws a partition with a leader.
fn draw(queues: &impl Queues, spread: Spread, rng: &dyn Rng) -> i32 {
    let count = queues.count();
    let longest = (0..count).filter_map(|partition| queues.load(partition)).max();
    let Some(longest) = longest else {
        return i32::try_from(rng.below(count.unsigned_abs().into())).expect("below a count");
    };
    let weight = |partition| match (queues.load(partition), spread) {
        (None, _) => 0,
        (Some(_), Spread::Evenly) => 1,
        (Some(load), Spread::ByLoad) => (longest + 1).saturating_sub(load),
    };
    let total: u64 = (0..count).map(weight).sum();
    let mut left = rng.below(total);
    for partition in 0..count {
        let own = weight(partition);
        if left < own {
            return partition;
        }
        left -= own;
    }
    // The loads moved while they were summed up.
    0
}

/// The partition that Kafka's default partitioner gives a key.
///
/// # Panics
/// When `count` is not above 0.
#[must_use]
pub fn partition_of_key(key: &[u8], count: i32) -> i32 {
    assert!(count > 0, "a topic has partitions");
    (murmur2(key).cast_signed() & i32::MAX) % count
}

/// Kafka's variant of murmur2 (32 bits, its own seed).
#[must_use]
pub fn murmur2(bytes: &[u8]) -> u32 {
    const SEED: u32 = 0x9747_b28c;
    const MIX: u32 = 0x5bd1_e995;
    let length = u32::try_from(bytes.len() & 0xffff_ffff).expect("masked");
    let mut hash = SEED ^ length;
    let mut chunks = bytes.chunks_exact(4);
    for chunk in &mut chunks {
        let mut word = u32::from_le_bytes(*chunk.first_chunk().expect("chunks of four")).wrapping_mul(MIX);
        word ^= word >> 24;
        hash = hash.wrapping_mul(MIX) ^ word.wrapping_mul(MIX);
    }
    let rest = chunks.remainder();
    if !rest.is_empty() {
        for (index, byte) in rest.iter().enumerate() {
            hash ^= u32::from(*byte) << (8 * index);
        }
        hash = hash.wrapping_mul(MIX);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(MIX);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::rng::SystemRng;

    struct Loads(Vec<Option<u64>>);

    impl Queues for Loads {
        fn count(&self) -> i32 {
            i32::try_from(self.0.len()).unwrap()
        }

        fn load(&self, partition: i32) -> Option<u64> {
            self.0[usize::try_from(partition).unwrap()]
        }
    }

    #[test]
    fn the_hash_is_kafkas() {
        // Given by org.apache.kafka.common.utils.Utils.murmur2.
        for (key, hash) in VECTORS {
            assert_eq!(murmur2(key.as_bytes()).cast_signed(), *hash, "{key:?}");
        }
    }

    const VECTORS: &[(&str, i32)] = &[
        ("21", -973_932_308),
        ("foobar", -790_332_482),
        ("a-little-bit-long-string", -985_981_536),
        ("a-little-bit-longer-string", -1_486_304_829),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
    ];

    #[test]
    fn a_choice_without_a_key_stays_until_a_batch_is_full() {
        let partitioner = TopicPartitioner::new(Partitioning::Default, Spread::ByLoad, &SystemRng);
        let queues = Loads(vec![Some(0); 4]);
        let first = partitioner.choose(None, &queues, &SystemRng);
        for _ in 0..10 {
            assert_eq!(partitioner.choose(None, &queues, &SystemRng), first);
            partitioner.count_bytes(first, 10, 1000);
        }
        partitioner.count_bytes(first, 1000, 1000);
        let moved = (0..100).any(|_| {
            let next = partitioner.choose(None, &queues, &SystemRng);
            partitioner.count_bytes(next, 1000, 1000);
            next != first
        });
        assert!(moved);
    }

    #[test]
    fn a_partition_without_a_leader_is_passed_over() {
        let queues = Loads(vec![None, Some(3), None]);
        for partitioning in [Partitioning::Default, Partitioning::RoundRobin] {
            let partitioner = TopicPartitioner::new(partitioning, Spread::ByLoad, &SystemRng);
            for _ in 0..10 {
                assert_eq!(partitioner.choose(None, &queues, &SystemRng), 1);
            }
        }
    }

    #[test]
    fn a_long_queue_is_drawn_seldom_and_without_adaption_as_often_as_a_short_one() {
        let queues = Loads(vec![Some(0), Some(99)]);
        let draws = |spread| (0..1000).filter(|_| draw(&queues, spread, &SystemRng) == 1).count();
        assert!(draws(Spread::ByLoad) < 100);
        assert!((300..700).contains(&draws(Spread::Evenly)));
    }

    #[test]
    fn turns_reach_every_partition_alike() {
        let partitioner = TopicPartitioner::new(Partitioning::RoundRobin, Spread::ByLoad, &SystemRng);
        let queues = Loads(vec![Some(0); 3]);
        let mut counts = [0; 3];
        for _ in 0..30 {
            counts[usize::try_from(partitioner.choose(Some(b"k"), &queues, &SystemRng)).unwrap()] += 1;
        }
        assert_eq!(counts, [10; 3]);
    }
}
