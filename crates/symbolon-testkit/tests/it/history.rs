//! Histories written by hand: for each promise one that keeps it and those that break it.

mod lost;
mod mixed_up;
mod refused;
mod revoked;

use symbolon_testkit::history::{
    Answered, Asked, Findings, History, Identity, Invariant, Means, Nanos, Op, Pair, Whose, check,
};

/// Long after every other instant here.
const LATE: Nanos = 1_000_000;

fn identity(session: &str) -> Identity {
    Identity {
        session: session.to_owned(),
        subject: "alice".to_owned(),
        claims: "{}".to_owned(),
    }
}

fn pair(generation: u32) -> Pair {
    Pair {
        generation,
        access: 100 + u64::from(generation),
        refresh: 200 + u64::from(generation),
        access_until: LATE,
        refresh_until: LATE,
    }
}

fn op(from: Nanos, to: Nanos, asked: Asked, answered: Answered) -> Op {
    Op {
        from,
        to,
        asked,
        answered,
        node: 0,
    }
}

/// Session `x`, asked for at 0 and answered at 10.
fn issue() -> Op {
    let asked = Asked::Issue {
        subject: "alice".to_owned(),
        credential: None,
    };
    op(0, 10, asked, Answered::Issued(identity("x"), pair(0)))
}

fn verify(from: Nanos, to: Nanos, generation: u32, answered: Answered) -> Op {
    let session = "x".to_owned();
    op(from, to, Asked::Verify { session, generation }, answered)
}

fn refresh(from: Nanos, to: Nanos, generation: u32, answered: Answered) -> Op {
    let session = "x".to_owned();
    op(from, to, Asked::Refresh { session, generation }, answered)
}

fn rotate(from: Nanos, to: Nanos, generation: u32) -> Op {
    refresh(from, to, generation, Answered::Refreshed(pair(generation + 1)))
}

fn end(from: Nanos, to: Nanos, whose: Whose, answered: Answered) -> Op {
    op(
        from,
        to,
        Asked::End {
            whose,
            by: Means::Order,
        },
        answered,
    )
}

fn log_out(from: Nanos, to: Nanos) -> Op {
    end(from, to, x(), NOW)
}

fn x() -> Whose {
    Whose::Session("x".to_owned())
}

fn alice() -> Whose {
    Whose::Subject("alice".to_owned())
}

const NOW: Answered = Answered::Ended {
    already: false,
    effective_in: 0,
};

fn yes() -> Answered {
    Answered::Accepted(identity("x"))
}

fn no(reason: &str) -> Answered {
    Answered::Refused(reason.to_owned())
}

fn found(ops: Vec<Op>) -> Findings {
    check(&History {
        ops: [vec![issue()], ops].concat(),
        ..History::default()
    })
}

/// Which promises are broken, each as often as it is.
fn broken(findings: &Findings) -> Vec<Invariant> {
    findings
        .violations
        .iter()
        .map(|violation| violation.invariant)
        .collect()
}

/// Asserts that nothing is broken, and how often the promise could have been.
fn assert_clean(ops: Vec<Op>, invariant: Invariant, chances: u64) {
    let findings = found(ops);
    assert_eq!(findings.violations, []);
    assert_eq!(
        findings.chances(invariant),
        chances,
        "opportunities of {invariant:?}"
    );
}

fn assert_broken(ops: Vec<Op>, expected: &[Invariant]) {
    let findings = found(ops);
    assert_eq!(broken(&findings), expected, "{:?}", findings.violations);
}

// I1
