//! FindCoordinator, key 10, v0..=6.
//!
//! Behaviour: the leader of the group's partition of `__consumer_offsets`, which is created when the first group is looked for. v4: many
//! keys in one request. Not done: transactional ids (`server/transactions`) and share groups.

use std::sync::Arc;
use std::time::Duration;

use crate::model::{ErrorCode, NodeId};
use crate::protocol::messages::find_coordinator_response::Coordinator;
use crate::protocol::messages::{FindCoordinatorRequest, FindCoordinatorResponse};
use crate::server::auto_topics::{self, CONSUMER_OFFSETS};
use crate::server::context::{Broker, Call};
use crate::server::dispatch::Response;
use crate::server::topic_view::TopicView;
use crate::server::transactions;

/// `FindCoordinatorRequest.CoordinatorType`: the key is a group.
const GROUP: i8 = 0;

/// The key is a transactional id.
const TRANSACTION: i8 = 1;

/// From this version on a request has many keys.
const MANY_KEYS_SINCE: i16 = 4;

/// How long the answer waits for the topic of offsets.
const CREATION_WAIT: Duration = Duration::from_secs(5);

pub(in crate::server) fn handle(call: Call<'_, FindCoordinatorRequest>) -> Response<FindCoordinatorResponse> {
    let Call { broker, client, version, request } = call;
    if request.key_type == TRANSACTION {
        let wanted = request.coordinator_keys.first().unwrap_or(&request.key);
        transactions::note_refused(&broker, client, wanted);
    }
    let listener = Arc::clone(&client.listener);
    if request.key_type != GROUP || broker.image().topic(CONSUMER_OFFSETS).is_some() {
        return Response::Now(answer(&broker, &listener, request, version));
    }
    Response::later(async move {
        auto_topics::create(&broker, vec![CONSUMER_OFFSETS.to_owned()], CREATION_WAIT).await;
        answer(&broker, &listener, request, version)
    })
}

fn answer(broker: &Broker, listener: &str, request: FindCoordinatorRequest, version: i16) -> FindCoordinatorResponse {
    let key_type = request.key_type;
    if version >= MANY_KEYS_SINCE {
        let keys = request.coordinator_keys.into_iter();
        let coordinators = keys.map(|key| find(broker, listener, key_type, key)).collect();
        return FindCoordinatorResponse { coordinators, ..FindCoordinatorResponse::default() };
    }
    let found = find(broker, listener, key_type, request.key);
    FindCoordinatorResponse {
        error_code: found.error_code,
        error_message: found.error_message,
        node_id: found.node_id,
        host: found.host,
        port: found.port,
        ..FindCoordinatorResponse::default()
    }
}

fn find(broker: &Broker, listener: &str, key_type: i8, key: String) -> Coordinator {
    match key_type {
        GROUP => {}
        TRANSACTION => return refused(key, transactions::REFUSED, transactions::MESSAGE),
        _ => return refused(key, ErrorCode::INVALID_REQUEST, "This broker serves coordinators of groups only"),
    }
    let image = broker.image();
    let view = TopicView { image: &image, listener };
    let partition = broker.groups.partition_of(&key);
    let leader = image
        .topic(CONSUMER_OFFSETS)
        .and_then(|topic| topic.partition(partition))
        .map_or(NodeId::NONE, |state| state.leader);
    match view.endpoint(leader) {
        Some(endpoint) if !view.is_offline(leader) => Coordinator {
            key,
            node_id: leader.0,
            host: endpoint.host.clone(),
            port: i32::from(endpoint.port),
            error_code: ErrorCode::NONE.wire(),
            error_message: None,
        },
        _ => {
            let error = ErrorCode::COORDINATOR_NOT_AVAILABLE;
            refused(key, error, error.text())
        }
    }
}

fn refused(key: String, error: ErrorCode, message: &str) -> Coordinator {
    Coordinator {
        key,
        node_id: -1,
        host: String::new(),
        port: -1,
        error_code: error.wire(),
        error_message: Some(message.to_owned()),
    }
}
