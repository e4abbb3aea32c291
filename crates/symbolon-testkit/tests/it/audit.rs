use symbolon_testkit::history::audit::{Entry, check};
use symbolon_testkit::history::{
    Answered, Asked, History, Identity, Invariant, Means, Op, Pair, REUSE, Whose,
};

fn entry(event: &str, session: Option<&str>, subject: Option<&str>) -> Entry {
    Entry {
        event: event.to_owned(),
        session: session.map(str::to_owned),
        subject: subject.map(str::to_owned),
    }
}

fn on_x(event: &str) -> Entry {
    entry(event, Some("x"), Some("alice"))
}

fn op(asked: Asked, answered: Answered) -> Op {
    Op {
        from: 1,
        to: 2,
        asked,
        answered,
        node: 0,
    }
}

fn pair(generation: u32) -> Pair {
    Pair {
        generation,
        access: 1,
        refresh: 2,
        access_until: 9,
        refresh_until: 9,
    }
}

fn issue(answered: Answered) -> Op {
    let subject = "alice".to_owned();
    op(
        Asked::Issue {
            subject,
            credential: None,
        },
        answered,
    )
}

fn issued() -> Op {
    let identity = Identity {
        session: "x".to_owned(),
        subject: "alice".to_owned(),
        claims: "{}".to_owned(),
    };
    issue(Answered::Issued(identity, pair(0)))
}

fn refresh(generation: u32, answered: Answered) -> Op {
    let session = "x".to_owned();
    op(Asked::Refresh { session, generation }, answered)
}

fn end(whose: Whose, answered: Answered) -> Op {
    op(
        Asked::End {
            whose,
            by: Means::Order,
        },
        answered,
    )
}

fn log_out(already: bool) -> Op {
    let whose = Whose::Session("x".to_owned());
    end(
        whose,
        Answered::Ended {
            already,
            effective_in: 0,
        },
    )
}

/// Which sessions or subjects the record is wrong about.
fn wrong(ops: Vec<Op>, record: &[Entry]) -> Vec<String> {
    let history = History {
        ops,
        ..History::default()
    };
    let findings = check(&history, record);
    assert!(
        findings
            .violations
            .iter()
            .all(|violation| violation.invariant == Invariant::I10)
    );
    findings
        .violations
        .into_iter()
        .map(|violation| violation.session)
        .collect()
}

const NONE: [String; 0] = [];

#[test]
fn one_entry_for_each_change_is_clean() {
    let history = History {
        ops: vec![
            issued(),
            refresh(0, Answered::Refreshed(pair(1))),
            refresh(0, Answered::Refreshed(pair(1))),
            refresh(1, Answered::Refreshed(pair(2))),
            log_out(false),
            log_out(true),
        ],
        ..History::default()
    };
    let record = [
        on_x("issued"),
        on_x("refreshed"),
        on_x("refreshed"),
        on_x("revoked"),
    ];
    let findings = check(&history, &record);
    assert_eq!(findings.violations, []);
    assert_eq!(findings.chances(Invariant::I10), 3);
}

#[test]
fn a_log_in_is_a_beginning_like_an_issue() {
    assert_eq!(wrong(vec![issued()], &[on_x("logged_in")]), NONE);
}

#[test]
fn a_missing_entry_is_found() {
    assert_eq!(wrong(vec![issued()], &[]), ["x"]);
    assert_eq!(
        wrong(
            vec![issued(), refresh(0, Answered::Refreshed(pair(1)))],
            &[on_x("issued")]
        ),
        ["x"]
    );
    assert_eq!(wrong(vec![issued(), log_out(false)], &[on_x("issued")]), ["x"]);
}

#[test]
fn an_entry_written_twice_is_found() {
    assert_eq!(wrong(vec![issued()], &[on_x("issued"), on_x("issued")]), ["x"]);
    let ops = vec![refresh(0, Answered::Refreshed(pair(1)))];
    assert_eq!(wrong(ops, &[on_x("refreshed"), on_x("refreshed")]), ["x"]);
    assert_eq!(
        wrong(vec![log_out(false)], &[on_x("revoked"), on_x("revoked")]),
        ["x"]
    );
}

#[test]
fn an_entry_without_a_change_is_found() {
    assert_eq!(wrong(vec![], &[on_x("refreshed")]), ["x"]);
    assert_eq!(wrong(vec![log_out(true)], &[on_x("revoked")]), ["x"]);
    assert_eq!(wrong(vec![], &[on_x("issued")]), [""]);
    assert_eq!(
        wrong(vec![], &[entry("subject_revoked", None, Some("alice"))]),
        ["alice"]
    );
}

#[test]
fn an_outcome_that_is_not_known_may_have_its_entry_or_not() {
    for open in [Answered::Unknown, Answered::Undecided] {
        let ops = vec![
            issue(open.clone()),
            refresh(0, open.clone()),
            refresh(0, open.clone()),
            end(Whose::Session("x".to_owned()), open.clone()),
            end(Whose::Subject("alice".to_owned()), open),
        ];
        assert_eq!(wrong(ops.clone(), &[]), NONE);
        let all = [
            on_x("issued"),
            on_x("refreshed"),
            on_x("revoked"),
            entry("subject_revoked", None, Some("alice")),
        ];
        assert_eq!(wrong(ops.clone(), &all), NONE);
        for twice in &all {
            let record = [twice.clone(), twice.clone()];
            assert_eq!(wrong(ops.clone(), &record).len(), 1, "{twice:?}");
        }
    }
}

#[test]
fn an_unknown_rotation_that_was_answered_later_is_the_same_one() {
    let ops = vec![
        refresh(0, Answered::Unknown),
        refresh(0, Answered::Refreshed(pair(1))),
    ];
    assert_eq!(wrong(ops.clone(), &[on_x("refreshed")]), NONE);
    assert_eq!(wrong(ops.clone(), &[]), ["x"]);
    assert_eq!(wrong(ops, &[on_x("refreshed"), on_x("refreshed")]), ["x"]);
}

#[test]
fn a_detected_reuse_is_one_end() {
    let refused = || refresh(0, Answered::Refused(REUSE.to_owned()));
    let ops = vec![refused(), refused()];
    assert_eq!(wrong(ops.clone(), &[on_x("revoked")]), NONE);
    assert_eq!(wrong(ops.clone(), &[]), ["x"]);
    assert_eq!(wrong(ops, &[on_x("revoked"), on_x("revoked")]), ["x"]);
}

#[test]
fn each_kick_of_a_subject_has_its_entry() {
    let now = Answered::Ended {
        already: false,
        effective_in: 0,
    };
    let kick = || end(Whose::Subject("alice".to_owned()), now.clone());
    let written = entry("subject_revoked", None, Some("alice"));
    assert_eq!(wrong(vec![kick(), kick()], &vec![written.clone(); 2]), NONE);
    assert_eq!(wrong(vec![kick(), kick()], &[written]), ["alice"]);
    let everyone = vec![end(Whose::Everyone, now.clone())];
    assert_eq!(
        wrong(everyone.clone(), &[entry("everyone_revoked", None, None)]),
        NONE
    );
    assert_eq!(wrong(everyone, &[]), [""]);
}

#[test]
fn other_events_are_not_compared() {
    assert_eq!(
        wrong(vec![], &[on_x("key_added"), on_x("refresh_replayed")]),
        NONE
    );
}

#[test]
fn a_new_password_and_a_ban_are_entries_of_their_own() {
    let alice = || Whose::Subject("alice".to_owned());
    let done = Answered::Ended {
        already: false,
        effective_in: 0,
    };
    for (by, word) in [
        (Means::Order, "subject_revoked"),
        (Means::Password(1), "password_set"),
        (Means::Ban, "banned"),
    ] {
        let end = || op(Asked::End { whose: alice(), by }, done.clone());
        let one = entry(word, None, Some("alice"));
        assert_eq!(wrong(vec![end()], std::slice::from_ref(&one)), NONE);
        assert_eq!(wrong(vec![end()], &[]), ["alice"]);
        assert_eq!(wrong(vec![end()], &[one.clone(), one]), ["alice"]);
    }
}

#[test]
fn a_ban_that_is_given_again_is_written_again_and_a_kick_is_not() {
    let end = |by, already| {
        let whose = Whose::Subject("alice".to_owned());
        let answered = Answered::Ended {
            already,
            effective_in: 0,
        };
        op(Asked::End { whose, by }, answered)
    };
    let record = [(); 2].map(|()| entry("banned", None, Some("alice")));
    let again = vec![end(Means::Ban, false), end(Means::Ban, true)];
    assert_eq!(wrong(again.clone(), &record), NONE);
    assert_eq!(wrong(again, &record[..1]), ["alice"]);
    let kicks = vec![end(Means::Order, false), end(Means::Order, true)];
    let kicked = entry("subject_revoked", None, Some("alice"));
    assert_eq!(wrong(kicks, &[kicked]), NONE);
}

#[test]
fn a_session_that_a_log_out_and_reuse_end_at_once_has_ended_once() {
    let reuse = || refresh(0, Answered::Refused(REUSE.to_owned()));
    let record = [on_x("issued"), on_x("revoked")];
    assert_eq!(wrong(vec![issued(), reuse(), log_out(false)], &record), NONE);
    assert_eq!(wrong(vec![issued(), log_out(false), reuse()], &record), NONE);
    assert_eq!(
        wrong(vec![issued(), reuse(), log_out(false)], &record[..1]),
        ["x"]
    );
}
