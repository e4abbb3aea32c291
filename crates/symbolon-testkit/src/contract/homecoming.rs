//! Sessions that were begun in a node's mirror and come home.

use symbolon_core::audit::AuditEvent;
use symbolon_core::member::Incarnation;
use symbolon_core::revocation::{RevocationReason, RevocationSeq};
use symbolon_core::session::Session;
use symbolon_core::store::{AdoptSession, Adopted, Mirrored};
use symbolon_core::token::Generation;

use super::Fresh;
use super::sample::{digest, entry, full_session, revoke, session};

/// How far a jump goes at the least: no follower takes it for a row that is missing.
const JUMP: u64 = 1 << 20;

fn home(session: &Session, known: RevocationSeq) -> AdoptSession {
    AdoptSession {
        session: session.clone(),
        known,
        audit: entry(AuditEvent::Issued, 0),
    }
}

/// All of it is there, under the newest cut.
pub async fn a_session_comes_home_as_it_was_in_the_mirror<S: Mirrored>(fresh: &Fresh<S>) {
    let session = full_session();
    let head = fresh.store.log_head().await.unwrap().seq;
    let adopted = fresh.store.adopt_session(home(&session, head)).await.unwrap();
    let Adopted::There(epoch) = adopted else {
        panic!("{adopted:?}")
    };
    let found = fresh.store.find_session(session.id).await.unwrap().unwrap();
    assert_eq!(found.session, Session { epoch, ..session });
    assert_eq!(found.cut.seq, epoch);
}

/// Whatever became of it: rotated or ended, it is not written over.
pub async fn a_session_that_is_home_is_not_written_again<S: Mirrored>(fresh: &Fresh<S>) {
    let session = session("alice", 0);
    let head = fresh.store.log_head().await.unwrap().seq;
    let adopt = || fresh.store.adopt_session(home(&session, head));
    assert!(matches!(adopt().await.unwrap(), Adopted::There(_)));
    assert!(matches!(adopt().await.unwrap(), Adopted::There(_)));
    fresh.store.revoke_session(revoke(session.id)).await.unwrap();
    assert!(matches!(adopt().await.unwrap(), Adopted::There(_)));
    let found = fresh.store.find_session(session.id).await.unwrap().unwrap();
    assert!(found.session.revoked(found.cut).is_some());
    // An older state of one that was rotated since is the same session.
    let mut rotated = super::sample::session("bob", 1);
    let older = rotated.clone();
    rotated.tokens.generation = Generation(1);
    rotated.tokens.access.digest = digest(9);
    fresh.store.adopt_session(home(&rotated, head)).await.unwrap();
    let again = fresh.store.adopt_session(home(&older, head)).await.unwrap();
    assert!(matches!(again, Adopted::There(_)));
    let found = fresh.store.find_session(older.id).await.unwrap().unwrap();
    assert_eq!(found.session.tokens, rotated.tokens);
}

/// It is told apart by what it has.
pub async fn another_session_of_the_same_id_stays<S: Mirrored>(fresh: &Fresh<S>) {
    let there = session("alice", 0);
    let head = fresh.store.log_head().await.unwrap().seq;
    fresh.store.adopt_session(home(&there, head)).await.unwrap();
    let mut other = there.clone();
    other.tokens.access.digest = digest(7);
    let adopted = fresh.store.adopt_session(home(&other, head)).await.unwrap();
    assert_eq!(adopted, Adopted::OtherIsThere);
    let found = fresh.store.find_session(there.id).await.unwrap().unwrap();
    assert_eq!(found.session.tokens, there.tokens);
}

/// And one that is not newer does not.
pub async fn a_cut_that_its_node_did_not_know_ends_it<S: Mirrored>(fresh: &Fresh<S>) {
    let (one, two) = (session("alice", 0), session("alice", 1));
    let before = fresh.store.log_head().await.unwrap().seq;
    let audit = entry(AuditEvent::EveryoneRevoked, 0);
    let reason = RevocationReason::Kicked;
    let cut = fresh.store.cut_everyone(reason, audit).await.unwrap();
    let seq = cut.rows.first().unwrap().seq;
    let adopted = fresh.store.adopt_session(home(&one, before)).await.unwrap();
    assert_eq!(adopted, Adopted::Ended(seq));
    let found = fresh.store.find_session(one.id).await.unwrap().unwrap();
    assert!(found.session.revoked(found.cut).is_some());
    let adopted = fresh.store.adopt_session(home(&two, seq)).await.unwrap();
    assert_eq!(adopted, Adopted::There(seq));
    let found = fresh.store.find_session(two.id).await.unwrap().unwrap();
    assert_eq!(found.session.revoked(found.cut), None);
}

/// So that what another log gave out meanwhile is older than all that follows.
pub async fn the_log_jumps_beyond_a_position_once<S: Mirrored>(fresh: &Fresh<S>) {
    let head = fresh.store.log_head().await.unwrap().seq;
    let beyond = RevocationSeq(head.0 + 5);
    let jumped = fresh.store.jump_beyond(beyond).await.unwrap();
    assert!(jumped.0 >= head.0 + JUMP, "{jumped:?}");
    assert_eq!(fresh.store.jump_beyond(beyond).await.unwrap(), jumped);
    assert_eq!(fresh.store.log_head().await.unwrap().seq, jumped);
    let far = RevocationSeq(jumped.0 + 10 * JUMP);
    assert!(fresh.store.jump_beyond(far).await.unwrap() > far);
    let audit = entry(AuditEvent::EveryoneRevoked, 0);
    let cut = fresh
        .store
        .cut_everyone(RevocationReason::Kicked, audit)
        .await
        .unwrap();
    assert!(cut.rows.iter().all(|row| row.seq > far));
}

/// One that is not there is not made.
pub async fn a_member_that_is_not_there_may_not_fall_back<S: Mirrored>(fresh: &Fresh<S>) {
    let nobody = Incarnation::from_bytes([9; 16]);
    assert!(!fresh.store.set_may_fall_back(nobody, true).await.unwrap());
    assert!(fresh.store.list_members().await.unwrap().is_empty());
}
