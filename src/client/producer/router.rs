//! The router: finds the sender of each partition, starts senders, and keeps partitions that have no leader.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;

use super::inbox::Inbox;
use super::queue::PartitionQueue;
use super::sender::{Sender, Shared, expire};
use crate::model::NodeId;

/// How often partitions without a leader are looked at.
const LOOKS_EVERY: Duration = Duration::from_millis(100);

/// Routes until the task is dropped; its senders end with it.
pub(super) async fn route(shared: Arc<Shared>) {
    let mut senders: HashMap<NodeId, Arc<Inbox>> = HashMap::new();
    let mut tasks = JoinSet::new();
    let mut homeless: Vec<Arc<PartitionQueue>> = Vec::new();
    let mut changes = shared.cluster.changes();
    loop {
        homeless.extend(shared.accumulator.router.take());
        let metadata = shared.cluster.metadata();
        homeless.retain(|queue| {
            let partition = &queue.partition;
            let Some((broker, _)) = metadata.leader(&partition.topic, partition.partition) else {
                expire(&shared, queue);
                return !queue.delist_if_idle();
            };
            let inbox = senders.entry(broker.id).or_insert_with(|| start(&shared, broker.id, &mut tasks));
            queue.set_home(inbox);
            inbox.put(Arc::clone(queue));
            false
        });
        if homeless.is_empty() {
            tokio::select! {
                () = shared.accumulator.router.alarmed() => {}
                changed = changes.changed() => if changed.is_err() { return },
            }
        } else {
            shared.cluster.ask_refresh();
            tokio::select! {
                () = shared.accumulator.router.alarmed() => {}
                () = tokio::time::sleep(LOOKS_EVERY) => {}
                changed = changes.changed() => if changed.is_err() { return },
            }
        }
        if changes.has_changed().unwrap_or(false) || metadata.generation != shared.cluster.metadata().generation {
            changes.mark_unchanged();
            shared.accumulator.follow(&shared.cluster.metadata(), &shared.cluster);
            // Leaders may have moved: every sender looks at its partitions again.
            senders.values().for_each(|sender| sender.wake());
        }
    }
}

fn start(shared: &Arc<Shared>, node: NodeId, tasks: &mut JoinSet<()>) -> Arc<Inbox> {
    let inbox = Arc::new(Inbox::default());
    shared.accumulator.senders.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&inbox));
    tasks.spawn(Sender::new(Arc::clone(shared), node, Arc::clone(&inbox)).run());
    inbox
}
