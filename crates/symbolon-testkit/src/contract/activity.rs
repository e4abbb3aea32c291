//! What is recorded of the use of sessions and of pairs.

use symbolon_core::session::{Session, SessionId};
use symbolon_core::store::{Activity, FoundSession, ListSessions, Store, SuccessorUse};
use symbolon_core::token::Generation;

use super::Fresh;
use super::rotation::rotation;
use super::sample::{at, logged_out, session, subject};

fn used(session_id: SessionId, seen: i64, idle_end: i64) -> Activity {
    Activity {
        session_id,
        seen_at: at(seen),
        idle_expires_at: at(idle_end),
    }
}

fn successor(session: &Session, generation: u32, used: i64) -> SuccessorUse {
    SuccessorUse {
        session_id: session.id,
        generation: Generation(generation),
        used_at: at(used),
    }
}

/// The sessions that are listed as alive then: what a list reads has moved as well.
async fn live<S: Store>(fresh: &Fresh<S>, millis: i64) -> Vec<FoundSession> {
    let list = ListSessions {
        subject: subject("alice"),
        live_at: Some(at(millis)),
        before: None,
        limit: 10,
    };
    fresh.store.list_sessions(list).await.unwrap()
}

/// A session that was rotated once and whose pair was not used yet.
async fn rotated<S: Store>(fresh: &Fresh<S>) -> Session {
    let session = session("alice", 0);
    fresh.begin(&session).await;
    let mut rotation = rotation(&session, 9);
    rotation.session.tokens.successor_used_at = None;
    assert!(fresh.store.commit_rotation(rotation.clone()).await.unwrap());
    rotation.session
}

/// And nothing else.
pub async fn a_use_moves_the_last_use_and_the_idle_end<S: Store>(fresh: &Fresh<S>) {
    let (first, second) = (session("alice", 0), session("alice", 1));
    fresh.begin(&first).await;
    fresh.begin(&second).await;
    let uses = vec![
        used(first.id, 5_000, 3_700_000),
        used(second.id, 6_000, 3_800_000),
    ];
    fresh.store.record_activity(uses).await.unwrap();
    for (session, seen, idle_end) in [(first, 5_000, 3_700_000), (second, 6_000, 3_800_000)] {
        let expected = Session {
            last_seen_at: at(seen),
            idle_expires_at: at(idle_end),
            ..session
        };
        assert_eq!(fresh.found(expected.id).await.session, expected);
    }
    assert_eq!(live(fresh, 3_699_999).await.len(), 2);
    assert_eq!(live(fresh, 3_799_999).await.len(), 1);
    fresh.store.record_activity(Vec::new()).await.unwrap();
    assert_eq!(fresh.sink.rows(), []);
}

/// Neither instant goes back, each by itself.
pub async fn a_use_that_comes_late_moves_nothing_back<S: Store>(fresh: &Fresh<S>) {
    let session = session("alice", 0);
    fresh.begin(&session).await;
    let uses = [
        (5_000, 3_700_000, 5_000, 3_700_000),
        (4_999, 3_699_999, 5_000, 3_700_000),
        (4_000, 3_800_000, 5_000, 3_800_000),
        (6_000, 1_000, 6_000, 3_800_000),
    ];
    for (seen, idle_end, expected_seen, expected_end) in uses {
        let step = fresh
            .store
            .record_activity(vec![used(session.id, seen, idle_end)]);
        step.await.unwrap();
        let found = fresh.found(session.id).await.session;
        assert_eq!(
            (found.last_seen_at, found.idle_expires_at),
            (at(expected_seen), at(expected_end))
        );
    }
}

/// One millisecond before, it counts.
pub async fn a_use_at_the_idle_end_does_not_revive<S: Store>(fresh: &Fresh<S>) {
    let mut session = session("alice", 0);
    session.idle_expires_at = at(1_000);
    fresh.begin(&session).await;
    for late in [1_000, 1_001, 50_000] {
        let step = fresh.store.record_activity(vec![used(session.id, late, 90_000)]);
        step.await.unwrap();
        assert_eq!(fresh.found(session.id).await.session, session);
    }
    let in_time = fresh.store.record_activity(vec![used(session.id, 999, 90_000)]);
    in_time.await.unwrap();
    assert_eq!(fresh.found(session.id).await.session.idle_expires_at, at(90_000));
}

/// A late flush changes nothing of what was ended.
pub async fn a_use_of_an_ended_or_unknown_session_is_not_written<S: Store>(fresh: &Fresh<S>) {
    let (ended, alive) = (session("alice", 0), session("alice", 1));
    fresh.begin(&ended).await;
    fresh.begin(&alive).await;
    let row = fresh.revoke(ended.id).await;
    let uses = [ended.id, session("nobody", 0).id, alive.id].map(|id| used(id, 2_000, 9_000_000));
    fresh.store.record_activity(uses.to_vec()).await.unwrap();
    let expected = Session {
        state: logged_out(row.seq),
        ..ended
    };
    assert_eq!(fresh.found(expected.id).await.session, expected);
    assert_eq!(fresh.found(alive.id).await.session.last_seen_at, at(2_000));
}

/// The first one stays: the grace counts from it.
pub async fn the_first_use_of_a_pair_is_marked_once<S: Store>(fresh: &Fresh<S>) {
    let mut session = rotated(fresh).await;
    session.tokens.successor_used_at = Some(at(700));
    for instant in [700, 600, 800] {
        let step = fresh
            .store
            .mark_successors_used(vec![successor(&session, 1, instant)]);
        step.await.unwrap();
        assert_eq!(fresh.found(session.id).await.session, session);
    }
}

/// A mark that a rotation has overtaken says nothing about the next pair.
pub async fn a_use_of_another_generation_is_not_marked<S: Store>(fresh: &Fresh<S>) {
    let session = rotated(fresh).await;
    for generation in [0, 2] {
        let step = fresh
            .store
            .mark_successors_used(vec![successor(&session, generation, 700)]);
        step.await.unwrap();
        assert_eq!(fresh.found(session.id).await.session, session);
    }
}

/// The digests stay: by them an old token is known as reuse.
pub async fn a_wiped_nonce_is_gone_and_nothing_else<S: Store>(fresh: &Fresh<S>) {
    let mut session = rotated(fresh).await;
    let step = fresh
        .store
        .mark_successors_used(vec![successor(&session, 1, 700)]);
    step.await.unwrap();
    for _ in 0..2 {
        let step = fresh.store.wipe_nonces(vec![successor(&session, 1, 700)]);
        step.await.unwrap();
        session.tokens.successor_used_at = Some(at(700));
        session.tokens.nonce = None;
        assert_eq!(fresh.found(session.id).await.session, session);
    }
}

/// A wipe that a rotation has overtaken leaves the next pair its nonce.
pub async fn a_nonce_of_another_generation_is_not_wiped<S: Store>(fresh: &Fresh<S>) {
    let session = rotated(fresh).await;
    for generation in [0, 2] {
        let step = fresh
            .store
            .wipe_nonces(vec![successor(&session, generation, 700)]);
        step.await.unwrap();
        assert_eq!(fresh.found(session.id).await.session, session);
    }
}
