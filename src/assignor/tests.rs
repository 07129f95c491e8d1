use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

/// Each line: counts | members | Java's range | Java's round robin, printed by the classes of kafka-clients 4.3.1.
const JAVA_VECTORS: &str = include_str!("java_vectors.txt");

fn counts(text: &str) -> PartitionCounts {
    let count = |entry: &str| {
        let (topic, count) = entry.split_once('=').unwrap();
        (TopicName::from(topic), count.parse().unwrap())
    };
    text.split_whitespace().map(count).collect()
}

fn subscription(text: &str) -> Subscription {
    let (member, topics) = text.split_once(':').unwrap();
    let (member_id, instance) = match member.trim().split_once('@') {
        Some((member_id, instance)) => (member_id, Some(instance.to_owned())),
        None => (member.trim(), None),
    };
    Subscription {
        member_id: member_id.to_owned(),
        group_instance_id: instance,
        topics: topics.split_whitespace().map(TopicName::from).collect(),
    }
}

fn shown(assignment: &Assignment) -> String {
    let mut members: Vec<_> = assignment.iter().collect();
    members.sort_by(|one, other| java_order(one.0, other.0));
    let mut text = String::new();
    for (member, partitions) in members {
        let partitions: Vec<String> = partitions.iter().map(ToString::to_string).collect();
        write!(text, "{}{member}: {}", if text.is_empty() { "" } else { "; " }, partitions.join(" ")).unwrap();
    }
    text
}

#[test]
fn assignments_equal_those_of_the_java_client() {
    for line in JAVA_VECTORS.lines() {
        let fields: Vec<&str> = line.split(" | ").collect();
        let (partitions, members) = (counts(fields[0]), fields[1].split("; ").map(subscription).collect::<Vec<_>>());
        assert_eq!(shown(&range(&members, &partitions)).trim_end(), fields[2].trim_end(), "range of {line}");
        assert_eq!(
            shown(&round_robin(&members, &partitions)).trim_end(),
            fields[3].trim_end(),
            "round robin of {line}"
        );
    }
}

#[test]
fn no_members_and_no_partitions_give_nothing() {
    assert!(range(&[], &counts("a=3")).is_empty());
    assert!(round_robin(&[], &counts("a=3")).is_empty());
    let lonely = [subscription("m: a gone")];
    assert_eq!(shown(&range(&lonely, &counts("a=0"))), "m: ");
    assert_eq!(shown(&round_robin(&lonely, &counts("b=4"))), "m: ");
}

#[test]
fn a_topic_named_twice_counts_once() {
    let members = [subscription("m1: a a"), subscription("m2: a")];
    assert_eq!(shown(&range(&members, &counts("a=3"))), "m1: a-0 a-1; m2: a-2");
    assert_eq!(shown(&round_robin(&members, &counts("a=3"))), "m1: a-0 a-2; m2: a-1");
}

fn any_group() -> impl Strategy<Value = (Vec<Subscription>, PartitionCounts)> {
    let topic = prop::sample::select(vec!["a", "b", "c", "d"]);
    let topics = prop::collection::vec(topic, 0..5);
    let members = prop::collection::btree_map("[a-e]{1,3}", (prop::option::of("[x-z]{3}"), topics), 0..8);
    let counts = prop::collection::btree_map(prop::sample::select(vec!["a", "b", "c"]), 0..20i32, 0..4);
    (members, counts).prop_map(|(members, counts)| {
        let members = members.into_iter().map(|(member_id, (group_instance_id, topics))| Subscription {
            member_id,
            group_instance_id,
            topics: topics.into_iter().map(TopicName::from).collect(),
        });
        (members.collect(), counts.into_iter().map(|(topic, count)| (TopicName::from(topic), count)).collect())
    })
}

proptest! {
    #[test]
    fn each_partition_goes_to_exactly_one_of_its_subscribers((members, partitions) in any_group()) {
        for assignment in [range(&members, &partitions), round_robin(&members, &partitions)] {
            let mut given: Vec<&TopicPartition> = assignment.values().flatten().collect();
            given.sort();
            let wanted: Vec<TopicPartition> = partitions
                .iter()
                .filter(|(topic, _)| members.iter().any(|member| member.topics.contains(topic)))
                .flat_map(|(topic, count)| (0..*count).map(|partition| TopicPartition::new(topic.clone(), partition)))
                .collect();
            prop_assert_eq!(given, wanted.iter().collect::<Vec<_>>());
            for member in &members {
                let own = &assignment[&member.member_id];
                prop_assert!(own.iter().all(|partition| member.topics.contains(&partition.topic)));
            }
        }
    }
}
