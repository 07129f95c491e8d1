//! Incremental fetch sessions (KIP-227): the broker remembers what a client fetches, so that a fetch names, costs and is answered
//! with what changed only.
//!
//! A session watches its partitions for as long as it lives. What happened in one makes it *ready*; a fetch looks at the ready
//! ones and at those that the request names. A partition that had records stays ready, behind the others, until a look finds
//! nothing new in it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::context::Broker;
use super::topic_key::TopicKey;
use crate::io::rng::Rng;
use crate::model::{ErrorCode, LeaderEpoch, Offset};
use crate::replica::pending::Interest;
use crate::replica::{Bounds, Partition};

/// How many partitions all sessions together may remember; beyond it clients fetch without a session, which costs them more
/// and us nothing.
const PARTITIONS_MAX: usize = 500_000;

/// A session that was not used for this long makes room for a new one, and one that was made so long ago for one with more
/// partitions (`min.incremental.fetch.session.eviction.ms`, KIP-227).
const EVICTION: Duration = Duration::from_secs(120);

/// A request with this epoch ends its session and starts none.
pub(super) const FINAL_EPOCH: i32 = -1;

/// A request with this epoch starts a session.
pub(super) const INITIAL_EPOCH: i32 = 0;

/// No session.
pub(super) const NO_SESSION: i32 = 0;

/// A partition in a session.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct FetchKey {
    pub(super) topic: TopicKey,
    pub(super) partition: i32,
}

/// What is wanted of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) offset: Offset,
    pub(super) max_bytes: usize,
    pub(super) current_leader_epoch: LeaderEpoch,
    pub(super) last_fetched_epoch: LeaderEpoch,
    pub(super) log_start_offset: Offset,
}

/// A partition that a session remembers.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) key: FetchKey,
    pub(super) wanted: Wanted,
    /// The replica that is watched, while there is one.
    watched: Option<Arc<Partition>>,
    /// What the client was told last.
    reported: Option<(Offset, Offset)>,
    is_ready: bool,
}

/// One session.
#[derive(Debug)]
pub(super) struct Session {
    id: i32,
    next_epoch: i32,
    slots: Vec<Option<Slot>>,
    free: Vec<u32>,
    by_key: HashMap<FetchKey, u32>,
    ready: VecDeque<u32>,
    interest: Arc<Interest>,
}

impl Session {
    fn new(id: i32) -> Session {
        Session {
            id,
            next_epoch: 1,
            slots: Vec::new(),
            free: Vec::new(),
            by_key: HashMap::new(),
            ready: VecDeque::new(),
            interest: Arc::default(),
        }
    }

    pub(super) fn id(&self) -> i32 {
        self.id
    }

    /// How many partitions it remembers.
    pub(super) fn len(&self) -> usize {
        self.by_key.len()
    }

    /// Whether any of its partitions is here.
    pub(super) fn is_any_watched(&self) -> bool {
        self.slots.iter().flatten().any(|slot| slot.watched.is_some())
    }

    /// Whether its topics go by id; unknown while it has none.
    pub(super) fn is_by_id(&self) -> Option<bool> {
        self.by_key.keys().next().map(|key| matches!(key.topic, TopicKey::Id(_)))
    }

    /// What its fetches wait for.
    pub(super) fn interest(&self) -> Arc<Interest> {
        Arc::clone(&self.interest)
    }

    /// Remembers a partition, or what is newly wanted of it; the next look includes it.
    pub(super) fn want(&mut self, key: FetchKey, wanted: Wanted) {
        let slot = match self.by_key.get(&key) {
            Some(slot) => *slot,
            None => self.insert(key, wanted),
        };
        self.slot_mut(slot).wanted = wanted;
        self.make_ready(slot);
    }

    fn insert(&mut self, key: FetchKey, wanted: Wanted) -> u32 {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            u32::try_from(self.slots.len() - 1).expect("sessions are bounded far below")
        });
        self.by_key.insert(key.clone(), slot);
        self.slots[index(slot)] = Some(Slot { key, wanted, watched: None, reported: None, is_ready: false });
        slot
    }

    /// Forgets a partition.
    pub(super) fn forget(&mut self, key: &FetchKey) {
        if let Some(slot) = self.by_key.remove(key) {
            self.unwatch(slot);
            if self.slot_mut(slot).is_ready {
                self.ready.retain(|other| *other != slot);
            }
            self.slots[index(slot)] = None;
            self.free.push(slot);
        }
    }

    /// The partitions to look at, the longest ready first. Each must be given back by [`Session::looked`].
    pub(super) fn take_ready(&mut self) -> VecDeque<u32> {
        for slot in self.interest.take() {
            if self.slots.get(index(slot)).is_some_and(Option::is_some) {
                self.make_ready(slot);
            }
        }
        std::mem::take(&mut self.ready)
    }

    /// Puts partitions that were not looked at back, before all others.
    pub(super) fn put_back(&mut self, mut unseen: VecDeque<u32>) {
        unseen.append(&mut self.ready);
        self.ready = unseen;
    }

    /// A partition was looked at: it stays ready while there is more to say.
    pub(super) fn looked(&mut self, slot: u32, outcome: Look) {
        self.slot_mut(slot).is_ready = false;
        if outcome == Look::More {
            self.make_ready(slot);
        }
    }

    /// What a slot wants.
    pub(super) fn slot(&self, slot: u32) -> &Slot {
        self.slots[index(slot)].as_ref().expect("only slots in use are handed out")
    }

    fn slot_mut(&mut self, slot: u32) -> &mut Slot {
        self.slots[index(slot)].as_mut().expect("only slots in use are handed out")
    }

    /// The replica of a slot. It is watched from its first look on.
    pub(super) fn replica(&mut self, slot: u32, broker: &Broker) -> Result<Arc<Partition>, ErrorCode> {
        let its = self.slot(slot);
        if let Some(partition) = &its.watched {
            return Ok(Arc::clone(partition));
        }
        let partition = its.key.topic.partition(broker, its.key.partition)?;
        partition.watchers().add(&self.interest, slot);
        self.slot_mut(slot).watched = Some(Arc::clone(&partition));
        Ok(partition)
    }

    /// The replica of a slot failed: the next look asks for it anew.
    pub(super) fn unwatch(&mut self, slot: u32) {
        if let Some(partition) = self.slot_mut(slot).watched.take() {
            partition.watchers().remove(&self.interest, slot);
        }
    }

    /// Notes what the client is told of a partition.
    pub(super) fn report(&mut self, key: &FetchKey, high_watermark: Offset, log_start_offset: Offset) {
        if let Some(slot) = self.by_key.get(key).copied() {
            self.slot_mut(slot).reported = Some((high_watermark, log_start_offset));
        }
    }

    /// Whether telling these bounds would be news.
    pub(super) fn is_news(&self, slot: u32, bounds: &Bounds) -> bool {
        self.slot(slot).reported != Some((bounds.high_watermark, bounds.log_start_offset))
    }

    fn make_ready(&mut self, slot: u32) {
        if !std::mem::replace(&mut self.slot_mut(slot).is_ready, true) {
            self.ready.push_back(slot);
        }
    }

    fn close(&mut self) {
        let slots: Vec<u32> = self.by_key.values().copied().collect();
        slots.into_iter().for_each(|slot| self.unwatch(slot));
    }
}

/// Whether a look at a partition left something to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// Nothing until something happens there.
    Done,
    /// There is, or may be, more.
    More,
}

fn index(slot: u32) -> usize {
    usize::try_from(slot).expect("a u32 fits")
}

/// A session, shared between the table and the fetch that uses it.
pub(super) type Shared = Arc<Mutex<Session>>;

/// Locks a session.
pub(super) fn lock(session: &Mutex<Session>) -> MutexGuard<'_, Session> {
    session.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a request says of the session that it continues.
#[derive(Debug, Clone, Copy)]
pub(super) struct Next {
    /// The session.
    pub(super) id: i32,
    /// Which request of the session it is.
    pub(super) epoch: i32,
    /// Whether it names topics by id.
    pub(super) by_id: bool,
}

/// Every session of this broker.
#[derive(Debug)]
pub(super) struct FetchSessions {
    table: Mutex<Table>,
    slots_max: usize,
}

#[derive(Debug, Default)]
struct Table {
    by_id: HashMap<i32, Entry>,
    partitions: usize,
}

#[derive(Debug)]
struct Entry {
    session: Shared,
    partitions: usize,
    made: Duration,
    used: Duration,
}

impl FetchSessions {
    /// A table of at most `slots_max` sessions (`max.incremental.fetch.session.cache.slots`).
    #[must_use]
    pub(super) fn new(slots_max: usize) -> FetchSessions {
        FetchSessions { table: Mutex::default(), slots_max }
    }

    /// How many sessions there are.
    #[must_use]
    pub(super) fn len(&self) -> usize {
        self.table().by_id.len()
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new session, or none where there is no room for `partitions` more.
    pub(super) fn open(&self, partitions: usize, rng: &dyn Rng, now: Duration) -> Option<Shared> {
        let mut table = self.table();
        let has_room =
            |table: &Table| table.by_id.len() < self.slots_max && table.partitions + partitions <= PARTITIONS_MAX;
        if !has_room(&table) {
            table.evict_for(partitions, now);
        }
        if partitions == 0 || !has_room(&table) {
            return None;
        }
        let id = loop {
            // Any positive number that is free.
            let id = i32::try_from(rng.below(u64::from(i32::MAX.unsigned_abs()))).unwrap_or(0);
            if id != NO_SESSION && !table.by_id.contains_key(&id) {
                break id;
            }
        };
        let session = Arc::new(Mutex::new(Session::new(id)));
        table.partitions += partitions;
        table.by_id.insert(id, Entry { session: Arc::clone(&session), partitions, made: now, used: now });
        Some(session)
    }

    /// The session of a request that continues one.
    ///
    /// # Errors
    /// There is no such session, the request is not the next one of it, or it names topics in the other way.
    pub(super) fn resume(&self, next: Next, now: Duration) -> Result<Shared, ErrorCode> {
        let Next { id, epoch, by_id } = next;
        let session = {
            let mut table = self.table();
            let entry = table.by_id.get_mut(&id).ok_or(ErrorCode::FETCH_SESSION_ID_NOT_FOUND)?;
            entry.used = now;
            Arc::clone(&entry.session)
        };
        let mut locked = lock(&session);
        if locked.next_epoch != epoch {
            return Err(ErrorCode::INVALID_FETCH_SESSION_EPOCH);
        }
        if locked.is_by_id().is_some_and(|session_by_id| session_by_id != by_id) {
            return Err(ErrorCode::FETCH_SESSION_TOPIC_ID_ERROR);
        }
        locked.next_epoch = if epoch == i32::MAX { 1 } else { epoch + 1 };
        drop(locked);
        Ok(session)
    }

    /// The partitions of a session changed; false where there is no room for them, and the session is closed.
    pub(super) fn resized(&self, id: i32, partitions: usize) -> bool {
        let mut table = self.table();
        let Some(entry) = table.by_id.get_mut(&id) else { return false };
        let before = std::mem::replace(&mut entry.partitions, partitions);
        table.partitions = table.partitions - before + partitions;
        if partitions == 0 || (partitions > before && table.partitions > PARTITIONS_MAX) {
            table.remove(id);
            return false;
        }
        true
    }

    /// Ends a session.
    pub(super) fn close(&self, id: i32) {
        self.table().remove(id);
    }
}

impl Table {
    fn remove(&mut self, id: i32) {
        if let Some(entry) = self.by_id.remove(&id) {
            self.partitions -= entry.partitions;
            lock(&entry.session).close();
        }
    }

    /// Makes room for a session of `partitions`: the one that was not used for the longest time goes, if that is long, or
    /// else the smallest of the old ones that have fewer partitions, since those gain less by their session.
    fn evict_for(&mut self, partitions: usize, now: Duration) {
        let is_long_ago = |then: Duration| now.saturating_sub(then) > EVICTION;
        let entries = || self.by_id.iter();
        let idle = entries().min_by_key(|(_, entry)| entry.used).filter(|(_, entry)| is_long_ago(entry.used));
        let smaller = || {
            let old = entries().filter(|(_, entry)| is_long_ago(entry.made) && entry.partitions < partitions);
            old.min_by_key(|(id, entry)| (entry.partitions, **id))
        };
        if let Some(id) = idle.or_else(smaller).map(|(id, _)| *id) {
            self.remove(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::rng::SystemRng;

    fn key(partition: i32) -> FetchKey {
        FetchKey { topic: TopicKey::Name("first".into()), partition }
    }

    fn next(id: i32, epoch: i32) -> Next {
        Next { id, epoch, by_id: false }
    }

    const WANTED: Wanted = Wanted {
        offset: Offset::ZERO,
        max_bytes: 1,
        current_leader_epoch: LeaderEpoch::NONE,
        last_fetched_epoch: LeaderEpoch::NONE,
        log_start_offset: Offset::UNKNOWN,
    };

    /// Fault F13: stale session id and epoch.
    #[test]
    fn a_request_that_is_not_the_next_of_its_session_is_refused() {
        let sessions = FetchSessions::new(10);
        let session = sessions.open(1, &SystemRng, Duration::ZERO).unwrap();
        let id = lock(&session).id();
        let refused = |id, epoch| sessions.resume(next(id, epoch), Duration::ZERO).map(drop).unwrap_err();
        assert_eq!(refused(id, 2), ErrorCode::INVALID_FETCH_SESSION_EPOCH);
        assert!(sessions.resume(next(id, 1), Duration::ZERO).is_ok());
        assert_eq!(refused(id, 1), ErrorCode::INVALID_FETCH_SESSION_EPOCH);
        sessions.close(id);
        assert_eq!(refused(id, 2), ErrorCode::FETCH_SESSION_ID_NOT_FOUND);
    }

    #[test]
    fn a_session_without_use_makes_room_for_a_new_one() {
        let sessions = FetchSessions::new(1);
        let first = lock(&sessions.open(1, &SystemRng, Duration::ZERO).unwrap()).id();
        assert!(sessions.open(1, &SystemRng, EVICTION).is_none());
        assert!(sessions.open(1, &SystemRng, EVICTION + Duration::from_secs(1)).is_some());
        assert!(sessions.resume(next(first, 1), Duration::ZERO).is_err());
    }

    #[test]
    fn a_session_of_some_age_makes_room_for_a_larger_one() {
        let sessions = FetchSessions::new(2);
        let ids = [3, 2].map(|partitions| lock(&sessions.open(partitions, &SystemRng, Duration::ZERO).unwrap()).id());
        let late = EVICTION + Duration::from_secs(1);
        for id in ids {
            sessions.resume(next(id, 1), late).unwrap();
        }
        assert!(sessions.open(9, &SystemRng, EVICTION).is_none(), "they are young");
        assert!(sessions.open(2, &SystemRng, late).is_none(), "it is no larger");
        assert!(sessions.open(3, &SystemRng, late).is_some());
        assert!(sessions.resume(next(ids[0], 2), late).is_ok());
        assert_eq!(sessions.resume(next(ids[1], 2), late).map(drop), Err(ErrorCode::FETCH_SESSION_ID_NOT_FOUND));
    }

    #[test]
    fn sessions_are_bounded_by_all_their_partitions() {
        let sessions = FetchSessions::new(10);
        assert!(sessions.open(PARTITIONS_MAX, &SystemRng, Duration::ZERO).is_some());
        assert!(sessions.open(1, &SystemRng, Duration::ZERO).is_none());
    }

    #[test]
    fn ready_partitions_take_turns() {
        let mut session = Session::new(1);
        (0..3).for_each(|partition| session.want(key(partition), WANTED));
        let mut ready = session.take_ready();
        let first = ready.pop_front().unwrap();
        session.looked(first, Look::More);
        session.put_back(ready);
        assert_eq!(session.take_ready(), [1, 2, 0]);
    }

    #[test]
    fn a_forgotten_partition_is_not_ready_and_its_slot_is_used_again() {
        let mut session = Session::new(1);
        (0..2).for_each(|partition| session.want(key(partition), WANTED));
        session.forget(&key(0));
        assert_eq!(session.len(), 1);
        session.want(key(7), WANTED);
        assert_eq!(session.take_ready(), [1, 0]);
        assert_eq!(session.slot(0).key, key(7));
    }
}
