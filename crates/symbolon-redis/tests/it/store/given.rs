//! What the tests of the store begin with.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use symbolon_core::revocation::{LogRow, LogSink};
use symbolon_core::session::{Session, SessionId};
use symbolon_core::store::{Inserted, Revoked, SessionStore as _};
use symbolon_core::token::KeyCheck;
use symbolon_redis::{OpenRedisStore, OpenRedisStoreError, RedisStore};
use symbolon_testkit::contract::Recorded;
use symbolon_testkit::contract::sample::{self, insert, revoke};
use symbolon_testkit::randomness::Seeded;
use symbolon_testkit::servers::{Redis, StartRedis};

/// A Redis that many tests share, each under a prefix of its own.
pub(super) fn shared() -> &'static Redis {
    static SHARED: OnceLock<Redis> = OnceLock::new();
    SHARED.get_or_init(|| StartRedis::default().start())
}

/// A prefix that nobody has had.
pub(super) fn prefix() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("t{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// How to open the store of that prefix, with a sink that only records.
pub(super) fn options(url: impl Into<String>, prefix: &str) -> OpenRedisStore {
    told(url, prefix, Arc::new(Recorded::default()))
}

/// The same, with a sink.
pub(super) fn told(url: impl Into<String>, prefix: &str, sink: Arc<dyn LogSink>) -> OpenRedisStore {
    static SEED: AtomicU32 = AtomicU32::new(1);
    OpenRedisStore {
        url: url.into(),
        prefix: prefix.to_owned(),
        key_check: KeyCheck([1; 32]),
        now: sample::BEGIN,
        keep_ended: Duration::from_secs(14 * 24 * 60 * 60),
        make: true,
        sink,
        randomness: Arc::new(Seeded::new(u64::from(SEED.fetch_add(1, Ordering::Relaxed)))),
    }
}

/// Why a store is not opened.
pub(super) async fn refusal(options: OpenRedisStore) -> OpenRedisStoreError {
    match RedisStore::open(options).await {
        Err(error) => error,
        Ok(_) => panic!("the store was opened"),
    }
}

/// Writes a session.
pub(super) async fn begin(store: &RedisStore, session: &Session) {
    let inserted = store.insert_session(insert(session.clone())).await;
    assert!(matches!(inserted, Ok(Inserted::Done { .. })), "{inserted:?}");
}

/// Ends one that is alive.
pub(super) async fn end(store: &RedisStore, id: SessionId) -> LogRow {
    match store.revoke_session(revoke(id)).await.unwrap() {
        Revoked::Done(row) => row,
        other => panic!("it was not alive: {other:?}"),
    }
}
