//! Histories written by hand: for each promise one that keeps it and those that break it.

use symbolon_testkit::history::{
    Answered, Asked, Findings, History, Identity, Invariant, Means, Nanos, Op, Pair, REUSE, Whose, check,
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

fn read_at_the_end(ops: Vec<Op>) -> Findings {
    check(&History {
        ops: [vec![issue()], ops].concat(),
        deaths: vec![50],
        last_phase: Some(100),
        more_nodes: 0,
        ..History::default()
    })
}

#[test]
fn i3_a_session_that_is_accepted_in_the_last_phase_is_clean() {
    let findings = read_at_the_end(vec![verify(100, 110, 0, yes())]);
    assert_eq!(findings.violations, []);
    assert_eq!(findings.chances(Invariant::I3), 1);
}

#[test]
fn i3_a_session_that_is_lost_breaks_it() {
    let findings = read_at_the_end(vec![verify(100, 110, 0, no("unknown"))]);
    assert_eq!(broken(&findings), [Invariant::I2, Invariant::I3]);
}

#[test]
fn i3_a_session_that_was_not_read_or_not_decided_breaks_it() {
    for ops in [
        vec![],
        vec![verify(20, 30, 0, yes())],
        vec![verify(100, 110, 0, Answered::Undecided)],
    ] {
        assert_eq!(broken(&read_at_the_end(ops)), [Invariant::I3]);
    }
}

#[test]
fn i3_a_session_that_may_have_ended_need_not_be_there() {
    for answered in [NOW, Answered::Unknown] {
        let ops = vec![end(20, 30, x(), answered), verify(100, 110, 0, no("logged_out"))];
        let findings = read_at_the_end(ops);
        assert_eq!(findings.violations, []);
        assert_eq!(findings.chances(Invariant::I3), 0);
    }
}

#[test]
fn i3_a_session_whose_newest_token_has_expired_need_not_be_accepted() {
    let mut short = issue();
    if let Answered::Issued(_, pair) = &mut short.answered {
        pair.access_until = 110;
    }
    let history = |read_until| History {
        ops: vec![short.clone(), verify(100, read_until, 0, Answered::Undecided)],
        last_phase: Some(100),
        ..History::default()
    };
    assert_eq!(broken(&check(&history(110))), []);
    assert_eq!(broken(&check(&history(109))), [Invariant::I3]);
}

#[test]
fn i3_a_refresh_in_flight_at_a_crash_must_not_cost_the_session() {
    let ops = |last| {
        vec![
            refresh(40, 51, 0, Answered::Unknown),
            rotate(60, 70, 0),
            verify(71, 75, 1, yes()),
            verify(100, 110, 1, last),
        ]
    };
    let findings = read_at_the_end(ops(yes()));
    assert_eq!(findings.violations, []);
    assert_eq!(findings.chances(Invariant::I3), 1);
    assert_eq!(
        broken(&read_at_the_end(ops(no(REUSE)))),
        [Invariant::I2, Invariant::I3]
    );
}

#[test]
fn i3_a_session_that_one_of_several_nodes_has_lost_breaks_it() {
    let read = |second| {
        let mut on_second = verify(100, 110, 0, second);
        on_second.node = 1;
        check(&History {
            ops: vec![issue(), verify(100, 110, 0, yes()), on_second],
            last_phase: Some(100),
            more_nodes: 1,
            ..History::default()
        })
    };
    assert_eq!(broken(&read(yes())), []);
    assert_eq!(broken(&read(Answered::Undecided)), [Invariant::I3]);
}

// I4

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
