//! Rotations and changes: what they write, and what they compare before.

use symbolon_core::audit::AuditEvent;
use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::{LogKind, RevocationReason, RevocationSeq};
use symbolon_core::session::{Session, SessionState, TokenStyle};
use symbolon_core::store::{ChangeSession, RotateSession, Store, SuccessorUse};
use symbolon_core::token::Generation;

use super::Fresh;
use super::cuts::cut;
use super::sample::{at, entry, full_session, logged_out, session};

/// `session` rotated from its generation, with tokens that name `number`.
pub(super) fn rotation(session: &Session, number: u8) -> RotateSession {
    let from = session.tokens.generation;
    let mut rotated = session.clone();
    rotated.tokens = full_session().tokens;
    rotated.tokens.generation = from.next();
    rotated.tokens.generation_floor = Generation(0);
    rotated.tokens.access = super::sample::credential(number, 70_000);
    rotated.last_seen_at = at(300);
    rotated.idle_expires_at = at(3_600_300);
    rotated.seen_from = full_session().seen_from;
    RotateSession {
        session: rotated,
        from,
        audit: entry(AuditEvent::Refreshed, 300).on(session.id),
    }
}

fn change(session: &Session) -> ChangeSession {
    let mut changed = session.clone();
    changed.lives = full_session().lives;
    changed.expires_at = at(5_000_000);
    changed.idle_expires_at = at(4_000_000);
    changed.claims = full_session().claims;
    ChangeSession {
        session: changed,
        audit: entry(AuditEvent::SessionChanged, 400).on(session.id),
    }
}

/// A session that differs from `session` in every field that neither a rotation nor a change writes.
pub(super) fn another(session: &Session) -> Session {
    let other = full_session();
    Session {
        id: session.id,
        epoch: RevocationSeq(u64::MAX >> 1),
        state: SessionState::Revoked {
            at: Timestamp(1),
            reason: RevocationReason::Kicked,
            seq: RevocationSeq(1),
        },
        style: TokenStyle::Jwt,
        ..other
    }
}

/// Who it is, since when, under which cut and what is claimed stay as they are.
pub async fn a_rotation_writes_tokens_ends_and_place_and_nothing_else<S: Store>(fresh: &Fresh<S>) {
    let session = session("alice", 0);
    fresh.begin(&session).await;
    let rotate = rotation(&session, 9);
    let expected = rotate.session.clone();
    let disturbed = RotateSession {
        session: Session {
            tokens: expected.tokens.clone(),
            last_seen_at: expected.last_seen_at,
            idle_expires_at: expected.idle_expires_at,
            seen_from: expected.seen_from.clone(),
            ..another(&session)
        },
        ..rotate
    };
    assert!(fresh.store.commit_rotation(disturbed).await.unwrap());
    assert_eq!(fresh.found(session.id).await.session, expected);
    assert_eq!(fresh.sink.rows(), []);
}

/// A late repetition: the same generation before and after.
pub async fn a_renewal_of_the_same_generation_is_written<S: Store>(fresh: &Fresh<S>) {
    let session = session("alice", 0);
    fresh.begin(&session).await;
    let mut renewal = rotation(&session, 9);
    renewal.session.tokens.generation = renewal.from;
    assert!(fresh.store.commit_rotation(renewal.clone()).await.unwrap());
    assert_eq!(fresh.found(session.id).await.session, renewal.session);
}

/// The pair was used between the reading and the writing: the old token's grace has begun.
pub async fn a_renewal_does_not_take_back_the_mark_of_a_first_use<S: Store>(fresh: &Fresh<S>) {
    let session = session("alice", 0);
    fresh.begin(&session).await;
    let mut rotation = rotation(&session, 9);
    rotation.session.tokens.successor_used_at = None;
    assert!(fresh.store.commit_rotation(rotation.clone()).await.unwrap());
    let used = SuccessorUse {
        session_id: session.id,
        generation: Generation(1),
        used_at: at(700),
    };
    fresh.store.mark_successors_used(vec![used]).await.unwrap();
    rotation.from = Generation(1);
    assert!(fresh.store.commit_rotation(rotation).await.unwrap());
    let tokens = fresh.found(session.id).await.session.tokens;
    assert_eq!(tokens.successor_used_at, Some(at(700)));
}

/// The compare comes before the set.
pub async fn a_rotation_from_another_generation_writes_nothing<S: Store>(fresh: &Fresh<S>) {
    let session = session("alice", 0);
    fresh.begin(&session).await;
    let first = rotation(&session, 9);
    assert!(fresh.store.commit_rotation(first.clone()).await.unwrap());
    for from in [0, 2, u32::MAX] {
        let loser = RotateSession {
            from: Generation(from),
            ..rotation(&session, 77)
        };
        assert!(!fresh.store.commit_rotation(loser).await.unwrap(), "from {from}");
        assert_eq!(fresh.found(session.id).await.session, first.session);
    }
}

/// A refresh that was decided before a log-out does not undo it.
pub async fn a_rotation_of_an_ended_session_writes_nothing<S: Store>(fresh: &Fresh<S>) {
    let session = session("alice", 0);
    fresh.begin(&session).await;
    let row = fresh.revoke(session.id).await;
    assert!(!fresh.store.commit_rotation(rotation(&session, 9)).await.unwrap());
    let state = logged_out(row.seq);
    assert_eq!(
        fresh.found(session.id).await.session,
        Session { state, ..session }
    );
}

/// Whether or not the store has marked the rows yet.
pub async fn a_rotation_of_a_cut_session_writes_nothing<S: Store>(fresh: &Fresh<S>) {
    let (alice, bob) = (session("alice", 0), session("bob", 0));
    fresh.begin(&alice).await;
    fresh.begin(&bob).await;
    drop(fresh.store.cut_subject(cut("alice")).await.unwrap());
    assert!(!fresh.store.commit_rotation(rotation(&alice, 9)).await.unwrap());
    let everyone = fresh
        .store
        .cut_everyone(RevocationReason::Revoked, cut("bob").audit);
    drop(everyone.await.unwrap());
    assert!(!fresh.store.commit_rotation(rotation(&bob, 9)).await.unwrap());
    for session in [alice, bob] {
        assert_eq!(fresh.found(session.id).await.session.tokens, session.tokens);
    }
}

/// Nothing to compare with.
pub async fn a_rotation_of_an_unknown_session_writes_nothing<S: Store>(fresh: &Fresh<S>) {
    let session = session("alice", 0);
    assert!(!fresh.store.commit_rotation(rotation(&session, 9)).await.unwrap());
    assert_eq!(fresh.store.find_session(session.id).await.unwrap(), None);
}

/// One successor, whoever asks at the same time.
pub async fn of_parallel_rotations_exactly_one_is_written<S: Store>(fresh: &Fresh<S>) {
    let session = session("alice", 0);
    fresh.begin(&session).await;
    let (number, ()) = fresh
        .only_one_of(64, |store, number| {
            let rotate = rotation(&session, number);
            async move { store.commit_rotation(rotate).await.unwrap().then_some(()) }
        })
        .await;
    let expected = rotation(&session, number).session;
    assert_eq!(fresh.found(session.id).await.session, expected);
}

/// Neither tokens nor place; and the log says that what is cached is stale.
pub async fn a_change_writes_lives_ends_and_claims_and_nothing_else<S: Store>(fresh: &Fresh<S>) {
    let session = session("alice", 0);
    fresh.begin(&session).await;
    let change = change(&session);
    let expected = change.session.clone();
    let disturbed = ChangeSession {
        session: Session {
            lives: expected.lives,
            expires_at: expected.expires_at,
            idle_expires_at: expected.idle_expires_at,
            claims: expected.claims.clone(),
            ..another(&session)
        },
        ..change
    };
    let row = fresh.store.change_session(disturbed).await.unwrap().unwrap();
    assert_eq!(row.kind, LogKind::StaleSession(session.id));
    assert_eq!(fresh.found(session.id).await.session, expected);
    assert_eq!(fresh.sink.rows(), [row]);
}

/// What has ended stays as it ended.
pub async fn a_change_of_an_ended_or_unknown_session_writes_nothing<S: Store>(fresh: &Fresh<S>) {
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
        assert_eq!(fresh.store.change_session(change(session)).await.unwrap(), None);
    }
    assert_eq!(fresh.sink.rows(), rows);
    for session in [ended, cut_off, of_all] {
        assert_eq!(fresh.found(session.id).await.session.claims, session.claims);
    }
}
