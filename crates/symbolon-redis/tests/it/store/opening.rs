//! What is found when a store is opened, and why it is not.

use symbolon_core::store::{SessionStore as _, StoreError, Upkeep as _};
use symbolon_core::token::KeyCheck;
use symbolon_redis::{OpenRedisStore, OpenRedisStoreError, RedisStore};
use symbolon_testkit::contract::sample::{BEGIN, insert, session};
use symbolon_testkit::server::free_address;
use symbolon_testkit::servers::StartRedis;
use tokio::task::JoinSet;

use super::given::{begin, end, options, prefix, refusal, shared};

#[tokio::test(flavor = "multi_thread")]
async fn a_store_is_made_once_and_found_again() {
    let prefix = prefix();
    let (first, made) = RedisStore::open(options(shared().url(), &prefix)).await.unwrap();
    assert!(made.fresh);
    assert_eq!(made.high_water, BEGIN);
    first.insert_session(insert(session("alice", 0))).await.unwrap();
    let (second, found) = RedisStore::open(options(shared().url(), &prefix)).await.unwrap();
    assert!(!found.fresh);
    assert_eq!((found.cluster_id, found.head), (made.cluster_id, made.head));
    assert!(
        second
            .find_session(session("alice", 0).id)
            .await
            .unwrap()
            .is_some()
    );
    // Every key carries the one hash tag.
    let keys = shared().cli(&["--scan", "--pattern", &format!("*{prefix}*")]);
    assert!(keys.lines().count() >= 8, "{keys}");
    assert!(
        keys.lines().all(|key| key.starts_with(&format!("{{{prefix}}}:"))),
        "{keys}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_redis_is_said_where_none_is_to_be_made() {
    let prefix = prefix();
    let not_made = || OpenRedisStore {
        make: false,
        ..options(shared().url(), &prefix)
    };
    let place = shared().address().to_string();
    assert_eq!(refusal(not_made()).await, OpenRedisStoreError::Empty { place });
    RedisStore::open(options(shared().url(), &prefix)).await.unwrap();
    assert!(!RedisStore::open(not_made()).await.unwrap().1.fresh);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_of_another_master_key_is_refused() {
    let prefix = prefix();
    RedisStore::open(options(shared().url(), &prefix)).await.unwrap();
    let other = OpenRedisStore {
        key_check: KeyCheck([2; 32]),
        ..options(shared().url(), &prefix)
    };
    assert_eq!(
        refusal(other).await.to_string(),
        format!(
            "the store at {} belongs to another master key (it wants the one whose check begins with 01010101, and was \
             given 02020202): every node of a store needs the master.key that it was made with; copy it here, or set \
             keys.master_file to it",
            shared().address()
        )
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_format_a_foreign_key_and_a_lost_identity_are_refused() {
    let place = shared().address();
    let newer = prefix();
    RedisStore::open(options(shared().url(), &newer)).await.unwrap();
    shared().cli(&["HSET", &format!("{{{newer}}}:m"), "format", "3"]);
    let foreign = prefix();
    shared().cli(&["SET", &format!("{{{foreign}}}:m"), "x"]);
    let torn = prefix();
    let (store, _) = RedisStore::open(options(shared().url(), &torn)).await.unwrap();
    store.insert_session(insert(session("alice", 0))).await.unwrap();
    shared().cli(&["DEL", &format!("{{{torn}}}:m")]);
    let cases = [
        (
            newer,
            format!(
                "the store at {place} has format 3, and this release knows formats up to 2: start the newer release"
            ),
        ),
        (
            foreign.clone(),
            format!(
                "at {place} the keys of {{{foreign}}}: are not a store of symbolon: the key {{{foreign}}}:m holds \
                 string; give symbolon another cache.prefix"
            ),
        ),
        (
            torn,
            format!(
                "the store at {place} is damaged: its data is there, and the key that says whose it is, is not; \
                 restore the newest backup"
            ),
        ),
    ];
    for (prefix, expected) in cases {
        assert_eq!(
            refusal(options(shared().url(), &prefix)).await.to_string(),
            expected
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_a_primary_that_lets_us_in_is_refused_by_its_name() {
    let nobody = free_address();
    let error = refusal(options(format!("redis://{nobody}"), "sy")).await;
    assert!(
        matches!(error, OpenRedisStoreError::Unreachable { .. }),
        "{error}"
    );
    let error = refusal(options(format!("redis-cluster://{nobody}"), "sy")).await;
    assert_eq!(error, OpenRedisStoreError::Cluster);

    let server = StartRedis::default().user("app", "on >right ~* +@all").start();
    let error = refusal(options(server.url_as("app", "wrong"), "sy")).await;
    assert!(matches!(error, OpenRedisStoreError::Refused { .. }), "{error}");
    let error = refusal(options(format!("{}/99", server.url()), "sy")).await;
    assert!(matches!(error, OpenRedisStoreError::NoDatabase { .. }), "{error}");

    let replica = StartRedis::default().replica_of(&server).start();
    let place = replica.address().to_string();
    let error = refusal(options(replica.url(), "sy")).await;
    assert_eq!(error, OpenRedisStoreError::Replica { place });

    let cluster = StartRedis::default().cluster_of(1);
    assert_eq!(
        refusal(options(cluster[0].url(), "sy")).await,
        OpenRedisStoreError::Cluster
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_was_emptied_says_so_and_proves_nothing() {
    let server = StartRedis::default().start();
    let (store, _) = RedisStore::open(options(server.url(), "sy")).await.unwrap();
    let id = session("alice", 0).id;
    store.insert_session(insert(session("alice", 0))).await.unwrap();
    server.cli(&["FLUSHALL"]);
    let Err(StoreError::Unavailable { operation, detail }) = store.find_session(id).await else {
        panic!("an empty redis is no proof that there is no session");
    };
    assert_eq!(operation, "read a session");
    assert!(detail.contains("the store is gone"), "{detail}");
    assert!(store.insert_session(insert(session("alice", 1))).await.is_err());
    assert!(store.log_head().await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_was_emptied_is_made_anew_under_its_old_id_when_that_is_asked_for() {
    let server = StartRedis::default().start();
    let (store, made) = RedisStore::open(options(server.url(), "sy")).await.unwrap();
    assert!(!store.found_anew(BEGIN).await.unwrap(), "it is there");
    begin(&store, &session("alice", 0)).await;
    let last = end(&store, session("alice", 0).id).await;
    server.cli(&["FLUSHALL"]);
    assert!(store.found_anew(BEGIN).await.unwrap());
    assert!(!store.found_anew(BEGIN).await.unwrap());
    assert_eq!(store.find_session(session("alice", 0).id).await.unwrap(), None);
    begin(&store, &session("alice", 1)).await;
    let next = end(&store, session("alice", 1).id).await;
    assert!(next.seq > last.seq && next.prev_seq > last.seq);
    let (_, found) = RedisStore::open(options(server.url(), "sy")).await.unwrap();
    assert_eq!((found.cluster_id, found.fresh), (made.cluster_id, false));

    server.cli(&["FLUSHALL"]);
    let again = RedisStore::open_again(options(server.url(), "sy"), made.cluster_id);
    let (_, again) = again.await.unwrap();
    assert_eq!((again.cluster_id, again.fresh), (made.cluster_id, true));
    begin(&store, &session("alice", 2)).await;

    // Where another store has taken its place, it is not touched.
    server.cli(&["FLUSHALL"]);
    RedisStore::open(options(server.url(), "sy")).await.unwrap();
    store.found_anew(BEGIN).await.unwrap();
    let Err(StoreError::Unavailable { detail, .. }) = store.ping().await else {
        panic!("that is another store");
    };
    assert!(detail.contains("another store has taken the place"), "{detail}");
}

/// What was taken before is done.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_closed_does_what_waits_and_takes_no_more() {
    let (store, _) = RedisStore::open(options(shared().url(), &prefix()))
        .await
        .unwrap();
    let sessions: Vec<_> = (0..50).map(|number| session("alice", number)).collect();
    let mut tasks = JoinSet::new();
    for session in sessions {
        let store = store.clone();
        tasks.spawn(async move { store.insert_session(insert(session)).await.is_ok() });
    }
    while store.walk_sessions(None, 1).await.unwrap().is_empty() {}
    store.close().await;
    let done = tasks.join_all().await.into_iter().filter(|done| *done).count();
    assert!(done > 0);
    assert_eq!(store.walk_sessions(None, 100).await.unwrap().len(), done);
    assert!(store.insert_session(insert(session("alice", 60))).await.is_err());
    store.close().await;
}
