use symbolon_core::clock::{Clock as _, Timestamp};
use symbolon_node::clock::{Drift, JUMP_MS, SteadyClock};

use super::given::NOW;

/// A moment of a test may pass between two readings.
const SOON_MS: i64 = 10_000;

#[test]
fn it_begins_at_the_later_of_the_wall_clock_and_the_newest_instant_in_the_store() {
    for (wall, high_water) in [(NOW, Timestamp(5)), (Timestamp(5), NOW)] {
        let now = SteadyClock::begin(wall, high_water).now();
        assert!((NOW.0..NOW.0 + SOON_MS).contains(&now.0), "{now}");
    }
}

#[test]
fn a_jump_of_the_wall_clock_is_not_followed() {
    let clock = SteadyClock::begin(NOW, NOW);
    let jump = i64::try_from(JUMP_MS).unwrap() + SOON_MS;
    for wall in [Timestamp(NOW.0 + jump), Timestamp(NOW.0 - jump)] {
        assert!(matches!(clock.follow(wall), Drift::Jumped(_)));
        assert!((NOW.0..NOW.0 + SOON_MS).contains(&clock.now().0));
    }
}

#[test]
fn a_small_difference_is_mended_by_a_hundredth_of_the_time_that_passed_at_the_most() {
    let clock = SteadyClock::begin(NOW, NOW);
    let Drift::Mended(step) = clock.follow(Timestamp(NOW.0 + 30_000)) else {
        panic!("30 s are no jump")
    };
    assert!((0..=SOON_MS / 100).contains(&step), "{step}");
}
