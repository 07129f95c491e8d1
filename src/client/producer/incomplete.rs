//! The batches that have no result yet: what a flush waits for.

use std::sync::{Arc, Mutex, PoisonError};

use super::delivery::Outcome;

/// Settled batches are swept out when the list has grown to this, or to twice of what the last sweep left.
const SWEEP_AT_MIN: usize = 64;

/// A list that is swept now and then instead of being searched at every result.
#[derive(Default)]
pub(super) struct Incomplete(Mutex<List>);

#[derive(Default)]
struct List {
    outcomes: Vec<Arc<Outcome>>,
    sweep_at: usize,
}

impl Incomplete {
    /// Adds a batch that was begun.
    pub(super) fn add(&self, outcome: &Arc<Outcome>) {
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if list.outcomes.len() >= list.sweep_at {
            list.sweep();
        }
        list.outcomes.push(Arc::clone(outcome));
    }

    /// The batches without a result.
    pub(super) fn list(&self) -> Vec<Arc<Outcome>> {
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        list.sweep();
        list.outcomes.clone()
    }
}

impl List {
    fn sweep(&mut self) {
        self.outcomes.retain(|outcome| !outcome.is_settled());
        self.sweep_at = (2 * self.outcomes.len()).max(SWEEP_AT_MIN);
    }
}
