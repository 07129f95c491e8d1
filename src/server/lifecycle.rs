//! What a node is told from outside: to stop, and then to hurry.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::info;

/// The signals of the process. SIGHUP and SIGPIPE are taken and mean nothing: a terminal that goes away, or a peer that closes,
/// never ends a server.
#[derive(Debug)]
pub(super) struct Signals {
    term: Signal,
    int: Signal,
    _hup: Signal,
    _pipe: Signal,
}

impl Signals {
    /// Takes the signals over.
    ///
    /// # Errors
    /// The operating system refuses a handler.
    pub(super) fn take() -> io::Result<Signals> {
        Ok(Signals {
            term: signal(SignalKind::terminate())?,
            int: signal(SignalKind::interrupt())?,
            _hup: signal(SignalKind::hangup())?,
            _pipe: signal(SignalKind::pipe())?,
        })
    }

    /// Waits for the next request to stop.
    pub(super) async fn stop_asked(&mut self) {
        let name = tokio::select! {
            _ = self.term.recv() => "SIGTERM",
            _ = self.int.recv() => "SIGINT",
        };
        info!(signal = name, "asked to stop");
    }
}
