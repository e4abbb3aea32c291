//! One node that goes on while its store is away.

use symbolon_models::fallback::{Fallback, Variant};
use symbolon_models::{Outcome, explore};

use super::fault::fault;

#[test]
fn a_node_in_fallback_keeps_the_promise_and_its_word() {
    for variant in Variant::SAFE {
        let Outcome::Safe { states, taken } = explore(&Fallback(variant)) else {
            panic!("{variant:?}: {:?}", fault(&Fallback(variant)));
        };
        println!("{variant:?}: {states} states");
        assert!(states > 200_000, "{variant:?}: {states}");
        for step in [
            "A falls back",
            "A is started with its file",
            "an operator evicts A",
            "A's row says that it may not fall back",
            "Y is begun in A's file",
            "A ends Y on this node",
            "A leaves the fallback",
            "B answers that X has ended",
            "B answers the kick",
        ] {
            assert!(taken.contains(step), "{variant:?}: {step}");
        }
    }
}

#[test]
fn each_rule_of_the_fallback_is_needed() {
    for variant in Variant::BROKEN {
        assert!(fault(&Fallback(variant)).is_some(), "{variant:?}");
    }
}
