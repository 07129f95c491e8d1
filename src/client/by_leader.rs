//! Asking the leader of each partition: split by broker, asked at the same time, asked again where the leader moved.

use std::collections::BTreeMap;
use std::future::Future;

use tokio::task::JoinSet;

use super::retry::Deadline;
use super::{ClientError, Cluster};
use crate::model::{ErrorCode, NodeId, TopicPartition};
use crate::net::Lane;
use crate::net::peer::Peer;

/// What was asked of a partition, and what came of it.
pub(super) type Answers<V> = Vec<(TopicPartition, Result<V, ClientError>)>;

/// Asks `send` once per broker with the items it leads, until every item has an answer that is final or the time is over.
pub(super) async fn by_leader<T, V, F, A>(
    cluster: &Cluster,
    deadline: &Deadline,
    mut items: Vec<(TopicPartition, T)>,
    send: F,
) -> Answers<V>
where
    T: Clone + Send + 'static,
    V: Send + 'static,
    F: Fn(Peer, Vec<(TopicPartition, T)>) -> A,
    A: Future<Output = Result<Answers<V>, ClientError>> + Send + 'static,
{
    let pauses = cluster.pauses();
    let mut done = Vec::with_capacity(items.len());
    for failures in 0_u32.. {
        let (answers, mut left) = one_round(cluster, items, &send).await;
        done.extend(answers);
        if left.is_empty() {
            break;
        }
        let pause = pauses.pause(failures);
        if deadline.left() <= pause {
            let late = |(partition, _, last): (TopicPartition, T, ClientError)| {
                let what = format!("no answer for {partition} in time");
                (partition, Err(ClientError::Timeout { what, last: Some(Box::new(last)) }))
            };
            done.extend(left.drain(..).map(late));
            break;
        }
        tokio::time::sleep(pause).await;
        // Failure of the refresh shows again, with its cause, in the next round.
        let _ = tokio::time::timeout(deadline.left(), cluster.refresh()).await;
        items = left.into_iter().map(|(partition, item, _)| (partition, item)).collect();
    }
    done
}

/// Items to ask about again, each with the reason.
type Left<T> = Vec<(TopicPartition, T, ClientError)>;

async fn one_round<T, V, F, A>(cluster: &Cluster, items: Vec<(TopicPartition, T)>, send: &F) -> (Answers<V>, Left<T>)
where
    T: Clone + Send + 'static,
    V: Send + 'static,
    F: Fn(Peer, Vec<(TopicPartition, T)>) -> A,
    A: Future<Output = Result<Answers<V>, ClientError>> + Send + 'static,
{
    let (mut done, mut left) = (Vec::new(), Vec::new());
    let mut by_node: BTreeMap<NodeId, Vec<(TopicPartition, T)>> = BTreeMap::new();
    want(cluster, &items).await;
    for (partition, item) in items {
        match leader_known(cluster, &partition) {
            Ok(leader) => by_node.entry(leader).or_default().push((partition, item)),
            Err(cause) if cause.is_retriable() => left.push((partition, item, cause)),
            Err(cause) => done.push((partition, Err(cause))),
        }
    }
    let mut asked = JoinSet::new();
    for (node, items) in by_node {
        match cluster.broker(node, Lane::Requests).await {
            Ok(peer) => {
                let sent = items.clone();
                let answer = send(peer, sent);
                asked.spawn(async move { (items, answer.await) });
            }
            Err(cause) => left.extend(items.into_iter().map(|(partition, item)| (partition, item, cause.clone()))),
        }
    }
    while let Some(joined) = asked.join_next().await {
        let Ok((items, answer)) = joined else { continue };
        sort_out(items, answer, &mut done, &mut left);
    }
    (done, left)
}

fn sort_out<T, V>(
    items: Vec<(TopicPartition, T)>,
    answer: Result<Answers<V>, ClientError>,
    done: &mut Answers<V>,
    left: &mut Left<T>,
) {
    let mut answers: BTreeMap<TopicPartition, Result<V, ClientError>> = match answer {
        Ok(answers) => answers.into_iter().collect(),
        Err(cause) if cause.is_retriable() => {
            left.extend(items.into_iter().map(|(partition, item)| (partition, item, cause.clone())));
            return;
        }
        Err(cause) => {
            done.extend(items.into_iter().map(|(partition, _)| (partition, Err(cause.clone()))));
            return;
        }
    };
    for (partition, item) in items {
        match answers.remove(&partition) {
            Some(Err(cause)) if cause.is_retriable() => left.push((partition, item, cause)),
            Some(answer) => done.push((partition, answer)),
            None => left.push((partition, item, ClientError::code(ErrorCode::UNKNOWN_SERVER_ERROR))),
        }
    }
}

/// Fetches metadata once where a topic of the items is not covered yet.
async fn want<T>(cluster: &Cluster, items: &[(TopicPartition, T)]) {
    let mut news = false;
    for (partition, _) in items {
        news |= cluster.want(&partition.topic);
    }
    if news {
        // Failure of the refresh shows as partitions without a leader.
        let _ = cluster.refresh().await;
    }
}

fn leader_known(cluster: &Cluster, partition: &TopicPartition) -> Result<NodeId, ClientError> {
    let metadata = cluster.metadata();
    if let Some((broker, _)) = metadata.leader(&partition.topic, partition.partition) {
        return Ok(broker.id);
    }
    let topic = metadata.topics.get(&partition.topic);
    match topic.map(|topic| topic.error) {
        Some(error) if !error.is_none() => Err(ClientError::code(error)),
        Some(_) if topic.and_then(|topic| topic.partition(partition.partition)).is_some() => {
            Err(ClientError::code(ErrorCode::LEADER_NOT_AVAILABLE))
        }
        _ => Err(ClientError::code(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)),
    }
}
