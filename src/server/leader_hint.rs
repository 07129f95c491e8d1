//! Where a partition's leader is, told beside the error that says it is not here (KIP-951).

use std::collections::BTreeSet;
use std::sync::Arc;

use super::context::Broker;
use super::topic_key::TopicKey;
use crate::metadata::{Endpoint, Image};
use crate::model::{ErrorCode, LeaderEpoch, NodeId};

/// Who is told.
#[derive(Debug, Clone)]
pub(super) struct Asker {
    /// The listener that the client came by, through which it can reach a leader.
    pub(super) listener: Arc<str>,
    /// The version of the answer.
    pub(super) version: i16,
}

/// A partition's leader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LeaderHint {
    pub(super) leader: NodeId,
    pub(super) leader_epoch: LeaderEpoch,
}

/// The leaders that one response names.
#[derive(Debug, Default)]
pub(super) struct LeaderHints {
    image: Option<Arc<Image>>,
    leaders: BTreeSet<NodeId>,
}

impl LeaderHints {
    /// The leader of a partition, when `error` means that the client asked the wrong broker.
    pub(super) fn of(&mut self, broker: &Broker, key: &TopicKey, index: i32, error: ErrorCode) -> Option<LeaderHint> {
        if !matches!(error, ErrorCode::NOT_LEADER_OR_FOLLOWER | ErrorCode::FENCED_LEADER_EPOCH) {
            return None;
        }
        let image = self.image.get_or_insert_with(|| broker.image());
        let topic = key.topic(image)?;
        let state = topic.partition(index)?;
        if state.leader.is_some() {
            self.leaders.insert(state.leader);
        }
        Some(LeaderHint { leader: state.leader, leader_epoch: state.leader_epoch })
    }

    /// Where the named leaders are reached through a listener.
    pub(super) fn endpoints<'a>(
        &'a self,
        listener: &'a str,
    ) -> impl Iterator<Item = (NodeId, &'a Endpoint, Option<String>)> {
        let leaders = self.image.iter().flat_map(|image| self.leaders.iter().filter_map(|id| image.broker(*id)));
        leaders.filter_map(move |broker| Some((broker.id, broker.endpoint(listener)?, broker.rack.clone())))
    }
}
