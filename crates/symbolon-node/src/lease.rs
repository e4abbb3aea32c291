//! The right to answer from memory until a time.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use crate::bug::{self, Bug};
use crate::clock::boottime_nanos;
use crate::published::Published as _;

/// A node's lease: an instant of the steady clock, in nanoseconds.
///
/// On one node over its own file no other node can end a session, so the lease has no end. A member's lease is renewed by
/// its heartbeat, and by nothing else.
pub struct Lease(AtomicU64);

impl Lease {
    /// A lease without end.
    #[must_use]
    pub fn unlimited() -> Self {
        Self(AtomicU64::new(i64::MAX.cast_unsigned()))
    }

    /// A lease that is over, until it is renewed.
    #[must_use]
    pub fn over() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Its end. Load it before looking anything up.
    #[inline]
    #[must_use]
    pub fn load(&self) -> LeaseEnd {
        LeaseEnd(self.0.read().cast_signed())
    }

    /// Renews it: for `length` from `begun` on, which was read before the heartbeat was sent. Only after every row of
    /// the log that the heartbeat found was applied: whoever loads this end finds them.
    pub(crate) fn renew(&self, begun: i64, length: Duration) {
        let length = i64::try_from(length.as_nanos()).unwrap_or(i64::MAX);
        // One below the end that stands for none.
        let end = begun.saturating_add(length).min(i64::MAX - 1);
        self.0.publish(end.cast_unsigned());
    }

    /// Gives the lease up: nothing is answered from memory any more.
    pub fn drop_now(&self) {
        self.0.publish(0);
    }
}

/// The end of a lease as it was loaded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LeaseEnd(i64);

impl LeaseEnd {
    /// Whether it still holds.
    #[inline]
    #[must_use]
    pub fn holds(self) -> bool {
        self.0 == i64::MAX || boottime_nanos() < self.0 || bug::is(Bug::LeaseWithoutEnd)
    }

    /// For how long it still holds at `now`, in nanoseconds of the steady clock; `None`: it has no end.
    #[must_use]
    pub fn remaining(self, now: i64) -> Option<Duration> {
        let left = u64::try_from(self.0.saturating_sub(now)).unwrap_or(0);
        (self.0 != i64::MAX).then(|| Duration::from_nanos(left))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Lease;
    use crate::clock::boottime_nanos;

    const TEN: Duration = Duration::from_secs(10);
    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn a_lease_counts_from_the_beginning_of_its_heartbeat() {
        let lease = Lease::over();
        let now = boottime_nanos();
        // The answer took four seconds.
        lease.renew(now - 4 * SECOND, TEN);
        assert_eq!(lease.load().remaining(now), Some(Duration::from_secs(6)));
        assert!(lease.load().holds());
        // One that took longer than the lease renews nothing.
        lease.renew(now - 11 * SECOND, TEN);
        assert!(!lease.load().holds());
    }

    #[test]
    fn what_was_loaded_before_a_renewal_ends_when_it_said() {
        let lease = Lease::over();
        let old = lease.load();
        lease.renew(boottime_nanos(), TEN);
        assert!(!old.holds() && lease.load().holds());
    }

    #[test]
    fn a_lease_that_is_given_up_is_over_and_one_without_end_has_none() {
        let lease = Lease::unlimited();
        assert_eq!(lease.load().remaining(0), None);
        lease.drop_now();
        assert!(!lease.load().holds());
        lease.renew(i64::MAX, Duration::MAX);
        assert!(lease.load().remaining(0).is_some(), "the longest has an end");
    }
}
