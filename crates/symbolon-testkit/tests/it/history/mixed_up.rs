//! I4, I6: one successor, and each answer is about what was asked.

use symbolon_testkit::history::{Answered, Asked, History, Invariant, check};

use super::{assert_broken, assert_clean, broken, identity, issue, pair, refresh, rotate, verify, yes};

#[test]
fn i4_repetitions_that_give_the_same_pair_are_clean() {
    let ops = vec![
        rotate(20, 40, 0),
        rotate(21, 41, 0),
        rotate(50, 60, 1),
        rotate(55, 65, 1),
    ];
    assert_clean(ops, Invariant::I4, 4);
}

#[test]
fn i4_a_second_successor_breaks_it() {
    let mut other = pair(1);
    other.refresh = 999;
    let ops = vec![rotate(20, 30, 0), refresh(31, 40, 0, Answered::Refreshed(other))];
    assert_broken(ops, &[Invariant::I4]);
    let mut other = pair(1);
    other.access = 999;
    let ops = vec![rotate(20, 30, 0), refresh(31, 40, 0, Answered::Refreshed(other))];
    assert_broken(ops, &[Invariant::I4]);
}

#[test]
fn i4_a_pair_that_is_not_of_the_next_generation_breaks_it() {
    for generation in [0, 2] {
        let ops = vec![refresh(20, 30, 0, Answered::Refreshed(pair(generation)))];
        assert_broken(ops, &[Invariant::I4]);
    }
}

#[test]
fn i4_a_token_two_generations_old_that_is_honoured_breaks_it() {
    let ops = vec![rotate(20, 30, 0), rotate(31, 40, 1), rotate(41, 50, 0)];
    assert_broken(ops, &[Invariant::I4]);
    // Also where the answer in between is missing.
    let ops = vec![rotate(20, 30, 0), rotate(31, 40, 2), rotate(41, 50, 0)];
    assert_broken(ops, &[Invariant::I4]);
    // Asked before the newer pair was answered: nobody can say which came first.
    let ops = vec![rotate(20, 30, 0), rotate(31, 40, 1), rotate(39, 50, 0)];
    assert_clean(ops, Invariant::I4, 3);
}

// I6

#[test]
fn i6_an_answer_about_the_session_that_was_asked_about_is_clean() {
    assert_clean(vec![verify(20, 30, 0, yes())], Invariant::I6, 1);
}

#[test]
fn i6_an_answer_about_another_session_subject_or_claims_breaks_it() {
    let mut others = [identity("y"), identity("x"), identity("x")];
    others[1].subject = "bob".to_owned();
    others[2].claims = "{\"role\":\"admin\"}".to_owned();
    for other in others {
        assert_broken(
            vec![verify(20, 30, 0, Answered::Accepted(other))],
            &[Invariant::I6],
        );
    }
}

#[test]
fn i6_two_sessions_of_one_id_break_it() {
    assert_broken(vec![issue()], &[Invariant::I6]);
}

#[test]
fn i6_a_session_issued_to_another_subject_breaks_it() {
    let mut history = History {
        ops: vec![issue()],
        ..History::default()
    };
    history.ops[0].asked = Asked::Issue {
        subject: "bob".to_owned(),
        credential: None,
    };
    assert_eq!(broken(&check(&history)), [Invariant::I6]);
}
