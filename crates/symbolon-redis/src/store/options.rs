//! What a store in Redis is opened with, and what it is found to be.

use std::sync::Arc;
use std::time::Duration;

use symbolon_core::clock::Timestamp;
use symbolon_core::random::Randomness;
use symbolon_core::revocation::{LogSink, RevocationSeq};
use symbolon_core::token::KeyCheck;

/// How to open a store in Redis or Valkey.
pub struct OpenRedisStore {
    /// Where: a URL as for the cache, such as `redis://:PASSWORD@HOST:6379/0`, `rediss://…`, `redis+unix://…` or
    /// `redis-sentinel://…`. A cluster is refused.
    pub url: String,
    /// What its keys begin with, within braces: 1 to [`PREFIX_MAX`](crate::PREFIX_MAX) letters, digits, `.`, `_`, `-`, `:`.
    pub prefix: String,
    /// The image of the master key; a store that belongs to another key is refused.
    pub key_check: KeyCheck,
    /// The wall clock: where a new store's time begins.
    pub now: Timestamp,
    /// How long an ended session is kept by the purge: by itself its key goes a day later.
    pub keep_ended: Duration,
    /// Whether a store is made where there is none. Else an empty Redis is
    /// [`Empty`](super::OpenRedisStoreError::Empty).
    pub make: bool,
    /// Takes the rows of the log that this process commits.
    pub sink: Arc<dyn LogSink>,
    /// Chance, for the ids of rows of the log.
    pub randomness: Arc<dyn Randomness>,
}

/// What opening has found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OpenedRedisStore {
    /// Names the deployment; drawn when the store was made.
    pub cluster_id: [u8; 16],
    /// The newest instant that the store has seen.
    pub high_water: Timestamp,
    /// The newest position of the log.
    pub head: RevocationSeq,
    /// Whether the store was made just now.
    pub fresh: bool,
}
