//! Fills Redis from the store, at a bounded rate: after a flush, or by an operator's word.

use std::time::Duration;

use redis::Cmd;
use symbolon_core::clock::Timestamp;
use symbolon_core::session::SessionId;
use symbolon_core::shared::SharedFact;
use tokio::time::{Instant, sleep_until};

use super::facts;
use super::handle::RedisCache;
use super::outbox::{Order, deliver};

/// How many facts are written at once.
const BATCH_MAX: usize = 64;

/// The highest rate that is obeyed, in facts a second.
const RATE_MAX: u32 = 100_000;

/// A page of the store's live sessions, in the order of their ids.
#[derive(Clone, Debug)]
pub struct WarmPage {
    /// The sessions; each with the position that was applied before the page was read. None: the end.
    pub facts: Vec<SharedFact>,
    /// When the page was read.
    pub now: Timestamp,
}

/// Redis was not filled to the end.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WarmError<E> {
    /// Redis went away, or was not there.
    #[error("redis is away")]
    Away,
    /// A page could not be read.
    #[error("read a page of sessions: {0}")]
    Page(E),
}

impl RedisCache {
    /// Waits until Redis is there and is found without what was kept in it: it is new, was flushed, or has lost its data.
    /// Whoever fills it then does so for all nodes.
    pub async fn found_empty(&self) {
        self.shared().marker.missing().await;
    }

    /// Writes what `pages` gives, at the most so many facts a second, and answers how many were written. `pages` is
    /// asked for the page after that session, and first for the page after none. It may be given up at any time.
    ///
    /// # Errors
    /// When Redis is away or a page cannot be read. Redis is then found empty again.
    pub async fn warm<E, P>(
        &self,
        per_second: u32,
        mut pages: impl FnMut(Option<SessionId>) -> P,
    ) -> Result<u64, WarmError<E>>
    where
        P: Future<Output = Result<WarmPage, E>>,
    {
        let shared = self.shared();
        let marker = &shared.marker;
        // First, so that the other nodes leave it to this one.
        if !self.tell(&marker.order(&shared.keys.fact)).await {
            return Err(WarmError::Away);
        }
        marker.is_set();
        let filled = self.fill(per_second, &mut pages).await;
        if filled.is_err() {
            self.tell(&marker.withdrawal()).await;
        }
        filled
    }

    /// Sends a command about the marker; gives whether it was done.
    async fn tell(&self, command: &Cmd) -> bool {
        let shared = self.shared();
        let name = shared.marker.name();
        match shared.fleet.passage(name) {
            Some(passage) => shared.fleet.ask(passage, name, command).await.is_ok(),
            None => false,
        }
    }

    async fn fill<E, P>(
        &self,
        per_second: u32,
        pages: &mut impl FnMut(Option<SessionId>) -> P,
    ) -> Result<u64, WarmError<E>>
    where
        P: Future<Output = Result<WarmPage, E>>,
    {
        let shared = self.shared();
        let mut pace = Pace::of(per_second);
        let (mut written, mut after) = (0_u64, None);
        loop {
            let page = pages(after).await.map_err(WarmError::Page)?;
            let Some(last) = page.facts.last() else {
                return Ok(written);
            };
            after = Some(last.found.session.id);
            for facts in page.facts.chunks(BATCH_MAX) {
                let orders: Vec<Order> = facts
                    .iter()
                    .filter_map(|fact| facts::set(shared, fact, page.now))
                    .collect();
                let count = orders.len();
                let delivered = deliver(shared, orders).await;
                shared.counters.written.add(delivered);
                written += delivered as u64;
                if delivered < count {
                    return Err(WarmError::Away);
                }
                pace.wait(facts.len()).await;
            }
        }
    }
}

/// Keeps to a rate. A delay is not made up for by a burst.
struct Pace {
    each: Duration,
    next: Option<Instant>,
}

impl Pace {
    fn of(per_second: u32) -> Self {
        Self {
            each: Duration::from_secs(1) / per_second.clamp(1, RATE_MAX),
            next: None,
        }
    }

    async fn wait(&mut self, count: usize) {
        let rest = self.each * u32::try_from(count).unwrap_or(u32::MAX);
        let now = Instant::now();
        let next = self.next.map_or(now, |next| next.max(now)) + rest;
        self.next = Some(next);
        sleep_until(next).await;
    }
}
