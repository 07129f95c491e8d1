//! The consumer's side of its membership in a group: what a poll does about rebalances.

use std::collections::BTreeSet;
use std::sync::Arc;

use tracing::{info, warn};

use super::background::Background;
use super::consumer::Consumer;
use super::group::Joined;
use super::subscription::Subscription;
use crate::client::ClientError;
use crate::io::spawn::spawn;
use crate::model::TopicName;

impl Consumer {
    pub(super) fn drive_membership(&mut self) -> Result<(), ClientError> {
        if let Some(fatal) = self.member.state().fatal.take() {
            return Err(fatal);
        }
        self.follow_metadata();
        if std::mem::take(&mut self.member.state().lost) {
            self.lost();
        }
        if let Some(joined) = self.joining.as_ref().and_then(Background::take) {
            self.joining = None;
            self.joined(joined.inspect_err(|_| self.member.must_join())?);
        }
        let must_join = self.joining.is_none() && self.member.state().must_join;
        if must_join && self.last_commit_is_done() {
            self.start_join()?;
        }
        Ok(())
    }

    /// Whether a join may begin: where commits are automatic, what was polled is committed first. That may take long, and a
    /// poll does not wait for it; nor does it return records meanwhile, because those would be left out of the commit.
    fn last_commit_is_done(&mut self) -> bool {
        if self.parting.is_none() {
            self.parting = self.begin_last_commit();
        }
        let Some(parting) = &self.parting else { return true };
        let Some(committed) = parting.take() else { return false };
        self.parting = None;
        if let Err(cause) = committed {
            warn!("Synchronous auto-commit of offsets failed: {cause}");
        }
        true
    }

    fn start_join(&mut self) -> Result<(), ClientError> {
        let Some(topics) = self.subscribed() else { return Ok(()) };
        self.revoked();
        self.drop_partitions();
        {
            let mut state = self.member.state();
            state.must_join = false;
            state.generation = None;
        }
        self.stop_heartbeats();
        let group = self.group()?.clone();
        self.joining = Some(Background::start(&self.shared, group.join(Arc::clone(&self.member), topics)));
        Ok(())
    }

    /// Joins again where new metadata changes what this member asks for, or what it assigned as the group's leader.
    pub(super) fn follow_metadata(&mut self) {
        let metadata = self.shared.cluster.metadata();
        if metadata.generation == self.metadata_seen {
            return;
        }
        let first = self.metadata_seen == 0;
        self.metadata_seen = metadata.generation;
        if let Subscription::Pattern(_) = &self.subscription {
            let news = self.subscribed() != self.joined_topics();
            if first || news {
                self.member.must_join();
            }
        }
        let now = |topic: &TopicName| {
            metadata.topic(topic).map(|topic| i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX))
        };
        let changed = self.counts.as_ref().is_some_and(|counts| {
            let mut topics = counts.keys().cloned().collect::<BTreeSet<_>>();
            topics.extend(self.subscribed().unwrap_or_default());
            topics.iter().any(|topic| now(topic).is_some_and(|count| counts.get(topic) != Some(&count)))
        });
        if changed {
            info!("the partitions of a subscribed topic changed");
            self.member.must_join();
        }
    }

    /// For a pattern: the topics that the last assignment was made for, as far as this member knows.
    pub(super) fn joined_topics(&self) -> Option<BTreeSet<TopicName>> {
        self.counts.as_ref().map(|counts| counts.keys().cloned().collect()).or_else(|| self.subscribed())
    }

    pub(super) fn joined(&mut self, joined: Joined) {
        {
            let mut state = self.member.state();
            state.member_id = joined.member_id;
            state.generation = Some(joined.generation);
            state.lost = false;
        }
        self.counts = joined.counts;
        self.metadata_seen = self.metadata_seen.max(1);
        for partition in &joined.partitions {
            self.shared.cluster.want(&partition.topic);
        }
        self.shared.assign(joined.partitions.clone());
        if let Some(group) = self.group.clone() {
            self.stop_heartbeats();
            self.heartbeats = Some(spawn(group.heartbeats(Arc::clone(&self.member), joined.generation)));
        }
        self.schedule_auto_commit();
        let positions = self.positions();
        if let Some(listener) = self.listener() {
            listener.assigned(&joined.partitions, &positions);
        }
    }

    /// Gives up all partitions before a rebalance, after a last commit where commits are automatic.
    pub(super) async fn revoke(&mut self) {
        if let Err(cause) = self.auto_commit_now().await {
            warn!(%cause, "offsets were not committed before the partitions were given up");
        }
        self.revoked();
        self.drop_partitions();
    }

    fn drop_partitions(&mut self) {
        self.parting = None;
        self.placing = None;
        self.shared.assign([]);
    }

    pub(super) fn revoked(&mut self) {
        let (partitions, positions) = (self.assignment(), self.positions());
        if let Some(listener) = self.listener().filter(|_| !partitions.is_empty()) {
            listener.revoked(&partitions, &positions);
        }
    }

    pub(super) fn lost(&mut self) {
        let (partitions, positions) = (self.assignment(), self.positions());
        if let Some(listener) = self.listener().filter(|_| !partitions.is_empty()) {
            listener.lost(&partitions, &positions);
        }
        self.drop_partitions();
    }

    pub(super) async fn leave(&mut self, reason: &str) {
        self.joining = None;
        self.stop_heartbeats();
        if let Some(group) = &self.group {
            // Failure to say so shows to the group as a missing heartbeat.
            let _ = group.leave(&self.member, reason).await;
        }
    }

    pub(super) fn stop_heartbeats(&mut self) {
        if let Some(task) = self.heartbeats.take() {
            task.abort();
        }
    }
}
