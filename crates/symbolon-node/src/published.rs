//! Numbers that one thread publishes and others read without a lock: the lease, the position, the overlay's filters.
//!
//! Whoever reads a value finds everything that was written before it was published. All of the protocol's order in
//! memory stands on these few lines, so they are walked through in every interleaving (`published/tests.rs`).

use std::sync::atomic::{AtomicU64, Ordering};

/// A number that is published.
pub(crate) trait Published {
    /// The number, with everything that was written before it was published.
    fn read(&self) -> u64;

    /// Sets it, after everything that was written before.
    fn publish(&self, number: u64);

    /// Sets it to the larger one, after everything that was written before, and with what came before what is there.
    fn raise(&self, number: u64);
}

/// The one implementation, for the atomics of the machine and for those of the walk.
macro_rules! published {
    ($atomic:ty) => {
        impl $crate::published::Published for $atomic {
            #[inline]
            fn read(&self) -> u64 {
                self.load(Ordering::Acquire)
            }

            fn publish(&self, number: u64) {
                self.store(number, Ordering::Release);
            }

            fn raise(&self, number: u64) {
                self.fetch_max(number, Ordering::AcqRel);
            }
        }
    };
}

published!(AtomicU64);

#[cfg(test)]
mod tests;
