//! The right to answer from memory until a time.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::clock::boottime_nanos;

/// A node's lease: an instant of the steady clock, in nanoseconds.
///
/// On one node over its own file no other node can end a session, so the lease has no end.
pub struct Lease(AtomicI64);

impl Lease {
    /// A lease without end.
    #[must_use]
    pub fn unlimited() -> Self {
        Self(AtomicI64::new(i64::MAX))
    }

    /// Its end. Load it before looking anything up.
    #[inline]
    #[must_use]
    pub fn load(&self) -> LeaseEnd {
        LeaseEnd(self.0.load(Ordering::Acquire))
    }

    /// Gives the lease up: nothing is answered from memory any more.
    pub fn drop_now(&self) {
        self.0.store(0, Ordering::Release);
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
        self.0 == i64::MAX || boottime_nanos() < self.0
    }
}
