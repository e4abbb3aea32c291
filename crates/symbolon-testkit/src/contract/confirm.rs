//! Step-ups: a session goes on with a new pair and a new proof.

use symbolon_core::audit::AuditEvent;
use symbolon_core::revocation::{LogKind, RevocationReason};
use symbolon_core::session::Session;
use symbolon_core::store::{ConfirmSession, RotateSession, Store};
use symbolon_core::throttle::{Attempts, ThrottleKey};
use symbolon_core::token::Generation;

use super::Fresh;
use super::cuts::cut;
use super::rotation::{another, rotation};
use super::sample::{at, entry, session};

const KEY: ThrottleKey = ThrottleKey([5; 16]);

/// `session` confirmed from its generation, with tokens that name `number`.
pub(super) fn confirmation(session: &Session, number: u8) -> ConfirmSession {
    let RotateSession { session, from, .. } = rotation(session, number);
    ConfirmSession {
        audit: entry(AuditEvent::Confirmed, 300).on(session.id),
        session: Session {
            authenticated_at: at(300),
            ..session
        },
        from,
        clear_attempts: KEY,
    }
}

/// Who it is, since when, until when at the most and what is claimed stay as they are.
pub async fn a_confirmation_writes_the_proof_and_what_a_rotation_writes_and_nothing_else<S: Store>(
    fresh: &Fresh<S>,
) {
    let session = session("alice", 0);
    fresh.begin(&session).await;
    let confirm = confirmation(&session, 9);
    let expected = confirm.session.clone();
    let disturbed = ConfirmSession {
        session: Session {
            authenticated_at: expected.authenticated_at,
            tokens: expected.tokens.clone(),
            last_seen_at: expected.last_seen_at,
            idle_expires_at: expected.idle_expires_at,
            seen_from: expected.seen_from.clone(),
            ..another(&session)
        },
        ..confirm
    };
    assert!(fresh.store.confirm_session(disturbed).await.unwrap().is_some());
    assert_eq!(fresh.found(session.id).await.session, expected);
}

/// What a node keeps of the session is stale, so that a stolen copy of the old pair is dead.
pub async fn a_confirmation_is_said_in_the_log_and_clears_the_counter<S: Store>(fresh: &Fresh<S>) {
    let session = session("alice", 0);
    fresh.begin(&session).await;
    fresh.fail(KEY).await;
    let step = fresh.store.confirm_session(confirmation(&session, 9));
    let row = step.await.unwrap().unwrap();
    assert_eq!((&row.kind, row.at), (&LogKind::StaleSession(session.id), at(300)));
    assert_eq!(fresh.sink.rows(), [row]);
    assert_eq!(fresh.store.find_attempts(KEY).await.unwrap(), Attempts::default());
    assert_eq!(fresh.alive(&[session.id], at(301)).await, [session.id]);
}

/// The compare comes before the set, and what is not written clears no counter.
pub async fn a_confirmation_from_another_generation_writes_nothing<S: Store>(fresh: &Fresh<S>) {
    let session = session("alice", 0);
    fresh.begin(&session).await;
    let first = rotation(&session, 9);
    assert!(fresh.store.commit_rotation(first.clone()).await.unwrap());
    let failed = Attempts {
        failures: 1,
        next_try_at: at(1),
    };
    let step = fresh
        .store
        .reserve_attempt(KEY, Attempts::default(), failed, at(0));
    assert!(step.await.unwrap());
    for from in [0, 2, u32::MAX] {
        let loser = ConfirmSession {
            from: Generation(from),
            ..confirmation(&session, 77)
        };
        assert_eq!(
            fresh.store.confirm_session(loser).await.unwrap(),
            None,
            "from {from}"
        );
        assert_eq!(fresh.found(session.id).await.session, first.session);
    }
    assert_eq!(fresh.store.find_attempts(KEY).await.unwrap(), failed);
    assert_eq!(fresh.sink.rows(), []);
}

/// A password does not bring back what was ended.
pub async fn a_confirmation_of_an_ended_cut_or_unknown_session_writes_nothing<S: Store>(fresh: &Fresh<S>) {
    let [ended, cut_off, of_all, unknown] = ["alice", "bob", "carol", "dora"].map(|name| session(name, 0));
    fresh.begin(&of_all).await;
    let everyone = fresh
        .store
        .cut_everyone(RevocationReason::Revoked, cut("carol").audit);
    drop(everyone.await.unwrap());
    fresh.begin(&ended).await;
    fresh.begin(&cut_off).await;
    fresh.revoke(ended.id).await;
    drop(fresh.store.cut_subject(cut("bob")).await.unwrap());
    let rows = fresh.sink.rows();
    for session in [&ended, &cut_off, &of_all, &unknown] {
        let step = fresh.store.confirm_session(confirmation(session, 9));
        assert_eq!(step.await.unwrap(), None);
    }
    assert_eq!(fresh.sink.rows(), rows);
    for session in [ended, cut_off, of_all] {
        let found = fresh.found(session.id).await.session;
        assert_eq!(
            (found.tokens, found.authenticated_at),
            (session.tokens, session.authenticated_at)
        );
    }
    assert_eq!(fresh.store.find_session(unknown.id).await.unwrap(), None);
}

/// One pair, however often the password was sent.
pub async fn of_parallel_confirmations_exactly_one_is_written<S: Store>(fresh: &Fresh<S>) {
    let session = session("alice", 0);
    fresh.begin(&session).await;
    let (number, row) = fresh
        .only_one_of(32, |store, number| {
            let confirm = confirmation(&session, number);
            async move { store.confirm_session(confirm).await.unwrap() }
        })
        .await;
    let expected = confirmation(&session, number).session;
    assert_eq!(fresh.found(session.id).await.session, expected);
    assert_eq!(fresh.sink.rows().first(), Some(&row));
}

/// The two write the same tokens: the later one would overwrite what the earlier one has answered.
pub async fn a_confirmation_and_a_rotation_at_the_same_time_are_not_both_written<S: Store>(fresh: &Fresh<S>) {
    for number in 0..20 {
        let session = session("alice", number);
        fresh.begin(&session).await;
        let (rotated, confirmed) = tokio::join!(
            fresh.store.commit_rotation(rotation(&session, 9)),
            fresh.store.confirm_session(confirmation(&session, 8)),
        );
        let (rotated, confirmed) = (rotated.unwrap(), confirmed.unwrap().is_some());
        assert!(rotated != confirmed, "{rotated} {confirmed}");
        let written = if rotated {
            rotation(&session, 9).session
        } else {
            confirmation(&session, 8).session
        };
        assert_eq!(fresh.found(session.id).await.session, written);
    }
}
