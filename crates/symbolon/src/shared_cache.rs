//! A Redis beside the store: the cache that nodes share, and their quicker way to tell each other.
//!
//! Nothing depends on it but speed. It is filled from the store when it is found empty, slowly enough that the store
//! does not feel it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use symbolon_core::clock::Clock;
use symbolon_core::session::SessionId;
use symbolon_core::shared::SharedFact;
use symbolon_core::signal::SignalSink;
use symbolon_core::store::{StoreError, Upkeep as _};
use symbolon_core::token::MasterKey;
use symbolon_node::tail::Tail;
use symbolon_redis::{
    ExaminedRedis, OpenRedisError, RedisCache, RedisFigures, RedisKeys, RedisOptions, Standing, WarmError,
    WarmPage,
};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use crate::Symbolon;
use crate::store::AnyStore;

/// How many sessions a second are written by themselves into a Redis that is found empty: a million in eight minutes,
/// and one page of the store every tenth of a second.
pub const WARM_PER_SECOND: u32 = 2_000;

/// A page of the store while Redis is filled.
const PAGE: u32 = 200;

/// How long a filling that failed is waited with.
const AGAIN_AFTER: Duration = Duration::from_secs(30);

/// Where the Redis is that nodes share.
#[derive(Clone)]
pub struct CacheSettings {
    url: Zeroizing<String>,
    prefix: String,
    refills: bool,
}

impl CacheSettings {
    /// The Redis of that URL, with keys that begin with `prefix`. Two deployments that share one Redis have different
    /// prefixes: what is written under one is not believed under another.
    #[must_use]
    pub fn new(url: impl Into<String>, prefix: impl Into<String>) -> Self {
        Self {
            url: Zeroizing::new(url.into()),
            prefix: prefix.into(),
            refills: true,
        }
    }

    /// Leaves an empty Redis empty until [`Symbolon::warm`] is called.
    #[must_use]
    pub fn filled_by_hand(mut self) -> Self {
        self.refills = false;
        self
    }

    /// Whether an empty Redis is filled by itself.
    pub(crate) fn refills(&self) -> bool {
        self.refills
    }

    /// Looks at the address and the prefix, without going there.
    ///
    /// # Errors
    /// What is wrong with them, without a part of a password.
    pub fn check(&self) -> Result<(), OpenRedisError> {
        symbolon_redis::check(&self.url, &self.prefix)
    }

    /// Looks at the Redis as a node would use it.
    ///
    /// # Errors
    /// When the address, the prefix or the file of authorities is wrong; never because Redis is away.
    pub async fn examine(&self) -> Result<ExaminedRedis, OpenRedisError> {
        symbolon_redis::examine(&self.url, &self.prefix).await
    }

    /// Begins to use it. It does not wait for it.
    pub(crate) fn open(
        &self,
        master: &MasterKey,
        cluster_id: &[u8; 16],
        sink: Arc<dyn SignalSink>,
    ) -> Result<Arc<RedisCache>, OpenRedisError> {
        let cache = RedisCache::open(RedisOptions {
            url: self.url.as_str().to_owned(),
            prefix: self.prefix.clone(),
            keys: RedisKeys::derive(master, cluster_id, &self.prefix),
            sink: Some(sink),
        });
        cache.map(Arc::new)
    }
}

impl fmt::Debug for CacheSettings {
    /// The address may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheSettings")
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

/// How it is with the Redis of a deployment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RedisStanding {
    /// There is none.
    Absent,
    /// It answers.
    Here,
    /// It does not answer. Beside the store: the node goes on without it. As the store: memory answers what it knows.
    Away,
    /// It is the store and does not answer, or its sessions are still coming home: the node goes on from its local file.
    FallenBack,
}

/// Redis was not filled to its end. What was written is there.
#[derive(Debug, Clone, thiserror::Error)]
pub enum WarmFault {
    /// This deployment has no Redis beside its store.
    #[error("there is no redis to fill: cache.redis_url is not set")]
    NoCache,
    /// Redis went away.
    #[error("redis at {place} is away: {reason}")]
    Away {
        /// Host and port.
        place: String,
        /// Why, as far as it is known.
        reason: String,
    },
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Symbolon {
    /// Fills Redis from the store, at the most so many sessions a second, and answers how many were written. It may be
    /// given up at any time.
    ///
    /// # Errors
    /// Why it was not filled to the end.
    pub async fn warm(&self, per_second: u32) -> Result<u64, WarmFault> {
        let cache = self.inner.cache.as_ref().ok_or(WarmFault::NoCache)?;
        until_tried(cache).await;
        let node = &self.inner.node;
        let source = Source {
            store: node.store().clone(),
            tail: Arc::clone(node.tail()),
            clock: Arc::clone(&self.inner.clock),
        };
        fill(&source, cache, per_second).await
    }

    /// How it is with the Redis of this deployment just now: with the one that is the store, else with that beside it.
    #[must_use]
    pub fn redis_standing(&self) -> RedisStanding {
        let of_store = self.inner.node.store().redis_standing();
        match self.cache_figures() {
            _ if of_store != RedisStanding::Absent => of_store,
            None => RedisStanding::Absent,
            Some(figures) if figures.here => RedisStanding::Here,
            Some(_) => RedisStanding::Away,
        }
    }

    /// What was done with the Redis beside the store; `None`: there is none.
    #[must_use]
    pub fn cache_figures(&self) -> Option<RedisFigures> {
        self.inner.cache.as_ref().map(|cache| cache.figures())
    }
}

/// Waits until it is known whether Redis is there.
async fn until_tried(cache: &RedisCache) {
    let mut standing = cache.standing();
    // An error: the handle is closed, and that is known as well.
    drop(standing.wait_for(|standing| *standing != Standing::Untried).await);
}

/// What Redis is filled from.
pub(crate) struct Source {
    pub(crate) store: AnyStore,
    pub(crate) tail: Arc<Tail>,
    pub(crate) clock: Arc<dyn Clock>,
}

async fn fill(source: &Source, cache: &RedisCache, per_second: u32) -> Result<u64, WarmFault> {
    let pages = async |after: Option<SessionId>| {
        // Before the page is read: what is applied by then is in it.
        let asof = source.tail.applied();
        let found = source.store.walk_sessions(after, PAGE).await?;
        let facts = found.into_iter().map(|found| SharedFact { found, asof });
        Ok::<_, StoreError>(WarmPage {
            facts: facts.collect(),
            now: source.clock.now(),
        })
    };
    cache.warm(per_second, pages).await.map_err(|error| match error {
        WarmError::Page(error) => WarmFault::Store(error),
        WarmError::Away => WarmFault::Away {
            place: cache.place().to_owned(),
            reason: match &*cache.standing().borrow() {
                Standing::Away(reason) => reason.clone(),
                Standing::Untried | Standing::Here => "it does not answer in time".to_owned(),
            },
        },
    })
}

/// Says each change of Redis, and fills it when it is found empty, until `cancel`.
pub(crate) async fn keep(source: Source, cache: Arc<RedisCache>, refills: bool, cancel: CancellationToken) {
    // Each may be given up at any point: what is written to Redis is there, and no more is lost.
    tokio::select! {
        () = cancel.cancelled() => {}
        () = tell(&cache) => {}
        () = refill(&source, &cache), if refills => {}
    }
}

/// One line for each change.
async fn tell(cache: &RedisCache) {
    let mut standing = cache.standing();
    loop {
        let now = standing.borrow_and_update().clone();
        let place = cache.place();
        match now {
            Standing::Untried => {}
            Standing::Here => tracing::info!(place, "redis is there: nodes share what they read"),
            Standing::Away(reason) => {
                tracing::warn!(
                    place,
                    reason,
                    "redis is away: the store is asked instead, and nothing else changes"
                );
            }
        }
        if standing.changed().await.is_err() {
            // The handle is closed; whoever closes it ends this task too.
            std::future::pending::<()>().await;
        }
    }
}

async fn refill(source: &Source, cache: &RedisCache) {
    loop {
        cache.found_empty().await;
        tracing::info!(
            place = cache.place(),
            "redis is empty: it is filled from the store"
        );
        match fill(source, cache, WARM_PER_SECOND).await {
            Ok(written) => tracing::info!(written, "redis is filled"),
            Err(error) => {
                tracing::warn!(%error, "redis was not filled to the end; the next try follows");
                tokio::time::sleep(AGAIN_AFTER).await;
            }
        }
    }
}
