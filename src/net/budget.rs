//! `queued.max.request.bytes`: how many bytes of requests all connections together may hold.
//!
//! Only bytes that are about to be read count, not those that a peer merely announces, so that a peer which promises much and
//! sends nothing takes nothing away from others. A frame begins when the budget is not used up. Once begun it may overdraw the budget,
//! or frames that are half read would wait for each other for ever; past the overdraft its connection is closed.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// A frame is granted in steps of this size; almost every frame is granted in one.
pub(super) const STEP_BYTES: usize = 1 << 20;

/// Bytes that requests may occupy.
#[derive(Debug, Clone)]
pub struct Budget {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    total: usize,
    overdraft: usize,
    used: AtomicUsize,
    waiting: Mutex<Vec<Waker>>,
}

/// The share of one frame; dropping it gives it back.
#[derive(Debug)]
pub(super) struct Grant {
    shared: Arc<Shared>,
    bytes: usize,
}

/// The budget is overdrawn as far as it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Overdrawn;

impl Budget {
    /// A budget of `bytes` for frames of at most `frame_bytes_max`.
    #[must_use]
    pub fn new(bytes: usize, frame_bytes_max: usize) -> Budget {
        let shared = Shared {
            total: bytes,
            overdraft: bytes.max(frame_bytes_max),
            used: AtomicUsize::new(0),
            waiting: Mutex::default(),
        };
        Budget { shared: Arc::new(shared) }
    }

    /// Bytes that are in use.
    #[must_use]
    pub fn used(&self) -> usize {
        self.shared.used.load(Ordering::Acquire)
    }

    /// The share with which a frame begins.
    pub(super) fn poll_begin(&self, bytes: usize, context: &mut Context<'_>) -> Poll<Grant> {
        if !self.shared.take(bytes, self.shared.total) {
            self.shared.waiting().push(context.waker().clone());
            // What was given back meanwhile has woken nobody.
            if !self.shared.take(bytes, self.shared.total) {
                return Poll::Pending;
            }
        }
        Poll::Ready(Grant { shared: Arc::clone(&self.shared), bytes })
    }
}

impl Shared {
    /// Takes `bytes`, unless more than `limit` would be in use. A share larger than the limit is given when nothing else is in
    /// use, or it would wait for ever.
    fn take(&self, bytes: usize, limit: usize) -> bool {
        let fits = |used: usize| (used == 0 || used + bytes <= limit).then_some(used + bytes);
        self.used.fetch_update(Ordering::AcqRel, Ordering::Acquire, fits).is_ok()
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waker>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Grant {
    /// How many bytes are granted.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The share of a frame that goes on.
    pub(super) fn grow(&mut self, bytes: usize) -> Result<(), Overdrawn> {
        if !self.shared.take(bytes, self.shared.total + self.shared.overdraft) {
            return Err(Overdrawn);
        }
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for Grant {
    fn drop(&mut self) {
        self.shared.used.fetch_sub(self.bytes, Ordering::AcqRel);
        let woken = std::mem::take(&mut *self.shared.waiting());
        woken.into_iter().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    async fn begin(budget: &Budget, bytes: usize) -> Grant {
        poll_fn(|context| budget.poll_begin(bytes, context)).await
    }

    #[tokio::test]
    async fn a_frame_waits_until_an_earlier_one_gives_its_bytes_back() {
        let budget = Budget::new(100, 100);
        let first = begin(&budget, 60).await;
        let second = poll_fn(|context| Poll::Ready(budget.poll_begin(60, context))).await;
        assert!(second.is_pending());
        let waiting = begin(&budget, 60);
        let (third, ()) = tokio::join!(waiting, async { drop(first) });
        assert_eq!(budget.used(), third.bytes());
    }

    #[tokio::test]
    async fn a_frame_larger_than_the_budget_is_granted_alone() {
        let budget = Budget::new(10, 1 << 20);
        let _grant = begin(&budget, 1 << 20).await;
        assert_eq!(budget.used(), 1 << 20);
    }

    /// Fault F9: frames that are half read never wait for each other.
    #[tokio::test]
    async fn a_frame_that_has_begun_overdraws_the_budget_up_to_a_bound() {
        let budget = Budget::new(100, 50);
        let (mut one, mut other) = (begin(&budget, 50).await, begin(&budget, 50).await);
        assert_eq!(one.grow(50), Ok(()));
        assert_eq!(other.grow(60), Err(Overdrawn));
        drop(one);
        assert_eq!(other.grow(60), Ok(()));
    }
}
