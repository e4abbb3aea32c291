//! I2: nobody is refused whose session is alive.

use symbolon_testkit::history::{Answered, History, Invariant, REUSE, Whose, check};

use super::{
    NOW, alice, assert_broken, assert_clean, broken, end, found, issue, log_out, no, pair, refresh, rotate,
    verify, x, yes,
};

#[test]
fn i2_accepts_of_the_current_and_the_previous_token_are_clean() {
    let ops = vec![
        verify(11, 15, 0, yes()),
        rotate(20, 30, 0),
        verify(31, 40, 0, yes()),
        verify(31, 40, 1, yes()),
        verify(31, 40, 1, Answered::Undecided),
        verify(31, 40, 1, Answered::Unknown),
    ];
    assert_clean(ops, Invariant::I2, 6);
}

#[test]
fn i2_a_refusal_of_a_live_token_breaks_it() {
    assert_broken(vec![verify(11, 15, 0, no("unknown"))], &[Invariant::I2]);
    let previous = vec![rotate(20, 30, 0), verify(31, 40, 0, no("superseded"))];
    assert_broken(previous, &[Invariant::I2]);
    let refused = vec![refresh(11, 15, 0, no("unknown"))];
    assert_broken(refused, &[Invariant::I2]);
}

#[test]
fn i2_a_token_more_than_one_refresh_old_may_be_refused() {
    let ops = vec![
        rotate(20, 30, 0),
        refresh(31, 40, 1, Answered::Unknown),
        verify(41, 45, 0, no("superseded")),
    ];
    assert_clean(ops, Invariant::I2, 2);
}

#[test]
fn i2_whatever_may_have_ended_the_session_excuses_a_refusal() {
    for answered in [NOW, Answered::Unknown, Answered::Undecided] {
        for whose in [x(), alice(), Whose::Everyone] {
            let ops = vec![
                end(20, 90, whose, answered.clone()),
                verify(15, 21, 0, no("logged_out")),
            ];
            assert_clean(ops, Invariant::I2, 0);
        }
    }
}

#[test]
fn i2_an_end_that_was_asked_only_after_the_answer_excuses_nothing() {
    let ops = vec![log_out(21, 30), verify(15, 20, 0, no("logged_out"))];
    assert_broken(ops, &[Invariant::I2]);
}

#[test]
fn i2_an_end_that_was_answered_before_the_session_was_asked_for_excuses_nothing() {
    let mut history = History {
        ops: vec![
            end(1, 5, alice(), NOW),
            issue(),
            verify(111, 120, 0, no("kicked")),
        ],
        ..History::default()
    };
    history.ops[1].from = 6;
    assert_eq!(broken(&check(&history)), [Invariant::I2]);
}

#[test]
fn i2_an_end_of_unknown_outcome_excuses_refusals_for_ever_unless_its_process_ended_before() {
    let mut history = History {
        ops: vec![
            end(1, 5, alice(), Answered::Unknown),
            issue(),
            verify(111, 120, 0, no("kicked")),
        ],
        ..History::default()
    };
    history.ops[1].from = 60;
    history.ops[1].to = 70;
    assert_eq!(check(&history).violations, []);
    history.deaths = vec![50];
    assert_eq!(broken(&check(&history)), [Invariant::I2]);
    // The process that it was sent to is the one that ended after it, not one that had ended before.
    history.deaths = vec![1, 65];
    assert_eq!(check(&history).violations, []);
}

#[test]
fn i2_an_expired_token_may_be_refused() {
    let mut short = issue();
    if let Answered::Issued(_, pair) = &mut short.answered {
        pair.access_until = 100;
        pair.refresh_until = 200;
    }
    let with = |op| {
        let ops = vec![short.clone(), op];
        broken(&check(&History {
            ops,
            ..History::default()
        }))
    };
    assert_eq!(with(verify(90, 100, 0, no("expired"))), []);
    assert_eq!(with(verify(90, 99, 0, no("expired"))), [Invariant::I2]);
    assert_eq!(with(refresh(190, 200, 0, no("expired"))), []);
    assert_eq!(with(refresh(190, 199, 0, no("expired"))), [Invariant::I2]);
}

#[test]
fn i2_a_repeated_refresh_whose_successor_nobody_used_must_be_answered() {
    let ops = |answered| {
        vec![
            refresh(20, 30, 0, Answered::Unknown),
            refresh(31, 40, 0, answered),
        ]
    };
    assert_clean(ops(Answered::Refreshed(pair(1))), Invariant::I2, 2);
    assert_broken(ops(no("unknown")), &[Invariant::I2]);
    // A false alarm: nobody was logged out by a thief here.
    assert_broken(ops(no(REUSE)), &[Invariant::I2]);
}

#[test]
fn i2_a_repeated_refresh_whose_successor_is_in_use_may_be_refused() {
    for used in [verify(31, 35, 1, yes()), rotate(31, 35, 1)] {
        let ops = vec![rotate(20, 30, 0), used, refresh(36, 40, 0, no(REUSE))];
        assert_eq!(found(ops).violations, []);
    }
}

#[test]
fn i2_a_repeated_refresh_whose_successor_is_in_use_is_no_opportunity() {
    let ops = vec![rotate(20, 30, 0), verify(31, 35, 1, yes()), rotate(36, 40, 0)];
    assert_clean(ops, Invariant::I2, 2);
}

#[test]
fn i2_a_question_asked_before_the_issue_was_answered_is_no_opportunity() {
    assert_clean(vec![verify(10, 20, 0, no("unknown"))], Invariant::I2, 0);
    assert_broken(vec![verify(11, 20, 0, no("unknown"))], &[Invariant::I2]);
}

#[test]
fn i2_a_refresh_that_may_have_been_taken_for_reuse_excuses_what_follows() {
    let ops = vec![
        rotate(20, 30, 0),
        verify(31, 35, 1, yes()),
        refresh(36, 90, 0, Answered::Unknown),
        verify(40, 50, 1, no(REUSE)),
    ];
    assert_clean(ops, Invariant::I2, 2);
}

// I3
