//! The clock of one node: the wall clock as it was at the start, carried on by the machine's
//! steady clock.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};
use symbolon_core::clock::{Clock, Timestamp};

/// A difference to the wall clock beyond this is a jump and is not followed.
pub const JUMP_MS: u64 = 60_000;

/// How fast a small difference is mended: 1 % of the time that passes, well within the rate error
/// that leases allow for.
const SLEW_DIVISOR: i64 = 100;

/// Nanoseconds of `CLOCK_BOOTTIME`: it goes on while the machine sleeps and cannot be set.
#[must_use]
pub fn boottime_nanos() -> i64 {
    let now = clock_gettime(ClockId::Boottime);
    now.tv_sec
        .saturating_mul(1_000_000_000)
        .saturating_add(now.tv_nsec)
}

/// The wall clock.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the wall clock"
)]
pub fn wall_clock() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// A clock that never goes back and does not jump with the wall clock.
pub struct SteadyClock {
    /// What is added to the steady clock's milliseconds.
    offset_ms: AtomicI64,
    /// The steady clock's milliseconds when the offset was last mended.
    mended_at_ms: AtomicI64,
}

/// What comparing with the wall clock showed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Drift {
    /// Less than a step; mended by as much as the given milliseconds.
    Mended(i64),
    /// The wall clock has jumped by these milliseconds and is not followed.
    Jumped(i64),
}

impl SteadyClock {
    /// A clock that begins at the later of the wall clock and the newest instant in the store.
    #[must_use]
    pub fn begin(wall: Timestamp, high_water: Timestamp) -> Self {
        let steady = boottime_nanos() / 1_000_000;
        Self {
            offset_ms: AtomicI64::new(wall.max(high_water).0 - steady),
            mended_at_ms: AtomicI64::new(steady),
        }
    }

    /// Compares with the wall clock and mends a small difference slowly. To be called now and then
    /// by one task.
    pub fn follow(&self, wall: Timestamp) -> Drift {
        let steady = boottime_nanos() / 1_000_000;
        let difference = wall.0 - (steady + self.offset_ms.load(Ordering::Relaxed));
        if difference.unsigned_abs() > JUMP_MS {
            return Drift::Jumped(difference);
        }
        let passed = steady - self.mended_at_ms.swap(steady, Ordering::Relaxed);
        let most = passed / SLEW_DIVISOR;
        let step = difference.clamp(-most, most);
        self.offset_ms.fetch_add(step, Ordering::Relaxed);
        Drift::Mended(step)
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> Timestamp {
        Timestamp(boottime_nanos() / 1_000_000 + self.offset_ms.load(Ordering::Relaxed))
    }
}
