//! A broker for tests that answers as the test says: it speaks the codec on loopback sockets of this process.
//!
//! Requests are answered by a small model of a cluster ([`model`]) unless the test has put a script for the next request of
//! that kind. Time may stand still (`start_paused`): loopback delivers at once, so only sleeps move the clock.

mod connection;
mod model;

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;

pub(in crate::client) use model::{Model, TOPIC, partition};

use crate::client::{Cluster, ClusterOptions};
use crate::io::clock::Clock;
use crate::io::rng::SystemRng;
use crate::model::Timestamp;
use crate::protocol::{Answer, ApiKey, Reader, Request, frame};

/// A request as it came.
#[derive(Clone)]
pub(in crate::client) struct Asked {
    pub(in crate::client) node: i32,
    key: ApiKey,
    version: i16,
    correlation: i32,
    body: Bytes,
}

/// What becomes of a request.
pub(in crate::client) enum Reply<M> {
    Answer(M),
    /// Answered like this once the future is done; later requests of the connection wait as well.
    After(Pin<Box<dyn Future<Output = ()> + Send>>, Box<Reply<M>>),
    /// The connection is closed, without an answer.
    Close,
    /// The connection stays and nothing comes any more.
    Never,
    /// As without a script.
    Usual,
}

impl<M> Reply<M> {
    pub(in crate::client) fn after(wait: impl Future<Output = ()> + Send + 'static, reply: Reply<M>) -> Reply<M> {
        Reply::After(Box::pin(wait), Box::new(reply))
    }
}

type Script = Box<dyn FnOnce(&mut Model, &Asked) -> Reply<Answer> + Send>;

/// The broker, or several.
pub(in crate::client) struct Scripted {
    shared: Arc<Shared>,
    /// Counts the times that all connections were cut.
    cut: watch::Sender<u32>,
}

struct Shared {
    model: Mutex<Model>,
    scripts: Mutex<HashMap<i16, VecDeque<Script>>>,
    seen: Mutex<Vec<Asked>>,
}

impl Scripted {
    /// `nodes` brokers with the topic [`TOPIC`] of `partitions` partitions, all led by node 1.
    pub(in crate::client) async fn start(nodes: i32, partitions: i32) -> Scripted {
        let mut model = Model::new(partitions);
        let cut = watch::Sender::new(0);
        let mut listeners = Vec::new();
        for node in 1..=nodes {
            let listener = connection::listen().await;
            model.nodes.insert(node, listener.local_addr().unwrap().port());
            listeners.push((node, listener));
        }
        let shared = Arc::new(Shared { model: Mutex::new(model), scripts: Mutex::default(), seen: Mutex::default() });
        for (node, listener) in listeners {
            connection::serve(node, listener, Arc::clone(&shared), cut.subscribe());
        }
        Scripted { shared, cut }
    }

    /// What `bootstrap.servers` says.
    pub(in crate::client) fn bootstrap(&self) -> Vec<String> {
        self.model().nodes.values().map(|port| format!("127.0.0.1:{port}")).collect()
    }

    pub(in crate::client) fn model(&self) -> MutexGuard<'_, Model> {
        self.shared.model.lock().unwrap()
    }

    /// Scripts the next request of this kind; scripts are used up in order.
    pub(in crate::client) fn next<R: Request>(
        &self,
        script: impl FnOnce(&mut Model, R) -> Reply<R::Response> + Send + 'static,
    ) {
        let typed: Script = Box::new(move |model, asked| encoded::<R>(script(model, asked.read()), asked));
        self.shared.scripts.lock().unwrap().entry(R::KEY.wire()).or_default().push_back(typed);
    }

    /// The requests of this kind that came so far.
    pub(in crate::client) fn seen<R: Request>(&self) -> Vec<R> {
        let seen = self.shared.seen.lock().unwrap();
        seen.iter().filter(|asked| asked.key == R::KEY).map(Asked::read).collect()
    }

    /// Waits until `count` requests of this kind have come.
    pub(in crate::client) async fn until_seen<R: Request>(&self, count: usize) -> Vec<R> {
        loop {
            let seen = self.seen::<R>();
            if seen.len() >= count {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Cuts every connection.
    pub(in crate::client) fn cut(&self) {
        self.cut.send_modify(|count| *count += 1);
    }

    /// A cluster whose clock is tokio's, which a test can stop.
    pub(in crate::client) fn cluster(options: ClusterOptions) -> Cluster {
        Cluster::with_world(options, Arc::new(TokioClock(tokio::time::Instant::now())), Arc::new(SystemRng))
    }
}

impl Asked {
    pub(in crate::client) fn read<R: Request>(&self) -> R {
        frame::decode_request::<R>(&mut Reader::new(self.body.clone()), self.version).unwrap()
    }

    fn encode<R: Request>(&self, answer: &R::Response) -> Answer {
        frame::encode_response(self.key, self.version, self.correlation, answer).unwrap()
    }
}

fn encoded<R: Request>(reply: Reply<R::Response>, asked: &Asked) -> Reply<Answer> {
    match reply {
        Reply::Answer(answer) => Reply::Answer(asked.encode::<R>(&answer)),
        Reply::After(wait, reply) => Reply::After(wait, Box::new(encoded::<R>(*reply, asked))),
        Reply::Close => Reply::Close,
        Reply::Never => Reply::Never,
        Reply::Usual => Reply::Usual,
    }
}

impl Shared {
    /// Decides what becomes of a request, by script or by the model.
    fn decide(&self, asked: &Asked) -> Reply<Answer> {
        self.seen.lock().unwrap().push(asked.clone());
        let script = self.scripts.lock().unwrap().get_mut(&asked.key.wire()).and_then(VecDeque::pop_front);
        let mut model = self.model.lock().unwrap();
        match script.map(|script| script(&mut model, asked)) {
            None | Some(Reply::Usual) => model.answer(asked),
            Some(Reply::After(wait, reply)) if matches!(*reply, Reply::Usual) => {
                Reply::After(wait, Box::new(model.answer(asked)))
            }
            Some(reply) => reply,
        }
    }
}

/// Tokio's clock as the house's.
#[derive(Debug)]
struct TokioClock(tokio::time::Instant);

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        const START: i64 = 1_700_000_000_000;
        Timestamp(START + i64::try_from(self.elapsed().as_millis()).unwrap())
    }

    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Chance that a seed repeats (splitmix64).
#[derive(Debug)]
pub(in crate::client) struct Seeded(AtomicU64);

impl Seeded {
    pub(in crate::client) fn new(seed: u64) -> Seeded {
        Seeded(AtomicU64::new(seed))
    }

    pub(in crate::client) fn below(&self, bound: u64) -> u64 {
        let mut word = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (word ^ (word >> 31)) % bound
    }
}
