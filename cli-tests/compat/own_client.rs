//! Our client library with the real Kafka: every codec, and members of both kinds in one group.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use mq::client::ProducerRecord;
use mq::model::TopicPartition;
use tokio::sync::oneshot;

use super::peer::{self, Peer, tool};
use crate::support::broker::Broker;
use crate::support::client::{PATIENCE, consumer, poll, producer, read, send_numbers, topic, until};

#[path = "../client/admin.rs"]
mod admin;
#[path = "../client/consumer.rs"]
mod consumer_cases;

const CODECS: [&str; 5] = ["none", "gzip", "snappy", "lz4", "zstd"];

#[tokio::test]
async fn records_of_every_codec_pass_through_a_real_broker() {
    let kafka = Peer::start(&[]);
    for codec in CODECS {
        let name = format!("t-{codec}");
        topic(&kafka.address, &name, 3).await;
        let producer = producer(&kafka.address, &[("compression.type", codec), ("linger.ms", "5")]);
        send_numbers(&producer, &name, 3, 0..3000).await;
        // Java reads what ours wrote.
        let all =
            ["--bootstrap-server", &kafka.address, "--topic", &name, "--from-beginning", "--max-messages", "3000"];
        let said = tool("kafka-console-consumer", &all, b"");
        let mut values: Vec<i32> = said.out.lines().map(|line| line.parse().expect("a number")).collect();
        values.sort_unstable();
        assert!(values.iter().copied().eq(0..3000), "{codec}: {}", said.err);
        // Ours reads what Java wrote, behind that.
        let config = format!("compression.type={codec}");
        let into = ["--bootstrap-server", &kafka.address, "--topic", &name, "--producer-property", &config];
        let input: String = (3000..4000).map(|number| format!("{number}\n")).collect();
        let wrote = tool("kafka-console-producer", &into, input.as_bytes());
        assert_eq!(wrote.code, 0, "{}", wrote.err);
        let mut member = consumer(&kafka.address, &[("group.id", &name)]);
        member.subscribe(&[&name]).expect("a group is named");
        let mut values: Vec<i32> =
            read(&mut member, 4000).await.iter().map(|(.., value)| value.parse().expect("a number")).collect();
        values.sort_unstable();
        assert!(values.iter().copied().eq(0..4000), "{codec}");
        member.close(PATIENCE).await.expect("the last commit is made");
    }
}

#[tokio::test]
async fn positions_ends_times_and_commits_are_those_of_a_real_broker() {
    let kafka = Peer::start(&[]);
    topic(&kafka.address, "t", 1).await;
    let producer = producer(&kafka.address, &[]);
    send_numbers(&producer, "t", 1, 0..20).await;
    let partition = TopicPartition::new("t", 0);
    let mut member = consumer(&kafka.address, &[("group.id", "g"), ("max.poll.records", "5")]);
    member.subscribe(&["t"]).expect("a group is named");
    read(&mut member, 5).await;
    member.commit_sync().await.expect("it is committed");
    let committed = member.committed(std::slice::from_ref(&partition)).await.expect("the coordinator answers");
    assert_eq!(committed[&partition].offset.0, 5);
    let end = member.end_offsets(std::slice::from_ref(&partition)).await.expect("the leader answers");
    assert_eq!(end[&partition].0, 20);
    member.positions().seek_to_end(&[]).expect("it is assigned");
    let sent = producer.send_and_wait(ProducerRecord::new("t", b"last")).await.expect("it is written");
    assert_eq!(sent.offset.0, 20);
    member.close(PATIENCE).await.expect("the last commit is made");
    let said = tool(
        "kafka-consumer-groups",
        &["--bootstrap-server", &kafka.address, "--describe", "--group", "g", "--offsets"],
        b"",
    );
    assert!(said.out.contains("t               0"), "{}", said.out);
}

/// What our broker is asked is asked of a real one, with the same answers.
#[tokio::test]
async fn a_real_broker_answers_admin_and_consumer_as_ours_does() {
    let kafka = Peer::start(&["group.initial.rebalance.delay.ms=0"]);
    let admin = crate::support::client::admin(&kafka.address);
    admin::topics(&kafka.address).await;
    admin::configs(&kafka.address).await;
    admin.delete_topics(&["t".to_owned()]).await.expect("the broker answers").remove(0).1.expect("it was there");
    admin::groups(&kafka.address).await;
    admin.delete_topics(&["t".to_owned()]).await.expect("the broker answers").remove(0).1.expect("it was there");
    consumer_cases::positions(&kafka.address).await;
}

/// A member that is a Java program.
struct JavaMember {
    process: Child,
    input: ChildStdin,
    assigned: Arc<Mutex<BTreeSet<i32>>>,
    values: JoinHandle<Vec<String>>,
}

impl JavaMember {
    fn start(address: &str, assignor: &str) -> JavaMember {
        let mut process = peer::start_program("Member.java", &[address, "g", "t", assignor]);
        let output = process.stdout.take().expect("it is piped");
        let assigned = Arc::<Mutex<BTreeSet<i32>>>::default();
        let told = Arc::clone(&assigned);
        let values = std::thread::spawn(move || {
            let mut values = Vec::new();
            for line in BufReader::new(output).lines() {
                let line = line.expect("text");
                match line.split(' ').collect::<Vec<_>>()[..] {
                    ["record", _, _, value] => values.push(value.to_owned()),
                    ["assigned", list] => {
                        let list = list.split(',').filter(|index| !index.is_empty());
                        *told.lock().expect("no panic") = list.map(|index| index.parse().expect("a number")).collect();
                    }
                    _ => {}
                }
            }
            values
        });
        let input = process.stdin.take().expect("it is piped");
        JavaMember { process, input, assigned, values }
    }

    fn assigned(&self) -> BTreeSet<i32> {
        self.assigned.lock().expect("no panic").clone()
    }

    fn leave(mut self) -> Vec<String> {
        self.input.write_all(b"\n").expect("it listens");
        assert!(self.process.wait().expect("it ends").success());
        self.values.join().expect("its lines can be read")
    }
}

/// A Java member and one of ours share the partitions, whichever of them leads the group, and hand them on.
async fn one_group_of_both(address: &str, assignor: &str) {
    topic(address, "t", 6).await;
    let producer = producer(address, &[]);
    let name = format!("org.apache.kafka.clients.consumer.{assignor}");
    let ours = Arc::<Mutex<BTreeSet<i32>>>::default();
    let (leave, mut left) = oneshot::channel();
    let more = [("group.id", "g"), ("heartbeat.interval.ms", "100"), ("partition.assignment.strategy", &name)];
    let mut member = consumer(address, &more);
    member.subscribe(&["t"]).expect("a group is named");
    let told = Arc::clone(&ours);
    let polling = tokio::spawn(async move {
        let mut values = Vec::new();
        while left.try_recv().is_err() {
            values.extend(poll(&mut member).await.into_iter().map(|(.., value)| value));
            *told.lock().expect("no panic") = member.assignment().iter().map(|one| one.partition).collect();
        }
        member.close(PATIENCE).await.expect("the last commit is made");
        values
    });
    send_numbers(&producer, "t", 6, 0..600).await;
    until("ours has all", || ours.lock().expect("no panic").len() == 6).await;
    let first = JavaMember::start(address, &name);
    let halves = |java: &JavaMember| {
        let (ours, theirs) = (ours.lock().expect("no panic").clone(), java.assigned());
        ours.len() == 3 && theirs.len() == 3 && ours.is_disjoint(&theirs)
    };
    until("each has a half", || halves(&first)).await;
    send_numbers(&producer, "t", 6, 600..1200).await;
    let mut values = first.leave();
    until("ours has all again", || ours.lock().expect("no panic").len() == 6).await;
    // The second one leads the group once ours has gone.
    let second = JavaMember::start(address, &name);
    until("each has a half again", || halves(&second)).await;
    leave.send(()).expect("it polls");
    values.extend(polling.await.expect("it polled without a failure"));
    until("the Java member has all", || second.assigned().len() == 6).await;
    send_numbers(&producer, "t", 6, 1200..1800).await;
    let mut last = consumer(address, &more);
    last.subscribe(&["t"]).expect("a group is named");
    // It joins a group that the Java member leads.
    while last.assignment().len() != 3 {
        values.extend(poll(&mut last).await.into_iter().map(|(.., value)| value));
    }
    values.extend(tokio::task::block_in_place(|| second.leave()));
    let missing = 1800 - values.len();
    values.extend(read(&mut last, missing).await.into_iter().map(|(.., value)| value));
    let mut numbers: Vec<i32> = values.iter().map(|value| value.parse().expect("a number")).collect();
    numbers.sort_unstable();
    assert!(numbers.iter().copied().eq(0..1800), "every record reached one member");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn java_and_our_members_share_a_group_on_a_real_broker() {
    let kafka = Peer::start(&["group.initial.rebalance.delay.ms=0"]);
    one_group_of_both(&kafka.address, "RangeAssignor").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn java_and_our_members_share_a_group_on_our_broker() {
    let broker = Broker::start();
    one_group_of_both(&broker.address, "RoundRobinAssignor").await;
}
