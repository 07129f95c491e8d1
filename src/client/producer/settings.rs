//! What a producer works by, read once from its properties.

use std::time::Duration;

use tracing::info;

use super::partitioner::{Partitioning, Spread};
use crate::client::ClientError;
use crate::client::settings::{bytes, millis};
use crate::config::ProducerConfig;
use crate::record::{Codec, Compression};

/// Requests under way with which the broker still recognises each repeated batch (KIP-98).
const IN_FLIGHT_IDEMPOTENT_MAX: usize = 5;

/// Who must have a record before it counts as sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Acks {
    None,
    Leader,
    All,
}

impl Acks {
    pub(super) fn wire(self) -> i16 {
        match self {
            Acks::None => 0,
            Acks::Leader => 1,
            Acks::All => -1,
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) acks: Acks,
    pub(super) batch_size: usize,
    pub(super) linger: Duration,
    pub(super) buffer_memory: usize,
    pub(super) max_block: Duration,
    pub(super) request_size_max: usize,
    pub(super) in_flight_max: usize,
    pub(super) retries: u32,
    pub(super) retry_backoff: Duration,
    pub(super) retry_backoff_max: Duration,
    pub(super) delivery_timeout: Duration,
    pub(super) request_timeout: Duration,
    pub(super) idempotent: bool,
    pub(super) compression: Compression,
    pub(super) partitioning: Partitioning,
    pub(super) spread: Spread,
}

impl Settings {
    /// The settings of a configuration. Idempotence, which is on by default, steps back where `acks`, `retries` or
    /// `max.in.flight.requests.per.connection` rule it out, as in Kafka's own producer.
    pub(super) fn of(config: &ProducerConfig) -> Result<Settings, ClientError> {
        let acks = match config.acks.as_str() {
            "0" => Acks::None,
            "1" => Acks::Leader,
            _ => Acks::All,
        };
        let in_flight_max = usize::try_from(config.max_in_flight_requests_per_connection).unwrap_or(1).max(1);
        let fit = acks == Acks::All && config.retries > 0 && in_flight_max <= IN_FLIGHT_IDEMPOTENT_MAX;
        if !fit {
            info!(acks = %config.acks, retries = config.retries, in_flight_max, "the producer is not idempotent with these settings");
        }
        Ok(Settings {
            acks,
            batch_size: bytes(config.batch_size),
            linger: millis(config.linger_ms),
            buffer_memory: bytes(config.buffer_memory),
            max_block: millis(config.max_block_ms),
            request_size_max: bytes(config.max_request_size),
            in_flight_max,
            retries: u32::try_from(config.retries).unwrap_or(0),
            retry_backoff: millis(config.retry_backoff_ms),
            retry_backoff_max: millis(config.retry_backoff_max_ms),
            delivery_timeout: millis(config.delivery_timeout_ms),
            request_timeout: millis(config.request_timeout_ms),
            idempotent: config.enable_idempotence && fit,
            compression: compression(config)?,
            partitioning: partitioning(config)?,
            spread: if config.partitioner_adaptive_partitioning_enable { Spread::ByLoad } else { Spread::Evenly },
        })
    }
}

fn compression(config: &ProducerConfig) -> Result<Compression, ClientError> {
    let codec: Codec = config.compression_type.parse().map_err(ClientError::Config)?;
    let level = match codec {
        Codec::Gzip => Some(config.compression_gzip_level),
        Codec::Lz4 => Some(config.compression_lz4_level),
        Codec::Zstd => Some(config.compression_zstd_level),
        Codec::None | Codec::Snappy => None,
    };
    Ok(Compression { codec, level })
}

fn partitioning(config: &ProducerConfig) -> Result<Partitioning, ClientError> {
    match config.partitioner_class.as_deref() {
        None | Some("") if config.partitioner_ignore_keys => Ok(Partitioning::IgnoreKeys),
        None | Some("") => Ok(Partitioning::Default),
        Some(class) => match class.rsplit('.').next() {
            Some("RoundRobinPartitioner") => Ok(Partitioning::RoundRobin),
            // Removed in Kafka 4; what they did is what the default does.
            Some("DefaultPartitioner" | "UniformStickyPartitioner") => Ok(Partitioning::Default),
            _ => Err(ClientError::Config(format!(
                "Invalid value {class} for configuration partitioner.class: Class {class} could not be found."
            ))),
        },
    }
}
