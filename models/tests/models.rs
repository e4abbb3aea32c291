#![cfg(test)]
//! Which variants of the protocol are safe, and which are broken: a rule without a counter-example to
//! its absence would be a habit.

use symbolon_models::facts::Facts;
use symbolon_models::lease::{Lease, Variant};
use symbolon_models::refresh::{GRACE, Grace, Rules, Thief};
use symbolon_models::tail::Tail;
use symbolon_models::{Model, Outcome, explore};

/// What breaks it, or nothing.
fn fault<M: Model>(model: &M) -> Option<&'static str> {
    match explore(model) {
        Outcome::Safe { .. } => None,
        Outcome::Broken { what, trace } => {
            println!("{what}: {trace:#?}");
            Some(what)
        }
        Outcome::TooMany => panic!("too many states to look at"),
    }
}

const LATE: &str = "a verify that began after a revocation was answered is accepted";

#[test]
fn no_node_accepts_a_session_after_its_revocation_was_answered() {
    // The protocol itself is walked through below.
    for variant in Variant::SAFE {
        if variant != Variant::Protocol {
            assert_eq!(fault(&Lease(variant)), None, "{variant:?}");
        }
    }
}

#[test]
fn each_rule_of_the_lease_is_needed() {
    for variant in Variant::BROKEN {
        assert_eq!(fault(&Lease(variant)), Some(LATE), "{variant:?}");
    }
}

#[test]
fn the_walk_through_the_lease_takes_every_step() {
    let Outcome::Safe { states, taken } = explore(&Lease(Variant::Protocol)) else {
        panic!("the protocol is broken");
    };
    assert!(states > 1_000_000, "{states}");
    for step in [
        "A publishes its lease",
        "a message brings A the row",
        "the verify looks up",
        "B answers",
        "C answers",
        "the peer decides",
    ] {
        assert!(taken.contains(step), "{step}");
    }
}

#[test]
fn a_store_that_loses_the_end_of_its_log_revives_nobody() {
    assert_eq!(fault(&Tail::Protocol), None);
    assert_eq!(fault(&Tail::AnsweredBeforeDurable), None);
    assert_eq!(fault(&Tail::NobodyLooks), None);
    assert!(fault(&Tail::NoJump).is_some());
}

#[test]
fn a_token_that_the_store_knows_is_never_refused() {
    assert_eq!(fault(&Facts::OwnRead), None);
    assert!(fault(&Facts::JoinedRead).is_some());
    assert!(fault(&Facts::SharedFact).is_some());
}

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
