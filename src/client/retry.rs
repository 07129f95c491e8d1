//! Trying again until a deadline: one loop for every call of the library.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::ClientError;
use crate::io::clock::Clock;
use crate::io::rng::Rng;
use crate::net::peers::backoff;

/// A moment on the steady clock by which a call must be done.
#[derive(Debug, Clone)]
pub struct Deadline {
    clock: Arc<dyn Clock>,
    at: Duration,
}

impl Deadline {
    /// The moment `timeout` from now.
    #[must_use]
    pub fn after(clock: &Arc<dyn Clock>, timeout: Duration) -> Deadline {
        Deadline { clock: Arc::clone(clock), at: clock.elapsed().saturating_add(timeout) }
    }

    /// The time that is left; zero once it is over.
    #[must_use]
    pub fn left(&self) -> Duration {
        self.at.saturating_sub(self.clock.elapsed())
    }

    /// Whether the time is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.left().is_zero()
    }
}

/// `retry.backoff.ms` and `retry.backoff.max.ms`.
#[derive(Debug, Clone)]
pub struct Backoff {
    /// The pause after the first failure.
    pub first: Duration,
    /// What the pause grows to.
    pub most: Duration,
    /// Where the jitter comes from.
    pub rng: Arc<dyn Rng>,
}

impl Backoff {
    /// The pause after `failures` failures before this one.
    #[must_use]
    pub fn pause(&self, failures: u32) -> Duration {
        backoff(self.first, self.most, failures, &*self.rng)
    }
}

/// Runs `attempt` until it succeeds, fails for good, or the deadline passes. `what` says what did not happen then.
///
/// # Errors
/// The attempt's own error where it is final, else [`ClientError::Timeout`] with the last one.
pub async fn retrying<T, F, A>(
    what: impl Fn() -> String,
    deadline: &Deadline,
    pauses: &Backoff,
    mut attempt: F,
) -> Result<T, ClientError>
where
    F: FnMut() -> A,
    A: Future<Output = Result<T, ClientError>>,
{
    let mut last = None;
    for failures in 0_u32.. {
        match tokio::time::timeout(deadline.left(), attempt()).await {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) if !error.is_retriable() => return Err(error),
            Ok(Err(error)) => last = Some(Box::new(error)),
            Err(_) => break,
        }
        let pause = pauses.pause(failures);
        if deadline.left() <= pause {
            break;
        }
        tokio::time::sleep(pause).await;
    }
    Err(ClientError::Timeout { what: what(), last })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::clock::SystemClock;
    use crate::io::rng::SystemRng;
    use crate::model::ErrorCode;

    fn pauses() -> Backoff {
        Backoff { first: Duration::from_millis(1), most: Duration::from_millis(2), rng: Arc::new(SystemRng) }
    }

    fn deadline(timeout: Duration) -> Deadline {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        Deadline::after(&clock, timeout)
    }

    #[tokio::test]
    async fn a_retriable_error_is_tried_again_and_a_final_one_is_not() {
        let mut calls = 0;
        let done = retrying(String::new, &deadline(Duration::from_secs(60)), &pauses(), || {
            calls += 1;
            std::future::ready(if calls < 3 { Err(ClientError::code(ErrorCode::NOT_CONTROLLER)) } else { Ok(calls) })
        })
        .await;
        assert_eq!(done.unwrap(), 3);
        let refused: Result<(), _> = retrying(String::new, &deadline(Duration::from_secs(60)), &pauses(), || async {
            Err(ClientError::code(ErrorCode::INVALID_TOPIC_EXCEPTION))
        })
        .await;
        assert_eq!(refused.unwrap_err().error_code(), Some(ErrorCode::INVALID_TOPIC_EXCEPTION));
    }

    #[tokio::test]
    async fn the_deadline_ends_it_with_the_last_cause() {
        let late: Result<(), _> = retrying(
            || "it did not happen".to_owned(),
            &deadline(Duration::from_millis(20)),
            &pauses(),
            || std::future::ready(Err(ClientError::code(ErrorCode::NOT_CONTROLLER))),
        )
        .await;
        let late = late.unwrap_err();
        assert_eq!(late.error_code(), Some(ErrorCode::NOT_CONTROLLER));
        assert!(late.to_string().starts_with("it did not happen"), "{late}");
    }

    #[tokio::test]
    async fn an_attempt_that_hangs_is_cut_off() {
        let hung: Result<(), _> =
            retrying(String::new, &deadline(Duration::from_millis(20)), &pauses(), std::future::pending).await;
        assert!(matches!(hung.unwrap_err(), ClientError::Timeout { last: None, .. }));
    }
}
