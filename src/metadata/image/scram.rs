//! SCRAM credentials, by mechanism and user (KIP-900): salted, never the password.

use std::collections::BTreeMap;

use super::ReplayError;
use crate::protocol::messages::{RemoveUserScramCredentialRecord, UserScramCredentialRecord};

/// Every SCRAM credential.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scram {
    by_mechanism_and_user: BTreeMap<(i8, String), UserScramCredentialRecord>,
}

impl Scram {
    /// The credential of a user for a mechanism (1 is SCRAM-SHA-256, 2 is SCRAM-SHA-512).
    #[must_use]
    pub fn get(&self, mechanism: i8, user: &str) -> Option<&UserScramCredentialRecord> {
        self.by_mechanism_and_user.get(&(mechanism, user.to_owned()))
    }

    /// All of them, by mechanism and user.
    pub fn iter(&self) -> impl Iterator<Item = &UserScramCredentialRecord> {
        self.by_mechanism_and_user.values()
    }

    pub(super) fn set(&mut self, record: &UserScramCredentialRecord) {
        self.by_mechanism_and_user.insert((record.mechanism, record.name.clone()), record.clone());
    }

    pub(super) fn remove(&mut self, record: &RemoveUserScramCredentialRecord) -> Result<(), ReplayError> {
        let known = self.by_mechanism_and_user.remove(&(record.mechanism, record.name.clone()));
        known.map(drop).ok_or_else(|| ReplayError::UnknownScramUser(record.name.clone()))
    }
}
