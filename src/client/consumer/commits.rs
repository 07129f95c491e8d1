//! Commits of a consumer: synchronous, asynchronous and automatic.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::task::JoinHandle;
use tracing::warn;

use super::background::Background;
use super::consumer::Consumer;
use super::subscription::Subscription;
use crate::client::group_offsets::Membership;
use crate::client::{ClientError, CommittedOffset, NewOffset};
use crate::io::spawn::spawn;
use crate::model::{ErrorCode, TopicPartition};

const NOT_A_MEMBER: &str = "Offset commit cannot be completed since the consumer is not part of an active group for auto partition assignment; it is likely that the consumer was kicked out of the group.";
const REJOINING: &str = "Offset commit cannot be completed since the consumer is undergoing a rebalance for auto partition assignment. You can try completing the rebalance by calling poll() and then retry the operation.";

/// What is called with the result of an asynchronous commit.
pub type CommitCallback = Box<dyn FnOnce(&BTreeMap<TopicPartition, NewOffset>, Result<(), ClientError>) + Send>;

impl Consumer {
    /// Commits everything that polls have returned, and waits until that is done.
    ///
    /// # Errors
    /// There is no group, the group went on without this member, or the time is over.
    pub async fn commit_sync(&mut self) -> Result<(), ClientError> {
        let offsets = self.shared.partitions().consumed();
        self.commit_sync_offsets(&offsets).await
    }

    /// Commits these offsets, and waits until that is done.
    ///
    /// # Errors
    /// As [`Consumer::commit_sync`].
    pub async fn commit_sync_offsets(
        &mut self,
        offsets: &BTreeMap<TopicPartition, NewOffset>,
    ) -> Result<(), ClientError> {
        let group = self.group()?.clone();
        if let Some(before) = self.committing.take() {
            // Its own callback has its result.
            let _ = before.await;
        }
        let deadline = self.shared.cluster.deadline(self.shared.settings.api_timeout);
        group.commit(&self.member, self.committer()?, offsets, &deadline).await
    }

    /// Commits everything that polls have returned, without waiting. Commits keep their order.
    ///
    /// # Errors
    /// There is no group.
    pub fn commit_async(&mut self, callback: Option<CommitCallback>) -> Result<(), ClientError> {
        let offsets = self.shared.partitions().consumed();
        self.commit_async_offsets(offsets, callback)
    }

    /// Commits these offsets without waiting.
    ///
    /// # Errors
    /// There is no group.
    pub fn commit_async_offsets(
        &mut self,
        offsets: BTreeMap<TopicPartition, NewOffset>,
        callback: Option<CommitCallback>,
    ) -> Result<(), ClientError> {
        let group = self.group()?.clone();
        let (member, before, committer) = (Arc::clone(&self.member), self.committing.take(), self.committer());
        let deadline = self.shared.cluster.deadline(self.shared.settings.api_timeout);
        self.committing = Some(spawn(async move {
            if let Some(before) = before {
                // Its own callback has its result.
                let _ = before.await;
            }
            let result = match committer {
                Ok(committer) => group.commit(&member, committer, &offsets, &deadline).await,
                Err(cause) => Err(cause),
            };
            match callback {
                Some(callback) => callback(&offsets, result),
                None => {
                    if let Err(cause) = result {
                        warn!(group = %group.id, "Asynchronous commit of offsets {} failed: {cause}", shown(&offsets));
                    }
                }
            }
        }));
        Ok(())
    }

    /// The offsets that the group has committed; partitions without one are left out.
    ///
    /// # Errors
    /// There is no group, or its coordinator did not answer in time.
    pub async fn committed(
        &self,
        partitions: &[TopicPartition],
    ) -> Result<BTreeMap<TopicPartition, CommittedOffset>, ClientError> {
        let deadline = self.shared.cluster.deadline(self.shared.settings.api_timeout);
        self.group()?.committed(partitions, &deadline).await
    }

    pub(super) fn schedule_auto_commit(&mut self) {
        if let Some(interval) = self.shared.settings.auto_commit {
            self.next_auto_commit = self.now().saturating_add(interval);
        }
    }

    pub(super) fn auto_commit(&mut self) {
        let off = self.shared.settings.auto_commit.is_none() || self.parting.is_some();
        if off || self.now() < self.next_auto_commit {
            return;
        }
        self.schedule_auto_commit();
        let offsets = self.shared.partitions().consumed();
        let idle = self.committing.as_ref().is_none_or(JoinHandle::is_finished);
        if !offsets.is_empty() && idle && self.may_commit() {
            // A group is there, since commits are automatic.
            let _ = self.commit_async_offsets(offsets, None);
        }
    }

    pub(super) async fn auto_commit_now(&mut self) -> Result<(), ClientError> {
        if self.shared.settings.auto_commit.is_none() || !self.may_commit() {
            return Ok(());
        }
        self.commit_sync().await
    }

    /// Begins the commit before a rebalance; none where there is nothing to commit.
    pub(super) fn begin_last_commit(&mut self) -> Option<Background<Result<(), ClientError>>> {
        if self.shared.settings.auto_commit.is_none() || !self.may_commit() {
            return None;
        }
        let offsets = Some(self.shared.partitions().consumed()).filter(|offsets| !offsets.is_empty())?;
        let (group, committer) = (self.group.clone()?, self.committer().ok()?);
        let (member, before) = (Arc::clone(&self.member), self.committing.take());
        let deadline = self.shared.cluster.deadline(self.shared.settings.api_timeout);
        Some(Background::start(&self.shared, async move {
            if let Some(before) = before {
                // Its own callback has its result.
                let _ = before.await;
            }
            group.commit(&member, committer, &offsets, &deadline).await
        }))
    }

    /// As whom a commit that begins now is made. A member without an assignment makes none: its partitions may be another
    /// member's, and a commit from outside would overwrite that one's.
    fn committer(&self) -> Result<Option<Membership>, ClientError> {
        if !matches!(self.subscription, Subscription::Topics(_) | Subscription::Pattern(_)) {
            return Ok(None);
        }
        match self.member.membership(&self.shared.settings) {
            Some(membership) => Ok(Some(membership)),
            None if self.joining.is_some() => {
                Err(ClientError::answer(ErrorCode::REBALANCE_IN_PROGRESS, Some(REJOINING)))
            }
            None => Err(ClientError::CommitFailed(NOT_A_MEMBER)),
        }
    }

    /// Whether a commit can succeed: as a member with an assignment, or from outside any membership.
    pub(super) fn may_commit(&self) -> bool {
        matches!(self.subscription, Subscription::Assigned) || self.member.state().generation.is_some()
    }
}

fn shown(offsets: &BTreeMap<TopicPartition, NewOffset>) -> String {
    let each: Vec<String> = offsets.iter().map(|(partition, new)| format!("{partition}={}", new.offset.0)).collect();
    format!("{{{}}}", each.join(", "))
}
