//! The sender of one broker: takes batches of the partitions that it leads, one request for many partitions, several
//! requests under way, and gives every batch its result.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::task::JoinHandle;
use tracing::{debug, info, warn};

use super::accumulator::Accumulator;
use super::batch::Batch;
use super::delivery::State;
use super::identity::{self, Identity};
use super::inbox::Inbox;
use super::produce::{Judgement, PartitionAnswer, Sent, judge, request, topic_ids};
use super::queue::{Moment, Next, PartitionQueue, Sequence};
use super::settings::Acks;
use crate::client::retry::Backoff;
use crate::client::settings::millis;
use crate::client::{ClientError, Cluster};
use crate::io::spawn::spawn;
use crate::model::{ErrorCode, NodeId};
use crate::net::peer::Peer;
use crate::net::{Lane, PeerError};
use crate::protocol::messages::{ProduceRequest, ProduceResponse};

/// The newest version of Produce that names topics and not their ids.
const BY_NAME_MAX: i16 = 12;
/// The longest sleep while batches wait, so that time for delivery is looked at.
const LOOKS_EVERY: Duration = Duration::from_millis(500);

/// What all senders and the router share.
pub(super) struct Shared {
    pub(super) accumulator: Accumulator,
    pub(super) cluster: Cluster,
    pub(super) identity: Identity,
}

/// The task of one broker.
pub(super) struct Sender {
    shared: Arc<Shared>,
    node: NodeId,
    inbox: Arc<Inbox>,
    active: Vec<Arc<PartitionQueue>>,
    /// Requests under way, the first one first. The broker answers in order; results are given in that order too.
    in_flight: VecDeque<InFlight>,
    /// The broker asked for silence until then (KIP-219), on the steady clock.
    throttled_until: Duration,
}

/// What a request brings.
type Answer = Result<ProduceResponse, PeerError>;

/// A request under way.
struct InFlight {
    batches: Vec<Sent>,
    answer: JoinHandle<Answer>,
}

/// What there is to send now, and when to look again.
#[derive(Default)]
struct Plan {
    batches: Vec<Sent>,
    wake: Option<Duration>,
}

impl Sender {
    pub(super) fn new(shared: Arc<Shared>, node: NodeId, inbox: Arc<Inbox>) -> Sender {
        Sender { shared, node, inbox, active: Vec::new(), in_flight: VecDeque::new(), throttled_until: Duration::ZERO }
    }

    /// Sends until the task is dropped.
    pub(super) async fn run(mut self) {
        loop {
            self.active.extend(self.inbox.take());
            self.hand_over();
            self.expire();
            if self.active.is_empty() && self.in_flight.is_empty() {
                self.inbox.alarmed().await;
                continue;
            }
            let wake = match self.ready().await {
                Ok(peer) => {
                    let plan = self.plan();
                    if !plan.batches.is_empty() {
                        self.send(&peer, plan.batches).await;
                        continue;
                    }
                    plan.wake
                }
                Err(pause) => Some(self.shared.accumulator.now().saturating_add(pause)),
            };
            self.wait(wake).await;
        }
    }

    /// Everything that must be there before a batch is taken from its queue: a connection and, with idempotence, an id.
    async fn ready(&mut self) -> Result<Peer, Duration> {
        let shared = Arc::clone(&self.shared);
        if shared.accumulator.settings.idempotent
            && let Err(cause) = self.meanwhile(shared.identity.obtain(&shared.cluster)).await
        {
            return Err(self.not_ready(&cause, shared.identity.refusal()));
        }
        match self.meanwhile(shared.cluster.broker(self.node, Lane::Requests)).await {
            Ok(peer) => Ok(peer),
            Err(cause) => {
                shared.cluster.ask_refresh();
                let fatal = (!cause.is_retriable()).then(|| cause.clone());
                Err(self.not_ready(&cause, fatal))
            }
        }
    }

    /// Waits for what may take long; meanwhile nothing outlives its time for delivery.
    async fn meanwhile<T>(&mut self, future: impl Future<Output = T>) -> T {
        tokio::pin!(future);
        loop {
            tokio::select! {
                biased;
                done = &mut future => return done,
                () = tokio::time::sleep(LOOKS_EVERY) => self.expire(),
            }
        }
    }

    fn not_ready(&mut self, cause: &ClientError, fatal: Option<ClientError>) -> Duration {
        // What may pass is told where the connection is made again.
        if cause.is_retriable() {
            info!(node = self.node.0, %cause, "records cannot be sent yet");
        } else if !self.shared.accumulator.closed.load(Ordering::Relaxed) {
            warn!(node = self.node.0, %cause, "records cannot be sent");
        }
        if let Some(cause) = fatal {
            for queue in &self.active {
                for batch in queue.drain() {
                    let state = State::Failed { cause: cause.clone(), blamed: Vec::new() };
                    self.shared.accumulator.settle(batch, state);
                }
            }
        }
        identity::RETRY_PAUSE
    }

    /// Gives partitions that another broker leads back to the router, once nothing of them is under way.
    fn hand_over(&mut self) {
        let metadata = self.shared.cluster.metadata();
        let (node, router) = (self.node, &self.shared.accumulator.router);
        self.active.retain(|queue| {
            let partition = &queue.partition;
            let leader = metadata.leader(&partition.topic, partition.partition).map(|(broker, _)| broker.id);
            let stays = leader == Some(node) || !queue.is_at_rest();
            if !stays {
                router.put(Arc::clone(queue));
            }
            stays
        });
    }

    /// Fails what is not written in time. A batch under way has its result then, and its number is settled by the answer.
    fn expire(&mut self) {
        for queue in &self.active {
            expire(&self.shared, queue);
        }
        let accumulator = &self.shared.accumulator;
        let (now, timeout) = (accumulator.now(), accumulator.settings.delivery_timeout);
        for sent in self.in_flight.iter_mut().flat_map(|request| &mut request.batches) {
            if !sent.batch.is_settled() && now.saturating_sub(sent.batch.created) >= timeout {
                let cause = too_late(&sent.batch, &sent.queue, timeout);
                sent.batch.settle(State::Failed { cause, blamed: Vec::new() });
            }
        }
    }

    /// Takes one batch of each partition that has one to send, up to `max.request.size`.
    fn plan(&mut self) -> Plan {
        let accumulator = &self.shared.accumulator;
        let mut plan = Plan::default();
        if self.in_flight.len() >= accumulator.settings.in_flight_max {
            return plan;
        }
        if self.throttled_until > accumulator.now() {
            return Plan { wake: Some(self.throttled_until), ..plan };
        }
        let mut moment = Moment {
            settings: &accumulator.settings,
            now: accumulator.now(),
            urgent: accumulator.urgency(),
            stamp: self.shared.identity.stamp(),
            ratio: 1.0,
        };
        let mut size = 0;
        let mut kept = Vec::with_capacity(self.active.len());
        let mut queues = std::mem::take(&mut self.active).into_iter();
        for queue in queues.by_ref() {
            let topic = accumulator.topic(&queue.partition.topic);
            moment.ratio = topic.as_ref().map_or(1.0, |topic| topic.ratio());
            match queue.next(&moment) {
                Next::Idle => continue,
                Next::Wait(until) => plan.wake = earlier(plan.wake, until),
                Next::Send(batch) => {
                    size += batch.size(moment.ratio);
                    plan.batches.push(Sent { queue: Arc::clone(&queue), batch: *batch });
                }
            }
            kept.push(queue);
            if size >= accumulator.settings.request_size_max {
                break;
            }
        }
        // Those that had no turn come first the next time.
        self.active = queues.chain(kept).collect();
        plan
    }

    async fn send(&mut self, peer: &Peer, mut batches: Vec<Sent>) {
        let ids = topic_ids(&self.shared.cluster.metadata(), &batches);
        let version_max = if ids.is_some() { i16::MAX } else { BY_NAME_MAX };
        let settings = &self.shared.accumulator.settings;
        let (acks, timeout) = (settings.acks, settings.request_timeout);
        let version = match peer.version::<ProduceRequest>(version_max) {
            Ok(version) => version,
            Err(cause) => return self.finish(batches, Err(cause)),
        };
        let built = request(&mut batches, &self.shared.accumulator, ids.filter(|_| version > BY_NAME_MAX).as_ref());
        if acks == Acks::None {
            let answer = peer.post(&built, version).await.map(|()| ProduceResponse::default());
            return self.finish(batches, answer);
        }
        let answer = match peer.start(&built, version, Some(timeout)).await {
            Ok(call) => spawn(call.answer()),
            // The connection is gone, and with it the answers to what was sent before: those come first.
            Err(cause) => spawn(std::future::ready(Err(cause))),
        };
        self.in_flight.push_back(InFlight { batches, answer });
    }

    async fn wait(&mut self, wake: Option<Duration>) {
        let now = self.shared.accumulator.now();
        let pause = wake.map_or(LOOKS_EVERY, |wake| wake.saturating_sub(now).min(LOOKS_EVERY));
        let inbox = Arc::clone(&self.inbox);
        let Some(first) = self.in_flight.front_mut() else {
            tokio::select! {
                () = inbox.alarmed() => {}
                () = tokio::time::sleep(pause) => {}
            }
            return;
        };
        let answer = tokio::select! {
            () = inbox.alarmed() => return,
            () = tokio::time::sleep(pause) => return,
            answer = &mut first.answer => answer,
        };
        let first = self.in_flight.pop_front().expect("it was just waited for");
        // The task has nothing in it that panics, and nobody ends it.
        if let Ok(answer) = answer {
            self.finish(first.batches, answer);
        }
    }

    fn finish(&mut self, batches: Vec<Sent>, answer: Answer) {
        let acks = self.shared.accumulator.settings.acks;
        match answer {
            Ok(_) if acks == Acks::None => {
                for sent in batches {
                    self.written(sent, -1, None);
                }
            }
            Ok(answer) => {
                let silence = millis(answer.throttle_time_ms);
                self.throttled_until = self.throttled_until.max(self.shared.accumulator.now().saturating_add(silence));
                let answers = PartitionAnswer::read(answer, &self.shared.cluster, &batches);
                for (sent, answer) in batches.into_iter().zip(answers) {
                    self.judge(sent, answer);
                }
            }
            Err(cause) => {
                debug!(node = self.node.0, %cause, "produce request failed");
                self.shared.cluster.ask_refresh();
                let error = ClientError::from(cause);
                for sent in batches {
                    if error.is_retriable() {
                        self.again(sent, error.clone(), Sequence::Intact);
                    } else {
                        self.given_up(sent, error.clone(), Vec::new(), Sequence::Unsure);
                    }
                }
            }
        }
    }

    fn judge(&mut self, sent: Sent, answer: PartitionAnswer) {
        if answer.needs_metadata() {
            self.shared.cluster.ask_refresh();
        }
        match judge(&answer, &sent) {
            Judgement::Written => self.written(sent, answer.base_offset, answer.append_time),
            Judgement::Again => self.again(sent, answer.error(), Sequence::Intact),
            Judgement::BeginAnew => {
                if let Some((stamp, _)) = sent.batch.stamp {
                    self.shared.identity.bump(stamp);
                }
                self.again(sent, answer.error(), Sequence::Broken);
            }
            Judgement::Split => self.split(sent),
            Judgement::Failed => {
                let sequence = match answer.code {
                    ErrorCode::INVALID_PRODUCER_EPOCH => Sequence::Broken,
                    // This attempt wrote nothing, but one before it may have.
                    _ if sent.batch.attempts > 1 => Sequence::Unsure,
                    _ => Sequence::Intact,
                };
                self.given_up(sent, answer.error(), answer.blamed, sequence);
            }
        }
    }

    fn written(&self, sent: Sent, base_offset: i64, append_time: Option<crate::model::Timestamp>) {
        sent.queue.written(&sent.batch);
        self.shared.accumulator.settle(sent.batch, State::Written { base_offset, append_time });
    }

    fn again(&self, mut sent: Sent, error: ClientError, sequence: Sequence) {
        let settings = &self.shared.accumulator.settings;
        if sent.batch.attempts > settings.retries || sent.batch.is_settled() {
            return self.given_up(sent, error, Vec::new(), Sequence::Unsure);
        }
        let left = settings.retries.saturating_sub(sent.batch.attempts);
        let (partition, kind) =
            (&sent.queue.partition, error.error_code().map_or("NETWORK_EXCEPTION", ErrorCode::name));
        warn!(
            "Got error produce response on topic-partition {partition}, retrying ({left} attempts left). Error: {kind}"
        );
        let pauses = Backoff {
            first: settings.retry_backoff,
            most: settings.retry_backoff_max,
            rng: Arc::clone(self.shared.cluster.rng()),
        };
        let now = self.shared.accumulator.now();
        sent.batch.retry_at = now.saturating_add(pauses.pause(sent.batch.attempts.saturating_sub(1)));
        sent.batch.last_error = Some(error);
        sent.queue.again(vec![sent.batch], sequence);
    }

    /// Fails a batch for good. Unless it is surely not written, the partition goes on under a new epoch.
    fn given_up(&self, sent: Sent, cause: ClientError, blamed: Vec<(u32, ClientError)>, sequence: Sequence) {
        if let Some((stamp, _)) = sent.batch.stamp.filter(|_| sequence != Sequence::Intact) {
            self.shared.identity.bump(stamp);
            sent.queue.failed(sequence);
        } else {
            sent.queue.failed(Sequence::Intact);
        }
        self.shared.accumulator.settle(sent.batch, State::Failed { cause, blamed });
    }

    fn split(&self, sent: Sent) {
        if sent.batch.is_settled() {
            return self.given_up(sent, ClientError::code(ErrorCode::MESSAGE_TOO_LARGE), Vec::new(), Sequence::Intact);
        }
        let compression = self.shared.accumulator.settings.compression;
        if let Some(topic) = self.shared.accumulator.topic(&sent.queue.partition.topic) {
            // What was estimated too small is not estimated again for a while.
            topic.note_ratio(1.0);
        }
        match sent.batch.split(compression) {
            Ok(parts) => sent.queue.again(parts, Sequence::Intact),
            Err(cause) => {
                warn!(partition = %sent.queue.partition, %cause, "a batch could not be split");
                sent.queue.failed(Sequence::Intact);
            }
        }
    }
}

/// Fails the batches of a queue whose `delivery.timeout.ms` is over.
pub(super) fn expire(shared: &Shared, queue: &Arc<PartitionQueue>) {
    let accumulator = &shared.accumulator;
    let timeout = accumulator.settings.delivery_timeout;
    for batch in queue.expire(accumulator.now(), timeout) {
        if let Some((stamp, _)) = batch.stamp.filter(|_| batch.attempts > 0) {
            shared.identity.bump(stamp);
        }
        let cause = too_late(&batch, queue, timeout);
        accumulator.settle(batch, State::Failed { cause, blamed: Vec::new() });
    }
}

fn too_late(batch: &Batch, queue: &PartitionQueue, timeout: Duration) -> ClientError {
    let what = format!(
        "Expiring {} record(s) for {}:{} ms has passed since batch creation. The request has not been sent, or no server \
         response has been received yet.",
        batch.count(),
        queue.partition,
        timeout.as_millis(),
    );
    ClientError::Timeout { what, last: batch.last_error.clone().map(Box::new) }
}

fn earlier(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::super::queue::{Appended, NewBatchRoom, Urgency};
    use super::super::settings::Settings;
    use super::*;
    use crate::client::ClusterOptions;
    use crate::client::tests::scripted::{Scripted, partition};
    use crate::config::ProducerConfig;
    use crate::model::Timestamp;
    use crate::net::Address;
    use crate::record::NewRecord;

    fn lost() -> Answer {
        Err(PeerError::Disconnected { address: Address::new("a", 1), cause: "a test cut it".into() })
    }

    /// A batch with one record, taken from its queue as a sender takes it.
    fn taken(queue: &Arc<PartitionQueue>, accumulator: &Accumulator, value: &[u8]) -> Sent {
        let record = NewRecord { timestamp: Timestamp(1), key: None, value: Some(value), headers: &[] };
        let room = NewBatchRoom { memory: 0, now: accumulator.now(), incomplete: Arc::default() };
        let (appended, _) = queue.append(record, None, &accumulator.settings, 1.0, Some(room));
        assert!(matches!(appended, Appended::Done(..)));
        let (settings, now) = (&accumulator.settings, accumulator.now());
        match queue.next(&Moment { settings, now, urgent: Urgency::Now, stamp: None, ratio: 1.0 }) {
            Next::Send(batch) => Sent { queue: Arc::clone(queue), batch: *batch },
            _ => panic!("it is there"),
        }
    }

    /// A later request that fails at once, as on a connection that has just gone, must not be judged before an earlier one
    /// whose answer is still to be read: the sequence would go on as if that had failed.
    #[tokio::test(start_paused = true)]
    async fn results_are_taken_in_the_order_of_the_requests() {
        let config = ProducerConfig {
            bootstrap_servers: vec!["a:1".to_owned()],
            acks: "1".to_owned(),
            ..ProducerConfig::default()
        };
        let cluster = Scripted::cluster(ClusterOptions::of_producer(&config).unwrap());
        let accumulator = Accumulator::new(Settings::of(&config).unwrap(), Arc::clone(cluster.clock()));
        let shared = Arc::new(Shared { accumulator, cluster, identity: Identity::default() });
        let mut sender = Sender::new(Arc::clone(&shared), NodeId(1), Arc::default());
        let queue = PartitionQueue::new(partition(0));
        let first = taken(&queue, &shared.accumulator, b"first");
        let second = taken(&queue, &shared.accumulator, b"second");
        let outcome = Arc::clone(&first.batch.outcome);
        let (answer, waits) = tokio::sync::oneshot::channel();
        let answered = spawn(async move { waits.await.unwrap_or_else(|_| lost()) });
        sender.in_flight.push_back(InFlight { batches: vec![first], answer: answered });
        sender.in_flight.push_back(InFlight { batches: vec![second], answer: spawn(std::future::ready(lost())) });

        sender.wait(None).await;
        assert_eq!(sender.in_flight.len(), 2, "the second one is not looked at while the first one is under way");
        answer.send(Ok(ProduceResponse::default())).unwrap();
        sender.wait(None).await;
        assert_eq!(sender.in_flight.len(), 1);
        assert!(outcome.is_set(), "the first one has its result");
        sender.wait(None).await;
        assert!(queue.is_at_rest());
    }
}
