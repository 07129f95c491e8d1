//! The producer id of an idempotent producer (KIP-98), shared by all its partitions.
//!
//! Without transactions the client itself raises the epoch when a partition's sequence is broken: each partition then
//! begins again at sequence 0 once nothing of it is under way. A new id is asked for when the epochs are used up.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::client::{ClientError, Cluster};
use crate::model::{ErrorCode, ProducerEpoch, ProducerId};
use crate::protocol::messages::InitProducerIdRequest;

/// Id and epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) id: ProducerId,
    pub(super) epoch: ProducerEpoch,
}

#[derive(Debug, Default)]
pub(super) struct Identity(Mutex<State>);

#[derive(Debug, Default, Clone)]
enum State {
    #[default]
    Unknown,
    Known(Stamp),
    /// The broker will never give one.
    Refused(ClientError),
}

impl Identity {
    /// The stamp, once there is one.
    pub(super) fn stamp(&self) -> Option<Stamp> {
        match &*self.state() {
            State::Known(stamp) => Some(*stamp),
            _ => None,
        }
    }

    /// Why there will be none.
    pub(super) fn refusal(&self) -> Option<ClientError> {
        match &*self.state() {
            State::Refused(cause) => Some(cause.clone()),
            _ => None,
        }
    }

    /// Leaves `broken` behind: the next epoch, or none until a new id is there.
    pub(super) fn bump(&self, broken: Stamp) {
        let mut state = self.state();
        if !matches!(&*state, State::Known(stamp) if *stamp == broken) {
            // Another partition was faster.
            return;
        }
        *state = match broken.epoch.0.checked_add(1) {
            Some(epoch) => State::Known(Stamp { epoch: ProducerEpoch(epoch), ..broken }),
            None => State::Unknown,
        };
    }

    /// Asks a broker for an id where there is none; one attempt.
    pub(super) async fn obtain(&self, cluster: &Cluster) -> Result<Stamp, ClientError> {
        if let Some(stamp) = self.stamp() {
            return Ok(stamp);
        }
        let obtained = ask(cluster).await;
        let mut state = self.state();
        match &obtained {
            Ok(stamp) => *state = State::Known(*stamp),
            Err(cause) if !cause.is_retriable() => *state = State::Refused(cause.clone()),
            Err(_) => {}
        }
        obtained
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The pause before the next attempt to get an id.
pub(super) const RETRY_PAUSE: Duration = Duration::from_millis(100);

async fn ask(cluster: &Cluster) -> Result<Stamp, ClientError> {
    let peer = cluster.any().await?;
    let request =
        InitProducerIdRequest { transactional_id: None, transaction_timeout_ms: i32::MAX, ..Default::default() };
    let answer = peer.call(&request).await?;
    match ErrorCode::from_wire(answer.error_code) {
        ErrorCode::NONE => {
            Ok(Stamp { id: ProducerId(answer.producer_id), epoch: ProducerEpoch(answer.producer_epoch) })
        }
        code => Err(ClientError::code(code)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(epoch: i16) -> (Identity, Stamp) {
        let stamp = Stamp { id: ProducerId(7), epoch: ProducerEpoch(epoch) };
        (Identity(Mutex::new(State::Known(stamp))), stamp)
    }

    #[test]
    fn two_partitions_that_break_together_raise_the_epoch_once() {
        let (identity, stamp) = known(3);
        identity.bump(stamp);
        identity.bump(stamp);
        assert_eq!(identity.stamp().map(|stamp| stamp.epoch.0), Some(4));
    }

    /// Fault E2: the epochs are used up.
    #[test]
    fn after_the_last_epoch_a_new_id_is_asked_for() {
        let (identity, stamp) = known(i16::MAX);
        identity.bump(stamp);
        assert_eq!(identity.stamp(), None);
    }
}
