//! Two clocks: the wall's, which may jump, and the steady one, which every timeout uses.

use std::fmt;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::model::Timestamp;

/// Where time comes from.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The wall clock: for timestamps of records and log lines, never for timeouts.
    fn now(&self) -> Timestamp;

    /// The steady clock: time since some fixed moment of this process. It never goes back.
    fn elapsed(&self) -> Duration;
}

/// The machine's clocks.
#[derive(Debug)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// The machine's clocks; the steady one begins at zero here.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "the one place where time enters")]
    pub fn new() -> SystemClock {
        SystemClock { start: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        SystemClock::new()
    }
}

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "the one place where time enters")]
    fn now(&self) -> Timestamp {
        // A clock before 1970 is a broken machine; Kafka's own timestamps cannot say it either.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }
}
