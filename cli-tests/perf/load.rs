//! The load: Kafka's own perf clients, run the same way against either side.

use super::side::Side;
use crate::compat::peer::tool;
use crate::support::run::said;

const PARTITIONS: &str = "6";

/// How much is produced and consumed, and how.
pub struct Load {
    /// How the table calls it.
    pub name: &'static str,
    /// How many records.
    pub records: u64,
    /// The size of each one's value.
    pub record_bytes: u64,
    /// The producer's properties.
    pub properties: &'static [&'static str],
}

impl Load {
    /// A fifth of the load: enough to compile the client's and the peer's hot code.
    pub fn warm_up(&self) -> Load {
        Load { records: self.records / 5, ..*self }
    }

    /// All values together.
    pub fn bytes(&self) -> u64 {
        self.records * self.record_bytes
    }

    fn topic(&self, round: &str) -> String {
        format!("perf-{}-{round}", self.record_bytes)
    }
}

/// Produces the load to a new topic and returns records a second, as the client counts.
pub fn produce(side: &Side, load: &Load, round: &str) -> f64 {
    let topic = load.topic(round);
    let created = said(&[
        "topics",
        "--bootstrap-server",
        &side.address,
        "--create",
        "--topic",
        &topic,
        "--partitions",
        PARTITIONS,
    ]);
    assert_eq!(created.code, 0, "{}: {}{}", side.name, created.out, created.err);
    let bootstrap = format!("bootstrap.servers={}", side.address);
    let (records, size) = (load.records.to_string(), load.record_bytes.to_string());
    let mut arguments =
        vec!["--topic", &topic, "--num-records", &records, "--record-size", &size, "--throughput", "-1"];
    arguments.extend(["--producer-props", &bootstrap]);
    arguments.extend(load.properties);
    let run = tool("kafka-producer-perf-test", &arguments, b"");
    assert_eq!(run.code, 0, "{}: {}{}", side.name, run.out, run.err);
    let line = run.out.lines().rfind(|line| line.contains("records/sec")).expect("the client's summary");
    let rate = line.split(", ").nth(1).and_then(|part| part.split(' ').next());
    rate.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("no rate in '{line}'"))
}

/// Consumes what [`produce`] produced in the same round and returns records a second, joining the group left out.
pub fn consume(side: &Side, load: &Load, round: &str) -> f64 {
    let (topic, records) = (load.topic(round), load.records.to_string());
    let arguments = ["--bootstrap-server", &side.address, "--topic", &topic, "--num-records", &records];
    let run = tool("kafka-consumer-perf-test", &arguments, b"");
    assert_eq!(run.code, 0, "{}: {}{}", side.name, run.out, run.err);
    let line = run.out.lines().next_back().expect("the client's summary");
    let rate = line.split(", ").last().and_then(|number| number.trim().parse().ok());
    rate.unwrap_or_else(|| panic!("no rate in '{line}'"))
}
