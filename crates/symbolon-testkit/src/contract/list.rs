//! A subject's sessions, page by page.

use symbolon_core::clock::Timestamp;
use symbolon_core::session::SessionId;
use symbolon_core::store::{ListSessions, Store};

use super::Fresh;
use super::cuts::cut;
use super::sample::{at, session, subject};

fn page(live_at: Option<Timestamp>, before: Option<SessionId>, limit: u32) -> ListSessions {
    ListSessions {
        subject: subject("alice"),
        live_at,
        before,
        limit,
    }
}

async fn listed<S: Store>(fresh: &Fresh<S>, page: ListSessions) -> Vec<SessionId> {
    let found = fresh.store.list_sessions(page).await.unwrap();
    found.iter().map(|found| found.session.id).collect()
}

/// Each with the cut that concerns it, as it would be found.
pub async fn a_list_is_newest_first_and_of_one_subject<S: Store>(fresh: &Fresh<S>) {
    let mut ids = Vec::new();
    for number in [3, 0, 4, 1, 2] {
        fresh.begin(&session("alice", number)).await;
        fresh.begin(&session("bob", number)).await;
    }
    for number in (0..5).rev() {
        ids.push(session("alice", number).id);
    }
    drop(fresh.store.cut_subject(cut("alice")).await.unwrap());
    let found = fresh.store.list_sessions(page(None, None, 100)).await.unwrap();
    let mut expected = Vec::new();
    for id in ids {
        expected.push(fresh.found(id).await);
    }
    assert_eq!(found, expected);
}

/// Also where sessions of one millisecond are torn apart by a page's end.
pub async fn pages_of_a_list_join_without_gap_or_repetition<S: Store>(fresh: &Fresh<S>) {
    fresh.begin_many("alice", 7).await;
    let whole = listed(fresh, page(None, None, 100)).await;
    assert_eq!(whole.len(), 7);
    for (limit, live_at) in [
        (1, None),
        (2, None),
        (3, Some(at(9))),
        (7, None),
        (7, Some(at(9))),
    ] {
        let mut joined = Vec::new();
        loop {
            let next = listed(fresh, page(live_at, joined.last().copied(), limit)).await;
            assert!(next.len() <= limit as usize);
            if next.is_empty() {
                break;
            }
            joined.extend(next);
            assert!(joined.len() <= whole.len(), "pages of {limit} repeat");
        }
        assert_eq!(joined, whole, "pages of {limit}");
    }
}

/// Revoked, cut, expired and idle; at the instant of its end a session is not alive.
pub async fn a_list_of_the_live_leaves_out_every_end<S: Store>(fresh: &Fresh<S>) {
    fresh.begin(&session("alice", 0)).await;
    drop(fresh.store.cut_subject(cut("alice")).await.unwrap());
    let revoked = session("alice", 1);
    let (mut expiring, mut idle) = (session("alice", 2), session("alice", 3));
    expiring.expires_at = at(2_000);
    idle.idle_expires_at = at(1_000);
    let alive = session("alice", 4);
    for session in [&revoked, &expiring, &idle, &alive] {
        fresh.begin(session).await;
    }
    fresh.revoke(revoked.id).await;
    let table: [(i64, &[SessionId]); 4] = [
        (999, &[alive.id, idle.id, expiring.id]),
        (1_000, &[alive.id, expiring.id]),
        (1_999, &[alive.id, expiring.id]),
        (2_000, &[alive.id]),
    ];
    for (now, expected) in table {
        assert_eq!(
            listed(fresh, page(Some(at(now)), None, 100)).await,
            expected,
            "at {now}"
        );
        assert_eq!(listed(fresh, page(Some(at(now)), None, 1)).await, expected[..1]);
    }
    assert_eq!(listed(fresh, page(None, None, 100)).await.len(), 5);
}
