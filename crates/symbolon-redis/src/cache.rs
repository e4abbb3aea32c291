//! Redis or Valkey beside the store: the cache that nodes share, and what they tell each other faster than the log does.
//!
//! Reading order:
//!
//! 1. `handle.rs`: [`RedisCache`], and what its parts share (`shared.rs`).
//! 2. `facts.rs` and `outbox.rs`: facts are found, and kept by tasks of their own.
//! 3. `gate.rs` and `keeper.rs`: the breaker, and who tries while it is open; `fleet.rs` and `cluster.rs`: several
//!    servers, each with a breaker.
//! 4. `ear.rs` and `notice.rs`: the other nodes, and a signal as a message.
//! 5. `warm.rs` and `marker.rs`: filling it from the store, and how a flush is found.
//! 6. `figures.rs`: what is counted.

mod cluster;
mod ear;
mod facts;
mod figures;
mod fleet;
mod gate;
mod handle;
mod keeper;
mod marker;
pub(crate) mod notice;
mod outbox;
mod shared;
mod warm;

pub use figures::RedisFigures;
pub use handle::RedisCache;
pub use keeper::Standing;
pub use warm::{WarmError, WarmPage};
