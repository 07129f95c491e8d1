//! The frame and its header: lengths, keys and versions.

use bytes::Bytes;
use mq::model::ErrorCode;
use mq::protocol::messages::{ApiVersionsRequest, ApiVersionsResponse, MetadataRequest};
use mq::protocol::{ApiKey, Message, Reader, frame};

use crate::support::broker::Broker;
use crate::support::connection::Connection;

/// A header of version 1: key, version, correlation id, no client id.
fn header(key: i16, version: i16, correlation_id: i32) -> Vec<u8> {
    [&key.to_be_bytes()[..], &version.to_be_bytes(), &correlation_id.to_be_bytes(), &(-1i16).to_be_bytes()].concat()
}

/// Fault F1: a length that cannot be right closes the connection before anything is allocated for it.
#[test]
fn a_frame_of_impossible_length_closes_the_connection() {
    let broker = Broker::start();
    for length in [0, 1, 7, -1, i32::MIN, 104_857_601, i32::MAX] {
        let mut connection = Connection::to(&broker);
        connection.send(&length.to_be_bytes());
        connection.send(&[0; 16]);
        assert_eq!(connection.receive(), None, "length {length}");
    }
    assert_serves(&broker);
}

/// Fault F1: a length and then silence holds nothing up, and costs no memory worth naming.
#[test]
fn a_promised_frame_that_never_comes_costs_nothing() {
    let broker = Broker::start();
    assert_serves(&broker);
    let before = resident_kilobytes(broker.id());
    let silent: Vec<Connection> = (0..50)
        .map(|_| {
            let mut connection = Connection::to(&broker);
            connection.send(&104_857_600i32.to_be_bytes());
            connection.send(&header(ApiKey::Produce.wire(), 9, 1));
            connection
        })
        .collect();
    assert_serves(&broker);
    let grown = resident_kilobytes(broker.id()).saturating_sub(before);
    assert!(grown < 20 * 1024, "50 promises of 100 MiB grew the broker by {grown} kB");
    drop(silent);
}

/// Fault F2: other protocols are closed, and the log names them.
#[test]
fn other_protocols_are_closed_and_named_in_the_log() {
    let cases: [(&str, &[u8]); 3] = [
        ("HTTP", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03aaaaaaaaaaaaaaaa"),
        ("SSH", b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"),
    ];
    for (name, bytes) in cases {
        // A broker of its own: one line a peer and minute is logged, and all of these come from one address.
        let broker = Broker::start();
        let mut connection = Connection::to(&broker);
        connection.send(bytes);
        assert_eq!(connection.receive(), None, "{name}");
        assert_serves(&broker);
        broker.logs(name);
    }
}

/// Fault F3: a key that nobody knows closes the connection.
#[test]
fn an_unknown_api_key_closes_the_connection() {
    let broker = Broker::start();
    for key in [-1, 4, 5, 6, 7, 52, 53, 82, 999, i16::MAX] {
        let mut connection = Connection::to(&broker);
        connection.send_frame(&header(key, 0, 1));
        assert_eq!(connection.receive(), None, "key {key}");
    }
    assert_serves(&broker);
}

/// Fault F3: a version that is not offered closes the connection; Produce 0 to 2 are offered and refused all the same.
#[test]
fn an_unsupported_version_closes_the_connection() {
    let broker = Broker::start();
    for (key, version) in
        [(ApiKey::Produce, 0), (ApiKey::Produce, 2), (ApiKey::Fetch, 3), (ApiKey::Metadata, 99), (ApiKey::Fetch, -1)]
    {
        let mut connection = Connection::to(&broker);
        connection.send_frame(&header(key.wire(), version, 1));
        assert_eq!(connection.receive(), None, "{key} {version}");
    }
    assert_serves(&broker);
}

/// Fault F3: ApiVersions of a future version is answered in version 0, with the table, so that a client can step back.
#[test]
fn a_future_api_versions_request_is_answered_in_version_0() {
    let broker = Broker::start();
    let mut connection = Connection::to(&broker);
    connection.send_frame(&[header(ApiKey::ApiVersions.wire(), 99, 7), vec![0, 0, 0]].concat());
    let answer = connection.receive().expect("an answer");
    let mut reader = Reader::new(answer.slice(4..));
    assert_eq!(answer[..4], 7i32.to_be_bytes());
    let response = ApiVersionsResponse::decode(&mut reader, 0).expect("a body of version 0");
    assert_eq!(response.error_code, ErrorCode::UNSUPPORTED_VERSION.wire());
    assert!(response.api_keys.iter().any(|row| row.api_key == ApiKey::ApiVersions.wire() && row.max_version == 4));
    // The connection lives on.
    assert_eq!(connection.call(&ApiVersionsRequest::default(), 0).error_code, 0);
}

/// Fault F4: a request with bytes behind its end, or cut anywhere, is an error or a closed connection.
#[test]
fn a_cut_or_lengthened_request_never_hangs_the_broker() {
    let broker = Broker::start();
    for version in MetadataRequest::VERSIONS {
        let whole =
            frame::encode_request(version, 1, Some("cut"), &MetadataRequest::default()).expect("a good request");
        let body: Bytes = whole.slice(4..);
        for cut in 8..body.len() {
            let mut connection = Connection::to(&broker);
            connection.send_frame(&body[..cut]);
            connection.finish();
            let _ = connection.receive();
        }
        let mut connection = Connection::to(&broker);
        connection.send_frame(&[&body[..], &[1, 2, 3]].concat());
        connection.finish();
        let _ = connection.receive();
    }
    assert_serves(&broker);
}

/// The broker still answers on a new connection, and nothing in it panicked.
pub fn assert_serves(broker: &Broker) {
    let response = Connection::to(broker).call(&ApiVersionsRequest::default(), 0);
    assert_eq!(response.error_code, 0);
    assert!(!broker.log().contains("panicked"), "{}", broker.log());
}

/// The memory that a process has in use.
pub fn resident_kilobytes(process: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).expect("the process runs");
    let line = text.lines().find(|line| line.starts_with("VmRSS:")).expect("the kernel tells it");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number of kilobytes")
}
