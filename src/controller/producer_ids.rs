//! AllocateProducerIds: blocks of producer ids for the brokers (KIP-730).

use super::Outcome;
use super::brokers::check_epoch;
use crate::metadata::Image;
use crate::model::{BrokerEpoch, ErrorCode, Failure, NodeId, ProducerId};
use crate::protocol::messages::ProducerIdsRecord;

/// How many ids a broker gets at once.
pub const BLOCK_SIZE: i32 = 1000;

/// A block of producer ids that belongs to one broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProducerIdsBlock {
    /// The first id.
    pub first: ProducerId,
    /// How many there are.
    pub count: i32,
}

/// Gives a broker the next block.
///
/// # Errors
/// The broker is not registered, or the request comes from an earlier life of it; or all ids are used up.
pub fn allocate(image: &Image, broker: NodeId, epoch: BrokerEpoch) -> Result<Outcome<ProducerIdsBlock>, Failure> {
    check_epoch(image, broker, epoch)?;
    let first = image.producer_ids().next;
    let next_producer_id = first.0.checked_add(i64::from(BLOCK_SIZE)).ok_or_else(|| {
        let text = format!(
            "Exhausted all producerIds as the next block's end producerId has exceeded the int64 type limit: {first}"
        );
        Failure::new(ErrorCode::UNKNOWN_SERVER_ERROR, text)
    })?;
    let record = ProducerIdsRecord { broker_id: broker.0, broker_epoch: epoch.0, next_producer_id };
    Ok(Outcome { records: vec![record.into()], reply: ProducerIdsBlock { first, count: BLOCK_SIZE } })
}
