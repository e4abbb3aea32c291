//! I3: no session is lost.

use symbolon_testkit::history::{Answered, Findings, History, Invariant, Op, REUSE, check};

use super::{NOW, broken, end, issue, no, refresh, rotate, verify, x, yes};

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
