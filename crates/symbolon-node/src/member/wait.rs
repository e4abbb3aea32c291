//! For how long a revocation waits for a member that says nothing. Nothing here reads a clock.

use std::time::Duration;

use crate::bug::{self, Bug};

/// What a wait takes beyond the lease, so that reading a clock and sending are in it.
const BEYOND: Duration = Duration::from_millis(100);

/// The longest lease that a member may have. A revocation that could not learn who the members are waits for as long
/// as the longest could hold.
pub const LEASE_MAX: Duration = Duration::from_secs(300);
/// The shortest: with less, a slow heartbeat would lose it.
pub const LEASE_MIN: Duration = Duration::from_secs(1);

/// How long after a commit a member whose lease is `lease` long cannot answer from a memory without it, whatever it does:
/// the two clocks may run by a tenth too slow and too fast.
pub(crate) fn wait_for(lease: Duration) -> Duration {
    if bug::is(Bug::ShortWait) {
        return lease / 4;
    }
    lease.saturating_add(lease / 4).saturating_add(BEYOND)
}

/// How a wait for several members stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Standing {
    /// It is over: nobody answers from an older memory.
    Over,
    /// It will be over by itself in this time.
    Left(Duration),
    /// A member that may go on without the store has not answered: no time ends this.
    Unbounded,
}

/// How the wait stands at `now` for a row that was committed at `committed` or before, both in nanoseconds of the steady
/// clock, where these members have not said that they know it: their leases, and whether each may go on without the
/// store.
pub(crate) fn standing(committed: i64, now: i64, silent: impl Iterator<Item = (Duration, bool)>) -> Standing {
    let mut longest = None;
    for (lease, may_fall_back) in silent {
        if may_fall_back {
            return Standing::Unbounded;
        }
        longest = longest.max(Some(lease));
    }
    let Some(longest) = longest else {
        return Standing::Over;
    };
    let passed = Duration::from_nanos(u64::try_from(now.saturating_sub(committed)).unwrap_or(0));
    match wait_for(longest).checked_sub(passed) {
        None | Some(Duration::ZERO) => Standing::Over,
        Some(left) => Standing::Left(left),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Standing, standing, wait_for};

    const SECOND: i64 = 1_000_000_000;
    const TEN: Duration = Duration::from_secs(10);

    #[test]
    fn the_wait_is_a_quarter_longer_than_the_lease_and_a_tenth_of_a_second() {
        assert_eq!(wait_for(TEN), Duration::from_millis(12_600));
        assert_eq!(wait_for(Duration::from_secs(2)), Duration::from_millis(2_600));
        // Two clocks of which one runs by a tenth too slow and one too fast: 1.1 / 0.9.
        assert!(wait_for(TEN).as_secs_f64() > 10.0 * 1.1 / 0.9);
        assert_eq!(wait_for(Duration::MAX), Duration::MAX);
    }

    #[test]
    fn where_everyone_has_answered_nothing_is_waited_for() {
        assert_eq!(standing(0, 0, std::iter::empty()), Standing::Over);
    }

    #[test]
    fn the_longest_lease_of_the_silent_counts_and_it_counts_from_the_commit() {
        let silent = [(Duration::from_secs(2), false), (TEN, false)];
        let at = |now| standing(5 * SECOND, now, silent.into_iter());
        assert_eq!(at(5 * SECOND), Standing::Left(Duration::from_millis(12_600)));
        assert_eq!(at(17 * SECOND), Standing::Left(Duration::from_millis(600)));
        let end = 5 * SECOND + 12_600_000_000;
        assert_eq!(at(end - 1), Standing::Left(Duration::from_nanos(1)));
        assert_eq!(at(end), Standing::Over);
        // A clock that was read before the commit's shortens nothing.
        assert_eq!(at(0), Standing::Left(Duration::from_millis(12_600)));
    }

    #[test]
    fn no_time_speaks_for_a_member_that_may_go_on_without_the_store() {
        let silent = [(TEN, false), (TEN, true)];
        assert_eq!(
            standing(0, 1_000 * SECOND, silent.into_iter()),
            Standing::Unbounded
        );
    }
}
