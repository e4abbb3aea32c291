//! Puts a Symbolon together.

mod beside;
mod open;
mod store;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use symbolon_accounts::accounts::AccountError;
use symbolon_accounts::password::cost::CostError;
use symbolon_accounts::password::pool::StartError;
use symbolon_accounts::password::rules::OutOfRange;
use symbolon_core::policy::SessionPolicy;
use symbolon_node::fallback::CLEAN_EVERY;
use symbolon_store_sql::{Examined, OpenError, OpenServerError, SqlStore};
use zeroize::Zeroizing;

use crate::master_key::MasterKeyFault;
use crate::{
    CacheSettings, NodeSettings, OpenRedisError, OpenRedisStoreError, RedisServer, ServerStore, SignedTokens,
    SignedTokensFault,
};

/// The name of the database file in the data folder.
pub const DATABASE_FILE: &str = "symbolon.db";

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long an audit entry stays: a year and a little.
const KEEP_AUDIT: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// Describes a Symbolon. Every setting has a default; without any it keeps its data in
/// `./symbolon-data`.
#[derive(Clone, Debug)]
pub struct Builder {
    data_dir: PathBuf,
    place: StorePlace,
    cache: Option<CacheSettings>,
    fallback: bool,
    clean_every: Duration,
    master_key_file: Option<PathBuf>,
    policy: SessionPolicy,
    near_capacity: u32,
    cost: Option<(u32, u32)>,
    permits: Option<usize>,
    password_min: Option<usize>,
    free_failures: u32,
    purge_schedule: String,
    keep_ended: Duration,
    log_retention: Duration,
    first_administrator: bool,
    signed: SignedTokens,
    audience: Option<String>,
}

/// Where the store is.
#[derive(Clone, Debug)]
enum StorePlace {
    /// A file; `None`: the one in the data folder.
    File(Option<PathBuf>),
    /// This process's memory.
    Memory,
    /// A database server, and what this node is among the others there.
    Server(ServerStore, NodeSettings),
    /// A Redis, and the same.
    Redis(RedisServer, NodeSettings),
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("./symbolon-data"),
            place: StorePlace::File(None),
            cache: None,
            fallback: false,
            clean_every: CLEAN_EVERY,
            master_key_file: None,
            policy: SessionPolicy::default(),
            near_capacity: 1_000_000,
            cost: None,
            permits: None,
            password_min: None,
            free_failures: 5,
            purge_schedule: "0 3 * * *".to_owned(),
            keep_ended: 14 * DAY,
            log_retention: Duration::from_secs(60 * 60),
            first_administrator: false,
            signed: SignedTokens::default(),
            audience: None,
        }
    }
}

/// What opening found and made.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The id of the deployment, as the store keeps it.
    pub cluster_id: String,
    /// What the store is, for a person.
    pub store: String,
    /// The master key file, if it was made just now.
    pub master_key_made: Option<PathBuf>,
    /// The password of the first administrator, `admin`, if it was made just now. It is here and
    /// nowhere else.
    pub first_administrator: Option<Zeroizing<String>>,
}

/// A Symbolon cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenFault {
    /// The data folder cannot be made or read.
    #[error(
        "the data folder {path} cannot be used: {source}; give this user the right to make it and to write in it, or name \
         another in data_dir"
    )]
    DataFolder {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The master key cannot be had.
    #[error(transparent)]
    MasterKey(#[from] MasterKeyFault),
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The store on a server cannot be opened.
    #[error(transparent)]
    Server(#[from] OpenServerError),
    /// The store in Redis cannot be opened.
    #[error(transparent)]
    Redis(#[from] OpenRedisStoreError),
    /// The mirror in the data folder has sessions of another deployment than the store.
    #[error(
        "{folder} holds sessions of the deployment {known}, which have not come home yet, and store.url names another; \
         name the store that they are of, or move the folder away"
    )]
    OtherMirror {
        /// The folder.
        folder: PathBuf,
        /// Which deployment.
        known: String,
    },
    /// What is said of the Redis beside the store is wrong. One that is away is none of this.
    #[error(transparent)]
    Cache(#[from] OpenRedisError),
    /// The store was opened, and this node could not make its first heartbeat there.
    #[error(
        "this node could not join the others of its store in time; check that the server of store.url is not overloaded"
    )]
    NotJoined,
    /// The cost of a password's hash cannot be.
    #[error("the cost of a password hash: {0}")]
    PasswordCost(#[from] CostError),
    /// The least length of a password cannot be.
    #[error("the least length of a password: {0}")]
    PasswordMin(#[from] OutOfRange),
    /// The threads that hash passwords cannot be started.
    #[error(transparent)]
    PasswordPool(#[from] StartError),
    /// Tokens cannot be signed as they are to be.
    #[error(transparent)]
    SignedTokens(#[from] SignedTokensFault),
    /// The schedule of the purge cannot be read.
    #[error("the purge schedule {schedule:?} cannot be read: {detail}")]
    Schedule {
        /// The text.
        schedule: String,
        /// Why.
        detail: String,
    },
    /// The first administrator cannot be made.
    #[error("the first administrator cannot be made: {0}")]
    FirstAdministrator(AccountError),
}

impl Builder {
    /// Where everything is kept: the database, the master key, the lock.
    #[must_use]
    pub fn data_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.data_dir = folder.into();
        self
    }

    /// Another place for the database file.
    #[must_use]
    pub fn store_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.place = StorePlace::File(Some(path.into()));
        self
    }

    /// Keeps nothing: a restart loses everything. For tests.
    #[must_use]
    pub fn in_memory(mut self) -> Self {
        self.place = StorePlace::Memory;
        self
    }

    /// Keeps the store on a database server, where other nodes may share it: each needs the same master key.
    #[must_use]
    pub fn on_server(mut self, server: ServerStore, node: NodeSettings) -> Self {
        self.place = StorePlace::Server(server, node);
        self
    }

    /// Keeps the store in a Redis, where other nodes may share it: each needs the same master key.
    #[must_use]
    pub fn on_redis(mut self, redis: RedisServer, node: NodeSettings) -> Self {
        self.place = StorePlace::Redis(redis, node);
        self
    }

    /// Keeps a mirror of what log-in needs in the data folder, and goes on from it while the Redis of [`Builder::on_redis`] is
    /// away, as long as this node is the only one there. The data folder must outlive the process: no other node may be
    /// started with it, and this one not with another.
    #[must_use]
    pub fn fallback(mut self, enabled: bool) -> Self {
        self.fallback = enabled;
        self
    }

    /// How often expired sessions are removed from that mirror while Redis is away: every five minutes unless said.
    #[must_use]
    pub fn fallback_clean_every(mut self, time: Duration) -> Self {
        self.clean_every = time;
        self
    }

    /// Shares what nodes read through a Redis. Of use only with [`Builder::on_server`] and [`Builder::on_redis`].
    #[must_use]
    pub fn shared_cache(mut self, cache: CacheSettings) -> Self {
        self.cache = Some(cache);
        self
    }

    /// The file of the master key, where it is not to be made in the data folder.
    #[must_use]
    pub fn master_key_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.master_key_file = Some(path.into());
        self
    }

    /// The lives and limits of sessions.
    #[must_use]
    pub fn policy(mut self, policy: SessionPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// How many sessions are answered for from memory.
    #[must_use]
    pub fn near_capacity(mut self, sessions: u32) -> Self {
        self.near_capacity = sessions;
        self
    }

    /// What a password's hash costs: KiB of memory and passes over it (Argon2id, RFC 9106).
    #[must_use]
    pub fn password_cost(mut self, memory_kib: u32, iterations: u32) -> Self {
        self.cost = Some((memory_kib, iterations));
        self
    }

    /// How many passwords are hashed at the same time; `None`: the cores but one.
    #[must_use]
    pub fn password_permits(mut self, permits: Option<usize>) -> Self {
        self.permits = permits;
        self
    }

    /// The least length of a new password, in characters.
    #[must_use]
    pub fn password_min(mut self, chars: usize) -> Self {
        self.password_min = Some(chars);
        self
    }

    /// How many wrong passwords in a row cost no waiting.
    #[must_use]
    pub fn free_failures(mut self, failures: u32) -> Self {
        self.free_failures = failures;
        self
    }

    /// When everything old is removed: five fields of cron, in UTC.
    #[must_use]
    pub fn purge_schedule(mut self, cron: impl Into<String>) -> Self {
        self.purge_schedule = cron.into();
        self
    }

    /// How long an ended session stays to be looked at.
    #[must_use]
    pub fn keep_ended(mut self, time: Duration) -> Self {
        self.keep_ended = time;
        self
    }

    /// How long a row of the revocation log stays.
    #[must_use]
    pub fn log_retention(mut self, time: Duration) -> Self {
        self.log_retention = time;
        self
    }

    /// Makes an administrator with a random password where there is no account yet, and says it in
    /// [`Opened::first_administrator`].
    #[must_use]
    pub fn first_administrator(mut self) -> Self {
        self.first_administrator = true;
        self
    }

    /// How access tokens are signed, and which are.
    #[must_use]
    pub fn signed_tokens(mut self, signed: SignedTokens) -> Self {
        self.signed = signed;
        self
    }

    /// For whom tokens are unless their issue says so (`aud`): names separated by one space.
    #[must_use]
    pub fn audience(mut self, audience: Option<String>) -> Self {
        self.audience = audience;
        self
    }

    /// Looks at the file of the store without opening it; `None`: there is none yet, or the store is in memory or on a
    /// server ([`ServerStore::examine`] and [`RedisServer::examine`] look there). Nothing is changed in it.
    /// `whole` reads all of it and checks that it is sound: with ten million sessions that takes a minute.
    ///
    /// # Errors
    /// When another process has it, or it is no store that can be read.
    pub fn examine(&self, whole: bool) -> Result<Option<Examined>, OpenError> {
        match self.database() {
            Some(file) => SqlStore::examine(&file, whole),
            None => Ok(None),
        }
    }
}
