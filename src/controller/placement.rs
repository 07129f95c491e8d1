//! Which brokers hold the replicas of a new partition: striped over racks, as Kafka's placer does it.
//!
//! The first replica of each partition goes to an unfenced broker, because it will lead. Racks take turns as the first one, and
//! within a rack the brokers take turns; fenced brokers are used only where a rack has no unfenced one left. Once every
//! unfenced broker has been first, all orders are shuffled so that the same sets do not repeat.

use std::collections::BTreeMap;

use crate::io::rng::Rng;
use crate::metadata::Image;
use crate::model::NodeId;

/// Places the replicas of `partitions` new partitions, `replication_factor` for each.
///
/// # Errors
/// A sentence in Kafka's words: there are too few brokers, or none is unfenced.
pub(super) fn place(
    image: &Image,
    partitions: usize,
    replication_factor: i16,
    rng: &dyn Rng,
) -> Result<Vec<Vec<NodeId>>, String> {
    let mut racks = Racks::new(image, rng);
    if racks.unfenced == 0 {
        return Err("All brokers are currently fenced.".to_owned());
    }
    let wanted = usize::try_from(replication_factor).expect("the caller has checked the replication factor");
    if wanted > racks.total {
        return Err(format!(
            "The target replication factor of {wanted} cannot be reached because only {} broker(s) are registered or some \
             brokers have all their log directories cordoned.",
            racks.total
        ));
    }
    Ok((0..partitions).map(|_| racks.next(wanted)).collect())
}

/// Brokers that take turns.
#[derive(Debug, Default)]
struct Turns {
    brokers: Vec<NodeId>,
    offset: usize,
    taken: usize,
    round: usize,
}

impl Turns {
    fn shuffle_start(&mut self, rng: &dyn Rng) {
        self.offset = below(rng, self.brokers.len());
    }

    /// The next broker of this round; each broker comes once in a round, and each round starts one broker later.
    fn next(&mut self, round: usize) -> Option<NodeId> {
        if self.brokers.is_empty() {
            return None;
        }
        if self.round != round {
            self.round = round;
            self.taken = 0;
            self.offset = (self.offset + 1) % self.brokers.len();
        }
        if self.taken == self.brokers.len() {
            return None;
        }
        let broker = self.brokers[(self.taken + self.offset) % self.brokers.len()];
        self.taken += 1;
        Some(broker)
    }
}

#[derive(Debug, Default)]
struct Rack {
    unfenced: Turns,
    fenced: Turns,
}

impl Rack {
    fn next(&mut self, round: usize) -> Option<NodeId> {
        self.unfenced.next(round).or_else(|| self.fenced.next(round))
    }
}

struct Racks<'a> {
    rng: &'a dyn Rng,
    racks: Vec<Rack>,
    total: usize,
    unfenced: usize,
    round: usize,
    offset: usize,
}

impl Racks<'_> {
    fn new<'a>(image: &Image, rng: &'a dyn Rng) -> Racks<'a> {
        // Brokers without a rack count as one rack, which comes first.
        let mut by_name: BTreeMap<Option<&str>, Rack> = BTreeMap::new();
        for broker in image.brokers().iter().filter(|broker| !broker.in_controlled_shutdown) {
            let rack = by_name.entry(broker.rack.as_deref()).or_default();
            let turns = if broker.fenced { &mut rack.fenced } else { &mut rack.unfenced };
            turns.brokers.push(broker.id);
        }
        let mut racks: Vec<Rack> = by_name.into_values().collect();
        for rack in &mut racks {
            rack.unfenced.shuffle_start(rng);
            rack.fenced.shuffle_start(rng);
        }
        let unfenced = racks.iter().map(|rack| rack.unfenced.brokers.len()).sum();
        let total = unfenced + racks.iter().map(|rack| rack.fenced.brokers.len()).sum::<usize>();
        let offset = below(rng, racks.len());
        Racks { rng, racks, total, unfenced, round: 0, offset }
    }

    fn next(&mut self, wanted: usize) -> Vec<NodeId> {
        // A single unfenced broker is first every time: shuffling would start its round again without end.
        if self.round == self.unfenced && self.unfenced > 1 {
            self.shuffle();
            self.round = 0;
        }
        let count = self.racks.len();
        self.offset %= count;
        let (leader, mut skipped) = self.leader();
        let mut replicas = vec![leader];
        let mut rack = self.offset;
        while replicas.len() < wanted {
            // The rack that gave the leader is passed over once, so that the replicas spread.
            if Some(rack) == skipped {
                skipped = None;
            } else if let Some(broker) = self.racks[rack].next(self.round) {
                replicas.push(broker);
            }
            rack = (rack + 1) % count;
        }
        self.round += 1;
        self.offset += 1;
        replicas
    }

    /// An unfenced broker and the rack that it came from.
    fn leader(&mut self) -> (NodeId, Option<usize>) {
        let count = self.racks.len();
        (0..count)
            .map(|step| (self.offset + step) % count)
            .find_map(|rack| Some((self.racks[rack].unfenced.next(self.round)?, Some(rack))))
            .expect("a round is as long as there are unfenced brokers")
    }

    fn shuffle(&mut self) {
        shuffle(&mut self.racks, self.rng);
        for rack in &mut self.racks {
            shuffle(&mut rack.unfenced.brokers, self.rng);
            shuffle(&mut rack.fenced.brokers, self.rng);
        }
    }
}

fn below(rng: &dyn Rng, bound: usize) -> usize {
    usize::try_from(rng.below(bound as u64)).expect("below a usize")
}

fn shuffle<T>(list: &mut [T], rng: &dyn Rng) {
    for last in (1..list.len()).rev() {
        list.swap(last, below(rng, last + 1));
    }
}
