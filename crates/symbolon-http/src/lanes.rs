//! Counting what every request adds to. Where all cores add to one number, each waits for the line that another has just
//! written; here each thread has a lane of its own, and only who reads looks at all of them.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use prometheus_client::metrics::counter::Atomic;

/// Threads that count without sharing a cache line. More threads share, and are slower, not wrong.
pub(crate) const LANES: usize = 16;

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Lanes([Lane; LANES]);

#[derive(Debug, Default)]
#[repr(align(64))]
struct Lane(AtomicU64);

impl Lanes {
    /// Counts one in this thread's lane: which lane it is, and how much was in it before.
    #[inline]
    pub(crate) fn count(&self) -> (usize, u64) {
        let lane = mine();
        (lane, self.0[lane].0.fetch_add(1, Relaxed))
    }
}

/// What is given back when counting is what was in this thread's lane before, not in all: nothing reads it.
impl Atomic<u64> for Lanes {
    #[inline]
    fn inc(&self) -> u64 {
        self.count().1
    }

    fn inc_by(&self, by: u64) -> u64 {
        self.0[mine()].0.fetch_add(by, Relaxed)
    }

    fn get(&self) -> u64 {
        self.0
            .iter()
            .fold(0, |sum, lane| sum.wrapping_add(lane.0.load(Relaxed)))
    }
}

/// The lane of this thread, given out in turn.
#[inline]
fn mine() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! { static LANE: Cell<Option<usize>> = const { Cell::new(None) } }
    LANE.with(|lane| {
        lane.get().unwrap_or_else(|| {
            let mine = NEXT.fetch_add(1, Relaxed) % LANES;
            lane.set(Some(mine));
            mine
        })
    })
}

#[cfg(test)]
mod tests {
    use std::thread;

    use prometheus_client::metrics::counter::Counter;

    use super::{LANES, Lanes};

    #[test]
    fn what_more_threads_than_lanes_count_is_all_there() {
        let counter = Counter::<u64, Lanes>::default();
        thread::scope(|scope| {
            for _ in 0..LANES + 3 {
                scope.spawn(|| (0..1000).for_each(|_| _ = counter.inc()));
            }
        });
        counter.inc_by(5);
        assert_eq!(counter.get(), (LANES as u64 + 3) * 1000 + 5);
    }

    #[test]
    fn lanes_share_no_cache_line() {
        assert_eq!(size_of::<Lanes>(), LANES * 64);
        assert_eq!(align_of::<Lanes>(), 64);
    }
}
