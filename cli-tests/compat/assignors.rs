//! Our assignors beside Kafka's, over random memberships.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;

use mq::assignor::{self, Assignment, PartitionCounts, Subscription};
use mq::model::TopicName;

use super::peer;

const CASES: u64 = 2000;

/// Numbers that look random and are the same in every run (splitmix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((word ^ (word >> 31)) % bound).expect("small")
    }
}

struct Case {
    counts: PartitionCounts,
    members: Vec<Subscription>,
}

/// Up to 5 topics, one of them perhaps unknown, and up to 7 members, some static, each with some of the topics.
fn case(chance: &mut Chance) -> Case {
    let names: Vec<TopicName> = (0..=chance.below(5)).map(|number| TopicName::from(format!("t{number}"))).collect();
    let known = names.len() - usize::from(names.len() > 1 && chance.below(4) == 0);
    let counts = names[..known].iter().map(|name| (name.clone(), i32::try_from(chance.below(9)).expect("small") + 1));
    let counts = counts.collect();
    let alike = chance.below(2) == 0;
    let members = (0..=chance.below(7)).map(|number| {
        let wants = |_: &&TopicName| alike || chance.below(2) == 0;
        let topics: Vec<TopicName> = names.iter().filter(wants).cloned().collect();
        Subscription {
            // The order of ids is not the order of members.
            member_id: format!("m{}-{number}", (number * 7 + 3) % 10),
            group_instance_id: (number % 3 == 1).then(|| format!("i{}", 9 - number)),
            topics,
        }
    });
    let members: Vec<Subscription> = members.collect();
    Case { counts, members }
}

fn line(assignor: &str, case: &Case) -> String {
    let counts: Vec<String> = case.counts.iter().map(|(name, count)| format!("{name}:{count}")).collect();
    let mut line = format!("{assignor} {}", counts.join(","));
    for member in &case.members {
        let instance = member.group_instance_id.as_deref().unwrap_or_default();
        let topics: Vec<&str> = member.topics.iter().map(|topic| &**topic).collect();
        write!(line, " {}:{instance}:{}", member.member_id, topics.join(",")).expect("a string takes all");
    }
    line
}

fn text(assignment: Assignment) -> String {
    let sorted: BTreeMap<_, _> = assignment.into_iter().collect();
    let row = |(member, partitions): (String, Vec<_>)| {
        let partitions: Vec<String> = partitions.iter().map(ToString::to_string).collect();
        format!("{member}={}", partitions.join(","))
    };
    sorted.into_iter().map(row).collect::<Vec<_>>().join(" ")
}

#[test]
fn every_membership_is_assigned_as_kafka_assigns_it() {
    type Assign = fn(&[Subscription], &PartitionCounts) -> Assignment;
    let both: [(&str, Assign); 2] = [("range", assignor::range), ("roundrobin", assignor::round_robin)];
    let mut asked = tempfile::NamedTempFile::new().expect("a temporary file");
    let mut ours = Vec::new();
    for seed in 0..CASES {
        let case = case(&mut Chance(seed));
        for (name, assign) in both {
            let line = line(name, &case);
            writeln!(asked, "{line}").expect("room for a line");
            ours.push((line, text(assign(&case.members, &case.counts))));
        }
    }
    let said = peer::program("Assign.java", &[&asked.path().to_string_lossy()]);
    assert_eq!(said.lines().count(), ours.len());
    for ((line, ours), kafkas) in ours.iter().zip(said.lines()) {
        assert_eq!(ours, kafkas, "{line}");
    }
}
