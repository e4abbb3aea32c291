//! What is counted, for metrics.

use std::sync::atomic::{AtomicU64, Ordering};

/// The counters of one Redis.
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) hits: Counter,
    pub(crate) misses: Counter,
    pub(crate) away: Counter,
    pub(crate) forged: Counter,
    pub(crate) late: Counter,
    pub(crate) errors: Counter,
    pub(crate) opened: Counter,
    pub(crate) written: Counter,
    pub(crate) dropped: Counter,
    pub(crate) sent: Counter,
    pub(crate) heard: Counter,
    pub(crate) refused: Counter,
}

/// Counts up.
#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, count: usize) {
        // Nothing is decided by it, so it needs no order with anything else.
        self.0.fetch_add(count as u64, Ordering::Relaxed);
    }

    fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What has happened since the start.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RedisFigures {
    /// Whether the breaker is closed: Redis is asked.
    pub here: bool,
    /// Whether the other nodes are heard.
    pub listening: bool,
    /// Look-ups that gave a fact.
    pub hits: u64,
    /// Look-ups to which Redis knew nothing, or only what another version wrote.
    pub misses: u64,
    /// Look-ups that were not made, since the breaker was open.
    pub away: u64,
    /// Values whose sum was wrong: nobody who has the key wrote them under that name.
    pub forged: u64,
    /// Commands that were given up after their deadline.
    pub late: u64,
    /// Commands that Redis refused, or that ended with their connection.
    pub errors: u64,
    /// How often the breaker has opened.
    pub opened: u64,
    /// Facts written or removed.
    pub written: u64,
    /// Facts and signals that were dropped, since Redis was away or too many waited.
    pub dropped: u64,
    /// Signals sent.
    pub sent: u64,
    /// Signals heard, our own among them.
    pub heard: u64,
    /// Signals that nobody who has the key sent, or that another version sent.
    pub refused: u64,
}

impl Counters {
    /// Reads them all.
    pub(crate) fn figures(&self, here: bool, listening: bool) -> RedisFigures {
        RedisFigures {
            here,
            listening,
            hits: self.hits.read(),
            misses: self.misses.read(),
            away: self.away.read(),
            forged: self.forged.read(),
            late: self.late.read(),
            errors: self.errors.read(),
            opened: self.opened.read(),
            written: self.written.read(),
            dropped: self.dropped.read(),
            sent: self.sent.read(),
            heard: self.heard.read(),
            refused: self.refused.read(),
        }
    }
}
