//! From the properties of a client to what the library works with: durations, addresses, one place for all three clients.

use std::sync::Arc;
use std::time::Duration;

use super::{ClientError, ClusterOptions};
use crate::config::{AdminConfig, ConsumerConfig, ProducerConfig};
use crate::io::tcp::SocketOptions;
use crate::net::{Address, PeerOptions};

/// A number of milliseconds from a property; negative ones mean none.
pub(super) fn millis(value: impl Into<i64>) -> Duration {
    Duration::from_millis(u64::try_from(value.into()).unwrap_or(0))
}

/// A number of bytes from a property; negative ones mean none.
pub(super) fn bytes(value: impl Into<i64>) -> usize {
    usize::try_from(value.into()).unwrap_or(0)
}

/// Reads the properties that every client has under one name.
macro_rules! cluster_options {
    ($config:expr, $in_flight_max:expr, $auto_create:expr) => {{
        let config = $config;
        let name = config.client_id.as_str();
        Ok(ClusterOptions {
            bootstrap: addresses(&config.bootstrap_servers)?,
            peer: PeerOptions {
                client_id: (!name.is_empty()).then(|| Arc::from(name)),
                request_timeout: millis(config.request_timeout_ms),
                connect_timeout: millis(config.socket_connection_setup_timeout_ms),
                idle: u64::try_from(config.connections_max_idle_ms).ok().map(Duration::from_millis),
                reconnect_backoff: millis(config.reconnect_backoff_ms),
                reconnect_backoff_max: millis(config.reconnect_backoff_max_ms),
                in_flight_max: $in_flight_max,
                socket: SocketOptions {
                    send_buffer_bytes: usize::try_from(config.send_buffer_bytes).ok(),
                    receive_buffer_bytes: usize::try_from(config.receive_buffer_bytes).ok(),
                },
            },
            metadata_max_age: millis(config.metadata_max_age_ms),
            retry_backoff: millis(config.retry_backoff_ms),
            retry_backoff_max: millis(config.retry_backoff_max_ms),
            auto_create_topics: $auto_create,
        })
    }};
}

/// Requests under way on a connection of a consumer or an admin client; nothing there sends more at once.
const IN_FLIGHT_MAX: usize = 100;

impl ClusterOptions {
    /// The cluster of a producer.
    ///
    /// # Errors
    /// `bootstrap.servers` is empty or holds no address.
    pub fn of_producer(config: &ProducerConfig) -> Result<ClusterOptions, ClientError> {
        // The sender bounds produce requests itself; metadata and producer ids share the connection.
        cluster_options!(config, IN_FLIGHT_MAX, true)
    }

    /// The cluster of a consumer.
    ///
    /// # Errors
    /// `bootstrap.servers` is empty or holds no address.
    pub fn of_consumer(config: &ConsumerConfig) -> Result<ClusterOptions, ClientError> {
        cluster_options!(config, IN_FLIGHT_MAX, config.allow_auto_create_topics)
    }

    /// The cluster of an admin client.
    ///
    /// # Errors
    /// `bootstrap.servers` is empty or holds no address.
    pub fn of_admin(config: &AdminConfig) -> Result<ClusterOptions, ClientError> {
        cluster_options!(config, IN_FLIGHT_MAX, false)
    }
}

fn addresses(texts: &[String]) -> Result<Vec<Address>, ClientError> {
    let read = |text: &String| {
        let invalid = || ClientError::Config(format!("Invalid url in bootstrap.servers: {text}"));
        text.parse::<Address>().map_err(|_| invalid())
    };
    let found: Vec<Address> =
        texts.iter().filter(|text| !text.trim().is_empty()).map(read).collect::<Result<_, _>>()?;
    if found.is_empty() {
        return Err(ClientError::Config("No resolvable bootstrap urls given in bootstrap.servers".to_owned()));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_servers_is_read_and_a_wrong_one_is_named() {
        let config = |servers: &[&str]| AdminConfig {
            bootstrap_servers: servers.iter().map(|text| (*text).to_owned()).collect(),
            ..AdminConfig::default()
        };
        let options = ClusterOptions::of_admin(&config(&["a:1", "b:2"])).unwrap();
        assert_eq!(options.bootstrap, [Address::new("a", 1), Address::new("b", 2)]);
        let refused = ClusterOptions::of_admin(&config(&["a:1", "b"])).unwrap_err().to_string();
        assert_eq!(refused, "Invalid url in bootstrap.servers: b");
        assert!(ClusterOptions::of_admin(&config(&[])).is_err());
    }
}
