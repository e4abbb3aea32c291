//! I9: an answer that decides nothing says so and when to ask again; repeated, the question is decided.

use super::{Answered, Asked, Findings, History, Invariant, Nanos};

/// The head of an answer that decided nothing: a status of 429 or from 500 on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Head {
    /// When it was there.
    pub at: Nanos,
    /// Which node gave it.
    pub node: u16,
    /// Its status code.
    pub status: u16,
    /// Its `Retry-After` (RFC 9110, section 10.2.3).
    pub retry_after: Option<String>,
}

/// Looks at each of them, and at the ends that were repeated in the last phase.
#[must_use]
pub fn check(history: &History, heads: &[Head]) -> Findings {
    let mut findings = Findings::default();
    for head in heads {
        findings.look(Invariant::I9);
        let seconds = head
            .retry_after
            .as_deref()
            .and_then(|text| text.parse::<u32>().ok());
        let says_when = seconds.is_some_and(|seconds| seconds > 0);
        if !says_when || !matches!(head.status, 429 | 503) {
            findings.broken(
                Invariant::I9,
                "",
                format!("neither yes nor no nor when: {head:?}"),
            );
        }
    }
    let last_phase = history.last_phase.unwrap_or(Nanos::MAX);
    for op in history.ops.iter().filter(|op| op.from >= last_phase) {
        let Asked::End { whose, .. } = &op.asked else {
            continue;
        };
        findings.look(Invariant::I9);
        if !matches!(op.answered, Answered::Ended { .. }) {
            let seen = format!("an end that was repeated is not decided: {op:?}");
            findings.broken(Invariant::I9, whose.name(), seen);
        }
    }
    findings
}
