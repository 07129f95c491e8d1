//! Client quotas, by the entity they bind (KIP-546).

use std::collections::BTreeMap;

use crate::protocol::messages::ClientQuotaRecord;

/// Whom a quota binds: the name for each entity type (`user`, `client-id`, `ip`); `None` is that type's default.
pub type QuotaEntity = BTreeMap<String, Option<String>>;

/// The quotas of every entity that has one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClientQuotas {
    by_entity: BTreeMap<QuotaEntity, BTreeMap<String, f64>>,
}

impl ClientQuotas {
    /// The quotas of one entity.
    #[must_use]
    pub fn get(&self, entity: &QuotaEntity) -> Option<&BTreeMap<String, f64>> {
        self.by_entity.get(entity)
    }

    /// Every entity with its quotas.
    pub fn iter(&self) -> impl Iterator<Item = (&QuotaEntity, &BTreeMap<String, f64>)> {
        self.by_entity.iter()
    }

    pub(super) fn change(&mut self, record: &ClientQuotaRecord) {
        let entity: QuotaEntity =
            record.entity.iter().map(|part| (part.entity_type.clone(), part.entity_name.clone())).collect();
        if record.remove {
            let Some(quotas) = self.by_entity.get_mut(&entity) else { return };
            quotas.remove(&record.key);
            if quotas.is_empty() {
                self.by_entity.remove(&entity);
            }
        } else {
            self.by_entity.entry(entity).or_default().insert(record.key.clone(), record.value);
        }
    }
}
