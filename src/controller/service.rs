//! The active controller: one mailbox that puts all decisions in order, and answers each after its commit.
//!
//! A decision is made on the last image plus the records that were decided before it and are not committed yet. Its answer,
//! also a refusal, waits until all of these are committed: what is not committed may never have been.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

use super::brokers::{self, Beating, Heartbeat, Registering, Standing};
use super::configs;
use super::elections::TopicRules;
use super::producer_ids::{self, ProducerIdsBlock};
use super::{Outcome, Schema, bootstrap, features, partitions, topics};
use crate::io::clock::Clock;
use crate::io::rng::Rng;
use crate::metadata::{Image, MetadataRecord};
use crate::model::{BrokerEpoch, ErrorCode, Failure, LeaderEpoch, NodeId, Offset};
use crate::protocol::messages::{
    AlterConfigsRequest, AlterConfigsResponse, BrokerHeartbeatRequest, BrokerRegistrationRequest,
    ControllerRegistrationRequest, CreatePartitionsRequest, CreatePartitionsResponse, CreateTopicsRequest,
    CreateTopicsResponse, DeleteTopicsRequest, DeleteTopicsResponse, IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsResponse, UpdateFeaturesRequest, UpdateFeaturesResponse,
};
use crate::quorum::{Leadership, Proposal, Quorum};

/// How many requests may wait for a decision.
const MAILBOX_MAX: usize = 1024;
/// How long a request without a timeout of its own waits for its commit.
const COMMIT_TIMEOUT: Duration = Duration::from_secs(30);
/// How often sessions are looked at, as a part of the session timeout: a broker is fenced at most that much late.
const SESSION_CHECKS: u32 = 8;

/// What a controller is started with.
#[derive(Debug, Clone)]
pub struct Options {
    /// `node.id`.
    pub node_id: NodeId,
    /// `cluster.id`.
    pub cluster_id: String,
    /// The properties of this node.
    pub schema: Schema,
    /// `broker.session.timeout.ms`.
    pub session_timeout: Duration,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub rng: Arc<dyn Rng>,
}

/// The way to the active controller on this node. Clones lead to the same one.
#[derive(Debug, Clone)]
pub struct Controller {
    mailbox: mpsc::Sender<Command>,
}

/// A decision that waits for its turn.
struct Command(Box<dyn FnOnce(&mut Mind) -> Decided + Send>);

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Command")
    }
}

/// A decision's records, and its answer for when they are committed.
struct Decided {
    records: Vec<MetadataRecord>,
    answer: Answer,
}

type Answer = Box<dyn FnOnce(Result<(), Failure>) + Send>;

impl Controller {
    /// A controller that decides whenever this node leads the quorum, and the task that has to be run for it. The task ends when
    /// the last clone of the controller is gone or the quorum's log is offline.
    pub fn new(options: Options, quorum: Quorum) -> (Controller, impl Future<Output = ()> + Send + 'static) {
        let (mailbox, commands) = mpsc::channel(MAILBOX_MAX);
        (Controller { mailbox }, run(options, quorum, commands))
    }

    /// CreateTopics.
    ///
    /// # Errors
    /// The request as a whole failed: this is not the controller, or the commit took too long.
    pub async fn create_topics(&self, request: CreateTopicsRequest) -> Result<CreateTopicsResponse, Failure> {
        let timeout = request.timeout_ms;
        self.decide(timeout, move |mind| {
            Ok(topics::create(&mind.image, &mind.options.schema, &request, &*mind.options.rng))
        })
        .await
    }

    /// DeleteTopics.
    ///
    /// # Errors
    /// As [`Controller::create_topics`], or deletion is switched off.
    pub async fn delete_topics(
        &self,
        request: DeleteTopicsRequest,
        version: i16,
    ) -> Result<DeleteTopicsResponse, Failure> {
        let timeout = request.timeout_ms;
        self.decide(timeout, move |mind| topics::delete(&mind.image, &mind.options.schema, &request, version)).await
    }

    /// CreatePartitions.
    ///
    /// # Errors
    /// As [`Controller::create_topics`].
    pub async fn create_partitions(
        &self,
        request: CreatePartitionsRequest,
    ) -> Result<CreatePartitionsResponse, Failure> {
        let timeout = request.timeout_ms;
        self.decide(timeout, move |mind| Ok(partitions::create(&mind.image, &request, &*mind.options.rng))).await
    }

    /// IncrementalAlterConfigs.
    ///
    /// # Errors
    /// As [`Controller::create_topics`].
    pub async fn incremental_alter_configs(
        &self,
        request: IncrementalAlterConfigsRequest,
    ) -> Result<IncrementalAlterConfigsResponse, Failure> {
        self.decide_soon(move |mind| Ok(configs::incremental_alter(&mind.image, &mind.options.schema, &request))).await
    }

    /// AlterConfigs.
    ///
    /// # Errors
    /// As [`Controller::create_topics`].
    pub async fn alter_configs(&self, request: AlterConfigsRequest) -> Result<AlterConfigsResponse, Failure> {
        self.decide_soon(move |mind| Ok(configs::alter(&mind.image, &mind.options.schema, &request))).await
    }

    /// UpdateFeatures.
    ///
    /// # Errors
    /// As [`Controller::create_topics`].
    pub async fn update_features(
        &self,
        request: UpdateFeaturesRequest,
        version: i16,
    ) -> Result<UpdateFeaturesResponse, Failure> {
        let timeout = request.timeout_ms;
        self.decide(timeout, move |mind| Ok(features::update(&mind.image, mind.options.node_id, &request, version)))
            .await
    }

    /// AllocateProducerIds.
    ///
    /// # Errors
    /// As [`Controller::create_topics`], or the broker's epoch is stale.
    pub async fn allocate_producer_ids(&self, broker: NodeId, epoch: BrokerEpoch) -> Result<ProducerIdsBlock, Failure> {
        self.decide_soon(move |mind| producer_ids::allocate(&mind.image, broker, epoch)).await
    }

    /// BrokerRegistration; the answer is the broker's epoch.
    ///
    /// # Errors
    /// As [`Controller::create_topics`], or the broker may not be part of this cluster.
    pub async fn register_broker(&self, request: BrokerRegistrationRequest) -> Result<BrokerEpoch, Failure> {
        self.decide_soon(move |mind| mind.register_broker(&request)).await
    }

    /// BrokerHeartbeat.
    ///
    /// # Errors
    /// As [`Controller::create_topics`], or the broker's epoch is stale.
    pub async fn heartbeat(&self, request: BrokerHeartbeatRequest) -> Result<Heartbeat, Failure> {
        self.decide_soon(move |mind| mind.heartbeat(&request)).await
    }

    /// UnregisterBroker.
    ///
    /// # Errors
    /// As [`Controller::create_topics`], or no broker has this id.
    pub async fn unregister_broker(&self, id: NodeId) -> Result<(), Failure> {
        self.decide_soon(move |mind| {
            let outcome = brokers::unregister(&mind.image, id, &|topic| mind.topic_rules(topic))?;
            mind.sessions.remove(&id);
            Ok(outcome)
        })
        .await
    }

    /// ControllerRegistration.
    ///
    /// # Errors
    /// As [`Controller::create_topics`].
    pub async fn register_controller(&self, request: ControllerRegistrationRequest) -> Result<(), Failure> {
        self.decide_soon(move |_| Ok(brokers::register_controller(&request))).await
    }

    async fn decide_soon<T: Send + 'static>(
        &self,
        decide: impl FnOnce(&mut Mind) -> Result<Outcome<T>, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        self.decide_within(COMMIT_TIMEOUT, decide).await
    }

    async fn decide<T: Send + 'static>(
        &self,
        timeout_ms: i32,
        decide: impl FnOnce(&mut Mind) -> Result<Outcome<T>, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        self.decide_within(Duration::from_millis(u64::try_from(timeout_ms).unwrap_or(0)), decide).await
    }

    /// Waits for a decision's turn, its commit and its answer. After a timeout the outcome is not known.
    async fn decide_within<T: Send + 'static>(
        &self,
        timeout: Duration,
        decide: impl FnOnce(&mut Mind) -> Result<Outcome<T>, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let (sender, answer) = oneshot::channel();
        let command = Command(Box::new(move |mind| {
            let (records, reply) = match decide(mind) {
                Ok(outcome) => (outcome.records, Ok(outcome.reply)),
                Err(failure) => (Vec::new(), Err(failure)),
            };
            // A client that is gone does not undo what was decided.
            let answer = move |committed: Result<(), Failure>| drop(sender.send(committed.and(reply)));
            Decided { records, answer: Box::new(answer) }
        }));
        let asked = async {
            self.mailbox.send(command).await.map_err(|_| not_controller())?;
            answer.await.unwrap_or_else(|_| Err(not_controller()))
        };
        match tokio::time::timeout(timeout, asked).await {
            Ok(answer) => answer,
            Err(_) => Err(ErrorCode::REQUEST_TIMED_OUT.into()),
        }
    }
}

fn not_controller() -> Failure {
    Failure::new(ErrorCode::NOT_CONTROLLER, "No controller appears to be active.")
}

/// What a decision sees, and what the controller alone knows.
struct Mind {
    options: Options,
    /// The committed image and all decided records on top.
    image: Image,
    /// The offset that the next decided record gets.
    next_offset: Offset,
    sessions: BTreeMap<NodeId, Session>,
}

/// What the controller knows of a live broker.
#[derive(Debug, Clone, Copy)]
struct Session {
    /// The steady clock at the last heartbeat.
    last_heartbeat: Duration,
    /// How far the broker has read the metadata log.
    metadata_offset: Offset,
    /// Where the log ended when it began its controlled shutdown.
    shutdown_offset: Option<Offset>,
    /// Whether this controller has heard from it. One that it took over as alive may be the very broker that now comes up
    /// again after a crash, and must not have to wait for its own session to end.
    was_heard: bool,
}

impl Mind {
    fn topic_rules(&self, topic: &str) -> TopicRules {
        self.options.schema.topic_rules(&self.image, topic)
    }

    fn register_broker(&mut self, request: &BrokerRegistrationRequest) -> Result<Outcome<BrokerEpoch>, Failure> {
        let id = NodeId(request.broker_id);
        let registering = Registering {
            cluster_id: &self.options.cluster_id,
            next_offset: self.next_offset,
            has_session: self.has_session(id) && !self.was_this_node(id),
        };
        let outcome = brokers::register(&self.image, request, registering, &|topic| self.topic_rules(topic))?;
        // A registration is not a session: the first heartbeat begins one.
        self.sessions.remove(&id);
        Ok(outcome)
    }

    /// Whether the session is the one that this node's own broker had before the process started anew: nobody else can have
    /// its directories, so it is no other broker's.
    fn was_this_node(&self, id: NodeId) -> bool {
        let is_taken_over = |session: &Session| session.metadata_offset == Offset::UNKNOWN;
        id == self.options.node_id && self.sessions.get(&id).is_some_and(is_taken_over)
    }

    fn has_session(&self, id: NodeId) -> bool {
        let now = self.options.clock.elapsed();
        let timeout = self.options.session_timeout;
        let live = |session: &Session| session.was_heard && now.saturating_sub(session.last_heartbeat) < timeout;
        self.sessions.get(&id).is_some_and(live)
    }

    fn heartbeat(&mut self, request: &BrokerHeartbeatRequest) -> Result<Outcome<Heartbeat>, Failure> {
        let id = NodeId(request.broker_id);
        let others = self.sessions.iter().filter(|(other, _)| **other != id && self.image.brokers().is_active(**other));
        let beating = Beating {
            shutdown_offset: self.sessions.get(&id).and_then(|session| session.shutdown_offset),
            lowest_active_offset: others.map(|(_, session)| session.metadata_offset).min(),
        };
        let outcome = brokers::heartbeat(&self.image, request, beating, &|topic| self.topic_rules(topic))?;
        let (_, standing) = outcome.reply;
        let end = self.next_offset.plus(i64::try_from(outcome.records.len()).unwrap_or(i64::MAX) - 1);
        match standing {
            Standing::MayStop => drop(self.sessions.remove(&id)),
            Standing::Fenced | Standing::Unfenced | Standing::InControlledShutdown => {
                let began = (standing == Standing::InControlledShutdown).then_some(end);
                let session = Session {
                    last_heartbeat: self.options.clock.elapsed(),
                    metadata_offset: Offset(request.current_metadata_offset),
                    shutdown_offset: beating.shutdown_offset.or(began),
                    was_heard: true,
                };
                self.sessions.insert(id, session);
            }
        }
        Ok(outcome.map(|(heartbeat, _)| heartbeat))
    }

    /// Fences one broker whose session has ended; the effect of each is seen before the next one is looked at.
    fn fence_one(&mut self) -> Option<Decided> {
        let now = self.options.clock.elapsed();
        let stale = self.image.brokers().iter().filter(|broker| !broker.fenced).find(|broker| {
            let session = self.sessions.get(&broker.id);
            session.is_none_or(|session| now.saturating_sub(session.last_heartbeat) >= self.options.session_timeout)
        });
        let broker = stale?.clone();
        tracing::info!(node = broker.id.0, epoch = broker.epoch.0, "fencing a broker whose session has ended");
        self.sessions.remove(&broker.id);
        let records = brokers::fence(&self.image, &broker, &|topic| self.topic_rules(topic));
        Some(Decided { records, answer: Box::new(|_| ()) })
    }
}

/// Runs the controller: it is active whenever this node leads.
async fn run(options: Options, quorum: Quorum, mut commands: mpsc::Receiver<Command>) {
    let mut leadership = quorum.leadership();
    let mut failure = quorum.failure();
    loop {
        let now = *leadership.borrow_and_update();
        let reign = Reign::begin(&options, &quorum, now);
        let over = tokio::select! {
            over = async {
                match reign {
                    Some(reign) => reign.run(&mut commands).await,
                    None => refuse_all(&mut commands).await,
                }
            } => over,
            changed = leadership.changed() => if changed.is_ok() { Over::Leadership } else { Over::Everything },
            _ = failure.wait_for(Option::is_some) => Over::Everything,
        };
        if over == Over::Everything {
            return;
        }
    }
}

/// What has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    /// This node's time as leader, or another's.
    Leadership,
    /// The controller.
    Everything,
}

async fn refuse_all(commands: &mut mpsc::Receiver<Command>) -> Over {
    // Dropping a command drops its answer, which its client takes for "not the controller".
    while commands.recv().await.is_some() {}
    Over::Everything
}

/// One time as leader. Dropping it drops all that is not committed, and the answers with it.
struct Reign {
    quorum: Quorum,
    epoch: LeaderEpoch,
    took_over_transaction: bool,
    mind: Mind,
    committed: watch::Receiver<Offset>,
    /// Answers that wait for the commit of everything below an offset, in order.
    waiting: VecDeque<(Offset, Answer)>,
}

impl Reign {
    fn begin(options: &Options, quorum: &Quorum, leadership: Leadership) -> Option<Reign> {
        if leadership.leader != options.node_id {
            return None;
        }
        let image = Image::clone(&quorum.publisher().current());
        let now = options.clock.elapsed();
        // Whoever was alive under the leader before gets a whole session's time to say so again.
        let alive = image.brokers().iter().filter(|broker| !broker.fenced).map(|broker| {
            let session = Session {
                last_heartbeat: now,
                metadata_offset: Offset::UNKNOWN,
                shutdown_offset: None,
                was_heard: false,
            };
            (broker.id, session)
        });
        let sessions = alive.collect();
        let mind = Mind { options: options.clone(), image, next_offset: leadership.first_offset, sessions };
        let committed = quorum.committed();
        Some(Reign {
            quorum: quorum.clone(),
            epoch: leadership.epoch,
            took_over_transaction: leadership.took_over_transaction,
            mind,
            committed,
            waiting: VecDeque::new(),
        })
    }

    async fn run(mut self, commands: &mut mpsc::Receiver<Command>) -> Over {
        let records = bootstrap::activation(&self.mind.image, self.took_over_transaction);
        tracing::debug!(epoch = self.epoch.0, ?records, "the new controller writes");
        if let Err(failure) = self.take(Decided { records, answer: Box::new(|_| ()) }).await {
            tracing::error!(epoch = self.epoch.0, error = %failure.message, "the controller could not begin");
            return refuse_all(commands).await;
        }
        let mut checks = tokio::time::interval(self.mind.options.session_timeout / SESSION_CHECKS);
        loop {
            let decided = tokio::select! {
                biased;
                changed = self.committed.changed() => {
                    if changed.is_err() {
                        return Over::Everything;
                    }
                    self.answer_committed();
                    continue;
                }
                command = commands.recv() => match command {
                    Some(Command(decide)) => decide(&mut self.mind),
                    None => return Over::Everything,
                },
                _ = checks.tick() => match self.mind.fence_one() {
                    Some(decided) => decided,
                    None => continue,
                },
            };
            if let Err(failure) = self.take(decided).await {
                tracing::error!(epoch = self.epoch.0, error = %failure.message, "the controller stepped down");
                return refuse_all(commands).await;
            }
        }
    }

    /// Proposes a decision's records and queues its answer. An error leaves nothing that can go on.
    async fn take(&mut self, decided: Decided) -> Result<(), Failure> {
        let Decided { records, answer } = decided;
        if !records.is_empty() {
            let base_offset = self.mind.next_offset;
            let mut image = self.mind.image.clone();
            for record in &records {
                if let Err(error) = image.replay(record) {
                    // Nothing of it was proposed, so this one decision fails and the image stays as it was.
                    let text = format!("a decision of the controller contradicts its own image: {error}");
                    tracing::error!(record = record.name(), error = %error, "a decision could not be replayed");
                    answer(Err(Failure::new(ErrorCode::UNKNOWN_SERVER_ERROR, text)));
                    return Ok(());
                }
            }
            let count = i64::try_from(records.len()).expect("a decision is one batch");
            let proposal = Proposal { epoch: self.epoch, base_offset, records };
            if let Err(error) = self.quorum.propose(proposal).await {
                let failure = Failure::new(ErrorCode::NOT_CONTROLLER, error.to_string());
                answer(Err(failure.clone()));
                return Err(failure);
            }
            self.mind.image = image;
            self.mind.next_offset = base_offset.plus(count);
        }
        self.waiting.push_back((self.mind.next_offset, answer));
        self.answer_committed();
        Ok(())
    }

    fn answer_committed(&mut self) {
        let committed = *self.committed.borrow_and_update();
        while self.waiting.front().is_some_and(|(offset, _)| *offset <= committed) {
            let (_, answer) = self.waiting.pop_front().expect("there is one in front");
            answer(Ok(()));
        }
        if committed >= self.mind.next_offset {
            // Nothing is open: the published image is the same, and sharing it halves what the metadata takes.
            self.mind.image = Image::clone(&self.quorum.publisher().current());
        }
    }
}
