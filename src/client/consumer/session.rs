//! A fetch session (KIP-227): the broker remembers what is fetched, and requests name only what changed.

use std::collections::BTreeMap;

use crate::model::TopicPartition;

/// What a request says of a partition; unchanged, it need not be said again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) offset: i64,
    pub(super) leader_epoch: i32,
    pub(super) last_fetched_epoch: i32,
}

/// The session with one broker.
#[derive(Debug, Default)]
pub(super) struct Session {
    id: i32,
    epoch: i32,
    known: BTreeMap<TopicPartition, Wanted>,
}

/// What goes into a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Round {
    pub(super) session_id: i32,
    pub(super) session_epoch: i32,
    /// Partitions that are new or changed; all of them in a full request.
    pub(super) wanted: Vec<(TopicPartition, Wanted)>,
    /// Partitions that are no longer wanted.
    pub(super) forgotten: Vec<TopicPartition>,
}

impl Session {
    /// What must be said so that the broker fetches exactly `wanted`.
    pub(super) fn round(&mut self, wanted: BTreeMap<TopicPartition, Wanted>) -> Round {
        let full = self.epoch == 0;
        let changed = |(partition, now): &(&TopicPartition, &Wanted)| full || self.known.get(*partition) != Some(*now);
        let said = wanted.iter().filter(changed).map(|(partition, now)| (partition.clone(), *now)).collect();
        let gone = |partition: &&TopicPartition| !full && !wanted.contains_key(*partition);
        let forgotten = self.known.keys().filter(gone).cloned().collect();
        self.known = wanted;
        Round { session_id: self.id, session_epoch: self.epoch, wanted: said, forgotten }
    }

    /// The broker answered; its session goes on, or there is none where the id is 0.
    pub(super) fn answered(&mut self, session_id: i32) {
        if session_id == 0 {
            *self = Session { known: std::mem::take(&mut self.known), ..Session::default() };
        } else {
            self.id = session_id;
            self.epoch = if self.epoch == i32::MAX { 1 } else { self.epoch + 1 };
        }
    }

    /// The broker does not know the session, or its answer was lost: begin anew. The id is kept, so that the broker can drop
    /// the old session.
    pub(super) fn reset(&mut self) {
        self.epoch = 0;
    }

    /// Begins anew without an id: the connection is another one or topics are named differently.
    pub(super) fn forget(&mut self) {
        *self = Session::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(offsets: &[i64]) -> BTreeMap<TopicPartition, Wanted> {
        let row = |(index, offset): (usize, &i64)| {
            let partition = TopicPartition::new("t", i32::try_from(index).unwrap());
            (partition, Wanted { offset: *offset, leader_epoch: 0, last_fetched_epoch: -1 })
        };
        offsets.iter().enumerate().filter(|(_, offset)| **offset >= 0).map(row).collect()
    }

    #[test]
    fn after_the_first_round_only_changes_are_said() {
        let mut session = Session::default();
        assert_eq!(session.round(wanted(&[1, 1])).wanted.len(), 2);
        session.answered(77);
        let second = session.round(wanted(&[1, 5]));
        assert_eq!((second.session_id, second.session_epoch), (77, 1));
        assert_eq!(second.wanted.len(), 1);
        session.answered(77);
        let third = session.round(wanted(&[-1, 5]));
        assert_eq!(third.wanted, []);
        assert_eq!(third.forgotten, [TopicPartition::new("t", 0)]);
    }

    /// Fault F13: a session that the broker dropped.
    #[test]
    fn a_lost_session_begins_with_a_full_request() {
        let mut session = Session::default();
        session.round(wanted(&[1, 1]));
        session.answered(77);
        session.reset();
        let again = session.round(wanted(&[1, 1]));
        assert_eq!((again.session_epoch, again.wanted.len()), (0, 2));
    }
}
