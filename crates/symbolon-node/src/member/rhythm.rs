//! When the next heartbeat is due, and when the log is read in between. Nothing here reads a clock or waits.

use std::time::Duration;

/// Between two readings of the log while it grows.
const POLL_MIN: Duration = Duration::from_millis(20);
/// Between two readings of a log that is quiet.
const POLL_MAX: Duration = Duration::from_millis(200);
/// Between two readings however often someone rings: a burst of revocations is read together.
const READ_GAP: Duration = Duration::from_millis(5);
/// Between two heartbeats that only tell how far this node is, where nothing but the store tells it.
const TELL_GAP: Duration = Duration::from_millis(20);
/// The same, where signals tell it too.
const TELL_GAP_WITH_SIGNALS: Duration = Duration::from_millis(100);
/// After a heartbeat that failed, however many ask for one: the store is not hammered.
const RETRY_MIN: Duration = Duration::from_millis(50);
/// The longest time after one that failed.
const RETRY_MAX: Duration = Duration::from_millis(500);

/// The next steps of a heartbeat, in nanoseconds of the steady clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Rhythm {
    interval: i64,
    tell_gap: i64,
    beat_at: i64,
    read_at: i64,
    poll: i64,
    /// When the last heartbeat was over.
    beaten: i64,
    /// After how long one that fails now is tried again.
    retry: i64,
    failing: bool,
}

impl Rhythm {
    /// Of a node with such a lease; the first heartbeat is due now.
    pub(super) fn new(lease: Duration, with_signals: bool) -> Self {
        Self {
            interval: nanos(lease / 4),
            tell_gap: nanos(if with_signals {
                TELL_GAP_WITH_SIGNALS
            } else {
                TELL_GAP
            }),
            beat_at: i64::MIN,
            read_at: i64::MIN,
            poll: nanos(POLL_MAX),
            beaten: i64::MIN,
            retry: nanos(RETRY_MIN),
            failing: false,
        }
    }

    /// Whether a heartbeat is due.
    pub(super) fn beat_is_due(&self, now: i64) -> bool {
        now >= self.beat_at
    }

    /// Whether the log is to be read.
    pub(super) fn read_is_due(&self, now: i64) -> bool {
        now >= self.read_at
    }

    /// For how long nothing is to be done.
    pub(super) fn rest(&self, now: i64) -> Duration {
        let next = self.beat_at.min(self.read_at);
        Duration::from_nanos(u64::try_from(next.saturating_sub(now)).unwrap_or(0))
    }

    /// A heartbeat that was begun at `begun` is over at `now`.
    pub(super) fn beaten(&mut self, begun: i64, now: i64, well: bool) {
        self.beaten = now;
        self.failing = !well;
        if well {
            self.retry = nanos(RETRY_MIN);
            self.beat_at = begun.saturating_add(self.interval);
        } else {
            self.beat_at = now.saturating_add(self.retry);
            self.retry = (self.retry * 2).min(nanos(RETRY_MAX));
        }
        self.read_at = now.saturating_add(self.poll);
    }

    /// The log was read at `now`, and had grown or not.
    pub(super) fn read(&mut self, now: i64, grown: bool) {
        self.poll = if grown {
            nanos(POLL_MIN)
        } else {
            (self.poll * 2).min(nanos(POLL_MAX))
        };
        self.read_at = now.saturating_add(self.poll);
    }

    /// Someone has heard that the log has grown.
    pub(super) fn rung(&mut self, now: i64) {
        self.read_at = self.read_at.min(now.saturating_add(nanos(READ_GAP)));
    }

    /// What the store knows of how far this node is has become old.
    pub(super) fn untold(&mut self) {
        if self.failing {
            return;
        }
        self.beat_at = self.beat_at.min(self.beaten.saturating_add(self.tell_gap));
    }

    /// A request waits for the lease.
    pub(super) fn wished(&mut self, now: i64) {
        let soonest = if self.failing {
            self.beaten.saturating_add(nanos(RETRY_MIN))
        } else {
            now
        };
        self.beat_at = self.beat_at.min(soonest);
    }
}

fn nanos(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Rhythm;

    const MS: i64 = 1_000_000;
    const TEN: Duration = Duration::from_secs(10);

    fn beaten() -> Rhythm {
        let mut rhythm = Rhythm::new(TEN, false);
        assert!(rhythm.beat_is_due(0));
        rhythm.beaten(0, 3 * MS, true);
        rhythm
    }

    #[test]
    fn a_heartbeat_comes_four_times_in_a_lease_counted_from_the_beginning_of_the_last() {
        let rhythm = beaten();
        assert!(!rhythm.beat_is_due(2_500 * MS - 1));
        assert!(rhythm.beat_is_due(2_500 * MS));
    }

    #[test]
    fn a_quiet_log_is_read_five_times_a_second_and_one_that_grows_fifty_times() {
        let mut rhythm = beaten();
        rhythm.read(1_000 * MS, true);
        assert_eq!(rhythm.rest(1_000 * MS), Duration::from_millis(20));
        for expected in [40, 80, 160, 200, 200] {
            rhythm.read(1_000 * MS, false);
            assert_eq!(rhythm.rest(1_000 * MS), Duration::from_millis(expected));
        }
    }

    #[test]
    fn who_rings_has_the_log_read_at_once_but_a_burst_is_read_together() {
        let mut rhythm = beaten();
        for _ in 0..100 {
            rhythm.rung(10 * MS);
        }
        assert!(!rhythm.read_is_due(15 * MS - 1));
        assert!(rhythm.read_is_due(15 * MS));
    }

    #[test]
    fn what_was_applied_is_told_soon_and_at_most_fifty_times_a_second() {
        let mut rhythm = beaten();
        rhythm.untold();
        assert!(!rhythm.beat_is_due(23 * MS - 1));
        assert!(rhythm.beat_is_due(23 * MS));
    }

    #[test]
    fn a_failure_is_tried_again_less_and_less_often_and_a_request_may_hurry_it() {
        let mut rhythm = Rhythm::new(TEN, false);
        let mut now = 0;
        for expected in [50, 100, 200, 400, 500, 500] {
            rhythm.beaten(now, now, false);
            assert!(!rhythm.beat_is_due(now + expected * MS - 1), "{expected}");
            now += expected * MS;
            assert!(rhythm.beat_is_due(now), "{expected}");
        }
        rhythm.beaten(now, now, false);
        rhythm.wished(now);
        assert!(!rhythm.beat_is_due(now + 50 * MS - 1));
        assert!(rhythm.beat_is_due(now + 50 * MS));
    }

    #[test]
    fn a_request_that_waits_for_a_lease_gets_its_heartbeat_at_once() {
        let mut rhythm = beaten();
        rhythm.wished(100 * MS);
        assert!(rhythm.beat_is_due(100 * MS));
    }
}
