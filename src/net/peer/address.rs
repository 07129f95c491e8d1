//! Where a server is: a host, by name or number, and a port.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

/// A host and a port, as `bootstrap.servers` and Metadata name them. The name is resolved at every connect, because the
/// machine behind it may change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// A name, an IPv4 number or an IPv6 number without brackets.
    pub host: Arc<str>,
    /// The port.
    pub port: u16,
}

impl Address {
    /// The address `host:port`.
    pub fn new(host: impl Into<Arc<str>>, port: u16) -> Address {
        Address { host: host.into(), port }
    }

    /// The address that a broker's answer names, or `None` where its port is none.
    #[must_use]
    pub fn from_wire(host: &str, port: i32) -> Option<Address> {
        let port = u16::try_from(port).ok()?;
        (!host.is_empty()).then(|| Address::new(host, port))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// A text that is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not HOST:PORT: {reason}")]
pub struct NotAnAddress {
    text: String,
    reason: &'static str,
}

impl FromStr for Address {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Address, NotAnAddress> {
        let bad = |reason| NotAnAddress { text: text.to_owned(), reason };
        // A security protocol before the host (`PLAINTEXT://host:9092`) is accepted, as Kafka's clients do.
        let rest = text.trim().rsplit_once("://").map_or(text.trim(), |(_, rest)| rest);
        let (host, port) = rest.rsplit_once(':').ok_or_else(|| bad("the port is missing"))?;
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        if host.is_empty() {
            return Err(bad("the host is missing"));
        }
        if host.contains(':') && host.parse::<IpAddr>().is_err() {
            return Err(bad("the host holds a colon but is no IPv6 address"));
        }
        if host.contains(|letter: char| letter.is_whitespace() || letter == '/') {
            return Err(bad("the host holds a blank or a slash"));
        }
        let port = port.parse().map_err(|_| bad("the port is not a number from 0 to 65535"))?;
        Ok(Address::new(host, port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, host: &str, port: u16) {
        assert_eq!(text.parse(), Ok(Address::new(host, port)), "{text}");
    }

    #[test]
    fn names_numbers_and_protocols_are_read() {
        check("localhost:9092", "localhost", 9092);
        check(" 127.0.0.1:1 ", "127.0.0.1", 1);
        check("[::1]:9092", "::1", 9092);
        check("SSL://kafka:9093", "kafka", 9093);
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_reason() {
        for text in ["", "localhost", ":9092", "localhost:", "localhost:99999", "localhost:x", "a:b:9092", "a b:9092"] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_ipv6_number_is_shown_in_brackets() {
        assert_eq!(Address::new("::1", 9092).to_string(), "[::1]:9092");
    }
}
