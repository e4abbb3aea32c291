//! Going on without a Redis that is the store: the mirror in the data folder, and what is said of it.

mod said;

use std::path::Path;
use std::sync::{Arc, OnceLock};

use symbolon_core::clock::{Clock, Timestamp};
use symbolon_core::random::Randomness;
use symbolon_core::revocation::{LogSink, RevocationSeq};
use symbolon_core::store::{Mirror as _, MirrorMark, StoreError};
use symbolon_core::token::KeyCheck;
use symbolon_node::clock::{SteadyClock, wall_clock};
use symbolon_node::fallback::{Apart, Fallback, FallbackParts, HomeSink, Opener, Primary};
use symbolon_node::tail::Tail;
use symbolon_redis::{OpenRedisStore, OpenRedisStoreError, RedisStore};
use symbolon_store_sql::{Durability, OpenError, OpenSqlite, Opened, Place, SqlStore};

use crate::redis_server::RedisServer;
use crate::{OpenFault, Symbolon};
use said::Said;

/// The folder of the mirror in the data folder.
pub(crate) const FOLDER: &str = "fallback";
/// Its file.
const FILE: &str = "mirror.db";

/// A Redis with its mirror.
pub(crate) type RedisOrMirror = Fallback<RedisStore, SqlStore>;

/// What the two sides are opened with.
#[derive(Clone)]
pub(crate) struct Means {
    pub(crate) redis: RedisServer,
    pub(crate) key_check: KeyCheck,
    pub(crate) now: Timestamp,
    pub(crate) keep_ended: std::time::Duration,
    pub(crate) randomness: Arc<dyn Randomness>,
    /// How often expired sessions are removed from the mirror while Redis is away.
    pub(crate) clean_every: std::time::Duration,
}

/// The mirror, open, and what it says.
pub(crate) struct OpenMirror {
    mirror: SqlStore,
    found: Opened,
    mark: MirrorMark,
}

/// What opening both tells.
pub(crate) struct Begun {
    pub(crate) cluster_id: [u8; 16],
    pub(crate) high_water: Timestamp,
    pub(crate) head: RevocationSeq,
}

/// The node's clock, which is made when the store has said what time it is.
#[derive(Default)]
pub(crate) struct NodeClock(OnceLock<Arc<SteadyClock>>);

impl NodeClock {
    /// From now on it is this one.
    pub(crate) fn is(&self, clock: &Arc<SteadyClock>) {
        // It is said once.
        let _first = self.0.set(Arc::clone(clock));
    }
}

impl Clock for NodeClock {
    fn now(&self) -> Timestamp {
        self.0.get().map_or_else(wall_clock, |clock| clock.now())
    }
}

/// Whether a mirror is there.
pub(crate) fn is_there(data_dir: &Path) -> bool {
    data_dir.join(FOLDER).join(FILE).exists()
}

/// Whether Redis is only away: it may be back in a while, and nothing that was configured is wrong.
pub(crate) fn is_away(error: &OpenRedisStoreError) -> bool {
    matches!(
        error,
        OpenRedisStoreError::Unreachable { .. } | OpenRedisStoreError::Unready { .. }
    )
}

impl OpenMirror {
    /// Opens the mirror, or makes it. Its folder must be there.
    pub(crate) async fn open(folder: &Path, means: &Means, tail: &Arc<Tail>) -> Result<Self, OpenFault> {
        let (mirror, found) = SqlStore::open(OpenSqlite {
            place: Place::File(folder.join(FILE)),
            key_check: means.key_check,
            now: means.now,
            sink: tail.clone(),
            randomness: means.randomness.clone(),
            durability: Durability::Full,
            pages_max: None,
        })?;
        let mark = mirror
            .read_mark()
            .await
            .map_err(|error| damaged(folder, &error))?;
        Ok(Self { mirror, found, mark })
    }

    /// Puts Redis before it. Where that is away, and this node was alone with it, the mirror goes on.
    pub(crate) async fn with_redis(
        self,
        folder: &Path,
        means: Means,
        tail: &Arc<Tail>,
        clock: Arc<dyn Clock>,
    ) -> Result<(RedisOrMirror, Begun), OpenFault> {
        let sink = Arc::new(HomeSink::new(tail.clone()));
        let clean_every = means.clean_every;
        let known = self.mark.cluster_id;
        let opened = open_redis(&means, sink.clone(), known).await;
        let (primary, begun) = match opened {
            Ok((store, begun)) => {
                if let Some(known) = known.filter(|known| *known != begun.cluster_id)
                    && self.mark.away
                {
                    store.close().await;
                    self.mirror.close().await;
                    return Err(OpenFault::OtherMirror {
                        folder: folder.to_owned(),
                        known: symbolon_core::session::SessionId::from_bytes(known).to_string(),
                    });
                }
                (Primary::Open(store), begun)
            }
            Err(error) => match known.filter(|_| self.mark.alone && is_away(&error)) {
                Some(cluster_id) => {
                    let begun = Begun {
                        cluster_id,
                        high_water: self.found.high_water,
                        head: self.found.head,
                    };
                    (Primary::Away(opener(means, sink.clone(), cluster_id)), begun)
                }
                None => {
                    self.mirror.close().await;
                    return Err(error.into());
                }
            },
        };
        let mirror = self.mirror.clone();
        let fallback = Fallback::open(FallbackParts {
            primary,
            mirror: self.mirror,
            tail: tail.clone(),
            sink,
            clock,
            events: Arc::new(Said),
            clean_every,
        });
        let noted = async {
            let fallback = fallback.await?;
            fallback.note_cluster(begun.cluster_id).await?;
            Ok::<_, StoreError>(fallback)
        };
        match noted.await {
            Ok(fallback) => Ok((fallback, begun)),
            Err(error) => {
                mirror.close().await;
                Err(damaged(folder, &error))
            }
        }
    }
}

fn damaged(folder: &Path, error: &StoreError) -> OpenFault {
    OpenFault::Store(OpenError::Damaged {
        path: folder.join(FILE),
        detail: error.to_string(),
    })
}

/// Opens Redis. Where it is empty, it is made under the id that the mirror knows.
async fn open_redis(
    means: &Means,
    sink: Arc<dyn LogSink>,
    known: Option<[u8; 16]>,
) -> Result<(RedisStore, Begun), OpenRedisStoreError> {
    let options = |url, prefix| OpenRedisStore {
        url,
        prefix,
        key_check: means.key_check,
        now: means.now,
        keep_ended: means.keep_ended,
        make: true,
        sink,
        randomness: means.randomness.clone(),
    };
    let (store, found) = means.redis.open(options, known).await?;
    let begun = Begun {
        cluster_id: found.cluster_id,
        high_water: found.high_water,
        head: found.head,
    };
    Ok((store, begun))
}

fn opener(means: Means, sink: Arc<HomeSink>, cluster_id: [u8; 16]) -> Opener<RedisStore> {
    Box::new(move || {
        let (means, sink) = (means.clone(), sink.clone());
        Box::pin(async move {
            let unavailable = |detail: String| StoreError::Unavailable {
                operation: "open the store",
                detail,
            };
            let opened = open_redis(&means, sink, Some(cluster_id)).await;
            let (store, begun) = opened.map_err(|error| unavailable(error.to_string()))?;
            if begun.cluster_id != cluster_id {
                store.close().await;
                return Err(unavailable("another store has taken its place".to_owned()));
            }
            Ok(store)
        })
    })
}

impl Symbolon {
    /// How it stands with the store and its mirror; `None`: the store is no Redis, or no mirror is kept.
    #[must_use]
    pub fn fallback_state(&self) -> Option<symbolon_node::fallback::FallbackState> {
        self.inner
            .apart
            .as_ref()
            .map(|apart: &Arc<dyn Apart>| apart.state())
    }
}
