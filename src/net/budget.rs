//! `queued.max.request.bytes`: how many bytes of requests all connections together may hold.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes that requests may occupy; a frame waits for its share before it is read.
#[derive(Debug, Clone)]
pub struct Budget {
    semaphore: Arc<Semaphore>,
    total: u32,
}

/// A share of the budget; dropping it gives it back.
pub(super) type Grant = OwnedSemaphorePermit;

/// A grant that is waited for.
pub(super) type Waiting = Pin<Box<dyn Future<Output = Grant> + Send>>;

impl Budget {
    /// A budget of `bytes`.
    #[must_use]
    pub fn new(bytes: u32) -> Budget {
        let total = bytes.max(1);
        Budget { semaphore: Arc::new(Semaphore::new(usize::try_from(total).expect("a u32 fits"))), total }
    }

    /// Bytes that are free now.
    #[must_use]
    pub fn available(&self) -> usize {
        self.semaphore.available_permits()
    }

    /// The share for a frame of `length` bytes. One that is larger than the whole budget gets all of it, or it would wait
    /// for ever.
    pub(super) fn poll_grant(
        &self,
        length: usize,
        waiting: &mut Option<Waiting>,
        context: &mut Context<'_>,
    ) -> Poll<Grant> {
        let share = u32::try_from(length).unwrap_or(u32::MAX).min(self.total);
        if waiting.is_none() {
            if let Ok(grant) = Arc::clone(&self.semaphore).try_acquire_many_owned(share) {
                return Poll::Ready(grant);
            }
            let semaphore = Arc::clone(&self.semaphore);
            *waiting = Some(Box::pin(async move {
                semaphore.acquire_many_owned(share).await.expect("the semaphore is never closed")
            }));
        }
        let future = waiting.as_mut().expect("it was just made");
        let granted = future.as_mut().poll(context);
        if granted.is_ready() {
            *waiting = None;
        }
        granted
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    #[tokio::test]
    async fn a_frame_waits_until_an_earlier_one_gives_its_bytes_back() {
        let budget = Budget::new(100);
        let mut waiting = None;
        let first = poll_fn(|context| budget.poll_grant(60, &mut waiting, context)).await;
        let second = poll_fn(|context| Poll::Ready(budget.poll_grant(60, &mut waiting, context))).await;
        assert!(second.is_pending());
        drop(first);
        let _third = poll_fn(|context| budget.poll_grant(60, &mut waiting, context)).await;
    }

    #[tokio::test]
    async fn a_frame_larger_than_the_budget_takes_all_of_it() {
        let budget = Budget::new(10);
        let _grant = poll_fn(|context| budget.poll_grant(1 << 20, &mut None, context)).await;
        assert_eq!(budget.available(), 0);
    }
}
