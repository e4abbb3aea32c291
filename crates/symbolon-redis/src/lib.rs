//! Redis or Valkey, in two parts that do not need each other: beside a store, and as the store itself (`store.rs`).
//!
//! Beside the store (`cache.rs`) it is the cache that nodes share, and what they tell each other faster than the log does. Nothing
//! depends on that. It may be absent, slow, empty, old or forged, and only speed changes: a fact that it gives
//! carries a sum that nobody else can make and the position at which it was read, by which the node judges it as any
//! other; a signal that is lost is found in the log. Of the commands it needs `GET SET DEL PUBLISH SUBSCRIBE PING
//! HELLO` and `CLIENT SETNAME`, no script and no lock. Reading order:
//!
//! 1. `cache.rs`: [`RedisCache`], what a node holds of it, with a reading order of its own.
//! 2. `store.rs`: [`RedisStore`], likewise.
//! 3. What both need: `address.rs` (a URL), `server.rs` and `line.rs` (a connection, through Sentinels and TLS where
//!    wanted), `fact.rs` (a session as a value).
//! 4. [`examine`] and [`examine_condition`]: what an operator is told of a Redis beside the store, and of one that is it.

mod address;
mod cache;
mod condition;
mod examine;
mod fact;
#[doc(hidden)]
pub mod fuzzed;
mod hello;
mod line;
mod octets;
mod options;
mod server;
mod store;
mod tls;

pub use cache::{RedisCache, RedisFigures, Standing, WarmError, WarmPage};
pub use condition::{RedisCondition, RedisMemory, RedisPersistence, examine_condition};
pub use examine::{ExaminedRedis, FoundRedis, check, examine};
pub use options::{OpenRedisError, PREFIX_MAX, RedisKeys, RedisOptions};
pub use store::{ExaminedRedisStore, OpenRedisStore, OpenRedisStoreError, OpenedRedisStore, RedisStore};
