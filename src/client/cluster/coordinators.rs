//! Which broker coordinates a group or a transactional id.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::Cluster;
use crate::client::ClientError;
use crate::model::ErrorCode;
use crate::net::peer::Peer;
use crate::net::{Address, Lane};
use crate::protocol::messages::FindCoordinatorRequest;

/// The first version of FindCoordinator that takes several keys.
const BATCHED_FROM: i16 = 4;
/// Coordinators that are remembered; a client of thousands of groups asks again.
const REMEMBERED_MAX: usize = 10_000;

/// What a coordinator is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CoordinatorKind {
    /// A group.
    Group = 0,
    /// A transactional id.
    Transaction = 1,
}

#[derive(Debug, Default)]
pub(super) struct Coordinators(Mutex<HashMap<(CoordinatorKind, String), Address>>);

impl Cluster {
    /// A connection to the coordinator of `key`; one attempt.
    ///
    /// # Errors
    /// A retriable error while there is none.
    pub async fn coordinator(&self, kind: CoordinatorKind, key: &str, lane: Lane) -> Result<Peer, ClientError> {
        let address = self.coordinator_address(kind, key).await?;
        let reached = self.peer(&address, lane).await;
        if reached.is_err() {
            self.forget_coordinator(kind, key);
        }
        reached
    }

    /// The address of the coordinator of `key`; one attempt.
    ///
    /// # Errors
    /// A retriable error while there is none.
    pub async fn coordinator_address(&self, kind: CoordinatorKind, key: &str) -> Result<Address, ClientError> {
        let place = (kind, key.to_owned());
        if let Some(known) = self.remembered().get(&place) {
            return Ok(known.clone());
        }
        let address = self.find_coordinator(kind, key).await?;
        let mut remembered = self.remembered();
        if remembered.len() >= REMEMBERED_MAX {
            remembered.clear();
        }
        remembered.insert(place, address.clone());
        Ok(address)
    }

    /// Forgets the coordinator of `key`: it moved or went away.
    pub fn forget_coordinator(&self, kind: CoordinatorKind, key: &str) {
        self.remembered().remove(&(kind, key.to_owned()));
    }

    /// Forgets the coordinator where `error` says that it is another one or cannot be asked.
    pub fn note_coordinator_error(&self, kind: CoordinatorKind, key: &str, error: &ClientError) {
        let moved = match error {
            ClientError::Server(failure) => {
                matches!(failure.code, ErrorCode::NOT_COORDINATOR | ErrorCode::COORDINATOR_NOT_AVAILABLE)
            }
            ClientError::Peer(_) => true,
            _ => false,
        };
        if moved {
            self.forget_coordinator(kind, key);
        }
    }

    async fn find_coordinator(&self, kind: CoordinatorKind, key: &str) -> Result<Address, ClientError> {
        let peer = self.any().await?;
        let version = peer.version::<FindCoordinatorRequest>(i16::MAX)?;
        let mut request = FindCoordinatorRequest { key_type: kind as i8, ..Default::default() };
        if version >= BATCHED_FROM {
            request.coordinator_keys = vec![key.to_owned()];
        } else {
            request.key = key.to_owned();
        }
        let mut answer = peer.start(&request, version, None).await?.answer().await?;
        let (code, message, host, port) = if version >= BATCHED_FROM {
            let row =
                answer.coordinators.pop().ok_or_else(|| ClientError::code(ErrorCode::COORDINATOR_NOT_AVAILABLE))?;
            (row.error_code, row.error_message, row.host, row.port)
        } else {
            (answer.error_code, answer.error_message, answer.host, answer.port)
        };
        match ErrorCode::from_wire(code) {
            ErrorCode::NONE => {
                Address::from_wire(&host, port).ok_or_else(|| ClientError::code(ErrorCode::COORDINATOR_NOT_AVAILABLE))
            }
            code => Err(ClientError::answer(code, message.as_deref())),
        }
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, HashMap<(CoordinatorKind, String), Address>> {
        self.0.coordinators.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
