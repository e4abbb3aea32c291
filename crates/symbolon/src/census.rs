//! How many sessions are alive, without counting them for everyone who wants to know.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use symbolon_core::store::{Census as _, StoreError};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::{Symbolon, Unavailable};

/// How many times as long as it took to count the answer is repeated, where that was long: so counting many sessions
/// never takes more than a twentieth of one connection, however many ask.
const REPEATED_FACTOR: u32 = 20;
/// What takes no longer is counted anew each time: the answer is then of this moment.
const BRIEF: Duration = Duration::from_millis(50);

/// What was counted last.
#[derive(Clone, Copy)]
struct Counted {
    count: u64,
    until: Instant,
}

/// Who counts, and what came of it.
pub(crate) struct Census {
    last: Mutex<Option<Counted>>,
    /// One counts at a time; who waits for it looks at what came of it.
    turn: Semaphore,
}

impl Default for Census {
    fn default() -> Self {
        Self {
            last: Mutex::new(None),
            turn: Semaphore::new(1),
        }
    }
}

impl Census {
    fn last(&self) -> Option<Counted> {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fresh(&self) -> Option<u64> {
        let last = self.last()?;
        (Instant::now() < last.until).then_some(last.count)
    }

    fn note(&self, count: u64, took: Duration) {
        let repeated = match took <= BRIEF {
            true => Duration::ZERO,
            false => took.saturating_mul(REPEATED_FACTOR),
        };
        let until = Instant::now() + repeated;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Counted { count, until });
    }

    async fn count(&self, count: impl AsyncFnOnce() -> Result<u64, StoreError>) -> Result<u64, StoreError> {
        if let Some(fresh) = self.fresh() {
            return Ok(fresh);
        }
        // It is never closed: an error would be a turn that nobody gave.
        let turn = self.turn.acquire().await;
        if let Some(fresh) = self.fresh() {
            return Ok(fresh);
        }
        let began = Instant::now();
        let counted = count().await?;
        self.note(counted, began.elapsed());
        drop(turn);
        Ok(counted)
    }
}

impl Symbolon {
    /// How many sessions are alive, of everyone. Where counting takes long the answer is as old as twenty times that.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn count_sessions(&self) -> Result<u64, Unavailable> {
        let node = &self.inner.node;
        let count = async || node.store().count_sessions(node.now()).await;
        Ok(self.inner.census.count(count).await?)
    }

    /// How many there were when they were last counted; `None`: they never were.
    #[must_use]
    pub fn last_count(&self) -> Option<u64> {
        self.inner.census.last().map(|last| last.count)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use tokio::time::{advance, sleep};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_was_counted_is_repeated_for_twenty_times_as_long_as_it_took() {
        let census = Census::default();
        let counts = AtomicU64::new(0);
        let count = async || {
            sleep(Duration::from_millis(100)).await;
            Ok(counts.fetch_add(1, Ordering::Relaxed))
        };
        assert_eq!(census.count(count).await.unwrap(), 0);
        advance(Duration::from_millis(1_999)).await;
        assert_eq!(census.count(count).await.unwrap(), 0);
        advance(Duration::from_millis(1)).await;
        assert_eq!(census.count(count).await.unwrap(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn many_who_ask_at_once_have_one_of_them_count() {
        let census = Census::default();
        let counts = AtomicU64::new(7);
        let count = async || {
            sleep(Duration::from_millis(100)).await;
            Ok(counts.fetch_add(1, Ordering::Relaxed))
        };
        let (a, b, c) = tokio::join!(census.count(count), census.count(count), census.count(count));
        assert_eq!([a.unwrap(), b.unwrap(), c.unwrap()], [7, 7, 7]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_does_not_answer_leaves_what_was_counted_before() {
        let census = Census::default();
        assert_eq!(census.count(async || Ok(5)).await.unwrap(), 5);
        advance(Duration::from_secs(1)).await;
        let away = async || {
            Err(StoreError::Unavailable {
                operation: "count the sessions",
                detail: "it is away".to_owned(),
            })
        };
        assert!(census.count(away).await.is_err());
        assert_eq!(census.last().map(|last| last.count), Some(5));
        assert_eq!(census.count(async || Ok(6)).await.unwrap(), 6);
    }
}
