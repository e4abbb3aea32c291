//! Writing and reading sessions.

use symbolon_core::policy::OnMax;
use symbolon_core::revocation::{Cut, LogKind, RevocationReason, RevocationSeq};
use symbolon_core::session::{Ended, Session, SessionId, SessionState};
use symbolon_core::store::{Activity, InsertSession, Inserted, Store};
use symbolon_core::throttle::{Attempts, ThrottleKey};

use super::cuts::cut;
use super::sample::{at, full_session, insert, session};
use super::{Fresh, sample};

const KEY: ThrottleKey = ThrottleKey([3; 16]);

fn limited(session: Session, per_subject_max: u32, on_max: OnMax) -> InsertSession {
    InsertSession {
        per_subject_max,
        on_max,
        ..insert(session)
    }
}

fn replacing(session: Session, replaces: SessionId) -> InsertSession {
    InsertSession {
        replaces: Some(replaces),
        ..insert(session)
    }
}

async fn failed_once<S: Store>(fresh: &Fresh<S>) -> Attempts {
    let failed = Attempts {
        failures: 1,
        next_try_at: at(1),
    };
    let step = fresh
        .store
        .reserve_attempt(KEY, Attempts::default(), failed, at(0));
    assert!(step.await.unwrap());
    failed
}

/// Every column has its field, and no two are exchanged.
pub async fn every_field_of_a_session_comes_back_as_it_was_written<S: Store>(fresh: &Fresh<S>) {
    let session = full_session();
    fresh.begin(&session).await;
    let found = fresh.found(session.id).await;
    assert_eq!(found.cut, Cut::NONE);
    let epoch = found.session.epoch;
    assert_eq!(found.session, Session { epoch, ..session });
}

/// What is absent comes back absent, and an IPv4 address as one.
pub async fn a_session_of_few_words_comes_back_as_it_was_written<S: Store>(fresh: &Fresh<S>) {
    let mut session = session("a", 0);
    session.lives.refresh_ttl = None;
    session.tokens.refresh = None;
    session.seen_from.ip = Some("192.0.2.255".parse().unwrap());
    fresh.begin(&session).await;
    let found = fresh.found(session.id).await.session;
    let epoch = found.epoch;
    assert_eq!(found, Session { epoch, ..session });
}

/// Absence is an answer.
pub async fn a_session_that_was_never_written_is_not_found<S: Store>(fresh: &Fresh<S>) {
    let id = session("alice", 0).id;
    assert_eq!(fresh.store.find_session(id).await.unwrap(), None);
}

/// A second session of the same id is refused in some way; the first stays as it is.
pub async fn a_session_id_is_never_written_twice<S: Store>(fresh: &Fresh<S>) {
    let first = session("alice", 0);
    fresh.begin(&first).await;
    let second = Session {
        id: first.id,
        ..session("bob", 1)
    };
    let answer = fresh.store.insert_session(insert(second)).await;
    assert!(!matches!(answer, Ok(Inserted::Done { .. })), "{answer:?}");
    assert_eq!(fresh.found(first.id).await.session.subject, first.subject);
}

/// The epoch is read in the step that writes the session, whatever the caller believed.
pub async fn a_session_is_issued_under_the_newest_cut<S: Store>(fresh: &Fresh<S>) {
    let mut newest = RevocationSeq::ZERO;
    for (number, name) in [(0, None), (1, Some("alice")), (2, Some("bob")), (3, None)] {
        match name {
            Some("alice") => newest = fresh.store.cut_subject(cut("alice")).await.unwrap().rows[0].seq,
            Some(other) => drop(fresh.store.cut_subject(cut(other)).await.unwrap()),
            None => {
                let reason = RevocationReason::Revoked;
                let done = fresh
                    .store
                    .cut_everyone(reason, cut("alice").audit)
                    .await
                    .unwrap();
                newest = done.rows[0].seq;
            }
        }
        let mut session = session("alice", number);
        session.epoch = RevocationSeq(u64::from(number));
        let Inserted::Done { epoch, .. } = fresh.insert(insert(session.clone())).await else {
            panic!("the session was refused");
        };
        let found = fresh.found(session.id).await;
        assert_eq!(
            (epoch, found.session.epoch, found.cut.seq),
            (newest, newest, newest)
        );
        assert_eq!(found.session.revoked(found.cut), None);
    }
}

/// A log-in whose password was read before a kick or a new password is dead on arrival.
pub async fn credentials_read_before_a_cut_issue_nothing<S: Store>(fresh: &Fresh<S>) {
    let failed = failed_once(fresh).await;
    let presented = session("carol", 0);
    fresh.begin(&presented).await;
    for everyone in [false, true] {
        let before = fresh.store.cut_subject(cut("alice")).await.unwrap().rows[0].seq;
        if everyone {
            let reason = RevocationReason::Revoked;
            drop(
                fresh
                    .store
                    .cut_everyone(reason, cut("alice").audit)
                    .await
                    .unwrap(),
            );
        } else {
            drop(fresh.store.cut_subject(cut("alice")).await.unwrap());
        }
        let stale = InsertSession {
            credential_epoch: Some(before),
            clear_attempts: Some(KEY),
            ..replacing(session("alice", 1), presented.id)
        };
        let rows = fresh.sink.rows();
        assert_eq!(fresh.insert(stale).await, Inserted::CredentialStale);
        assert_eq!(
            fresh.store.find_session(session("alice", 1).id).await.unwrap(),
            None
        );
        assert_eq!(fresh.store.find_attempts(KEY).await.unwrap(), failed);
        assert_eq!(
            fresh.found(presented.id).await.session.state,
            SessionState::Active
        );
        assert_eq!(fresh.sink.rows(), rows);
    }
}

/// The epoch as it is now is no obstacle; nor is a cut of somebody else.
pub async fn credentials_read_after_a_cut_issue_a_session<S: Store>(fresh: &Fresh<S>) {
    let now = fresh.store.cut_subject(cut("alice")).await.unwrap().rows[0].seq;
    drop(fresh.store.cut_subject(cut("bob")).await.unwrap());
    let current = InsertSession {
        credential_epoch: Some(now),
        ..insert(session("alice", 1))
    };
    let done = fresh.insert(current).await;
    assert!(
        matches!(done, Inserted::Done { epoch, .. } if epoch == now),
        "{done:?}"
    );
    let never_cut = InsertSession {
        credential_epoch: Some(RevocationSeq::ZERO),
        ..insert(session("carol", 1))
    };
    let done = fresh.insert(never_cut).await;
    assert!(matches!(done, Inserted::Done { .. }), "{done:?}");
}

/// Refused at the limit; admitted below it.
pub async fn a_subject_at_its_limit_is_refused_and_nothing_is_written<S: Store>(fresh: &Fresh<S>) {
    let failed = failed_once(fresh).await;
    for number in 0..2 {
        let below = limited(session("alice", number), 2, OnMax::Refuse);
        assert!(matches!(fresh.insert(below).await, Inserted::Done { .. }));
    }
    let beyond = InsertSession {
        clear_attempts: Some(KEY),
        ..limited(session("alice", 2), 2, OnMax::Refuse)
    };
    assert_eq!(fresh.insert(beyond).await, Inserted::LimitReached);
    assert_eq!(
        fresh.store.find_session(session("alice", 2).id).await.unwrap(),
        None
    );
    assert_eq!(fresh.store.find_attempts(KEY).await.unwrap(), failed);
    assert_eq!(fresh.sink.rows(), []);
}

/// The oldest go first, as many as needed, each with its row.
pub async fn a_subject_beyond_its_limit_loses_its_oldest_sessions<S: Store>(fresh: &Fresh<S>) {
    let ids = fresh.begin_many("alice", 5).await;
    let newest = session("alice", 5);
    let done = fresh
        .insert(limited(newest.clone(), 3, OnMax::ReplaceOldest))
        .await;
    let Inserted::Done { ended, .. } = done else {
        panic!("the session was refused: {done:?}");
    };
    let mut which: Vec<_> = ended.iter().map(|row| row.kind.clone()).collect();
    which.sort_by_key(|kind| ids.iter().position(|id| *kind == LogKind::Session(*id)));
    assert_eq!(which, [0, 1, 2].map(|oldest| LogKind::Session(ids[oldest])));
    for row in &ended {
        assert_eq!(
            (row.reason, row.at),
            (RevocationReason::Replaced, newest.created_at)
        );
    }
    assert_eq!(fresh.sink.rows(), ended);
    let all = [ids.clone(), vec![newest.id]].concat();
    assert_eq!(fresh.alive(&all, at(6)).await, all[3..]);
    for (id, row) in ids.iter().zip(&ended) {
        let expected = Ended::Revoked {
            at: row.at,
            reason: RevocationReason::Replaced,
            seq: row.seq,
        };
        assert_eq!(fresh.ended(*id, at(6)).await, Some(expected));
    }
}

/// Sessions that were revoked, cut, expired or idle take no place.
pub async fn only_live_sessions_count_towards_the_limit<S: Store>(fresh: &Fresh<S>) {
    fresh.begin(&session("alice", 0)).await;
    let everyone = fresh
        .store
        .cut_everyone(RevocationReason::Revoked, cut("alice").audit);
    drop(everyone.await.unwrap());
    fresh.begin(&session("alice", 4)).await;
    drop(fresh.store.cut_subject(cut("alice")).await.unwrap());
    let (mut expired, mut idle, revoked) = (session("alice", 1), session("alice", 2), session("alice", 3));
    expired.expires_at = at(1_000);
    idle.idle_expires_at = at(1_000);
    for ended in [&expired, &idle, &revoked] {
        fresh.begin(ended).await;
    }
    fresh.revoke(revoked.id).await;
    let before = limited(session("alice", 999), 2, OnMax::Refuse);
    assert_eq!(fresh.insert(before).await, Inserted::LimitReached);
    let at_their_end = limited(session("alice", 1_000), 1, OnMax::Refuse);
    let done = fresh.insert(at_their_end).await;
    assert!(matches!(done, Inserted::Done { .. }), "{done:?}");
}

/// Neither counted nor ended for another.
pub async fn the_limit_of_one_subject_is_not_that_of_another<S: Store>(fresh: &Fresh<S>) {
    let bobs = fresh.begin_many("bob", 3).await;
    for on_max in [OnMax::Refuse, OnMax::ReplaceOldest] {
        let name = format!("alice {on_max:?}");
        let done = fresh.insert(limited(session(&name, 0), 1, on_max)).await;
        assert!(matches!(done, Inserted::Done { .. }), "{done:?}");
    }
    assert_eq!(fresh.alive(&bobs, at(5)).await, bobs);
}

/// The count and the writing are one step.
pub async fn parallel_log_ins_never_pass_the_limit<S: Store>(fresh: &Fresh<S>) {
    let refuse = |number| limited(session("alice", number), 3, OnMax::Refuse);
    let answers = fresh
        .parallel(16, |store, number| {
            let insert = refuse(number);
            async move { store.insert_session(insert).await.unwrap() }
        })
        .await;
    let done = answers
        .iter()
        .filter(|answer| matches!(answer, Inserted::Done { .. }));
    assert_eq!(done.count(), 3);
    let replace = |number| limited(session("bob", number), 3, OnMax::ReplaceOldest);
    let answers = fresh
        .parallel(16, |store, number| {
            let insert = replace(number);
            async move { store.insert_session(insert).await.unwrap() }
        })
        .await;
    assert!(
        answers
            .iter()
            .all(|answer| matches!(answer, Inserted::Done { .. }))
    );
    let ids: Vec<SessionId> = (0..16).map(|number| session("bob", number).id).collect();
    assert_eq!(fresh.alive(&ids, at(20)).await.len(), 3);
}

/// Whoever logs in anew leaves no older session of that browser behind, also one of another subject.
pub async fn the_session_presented_at_log_in_ends_in_the_same_step<S: Store>(fresh: &Fresh<S>) {
    for (number, owner) in [(0, "alice"), (1, "bob")] {
        let presented = session(owner, number);
        fresh.begin(&presented).await;
        let done = fresh
            .insert(replacing(session("alice", 10 + number), presented.id))
            .await;
        let Inserted::Done { ended, .. } = done else {
            panic!("the session was refused: {done:?}");
        };
        assert_eq!(ended.len(), 1);
        assert_eq!(ended[0].kind, LogKind::Session(presented.id));
        let state = fresh.found(presented.id).await.session.state;
        let (at, reason, seq) = (ended[0].at, ended[0].reason, ended[0].seq);
        assert_eq!(state, SessionState::Revoked { at, reason, seq });
    }
}

/// What is ended in the step is not counted after it.
pub async fn the_session_presented_at_log_in_makes_room_for_the_new_one<S: Store>(fresh: &Fresh<S>) {
    let ids = fresh.begin_many("alice", 2).await;
    for (number, on_max, presented) in [
        (2, OnMax::Refuse, ids[1]),
        (3, OnMax::ReplaceOldest, session("alice", 2).id),
    ] {
        let insert = InsertSession {
            replaces: Some(presented),
            ..limited(session("alice", number), 2, on_max)
        };
        let done = fresh.insert(insert).await;
        let Inserted::Done { ended, .. } = done else {
            panic!("the session was refused: {done:?}");
        };
        assert_eq!(ended.len(), 1, "{ended:?}");
        assert_eq!(ended[0].kind, LogKind::Session(presented));
    }
    assert_eq!(fresh.alive(&ids, at(5)).await, ids[..1]);
}

/// Also where it is the oldest of those that must go.
pub async fn a_presented_session_among_the_oldest_ends_once<S: Store>(fresh: &Fresh<S>) {
    let ids = fresh.begin_many("alice", 3).await;
    let insert = InsertSession {
        replaces: Some(ids[0]),
        ..limited(session("alice", 3), 2, OnMax::ReplaceOldest)
    };
    let done = fresh.insert(insert).await;
    let Inserted::Done { ended, .. } = done else {
        panic!("the session was refused: {done:?}");
    };
    let mut which: Vec<_> = ended.into_iter().map(|row| row.kind).collect();
    which.sort_by_key(|kind| ids.iter().position(|id| *kind == LogKind::Session(*id)));
    assert_eq!(which, [LogKind::Session(ids[0]), LogKind::Session(ids[1])]);
    assert_eq!(fresh.alive(&ids, at(5)).await, ids[2..]);
}

/// No row, no second end, no obstacle.
pub async fn a_presented_session_that_is_unknown_or_ended_changes_nothing<S: Store>(fresh: &Fresh<S>) {
    let ended = session("alice", 0);
    fresh.begin(&ended).await;
    let row = fresh.revoke(ended.id).await;
    for (number, presented) in [(1, ended.id), (2, session("nobody", 0).id)] {
        let done = fresh.insert(replacing(session("alice", number), presented)).await;
        assert!(
            matches!(&done, Inserted::Done { ended, .. } if ended.is_empty()),
            "{done:?}"
        );
    }
    assert_eq!(
        fresh.found(ended.id).await.session.state,
        sample::logged_out(row.seq)
    );
    assert_eq!(fresh.sink.rows(), [row]);
}

/// All or nothing.
pub async fn a_refused_log_in_leaves_the_presented_session_alive<S: Store>(fresh: &Fresh<S>) {
    let presented = session("bob", 0);
    fresh.begin(&presented).await;
    fresh.begin(&session("alice", 0)).await;
    let refused = InsertSession {
        replaces: Some(presented.id),
        ..limited(session("alice", 1), 1, OnMax::Refuse)
    };
    assert_eq!(fresh.insert(refused).await, Inserted::LimitReached);
    assert_eq!(fresh.ended(presented.id, at(1)).await, None);
    assert_eq!(fresh.sink.rows(), []);
}

/// The password was right: the failures before it are forgotten, in the same step.
pub async fn a_log_in_clears_the_counter_of_its_throttle<S: Store>(fresh: &Fresh<S>) {
    failed_once(fresh).await;
    fresh.begin(&session("alice", 0)).await;
    assert_ne!(fresh.store.find_attempts(KEY).await.unwrap(), Attempts::default());
    let clearing = InsertSession {
        clear_attempts: Some(KEY),
        ..insert(session("alice", 1))
    };
    assert!(matches!(fresh.insert(clearing).await, Inserted::Done { .. }));
    assert_eq!(fresh.store.find_attempts(KEY).await.unwrap(), Attempts::default());
}

/// In the order of the ids, with gaps where there is none, repeated where asked twice.
pub async fn sessions_are_read_in_the_order_asked_for<S: Store>(fresh: &Fresh<S>) {
    let ids = fresh.begin_many("alice", 4).await;
    fresh.revoke(ids[1]).await;
    drop(fresh.store.cut_subject(cut("alice")).await.unwrap());
    let later = session("alice", 9);
    fresh.begin(&later).await;
    let activity = Activity {
        session_id: later.id,
        seen_at: at(20),
        idle_expires_at: at(4_000_000),
    };
    fresh.store.record_activity(vec![activity]).await.unwrap();
    let unknown = session("nobody", 0).id;
    let asked = vec![ids[3], unknown, later.id, ids[1], ids[3], ids[0]];
    let found = fresh.store.find_sessions(asked.clone()).await.unwrap();
    let mut one_by_one = Vec::new();
    for id in asked {
        one_by_one.push(fresh.store.find_session(id).await.unwrap());
    }
    assert_eq!(found, one_by_one);
    assert_eq!(fresh.store.find_sessions(Vec::new()).await.unwrap(), []);
    let thousand = vec![ids[0]; 1_000];
    assert_eq!(fresh.store.find_sessions(thousand).await.unwrap().len(), 1_000);
}
