//! Members of a group come and go.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mq::client::{Positions, RebalanceListener};
use mq::model::TopicPartition;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::support::broker::Broker;
use crate::support::client::{PATIENCE, Seen, consumer, poll, producer, send_numbers, topic, until};

/// A member that polls in a task of its own until it is told to leave.
struct Member {
    assigned: Arc<Mutex<Vec<TopicPartition>>>,
    rebalances: Arc<Mutex<usize>>,
    values: Arc<Mutex<BTreeSet<String>>>,
    leave: oneshot::Sender<()>,
    seen: JoinHandle<Vec<Seen>>,
}

struct Counts(Arc<Mutex<usize>>);

impl RebalanceListener for Counts {
    fn assigned(&mut self, _: &[TopicPartition], _: &Positions) {
        *self.0.lock().expect("no panic") += 1;
    }
}

impl Member {
    fn start(address: &str, more: &[(&str, &str)]) -> Member {
        let all = [&[("group.id", "g"), ("heartbeat.interval.ms", "100")], more].concat();
        let mut consumer = consumer(address, &all);
        consumer.subscribe(&["t"]).expect("a group is named");
        let (assigned, rebalances) = (Arc::<Mutex<Vec<_>>>::default(), Arc::<Mutex<usize>>::default());
        consumer.set_listener(Box::new(Counts(Arc::clone(&rebalances))));
        let (leave, mut left) = oneshot::channel();
        let (told, values) = (Arc::clone(&assigned), Arc::<Mutex<BTreeSet<String>>>::default());
        let heard = Arc::clone(&values);
        let seen = tokio::spawn(async move {
            let mut seen = Vec::new();
            while left.try_recv().is_err() {
                let records = poll(&mut consumer).await;
                heard.lock().expect("no panic").extend(records.iter().map(|(.., value)| value.clone()));
                seen.extend(records);
                *told.lock().expect("no panic") = consumer.assignment();
            }
            consumer.close(PATIENCE).await.expect("the last commit is made");
            seen
        });
        Member { assigned, rebalances, values, leave, seen }
    }

    fn assigned(&self) -> Vec<TopicPartition> {
        self.assigned.lock().expect("no panic").clone()
    }

    fn rebalances(&self) -> usize {
        *self.rebalances.lock().expect("no panic")
    }

    async fn leave(self) -> Vec<Seen> {
        self.leave.send(()).expect("it still polls");
        self.seen.await.expect("it polled without a failure")
    }
}

/// Waits until every partition is at exactly one of the members, and each has its share.
async fn shared(members: &[&Member], partitions: usize) {
    until("the partitions are shared", || {
        let all: Vec<TopicPartition> = members.iter().flat_map(|member| member.assigned()).collect();
        let distinct: BTreeSet<&TopicPartition> = all.iter().collect();
        let fair = members.iter().all(|member| member.assigned().len() >= partitions / members.len());
        all.len() == partitions && distinct.len() == partitions && fair
    })
    .await;
}

fn check(seen: Vec<Seen>, sent: i32) {
    let mut by_partition: BTreeMap<TopicPartition, Vec<i64>> = BTreeMap::new();
    let mut values = BTreeSet::new();
    for (partition, offset, value) in seen {
        by_partition.entry(partition).or_default().push(offset);
        assert!(values.insert(value.clone()), "{value} came twice although every member committed");
    }
    assert_eq!(values.len(), usize::try_from(sent).expect("small"), "each record reached a member");
    for (partition, mut offsets) in by_partition {
        offsets.sort_unstable();
        assert!(offsets.iter().copied().eq(0..i64::try_from(offsets.len()).expect("small")), "{partition} has no gap");
    }
}

async fn members_come_and_go(strategy: &str) {
    const PARTITIONS: i32 = 6;
    let broker = Broker::start();
    topic(&broker.address, "t", PARTITIONS).await;
    let producer = producer(&broker.address, &[]);
    let more = [("partition.assignment.strategy", strategy)];
    let mut seen = Vec::new();
    let mut sent = 0;
    let mut more_numbers = async || {
        send_numbers(&producer, "t", PARTITIONS, sent..sent + 600).await;
        sent += 600;
    };
    let first = Member::start(&broker.address, &more);
    more_numbers().await;
    shared(&[&first], 6).await;
    let second = Member::start(&broker.address, &more);
    more_numbers().await;
    shared(&[&first, &second], 6).await;
    let third = Member::start(&broker.address, &more);
    more_numbers().await;
    shared(&[&first, &second, &third], 6).await;
    seen.extend(first.leave().await);
    more_numbers().await;
    shared(&[&second, &third], 6).await;
    seen.extend(second.leave().await);
    shared(&[&third], 6).await;
    more_numbers().await;
    seen.extend(third.leave().await);
    // What the last member had not polled yet is still there for the next one.
    let mut last = consumer(&broker.address, &[("group.id", "g")]);
    last.subscribe(&["t"]).expect("a group is named");
    let left = usize::try_from(sent).expect("small") - seen.len();
    seen.extend(crate::support::client::read(&mut last, left).await);
    check(seen, sent);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_record_reaches_one_member_while_members_come_and_go() {
    members_come_and_go("org.apache.kafka.clients.consumer.RangeAssignor").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_record_reaches_one_member_with_round_robin_as_well() {
    members_come_and_go("org.apache.kafka.clients.consumer.RoundRobinAssignor").await;
}

/// KIP-345 and KIP-814: a static member, also the group's leader, comes back within its session to the partitions it had.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_static_member_comes_back_without_a_rebalance() {
    let broker = Broker::start();
    topic(&broker.address, "t", 4).await;
    let fixed = [("group.instance.id", "one")];
    let one = Member::start(&broker.address, &fixed);
    shared(&[&one], 4).await;
    let other = Member::start(&broker.address, &[]);
    shared(&[&one, &other], 4).await;
    let (before, kept, rebalances) = (one.assigned(), other.assigned(), other.rebalances());
    one.leave().await;
    let again = Member::start(&broker.address, &fixed);
    until("the static member has its partitions again", || again.assigned() == before).await;
    // Long enough for a heartbeat to tell of a rebalance.
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!((other.assigned(), other.rebalances()), (kept, rebalances), "the other one is not disturbed");
    again.leave().await;
    other.leave().await;
}

/// A member that does not say goodbye loses its partitions when its session is over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_that_dies_is_replaced_after_its_session() {
    let broker = Broker::with(&["group.min.session.timeout.ms=500"]);
    topic(&broker.address, "t", 2).await;
    let more = [("session.timeout.ms", "1000")];
    let dies = Member::start(&broker.address, &more);
    shared(&[&dies], 2).await;
    dies.seen.abort();
    let next = Member::start(&broker.address, &more);
    shared(&[&next], 2).await;
    next.leave().await;
}

/// Faults A1 and E8: the coordinator goes down again and again. What was not committed may come twice, nothing is left out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_miss_nothing_over_kills_of_the_broker() {
    const COUNT: i32 = 2000;
    let mut broker = Broker::start();
    topic(&broker.address, "t", 4).await;
    let more = [("auto.commit.interval.ms", "100")];
    let members = [Member::start(&broker.address, &more), Member::start(&broker.address, &more)];
    shared(&[&members[0], &members[1]], 4).await;
    let producer = producer(&broker.address, &[]);
    let sending = tokio::spawn(async move {
        for start in (0..COUNT).step_by(50) {
            send_numbers(&producer, "t", 4, start..start + 50).await;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        tokio::task::block_in_place(|| {
            broker.kill();
            broker.restart();
        });
    }
    sending.await.expect("every record is written");
    until("every record reached a member", || {
        let values = members.iter().flat_map(|member| member.values.lock().expect("no panic").clone());
        values.collect::<BTreeSet<String>>().len() == usize::try_from(COUNT).expect("small")
    })
    .await;
    shared(&[&members[0], &members[1]], 4).await;
    for member in members {
        member.leave().await;
    }
}
