//! Instants and the clock that gives them.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
///
/// Arithmetic saturates: a life that would end after the end of time ends there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The instant `ttl` later, rounded down to a millisecond.
    #[must_use]
    pub fn after(self, ttl: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX)),
        )
    }

    /// The instant `ttl` earlier, rounded to a millisecond.
    #[must_use]
    pub fn before(self, ttl: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX)),
        )
    }

    /// How long it is from `earlier` to this instant; zero if it is not later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Whole seconds since the epoch, as RFC 7519 counts them (`NumericDate`).
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0)
    }
}

/// A source of the present instant. It may stand still, but never goes back.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// A clock that moves only when told to: for tests and replays.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that stands at `start`.
    #[must_use]
    pub fn at(start: Timestamp) -> Self {
        Self(AtomicI64::new(start.0))
    }

    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        self.0.store(self.now().after(by).0, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}
