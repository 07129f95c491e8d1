//! Listening sockets and the options of accepted ones.

use std::io;
use std::net::SocketAddr;

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The sizes that `socket.*` properties give; `None` leaves the operating system's own choice.
#[derive(Debug, Clone, Copy, Default)]
pub struct SocketOptions {
    /// `socket.send.buffer.bytes`.
    pub send_buffer_bytes: Option<usize>,
    /// `socket.receive.buffer.bytes`.
    pub receive_buffer_bytes: Option<usize>,
}

/// Opens a listening socket. An address that an earlier process left in TIME_WAIT is taken over, so that a restart is never
/// refused; an IPv6 wildcard also takes IPv4 connections, as Java's sockets do.
///
/// # Errors
/// What the operating system says, such as "address in use". To be called on a runtime.
pub fn listen(address: SocketAddr, backlog: i32, options: SocketOptions) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() && address.ip().is_unspecified() {
        socket.set_only_v6(false)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    // Buffer sizes are set before `listen`, because the window scale is fixed when a connection is made.
    set_buffers(&SockRef::from(&socket), options)?;
    socket.bind(&address.into())?;
    socket.listen(backlog)?;
    TcpListener::from_std(socket.into())
}

/// Connects to an address.
///
/// # Errors
/// What the operating system says, such as "connection refused".
#[allow(clippy::disallowed_methods, reason = "the one place where connections are made")]
pub async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    prepare(&stream)?;
    Ok(stream)
}

/// Sets what every connection has: no delay of small writes, keep-alive probes.
///
/// # Errors
/// What the operating system says when the peer is gone already.
pub fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    SockRef::from(stream).set_keepalive(true)
}

/// Keeps a closed peer from ending the process: a write to it then fails with EPIPE. The result must be kept alive.
///
/// # Errors
/// What the operating system says when it refuses the handler.
pub fn survive_broken_pipes() -> io::Result<Signal> {
    signal(SignalKind::pipe())
}

fn set_buffers(socket: &SockRef<'_>, options: SocketOptions) -> io::Result<()> {
    if let Some(bytes) = options.send_buffer_bytes {
        socket.set_send_buffer_size(bytes)?;
    }
    if let Some(bytes) = options.receive_buffer_bytes {
        socket.set_recv_buffer_size(bytes)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_is_listened_on_once() {
        let options = SocketOptions::default();
        let first = listen("127.0.0.1:0".parse().unwrap(), 50, options).unwrap();
        let refused = listen(first.local_addr().unwrap(), 50, options).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AddrInUse);
    }

    #[tokio::test]
    async fn accepted_connections_do_not_delay_small_writes() {
        let listener = listen("127.0.0.1:0".parse().unwrap(), 50, SocketOptions::default()).unwrap();
        let _client = connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        prepare(&stream).unwrap();
        assert!(stream.nodelay().unwrap());
    }
}
