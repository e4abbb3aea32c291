//! What one address may fail, in any minute, in any hour, and at how many names.

use proptest::prelude::*;
use symbolon_core::clock::Timestamp;
use symbolon_core::throttle::{AddressPrefix, AddressRule, Failures};

use super::given::ms;

const RULE: AddressRule = AddressRule::DEFAULT;
const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

/// Tries `count` times at one instant; gives how many were let through.
fn fail(failures: &mut Failures, count: usize, name: u32, now: i64) -> usize {
    (0..count)
        .filter(|_| failures.count(name, RULE, ms(now)).is_ok())
        .count()
}

#[test]
fn twenty_failures_fill_a_minute() {
    let mut failures = Failures::default();
    assert_eq!(fail(&mut failures, 30, 1, 5 * SECOND), 20);
    let until = failures.count(1, RULE, ms(5 * SECOND)).unwrap_err();
    assert_eq!(until, ms(70 * SECOND));
    assert_eq!(failures.count(1, RULE, ms(until.0 - 1)), Err(until));
    assert_eq!(failures.count(1, RULE, until), Ok(()));
}

#[test]
fn two_hundred_failures_fill_an_hour() {
    let mut failures = Failures::default();
    let mut done = 0;
    let mut now = 0;
    while done < 200 {
        done += fail(&mut failures, 20, 1, now);
        now += 70 * SECOND;
        assert!(now < HOUR);
    }
    let until = failures.count(1, RULE, ms(now)).unwrap_err();
    assert_eq!(
        until,
        ms(65 * MINUTE),
        "the first tick of five minutes is over by an hour"
    );
    assert_eq!(failures.total(ms(now)), 200);
    assert_eq!(failures.count(1, RULE, until), Ok(()));
    assert_eq!(failures.total(ms(10 * HOUR)), 0);
}

#[test]
fn fifty_names_fill_an_hour_and_those_that_were_tried_may_be_tried_again() {
    let mut failures = Failures::default();
    for name in 0..50 {
        let now = i64::from(name) * 10 * SECOND;
        assert_eq!(failures.count(name, RULE, ms(now)), Ok(()), "{name}");
    }
    let now = 10 * MINUTE;
    let until = failures.count(50, RULE, ms(now)).unwrap_err();
    assert_eq!(until, ms(65 * MINUTE));
    assert_eq!(failures.count(49, RULE, ms(now)), Ok(()));
    assert_eq!(failures.count(50, RULE, until), Ok(()));
}

#[test]
fn what_is_taken_back_makes_room_for_one_and_no_more() {
    let mut failures = Failures::default();
    assert_eq!(fail(&mut failures, 20, 1, 0), 20);
    failures.take_back(1, ms(0));
    assert_eq!(fail(&mut failures, 5, 1, 1), 1);
    let mut names = Failures::default();
    for name in 0..50 {
        names
            .count(name, RULE, ms(i64::from(name) * 10 * SECOND))
            .unwrap();
    }
    names.take_back(7, ms(70 * SECOND));
    let now = 10 * MINUTE;
    assert_eq!(fail(&mut names, 1, 50, now), 1);
    assert_eq!(fail(&mut names, 1, 51, now), 0);
}

#[test]
fn what_is_taken_back_leaves_what_others_failed_at_the_same_name() {
    let mut failures = Failures::default();
    fail(&mut failures, 2, 1, 0);
    failures.take_back(1, ms(0));
    assert_eq!(failures.total(ms(0)), 1);
    failures.take_back(1, ms(0));
    assert_eq!(failures, {
        let mut none = Failures::default();
        none.total(ms(0));
        none
    });
    failures.take_back(1, ms(0));
    assert_eq!(failures.total(ms(0)), 0, "nothing goes below zero");
}

#[test]
fn an_instant_that_was_read_before_another_counts_with_it() {
    let mut failures = Failures::default();
    assert_eq!(fail(&mut failures, 10, 1, HOUR), 10);
    assert_eq!(fail(&mut failures, 30, 1, HOUR - 20 * SECOND), 10);
    failures.take_back(1, ms(HOUR - 20 * SECOND));
    assert_eq!(failures.total(ms(HOUR)), 19);
}

#[test]
fn an_ipv4_address_counts_alone_and_an_ipv6_address_with_its_network_and_its_site() {
    let prefixes = |text: &str| AddressPrefix::of(text.parse().unwrap());
    let v4 = AddressPrefix::V4([192, 0, 2, 7]);
    assert_eq!(prefixes("192.0.2.7"), [None, Some(v4)]);
    assert_eq!(prefixes("::ffff:192.0.2.7"), [None, Some(v4)]);
    let site = AddressPrefix::Site48([0x20, 1, 0xd, 0xb8, 0, 5]);
    let network = AddressPrefix::Net64([0x20, 1, 0xd, 0xb8, 0, 5, 0, 6]);
    assert_eq!(prefixes("2001:db8:5:6::1"), [Some(site), Some(network)]);
    assert_eq!(prefixes("2001:db8:5:6:ffff::2"), [Some(site), Some(network)]);
    assert_eq!(prefixes("2001:db8:5:7::1")[0], Some(site));
    assert_ne!(prefixes("2001:db8:5:7::1")[1], Some(network));
    assert_ne!(prefixes("2001:db8:6:6::1")[0], Some(site));
}

#[test]
fn a_site_may_fail_four_times_as_much() {
    let numbers = |rule: AddressRule| [rule.per_minute, rule.per_hour, rule.names_per_hour];
    assert_eq!(numbers(RULE), [20, 200, 50]);
    assert_eq!(numbers(RULE.scaled_for(AddressPrefix::V4([0; 4]))), [20, 200, 50]);
    assert_eq!(
        numbers(RULE.scaled_for(AddressPrefix::Net64([0; 8]))),
        [20, 200, 50]
    );
    assert_eq!(
        numbers(RULE.scaled_for(AddressPrefix::Site48([0; 6]))),
        [80, 800, 200]
    );
}

proptest! {
    /// Whatever the pattern of attempts: no stretch of a minute or an hour holds more than the rule
    /// allows, and whoever comes at the instant that was told is let through.
    #[test]
    fn no_minute_and_no_hour_holds_more_than_the_rule(
        gaps in prop::collection::vec(0_i64..40_000, 1..600),
    ) {
        let mut failures = Failures::default();
        let mut now = 0;
        let mut passed: Vec<i64> = Vec::new();
        for gap in gaps {
            now += gap;
            match failures.count(1, RULE, ms(now)) {
                Ok(()) => passed.push(now),
                Err(until) => {
                    prop_assert!(until > ms(now) && until <= Timestamp(now + 65 * MINUTE));
                    prop_assert_eq!(failures.clone().count(1, RULE, until), Ok(()));
                }
            }
        }
        for (index, first) in passed.iter().enumerate() {
            let within = |span: i64| passed[index..].iter().filter(|at| **at < first + span).count();
            prop_assert!(within(MINUTE) <= 20);
            prop_assert!(within(HOUR) <= 200);
        }
    }
}
