//! The tables against facts recorded from Kafka 4.3.1.

use std::collections::BTreeMap;

use super::property::{DefaultValue, Property, Scope, Table, Valid};
use super::{admin, broker, consumer, producer, topic};

/// Kafka's way to write which values are valid.
fn valid_text(valid: Valid) -> String {
    let listed = |texts: &[&str]| format!("[{}]", texts.join(", "));
    match valid {
        Valid::Any => String::new(),
        Valid::From(least) => format!("[{least},...]"),
        Valid::Within(least, most) => format!("[{least},...,{most}]"),
        Valid::Fraction(least, most) => format!("[{least},...,{most}]"),
        Valid::OneOf(texts) => listed(texts),
        Valid::AnyCase(texts) => format!("(case insensitive) {}", listed(texts)),
        Valid::NotEmpty => "non-empty string".to_owned(),
        Valid::NotNull => "non-null string".to_owned(),
        Valid::List([]) => "list".to_owned(),
        Valid::List(texts) => listed(texts),
        Valid::NonEmptyList([]) => "list, not empty".to_owned(),
        Valid::NonEmptyList(texts) => format!("{}, not empty", listed(texts)),
        Valid::GzipLevel => "[1,...,9] or -1".to_owned(),
        Valid::ThrottledReplicas => "[partitionId]:[brokerId],[partitionId]:[brokerId],...".to_owned(),
        Valid::Voters | Valid::Addresses => "non-empty list".to_owned(),
        Valid::OffsetReset => "[latest, earliest, none, by_duration:PnDTnHnMn.nS]".to_owned(),
        Valid::AcknowledgementMode => "[implicit, explicit]".to_owned(),
        Valid::AcquireMode => "[batch_optimized, record_limit]".to_owned(),
    }
}

fn fact(kind: &str, row: &Property) -> String {
    let default = match row.default {
        DefaultValue::Required => "required".to_owned(),
        DefaultValue::Null => "null".to_owned(),
        DefaultValue::Text(text) => format!("={text}"),
    };
    let scope = match row.scope {
        Scope::ReadOnly | Scope::PerBroker | Scope::ClusterWide => row.scope.name(),
        Scope::PerTopic | Scope::PerClient => "",
    };
    let synonyms: Vec<_> = row.synonyms.iter().map(|synonym| format!("{}*{}", synonym.name, synonym.unit)).collect();
    let internal = if row.is_internal() { "internal" } else { "" };
    let (name, type_name, valid) = (row.name, row.kind.name(), valid_text(row.valid));
    [kind, name, type_name, &default, &valid, scope, &synonyms.join(" "), internal].join("\t")
}

fn tables() -> [(&'static str, Table); 5] {
    [
        ("broker", broker::TABLE),
        ("topic", topic::TABLE),
        ("producer", producer::TABLE),
        ("consumer", consumer::TABLE),
        ("admin", admin::TABLE),
    ]
}

#[test]
fn the_tables_are_kafkas() {
    let golden = include_str!("kafka_4_3_1.tsv");
    let mut expected: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for line in golden.lines().filter(|line| !line.starts_with('#')) {
        expected.entry(line.split('\t').next().unwrap_or_default()).or_default().push(line);
    }
    for (kind, table) in tables() {
        let found: Vec<_> = table.sorted().into_iter().map(|row| fact(kind, row)).collect();
        for (found, expected) in found.iter().zip(&expected[kind]) {
            assert_eq!(found, expected);
        }
        assert_eq!(found.len(), expected[kind].len(), "{kind}");
    }
}

#[test]
fn every_default_is_valid() {
    for (kind, table) in tables() {
        for row in table.rows() {
            // Kafka has one default that its own check refuses: no key for delegation tokens, an empty group of voters.
            if let DefaultValue::Text(text) = row.default {
                assert!(row.check(text).is_ok(), "{kind} {}", row.name);
            }
        }
    }
}

#[test]
fn every_row_has_one_whole_sentence() {
    for (kind, table) in tables() {
        for row in table.rows() {
            assert!(row.doc.ends_with('.') && row.doc.len() > 10, "{kind} {}", row.name);
        }
    }
}

/// The sentences and verdicts are those that Kafka 4.3.1 gave for the same values.
#[test]
fn values_are_judged_in_kafkas_words() {
    let check = |table: Table, name: &str, text: &str, expected: Result<&str, &str>| {
        let row = table.get(name).expect(name);
        let found = row.check(text).map(|value| value.to_string()).map_err(|error| error.message);
        assert_eq!(found, expected.map(str::to_owned).map_err(str::to_owned), "{name}={text}");
    };
    let invalid = |value: &str, name: &str, why: &str| format!("Invalid value {value} for configuration {name}: {why}");
    let no = |name: &str, text: &str, why: &str| check(topic::TABLE, name, text, Err(&invalid(text, name, why)));
    no("retention.ms", "abc", "Not a number of type LONG");
    no("retention.ms", "", "Not a number of type LONG");
    no("retention.ms", "99999999999999999999", "Not a number of type LONG");
    no("retention.ms", "-5", "Value must be at least -1");
    no("segment.bytes", "10", "Value must be at least 1048576");
    no("compression.zstd.level", "55", "Value must be no more than 22");
    no("compression.gzip.level", "0", "Value must be between 1 and 9 or equal to -1");
    no("preallocate", "yes", "Expected value to be either true or false");
    no("compression.type", "x", "String must be one of: uncompressed, zstd, lz4, snappy, gzip, producer");
    no("cleanup.policy", "foo", "String must be one of: compact, delete");
    no("min.cleanable.dirty.ratio", "x", "Not a number of type DOUBLE");
    let ok = |name: &str, text: &str, shown: &str| check(topic::TABLE, name, text, Ok(shown));
    ok("retention.ms", " +5 ", "5");
    ok("preallocate", "TRUE", "true");
    ok("cleanup.policy", " delete , compact ", "delete,compact");
    ok("cleanup.policy", "", "");
    ok("min.cleanable.dirty.ratio", "1e-1", "0.1");
    ok("leader.replication.throttled.replicas", "0:1,1:2", "0:1,1:2");
    let err = |table: Table, name: &str, text: &str, why: &str| check(table, name, text, Err(why));
    err(
        topic::TABLE,
        "cleanup.policy",
        "delete,delete",
        "Configuration 'cleanup.policy' values must not be duplicated.",
    );
    err(topic::TABLE, "cleanup.policy", "delete,,compact", "Configuration 'cleanup.policy' values must not be empty.");
    err(
        topic::TABLE,
        "min.cleanable.dirty.ratio",
        "2",
        "Invalid value 2.0 for configuration min.cleanable.dirty.ratio: Value must be no more than 1",
    );
    err(
        broker::TABLE,
        "process.roles",
        "",
        "Configuration 'process.roles' must not be empty. Valid values include: [broker, controller]",
    );
    err(
        broker::TABLE,
        "listeners",
        "",
        "Configuration 'listeners' must not be empty. Valid values include: any non-empty value",
    );
    err(
        broker::TABLE,
        "controller.quorum.voters",
        "1@x",
        "Failed to parse host name from entry 1@x for the configuration controller.quorum.voters. Each entry should be in \
         the form `{id}@{host}:{port}`.",
    );
    err(
        broker::TABLE,
        "group.consumer.migration.policy",
        "x",
        "Invalid value x for configuration group.consumer.migration.policy: String must be one of (case insensitive): \
         DISABLED, DOWNGRADE, UPGRADE, BIDIRECTIONAL",
    );
    err(
        consumer::TABLE,
        "auto.offset.reset",
        "x",
        "Invalid value x for configuration auto.offset.reset: Invalid value `x` for configuration auto.offset.reset. The \
         value must be either 'earliest', 'latest', 'none' or of the format 'by_duration:<PnDTnHnMn.nS.>'.",
    );
    check(broker::TABLE, "log.cleaner.io.max.bytes.per.second", "1.7976931348623157E308", Ok("1.7976931348623157E308"));
    check(broker::TABLE, "log.cleaner.io.buffer.load.factor", "1e10", Ok("1.0E10"));
    check(broker::TABLE, "delegation.token.secret.key", "q", Ok("[hidden]"));
}
