//! Tabs, lost answers, late marks, a thief.

use symbolon_models::refresh::{GRACE, Grace, Rules, Thief};

use super::fault::fault;

#[test]
fn tabs_and_lost_answers_log_nobody_out() {
    assert_eq!(fault(&Rules::PROTOCOL), None);
    let newest = Rules {
        keeps_newest: true,
        asks: 4,
        ..Rules::PROTOCOL
    };
    assert_eq!(fault(&newest), None);
}

#[test]
fn each_rule_of_the_refresh_is_needed() {
    let protocol = Rules::PROTOCOL;
    let without = [
        (
            "a replay does not check the state",
            Rules {
                replay_checks_state: false,
                ended_is_no_theft: false,
                ..protocol
            },
        ),
        (
            "the first use ends the grace",
            Rules {
                grace_from_use: Grace::UntilUse,
                ..protocol
            },
        ),
        (
            "the grace counts from the rotation",
            Rules {
                grace_from_use: Grace::FromRotation,
                ..protocol
            },
        ),
        (
            "a mark is written for any generation",
            Rules {
                mark_for_its_generation: false,
                ..protocol
            },
        ),
        (
            "a young pair is rotated, one jar",
            Rules {
                kept_for: 0,
                ..protocol
            },
        ),
        (
            "a young pair is rotated, the newest kept",
            Rules {
                kept_for: 0,
                keeps_newest: true,
                ..protocol
            },
        ),
        (
            "a pair is kept for the grace alone",
            Rules {
                kept_for: GRACE,
                ..protocol
            },
        ),
        (
            "a late replay renews nothing",
            Rules {
                late_replay_renews: false,
                ..protocol
            },
        ),
        (
            "an unrotated answer sets cookies",
            Rules {
                unrotated_sets_nothing: false,
                ..protocol
            },
        ),
        (
            "a message is under way for longer than the grace",
            Rules {
                delay: 2 * GRACE,
                ..protocol
            },
        ),
    ];
    for (name, rules) in without {
        assert!(fault(&rules).is_some(), "{name}");
    }
}

#[test]
fn a_stale_token_is_not_honoured_and_a_thief_in_step_is_not_seen() {
    let stale = Rules {
        thief: Thief::Stale,
        asks: 4,
        ..Rules::PROTOCOL
    };
    assert_eq!(fault(&stale), None);
    // Said in docs/guarantees.md: nobody can tell such a thief from a second tab.
    let in_step = Rules {
        thief: Thief::InStep,
        end: 16,
        asks: 4,
        ..Rules::PROTOCOL
    };
    assert!(fault(&in_step).is_some());
}
