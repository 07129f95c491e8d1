//! Which member of a group reads which partition: pure functions from subscriptions and partition counts to assignments.
//!
//! The group's leader, a client, runs them in the classic protocol; the answers are the Java client's own for the same
//! input, so that leaders of both kinds may take turns in one group. Invariants: every partition of a topic to which
//! somebody subscribes is given to exactly one of its subscribers, nobody gets a partition of a topic that he did not
//! ask for, and the order in which members are listed does not matter. Racks are not looked at (KIP-881 is left out):
//! the result is the one that Java gives when no member names a rack.

mod range;
mod round_robin;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::model::{TopicName, TopicPartition};

pub use range::range;
pub use round_robin::round_robin;

/// What one member of a group asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The id that the coordinator gave to the member.
    pub member_id: String,
    /// `group.instance.id` of a static member (KIP-345).
    pub group_instance_id: Option<String>,
    /// The topics that the member subscribes to. A topic named twice counts once.
    pub topics: Vec<TopicName>,
}

/// How many partitions each known topic has. A topic that is missing here has none.
pub type PartitionCounts = BTreeMap<TopicName, i32>;

/// The partitions of each member, by member id, sorted by topic and number. Every member has an entry.
pub type Assignment = BTreeMap<String, Vec<TopicPartition>>;

/// The order of members in which partitions are dealt out: static members first, by instance id, so that they keep their
/// place when their member id changes; then the others by member id.
fn deal_order(one: &Subscription, other: &Subscription) -> Ordering {
    match (&one.group_instance_id, &other.group_instance_id) {
        (Some(one), Some(other)) => java_order(one, other),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => java_order(&one.member_id, &other.member_id),
    }
}

/// Java compares strings by UTF-16 units, which differs from the order of bytes beyond the basic plane.
fn java_order(one: &str, other: &str) -> Ordering {
    one.encode_utf16().cmp(other.encode_utf16())
}

fn in_deal_order(members: &[Subscription]) -> Vec<&Subscription> {
    let mut sorted: Vec<&Subscription> = members.iter().collect();
    sorted.sort_by(|one, other| deal_order(one, other));
    sorted
}

fn empty_assignment(members: &[Subscription]) -> Assignment {
    members.iter().map(|member| (member.member_id.clone(), Vec::new())).collect()
}
