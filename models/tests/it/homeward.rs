//! Sessions on their way home from the fallback, and cuts in its midst.

use symbolon_models::homeward::{Homeward, Variant};
use symbolon_models::{Outcome, explore};

use super::fault::fault;

#[test]
fn a_cut_at_any_step_of_the_way_home_ends_what_was_before_it_and_nothing_else() {
    let Outcome::Safe { states, taken } = explore(&Homeward(Variant::Protocol)) else {
        panic!("{:?}", fault(&Homeward(Variant::Protocol)));
    };
    println!("{states} states");
    assert!(states > 10_000, "{states}");
    for step in [
        "A ends a session",
        "A ends the subject's sessions",
        "A is home, joins and reads the log",
        "A reads a session that is home",
        "B ends the subject's sessions",
        "a session begins in the mirror",
        "old rows are removed",
        "the gate is closed for the last time",
        "the way home is interrupted",
    ] {
        assert!(taken.contains(step), "{step}");
    }
}

#[test]
fn each_rule_of_the_way_home_is_needed() {
    for variant in Variant::BROKEN {
        assert!(fault(&Homeward(variant)).is_some(), "{variant:?}");
    }
}
