//! Range: each topic by itself is cut into consecutive ranges, one for each subscriber.

use std::collections::BTreeMap;

use super::{Assignment, PartitionCounts, Subscription, empty_assignment, in_deal_order};
use crate::model::{TopicName, TopicPartition};

/// Gives every subscriber of a topic an equally long run of its partitions; the first ones get one more when it does not
/// come out even (`org.apache.kafka.clients.consumer.RangeAssignor`).
#[must_use]
pub fn range(members: &[Subscription], partitions: &PartitionCounts) -> Assignment {
    let mut assignment = empty_assignment(members);
    for (topic, subscribers) in subscribers_by_topic(members) {
        let count = partitions.get(topic).copied().unwrap_or(0);
        deal(topic, count, &subscribers, &mut assignment);
    }
    assignment
}

fn subscribers_by_topic(members: &[Subscription]) -> BTreeMap<&TopicName, Vec<&str>> {
    let mut by_topic: BTreeMap<&TopicName, Vec<&str>> = BTreeMap::new();
    for member in in_deal_order(members) {
        for topic in &member.topics {
            let subscribers = by_topic.entry(topic).or_default();
            // Members come one after the other, so a topic named twice meets its own member at the end.
            if subscribers.last() != Some(&member.member_id.as_str()) {
                subscribers.push(&member.member_id);
            }
        }
    }
    by_topic
}

fn deal(topic: &TopicName, count: i32, subscribers: &[&str], assignment: &mut Assignment) {
    let members = i32::try_from(subscribers.len()).expect("a group has fewer members than i32::MAX");
    let (each, extra) = (count / members, count % members);
    let mut next = 0;
    for (index, member) in (0..).zip(subscribers) {
        let length = if index < extra { each + 1 } else { each };
        let own = assignment.get_mut(*member).expect("every member has an entry");
        own.extend((next..next + length).map(|partition| TopicPartition::new(topic.clone(), partition)));
        next += length;
    }
}
