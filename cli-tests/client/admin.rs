//! The admin calls of the tools, one after another on one broker; the interop target runs them on a real Kafka too.

use std::collections::BTreeMap;
use std::time::Instant;

use mq::client::admin::{
    AlterConfig, ConfigOperation, ConfigResource, CreateOptions, GroupFilter, NewPartitions, NewTopic, OffsetSpec,
    ResourceType, Rows,
};
use mq::client::{Admin, ClientError, Isolation, NewOffset};
use mq::model::{ErrorCode, Offset, TopicPartition};

use crate::support::broker::Broker;
use crate::support::client::{PATIENCE, admin, consumer, producer, read, send_numbers};

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// The codes of rows, `NONE` where all is well.
fn codes<K, T>(rows: Rows<K, T>) -> Vec<ErrorCode> {
    let code = |row: Result<T, ClientError>| match row {
        Ok(_) => ErrorCode::NONE,
        Err(error) => error.error_code().expect("the server answered"),
    };
    rows.into_iter().map(|(_, row)| code(row)).collect()
}

/// Creates a topic; where that is for real, waits until the broker has heard of it from its controller.
async fn create(admin: &Admin, name: &str, options: CreateOptions) -> Vec<ErrorCode> {
    let created = codes(admin.create_topics(&[NewTopic::new(name, 3, 1)], options).await.expect("the broker answers"));
    if created == [ErrorCode::NONE] && options == CreateOptions::Create {
        let start = Instant::now();
        while admin.describe_topics(&names(&[name])).await.expect("the broker answers").remove(0).1.is_err() {
            assert!(start.elapsed() < PATIENCE, "the topic is not seen");
        }
    }
    created
}

#[tokio::test]
async fn topics_are_created_described_grown_and_deleted() {
    topics(&Broker::start().address).await;
}

pub async fn topics(address: &str) {
    let admin = admin(address);
    assert_eq!(create(&admin, "t", CreateOptions::ValidateOnly).await, [ErrorCode::NONE]);
    assert!(admin.list_topics().await.expect("the broker answers").is_empty(), "it was only checked");
    assert_eq!(create(&admin, "t", CreateOptions::Create).await, [ErrorCode::NONE]);
    assert_eq!(create(&admin, "t", CreateOptions::Create).await, [ErrorCode::TOPIC_ALREADY_EXISTS]);
    assert_eq!(create(&admin, "a/b", CreateOptions::Create).await, [ErrorCode::INVALID_TOPIC_EXCEPTION]);
    let mut described = admin.describe_topics(&names(&["t", "none"])).await.expect("the broker answers");
    described.sort_by(|one, other| other.0.cmp(&one.0));
    assert_eq!(described[0].1.as_ref().expect("it is there").partitions.len(), 3);
    assert_eq!(codes(described), [ErrorCode::NONE, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION]);
    let five = NewPartitions { topic: "t".to_owned(), count: 5, assignments: None };
    let grown = admin.create_partitions(std::slice::from_ref(&five), CreateOptions::Create).await;
    assert_eq!(codes(grown.expect("the broker answers")), [ErrorCode::NONE]);
    let again = admin.create_partitions(&[five], CreateOptions::Create).await;
    assert_eq!(codes(again.expect("the broker answers")), [ErrorCode::INVALID_PARTITIONS]);
    let mut deleted = admin.delete_topics(&names(&["t", "none"])).await.expect("the broker answers");
    deleted.sort_by(|one, other| other.0.cmp(&one.0));
    assert_eq!(codes(deleted), [ErrorCode::NONE, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION]);
    let cluster = admin.describe_cluster().await.expect("the broker answers");
    assert_eq!((cluster.brokers.len(), cluster.controller.is_some()), (1, true));
}

#[tokio::test]
async fn configs_are_altered_and_described() {
    configs(&Broker::start().address).await;
}

pub async fn configs(address: &str) {
    let admin = admin(address);
    create(&admin, "t", CreateOptions::Create).await;
    let topic = ConfigResource::new(ResourceType::Topic, "t");
    let set = |name: &str, value: &str| AlterConfig {
        name: name.to_owned(),
        operation: ConfigOperation::Set(value.to_owned()),
    };
    let alter = async |change| {
        let changed = admin.incremental_alter_configs(&[(topic.clone(), vec![change])], CreateOptions::Create).await;
        codes(changed.expect("the broker answers"))
    };
    let retention = async || {
        let wanted = names(&["retention.ms"]);
        let rows = admin.describe_configs(std::slice::from_ref(&topic), Some(&wanted)).await;
        let rows = rows.expect("the broker answers").remove(0).1.expect("it is there");
        rows[0].value.clone().expect("it has a value")
    };
    // A broker follows its controller a moment later.
    let becomes = async |expected: &str| {
        let start = Instant::now();
        while retention().await != expected {
            assert!(start.elapsed() < PATIENCE, "it stays {}", retention().await);
        }
    };
    becomes("604800000").await;
    assert_eq!(alter(set("retention.ms", "1000")).await, [ErrorCode::NONE]);
    becomes("1000").await;
    assert_eq!(alter(set("retention.ms", "soon")).await, [ErrorCode::INVALID_CONFIG]);
    let delete = AlterConfig { name: "retention.ms".to_owned(), operation: ConfigOperation::Delete };
    assert_eq!(alter(delete).await, [ErrorCode::NONE]);
    becomes("604800000").await;
}

#[tokio::test]
async fn groups_and_their_offsets_are_listed_altered_and_deleted() {
    groups(&Broker::start().address).await;
}

pub async fn groups(address: &str) {
    let admin = admin(address);
    create(&admin, "t", CreateOptions::Create).await;
    send_numbers(&producer(address, &[]), "t", 3, 0..9).await;
    let mut member = consumer(address, &[("group.id", "g"), ("client.id", "me")]);
    member.subscribe(&["t"]).expect("a group is named");
    read(&mut member, 9).await;
    member.commit_sync().await.expect("it is committed");

    let (listed, errors) = admin.list_groups(&GroupFilter::default()).await.expect("the broker answers");
    assert_eq!((listed.len(), listed[0].group_id.as_str(), errors.len()), (1, "g", 0));
    let described = admin.describe_consumer_groups(&names(&["g"])).await.remove(0).1.expect("it is there");
    assert_eq!((described.state.as_str(), described.assignor.as_str()), ("Stable", "range"));
    assert_eq!((described.members.len(), described.members[0].client_id.as_str()), (1, "me"));
    let three = TopicPartition::new("t", 0);
    let offsets = async || -> BTreeMap<TopicPartition, i64> {
        let rows = admin.list_group_offsets("g", None).await.expect("the broker answers");
        rows.into_iter().map(|(partition, row)| (partition, row.expect("it is committed").offset.0)).collect()
    };
    assert_eq!(offsets().await.values().sum::<i64>(), 9);
    let change = BTreeMap::from([(three.clone(), NewOffset::at(Offset(1)))]);
    let refused = admin.alter_group_offsets("g", &change).await.expect("the broker answers");
    assert_eq!(codes(refused), [ErrorCode::UNKNOWN_MEMBER_ID], "the group has a member");
    assert_eq!(codes(admin.delete_groups(&names(&["g"])).await), [ErrorCode::NON_EMPTY_GROUP]);

    member.close(PATIENCE).await.expect("the last commit is made");
    let changed = admin.alter_group_offsets("g", &change).await.expect("the broker answers");
    assert_eq!(codes(changed), [ErrorCode::NONE]);
    assert_eq!(offsets().await[&three], 1);
    assert_eq!(
        codes(admin.delete_groups(&names(&["g", "none"])).await),
        [ErrorCode::NONE, ErrorCode::GROUP_ID_NOT_FOUND]
    );
    assert!(offsets().await.is_empty());
    let ends = admin.list_offsets(&[(three, OffsetSpec::Latest)], Isolation::ReadUncommitted).await;
    assert_eq!(ends[0].1.as_ref().expect("the leader answers").offset, Offset(3));
}
