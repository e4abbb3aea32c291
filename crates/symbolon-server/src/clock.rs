//! The wall clock of the program's edges: when a key that is made for ninety days ends. The server's own time is the
//! library's.

/// The present.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place of the program that reads the wall clock"
)]
pub(crate) fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// Some months before this program was written, in seconds since the epoch: an earlier clock is wrong for sure.
const PAST: i64 = 1_760_000_000;

/// Whether a clock that shows this is wrong for sure.
pub(crate) fn is_past(now: jiff::Timestamp) -> bool {
    now.as_second() < PAST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_without_a_battery_is_known_to_be_wrong() {
        for (instant, wrong) in [
            ("1970-01-01T00:00:07Z", true),
            ("2024-11-21T20:56:07Z", true),
            ("2026-11-21T20:56:07Z", false),
        ] {
            assert_eq!(is_past(instant.parse().unwrap()), wrong, "{instant}");
        }
        assert!(!is_past(now()));
    }
}
