//! The image and its nouns, one file each.
//!
//! Invariants: every noun changes only through a record; equal sequences of records give equal images; a lookup by name
//! and one by id see the same topic; partition numbers of a topic have no gap.

mod acls;
mod brokers;
mod client_quotas;
mod cluster;
mod configs;
mod controllers;
mod delegation_tokens;
mod error;
mod features;
mod producer_ids;
mod provenance;
mod scram;
mod topics;

pub use acls::Acls;
pub use brokers::{Broker, Brokers, Endpoint, SupportedVersions};
pub use client_quotas::{ClientQuotas, QuotaEntity};
pub use cluster::Image;
pub use configs::{ConfigMap, ConfigResource, Configs, ResourceType};
pub use controllers::{ControllerRegistration, Controllers};
pub use delegation_tokens::DelegationTokens;
pub use error::ReplayError;
pub use features::{
    ELIGIBLE_LEADER_REPLICAS_VERSION, Features, KRAFT_VERSION, METADATA_VERSION, METADATA_VERSION_LATEST,
    METADATA_VERSION_MIN,
};
pub use producer_ids::ProducerIds;
pub use provenance::Provenance;
pub use scram::Scram;
pub use topics::{LeaderRecoveryState, PartitionState, Topic, Topics};
