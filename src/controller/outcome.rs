//! What a decision is: records to write and the answer to give once they are committed.

use std::collections::BTreeSet;

use crate::metadata::MetadataRecord;

/// A decision. Nothing has happened yet: state changes only when the records are replayed.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome<T> {
    /// The records, in order; all of them are committed together or none is.
    pub records: Vec<MetadataRecord>,
    /// What to answer after the commit.
    pub reply: T,
}

impl<T> Outcome<T> {
    /// A decision that changes nothing.
    pub fn answer(reply: T) -> Outcome<T> {
        Outcome { records: Vec::new(), reply }
    }

    /// The same records with another answer.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Outcome<U> {
        Outcome { records: self.records, reply: change(self.reply) }
    }
}

/// The values that come once in a request, and those that come more than once.
pub(super) fn split_repeated<T: Ord + Copy>(values: impl Iterator<Item = T>) -> (BTreeSet<T>, BTreeSet<T>) {
    let (mut single, mut repeated) = (BTreeSet::new(), BTreeSet::new());
    for value in values {
        if !repeated.contains(&value) && !single.insert(value) {
            single.remove(&value);
            repeated.insert(value);
        }
    }
    (single, repeated)
}
