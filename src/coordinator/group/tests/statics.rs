use super::*;

/// A stable group of two static members, "a" the leader and "b"; gives their member ids.
fn static_pair(world: &mut World) -> [String; 2] {
    let joins = ["a", "b"].map(|instance| world.join_with(9, static_joining("", instance)));
    world.until(joins[0]);
    let members = joins.map(|join| world.joined(join).member_id);
    let syncs = [(0, b"A" as &'static [u8]), (1, b"B")];
    let [a, b] = &members;
    for (index, _) in syncs {
        let sync = world.sync(&members[index], 1, &[(a, b"A"), (b, b"B")]);
        assert!(index == 1 || !world.is_waiting(sync));
    }
    members
}

#[test]
fn a_static_member_comes_back_without_a_rebalance() {
    for (version, instance) in [(9, "a"), (9, "b"), (5, "a")] {
        let mut world = World::new();
        let members = static_pair(&mut world);
        assert!(members[0].starts_with("a-"), "the id begins with the instance: {}", members[0]);
        let records = world.log.len();
        let join = world.join_with(version, static_joining("", instance));
        let answer = world.joined(join);
        assert_eq!(error(answer.error_code), ErrorCode::NONE);
        assert_eq!(answer.generation_id, 1);
        assert!(!members.contains(&answer.member_id));
        assert_eq!(world.log.len(), records + 1, "the new id is written down");
        let leads = instance == "a";
        assert_eq!(answer.skip_assignment, leads && version == 9);
        assert_eq!(answer.members.len(), if leads && version == 9 { 2 } else { 0 });
        if version == 5 {
            assert_eq!(
                answer.leader, members[0],
                "a client that cannot skip the assignment does not know that it leads"
            );
        }
        let sync = world.sync(&answer.member_id, 1, &[]);
        assert_eq!(world.synced(sync).assignment, if leads { "A" } else { "B" });
        let old = &members[usize::from(!leads)];
        assert_eq!(world.heartbeat_as(old, Some(instance), 1), ErrorCode::FENCED_INSTANCE_ID);
        assert_eq!(world.heartbeat(old, 1), ErrorCode::UNKNOWN_MEMBER_ID);
        assert_eq!(world.heartbeat_as(&answer.member_id, Some(instance), 1), ErrorCode::NONE);
        assert_eq!(world.heartbeat_as(&answer.member_id, Some("unknown"), 1), ErrorCode::UNKNOWN_MEMBER_ID);
    }
}

#[test]
fn a_static_member_whose_return_cannot_be_stored_is_the_old_one_again() {
    let mut world = World::new();
    let members = static_pair(&mut world);
    world.log_is = LogIs::Failing(ErrorCode::COORDINATOR_NOT_AVAILABLE);
    let join = world.join_with(9, static_joining("", "a"));
    assert_eq!(error(world.joined(join).error_code), ErrorCode::COORDINATOR_NOT_AVAILABLE);
    assert_eq!(world.heartbeat_as(&members[0], Some("a"), 1), ErrorCode::NONE);
}

#[test]
fn a_static_member_that_changes_the_protocol_begins_a_rebalance() {
    let mut world = World::new();
    let join = world.join_with(9, static_joining("", "a"));
    world.pass(3_000);
    let member = world.joined(join).member_id;
    let sync = world.sync(&member, 1, &[]);
    assert_eq!(error(world.synced(sync).error_code), ErrorCode::NONE);
    let both = vec![protocol("round", &["t"]), protocol("range", &["t"])];
    let join = world.join_with(9, JoinGroupRequest { protocols: both, ..static_joining("", "a") });
    let answer = world.joined(join);
    assert_eq!((answer.generation_id, answer.protocol_name.as_deref()), (2, Some("round")));
}

#[test]
fn the_former_self_that_waits_is_fenced() {
    let mut world = World::new();
    let first = world.join_with(9, static_joining("", "a"));
    let second = world.join_with(9, static_joining("", "a"));
    assert_eq!(error(world.joined(first).error_code), ErrorCode::FENCED_INSTANCE_ID);
    world.until(second);
    assert_eq!(error(world.joined(second).error_code), ErrorCode::NONE);
}

#[test]
fn a_static_member_that_returns_before_the_assignment_makes_everyone_join_again() {
    let mut world = World::new();
    let joins = ["a", "b"].map(|instance| world.join_with(9, static_joining("", instance)));
    world.until(joins[0]);
    let members = joins.map(|join| world.joined(join).member_id);
    let waiting = world.sync(&members[1], 1, &[]);
    let back = world.join_with(9, static_joining("", "b"));
    assert_eq!(error(world.synced(waiting).error_code), ErrorCode::FENCED_INSTANCE_ID);
    assert!(world.is_waiting(back));
    assert_eq!(world.state(), "PreparingRebalance");
    let rejoin = world.join_with(9, static_joining(&members[0], "a"));
    assert_eq!((world.joined(back).generation_id, world.joined(rejoin).generation_id), (2, 2));
}

#[test]
fn static_members_stay_through_a_rebalance_that_they_miss_until_their_session_ends() {
    let mut world = World::new();
    let members = static_pair(&mut world);
    let third = world.join_with(9, static_joining("", "c"));
    for _ in 0..13 {
        world.pass(4_999);
        for (member, instance) in members.iter().zip(["a", "b"]) {
            world.heartbeat_as(member, Some(instance), 1);
        }
    }
    let answer = world.joined(third);
    assert_eq!(answer.leader, answer.member_id, "a leader must have joined");
    assert_eq!(answer.members.len(), 3);
}

#[test]
fn an_old_id_of_an_instance_cannot_join() {
    let mut world = World::new();
    let members = static_pair(&mut world);
    let back = world.join_with(9, static_joining("", "a"));
    assert_eq!(error(world.joined(back).error_code), ErrorCode::NONE);
    let old = world.join_with(9, static_joining(&members[0], "a"));
    assert_eq!(error(world.joined(old).error_code), ErrorCode::FENCED_INSTANCE_ID);
}

/// Fault E9: timeout 0. A shard whose alarm is due again at once would never do anything else.
#[test]
fn a_rebalance_that_no_static_member_comes_to_is_looked_at_in_peace() {
    let mut world = World::new();
    let hasty = |member_id: &str| JoinGroupRequest { rebalance_timeout_ms: 0, ..static_joining(member_id, "a") };
    let join = world.join_with(9, hasty(""));
    world.until(join);
    let member = world.joined(join).member_id;
    let sync = world.sync(&member, 1, &[]);
    world.synced(sync);
    let pending = world.member_id();
    world.join_with(9, joining(&pending));
    world.leave(&[(&pending, None)]);
    world.pass(1);
    assert!(world.shard.next_deadline().is_some_and(|deadline| deadline > world.now().steady));
}
