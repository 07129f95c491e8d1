//! The list on which a task finds the partitions that have something for it.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use super::queue::PartitionQueue;

/// Queues that were put on a task's list since it last looked, and its alarm.
#[derive(Default)]
pub(super) struct Inbox {
    queues: Mutex<Vec<Arc<PartitionQueue>>>,
    alarm: Notify,
}

impl Inbox {
    /// Puts a queue on the list and wakes the owner.
    pub(super) fn put(&self, queue: Arc<PartitionQueue>) {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner).push(queue);
        self.wake();
    }

    /// Wakes the owner.
    pub(super) fn wake(&self) {
        self.alarm.notify_one();
    }

    /// What was put on the list since the last time.
    pub(super) fn take(&self) -> Vec<Arc<PartitionQueue>> {
        std::mem::take(&mut *self.queues.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits for an alarm.
    pub(super) async fn alarmed(&self) {
        self.alarm.notified().await;
    }
}
