//! I1: after an end nothing is accepted.

use symbolon_testkit::history::{Answered, History, Invariant, Op, REUSE, Whose, check};

use super::{
    NOW, alice, assert_broken, assert_clean, broken, end, issue, log_out, no, refresh, rotate, verify, x, yes,
};

#[test]
fn i1_refusals_and_503_after_a_log_out_are_clean() {
    let ops = vec![
        log_out(20, 30),
        verify(31, 40, 0, no("logged_out")),
        verify(32, 41, 0, Answered::Undecided),
        verify(33, 42, 0, Answered::Unknown),
        refresh(34, 43, 0, no("logged_out")),
    ];
    assert_clean(ops, Invariant::I1, 4);
}

#[test]
fn i1_an_accept_asked_after_the_end_was_answered_breaks_it() {
    assert_broken(vec![log_out(20, 30), verify(31, 40, 0, yes())], &[Invariant::I1]);
}

#[test]
fn i1_a_refresh_that_gives_a_pair_after_the_end_breaks_it() {
    assert_broken(vec![log_out(20, 30), rotate(31, 40, 0)], &[Invariant::I1]);
}

#[test]
fn i1_an_accept_asked_before_the_end_was_answered_is_clean_however_late_it_comes() {
    assert_clean(vec![log_out(20, 30), verify(30, 90, 0, yes())], Invariant::I1, 0);
    assert_clean(vec![log_out(20, 30), verify(25, 26, 0, yes())], Invariant::I1, 0);
}

#[test]
fn i1_every_kind_of_end_counts() {
    for whose in [x(), alice(), Whose::Everyone] {
        let ops = vec![end(20, 30, whose, NOW), verify(31, 40, 0, yes())];
        assert_broken(ops, &[Invariant::I1]);
    }
}

#[test]
fn i1_an_end_of_another_subject_or_session_does_not_count() {
    for whose in [Whose::Session("y".to_owned()), Whose::Subject("bob".to_owned())] {
        assert_clean(
            vec![end(20, 30, whose, NOW), verify(31, 40, 0, yes())],
            Invariant::I1,
            0,
        );
    }
}

#[test]
fn i1_an_end_on_one_node_counts_there_from_its_answer_on() {
    let on = |node, op| Op { node, ..op };
    let ended = end(20, 30, x(), Answered::EndedHere);
    let ops = |node| vec![ended.clone(), on(node, verify(31, 40, 0, yes()))];
    assert_broken(ops(0), &[Invariant::I1]);
    assert_clean(ops(1), Invariant::I1, 0);
    let earlier = vec![ended.clone(), verify(30, 40, 0, yes())];
    assert_clean(earlier, Invariant::I1, 0);
    // Said again of every node it counts on every node.
    let later = vec![ended, log_out(50, 60), on(1, verify(61, 70, 0, yes()))];
    assert_broken(later, &[Invariant::I1]);
}

#[test]
fn i2_a_no_on_another_node_after_an_end_on_one_is_no_false_one() {
    let ended = end(20, 30, x(), Answered::EndedHere);
    let refused = Op {
        node: 1,
        ..verify(31, 40, 0, no("revoked"))
    };
    assert_clean(vec![ended, refused], Invariant::I2, 0);
}

#[test]
fn i2_an_end_that_was_not_decided_before_a_session_began_ends_it_only_where_ends_may_come_late() {
    let history = |ends_may_come_late| History {
        ops: vec![
            end(0, 5, alice(), Answered::Undecided),
            Op { from: 6, ..issue() },
            verify(20, 30, 0, no("revoked")),
        ],
        ends_may_come_late,
        ..History::default()
    };
    assert_eq!(broken(&check(&history(false))), [Invariant::I2]);
    assert_eq!(broken(&check(&history(true))), []);
}

#[test]
fn i1_an_end_that_is_effective_later_counts_from_then() {
    let later = Answered::Ended {
        already: false,
        effective_in: 100,
    };
    let ops = |asked| {
        vec![
            end(20, 30, x(), later.clone()),
            verify(asked, asked + 5, 0, yes()),
        ]
    };
    assert_clean(ops(130), Invariant::I1, 0);
    assert_broken(ops(131), &[Invariant::I1]);
}

#[test]
fn i1_the_first_answered_end_counts_also_if_it_had_ended_before() {
    let again = Answered::Ended {
        already: true,
        effective_in: 0,
    };
    let ops = vec![
        end(20, 90, x(), Answered::Unknown),
        end(25, 30, x(), again),
        verify(31, 40, 0, yes()),
    ];
    assert_broken(ops, &[Invariant::I1]);
}

#[test]
fn i1_an_end_that_was_not_answered_is_no_promise() {
    for answered in [Answered::Unknown, Answered::Undecided, no("unknown")] {
        assert_clean(
            vec![end(20, 30, x(), answered), verify(31, 40, 0, yes())],
            Invariant::I1,
            0,
        );
    }
}

#[test]
fn i1_a_kick_that_was_asked_before_the_session_was_there_may_have_come_first() {
    let ops = vec![end(5, 15, alice(), NOW), verify(16, 20, 0, yes())];
    assert_clean(ops, Invariant::I1, 0);
    let ops = vec![end(5, 15, alice(), NOW), verify(16, 20, 0, no("kicked"))];
    assert_clean(ops, Invariant::I2, 0);
}

#[test]
fn i1_a_detected_reuse_is_an_end() {
    let ops = vec![
        rotate(20, 30, 0),
        rotate(31, 40, 1),
        refresh(41, 50, 0, no(REUSE)),
        verify(51, 60, 2, yes()),
    ];
    assert_broken(ops, &[Invariant::I1]);
}

#[test]
fn i1_a_reuse_of_the_previous_token_is_an_end_too() {
    let ops = |answered| {
        vec![
            rotate(20, 30, 0),
            verify(31, 35, 1, yes()),
            refresh(41, 50, 0, no(REUSE)),
            verify(51, 60, 1, answered),
        ]
    };
    assert_clean(ops(no(REUSE)), Invariant::I1, 1);
    assert_broken(ops(yes()), &[Invariant::I1]);
}

#[test]
fn i1_a_stale_token_that_was_refused_in_any_words_is_an_end() {
    let ops = |answered| {
        vec![
            rotate(20, 30, 0),
            rotate(31, 40, 1),
            refresh(41, 50, 0, no("unknown")),
            verify(51, 60, 2, answered),
        ]
    };
    assert_clean(ops(no(REUSE)), Invariant::I1, 1);
    assert_broken(ops(yes()), &[Invariant::I1]);
}

#[test]
fn i1_an_end_by_reuse_counts_from_when_it_is_effective() {
    let ops = |asked, answered| {
        vec![
            rotate(20, 30, 0),
            rotate(31, 40, 1),
            refresh(41, 50, 0, Answered::Reused { effective_in: 20 }),
            verify(asked, 90, 2, answered),
        ]
    };
    assert_clean(ops(70, yes()), Invariant::I1, 0);
    assert_broken(ops(71, yes()), &[Invariant::I1]);
    assert_clean(ops(71, no(REUSE)), Invariant::I1, 1);
}

// I2
