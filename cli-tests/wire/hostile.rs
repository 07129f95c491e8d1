//! Random damage to good requests, through a real socket: the broker answers or closes, and goes on serving.

use mq::protocol::messages::ApiVersionsRequest;
use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};

use super::frames::assert_serves;
use crate::support::broker::Broker;
use crate::support::connection::Connection;

const REQUESTS: usize = 3_000;
const LENGTH_MAX: usize = 300;

/// Fault F4: random bodies under every key and version that is offered. `MQ_SEED=...` replays a run.
#[test]
fn random_bodies_under_every_offered_key_never_break_the_broker() {
    let seed =
        std::env::var("MQ_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(|| rand::rng().next_u64());
    println!("MQ_SEED={seed}");
    let mut chance = StdRng::seed_from_u64(seed);
    let broker = Broker::start();
    let rows = Connection::to(&broker).call(&ApiVersionsRequest::default(), 0).api_keys;
    for round in 0..REQUESTS {
        let row = &rows[round % rows.len()];
        let version = chance.random_range(row.min_version..=row.max_version);
        let mut body = vec![0; chance.random_range(0..LENGTH_MAX)];
        chance.fill_bytes(&mut body);
        // Most random bytes are refused by the first length; small numbers reach deeper.
        let small = chance.random_range(0..256);
        body.iter_mut().for_each(|byte| {
            if small < 200 {
                *byte %= 4
            }
        });
        let header =
            [&row.api_key.to_be_bytes()[..], &version.to_be_bytes(), &7i32.to_be_bytes(), &[0, 1, b'x', 0]].concat();
        let mut connection = Connection::to(&broker);
        connection.send_frame(&[header, body].concat());
        connection.finish();
        let _ = connection.receive();
        if round % 500 == 0 {
            assert_serves(&broker);
        }
    }
    assert_serves(&broker);
}
