//! A task with one result that a poll looks for without waiting.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinHandle;

use super::state::Shared;
use crate::io::spawn::spawn;

/// A task under way; dropping it ends it.
pub(super) struct Background<T> {
    result: Arc<Mutex<Option<T>>>,
    task: JoinHandle<()>,
}

impl<T: Send + 'static> Background<T> {
    /// Starts a task. Its result is there before the poll is woken.
    pub(super) fn start(shared: &Arc<Shared>, future: impl Future<Output = T> + Send + 'static) -> Background<T> {
        let result = Arc::new(Mutex::new(None));
        let (place, shared) = (Arc::clone(&result), Arc::clone(shared));
        let task = spawn(async move {
            let value = future.await;
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
            shared.arrived.notify_one();
        });
        Background { result, task }
    }

    /// The result, once it is there.
    pub(super) fn take(&self) -> Option<T> {
        self.result.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<T> Drop for Background<T> {
    fn drop(&mut self) {
        self.task.abort();
    }
}
