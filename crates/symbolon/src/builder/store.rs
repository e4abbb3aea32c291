//! Opening the store: a look at it, the master key, then the store itself.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use symbolon_core::clock::Timestamp;
use symbolon_core::random::Randomness;
use symbolon_core::revocation::RevocationSeq;
use symbolon_core::token::MasterKey;
use symbolon_node::clock::{SteadyClock, wall_clock};
use symbolon_node::tail::Tail;
use symbolon_redis::{ExaminedRedisStore, OpenRedisStore, OpenRedisStoreError};
use symbolon_store_sql::{
    Durability, ExaminedServer, OpenServer, OpenServerError, OpenSqlite, Place, SqlStore,
};

use super::{Builder, DATABASE_FILE, OpenFault, StorePlace};
use crate::fallback::{self, Means, NodeClock, OpenMirror};
use crate::master_key::{self, Found, MasterKeyFault};
use crate::randomness::OsRandomness;
use crate::redis_server::RedisServer;
use crate::store::AnyStore;

/// An open store, and what everything over it shares.
pub(super) struct Ground {
    pub(super) store: AnyStore,
    pub(super) tail: Arc<Tail>,
    pub(super) clock: Arc<SteadyClock>,
    pub(super) key: MasterKey,
    pub(super) randomness: Arc<dyn Randomness>,
    /// The id of the deployment.
    pub(super) cluster_id: [u8; 16],
    /// What the store is, for a person.
    pub(super) words: String,
    /// The master key file, if it was made just now.
    pub(super) key_made: Option<PathBuf>,
}

/// What a look at the store's place finds.
struct Seen {
    /// Whether there is a store, which then was made with some master key.
    exists: bool,
    words: String,
}

/// What opening a store tells of it.
struct Begun {
    cluster_id: [u8; 16],
    high_water: Timestamp,
    head: RevocationSeq,
}

impl Begun {
    fn of(found: &symbolon_store_sql::Opened) -> Self {
        Self {
            cluster_id: found.cluster_id,
            high_water: found.high_water,
            head: found.head,
        }
    }
}

impl Builder {
    /// Opens the store, or makes it. What is wrong with a server is found before anything is made here.
    pub(super) async fn ground(&self) -> Result<Ground, OpenFault> {
        let randomness: Arc<dyn Randomness> = Arc::new(OsRandomness);
        let seen = self.look().await?;
        let Found { key, made } = self.master_key(&*randomness, &seen)?;
        let tail = Arc::new(Tail::new(self.near_capacity));
        let wall = wall_clock();
        let time = Arc::new(NodeClock::default());
        let opened = if let Some(redis) = self.mirrored_redis() {
            self.open_mirrored(redis, &key, wall, &tail, (time.clone(), &randomness))
                .await
        } else {
            self.open_store(&key, wall, &tail, &randomness).await
        };
        let (store, found) = opened.inspect_err(|fault| unmake(made.as_deref(), fault))?;
        tail.begin_at(found.head);
        let clock = Arc::new(SteadyClock::begin(wall, found.high_water));
        time.is(&clock);
        Ok(Ground {
            store,
            tail,
            clock,
            key,
            randomness,
            cluster_id: found.cluster_id,
            words: seen.words,
            key_made: made,
        })
    }

    /// Opens the store where it is.
    async fn open_store(
        &self,
        key: &MasterKey,
        now: Timestamp,
        tail: &Arc<Tail>,
        randomness: &Arc<dyn Randomness>,
    ) -> Result<(AnyStore, Begun), OpenFault> {
        let (key_check, sink, chance) = (key.check(), tail.clone(), randomness.clone());
        match &self.place {
            StorePlace::Server(server, _) => {
                let options = |url, connections_max| OpenServer {
                    url,
                    key_check,
                    now,
                    sink,
                    randomness: chance,
                    connections_max,
                };
                let (store, found) = server.open(options).await?;
                Ok((AnyStore::Sql(store), Begun::of(&found)))
            }
            StorePlace::Redis(redis, _) => {
                let options = |url, prefix| OpenRedisStore {
                    url,
                    prefix,
                    key_check,
                    now,
                    keep_ended: self.keep_ended,
                    make: true,
                    sink,
                    randomness: chance,
                };
                let (store, found) = redis.open(options, None).await?;
                let begun = Begun {
                    cluster_id: found.cluster_id,
                    high_water: found.high_water,
                    head: found.head,
                };
                Ok((AnyStore::Redis(store), begun))
            }
            StorePlace::File(_) | StorePlace::Memory => {
                let (store, found) = SqlStore::open(self.sqlite(key, now, sink, chance))?;
                Ok((AnyStore::Sql(store), Begun::of(&found)))
            }
        }
    }

    /// The Redis that a mirror is kept of.
    fn mirrored_redis(&self) -> Option<&RedisServer> {
        match &self.place {
            StorePlace::Redis(redis, _) if self.fallback => Some(redis),
            _ => None,
        }
    }

    /// Opens a Redis and its mirror.
    async fn open_mirrored(
        &self,
        redis: &RedisServer,
        key: &MasterKey,
        now: Timestamp,
        tail: &Arc<Tail>,
        (clock, randomness): (Arc<NodeClock>, &Arc<dyn Randomness>),
    ) -> Result<(AnyStore, Begun), OpenFault> {
        let folder = self.data_dir.join(fallback::FOLDER);
        make_private_folder(&folder).map_err(|source| OpenFault::DataFolder {
            path: folder.clone(),
            source,
        })?;
        let means = Means {
            redis: redis.clone(),
            key_check: key.check(),
            now,
            keep_ended: self.keep_ended,
            randomness: randomness.clone(),
            clean_every: self.clean_every,
        };
        let mirror = OpenMirror::open(&folder, &means, tail).await?;
        let (store, begun) = mirror.with_redis(&folder, means, tail, clock).await?;
        let begun = Begun {
            cluster_id: begun.cluster_id,
            high_water: begun.high_water,
            head: begun.head,
        };
        Ok((AnyStore::Mirrored(store), begun))
    }

    /// A look at a Redis that a mirror is kept of: where it is away, the mirror says that there is a store.
    async fn look_at_mirrored(&self, redis: &RedisServer) -> Result<Seen, OpenFault> {
        match redis.examine().await {
            Ok(found) => Ok(Seen {
                exists: found.format.is_some() || fallback::is_there(&self.data_dir),
                words: format!("{}, {}", found.engine, found.place),
            }),
            Err(error) if fallback::is_away(&error) && fallback::is_there(&self.data_dir) => Ok(Seen {
                exists: true,
                words: format!("Redis, which is away ({error})"),
            }),
            Err(error) => Err(error.into()),
        }
    }

    async fn look(&self) -> Result<Seen, OpenFault> {
        if let Some(redis) = self.mirrored_redis() {
            return self.look_at_mirrored(redis).await;
        }
        Ok(match &self.place {
            StorePlace::Memory => Seen {
                exists: false,
                words: "SQLite in memory: a restart loses every session".to_owned(),
            },
            StorePlace::File(file) => {
                let file = self.file(file.as_deref());
                Seen {
                    exists: file.exists(),
                    words: format!("SQLite, {}", file.display()),
                }
            }
            StorePlace::Server(server, _) => {
                let ExaminedServer {
                    engine,
                    place,
                    schema_version,
                    ..
                } = server.examine().await?;
                Seen {
                    exists: schema_version.is_some(),
                    words: format!("{engine}, {place}"),
                }
            }
            StorePlace::Redis(redis, _) => {
                let ExaminedRedisStore {
                    engine,
                    place,
                    format,
                    ..
                } = redis.examine().await?;
                Seen {
                    exists: format.is_some(),
                    words: format!("{engine}, {place}"),
                }
            }
        })
    }

    fn master_key(&self, randomness: &dyn Randomness, seen: &Seen) -> Result<Found, OpenFault> {
        if let Some(path) = &self.master_key_file {
            let key = master_key::read(path)?;
            return Ok(Found { key, made: None });
        }
        if matches!(self.place, StorePlace::Memory) {
            let bytes = symbolon_core::random::draw(randomness).map_err(|_| MasterKeyFault::Randomness)?;
            let key = MasterKey::from_bytes(bytes);
            return Ok(Found { key, made: None });
        }
        if matches!(self.place, StorePlace::Server(..) | StorePlace::Redis(..)) && seen.exists {
            // Another node's key opens it: none is made here, and no folder for it.
            return Ok(master_key::read_shared(&self.data_dir, &seen.words)?);
        }
        make_private_folder(&self.data_dir).map_err(|source| OpenFault::DataFolder {
            path: self.data_dir.clone(),
            source,
        })?;
        Ok(master_key::read_or_make(&self.data_dir, seen.exists, randomness)?)
    }

    fn sqlite(
        &self,
        key: &MasterKey,
        now: Timestamp,
        sink: Arc<Tail>,
        randomness: Arc<dyn Randomness>,
    ) -> OpenSqlite {
        OpenSqlite {
            place: self.database().map_or(Place::Memory, Place::File),
            key_check: key.check(),
            now,
            sink,
            randomness,
            durability: Durability::Full,
            pages_max: None,
        }
    }

    /// The file of the store, if it is in one.
    pub(super) fn database(&self) -> Option<PathBuf> {
        match &self.place {
            StorePlace::File(file) => Some(self.file(file.as_deref())),
            StorePlace::Memory | StorePlace::Server(..) | StorePlace::Redis(..) => None,
        }
    }

    fn file(&self, named: Option<&Path>) -> PathBuf {
        named.map_or_else(|| self.data_dir.join(DATABASE_FILE), Path::to_owned)
    }
}

/// Of two nodes that begin on an empty store at once, one makes it, and the key of the other is of no use: it would
/// stand in the way of the right one. After any other fault the key stays, since a store may have been made with it.
fn unmake(made: Option<&Path>, fault: &OpenFault) {
    let useless = matches!(
        fault,
        OpenFault::Server(OpenServerError::OtherKey { .. })
            | OpenFault::Redis(OpenRedisStoreError::OtherKey { .. })
    );
    if let Some(file) = made.filter(|_| useless)
        && let Err(error) = fs::remove_file(file)
    {
        tracing::warn!(%error, file = %file.display(), "a master key that is of no use cannot be removed");
    }
}

/// Makes a folder that only its owner may open. One that is there is left as it is.
fn make_private_folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}
