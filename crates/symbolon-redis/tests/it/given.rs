//! What the tests begin with.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::{Cut, RevocationSeq};
use symbolon_core::session::SessionId;
use symbolon_core::shared::{SharedCache as _, SharedFact};
use symbolon_core::signal::{Signal, SignalSink};
use symbolon_core::store::FoundSession;
use symbolon_core::token::MasterKey;
use symbolon_redis::{RedisCache, RedisKeys, RedisOptions};
use symbolon_testkit::contract::sample::{at, session};
use tokio::time::{Instant, sleep};

/// The present of these tests.
pub(crate) const NOW: Timestamp = at(1_000);

/// The exact access list of the documentation.
pub(crate) const ACL: &str = "on >secret resetkeys resetchannels ~sy:* &sy:* -@all +get +set +del +publish +subscribe \
     +ping +hello +client|setname";

/// Keys of that cluster.
pub(crate) fn keys(cluster: u8) -> RedisKeys {
    RedisKeys::derive(&MasterKey::from_bytes([7; 32]), &[cluster; 16], "")
}

/// A node's options, of the cluster 1 under the prefix `sy`.
pub(crate) fn options(url: impl Into<String>) -> RedisOptions {
    RedisOptions {
        url: url.into(),
        prefix: "sy".to_owned(),
        keys: keys(1),
        sink: None,
    }
}

/// A node that has found its Redis.
pub(crate) async fn opened(url: impl Into<String>) -> RedisCache {
    let cache = RedisCache::open(options(url)).unwrap();
    until("redis is here", || cache.figures().here).await;
    cache
}

/// The `number`th session, read at the position 40 + `number`.
pub(crate) fn fact(number: u32) -> SharedFact {
    SharedFact {
        found: FoundSession {
            session: session("alice", number),
            cut: Cut::NONE,
        },
        asof: RevocationSeq(u64::from(40 + number)),
    }
}

/// Its id.
pub(crate) fn id(number: u32) -> SessionId {
    fact(number).found.session.id
}

/// The key of its fact.
pub(crate) fn name(number: u32) -> String {
    format!("sy:f:{}", id(number))
}

/// Keeps the `number`th session, and waits until it is there.
pub(crate) async fn kept(cache: &RedisCache, number: u32) {
    let before = cache.figures();
    cache.keep(fact(number), NOW);
    until("the fact is written", || {
        let after = cache.figures();
        assert_eq!(after.dropped, before.dropped);
        after.written > before.written
    })
    .await;
}

/// Polls a condition, for ten seconds at the most.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !holds() {
        assert!(Instant::now() < deadline, "it does not come to pass that {what}");
        sleep(Duration::from_millis(2)).await;
    }
}

/// Looks the session up until it is found.
pub(crate) async fn until_found(cache: &RedisCache, number: u32) -> SharedFact {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(found) = cache.find(id(number)).await {
            return found;
        }
        assert!(Instant::now() < deadline, "session {number} is not found");
        sleep(Duration::from_millis(5)).await;
    }
}

/// Writes down what it hears.
#[derive(Clone, Default)]
pub(crate) struct Notes(Arc<Mutex<Vec<Signal>>>);

impl Notes {
    /// All that was heard.
    pub(crate) fn all(&self) -> Vec<Signal> {
        self.0.lock().unwrap().clone()
    }

    /// How often it was heard.
    pub(crate) fn count(&self, signal: &Signal) -> usize {
        self.all().iter().filter(|heard| *heard == signal).count()
    }
}

impl SignalSink for Notes {
    fn heard(&self, signal: Signal) {
        self.0.lock().unwrap().push(signal);
    }
}
