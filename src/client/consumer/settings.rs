//! What a consumer works by, read once from its properties.

use std::time::Duration;

use crate::client::ClientError;
use crate::client::Isolation;
use crate::client::settings::{bytes, millis};
use crate::config::ConsumerConfig;

/// An assignor of the classic group protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Assignor {
    Range,
    RoundRobin,
}

impl Assignor {
    /// The name by which members agree on it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Assignor::Range => "range",
            Assignor::RoundRobin => "roundrobin",
        }
    }

    pub(super) fn named(name: &str) -> Option<Assignor> {
        [Assignor::Range, Assignor::RoundRobin].into_iter().find(|assignor| assignor.name() == name)
    }
}

/// Where to begin without a committed offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reset {
    Earliest,
    Latest,
    /// At the records of the last so many milliseconds (KIP-1106).
    Since(Duration),
}

#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) group_id: Option<String>,
    pub(super) instance_id: Option<String>,
    pub(super) session_timeout: Duration,
    pub(super) heartbeat_interval: Duration,
    pub(super) poll_interval_max: Duration,
    pub(super) max_poll_records: usize,
    pub(super) assignors: Vec<Assignor>,
    pub(super) auto_commit: Option<Duration>,
    /// `None` fails.
    pub(super) reset: Option<Reset>,
    pub(super) isolation: Isolation,
    pub(super) fetch_min_bytes: i32,
    pub(super) fetch_wait: Duration,
    pub(super) fetch_max_bytes: usize,
    pub(super) partition_fetch_max_bytes: usize,
    pub(super) check_crcs: bool,
    pub(super) exclude_internal_topics: bool,
    pub(super) api_timeout: Duration,
    pub(super) request_timeout: Duration,
    pub(super) retry_backoff: Duration,
    pub(super) rack: String,
}

impl Settings {
    pub(super) fn of(config: &ConsumerConfig) -> Result<Settings, ClientError> {
        // Kafka reads an absent group and `enable.auto.commit` left to its default as "no commits".
        let group_id = config.group_id.clone();
        let auto_commit =
            (config.enable_auto_commit && group_id.is_some()).then(|| millis(config.auto_commit_interval_ms));
        Ok(Settings {
            group_id,
            instance_id: config.group_instance_id.clone(),
            session_timeout: millis(config.session_timeout_ms),
            heartbeat_interval: millis(config.heartbeat_interval_ms),
            poll_interval_max: millis(config.max_poll_interval_ms),
            max_poll_records: usize::try_from(config.max_poll_records).unwrap_or(1),
            assignors: assignors(&config.partition_assignment_strategy)?,
            auto_commit,
            reset: reset(config),
            isolation: match config.isolation_level.as_str() {
                "read_committed" => Isolation::ReadCommitted,
                _ => Isolation::ReadUncommitted,
            },
            fetch_min_bytes: config.fetch_min_bytes,
            fetch_wait: millis(config.fetch_max_wait_ms),
            fetch_max_bytes: bytes(config.fetch_max_bytes),
            partition_fetch_max_bytes: bytes(config.max_partition_fetch_bytes),
            check_crcs: config.check_crcs,
            exclude_internal_topics: config.exclude_internal_topics,
            api_timeout: millis(config.default_api_timeout_ms),
            request_timeout: millis(config.request_timeout_ms),
            retry_backoff: millis(config.retry_backoff_ms),
            rack: config.client_rack.clone(),
        })
    }
}

fn reset(config: &ConsumerConfig) -> Option<Reset> {
    if let Some(duration) = config.auto_offset_reset_duration() {
        return Some(Reset::Since(millis(duration)));
    }
    match config.auto_offset_reset.to_ascii_lowercase().as_str() {
        "earliest" => Some(Reset::Earliest),
        "latest" => Some(Reset::Latest),
        _ => None,
    }
}

/// The assignors of a list of class names. The sticky ones are passed over where another one is named, since members
/// agree on what all of them know.
fn assignors(classes: &[String]) -> Result<Vec<Assignor>, ClientError> {
    let mut found = Vec::new();
    for class in classes {
        match class.rsplit('.').next().unwrap_or(class).trim() {
            "RangeAssignor" | "range" => found.push(Assignor::Range),
            "RoundRobinAssignor" | "roundrobin" => found.push(Assignor::RoundRobin),
            "CooperativeStickyAssignor" | "StickyAssignor" | "cooperative-sticky" | "sticky" => {}
            _ => {
                let text = format!("{class} ClassNotFoundException exception occurred");
                return Err(ClientError::Config(text));
            }
        }
    }
    if found.is_empty() && !classes.is_empty() {
        let text =
            "partition.assignment.strategy names no assignor that this client has: RangeAssignor, RoundRobinAssignor";
        return Err(ClientError::Config(text.to_owned()));
    }
    Ok(found)
}
