//! Redis Cluster: each server has a share of the keys.

use std::sync::Arc;

use symbolon_core::revocation::RevocationSeq;
use symbolon_core::shared::SharedCache as _;
use symbolon_core::signal::{Signal, Signals as _};
use symbolon_redis::{RedisCache, WarmPage, examine};
use symbolon_testkit::servers::{Redis, StartRedis};
use tokio::time::{Duration, Instant, sleep};

use crate::it::given::{ACL, NOW, Notes, fact, id, name, options, until, until_found};

const SERVERS: u16 = 3;
const SESSIONS: u32 = 48;

/// Three servers that know each other.
async fn cluster() -> Vec<Redis> {
    let servers = StartRedis::default().user("node", ACL).cluster_of(SERVERS);
    for server in &servers {
        let agreed = || {
            let info = server.cli(&["CLUSTER", "INFO"]);
            info.contains("cluster_state:ok") && info.contains("cluster_slots_ok:16384")
        };
        until("the servers know each other", agreed).await;
    }
    servers
}

/// By way of one of them, as a user with exactly the documented rights.
fn url(seed: &Redis) -> String {
    format!("redis-cluster://node:secret@{}", seed.address())
}

async fn opened(seed: &Redis) -> RedisCache {
    let cache = RedisCache::open(options(url(seed))).unwrap();
    until("redis is here", || cache.figures().here).await;
    cache
}

/// Keeps a session until it is found: the first tries may be how one learns where it belongs.
async fn kept(cache: &RedisCache, number: u32) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while cache.find(id(number)).await.is_none() {
        assert!(Instant::now() < deadline, "session {number} is not found");
        cache.keep(fact(number), NOW);
        sleep(Duration::from_millis(5)).await;
    }
}

/// The server that has a session.
fn owner(servers: &[Redis], number: u32) -> &Redis {
    let keyslot = servers[0].cli(&["CLUSTER", "KEYSLOT", &name(number)]);
    let slot: usize = keyslot.parse().unwrap();
    &servers[slot * usize::from(SERVERS) / 16_384]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_server_has_its_share_and_any_of_them_leads_there() {
    let servers = cluster().await;
    let (one, other) = (opened(&servers[0]).await, opened(&servers[2]).await);
    for number in 0..SESSIONS {
        kept(&one, number).await;
    }
    for number in 0..SESSIONS {
        assert_eq!(until_found(&other, number).await, fact(number));
        assert_eq!(owner(&servers, number).cli(&["EXISTS", &name(number)]), "1");
    }
    for server in &servers {
        assert_ne!(server.cli(&["DBSIZE"]), "0");
        // Nothing that the documented rights do not allow was tried.
        assert_eq!(server.cli(&["ACL", "LOG"]), "");
    }
    // Once it is known where a key is, no other server is asked.
    let before = other.figures();
    for number in 0..SESSIONS {
        assert_eq!(other.find(id(number)).await, Some(fact(number)));
    }
    let after = other.figures();
    assert_eq!((after.hits - before.hits, after.errors), (u64::from(SESSIONS), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_takes_only_its_share_along() {
    let servers = cluster().await;
    let cache = opened(&servers[0]).await;
    for number in 0..SESSIONS {
        kept(&cache, number).await;
    }
    let lost = |number: &u32| std::ptr::eq(owner(&servers, *number), &raw const servers[1]);
    let (gone, left): (Vec<u32>, Vec<u32>) = (0..SESSIONS).partition(lost);
    assert!(!gone.is_empty() && !left.is_empty());
    servers[1].kill9();
    for number in &gone {
        assert_eq!(cache.find(id(*number)).await, None);
    }
    for number in &left {
        assert_eq!(until_found(&cache, *number).await, fact(*number));
    }
    assert!(cache.figures().here);
    servers[1].start_again();
    for number in &gone {
        kept(&cache, *number).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_that_moves_is_followed() {
    let servers = cluster().await;
    let cache = opened(&servers[0]).await;
    kept(&cache, 7).await;
    let from = owner(&servers, 7);
    let to = servers
        .iter()
        .find(|server| !std::ptr::eq(*server, from))
        .unwrap();
    let slot = from.cli(&["CLUSTER", "KEYSLOT", &name(7)]);
    let new_owner = to.cli(&["CLUSTER", "MYID"]);
    from.cli(&["DEL", &name(7)]);
    for server in [to, from] {
        server.cli(&["CLUSTER", "SETSLOT", &slot, "NODE", &new_owner]);
    }
    assert_eq!(cache.find(id(7)).await, None);
    kept(&cache, 7).await;
    assert_eq!(to.cli(&["EXISTS", &name(7)]), "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_at_one_server_is_heard_at_another() {
    let servers = cluster().await;
    let notes = Notes::default();
    let mut listening = options(url(&servers[2]));
    listening.sink = Some(Arc::new(notes.clone()));
    let hearing = RedisCache::open(listening).unwrap();
    until("it listens", || hearing.figures().listening).await;
    let saying = opened(&servers[0]).await;
    let signal = Signal::Grown(RevocationSeq(9));
    until("it is heard", || {
        saying.send(signal.clone());
        std::thread::sleep(Duration::from_millis(10));
        notes.count(&signal) > 0
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_9_a_cluster_is_filled_too() {
    let servers = cluster().await;
    let cache = opened(&servers[1]).await;
    cache.found_empty().await;
    let mut all: Vec<_> = (0..SESSIONS).map(fact).collect();
    all.sort_by_key(|fact| fact.found.session.id);
    // What is refused by one server names the one that it belongs to, so a second round finds every place.
    for _ in 0..2 {
        let pages = |after: Option<_>| {
            let facts = if after.is_none() { all.clone() } else { Vec::new() };
            async { Ok::<_, String>(WarmPage { facts, now: NOW }) }
        };
        cache.warm(100_000, pages).await.unwrap();
    }
    let seen = examine(&url(&servers[0]), "sy").await.unwrap().found.unwrap();
    assert_eq!(seen.lacks, [""; 0]);
    for number in 0..SESSIONS {
        assert_eq!(until_found(&cache, number).await, fact(number));
    }
}
