//! Asks every version of one API after the other, and tells all that failed rather than the first.

use std::panic::{AssertUnwindSafe, catch_unwind};

use mq::model::Uuid;
use mq::protocol::ApiKey;
use mq::protocol::messages::ApiVersionsRequest;

use super::common::{batch, create_topic, produce};
use crate::support::broker::Broker;
use crate::support::connection::Connection;

/// A broker with something of everything.
pub struct World {
    pub broker: Broker,
    /// The id of the topic `first`, which has one partition with the records a, b and c in one batch and d in another.
    pub first_id: Uuid,
}

/// Asks one version of one API.
pub type Ask = fn(&World, &mut Connection, i16);

impl World {
    /// Starts the broker, fills it and starts it again, so that `first` is in a later leader epoch than its records.
    pub fn new() -> World {
        let mut broker = Broker::with(&["offsets.topic.num.partitions=2", "offsets.topic.replication.factor=1"]);
        let mut connection = Connection::to(&broker);
        let first_id = create_topic(&mut connection, "first", 1, &[]);
        produce(&mut connection, "first", batch(&["a", "b", "c"]));
        produce(&mut connection, "first", batch(&["d"]));
        broker.kill();
        broker.restart();
        World { broker, first_id }
    }
}

/// Asks each version that the broker advertises and serves, on a connection of its own.
pub fn ask_all(cases: &[(ApiKey, Ask)]) {
    let world = World::new();
    let rows = Connection::to(&world.broker).call(&ApiVersionsRequest::default(), 0).api_keys;
    let mut failed = Vec::new();
    for (key, ask) in cases {
        let row = rows.iter().find(|row| row.api_key == key.wire()).expect("only what is advertised is asked");
        let lowest = if *key == ApiKey::Produce { 3 } else { row.min_version };
        for version in lowest..=row.max_version {
            let mut connection = Connection::to(&world.broker);
            if catch_unwind(AssertUnwindSafe(|| ask(&world, &mut connection, version))).is_err() {
                failed.push(format!("{key} v{version}"));
            }
        }
    }
    assert!(failed.is_empty(), "these versions failed: {failed:?}");
    let log = world.broker.log();
    assert!(!log.contains("cannot encode") && !log.contains("panicked"), "{log}");
}

/// That no advertised API is without a case.
pub fn assert_complete(cases: &[(ApiKey, Ask)]) {
    let broker = Broker::start();
    let rows = Connection::to(&broker).call(&ApiVersionsRequest::default(), 0).api_keys;
    let advertised: Vec<i16> = rows.iter().map(|row| row.api_key).collect();
    let asked: Vec<i16> = cases.iter().map(|(key, _)| key.wire()).collect();
    assert_eq!(asked, advertised);
}
