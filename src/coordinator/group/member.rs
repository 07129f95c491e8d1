//! One member of a classic group.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::coordinator::outcome::ReplyId;
use crate::model::TopicName;
use crate::protocol::messages::ConsumerProtocolSubscription;
use crate::protocol::messages::describe_groups_response::DescribedGroupMember;
use crate::protocol::messages::join_group_request::JoinGroupRequestProtocol;
use crate::protocol::{Message, Reader};

/// The id that the coordinator gave to a member.
pub(super) type MemberId = Arc<str>;

/// One member of a classic group, with what it waits for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Member {
    pub(super) member_id: MemberId,
    /// `group.instance.id` of a static member (KIP-345).
    pub(super) group_instance_id: Option<String>,
    pub(super) client_id: String,
    /// The client's address as Java prints it.
    pub(super) client_host: String,
    pub(super) rebalance_timeout_ms: i32,
    pub(super) session_timeout_ms: i32,
    /// The protocols that the member can follow, the preferred one first.
    pub(super) protocols: Vec<JoinGroupRequestProtocol>,
    pub(super) assignment: Bytes,
    /// Who waits for the end of the join phase. Changed through the group, which counts them.
    pub(super) awaiting_join: Option<ReplyId>,
    /// Who waits for the leader's assignment.
    pub(super) awaiting_sync: Option<ReplyId>,
    /// The member was never told the end of a join phase: it cannot send heartbeats yet.
    pub(super) is_new: bool,
}

impl Member {
    pub(super) fn is_static(&self) -> bool {
        self.group_instance_id.is_some()
    }

    pub(super) fn session_timeout(&self) -> Duration {
        milliseconds(self.session_timeout_ms)
    }

    /// Whether the member is known to be there without a heartbeat: it waits for us.
    pub(super) fn has_satisfied_heartbeat(&self) -> bool {
        !self.is_new && (self.awaiting_join.is_some() || self.awaiting_sync.is_some())
    }

    /// What the member said about the protocol of that name; nothing where it does not follow it.
    pub(super) fn metadata(&self, protocol_name: &str) -> Bytes {
        let named = self.protocols.iter().find(|protocol| protocol.name == protocol_name);
        named.map(|protocol| protocol.metadata.clone()).unwrap_or_default()
    }

    /// Whether the member's protocols are these, in whatever order.
    pub(super) fn matches(&self, protocols: &[JoinGroupRequestProtocol]) -> bool {
        self.protocols.len() == protocols.len() && protocols.iter().all(|protocol| self.protocols.contains(protocol))
    }

    /// The names of the member's protocols, each once.
    pub(super) fn protocol_names(&self) -> impl Iterator<Item = &str> {
        self.protocols.iter().enumerate().filter_map(|(index, protocol)| {
            let is_first = self.protocols[..index].iter().all(|earlier| earlier.name != protocol.name);
            is_first.then_some(protocol.name.as_str())
        })
    }

    /// The member as DescribeGroups shows it; metadata is known only while the group follows a protocol.
    pub(super) fn describe(&self, protocol_name: Option<&str>) -> DescribedGroupMember {
        DescribedGroupMember {
            member_id: self.member_id.to_string(),
            group_instance_id: self.group_instance_id.clone(),
            client_id: self.client_id.clone(),
            client_host: self.client_host.clone(),
            member_metadata: protocol_name.map(|name| self.metadata(name)).unwrap_or_default(),
            member_assignment: self.assignment.clone(),
        }
    }
}

/// A timeout from the wire, where a negative one means no time at all.
pub(super) fn milliseconds(timeout_ms: i32) -> Duration {
    Duration::from_millis(u64::try_from(timeout_ms).unwrap_or(0))
}

/// The topics in the subscription of a consumer. Only the part that every version of it begins with is read.
pub(super) fn subscribed_topics(metadata: Bytes) -> Option<impl Iterator<Item = TopicName>> {
    let mut reader = Reader::new(metadata);
    let _version = reader.i16("version").ok()?;
    let subscription = ConsumerProtocolSubscription::decode(&mut reader, 0).ok()?;
    Some(subscription.topics.into_iter().map(TopicName::from))
}
