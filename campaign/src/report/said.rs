use std::fmt::Write as _;

use crate::round::Outcome;

/// So much of what each node said last is told.
const SAID_MAX: usize = 20_000;

/// What the nodes said in a round in which a promise was broken.
pub(crate) fn said(outcome: &Outcome) -> String {
    let mut text = String::new();
    if outcome.is_good() {
        return text;
    }
    for (number, said) in outcome.said.iter().enumerate() {
        let begin = said.floor_char_boundary(said.len().saturating_sub(SAID_MAX));
        // Writing to a string does not fail.
        let _written = writeln!(
            text,
            "--- {}, node {number} ---\n{}",
            outcome.name(),
            &said[begin..]
        );
    }
    text
}
