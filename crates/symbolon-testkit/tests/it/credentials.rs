//! I8: histories of log-ins and password changes, written by hand.

use symbolon_testkit::history::{
    Answered, Asked, Findings, History, Identity, Invariant, Means, Nanos, Op, Pair, Whose, check,
};

/// Long after every other instant here.
const LATE: Nanos = 1_000_000;

const NOW: Answered = Answered::Ended {
    already: false,
    effective_in: 0,
};

fn identity() -> Identity {
    Identity {
        session: "x".to_owned(),
        subject: "alice".to_owned(),
        claims: "{}".to_owned(),
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

/// A log-in as alice with one of her passwords, which begins session `x`.
fn log_in(from: Nanos, to: Nanos, version: u32) -> Op {
    let pair = Pair {
        generation: 0,
        access: 100,
        refresh: 200,
        access_until: LATE,
        refresh_until: LATE,
    };
    let mut op = refused(from, to, version);
    op.answered = Answered::Issued(identity(), pair);
    op
}

fn refused(from: Nanos, to: Nanos, version: u32) -> Op {
    let asked = Asked::Issue {
        subject: "alice".to_owned(),
        credential: Some(version),
    };
    op(
        from,
        to,
        asked,
        Answered::Refused("invalid_credentials".to_owned()),
    )
}

fn set(from: Nanos, to: Nanos, version: u32, answered: Answered) -> Op {
    let asked = Asked::End {
        whose: Whose::Subject("alice".to_owned()),
        by: Means::Password(version),
    };
    op(from, to, asked, answered)
}

fn verify(from: Nanos, to: Nanos, answered: Answered) -> Op {
    let asked = Asked::Verify {
        session: "x".to_owned(),
        generation: 0,
    };
    op(from, to, asked, answered)
}

fn yes() -> Answered {
    Answered::Accepted(identity())
}

fn no() -> Answered {
    Answered::Refused("password_changed".to_owned())
}

fn found(ops: Vec<Op>) -> Findings {
    check(&History {
        ops,
        ..History::default()
    })
}

fn broken(ops: Vec<Op>) -> Vec<Invariant> {
    let violations = found(ops).violations;
    violations.iter().map(|violation| violation.invariant).collect()
}

fn assert_clean(ops: Vec<Op>, chances: u64) {
    let findings = found(ops);
    assert_eq!(findings.violations, []);
    assert_eq!(findings.chances(Invariant::I8), chances);
}

#[test]
fn i8_refusals_after_a_new_password_are_clean() {
    let ops = vec![
        log_in(0, 10, 0),
        set(20, 30, 1, NOW),
        verify(31, 40, no()),
        verify(32, 40, Answered::Undecided),
        refused(33, 40, 0),
    ];
    assert_clean(ops, 3);
}

#[test]
fn i8_a_log_in_that_the_change_overtook_is_dead_with_the_change() {
    // Asked for before, answered after: for all else it may have come later than the change.
    let ops = |answered| vec![log_in(0, 50, 0), set(10, 30, 1, NOW), verify(51, 60, answered)];
    assert_clean(ops(no()), 1);
    assert_eq!(broken(ops(yes())), [Invariant::I8]);
}

#[test]
fn i8_a_session_from_before_the_change_is_dead_too() {
    let ops = vec![log_in(0, 10, 0), set(20, 30, 1, NOW), verify(31, 40, yes())];
    assert_eq!(broken(ops), [Invariant::I1, Invariant::I8]);
}

#[test]
fn i8_an_old_password_that_opens_a_session_breaks_it() {
    assert_eq!(
        broken(vec![set(0, 10, 1, NOW), log_in(11, 20, 0)]),
        [Invariant::I8]
    );
    // Both at once: nobody can say which came first.
    assert_clean(vec![set(0, 10, 1, NOW), log_in(10, 20, 0)], 0);
}

#[test]
fn i8_what_the_new_password_opens_lives() {
    assert_clean(
        vec![set(0, 10, 1, NOW), log_in(11, 20, 1), verify(21, 30, yes())],
        0,
    );
    // Also where the answer to the change came later.
    assert_clean(
        vec![set(0, 90, 1, NOW), log_in(11, 20, 1), verify(91, 95, yes())],
        0,
    );
}

#[test]
fn i8_a_change_that_is_effective_later_counts_from_then() {
    let later = Answered::Ended {
        already: false,
        effective_in: 100,
    };
    let ops = |asked| {
        vec![
            log_in(0, 50, 0),
            set(20, 30, 1, later.clone()),
            verify(asked, asked + 5, yes()),
        ]
    };
    assert_clean(ops(130), 0);
    assert_eq!(broken(ops(131)), [Invariant::I8]);
}

#[test]
fn i8_a_change_that_was_not_answered_is_no_promise() {
    for answered in [Answered::Unknown, Answered::Undecided, no()] {
        assert_clean(
            vec![log_in(0, 50, 0), set(20, 30, 1, answered), verify(51, 60, yes())],
            0,
        );
    }
    // Repeated and answered it is one.
    let ops = vec![
        log_in(0, 80, 0),
        set(20, 30, 1, Answered::Unknown),
        set(60, 70, 1, NOW),
        verify(81, 90, yes()),
    ];
    assert_eq!(broken(ops), [Invariant::I8]);
}

#[test]
fn i8_a_password_that_may_have_been_set_again_proves_nothing() {
    let ops = |first, later| {
        vec![
            set(0, 10, 1, first),
            set(20, 30, 2, NOW),
            log_in(31, 40, later),
            verify(41, 50, yes()),
        ]
    };
    // The first order may be done at any time.
    for open in [Answered::Unknown, Answered::Undecided] {
        assert_clean(ops(open, 1), 0);
    }
    assert_eq!(broken(ops(NOW, 1)), [Invariant::I8, Invariant::I8]);
    assert_clean(ops(NOW, 2), 0);
}

#[test]
fn i8_an_end_by_other_means_says_nothing_of_passwords() {
    for by in [Means::Order, Means::Ban] {
        let mut order = set(10, 30, 1, NOW);
        order.asked = Asked::End {
            whose: Whose::Subject("alice".to_owned()),
            by,
        };
        assert_clean(vec![log_in(0, 50, 0), order, verify(51, 60, yes())], 0);
    }
}
