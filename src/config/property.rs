//! What a row says about a property, and the macro that turns rows into a table and a struct with typed fields.

use std::fmt;

/// One property.
#[derive(Debug)]
pub struct Property {
    /// Its name, with dots.
    pub name: &'static str,
    /// The type of its value.
    pub kind: Kind,
    /// Its value where none is given.
    pub default: DefaultValue,
    /// Which values of the type are allowed.
    pub valid: Valid,
    /// When a change takes effect.
    pub scope: Scope,
    /// For a topic's property: the broker's properties that give its default, the strongest first.
    pub synonyms: &'static [Synonym],
    /// Whether it has an effect in `mq`.
    pub effect: Effect,
    /// What it does, in one sentence.
    pub doc: &'static str,
}

/// The type of a property's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`, in any case.
    Boolean,
    /// Any text.
    String,
    /// 32 bits.
    Int,
    /// 16 bits.
    Short,
    /// 64 bits.
    Long,
    /// A floating point number.
    Double,
    /// Texts separated by commas.
    List,
    /// The name of a Java class.
    Class,
    /// Text that is never shown.
    Password,
}

impl Kind {
    /// Kafka's name of the type.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Boolean => "BOOLEAN",
            Kind::String => "STRING",
            Kind::Int => "INT",
            Kind::Short => "SHORT",
            Kind::Long => "LONG",
            Kind::Double => "DOUBLE",
            Kind::List => "LIST",
            Kind::Class => "CLASS",
            Kind::Password => "PASSWORD",
        }
    }

    /// The type's number in an answer to DescribeConfigs (`DescribeConfigsResponse.ConfigType`).
    #[must_use]
    pub fn wire(self) -> i8 {
        match self {
            Kind::Boolean => 1,
            Kind::String => 2,
            Kind::Int => 3,
            Kind::Short => 4,
            Kind::Long => 5,
            Kind::Double => 6,
            Kind::List => 7,
            Kind::Class => 8,
            Kind::Password => 9,
        }
    }
}

/// The value of a property that is not set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultValue {
    /// There is none: Kafka refuses to start. `mq` may still know better.
    Required,
    /// None at all.
    Null,
    /// This text.
    Text(&'static str),
}

impl DefaultValue {
    /// The text, where there is one.
    #[must_use]
    pub fn text(self) -> Option<&'static str> {
        match self {
            DefaultValue::Text(text) => Some(text),
            DefaultValue::Null | DefaultValue::Required => None,
        }
    }
}

/// Which values of its type a property may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Valid {
    /// Every one.
    Any,
    /// A whole number from here on.
    From(i64),
    /// A whole number between these two, both included.
    Within(i64, i64),
    /// A fraction between these two, both included, written as Kafka writes them.
    Fraction(&'static str, &'static str),
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// One of these texts, in any case.
    AnyCase(&'static [&'static str]),
    /// A text that is not empty.
    NotEmpty,
    /// A text.
    NotNull,
    /// A list without duplicates, which may be empty; its entries are among these unless there are none here.
    List(&'static [&'static str]),
    /// The same, but not empty.
    NonEmptyList(&'static [&'static str]),
    /// A level of gzip: 1 to 9, or -1 for the library's own.
    GzipLevel,
    /// `*`, or replicas as `partition:broker`.
    ThrottledReplicas,
    /// Voters as `id@host:port`.
    Voters,
    /// Addresses as `host:port`.
    Addresses,
    /// `earliest`, `latest`, `none` or `by_duration:` with a length of time in ISO form.
    OffsetReset,
    /// `implicit` or `explicit`.
    AcknowledgementMode,
    /// `batch_optimized` or `record_limit`, in any case.
    AcquireMode,
}

/// When a change of a property takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// At the next start.
    ReadOnly,
    /// At once, for one broker.
    PerBroker,
    /// At once, for one broker or for all.
    ClusterWide,
    /// At once, for one topic.
    PerTopic,
    /// With the next client that is made.
    PerClient,
}

impl Scope {
    /// Kafka's name of it, as in its documentation.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Scope::ReadOnly => "read-only",
            Scope::PerBroker => "per-broker",
            Scope::ClusterWide => "cluster-wide",
            Scope::PerTopic => "topic",
            Scope::PerClient => "client",
        }
    }

    /// Whether a running broker can be given another value.
    #[must_use]
    pub fn is_dynamic(self) -> bool {
        matches!(self, Scope::PerBroker | Scope::ClusterWide)
    }
}

/// A broker's property that gives a topic's property its default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Synonym {
    /// Its name.
    pub name: &'static str,
    /// Its unit in units of the topic's property: hours are 3,600,000 milliseconds.
    pub unit: i64,
}

/// Whether a property has an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It does what its sentence says.
    InForce,
    /// It is accepted, checked and shown, and does nothing, for this reason.
    Without(Reason),
}

macro_rules! reasons {
    ($($name:ident = $text:literal;)*) => {
        /// Why a property is without effect.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[allow(missing_docs, non_camel_case_types, clippy::upper_case_acronyms)]
        pub enum Reason { $($name,)* }

        impl fmt::Display for Reason {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Reason::$name => $text,)* })
            }
        }
    };
}

reasons! {
    AUTHORIZER = "access control is not built yet";
    BOOTSTRAP = "the bootstrap servers are asked whenever no known broker answers";
    CLASSES = "only the classes of Kafka itself are known by name";
    CLUSTER = "more than one node is not built yet";
    COMPACTION = "compaction is not built yet";
    CONSENSUS = "the quorum has no more than one voter yet";
    CONSUMER_GROUPS = "the newer group protocol is not built yet";
    EVENLY = "records without a key are spread evenly";
    JBOD = "moving partitions between data folders is not built yet";
    JVM = "there is no Java machine that could load a class";
    KERBEROS = "Kerberos is not supported";
    METRICS = "metrics are plain counters without samples";
    NAMES = "names are taken as they are given, and every address of one is tried";
    OAUTH = "OAuth is not built yet";
    QUOTAS = "quotas are not built yet";
    SASL = "SASL is not built yet";
    SECURITY = "only PLAINTEXT is built yet";
    SHARE = "share groups are not built yet";
    STARTUP = "a start takes no time worth a bound";
    STREAMS = "streams groups are not built yet";
    TASKS = "work is done by tasks on as many threads as there are processors";
    TELEMETRY = "metrics pushed by clients are not built yet";
    TESTS = "it serves Kafka's own tests";
    TIERED = "tiered storage is not built yet";
    TLS = "TLS is not built yet";
    TOKENS = "delegation tokens are not built yet";
    TRANSACTIONS = "transactions are not built yet";
    TRIES = "every try to connect has the same time";
    UNSTABLE = "nothing unfinished is offered";
    USED = "what was used once stays known";
    WAITERS = "a waiter is removed as soon as it is done";
}

impl Property {
    /// Whether the value must never be shown.
    #[must_use]
    pub fn is_sensitive(&self) -> bool {
        self.kind == Kind::Password
    }

    /// Whether Kafka keeps the property out of its documentation and of DescribeConfigs.
    #[must_use]
    pub fn is_internal(&self) -> bool {
        INTERNAL.binary_search(&self.name).is_ok()
    }
}

/// The properties that Kafka declares with `defineInternal`, in order.
const INTERNAL: &[&str] = &[
    "controller.performance.always.log.threshold.ms",
    "controller.performance.sample.period.ms",
    "group.consumer.regex.refresh.interval.ms",
    "group.share.initialize.retry.interval.ms",
    "group.share.persister.class.name",
    "internal.metadata.delete.delay.millis",
    "internal.metadata.log.segment.bytes",
    "internal.metadata.max.batch.size.in.bytes",
    "internal.segment.bytes",
    "internal.throw.on.fetch.stable.offset.unsupported",
    "log.initial.task.delay.ms",
    "producer.id.expiration.check.interval.ms",
    "remote.log.index.file.cache.ttl.ms",
    "remote.log.manager.task.retry.backoff.max.ms",
    "remote.log.manager.task.retry.backoff.ms",
    "remote.log.manager.task.retry.jitter",
    "server.max.startup.time.ms",
    "share.coordinator.cold.partition.snapshot.interval.ms",
    "share.coordinator.state.topic.prune.interval.ms",
    "unclean.leader.election.interval.ms",
    "unstable.api.versions.enable",
    "unstable.feature.versions.enable",
];

/// All properties of one kind of configuration.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    parts: &'static [&'static [Property]],
}

impl Table {
    /// A table of these parts.
    #[must_use]
    pub const fn new(parts: &'static [&'static [Property]]) -> Table {
        Table { parts }
    }

    /// Every property, in the order of the source: related ones stand together.
    pub fn rows(self) -> impl Iterator<Item = &'static Property> {
        self.parts.iter().copied().flatten()
    }

    /// Every property by name.
    #[must_use]
    pub fn sorted(self) -> Vec<&'static Property> {
        let mut rows: Vec<_> = self.rows().collect();
        rows.sort_unstable_by_key(|row| row.name);
        rows
    }

    /// The property of a name.
    #[must_use]
    pub fn get(self, name: &str) -> Option<&'static Property> {
        self.rows().find(|row| row.name == name)
    }
}

/// Rows of properties. A row reads:
///
/// `name, type, default, valid values, scope / REASON why it is without effect => its field: and type, sentence;`
///
/// A topic's row names its broker synonyms by `<- [...]` after the scope. Without a struct's name the rows have no
/// fields.
macro_rules! properties {
    ($(#[$meta:meta])* struct $config:ident; $(
        $name:literal, $kind:ident, $default:tt, $valid:expr, $scope:ident $(<- [$($synonym:expr),*])? $(/ $why:ident)?
        $(=> $field:ident: $type:ty)?, $doc:literal;
    )*) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $config { $( $( #[doc = $doc] pub $field: $type, )? )* }

        impl $config {
            /// Fills every field from checked values.
            pub(in crate::config) fn from_values(
                values: &$crate::config::value::Values,
            ) -> Result<$config, $crate::config::ConfigError> {
                Ok($config { $( $( $field: values.typed($name)?, )? )* })
            }
        }

        impl Default for $config {
            /// The defaults of the rows; what has none is empty or 0.
            fn default() -> $config {
                let values = $crate::config::value::Values::neutral(TABLE);
                $config::from_values(&values).expect("every row has a valid default, as a test checks")
            }
        }

        properties! { rows; $(
            $name, $kind, $default, $valid, $scope $(<- [$($synonym),*])? $(/ $why)?, $doc;
        )* }
    };
    (rows; $(
        $name:literal, $kind:ident, $default:tt, $valid:expr, $scope:ident $(<- [$($synonym:expr),*])? $(/ $why:ident)?,
        $doc:literal;
    )*) => {
        /// The rows of this file.
        #[allow(unused_imports)]
        pub(in crate::config) const ROWS: &[$crate::config::Property] = {
            use $crate::config::property::names::*;
            &[$($crate::config::Property {
                name: $name,
                kind: $kind,
                default: properties!(@default $default),
                valid: $valid,
                scope: $scope,
                synonyms: &[$($($synonym),*)?],
                effect: properties!(@effect $($why)?),
                doc: $doc,
            }),*]
        };
    };
    (@default REQUIRED) => { $crate::config::DefaultValue::Required };
    (@default NULL) => { $crate::config::DefaultValue::Null };
    (@default $text:literal) => { $crate::config::DefaultValue::Text($text) };
    (@effect) => { $crate::config::Effect::InForce };
    (@effect $why:ident) => { $crate::config::Effect::Without($crate::config::Reason::$why) };
}

/// The short words in which rows are written.
pub(in crate::config) mod names {
    use super::{Kind, Scope, Synonym, Valid};

    pub(in crate::config) const BOOLEAN: Kind = Kind::Boolean;
    pub(in crate::config) const STRING: Kind = Kind::String;
    pub(in crate::config) const INT: Kind = Kind::Int;
    pub(in crate::config) const SHORT: Kind = Kind::Short;
    pub(in crate::config) const LONG: Kind = Kind::Long;
    pub(in crate::config) const DOUBLE: Kind = Kind::Double;
    pub(in crate::config) const LIST: Kind = Kind::List;
    pub(in crate::config) const CLASS: Kind = Kind::Class;
    pub(in crate::config) const PASSWORD: Kind = Kind::Password;

    pub(in crate::config) const READ_ONLY: Scope = Scope::ReadOnly;
    pub(in crate::config) const PER_BROKER: Scope = Scope::PerBroker;
    pub(in crate::config) const CLUSTER_WIDE: Scope = Scope::ClusterWide;
    pub(in crate::config) const TOPIC: Scope = Scope::PerTopic;
    pub(in crate::config) const CLIENT: Scope = Scope::PerClient;

    pub(in crate::config) const ANY: Valid = Valid::Any;
    pub(in crate::config) const NOT_EMPTY: Valid = Valid::NotEmpty;
    pub(in crate::config) const LIST_OF_ANY: Valid = Valid::List(&[]);
    pub(in crate::config) const LIST_OF_SOME: Valid = Valid::NonEmptyList(&[]);

    pub(in crate::config) const fn from(least: i64) -> Valid {
        Valid::From(least)
    }

    pub(in crate::config) const fn within(least: i64, most: i64) -> Valid {
        Valid::Within(least, most)
    }

    pub(in crate::config) const fn fraction(least: &'static str, most: &'static str) -> Valid {
        Valid::Fraction(least, most)
    }

    pub(in crate::config) const fn one_of(texts: &'static [&'static str]) -> Valid {
        Valid::OneOf(texts)
    }

    pub(in crate::config) const fn any_case(texts: &'static [&'static str]) -> Valid {
        Valid::AnyCase(texts)
    }

    pub(in crate::config) const fn same(name: &'static str) -> Synonym {
        Synonym { name, unit: 1 }
    }

    pub(in crate::config) const fn minutes(name: &'static str) -> Synonym {
        Synonym { name, unit: 60_000 }
    }

    pub(in crate::config) const fn hours(name: &'static str) -> Synonym {
        Synonym { name, unit: 3_600_000 }
    }
}
