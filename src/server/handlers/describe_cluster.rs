//! DescribeCluster, key 60, v0..=2.
//!
//! Behaviour: the brokers, seen through the client's listener. v1: a client that wants controllers is told to ask one. v2: fenced brokers too where asked for.

use crate::metadata::{Broker as Registration, Endpoint};
use crate::model::ErrorCode;
use crate::protocol::messages::describe_cluster_response::DescribeClusterBroker;
use crate::protocol::messages::{DescribeClusterRequest, DescribeClusterResponse};
use crate::server::context::Call;
use crate::server::dispatch::Response;
use crate::server::operations;

/// `DescribeClusterRequest.EndpointType`: brokers are asked for.
const BROKERS: i8 = 1;

/// Controllers are asked for.
const CONTROLLERS: i8 = 2;

pub(in crate::server) fn handle(call: Call<'_, DescribeClusterRequest>) -> Response<DescribeClusterResponse> {
    let Call { broker, client, request, .. } = call;
    if request.endpoint_type != BROKERS {
        return Response::Now(refused(request.endpoint_type));
    }
    let image = broker.image();
    let shown = |registration: &Registration| request.include_fenced_brokers || !registration.fenced;
    let brokers: Vec<_> = image
        .brokers()
        .iter()
        .filter(|registration| shown(registration))
        .filter_map(|registration| Some(row(registration, registration.endpoint(&client.listener)?)))
        .collect();
    let is_known = brokers.iter().any(|row| row.broker_id == broker.node_id.0);
    Response::Now(DescribeClusterResponse {
        endpoint_type: BROKERS,
        cluster_id: broker.cluster_id.clone(),
        controller_id: if is_known { broker.node_id.0 } else { brokers.first().map_or(-1, |row| row.broker_id) },
        brokers,
        cluster_authorized_operations: operations::when(
            request.include_cluster_authorized_operations,
            operations::CLUSTER,
        ),
        ..DescribeClusterResponse::default()
    })
}

fn row(registration: &Registration, endpoint: &Endpoint) -> DescribeClusterBroker {
    DescribeClusterBroker {
        broker_id: registration.id.0,
        host: endpoint.host.clone(),
        port: i32::from(endpoint.port),
        rack: registration.rack.clone(),
        is_fenced: registration.fenced,
    }
}

fn refused(endpoint_type: i8) -> DescribeClusterResponse {
    let (error, message) = match endpoint_type {
        CONTROLLERS => (
            ErrorCode::MISMATCHED_ENDPOINT_TYPE,
            "The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER"
                .to_owned(),
        ),
        other => (ErrorCode::UNSUPPORTED_ENDPOINT_TYPE, format!("Unsupported endpoint type {other}")),
    };
    DescribeClusterResponse {
        error_code: error.wire(),
        error_message: Some(message),
        ..DescribeClusterResponse::default()
    }
}
