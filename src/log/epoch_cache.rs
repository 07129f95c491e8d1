//! Which offsets belong to which epoch of leadership (KIP-101, KIP-279): the content of `leader-epoch-checkpoint`.
//!
//! The cache is a value; `log.rs` decides when it is written. Invariant: epochs and start offsets both strictly grow.

use crate::model::{LeaderEpoch, Offset};

use super::checkpoint::EpochEntry;

/// The epochs of one log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EpochCache {
    entries: Vec<EpochEntry>,
}

impl EpochCache {
    /// The epochs that a checkpoint lists. Entries that contradict later ones are dropped, as when they are assigned.
    pub(super) fn of(entries: impl IntoIterator<Item = EpochEntry>) -> EpochCache {
        let mut cache = EpochCache::default();
        for entry in entries {
            cache.assign(entry);
        }
        cache
    }

    /// Every epoch, oldest first.
    #[must_use]
    pub fn entries(&self) -> &[EpochEntry] {
        &self.entries
    }

    /// The newest epoch.
    #[must_use]
    pub fn latest(&self) -> Option<EpochEntry> {
        self.entries.last().copied()
    }

    /// The oldest epoch.
    #[must_use]
    pub fn earliest(&self) -> Option<EpochEntry> {
        self.entries.first().copied()
    }

    /// Notes that an epoch starts at an offset, dropping entries that contradict it; says whether anything changed.
    pub(super) fn assign(&mut self, entry: EpochEntry) -> bool {
        assert!(entry.epoch.0 >= 0 && entry.start_offset.is_known(), "{entry:?} is no epoch");
        let needed =
            self.latest().is_none_or(|latest| entry.epoch != latest.epoch || entry.start_offset < latest.start_offset);
        if needed {
            let contradicts = |old: &EpochEntry| old.epoch >= entry.epoch || old.start_offset >= entry.start_offset;
            while self.entries.last().is_some_and(contradicts) {
                self.entries.pop();
            }
            self.entries.push(entry);
        }
        needed
    }

    /// Where an epoch ends, for one who may have diverged: the largest epoch not above `epoch` and the offset behind its
    /// last record (OffsetForLeaderEpoch). `None` where the log knows no epoch that could answer.
    #[must_use]
    pub fn end_offset_for(&self, epoch: LeaderEpoch, log_end_offset: Offset) -> Option<EpochEnd> {
        if epoch.0 < 0 {
            return None;
        }
        let latest = self.latest()?;
        if latest.epoch == epoch {
            return Some(EpochEnd { epoch, end_offset: log_end_offset });
        }
        let above = self.entries.iter().position(|entry| entry.epoch > epoch)?;
        let end_offset = self.entries[above].start_offset;
        let known = above.checked_sub(1).map_or(epoch, |below| self.entries[below].epoch);
        Some(EpochEnd { epoch: known, end_offset })
    }

    /// The epoch that the record at `offset` was written in.
    #[must_use]
    pub fn epoch_of(&self, offset: Offset) -> Option<LeaderEpoch> {
        let above = self.entries.partition_point(|entry| entry.start_offset <= offset);
        above.checked_sub(1).map(|index| self.entries[index].epoch)
    }

    /// Drops the epochs that start at `end_offset` or later; says whether there were any.
    pub(super) fn truncate_from_end(&mut self, end_offset: Offset) -> bool {
        let kept = self.entries.partition_point(|entry| entry.start_offset < end_offset);
        let changed = kept < self.entries.len();
        self.entries.truncate(kept);
        changed
    }

    /// Drops the epochs that end before `start_offset`; the one that it lies in then starts there. Says whether anything
    /// changed.
    pub(super) fn truncate_from_start(&mut self, start_offset: Offset) -> bool {
        let below = self.entries.partition_point(|entry| entry.start_offset <= start_offset);
        let Some(covering) = below.checked_sub(1) else { return false };
        let changed = covering > 0 || self.entries[0].start_offset != start_offset;
        self.entries.drain(..covering);
        self.entries[0].start_offset = start_offset;
        changed
    }

    /// Forgets every epoch; says whether there were any.
    pub(super) fn clear(&mut self) -> bool {
        let changed = !self.entries.is_empty();
        self.entries.clear();
        changed
    }
}

/// The end of an epoch, as OffsetForLeaderEpoch answers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EpochEnd {
    /// The largest known epoch that is not above the one asked for.
    pub epoch: LeaderEpoch,
    /// The offset behind its last record.
    pub end_offset: Offset,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(epoch: i32, start_offset: i64) -> EpochEntry {
        EpochEntry { epoch: LeaderEpoch(epoch), start_offset: Offset(start_offset) }
    }

    fn cache(entries: &[(i32, i64)]) -> EpochCache {
        EpochCache::of(entries.iter().map(|&(epoch, start)| entry(epoch, start)))
    }

    fn end(epochs: &EpochCache, epoch: i32) -> Option<(i32, i64)> {
        epochs.end_offset_for(LeaderEpoch(epoch), Offset(100)).map(|end| (end.epoch.0, end.end_offset.0))
    }

    #[test]
    fn a_new_epoch_drops_entries_that_contradict_it() {
        assert_eq!(cache(&[(1, 0), (2, 10), (3, 20), (2, 15)]), cache(&[(1, 0), (2, 15)]));
        assert_eq!(cache(&[(1, 10), (2, 5)]), cache(&[(2, 5)]));
        assert!(!cache(&[(1, 0)]).assign(entry(1, 7)), "the epoch has begun already");
        assert!(cache(&[(1, 9)]).assign(entry(1, 7)), "the epoch began earlier than was known");
    }

    #[test]
    fn the_end_of_an_epoch_is_where_the_next_one_starts() {
        let epochs = cache(&[(2, 10), (4, 20), (7, 30)]);
        assert_eq!(end(&epochs, -1), None);
        assert_eq!(end(&epochs, 0), Some((0, 10)), "older than any known epoch");
        assert_eq!(end(&epochs, 2), Some((2, 20)));
        assert_eq!(end(&epochs, 3), Some((2, 20)));
        assert_eq!(end(&epochs, 5), Some((4, 30)));
        assert_eq!(end(&epochs, 7), Some((7, 100)));
        assert_eq!(end(&epochs, 8), None);
        assert_eq!(end(&EpochCache::default(), 0), None);
    }

    #[test]
    fn truncation_keeps_the_epoch_that_covers_the_start() {
        let mut epochs = cache(&[(2, 10), (4, 20), (7, 30)]);
        assert!(epochs.truncate_from_start(Offset(25)));
        assert_eq!(epochs, cache(&[(4, 25), (7, 30)]));
        assert!(!epochs.truncate_from_start(Offset(25)));
        assert!(!epochs.truncate_from_start(Offset(3)));
        assert!(epochs.truncate_from_end(Offset(30)));
        assert_eq!(epochs, cache(&[(4, 25)]));
        assert!(!epochs.truncate_from_end(Offset(26)));
        assert_eq!(epochs.epoch_of(Offset(24)), None);
        assert_eq!(epochs.epoch_of(Offset(25)), Some(LeaderEpoch(4)));
    }

    proptest::proptest! {
        #[test]
        fn epochs_and_starts_always_grow(entries: Vec<(u8, u8)>) {
            let mut epochs = EpochCache::default();
            for (epoch, start) in entries {
                epochs.assign(entry(i32::from(epoch), i64::from(start)));
                let pairs: Vec<_> = epochs.entries().windows(2).collect();
                for pair in pairs {
                    proptest::prop_assert!(pair[0].epoch.0 < pair[1].epoch.0);
                    proptest::prop_assert!(pair[0].start_offset < pair[1].start_offset);
                }
            }
        }
    }
}
