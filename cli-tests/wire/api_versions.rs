//! ApiVersions: the table that clients steer by.

use mq::protocol::messages::ApiVersionsRequest;

use crate::support::broker::Broker;
use crate::support::connection::Connection;

/// Key, lowest and highest version: the stable versions of Kafka 4.3.1 for what is built.
const TABLE: &[(i16, i16, i16)] = &[
    (0, 0, 13),
    (1, 4, 18),
    (2, 1, 11),
    (3, 0, 13),
    (8, 2, 10),
    (9, 1, 10),
    (10, 0, 6),
    (11, 0, 9),
    (12, 0, 4),
    (13, 0, 5),
    (14, 0, 5),
    (15, 0, 6),
    (16, 0, 5),
    (18, 0, 4),
    (19, 2, 7),
    (20, 1, 6),
    (22, 0, 5),
    (23, 2, 4),
    (32, 0, 4),
    (33, 0, 2),
    (37, 0, 3),
    (42, 0, 2),
    (44, 0, 1),
    (60, 0, 2),
    (75, 0, 0),
];

fn request() -> ApiVersionsRequest {
    ApiVersionsRequest { client_software_name: "wire".to_owned(), client_software_version: "1.0".to_owned() }
}

#[test]
fn every_version_gives_the_table_of_what_is_built() {
    let broker = Broker::start();
    let mut connection = Connection::to(&broker);
    for version in 0..=4 {
        let response = connection.call(&request(), version);
        let rows: Vec<_> =
            response.api_keys.iter().map(|row| (row.api_key, row.min_version, row.max_version)).collect();
        assert_eq!(rows, TABLE, "version {version}");
    }
}

#[test]
fn features_are_finalized_at_the_levels_that_are_built_and_old_clients_see_no_level_0() {
    let broker = Broker::start();
    let mut connection = Connection::to(&broker);
    let response = connection.call(&request(), 4);
    let level_of = |name: &str| response.finalized_features.iter().find(|row| row.name == name);
    assert_eq!(level_of("metadata.version").map(|row| row.max_version_level), Some(30));
    assert_eq!(level_of("eligible.leader.replicas.version").map(|row| row.max_version_level), Some(1));
    assert_eq!(level_of("transaction.version"), None);
    let old = connection.call(&request(), 3);
    assert!(old.supported_features.iter().all(|row| row.min_version > 0), "{:?}", old.supported_features);
}

/// Fault F3: a name that KIP-511 does not allow is refused, not kept.
#[test]
fn a_client_with_an_impossible_name_is_refused() {
    let broker = Broker::start();
    let refused = ApiVersionsRequest { client_software_name: "a b".to_owned(), ..request() };
    assert_eq!(Connection::to(&broker).call(&refused, 3).error_code, 42);
}
