//! The end of one session.

use symbolon_core::revocation::{LogKind, RevocationReason, RevocationSeq};
use symbolon_core::session::{Session, SessionId};
use symbolon_core::store::{RevokeSession, Revoked, Store};

use super::Fresh;
use super::cuts::cut;
use super::rotation::rotation;
use super::sample::{at, logged_out, revoke, session};

/// The state and the row are one step and say the same.
pub async fn a_revocation_is_a_state_and_a_row<S: Store>(fresh: &Fresh<S>) {
    let ids = fresh.begin_many("alice", 7).await;
    for (id, reason) in ids.into_iter().zip(RevocationReason::ALL) {
        let order = RevokeSession { reason, ..revoke(id) };
        let Revoked::Done(row) = fresh.store.revoke_session(order).await.unwrap() else {
            panic!("the session was alive");
        };
        assert_eq!(
            (&row.kind, row.at, row.reason),
            (&LogKind::Session(id), at(500), reason)
        );
        assert_eq!(fresh.store.log_head().await.unwrap().seq, row.seq);
        let found = fresh.found(id).await;
        let ended = found.session.revoked(found.cut);
        let expected = symbolon_core::session::Ended::Revoked {
            at: at(500),
            reason,
            seq: row.seq,
        };
        assert_eq!(ended, Some(expected));
    }
}

/// Repeating is safe: the same position, the first reason, no row.
pub async fn a_repeated_revocation_says_the_first_end_and_writes_nothing<S: Store>(fresh: &Fresh<S>) {
    let session = session("alice", 0);
    fresh.begin(&session).await;
    let row = fresh.revoke(session.id).await;
    let mut again = revoke(session.id);
    again.reason = RevocationReason::Kicked;
    again.audit.at = at(900);
    let expected = Revoked::Already {
        seq: row.seq,
        at: at(500),
        reason: RevocationReason::Logout,
    };
    for _ in 0..2 {
        assert_eq!(fresh.store.revoke_session(again.clone()).await.unwrap(), expected);
    }
    assert_eq!(fresh.found(session.id).await.session.state, logged_out(row.seq));
    assert_eq!(fresh.sink.rows(), [row]);
}

/// A session that a cut ended has the cut's position, instant and reason.
pub async fn a_revocation_of_a_cut_session_says_the_cut<S: Store>(fresh: &Fresh<S>) {
    let (alice, bob) = (session("alice", 0), session("bob", 0));
    fresh.begin(&alice).await;
    fresh.begin(&bob).await;
    let subject = fresh
        .store
        .cut_subject(cut("alice"))
        .await
        .unwrap()
        .rows
        .remove(0);
    let step = fresh
        .store
        .cut_everyone(RevocationReason::Revoked, cut("bob").audit);
    let everyone = step.await.unwrap().rows.remove(0);
    for (session, row) in [(alice, subject), (bob, everyone)] {
        let expected = Revoked::Already {
            seq: row.seq,
            at: row.at,
            reason: row.reason,
        };
        assert_eq!(
            fresh.store.revoke_session(revoke(session.id)).await.unwrap(),
            expected
        );
    }
    assert_eq!(fresh.sink.rows().len(), 2);
}

/// Only a store that has looked may say so.
pub async fn a_revocation_of_an_unknown_session_says_so<S: Store>(fresh: &Fresh<S>) {
    let order = revoke(session("alice", 0).id);
    assert_eq!(fresh.store.revoke_session(order).await.unwrap(), Revoked::Unknown);
    assert_eq!(fresh.sink.rows(), []);
}

/// Whoever asks at the same time learns the same position.
pub async fn of_parallel_revocations_one_is_done_and_all_name_its_row<S: Store>(fresh: &Fresh<S>) {
    let session = session("alice", 0);
    fresh.begin(&session).await;
    let answers = fresh
        .parallel(32, |store, _| {
            let order = revoke(session.id);
            async move { store.revoke_session(order).await.unwrap() }
        })
        .await;
    let rows = fresh.sink.rows();
    assert_eq!(rows.len(), 1);
    let done = answers
        .iter()
        .filter(|answer| matches!(answer, Revoked::Done(row) if *row == rows[0]));
    assert_eq!(done.count(), 1);
    let already = Revoked::Already {
        seq: rows[0].seq,
        at: at(500),
        reason: RevocationReason::Logout,
    };
    assert_eq!(answers.iter().filter(|answer| **answer == already).count(), 31);
}

/// More than one transaction takes (256): each has its own row, and each its own position.
pub async fn parallel_revocations_of_many_sessions_are_all_written<S: Store>(fresh: &Fresh<S>) {
    let many: Vec<Session> = (0..300).map(|number| session("alice", number)).collect();
    fresh.begin_all(&many).await;
    let mut answered: Vec<(RevocationSeq, SessionId)> = fresh
        .parallel(300, |store, number| {
            let id = many[number as usize].id;
            async move {
                match store.revoke_session(revoke(id)).await.unwrap() {
                    Revoked::Done(row) => (row.seq, id),
                    other => panic!("the session was alive: {other:?}"),
                }
            }
        })
        .await;
    answered.sort_unstable();
    let written: Vec<_> = fresh
        .sink
        .rows()
        .into_iter()
        .map(|row| (row.seq, row.kind))
        .collect();
    let expected: Vec<_> = answered
        .iter()
        .map(|(seq, id)| (*seq, LogKind::Session(*id)))
        .collect();
    assert_eq!(written, expected);
    let ids: Vec<SessionId> = many.iter().map(|session| session.id).collect();
    assert_eq!(fresh.alive(&ids, at(501)).await, []);
}

/// Whichever comes first, the session is dead afterwards; a rotation after the end writes nothing.
pub async fn a_revocation_racing_a_rotation_always_wins<S: Store>(fresh: &Fresh<S>) {
    for number in 0..20 {
        let session = session("alice", number);
        fresh.begin(&session).await;
        let (rotated, revoked) = tokio::join!(
            fresh.store.commit_rotation(rotation(&session, 9)),
            fresh.store.revoke_session(revoke(session.id)),
        );
        let Revoked::Done(row) = revoked.unwrap() else {
            panic!("the session was alive");
        };
        let found = fresh.found(session.id).await.session;
        assert_eq!(found.state, logged_out(row.seq));
        let generation = if rotated.unwrap() { 1 } else { 0 };
        assert_eq!(found.tokens.generation.0, generation);
    }
}
