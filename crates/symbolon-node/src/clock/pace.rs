//! Whether this machine's steady clock has stood still. Nothing here reads a clock.
//!
//! A hypervisor that pauses a machine, or restores it from a picture, may pause its steady clock too. A lease that is
//! counted by that clock is then longer than it says. It cannot be known before the next word from outside: the store's
//! clock has gone on.

use super::StoreTime;

/// By how much the store's time may pass faster than a node's: the rate that leases allow for is a tenth.
const RATE_DIVISOR: i64 = 10;
/// A step of the store's clock below this is set right by whoever keeps it, and is no pause.
const SLACK_MS: i64 = 500;

/// What the store's clock said last.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Pace(Option<StoreTime>);

impl Pace {
    /// Takes the store's time; gives by how many milliseconds more have passed there since the last time than here, where
    /// that is no drift: the steady clock stood still, or the store's has stepped ahead.
    pub fn hear(&mut self, time: StoreTime) -> Option<i64> {
        let before = self.0.replace(time)?;
        let there = time.said.0.saturating_sub(before.said.0);
        // The most that can lie between the two moments at which it was read.
        let here = time.answered.saturating_sub(before.asked) / 1_000_000;
        let stood = there.saturating_sub(here);
        (stood > SLACK_MS + here / RATE_DIVISOR).then_some(stood)
    }
}

#[cfg(test)]
mod tests {
    use symbolon_core::clock::Timestamp;

    use super::{Pace, StoreTime};

    /// The store says `said`; the question took from `asked` to `answered`; all in milliseconds.
    fn time(said: i64, asked: i64, answered: i64) -> StoreTime {
        StoreTime {
            said: Timestamp(1_000_000 + said),
            asked: asked * 1_000_000,
            answered: answered * 1_000_000,
            wall: Timestamp(0),
        }
    }

    /// What the second of two words shows.
    fn after(second: StoreTime) -> Option<i64> {
        let mut pace = Pace::default();
        assert_eq!(pace.hear(time(0, 0, 10)), None, "one says nothing");
        pace.hear(second)
    }

    #[test]
    fn a_clock_that_goes_as_the_stores_or_drifts_or_is_ahead_did_not_stand_still() {
        for said in [2_500, 2_000, 0, -3_600_000, 2_500 + 251 + 500] {
            assert_eq!(after(time(said, 2_500, 2_510)), None, "{said}");
        }
    }

    #[test]
    fn a_clock_that_stood_still_between_two_words_or_during_one_is_found_out() {
        assert_eq!(after(time(3_262, 2_500, 2_510)), Some(752));
        assert_eq!(after(time(62_510, 2_500, 2_510)), Some(60_000));
        assert_eq!(
            after(time(i64::MAX / 2, 2_500, 2_510)),
            Some(i64::MAX / 2 - 2_510)
        );
    }

    #[test]
    fn an_answer_that_came_late_is_no_pause_and_a_pause_is_found_out_once() {
        let mut pace = Pace::default();
        pace.hear(time(0, 0, 0));
        assert_eq!(pace.hear(time(4_000, 1_000, 4_000)), None);
        assert_eq!(pace.hear(time(10_000, 5_000, 5_000)), Some(2_000));
        assert_eq!(pace.hear(time(11_000, 6_000, 6_000)), None);
    }
}
