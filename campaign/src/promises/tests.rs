use symbolon_testkit::history::{
    Answered, Asked, History, Identity, Invariant, Means, Nanos, Op, Pair, Violation, Whose,
};

use super::{Lost, Strike, of};
use crate::cli::StoreName;
use crate::nemesis::Nemesis;

const SECOND: Nanos = 1_000_000_000;

/// One strike: begun after 100 s, done a second later, mended after four.
const STRIKE: Strike = Strike {
    from: 100 * SECOND,
    struck: 101 * SECOND,
    healed: 104 * SECOND,
};

fn op(second: Nanos, asked: Asked, answered: Answered) -> Op {
    Op {
        from: second * SECOND,
        to: second * SECOND + 1,
        asked,
        answered,
        node: 0,
    }
}

/// A session of a subject of its own, begun at that second.
fn begun(session: &str, second: Nanos) -> Op {
    let subject = format!("subject of {session}");
    let pair = Pair {
        generation: 0,
        access: 1,
        refresh: 2,
        access_until: Nanos::MAX,
        refresh_until: Nanos::MAX,
    };
    let identity = Identity {
        session: session.to_owned(),
        subject: subject.clone(),
        claims: "{}".to_owned(),
    };
    let asked = Asked::Issue {
        subject,
        credential: None,
    };
    op(second, asked, Answered::Issued(identity, pair))
}

/// Begun long before, during the strike and after it; `refreshed` was begun before and refreshed during it, `cut` has a
/// subject that was ended then.
fn history() -> History {
    let refresh = Asked::Refresh {
        session: "refreshed".to_owned(),
        generation: 0,
    };
    let cut = Asked::End {
        whose: Whose::Subject("subject of cut".to_owned()),
        by: Means::Order,
    };
    let ended = Answered::Ended {
        already: false,
        effective_in: 0,
    };
    let ops = vec![
        begun("before", 10),
        begun("refreshed", 10),
        begun("cut", 10),
        begun("during", 100),
        op(100, refresh, Answered::Unknown),
        op(100, cut, ended),
        begun("after", 110),
    ];
    History {
        ops,
        ..History::default()
    }
}

/// What is left of that one broken promise of a session, seen at that second, and what was lost.
fn left(
    (store, nemesis): (StoreName, Nemesis),
    invariant: Invariant,
    session: &str,
    second: Nanos,
) -> (usize, Lost) {
    let broken = Violation {
        invariant,
        session: session.to_owned(),
        seen: String::new(),
        at: second * SECOND,
    };
    let (due, lost) = of(store, nemesis).part(&history(), &[STRIKE], vec![broken]);
    (due.len(), lost)
}

fn is_broken(played: (StoreName, Nemesis), invariant: Invariant, session: &str) -> bool {
    left(played, invariant, session, 120).0 == 1
}

const OF_BEFORE: (StoreName, Nemesis) = (StoreName::Redis, Nemesis::StoreOfBefore);
const EMPTY: (StoreName, Nemesis) = (StoreName::Redis, Nemesis::StoreEmpty);
const ALONE: (StoreName, Nemesis) = (StoreName::RedisAlone, Nemesis::NodeWhileAway);
const ALONE_EMPTY: (StoreName, Nemesis) = (StoreName::RedisAlone, Nemesis::StoreEmpty);
const FAILOVER: (StoreName, Nemesis) = (StoreName::RedisSentinel, Nemesis::FailoverStop);

#[test]
fn no_store_and_no_fault_excuses_an_ended_session_that_is_accepted_a_mix_up_or_a_secret() {
    for played in [OF_BEFORE, EMPTY, ALONE, ALONE_EMPTY, FAILOVER] {
        for invariant in [Invariant::I1, Invariant::I6, Invariant::I12] {
            assert!(is_broken(played, invariant, "during"), "{played:?} {invariant:?}");
        }
    }
}

#[test]
fn a_store_that_keeps_what_it_acknowledged_is_excused_from_nothing() {
    for played in [
        (StoreName::RedisEverysec, Nemesis::N12),
        (StoreName::Postgres, Nemesis::N12),
        ALONE,
    ] {
        for invariant in [
            Invariant::I2,
            Invariant::I3,
            Invariant::I4,
            Invariant::I8,
            Invariant::I9,
        ] {
            assert!(is_broken(played, invariant, "during"), "{played:?} {invariant:?}");
        }
        assert_eq!(left(played, Invariant::I3, "during", 120).1.begun, None);
    }
}

#[test]
fn what_was_begun_changed_or_cut_in_the_time_of_a_loss_may_be_lost_and_is_counted() {
    for session in ["during", "refreshed", "cut"] {
        for played in [OF_BEFORE, FAILOVER] {
            let (due, lost) = left(played, Invariant::I3, session, 120);
            assert_eq!(
                (due, lost.sessions, lost.begun),
                (0, 1, Some(1)),
                "{played:?} {session}"
            );
            assert_eq!(lost.broken.get(&Invariant::I3), Some(&1));
        }
    }
}

#[test]
fn what_was_acknowledged_at_another_time_must_be_kept() {
    for session in ["before", "after"] {
        for played in [OF_BEFORE, FAILOVER] {
            assert!(is_broken(played, Invariant::I3, session), "{played:?} {session}");
            assert!(is_broken(played, Invariant::I2, session), "{played:?} {session}");
        }
    }
    // An empty store has lost all of before, and nothing that came later.
    assert!(!is_broken(EMPTY, Invariant::I3, "before"));
    assert!(is_broken(EMPTY, Invariant::I3, "after"));
}

#[test]
fn a_wrong_no_before_anything_was_lost_is_not_the_stores() {
    assert_eq!(left(EMPTY, Invariant::I2, "before", 50).0, 1);
    assert_eq!(left(EMPTY, Invariant::I2, "before", 120).0, 0);
}

#[test]
fn the_record_of_a_node_that_went_on_alone_is_not_compared_for_that_time_alone() {
    assert!(!is_broken(ALONE, Invariant::I10, "during"));
    assert!(!is_broken(ALONE, Invariant::I10, "subject of cut"));
    assert!(is_broken(ALONE, Invariant::I10, "before"));
    assert!(is_broken(ALONE, Invariant::I10, "after"));
    let there = (StoreName::RedisAlone, Nemesis::N1);
    assert!(is_broken(there, Invariant::I10, "during"));
}

#[test]
fn an_empty_store_gets_its_accounts_again_from_a_node_that_was_alone_and_serves() {
    assert!(is_broken(ALONE_EMPTY, Invariant::I8, "before"));
    assert!(!is_broken(EMPTY, Invariant::I8, "before"));
    assert!(is_broken(ALONE_EMPTY, Invariant::I13, ""));
    assert!(!is_broken(EMPTY, Invariant::I13, ""));
}
