//! All sessions, page by page.

use symbolon_core::session::SessionId;
use symbolon_core::store::Store;

use super::Fresh;
use super::cuts::cut;
use super::sample::session;

/// Of every subject, each once, in the order of their ids, whatever the size of the pages.
pub async fn a_walk_meets_every_session_once<S: Store>(fresh: &Fresh<S>) {
    let mut ids: Vec<SessionId> = Vec::new();
    for subject in ["alice", "bob", "carol"] {
        ids.extend(fresh.begin_many(subject, 4).await);
    }
    ids.sort_unstable();
    for limit in [1, 5, 12, 100] {
        let mut met = Vec::new();
        loop {
            let page = fresh
                .store
                .walk_sessions(met.last().copied(), limit)
                .await
                .unwrap();
            assert!(page.len() <= limit as usize);
            if page.is_empty() {
                break;
            }
            met.extend(page.iter().map(|found| found.session.id));
            assert!(met.len() <= ids.len(), "pages of {limit} repeat");
        }
        assert_eq!(met, ids, "pages of {limit}");
    }
}

/// As each would be found by its id: also one that was ended, and one that a cut has ended.
pub async fn a_walk_shows_sessions_as_they_are_found<S: Store>(fresh: &Fresh<S>) {
    assert_eq!(fresh.store.walk_sessions(None, 10).await.unwrap(), []);
    for session in [session("alice", 0), session("bob", 1), session("carol", 2)] {
        fresh.begin(&session).await;
    }
    drop(fresh.store.cut_subject(cut("alice")).await.unwrap());
    fresh.revoke(session("bob", 1).id).await;
    let mut expected = Vec::new();
    for session in [session("alice", 0), session("bob", 1), session("carol", 2)] {
        expected.push(fresh.found(session.id).await);
    }
    expected.sort_by_key(|found| found.session.id);
    assert_eq!(fresh.store.walk_sessions(None, 10).await.unwrap(), expected);
}
