//! Puts a Symbolon together.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use croner::Cron;
use symbolon_accounts::accounts::{AccountError, AccountKeys, AccountSettings, Accounts};
use symbolon_accounts::api_keys::ApiKeys;
use symbolon_accounts::password::cost::{Cost, CostError};
use symbolon_accounts::password::pool::{Pool, PoolSettings, StartError};
use symbolon_accounts::password::rules::{OutOfRange, Rules};
use symbolon_core::clock::{Clock, Timestamp};
use symbolon_core::policy::SessionPolicy;
use symbolon_core::random::Randomness;
use symbolon_core::session::SessionId;
use symbolon_core::throttle::{AddressRule, ThrottleRule};
use symbolon_core::token::{KeyId, MasterKey, Purpose, TokenKeys};
use symbolon_node::clock::{SteadyClock, wall_clock};
use symbolon_node::purge::PurgePlan;
use symbolon_node::tail::Tail;
use symbolon_node::{Node, NodeParts};
use symbolon_store_sql::{Durability, Examined, OpenError, OpenSqlite, Place, SqlStore};
use zeroize::Zeroizing;

use crate::master_key::{self, MasterKeyFault};
use crate::randomness::OsRandomness;
use crate::signing::{Signing, SigningParts};
use crate::{Inner, SignedTokens, SignedTokensFault, Symbolon};

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
    store_file: Option<PathBuf>,
    in_memory: bool,
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

impl Default for Builder {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("./symbolon-data"),
            store_file: None,
            in_memory: false,
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
    #[error("the data folder {path} cannot be used: {source}")]
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

/// Settings that were found good.
struct Checked {
    plan: PurgePlan,
    pool: PoolSettings,
    rules: Rules,
}

/// An open store, and what everything over it shares.
struct Ground {
    store: SqlStore,
    tail: Arc<Tail>,
    clock: Arc<SteadyClock>,
    key: MasterKey,
    randomness: Arc<dyn Randomness>,
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
        self.store_file = Some(path.into());
        self
    }

    /// Keeps nothing: a restart loses everything. For tests.
    #[must_use]
    pub fn in_memory(mut self) -> Self {
        self.in_memory = true;
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

    /// Looks at the store without opening it; `None`: there is none yet, or it is in memory. Nothing is changed in it.
    /// `whole` reads all of it and checks that it is sound: with ten million sessions that takes a minute.
    ///
    /// # Errors
    /// When another process has it, or it is no store that can be read.
    pub fn examine(&self, whole: bool) -> Result<Option<Examined>, OpenError> {
        if self.in_memory {
            Ok(None)
        } else {
            SqlStore::examine(&self.database(), whole)
        }
    }

    /// Opens the store and starts what runs beside. Needs a tokio runtime with its timer.
    ///
    /// # Errors
    /// What is wrong, where, and how to mend it. Nothing is left half started.
    pub async fn open(self) -> Result<(Symbolon, Opened), OpenFault> {
        let checked = self.checked()?;
        let randomness: Arc<dyn Randomness> = Arc::new(OsRandomness);
        let (key, master_key_made) = self.master_key(&*randomness)?;
        let tail = Arc::new(Tail::new(self.near_capacity));
        let wall = wall_clock();
        let (store, found) = SqlStore::open(self.sqlite(&key, wall, tail.clone(), randomness.clone()))?;
        tail.begin_at(found.head);
        let ground = Ground {
            store,
            tail,
            clock: Arc::new(SteadyClock::begin(wall, found.high_water)),
            key,
            randomness,
        };
        let symbolon = self.build_on(ground, checked).await?;
        let first_administrator = self.make_first_administrator(&symbolon).await?;
        let opened = Opened {
            cluster_id: SessionId::from_bytes(found.cluster_id).to_string(),
            store: self.store_words(),
            master_key_made,
            first_administrator,
        };
        Ok((symbolon, opened))
    }

    /// Looks at all that can be wrong without opening anything.
    fn checked(&self) -> Result<Checked, OpenFault> {
        self.signed.check(&self.policy)?;
        let rules = self.password_min.map_or_else(|| Ok(Rules::default()), Rules::new);
        Ok(Checked {
            plan: self.plan()?,
            pool: self.pool_settings()?,
            rules: rules?,
        })
    }

    /// Puts everything over an open store together and starts what runs beside.
    async fn build_on(&self, ground: Ground, checked: Checked) -> Result<Symbolon, OpenFault> {
        let Ground {
            store,
            tail,
            clock,
            key,
            randomness,
        } = ground;
        let time: Arc<dyn Clock> = clock.clone();
        let keys = Arc::new(TokenKeys::derive(&key, KeyId::FIRST));
        let shared = Arc::new(store.clone());
        let pool = Arc::new(Pool::start(checked.pool, randomness.clone())?);
        let accounts = self.accounts(shared.clone(), pool, checked.rules, &key, randomness.clone());
        let api_keys = ApiKeys::new(shared, keys.clone(), randomness.clone());
        let signing = Signing::open(SigningParts {
            store: store.clone(),
            tail: tail.clone(),
            clock: time.clone(),
            randomness: randomness.clone(),
            master: &key,
            settings: self.signed.clone(),
        });
        let signing = match signing.await {
            Ok(signing) => Arc::new(signing),
            Err(error) => {
                store.close().await;
                return Err(SignedTokensFault::Keys(error.to_string()).into());
            }
        };
        let node = Node::alone(NodeParts {
            store,
            tail,
            keys,
            policy: self.policy,
            clock: time,
            randomness,
        });
        node.start(&clock, checked.plan.clone());
        start_beside(&node, &accounts, Arc::clone(&signing));
        Ok(Symbolon {
            inner: Arc::new(Inner {
                node,
                accounts,
                api_keys,
                signing,
                audience: self.audience.clone(),
                plan: checked.plan,
            }),
        })
    }

    fn sqlite(
        &self,
        key: &MasterKey,
        now: Timestamp,
        sink: Arc<Tail>,
        randomness: Arc<dyn Randomness>,
    ) -> OpenSqlite {
        OpenSqlite {
            place: self.place(),
            key_check: key.check(),
            now,
            sink,
            randomness,
            durability: Durability::Full,
            pages_max: None,
        }
    }

    fn accounts(
        &self,
        store: Arc<SqlStore>,
        pool: Arc<Pool>,
        rules: Rules,
        key: &MasterKey,
        randomness: Arc<dyn Randomness>,
    ) -> Accounts<SqlStore> {
        let settings = AccountSettings {
            throttle: ThrottleRule {
                free_failures: self.free_failures,
            },
            addresses: AddressRule::DEFAULT,
            rules,
        };
        let keys = AccountKeys {
            throttle: &key.derive(Purpose::Throttle),
            known_device: &key.derive(Purpose::KnownDevice),
        };
        Accounts::new(store, pool, keys, settings, randomness)
    }

    async fn make_first_administrator(
        &self,
        symbolon: &Symbolon,
    ) -> Result<Option<Zeroizing<String>>, OpenFault> {
        if !self.first_administrator {
            return Ok(None);
        }
        let origin = symbolon.origin_of_system();
        match symbolon.inner.accounts.ensure_first_administrator(&origin).await {
            Ok(made) => Ok(made.map(|made| made.password)),
            Err(error) => {
                symbolon.stop().await;
                Err(OpenFault::FirstAdministrator(error))
            }
        }
    }

    fn plan(&self) -> Result<PurgePlan, OpenFault> {
        let schedule = Cron::from_str(&self.purge_schedule).map_err(|error| OpenFault::Schedule {
            schedule: self.purge_schedule.clone(),
            detail: error.to_string(),
        })?;
        Ok(PurgePlan {
            schedule,
            keep_ended: self.keep_ended,
            keep_log: self.log_retention,
            keep_audit: KEEP_AUDIT,
        })
    }

    fn pool_settings(&self) -> Result<PoolSettings, OpenFault> {
        let mut settings = PoolSettings::default();
        if let Some((memory_kib, iterations)) = self.cost {
            settings.cost = Cost::new(memory_kib, iterations)?;
        }
        if let Some(permits) = self.permits {
            settings.permits = permits;
        }
        Ok(settings)
    }

    fn master_key(&self, randomness: &dyn Randomness) -> Result<(MasterKey, Option<PathBuf>), OpenFault> {
        if let Some(path) = &self.master_key_file {
            return Ok((master_key::read(path)?, None));
        }
        if self.in_memory {
            let bytes = symbolon_core::random::draw(randomness).map_err(|_| MasterKeyFault::Randomness)?;
            return Ok((MasterKey::from_bytes(bytes), None));
        }
        make_private_folder(&self.data_dir).map_err(|source| OpenFault::DataFolder {
            path: self.data_dir.clone(),
            source,
        })?;
        let found = master_key::read_or_make(&self.data_dir, self.database().exists(), randomness)?;
        Ok((found.key, found.made))
    }

    fn database(&self) -> PathBuf {
        self.store_file
            .clone()
            .unwrap_or_else(|| self.data_dir.join(DATABASE_FILE))
    }

    fn place(&self) -> Place {
        if self.in_memory {
            Place::Memory
        } else {
            Place::File(self.database())
        }
    }

    fn store_words(&self) -> String {
        if self.in_memory {
            "SQLite in memory: a restart loses every session".to_owned()
        } else {
            format!("SQLite, {}", self.database().display())
        }
    }
}

/// Starts what runs beside, besides the node's own.
fn start_beside(node: &Node<SqlStore>, accounts: &Accounts<SqlStore>, signing: Arc<Signing>) {
    if let Some(rehasher) = accounts.rehasher() {
        node.tasks().required("rehasher", |cancel| async move {
            rehasher.run(cancel.cancelled()).await;
        });
    }
    node.tasks()
        .required("signing keys", |cancel| signing.keep(cancel));
}

/// Makes a folder that only its owner may open. One that is there is left as it is.
fn make_private_folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}
