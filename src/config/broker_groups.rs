//! The broker's properties for group coordination beyond classic groups: consumer, share and streams groups.

use super::property::Valid;

properties! {
    rows;

    // The group coordinator
    "group.coordinator.rebalance.protocols", LIST, "classic,consumer,streams", Valid::NonEmptyList(&["consumer", "classic", "share", "streams"]), READ_ONLY / CONSUMER_GROUPS,
        "Kinds of groups that this cluster serves.";
    "group.coordinator.threads", INT, "4", from(1), READ_ONLY / TASKS,
        "Threads of the group coordinator.";
    "group.coordinator.background.threads", INT, "2", from(1), READ_ONLY / TASKS,
        "Threads of the group coordinator for slow work.";
    "group.coordinator.append.linger.ms", INT, "-1", from(-1), READ_ONLY / CONSUMER_GROUPS,
        "How long the coordinator gathers changes into one batch; -1 adapts to the load.";
    "group.coordinator.cached.buffer.max.bytes", INT, "1048588", from(524288), CLUSTER_WIDE / JVM,
        "Largest buffer that the coordinator keeps for the next batch.";
    // Consumer groups of the newer protocol (KIP-848)
    "group.consumer.session.timeout.ms", INT, "45000", from(1), READ_ONLY / CONSUMER_GROUPS,
        "Session timeout of a consumer group.";
    "group.consumer.min.session.timeout.ms", INT, "45000", from(1), READ_ONLY / CONSUMER_GROUPS,
        "Shortest session timeout that a consumer group may be given.";
    "group.consumer.max.session.timeout.ms", INT, "60000", from(1), READ_ONLY / CONSUMER_GROUPS,
        "Longest session timeout that a consumer group may be given.";
    "group.consumer.heartbeat.interval.ms", INT, "5000", from(1), READ_ONLY / CONSUMER_GROUPS,
        "Time between two heartbeats of a member.";
    "group.consumer.min.heartbeat.interval.ms", INT, "5000", from(1), READ_ONLY / CONSUMER_GROUPS,
        "Shortest heartbeat interval that a consumer group may be given.";
    "group.consumer.max.heartbeat.interval.ms", INT, "15000", from(1), READ_ONLY / CONSUMER_GROUPS,
        "Longest heartbeat interval that a consumer group may be given.";
    "group.consumer.max.size", INT, "2147483647", from(1), READ_ONLY / CONSUMER_GROUPS,
        "Most members of one consumer group.";
    "group.consumer.assignors", LIST, "uniform,range", LIST_OF_SOME, READ_ONLY / CONSUMER_GROUPS,
        "Assignors of the broker, the preferred one first.";
    "group.consumer.migration.policy", STRING, "bidirectional", any_case(&["DISABLED", "DOWNGRADE", "UPGRADE", "BIDIRECTIONAL"]), READ_ONLY / CONSUMER_GROUPS,
        "Which way a group may change between the classic and the newer protocol.";
    "group.consumer.assignment.interval.ms", INT, "1000", from(0), CLUSTER_WIDE / CONSUMER_GROUPS,
        "Shortest time between two assignments of one consumer group.";
    "group.consumer.min.assignment.interval.ms", INT, "0", from(0), READ_ONLY / CONSUMER_GROUPS,
        "Smallest assignment interval that a consumer group may be given.";
    "group.consumer.max.assignment.interval.ms", INT, "15000", from(0), READ_ONLY / CONSUMER_GROUPS,
        "Largest assignment interval that a consumer group may be given.";
    "group.consumer.regex.refresh.interval.ms", INT, "600000", from(10000), READ_ONLY / CONSUMER_GROUPS,
        "Time between two matchings of patterns against the topics.";
    // Share groups (KIP-932)
    "group.share.session.timeout.ms", INT, "45000", from(1), READ_ONLY / SHARE,
        "Session timeout of a share group.";
    "group.share.min.session.timeout.ms", INT, "45000", from(1), READ_ONLY / SHARE,
        "Shortest session timeout that a share group may be given.";
    "group.share.max.session.timeout.ms", INT, "60000", from(1), READ_ONLY / SHARE,
        "Longest session timeout that a share group may be given.";
    "group.share.heartbeat.interval.ms", INT, "5000", from(1), READ_ONLY / SHARE,
        "Time between two heartbeats of a share member.";
    "group.share.min.heartbeat.interval.ms", INT, "5000", from(1), READ_ONLY / SHARE,
        "Shortest heartbeat interval that a share group may be given.";
    "group.share.max.heartbeat.interval.ms", INT, "15000", from(1), READ_ONLY / SHARE,
        "Longest heartbeat interval that a share group may be given.";
    "group.share.max.size", INT, "200", within(1, 1000), READ_ONLY / SHARE,
        "Most members of one share group.";
    "group.share.assignors", LIST, "simple", LIST_OF_SOME, READ_ONLY / SHARE,
        "Assignors of share groups.";
    "group.share.assignment.interval.ms", INT, "1000", from(0), CLUSTER_WIDE / SHARE,
        "Shortest time between two assignments of one share group.";
    "group.share.min.assignment.interval.ms", INT, "0", from(0), READ_ONLY / SHARE,
        "Smallest assignment interval that a share group may be given.";
    "group.share.max.assignment.interval.ms", INT, "15000", from(0), READ_ONLY / SHARE,
        "Largest assignment interval that a share group may be given.";
    "group.share.delivery.count.limit", INT, "5", within(2, 10), READ_ONLY / SHARE,
        "How often a record is delivered before it is given up.";
    "group.share.min.delivery.count.limit", INT, "2", within(2, 5), READ_ONLY / SHARE,
        "Smallest delivery limit that a share group may be given.";
    "group.share.max.delivery.count.limit", INT, "10", within(5, 25), READ_ONLY / SHARE,
        "Largest delivery limit that a share group may be given.";
    "group.share.partition.max.record.locks", INT, "2000", within(100, 10000), READ_ONLY / SHARE,
        "Most records of a partition that are out for delivery at one time.";
    "group.share.min.partition.max.record.locks", INT, "100", within(100, 2000), READ_ONLY / SHARE,
        "Smallest number of record locks that a share group may be given.";
    "group.share.max.partition.max.record.locks", INT, "4000", within(2000, 10000), READ_ONLY / SHARE,
        "Largest number of record locks that a share group may be given.";
    "group.share.record.lock.duration.ms", INT, "30000", within(1000, 3600000), READ_ONLY / SHARE,
        "How long a delivered record stays reserved for its member.";
    "group.share.min.record.lock.duration.ms", INT, "15000", within(1000, 30000), READ_ONLY / SHARE,
        "Shortest lock that a share group may be given.";
    "group.share.max.record.lock.duration.ms", INT, "60000", within(30000, 3600000), READ_ONLY / SHARE,
        "Longest lock that a share group may be given.";
    "group.share.max.share.sessions", INT, "2000", from(1), READ_ONLY / SHARE,
        "Most share sessions of a broker.";
    "group.share.initialize.retry.interval.ms", INT, "30000", from(1), READ_ONLY / SHARE,
        "Pause before the state of a share group is initialised again.";
    "group.share.persister.class.name", STRING, "org.apache.kafka.server.share.persister.DefaultStatePersister", ANY, READ_ONLY / SHARE,
        "Class that keeps the state of share groups.";
    "share.coordinator.threads", INT, "1", from(1), READ_ONLY / SHARE,
        "Threads of the share coordinator.";
    "share.coordinator.append.linger.ms", INT, "-1", from(-1), READ_ONLY / SHARE,
        "How long the share coordinator gathers changes into one batch.";
    "share.coordinator.cached.buffer.max.bytes", INT, "1048588", from(524288), CLUSTER_WIDE / SHARE,
        "Largest buffer that the share coordinator keeps for the next batch.";
    "share.coordinator.load.buffer.size", INT, "5242880", from(1), READ_ONLY / SHARE,
        "Bytes read at a time while share state is loaded.";
    "share.coordinator.snapshot.update.records.per.snapshot", INT, "500", within(0, 500), READ_ONLY / SHARE,
        "Updates of a share partition between two snapshots of its state.";
    "share.coordinator.cold.partition.snapshot.interval.ms", INT, "300000", from(1), READ_ONLY / SHARE,
        "Time between two snapshots of share partitions that are not used.";
    "share.coordinator.write.timeout.ms", INT, "5000", from(1), READ_ONLY / SHARE,
        "How long a write of share state waits for its replicas.";
    "share.coordinator.state.topic.replication.factor", SHORT, "3", from(1), READ_ONLY / SHARE,
        "Replicas of __share_group_state.";
    "share.coordinator.state.topic.min.isr", SHORT, "2", from(1), READ_ONLY / SHARE,
        "min.insync.replicas of __share_group_state.";
    "share.coordinator.state.topic.num.partitions", INT, "50", from(1), READ_ONLY / SHARE,
        "Partitions of __share_group_state.";
    "share.coordinator.state.topic.segment.bytes", INT, "104857600", from(1), READ_ONLY / SHARE,
        "Segment size of __share_group_state.";
    "share.coordinator.state.topic.compression.codec", INT, "0", ANY, READ_ONLY / SHARE,
        "Number of the codec for batches of share state.";
    "share.coordinator.state.topic.prune.interval.ms", INT, "300000", from(1), READ_ONLY / SHARE,
        "Time between two deletions of records of share state that are no longer needed.";
    // Groups of Kafka Streams (KIP-1071)
    "group.streams.session.timeout.ms", INT, "45000", from(1), READ_ONLY / STREAMS,
        "Session timeout of a streams group.";
    "group.streams.min.session.timeout.ms", INT, "45000", from(1), READ_ONLY / STREAMS,
        "Shortest session timeout that a streams group may be given.";
    "group.streams.max.session.timeout.ms", INT, "60000", from(1), READ_ONLY / STREAMS,
        "Longest session timeout that a streams group may be given.";
    "group.streams.heartbeat.interval.ms", INT, "5000", from(1), READ_ONLY / STREAMS,
        "Time between two heartbeats of a streams member.";
    "group.streams.min.heartbeat.interval.ms", INT, "5000", from(1), READ_ONLY / STREAMS,
        "Shortest heartbeat interval that a streams group may be given.";
    "group.streams.max.heartbeat.interval.ms", INT, "15000", from(1), READ_ONLY / STREAMS,
        "Longest heartbeat interval that a streams group may be given.";
    "group.streams.max.size", INT, "2147483647", from(1), READ_ONLY / STREAMS,
        "Most members of one streams group.";
    "group.streams.assignment.interval.ms", INT, "1000", from(0), CLUSTER_WIDE / STREAMS,
        "Shortest time between two assignments of one streams group.";
    "group.streams.min.assignment.interval.ms", INT, "0", from(0), READ_ONLY / STREAMS,
        "Smallest assignment interval that a streams group may be given.";
    "group.streams.max.assignment.interval.ms", INT, "15000", from(0), READ_ONLY / STREAMS,
        "Largest assignment interval that a streams group may be given.";
    "group.streams.initial.rebalance.delay.ms", INT, "3000", from(0), READ_ONLY / STREAMS,
        "How long the first rebalance of an empty streams group waits for more members.";
    "group.streams.num.standby.replicas", INT, "0", from(0), READ_ONLY / STREAMS,
        "Spare copies of a task's state.";
    "group.streams.max.standby.replicas", INT, "2", from(0), READ_ONLY / STREAMS,
        "Most spare copies that a streams group may be given.";
}
