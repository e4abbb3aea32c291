//! Who is alive: what lists, counts and removals say agrees with what each session says of itself.

use std::time::Duration;

use symbolon_core::clock::Timestamp;
use symbolon_core::policy::OnMax;
use symbolon_core::session::{Session, SessionId, idle_end};
use symbolon_core::store::{
    Activity, ChangeSession, InsertSession, Inserted, ListSessions, PurgeOrder, RotateSession,
    SessionStore as _, Upkeep as _,
};
use symbolon_store_sql::SqlStore;
use symbolon_testkit::contract::sample::{self, entry};
use symbolon_testkit::randomness::Seeded;

use super::given::{Folder, begin};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// Lives from a minute to a month, so that ends lie on both sides of every instant asked about.
fn session(number: u32, chance: &Seeded) -> Session {
    let lives = [MINUTE, HOUR, 5 * HOUR, 7 * HOUR, 7 * 24 * HOUR];
    let life = || lives[usize::try_from(chance.below(5)).unwrap()];
    let mut session = sample::session("alice", number);
    session.lives.idle_timeout = Duration::from_millis(u64::try_from(life()).unwrap());
    session.expires_at = sample::at(life() + 24 * HOUR * i64::try_from(chance.below(3)).unwrap());
    session.idle_expires_at = idle_end(session.created_at, session.lives.idle_timeout);
    session
}

/// Uses, rotations and changes of some of the sessions, hour by hour.
async fn live_on(store: &SqlStore, sessions: &[Session], chance: &Seeded) {
    for hour in 1..12 {
        let now = sample::at(hour * HOUR);
        for session in sessions {
            let idle_expires_at = idle_end(now, session.lives.idle_timeout);
            match chance.below(6) {
                0 => {
                    let used = Activity {
                        session_id: session.id,
                        seen_at: now,
                        idle_expires_at,
                    };
                    store.record_activity(vec![used]).await.unwrap();
                }
                1 => {
                    let mut next = store.find_session(session.id).await.unwrap().unwrap().session;
                    let from = next.tokens.generation;
                    next.tokens.generation = from.next();
                    next.idle_expires_at = idle_expires_at;
                    let audit = entry(symbolon_core::audit::AuditEvent::Refreshed, hour * HOUR);
                    let rotate = RotateSession {
                        session: next,
                        from,
                        audit,
                    };
                    store.commit_rotation(rotate).await.unwrap();
                }
                2 => {
                    let mut changed = store.find_session(session.id).await.unwrap().unwrap().session;
                    changed.expires_at =
                        sample::at(hour * HOUR + HOUR * i64::try_from(chance.below(30)).unwrap());
                    let audit = entry(symbolon_core::audit::AuditEvent::SessionChanged, hour * HOUR);
                    store
                        .change_session(ChangeSession {
                            session: changed,
                            audit,
                        })
                        .await
                        .unwrap();
                }
                _ => {}
            }
        }
    }
}

/// A store with sixty sessions that were used, rotated and changed.
async fn sixty(folder: &Folder, chance: &Seeded) -> (SqlStore, Vec<Session>) {
    let (store, _) = folder.open();
    let sessions: Vec<_> = (0..60).map(|number| session(number, chance)).collect();
    for session in &sessions {
        begin(&store, session).await;
    }
    live_on(&store, &sessions, chance).await;
    (store, sessions)
}

/// The sessions that say of themselves that they are alive, the newest first.
async fn alive(store: &SqlStore, sessions: &[Session], now: Timestamp) -> Vec<SessionId> {
    let ids: Vec<_> = sessions.iter().rev().map(|session| session.id).collect();
    let found = store.find_sessions(ids).await.unwrap();
    let live = found
        .into_iter()
        .flatten()
        .filter(|found| found.session.ended(found.cut, now).is_none());
    live.map(|found| found.session.id).collect()
}

async fn listed(store: &SqlStore, now: Timestamp) -> Vec<SessionId> {
    let list = ListSessions {
        subject: sample::subject("alice"),
        live_at: Some(now),
        before: None,
        limit: 1_000,
    };
    let found = store.list_sessions(list).await.unwrap();
    found.into_iter().map(|found| found.session.id).collect()
}

/// Whether one more is refused where at the most `max` may be alive. One that is not is ended again.
async fn is_at_its_limit(store: &SqlStore, number: u32, now: Timestamp, max: usize) -> bool {
    let mut session = sample::session("alice", number);
    session.created_at = now;
    let order = InsertSession {
        per_subject_max: u32::try_from(max).unwrap(),
        on_max: OnMax::Refuse,
        ..sample::insert(session.clone())
    };
    let refused = store.insert_session(order).await.unwrap() == Inserted::LimitReached;
    if !refused {
        store.revoke_session(sample::revoke(session.id)).await.unwrap();
    }
    refused
}

#[tokio::test]
async fn lists_and_limits_agree_with_what_each_session_says() {
    let chance = Seeded::new(42);
    let folder = Folder::new();
    let (store, sessions) = sixty(&folder, &chance).await;
    let mut counts = Vec::new();
    for step in 0..60 {
        let now = sample::at(step * HOUR + i64::try_from(chance.below(60_000)).unwrap());
        let alive = alive(&store, &sessions, now).await;
        assert_eq!(listed(&store, now).await, alive, "at {step} h");
        counts.push(alive.len());
        let number = 5_000 + u32::try_from(step).unwrap();
        assert!(
            is_at_its_limit(&store, number, now, alive.len()).await,
            "at {step} h"
        );
        assert!(
            !is_at_its_limit(&store, number, now, alive.len() + 1).await,
            "at {step} h"
        );
    }
    counts.dedup();
    assert!(counts.len() > 10, "the instants tell nothing apart: {counts:?}");
}

/// A removal is never early, and late by six hours at the most.
#[tokio::test]
async fn what_ended_is_removed_after_its_time_and_soon() {
    let chance = Seeded::new(43);
    let folder = Folder::new();
    let (store, sessions) = sixty(&folder, &chance).await;
    let ids: Vec<_> = sessions.iter().map(|session| session.id).collect();
    let before = store.find_sessions(ids.clone()).await.unwrap();
    for step in 0..40 {
        let now = sample::at(step * 5 * HOUR);
        let order = PurgeOrder {
            now,
            keep_ended: Duration::ZERO,
            keep_log: Duration::from_secs(86_400 * 100),
            keep_audit: Duration::from_secs(86_400 * 100),
            batch: 1_000,
        };
        store.purge(order).await.unwrap();
        let left = store.find_sessions(ids.clone()).await.unwrap();
        for (left, before) in left.iter().zip(before.iter().flatten()) {
            let end = before.session.live_until();
            if left.is_some() {
                assert!(now < Timestamp(end.0 + 6 * HOUR), "late: {end} at {now}");
            } else {
                assert!(now >= end, "early: {end} at {now}");
            }
        }
    }
}
