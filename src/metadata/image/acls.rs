//! Access control entries, kept as their records say them.

use std::collections::BTreeMap;

use super::ReplayError;
use crate::model::Uuid;
use crate::protocol::messages::{AccessControlEntryRecord, RemoveAccessControlEntryRecord};

/// Every access control entry, by its id.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Acls {
    by_id: BTreeMap<Uuid, AccessControlEntryRecord>,
}

impl Acls {
    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = &AccessControlEntryRecord> {
        self.by_id.values()
    }

    pub(super) fn add(&mut self, record: &AccessControlEntryRecord) {
        self.by_id.insert(record.id, record.clone());
    }

    pub(super) fn remove(&mut self, record: &RemoveAccessControlEntryRecord) -> Result<(), ReplayError> {
        self.by_id.remove(&record.id).map(drop).ok_or(ReplayError::UnknownAcl(record.id))
    }
}
