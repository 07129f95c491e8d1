//! A bare connection to a broker: whole frames or any other bytes.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use bytes::Bytes;
use mq::protocol::{Request, frame};

use super::broker::Broker;

/// A broker that says nothing for so long has hung.
const SILENCE_MAX: Duration = Duration::from_secs(20);

/// A socket that speaks in frames.
pub struct Connection {
    stream: TcpStream,
    correlation_id: i32,
}

impl Connection {
    /// Connects to a broker.
    pub fn to(broker: &Broker) -> Connection {
        Connection::try_to(&broker.address).expect("the broker accepts")
    }

    /// Connects to an address where a broker may or may not be.
    pub fn try_to(address: &str) -> Option<Connection> {
        let stream = TcpStream::connect(address).ok()?;
        stream.set_read_timeout(Some(SILENCE_MAX)).expect("a time limit");
        stream.set_write_timeout(Some(SILENCE_MAX)).expect("a time limit");
        Some(Connection { stream, correlation_id: 0 })
    }

    /// Sends any bytes. A broker that has closed already is no error: the answer tells.
    pub fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    /// Ends our direction: no more bytes will come.
    pub fn finish(&mut self) {
        let _ = self.stream.shutdown(std::net::Shutdown::Write);
    }

    /// Sends bytes as one frame with a true length.
    pub fn send_frame(&mut self, bytes: &[u8]) {
        let length = i32::try_from(bytes.len()).expect("a short frame");
        self.send(&[&length.to_be_bytes()[..], bytes].concat());
    }

    /// The next frame without its length, or `None` where the broker closed the connection.
    pub fn receive(&mut self) -> Option<Bytes> {
        let mut length = [0; 4];
        match self.stream.read_exact(&mut length) {
            Ok(()) => {}
            Err(error) if is_close(error.kind()) => return None,
            Err(error) => panic!("the broker neither answers nor closes: {error}"),
        }
        let mut frame = vec![0; usize::try_from(i32::from_be_bytes(length)).expect("a length")];
        match self.stream.read_exact(&mut frame) {
            Ok(()) => Some(frame.into()),
            Err(error) if is_close(error.kind()) => None,
            Err(error) => panic!("an answer stops half way: {error}"),
        }
    }

    /// The length of the next frame, which is left unread.
    pub fn receive_length(&mut self) -> i32 {
        let mut length = [0; 4];
        self.stream.read_exact(&mut length).expect("a frame begins");
        i32::from_be_bytes(length)
    }

    /// Sends a request and waits for its answer.
    pub fn call<R: Request>(&mut self, request: &R, version: i16) -> R::Response {
        self.try_call(request, version).expect("an answer, not a closed connection")
    }

    /// Sends a request and waits for its answer; `None` where the broker closed the connection or died.
    pub fn try_call<R: Request>(&mut self, request: &R, version: i16) -> Option<R::Response> {
        self.correlation_id += 1;
        let bytes = frame::encode_request(version, self.correlation_id, Some("wire"), request).expect("a good request");
        self.send(&bytes);
        let (correlation_id, response) =
            frame::decode_response::<R>(self.receive()?, version).expect("an answer that can be read");
        assert_eq!(correlation_id, self.correlation_id);
        Some(response)
    }
}

fn is_close(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted
    )
}
