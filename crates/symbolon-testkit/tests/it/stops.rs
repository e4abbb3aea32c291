//! Rolling restarts, written by hand.

use symbolon_testkit::history::stops::{Failure, Stop, check};
use symbolon_testkit::history::{Answered, Asked, Findings, History, Invariant, Nanos, Op};

/// The first node from 100 to 200, the second from 200 to 300.
const STOPS: [Stop; 2] = [
    Stop {
        node: 0,
        from: 100,
        ready: 200,
    },
    Stop {
        node: 1,
        from: 200,
        ready: 300,
    },
];

fn failed(node: u16, from: Nanos, to: Nanos) -> Findings {
    let failure = Failure {
        node,
        from,
        to,
        seen: "503".to_owned(),
    };
    check(&History::default(), &[failure], &STOPS)
}

fn is_broken(findings: &Findings) -> bool {
    findings
        .violations
        .iter()
        .any(|one| one.invariant == Invariant::Stops)
}

#[test]
fn a_request_that_a_stopping_node_held_may_fail() {
    for (node, from, to) in [
        (0, 90, 110),
        (0, 150, 160),
        (0, 199, 250),
        (1, 250, 251),
        (1, 300, 310),
    ] {
        assert!(!is_broken(&failed(node, from, to)), "node {node}, {from} to {to}");
    }
}

#[test]
fn a_request_to_any_other_node_may_not() {
    for (node, from, to) in [
        (1, 150, 160),
        (2, 150, 160),
        (0, 201, 210),
        (1, 100, 199),
        (2, 90, 100),
    ] {
        assert!(is_broken(&failed(node, from, to)), "node {node}, {from} to {to}");
    }
}

#[test]
fn before_and_after_it_is_not_looked() {
    assert!(!is_broken(&failed(2, 90, 99)));
    assert!(!is_broken(&failed(2, 301, 310)));
    assert!(!is_broken(&check(&History::default(), &[], &[])));
}

#[test]
fn each_request_that_no_stopping_node_held_could_have_failed() {
    let op = |node, from| Op {
        from,
        to: from + 10,
        asked: Asked::Verify {
            session: "x".to_owned(),
            generation: 0,
        },
        answered: Answered::Undecided,
        node,
    };
    let history = History {
        ops: vec![op(0, 150), op(1, 150), op(2, 150), op(2, 500)],
        ..History::default()
    };
    assert_eq!(check(&history, &[], &STOPS).chances(Invariant::Stops), 2);
}
