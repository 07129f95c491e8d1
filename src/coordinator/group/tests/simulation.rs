//! Members that join, leave, fall silent and send nonsense, by chance from a seed.

use std::collections::HashMap;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::*;

const SEEDS: u64 = 300;
const STEPS: usize = 400;

/// Names the seed when a run fails. `MQ_SEED=n` runs that one alone.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("failed with MQ_SEED={}", self.0);
        }
    }
}

/// What a client believes.
#[derive(Debug, Clone, PartialEq)]
enum Phase {
    Out,
    Joining(ReplyId),
    Syncing { reply: ReplyId, generation: i32 },
    In { generation: i32 },
}

struct Client {
    name: usize,
    instance: Option<String>,
    member_id: String,
    phase: Phase,
}

struct Simulation {
    world: World,
    rng: StdRng,
    clients: Vec<Client>,
    /// The last commit that was acknowledged.
    committed: Option<i64>,
    commits: i64,
    generation: i32,
    leaders: HashMap<i32, (String, Option<String>)>,
}

impl Simulation {
    fn new(seed: u64) -> Simulation {
        let config = GroupConfig { group_max_size: 6, ..GroupConfig::default() };
        let client = |name: usize| Client {
            name,
            instance: name.is_multiple_of(3).then(|| format!("i{name}")),
            member_id: String::new(),
            phase: Phase::Out,
        };
        Simulation {
            world: World::with(config),
            rng: StdRng::seed_from_u64(seed),
            clients: (0..8).map(client).collect(),
            committed: None,
            commits: 0,
            generation: 0,
            leaders: HashMap::new(),
        }
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.rng.random_range(0..100) < percent
    }

    /// What the client does when it follows the protocol.
    fn behave(&mut self, index: usize) {
        match self.clients[index].phase.clone() {
            Phase::Out => self.join(index),
            Phase::Joining(reply) => self.hear_join(index, reply),
            Phase::Syncing { reply, generation } => self.hear_sync(index, reply, generation),
            Phase::In { generation } => self.live(index, generation),
        }
    }

    fn join(&mut self, index: usize) {
        let client = &self.clients[index];
        let both = vec![protocol("range", &["t"]), protocol("sticky", &["t", "u"])];
        let request = JoinGroupRequest {
            group_instance_id: client.instance.clone(),
            protocols: if client.name.is_multiple_of(2) { both } else { vec![protocol("range", &["t"])] },
            ..joining(&client.member_id)
        };
        let reply = self.world.join_with(9, request);
        self.clients[index].phase = Phase::Joining(reply);
    }

    fn hear_join(&mut self, index: usize, reply: ReplyId) {
        if self.world.is_waiting(reply) {
            return;
        }
        let response = self.world.joined(reply);
        let client = &mut self.clients[index];
        match error(response.error_code) {
            ErrorCode::NONE => {
                client.member_id = response.member_id.clone();
                self.hear_generation(&response);
                let members: Vec<(String, String)> = response
                    .members
                    .iter()
                    .map(|member| {
                        (member.member_id.clone(), format!("{}:{}", response.generation_id, member.member_id))
                    })
                    .collect();
                let assignments = members.into_iter().map(|(member_id, assignment)| SyncGroupRequestAssignment {
                    member_id,
                    assignment: Bytes::from(assignment),
                });
                let request = SyncGroupRequest {
                    group_id: GROUP.to_owned(),
                    generation_id: response.generation_id,
                    member_id: response.member_id,
                    group_instance_id: self.clients[index].instance.clone(),
                    assignments: if response.skip_assignment { Vec::new() } else { assignments.collect() },
                    ..SyncGroupRequest::default()
                };
                let generation = request.generation_id;
                let reply = self.world.send(5, GroupRequest::Sync(request));
                self.clients[index].phase = Phase::Syncing { reply, generation };
            }
            ErrorCode::MEMBER_ID_REQUIRED => {
                client.member_id = response.member_id;
                client.phase = Phase::Out;
            }
            ErrorCode::UNKNOWN_MEMBER_ID | ErrorCode::FENCED_INSTANCE_ID => {
                client.member_id = String::new();
                client.phase = Phase::Out;
            }
            ErrorCode::REBALANCE_IN_PROGRESS
            | ErrorCode::GROUP_MAX_SIZE_REACHED
            | ErrorCode::INCONSISTENT_GROUP_PROTOCOL
            | ErrorCode::COORDINATOR_NOT_AVAILABLE => client.phase = Phase::Out,
            other => panic!("a join got {other}"),
        }
    }

    /// A generation never goes back, and all of it agree on leader and protocol.
    fn hear_generation(&mut self, response: &JoinGroupResponse) {
        let generation = response.generation_id;
        self.generation = self.generation.max(generation);
        let own = (response.leader.clone(), response.protocol_name.clone());
        let first = self.leaders.entry(generation).or_insert_with(|| own.clone());
        assert_eq!(first.1, own.1, "generation {generation} has two protocols");
    }

    fn hear_sync(&mut self, index: usize, reply: ReplyId, generation: i32) {
        if self.world.is_waiting(reply) {
            return;
        }
        let response = self.world.synced(reply);
        let client = &mut self.clients[index];
        match error(response.error_code) {
            ErrorCode::NONE => {
                let text = String::from_utf8(response.assignment.to_vec()).unwrap();
                let (of, to) = text.split_once(':').unwrap_or(("", ""));
                if !to.is_empty() {
                    assert_eq!(of, generation.to_string(), "an assignment of another generation");
                    assert!(client.instance.is_some() || to == client.member_id, "another member's assignment");
                }
                client.phase = Phase::In { generation };
            }
            ErrorCode::UNKNOWN_MEMBER_ID | ErrorCode::FENCED_INSTANCE_ID => {
                client.member_id = String::new();
                client.phase = Phase::Out;
            }
            ErrorCode::REBALANCE_IN_PROGRESS | ErrorCode::ILLEGAL_GENERATION | ErrorCode::COORDINATOR_NOT_AVAILABLE => {
                client.phase = Phase::Out;
            }
            other => panic!("a sync got {other}"),
        }
    }

    fn live(&mut self, index: usize, generation: i32) {
        let member_id = self.clients[index].member_id.clone();
        let instance = self.clients[index].instance.clone();
        if self.chance(30) {
            self.commit(&member_id, instance.as_deref(), generation);
        }
        match self.world.heartbeat_as(&member_id, instance.as_deref(), generation) {
            ErrorCode::NONE => {}
            ErrorCode::REBALANCE_IN_PROGRESS | ErrorCode::ILLEGAL_GENERATION => self.clients[index].phase = Phase::Out,
            ErrorCode::UNKNOWN_MEMBER_ID | ErrorCode::FENCED_INSTANCE_ID => {
                self.clients[index].phase = Phase::Out;
                self.clients[index].member_id = String::new();
            }
            other => panic!("a heartbeat got {other}"),
        }
    }

    /// I6: only what was acknowledged counts, and an older generation changes nothing.
    fn commit(&mut self, member_id: &str, instance: Option<&str>, generation: i32) {
        self.commits += 1;
        let request = OffsetCommitRequest {
            group_instance_id: instance.map(str::to_owned),
            ..committing(member_id, generation, self.commits)
        };
        if self.world.commit(9, request) == ErrorCode::NONE {
            self.committed = Some(self.commits);
        }
        assert_eq!(self.world.fetch("t").committed_offset, self.committed.unwrap_or(-1));
    }

    /// What no sound client does, and what a network does.
    fn misbehave(&mut self, index: usize) {
        let member_id = self.clients[index].member_id.clone();
        match self.rng.random_range(0..9) {
            0 => {
                let generation =
                    [-1, 0, self.generation - 1, self.generation + 1, i32::MAX][self.rng.random_range(0..5)];
                self.world.heartbeat(&member_id, generation);
            }
            1 => {
                let generation = self.generation - 1;
                self.commit(&member_id, None, generation.max(0));
            }
            2 => {
                let timeout = [0, -1, i32::MIN, i32::MAX, 1][self.rng.random_range(0..5)];
                // Sessions are bounded before a request comes here.
                let request = JoinGroupRequest { rebalance_timeout_ms: timeout, ..joining(&member_id) };
                self.world.join_with(3, request);
            }
            3 => {
                let request = JoinGroupRequest { protocols: vec![protocol("other", &[])], ..joining(&member_id) };
                self.world.join_with(9, request);
            }
            4 => {
                self.world.sync(&member_id, self.generation, &[("nobody", b"x")]);
            }
            5 => {
                let instance = self.clients[index].instance.clone();
                self.world.leave(&[(&member_id, instance.as_deref())]);
            }
            6 => {
                // It starts anew and remembers nothing.
                self.clients[index].member_id = String::new();
                self.clients[index].phase = Phase::Out;
            }
            7 => {
                self.world.log_is = LogIs::Failing(ErrorCode::COORDINATOR_NOT_AVAILABLE);
                self.behave(index);
                self.world.log_is = LogIs::Well;
            }
            _ => self.world.pass(u64::from(self.rng.random_range(0..15_000_u32))),
        }
    }

    fn run(&mut self) {
        for _ in 0..STEPS {
            let index = self.rng.random_range(0..self.clients.len());
            if self.chance(15) {
                self.misbehave(index);
            } else {
                self.behave(index);
            }
            if self.chance(20) {
                let millis = self.rng.random_range(0..2_000_u64);
                self.world.pass(millis);
            }
        }
    }

    /// Everyone behaves from now on: the group must come to rest (fault E9: no livelock).
    fn settle(&mut self) {
        self.clients.truncate(5);
        // The members that nonsense left behind fall silent, and the longest timeout of theirs has an end.
        for _ in 0..2_000 {
            for index in 0..self.clients.len() {
                self.behave(index);
            }
            self.world.pass(1_000);
            let is_in = |client: &Client| matches!(client.phase, Phase::In { .. });
            if self.clients.iter().all(is_in) && self.world.state() == "Stable" {
                return;
            }
        }
        panic!("no rest: {:?}", self.clients.iter().map(|client| &client.phase).collect::<Vec<_>>());
    }

    /// Fault E11: what is replayed is what was.
    fn compare_with_replay(&mut self) {
        let mut other = self.world.replayed();
        let mut own = self.world.describe();
        let mut replayed = other.describe();
        own.members.sort_by(|one, other| one.member_id.cmp(&other.member_id));
        replayed.members.sort_by(|one, other| one.member_id.cmp(&other.member_id));
        assert_eq!(own, replayed);
        assert_eq!(other.fetch("t").committed_offset, self.committed.unwrap_or(-1));
    }

    fn check_log(&self) {
        let mut last = 0;
        for record in &self.world.log {
            if let GroupRecord::Group { value: Some(value), .. } = record {
                assert!(value.generation >= last, "generation {} after {last} in the log", value.generation);
                last = value.generation;
            }
        }
    }
}

/// Fault E9: members join, leave and heartbeat late, timeouts of 0, -1 and huge, failing appends.
#[test]
fn a_group_survives_its_members() {
    let chosen = std::env::var("MQ_SEED").ok().and_then(|text| text.parse().ok());
    let seeds = chosen.map_or(0..SEEDS, |seed| seed..seed + 1);
    for seed in seeds {
        let seed = Seed(seed);
        let mut simulation = Simulation::new(seed.0);
        simulation.run();
        simulation.settle();
        simulation.check_log();
        simulation.compare_with_replay();
    }
}

/// Fault E9: 1,000 members.
#[test]
fn a_thousand_members_share_one_group() {
    let mut world = World::new();
    let members = world.stable(1_000);
    for member in &members {
        assert_eq!(world.heartbeat(member, 1), ErrorCode::NONE);
    }
    assert_eq!(world.describe().members.len(), 1_000);
    world.leave(&[(&members[500], None)]);
    assert_eq!(world.heartbeat(&members[0], 1), ErrorCode::REBALANCE_IN_PROGRESS);
}
