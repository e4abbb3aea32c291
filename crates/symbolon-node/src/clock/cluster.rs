//! The time that nodes share: the store's clock, as each heartbeat answers it. Nothing here reads a clock.
//!
//! It decides about expiry alone; no lease and no revocation depends on it. A store whose clock jumps must not end every
//! session, nor let ended ones live again.

/// A difference beyond this is no drift, and is not followed at once.
const STEP_MS: i64 = 2_000;
/// A difference beyond this is not followed at all: an operator must look.
const JUMP_MS: i64 = 60_000;
/// How often in a row the node's own wall clock must agree before a step is followed.
const AGREEMENTS: u8 = 3;
/// How fast a clock that is ahead is held back: 1 % of the time that passes.
const SLEW_DIVISOR: i64 = 100;

/// What is to be done about a difference.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Heard {
    /// The clock is set: nothing has been decided by it yet.
    Set,
    /// It is moved by so many milliseconds; never back by more than the time that has passed.
    Moved(i64),
    /// The store's clock has stepped ahead by so many, and is followed when the wall clock has agreed some more times.
    Doubted(i64),
    /// It has jumped by so many, and is not followed.
    Refused(i64),
}

/// What was heard of the store's clock so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Hearing {
    begun: bool,
    agreed: u8,
    refused: Option<i64>,
}

impl Hearing {
    /// Judges a difference: by how many milliseconds the store's clock is ahead of the node's. `wall_is_near`: the node's
    /// wall clock says what the store's says. `passed`: the milliseconds since the last time.
    pub fn hear(&mut self, ahead: i64, wall_is_near: bool, passed: i64) -> Heard {
        if !self.begun {
            self.begun = true;
            return Heard::Set;
        }
        self.refused = None;
        if ahead.saturating_abs() > JUMP_MS {
            self.agreed = 0;
            self.refused = Some(ahead);
            return Heard::Refused(ahead);
        }
        if ahead > STEP_MS {
            self.agreed = if wall_is_near { self.agreed + 1 } else { 0 };
            if self.agreed < AGREEMENTS {
                return Heard::Doubted(ahead);
            }
        }
        self.agreed = 0;
        // Ahead it goes at once, so that nodes agree on an end; back only so slowly that time never stands still.
        let back_most = passed.max(0) / SLEW_DIVISOR;
        Heard::Moved(ahead.max(-back_most))
    }

    /// Whether the store's clock is followed.
    #[must_use]
    pub fn begun(&self) -> bool {
        self.begun
    }

    /// By how many milliseconds the store's clock has jumped, if it is not followed for that.
    #[must_use]
    pub fn refused(&self) -> Option<i64> {
        self.refused
    }
}

#[cfg(test)]
mod tests {
    use super::{Heard, Hearing};

    const PASSED: i64 = 2_500;

    fn begun() -> Hearing {
        let mut hearing = Hearing::default();
        assert_eq!(hearing.hear(-3_600_000, false, 0), Heard::Set);
        hearing
    }

    #[test]
    fn the_first_word_sets_the_clock_whatever_the_node_thought() {
        assert!(!Hearing::default().begun());
        assert!(begun().begun());
    }

    #[test]
    fn a_small_difference_is_followed_at_once_ahead_and_slowly_back() {
        let mut hearing = begun();
        assert_eq!(hearing.hear(2_000, false, PASSED), Heard::Moved(2_000));
        assert_eq!(hearing.hear(-2_000, false, PASSED), Heard::Moved(-25));
        assert_eq!(hearing.hear(-10, false, PASSED), Heard::Moved(-10));
        assert_eq!(hearing.hear(-10, false, -1), Heard::Moved(0));
    }

    #[test]
    fn a_step_ahead_is_followed_when_the_wall_clock_has_agreed_three_times_in_a_row() {
        let mut hearing = begun();
        assert_eq!(hearing.hear(2_001, true, PASSED), Heard::Doubted(2_001));
        assert_eq!(hearing.hear(2_001, false, PASSED), Heard::Doubted(2_001));
        assert_eq!(hearing.hear(2_001, true, PASSED), Heard::Doubted(2_001));
        assert_eq!(hearing.hear(2_001, true, PASSED), Heard::Doubted(2_001));
        assert_eq!(hearing.hear(2_001, true, PASSED), Heard::Moved(2_001));
        assert_eq!(
            hearing.hear(2_001, true, PASSED),
            Heard::Doubted(2_001),
            "once each"
        );
    }

    #[test]
    fn a_jump_of_an_hour_is_never_followed_either_way_even_if_the_wall_clock_agrees() {
        let mut hearing = begun();
        for ahead in [3_600_000, -3_600_000, 60_001, -60_001, i64::MAX, i64::MIN] {
            for _ in 0..5 {
                assert_eq!(hearing.hear(ahead, true, PASSED), Heard::Refused(ahead));
                assert_eq!(hearing.refused(), Some(ahead));
            }
        }
        assert_eq!(hearing.hear(60_000, false, PASSED), Heard::Doubted(60_000));
        assert_eq!(hearing.hear(-60_000, false, PASSED), Heard::Moved(-25));
        assert_eq!(hearing.refused(), None);
    }
}
