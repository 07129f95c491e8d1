//! What becomes of a record: shared by all records of a batch, so that a record costs no allocation.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::client::ClientError;
use crate::model::{Offset, Timestamp, TopicPartition};

/// Where a record was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordMetadata {
    /// The partition.
    pub partition: TopicPartition,
    /// The record's offset; unknown (-1) with `acks=0` and for a repeated batch that the broker no longer remembers.
    pub offset: Offset,
    /// The record's timestamp: the producer's own, or the broker's with `message.timestamp.type=LogAppendTime`.
    pub timestamp: Timestamp,
}

/// What a record's callback is given.
pub type RecordResult = Result<RecordMetadata, ClientError>;

/// A function that is called once with a record's result.
pub type Callback = Box<dyn FnOnce(RecordResult) + Send>;

/// The pending result of one record: a future. Dropping it gives up the result, not the record.
#[must_use = "a delivery that is not awaited hides a record's failure"]
pub struct Delivery {
    outcome: Arc<Outcome>,
    index: u32,
    timestamp: Timestamp,
}

impl Delivery {
    pub(super) fn new(outcome: Arc<Outcome>, index: u32, timestamp: Timestamp) -> Delivery {
        Delivery { outcome, index, timestamp }
    }

    /// The partition that the record was given to.
    #[must_use]
    pub fn partition(&self) -> &TopicPartition {
        &self.outcome.partition
    }

    /// Waits until the record is written or has failed, without its place: nothing is allocated for it.
    ///
    /// # Errors
    /// Why it was not written.
    pub async fn done(mut self) -> Result<(), ClientError> {
        std::future::poll_fn(|context| self.poll_state(context)).await;
        match self.outcome.state.get() {
            Some(State::Failed { .. }) => self.result().map_or(Ok(()), |result| result.map(drop)),
            _ => Ok(()),
        }
    }

    /// Whether the result is there; a batch that was split is followed into its parts.
    fn poll_state(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            match self.outcome.state_or_wake(context.waker()) {
                None => return Poll::Pending,
                Some(State::Split(parts)) => {
                    let (first, part) = part_of(parts, self.index);
                    let (index, part) = (self.index - first, Arc::clone(part));
                    self.outcome = part;
                    self.index = index;
                }
                Some(_) => return Poll::Ready(()),
            }
        }
    }

    /// The result, where there is one already.
    #[must_use]
    pub fn result(&self) -> Option<RecordResult> {
        self.outcome.result(self.index, self.timestamp)
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery").field("partition", self.partition()).field("result", &self.result()).finish()
    }
}

impl Future for Delivery {
    type Output = RecordResult;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<RecordResult> {
        self.poll_state(context).map(|()| self.result().expect("it was seen to be there"))
    }
}

/// The result of a whole batch.
pub(super) struct Outcome {
    pub(super) partition: TopicPartition,
    state: OnceLock<State>,
    waiting: Mutex<Vec<Waker>>,
}

/// What can become of a batch.
pub(super) enum State {
    /// It is in the log.
    Written {
        /// The offset of its first record, or -1.
        base_offset: i64,
        /// The broker's timestamp, where the topic has the broker give them.
        append_time: Option<Timestamp>,
    },
    /// None of its records is in the log, or it is not known.
    Failed {
        /// Why.
        cause: ClientError,
        /// Records that are to blame, by their index; the others failed because of them (KIP-467).
        blamed: Vec<(u32, ClientError)>,
    },
    /// It was too large and went on as smaller ones: each with the index of its first record.
    Split(Vec<(u32, Arc<Outcome>)>),
}

impl Outcome {
    pub(super) fn new(partition: TopicPartition) -> Arc<Outcome> {
        Arc::new(Outcome { partition, state: OnceLock::new(), waiting: Mutex::default() })
    }

    /// Sets the result, once; a second one is ignored.
    pub(super) fn settle(&self, state: State) {
        if self.state.set(state).is_err() {
            return;
        }
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        waiting.into_iter().for_each(Waker::wake);
    }

    /// The result of the record at `index`.
    pub(super) fn result(&self, index: u32, timestamp: Timestamp) -> Option<RecordResult> {
        Some(match self.state.get()? {
            State::Written { base_offset, append_time } => Ok(RecordMetadata {
                partition: self.partition.clone(),
                offset: if *base_offset < 0 { Offset::UNKNOWN } else { Offset(base_offset + i64::from(index)) },
                timestamp: append_time.unwrap_or(timestamp),
            }),
            State::Failed { cause, blamed } => {
                let own = blamed.iter().find(|(blamed, _)| *blamed == index);
                Err(own.map_or(cause, |(_, cause)| cause).clone())
            }
            State::Split(parts) => {
                let (first, part) = part_of(parts, index);
                return part.result(index - first, timestamp);
            }
        })
    }

    /// Whether it was decided what becomes of the batch; one that was split was.
    pub(super) fn is_set(&self) -> bool {
        self.state.get().is_some()
    }

    /// Whether the batch, and every batch that it was split into, has its result.
    pub(super) fn is_settled(&self) -> bool {
        match self.state.get() {
            None => false,
            Some(State::Split(parts)) => parts.iter().all(|(_, part)| part.is_settled()),
            Some(_) => true,
        }
    }

    /// Waits until the batch, or every batch that it was split into, has its result.
    pub(super) async fn settled(self: Arc<Outcome>) {
        let mut left = vec![self];
        while let Some(outcome) = left.pop() {
            std::future::poll_fn(|context| match outcome.state_or_wake(context.waker()) {
                Some(_) => Poll::Ready(()),
                None => Poll::Pending,
            })
            .await;
            if let Some(State::Split(parts)) = outcome.state.get() {
                left.extend(parts.iter().map(|(_, part)| Arc::clone(part)));
            }
        }
    }

    fn state_or_wake(&self, waker: &Waker) -> Option<&State> {
        if let Some(state) = self.state.get() {
            return Some(state);
        }
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if !waiting.iter().any(|known| known.will_wake(waker)) {
            waiting.push(waker.clone());
        }
        drop(waiting);
        // Settled between the first look and the push: `settle` sets the state before it takes the wakers.
        self.state.get()
    }
}

/// The part that holds the record at `index`, with the index of the part's first record.
fn part_of(parts: &[(u32, Arc<Outcome>)], index: u32) -> (u32, &Arc<Outcome>) {
    let place = parts.partition_point(|(first, _)| *first <= index);
    let (first, part) = &parts[place.checked_sub(1).expect("the first part begins at 0")];
    (*first, part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ErrorCode;

    fn outcome() -> Arc<Outcome> {
        Outcome::new(TopicPartition::new("t", 0))
    }

    fn delivery(outcome: &Arc<Outcome>, index: u32) -> Delivery {
        Delivery::new(Arc::clone(outcome), index, Timestamp(5))
    }

    #[tokio::test]
    async fn each_record_has_its_own_offset() {
        let batch = outcome();
        batch.settle(State::Written { base_offset: 40, append_time: None });
        assert_eq!(delivery(&batch, 2).await.unwrap().offset, Offset(42));
    }

    #[tokio::test]
    async fn a_waiting_delivery_is_woken() {
        let batch = outcome();
        let waiting = crate::io::spawn::spawn(delivery(&batch, 0));
        tokio::task::yield_now().await;
        batch.settle(State::Written { base_offset: 1, append_time: Some(Timestamp(9)) });
        assert_eq!(waiting.await.unwrap().unwrap().timestamp, Timestamp(9));
    }

    #[tokio::test]
    async fn a_split_batch_is_followed_into_its_parts() {
        let (batch, first, second) = (outcome(), outcome(), outcome());
        batch.settle(State::Split(vec![(0, Arc::clone(&first)), (3, Arc::clone(&second))]));
        first.settle(State::Written { base_offset: 10, append_time: None });
        second.settle(State::Written { base_offset: 100, append_time: None });
        assert_eq!(delivery(&batch, 2).await.unwrap().offset, Offset(12));
        assert_eq!(delivery(&batch, 3).await.unwrap().offset, Offset(100));
        batch.settled().await;
    }

    #[tokio::test]
    async fn a_blamed_record_has_its_own_error() {
        let batch = outcome();
        let blamed = vec![(1, ClientError::code(ErrorCode::INVALID_TIMESTAMP))];
        batch.settle(State::Failed { cause: ClientError::code(ErrorCode::INVALID_RECORD), blamed });
        assert_eq!(delivery(&batch, 1).await.unwrap_err().error_code(), Some(ErrorCode::INVALID_TIMESTAMP));
        assert_eq!(delivery(&batch, 0).await.unwrap_err().error_code(), Some(ErrorCode::INVALID_RECORD));
    }
}
