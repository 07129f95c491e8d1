use super::*;

/// Two members that have joined and not synced; the first leads.
fn completing(world: &mut World) -> [String; 2] {
    let members = [(); 2].map(|()| world.member_id());
    let joins = [0, 1].map(|index: usize| world.join_with(9, joining(&members[index])));
    world.until(joins[0]);
    let leader = world.joined(joins[0]).leader;
    let _ = world.joined(joins[1]);
    let other = members.iter().find(|member| **member != leader).unwrap().clone();
    [leader, other]
}

#[test]
fn everyone_gets_his_part_when_the_assignment_is_stored() {
    let mut world = World::new();
    let [leader, other] = completing(&mut world);
    let waiting = world.sync(&other, 1, &[]);
    assert!(world.is_waiting(waiting));
    world.log_is = LogIs::Slow;
    let own = world.sync(&leader, 1, &[(&other, b"theirs")]);
    assert!(world.is_waiting(own), "not before the assignment is committed");
    assert_eq!(world.state(), "CompletingRebalance");
    world.release(Ok(()));
    assert_eq!(world.synced(waiting).assignment, "theirs");
    let own = world.synced(own);
    assert_eq!(own.assignment, "", "a member that the leader forgot gets an empty assignment");
    assert_eq!((own.protocol_type.as_deref(), own.protocol_name.as_deref()), (Some("consumer"), Some("range")));
    assert_eq!(world.state(), "Stable");
    let again = world.sync(&other, 1, &[]);
    assert_eq!(world.synced(again).assignment, "theirs");
    let described = world.describe();
    assert_eq!(described.protocol_data, "range");
    assert!(described.members.iter().all(|member| !member.member_metadata.is_empty()));
}

#[test]
fn a_sync_out_of_place_is_refused_by_its_code() {
    let mut world = World::new();
    let lost = world.sync("m", 1, &[]);
    assert_eq!(error(world.synced(lost).error_code), ErrorCode::UNKNOWN_MEMBER_ID);
    let [leader, _] = completing(&mut world);
    for (member, generation, expected) in [
        ("made-up", 1, ErrorCode::UNKNOWN_MEMBER_ID),
        (leader.as_str(), 0, ErrorCode::ILLEGAL_GENERATION),
        (leader.as_str(), i32::MAX, ErrorCode::ILLEGAL_GENERATION),
    ] {
        let sync = world.sync(member, generation, &[]);
        assert_eq!(error(world.synced(sync).error_code), expected);
    }
    for (protocol_type, protocol_name) in [("connect", "range"), ("consumer", "sticky")] {
        let request = SyncGroupRequest {
            group_id: GROUP.to_owned(),
            generation_id: 1,
            member_id: leader.clone(),
            protocol_type: Some(protocol_type.to_owned()),
            protocol_name: Some(protocol_name.to_owned()),
            ..SyncGroupRequest::default()
        };
        let sync = world.send(5, GroupRequest::Sync(request));
        assert_eq!(error(world.synced(sync).error_code), ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
    }
    world.join_with(3, joining(""));
    let sync = world.sync(&leader, 1, &[]);
    assert_eq!(error(world.synced(sync).error_code), ErrorCode::REBALANCE_IN_PROGRESS);
}

#[test]
fn a_new_rebalance_sends_away_those_who_wait_for_an_assignment() {
    let mut world = World::new();
    let [_, other] = completing(&mut world);
    let waiting = world.sync(&other, 1, &[]);
    world.join_with(3, joining(""));
    assert_eq!(error(world.synced(waiting).error_code), ErrorCode::REBALANCE_IN_PROGRESS);
}

#[test]
fn an_assignment_that_cannot_be_stored_is_an_error_and_a_new_rebalance() {
    let mut world = World::new();
    let [leader, other] = completing(&mut world);
    let waiting = world.sync(&other, 1, &[]);
    world.log_is = LogIs::Failing(ErrorCode::COORDINATOR_NOT_AVAILABLE);
    let own = world.sync(&leader, 1, &[]);
    for sync in [waiting, own] {
        assert_eq!(error(world.synced(sync).error_code), ErrorCode::COORDINATOR_NOT_AVAILABLE);
    }
    assert_eq!(world.state(), "PreparingRebalance");
}

#[test]
fn an_assignment_that_is_stored_after_the_next_rebalance_began_changes_nothing() {
    let mut world = World::new();
    let [leader, other] = completing(&mut world);
    world.log_is = LogIs::Slow;
    let own = world.sync(&leader, 1, &[(&other, b"theirs")]);
    world.join_with(3, joining(""));
    assert_eq!(error(world.synced(own).error_code), ErrorCode::REBALANCE_IN_PROGRESS);
    world.release(Ok(()));
    assert_eq!(world.state(), "PreparingRebalance");
}

#[test]
fn members_that_do_not_sync_in_time_are_out() {
    let mut world = World::new();
    let [leader, other] = completing(&mut world);
    let waiting = world.sync(&other, 1, &[]);
    for _ in 0..6 {
        world.pass(9_999);
        world.heartbeat(&leader, 1);
    }
    assert!(world.is_waiting(waiting));
    world.pass(10_000);
    assert_eq!(error(world.synced(waiting).error_code), ErrorCode::REBALANCE_IN_PROGRESS);
    assert_eq!(world.heartbeat(&leader, 1), ErrorCode::UNKNOWN_MEMBER_ID);
}

#[test]
fn a_heartbeat_tells_a_member_where_it_stands() {
    let mut world = World::new();
    assert_eq!(world.heartbeat("m", 1), ErrorCode::UNKNOWN_MEMBER_ID);
    let [leader, _] = completing(&mut world);
    assert_eq!(world.heartbeat(&leader, 1), ErrorCode::NONE, "also before the assignment");
    assert_eq!(world.heartbeat(&leader, 0), ErrorCode::ILLEGAL_GENERATION);
    assert_eq!(world.heartbeat("made-up", 1), ErrorCode::UNKNOWN_MEMBER_ID);
}

#[test]
fn a_member_that_falls_silent_is_out() {
    let mut world = World::new();
    let members = world.stable(2);
    world.pass(9_999);
    assert_eq!(world.heartbeat(&members[0], 1), ErrorCode::NONE);
    world.pass(1);
    assert_eq!(world.heartbeat(&members[0], 1), ErrorCode::REBALANCE_IN_PROGRESS);
    assert_eq!(world.heartbeat(&members[1], 1), ErrorCode::UNKNOWN_MEMBER_ID);
    let rejoin = world.join_with(9, joining(&members[0]));
    assert_eq!(world.joined(rejoin).generation_id, 2);
    world.pass(100_000);
    assert_eq!(world.state(), "Empty");
}
