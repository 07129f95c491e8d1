//! Making a connection: resolve, try each address, agree on versions.
//!
//! The place of TLS is between the two (a stream that wraps the socket), that of SASL after the versions are known.

use std::net::SocketAddr;
use std::time::Duration;

use socket2::SockRef;
use tokio::net::{TcpSocket, TcpStream, lookup_host};

use super::{Address, Attempt, Handle, PeerError, PeerOptions, Versions};
use crate::io::tcp;
use crate::model::ErrorCode;
use crate::protocol::messages::{ApiVersionsRequest, ApiVersionsResponse};
use crate::protocol::{ApiKey, Message, frame};

/// Addresses of one host that are tried; a name with more is answered by the first of them.
const ADDRESSES_MAX: usize = 16;

/// Connects to the first address of the host that accepts.
pub(super) async fn connect(address: &Address, options: &PeerOptions) -> Result<TcpStream, PeerError> {
    let unresolved = |cause: String| PeerError::Unresolved { address: address.clone(), cause };
    let found = tokio::time::timeout(options.connect_timeout, lookup_host((&*address.host, address.port))).await;
    let found =
        found.map_err(|_| unresolved(format!("no answer within {} ms", options.connect_timeout.as_millis())))?;
    let sockets: Vec<SocketAddr> = found.map_err(|cause| unresolved(cause.to_string()))?.take(ADDRESSES_MAX).collect();
    if sockets.is_empty() {
        return Err(unresolved("it has no address".to_owned()));
    }
    let mut attempts = Vec::new();
    for socket in sockets {
        match connect_one(socket, options).await {
            Ok(stream) => return Ok(stream),
            Err(cause) => attempts.push(Attempt { socket, cause }),
        }
    }
    Err(PeerError::Unreachable { address: address.clone(), attempts })
}

async fn connect_one(address: SocketAddr, options: &PeerOptions) -> Result<TcpStream, String> {
    let limit: Duration = options.connect_timeout;
    let open = async {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // Set before connecting, because the window scale is fixed when a connection is made.
        let reference = SockRef::from(&socket);
        if let Some(bytes) = options.socket.send_buffer_bytes {
            reference.set_send_buffer_size(bytes)?;
        }
        if let Some(bytes) = options.socket.receive_buffer_bytes {
            reference.set_recv_buffer_size(bytes)?;
        }
        let stream = socket.connect(address).await?;
        tcp::prepare(&stream)?;
        Ok::<TcpStream, std::io::Error>(stream)
    };
    match tokio::time::timeout(limit, open).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(cause)) => Err(plain(&cause)),
        Err(_) => Err(format!("no answer within {} ms", limit.as_millis())),
    }
}

/// The system's sentence without the number that Rust appends.
fn plain(cause: &std::io::Error) -> String {
    let text = cause.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

/// Asks for the server's versions. A server that does not know our newest ApiVersions answers in version 0 with the range
/// that it does know, and is asked again (KIP-511).
pub(super) async fn negotiate(handle: &Handle) -> Result<Versions, PeerError> {
    let ours = ApiVersionsRequest::STABLE_MAX;
    let mut answer = ask(handle, ours).await?;
    if answer.error_code == ErrorCode::UNSUPPORTED_VERSION.wire() {
        let known = Versions::from_answer(answer);
        let theirs = known.of(ApiKey::ApiVersions).map_or(0, |range| *range.end());
        answer = ask(handle, theirs.clamp(0, ours)).await?;
    }
    match ErrorCode::from_wire(answer.error_code) {
        ErrorCode::NONE => Ok(Versions::from_answer(answer)),
        code => Err(malformed(handle, format!("{code}: {}", code.text()))),
    }
}

async fn ask(handle: &Handle, version: i16) -> Result<ApiVersionsResponse, PeerError> {
    let request = ApiVersionsRequest {
        client_software_name: "mq".to_owned(),
        client_software_version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let call = handle.start_request(&request, version, None).await?;
    let bytes = call.frame().await.map_err(first_answer_failed)?;
    // The answer's header is always version 0 and its error code comes first in every version.
    let refused = bytes.get(4..6) == Some(ErrorCode::UNSUPPORTED_VERSION.wire().to_be_bytes().as_slice());
    frame::decode_response::<ApiVersionsRequest>(bytes, if refused { 0 } else { version })
        .map(|(_, answer)| answer)
        .map_err(|cause| malformed(handle, cause.to_string()))
}

/// A connection that is closed before the first answer says more than "closed": no Kafka listener does that to a stranger.
fn first_answer_failed(error: PeerError) -> PeerError {
    match error {
        PeerError::Disconnected { address, .. } => PeerError::Refused { address },
        other => other,
    }
}

fn malformed(handle: &Handle, cause: String) -> PeerError {
    PeerError::Malformed { address: handle.shared.address.clone(), api: ApiKey::ApiVersions.name(), cause }
}
