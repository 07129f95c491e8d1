//! Who is in sync, and what that makes of the high watermark.
//!
//! The leader counts every member of the ISR that the image names, also one that has not fetched yet: an offset is
//! committed only when all of them have it.

use std::collections::HashMap;
use std::time::Duration;

use crate::model::{NodeId, Offset};

/// What a leader knows of a follower, from its fetches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Follower {
    /// The offset it fetched from last: it has everything before.
    pub log_end_offset: Offset,
    /// Where its log starts.
    pub log_start_offset: Offset,
    /// When it last had everything that the leader had, by the steady clock.
    pub caught_up: Duration,
    /// When it last fetched, and the leader's end offset at that moment.
    fetched: Duration,
    leader_end_offset: Offset,
}

impl Follower {
    /// A follower that has not fetched yet. It counts as caught up at `now`, so that it has the whole
    /// `replica.lag.time.max.ms` for its first fetch.
    #[must_use]
    pub fn new(now: Duration) -> Follower {
        Follower {
            log_end_offset: Offset::UNKNOWN,
            log_start_offset: Offset::UNKNOWN,
            caught_up: now,
            fetched: now,
            leader_end_offset: Offset::ZERO,
        }
    }

    /// The follower fetched from `fetch`, while the leader's log ended at `leader_end_offset`.
    pub fn fetched(&mut self, fetch: FollowerFetch, leader_end_offset: Offset, now: Duration) {
        if fetch.offset >= leader_end_offset {
            self.caught_up = self.caught_up.max(now);
        } else if fetch.offset >= self.leader_end_offset {
            // It has now what the leader had at its previous fetch, so it was caught up then.
            self.caught_up = self.caught_up.max(self.fetched);
        }
        self.log_end_offset = fetch.offset;
        self.log_start_offset = fetch.log_start_offset;
        self.fetched = now;
        self.leader_end_offset = leader_end_offset;
    }
}

/// Where a follower fetches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FollowerFetch {
    /// The offset it asks for.
    pub offset: Offset,
    /// Where its log starts.
    pub log_start_offset: Offset,
}

/// The in-sync replicas as the image names them, and what is known of the followers.
#[derive(Debug, Clone, Default)]
pub struct Isr {
    /// The members, the leader among them.
    pub members: Vec<NodeId>,
    /// Every follower, in sync or not.
    pub followers: HashMap<NodeId, Follower>,
}

impl Isr {
    /// The image names new members or replicas. What is known of a follower that stays is kept.
    pub fn turn(&mut self, members: &[NodeId], replicas: &[NodeId], leader: NodeId, now: Duration) {
        self.members = members.to_vec();
        self.followers.retain(|id, _| replicas.contains(id));
        for id in replicas.iter().filter(|id| **id != leader) {
            self.followers.entry(*id).or_insert_with(|| Follower::new(now));
        }
    }

    /// The largest offset before which every member has everything.
    #[must_use]
    pub fn high_watermark(&self, leader: NodeId, leader_end_offset: Offset) -> Offset {
        let end_of = |member: &NodeId| match self.followers.get(member) {
            _ if *member == leader => leader_end_offset,
            Some(follower) => follower.log_end_offset,
            None => Offset::UNKNOWN,
        };
        self.members.iter().map(end_of).min().unwrap_or(leader_end_offset).min(leader_end_offset)
    }

    /// The members that have not been caught up for longer than `replica.lag.time.max.ms`.
    #[must_use]
    pub fn lagging(&self, leader: NodeId, now: Duration, lag_max: Duration) -> Vec<NodeId> {
        let is_late = |follower: &Follower| now.saturating_sub(follower.caught_up) > lag_max;
        let lags = |member: &&NodeId| **member != leader && self.followers.get(member).is_none_or(is_late);
        self.members.iter().filter(lags).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEADER: NodeId = NodeId(1);

    fn isr(ends: &[(i32, i64)]) -> Isr {
        let mut isr = Isr { members: vec![LEADER], ..Isr::default() };
        for (id, end) in ends {
            let mut follower = Follower::new(Duration::ZERO);
            follower.log_end_offset = Offset(*end);
            isr.members.push(NodeId(*id));
            isr.followers.insert(NodeId(*id), follower);
        }
        isr
    }

    #[test]
    fn the_high_watermark_is_the_least_end_of_the_members() {
        assert_eq!(isr(&[(2, 7), (3, 5)]).high_watermark(LEADER, Offset(9)), Offset(5));
        assert_eq!(isr(&[]).high_watermark(LEADER, Offset(9)), Offset(9));
    }

    #[test]
    fn a_member_that_never_fetched_holds_the_high_watermark() {
        let mut isr = isr(&[]);
        isr.members.push(NodeId(2));
        assert!(!isr.high_watermark(LEADER, Offset(9)).is_known());
    }

    #[test]
    fn a_replica_outside_the_isr_does_not_hold_the_high_watermark() {
        let mut isr = isr(&[(2, 3)]);
        isr.members.retain(|member| *member == LEADER);
        assert_eq!(isr.high_watermark(LEADER, Offset(9)), Offset(9));
    }

    #[test]
    fn a_member_lags_when_it_was_not_caught_up_for_too_long() {
        let (second, lag_max) = (Duration::from_secs(1), Duration::from_secs(30));
        let mut isr = isr(&[(2, 0), (3, 0)]);
        for turn in 1..=40 {
            // The second follower keeps one fetch behind, which is in sync; the third is far behind.
            let end = Offset(i64::from(turn) * 10);
            let fetch = FollowerFetch { offset: Offset(end.0 - 10), log_start_offset: Offset::ZERO };
            isr.followers.get_mut(&NodeId(2)).unwrap().fetched(fetch, end, second * turn);
            let fetch = FollowerFetch { offset: Offset(1), log_start_offset: Offset::ZERO };
            isr.followers.get_mut(&NodeId(3)).unwrap().fetched(fetch, end, second * turn);
        }
        assert_eq!(isr.lagging(LEADER, second * 40, lag_max), [NodeId(3)]);
    }
}
