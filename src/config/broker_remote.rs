//! The broker's properties for tiered storage (KIP-405), which is not built.

properties! {
    rows;

    // Tiered storage (KIP-405)
    "remote.log.storage.system.enable", BOOLEAN, "false", ANY, READ_ONLY / TIERED,
        "Keeps older segments in remote storage.";
    "remote.log.storage.manager.class.name", STRING, NULL, NOT_EMPTY, READ_ONLY / TIERED,
        "Class that stores segments remotely.";
    "remote.log.storage.manager.class.path", STRING, NULL, ANY, READ_ONLY / TIERED,
        "Where that class is loaded from.";
    "remote.log.storage.manager.impl.prefix", STRING, "rsm.config.", NOT_EMPTY, READ_ONLY / TIERED,
        "Prefix of the settings handed to that class.";
    "remote.log.metadata.manager.class.name", STRING, "org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager", NOT_EMPTY, READ_ONLY / TIERED,
        "Class that remembers which segments are remote.";
    "remote.log.metadata.manager.class.path", STRING, NULL, ANY, READ_ONLY / TIERED,
        "Where that class is loaded from.";
    "remote.log.metadata.manager.impl.prefix", STRING, "rlmm.config.", NOT_EMPTY, READ_ONLY / TIERED,
        "Prefix of the settings handed to that class.";
    "remote.log.metadata.manager.listener.name", STRING, NULL, NOT_EMPTY, READ_ONLY / TIERED,
        "Listener over which that class reaches the brokers.";
    "remote.log.metadata.custom.metadata.max.bytes", INT, "128", from(0), READ_ONLY / TIERED,
        "Most bytes of its own that the storage class may attach to a segment.";
    "remote.log.index.file.cache.total.size.bytes", LONG, "1073741824", from(1), CLUSTER_WIDE / TIERED,
        "Disk space for indexes fetched from remote storage.";
    "remote.log.index.file.cache.ttl.ms", LONG, "900000", from(-1), READ_ONLY / TIERED,
        "How long an unused fetched index is kept.";
    "remote.log.manager.thread.pool.size", INT, "2", from(1), READ_ONLY / TIERED,
        "Threads that schedule remote work.";
    "remote.log.manager.copier.thread.pool.size", INT, "10", from(1), CLUSTER_WIDE / TIERED,
        "Threads that copy segments to remote storage.";
    "remote.log.manager.expiration.thread.pool.size", INT, "10", from(1), CLUSTER_WIDE / TIERED,
        "Threads that delete expired remote segments.";
    "remote.log.manager.follower.thread.pool.size", INT, "2", from(1), CLUSTER_WIDE / TIERED,
        "Threads that do the remote work of followers.";
    "remote.log.manager.task.interval.ms", LONG, "30000", from(1), READ_ONLY / TIERED,
        "Time between two runs of the remote work.";
    "remote.log.manager.task.retry.backoff.ms", LONG, "500", from(1), READ_ONLY / TIERED,
        "First pause after failed remote work.";
    "remote.log.manager.task.retry.backoff.max.ms", LONG, "30000", from(1), READ_ONLY / TIERED,
        "Longest pause after failed remote work.";
    "remote.log.manager.task.retry.jitter", DOUBLE, "0.2", fraction("0", "0.5"), READ_ONLY / TIERED,
        "Random share of that pause.";
    "remote.log.manager.copy.max.bytes.per.second", LONG, "9223372036854775807", from(1), CLUSTER_WIDE / TIERED,
        "Most bytes a second copied to remote storage.";
    "remote.log.manager.copy.quota.window.num", INT, "11", from(1), READ_ONLY / TIERED,
        "Windows kept for the bound on copying.";
    "remote.log.manager.copy.quota.window.size.seconds", INT, "1", from(1), READ_ONLY / TIERED,
        "Length of a window for the bound on copying.";
    "remote.log.manager.fetch.max.bytes.per.second", LONG, "9223372036854775807", from(1), CLUSTER_WIDE / TIERED,
        "Most bytes a second read from remote storage.";
    "remote.log.manager.fetch.quota.window.num", INT, "11", from(1), READ_ONLY / TIERED,
        "Windows kept for the bound on remote reading.";
    "remote.log.manager.fetch.quota.window.size.seconds", INT, "1", from(1), READ_ONLY / TIERED,
        "Length of a window for the bound on remote reading.";
    "remote.log.reader.threads", INT, "10", from(1), CLUSTER_WIDE / TIERED,
        "Threads that read from remote storage.";
    "remote.log.reader.max.pending.tasks", INT, "100", from(1), READ_ONLY / TIERED,
        "Remote reads that may wait for a thread.";
    "remote.fetch.max.wait.ms", INT, "500", from(1), CLUSTER_WIDE / TIERED,
        "How long a fetch waits for remote data.";
    "remote.list.offsets.request.timeout.ms", LONG, "30000", from(1), CLUSTER_WIDE / TIERED,
        "How long a search by time in remote data may take.";
    "follower.fetch.last.tiered.offset.enable", BOOLEAN, "false", ANY, CLUSTER_WIDE / TIERED,
        "Lets a new follower start after the last remote segment.";
    "log.local.retention.ms", LONG, "-2", from(-2), CLUSTER_WIDE / TIERED,
        "How long a segment stays local once it is remote; -2 follows log.retention.ms.";
    "log.local.retention.bytes", LONG, "-2", from(-2), CLUSTER_WIDE / TIERED,
        "Local size of a partition whose segments are remote; -2 follows log.retention.bytes.";
}
