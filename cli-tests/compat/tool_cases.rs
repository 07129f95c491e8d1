//! What the real tools and ours are asked alike, in order: later cases look at what earlier ones made.
//!
//! A `%` becomes `r` in the script's run and `m` in ours, so that both can create what they name. `@data` is the folder
//! of the broker's files.

/// What is compared of the two runs, beside the exit code and whether an error was logged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Same {
    /// stdout, and what stderr holds beside log lines.
    Text,
    /// The same with lines in any order: the script prints a hash map.
    Lines,
    /// The first line of each stream: help or a Java stack trace follows. Words may change places, as in a hash set.
    Cause,
    /// Which streams hold something: ours says more plainly what is wrong.
    Kind,
}

/// One command line.
pub struct Case {
    pub script: &'static str,
    /// Words with a blank between them.
    pub arguments: &'static str,
    pub input: &'static [u8],
    pub same: Same,
    /// Whether `--bootstrap-server` stands before the arguments.
    pub has_server: bool,
}

const fn case(script: &'static str, arguments: &'static str, same: Same) -> Case {
    Case { script, arguments, input: b"", same, has_server: true }
}

const fn text(script: &'static str, arguments: &'static str) -> Case {
    case(script, arguments, Same::Text)
}

const fn lines(script: &'static str, arguments: &'static str) -> Case {
    case(script, arguments, Same::Lines)
}

const fn cause(script: &'static str, arguments: &'static str) -> Case {
    case(script, arguments, Same::Cause)
}

const fn kind(script: &'static str, arguments: &'static str) -> Case {
    case(script, arguments, Same::Kind)
}

const fn bare(script: &'static str, arguments: &'static str) -> Case {
    Case { script, arguments, input: b"", same: Same::Cause, has_server: false }
}

const fn file(script: &'static str, arguments: &'static str, same: Same) -> Case {
    Case { script, arguments, input: b"", same, has_server: false }
}

const fn input(arguments: &'static str, input: &'static [u8]) -> Case {
    Case { script: PRODUCER, arguments, input, same: Same::Text, has_server: true }
}

/// An input of which the script prints a stack trace.
const fn bad_input(arguments: &'static str, input: &'static [u8]) -> Case {
    Case { script: PRODUCER, arguments, input, same: Same::Cause, has_server: true }
}

const TOPICS: &str = "kafka-topics";
const PRODUCER: &str = "kafka-console-producer";
const CONSUMER: &str = "kafka-console-consumer";
const GROUPS: &str = "kafka-consumer-groups";
const OFFSETS: &str = "kafka-get-offsets";
const DUMP: &str = "kafka-dump-log";

/// Topics are made, listed, described, changed.
pub const TOPIC_CASES: &[Case] = &[
    text(TOPICS, "--list"),
    text(TOPICS, "--create --topic first-% --partitions 3 --replication-factor 1"),
    cause(TOPICS, "--create --topic first-%"),
    text(TOPICS, "--create --if-not-exists --topic first-%"),
    text(TOPICS, "--create --topic with.dots-% --config retention.ms=1000 --config segment.bytes=1048576"),
    text(TOPICS, "--create --topic placed-% --replica-assignment 1,1"),
    cause(TOPICS, "--create --topic three --replication-factor 3"),
    cause(TOPICS, "--create --topic none --partitions 0"),
    cause(TOPICS, "--create --topic none --replication-factor 0"),
    cause(TOPICS, "--create --topic bad/name"),
    cause(TOPICS, "--create --topic with_dots-r"),
    cause(TOPICS, "--create --topic bad --config retention.ms=soon"),
    cause(TOPICS, "--create --topic bad --config no.such.key=1"),
    cause(TOPICS, "--create --topic bad --replica-assignment 1:1"),
    cause(TOPICS, "--create --topic bad --replica-assignment 7"),
    cause(TOPICS, "--create --topic bad --replica-assignment 1 --partitions 2"),
    text(TOPICS, "--list"),
    text(TOPICS, "--list --topic first-.*"),
    text(TOPICS, "--list --exclude-internal"),
    text(TOPICS, "--describe --topic first-r"),
    text(TOPICS, "--describe --topic first-.*"),
    text(TOPICS, "--describe --topic with.dots-r --partition-size-limit-per-response 1"),
    lines(TOPICS, "--describe --topics-with-overrides"),
    text(TOPICS, "--describe --unavailable-partitions"),
    text(TOPICS, "--describe --under-replicated-partitions"),
    text(TOPICS, "--describe --under-min-isr-partitions"),
    lines(TOPICS, "--describe --at-min-isr-partitions"),
    cause(TOPICS, "--describe --unavailable-partitions --under-replicated-partitions"),
    cause(TOPICS, "--describe --topic missing"),
    text(TOPICS, "--describe --topic missing --if-exists"),
    cause(TOPICS, "--describe --topic-id MDAwMDAwMDAwMDAwMDAwMQ"),
    cause(TOPICS, "--describe --topic-id AAAA"),
    text(TOPICS, "--alter --topic first-% --partitions 4"),
    cause(TOPICS, "--alter --topic first-% --partitions 2"),
    cause(TOPICS, "--alter --topic missing --partitions 2"),
    text(TOPICS, "--alter --topic missing --partitions 2 --if-exists"),
    cause(TOPICS, "--alter --topic first-r --config retention.ms=1"),
    text(TOPICS, "--delete --topic placed-%"),
    cause(TOPICS, "--delete --topic missing"),
    text(TOPICS, "--delete --topic missing --if-exists"),
    cause(TOPICS, "--create"),
    cause(TOPICS, "--create -- topic first"),
    cause(TOPICS, "--list --create"),
    cause(TOPICS, "--list --no-such-option"),
    cause(TOPICS, "--list --partitions many"),
    bare(TOPICS, "--list"),
    bare(TOPICS, ""),
    bare(TOPICS, "--help"),
    kind(TOPICS, "--list --command-config /no/such/file"),
];

/// Records are written by both and read by both, each what it wrote itself and what the other wrote.
pub const RECORD_CASES: &[Case] = &[
    text(TOPICS, "--create --topic words-%"),
    input("--topic words-%", b"hello world\natguigu  atguigu\n\nno end"),
    input("--topic words-% --property parse.key=true --property key.separator=:", b"k1:v1\nk2:v:2\n"),
    input(
        "--topic words-% --reader-property parse.headers=true --reader-property parse.key=true",
        b"h1:v1,h2:v2\tk\tv\nh3:\tk\t\n",
    ),
    input(
        "--topic words-% --property parse.headers=true --property headers.delimiter=| --property headers.separator=; \
         --property headers.key.separator==",
        b"a=1;b=2|value\n",
    ),
    input("--topic words-% --property parse.key=true --property null.marker=NULL", b"NULL\tvalue\nkey\tNULL\n"),
    input("--topic words-% --property parse.key=true --property ignore.error=true", b"no key\n"),
    input("--topic words-% --compression-codec", b"gzip\n"),
    input("--topic words-% --compression-codec zstd --sync", b"zstd 1\nzstd 2\n"),
    input("--topic words-% --compression-codec lz4 --batch-size 1 --timeout 0", b"lz4\n"),
    input("--topic words-% --compression-codec snappy --request-required-acks 1", b"snappy\n"),
    input("--topic words-% --producer-property acks=0 --producer-property client.id=mine", b"acks 0\n"),
    input("--topic words-% --producer-property compression.type=gzip --max-memory-bytes 40000", b"property\n"),
    bad_input("--topic words-% --property parse.key=true", b"has\tkey\nhas none\n"),
    bad_input("--topic words-% --property parse.headers=true", b"h1v1\tx\n"),
    bad_input(
        "--topic words-% --property parse.key=true --property null.marker=NULL --property key.separator=NULL",
        b"x\n",
    ),
    bad_input("--topic words-% --request-required-acks 7", b"x\n"),
    bad_input("--topic words-% --compression-codec best", b"x\n"),
    bad_input("--topic words-% --line-reader no.such.Reader", b"x\n"),
    bad_input("--topic words-% --batch-size many", b"x\n"),
    kind(PRODUCER, "--topic words-% --command-config /no/such/file"),
    bad_input("--topic words-% --producer-property acks=0 --command-property client.id=mine", b"x\n"),
    bad_input("--topic words-% --property parse.key=true --reader-property ignore.error=true", b"x\n"),
    bad_input("--topic words-% --no-such-option", b"x\n"),
    bad_input("--topic bad/name --max-block-ms 1000", b"x\n"),
    bad_input("", b"x\n"),
    bare(PRODUCER, "--topic words-r"),
    bare(PRODUCER, ""),
    bare(PRODUCER, "--help"),
    text(CONSUMER, "--topic words-% --from-beginning --max-messages 18"),
    text(CONSUMER, "--topic words-m --from-beginning --max-messages 18"),
    text(CONSUMER, "--topic words-r --partition 0 --offset 2 --max-messages 2"),
    text(CONSUMER, "--topic words-r --partition 0 --offset earliest --max-messages 1"),
    text(CONSUMER, "--topic words-r --partition 0 --offset latest --timeout-ms 500"),
    text(CONSUMER, "--topic words-r --timeout-ms 500"),
    text(CONSUMER, "--topic words-r --from-beginning --timeout-ms 2000 --group readers-%"),
    text(CONSUMER, "--include words-[r] --from-beginning --max-messages 3"),
    text(
        CONSUMER,
        "--topic words-r --from-beginning --max-messages 18 --property print.key=true --property print.offset=true \
         --property print.partition=true --property print.timestamp=true --property print.headers=true \
         --property print.value=true --property print.epoch=true --property print.delivery=true",
    ),
    text(
        CONSUMER,
        "--topic words-% --from-beginning --max-messages 18 --formatter-property print.key=true \
         --formatter-property print.headers=true --formatter-property key.separator=-> \
         --formatter-property headers.separator=; --formatter-property null.literal=nil \
         --formatter-property line.separator=|",
    ),
    text(
        CONSUMER,
        "--topic words-r --from-beginning --max-messages 4 --property print.value=false --property print.key=true",
    ),
    text(CONSUMER, "--topic words-r --from-beginning --max-messages 2 --property print.value=false"),
    text(
        CONSUMER,
        "--topic words-r --from-beginning --max-messages 4 --key-deserializer \
         org.apache.kafka.common.serialization.StringDeserializer --value-deserializer \
         org.apache.kafka.common.serialization.BytesDeserializer --property print.key=true",
    ),
    text(
        CONSUMER,
        "--topic words-r --from-beginning --max-messages 2 --formatter org.apache.kafka.tools.consumer.DefaultMessageFormatter",
    ),
    text(
        CONSUMER,
        "--topic words-r --from-beginning --max-messages 2 --formatter org.apache.kafka.tools.consumer.LoggingMessageFormatter",
    ),
    text(
        CONSUMER,
        "--topic words-r --from-beginning --max-messages 2 --formatter org.apache.kafka.tools.consumer.NoOpMessageFormatter",
    ),
    text(
        CONSUMER,
        "--topic __consumer_offsets --from-beginning --max-messages 1 --formatter \
         org.apache.kafka.tools.consumer.OffsetsMessageFormatter",
    ),
    text(CONSUMER, "--topic words-r --from-beginning --max-messages 2 --isolation-level read_committed"),
    text(CONSUMER, "--topic words-r --from-beginning --max-messages 2 --enable-systest-events"),
    text(
        CONSUMER,
        "--topic words-r --from-beginning --max-messages 2 --skip-message-on-error --value-deserializer \
         org.apache.kafka.common.serialization.LongDeserializer",
    ),
    cause(
        CONSUMER,
        "--topic words-r --from-beginning --max-messages 2 --value-deserializer \
         org.apache.kafka.common.serialization.LongDeserializer",
    ),
    cause(CONSUMER, "--from-beginning"),
    cause(CONSUMER, "--topic words-r --include words-r"),
    cause(CONSUMER, "--topic words-r --partition 0 --offset middle"),
    cause(CONSUMER, "--topic words-r --partition 0 --offset -7"),
    cause(CONSUMER, "--topic words-r --offset 3"),
    cause(CONSUMER, "--include words-r --partition 0"),
    cause(CONSUMER, "--topic words-r --partition 0 --offset 3 --from-beginning"),
    cause(CONSUMER, "--topic words-r --partition 0 --group x"),
    cause(CONSUMER, "--topic words-r --group x --consumer-property group.id=y"),
    cause(CONSUMER, "--topic words-r --from-beginning --consumer-property auto.offset.reset=latest"),
    cause(CONSUMER, "--topic words-r --isolation-level committed"),
    cause(CONSUMER, "--topic words-r --formatter no.such.Formatter"),
    cause(CONSUMER, "--topic words-r --partition zero"),
    cause(CONSUMER, "--topic words-r --property print.key=true --formatter-property print.offset=true"),
    cause(CONSUMER, "--topic words-r --no-such-option"),
    cause(CONSUMER, "--topic bad/name --timeout-ms 2000"),
    bare(CONSUMER, "--topic words-r"),
    bare(CONSUMER, ""),
    bare(CONSUMER, "--help"),
];

/// Groups that are empty, in use (`live`, whose member is a running consumer) or not there.
pub const GROUP_CASES: &[Case] = &[
    lines(GROUPS, "--list"),
    lines(GROUPS, "--list --state"),
    lines(GROUPS, "--list --state Stable"),
    lines(GROUPS, "--list --state empty,stable"),
    lines(GROUPS, "--list --type"),
    lines(GROUPS, "--list --type classic --state"),
    cause(GROUPS, "--list --state sleepy"),
    cause(GROUPS, "--list --type sleepy"),
    text(GROUPS, "--describe --group readers-r"),
    text(GROUPS, "--describe --group readers-r --offsets --verbose"),
    text(GROUPS, "--describe --group readers-r --state"),
    text(GROUPS, "--describe --group readers-r --state --verbose"),
    text(GROUPS, "--describe --group readers-r --members"),
    lines(GROUPS, "--describe --group live"),
    lines(GROUPS, "--describe --group live --verbose"),
    text(GROUPS, "--describe --group live --members"),
    text(GROUPS, "--describe --group live --members --verbose"),
    text(GROUPS, "--describe --group live --state"),
    text(GROUPS, "--describe --group live --state --verbose"),
    lines(GROUPS, "--describe --group live --group readers-r --state"),
    cause(GROUPS, "--describe --group missing"),
    cause(GROUPS, "--describe --group missing --members"),
    cause(GROUPS, "--describe --group missing --state"),
    cause(GROUPS, "--describe"),
    cause(GROUPS, "--describe --group live --members --state"),
    text(GROUPS, "--reset-offsets --group readers-% --topic words-r --to-earliest --dry-run"),
    text(GROUPS, "--reset-offsets --group readers-% --topic words-r:0 --shift-by -2 --execute"),
    cause(GROUPS, "--reset-offsets --group live --topic words-r --to-earliest --execute"),
    cause(GROUPS, "--reset-offsets --group readers-r --to-earliest --execute"),
    text(GROUPS, "--delete --group readers-%"),
    cause(GROUPS, "--delete --group live"),
    cause(GROUPS, "--delete --group missing"),
    cause(GROUPS, "--list --describe"),
    cause(GROUPS, "--no-such-option"),
    bare(GROUPS, "--list"),
    bare(GROUPS, ""),
    bare(GROUPS, "--help"),
];

/// What only a broker with every API can answer.
pub const LATER_CASES: &[Case] = &[
    text(CONSUMER, "--topic words-r --from-beginning --max-messages 1 --group later-%"),
    text(GROUPS, "--delete-offsets --group later-% --topic words-r"),
    cause(GROUPS, "--delete-offsets --group missing --topic words-r"),
    cause(GROUPS, "--delete-offsets --group live --topic first-r"),
];

/// Offsets and files.
pub const OFFSET_CASES: &[Case] = &[
    lines(OFFSETS, "--topic words-r"),
    lines(OFFSETS, "--topic first-r,words-r"),
    lines(OFFSETS, "--topic first-r --partitions 0,2"),
    lines(OFFSETS, "--topic-partitions first-r:1-3,words-.*:0"),
    lines(OFFSETS, "--exclude-internal-topics"),
    lines(OFFSETS, "--topic words-r --time -1"),
    lines(OFFSETS, "--topic words-r --time earliest"),
    lines(OFFSETS, "--topic words-r --time max-timestamp"),
    lines(OFFSETS, "--topic words-r --time earliest-local"),
    lines(OFFSETS, "--topic words-r --time latest-tiered"),
    lines(OFFSETS, "--topic words-r --time 0"),
    lines(OFFSETS, "--topic words-r --time 99999999999999"),
    cause(OFFSETS, "--topic missing"),
    cause(OFFSETS, "--topic words-r --time soon"),
    cause(OFFSETS, "--topic words-r --partitions one"),
    cause(OFFSETS, "--topic words-r --topic-partitions words-r:0"),
    kind(OFFSETS, "--topic-partitions words-r:x"),
    bare(OFFSETS, "--topic words-r"),
    bare(OFFSETS, ""),
    file(DUMP, "--files @data/words-r-0/00000000000000000000.log --print-data-log", Same::Text),
    file(DUMP, "--files @data/words-m-0/00000000000000000000.log --print-data-log --skip-record-metadata", Same::Text),
    file(DUMP, "--files @data/words-m-0/00000000000000000000.log --deep-iteration --max-bytes 300", Same::Text),
    file(
        DUMP,
        "--files @data/words-r-0/00000000000000000000.log --value-decoder-class org.apache.kafka.tools.api.StringDecoder",
        Same::Text,
    ),
    file(DUMP, "--files @data/words-r-0/00000000000000000000.index", Same::Text),
    file(DUMP, "--files @data/__cluster_metadata-0/00000000000000000000.log --cluster-metadata-decoder", Same::Text),
    file(DUMP, "--files @data/no-such.log", Same::Kind),
    file(DUMP, "--files @data/meta.properties", Same::Cause),
    file(DUMP, "--files @data/words-r-0/00000000000000000000.log --no-such-option", Same::Cause),
    bare(DUMP, "--print-data-log"),
    bare(DUMP, ""),
];
