//! The store's clock, as a node that shares it goes by.

use symbolon_core::clock::{Clock as _, Timestamp};
use symbolon_node::clock::{Drift, Heard, SteadyClock, StoreTime, boottime_nanos, wall_clock};

const HOUR_MS: i64 = 3_600_000;

/// What the store says now, by so much ahead of the wall clock.
fn said(ahead_ms: i64) -> StoreTime {
    let now = boottime_nanos();
    StoreTime {
        said: Timestamp(wall_clock().0 + ahead_ms),
        asked: now,
        answered: now,
        wall: wall_clock(),
    }
}

fn near(clock: &SteadyClock, expected: Timestamp) -> bool {
    clock.now().0.abs_diff(expected.0) < 1_000
}

#[test]
fn a_node_whose_own_clock_is_an_hour_wrong_has_the_stores_time_from_the_first_heartbeat_on() {
    for wrong in [HOUR_MS, -HOUR_MS] {
        let clock = SteadyClock::begin(Timestamp(wall_clock().0 + wrong), Timestamp(0));
        assert!(!clock.is_led());
        assert_eq!(clock.hear(said(0)), Some(Heard::Set));
        assert!(clock.is_led() && near(&clock, wall_clock()));
    }
}

#[test]
fn time_is_never_before_the_newest_instant_that_the_store_knew() {
    let high_water = Timestamp(wall_clock().0 + 30_000);
    let clock = SteadyClock::begin(wall_clock(), high_water);
    clock.hear(said(0));
    assert!(near(&clock, high_water));
}

#[test]
fn a_store_whose_clock_jumps_by_an_hour_moves_nothing_and_removal_of_old_rows_pauses() {
    for jump in [HOUR_MS, -HOUR_MS] {
        let clock = SteadyClock::begin(wall_clock(), Timestamp(0));
        clock.hear(said(0));
        assert_eq!(
            clock.follow(Timestamp(0)),
            Drift::Mended(0),
            "the wall clock is not followed any more"
        );
        for _ in 0..5 {
            let Some(Heard::Refused(ahead)) = clock.hear(said(jump)) else {
                panic!("it is refused")
            };
            assert!(ahead.abs_diff(jump) < 1_000);
        }
        assert!(near(&clock, wall_clock()));
        assert!(matches!(clock.follow(wall_clock()), Drift::Jumped(_)));
        assert!(matches!(clock.hear(said(0)), Some(Heard::Moved(_))));
        assert_eq!(clock.follow(wall_clock()), Drift::Mended(0));
    }
}

#[test]
fn an_answer_that_took_long_says_nothing_about_the_time() {
    let clock = SteadyClock::begin(wall_clock(), Timestamp(0));
    let late = StoreTime {
        answered: boottime_nanos() + 2_000_000_000,
        ..said(HOUR_MS)
    };
    assert_eq!(clock.hear(late), None);
    assert!(!clock.is_led());
}

#[test]
fn time_goes_on_and_never_back_while_the_store_is_behind() {
    let clock = SteadyClock::begin(wall_clock(), Timestamp(0));
    clock.hear(said(0));
    let mut before = clock.now();
    for _ in 0..200 {
        clock.hear(said(-1_500));
        assert!(clock.now() >= before);
        before = clock.now();
    }
}
