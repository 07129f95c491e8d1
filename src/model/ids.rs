//! Small numbers with a meaning, each a type of its own so that they never mix.

use std::fmt;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $inner);

        impl $name {
            /// Kafka's "none" (-1).
            pub const NONE: $name = $name(-1);

            /// Whether this is a real value and not "none".
            #[must_use]
            pub fn is_some(self) -> bool {
                self.0 >= 0
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::NONE
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number! {
    /// `node.id` (the old `broker.id`): names one broker or controller.
    NodeId(i32)
}
number! {
    /// Counts the leaders of one partition. A higher epoch fences a lower one (KIP-101).
    LeaderEpoch(i32)
}
number! {
    /// Names one life of a broker: the offset of its registration record (KIP-631).
    BrokerEpoch(i64)
}
number! {
    /// Names an idempotent or transactional producer (KIP-98).
    ProducerId(i64)
}
number! {
    /// Counts the instances of one producer id; an older one is fenced (KIP-98).
    ProducerEpoch(i16)
}
