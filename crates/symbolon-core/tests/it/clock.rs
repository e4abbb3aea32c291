use std::time::Duration;

use symbolon_core::clock::{Clock, ManualClock, Timestamp};

use super::given::{millis, ms};

#[test]
fn instants_saturate_at_both_ends_of_time() {
    assert_eq!(ms(5).after(millis(10)), ms(15));
    assert_eq!(ms(5).before(millis(10)), ms(-5));
    assert_eq!(ms(i64::MAX).after(millis(1)), ms(i64::MAX));
    assert_eq!(ms(0).after(Duration::MAX), ms(i64::MAX));
    assert_eq!(ms(i64::MIN).before(millis(1)), ms(i64::MIN));
    assert_eq!(ms(-2).before(Duration::MAX), ms(i64::MIN));
}

#[test]
fn a_part_of_a_millisecond_does_not_count() {
    assert_eq!(ms(5).after(Duration::from_nanos(1_999_999)), ms(6));
    assert_eq!(ms(5).before(Duration::from_nanos(1_999_999)), ms(4));
}

#[test]
fn the_time_since_a_later_instant_is_zero() {
    assert_eq!(ms(15).since(ms(5)), millis(10));
    assert_eq!(ms(5).since(ms(5)), Duration::ZERO);
    assert_eq!(ms(5).since(ms(6)), Duration::ZERO);
    assert_eq!(ms(i64::MIN).since(ms(i64::MAX)), Duration::ZERO);
    assert_eq!(ms(i64::MAX).since(ms(i64::MIN)), millis(i64::MAX.unsigned_abs()));
}

#[test]
fn whole_seconds_are_those_that_have_passed() {
    for (instant, seconds) in [(0, 0), (999, 0), (1_000, 1), (-1, -1), (-1_000, -1), (-1_001, -2)] {
        assert_eq!(ms(instant).seconds(), seconds);
    }
    assert_eq!(ms(1_999).to_string(), "1999 ms");
}

#[test]
fn a_manual_clock_moves_only_when_told_to() {
    let clock = ManualClock::at(ms(7));
    assert_eq!((clock.now(), clock.now()), (ms(7), ms(7)));
    clock.advance(millis(3));
    assert_eq!(clock.now(), ms(10));
    assert_eq!(ManualClock::default().now(), Timestamp(0));
}
