use super::*;

fn codes(response: &LeaveGroupResponse) -> Vec<ErrorCode> {
    response.members.iter().map(|member| error(member.error_code)).collect()
}

#[test]
fn the_last_member_leaves_an_empty_group_of_the_next_generation() {
    let mut world = World::new();
    let members = world.stable(1);
    assert_eq!(codes(&world.leave(&[(&members[0], None)])), [ErrorCode::NONE]);
    assert_eq!(world.state(), "Empty");
    let Some(GroupRecord::Group { value: Some(value), .. }) = world.log.last() else { panic!("{:?}", world.log) };
    assert_eq!((value.generation, value.members.len(), value.protocol.as_deref()), (2, 0, None));
    assert_eq!(value.protocol_type, "consumer");
}

#[test]
fn those_who_stay_share_anew() {
    let mut world = World::new();
    let members = world.stable(3);
    world.leave(&[(&members[0], None)]);
    assert_eq!(world.heartbeat(&members[1], 1), ErrorCode::REBALANCE_IN_PROGRESS);
    let joins = [1, 2].map(|index: usize| world.join_with(9, joining(&members[index])));
    for join in joins {
        assert_eq!(world.joined(join).generation_id, 2);
    }
}

#[test]
fn each_leaving_member_has_its_own_answer() {
    let mut world = World::new();
    let joins = ["a", "b"].map(|instance| world.join_with(9, static_joining("", instance)));
    world.until(joins[0]);
    let members = joins.map(|join| world.joined(join).member_id);
    let pending = world.member_id();
    let response = world.leave(&[
        ("made-up", None),
        ("", Some("unknown")),
        ("", None),
        (&members[0], Some("b")),
        ("", Some("a")),
        (&pending, None),
        (&members[1], Some("b")),
    ]);
    use ErrorCode as E;
    let unknown = E::UNKNOWN_MEMBER_ID;
    assert_eq!(codes(&response), [unknown, unknown, unknown, E::FENCED_INSTANCE_ID, E::NONE, E::NONE, E::NONE]);
    assert_eq!(world.state(), "Empty");
}

#[test]
fn leaving_a_group_that_is_not_there_is_answered_for_each_member() {
    let mut world = World::new();
    assert_eq!(codes(&world.leave(&[("m", None)])), [ErrorCode::UNKNOWN_MEMBER_ID]);
}

#[test]
fn a_member_that_leaves_while_it_joins_is_told_so() {
    let mut world = World::new();
    let member = world.member_id();
    let join = world.join_with(9, joining(&member));
    world.leave(&[(&member, None)]);
    assert_eq!(error(world.joined(join).error_code), ErrorCode::UNKNOWN_MEMBER_ID);
}
