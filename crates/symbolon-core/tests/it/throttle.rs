use proptest::prelude::*;
use symbolon_core::clock::Timestamp;
use symbolon_core::throttle::{Admission, Attempts, FAILURES_MAX, ThrottleRule};

use super::given::ms;

const RULE: ThrottleRule = ThrottleRule { free_failures: 5 };

fn seen(failures: u32, next_try_at: i64) -> Attempts {
    Attempts {
        failures,
        next_try_at: ms(next_try_at),
    }
}

/// The waits in seconds after each failure, tried as early as allowed until no more is.
fn schedule(rule: ThrottleRule) -> Vec<i64> {
    let mut waits = Vec::new();
    let mut attempts = Attempts::default();
    let mut now = ms(1_000);
    while let Admission::Reserve(next) = rule.admit(attempts, now) {
        waits.push((next.next_try_at.0 - now.0) / 1_000);
        now = next.next_try_at;
        attempts = next;
    }
    waits
}

#[test]
fn five_failures_are_free_then_the_wait_doubles_to_five_minutes_and_a_hundred_stop() {
    let waits = schedule(RULE);
    assert_eq!(waits[..14], [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256]);
    assert!(waits[14..].iter().all(|wait| *wait == 300));
    assert_eq!(waits.len(), 100);
}

#[test]
fn without_free_failures_the_first_one_waits() {
    assert_eq!(schedule(ThrottleRule { free_failures: 0 })[..3], [1, 2, 4]);
}

#[test]
fn with_a_hundred_free_failures_none_waits_and_a_hundred_stop_still() {
    assert_eq!(schedule(ThrottleRule { free_failures: 100 }), [0; 100]);
    assert_eq!(
        schedule(ThrottleRule {
            free_failures: u32::MAX
        })
        .len(),
        100
    );
}

#[test]
fn an_attempt_is_refused_before_its_instant_and_admitted_at_it() {
    let wait = seen(6, 5_000);
    assert_eq!(RULE.admit(wait, ms(4_999)), Admission::Wait(ms(5_000)));
    for now in [5_000, 5_001] {
        assert_eq!(
            RULE.admit(wait, ms(now)),
            Admission::Reserve(seen(7, now + 2_000))
        );
    }
}

#[test]
fn the_hundredth_failure_is_the_last_compare() {
    assert_eq!(FAILURES_MAX, 100);
    assert!(matches!(
        RULE.admit(seen(99, 0), ms(1)),
        Admission::Reserve(Attempts { failures: 100, .. })
    ));
    for failures in [100, 101, u32::MAX] {
        assert_eq!(RULE.admit(seen(failures, 0), ms(1)), Admission::Exhausted);
        assert_eq!(RULE.admit(seen(failures, 9_000), ms(1)), Admission::Exhausted);
    }
}

proptest! {
    #[test]
    fn a_reserved_attempt_counts_one_failure_more_and_waits_at_most_five_minutes(
        failures in 0_u32..100, now in 0_i64..1 << 50, free: u32,
    ) {
        let rule = ThrottleRule { free_failures: free };
        match rule.admit(seen(failures, 0), ms(now)) {
            Admission::Reserve(next) => {
                prop_assert_eq!(next.failures, failures + 1);
                let wait = next.next_try_at.since(Timestamp(now)).as_secs();
                prop_assert!(next.next_try_at >= ms(now) && wait <= 300);
            }
            other => prop_assert!(false, "{other:?}"),
        }
    }
}
