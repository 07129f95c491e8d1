//! Committed offsets of the consumer's own group, and first positions.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::group::{Group, Member};
use super::settings::{Reset, Settings};
use super::state::{Begin, Place, Shared};
use crate::client::admin::OffsetSpec;
use crate::client::group_offsets::{
    CommittedOffset, Membership, NewOffset, OFFSETS_BY_NAME_MAX, Stable, commit_request, fetch_request, read_committed,
    read_fetched,
};
use crate::client::list_offsets::list_offsets;
use crate::client::retry::{Deadline, retrying};
use crate::client::{ClientError, NoOffset};
use crate::model::{ErrorCode, LeaderEpoch, TopicPartition};
use crate::protocol::messages::{OffsetCommitRequest, OffsetFetchRequest};

const REASSIGNED: &str = "Commit cannot be completed since the group has already rebalanced and assigned the partitions to another member. This means that the time between subsequent calls to poll() was longer than the configured max.poll.interval.ms, which typically implies that the poll loop is spending too much time message processing. You can address this either by increasing max.poll.interval.ms or by reducing the maximum size of batches returned in poll() with max.poll.records.";
const REBALANCING: &str = "Offset commit cannot be completed since the consumer group is executing a rebalance at the moment. You can try completing the rebalance by calling poll() and then retry commit again";

impl Group {
    /// The committed offsets of partitions; those without one are left out.
    pub(super) async fn committed(
        &self,
        partitions: &[TopicPartition],
        deadline: &Deadline,
    ) -> Result<BTreeMap<TopicPartition, CommittedOffset>, ClientError> {
        let what = || {
            format!(
                "Timeout of {}ms expired before the last committed offset for partitions {partitions:?} could be determined",
                self.settings.api_timeout.as_millis()
            )
        };
        retrying(what, deadline, &self.cluster.pauses(), || async {
            let attempt = self.committed_once(partitions).await;
            attempt.inspect_err(|error| self.note(error))
        })
        .await
    }

    async fn committed_once(
        &self,
        partitions: &[TopicPartition],
    ) -> Result<BTreeMap<TopicPartition, CommittedOffset>, ClientError> {
        let peer = self.coordinator().await?;
        let version = peer.version::<OffsetFetchRequest>(OFFSETS_BY_NAME_MAX)?;
        let request = fetch_request(&self.id, Some(Stable), Some(partitions), version);
        let answer = peer.start(&request, version, None).await?.answer().await?;
        let mut found = BTreeMap::new();
        for (partition, row) in read_fetched(answer, version)? {
            found.insert(partition, row?);
        }
        Ok(found)
    }

    /// Commits offsets, as `committer` where that is a member. Retriable errors are tried again.
    pub(super) async fn commit(
        &self,
        member: &Member,
        committer: Option<Membership>,
        offsets: &BTreeMap<TopicPartition, NewOffset>,
        deadline: &Deadline,
    ) -> Result<(), ClientError> {
        if offsets.is_empty() {
            return Ok(());
        }
        let what = || {
            format!(
                "Timeout of {}ms expired before successfully committing offsets {offsets:?}",
                self.settings.api_timeout.as_millis()
            )
        };
        let committed = retrying(what, deadline, &self.cluster.pauses(), || async {
            let attempt = self.commit_once(committer.as_ref(), offsets).await;
            attempt.inspect_err(|error| self.note(error))
        })
        .await;
        match committed.as_ref().err().and_then(ClientError::error_code) {
            Some(code @ (ErrorCode::UNKNOWN_MEMBER_ID | ErrorCode::ILLEGAL_GENERATION)) => {
                member.lose_if_still(committer.as_ref(), code);
                Err(ClientError::CommitFailed(REASSIGNED))
            }
            Some(code @ ErrorCode::FENCED_INSTANCE_ID) => {
                member.lose_if_still(committer.as_ref(), code);
                committed
            }
            Some(code @ ErrorCode::REBALANCE_IN_PROGRESS) => {
                member.must_join();
                Err(ClientError::answer(code, Some(REBALANCING)))
            }
            _ => committed,
        }
    }

    async fn commit_once(
        &self,
        committer: Option<&Membership>,
        offsets: &BTreeMap<TopicPartition, NewOffset>,
    ) -> Result<(), ClientError> {
        let peer = self.coordinator().await?;
        let version = peer.version::<OffsetCommitRequest>(OFFSETS_BY_NAME_MAX)?;
        let request = commit_request(&self.id, committer, offsets, version);
        let answer = peer.start(&request, version, None).await?.answer().await?;
        for (_, row) in read_committed(answer) {
            row?;
        }
        Ok(())
    }
}

/// Finds positions for the partitions that have none: committed offsets first, then the reset policy.
pub(super) async fn place(shared: Arc<Shared>, group: Option<Group>) -> Result<(), ClientError> {
    let unplaced = shared.partitions().unplaced();
    let deadline = shared.cluster.deadline(shared.settings.api_timeout);
    let wants_committed =
        |(partition, begin): &(TopicPartition, Begin)| (*begin == Begin::Committed).then(|| partition.clone());
    let asked: Vec<TopicPartition> = unplaced.iter().filter_map(wants_committed).collect();
    let committed = match (&group, asked.is_empty()) {
        (Some(group), false) => group.committed(&asked, &deadline).await?,
        _ => BTreeMap::new(),
    };
    let mut undefined = Vec::new();
    let mut specs = Vec::new();
    for (partition, begin) in unplaced {
        if let Some(found) = committed.get(&partition) {
            put(&shared, &partition, Place { offset: found.offset, epoch: found.leader_epoch });
            continue;
        }
        match spec(begin, &shared.settings, &shared) {
            Some(spec) => specs.push((partition, spec)),
            None => undefined.push(partition),
        }
    }
    if !specs.is_empty() {
        place_by_time(&shared, specs, &deadline).await;
    }
    if !undefined.is_empty() {
        return Err(ClientError::NoOffset(NoOffset::Undefined(undefined)));
    }
    shared.tell_fetchers();
    Ok(())
}

async fn place_by_time(shared: &Shared, specs: Vec<(TopicPartition, OffsetSpec)>, deadline: &Deadline) {
    let isolation = shared.settings.isolation;
    let mut late = Vec::new();
    for (partition, found) in list_offsets(&shared.cluster, deadline, specs, isolation).await {
        match found {
            Ok(found) if found.offset.is_known() => {
                put(shared, &partition, Place { offset: found.offset, epoch: LeaderEpoch::NONE });
            }
            // No record is that young: begin behind the last one.
            Ok(_) => late.push((partition, OffsetSpec::Latest)),
            Err(error) if error.is_retriable() => {}
            Err(error) => shared.partitions().stop(&partition, error),
        }
    }
    for (partition, found) in list_offsets(&shared.cluster, deadline, late, isolation).await {
        if let Ok(found) = found {
            put(shared, &partition, Place { offset: found.offset, epoch: LeaderEpoch::NONE });
        }
    }
}

/// Sets a first position, unless the program was faster or the partition is gone.
fn put(shared: &Shared, partition: &TopicPartition, place: Place) {
    let mut state = shared.partitions();
    if state.contains(partition) && state.position(partition).is_none() {
        // It was just seen to be there.
        let _ = state.place(partition, place);
    }
}

fn spec(begin: Begin, settings: &Settings, shared: &Shared) -> Option<OffsetSpec> {
    match begin {
        Begin::Earliest => Some(OffsetSpec::Earliest),
        Begin::Latest => Some(OffsetSpec::Latest),
        Begin::Committed | Begin::Reset => Some(match settings.reset? {
            Reset::Earliest => OffsetSpec::Earliest,
            Reset::Latest => OffsetSpec::Latest,
            Reset::Since(age) => {
                let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
                let now = shared.cluster.clock().now();
                OffsetSpec::AtTime(crate::model::Timestamp(now.0.saturating_sub(age)))
            }
        }),
    }
}
