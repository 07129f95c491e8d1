//! Incremental fetch sessions (KIP-227), with what Kafka's own FetchSession does as the law.

use mq::model::ErrorCode;
use mq::protocol::messages::fetch_request::{FetchTopic, ForgottenTopic};
use mq::protocol::messages::{FetchRequest, FetchResponse};

use super::common::{batch, create_topic, fetch_request, produce, values};
use crate::support::broker::Broker;
use crate::support::connection::Connection;

const VERSION: i16 = 12;
const FINAL_EPOCH: i32 = -1;
const NO_SESSION: i32 = 0;

/// A broker with topics of these names, each with one record that is its name.
fn with_topics(settings: &[&str], names: &[&str]) -> (Broker, Connection) {
    let broker = Broker::with(settings);
    let mut connection = Connection::to(&broker);
    for name in names {
        create_topic(&mut connection, name, 1, &[]);
        produce(&mut connection, name, batch(&[name]));
    }
    (broker, connection)
}

fn wanted(name: &str, offset: i64) -> FetchTopic {
    fetch_request(name, offset).topics.remove(0)
}

/// A client's side of a session.
struct Session {
    id: i32,
    epoch: i32,
}

impl Session {
    fn open(connection: &mut Connection, topics: Vec<FetchTopic>) -> (Session, FetchResponse) {
        let response = connection.call(&FetchRequest { session_epoch: 0, topics, ..fetch_request("", 0) }, VERSION);
        assert_eq!(response.error_code, 0);
        (Session { id: response.session_id, epoch: 1 }, response)
    }

    fn request(&self, topics: Vec<FetchTopic>) -> FetchRequest {
        FetchRequest { session_id: self.id, session_epoch: self.epoch, topics, ..fetch_request("", 0) }
    }

    /// The next fetch, which changes these topics and forgets those.
    fn next(&mut self, connection: &mut Connection, topics: Vec<FetchTopic>, forgotten: &[&str]) -> FetchResponse {
        let forget =
            |name: &&str| ForgottenTopic { topic: (*name).to_owned(), partitions: vec![0], ..Default::default() };
        let forgotten_topics_data = forgotten.iter().map(forget).collect();
        let response = connection.call(&FetchRequest { forgotten_topics_data, ..self.request(topics) }, VERSION);
        assert_eq!(response.error_code, 0);
        self.epoch += 1;
        response
    }
}

/// What a response tells: each topic with its error and the values of its records.
fn told(response: &FetchResponse) -> Vec<(String, ErrorCode, Vec<String>)> {
    let rows = response.responses.iter().flat_map(|topic| topic.partitions.iter().map(move |row| (topic, row)));
    let told = rows.map(|(topic, row)| {
        let values = values(row).into_iter().map(|(_, value)| value).collect();
        (topic.topic.clone(), ErrorCode::from_wire(row.error_code), values)
    });
    told.collect()
}

fn found(name: &str, values: &[&str]) -> (String, ErrorCode, Vec<String>) {
    (name.to_owned(), ErrorCode::NONE, values.iter().map(|&value| value.to_owned()).collect())
}

#[test]
fn the_first_answer_tells_of_all_and_later_ones_of_what_changed() {
    let (_broker, mut connection) = with_topics(&[], &["a", "b"]);
    let (mut session, opened) = Session::open(&mut connection, vec![wanted("a", 0), wanted("b", 1)]);
    assert_ne!(session.id, NO_SESSION);
    assert_eq!(told(&opened), [found("a", &["a"]), found("b", &[])]);
    // Records that the client has not gone beyond come again; b has nothing new.
    assert_eq!(told(&session.next(&mut connection, vec![], &[])), [found("a", &["a"])]);
    assert_eq!(told(&session.next(&mut connection, vec![wanted("a", 1)], &[])), []);
    produce(&mut connection, "b", batch(&["new"]));
    let next = session.next(&mut connection, vec![], &[]);
    assert_eq!((next.session_id, told(&next)), (session.id, vec![found("b", &["new"])]));
}

#[test]
fn partitions_join_a_session_and_leave_it() {
    let (_broker, mut connection) = with_topics(&[], &["a", "b"]);
    let (mut session, _) = Session::open(&mut connection, vec![wanted("a", 1)]);
    assert_eq!(told(&session.next(&mut connection, vec![wanted("b", 0)], &[])), [found("b", &["b"])]);
    assert_eq!(told(&session.next(&mut connection, vec![wanted("b", 1)], &["a"])), []);
    produce(&mut connection, "a", batch(&["unheard"]));
    assert_eq!(told(&session.next(&mut connection, vec![], &[])), []);
    // Without its last partition a session is none.
    assert_eq!(session.next(&mut connection, vec![], &["b"]).session_id, NO_SESSION);
    let gone = connection.call(&session.request(vec![]), VERSION);
    assert_eq!(ErrorCode::from_wire(gone.error_code), ErrorCode::FETCH_SESSION_ID_NOT_FOUND);
}

#[test]
fn a_partition_with_an_error_is_told_each_time_and_once_more_when_it_is_over() {
    let (_broker, mut connection) = with_topics(&[], &["a"]);
    let (mut session, opened) = Session::open(&mut connection, vec![wanted("a", 1), wanted("later", 0)]);
    let unknown = ("later".to_owned(), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, Vec::new());
    assert_eq!(told(&opened), [found("a", &[]), unknown.clone()]);
    assert_eq!(told(&session.next(&mut connection, vec![], &[])), [unknown]);
    create_topic(&mut connection, "later", 1, &[]);
    assert_eq!(told(&session.next(&mut connection, vec![], &[])), [found("later", &[])]);
    assert_eq!(told(&session.next(&mut connection, vec![], &[])), []);
}

#[test]
fn partitions_with_records_take_turns_where_the_answer_has_room_for_one() {
    let (_broker, mut connection) = with_topics(&[], &["a", "b", "c"]);
    let topics = ["a", "b", "c"].map(|name| wanted(name, 0)).to_vec();
    let (mut session, _) = Session::open(&mut connection, topics);
    let mut turn = || {
        let request = FetchRequest { max_bytes: 1, ..session.request(vec![]) };
        session.epoch += 1;
        let told = told(&connection.call(&request, VERSION));
        told.into_iter().filter(|(_, _, values)| !values.is_empty()).map(|(name, ..)| name).collect::<Vec<_>>()
    };
    let mut turns: Vec<_> = (0..3).flat_map(|_| turn()).collect();
    assert_eq!(turns.len(), 3, "one each time: {turns:?}");
    turns.sort();
    assert_eq!(turns, ["a", "b", "c"]);
}

/// Fault F13: stale session ids and epochs, and a session that goes on in the other way of naming topics.
#[test]
fn a_request_out_of_step_is_refused_and_the_session_lives_on() {
    let (_broker, mut connection) = with_topics(&[], &["a"]);
    let (mut session, _) = Session::open(&mut connection, vec![wanted("a", 0)]);
    let mut code = |session_id, session_epoch, version| {
        let request = FetchRequest { session_id, session_epoch, topics: vec![], ..fetch_request("", 0) };
        let response = connection.call(&request, version);
        assert_eq!((response.session_id, response.responses.len()), (NO_SESSION, 0));
        ErrorCode::from_wire(response.error_code)
    };
    assert_eq!(code(session.id, 2, VERSION), ErrorCode::INVALID_FETCH_SESSION_EPOCH);
    assert_eq!(code(session.id, i32::MAX, VERSION), ErrorCode::INVALID_FETCH_SESSION_EPOCH);
    assert_eq!(code(session.id, 1, 13), ErrorCode::FETCH_SESSION_TOPIC_ID_ERROR);
    assert_eq!(code(session.id.wrapping_add(1).max(1), 1, VERSION), ErrorCode::FETCH_SESSION_ID_NOT_FOUND);
    assert_eq!(told(&session.next(&mut connection, vec![], &[])), [found("a", &["a"])]);
}

#[test]
fn a_full_fetch_ends_the_session_that_it_names() {
    let (_broker, mut connection) = with_topics(&[], &["a"]);
    for (epoch, begins_another) in [(0, true), (FINAL_EPOCH, false)] {
        let (session, _) = Session::open(&mut connection, vec![wanted("a", 0)]);
        let full = FetchRequest { session_epoch: epoch, ..session.request(vec![wanted("a", 0)]) };
        let response = connection.call(&full, VERSION);
        assert_eq!((response.session_id != NO_SESSION, told(&response)), (begins_another, vec![found("a", &["a"])]));
        let gone = connection.call(&session.request(vec![]), VERSION);
        assert_eq!(ErrorCode::from_wire(gone.error_code), ErrorCode::FETCH_SESSION_ID_NOT_FOUND);
    }
}

#[test]
fn without_room_for_a_session_all_is_told_without_one() {
    let (_broker, mut connection) = with_topics(&["max.incremental.fetch.session.cache.slots=1"], &["a"]);
    let (first, _) = Session::open(&mut connection, vec![wanted("a", 0)]);
    assert_ne!(first.id, NO_SESSION);
    let (second, opened) = Session::open(&mut connection, vec![wanted("a", 0)]);
    assert_eq!((second.id, told(&opened)), (NO_SESSION, vec![found("a", &["a"])]));
    // The first one leaves, and there is room.
    connection.call(&FetchRequest { session_epoch: FINAL_EPOCH, ..first.request(vec![]) }, VERSION);
    let (third, _) = Session::open(&mut connection, vec![wanted("a", 0)]);
    assert_ne!(third.id, NO_SESSION);
}
