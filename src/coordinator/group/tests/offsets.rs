use super::*;
use crate::model::Uuid;
use crate::protocol::messages::OffsetDeleteRequest;
use crate::protocol::messages::offset_delete_request::{OffsetDeleteRequestPartition, OffsetDeleteRequestTopic};

const WEEK: u64 = 7 * 24 * 3600 * 1000;

#[test]
fn a_commit_without_a_group_makes_a_group_that_only_keeps_offsets() {
    let mut world = World::new();
    assert_eq!(world.commit(9, committing("", -1, 42)), ErrorCode::NONE);
    let offset = world.fetch("t");
    assert_eq!((offset.committed_offset, offset.metadata.as_deref()), (42, Some("at 42")));
    let described = world.describe();
    assert_eq!((described.group_state.as_str(), described.protocol_type.as_str()), ("Empty", ""));
}

#[test]
fn what_was_never_committed_is_no_error() {
    let mut world = World::new();
    let offset = world.fetch("t");
    assert_eq!((offset.committed_offset, offset.committed_leader_epoch, offset.error_code), (-1, -1, 0));
    assert_eq!(offset.metadata.as_deref(), Some(""));
}

/// Fault E10: commits by the wrong member.
#[test]
fn a_commit_out_of_place_is_refused_by_its_code() {
    use ErrorCode as E;
    let mut world = World::new();
    assert_eq!(world.commit(8, committing("m", 1, 1)), E::ILLEGAL_GENERATION);
    assert_eq!(world.commit(9, committing("m", 1, 1)), E::GROUP_ID_NOT_FOUND);
    let members = world.stable(1);
    let member = members[0].as_str();
    for (member, generation, expected) in [
        ("made-up", 1, E::UNKNOWN_MEMBER_ID),
        (member, 0, E::ILLEGAL_GENERATION),
        (member, 2, E::ILLEGAL_GENERATION),
        (member, -1, E::ILLEGAL_GENERATION),
        ("", -1, E::UNKNOWN_MEMBER_ID),
        (member, 1, E::NONE),
    ] {
        assert_eq!(world.commit(9, committing(member, generation, 1)), expected, "{member} {generation}");
    }
    let fenced = OffsetCommitRequest { group_instance_id: Some("i".to_owned()), ..committing(member, 1, 1) };
    assert_eq!(world.commit(9, fenced), E::UNKNOWN_MEMBER_ID);
    // While members join, the old generation may still commit; once the new one is known, nobody may before the sync.
    let rejoin = world.join_with(9, joining(member));
    assert_eq!(world.joined(rejoin).generation_id, 2);
    assert_eq!(world.commit(9, committing(member, 2, 1)), E::REBALANCE_IN_PROGRESS);
    assert_eq!(world.commit(9, committing(member, 1, 1)), E::ILLEGAL_GENERATION);
}

/// Fault E10: a commit by a fenced static member.
#[test]
fn a_fenced_static_member_commits_nothing() {
    let mut world = World::new();
    let join = world.join_with(9, static_joining("", "a"));
    world.pass(3_000);
    let old = world.joined(join).member_id;
    let sync = world.sync(&old, 1, &[]);
    world.synced(sync);
    let back = world.join_with(9, static_joining("", "a"));
    let new = world.joined(back).member_id;
    let as_instance =
        |member: &str| OffsetCommitRequest { group_instance_id: Some("a".to_owned()), ..committing(member, 1, 7) };
    assert_eq!(world.commit(9, as_instance(&old)), ErrorCode::FENCED_INSTANCE_ID);
    assert_eq!(world.fetch("t").committed_offset, -1);
    assert_eq!(world.commit(9, as_instance(&new)), ErrorCode::NONE);
}

/// Fault E10: a commit with 1 MB of metadata; what fits comes back as it was.
#[test]
fn metadata_is_bounded_and_comes_back() {
    let mut world = World::new();
    let with = |metadata: String| {
        let mut request = committing("", -1, 3);
        request.topics[0].partitions[0].committed_metadata = Some(metadata);
        request
    };
    for length in [4097, 1 << 20] {
        assert_eq!(world.commit(9, with("x".repeat(length))), ErrorCode::OFFSET_METADATA_TOO_LARGE);
    }
    assert_eq!(world.state(), "Dead", "a commit of which nothing was taken makes no group");
    // The bound counts as Java does, by UTF-16 units.
    assert_eq!(world.commit(9, with("😀".repeat(2049))), ErrorCode::OFFSET_METADATA_TOO_LARGE);
    let text = "😀".repeat(2048);
    assert_eq!(world.commit(9, with(text.clone())), ErrorCode::NONE);
    assert_eq!(world.fetch("t").metadata, Some(text));
}

#[test]
fn an_offset_is_seen_when_it_is_committed_and_not_before() {
    let mut world = World::new();
    world.commit(9, committing("", -1, 1));
    world.log_is = LogIs::Slow;
    let second = world.send(9, GroupRequest::OffsetCommit(committing("", -1, 2)));
    assert!(world.is_waiting(second));
    assert_eq!(world.fetch("t").committed_offset, 1);
    world.release(Ok(()));
    assert!(!world.is_waiting(second));
    assert_eq!(world.fetch("t").committed_offset, 2);
}

#[test]
fn an_offset_whose_record_fails_never_was() {
    let mut world = World::new();
    world.commit(9, committing("", -1, 1));
    world.log_is = LogIs::Slow;
    world.send(9, GroupRequest::OffsetCommit(committing("", -1, 2)));
    world.release(Err(ErrorCode::NOT_COORDINATOR));
    assert_eq!(world.fetch("t").committed_offset, 1);
    let mut empty = World::new();
    empty.log_is = LogIs::Failing(ErrorCode::COORDINATOR_NOT_AVAILABLE);
    assert_eq!(empty.commit(9, committing("", -1, 1)), ErrorCode::COORDINATOR_NOT_AVAILABLE);
    assert_eq!(empty.state(), "Dead");
}

#[test]
fn a_stable_fetch_waits_for_what_is_on_its_way() {
    let mut world = World::new();
    world.log_is = LogIs::Slow;
    world.send(9, GroupRequest::OffsetCommit(committing("", -1, 5)));
    let all = OffsetFetchRequestGroup { group_id: GROUP.to_owned(), topics: None, ..Default::default() };
    let plain = world.fetch_reply(all.clone(), false);
    assert!(matches!(&world.answers[&plain], Reply::OffsetFetch(group) if group.topics.is_empty()));
    let stable = world.fetch_reply(all, true);
    assert!(world.is_waiting(stable));
    world.release(Ok(()));
    let Reply::OffsetFetch(group) = &world.answers[&stable] else { panic!() };
    assert_eq!((group.topics[0].name.as_str(), group.topics[0].partitions[0].committed_offset), ("t", 5));
}

#[test]
fn a_new_topic_of_the_same_name_does_not_inherit_the_offset() {
    let mut world = World::new();
    let mut request = committing("", -1, 5);
    request.topics[0].topic_id = Uuid([1; 16]);
    world.commit(9, request);
    let asked = |topic_id| OffsetFetchRequestGroup {
        group_id: GROUP.to_owned(),
        topics: Some(vec![OffsetFetchRequestTopics { name: "t".to_owned(), topic_id, partition_indexes: vec![0] }]),
        ..Default::default()
    };
    for (topic_id, expected) in [(Uuid([1; 16]), 5), (Uuid::ZERO, 5), (Uuid([2; 16]), -1)] {
        let reply = world.fetch_reply(asked(topic_id), false);
        let Reply::OffsetFetch(group) = &world.answers[&reply] else { panic!() };
        assert_eq!(group.topics[0].partitions[0].committed_offset, expected);
    }
}

#[test]
fn offsets_in_an_open_transaction_count_when_it_is_committed() {
    let record = |offset: i64| GroupRecord::Offset {
        group: GROUP.into(),
        topic: "t".into(),
        partition: 0,
        value: Some(CommittedOffset {
            offset,
            leader_epoch: -1,
            metadata: "".into(),
            commit_timestamp: Timestamp(1),
            expire_timestamp: None,
            topic_id: Uuid::ZERO,
        }),
    };
    for (end, expected) in [(TransactionEnd::Committed, 20), (TransactionEnd::Aborted, 10)] {
        let mut world = World::new();
        let wall = world.now().wall;
        world.shard.replay(Offset(0), ProducerId::NONE, record(10), wall);
        world.shard.replay(Offset(1), ProducerId(7), record(20), wall);
        assert_eq!(world.fetch("t").committed_offset, 10);
        let all = OffsetFetchRequestGroup { group_id: GROUP.to_owned(), topics: None, ..Default::default() };
        let stable = world.fetch_reply(all, true);
        let Reply::OffsetFetch(group) = &world.answers[&stable] else { panic!() };
        assert_eq!(error(group.topics[0].partitions[0].error_code), ErrorCode::UNSTABLE_OFFSET_COMMIT);
        world.shard.replay_end_of_transaction(ProducerId(7), end);
        assert_eq!(world.fetch("t").committed_offset, expected);
    }
    // A plain commit that was written later than the transaction's counts, though the transaction ends later.
    let mut world = World::new();
    let wall = world.now().wall;
    world.shard.replay(Offset(0), ProducerId(7), record(20), wall);
    world.shard.replay(Offset(1), ProducerId::NONE, record(30), wall);
    world.shard.replay_end_of_transaction(ProducerId(7), TransactionEnd::Committed);
    assert_eq!(world.fetch("t").committed_offset, 30);
}

fn expire(world: &mut World) {
    world.send(0, GroupRequest::Expire);
}

/// Keeps a member of generation 1 alive for that long.
fn live(world: &mut World, member: &str, millis: u64) {
    for _ in 0..millis.div_ceil(9_000) {
        world.pass(9_000);
        assert_eq!(world.heartbeat(member, 1), ErrorCode::NONE);
    }
}

/// Fault E11: offsets expire while a member is live.
#[test]
fn offsets_of_topics_that_a_live_member_reads_stay() {
    let mut world = World::with(GroupConfig { offsets_retention: 100_000, ..GroupConfig::default() });
    let members = world.stable(1);
    let mut other = committing(&members[0], 1, 2);
    other.topics[0].name = "no longer read".to_owned();
    world.commit(9, committing(&members[0], 1, 1));
    world.commit(9, other);
    live(&mut world, &members[0], 90_000);
    expire(&mut world);
    assert_eq!(world.fetch("no longer read").committed_offset, 2);
    live(&mut world, &members[0], 18_000);
    expire(&mut world);
    assert_eq!(world.fetch("t").committed_offset, 1);
    assert_eq!(world.fetch("no longer read").committed_offset, -1);
    assert_eq!(world.state(), "Stable");
}

#[test]
fn offsets_of_an_empty_group_end_a_retention_after_it_became_empty() {
    let mut world = World::new();
    let members = world.stable(1);
    world.commit(9, committing(&members[0], 1, 1));
    live(&mut world, &members[0], 3_600_000);
    world.leave(&[(&members[0], None)]);
    world.pass(WEEK - 1);
    expire(&mut world);
    assert_eq!(world.fetch("t").committed_offset, 1);
    world.pass(1);
    expire(&mut world);
    assert_eq!(world.fetch("t").committed_offset, -1);
    assert_eq!(world.state(), "Dead", "a group that is empty and has no offsets is over");
    assert_eq!(world.replayed().state(), "Dead");
}

#[test]
fn offsets_of_a_group_without_members_ever_end_a_retention_after_the_commit() {
    let mut world = World::new();
    world.commit(9, committing("", -1, 1));
    world.pass(WEEK / 2);
    world.commit(9, committing("", -1, 2));
    world.pass(WEEK - 1);
    expire(&mut world);
    assert_eq!(world.fetch("t").committed_offset, 2);
    world.pass(1);
    expire(&mut world);
    assert_eq!(world.state(), "Dead");
}

#[test]
fn an_old_client_sets_its_own_expiry() {
    let mut world = World::new();
    world.commit(2, OffsetCommitRequest { retention_time_ms: 1_000, ..committing("", -1, 1) });
    let mut world = world.replayed();
    world.pass(999);
    expire(&mut world);
    assert_eq!(world.fetch("t").committed_offset, 1);
    world.pass(1);
    expire(&mut world);
    assert_eq!(world.fetch("t").committed_offset, -1);
    let huge = OffsetCommitRequest { retention_time_ms: i64::MAX, ..committing("", -1, 1) };
    assert_eq!(world.commit(2, huge), ErrorCode::NONE);
    expire(&mut world);
    assert_eq!(world.fetch("t").committed_offset, 1);
}

fn delete_group(world: &mut World) -> ErrorCode {
    let reply = world.send(2, GroupRequest::DeleteGroups(vec![GROUP.to_owned()]));
    match &world.answers[&reply] {
        Reply::DeleteGroups(results) => error(results[0].error_code),
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_an_empty_group_can_be_deleted() {
    let mut world = World::new();
    assert_eq!(delete_group(&mut world), ErrorCode::GROUP_ID_NOT_FOUND);
    let members = world.stable(1);
    world.commit(9, committing(&members[0], 1, 1));
    assert_eq!(delete_group(&mut world), ErrorCode::NON_EMPTY_GROUP);
    world.leave(&[(&members[0], None)]);
    world.log_is = LogIs::Failing(ErrorCode::NOT_COORDINATOR);
    assert_eq!(delete_group(&mut world), ErrorCode::NOT_COORDINATOR);
    assert_eq!(world.state(), "Empty", "a group whose tombstone fails is still there");
    world.log_is = LogIs::Well;
    assert_eq!(delete_group(&mut world), ErrorCode::NONE);
    assert_eq!((world.state(), world.fetch("t").committed_offset), ("Dead".to_owned(), -1));
    let mut again = world.replayed();
    assert_eq!((again.state(), again.fetch("t").committed_offset), ("Dead".to_owned(), -1));
}

#[test]
fn offsets_of_a_topic_that_is_read_cannot_be_deleted() {
    let mut world = World::new();
    let members = world.stable(1);
    let mut other = committing(&members[0], 1, 2);
    other.topics[0].name = "u".to_owned();
    world.commit(9, committing(&members[0], 1, 1));
    world.commit(9, other);
    let topics = ["t", "u"].map(|name| OffsetDeleteRequestTopic {
        name: name.to_owned(),
        partitions: vec![OffsetDeleteRequestPartition { partition_index: 0 }],
    });
    let request = OffsetDeleteRequest { group_id: GROUP.to_owned(), topics: topics.to_vec() };
    let reply = world.send(0, GroupRequest::OffsetDelete(request));
    let Reply::OffsetDelete(response) = &world.answers[&reply] else { panic!() };
    let codes: Vec<_> = response.topics.iter().map(|topic| error(topic.partitions[0].error_code)).collect();
    assert_eq!(codes, [ErrorCode::GROUP_SUBSCRIBED_TO_TOPIC, ErrorCode::NONE]);
    assert_eq!((world.fetch("t").committed_offset, world.fetch("u").committed_offset), (1, -1));
}

#[test]
fn a_deleted_topic_takes_its_offsets_along() {
    let mut world = World::new();
    let mut request = committing("", -1, 5);
    request.topics[0].topic_id = Uuid([1; 16]);
    world.commit(9, request);
    for (topic_id, expected) in [(Uuid([2; 16]), 5), (Uuid([1; 16]), -1)] {
        world.send(0, GroupRequest::ForgetTopics(vec![DeletedTopic { name: "t".into(), topic_id }]));
        assert_eq!(world.fetch("t").committed_offset, expected);
    }
}

#[test]
fn groups_are_listed_by_state_and_type() {
    let mut world = World::new();
    world.stable(1);
    let simple = OffsetCommitRequest { group_id: "simple".to_owned(), ..committing("", -1, 1) };
    world.commit(9, simple);
    let mut list = |states: &[&str], types: &[&str]| {
        let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let reply = world.send(5, GroupRequest::ListGroups { states: own(states), types: own(types) });
        let Reply::ListGroups(groups) = &world.answers[&reply] else { panic!() };
        let mut groups: Vec<_> = groups.iter().map(|group| group.group_id.clone()).collect();
        groups.sort();
        groups
    };
    assert_eq!(list(&[], &[]), ["g", "simple"]);
    assert_eq!(list(&["stable"], &[]), ["g"]);
    assert_eq!(list(&["EMPTY", "Dead"], &["Classic"]), ["simple"]);
    assert_eq!(list(&[], &["consumer"]), Vec::<String>::new());
}

#[test]
fn a_group_that_is_not_there_is_dead_and_since_v6_an_error() {
    let mut world = World::new();
    for (version, code, message) in
        [(5, ErrorCode::NONE, None), (6, ErrorCode::GROUP_ID_NOT_FOUND, Some("Group g not found."))]
    {
        let reply = world.send(version, GroupRequest::DescribeGroups(vec![GROUP.to_owned()]));
        let Reply::DescribeGroups(groups) = &world.answers[&reply] else { panic!() };
        assert_eq!((groups[0].group_state.as_str(), error(groups[0].error_code)), ("Dead", code));
        assert_eq!(groups[0].error_message.as_deref(), message);
    }
}
