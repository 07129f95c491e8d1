//! Metadata, key 3, v0..=13.
//!
//! Behaviour: the image seen through the client's listener. v0: an empty list means all topics, later null does. v4: the
//! client says whether a missing topic may be created; the answer waits for it, so that the first try succeeds where Kafka
//! makes the client ask again. v10: topics by id. v13: an error for the whole response.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use crate::metadata::{Image, Topic};
use crate::model::{ErrorCode, Uuid, is_internal, validate_topic_name};
use crate::protocol::messages::metadata_request::MetadataRequestTopic;
use crate::protocol::messages::metadata_response::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use crate::protocol::messages::{MetadataRequest, MetadataResponse};
use crate::server::auto_topics;
use crate::server::context::{Broker, Call};
use crate::server::dispatch::Response;
use crate::server::operations;
use crate::server::topic_view::TopicView;

/// Up to this version LEADER_NOT_AVAILABLE stands for a listener that the leader lacks.
const LISTENER_NOT_FOUND_SINCE: i16 = 6;

/// From this version on topics are asked for by id; requests of v10 and v11 have the field and may not use it.
const TOPIC_IDS_SINCE: i16 = 12;

/// How long the answer waits for topics that are created for it.
const CREATION_WAIT: Duration = Duration::from_secs(5);

pub(in crate::server) fn handle(call: Call<'_, MetadataRequest>) -> Response<MetadataResponse> {
    let Call { broker, client, version, mut request } = call;
    let image = broker.image();
    if version == 0 && request.topics.as_ref().is_some_and(Vec::is_empty) {
        request.topics = None;
    }
    if version < TOPIC_IDS_SINCE && is_by_id(&request) {
        return Response::Now(refuse_all(request));
    }
    let listener = Arc::clone(&client.listener);
    let missing = missing_names(&image, &request);
    if missing.is_empty() || !request.allow_auto_topic_creation || !broker.config.load().auto_create_topics_enable {
        return Response::Now(answer(&broker, &image, Asked { request: &request, listener: &listener, version }));
    }
    Response::later(async move {
        auto_topics::create(&broker, missing, CREATION_WAIT).await;
        let image = broker.image();
        answer(&broker, &image, Asked { request: &request, listener: &listener, version })
    })
}

fn is_by_id(request: &MetadataRequest) -> bool {
    request.topics.iter().flatten().any(|topic| topic.name.is_none() || !topic.topic_id.is_zero())
}

/// Each topic has the error: these versions have none for the whole response.
fn refuse_all(request: MetadataRequest) -> MetadataResponse {
    let refused = |topic: MetadataRequestTopic| MetadataResponseTopic {
        error_code: ErrorCode::INVALID_REQUEST.wire(),
        name: Some(topic.name.unwrap_or_default()),
        topic_id: topic.topic_id,
        ..MetadataResponseTopic::default()
    };
    let topics = request.topics.into_iter().flatten().map(refused);
    MetadataResponse { topics: topics.collect(), ..MetadataResponse::default() }
}

#[derive(Clone, Copy)]
struct Asked<'a> {
    request: &'a MetadataRequest,
    listener: &'a str,
    version: i16,
}

/// The names that were asked for, could be topics and are none.
fn missing_names(image: &Image, request: &MetadataRequest) -> Vec<String> {
    let asked = request.topics.iter().flatten().filter_map(|topic| topic.name.as_deref());
    let missing: HashSet<&str> =
        asked.filter(|name| image.topic(name).is_none() && validate_topic_name(name).is_ok()).collect();
    missing.into_iter().map(str::to_owned).collect()
}

fn answer(broker: &Broker, image: &Image, asked: Asked<'_>) -> MetadataResponse {
    let view = TopicView { image, listener: asked.listener };
    let brokers = view.brokers().map(|(broker, endpoint)| MetadataResponseBroker {
        node_id: broker.id.0,
        host: endpoint.host.clone(),
        port: i32::from(endpoint.port),
        rack: broker.rack.clone(),
    });
    MetadataResponse {
        throttle_time_ms: 0,
        brokers: brokers.collect(),
        cluster_id: Some(broker.cluster_id.clone()),
        controller_id: controller_of(view, broker),
        topics: topics(view, asked),
        cluster_authorized_operations: operations::when(
            asked.request.include_cluster_authorized_operations,
            operations::CLUSTER,
        ),
        error_code: ErrorCode::NONE.wire(),
    }
}

/// Any broker takes what is meant for the controller; with a controller elsewhere Kafka names a random broker too.
fn controller_of(view: TopicView<'_>, broker: &Broker) -> i32 {
    let own = view.brokers().find(|(other, _)| other.id == broker.node_id);
    own.or_else(|| view.brokers().next()).map_or(-1, |(broker, _)| broker.id.0)
}

fn topics(view: TopicView<'_>, asked: Asked<'_>) -> Vec<MetadataResponseTopic> {
    let Some(wanted) = &asked.request.topics else {
        return view.image.topics().iter().map(|topic| described(view, topic, asked)).collect();
    };
    let mut seen = HashSet::new();
    let mut rows = Vec::new();
    for topic in wanted {
        if !seen.insert((topic.name.as_deref(), topic.topic_id)) {
            continue;
        }
        rows.push(match &topic.name {
            Some(name) => match view.image.topic(name) {
                Some(topic) => described(view, topic, asked),
                None => refused(Some(name.clone()), Uuid::ZERO, error_of_name(name)),
            },
            None => match view.image.topic_by_id(topic.topic_id) {
                Some(topic) => described(view, topic, asked),
                None => refused(None, topic.topic_id, ErrorCode::UNKNOWN_TOPIC_ID),
            },
        });
    }
    rows
}

fn error_of_name(name: &str) -> ErrorCode {
    match validate_topic_name(name) {
        Ok(()) => ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
        Err(_) => ErrorCode::INVALID_TOPIC_EXCEPTION,
    }
}

fn refused(name: Option<String>, topic_id: Uuid, error: ErrorCode) -> MetadataResponseTopic {
    MetadataResponseTopic {
        error_code: error.wire(),
        is_internal: name.as_deref().is_some_and(is_internal),
        name,
        topic_id,
        ..MetadataResponseTopic::default()
    }
}

fn described(view: TopicView<'_>, topic: &Topic, asked: Asked<'_>) -> MetadataResponseTopic {
    let partitions = topic.numbered().map(|(index, state)| {
        let nodes = view.nodes(state);
        let is_old = asked.version < LISTENER_NOT_FOUND_SINCE;
        let error = match nodes.error {
            ErrorCode::LISTENER_NOT_FOUND if is_old => ErrorCode::LEADER_NOT_AVAILABLE,
            error => error,
        };
        MetadataResponsePartition {
            error_code: error.wire(),
            partition_index: index,
            leader_id: nodes.leader,
            leader_epoch: state.leader_epoch.0,
            replica_nodes: nodes.replicas,
            isr_nodes: nodes.isr,
            offline_replicas: nodes.offline,
        }
    });
    MetadataResponseTopic {
        error_code: ErrorCode::NONE.wire(),
        name: Some(topic.name.to_string()),
        topic_id: topic.id,
        is_internal: is_internal(&topic.name),
        partitions: partitions.collect(),
        topic_authorized_operations: operations::when(
            asked.request.include_topic_authorized_operations,
            operations::TOPIC,
        ),
    }
}
