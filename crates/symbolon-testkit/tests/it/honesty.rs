use symbolon_testkit::history::honesty::{Head, check};
use symbolon_testkit::history::{Answered, Asked, Findings, History, Invariant, Means, Nanos, Op, Whose};

fn head(status: u16, retry_after: Option<&str>) -> Head {
    Head {
        at: 1,
        node: 0,
        status,
        retry_after: retry_after.map(str::to_owned),
    }
}

fn end(from: Nanos, answered: Answered) -> Op {
    let whose = Whose::Session("x".to_owned());
    Op {
        from,
        to: from + 1,
        asked: Asked::End {
            whose,
            by: Means::Order,
        },
        answered,
        node: 0,
    }
}

fn found(ops: Vec<Op>, heads: &[Head]) -> Findings {
    let history = History {
        ops,
        last_phase: Some(100),
        ..History::default()
    };
    check(&history, heads)
}

fn broken(findings: &Findings) -> Vec<Invariant> {
    findings.violations.iter().map(|one| one.invariant).collect()
}

#[test]
fn i9_an_answer_that_says_when_to_ask_again_is_honest() {
    let findings = found(vec![], &[head(503, Some("1")), head(429, Some("30"))]);
    assert_eq!(findings.violations, []);
    assert_eq!(findings.chances(Invariant::I9), 2);
}

#[test]
fn i9_one_that_does_not_say_when_or_is_no_answer_at_all_breaks_it() {
    for head in [
        head(503, None),
        head(503, Some("soon")),
        head(429, Some("0")),
        head(500, Some("1")),
        head(502, None),
    ] {
        assert_eq!(broken(&found(vec![], &[head])), [Invariant::I9]);
    }
}

#[test]
fn i9_an_end_that_is_repeated_after_all_faults_is_decided() {
    let done = Answered::Ended {
        already: true,
        effective_in: 0,
    };
    let early = end(50, Answered::Undecided);
    let findings = found(vec![early.clone(), end(100, done)], &[]);
    assert_eq!(findings.violations, []);
    assert_eq!(findings.chances(Invariant::I9), 1);
    for open in [
        Answered::Undecided,
        Answered::Unknown,
        Answered::Refused("unknown".to_owned()),
    ] {
        assert_eq!(
            broken(&found(vec![early.clone(), end(100, open)], &[])),
            [Invariant::I9]
        );
    }
}
