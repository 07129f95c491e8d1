//! Producer ids, handed out from blocks that the controller gives (KIP-730).

use tokio::sync::Mutex;

use super::context::Broker;
use crate::model::{Failure, ProducerId};

/// What is left of the last block.
#[derive(Debug, Default)]
pub(super) struct ProducerIds {
    /// The next id and the first one that is not ours. Held while a block is asked for, so that many requests ask once.
    block: Mutex<(i64, i64)>,
}

impl ProducerIds {
    /// A producer id that nobody had before.
    ///
    /// # Errors
    /// The controller gives no new block.
    pub(super) async fn next(&self, broker: &Broker) -> Result<ProducerId, Failure> {
        let mut block = self.block.lock().await;
        if block.0 >= block.1 {
            let fresh = broker.controller.allocate_producer_ids(broker.node_id, broker.epoch()).await?;
            *block = (fresh.first.0, fresh.first.0 + i64::from(fresh.count));
        }
        let id = block.0;
        block.0 += 1;
        Ok(ProducerId(id))
    }
}
