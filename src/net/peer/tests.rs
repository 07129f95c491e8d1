use std::future::Future;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::model::ErrorCode;
use crate::protocol::messages::api_versions_response::ApiVersion;
use crate::protocol::messages::{
    ApiVersionsRequest, ApiVersionsResponse, HeartbeatRequest, HeartbeatResponse, MetadataRequest,
};
use crate::protocol::{ApiKey, Message, Reader, RequestHeader, Segment};

/// A server that gives each connection to `serve`.
async fn server<F, S>(serve: F) -> Address
where
    F: Fn(TcpStream) -> S + Send + 'static,
    S: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    Address::new("127.0.0.1", port)
}

async fn request(stream: &mut TcpStream) -> Option<RequestHeader> {
    let length = usize::try_from(stream.read_i32().await.ok()?).unwrap();
    let mut frame = vec![0; length];
    stream.read_exact(&mut frame).await.ok()?;
    Some(RequestHeader::decode(&mut Reader::new(frame.into())).unwrap())
}

async fn answer<M: Message>(stream: &mut TcpStream, header: &RequestHeader, version: i16, message: &M) {
    let answer = frame::encode_response(header.api_key, version, header.correlation_id, message).unwrap();
    for segment in answer.segments() {
        let Segment::Bytes(bytes) = segment else { panic!("no files here") };
        stream.write_all(bytes).await.unwrap();
    }
}

fn versions(rows: &[(ApiKey, i16)]) -> ApiVersionsResponse {
    let row = |(key, max_version): &(ApiKey, i16)| ApiVersion {
        api_key: key.wire(),
        min_version: 0,
        max_version: *max_version,
    };
    ApiVersionsResponse { api_keys: rows.iter().map(row).collect(), ..Default::default() }
}

async fn negotiate(stream: &mut TcpStream) {
    let header = request(stream).await.unwrap();
    let known = versions(&[(ApiKey::ApiVersions, 4), (ApiKey::Heartbeat, 4)]);
    answer(stream, &header, header.api_version, &known).await;
}

fn quick() -> PeerOptions {
    PeerOptions { request_timeout: Duration::from_millis(50), ..PeerOptions::default() }
}

#[tokio::test]
async fn answers_find_their_requests_in_any_order() {
    let address = server(|mut stream| async move {
        negotiate(&mut stream).await;
        let headers = [request(&mut stream).await.unwrap(), request(&mut stream).await.unwrap()];
        for (throttle_time_ms, header) in headers.iter().enumerate().rev() {
            let throttle_time_ms = i32::try_from(throttle_time_ms).unwrap();
            let response = HeartbeatResponse { throttle_time_ms, ..Default::default() };
            answer(&mut stream, header, header.api_version, &response).await;
        }
    })
    .await;
    let peer = Peer::connect(&address, &PeerOptions::default()).await.unwrap();
    let first = peer.start(&HeartbeatRequest::default(), 4, None).await.unwrap();
    let second = peer.start(&HeartbeatRequest::default(), 4, None).await.unwrap();
    assert_eq!(second.answer().await.unwrap().throttle_time_ms, 1);
    assert_eq!(first.answer().await.unwrap().throttle_time_ms, 0);
}

#[tokio::test]
async fn a_server_of_older_versions_is_asked_again_in_one_it_knows() {
    let address = server(|mut stream| async move {
        let first = request(&mut stream).await.unwrap();
        assert_eq!(first.api_version, ApiVersionsRequest::STABLE_MAX);
        let refusal = ApiVersionsResponse {
            error_code: ErrorCode::UNSUPPORTED_VERSION.wire(),
            ..versions(&[(ApiKey::ApiVersions, 2)])
        };
        answer(&mut stream, &first, 0, &refusal).await;
        let second = request(&mut stream).await.unwrap();
        assert_eq!(second.api_version, 2);
        answer(&mut stream, &second, 2, &versions(&[(ApiKey::Metadata, 5)])).await;
        request(&mut stream).await;
    })
    .await;
    let peer = Peer::connect(&address, &PeerOptions::default()).await.unwrap();
    assert_eq!(peer.version::<MetadataRequest>(i16::MAX).unwrap(), 5);
    assert!(matches!(peer.version::<HeartbeatRequest>(i16::MAX), Err(PeerError::Unsupported { .. })));
}

#[tokio::test]
async fn no_answer_in_time_ends_the_connection_for_all() {
    let address = server(|mut stream| async move {
        negotiate(&mut stream).await;
        while request(&mut stream).await.is_some() {}
    })
    .await;
    let peer = Peer::connect(&address, &quick()).await.unwrap();
    let patient = peer.start(&HeartbeatRequest::default(), 4, Some(Duration::from_secs(600))).await.unwrap();
    let late = peer.call(&HeartbeatRequest::default()).await.unwrap_err();
    assert!(matches!(late, PeerError::TimedOut { api: "Heartbeat", .. }), "{late}");
    assert!(matches!(patient.answer().await.unwrap_err(), PeerError::TimedOut { .. }));
    assert!(!peer.is_open());
}

/// Fault F2: our client meets a server of another protocol.
#[tokio::test]
async fn a_server_of_another_protocol_is_named() {
    for (greeting, foreign) in [
        (b"\x15\x03\x03\x00\x02\x02\x46".as_slice(), Foreign::Tls),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n".as_slice(), Foreign::Http),
        (b"SSH-2.0-OpenSSH_9\r\n".as_slice(), Foreign::Ssh),
    ] {
        let address = server(move |mut stream| async move {
            stream.write_all(greeting).await.unwrap();
            request(&mut stream).await;
        })
        .await;
        let error = Peer::connect(&address, &PeerOptions::default()).await.unwrap_err();
        assert!(matches!(&error, PeerError::NotKafka { foreign: guessed, .. } if *guessed == foreign), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_closes_at_once_is_said_to_expect_something_else() {
    let address = server(|mut stream| async move {
        request(&mut stream).await;
    })
    .await;
    let error = Peer::connect(&address, &PeerOptions::default()).await.unwrap_err();
    assert!(matches!(error, PeerError::Refused { .. }), "{error}");
}

#[tokio::test]
async fn hostile_answers_end_the_connection_and_nothing_else() {
    for bytes in [
        b"\xff\xff\xff\xff".as_slice(),
        b"\x7f\xff\xff\xff".as_slice(),
        b"\0\0\0\0".as_slice(),
        b"\0\0\0\x04\0\0\0\x63".as_slice(),
        b"\0\0\0\x05\0\0\0\x01\x01".as_slice(),
        b"\0\0\x40\x00\0\0".as_slice(),
    ] {
        let address = server(move |mut stream| async move {
            negotiate(&mut stream).await;
            request(&mut stream).await;
            stream.write_all(bytes).await.unwrap();
        })
        .await;
        let peer = Peer::connect(&address, &PeerOptions::default()).await.unwrap();
        assert!(peer.call(&HeartbeatRequest::default()).await.is_err(), "{bytes:?}");
    }
}

#[tokio::test]
async fn a_refused_connection_names_address_and_cause() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = Address::new("127.0.0.1", listener.local_addr().unwrap().port());
    drop(listener);
    let error = Peer::connect(&address, &PeerOptions::default()).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains(&address.to_string()) && text.contains("refused"), "{text}");
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let address = server(|mut stream| async move {
        negotiate(&mut stream).await;
        request(&mut stream).await;
    })
    .await;
    let options = PeerOptions { idle: Some(Duration::from_millis(5)), ..PeerOptions::default() };
    let peer = Peer::connect(&address, &options).await.unwrap();
    while peer.is_open() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn no_more_requests_are_under_way_than_allowed() {
    let address = server(|mut stream| async move {
        negotiate(&mut stream).await;
        while request(&mut stream).await.is_some() {}
    })
    .await;
    let peer = Peer::connect(&address, &PeerOptions { in_flight_max: 1, ..PeerOptions::default() }).await.unwrap();
    let _first = peer.start(&HeartbeatRequest::default(), 4, None).await.unwrap();
    let request = HeartbeatRequest::default();
    let second = peer.start(&request, 4, None);
    assert!(tokio::time::timeout(Duration::from_millis(20), second).await.is_err());
}
