//! From a frame to its handler and from the handler's response to the answer's bytes.
//!
//! One row for each API says its versions and its handler. What ApiVersions advertises is computed from the rows, so a
//! client is never told of what is not built.

use std::fmt;
use std::future::Future;
use std::ops::RangeInclusive;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};

use bytes::{Buf, Bytes};
use tracing::error;

use super::context::{Broker, Call, Client};
use super::handlers;
use crate::model::ErrorCode;
use crate::net::{Done, Peer, Reply, Service};
use crate::protocol::messages::ApiVersionsResponse;
use crate::protocol::{Answer, ApiKey, Message, Reader, Request, RequestHeader, frame};

/// What an API's handler makes of a call.
pub(super) enum Response<T> {
    /// The response.
    Now(T),
    /// The response follows; the request has its place once the future was polled for the first time.
    Later(Pin<Box<dyn Future<Output = Ending<T>> + Send>>),
    /// The client expects none.
    Never,
    /// The connection ends, for this reason.
    Close(String),
}

/// How a call that is answered later ends.
#[derive(Debug)]
pub(super) enum Ending<T> {
    /// The response.
    Response(T),
    /// The client expects none.
    Nothing,
    /// The connection ends, for this reason.
    Close(String),
}

impl<T> Response<T> {
    /// A response that the future gives.
    pub(super) fn later(future: impl Future<Output = T> + Send + 'static) -> Response<T> {
        Response::Later(Box::pin(async move { Ending::Response(future.await) }))
    }
}

/// One API.
pub(super) struct Row {
    pub(super) key: ApiKey,
    /// The versions that are served.
    pub(super) versions: RangeInclusive<i16>,
    /// The versions that are advertised: those that are served, but for Produce.
    pub(super) advertised: RangeInclusive<i16>,
    run: Run,
}

type Run = Box<dyn Fn(&Arc<Broker>, Arrived<'_>) -> Reply + Send + Sync>;

/// A request whose header was read.
pub(super) struct Arrived<'a> {
    session: &'a mut Session,
    header: RequestHeader,
    body: Reader,
}

/// What is remembered for a connection.
#[derive(Debug)]
pub(super) struct Session {
    client: Client,
}

/// Every API that is built, by rising key.
static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    use handlers as on;
    let mut rows = vec![
        row(3..=13, on::produce::handle),
        row(4..=18, on::fetch::handle),
        row(1..=11, on::list_offsets::handle),
        row(0..=13, on::metadata::handle),
        row(2..=10, on::offset_commit::handle),
        row(1..=10, on::offset_fetch::handle),
        row(0..=6, on::find_coordinator::handle),
        row(0..=9, on::join_group::handle),
        row(0..=4, on::heartbeat::handle),
        row(0..=5, on::leave_group::handle),
        row(0..=5, on::sync_group::handle),
        row(0..=6, on::describe_groups::handle),
        row(0..=5, on::list_groups::handle),
        row(0..=4, on::api_versions::handle),
        row(2..=7, on::create_topics::handle),
        row(1..=6, on::delete_topics::handle),
        row(0..=5, on::init_producer_id::handle),
        row(2..=4, on::offset_for_leader_epoch::handle),
        row(0..=4, on::describe_configs::handle),
        row(0..=2, on::alter_configs::handle),
        row(0..=3, on::create_partitions::handle),
        row(0..=2, on::delete_groups::handle),
        row(0..=1, on::incremental_alter_configs::handle),
        row(0..=2, on::describe_cluster::handle),
        row(0..=0, on::describe_topic_partitions::handle),
    ];
    for row in &mut rows {
        if row.key == ApiKey::Produce {
            // Kafka says the same and refuses them too: an old librdkafka that sees a minimum above 0 stops compressing.
            row.advertised = 0..=*row.versions.end();
        }
    }
    rows.sort_by_key(|row| row.key.wire());
    rows
});

/// The row of one API whose handler is `handle`.
fn row<R>(versions: RangeInclusive<i16>, handle: fn(Call<'_, R>) -> Response<R::Response>) -> Row
where
    R: Request + 'static,
    R::Response: Send + 'static,
{
    let run = move |broker: &Arc<Broker>, arrived: Arrived<'_>| run(broker, arrived, handle);
    Row { key: R::KEY, advertised: versions.clone(), versions, run: Box::new(run) }
}

fn run<R>(broker: &Arc<Broker>, arrived: Arrived<'_>, handle: fn(Call<'_, R>) -> Response<R::Response>) -> Reply
where
    R: Request + 'static,
    R::Response: Send + 'static,
{
    let Arrived { session, header, mut body } = arrived;
    let to = AnswerTo { key: header.api_key, version: header.api_version, correlation_id: header.correlation_id };
    let request = match R::decode(&mut body, to.version) {
        Ok(request) => request,
        Err(malformed) => return Reply::Close(format!("a malformed {to} request: {malformed}")),
    };
    session.client.id = header.client_id;
    let call = Call { broker: Arc::clone(broker), client: &mut session.client, version: to.version, request };
    match handle(call) {
        Response::Now(response) => match to.encode(&response) {
            Ok(answer) => Reply::Now(answer),
            Err(reason) => Reply::Close(reason),
        },
        Response::Later(future) => Reply::later(async move {
            match future.await {
                Ending::Response(response) => to.encode(&response).map_or_else(Done::Close, Done::Answer),
                Ending::Nothing => Done::Nothing,
                Ending::Close(reason) => Done::Close(reason),
            }
        }),
        Response::Never => Reply::Never,
        Response::Close(reason) => Reply::Close(reason),
    }
}

/// The advertised APIs and versions, by rising key.
pub(super) fn advertised() -> impl Iterator<Item = (ApiKey, RangeInclusive<i16>)> {
    ROWS.iter().map(|row| (row.key, row.advertised.clone()))
}

fn row_of(key: i16) -> Option<&'static Row> {
    /// The row of each key.
    static BY_KEY: LazyLock<Vec<Option<&'static Row>>> = LazyLock::new(|| {
        let last = ROWS.last().map_or(0, |row| row.key.wire());
        (0..=last).map(|key| ROWS.iter().find(|row| row.key.wire() == key)).collect()
    });
    BY_KEY.get(usize::try_from(key).ok()?).copied().flatten()
}

/// Where an answer goes and how it is written.
#[derive(Debug, Clone, Copy)]
struct AnswerTo {
    key: ApiKey,
    version: i16,
    correlation_id: i32,
}

impl AnswerTo {
    /// The answer's bytes. A response that does not fit its version is a fault of ours; the client hears nothing then, so
    /// the reason closes the connection.
    fn encode<M: Message>(self, response: &M) -> Result<Answer, String> {
        frame::encode_response(self.key, self.version, self.correlation_id, response).map_err(|failure| {
            error!(api = self.key.name(), version = self.version, %failure, "cannot encode a response");
            format!("no answer to {self}: {failure}")
        })
    }
}

impl fmt::Display for AnswerTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} v{}", self.key, self.version)
    }
}

/// The broker as the service of a listener.
pub(super) struct Dispatch {
    broker: Arc<Broker>,
}

impl Dispatch {
    /// A dispatcher of requests to `broker`.
    #[must_use]
    pub(super) fn new(broker: Arc<Broker>) -> Dispatch {
        Dispatch { broker }
    }
}

impl Service for Dispatch {
    type Session = Session;

    fn open(&self, peer: &Peer) -> Session {
        Session { client: Client::new(peer) }
    }

    fn call(&self, session: &mut Session, frame: Bytes) -> Reply {
        let Some((key, version, correlation_id)) = fixed_header(&frame) else {
            return Reply::Close("a request without a header".to_owned());
        };
        let Some(row) = row_of(key) else {
            return Reply::Close(format!("a request with the unknown api key {key}"));
        };
        if !row.versions.contains(&version) {
            if row.key == ApiKey::ApiVersions {
                return refuse_api_versions(correlation_id);
            }
            return Reply::Close(format!("a request with the unsupported version {version} of {}", row.key));
        }
        let mut body = Reader::new(frame);
        match RequestHeader::decode(&mut body) {
            Ok(header) => (row.run)(&self.broker, Arrived { session, header, body }),
            Err(malformed) => Reply::Close(format!("a malformed header: {malformed}")),
        }
    }
}

/// Key, version and correlation id, which every header version begins with.
fn fixed_header(frame: &Bytes) -> Option<(i16, i16, i32)> {
    let mut head = frame.get(..8)?;
    Some((head.get_i16(), head.get_i16(), head.get_i32()))
}

/// A client of the future learns from version 0, which every client reads, what it may ask instead (KIP-511).
fn refuse_api_versions(correlation_id: i32) -> Reply {
    let to = AnswerTo { key: ApiKey::ApiVersions, version: 0, correlation_id };
    let response = ApiVersionsResponse {
        error_code: ErrorCode::UNSUPPORTED_VERSION.wire(),
        api_keys: handlers::api_versions::table(),
        ..ApiVersionsResponse::default()
    };
    to.encode(&response).map_or_else(Reply::Close, Reply::Now)
}
