//! Wall-clock time as Kafka writes it: milliseconds since 1970.

use std::fmt;
use std::time::Duration;

/// A length of time in milliseconds, as Kafka's `*.ms` properties give it.
pub type Millis = i64;

/// Milliseconds since 1970-01-01T00:00:00Z. -1 means "no timestamp".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Kafka's "no timestamp" (-1).
    pub const NONE: Timestamp = Timestamp(-1);

    /// This time and `length` more, never past the end of time.
    #[must_use]
    pub fn plus(self, length: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add(i64::try_from(length.as_millis()).unwrap_or(i64::MAX)))
    }

    /// Milliseconds since `earlier`; negative when the clock went back.
    #[must_use]
    pub fn since(self, earlier: Timestamp) -> Millis {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
