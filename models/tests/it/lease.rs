//! One lease and one revocation.

use symbolon_models::lease::{Lease, Variant};
use symbolon_models::{Outcome, explore};

use super::fault::fault;

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
