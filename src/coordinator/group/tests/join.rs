use super::*;

#[test]
fn a_dynamic_member_must_come_back_with_its_id_since_v4() {
    let mut world = World::new();
    let member = world.member_id();
    assert!(member.starts_with("client-"), "{member}");
    let join = world.join_with(4, joining(&member));
    world.pass(2_999);
    assert!(world.is_waiting(join), "the first rebalance waits for the initial delay");
    world.pass(1);
    let response = world.joined(join);
    assert_eq!(error(response.error_code), ErrorCode::NONE);
    assert_eq!((response.generation_id, response.leader.as_str()), (1, member.as_str()));
    assert_eq!(response.protocol_name.as_deref(), Some("range"));
    assert_eq!(response.protocol_type.as_deref(), Some("consumer"));
    assert_eq!(response.members.len(), 1);
}

#[test]
fn before_v4_a_member_joins_at_once() {
    let mut world = World::new();
    let join = world.join_with(3, joining(""));
    world.pass(3_000);
    let response = world.joined(join);
    assert_eq!(error(response.error_code), ErrorCode::NONE);
    assert!(response.member_id.starts_with("client-"));
}

#[test]
fn the_first_rebalance_waits_longer_while_members_arrive_up_to_their_timeout() {
    let mut world = World::new();
    let mut joins = vec![world.join_with(3, joining(""))];
    // Each arrival inside a delay prolongs it by another, up to a rebalance timeout in all.
    for _ in 0..29 {
        world.pass(2_000);
        joins.push(world.join_with(3, joining("")));
        assert!(world.is_waiting(joins[0]));
    }
    world.pass(2_000);
    let first = world.joined(joins[0]);
    assert_eq!(first.members.len(), 30);
    assert_eq!(world.joined(joins[29]).members.len(), 0, "only the leader hears of the others");
}

#[test]
fn a_member_id_that_nobody_knows_is_refused() {
    let mut world = World::new();
    let join = world.join_with(9, joining("made-up"));
    assert_eq!(error(world.joined(join).error_code), ErrorCode::UNKNOWN_MEMBER_ID);
    world.stable(1);
    let join = world.join_with(9, joining("made-up"));
    assert_eq!(error(world.joined(join).error_code), ErrorCode::UNKNOWN_MEMBER_ID);
}

/// Fault E9: protocol mismatch.
#[test]
fn members_without_a_common_protocol_are_refused() {
    let mut world = World::new();
    for (protocol_type, protocols) in [("consumer", vec![]), ("", vec![protocol("range", &[])])] {
        let join =
            world.join_with(9, JoinGroupRequest { protocol_type: protocol_type.to_owned(), protocols, ..joining("") });
        assert_eq!(error(world.joined(join).error_code), ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
    }
    let members = world.stable(1);
    for (protocol_type, name) in [("consumer", "sticky"), ("connect", "range")] {
        for member in ["", members[0].as_str()] {
            let protocols = vec![protocol(name, &[])];
            let join = world.join_with(
                9,
                JoinGroupRequest { protocol_type: protocol_type.to_owned(), protocols, ..joining(member) },
            );
            assert_eq!(error(world.joined(join).error_code), ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
        }
    }
}

#[test]
fn the_protocol_with_the_most_votes_wins() {
    let mut world = World::new();
    let with = |names: [&str; 2]| JoinGroupRequest {
        protocols: names.iter().map(|name| protocol(name, &["t"])).collect(),
        ..joining("")
    };
    let joins =
        [["range", "sticky"], ["sticky", "range"], ["sticky", "range"]].map(|names| world.join_with(3, with(names)));
    world.until(joins[0]);
    for join in joins {
        assert_eq!(world.joined(join).protocol_name.as_deref(), Some("sticky"));
    }
}

#[test]
fn a_full_group_takes_nobody_more() {
    let mut world = World::with(GroupConfig { group_max_size: 2, ..GroupConfig::default() });
    let joins = [(); 3].map(|()| world.join_with(3, joining("")));
    assert_eq!(error(world.joined(joins[2]).error_code), ErrorCode::GROUP_MAX_SIZE_REACHED);
    world.pass(6_000);
    let leader = world.joined(joins[0]);
    assert_eq!(leader.members.len(), 2);
    let late = world.join_with(3, joining(""));
    assert_eq!(error(world.joined(late).error_code), ErrorCode::GROUP_MAX_SIZE_REACHED);
}

#[test]
fn a_group_that_is_too_large_after_a_restart_shrinks() {
    let mut world = World::new();
    world.stable(3);
    world.config = Arc::new(GroupConfig { group_max_size: 2, ..GroupConfig::default() });
    let mut world = world.replayed();
    assert_eq!(world.state(), "PreparingRebalance");
}

#[test]
fn a_new_member_makes_everyone_join_again_and_those_who_do_not_are_out() {
    let mut world = World::new();
    let members = world.stable(2);
    let third = world.member_id();
    let join = world.join_with(9, joining(&third));
    assert_eq!(world.heartbeat(&members[0], 1), ErrorCode::REBALANCE_IN_PROGRESS);
    let rejoin = world.join_with(9, joining(&members[0]));
    // The other one keeps its session alive and does not join: it is out when the rebalance timeout ends.
    for _ in 0..12 {
        world.pass(4_999);
        assert_eq!(world.heartbeat(&members[1], 1), ErrorCode::REBALANCE_IN_PROGRESS);
    }
    world.pass(100);
    assert_eq!(world.joined(join).generation_id, 2);
    assert_eq!(world.joined(rejoin).generation_id, 2);
    assert_eq!(world.heartbeat(&members[1], 1), ErrorCode::UNKNOWN_MEMBER_ID);
}

#[test]
fn a_follower_that_did_not_change_is_told_the_generation_again() {
    let mut world = World::new();
    let members = world.stable(2);
    let join = world.join_with(9, joining(&members[1]));
    let answer = world.joined(join);
    assert_eq!((answer.generation_id, answer.members.len()), (1, 0));
    assert_eq!(answer.leader, members[0]);
    assert_eq!(world.state(), "Stable");
    let join = world.join_with(9, joining(&members[0]));
    assert!(world.is_waiting(join), "the leader may have seen what the others cannot");
    assert_eq!(world.state(), "PreparingRebalance");
}

#[test]
fn a_changed_subscription_begins_a_rebalance() {
    let mut world = World::new();
    let members = world.stable(2);
    for member in &members {
        let request = JoinGroupRequest { protocols: vec![protocol("range", &["t", "u"])], ..joining(member) };
        world.join_with(9, request);
        assert_eq!(world.state(), if member == &members[1] { "CompletingRebalance" } else { "PreparingRebalance" });
    }
}

#[test]
fn a_join_that_is_sent_twice_is_answered_twice() {
    let mut world = World::new();
    let member = world.member_id();
    let first = world.join_with(9, joining(&member));
    let second = world.join_with(9, joining(&member));
    assert_eq!(error(world.joined(first).error_code), ErrorCode::REBALANCE_IN_PROGRESS);
    world.pass(3_000);
    assert_eq!(error(world.joined(second).error_code), ErrorCode::NONE);
    let again = world.join_with(9, joining(&member));
    let again = world.joined(again);
    assert_eq!((again.generation_id, again.members.len()), (1, 1), "the leader did not hear its answer");
}

#[test]
fn a_member_id_that_is_not_used_is_forgotten_with_its_session() {
    let mut world = World::new();
    let member = world.member_id();
    world.pass(u64::try_from(SESSION).unwrap());
    let join = world.join_with(9, joining(&member));
    assert_eq!(error(world.joined(join).error_code), ErrorCode::UNKNOWN_MEMBER_ID);
}

#[test]
fn a_pending_member_holds_up_a_rebalance_until_its_session_ends() {
    let mut world = World::new();
    let members = world.stable(1);
    let _pending = world.member_id();
    let rejoin = world.join_with(9, joining(&members[0]));
    assert!(world.is_waiting(rejoin));
    world.pass(u64::try_from(SESSION).unwrap());
    assert_eq!(world.joined(rejoin).generation_id, 2);
}

#[test]
fn a_pending_member_cannot_become_static() {
    let mut world = World::new();
    let member = world.member_id();
    let join = world.join_with(9, static_joining(&member, "i"));
    assert_eq!(error(world.joined(join).error_code), ErrorCode::UNKNOWN_SERVER_ERROR);
}

#[test]
fn a_group_whose_first_record_fails_never_was() {
    let mut world = World::new();
    world.log_is = LogIs::Failing(ErrorCode::NOT_COORDINATOR);
    let join = world.join_with(3, joining(""));
    assert_eq!(error(world.joined(join).error_code), ErrorCode::NOT_COORDINATOR);
    assert_eq!(world.state(), "Dead");
}

#[test]
fn whoever_waits_when_the_partition_moves_is_told() {
    let mut world = World::new();
    let join = world.join_with(3, joining(""));
    let now = world.now();
    let replies = world.shard.unload(ErrorCode::NOT_COORDINATOR, now);
    assert!(matches!(&replies[..], [(to, Reply::Join(reply))] if *to == join && reply.error_code == 16));
}

#[test]
fn members_of_a_loaded_group_have_a_session_to_show_that_they_live() {
    let mut world = World::new();
    let members = world.stable(2);
    let mut world = world.replayed();
    assert_eq!(world.state(), "Stable");
    world.pass(9_999);
    assert_eq!(world.heartbeat(&members[0], 1), ErrorCode::NONE);
    world.pass(1);
    assert_eq!(world.heartbeat(&members[0], 1), ErrorCode::REBALANCE_IN_PROGRESS);
    assert_eq!(world.heartbeat(&members[1], 1), ErrorCode::UNKNOWN_MEMBER_ID);
}
