//! The clock of one node: the wall clock as it was at the start, or the store's where nodes share one, carried on by the
//! machine's steady clock.

mod cluster;
mod pace;

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;
use rustix::time::{ClockId, clock_gettime};
use symbolon_core::clock::{Clock, Timestamp};

pub use cluster::{Heard, Hearing};
pub use pace::Pace;

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
    /// Before this it never is: the newest instant that the store knew of at the start.
    high_water: Timestamp,
    /// What was heard of the store's clock.
    hearing: Mutex<Hearing>,
}

/// The store's clock as it was read at some moment between two.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StoreTime {
    /// What it said.
    pub said: Timestamp,
    /// Before it was asked, in nanoseconds of the steady clock.
    pub asked: i64,
    /// After it had answered.
    pub answered: i64,
    /// What this machine's wall clock said then.
    pub wall: Timestamp,
}

/// Beyond this a wall clock does not agree with the store's.
const NEAR_MS: i64 = 2_000;
/// An answer that took longer says too little about its moment.
const ROUND_TRIP_MS_MAX: i64 = 1_000;

/// What comparing with the wall clock showed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Drift {
    /// Less than a step; mended by as much as the given milliseconds.
    Mended(i64),
    /// The wall clock, or the store's, has jumped by these milliseconds and is not followed.
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
            high_water,
            hearing: Mutex::default(),
        }
    }

    /// Whether the store's time is known: until then it is only what this machine says.
    #[must_use]
    pub fn is_led(&self) -> bool {
        self.hearing.lock().begun()
    }

    /// Takes the store's time, which nodes that share a store go by; `None`: it took too long to say anything. To be
    /// called by one task. From the first time on the wall clock is not followed any more.
    pub fn hear(&self, time: StoreTime) -> Option<Heard> {
        let (asked, answered) = (time.asked / 1_000_000, time.answered / 1_000_000);
        if answered - asked > ROUND_TRIP_MS_MAX {
            return None;
        }
        let offset = time.said.0.saturating_sub(asked.midpoint(answered));
        let ahead = offset.saturating_sub(self.offset_ms.load(Ordering::Relaxed));
        let wall_is_near = time.wall.0.abs_diff(time.said.0) <= NEAR_MS.unsigned_abs();
        let passed = answered - self.mended_at_ms.swap(answered, Ordering::Relaxed);
        let heard = self.hearing.lock().hear(ahead, wall_is_near, passed);
        match heard {
            Heard::Set => {
                let earliest = self.high_water.0.saturating_sub(answered);
                self.offset_ms.store(offset.max(earliest), Ordering::Relaxed);
            }
            Heard::Moved(by) => {
                self.offset_ms.fetch_add(by, Ordering::Relaxed);
            }
            Heard::Doubted(_) | Heard::Refused(_) => {}
        }
        Some(heard)
    }

    /// Compares with the wall clock and mends a small difference slowly, unless the store's clock is followed: then it says
    /// what became of that. To be called now and then by one task.
    pub fn follow(&self, wall: Timestamp) -> Drift {
        let hearing = *self.hearing.lock();
        if hearing.begun() {
            return hearing.refused().map_or(Drift::Mended(0), Drift::Jumped);
        }
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
