//! From a committed image to one whose partitions are served here: replicas, coordinators and settings follow it, in this order,
//! and then it is shown to the handlers.

use std::sync::Arc;

use tracing::{info, warn};

use super::assembly;
use super::auto_topics::CONSUMER_OFFSETS;
use super::context::Broker;
use crate::controller::node_settings;
use crate::coordinator::group::DeletedTopic;
use crate::io::spawn::BlockingPool;
use crate::metadata::{Delta, Image, ResourceType, Topic};

/// Follows the committed images, on `pool` where it blocks, for as long as it is polled.
pub(super) async fn follow(broker: Arc<Broker>, pool: BlockingPool) {
    let mut committed = broker.committed.subscribe();
    let mut current = broker.image();
    loop {
        let next = committed.borrow_and_update().clone();
        if next.provenance().offset > current.provenance().offset {
            advance(&broker, &pool, &current, &next).await;
            current = next;
        }
        if committed.changed().await.is_err() {
            return;
        }
    }
}

async fn advance(broker: &Arc<Broker>, pool: &BlockingPool, current: &Arc<Image>, next: &Arc<Image>) {
    let delta = Delta::between(current, next);
    if delta.configs_changed.iter().any(|resource| resource.kind == ResourceType::Broker) {
        update_settings(broker, next);
    }
    if !delta.is_empty() {
        let (broker, next, delta) = (Arc::clone(broker), Arc::clone(next), delta.clone());
        pool.run(move || {
            if delta.configs_changed.iter().any(|resource| resource.kind == ResourceType::Broker) {
                broker.replicas.set_settings(broker.settings.load().as_ref().clone(), &next);
            }
            broker.replicas.apply(&next, &delta);
        })
        .await;
    }
    turn_groups(broker, &delta);
    broker.metadata.publish(Image::clone(next));
    forget_topics(broker, &delta).await;
}

/// The dynamic properties of all brokers and of this one changed.
fn update_settings(broker: &Broker, image: &Image) {
    let settings = node_settings(&broker.settings.load(), image, broker.node_id);
    match settings.broker() {
        Ok(config) => {
            broker.settings.store(Arc::new(settings));
            if config != **broker.config.load() {
                broker.limits.store(Arc::new(assembly::limits(&config)));
                broker.config.store(Arc::new(config));
                info!("the broker's dynamic configuration changed");
            }
        }
        // The controller checked it; a later version may have written what this one does not take.
        Err(error) => warn!(%error, "a dynamic configuration is ignored"),
    }
}

/// The leader of a partition of `__consumer_offsets` coordinates its groups.
fn turn_groups(broker: &Broker, delta: &Delta) {
    for change in delta.partitions_changed.iter().filter(|change| &*change.partition.topic == CONSUMER_OFFSETS) {
        let (partition, epoch) = (change.partition.partition, change.after.leader_epoch);
        if change.after.leader == broker.node_id {
            broker.groups.on_elected(partition, epoch);
        } else {
            broker.groups.on_resigned(partition, Some(epoch));
        }
    }
    for topic in delta.topics_deleted.iter().filter(|topic| &*topic.name == CONSUMER_OFFSETS) {
        topic.numbered().for_each(|(partition, _)| broker.groups.on_resigned(partition, None));
    }
}

/// The offsets of topics that are gone mean nothing any more.
async fn forget_topics(broker: &Broker, delta: &Delta) {
    let deleted = |topic: &Arc<Topic>| DeletedTopic { name: Arc::clone(&topic.name), topic_id: topic.id };
    let deleted: Vec<_> = delta.topics_deleted.iter().map(deleted).collect();
    if !deleted.is_empty() {
        broker.groups.on_topics_deleted(&deleted).await;
    }
}
