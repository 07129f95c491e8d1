//! Waiting: appends for a busy partition, produce requests for the high watermark, fetches for records.
//!
//! Nobody polls a clock. Who waits leaves one object behind, which the event finds: a queued append its place, a parked
//! produce request its offset, a fetch its [`Interest`].

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::model::{ErrorCode, Offset};

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What the locks of this file guard is whole between any two statements, so a panic elsewhere does not spoil it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Appends that wait for their partition. Whoever finds it free holds it, and writes what others queue meanwhile.
#[derive(Debug)]
pub struct AppendQueue<T, R> {
    state: Mutex<AppendState<T, R>>,
}

#[derive(Debug)]
struct AppendState<T, R> {
    is_busy: bool,
    queued: VecDeque<Queued<T, R>>,
}

/// An append in the queue and where its result goes.
#[derive(Debug)]
pub struct Queued<T, R> {
    /// What is to be appended.
    pub item: T,
    /// Who waits for the result; nobody does when the connection ended.
    pub result: oneshot::Sender<R>,
}

/// What an append finds.
#[derive(Debug)]
pub enum Turn<T, R> {
    /// The partition was free and is now the caller's, until [`AppendQueue::next`] gives `None`.
    Mine(T),
    /// Someone else writes it; here the result will come.
    Queued(oneshot::Receiver<R>),
}

impl<T, R> Default for AppendQueue<T, R> {
    fn default() -> Self {
        AppendQueue { state: Mutex::new(AppendState { is_busy: false, queued: VecDeque::new() }) }
    }
}

impl<T, R> AppendQueue<T, R> {
    /// Takes the partition or queues `item`. Its bound is that of requests in work, by connections and by bytes.
    pub fn enter(&self, item: T) -> Turn<T, R> {
        let mut state = lock(&self.state);
        if !state.is_busy {
            state.is_busy = true;
            return Turn::Mine(item);
        }
        let (result, receiver) = oneshot::channel();
        state.queued.push_back(Queued { item, result });
        Turn::Queued(receiver)
    }

    /// What was queued while the holder wrote; `None` gives the partition free.
    pub fn next(&self) -> Option<VecDeque<Queued<T, R>>> {
        let mut state = lock(&self.state);
        if state.queued.is_empty() {
            state.is_busy = false;
            return None;
        }
        Some(std::mem::take(&mut state.queued))
    }
}

/// Produce requests with acks=all that wait for the high watermark, by the offset they need.
#[derive(Debug, Default)]
pub struct Parked {
    by_offset: Mutex<BTreeMap<Offset, Vec<oneshot::Sender<ErrorCode>>>>,
    count: AtomicUsize,
}

impl Parked {
    /// Waits until the high watermark reaches `offset`. The caller looks at the high watermark once more afterwards, since it
    /// may have moved before the wait began.
    pub fn park(&self, offset: Offset) -> oneshot::Receiver<ErrorCode> {
        let (sender, receiver) = oneshot::channel();
        lock(&self.by_offset).entry(offset).or_default().push(sender);
        self.count.fetch_add(1, Ordering::SeqCst);
        receiver
    }

    /// The high watermark moved: whoever needs no more gets `outcome`.
    pub fn advance(&self, high_watermark: Offset, outcome: ErrorCode) {
        if self.count.load(Ordering::SeqCst) == 0 {
            return;
        }
        let released = {
            let mut parked = lock(&self.by_offset);
            let later = parked.split_off(&high_watermark.plus(1));
            std::mem::replace(&mut *parked, later)
        };
        self.release(released, outcome);
    }

    /// The partition is no longer led here: nobody's wait can end well.
    pub fn fail(&self, outcome: ErrorCode) {
        let released = std::mem::take(&mut *lock(&self.by_offset));
        self.release(released, outcome);
    }

    fn release(&self, released: BTreeMap<Offset, Vec<oneshot::Sender<ErrorCode>>>, outcome: ErrorCode) {
        for sender in released.into_values().flatten() {
            self.count.fetch_sub(1, Ordering::SeqCst);
            // A receiver that is gone timed out or lost its connection.
            let _ = sender.send(outcome);
        }
    }
}

/// What one fetch, or all fetches of one session, wait for: partitions in which something happened.
///
/// A partition is known here by its slot, a number that the owner gives. An append marks the slot; a fetch takes the
/// marked slots and looks at those only.
#[derive(Default)]
pub struct Interest {
    state: Mutex<InterestState>,
}

#[derive(Default)]
struct InterestState {
    dirty: Vec<u32>,
    is_dirty: Vec<bool>,
    /// Bytes that arrived since the slots were last taken, and how many the waiting fetch wants before it is woken.
    arrived: usize,
    wanted: usize,
    waker: Option<Waker>,
}

impl fmt::Debug for Interest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interest").field("dirty", &lock(&self.state).dirty.len()).finish_non_exhaustive()
    }
}

/// What happened in a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// So many bytes became readable.
    Readable(usize),
    /// It is led elsewhere, was deleted, or failed: a fetch must be told at once.
    Turned,
}

impl Interest {
    /// Something happened in the partition of `slot`.
    pub fn mark(&self, slot: u32, event: Event) {
        let woken = {
            let mut state = lock(&self.state);
            state.insert(slot);
            let bytes = match event {
                Event::Readable(bytes) => bytes,
                Event::Turned => usize::MAX,
            };
            state.arrived = state.arrived.saturating_add(bytes);
            if state.arrived >= state.wanted { state.waker.take() } else { None }
        };
        if let Some(waker) = woken {
            waker.wake();
        }
    }

    /// The slots in which something happened since the last call, in the order of their events.
    pub fn take(&self) -> Vec<u32> {
        let mut state = lock(&self.state);
        let dirty = std::mem::take(&mut state.dirty);
        for slot in &dirty {
            let slot = usize::try_from(*slot).expect("a slot fits");
            state.is_dirty[slot] = false;
        }
        state.arrived = 0;
        dirty
    }

    /// Waits until `bytes` more arrived since [`Interest::take`], or for `limit`. True says that something arrived.
    pub async fn wait(&self, bytes: usize, limit: Duration) -> bool {
        let arrived = poll_fn(|context| {
            let mut state = lock(&self.state);
            if !state.dirty.is_empty() && state.arrived >= bytes {
                return Poll::Ready(());
            }
            state.wanted = bytes;
            state.waker = Some(context.waker().clone());
            Poll::Pending
        });
        let in_time = timeout(limit, arrived).await.is_ok();
        lock(&self.state).waker = None;
        in_time
    }
}

impl InterestState {
    fn insert(&mut self, slot: u32) {
        let index = usize::try_from(slot).expect("a slot fits");
        if self.is_dirty.len() <= index {
            self.is_dirty.resize(index + 1, false);
        }
        if !std::mem::replace(&mut self.is_dirty[index], true) {
            self.dirty.push(slot);
        }
    }
}

/// The interests that one partition marks.
#[derive(Debug, Default)]
pub struct Watchers {
    list: Mutex<Vec<(Arc<Interest>, u32)>>,
    count: AtomicUsize,
}

impl Watchers {
    /// From now on `slot` of `interest` is marked.
    pub fn add(&self, interest: &Arc<Interest>, slot: u32) {
        let mut list = lock(&self.list);
        list.push((Arc::clone(interest), slot));
        self.count.store(list.len(), Ordering::SeqCst);
    }

    /// `slot` of `interest` is not marked any more.
    pub fn remove(&self, interest: &Arc<Interest>, slot: u32) {
        let mut list = lock(&self.list);
        if let Some(at) = list.iter().position(|(other, its)| *its == slot && Arc::ptr_eq(other, interest)) {
            list.swap_remove(at);
        }
        self.count.store(list.len(), Ordering::SeqCst);
    }

    /// Tells everyone who watches.
    pub fn mark(&self, event: Event) {
        if self.count.load(Ordering::SeqCst) == 0 {
            return;
        }
        for (interest, slot) in &*lock(&self.list) {
            interest.mark(*slot, event);
        }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests stand for the outside world")]
mod tests {
    use super::*;

    #[test]
    fn the_holder_is_given_what_others_queue_and_then_frees_the_partition() {
        let queue = AppendQueue::<u32, u32>::default();
        assert!(matches!(queue.enter(1), Turn::Mine(1)));
        let Turn::Queued(mut second) = queue.enter(2) else { panic!("the partition is busy") };
        let batch = queue.next().unwrap();
        assert_eq!(batch.len(), 1);
        for queued in batch {
            queued.result.send(queued.item * 10).unwrap();
        }
        assert_eq!(second.try_recv().unwrap(), 20);
        assert!(queue.next().is_none());
        assert!(matches!(queue.enter(3), Turn::Mine(3)));
    }

    #[test]
    fn a_parked_request_is_released_when_the_high_watermark_reaches_it() {
        let parked = Parked::default();
        let (mut early, mut late) = (parked.park(Offset(5)), parked.park(Offset(6)));
        parked.advance(Offset(4), ErrorCode::NONE);
        assert!(early.try_recv().is_err());
        parked.advance(Offset(5), ErrorCode::NONE);
        assert_eq!(early.try_recv().unwrap(), ErrorCode::NONE);
        assert!(late.try_recv().is_err());
        parked.fail(ErrorCode::NOT_LEADER_OR_FOLLOWER);
        assert_eq!(late.try_recv().unwrap(), ErrorCode::NOT_LEADER_OR_FOLLOWER);
    }

    #[tokio::test]
    async fn a_fetch_is_woken_when_enough_bytes_arrived_and_finds_each_partition_once() {
        let (interest, watchers) = (Arc::new(Interest::default()), Watchers::default());
        watchers.add(&interest, 7);
        let waiting = {
            let interest = Arc::clone(&interest);
            tokio::spawn(async move { interest.wait(30, Duration::from_secs(60)).await })
        };
        for _ in 0..3 {
            tokio::task::yield_now().await;
            assert!(!waiting.is_finished());
            watchers.mark(Event::Readable(10));
        }
        assert!(waiting.await.unwrap());
        assert_eq!(interest.take(), [7]);
        assert!(interest.take().is_empty());
    }

    /// Fault F13: a huge min_bytes does not hide a change of leader.
    #[tokio::test]
    async fn a_turned_partition_wakes_a_fetch_that_wants_any_number_of_bytes() {
        let interest = Interest::default();
        interest.mark(0, Event::Turned);
        assert!(interest.wait(usize::MAX, Duration::from_secs(60)).await);
    }

    #[tokio::test]
    async fn a_watcher_that_was_removed_is_not_marked() {
        let (interest, watchers) = (Arc::new(Interest::default()), Watchers::default());
        watchers.add(&interest, 0);
        watchers.remove(&interest, 0);
        watchers.mark(Event::Readable(1));
        assert!(interest.take().is_empty());
        assert!(!interest.wait(1, Duration::ZERO).await);
    }
}
