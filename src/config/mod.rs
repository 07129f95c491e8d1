//! Every property of Kafka 4.3.1, declared once: name, type, default, valid values, when a change takes effect,
//! synonyms, one sentence, and whether it has an effect in `mq`.
//!
//! A row of a table ([`broker`], [`topic`], [`producer`], [`consumer`], [`admin`]) is all there is to say about a
//! property; the typed structs ([`BrokerConfig`] and its like), the checks, the answer to DescribeConfigs and the
//! sample files come from the rows. A field of a struct is its property with underscores.
//!
//! The room is pure: it is handed the text of a file and gives values, notices and errors back. It opens no file,
//! resolves no name and logs nothing. Invariants: a typed struct only holds values that passed the checks of their
//! rows; the tables equal Kafka's by name, type, default and valid values, which a test holds against facts recorded
//! from Kafka itself.

#[macro_use]
mod property;
pub mod admin;
pub mod broker;
mod broker_groups;
mod broker_remote;
mod broker_security;
pub mod checks;
mod client;
mod client_security;
pub mod consumer;
pub mod describe;
#[cfg(test)]
mod facts_test;
pub mod former;
pub mod listeners;
mod nearest;
mod notice;
mod overlay;
pub mod producer;
pub mod properties;
mod samples;
mod start;
pub mod topic;
mod value;

pub use admin::AdminConfig;
pub use broker::BrokerConfig;
pub use checks::{Brokers, check_dynamic_broker, check_topic};
pub use consumer::ConsumerConfig;
pub use describe::{ConfigEntry, ConfigSource, ConfigSynonym};
pub use former::Side;
pub use listeners::{Listener, Listeners, SecurityProtocol};
pub use nearest::nearest;
pub use notice::{Notice, Remark, notices_of_file, notices_of_names};
pub use overlay::BrokerSettings;
pub use producer::ProducerConfig;
pub use properties::{Entry, Properties};
pub use property::{DefaultValue, Effect, Kind, Property, Reason, Scope, Synonym, Table, Valid};
pub use samples::{Sample, reference};
pub use start::Given;
pub use topic::TopicConfig;
pub use value::{ConfigError, Password, Settings, Value};
