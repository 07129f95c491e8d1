//! What a crash leaves at the end of a log.

use std::fs::OpenOptions;

use super::common::{batch, create_topic, fetch_request, only, produce, values};
use crate::support::broker::Broker;
use crate::support::connection::Connection;

/// Fault B1: whatever is left of the last batch is cut off at the next start, the batches before it stay, and the log goes on.
#[test]
fn a_torn_last_batch_is_cut_off_and_the_log_goes_on() {
    let mut broker = Broker::start();
    let mut connection = Connection::to(&broker);
    create_topic(&mut connection, "first", 1, &[]);
    produce(&mut connection, "first", batch(&["a", "b"]));
    let kept = [(0, "a".to_owned()), (1, "b".to_owned())];
    let path = broker.data().join(format!("first-0/{:020}.log", 0));
    let whole = std::fs::metadata(&path).expect("the log is there").len();
    let torn = batch(&["c", "d"]);
    let last = u64::try_from(torn.len()).expect("a small batch");
    for left in [1, 11, 12, 16, 17, 60, 61, last / 2 + 31, last - 1] {
        let mut connection = Connection::to(&broker);
        assert_eq!(produce(&mut connection, "first", torn.clone()).base_offset, 2, "{left} bytes left");
        broker.kill();
        let log = OpenOptions::new().write(true).open(&path).expect("the log is there");
        log.set_len(whole + left).expect("it can be cut");
        broker.restart();
        let data = only(Connection::to(&broker).call(&fetch_request("first", 0), 12));
        assert_eq!((values(&data), data.high_watermark), (kept.to_vec(), 2), "{left} bytes left");
        assert_eq!(std::fs::metadata(&path).expect("the log is there").len(), whole, "{left} bytes left");
    }
}
