//! Redis or Valkey, in two parts that do not need each other: beside a store, and as the store itself (`store.rs`).
//!
//! Beside the store it is the cache that nodes share, and what they tell each other faster than the log does. Nothing
//! depends on that. It may be absent, slow, empty, old or forged, and only speed changes: a fact that it gives
//! carries a sum that nobody else can make and the position at which it was read, by which the node judges it as any
//! other; a signal that is lost is found in the log. Of the commands it needs `GET SET DEL PUBLISH SUBSCRIBE PING
//! HELLO` and `CLIENT SETNAME`, no script and no lock. Reading order:
//!
//! 1. [`RedisOptions`] and its URL (`address.rs`), [`RedisCache`]: what a node holds.
//! 2. `cache.rs` and `fact.rs`: the shared cache, and a session as a value.
//! 3. `gate.rs` and `keeper.rs`: the breaker, and who tries while it is open; `fleet.rs` and `cluster.rs`: several
//!    servers, each with a breaker.
//! 4. `ear.rs` and `notice.rs`: the other nodes, and a signal as a message.
//! 5. `warm.rs` and `marker.rs`: filling it from the store, and how a flush is found.
//! 6. `server.rs` and `line.rs`: a connection, through Sentinels and TLS where wanted.
//! 7. [`examine`] and [`examine_condition`]: what an operator is told of a Redis beside the store, and of one that is it.
//! 8. `store.rs`: [`RedisStore`], with a reading order of its own.

mod address;
mod cache;
mod cluster;
mod condition;
mod ear;
mod examine;
mod fact;
mod figures;
mod fleet;
#[doc(hidden)]
pub mod fuzzed;
mod gate;
mod handle;
mod hello;
mod keeper;
mod line;
mod marker;
mod notice;
mod octets;
mod options;
mod outbox;
mod server;
mod shared;
mod store;
mod tls;
mod warm;

pub use condition::{RedisCondition, RedisMemory, RedisPersistence, examine_condition};
pub use examine::{ExaminedRedis, FoundRedis, check, examine};
pub use figures::RedisFigures;
pub use handle::RedisCache;
pub use keeper::Standing;
pub use options::{OpenRedisError, PREFIX_MAX, RedisKeys, RedisOptions};
pub use store::{ExaminedRedisStore, OpenRedisStore, OpenRedisStoreError, OpenedRedisStore, RedisStore};
pub use warm::{WarmError, WarmPage};
