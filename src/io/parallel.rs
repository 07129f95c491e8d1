//! Blocking work on several threads at once, for a start or a stop that has many files to look at.

use std::sync::{Mutex, PoisonError};
use std::thread;

/// Does `work` for each job on at most `threads` threads and gives the results in the order of the jobs. One thread, or
/// one job, needs no thread of its own.
///
/// # Panics
/// When `work` panics.
pub fn for_each<Job: Send, Output: Send>(
    threads: usize,
    jobs: Vec<Job>,
    work: impl Fn(Job) -> Output + Sync,
) -> Vec<Output> {
    if threads <= 1 || jobs.len() <= 1 {
        return jobs.into_iter().map(work).collect();
    }
    let count = jobs.len();
    let queue = Mutex::new(jobs.into_iter().enumerate());
    let results = Mutex::new((0..count).map(|_| None).collect::<Vec<Option<Output>>>());
    thread::scope(|scope| {
        for _ in 0..threads.min(count) {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some((index, job)) = next else { break };
                    let output = work(job);
                    results.lock().unwrap_or_else(PoisonError::into_inner)[index] = Some(output);
                }
            });
        }
    });
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.into_iter().map(|output| output.expect("a scope waits for its threads")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_jobs() {
        for threads in [0, 1, 3, 100] {
            let doubled = for_each(threads, (0..50).collect(), |number: i32| number * 2);
            assert_eq!(doubled, (0..50).map(|number| number * 2).collect::<Vec<_>>());
        }
    }
}
