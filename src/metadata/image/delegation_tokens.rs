//! Delegation tokens, by their id (KIP-900).

use std::collections::BTreeMap;

use crate::protocol::messages::{DelegationTokenRecord, RemoveDelegationTokenRecord};

/// Every delegation token.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DelegationTokens {
    by_id: BTreeMap<String, DelegationTokenRecord>,
}

impl DelegationTokens {
    /// The token with this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&DelegationTokenRecord> {
        self.by_id.get(id)
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = &DelegationTokenRecord> {
        self.by_id.values()
    }

    pub(super) fn set(&mut self, record: &DelegationTokenRecord) {
        self.by_id.insert(record.token_id.clone(), record.clone());
    }

    pub(super) fn remove(&mut self, record: &RemoveDelegationTokenRecord) {
        self.by_id.remove(&record.token_id);
    }
}
