//! Sessions that are begun at the same time: one run of a script begins many, and each has an answer of its own.

use std::collections::BTreeSet;

use symbolon_core::policy::OnMax;
use symbolon_core::revocation::LogKind;
use symbolon_core::session::{SessionId, SessionState};
use symbolon_core::store::{
    InsertSession, Inserted, ListSessions, SessionStore as _, StoreError, Upkeep as _,
};
use symbolon_redis::RedisStore;
use symbolon_testkit::contract::sample::{at, insert, session, subject};
use symbolon_testkit::servers::{Redis, StartRedis};
use tokio::task::JoinSet;

use super::given::{begin, options};

/// A Redis of its own, so that its scripts can be counted.
async fn opened() -> (Redis, RedisStore) {
    let redis = StartRedis::default().start();
    let (store, _) = RedisStore::open(options(redis.url(), "sy")).await.unwrap();
    (redis, store)
}

/// All at the same time; the answers in their order.
async fn insert_all(
    store: &RedisStore,
    inserts: impl IntoIterator<Item = InsertSession>,
) -> Vec<Result<Inserted, StoreError>> {
    let mut tasks = JoinSet::new();
    for (number, insert) in inserts.into_iter().enumerate() {
        let store = store.clone();
        tasks.spawn(async move { (number, store.insert_session(insert).await) });
    }
    let mut answers = tasks.join_all().await;
    answers.sort_by_key(|(number, _)| *number);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

async fn live(store: &RedisStore, name: &str) -> Vec<SessionId> {
    let page = ListSessions {
        subject: subject(name),
        live_at: Some(at(5_000)),
        before: None,
        limit: 1_000,
    };
    let found = store.list_sessions(page).await.unwrap();
    found.iter().map(|found| found.session.id).collect()
}

fn zcard(redis: &Redis, key: &str) -> usize {
    redis.cli(&["ZCARD", &format!("{{sy}}:{key}")]).parse().unwrap()
}

fn scripts(redis: &Redis) -> usize {
    let told = redis.cli(&["INFO", "commandstats"]);
    let line = told
        .lines()
        .find(|line| line.starts_with("cmdstat_evalsha:"))
        .unwrap();
    let calls = line.split_once("calls=").unwrap().1;
    calls.split(',').next().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn many_that_are_begun_together_share_scripts_and_are_all_there() {
    let (redis, store) = opened().await;
    let sessions: Vec<_> = (0..500)
        .map(|number| session(&format!("user-{}", number % 7), number))
        .collect();
    let before = scripts(&redis);
    let answers = insert_all(&store, sessions.iter().cloned().map(insert)).await;
    let run = scripts(&redis) - before;
    assert!(run < 250, "{run} scripts for 500 sessions");
    for answer in answers {
        assert!(
            matches!(answer, Ok(Inserted::Done { ref ended, .. }) if ended.is_empty()),
            "{answer:?}"
        );
    }
    for session in &sessions {
        let found = store.find_session(session.id).await.unwrap().unwrap();
        assert_eq!(found.session, *session);
    }
    assert_eq!(store.walk_sessions(None, 1_000).await.unwrap().len(), 500);
    assert_eq!((zcard(&redis, "i"), zcard(&redis, "l:0")), (500, 500));
}

/// Of two that are begun in one run, the later may replace the earlier.
#[tokio::test(flavor = "multi_thread")]
async fn one_that_replaces_another_of_the_same_run_leaves_it_ended_in_every_index() {
    let (redis, store) = opened().await;
    let sessions: Vec<_> = (0..200).map(|number| session("alice", number)).collect();
    let inserts = sessions.iter().cloned().map(|session| InsertSession {
        per_subject_max: 3,
        on_max: OnMax::ReplaceOldest,
        ..insert(session)
    });
    let mut ended = BTreeSet::new();
    for answer in insert_all(&store, inserts).await {
        let Ok(Inserted::Done { ended: rows, .. }) = answer else {
            panic!("{answer:?}");
        };
        for row in rows {
            let LogKind::Session(id) = row.kind else {
                panic!("{row:?}");
            };
            assert!(ended.insert(id), "ended twice: {id}");
        }
    }
    let live = live(&store, "alice").await;
    assert_eq!((live.len(), ended.len()), (3, 197));
    assert_eq!(
        (zcard(&redis, "i"), zcard(&redis, "l:0"), zcard(&redis, "d")),
        (200, 3, 197)
    );
    for session in &sessions {
        let found = store.find_session(session.id).await.unwrap().unwrap().session;
        assert_eq!(found.state == SessionState::Active, live.contains(&session.id));
        assert_eq!(ended.contains(&session.id), !live.contains(&session.id));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_refused_or_cannot_be_done_stops_none_of_the_others() {
    let (redis, store) = opened().await;
    let twice = session("carol", 900);
    begin(&store, &twice).await;
    // Somebody else's key where a subject's index would be.
    redis.cli(&["SET", "{sy}:x:0:mallory", "x"]);
    let full = |number| InsertSession {
        per_subject_max: 0,
        on_max: OnMax::Refuse,
        ..insert(session("bob", number))
    };
    let kind = |number: u32| match number % 4 {
        0 => full(number),
        1 => insert(session("mallory", number)),
        2 => insert(twice.clone()),
        _ => insert(session("alice", number)),
    };
    let answers = insert_all(&store, (0..200).map(kind)).await;
    for (number, answer) in answers.into_iter().enumerate() {
        match (number % 4, answer) {
            (0, Ok(Inserted::LimitReached)) | (3, Ok(Inserted::Done { .. })) => {}
            (1, Err(StoreError::Damaged { detail, .. })) => {
                assert!(
                    detail.contains("a key holds what symbolon has not written"),
                    "{detail}"
                );
            }
            (2, Err(StoreError::Damaged { detail, .. })) => {
                assert_eq!(detail, "there is a session of that id already");
            }
            (_, answer) => panic!("{number}: {answer:?}"),
        }
    }
    assert_eq!(live(&store, "alice").await.len(), 50);
    assert_eq!((zcard(&redis, "i"), zcard(&redis, "l:0")), (51, 51));
}
