//! Round robin: all partitions of all topics in a row, dealt out like cards.

use std::collections::BTreeSet;

use super::{Assignment, PartitionCounts, Subscription, empty_assignment, in_deal_order};
use crate::model::{TopicName, TopicPartition};

/// Goes over all partitions in order and over the members in a circle; a member who does not subscribe to the
/// partition's topic is passed over (`org.apache.kafka.clients.consumer.RoundRobinAssignor`).
#[must_use]
pub fn round_robin(members: &[Subscription], partitions: &PartitionCounts) -> Assignment {
    let mut assignment = empty_assignment(members);
    let topics: BTreeSet<&TopicName> = members.iter().flat_map(|member| &member.topics).collect();
    let circle: Vec<(&str, BTreeSet<&TopicName>)> = in_deal_order(members)
        .into_iter()
        .map(|member| (member.member_id.as_str(), member.topics.iter().collect()))
        .collect();
    let mut turn = 0;
    for topic in topics {
        for partition in 0..partitions.get(topic).copied().unwrap_or(0) {
            // Somebody subscribes to the topic, so this ends within one round.
            while !circle[turn].1.contains(topic) {
                turn = (turn + 1) % circle.len();
            }
            let own = assignment.get_mut(circle[turn].0).expect("every member has an entry");
            own.push(TopicPartition::new(topic.clone(), partition));
            turn = (turn + 1) % circle.len();
        }
    }
    assignment
}
