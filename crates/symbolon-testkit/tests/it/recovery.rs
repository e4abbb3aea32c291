use symbolon_testkit::history::recovery::{Limits, Outage, check, quantile};
use symbolon_testkit::history::witness::{LATE, Witness};
use symbolon_testkit::history::{
    Answered, Asked, Findings, History, Identity, Invariant, Means, Nanos, Op, Whose,
};

const LIMITS: Limits = Limits {
    ready: 1_000,
    verify: 10,
    revocation: 20,
};

fn outage(ready: Option<Nanos>) -> Outage {
    Outage {
        from: 1_000,
        healed: 2_000,
        ready: vec![Some(2_000), ready],
    }
}

fn op(from: Nanos, cost: Nanos, asked: Asked, answered: Answered) -> Op {
    Op {
        from,
        to: from + cost,
        asked,
        answered,
        node: 0,
    }
}

/// Sixty verifications from `from` on, each of that cost.
fn verified(from: Nanos, cost: Nanos) -> Vec<Op> {
    let asked = Asked::Verify {
        session: "x".to_owned(),
        generation: 0,
    };
    let identity = Identity {
        session: "x".to_owned(),
        subject: "alice".to_owned(),
        claims: "{}".to_owned(),
    };
    (0..60)
        .map(|number| {
            op(
                from + number,
                cost,
                asked.clone(),
                Answered::Accepted(identity.clone()),
            )
        })
        .collect()
}

/// Sixty log-outs, each answered after 5 and effective after `effective_in` more.
fn ended(from: Nanos, effective_in: Nanos) -> Vec<Op> {
    let asked = Asked::End {
        whose: Whose::Session("x".to_owned()),
        by: Means::Order,
    };
    let answered = Answered::Ended {
        already: false,
        effective_in,
    };
    (0..60)
        .map(|number| op(from + number, 5, asked.clone(), answered.clone()))
        .collect()
}

fn found(ops: Vec<Op>, ready: Option<Nanos>) -> Findings {
    let history = History {
        ops,
        ..History::default()
    };
    check(&history, &[outage(ready)], &LIMITS, &Witness::default())
}

fn broken(findings: &Findings) -> usize {
    assert!(
        findings
            .violations
            .iter()
            .all(|one| one.invariant == Invariant::I13)
    );
    findings.violations.len()
}

#[test]
fn i13_nodes_that_are_ready_in_time_have_recovered() {
    let findings = found(vec![], Some(3_000));
    assert_eq!(broken(&findings), 0);
    assert_eq!(findings.chances(Invariant::I13), 2);
}

#[test]
fn i13_a_node_that_is_ready_late_or_never_breaks_it() {
    assert_eq!(broken(&found(vec![], Some(3_001))), 1);
    assert_eq!(broken(&found(vec![], None)), 1);
}

#[test]
fn i13_what_is_slower_than_twice_and_than_its_limit_breaks_it() {
    let verify = |before, after| {
        found(
            [verified(0, before), verified(3_000, after)].concat(),
            Some(2_000),
        )
    };
    assert_eq!(broken(&verify(1, 10)), 0);
    assert_eq!(broken(&verify(1, 11)), 1);
    assert_eq!(broken(&verify(30, 60)), 0);
    assert_eq!(broken(&verify(30, 61)), 1);
    let revoke = |after| found([ended(0, 0), ended(3_000, after)].concat(), Some(2_000));
    assert_eq!(broken(&revoke(15)), 0);
    assert_eq!(broken(&revoke(16)), 1);
}

#[test]
fn i13_what_is_asked_before_recovery_is_due_is_not_looked_at() {
    let ops = [verified(0, 1), verified(2_900, 500)].concat();
    let findings = found(ops, Some(2_000));
    assert_eq!(broken(&findings), 0);
    assert_eq!(findings.chances(Invariant::I13), 2);
}

/// Sixty verifications after a fault, each too slow, beside a machine that was late at that time.
fn slow_beside(late: &[(Nanos, Nanos)]) -> Findings {
    const SECOND: Nanos = 1_000_000_000;
    let limits = Limits {
        ready: 0,
        verify: SECOND / 4,
        revocation: SECOND,
    };
    let outage = Outage {
        from: SECOND,
        healed: 2 * SECOND,
        ready: vec![Some(2 * SECOND)],
    };
    let mut witness = Witness::default();
    for (due, there) in late {
        witness.note(*due, *there);
    }
    let history = History {
        ops: [verified(0, 1_000), verified(2 * SECOND, 3 * SECOND / 10)].concat(),
        ..History::default()
    };
    check(&history, &[outage], &limits, &witness)
}

#[test]
fn i13_what_took_long_while_the_machine_was_late_is_counted_and_not_judged() {
    let findings = slow_beside(&[(2_000_000_000, 2_200_000_000)]);
    assert_eq!((broken(&findings), findings.not_timed), (0, 60));
    let none = slow_beside(&[]);
    assert_eq!((broken(&none), none.not_timed), (1, 0));
}

#[test]
fn i13_a_machine_that_was_late_for_less_than_half_of_it_excuses_nothing() {
    for late in [
        (2_000_000_000, 2_140_000_000),
        // Before it, and after.
        (1_000_000_000, 2_000_000_000),
        (2_400_000_000, 3_000_000_000),
    ] {
        let findings = slow_beside(&[late]);
        assert_eq!((broken(&findings), findings.not_timed), (1, 0), "{late:?}");
    }
    // Three echoes, each of them hardly in time.
    let in_time = [0, 1, 2]
        .map(|number| 2_000_000_000 + number * LATE)
        .map(|due| (due, due + LATE));
    assert_eq!(broken(&slow_beside(&in_time)), 1);
}

#[test]
fn i13_what_is_wrong_or_not_ready_is_not_excused_by_a_late_machine() {
    let mut witness = Witness::default();
    witness.note(0, 100_000_000_000);
    let late = check(&History::default(), &[outage(Some(3_001))], &LIMITS, &witness);
    assert_eq!(broken(&late), 1);
    assert_eq!(witness.worst(), 100_000_000_000);
}

#[test]
fn a_quantile_is_the_smallest_value_that_enough_do_not_exceed() {
    let values: Vec<Nanos> = (1..=100).collect();
    assert_eq!(quantile(&values, 500), Some(50));
    assert_eq!(quantile(&values, 990), Some(99));
    assert_eq!(quantile(&values, 999), Some(100));
    assert_eq!(quantile(&values, 1_000), Some(100));
    assert_eq!(quantile(&values, 0), Some(1));
    assert_eq!(quantile(&[], 500), None);
}
