//! What is logged of strangers, often enough to be seen and not more.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How many complained-of peers are remembered.
const COMPLAINTS_MAX: usize = 1024;

/// One complaint about a peer is written in this time; the rest is counted only.
const COMPLAINT_INTERVAL: Duration = Duration::from_secs(60);

/// One line for each peer and minute about what it sent, so that a stranger cannot fill the disk with our log.
#[derive(Debug, Default)]
pub struct Complaints {
    last: Mutex<HashMap<IpAddr, Duration>>,
}

impl Complaints {
    /// Whether a line about this peer may be logged; the next one may in a minute.
    pub fn is_due(&self, now: Duration, ip: IpAddr) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.len() >= COMPLAINTS_MAX {
            last.retain(|_, said| now.saturating_sub(*said) < COMPLAINT_INTERVAL);
        }
        match last.get(&ip) {
            Some(said) if now.saturating_sub(*said) < COMPLAINT_INTERVAL => false,
            None if last.len() >= COMPLAINTS_MAX => false,
            _ => {
                last.insert(ip, now);
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fault F1: one log line per peer per minute.
    #[test]
    fn a_peer_is_complained_of_once_a_minute() {
        let (complaints, ip) = (Complaints::default(), "127.0.0.1".parse().unwrap());
        assert!(complaints.is_due(Duration::ZERO, ip));
        assert!(!complaints.is_due(Duration::from_secs(59), ip));
        assert!(complaints.is_due(Duration::from_secs(60), ip));
    }
}
