//! The task of one shard: loads it, then lets it decide, appends what it decided and sends the replies in time.
//!
//! One append is on its way at a time; what is decided meanwhile makes up the next batch. So the order of the decisions is
//! the order in the log, and a busy shard writes few, large batches.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tracing::{debug, info, warn};

use super::Shared;
use super::log::{GroupBatch, LogEntry, LogFuture};
use crate::coordinator::group::{Caller, GroupRecord, GroupRequest, GroupShard};
use crate::coordinator::outcome::{AppendId, Now, Outcome, Reply, ReplyId, append_error_for_client};
use crate::model::{ErrorCode, LeaderEpoch, Offset};

/// Decisions that wait for the log. Beyond it, the mailbox is left to fill.
const QUEUE_MAX: usize = 4096;
/// Bytes of one batch; larger ones could pass `max.message.bytes` of the topic, whose default is 1 MiB.
const BATCH_BYTES_MAX: usize = 512 * 1024;
/// What a record takes in a batch beside its key and value, at most.
const RECORD_OVERHEAD: usize = 32;

/// How soon a full shard looks whether it still leads.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// A request in the mailbox of a shard.
#[derive(Debug)]
pub(super) struct Letter {
    pub(super) request: GroupRequest,
    pub(super) caller: Caller,
    pub(super) answer: oneshot::Sender<Reply>,
}

/// Which partition a task serves, and as which leader.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leadership {
    pub(super) partition: i32,
    pub(super) leader_epoch: LeaderEpoch,
}

/// Serves one partition until the mailbox is closed, which is how the loss of leadership is told.
pub(super) async fn run(shared: Arc<Shared>, leadership: Leadership, mut mailbox: mpsc::Receiver<Letter>) {
    let mut task = ShardTask::new(shared, leadership);
    match task.load(&mut mailbox).await {
        Loaded::Ready => task.serve(&mut mailbox).await,
        Loaded::Failed => refuse_until_closed(&mut mailbox).await,
        Loaded::Closed => {}
    }
    task.close();
}

enum Loaded {
    Ready,
    Failed,
    Closed,
}

async fn refuse_until_closed(mailbox: &mut mpsc::Receiver<Letter>) {
    while let Some(letter) = mailbox.recv().await {
        letter.refuse(ErrorCode::NOT_COORDINATOR);
    }
}

impl Letter {
    fn refuse(self, error: ErrorCode) {
        // A client that went away meanwhile wants no answer.
        let _ = self.answer.send(self.request.refusal(error));
    }
}

/// What waits for the log: the records of one decision, and the replies that leave when they are committed.
struct Staged {
    append: Option<AppendId>,
    records: Vec<(Bytes, Option<Bytes>)>,
    bytes: usize,
    replies: Vec<(ReplyId, Reply)>,
    deadline: Duration,
    is_overdue: bool,
}

struct ShardTask {
    shared: Arc<Shared>,
    leadership: Leadership,
    shard: GroupShard,
    waiting: HashMap<ReplyId, oneshot::Sender<Reply>>,
    reply_count: u64,
    queue: VecDeque<Staged>,
    in_flight: Vec<Staged>,
    append: Option<LogFuture<Offset>>,
    /// So many decisions at the head of the queue go alone: together they were too large for the log.
    go_alone: usize,
    next_expiry: Duration,
}

impl ShardTask {
    fn new(shared: Arc<Shared>, leadership: Leadership) -> ShardTask {
        ShardTask {
            shard: GroupShard::new(shared.config.clone()),
            next_expiry: shared.clock.elapsed().saturating_add(shared.config.offsets_retention_check_interval),
            shared,
            leadership,
            waiting: HashMap::new(),
            reply_count: 0,
            queue: VecDeque::new(),
            in_flight: Vec::new(),
            append: None,
            go_alone: 0,
        }
    }

    fn now(&self) -> Now {
        Now { wall: self.shared.clock.now(), steady: self.shared.clock.elapsed() }
    }

    /// Replays the partition. Requests that come meanwhile are told so.
    async fn load(&mut self, mailbox: &mut mpsc::Receiver<Letter>) -> Loaded {
        let partition = self.leadership.partition;
        let started = self.shared.clock.elapsed();
        let mut from = Offset::ZERO;
        loop {
            let mut chunk = self.shared.log.read(partition, from);
            let chunk = loop {
                tokio::select! {
                    chunk = &mut chunk => break chunk,
                    letter = mailbox.recv() => match letter {
                        Some(letter) => letter.refuse(ErrorCode::COORDINATOR_LOAD_IN_PROGRESS),
                        None => return Loaded::Closed,
                    },
                }
            };
            let chunk = match chunk {
                Ok(chunk) => chunk,
                Err(error) => {
                    warn!(partition, offset = from.0, %error, "could not load the groups of a partition");
                    return Loaded::Failed;
                }
            };
            chunk.entries.into_iter().for_each(|entry| self.replay(entry));
            from = chunk.next;
            if chunk.is_last {
                break;
            }
        }
        let (groups, offsets) = (self.shard.group_count(), self.shard.offset_count());
        let took = self.shared.clock.elapsed().saturating_sub(started);
        let millis = took.as_millis() as u64;
        if groups + offsets > 0 {
            info!(partition, groups, offsets, millis, "loaded the groups of a partition");
        } else {
            // A new topic has fifty of these.
            debug!(partition, millis, "loaded a partition without groups");
        }
        let outcome = self.shard.loaded(self.now());
        self.follow(outcome);
        Loaded::Ready
    }

    fn replay(&mut self, entry: LogEntry) {
        let wall = self.shared.clock.now();
        match entry {
            LogEntry::Record { offset, producer_id, key, value } => match GroupRecord::from_bytes(key, value) {
                Ok(Some(record)) => self.shard.replay(offset, producer_id, record, wall),
                // Of another protocol, or of a newer broker: it stays in the log.
                Ok(None) => {}
                Err(error) => {
                    let partition = self.leadership.partition;
                    warn!(partition, offset = offset.0, %error, "skipped a record that cannot be read");
                }
            },
            LogEntry::EndOfTransaction { producer_id, end } => self.shard.replay_end_of_transaction(producer_id, end),
        }
    }

    async fn serve(&mut self, mailbox: &mut mpsc::Receiver<Letter>) {
        loop {
            self.start_append();
            let mut wake_in = self.next_wake().saturating_sub(self.shared.clock.elapsed());
            let has_room = self.queue.len() < QUEUE_MAX;
            if !has_room {
                // A full queue must not hide that the partition is led elsewhere now.
                if mailbox.is_closed() {
                    return;
                }
                wake_in = wake_in.min(LOOK_AGAIN_AFTER);
            }
            tokio::select! {
                biased;
                result = appended(&mut self.append) => self.finish_append(result),
                () = tokio::time::sleep(wake_in) => self.wake(),
                letter = mailbox.recv(), if has_room => match letter {
                    Some(letter) => self.decide(letter),
                    None => return,
                },
            }
        }
    }

    fn decide(&mut self, letter: Letter) {
        self.reply_count += 1;
        let reply = ReplyId(self.reply_count);
        self.waiting.insert(reply, letter.answer);
        let outcome = self.shard.handle(letter.request, letter.caller, reply, self.now());
        self.follow(outcome);
    }

    /// When something has to be done without being asked.
    fn next_wake(&self) -> Duration {
        let overdue = |staged: &&Staged| !staged.is_overdue;
        let waiting = self.in_flight.iter().chain(&self.queue).find(overdue).map(|staged| staged.deadline);
        [self.shard.next_deadline(), waiting].into_iter().flatten().fold(self.next_expiry, Duration::min)
    }

    fn wake(&mut self) {
        let now = self.now();
        while let Some(outcome) = self.shard.ring(now) {
            self.follow(outcome);
        }
        self.give_up_waiting(now.steady);
        if self.next_expiry <= now.steady {
            self.next_expiry = now.steady.saturating_add(self.shared.config.offsets_retention_check_interval);
            let outcome = self.shard.handle(GroupRequest::Expire, Caller::default(), ReplyId(0), now);
            self.shared.counters.expired(outcome.records.len());
            self.follow(outcome);
        }
    }

    /// Sends what may leave, and queues what has to be written first.
    fn follow(&mut self, outcome: Outcome) {
        for (to, reply) in outcome.replies {
            self.send(to, reply);
        }
        let mut staged = Staged {
            append: outcome.append,
            records: Vec::with_capacity(outcome.records.len()),
            bytes: 0,
            replies: outcome.response.into_iter().collect(),
            deadline: self.shared.clock.elapsed().saturating_add(self.shared.config.offsets_commit_timeout),
            is_overdue: false,
        };
        for record in &outcome.records {
            match record.to_bytes() {
                Ok((key, value)) => {
                    staged.bytes += RECORD_OVERHEAD + key.len() + value.as_ref().map_or(0, Bytes::len);
                    staged.records.push((key, value));
                }
                Err(error) => {
                    warn!(partition = self.leadership.partition, %error, "a decision cannot be written down");
                    self.settle(staged, Err(ErrorCode::UNKNOWN_SERVER_ERROR));
                    return;
                }
            }
        }
        let is_idle = self.queue.is_empty() && self.append.is_none();
        if staged.append.is_none() && (is_idle || staged.replies.is_empty()) {
            self.settle(staged, Ok(Offset::UNKNOWN));
        } else {
            self.queue.push_back(staged);
        }
    }

    fn start_append(&mut self) {
        if self.append.is_some() || self.queue.is_empty() {
            return;
        }
        let mut records = Vec::new();
        let mut bytes = 0;
        while let Some(staged) = self.queue.front_mut() {
            let is_full = !records.is_empty() && (self.go_alone > 0 || bytes + staged.bytes > BATCH_BYTES_MAX);
            if is_full {
                break;
            }
            bytes += staged.bytes;
            records.extend(staged.records.iter().cloned());
            self.in_flight.push(self.queue.pop_front().expect("seen above"));
        }
        self.go_alone = self.go_alone.saturating_sub(1);
        let Leadership { partition, leader_epoch } = self.leadership;
        let timestamp = self.shared.clock.now();
        self.append = Some(if records.is_empty() {
            Box::pin(std::future::ready(Ok(Offset::UNKNOWN)))
        } else {
            self.shared.log.append(GroupBatch { partition, leader_epoch, timestamp, records })
        });
    }

    fn finish_append(&mut self, result: Result<Offset, ErrorCode>) {
        self.append = None;
        let in_flight = std::mem::take(&mut self.in_flight);
        if result == Err(ErrorCode::MESSAGE_TOO_LARGE) && in_flight.len() > 1 {
            self.go_alone = in_flight.len();
            in_flight.into_iter().rev().for_each(|staged| self.queue.push_front(staged));
            return;
        }
        let result = result.map_err(append_error_for_client);
        if let Err(error) = result {
            let Leadership { partition, leader_epoch } = self.leadership;
            warn!(partition, epoch = leader_epoch.0, %error, "could not write what was decided");
        }
        let mut next = result;
        for staged in in_flight {
            let count = i64::try_from(staged.records.len()).expect("a batch is bounded");
            self.settle(staged, next);
            next = next.map(|offset| offset.plus(count));
        }
    }

    /// The records of a decision are committed, or never will be.
    fn settle(&mut self, staged: Staged, result: Result<Offset, ErrorCode>) {
        if let Some(append) = staged.append {
            let outcome = self.shard.appended(append, result, self.now());
            self.follow(outcome);
        }
        for (to, reply) in staged.replies {
            let reply = match result {
                Ok(_) => reply,
                Err(error) => reply.refused(error),
            };
            self.shared.counters.replied(&reply);
            self.send(to, reply);
        }
    }

    /// The log did not commit in time (`offsets.commit.timeout.ms`): who waits is told. The records may yet be committed.
    fn give_up_waiting(&mut self, now: Duration) {
        let mut late = Vec::new();
        for staged in self.in_flight.iter_mut().chain(&mut self.queue) {
            if staged.is_overdue || staged.deadline > now {
                continue;
            }
            staged.is_overdue = true;
            late.push((staged.append, std::mem::take(&mut staged.replies)));
        }
        for (append, replies) in late {
            for (to, reply) in replies {
                let error = match reply {
                    // So that a client before 3.9 asks again, and looks for the coordinator first.
                    Reply::OffsetFetch(_) => ErrorCode::NOT_COORDINATOR,
                    _ => append_error_for_client(ErrorCode::REQUEST_TIMED_OUT),
                };
                self.send(to, reply.refused(error));
            }
            if let Some(append) = append {
                let error = append_error_for_client(ErrorCode::REQUEST_TIMED_OUT);
                let outcome = self.shard.append_overdue(append, error, self.now());
                self.follow(outcome);
            }
        }
    }

    fn send(&mut self, to: ReplyId, reply: Reply) {
        if let Some(answer) = self.waiting.remove(&to) {
            // A client that went away meanwhile wants no answer.
            let _ = answer.send(reply);
        }
    }

    /// The partition is led elsewhere: everyone who waits has to look for the new coordinator.
    fn close(mut self) {
        let now = self.now();
        for staged in self.in_flight.drain(..).chain(self.queue.drain(..)) {
            for (to, reply) in staged.replies {
                if let Some(answer) = self.waiting.remove(&to) {
                    let _ = answer.send(reply.refused(ErrorCode::NOT_COORDINATOR));
                }
            }
        }
        for (to, reply) in self.shard.unload(ErrorCode::NOT_COORDINATOR, now) {
            if let Some(answer) = self.waiting.remove(&to) {
                let _ = answer.send(reply);
            }
        }
        debug!(partition = self.leadership.partition, "unloaded the groups of a partition");
    }
}

/// The end of the append that is on its way; never, where none is.
async fn appended(append: &mut Option<LogFuture<Offset>>) -> Result<Offset, ErrorCode> {
    match append {
        Some(append) => append.await,
        None => std::future::pending().await,
    }
}
