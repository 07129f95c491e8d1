//! Transactions are not served. Their producers hear so at once, with an error that clients hold for final: with one that may
//! pass they would wait for a coordinator until their time is over.

use tracing::warn;

use super::context::{Broker, Client};
use crate::model::ErrorCode;

/// The error.
pub(super) const REFUSED: ErrorCode = ErrorCode::INVALID_REQUEST;

/// What is said beside it.
pub(super) const MESSAGE: &str = "This broker does not serve transactions";

/// Tells the operator who wanted a transaction.
pub(super) fn note_refused(broker: &Broker, client: &Client, transactional_id: &str) {
    if broker.refused_transactions.is_due(broker.clock.elapsed(), client.address.ip()) {
        let client_id = client.id.as_deref().unwrap_or_default();
        warn!(client = client_id, peer = %client.address, transactional_id, "refused a producer: {MESSAGE}");
    }
}
