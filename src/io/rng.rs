//! Chance: ids, jitter, random choices.

use std::fmt;

use rand::Rng as _;

use crate::model::Uuid;

/// Where chance comes from. A simulation's source is seeded and prints its seed.
pub trait Rng: Send + Sync + fmt::Debug {
    /// 64 random bits.
    fn bits(&self) -> u64;

    /// A number in `0..bound`; 0 where `bound` is 0.
    fn below(&self, bound: u64) -> u64 {
        // The multiply-shift method: its bias is below 2^-32 for every bound used here.
        u64::try_from((u128::from(self.bits()) * u128::from(bound)) >> 64).expect("the product's top half fits")
    }

    /// A random id by Kafka's rules.
    fn uuid(&self) -> Uuid {
        loop {
            let bytes = (u128::from(self.bits()) << 64 | u128::from(self.bits())).to_be_bytes();
            if let Some(id) = Uuid::from_random(bytes) {
                return id;
            }
        }
    }
}

/// The operating system's chance, by way of a generator for each thread.
#[derive(Debug, Default)]
pub struct SystemRng;

impl Rng for SystemRng {
    #[allow(clippy::disallowed_methods, reason = "the one place where chance enters")]
    fn bits(&self) -> u64 {
        rand::rng().next_u64()
    }
}
