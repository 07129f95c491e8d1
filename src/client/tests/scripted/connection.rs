//! The sockets: requests are read as they come, answered in their order.

use std::sync::Arc;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

use super::{Asked, Reply, Shared};
use crate::io::spawn::spawn;
use crate::protocol::{Answer, Reader, RequestHeader, Segment};

pub(super) async fn listen() -> TcpListener {
    crate::io::tcp::listen("127.0.0.1:0".parse().unwrap(), 50, Default::default()).unwrap()
}

/// Serves a node until the runtime of the test ends.
pub(super) fn serve(node: i32, listener: TcpListener, shared: Arc<Shared>, cut: watch::Receiver<u32>) {
    spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (shared, mut cut) = (Arc::clone(&shared), cut.clone());
            cut.mark_unchanged();
            spawn(async move {
                tokio::select! {
                    _ = cut.changed() => {}
                    () = connection(node, stream, &shared) => {}
                }
            });
        }
    });
}

async fn connection(node: i32, stream: TcpStream, shared: &Shared) {
    stream.set_nodelay(true).unwrap();
    let (mut read, mut write) = stream.into_split();
    let (queue, mut replies) = mpsc::unbounded_channel();
    let reading = async {
        while let Some(asked) = request(node, &mut read).await {
            if queue.send(shared.decide(&asked)).is_err() {
                return;
            }
        }
    };
    let writing = async {
        while let Some(reply) = replies.recv().await {
            if !give(reply, &mut write).await {
                return;
            }
        }
    };
    tokio::select! {
        () = reading => {}
        () = writing => {}
    }
}

/// Gives an answer; false where the connection is to be closed.
async fn give(mut reply: Reply<Answer>, write: &mut OwnedWriteHalf) -> bool {
    while let Reply::After(wait, then) = reply {
        wait.await;
        reply = *then;
    }
    match reply {
        Reply::Answer(answer) => {
            for segment in answer.segments() {
                let Segment::Bytes(bytes) = segment else { panic!("no files here") };
                if write.write_all(bytes).await.is_err() {
                    return false;
                }
            }
            true
        }
        Reply::Never => std::future::pending().await,
        _ => false,
    }
}

async fn request(node: i32, read: &mut OwnedReadHalf) -> Option<Asked> {
    let length = usize::try_from(read.read_i32().await.ok()?).unwrap();
    let mut frame = vec![0; length];
    read.read_exact(&mut frame).await.ok()?;
    let frame = Bytes::from(frame);
    let mut reader = Reader::new(frame.clone());
    let header = RequestHeader::decode(&mut reader).unwrap();
    let body = frame.slice(length - reader.remaining()..);
    Some(Asked { node, key: header.api_key, version: header.api_version, correlation: header.correlation_id, body })
}
