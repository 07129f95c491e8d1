//! Registration, heartbeats, fencing, and what they do to partitions.

use super::brokers::{self, Beating, Heartbeat, Registering, Standing};
use super::elections::TopicRules;
use super::fixture::{broker, cluster, feature, log_dir, replay, single, with_topic};
use crate::metadata::{Image, LeaderRecoveryState, MetadataRecord, PartitionState};
use crate::model::{BrokerEpoch, ErrorCode, Failure, NodeId, Offset, TopicPartition, Uuid};
use crate::protocol::messages::broker_registration_request::Feature;
use crate::protocol::messages::{
    BrokerHeartbeatRequest, BrokerRegistrationRequest, PartitionChangeRecord, RegisterBrokerRecord,
};

const RULES: TopicRules = TopicRules { unclean_leader_election: false, min_insync_replicas: 1 };
const REGISTERING: Registering<'_> =
    Registering { cluster_id: "cluster", next_offset: Offset(100), has_session: false };
const ALONE: Beating = Beating { shutdown_offset: None, lowest_active_offset: None };

fn registration(id: i32, incarnation: u8) -> BrokerRegistrationRequest {
    BrokerRegistrationRequest {
        broker_id: id,
        cluster_id: "cluster".to_owned(),
        incarnation_id: Uuid([incarnation; 16]),
        features: vec![
            Feature { name: "metadata.version".to_owned(), min_supported_version: 7, max_supported_version: 30 },
            Feature {
                name: "eligible.leader.replicas.version".to_owned(),
                min_supported_version: 0,
                max_supported_version: 1,
            },
        ],
        log_dirs: vec![log_dir(id)],
        previous_broker_epoch: -1,
        ..BrokerRegistrationRequest::default()
    }
}

fn register(image: &mut Image, request: &BrokerRegistrationRequest) -> Result<BrokerEpoch, Failure> {
    let outcome = brokers::register(image, request, REGISTERING, &|_| RULES)?;
    replay(image, &outcome.records);
    Ok(outcome.reply)
}

fn heartbeat(image: &Image, id: i32) -> BrokerHeartbeatRequest {
    let epoch = image.broker(NodeId(id)).expect("registered").epoch.0;
    BrokerHeartbeatRequest {
        broker_id: id,
        broker_epoch: epoch,
        current_metadata_offset: epoch,
        ..BrokerHeartbeatRequest::default()
    }
}

fn beat(image: &mut Image, request: &BrokerHeartbeatRequest, beating: Beating) -> (Heartbeat, Standing) {
    let outcome = brokers::heartbeat(image, request, beating, &|_| RULES).expect("the broker is registered");
    replay(image, &outcome.records);
    outcome.reply
}

fn state(image: &Image, topic: &str) -> PartitionState {
    PartitionState::clone(image.partition(&TopicPartition::new(topic, 0)).expect("it is there"))
}

fn nodes(ids: &[i32]) -> Vec<NodeId> {
    ids.iter().copied().map(NodeId).collect()
}

#[test]
fn a_new_broker_is_fenced_until_it_has_read_its_own_registration() {
    let mut image = cluster(&[]);
    assert_eq!(register(&mut image, &registration(1, 1)), Ok(BrokerEpoch(100)));
    assert!(image.broker(NodeId(1)).expect("registered").fenced);
    let behind = BrokerHeartbeatRequest { current_metadata_offset: 99, ..heartbeat(&image, 1) };
    let (answer, _) = beat(&mut image, &behind, ALONE);
    assert_eq!(answer, Heartbeat { is_caught_up: false, is_fenced: true, should_shut_down: false });
    let there = heartbeat(&image, 1);
    let (answer, standing) = beat(&mut image, &there, ALONE);
    assert_eq!(answer, Heartbeat { is_caught_up: true, is_fenced: false, should_shut_down: false });
    assert_eq!(standing, Standing::Unfenced);
    assert!(image.brokers().is_active(NodeId(1)));
}

#[test]
fn a_registration_that_cannot_be_is_refused_in_kafkas_words() {
    let image = cluster(&[broker(1, None), broker(2, None)]);
    let with_features = |features: Vec<Feature>| BrokerRegistrationRequest { features, ..registration(3, 3) };
    let metadata =
        |max| Feature { name: "metadata.version".to_owned(), min_supported_version: 1, max_supported_version: max };
    let cases: Vec<(BrokerRegistrationRequest, ErrorCode, &str)> = vec![
        (
            BrokerRegistrationRequest { cluster_id: "other".to_owned(), ..registration(3, 3) },
            ErrorCode::INCONSISTENT_CLUSTER_ID,
            "Expected cluster ID cluster, but got cluster ID other",
        ),
        (
            BrokerRegistrationRequest { log_dirs: Vec::new(), ..registration(3, 3) },
            ErrorCode::INVALID_REGISTRATION,
            "No directories specified in request",
        ),
        (
            BrokerRegistrationRequest { log_dirs: vec![Uuid::METADATA_TOPIC], ..registration(3, 3) },
            ErrorCode::INVALID_REGISTRATION,
            "Reserved directory ID in request",
        ),
        (
            BrokerRegistrationRequest { log_dirs: vec![log_dir(3), log_dir(3)], ..registration(3, 3) },
            ErrorCode::INVALID_REGISTRATION,
            "Duplicate directory ID in request",
        ),
        (
            with_features(vec![metadata(29)]),
            ErrorCode::UNSUPPORTED_VERSION,
            "Unable to register because the broker does not support finalized version 30 of metadata.version. The \
             broker wants a version between 1 and 29, inclusive.",
        ),
        (
            with_features(vec![metadata(30)]),
            ErrorCode::UNSUPPORTED_VERSION,
            "Unable to register because the broker does not support finalized version 1 of \
             eligible.leader.replicas.version. The broker wants a version between 0 and 0, inclusive.",
        ),
    ];
    for (request, code, text) in cases {
        let refused = brokers::register(&image, &request, REGISTERING, &|_| RULES).map(drop);
        assert_eq!(refused, Err(Failure::new(code, text)));
    }
    let taken = BrokerRegistrationRequest { log_dirs: vec![log_dir(2)], ..registration(3, 3) };
    let refused = brokers::register(&image, &taken, REGISTERING, &|_| RULES).map(drop).expect_err("it is taken");
    assert!(refused.message.starts_with("Broker 2 is already registered with directory "), "{refused}");
}

/// Fault A10: two brokers with one node id.
#[test]
fn a_second_broker_with_the_id_of_a_live_one_is_refused() {
    let image = single();
    let registering = Registering { has_session: true, ..REGISTERING };
    let other = brokers::register(&image, &registration(1, 9), registering, &|_| RULES).map(drop);
    assert_eq!(other.map_err(|failure| failure.code), Err(ErrorCode::DUPLICATE_BROKER_REGISTRATION));
    // The same process may say the same again, and keeps its epoch.
    let again = brokers::register(&image, &registration(1, 1), registering, &|_| RULES).expect("it is the same");
    assert_eq!(again.reply, BrokerEpoch(10));
}

#[test]
fn what_comes_from_an_earlier_life_is_refused() {
    let image = single();
    let stale = BrokerHeartbeatRequest { broker_epoch: 9, ..heartbeat(&image, 1) };
    let refused = brokers::heartbeat(&image, &stale, ALONE, &|_| RULES).map(drop);
    let text = "Expected broker epoch 9, but got broker epoch 10";
    assert_eq!(refused, Err(Failure::new(ErrorCode::STALE_BROKER_EPOCH, text)));
    let unknown = BrokerHeartbeatRequest { broker_id: 7, ..BrokerHeartbeatRequest::default() };
    let refused = brokers::heartbeat(&image, &unknown, ALONE, &|_| RULES).map(drop);
    assert_eq!(refused.map_err(|failure| failure.code), Err(ErrorCode::BROKER_ID_NOT_REGISTERED));
}

/// Also alone: clients see by the epoch that the tail of the log may have been lost (KIP-320).
#[test]
fn each_life_of_a_lone_broker_gives_its_partitions_a_new_leader_epoch() {
    let mut image = single();
    with_topic(&mut image, "t", &[&[1]]);
    for life in 2..5 {
        let before = state(&image, "t");
        register(&mut image, &registration(1, life)).expect("it may come back");
        let fenced = state(&image, "t");
        assert_eq!((fenced.leader, &fenced.isr), (NodeId::NONE, &before.isr));
        let request = heartbeat(&image, 1);
        beat(&mut image, &request, ALONE);
        let after = state(&image, "t");
        assert_eq!((after.leader, &after.isr), (NodeId(1), &nodes(&[1])));
        assert!(after.leader_epoch > before.leader_epoch);
        assert_eq!(after.leader_recovery_state, LeaderRecoveryState::Recovered);
        assert!(after.elr.is_empty() && after.last_known_elr.is_empty());
    }
}

#[test]
fn a_clean_stop_alone_leaves_the_broker_eligible_and_the_next_start_leads() {
    let mut image = single();
    with_topic(&mut image, "t", &[&[1]]);
    let stop = BrokerHeartbeatRequest { want_shut_down: true, ..heartbeat(&image, 1) };
    let (answer, _) = beat(&mut image, &stop, ALONE);
    assert!(!answer.should_shut_down);
    let stopped = state(&image, "t");
    assert_eq!((stopped.leader, &stopped.isr, &stopped.elr), (NodeId::NONE, &nodes(&[]), &nodes(&[1])));
    let (answer, standing) = beat(&mut image, &stop, ALONE);
    assert_eq!((answer.should_shut_down, standing), (true, Standing::MayStop));
    let clean = BrokerRegistrationRequest { previous_broker_epoch: 10, ..registration(1, 2) };
    register(&mut image, &clean).expect("it may come back");
    let request = heartbeat(&image, 1);
    beat(&mut image, &request, ALONE);
    let after = state(&image, "t");
    assert_eq!((after.leader, &after.isr, &after.elr), (NodeId(1), &nodes(&[1]), &nodes(&[])));
    assert_eq!(after.leader_recovery_state, LeaderRecoveryState::Recovered);
    assert!(after.last_known_elr.is_empty());
}

#[test]
fn a_controlled_shutdown_waits_until_the_others_have_followed() {
    let mut image = cluster(&[broker(1, None), broker(2, None)]);
    with_topic(&mut image, "t", &[&[1, 2]]);
    let stop = BrokerHeartbeatRequest { want_shut_down: true, ..heartbeat(&image, 1) };
    let (_, standing) = beat(&mut image, &stop, ALONE);
    assert_eq!((standing, state(&image, "t").leader), (Standing::InControlledShutdown, NodeId(2)));
    let behind = Beating { shutdown_offset: Some(Offset(50)), lowest_active_offset: Some(Offset(49)) };
    assert_eq!(beat(&mut image, &stop, behind).1, Standing::InControlledShutdown);
    let followed = Beating { lowest_active_offset: Some(Offset(50)), ..behind };
    assert_eq!(beat(&mut image, &stop, followed).1, Standing::MayStop);
    assert!(image.broker(NodeId(1)).expect("registered").fenced);
}

fn fence(image: &mut Image, id: i32, rules: TopicRules) {
    let broker = image.broker(NodeId(id)).expect("registered").clone();
    let records = brokers::fence(image, &broker, &|_| rules);
    replay(image, &records);
}

#[test]
fn a_fenced_leader_gives_way_to_a_member_of_the_isr() {
    let mut image = cluster(&[broker(1, None), broker(2, None), broker(3, None)]);
    with_topic(&mut image, "t", &[&[1, 2, 3]]);
    fence(&mut image, 1, RULES);
    let after = state(&image, "t");
    assert_eq!((after.leader, after.leader_epoch.0, &after.isr), (NodeId(2), 1, &nodes(&[2, 3])));
}

/// KIP-966: below the minimum of the ISR, whoever was in sync stays eligible; fault A11.
#[test]
fn the_last_members_of_the_isr_become_eligible_leaders() {
    let rules = TopicRules { min_insync_replicas: 2, ..RULES };
    let mut image = cluster(&[broker(1, None), broker(2, None)]);
    with_topic(&mut image, "t", &[&[1, 2]]);
    fence(&mut image, 1, rules);
    let one_left = state(&image, "t");
    assert_eq!((one_left.leader, &one_left.isr, &one_left.elr), (NodeId(2), &nodes(&[2]), &nodes(&[1])));
    fence(&mut image, 2, rules);
    let none_left = state(&image, "t");
    assert_eq!((none_left.leader, &none_left.isr), (NodeId::NONE, &nodes(&[])));
    assert_eq!((&none_left.elr, &none_left.last_known_elr), (&nodes(&[1, 2]), &nodes(&[2])));
    // Broker 1 comes back without a clean stop: it may have lost what it acknowledged and is no longer eligible.
    register(&mut image, &registration(1, 9)).expect("it may come back");
    assert_eq!(state(&image, "t").elr, nodes(&[2]));
    let request = heartbeat(&image, 1);
    beat(&mut image, &request, ALONE);
    assert_eq!(state(&image, "t").leader, NodeId::NONE);
}

#[test]
fn without_eligible_leaders_the_last_member_stays_in_the_isr() {
    let mut image = cluster(&[broker(1, None), broker(2, None)]);
    replay(&mut image, &[feature("eligible.leader.replicas.version", 0)]);
    with_topic(&mut image, "t", &[&[1, 2]]);
    fence(&mut image, 2, RULES);
    fence(&mut image, 1, RULES);
    let after = state(&image, "t");
    assert_eq!((after.leader, &after.isr, &after.elr), (NodeId::NONE, &nodes(&[1]), &nodes(&[])));
}

#[test]
fn only_an_unclean_election_takes_a_leader_from_outside() {
    let setup = || {
        let mut image = cluster(&[broker(1, None), broker(2, None)]);
        let topic_id = with_topic(&mut image, "t", &[&[1, 2]]);
        let shrink = PartitionChangeRecord { partition_id: 0, topic_id, isr: Some(vec![1]), ..Default::default() };
        replay(&mut image, &[MetadataRecord::from(shrink)]);
        image
    };
    let mut clean = setup();
    fence(&mut clean, 1, RULES);
    assert_eq!(state(&clean, "t").leader, NodeId::NONE);
    let mut unclean = setup();
    fence(&mut unclean, 1, TopicRules { unclean_leader_election: true, ..RULES });
    let after = state(&unclean, "t");
    assert_eq!((after.leader, &after.isr, &after.elr), (NodeId(2), &nodes(&[2]), &nodes(&[])));
    assert_eq!(after.leader_recovery_state, LeaderRecoveryState::Recovering);
}

#[test]
fn a_replica_on_a_lost_disk_does_not_lead() {
    let moved = RegisterBrokerRecord { log_dirs: vec![Uuid([0x77; 16])], ..broker(2, None) };
    let mut image = cluster(&[broker(1, None), moved]);
    with_topic(&mut image, "t", &[&[1, 2]]);
    fence(&mut image, 1, RULES);
    assert_eq!(state(&image, "t").leader, NodeId::NONE);
}

#[test]
fn an_unregistered_broker_leaves_every_isr() {
    let mut image = cluster(&[broker(1, None), broker(2, None)]);
    with_topic(&mut image, "t", &[&[1, 2]]);
    let outcome = brokers::unregister(&image, NodeId(1), &|_| RULES).expect("it is registered");
    replay(&mut image, &outcome.records);
    assert!(image.broker(NodeId(1)).is_none());
    assert_eq!((state(&image, "t").leader, &state(&image, "t").isr), (NodeId(2), &nodes(&[2])));
    let refused = brokers::unregister(&image, NodeId(7), &|_| RULES).map(drop);
    let text = "Broker ID 7 is not currently registered";
    assert_eq!(refused, Err(Failure::new(ErrorCode::BROKER_ID_NOT_REGISTERED, text)));
}
