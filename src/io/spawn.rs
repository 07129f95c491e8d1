//! Tasks, bounded blocking work and threads with a runtime of their own.
//!
//! Whoever spawns also stops and joins: every function here hands back what is needed for that.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::thread;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::{JoinHandle, JoinSet};

/// How many threads may block at once for one runtime, all pools together.
const BLOCKING_THREADS_MAX: usize = 64;

/// Builds the runtime that serves connections: one worker for each processor, at least two so that one slow write does
/// not freeze everything.
///
/// # Errors
/// What the operating system says when it refuses a thread.
pub fn main_runtime() -> io::Result<Runtime> {
    let workers = thread::available_parallelism().map_or(2, |count| count.get().max(2));
    Builder::new_multi_thread()
        .worker_threads(workers)
        .max_blocking_threads(BLOCKING_THREADS_MAX)
        .thread_name("mq-worker")
        .enable_all()
        .build()
}

/// Starts a task on the runtime of the caller.
#[allow(clippy::disallowed_methods, reason = "the one place where tasks start")]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(future)
}

/// Tasks that end together: dropping the set aborts what still runs.
pub type Tasks = JoinSet<()>;

/// A bounded number of threads for work that blocks. Each log directory has one, so that a slow disk holds up only its own
/// partitions.
#[derive(Debug, Clone)]
pub struct BlockingPool {
    permits: Arc<Semaphore>,
}

impl BlockingPool {
    /// A pool that runs at most `threads` jobs at once; further callers wait for their turn.
    #[must_use]
    pub fn new(threads: usize) -> BlockingPool {
        BlockingPool { permits: Arc::new(Semaphore::new(threads.max(1))) }
    }

    /// Runs `job` on a thread that may block and gives its result.
    ///
    /// # Panics
    /// When `job` panics: its panic goes on in the caller.
    #[allow(clippy::disallowed_methods, reason = "the one place where blocking work starts")]
    pub async fn run<T, F>(&self, job: F) -> T
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let permit = Arc::clone(&self.permits).acquire_owned().await.expect("the semaphore is never closed");
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            job()
        });
        match done.await {
            Ok(value) => value,
            Err(failure) => match failure.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => std::future::pending().await,
            },
        }
    }
}

/// A thread with a runtime of its own, so that a stalled write elsewhere freezes nothing on it. Quorum and controller live
/// on one.
#[derive(Debug)]
pub struct RuntimeThread {
    handle: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl RuntimeThread {
    /// Starts the thread `name`.
    ///
    /// # Errors
    /// What the operating system says when it refuses a thread.
    pub fn start(name: &str) -> io::Result<RuntimeThread> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
            // The sender going away means the same as a message: the owner is gone.
            let _ = runtime.block_on(stopped);
            runtime.shutdown_background();
        })?;
        Ok(RuntimeThread { handle, stop: Some(stop), thread: Some(thread) })
    }

    /// The handle by which tasks are started on the thread.
    #[must_use]
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Ends the runtime and waits for its thread. Tasks that still run are dropped at their next await.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic on the thread was reported when it happened.
            let _ = thread.join();
        }
    }
}

impl Drop for RuntimeThread {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn a_pool_never_runs_more_jobs_than_it_has_threads() {
        let runtime = main_runtime().unwrap();
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let pool = BlockingPool::new(2);
        runtime.block_on(async {
            let mut tasks = Tasks::new();
            for _ in 0..16 {
                let (pool, running, most) = (pool.clone(), Arc::clone(&running), Arc::clone(&most));
                tasks.spawn(async move {
                    pool.run(move || {
                        most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        thread::yield_now();
                        running.fetch_sub(1, Ordering::SeqCst);
                    })
                    .await;
                });
            }
            tasks.join_all().await;
        });
        assert!(most.load(Ordering::SeqCst) <= 2);
    }

    #[test]
    fn a_runtime_thread_runs_tasks_under_its_name_and_ends() {
        let thread = RuntimeThread::start("mq-test").unwrap();
        let (sender, name) = std::sync::mpsc::channel();
        thread.handle().spawn(async move {
            sender.send(thread::current().name().map(str::to_owned)).unwrap();
        });
        assert_eq!(name.recv().unwrap().as_deref(), Some("mq-test"));
        thread.stop();
    }
}
