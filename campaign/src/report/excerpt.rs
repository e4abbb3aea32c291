use std::collections::BTreeSet;
use std::fmt::Write as _;

use symbolon_testkit::history::{Answered, Asked, Op, Whose};

use crate::round::Outcome;

/// So many sessions are told of.
const SESSIONS_MAX: usize = 20;

/// All that was seen of the sessions of which a promise was broken, in order.
pub(crate) fn excerpt(outcome: &Outcome) -> String {
    let violations = outcome.findings.violations.iter();
    let sessions: BTreeSet<&str> = violations
        .map(|one| one.session.as_str())
        .filter(|session| !session.is_empty())
        .collect();
    let mut text = String::new();
    for session in sessions.into_iter().take(SESSIONS_MAX) {
        let subject = subject_of(outcome, session);
        // Writing to a string does not fail.
        let _written = writeln!(text, "{}: {session} of {subject}", outcome.name());
        for outage in &outcome.outages {
            let _written = writeln!(text, "  broken {} to {}", ms(outage.from), ms(outage.healed));
        }
        let mut ops: Vec<&Op> = outcome.history.ops.iter().collect();
        ops.retain(|op| concerns(op, session, subject));
        ops.sort_by_key(|op| op.from);
        for op in ops {
            let Op {
                asked,
                answered,
                node,
                ..
            } = op;
            let _written = writeln!(
                text,
                "  {:>10} to {:>10} node {node}: {asked:?} -> {answered:?}",
                ms(op.from),
                ms(op.to)
            );
        }
    }
    text
}

pub(super) fn ms(at: u64) -> String {
    format!("{}.{:03}", at / 1_000_000, at / 1_000 % 1_000)
}

/// Whose it is; where it is a subject itself, that.
fn subject_of<'a>(outcome: &'a Outcome, session: &'a str) -> &'a str {
    let issued = outcome.history.ops.iter().find_map(|op| match &op.answered {
        Answered::Issued(identity, _) if identity.session == session => Some(identity.subject.as_str()),
        _ => None,
    });
    issued.unwrap_or(session)
}

fn concerns(op: &Op, session: &str, subject: &str) -> bool {
    match &op.asked {
        Asked::Verify { session: of, .. } | Asked::Refresh { session: of, .. } => of == session,
        Asked::End { whose, .. } => match whose {
            Whose::Session(of) => of == session,
            Whose::Subject(of) => of == subject,
            Whose::Everyone => true,
        },
        Asked::Issue { subject: of, .. } => match &op.answered {
            Answered::Issued(identity, _) => identity.session == session,
            _ => of == subject,
        },
    }
}
