//! What keeps a store small, and what it must leave.

use std::time::Duration;

use symbolon_core::clock::Timestamp;
use symbolon_core::session::SessionId;
use symbolon_core::store::{PurgeOrder, Purged, Store};
use symbolon_core::throttle::{Attempts, ThrottleKey};

use super::Fresh;
use super::cuts::cut;
use super::log::assert_chain;
use super::sample::{at, session};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// Two days for sessions, one for the log and the audit; nothing here is nearer to a limit than hours.
fn order(now: Timestamp, batch: u32) -> PurgeOrder {
    PurgeOrder {
        now,
        keep_ended: 2 * DAY,
        keep_log: DAY,
        keep_audit: DAY,
        batch,
    }
}

async fn purge_to_the_end<S: Store>(fresh: &Fresh<S>, now: Timestamp) -> Purged {
    let mut total = Purged::default();
    for _ in 0..100 {
        let step = fresh.store.purge(order(now, 10)).await.unwrap();
        total.sessions += step.sessions;
        total.log += step.log;
        if !step.reached(10) {
            return total;
        }
    }
    panic!("the purge does not end");
}

async fn kept<S: Store>(fresh: &Fresh<S>, ids: &[SessionId]) -> Vec<SessionId> {
    let mut kept = Vec::new();
    for id in ids {
        if fresh.store.find_session(*id).await.unwrap().is_some() {
            kept.push(*id);
        }
    }
    kept
}

/// Sessions that ended in any way more than the time before; never one that lives.
pub async fn a_purge_removes_what_ended_long_ago_and_nothing_else<S: Store>(fresh: &Fresh<S>) {
    let (mut expired, mut idle) = (session("alice", 0), session("alice", 1));
    expired.expires_at = at(10_000);
    idle.idle_expires_at = at(10_000);
    let (mut revoked, mut alive) = (session("alice", 2), session("bob", 3));
    revoked.expires_at = at(3_600_000);
    alive.expires_at = BEGIN_PLUS_A_YEAR;
    alive.idle_expires_at = BEGIN_PLUS_A_YEAR;
    for session in [&expired, &idle, &revoked, &alive] {
        fresh.begin(session).await;
    }
    fresh.revoke(revoked.id).await;
    let ids = [expired.id, idle.id, revoked.id, alive.id];
    let early = purge_to_the_end(fresh, at(0).after(DAY + 12 * HOUR)).await;
    assert_eq!((early.sessions, kept(fresh, &ids).await), (0, ids.to_vec()));
    let late = purge_to_the_end(fresh, at(0).after(4 * DAY)).await;
    assert_eq!((late.sessions, kept(fresh, &ids).await), (3, vec![alive.id]));
    assert_eq!(fresh.ended(alive.id, at(0).after(4 * DAY)).await, None);
}

const BEGIN_PLUS_A_YEAR: Timestamp = at(365 * 86_400_000);

/// A step takes no longer than its batch.
pub async fn a_purge_removes_a_bounded_number<S: Store>(fresh: &Fresh<S>) {
    let ids = fresh.begin_many("alice", 7).await;
    fresh.revoke(ids[5]).await;
    fresh.revoke(ids[2]).await;
    let now = at(0).after(9 * DAY);
    for left in [4, 1] {
        let step = fresh.store.purge(order(now, 3)).await.unwrap();
        assert_eq!((step.sessions, kept(fresh, &ids).await.len()), (3, left));
        assert!(step.reached(3));
    }
    let last = fresh.store.purge(order(now, 3)).await.unwrap();
    assert_eq!((last.sessions, kept(fresh, &ids).await.len()), (1, 0));
}

/// However old it is: the next row must name it.
pub async fn a_purge_never_removes_the_head_of_the_log<S: Store>(fresh: &Fresh<S>) {
    let ids = fresh.begin_many("alice", 5).await;
    for id in ids {
        fresh.revoke(id).await;
    }
    let head = fresh.store.log_head().await.unwrap();
    let last = fresh.sink.rows().pop().unwrap();
    purge_to_the_end(fresh, BEGIN_PLUS_A_YEAR).await;
    let after = fresh.store.log_head().await.unwrap();
    assert_eq!((after.seq, last.seq), (head.seq, head.seq));
    assert!(after.floor <= head.seq);
    assert_eq!(fresh.store.revocations_from(head.seq, 9).await.unwrap(), [last]);
    let done = fresh.store.cut_subject(cut("alice")).await.unwrap();
    assert_eq!(done.rows[0].prev_seq, head.seq);
}

/// What is younger stays, and what is left is a chain up to the head; the floor says from where.
pub async fn a_purge_leaves_a_log_without_gaps<S: Store>(fresh: &Fresh<S>) {
    for half_day in 0..12 {
        let mut order = cut("alice");
        order.audit.at = at(0).after(half_day * 12 * HOUR);
        drop(fresh.store.cut_subject(order).await.unwrap());
    }
    let all = fresh.sink.rows();
    let step = fresh
        .store
        .purge(order(at(0).after(5 * DAY + 18 * HOUR), 2))
        .await
        .unwrap();
    assert!(step.log <= 2, "{step:?}");
    purge_to_the_end(fresh, at(0).after(5 * DAY + 18 * HOUR)).await;
    let floor = fresh.store.log_head().await.unwrap().floor;
    let left = fresh.store.revocations_from(all[0].seq, 99).await.unwrap();
    assert_chain(&left);
    assert_eq!(left, all[all.len() - left.len()..]);
    let missing = all.len() - left.len();
    assert_eq!(missing, 10, "older than a day are ten of twelve");
    assert!(
        floor >= all[missing - 1].seq,
        "the floor must cover what was removed"
    );
    let above: Vec<_> = all.iter().filter(|row| row.seq > floor).collect();
    assert!(above.iter().all(|row| left.contains(row)));
}

/// A guesser who waits a year does not begin anew, whether or not the name has an account.
pub async fn a_purge_keeps_counters_of_failures_for_more_than_a_year<S: Store>(fresh: &Fresh<S>) {
    let next = Attempts {
        failures: 3,
        next_try_at: at(9),
    };
    for (byte, millis) in [(1, 0), (2, 1)] {
        let reserved = fresh
            .store
            .reserve_attempt(ThrottleKey([byte; 16]), Attempts::default(), next, at(millis))
            .await;
        assert!(reserved.unwrap());
    }
    let left = async |now: Timestamp| {
        let purged = fresh.store.purge(order(now, 10)).await.unwrap().attempts;
        let one = fresh.store.find_attempts(ThrottleKey([1; 16])).await.unwrap();
        let two = fresh.store.find_attempts(ThrottleKey([2; 16])).await.unwrap();
        (purged, one == next, two == next)
    };
    assert_eq!(left(BEGIN_PLUS_A_YEAR).await, (0, true, true));
    assert_eq!(left(at(0).after(400 * DAY)).await, (1, false, true));
}

/// It reads and writes.
pub async fn a_store_that_works_answers_the_ping<S: Store>(fresh: &Fresh<S>) {
    fresh.store.ping().await.unwrap();
}
