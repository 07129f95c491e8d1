//! The image: everything that the metadata log says, as one value.

use std::sync::Arc;

use super::acls::Acls;
use super::brokers::{Broker, Brokers};
use super::client_quotas::ClientQuotas;
use super::configs::{ConfigMap, ConfigResource, Configs};
use super::controllers::Controllers;
use super::delegation_tokens::DelegationTokens;
use super::features::Features;
use super::producer_ids::ProducerIds;
use super::scram::Scram;
use super::topics::{PartitionState, Topic, Topics};
use super::{Provenance, ReplayError};
use crate::metadata::MetadataRecord;
use crate::model::{NodeId, TopicPartition, TopicPartitionId, Uuid};

/// The cluster as a value. A clone costs a dozen counters; a change copies only the nouns that it touches.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Image {
    provenance: Provenance,
    brokers: Arc<Brokers>,
    controllers: Arc<Controllers>,
    topics: Arc<Topics>,
    configs: Arc<Configs>,
    features: Arc<Features>,
    producer_ids: ProducerIds,
    client_quotas: Arc<ClientQuotas>,
    acls: Arc<Acls>,
    scram: Arc<Scram>,
    delegation_tokens: Arc<DelegationTokens>,
}

impl Image {
    /// The last record of the log that is in this image.
    #[must_use]
    pub fn provenance(&self) -> Provenance {
        self.provenance
    }

    /// The registered brokers.
    #[must_use]
    pub fn brokers(&self) -> &Brokers {
        &self.brokers
    }

    /// One registered broker.
    #[must_use]
    pub fn broker(&self, id: NodeId) -> Option<&Arc<Broker>> {
        self.brokers.get(id)
    }

    /// The registered controllers.
    #[must_use]
    pub fn controllers(&self) -> &Controllers {
        &self.controllers
    }

    /// The topics.
    #[must_use]
    pub fn topics(&self) -> &Topics {
        &self.topics
    }

    /// The topic of a name.
    #[must_use]
    pub fn topic(&self, name: &str) -> Option<&Arc<Topic>> {
        self.topics.get(name)
    }

    /// The topic of an id.
    #[must_use]
    pub fn topic_by_id(&self, id: Uuid) -> Option<&Arc<Topic>> {
        self.topics.by_id(id)
    }

    /// The state of a partition, by topic name.
    #[must_use]
    pub fn partition(&self, partition: &TopicPartition) -> Option<&Arc<PartitionState>> {
        self.topic(&partition.topic)?.partition(partition.partition)
    }

    /// The state of a partition, by topic id.
    #[must_use]
    pub fn partition_by_id(&self, partition: TopicPartitionId) -> Option<&Arc<PartitionState>> {
        self.topic_by_id(partition.topic_id)?.partition(partition.partition)
    }

    /// The dynamic configuration of every resource.
    #[must_use]
    pub fn configs(&self) -> &Configs {
        &self.configs
    }

    /// What is set for one resource; `None` where nothing is.
    #[must_use]
    pub fn config(&self, resource: &ConfigResource) -> Option<&Arc<ConfigMap>> {
        self.configs.get(resource)
    }

    /// The finalized features.
    #[must_use]
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// The producer ids that were handed out.
    #[must_use]
    pub fn producer_ids(&self) -> ProducerIds {
        self.producer_ids
    }

    /// The client quotas.
    #[must_use]
    pub fn client_quotas(&self) -> &ClientQuotas {
        &self.client_quotas
    }

    /// The access control entries.
    #[must_use]
    pub fn acls(&self) -> &Acls {
        &self.acls
    }

    /// The SCRAM credentials.
    #[must_use]
    pub fn scram(&self) -> &Scram {
        &self.scram
    }

    /// The delegation tokens.
    #[must_use]
    pub fn delegation_tokens(&self) -> &DelegationTokens {
        &self.delegation_tokens
    }

    /// Whether two images share their topics, which makes comparing these needless.
    #[must_use]
    pub fn shares_topics(&self, other: &Image) -> bool {
        Arc::ptr_eq(&self.topics, &other.topics)
    }

    /// Whether two images share their configs.
    #[must_use]
    pub fn shares_configs(&self, other: &Image) -> bool {
        Arc::ptr_eq(&self.configs, &other.configs)
    }

    /// Says how far the log is in this image; records are applied before.
    pub fn set_provenance(&mut self, provenance: Provenance) {
        self.provenance = provenance;
    }

    /// Applies one record. Transactions of the log are [`Replay`](crate::metadata::Replay)'s matter: their three records
    /// change nothing here.
    ///
    /// # Errors
    /// The record contradicts the image, which means that the log lacks records or was not written by a controller.
    pub fn replay(&mut self, record: &MetadataRecord) -> Result<(), ReplayError> {
        use MetadataRecord as R;
        match record {
            R::RegisterBroker(record) => self.change_brokers().register(record),
            R::UnregisterBroker(record) => self.change_brokers().unregister(record)?,
            R::FenceBroker(record) => self.change_brokers().fence(record)?,
            R::UnfenceBroker(record) => self.change_brokers().unfence(record)?,
            R::BrokerRegistrationChange(record) => self.change_brokers().change(record)?,
            R::RegisterController(record) => Arc::make_mut(&mut self.controllers).register(record),
            R::Topic(record) => self.change_topics().create(record)?,
            R::Partition(record) => self.change_topics().create_partition(record)?,
            R::PartitionChange(record) => self.change_topics().change_partition(record)?,
            R::RemoveTopic(record) => {
                let name = self.change_topics().remove(record)?;
                // A topic's configuration goes with it, without records of its own.
                Arc::make_mut(&mut self.configs).remove(&ConfigResource::topic(name));
            }
            R::ClearElr(record) => self.change_topics().clear_elr(record)?,
            R::Config(record) => {
                let resource = resource_of(record.resource_type, &record.resource_name)?;
                Arc::make_mut(&mut self.configs).change(resource, record);
            }
            R::FeatureLevel(record) => Arc::make_mut(&mut self.features).change(record),
            R::ProducerIds(record) => self.producer_ids.change(record),
            R::ClientQuota(record) => Arc::make_mut(&mut self.client_quotas).change(record),
            R::AccessControlEntry(record) => Arc::make_mut(&mut self.acls).add(record),
            R::RemoveAccessControlEntry(record) => Arc::make_mut(&mut self.acls).remove(record)?,
            R::UserScramCredential(record) => Arc::make_mut(&mut self.scram).set(record),
            R::RemoveUserScramCredential(record) => Arc::make_mut(&mut self.scram).remove(record)?,
            R::DelegationToken(record) => Arc::make_mut(&mut self.delegation_tokens).set(record),
            R::RemoveDelegationToken(record) => Arc::make_mut(&mut self.delegation_tokens).remove(record),
            // ZooKeeper is gone since Kafka 4: its state says nothing that is still of use.
            R::ZkMigrationState(_) | R::NoOp(_) => {}
            R::BeginTransaction(_) | R::EndTransaction(_) | R::AbortTransaction(_) => {}
        }
        Ok(())
    }

    fn change_brokers(&mut self) -> &mut Brokers {
        Arc::make_mut(&mut self.brokers)
    }

    fn change_topics(&mut self) -> &mut Topics {
        Arc::make_mut(&mut self.topics)
    }
}

fn resource_of(kind: i8, name: &str) -> Result<ConfigResource, ReplayError> {
    let bad = ReplayError::BadValue { field: "resourceType", value: i64::from(kind) };
    super::ResourceType::from_wire(kind).map(|kind| ConfigResource::new(kind, name)).ok_or(bad)
}
