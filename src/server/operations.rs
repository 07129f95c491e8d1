//! Which operations a client may do, as the bit sets of `...AuthorizedOperations`. Without an authorizer: all that there are.

/// The numbers of `org.apache.kafka.common.acl.AclOperation`.
const READ: u32 = 3;
const WRITE: u32 = 4;
const CREATE: u32 = 5;
const DELETE: u32 = 6;
const ALTER: u32 = 7;
const DESCRIBE: u32 = 8;
const CLUSTER_ACTION: u32 = 9;
const DESCRIBE_CONFIGS: u32 = 10;
const ALTER_CONFIGS: u32 = 11;
const IDEMPOTENT_WRITE: u32 = 12;

/// Kafka's "nobody asked".
pub(super) const NOT_ASKED: i32 = i32::MIN;

/// What can be done with a topic.
pub(super) const TOPIC: i32 = bits(&[READ, WRITE, CREATE, DELETE, ALTER, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS]);

/// What can be done with the cluster.
pub(super) const CLUSTER: i32 =
    bits(&[CREATE, ALTER, DESCRIBE, CLUSTER_ACTION, DESCRIBE_CONFIGS, ALTER_CONFIGS, IDEMPOTENT_WRITE]);

/// What can be done with a group.
pub(super) const GROUP: i32 = bits(&[READ, DELETE, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS]);

const fn bits(operations: &[u32]) -> i32 {
    let (mut set, mut index) = (0, 0);
    while index < operations.len() {
        set |= 1 << operations[index];
        index += 1;
    }
    set
}

/// Fills in what a client asked for.
pub(super) fn when(asked: bool, operations: i32) -> i32 {
    if asked { operations } else { NOT_ASKED }
}
