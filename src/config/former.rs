//! Properties that Kafka had and 4.3.1 has no more: files of every era are read, and what became of a key is said.

/// A property of an earlier Kafka.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Former {
    /// Its name.
    pub name: &'static str,
    /// What becomes of it here.
    pub fate: Fate,
}

/// What becomes of a property of an earlier Kafka.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Its value is that of the property that took its place.
    Renamed(&'static str),
    /// It still has its own meaning.
    Kept,
    /// It has no effect, for this reason.
    Dropped(&'static str),
}

const ZOOKEEPER: &str = "there is no ZooKeeper";
const FORMAT: &str = "the newest record format is the only one";
const OLD_CLIENT: &str = "the clients that used it are gone";

const fn renamed(name: &'static str, now: &'static str) -> Former {
    Former { name, fate: Fate::Renamed(now) }
}

const fn kept(name: &'static str) -> Former {
    Former { name, fate: Fate::Kept }
}

const fn dropped(name: &'static str, why: &'static str) -> Former {
    Former { name, fate: Fate::Dropped(why) }
}

/// Of brokers: 0.8 to 3.9.
const BROKER: &[Former] = &[
    kept("zookeeper.connect"),
    kept("host.name"),
    kept("port"),
    kept("advertised.host.name"),
    kept("advertised.port"),
    dropped("zookeeper.connection.timeout.ms", ZOOKEEPER),
    dropped("zookeeper.session.timeout.ms", ZOOKEEPER),
    dropped("zookeeper.sync.time.ms", ZOOKEEPER),
    dropped("zookeeper.set.acl", ZOOKEEPER),
    dropped("zookeeper.max.in.flight.requests", ZOOKEEPER),
    dropped("zookeeper.metadata.migration.enable", ZOOKEEPER),
    dropped("zookeeper.metadata.migration.min.batch.size", ZOOKEEPER),
    dropped("zookeeper.clientCnxnSocket", ZOOKEEPER),
    dropped("zookeeper.ssl.client.enable", ZOOKEEPER),
    dropped("inter.broker.protocol.version", "the feature metadata.version took its place"),
    dropped("log.message.format.version", FORMAT),
    dropped("log.message.downconversion.enable", FORMAT),
    renamed("log.message.timestamp.difference.max.ms", "log.message.timestamp.before.max.ms"),
    dropped("broker.id.generation.enable", "a node without an id is node 1"),
    dropped("reserved.broker.max.id", "ids are never made up"),
    dropped("auto.include.jmx.reporter", "there is no Java machine that could load a class"),
    dropped("quota.producer.default", "quotas are kept in the metadata"),
    dropped("quota.consumer.default", "quotas are kept in the metadata"),
    dropped("offsets.commit.required.acks", "a commit waits for every in-sync replica"),
    dropped("alter.log.dirs.io.max.bytes.per.second", "quotas are not built yet"),
    dropped("password.encoder.secret", ZOOKEEPER),
    dropped("password.encoder.old.secret", ZOOKEEPER),
    dropped("password.encoder.keyfactory.algorithm", ZOOKEEPER),
    dropped("password.encoder.cipher.algorithm", ZOOKEEPER),
    dropped("password.encoder.key.length", ZOOKEEPER),
    dropped("password.encoder.iterations", ZOOKEEPER),
    dropped("group.coordinator.new.enable", "there is one group coordinator"),
    dropped("leader.imbalance.per.broker.percentage", "every leader that is not the preferred one counts"),
    dropped("controlled.shutdown.max.retries", "a controlled shutdown waits for the controller"),
    dropped("controlled.shutdown.retry.backoff.ms", "a controlled shutdown waits for the controller"),
    dropped("eligible.leader.replicas.enable", "the feature eligible.leader.replicas.version took its place"),
];

/// Of producers: 0.8 to 3.9.
const PRODUCER: &[Former] = &[
    renamed("request.required.acks", "acks"),
    renamed("metadata.broker.list", "bootstrap.servers"),
    renamed("compression.codec", "compression.type"),
    renamed("queue.buffering.max.ms", "linger.ms"),
    renamed("message.send.max.retries", "retries"),
    dropped("producer.type", "every producer sends in the background"),
    dropped("serializer.class", OLD_CLIENT),
    dropped("key.serializer.class", OLD_CLIENT),
    dropped("compressed.topics", OLD_CLIENT),
    dropped("topic.metadata.refresh.interval.ms", OLD_CLIENT),
    dropped("queue.buffering.max.messages", OLD_CLIENT),
    dropped("queue.enqueue.timeout.ms", OLD_CLIENT),
    dropped("batch.num.messages", OLD_CLIENT),
    dropped("block.on.buffer.full", "max.block.ms says how long a send waits"),
    dropped("timeout.ms", "request.timeout.ms took its place"),
    dropped("metadata.fetch.timeout.ms", "max.block.ms says how long a send waits"),
    dropped("auto.include.jmx.reporter", "there is no Java machine that could load a class"),
];

/// Of consumers: 0.8 to 3.9.
const CONSUMER: &[Former] = &[
    dropped("zookeeper.connect", ZOOKEEPER),
    dropped("zookeeper.connection.timeout.ms", ZOOKEEPER),
    dropped("zookeeper.session.timeout.ms", ZOOKEEPER),
    dropped("zookeeper.sync.time.ms", ZOOKEEPER),
    renamed("auto.commit.enable", "enable.auto.commit"),
    renamed("fetch.wait.max.ms", "fetch.max.wait.ms"),
    renamed("fetch.message.max.bytes", "max.partition.fetch.bytes"),
    renamed("consumer.id", "client.id"),
    dropped("consumer.timeout.ms", "the console consumer has --timeout-ms"),
    dropped("socket.timeout.ms", OLD_CLIENT),
    dropped("socket.receive.buffer.bytes", "receive.buffer.bytes took its place"),
    dropped("num.consumer.fetchers", OLD_CLIENT),
    dropped("queued.max.message.chunks", OLD_CLIENT),
    dropped("rebalance.max.retries", OLD_CLIENT),
    dropped("rebalance.backoff.ms", OLD_CLIENT),
    dropped("refresh.leader.backoff.ms", OLD_CLIENT),
    dropped("offsets.storage", "offsets are kept in __consumer_offsets"),
    dropped("offsets.channel.backoff.ms", OLD_CLIENT),
    dropped("dual.commit.enabled", "offsets are kept in __consumer_offsets"),
    dropped("auto.include.jmx.reporter", "there is no Java machine that could load a class"),
];

/// Which former properties a file may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Those of brokers.
    Broker,
    /// Those of producers.
    Producer,
    /// Those of consumers.
    Consumer,
    /// Those of admin clients: none that are not a producer's or consumer's too.
    Admin,
}

/// The former property of a name.
#[must_use]
pub fn former(side: Side, name: &str) -> Option<&'static Former> {
    let table = match side {
        Side::Broker => BROKER,
        Side::Producer => PRODUCER,
        Side::Consumer => CONSUMER,
        Side::Admin => &[],
    };
    table.iter().find(|former| former.name == name)
}
