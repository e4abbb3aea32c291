use std::fmt::Write as _;

use super::excerpt::ms;
use crate::round::Outcome;

/// So much of what each node said last is told: all of a long round, whose first fault may be the one that matters.
const SAID_MAX: usize = 2_000_000;

/// What the nodes said in a round in which a promise was broken, and when each was ready.
pub(crate) fn said(outcome: &Outcome) -> String {
    let mut text = String::new();
    if outcome.is_good() {
        return text;
    }
    for (number, said) in outcome.said.iter().enumerate() {
        let begin = said.floor_char_boundary(said.len().saturating_sub(SAID_MAX));
        let turns: Vec<String> = outcome.turns[number]
            .iter()
            .map(|(at, ready)| format!("{} {}", ms(*at), if *ready { "ready" } else { "not" }))
            .collect();
        // Writing to a string does not fail.
        let _written = writeln!(
            text,
            "--- {}, node {number}: {} ---\n{}",
            outcome.name(),
            turns.join(", "),
            &said[begin..]
        );
    }
    text
}
