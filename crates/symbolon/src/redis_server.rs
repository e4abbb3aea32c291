//! A store in a Redis, which several nodes may share.

use std::fmt;
use std::sync::Arc;

use symbolon_core::signal::SignalSink;
use symbolon_core::token::MasterKey;
use symbolon_redis::{
    ExaminedRedisStore, OpenRedisError, OpenRedisStore, OpenRedisStoreError, OpenedRedisStore, RedisCache,
    RedisStore,
};
use zeroize::Zeroizing;

use crate::CacheSettings;

/// A Redis or a Valkey that is the store, and how to go there. Every node that is told the same one shares it.
#[derive(Clone)]
pub struct RedisServer {
    url: Zeroizing<String>,
    prefix: String,
}

impl RedisServer {
    /// The Redis of that URL: `redis://`, `rediss://` (TLS), `redis+unix://`, or `redis-sentinel://` for the primary that
    /// Sentinels name; see [`OpenRedisStore::url`]. All keys begin with `{prefix}:`, braces included. Two deployments
    /// in one Redis have different prefixes.
    ///
    /// # Errors
    /// What is not understood, without a part of a password; or that it is a cluster.
    pub fn at(url: impl Into<String>, prefix: impl Into<String>) -> Result<Self, OpenRedisStoreError> {
        let (url, prefix) = (Zeroizing::new(url.into()), prefix.into());
        RedisStore::check(&url, &prefix)?;
        Ok(Self { url, prefix })
    }

    /// Looks at the Redis and the store there without beginning to use it. Nothing is changed in it.
    ///
    /// # Errors
    /// When Redis or the store cannot be used; the error says what to do.
    pub async fn examine(&self) -> Result<ExaminedRedisStore, OpenRedisStoreError> {
        RedisStore::examine(&self.url, &self.prefix, None).await
    }

    /// Opens the store, or makes it: under the id that it had before it was lost, where that is known.
    pub(crate) async fn open(
        &self,
        options: impl FnOnce(String, String) -> OpenRedisStore,
        known_as: Option<[u8; 16]>,
    ) -> Result<(RedisStore, OpenedRedisStore), OpenRedisStoreError> {
        let options = options(self.url.as_str().to_owned(), self.prefix.clone());
        match known_as {
            Some(id) => RedisStore::open_again(options, id).await,
            None => RedisStore::open(options).await,
        }
    }

    /// Begins to tell the other nodes, and to hear them, over the same Redis. Nothing is kept there for it.
    pub(crate) fn signals(
        &self,
        master: &MasterKey,
        cluster_id: &[u8; 16],
        sink: Arc<dyn SignalSink>,
    ) -> Result<Arc<RedisCache>, OpenRedisError> {
        CacheSettings::new(self.url.as_str(), self.prefix.as_str()).open(master, cluster_id, sink)
    }
}

impl fmt::Debug for RedisServer {
    /// The address may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisServer")
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}
