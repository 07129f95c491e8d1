//! Connections by address: made when first asked for, shared while they are open, made again after a pause when they broke.
//!
//! The pause grows from `reconnect.backoff.ms` to `reconnect.backoff.max.ms`, doubling, with 20 % of chance in it so that
//! clients that lost a server together do not come back together (KIP-144).

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex as AsyncMutex;

use super::peer::{Address, Peer, PeerError, PeerOptions};
use crate::io::clock::Clock;
use crate::io::rng::Rng;

/// Addresses that are remembered. Brokers come and go by the dozen, not by the thousand.
const ADDRESSES_MAX: usize = 4096;

/// What a connection is for. A server answers the requests of one connection in order, so what waits there on purpose must
/// not hold up what may not wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Requests that are answered at once, and produced records.
    Requests,
    /// Fetches, which wait for data.
    Fetch,
    /// Group coordination: joins wait for other members.
    Coordinator,
}

/// The pool.
#[derive(Debug)]
pub struct Peers {
    options: PeerOptions,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    slots: Mutex<HashMap<(Address, Lane), SharedSlot>>,
}

/// Locked while it is being connected, so that all who ask wait for one attempt.
type SharedSlot = Arc<AsyncMutex<Slot>>;

#[derive(Debug, Default)]
struct Slot {
    peer: Option<Peer>,
    failures: u32,
    /// On the steady clock: not before this.
    retry_at: Duration,
}

impl Peers {
    /// An empty pool.
    #[must_use]
    pub fn new(options: PeerOptions, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Peers {
        Peers { options, clock, rng, slots: Mutex::default() }
    }

    /// How connections are made.
    #[must_use]
    pub fn options(&self) -> &PeerOptions {
        &self.options
    }

    /// An open connection. Makes one where there is none, once for all who ask at the same time, and after the pause that
    /// an earlier failure asks for.
    ///
    /// # Errors
    /// Why no connection could be made.
    pub async fn get(&self, address: &Address, lane: Lane) -> Result<Peer, PeerError> {
        let slot = self.slot(address, lane);
        let mut slot = slot.lock().await;
        if let Some(peer) = slot.peer.as_ref().filter(|peer| peer.is_open()) {
            return Ok(peer.clone());
        }
        if slot.peer.take().is_some() {
            // It broke after it had worked: the first pause, not none, so that a server that accepts and drops is not hammered.
            slot.retry_at = self.clock.elapsed().saturating_add(self.pause(0));
        }
        let wait = slot.retry_at.saturating_sub(self.clock.elapsed());
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        match Peer::connect(address, &self.options).await {
            Ok(peer) => {
                *slot = Slot { peer: Some(peer.clone()), ..Slot::default() };
                Ok(peer)
            }
            Err(cause) => {
                slot.retry_at = self.clock.elapsed().saturating_add(self.pause(slot.failures));
                slot.failures = slot.failures.saturating_add(1);
                Err(cause)
            }
        }
    }

    /// Whether an address has failed lately and would be waited for.
    #[must_use]
    pub fn is_backing_off(&self, address: &Address, lane: Lane) -> bool {
        let slot = self.slot(address, lane);
        // A slot that is locked is being connected right now.
        slot.try_lock().map_or(true, |slot| slot.failures > 0 && slot.retry_at > self.clock.elapsed())
    }

    /// Closes every connection.
    pub fn close(&self) {
        let slots = std::mem::take(&mut *self.slots.lock().unwrap_or_else(PoisonError::into_inner));
        for slot in slots.into_values() {
            if let Some(peer) = slot.try_lock().ok().and_then(|mut slot| slot.peer.take()) {
                peer.close();
            }
        }
    }

    fn slot(&self, address: &Address, lane: Lane) -> SharedSlot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= ADDRESSES_MAX {
            slots.retain(|_, slot| slot.try_lock().map_or(true, |slot| slot.peer.as_ref().is_some_and(Peer::is_open)));
        }
        Arc::clone(slots.entry((address.clone(), lane)).or_default())
    }

    fn pause(&self, failures: u32) -> Duration {
        backoff(self.options.reconnect_backoff, self.options.reconnect_backoff_max, failures, &*self.rng)
    }
}

/// The pause before attempt `failures + 1`: doubles from `first` to `most`, give or take a fifth.
#[must_use]
pub fn backoff(first: Duration, most: Duration, failures: u32, rng: &dyn Rng) -> Duration {
    let pause = first.saturating_mul(2_u32.saturating_pow(failures.min(30))).min(most.max(first));
    // From 80 % to 120 %, in thousandths.
    let share = u32::try_from(800 + rng.below(401)).expect("at most 1200");
    pause.saturating_mul(share) / 1000
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Lane::Requests => "requests",
            Lane::Fetch => "fetch",
            Lane::Coordinator => "coordinator",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::rng::SystemRng;

    #[test]
    fn the_pause_doubles_up_to_its_bound_within_a_fifth() {
        let (first, most) = (Duration::from_millis(50), Duration::from_millis(1000));
        for (failures, expected) in [(0, 50), (1, 100), (4, 800), (5, 1000), (40, 1000)] {
            let pause = backoff(first, most, failures, &SystemRng);
            let expected = Duration::from_millis(expected);
            assert!(pause >= expected * 4 / 5 && pause <= expected * 6 / 5, "{failures}: {pause:?}");
        }
    }
}
