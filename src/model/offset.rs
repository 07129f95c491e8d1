//! Offsets count records, positions count bytes. They are never mixed.

use std::fmt;

/// The number of a record in its partition, starting at 0. Negative values are Kafka's sentinels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Offset(pub i64);

impl Offset {
    /// The first offset of a log that never lost its head.
    pub const ZERO: Offset = Offset(0);
    /// Kafka's "no offset is known" (-1).
    pub const UNKNOWN: Offset = Offset(-1);
    /// The largest offset there can be.
    pub const MAX: Offset = Offset(i64::MAX);

    /// The offset `count` records later.
    #[must_use]
    pub fn plus(self, count: i64) -> Offset {
        Offset(self.0.saturating_add(count))
    }

    /// How many records lie between `earlier` and this offset.
    #[must_use]
    pub fn since(self, earlier: Offset) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Whether this is a real offset and not one of the sentinels.
    #[must_use]
    pub fn is_known(self) -> bool {
        self.0 >= 0
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A place in a file, in bytes from its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position(pub u64);

impl Position {
    /// The start of a file.
    pub const ZERO: Position = Position(0);

    /// The place `bytes` further on.
    #[must_use]
    pub fn plus(self, bytes: u64) -> Position {
        Position(self.0.saturating_add(bytes))
    }

    /// How many bytes lie between `earlier` and this place.
    #[must_use]
    pub fn since(self, earlier: Position) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
