//! Accepting connections, within limits, until the node stops.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};

use super::budget::Budget;
use super::complaints::Complaints;
use super::connection::{Connection, Ended, Tools, Traffic};
use super::service::{Peer, Service};
use crate::io::clock::Clock;
use crate::io::spawn::{BlockingPool, Tasks};
use crate::io::tcp::{self, SocketOptions};

/// With `max.connections` connections, how long until it is looked whether the limit has been raised.
const FULL_PAUSE: Duration = Duration::from_millis(500);

/// How long accepting pauses when the process has no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The limits of a listener's connections.
#[derive(Debug, Clone)]
pub struct Limits {
    /// `max.connections`.
    pub connections: usize,
    /// `max.connections.per.ip`.
    pub connections_per_ip: usize,
    /// `max.connections.per.ip.overrides`.
    pub connections_per_ip_overrides: HashMap<IpAddr, usize>,
    /// `socket.request.max.bytes`.
    pub frame_bytes: usize,
    /// `connections.max.idle.ms`.
    pub idle: Duration,
}

/// What a listener is made of.
#[derive(Clone)]
pub struct ListenerOptions {
    /// Its name in `listeners`.
    pub name: Arc<str>,
    /// Where it listens.
    pub address: SocketAddr,
    /// `socket.listen.backlog.size`.
    pub backlog: i32,
    /// Buffer sizes of its sockets.
    pub socket: SocketOptions,
    /// The limits of its connections, which may change.
    pub limits: Arc<ArcSwap<Limits>>,
    /// `queued.max.request.bytes`, shared by all listeners.
    pub budget: Budget,
    /// Threads that read cold ranges of files.
    pub readers: BlockingPool,
    /// What the connections count.
    pub traffic: Arc<Traffic>,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
}

/// A socket that is listened on. Bound before it serves, so that the port is known and peers may queue.
pub struct Listener {
    socket: TcpListener,
    options: ListenerOptions,
}

impl Listener {
    /// Binds the address.
    ///
    /// # Errors
    /// What the operating system says, such as "address in use".
    pub fn bind(options: ListenerOptions) -> io::Result<Listener> {
        let socket = tcp::listen(options.address, options.backlog, options.socket)?;
        Ok(Listener { socket, options })
    }

    /// The address that was bound: the port is the real one where port 0 was asked for.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Serves until `stop` turns true, then waits up to `drain` for answers that are in work.
    pub async fn serve<S: Service>(self, service: Arc<S>, mut stop: watch::Receiver<bool>, drain: Duration) {
        let mut connections = Tasks::new();
        let places = Arc::new(Places::default());
        let complaints = Arc::new(Complaints::default());
        let stopping = stop.clone();
        loop {
            let is_full = connections.len() >= self.options.limits.load_full().connections;
            tokio::select! {
                () = stopped(&mut stop) => break,
                _ = connections.join_next(), if !connections.is_empty() => {}
                () = sleep(FULL_PAUSE), if is_full => {}
                accepted = self.socket.accept(), if !is_full => match accepted {
                    Ok((stream, address)) => {
                        let limits = self.options.limits.load_full();
                        let place = places.take(address.ip(), &limits);
                        if let Some(place) = place {
                            let guest = Guest { stream, address, place, complaints: Arc::clone(&complaints) };
                            self.welcome(&mut connections, guest, Arc::clone(&service), stopping.clone());
                        } else {
                            self.options.traffic.refused.add(1);
                            complain(&complaints, &*self.options.clock, address, "too many connections from this address");
                        }
                    }
                    Err(error) => self.pause(&error).await,
                },
            }
        }
        drop(self.socket);
        let ended = async { while connections.join_next().await.is_some() {} };
        if timeout(drain, ended).await.is_err() {
            debug!(listener = %self.options.name, "closing connections that did not end in time");
        }
    }

    fn welcome<S: Service>(
        &self,
        connections: &mut Tasks,
        guest: Guest,
        service: Arc<S>,
        mut stop: watch::Receiver<bool>,
    ) {
        let options = &self.options;
        let Guest { stream, address, place, complaints } = guest;
        let Ok(local) = stream.local_addr() else { return };
        if tcp::prepare(&stream).is_err() {
            return;
        }
        options.traffic.accepted.add(1);
        let peer = Peer { listener: Arc::clone(&options.name), address, local };
        let limits = options.limits.load();
        let tools = Tools {
            budget: options.budget.clone(),
            readers: options.readers.clone(),
            traffic: Arc::clone(&options.traffic),
            clock: Arc::clone(&options.clock),
            frame_bytes_max: limits.frame_bytes,
            idle_max: limits.idle,
        };
        let (traffic, clock) = (Arc::clone(&options.traffic), Arc::clone(&options.clock));
        let session = service.open(&peer);
        let connection = Connection::new(stream, service, session, tools);
        connections.spawn(async move {
            let _place = place;
            if let Ended::Refused(reason) = connection.run(stopped(&mut stop)).await {
                complain(&complaints, &*clock, address, &reason);
            }
            traffic.closed.add(1);
        });
    }

    /// The process or the machine has no descriptor or memory left for a further connection: those that are there go on.
    async fn pause(&self, error: &io::Error) {
        warn!(listener = %self.options.name, %error, "cannot accept a connection");
        sleep(ACCEPT_PAUSE).await;
    }
}

/// Waits until the node stops. A sender that is gone means the same.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stopped| *stopped).await;
}

struct Guest {
    stream: TcpStream,
    address: SocketAddr,
    place: Place,
    complaints: Arc<Complaints>,
}

/// How many connections each address has.
#[derive(Default)]
struct Places {
    taken: Mutex<HashMap<IpAddr, usize>>,
}

/// A connection's place among those of its address, given back when dropped.
struct Place {
    ip: IpAddr,
    places: Arc<Places>,
}

impl Places {
    fn take(self: &Arc<Self>, ip: IpAddr, limits: &Limits) -> Option<Place> {
        let allowed = limits.connections_per_ip_overrides.get(&ip).copied().unwrap_or(limits.connections_per_ip);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.get(&ip).copied().unwrap_or(0) >= allowed {
            return None;
        }
        *taken.entry(ip).or_default() += 1;
        Some(Place { ip, places: Arc::clone(self) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.ip) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.ip);
            }
        }
    }
}

fn complain(complaints: &Complaints, clock: &dyn Clock, peer: SocketAddr, reason: &str) {
    if complaints.is_due(clock.elapsed(), peer.ip()) {
        warn!(%peer, reason, "closed a connection");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(connections_per_ip: usize) -> Limits {
        Limits {
            connections: 10,
            connections_per_ip,
            connections_per_ip_overrides: HashMap::from([("10.0.0.1".parse().unwrap(), 0)]),
            frame_bytes: 1 << 20,
            idle: Duration::from_secs(600),
        }
    }

    #[test]
    fn an_address_has_no_more_places_than_its_limit_and_gets_them_back() {
        let (places, limits) = (Arc::new(Places::default()), limits(1));
        let ip = "127.0.0.1".parse().unwrap();
        let first = places.take(ip, &limits);
        assert!(first.is_some() && places.take(ip, &limits).is_none());
        drop(first);
        assert!(places.take(ip, &limits).is_some());
        assert!(places.take("10.0.0.1".parse().unwrap(), &limits).is_none());
    }
}
