//! Deadlines by name: setting one again moves it, and the earliest is always at hand.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// What a deadline is about. A key has at most one deadline at a time.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum TimerKey {
    /// The session of a member, or of a member id that was handed out and not used yet.
    Session { group: Arc<str>, member: Arc<str> },
    /// The join phase of a rebalance.
    Join { group: Arc<str> },
    /// The sync phase of a rebalance.
    Sync { group: Arc<str> },
}

/// What is to be done at a deadline, beyond what its key says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Alarm {
    /// The member was not heard of in time.
    SessionExpired,
    /// The join phase ends with those who have joined.
    CompleteJoin,
    /// The first rebalance of an empty group: goes on waiting while members keep arriving and time remains.
    InitialJoin { delay: Duration, remaining: Duration },
    /// The sync phase of this generation ends.
    SyncExpired { generation: i32 },
}

/// The deadlines of one shard, on the steady clock. Equal deadlines ring in the order in which they were set.
#[derive(Debug, Default)]
pub(super) struct Timers {
    by_deadline: BTreeMap<(Duration, u64), (TimerKey, Alarm)>,
    by_key: HashMap<TimerKey, (Duration, u64)>,
    set_count: u64,
}

impl Timers {
    /// Sets the deadline of a key, instead of the one that it had.
    pub(super) fn set(&mut self, key: TimerKey, deadline: Duration, alarm: Alarm) {
        self.cancel(&key);
        self.set_count += 1;
        let place = (deadline, self.set_count);
        self.by_key.insert(key.clone(), place);
        self.by_deadline.insert(place, (key, alarm));
    }

    pub(super) fn cancel(&mut self, key: &TimerKey) {
        if let Some(place) = self.by_key.remove(key) {
            self.by_deadline.remove(&place);
        }
    }

    /// When the next deadline is.
    pub(super) fn next_deadline(&self) -> Option<Duration> {
        self.by_deadline.first_key_value().map(|((deadline, _), _)| *deadline)
    }

    /// Takes out one deadline that has passed.
    pub(super) fn take_expired(&mut self, now: Duration) -> Option<(TimerKey, Alarm)> {
        let entry = self.by_deadline.first_entry()?;
        if entry.key().0 > now {
            return None;
        }
        let (key, alarm) = entry.remove();
        self.by_key.remove(&key);
        Some((key, alarm))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn join(group: &str) -> TimerKey {
        TimerKey::Join { group: group.into() }
    }

    #[test]
    fn a_key_has_one_deadline_and_equal_deadlines_keep_their_order() {
        let mut timers = Timers::default();
        let second = Duration::from_secs;
        timers.set(join("a"), second(5), Alarm::CompleteJoin);
        timers.set(join("b"), second(5), Alarm::CompleteJoin);
        timers.set(join("c"), second(1), Alarm::CompleteJoin);
        timers.set(join("c"), second(9), Alarm::CompleteJoin);
        timers.set(join("d"), second(1), Alarm::CompleteJoin);
        timers.cancel(&join("d"));
        assert_eq!(timers.next_deadline(), Some(second(5)));
        assert_eq!(timers.take_expired(second(4)), None);
        assert_eq!(timers.take_expired(second(5)), Some((join("a"), Alarm::CompleteJoin)));
        assert_eq!(timers.take_expired(second(5)), Some((join("b"), Alarm::CompleteJoin)));
        assert_eq!(timers.next_deadline(), Some(second(9)));
    }
}
