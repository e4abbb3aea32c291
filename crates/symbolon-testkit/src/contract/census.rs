//! How many sessions are alive.

use symbolon_core::clock::Timestamp;
use symbolon_core::store::{Census, Store};

use super::Fresh;
use super::cuts::cut;
use super::sample::{at, session};

async fn counted<S: Census>(fresh: &Fresh<S>, now: Timestamp) -> u64 {
    fresh.store.count_sessions(now).await.unwrap()
}

/// Of every subject, and none that was ended, or is past one of its ends.
pub async fn sessions_are_counted_without_any_that_has_ended<S: Store + Census>(fresh: &Fresh<S>) {
    assert_eq!(counted(fresh, at(0)).await, 0);
    fresh.begin(&session("alice", 0)).await;
    drop(fresh.store.cut_subject(cut("alice")).await.unwrap());
    let revoked = session("bob", 1);
    let (mut expiring, mut idle) = (session("bob", 2), session("carol", 3));
    expiring.expires_at = at(2_000);
    idle.idle_expires_at = at(1_000);
    for session in [&revoked, &expiring, &idle, &session("alice", 4)] {
        fresh.begin(session).await;
    }
    fresh.revoke(revoked.id).await;
    for (now, expected) in [(999, 3), (1_000, 2), (1_999, 2), (2_000, 1)] {
        assert_eq!(counted(fresh, at(now)).await, expected, "at {now}");
    }
}

/// At once, also where there are more than one transaction marks.
pub async fn a_cut_takes_its_sessions_off_the_count_at_once<S: Store + Census>(fresh: &Fresh<S>) {
    let sessions: Vec<_> = (0..1_100).map(|number| session("alice", number)).collect();
    fresh.begin_all(&sessions).await;
    fresh.begin_many("bob", 3).await;
    assert_eq!(counted(fresh, at(1_101)).await, 1_103);
    drop(fresh.store.cut_subject(cut("alice")).await.unwrap());
    assert_eq!(counted(fresh, at(1_101)).await, 3);
}
