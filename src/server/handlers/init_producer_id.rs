//! InitProducerId, key 22, v0..=5.
//!
//! Behaviour: a producer without a transactional id gets an id that nobody had, with epoch 0. Not done: transactional ids
//! (`server/transactions`).

use crate::model::{ErrorCode, ProducerEpoch, ProducerId};
use crate::protocol::messages::{InitProducerIdRequest, InitProducerIdResponse};
use crate::server::context::Call;
use crate::server::dispatch::Response;
use crate::server::transactions;

pub(in crate::server) fn handle(call: Call<'_, InitProducerIdRequest>) -> Response<InitProducerIdResponse> {
    let Call { broker, client, request, .. } = call;
    if let Some(transactional_id) = &request.transactional_id {
        transactions::note_refused(&broker, client, transactional_id);
        return Response::Now(refused(transactions::REFUSED));
    }
    Response::later(async move {
        match broker.producer_ids.next(&broker).await {
            Ok(id) => {
                InitProducerIdResponse { producer_id: id.0, producer_epoch: 0, ..InitProducerIdResponse::default() }
            }
            // The client asks again.
            Err(_) => refused(ErrorCode::COORDINATOR_LOAD_IN_PROGRESS),
        }
    })
}

fn refused(error: ErrorCode) -> InitProducerIdResponse {
    InitProducerIdResponse {
        error_code: error.wire(),
        producer_id: ProducerId::NONE.0,
        producer_epoch: ProducerEpoch::NONE.0,
        ..InitProducerIdResponse::default()
    }
}
