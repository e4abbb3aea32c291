//! A store on the far side of Sentinels, a socket, and rights that are just enough.

use std::time::Duration;

use symbolon_core::clock::Timestamp;
use symbolon_core::member::{Incarnation, Member, NodeName};
use symbolon_core::revocation::{RevocationReason, RevocationSeq};
use symbolon_core::session::Session;
use symbolon_core::store::{
    Activity, Heartbeat, ListSessions, MemberStore as _, PurgeOrder, Revoked, SessionStore as _, StoreError,
    Upkeep as _,
};
use symbolon_redis::RedisStore;
use symbolon_testkit::contract::sample::{at, entry, revoke, session, subject};
use symbolon_testkit::servers::StartRedis;
use tokio::time::{Instant, sleep};

use super::given::{begin, end, options, prefix, shared};
use crate::it::given::until;

/// The user of the documentation.
fn documented() -> &'static str {
    let text = include_str!("../../../../../docs/redis.md");
    let line = text.lines().find(|line| line.starts_with("user symbolon "));
    line.expect("docs/redis.md shows the user")
        .trim_start_matches("user symbolon ")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documented_rights_are_enough_for_everything_that_a_store_does() {
    let redis = StartRedis::default().user("symbolon", documented()).start();
    let (store, _) = RedisStore::open(options(redis.url_as("symbolon", "PASSWORD"), "sy"))
        .await
        .unwrap();
    let sessions: Vec<_> = (0..3).map(|number| session("alice", number)).collect();
    for session in &sessions {
        begin(&store, session).await;
    }
    let used = Activity {
        session_id: sessions[0].id,
        seen_at: at(9),
        idle_expires_at: at(9_000_000),
    };
    store.record_activity(vec![used]).await.unwrap();
    let list = ListSessions {
        subject: subject("alice"),
        live_at: Some(at(10)),
        before: None,
        limit: 10,
    };
    assert_eq!(store.list_sessions(list).await.unwrap().len(), 3);
    let row = end(&store, sessions[0].id).await;
    let audit = entry(symbolon_core::audit::AuditEvent::EveryoneRevoked, 600);
    store
        .cut_everyone(RevocationReason::Revoked, audit)
        .await
        .unwrap();
    let member = Member {
        node: NodeName::new("a").unwrap(),
        incarnation: Incarnation::from_bytes([1; 16]),
        lease: Duration::from_secs(10),
        beat: 0,
        applied: RevocationSeq::ZERO,
        evicted: false,
        may_fall_back: false,
        addr: None,
        seen_at: at(0),
    };
    store.join(member.clone()).await.unwrap();
    let beat = Heartbeat {
        incarnation: member.incarnation,
        beat: 0,
        applied: row.seq,
        at: at(20),
    };
    store.heartbeat(beat).await.unwrap().unwrap();
    assert!(store.evict(member.incarnation, 1, false).await.unwrap());
    store.propose_again(vec![row], at(700)).await.unwrap();
    let order = PurgeOrder {
        now: at(40 * 86_400_000),
        keep_ended: Duration::ZERO,
        keep_log: Duration::ZERO,
        keep_audit: Duration::ZERO,
        batch: 100,
    };
    assert_eq!(store.purge(order).await.unwrap().sessions, 3);
    store.leave(member.incarnation).await.unwrap();
    store.ping().await.unwrap();
    assert_eq!(redis.cli(&["ACL", "LOG"]), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_and_a_database_of_another_number_will_do() {
    let (socket, prefix) = (shared().socket(), prefix());
    let url = format!("redis+unix://{}?db=3", socket.display());
    let (store, _) = RedisStore::open(options(url, &prefix)).await.unwrap();
    begin(&store, &session("alice", 0)).await;
    let key = format!("{{{prefix}}}:m");
    assert_eq!(shared().cli(&["EXISTS", &key]), "0");
    assert_eq!(shared().cli(&["-n", "3", "EXISTS", &key]), "1");
}

/// What the replica had is there; positions go on beyond all that was given out.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_failover_the_store_is_where_the_sentinels_say() {
    let primary = StartRedis::default().start();
    let replica = StartRedis::default().replica_of(&primary).start();
    let followed = || {
        replica
            .cli(&["INFO", "replication"])
            .contains("master_link_status:up")
    };
    until("the replica follows", followed).await;
    let sentinel = StartRedis::default().sentinel_of("main", &primary).start();
    let knows = || {
        let replicas = sentinel.cli(&["SENTINEL", "REPLICAS", "main"]);
        replicas.contains(&replica.address().port().to_string())
    };
    until("the Sentinel knows the replica", knows).await;
    let url = format!("redis-sentinel://{}?sentinelServiceName=main", sentinel.address());
    let (store, _) = RedisStore::open(options(url, "sy")).await.unwrap();
    let (first, second): (Session, Session) = (session("alice", 0), session("alice", 1));
    begin(&store, &first).await;
    begin(&store, &second).await;
    let row = end(&store, first.id).await;
    until("the replica has it", || {
        replica.cli(&["HGET", "{sy}:m", "seq"]) == row.seq.0.to_string()
    })
    .await;
    primary.kill9();
    let deadline = Instant::now() + Duration::from_secs(20);
    while let Err(error) = store.ping().await {
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
        assert!(Instant::now() < deadline, "{error}");
        sleep(Duration::from_millis(20)).await;
    }
    let found = store.find_session(first.id).await.unwrap().unwrap();
    assert!(found.session.revoked(found.cut).is_some());
    // Changes go over another connection, which comes back by itself.
    let next = loop {
        match store.revoke_session(revoke(second.id)).await {
            Ok(Revoked::Done(row)) => break row,
            other => assert!(other.is_err() && Instant::now() < deadline, "{other:?}"),
        }
        sleep(Duration::from_millis(20)).await;
    };
    assert!(next.seq.0 >= row.seq.0 + (1 << 20), "{row:?} {next:?}");
}

/// A policy that is said to be wrong at the start makes Redis forget what it has acknowledged.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_redis_evicted_is_no_session_that_never_was() {
    let (store, _) = RedisStore::open(options(shared().url(), "evicting"))
        .await
        .unwrap();
    let far = Timestamp(4_000_000_000_000);
    let mut evicted = session("alice", 0);
    (evicted.expires_at, evicted.idle_expires_at) = (far, far);
    let mut others = session("alice", 1);
    (others.expires_at, others.idle_expires_at) = (far, far);
    begin(&store, &evicted).await;
    begin(&store, &others).await;
    shared().cli(&["DEL", &format!("{{evicting}}:s:{}", evicted.id)]);
    for asked in [
        store.find_session(evicted.id).await.map(drop),
        store.find_sessions(vec![others.id, evicted.id]).await.map(drop),
    ] {
        let Err(StoreError::Damaged { detail, .. }) = asked else {
            panic!("its absence proves nothing: {asked:?}");
        };
        assert!(detail.contains("set maxmemory-policy to noeviction"), "{detail}");
    }
    assert!(store.find_session(others.id).await.unwrap().is_some());
    assert_eq!(store.find_session(session("bob", 0).id).await.unwrap(), None);
}
