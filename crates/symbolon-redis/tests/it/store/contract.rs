//! The contract of every store.

use std::sync::Arc;

use symbolon_redis::RedisStore;
use symbolon_testkit::contract::Recorded;

use super::given::{prefix, shared, told};

async fn open(sink: Arc<Recorded>) -> (RedisStore, ()) {
    let opened = RedisStore::open(told(shared().url(), &prefix(), sink)).await;
    (opened.unwrap().0, ())
}

symbolon_testkit::store_contract!(crate::it::store::contract::open);
symbolon_testkit::census_contract!(crate::it::store::contract::open);
symbolon_testkit::mirrored_contract!(crate::it::store::contract::open);
